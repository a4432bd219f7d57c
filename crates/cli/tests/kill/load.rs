//! Clients that submit in batches, and send a batch again, with the same ids, until it is answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::target::Target;

/// Clients at once.
const CLIENTS: u64 = 3;
/// Tasks of one batch.
const BATCH: u64 = 10;
/// How far the clients may be ahead of the deliveries.
const AHEAD: u64 = 600;
/// Rest after an answer that did not come.
const REST: Duration = Duration::from_millis(20);

pub(crate) struct Load {
    clients: JoinSet<Vec<String>>,
    shared: Arc<Shared>,
}

struct Shared {
    address: watch::Sender<String>,
    over: AtomicBool,
    submitted: AtomicU64,
    target: Arc<Target>,
    url: String,
}

impl Load {
    /// Submits to the server at `address`, deliveries to `url` of the target.
    pub(crate) fn start(address: &str, target: Arc<Target>, url: String) -> Self {
        let shared = Arc::new(Shared {
            address: watch::Sender::new(address.to_owned()),
            over: AtomicBool::new(false),
            submitted: AtomicU64::new(0),
            target,
            url,
        });
        let clients = (0..CLIENTS)
            .map(|client| run(client, shared.clone()))
            .collect();
        Self { clients, shared }
    }

    /// The server is elsewhere now.
    pub(crate) fn turn_to(&self, address: &str) {
        self.shared.address.send_replace(address.to_owned());
    }

    /// Ends the load; answers the ids of all tasks whose submit returned.
    pub(crate) async fn finish(self) -> Vec<String> {
        self.shared.over.store(true, Ordering::Relaxed);
        self.clients
            .join_all()
            .await
            .into_iter()
            .flatten()
            .collect()
    }
}

async fn run(client: u64, shared: Arc<Shared>) -> Vec<String> {
    let http = duly_server::tls::client(|builder| builder).unwrap();
    let mut returned = Vec::new();
    for batch in 0.. {
        if shared.over.load(Ordering::Relaxed) {
            break;
        }
        let submitted = shared.submitted.load(Ordering::Relaxed);
        shared
            .target
            .delivered(submitted.saturating_sub(AHEAD))
            .await;
        let tasks = tasks(client, batch, &shared.url);
        while !submit(&http, &shared, &tasks).await {
            // poll interval: the server is down, and says nothing when it is up again
            tokio::time::sleep(REST).await;
        }
        shared.submitted.fetch_add(BATCH, Ordering::Relaxed);
        returned.extend(
            tasks
                .iter()
                .map(|task| task["id"].as_str().unwrap().to_owned()),
        );
    }
    returned
}

async fn submit(http: &reqwest::Client, shared: &Shared, tasks: &[Value]) -> bool {
    let url = format!("{}/v1/tasks", *shared.address.borrow());
    match http.post(url).json(tasks).send().await {
        Ok(answer) if answer.status().is_success() => answer.json::<Value>().await.is_ok(),
        Ok(answer) => panic!("a good batch was refused: {}", answer.status()),
        Err(_) => false,
    }
}

fn tasks(client: u64, batch: u64, url: &str) -> Vec<Value> {
    let priorities = ["critical", "high", "normal", "low"];
    (0..BATCH)
        .map(|n| {
            let number = batch * BATCH + n;
            json!({
                "id": format!("{client:08x}-0000-7000-8000-{number:012x}"),
                "kind": "http",
                "priority": priorities[usize::try_from(number % 4).unwrap()],
                "payload": { "url": url, "body": { "number": number }, "timeout_ms": 5000 },
                "retry": { "backoff": "fixed", "delay_ms": 200, "jitter": "none" },
            })
        })
        .collect()
}
