//! Changes to one task.

use duly::store::Settlement;
use duly_core::Decision;
use serde_json::json;

use crate::support::{Api, claim, settle, submit};

const NOBODY: &str = "01932f5e-7c1a-7b3e-9d55-0242ac120002";

#[tokio::test]
async fn priority_and_time_are_changed_alone_or_together() {
    let api = Api::new();
    let id = submit(&api, r#"{"kind": "a"}"#).await;
    let path = format!("/v1/tasks/{id}");
    let changed = api
        .json("PATCH", &path, r#"{"priority": "critical"}"#)
        .await;
    assert_eq!(changed.status, 200, "{changed:?}");
    assert_eq!(changed.body["priority"], "critical");
    assert_eq!(changed.body["state"], "pending");
    let both = r#"{"priority": "low", "delay_ms": 60000}"#;
    let changed = api.json("PATCH", &path, both).await;
    assert_eq!(changed.body["priority"], "low");
    assert_eq!(changed.body["state"], "scheduled");
    let at = r#"{"run_at": "1970-01-01T00:00:00Z"}"#;
    let changed = api.json("PATCH", &path, at).await;
    assert_eq!(changed.body["due_at"], "1970-01-01T00:00:00.000000Z");
}

#[tokio::test]
async fn a_change_of_nothing_or_of_what_is_not_there_is_refused() {
    let api = Api::new();
    let id = submit(&api, r#"{"kind": "a"}"#).await;
    let path = format!("/v1/tasks/{id}");
    let nothing = api.json("PATCH", &path, "{}").await;
    assert_eq!(nothing.refusal(422, "InvalidInput")["field"], "priority");
    let both = r#"{"delay_ms": 1, "run_at": "2026-01-01T00:00:00Z"}"#;
    let both = api.json("PATCH", &path, both).await;
    assert_eq!(both.refusal(422, "InvalidInput")["field"], "run_at");
    let nobody = format!("/v1/tasks/{NOBODY}");
    for body in [r#"{"priority": "low"}"#, r#"{"delay_ms": 1}"#] {
        let answer = api.json("PATCH", &nobody, body).await;
        answer.refusal(404, "TaskNotFound");
    }
    claim(&api).await;
    let runs = api.json("PATCH", &path, r#"{"delay_ms": 1}"#).await;
    runs.refusal(409, "InvalidTransition");
}

#[tokio::test]
async fn what_failed_is_retried_with_the_same_or_another_payload() {
    let api = Api::new();
    let id = submit(&api, r#"{"kind": "a", "payload": 1}"#).await;
    let (path, retry) = (format!("/v1/tasks/{id}"), format!("/v1/tasks/{id}/retry"));
    api.call("POST", &retry)
        .await
        .refusal(409, "InvalidTransition");
    let failed = claim(&api).await;
    settle(&api, Settlement::new(failed, Decision::Fail)).await;
    assert_eq!(api.call("POST", &retry).await.body["state"], "pending");
    assert_eq!(api.get(&path).await.body["payload"], json!(1));
    let failed = claim(&api).await;
    settle(&api, Settlement::new(failed, Decision::Fail)).await;
    let again = api.json("POST", &retry, r#"{"payload": {"n": 2}}"#).await;
    assert_eq!(again.body["state"], "pending", "{again:?}");
    assert_eq!(api.get(&path).await.body["payload"], json!({"n": 2}));
    let failed = claim(&api).await;
    settle(&api, Settlement::new(failed, Decision::Fail)).await;
    api.json("POST", &retry, r#"{"payload": null}"#).await;
    assert_eq!(api.get(&path).await.body["payload"], json!(null));
}

#[tokio::test]
async fn what_ended_is_discarded_and_then_gone() {
    let api = Api::new();
    let id = submit(&api, r#"{"kind": "a"}"#).await;
    let (path, discard) = (format!("/v1/tasks/{id}"), format!("/v1/tasks/{id}/discard"));
    api.call("POST", &discard)
        .await
        .refusal(409, "InvalidTransition");
    api.call("DELETE", &path).await;
    let discarded = api.call("POST", &discard).await;
    assert_eq!(discarded.body["state"], "cancelled", "as it was");
    api.get(&path).await.refusal(404, "TaskNotFound");
    api.call("POST", &discard)
        .await
        .refusal(404, "TaskNotFound");
}
