//! What the deliveries go to: a real HTTP server that counts them by task, and sometimes is not well.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// One in so many tasks is answered 503 the first time.
const UNWELL: u64 = 20;
/// One in so many tasks is not answered at all the first time, where it is asked to be so.
const STUCK: u64 = 7;

/// The longest wait for deliveries.
const PATIENCE: Duration = Duration::from_secs(120);

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
            .route("/stuck", post(sometimes_stuck))
            .with_state(seen.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { address, seen }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Where some deliveries get no answer the first time.
    pub(crate) fn stuck_url(&self) -> String {
        format!("http://{}/stuck", self.address)
    }

    /// How many deliveries came in all.
    pub(crate) fn count(&self) -> u64 {
        *self.seen.count.borrow()
    }

    /// Waits until so many deliveries have come.
    pub(crate) async fn delivered(&self, count: u64) {
        let mut seen = self.seen.count.subscribe();
        let came = tokio::time::timeout(PATIENCE, seen.wait_for(|seen| *seen >= count)).await;
        let came = came.map(|came| *came.expect("the target lives"));
        assert!(
            came.is_ok(),
            "{} of {count} deliveries came in {PATIENCE:?}",
            self.count()
        );
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
    let task = task(&headers);
    if seen.note(task) == 1 && number(task).is_multiple_of(UNWELL) {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    StatusCode::OK
}

async fn sometimes_stuck(State(seen): State<Arc<Seen>>, headers: HeaderMap) -> StatusCode {
    let task = task(&headers);
    if seen.note(task) == 1 && number(task).is_multiple_of(STUCK) {
        std::future::pending::<()>().await;
    }
    StatusCode::OK
}

impl Seen {
    /// Notes a delivery; answers how many there were of this task.
    fn note(&self, task: &str) -> u32 {
        let times = {
            let mut by_task = self.by_task.lock().unwrap();
            let times = by_task.entry(task.to_owned()).or_default();
            *times += 1;
            *times
        };
        self.count.send_modify(|count| *count += 1);
        times
    }
}

/// The task that a delivery belongs to.
fn task(headers: &HeaderMap) -> &str {
    headers["idempotency-key"].to_str().unwrap()
}

/// The number at the end of a task's id.
fn number(task: &str) -> u64 {
    u64::from_str_radix(&task[task.len() - 4..], 16).unwrap()
}
