//! Streams that go on from a place whose events are gone.

use std::sync::Arc;

use duly::store::{Change, EventCursor, SystemClock};
use duly::{Duly, Task};
use duly_core::TaskId;
use duly_server::App;
use serde_json::json;

use super::sse::{Message, Stream};

async fn submit(duly: &Duly, queue: &str) -> TaskId {
    duly.submit(Task::new("k", &()).queue(queue))
        .await
        .unwrap()
        .id
}

/// Ends a task, and removes it with its events.
async fn remove(duly: &Duly, task: TaskId) {
    duly.cancel(task).await.unwrap();
    duly.store().change(task, Change::Discard).await.unwrap();
}

async fn resumed(app: &App, after: i64) -> (Stream, Message) {
    let last = EventCursor::after(after).to_string();
    Stream::open(app, "/v1/events", Some(&last)).await
}

fn is_resync(message: &Message, missed: u64, next: i64) {
    let next = EventCursor::after(next).to_string();
    assert_eq!(message.event.as_deref(), Some("resync"), "{message:?}");
    assert_eq!(message.data, json!({"missed": missed, "next": next}));
    // Who comes back from here is not told again.
    assert_eq!(message.id, Some(next));
}

#[tokio::test]
async fn who_comes_back_for_events_that_are_gone_is_told() {
    let duly = Duly::in_memory(Arc::new(SystemClock));
    let app = App::new(duly.clone());
    submit(&duly, "one").await;
    let two = submit(&duly, "two").await;
    submit(&duly, "three").await;
    remove(&duly, two).await;

    let (mut stream, _) = resumed(&app, 1).await;
    is_resync(&stream.next().await.unwrap(), 1, 2);
    let message = stream.next().await.unwrap();
    assert_eq!(message.told(), ("submitted", "three"));
    // The newest event is gone as well: nothing follows what was seen.
    let (mut stream, _) = resumed(&app, 3).await;
    is_resync(&stream.next().await.unwrap(), 1, 4);
    submit(&duly, "four").await;
    assert_eq!(stream.next().await.unwrap().told(), ("submitted", "four"));
}

#[tokio::test]
async fn who_misses_nothing_or_begins_is_told_of_nothing() {
    let duly = Duly::in_memory(Arc::new(SystemClock));
    let app = App::new(duly.clone());
    let one = submit(&duly, "one").await;
    submit(&duly, "two").await;
    remove(&duly, one).await;
    for after in [0, 1] {
        let (mut stream, _) = resumed(&app, after).await;
        let message = stream.next().await.unwrap();
        assert_eq!(message.told(), ("submitted", "two"), "after {after}");
    }
}

#[tokio::test]
async fn a_place_that_the_store_has_not_come_to_is_told_and_the_stream_goes_on() {
    let duly = Duly::in_memory(Arc::new(SystemClock));
    let app = App::new(duly.clone());
    submit(&duly, "one").await;
    let (mut stream, opening) = resumed(&app, 500).await;
    assert_eq!(opening.id, Some(EventCursor::after(1).to_string()));
    is_resync(&stream.next().await.unwrap(), 0, 1);
    submit(&duly, "two").await;
    assert_eq!(stream.next().await.unwrap().told(), ("submitted", "two"));
}
