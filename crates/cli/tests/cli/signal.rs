//! How the server ends.

use std::future::pending;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use duly::State;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use crate::support::{Place, served};

/// Somebody who never answers: where, and a permit for each call that has come.
async fn stuck() -> (String, Arc<Semaphore>) {
    let calls = Arc::new(Semaphore::new(0));
    let arrived = calls.clone();
    let answer = async move || {
        arrived.add_permits(1);
        pending::<()>().await;
    };
    let at = served(Router::new().fallback(answer)).await;
    (format!("http://{at}/"), calls)
}

#[tokio::test]
async fn sigterm_hands_back_what_does_not_end_refunded_and_the_next_server_runs_it() {
    let (url, calls) = stuck().await;
    let place = Place::new();
    for server_number in 1..=2 {
        let server = place.serve(&["--shutdown-timeout", "200ms"]).await;
        if server_number == 1 {
            server.deliver_to(&url, &[]).await;
        }
        calls.acquire().await.unwrap().forget();
        server.signal("TERM").await;
        assert_eq!(server.ended().await.code(), Some(0));
    }
    let server = place.serve(&["--no-worker"]).await;
    let tasks = server.lines(&["list"]).await;
    let task = &tasks[0];
    assert_eq!(task["state"], "pending");
    assert_eq!((&task["attempt"], &task["spent"]), (&2.into(), &0.into()));
    server.stop().await;
}

#[tokio::test]
async fn a_second_signal_ends_at_once() {
    let (url, calls) = stuck().await;
    let place = Place::new();
    let server = place.serve(&["--shutdown-timeout", "1h"]).await;
    server.deliver_to(&url, &[]).await;
    calls.acquire().await.unwrap().forget();
    server.signal("INT").await;
    // It has heard the first once it takes no more connections.
    let address = server.address().to_owned();
    while TcpStream::connect(&address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    server.signal("TERM").await;
    assert_eq!(server.ended().await.code(), Some(0));
    let server = place.serve(&["--no-worker"]).await;
    let tasks = server.lines(&["list"]).await;
    assert_eq!(tasks[0]["spent"], 0, "handed back, refunded: {tasks:?}");
    server.stop().await;
}

#[tokio::test]
async fn a_running_delivery_is_cancelled() {
    let (url, calls) = stuck().await;
    let place = Place::new();
    let server = place.serve(&[]).await;
    let id = server.deliver_to(&url, &[]).await;
    calls.acquire().await.unwrap().forget();
    let cancelled = server.run(&["cancel", &id.to_string()]).await;
    assert!(
        cancelled.out.contains("was asked to stop it"),
        "{cancelled:?}"
    );
    assert_eq!(place.ended(id).await.state, State::Cancelled);
    server.stop().await;
}

#[tokio::test]
async fn requests_that_do_not_end_and_idle_connections_hold_it_no_longer_than_tasks() {
    let place = Place::new();
    let server = place.serve(&["--shutdown-timeout", "10ms"]).await;
    let mut held = Vec::new();
    for head in [
        "",
        "GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n",
        "POST /v1/tasks HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         content-length: 9\r\n\r\n{",
    ] {
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        held.push(stream);
    }
    // The answer to the second says that it is idle now.
    assert_ne!(held[1].read(&mut [0; 1]).await.unwrap(), 0);
    let begin = Instant::now();
    server.signal("TERM").await;
    assert_eq!(server.ended().await.code(), Some(0));
    assert!(
        begin.elapsed() < Duration::from_secs(4),
        "{:?}",
        begin.elapsed()
    );
}
