//! Unique keys over HTTP: how they are asked for, and how a conflict is answered.

use serde_json::{Value, json};

use crate::support::Api;

async fn submit(api: &Api, task: &Value) -> (u16, Value) {
    let answer = api.post(task.to_string()).await;
    (answer.status.into(), answer.body)
}

fn with(task: &Value, more: Value) -> Value {
    let mut task = task.clone();
    let members = task.as_object_mut().unwrap();
    members.extend(more.as_object().unwrap().clone());
    task
}

#[tokio::test]
async fn who_comes_second_is_kept_or_replaces() {
    let api = Api::new();
    let task = json!({"kind": "a", "payload": {"user": {"id": 7}, "n": 1},
        "unique_fields": ["/user/id"], "unique_while": "waiting"});
    let (status, first) = submit(&api, &task).await;
    assert_eq!((status, first.get("admission")), (201, None));
    let (status, kept) = submit(&api, &with(&task, json!({"on_conflict": "keep"}))).await;
    assert_eq!((status, &kept["id"]), (200, &first["id"]));
    assert_eq!(kept["admission"], "kept");
    let newer = json!({"payload": {"n": 2, "user": {"id": 7}}, "priority": "high",
        "on_conflict": "replace", "replace": ["payload", "time"], "delay_ms": 5000});
    let (status, replaced) = submit(&api, &with(&task, newer)).await;
    assert_eq!((status, &replaced["admission"]), (200, &json!("replaced")));
    assert_eq!(replaced["state"], "scheduled");
    let shown = api
        .get(&format!("/v1/tasks/{}", first["id"].as_str().unwrap()))
        .await;
    assert_eq!(shown.body["payload"]["n"], 2);
    assert_eq!(shown.body["priority"], "normal", "it was not named");
    assert_eq!(shown.body["unique_while"], "waiting");
    let other = with(&task, json!({"payload": {"user": {"id": 8}}}));
    assert_eq!(submit(&api, &other).await.0, 201);
    let again = api.post(task.to_string()).await;
    again.refusal(409, "TaskExists");
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_by_name() {
    let api = Api::new();
    for (more, field) in [
        (json!({"unique_fields": ["user"]}), "unique_fields"),
        (
            json!({"unique_key": "k", "unique_fields": ["/a"]}),
            "unique_fields",
        ),
        (json!({"unique_while": "waiting"}), "unique_while"),
        (json!({"on_conflict": "keep"}), "on_conflict"),
        (json!({"unique_key": "k", "replace": ["time"]}), "replace"),
        (
            json!({"unique_key": "k", "unique_for_ms": 0}),
            "unique_for_ms",
        ),
        (
            json!({"unique_key": "k", "unique_for_ms": 1, "unique_while": "waiting"}),
            "unique_for_ms",
        ),
        (
            json!({"unique_key": "k", "on_conflict": "merge"}),
            "on_conflict",
        ),
    ] {
        let task = with(&json!({"kind": "a"}), more);
        let answer = api.post(task.to_string()).await;
        let refusal = answer.refusal(422, "InvalidInput");
        assert_eq!(refusal["field"], field, "{task}: {refusal}");
        assert!(refusal["detail"].as_str().unwrap().contains("expected"));
    }
}
