//! SIGKILL in the middle of the main job.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::HeaderMap;
use duly::{Duly, List, State, TaskId};
use tokio::sync::{Semaphore, watch};

use crate::support::{Place, served, text};

const TASKS: usize = 400;
const CONCURRENCY: usize = 16;
/// So many are answered before the rest has to wait.
const ANSWERED: usize = 150;

/// Somebody to deliver to, who knows each task by its idempotency key.
struct Receiver {
    url: String,
    calls: Arc<Mutex<BTreeMap<TaskId, u32>>>,
    /// A permit for each call that waits.
    waiting: Arc<Semaphore>,
    open: watch::Sender<bool>,
}

async fn receiver() -> Receiver {
    let calls = Arc::new(Mutex::new(BTreeMap::new()));
    let waiting = Arc::new(Semaphore::new(0));
    let (open, opened) = watch::channel(false);
    let (counted, waits) = (calls.clone(), waiting.clone());
    let answer = async move |headers: HeaderMap| {
        let id = headers["idempotency-key"]
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        let mut opened = opened.clone();
        let answered = {
            let mut calls = counted.lock().unwrap();
            *calls.entry(id).or_insert(0) += 1;
            calls.len()
        };
        if answered > ANSWERED {
            waits.add_permits(1);
            opened.wait_for(|open| *open).await.unwrap();
        }
    };
    let at = served(Router::new().fallback(answer)).await;
    Receiver {
        url: format!("http://{at}/"),
        calls,
        waiting,
        open,
    }
}

#[tokio::test]
async fn what_was_submitted_is_delivered_and_only_what_was_running_is_delivered_again() {
    let receiver = receiver().await;
    let place = Place::new();
    let concurrency = CONCURRENCY.to_string();
    let options = ["--concurrency", concurrency.as_str()];
    let server = place.serve(&options).await;
    let mut lines = String::new();
    for n in 0..TASKS {
        let priority = ["critical", "high", "normal", "low"][n % 4];
        let url = &receiver.url;
        writeln!(
            lines,
            r#"{{"payload": {{"url": "{url}"}}, "priority": "{priority}"}}"#
        )
        .unwrap();
    }
    let file = place.file("deliveries.ndjson", &lines);
    let submitted = server
        .json(&["submit", "http", "--file", text(&file)])
        .await;
    assert_eq!(submitted["submitted"], TASKS);
    let all_wait = u32::try_from(CONCURRENCY).unwrap();
    receiver
        .waiting
        .acquire_many(all_wait)
        .await
        .unwrap()
        .forget();
    server.signal("KILL").await;
    server.ended().await;
    receiver.open.send_replace(true);
    let server = place.serve(&options).await;
    account(&place, &receiver).await;
    server.stop().await;
}

/// Each task has ended; those delivered twice were running when the server was killed.
async fn account(place: &Place, receiver: &Receiver) {
    let duly = Duly::open(&place.store()).await.unwrap();
    let all = List {
        limit: 1_000,
        ..List::default()
    };
    let tasks = duly.list(all).await.unwrap().tasks;
    assert_eq!(tasks.len(), TASKS);
    let mut lost = 0;
    for task in tasks {
        let ended = duly.wait(task.id).await.unwrap();
        assert_eq!(ended.state, State::Completed, "{ended:?}");
        let calls = receiver.calls.lock().unwrap()[&task.id];
        assert!(
            calls >= 1 && calls <= 1 + ended.lost,
            "{calls} calls: {ended:?}"
        );
        assert_eq!(
            ended.spent, 1,
            "losing its worker is not charged: {ended:?}"
        );
        lost += usize::try_from(ended.lost).unwrap();
    }
    assert!((1..=CONCURRENCY).contains(&lost), "{lost} were running");
    duly.close().await.unwrap();
}
