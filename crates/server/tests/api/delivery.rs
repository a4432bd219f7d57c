//! The kind `http` against a real server of bad manners.

use std::future::{Future, pending, ready};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, Response};
use axum::routing::any;
use duly_core::{TaskId, Timestamp};
use duly_server::kinds::http::{Client, Delivered, Targets, deliver};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::listener::served;

const TASK: TaskId = TaskId::from_bytes([7; 16]);
/// Two minutes before 2015-10-21T07:28:00Z.
const NOW: Timestamp = Timestamp::from_micros(1_445_412_360_000_000);

async fn delivered(payload: &Value) -> Delivered {
    delivered_unless(payload, pending()).await
}

async fn delivered_unless(payload: &Value, cancelled: impl Future<Output = ()>) -> Delivered {
    let client = Client::new(Targets::default()).unwrap();
    let payload = payload.to_string();
    deliver(&client, TASK, None, payload.as_bytes(), || NOW, cancelled).await
}

fn result(verdict: Delivered) -> Value {
    match verdict {
        Delivered::Done(json) => serde_json::from_str(&json).unwrap(),
        other => panic!("expected success, got {other:?}"),
    }
}

fn failure(verdict: Delivered) -> String {
    match verdict {
        Delivered::Fail(error) => error,
        other => panic!("expected a failure for good, got {other:?}"),
    }
}

fn retry(verdict: Delivered) -> (String, Option<Duration>) {
    match verdict {
        Delivered::Retry { error, after } => (error, after),
        other => panic!("expected another try, got {other:?}"),
    }
}

/// A server that answers `/{status}` with that status.
async fn statuses() -> SocketAddr {
    let answer = async |Path(status): Path<u16>| {
        let builder = Response::builder().status(status);
        builder
            .header("set-cookie", "a=s3cret")
            .body(Body::from("said so"))
    };
    let answer = async move |path: Path<u16>| answer(path).await.unwrap();
    served(Router::new().route("/{status}", any(answer))).await
}

/// A server that answers with these headers and this status.
async fn answering(status: u16, headers: &[(&'static str, &'static str)]) -> SocketAddr {
    let headers = headers.to_vec();
    let answer = async move || {
        let mut builder = Response::builder().status(status);
        for (name, value) in headers {
            builder = builder.header(name, value);
        }
        builder.body(Body::empty()).unwrap()
    };
    served(Router::new().fallback(answer)).await
}

#[tokio::test]
async fn the_answer_is_the_result() {
    let at = statuses().await;
    let answer = result(delivered(&json!({"url": format!("http://{at}/201")})).await);
    assert_eq!(answer["status"], 201);
    assert_eq!(answer["body"], "said so");
    assert_eq!(answer["truncated"], false);
    assert_eq!(answer["headers"]["content-length"], "7");
    assert_eq!(answer["headers"].get("set-cookie"), None);
}

#[tokio::test]
async fn what_is_sent_is_what_was_asked_for() {
    let echo = async |method: axum::http::Method, headers: HeaderMap, body: String| {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        axum::Json(json!({
            "method": method.as_str(), "type": header("content-type"), "own": header("x-own"),
            "key": header("idempotency-key"), "agent": header("user-agent"), "body": body,
        }))
    };
    let at = served(Router::new().fallback(echo)).await;
    let sent = result(delivered(&json!({"url": format!("http://{at}/"), "body": {"a": 1}})).await);
    let agent = format!("duly/{}", duly_server::VERSION);
    assert_eq!(
        sent["body"],
        json!({"method": "POST", "type": "application/json", "own": null,
            "key": TASK.to_string(), "agent": agent, "body": "{\"a\":1}"})
    );
    let payload = json!({
        "url": format!("http://{at}/"), "method": "put", "body": "plain",
        "headers": {"X-Own": "1", "Idempotency-Key": "mine", "User-Agent": "me",
            "Content-Type": "text/csv"},
    });
    assert_eq!(
        result(delivered(&payload).await)["body"],
        json!({"method": "PUT", "type": "text/csv", "own": "1", "key": "mine", "agent": "me",
            "body": "plain"})
    );
}

#[tokio::test]
async fn by_default_trouble_is_retried_and_refusal_is_final() {
    let at = statuses().await;
    for status in [408, 425, 429, 500, 502, 503, 599] {
        let (error, after) =
            retry(delivered(&json!({"url": format!("http://{at}/{status}")})).await);
        assert!(error.contains(&status.to_string()), "{error}");
        assert_eq!(after, None);
    }
    for status in [304, 400, 401, 404, 422] {
        let error = failure(delivered(&json!({"url": format!("http://{at}/{status}")})).await);
        assert!(error.contains(&status.to_string()), "{error}");
    }
    let error = failure(delivered(&json!({"url": format!("http://me:pw@{at}/400?k=v")})).await);
    assert_eq!(
        error,
        format!("GET http://{at}/400 answered 400 Bad Request: said so")
    );
}

#[tokio::test]
async fn what_counts_as_success_and_what_is_worth_a_retry_can_be_chosen() {
    let at = statuses().await;
    let payload = |status| json!({"url": format!("http://{at}/{status}"), "success": ["2xx", 404], "retry": [401]});
    assert_eq!(result(delivered(&payload(404)).await)["status"], 404);
    retry(delivered(&payload(401)).await);
    failure(delivered(&payload(503)).await);
}

