//! One task at a time: many callers, each waiting until its task is durable.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use duly_store::Payload;
use tokio::task::JoinSet;

use super::Served;
use super::client::{self, Client};
use crate::sqlite::port::{KIND, Port};
use crate::sqlite::{PAYLOAD, ids};
use crate::stats::rate;

/// Callers at once.
pub(super) const CALLERS: u32 = 32;

/// The store, called by its own port.
pub(super) async fn direct(path: &Path, tasks: u32) -> anyhow::Result<f64> {
    let port = Arc::new(Port::sqlite(path).await?);
    let each = tasks / CALLERS;
    let ids = ids(each * CALLERS);
    let mut callers = JoinSet::new();
    let begin = Instant::now();
    for ids in ids.chunks(each as usize) {
        let (port, ids) = (port.clone(), ids.to_vec());
        callers.spawn(async move {
            let payload = Payload::json(PAYLOAD);
            for id in ids.chunks(1) {
                port.submit(id, &payload).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = callers.join_next().await {
        done??;
    }
    let rate = rate(each * CALLERS, begin.elapsed());
    port.store.close().await?;
    Ok(rate)
}

/// The same over HTTP, each caller on a connection of its own.
pub(super) async fn http(path: &Path, tasks: u32) -> anyhow::Result<f64> {
    let served = Served::open(path).await?;
    let body = format!(r#"{{"kind":"{KIND}","payload":{PAYLOAD}}}"#);
    let request: Arc<[u8]> = client::submit(served.address, &body).into();
    let mut clients = Vec::new();
    for _ in 0..CALLERS {
        clients.push(Client::connect(served.address).await?);
    }
    let each = tasks / CALLERS;
    let mut callers = JoinSet::new();
    let begin = Instant::now();
    for mut client in clients {
        let request = request.clone();
        callers.spawn(async move {
            for _ in 0..each {
                client.send(&request).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = callers.join_next().await {
        done??;
    }
    let rate = rate(each * CALLERS, begin.elapsed());
    served.close().await?;
    Ok(rate)
}
