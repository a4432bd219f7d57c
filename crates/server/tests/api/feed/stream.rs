//! The live stream.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use duly::store::{EventCursor, ManualClock, SystemClock};
use duly::{Duly, Task};
use duly_server::bounds::{FEED_KEEP_ALIVE, STREAMS_MAX};
use duly_server::{App, router};

use tower::ServiceExt;

use super::sse::{Message, Stream, ask};
use crate::support::{answer, request};

/// A server whose clock goes.
fn live() -> (App, Duly) {
    let duly = Duly::in_memory(Arc::new(SystemClock));
    (App::new(duly.clone()), duly)
}

/// A server whose clock stands.
fn still() -> (App, Duly, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::default());
    let duly = Duly::in_memory(clock.clone());
    (App::new(duly.clone()), duly, clock)
}

async fn submit(duly: &Duly, queue: &str) {
    duly.submit(Task::new("k", &()).queue(queue)).await.unwrap();
}

/// Lets time pass once somebody sleeps.
async fn pass(clock: &ManualClock, time: Duration) {
    while clock.next_wake().is_none() {
        tokio::task::yield_now().await;
    }
    clock.advance(time);
}

#[tokio::test]
async fn what_happens_from_now_on_is_told() {
    let (app, duly) = live();
    submit(&duly, "before").await;
    let (mut stream, opening) = Stream::open(&app, "/v1/events", None).await;
    assert!(opening.id.is_some());
    for queue in ["one", "two", "three"] {
        submit(&duly, queue).await;
        let message = stream.next().await.unwrap();
        assert_eq!(message.told(), ("submitted", queue));
        assert_eq!(message.data["task_kind"], "k");
    }
}

#[tokio::test]
async fn nothing_is_skipped_or_doubled_where_history_meets_what_is_new() {
    const TASKS: i64 = 3_000;
    let (app, duly) = live();
    let mut readers = Vec::new();
    for task in 0..TASKS {
        // Readers begin at many moments; every other one goes on from the very first event.
        if task % 200 == 0 {
            let last = (task % 400 == 0).then(|| EventCursor::START.to_string());
            readers.push(tokio::spawn(read(app.clone(), last, TASKS)));
        }
        submit(&duly, "q").await;
        tokio::task::yield_now().await;
    }
    for reader in readers {
        reader.await.unwrap();
    }
}

/// Reads to the event of sequence `end`: each once, in order.
async fn read(app: App, last: Option<String>, end: i64) {
    let (mut stream, opening) = Stream::open(&app, "/v1/events", last.as_deref()).await;
    let mut at = sequence(&opening);
    while at < end {
        let message = stream.next().await.unwrap();
        assert_eq!(message.event.as_deref(), Some("submitted"), "{message:?}");
        assert_eq!(sequence(&message), at + 1);
        at += 1;
    }
}

fn sequence(message: &Message) -> i64 {
    let cursor: EventCursor = message.id.as_deref().unwrap().parse().unwrap();
    cursor.sequence()
}

#[tokio::test]
async fn a_stream_goes_on_where_the_last_one_broke_off() {
    let (app, duly) = live();
    let (mut stream, _) = Stream::open(&app, "/v1/events", None).await;
    submit(&duly, "one").await;
    let last = stream.next().await.unwrap().id.unwrap();
    drop(stream);
    submit(&duly, "two").await;
    // Browsers repeat the URL of the first request: what they saw last counts for more.
    let path = format!("/v1/events?after={}", EventCursor::START);
    let (mut stream, opening) = Stream::open(&app, &path, Some(&last)).await;
    assert_eq!(opening.id.as_ref(), Some(&last));
    assert_eq!(stream.next().await.unwrap().told(), ("submitted", "two"));
    let (mut stream, _) = Stream::open(&app, &path, None).await;
    assert_eq!(stream.next().await.unwrap().told(), ("submitted", "one"));
}

#[tokio::test]
async fn filters_hold_in_the_history_and_for_what_is_new() {
    let (app, duly) = live();
    submit(&duly, "x").await;
    submit(&duly, "y").await;
    let task = duly
        .submit(Task::new("k", &()).queue("x"))
        .await
        .unwrap()
        .id;
    let after = format!("after={}", EventCursor::START);
    let open = async |query: &str| {
        let path = format!("/v1/events?{after}&{query}");
        Stream::open(&app, &path, None).await.0
    };
    let mut of_queue = open("queue=x&kind=submitted").await;
    let mut of_kind = open("kind=cancelled,lost").await;
    let mut of_task = open(&format!("task={task}")).await;
    duly.cancel(task).await.unwrap();
    submit(&duly, "x").await;
    for _ in 0..3 {
        assert_eq!(of_queue.next().await.unwrap().told(), ("submitted", "x"));
    }
    assert_eq!(of_kind.next().await.unwrap().told(), ("cancelled", "x"));
    for kind in ["submitted", "cancelled"] {
        let message = of_task.next().await.unwrap();
        assert_eq!(message.told(), (kind, "x"));
        assert_eq!(message.data["task"], task.to_string());
    }
}

#[tokio::test]
async fn a_quiet_stream_is_kept_alive() {
    let (app, duly, clock) = still();
    let (mut stream, opening) = Stream::open(&app, "/v1/events?queue=x", None).await;
    let alive = async |stream: &mut Stream| {
        let (message, ()) = tokio::join!(stream.next(), pass(&clock, FEED_KEEP_ALIVE));
        let message = message.unwrap();
        assert_eq!(message.comment.as_deref(), Some("keep-alive"));
        message.id
    };
    assert_eq!(alive(&mut stream).await, None);
    submit(&duly, "y").await;
    // What the filter leaves out need not be looked through again by who comes back.
    let told = loop {
        if let Some(told) = alive(&mut stream).await {
            break told;
        }
    };
    assert!(told > opening.id.unwrap());
    assert_eq!(alive(&mut stream).await, None);
}

#[tokio::test]
async fn a_server_that_stops_says_so() {
    let (app, duly) = live();
    let (mut stream, _) = Stream::open(&app, "/v1/events", None).await;
    submit(&duly, "one").await;
    stream.next().await.unwrap();
    app.end_streams();
    let farewell = stream.next().await.unwrap().comment.unwrap();
    assert!(farewell.starts_with("the server stops"), "{farewell}");
    assert_eq!(stream.next().await, None);
}

#[tokio::test]
async fn streams_are_bounded_and_their_places_come_back() {
    let (app, _duly) = live();
    let mut streams = Vec::new();
    for _ in 0..STREAMS_MAX {
        streams.push(Stream::open(&app, "/v1/events", None).await);
    }
    let refused = answer(ask(&app, "/v1/events", None).await).await;
    refused.refusal(429, "TooManyStreams");
    assert!(refused.headers.contains_key("retry-after"));
    streams.pop();
    Stream::open(&app, "/v1/events", None).await;
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let (app, _duly) = live();
    let refused = answer(ask(&app, "/v1/events", Some("7")).await).await;
    let problem = refused.refusal(422, "InvalidInput");
    assert_eq!(problem["field"], "Last-Event-ID");
    let refused = answer(ask(&app, "/v1/events?limit=7", None).await).await;
    assert_eq!(refused.refusal(422, "InvalidInput")["field"], "limit");
    let html = request("GET", "/v1/events").header("accept", "text/html");
    let html = html.body(Body::empty()).unwrap();
    let refused = answer(router(app).oneshot(html).await.unwrap()).await;
    refused.refusal(406, "NotAcceptable");
}
