//! What the server's door refuses, whatever is behind it.

use crate::support::{Api, request};
use axum::body::Body;
use duly_server::bounds::BODY_BYTES_MAX;

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
