//! What the deliveries go to: a real HTTP server that counts them by task, and sometimes is not well.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// One in so many tasks is answered 503 the first time.
const UNWELL: u64 = 20;

/// Counts deliveries.
pub(crate) struct Target {
    address: SocketAddr,
    seen: Arc<Seen>,
}

struct Seen {
    by_task: Mutex<HashMap<String, u32>>,
    count: watch::Sender<u64>,
}

impl Target {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Seen {
            by_task: Mutex::default(),
            count: watch::Sender::new(0),
        });
        let app = Router::new()
            .route("/", post(deliver))
            .with_state(seen.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { address, seen }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// How many deliveries came in all.
    pub(crate) fn count(&self) -> u64 {
        *self.seen.count.borrow()
    }

    /// Waits until so many deliveries have come.
    pub(crate) async fn delivered(&self, count: u64) {
        self.seen
            .count
            .subscribe()
            .wait_for(|seen| *seen >= count)
            .await
            .unwrap();
    }

    /// How often a task was delivered.
    pub(crate) fn deliveries(&self, task: &str) -> u32 {
        self.seen
            .by_task
            .lock()
            .unwrap()
            .get(task)
            .copied()
            .unwrap_or(0)
    }
}

async fn deliver(State(seen): State<Arc<Seen>>, headers: HeaderMap) -> StatusCode {
    let Some(task) = headers
        .get("idempotency-key")
        .and_then(|key| key.to_str().ok())
    else {
        return StatusCode::BAD_REQUEST;
    };
    let times = {
        let mut by_task = seen.by_task.lock().unwrap();
        let times = by_task.entry(task.to_owned()).or_default();
        *times += 1;
        *times
    };
    seen.count.send_modify(|count| *count += 1);
    let is_unwell = u64::from_str_radix(&task[task.len() - 4..], 16).is_ok_and(|n| n % UNWELL == 0);
    if times == 1 && is_unwell {
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        StatusCode::OK
    }
}
