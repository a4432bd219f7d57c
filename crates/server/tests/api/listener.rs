//! The server on a real socket.

use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use duly::store::ManualClock;
use duly_server::bounds::{
    BODY_BYTES_MAX, BODY_WAIT_MAX, CONNECTIONS_MAX, FIRST_BYTE_WAIT_MAX, HEAD_WAIT_MAX, HEADERS_MAX,
};
use duly_server::{Options, bind, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

pub(crate) async fn listen() -> TcpListener {
    let any = "127.0.0.1:0".parse().unwrap();
    bind(any, &Options::default()).await.unwrap()
}

/// Serves until the test is over.
pub(crate) async fn served(router: Router) -> SocketAddr {
    let listener = listen().await;
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(listener, router, pending(), Duration::ZERO));
    address
}

async fn ask(address: SocketAddr, head: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn what_is_being_answered_when_it_stops_is_answered() {
    let (arrived, go_on, stop) = (
        Arc::new(Notify::new()),
        Arc::new(Notify::new()),
        Arc::new(Notify::new()),
    );
    let (tell, wait) = (arrived.clone(), go_on.clone());
    let slow = get(async move || {
        tell.notify_one();
        wait.notified().await;
        "late but whole"
    });
    let listener = listen().await;
    let address = listener.local_addr().unwrap();
    let stopped = stop.clone();
    let serving = tokio::spawn(serve(
        listener,
        Router::new().route("/", slow),
        async move { stopped.notified().await },
        Duration::from_secs(60),
    ));
    let answer =
        tokio::spawn(async move { ask(address, "GET / HTTP/1.1\r\nhost: a\r\n\r\n").await });
    arrived.notified().await;
    stop.notify_one();
    // It takes no more connections, although it still answers this one.
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    go_on.notify_one();
    assert!(answer.await.unwrap().ends_with("late but whole"));
    serving.await.unwrap();
}

#[tokio::test]
async fn patience_with_what_does_not_end_has_an_end() {
    let arrived = Arc::new(Notify::new());
    let tell = arrived.clone();
    let stuck = get(async move || {
        tell.notify_one();
        pending::<()>().await;
    });
    let listener = listen().await;
    let address = listener.local_addr().unwrap();
    let asked =
        tokio::spawn(async move { ask(address, "GET / HTTP/1.1\r\nhost: a\r\n\r\n").await });
    let router = Router::new().route("/", stuck);
    let stop = async move { arrived.notified().await };
    serve(listener, router, stop, Duration::from_millis(1)).await;
    assert_eq!(asked.await.unwrap(), "", "the connection is closed");
}

#[tokio::test]
async fn heads_are_bounded() {
    let address = served(Router::new()).await;
    let long = format!("GET / HTTP/1.1\r\nhost: {}\r\n\r\n", "a".repeat(64 << 10));
    assert!(ask(address, &long).await.starts_with("HTTP/1.1 431"));
    let many = "a: b\r\n".repeat(HEADERS_MAX + 1);
    let answer = ask(address, &format!("GET / HTTP/1.1\r\n{many}\r\n")).await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
}

#[tokio::test]
async fn who_sends_too_much_before_it_listens_hears_why() {
    let duly = duly::Duly::open("memory:").await.unwrap();
    let address = served(duly_server::router(duly_server::App::new(duly))).await;
    let bytes = BODY_BYTES_MAX + (4 << 20);
    let head = format!(
        "POST /v1/tasks HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         connection: close\r\ncontent-length: {bytes}\r\n\r\n{}",
        " ".repeat(bytes)
    );
    let answer = ask(address, &head).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn who_connects_and_is_silent_is_sent_away() {
    let address = served(Router::new()).await;
    let mut silent = TcpStream::connect(address).await.unwrap();
    let begin = tokio::time::Instant::now();
    assert_eq!(silent.read(&mut [0; 1]).await.unwrap(), 0, "it is closed");
    assert_eq!(begin.elapsed().as_secs(), FIRST_BYTE_WAIT_MAX.as_secs());
}

#[tokio::test(start_paused = true)]
async fn silent_connections_take_every_place_for_a_short_while_only() {
    let address = served(Router::new()).await;
    let mut silent = Vec::new();
    for _ in 0..CONNECTIONS_MAX {
        silent.push(TcpStream::connect(address).await.unwrap());
    }
    let begin = tokio::time::Instant::now();
    let answer = ask(
        address,
        "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n",
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    assert!(begin.elapsed() <= FIRST_BYTE_WAIT_MAX + Duration::from_secs(1));
}

/// Nothing is sent, or not all of it, and time passes.
#[tokio::test(start_paused = true)]
async fn heads_and_bodies_that_do_not_come_are_waited_for_and_then_not() {
    let duly = duly::Duly::in_memory(Arc::new(ManualClock::default()));
    let address = served(duly_server::router(duly_server::App::new(duly))).await;
    let body = "POST /v1/tasks HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
                connection: close\r\ncontent-length: 9\r\n\r\n{";
    let begin = tokio::time::Instant::now();
    let answer = ask(address, body).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("\"code\":\"BodyIncomplete\""), "{answer}");
    assert_eq!(begin.elapsed().as_secs(), BODY_WAIT_MAX.as_secs());
    let begin = tokio::time::Instant::now();
    let answer = ask(address, "GET /health HTTP/1.1\r\nhost: loc").await;
    assert_eq!(answer, "", "it is closed");
    assert_eq!(begin.elapsed().as_secs(), HEAD_WAIT_MAX.as_secs());
    let asked = "GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    assert!(ask(address, asked).await.starts_with("HTTP/1.1 200"));
}
