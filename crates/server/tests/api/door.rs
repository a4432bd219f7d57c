//! What the server's door refuses, whatever is behind it.

use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use axum::body::{Body, Bytes, HttpBody};
use duly_server::bounds::{
    BODY_BYTES_MAX, DISCARDED_BYTES_MAX, LARGE_BODIES_MAX, SMALL_BODY_BYTES_MAX,
};
use hyper::body::{Frame, SizeHint};

use crate::support::{Api, request};

/// A body that says how large it is, and then does not come.
struct BodyThatNeverComes(u64);

impl HttpBody for BodyThatNeverComes {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Pending
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0)
    }
}

fn is_pending(future: Pin<&mut impl Future>) -> bool {
    let mut context = Context::from_waker(Waker::noop());
    future.poll(&mut context).is_pending()
}

#[tokio::test]
async fn unknown_paths_and_methods_are_problems_too() {
    let api = Api::new();
    api.get("/").await.refusal(404, "RouteNotFound");
    api.get("/v1/task").await.refusal(404, "RouteNotFound");
    let answer = api.call("PUT", "/v1/tasks").await;
    answer.refusal(405, "MethodNotAllowed");
    let allowed = answer.headers["allow"].to_str().unwrap();
    assert!(
        allowed.contains("GET") && allowed.contains("POST"),
        "{allowed}"
    );
}

#[tokio::test]
async fn a_body_must_say_that_it_is_json() {
    let api = Api::new();
    let with_type = |value: Option<&str>| {
        let mut builder = request("POST", "/v1/tasks");
        if let Some(value) = value {
            builder = builder.header("content-type", value);
        }
        builder.body(Body::from(r#"{"kind": "a"}"#)).unwrap()
    };
    for value in [
        None,
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        Some(""),
    ] {
        let answer = api.send(with_type(value)).await;
        answer.refusal(415, "UnsupportedMediaType");
    }
    for value in [
        "application/json",
        "Application/JSON; charset=utf-8",
        "application/a+json",
    ] {
        let answer = api.send(with_type(Some(value))).await;
        assert_eq!(answer.status, 201, "{value}");
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let api = Api::new();
    let fits = api.post(vec![b' '; BODY_BYTES_MAX]).await;
    fits.refusal(400, "InvalidJson");
    let answer = api.post(vec![b' '; BODY_BYTES_MAX + 1]).await;
    answer.refusal(413, "BodyTooLarge");
}

#[tokio::test]
async fn a_body_that_says_that_it_is_too_large_is_refused_before_it_arrives() {
    let api = Api::new();
    let huge = Body::new(BodyThatNeverComes(DISCARDED_BYTES_MAX as u64 + 1));
    api.post(huge).await.refusal(413, "BodyTooLarge");
    let asks_first = request("POST", "/v1/tasks")
        .header("content-type", "application/json")
        .header("expect", "100-continue")
        .body(Body::new(BodyThatNeverComes(BODY_BYTES_MAX as u64 + 1)));
    let answer = api.send(asks_first.unwrap()).await;
    answer.refusal(413, "BodyTooLarge");
}

#[tokio::test]
async fn of_large_bodies_only_so_many_are_held_and_small_ones_pass_by() {
    let api = Api::new();
    let large = || Body::new(BodyThatNeverComes(SMALL_BODY_BYTES_MAX as u64 + 1));
    let held = (0..LARGE_BODIES_MAX).map(|_| Box::pin(api.post(large())));
    let mut held: Vec<_> = held.collect();
    assert!(held.iter_mut().all(|post| is_pending(post.as_mut())));
    let whole = format!("{{\"kind\": \"a\"}}{}", " ".repeat(SMALL_BODY_BYTES_MAX));
    let mut waits = pin!(api.post(whole));
    assert!(is_pending(waits.as_mut()), "all places are taken");
    assert_eq!(api.post(r#"{"kind": "a"}"#).await.status, 201);
    drop(held);
    assert_eq!(waits.await.status, 201);
}

#[tokio::test]
async fn an_array_of_more_than_a_batch_is_refused_by_its_count() {
    let api = Api::new();
    let many = format!("[{}7]", "7,".repeat(1_000_000));
    let answer = api.post(many).await;
    let refusal = answer.refusal(422, "InvalidInput");
    assert_eq!(refusal["field"], "tasks");
    assert!(refusal["detail"].as_str().unwrap().contains("1000001"));
}

#[tokio::test]
async fn a_name_of_elsewhere_is_refused_even_if_it_leads_here() {
    let api = Api::new();
    for host in ["example.org", "example.org:7788", "10.0.0.1"] {
        let request = axum::http::Request::get("/v1/stats").header("host", host);
        let answer = api.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.refusal(421, "HostNotAllowed")["field"], "Host");
    }
    let without = axum::http::Request::get("/v1/stats").body(Body::empty());
    let answer = api.send(without.unwrap()).await;
    answer.refusal(421, "HostNotAllowed");
    let two = request("GET", "/v1/stats").header("host", "example.org");
    let answer = api.send(two.body(Body::empty()).unwrap()).await;
    answer.refusal(421, "HostNotAllowed");
    let elsewhere = request("GET", "http://example.org/v1/stats").body(Body::empty());
    let answer = api.send(elsewhere.unwrap()).await;
    answer.refusal(421, "HostNotAllowed");
}

#[tokio::test]
async fn answers_are_neither_kept_nor_taken_for_something_else() {
    let answer = Api::new().get("/health").await;
    assert_eq!(answer.body["status"], "ok");
    assert_eq!(answer.headers["cache-control"], "no-store");
    assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    assert_eq!(answer.headers["content-type"], "application/json");
}
