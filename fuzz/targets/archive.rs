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
    let other: Arc<dyn Store> = Arc::new(MemoryStore::new(Arc::new(SystemClock)));
    let mut again = Import::new(Arc::clone(&other));
    let mut export = Export::new(store);
    while let Some(piece) = export.piece().await.expect("a store in memory") {
        again.feed(&piece).await.expect("what was written can be read");
    }
    again.finish().await.expect("a whole archive");
}
