//! Why what waits waits.

use std::time::Duration;

use serde_json::json;

use crate::support::{Api, submit};

#[tokio::test]
async fn a_task_says_why_it_waits() {
    let api = Api::new();
    let id = submit(&api, r#"{"kind": "a", "delay_ms": 90000}"#).await;
    let path = format!("/v1/tasks/{id}/explain");
    let why = api.get(&path).await.body;
    assert_eq!(
        (&why["state"], &why["closed"]),
        (&json!("scheduled"), &json!(true))
    );
    assert_eq!(why["reasons"][0]["code"], "not_due");
    assert_eq!(
        why["reasons"][0]["text"],
        "it is not due for another 1m 30s"
    );
    assert_eq!(why["reasons"][1]["code"], "no_worker");
    assert_eq!(why["reasons"][1]["name"], "a");
    assert_eq!(
        (&why["position"], &why["estimated_start"]),
        (&json!(null), &json!(null))
    );
    api.clock.advance(Duration::from_secs(90));
    api.call("POST", "/v1/queues/default/pause").await;
    let why = api.get(&path).await.body;
    let codes: Vec<_> = why["reasons"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["code"])
        .collect();
    assert_eq!(codes, ["queue_paused", "no_worker"]);
    assert_eq!(
        why["position"],
        json!({"ahead": 0, "exact": true, "text": "it is next in its queue"})
    );
    let unknown = "/v1/tasks/01932f5e-7c1a-7b3e-9d55-0242ac120002/explain";
    api.get(unknown).await.refusal(404, "TaskNotFound");
}

#[tokio::test]
async fn a_queue_and_a_worker_are_explained() {
    let api = Api::new();
    submit(&api, r#"{"kind": "a"}"#).await;
    submit(&api, r#"{"kind": "a"}"#).await;
    let why = api.get("/v1/queues/default/explain").await.body;
    assert_eq!((&why["pending"], &why["ready"]), (&json!(2), &json!(0)));
    assert_eq!(why["reasons"][0]["tasks"], 2);
    assert_eq!(why["reasons"][0]["closing"], true);
    let nowhere = api.get("/v1/queues/nowhere/explain").await;
    assert_eq!(nowhere.refusal(404, "QueueNotFound")["field"], "name");
    let nobody = api.get("/v1/workers/nobody/explain").await;
    assert_eq!(nobody.refusal(404, "WorkerNotFound")["field"], "name");
}
