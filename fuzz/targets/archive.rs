//! Archives: what is taken in comes out again the same; what is refused is told, and never panics.
#![no_main]

use std::sync::Arc;

use duly_store::archive::{Export, Import};
use duly_store::{MemoryStore, Store, SystemClock};
use libfuzzer_sys::fuzz_target;
use tokio::runtime::{Builder, Runtime};

thread_local! {
    static RUNTIME: Runtime = Builder::new_current_thread().build().expect("a runtime");
}

fuzz_target!(|input: &[u8]| {
    RUNTIME.with(|runtime| runtime.block_on(round_trip(input)));
});

async fn round_trip(input: &[u8]) {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new(Arc::new(SystemClock)));
    let mut import = Import::new(Arc::clone(&store));
    let (front, back) = input.split_at(input.len() / 2);
    for piece in [front, back] {
        if import.feed(piece).await.is_err() {
            return;
        }
    }
    if import.finish().await.is_err() {
        return;
    }
    let written = export(store).await;
    let other: Arc<dyn Store> = Arc::new(MemoryStore::new(Arc::new(SystemClock)));
    let mut again = Import::new(Arc::clone(&other));
    again
        .feed(&written)
        .await
        .expect("what was written can be read");
    again.finish().await.expect("a whole archive");
    assert!(
        behind_head(&export(other).await) == behind_head(&written),
        "it comes out otherwise"
    );
}

async fn export(store: Arc<dyn Store>) -> Vec<u8> {
    let mut export = Export::new(store);
    let mut written = Vec::new();
    while let Some(piece) = export.piece().await.expect("a store in memory") {
        written.extend_from_slice(&piece);
    }
    written
}

/// The lines after the first, which tells when the archive was made.
fn behind_head(archive: &[u8]) -> &[u8] {
    let end = archive.iter().position(|&byte| byte == b'\n');
    &archive[end.expect("an archive has lines")..]
}
