//! Callers who submit, each waiting until its tasks are durable: over HTTP, and directly.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use duly_store::Payload;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::Served;
use super::client::{self, Client};
use crate::cpu;
use crate::port::{KIND, Port};
use crate::sqlite::{PAYLOAD, ids};
use crate::stats::rate;

/// Who submits, and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct Load {
    /// Callers at once.
    pub(super) callers: u32,
    /// Tasks of a request.
    pub(super) batch: u32,
    /// Requests of each caller.
    pub(super) requests: u32,
}

/// What a load came to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measured {
    pub(super) per_s: f64,
    /// Processor time per task in microseconds; the clients' of HTTP is not in it.
    pub(super) cpu_us: f64,
}

impl Load {
    /// As many tasks as `tasks`, or somewhat fewer.
    pub(super) const fn of(tasks: u32, callers: u32, batch: u32) -> Self {
        Self {
            callers,
            batch,
            requests: tasks / callers / batch,
        }
    }

    const fn tasks(self) -> u32 {
        self.callers * self.batch * self.requests
    }

    fn measured(self, took: Duration, cpu: Duration) -> Measured {
        Measured {
            per_s: rate(self.tasks(), took),
            cpu_us: cpu.as_secs_f64() * 1e6 / f64::from(self.tasks()),
        }
    }

    /// The store, called by its own port.
    pub(super) async fn direct(self, path: &Path) -> anyhow::Result<Measured> {
        let port = Arc::new(Port::sqlite(path).await?);
        let ids = ids(self.tasks());
        let mut callers = JoinSet::new();
        let (begin, before) = (Instant::now(), cpu::of_process()?);
        for ids in ids.chunks((self.batch * self.requests) as usize) {
            let (port, ids) = (port.clone(), ids.to_vec());
            callers.spawn(async move {
                let payload = Payload::json(PAYLOAD);
                for batch in ids.chunks(self.batch as usize) {
                    port.submit(batch, &payload).await?;
                }
                anyhow::Ok(())
            });
        }
        while let Some(done) = callers.join_next().await {
            done??;
        }
        let measured = self.measured(begin.elapsed(), cpu::of_process()?.saturating_sub(before));
        port.store.close().await?;
        Ok(measured)
    }

    /// The same over HTTP, each caller on a connection of its own.
    pub(super) async fn http(self, path: &Path) -> anyhow::Result<Measured> {
        let served = Served::open(path).await?;
        let address = served.address;
        // A thread of their own, so that what the clients cost is known.
        let (tell, told) = oneshot::channel();
        let clients = std::thread::Builder::new().name("clients".to_owned());
        let clients = clients.spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_io()
                .build()?;
            tell.send(runtime.block_on(self.call(address))).ok();
            anyhow::Ok(())
        })?;
        let measured = told.await;
        clients.join().expect("the clients do not panic")?;
        served.close().await?;
        measured?
    }

    async fn call(self, address: SocketAddr) -> anyhow::Result<Measured> {
        let request: Arc<[u8]> = client::submit(address, &self.body()).into();
        let mut clients = Vec::new();
        for _ in 0..self.callers {
            clients.push(Client::connect(address).await?);
        }
        let mut callers = JoinSet::new();
        let (before, own) = (cpu::of_process()?, cpu::of_thread()?);
        let begin = Instant::now();
        for mut client in clients {
            let request = request.clone();
            callers.spawn(async move {
                for _ in 0..self.requests {
                    client.send(&request).await?;
                }
                anyhow::Ok(())
            });
        }
        while let Some(done) = callers.join_next().await {
            done??;
        }
        let took = begin.elapsed();
        let own = cpu::of_thread()?.saturating_sub(own);
        let all = cpu::of_process()?.saturating_sub(before);
        Ok(self.measured(took, all.saturating_sub(own)))
    }

    fn body(self) -> String {
        let task = format!(r#"{{"kind":"{KIND}","payload":{PAYLOAD}}}"#);
        if self.batch == 1 {
            return task;
        }
        format!("[{}]", vec![task; self.batch as usize].join(","))
    }
}