#[tokio::test]
async fn a_flaky_server_is_reached_in_the_end() {
    let calls = Arc::new(AtomicU32::new(0));
    let counted = calls.clone();
    let flaky = async move || match counted.fetch_add(1, Ordering::Relaxed) {
        0 | 1 => axum::http::StatusCode::SERVICE_UNAVAILABLE,
        _ => axum::http::StatusCode::NO_CONTENT,
    };
    let at = served(Router::new().fallback(flaky)).await;
    let payload = json!({"url": format!("http://{at}/")});
    retry(delivered(&payload).await);
    retry(delivered(&payload).await);
    assert_eq!(result(delivered(&payload).await)["status"], 204);
    assert_eq!(calls.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn retry_after_is_obeyed_in_both_forms() {
    for (value, seconds) in [("7", 7), ("Wed, 21 Oct 2015 07:28:00 GMT", 120)] {
        let at = answering(429, &[("retry-after", value)]).await;
        let (_, after) = retry(delivered(&json!({"url": format!("http://{at}/")})).await);
        assert_eq!(after, Some(Duration::from_secs(seconds)), "{value}");
    }
}

#[tokio::test]
async fn no_answer_is_worth_a_retry_unless_it_is_said_not_to_be() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = closed.local_addr().unwrap();
    drop(closed);
    let (error, _) = retry(delivered(&json!({"url": format!("http://{at}/?k=s3cret")})).await);
    assert!(
        error.contains("had no answer") && error.contains("refused"),
        "{error}"
    );
    assert!(!error.contains("s3cret"), "{error}");
    failure(delivered(&json!({"url": format!("http://{at}/"), "retry": ["5xx"]})).await);
}

#[tokio::test]
async fn who_cannot_prove_who_they_are_get_nothing() {
    let at = statuses().await;
    let (error, _) = retry(delivered(&json!({"url": format!("https://{at}/200")})).await);
    assert!(
        error.contains("had no answer") && error.contains("InvalidContentType"),
        "{error}"
    );
}

#[tokio::test]
async fn a_server_that_takes_too_long_is_no_answer() {
    let at = served(Router::new().fallback(async || pending::<()>().await)).await;
    let payload = json!({"url": format!("http://{at}/"), "timeout_ms": 20});
    let (error, _) = retry(delivered(&payload).await);
    assert!(error.contains("timed out"), "{error}");
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_no_answer() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = [0; 1024];
        assert!(stream.read(&mut head).await.unwrap() > 0);
        let half = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf";
        stream.write_all(half).await.unwrap();
    });
    let (error, _) = retry(delivered(&json!({"url": format!("http://{at}/")})).await);
    assert!(error.contains("had no answer"), "{error}");
}

#[tokio::test]
async fn of_a_long_answer_the_beginning_is_kept() {
    let long = async || "ü".repeat(100_000);
    let at = served(Router::new().fallback(long)).await;
    let url = format!("http://{at}/");
    let kept = |answer: &Value| answer["body"].as_str().unwrap().len();
    let answer = result(delivered(&json!({"url": url})).await);
    assert_eq!(
        (kept(&answer), &answer["truncated"]),
        (65_536, &json!(true))
    );
    let answer = result(delivered(&json!({"url": url, "response_bytes_max": 9})).await);
    assert_eq!(kept(&answer), 8, "the last character was not whole");
    let answer = result(delivered(&json!({"url": url, "response_bytes_max": 0})).await);
    assert_eq!((kept(&answer), &answer["truncated"]), (0, &json!(true)));
}

#[tokio::test]
async fn redirects_are_followed_within_the_house_alone() {
    let there = statuses().await;
    let away = format!("http://{there}/200");
    let answer = async move |Path(step): Path<String>| {
        let (status, location) = match step.as_str() {
            "near" => (302, "/end".to_owned()),
            "far" => (302, away),
            "round" => (307, "/round".to_owned()),
            _ => (200, String::new()),
        };
        let builder = Response::builder().status(status);
        builder
            .header("location", location)
            .body(Body::empty())
            .unwrap()
    };
    let at = served(Router::new().route("/{step}", any(answer))).await;
    let payload = |step| json!({"url": format!("http://{at}/{step}")});
    assert_eq!(result(delivered(&payload("near")).await)["status"], 200);
    assert!(failure(delivered(&payload("far")).await).contains("302"));
    assert!(failure(delivered(&payload("round")).await).contains("more than 5 redirects"));
}

#[tokio::test]
async fn a_cancelled_delivery_stops_where_it_is() {
    let arrived = Arc::new(Notify::new());
    let tell = arrived.clone();
    let stuck = async move || {
        tell.notify_one();
        pending::<()>().await;
    };
    let at = served(Router::new().fallback(stuck)).await;
    let payload = json!({"url": format!("http://{at}/")});
    let cancelled = async { arrived.notified().await };
    assert_eq!(
        delivered_unless(&payload, cancelled).await,
        Delivered::Cancelled
    );
    assert_eq!(
        delivered_unless(&payload, ready(())).await,
        Delivered::Cancelled
    );
}

#[tokio::test]
async fn a_payload_that_makes_no_sense_fails_for_good() {
    let error = failure(delivered(&json!({"url": "example.org"})).await);
    assert!(error.starts_with("payload.url: expected"), "{error}");
}

#[tokio::test]
async fn an_error_does_not_repeat_what_was_sent() {
    let echo = async |headers: HeaderMap, body: String| {
        let token = headers["authorization"].to_str().unwrap().to_owned();
        (
            axum::http::StatusCode::BAD_REQUEST,
            format!("no: {token} sent {body}"),
        )
    };
    let at = served(Router::new().fallback(echo)).await;
    let payload = json!({
        "url": format!("http://{at}/"), "body": {"card": "1234"},
        "headers": {"Authorization": "Bearer s3cret-token"},
    });
    let error = failure(delivered(&payload).await);
    assert_eq!(
        error,
        format!("POST http://{at}/ answered 400 Bad Request: no: [hidden] [hidden] sent [hidden]")
    );
}
