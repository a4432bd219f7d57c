//! What a submit brings along besides its tasks: a trace, reserved labels, the wish for a worker.

use axum::body::Body;
use serde_json::json;

use crate::support::{Api, claim, request, submit};

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[tokio::test]
async fn the_trace_of_the_request_is_kept_with_the_task() {
    let api = Api::new();
    let asked = request("POST", "/v1/tasks")
        .header("content-type", "application/json")
        .header("traceparent", PARENT)
        .header("tracestate", "vendor=1");
    let body = Body::from(r#"{"kind": "a", "labels": {"own": "1"}}"#);
    let id = api.send(asked.body(body).unwrap()).await.body["id"].clone();
    let task = api
        .get(&format!("/v1/tasks/{}", id.as_str().unwrap()))
        .await
        .body;
    assert_eq!(task["traceparent"], PARENT);
    assert_eq!(task["labels"], json!({"own": "1"}));
    let without = submit(&api, r#"{"kind": "a"}"#).await;
    let task = api.get(&format!("/v1/tasks/{without}")).await.body;
    assert_eq!(task["traceparent"], json!(null));
}

#[tokio::test]
async fn reserved_labels_are_refused() {
    let api = Api::new();
    let task = r#"[{"kind": "a"}, {"kind": "a", "labels": {"duly.traceparent": "x"}}]"#;
    let answer = api.post(task).await;
    let refusal = answer.refusal(422, "InvalidInput");
    assert_eq!(
        (&refusal["field"], &refusal["index"]),
        (&json!("labels"), &json!(1))
    );
    let detail = refusal["detail"].as_str().unwrap();
    assert!(detail.contains("duly.traceparent"), "{detail}");
}

#[tokio::test]
async fn a_submit_that_requires_a_worker_is_refused_without_one() {
    let api = Api::new();
    let path = "/v1/tasks?require_worker=true";
    let refused = api.json("POST", path, r#"{"kind": "a"}"#).await;
    assert_eq!(refused.refusal(409, "NoWorkers")["field"], "kind");
    assert_eq!(refused.body.get("index"), None);
    submit(&api, r#"{"kind": "a"}"#).await;
    claim(&api).await;
    assert_eq!(api.json("POST", path, r#"{"kind": "a"}"#).await.status, 201);
    let mixed = api
        .json("POST", path, r#"[{"kind": "a"}, {"kind": "b"}]"#)
        .await;
    assert_eq!(mixed.refusal(409, "NoWorkers")["index"], 1);
    let elsewhere = api
        .json("POST", path, r#"{"kind": "a", "queue": "q"}"#)
        .await;
    elsewhere.refusal(409, "NoWorkers");
}
