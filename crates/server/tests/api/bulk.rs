//! Changes to all tasks that a filter means.

use duly_server::bounds::SWEEP_TASKS_MAX;
use serde_json::{Value, json};

use crate::support::{Api, submit};

async fn bulk(api: &Api, body: &Value) -> Value {
    let answer = api.json("POST", "/v1/tasks/bulk", &body.to_string()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body
}

async fn count(api: &Api, state: &str) -> u64 {
    let stats = api.get("/v1/stats").await.body;
    stats["tasks"][state].as_u64().unwrap()
}

#[tokio::test]
async fn a_dry_run_counts_and_changes_nothing() {
    let api = Api::new();
    for queue in ["q", "q", "other"] {
        submit(&api, &format!(r#"{{"kind": "a", "queue": "{queue}"}}"#)).await;
    }
    let mut asked = json!({"action": "cancel", "filter": {"queue": "q"}, "dry_run": true});
    let done = bulk(&api, &asked).await;
    assert_eq!(
        done,
        json!({"dry_run": true, "matched": 2, "changed": 2, "next": null})
    );
    assert_eq!(count(&api, "cancelled").await, 0);
    asked["dry_run"] = json!(false);
    assert_eq!(bulk(&api, &asked).await["changed"], 2);
    assert_eq!(count(&api, "cancelled").await, 2);
    let again = bulk(&api, &asked).await;
    assert_eq!(
        (&again["matched"], &again["changed"]),
        (&json!(2), &json!(0))
    );
}

#[tokio::test]
async fn every_action_does_what_it_says() {
    let api = Api::new();
    let id = submit(&api, r#"{"kind": "a", "payload": 1, "labels": {"x": "y"}}"#).await;
    let path = format!("/v1/tasks/{id}");
    let filter = json!({"label": "x=y"});
    for (action, field, value) in [
        (
            json!({"action": "reprioritise", "priority": "high"}),
            "priority",
            "high",
        ),
        (
            json!({"action": "reschedule", "delay_ms": 5}),
            "state",
            "scheduled",
        ),
        (json!({"action": "cancel"}), "state", "cancelled"),
        (
            json!({"action": "retry", "payload": [2]}),
            "state",
            "pending",
        ),
        (json!({"action": "cancel"}), "state", "cancelled"),
    ] {
        let mut asked = action;
        asked["filter"] = filter.clone();
        assert_eq!(bulk(&api, &asked).await["changed"], 1, "{asked}");
        assert_eq!(api.get(&path).await.body[field], value, "{asked}");
    }
    assert_eq!(api.get(&path).await.body["payload"], json!([2]));
    bulk(&api, &json!({"action": "discard", "filter": filter})).await;
    api.get(&path).await.refusal(404, "TaskNotFound");
}

#[tokio::test]
async fn what_is_more_than_one_request_does_goes_on_where_it_ended() {
    let api = Api::new();
    let batch = format!("[{}]", vec![r#"{"kind":"a"}"#; 10_000].join(","));
    let total = SWEEP_TASKS_MAX + 10_000;
    for _ in 0..total / 10_000 {
        assert_eq!(api.post(batch.clone()).await.status, 201);
    }
    let mut asked = json!({"action": "cancel", "all": true});
    let first = bulk(&api, &asked).await;
    assert_eq!(first["matched"], SWEEP_TASKS_MAX);
    asked["cursor"] = first["next"].clone();
    let second = bulk(&api, &asked).await;
    assert_eq!(second["matched"], 10_000);
    assert_eq!(second["next"], Value::Null);
    assert_eq!(count(&api, "cancelled").await, total);
}

#[tokio::test]
async fn what_is_not_meant_or_not_complete_is_refused() {
    let api = Api::new();
    for (asked, field) in [
        (json!({"action": "cancel"}), "filter"),
        (json!({"action": "cancel", "filter": {}}), "filter"),
        (json!({"action": "reprioritise", "all": true}), "priority"),
        (json!({"action": "reschedule", "all": true}), "run_at"),
        (
            json!({"action": "cancel", "all": true, "priority": "low"}),
            "priority",
        ),
        (
            json!({"action": "discard", "all": true, "payload": 1}),
            "payload",
        ),
        (
            json!({"action": "retry", "all": true, "delay_ms": 1}),
            "delay_ms",
        ),
        (
            json!({"action": "cancel", "all": true, "cursor": "zz"}),
            "cursor",
        ),
        (
            json!({"action": "cancel", "filter": {"label": "x"}}),
            "filter.label",
        ),
    ] {
        let answer = api.json("POST", "/v1/tasks/bulk", &asked.to_string()).await;
        assert_eq!(
            answer.refusal(422, "InvalidInput")["field"],
            field,
            "{asked}"
        );
    }
}
