//! Many subscribers who do not read: nobody waits for them, and they are told what they missed.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use duly::Duly;
use duly::store::{EventCursor, SystemClock};
use duly_api::Resync;
use duly_server::bounds::{FEED_PAGE_BYTES_MAX, SEND_BUFFER_BYTES};
use duly_server::{App, router, serve, tls};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use super::sse::Stream;
use crate::listener::served;

/// Sockets that nobody reads from.
const SLOW: usize = 200;
/// Tasks of one submit, and submits: more events than the ring and a socket hold together.
const BATCH: usize = 1_000;
const BATCHES: usize = 55;
/// Long names make long events.
const QUEUE: &str = "a-queue-with-a-name-that-is-nearly-as-long-as-names-may-be-so-that-its-events\
                     -fill-what-holds-them-soon";
/// The most that is held for one of them: by the system at the server, which may make twice of the
/// bound; in what the client's side has taken in; and by the connection, a few pages.
const HELD_BYTES_MAX: usize = 2 * SEND_BUFFER_BYTES as usize + (1 << 20) + 4 * FEED_PAGE_BYTES_MAX;
/// Nothing that is waited for here takes this long.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_waits_for_200_slow_subscribers_and_each_is_told_to_resync() {
    let duly = Duly::in_memory(Arc::new(SystemClock));
    let app = App::new(duly.clone());
    let address = served(router(app.clone())).await;
    let alone = submit_all(address).await;

    let (mut quick, _) = Stream::open(&app, "/v1/events", None).await;
    let mut slow = Vec::new();
    for _ in 0..SLOW {
        slow.push(open(address).await);
    }
    let beside = submit_all(address).await;
    assert!(
        beside < alone * 5 + Duration::from_secs(2),
        "{alone:?}, {beside:?}"
    );

    let end = duly.store().events_end().await.unwrap();
    while quick.next().await.unwrap().id != Some(end.to_string()) {}
    let mut held_max = 0;
    for socket in &mut slow {
        let told = Told::read(socket).await;
        held_max = held_max.max(told.held);
        // It was told all up to the gap, and how wide that is.
        assert_eq!(told.resync.next, told.before.to_string());
        let next = told.before.sequence() + told.resync.missed as i64 + 1;
        assert_eq!(told.after.sequence(), next);
        missed_are_there(&duly, told.before, told.after).await;
    }
    assert!(held_max <= HELD_BYTES_MAX, "{held_max} bytes");
    let rate = |took: Duration| (BATCH * BATCHES) as f64 / took.as_secs_f64();
    println!(
        "submitted {:.0} tasks/s alone, {:.0} tasks/s beside {SLOW} subscribers who do not read; \
         at most {} KiB were held for one",
        rate(alone),
        rate(beside),
        held_max >> 10
    );
}

/// Submits all batches, one after the other; how long they take.
async fn submit_all(address: SocketAddr) -> Duration {
    let client = tls::client(|client| client.timeout(PATIENCE)).unwrap();
    let task = format!(r#"{{"kind": "k", "queue": "{QUEUE}"}}"#);
    let body = format!("[{}]", vec![task; BATCH].join(","));
    let start = Instant::now();
    for _ in 0..BATCHES {
        let request = client
            .post(format!("http://{address}/v1/tasks"))
            .header("content-type", "application/json")
            .body(body.clone());
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 201);
        answer.bytes().await.unwrap();
    }
    start.elapsed()
}

/// What lies in the gap is in the history, whole.
async fn missed_are_there(duly: &Duly, before: EventCursor, after: EventCursor) {
    let gap = before.sequence() + 1..after.sequence();
    for (at, limit) in [(gap.start, 1_000), (gap.end - 1_000, 1_000)] {
        let cursor = EventCursor::after(at - 1);
        let page = duly.store().events(cursor, limit).await.unwrap();
        let sequences: Vec<_> = page.events.iter().map(|event| event.sequence).collect();
        assert_eq!(sequences, (at..at + 1_000).collect::<Vec<_>>());
    }
}

/// Opens a stream, and reads its opening alone.
async fn open(address: SocketAddr) -> TcpStream {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let head = "GET /v1/events HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\n\r\n";
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut text = String::new();
    while !text.contains("\n\n") {
        read(&mut socket, &mut text).await;
    }
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
    socket
}

async fn read(socket: &mut TcpStream, text: &mut String) {
    let mut bytes = vec![0; 64 << 10];
    let read = tokio::time::timeout(PATIENCE, socket.read(&mut bytes)).await;
    let read = read.expect("something comes in time").unwrap();
    assert_ne!(read, 0, "the stream has ended");
    text.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
}

/// What a subscriber finds that reads on.
struct Told {
    /// Bytes that were there for it before it was told to resync.
    held: usize,
    resync: Resync,
    /// The places after the last event before the gap, and the first behind it.
    before: EventCursor,
    after: EventCursor,
}

impl Told {
    async fn read(socket: &mut TcpStream) -> Self {
        const RESYNC: &str = "event: resync\ndata: ";
        let mut text = String::new();
        loop {
            read(socket, &mut text).await;
            let Some((before, rest)) = text.split_once(RESYNC) else {
                continue;
            };
            let Some(after) = rest.split_once("\n\n").and_then(|(_, rest)| first(rest)) else {
                continue;
            };
            return Self {
                held: before.len(),
                resync: serde_json::from_str(rest.lines().next().unwrap()).unwrap(),
                before: before.rsplit("event: ").nth(0).and_then(first).unwrap(),
                after,
            };
        }
    }
}

/// The first place that a text tells whole.
fn first(text: &str) -> Option<EventCursor> {
    let (_, id) = text.split_once("id: ")?;
    let (id, _) = id.split_once('\n')?;
    id.parse().ok()
}

#[tokio::test]
async fn a_server_that_stops_does_not_wait_for_who_does_not_read() {
    let duly = Duly::in_memory(Arc::new(SystemClock));
    let app = App::new(duly.clone());
    let listener = crate::listener::listen().await;
    let address = listener.local_addr().unwrap();
    let stop = Arc::new(Notify::new());
    let stopped = {
        let (app, stop) = (app.clone(), stop.clone());
        async move {
            stop.notified().await;
            app.end_streams();
        }
    };
    let serving = tokio::spawn(serve(listener, router(app.clone()), stopped, 2 * PATIENCE));
    let mut reads = open(address).await;
    let _stuck = open(address).await;
    submit_all(address).await;
    stop.notify_one();
    let mut text = String::new();
    while !text.contains("\n: the server stops") {
        read(&mut reads, &mut text).await;
        text.drain(..text.len().saturating_sub(1 << 10));
    }
    let ended = tokio::time::timeout(PATIENCE, serving).await;
    ended.expect("the server does not wait").unwrap();
}
