//! Queues.

use std::time::Duration;

use serde_json::json;

use crate::support::{Api, claim, submit};

#[tokio::test]
async fn a_queue_is_shown_with_its_settings_counts_and_totals() {
    let api = Api::new();
    submit(&api, r#"{"kind": "a"}"#).await;
    api.clock.advance(Duration::from_secs(3));
    let queues = api.get("/v1/queues").await.body;
    assert_eq!(queues["queues"].as_array().unwrap().len(), 1);
    let queue = api.get("/v1/queues/default").await.body;
    assert_eq!(queues["queues"][0], queue);
    assert_eq!(
        (&queue["name"], &queue["paused"]),
        (&json!("default"), &json!(false))
    );
    assert_eq!(queue["tasks"]["pending"], 1);
    assert_eq!(queue["totals"]["submitted"], 1);
    assert_eq!(queue["oldest_due_age_ms"], 3_000);
    assert_eq!(queue["retention_completed_ms"], 24 * 3_600_000);
    api.get("/v1/queues/none")
        .await
        .refusal(404, "QueueNotFound");
}

#[tokio::test]
async fn settings_are_changed_and_a_queue_is_made_by_them() {
    let api = Api::new();
    let settings = r#"{"paused": true, "bound": 1, "retention_failed_ms": 5}"#;
    let queue = api.json("PATCH", "/v1/queues/a%20b", settings).await.body;
    assert_eq!(queue["name"], "a b");
    assert_eq!(
        (&queue["paused"], &queue["bound"]),
        (&json!(true), &json!(1))
    );
    assert_eq!(queue["retention_failed_ms"], 5);
    let task = r#"[{"kind": "a", "queue": "a b"}, {"kind": "a", "queue": "a b"}]"#;
    api.post(task).await.refusal(429, "QueueFull");
    let nothing = api.json("PATCH", "/v1/queues/a%20b", "{}").await;
    nothing.refusal(422, "InvalidInput");
}

#[tokio::test]
async fn a_queue_is_paused_and_resumed_by_a_request_without_a_body() {
    let api = Api::new();
    submit(&api, r#"{"kind": "a"}"#).await;
    let paused = api.call("POST", "/v1/queues/default/pause").await.body;
    assert_eq!(paused["paused"], true);
    let resumed = api
        .json("POST", "/v1/queues/default/resume", "{}")
        .await
        .body;
    assert_eq!(resumed["paused"], false);
    let unknown = api
        .json("POST", "/v1/queues/default/pause", r#"{"for": 1}"#)
        .await;
    assert_eq!(unknown.refusal(422, "InvalidInput")["field"], "for");
}

#[tokio::test]
async fn a_queue_that_is_not_there_is_neither_paused_nor_made_by_it() {
    let api = Api::new();
    for action in ["pause", "resume", "purge"] {
        let answer = api
            .call("POST", &format!("/v1/queues/defualt/{action}"))
            .await;
        assert_eq!(answer.refusal(404, "QueueNotFound")["field"], "name");
    }
    assert_eq!(api.get("/v1/queues").await.body["queues"], json!([]));
}

#[tokio::test]
async fn a_purge_calls_off_what_waits_and_nothing_else() {
    let api = Api::new();
    submit(&api, r#"{"kind": "a"}"#).await;
    claim(&api).await;
    submit(&api, r#"{"kind": "a"}"#).await;
    submit(&api, r#"{"kind": "a", "delay_ms": 1}"#).await;
    submit(&api, r#"{"kind": "a", "queue": "other"}"#).await;
    let dry = api
        .json("POST", "/v1/queues/default/purge", r#"{"dry_run": true}"#)
        .await;
    assert_eq!(
        (&dry.body["matched"], &dry.body["dry_run"]),
        (&json!(2), &json!(true))
    );
    let done = api.call("POST", "/v1/queues/default/purge").await;
    assert_eq!(done.body["changed"], 2);
    let tasks = &api.get("/v1/stats").await.body["tasks"];
    assert_eq!(
        (&tasks["cancelled"], &tasks["running"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(tasks["pending"], 1, "of the other queue");
    let nobody = api.call("POST", "/v1/queues/none/purge").await;
    nobody.refusal(404, "QueueNotFound");
}
