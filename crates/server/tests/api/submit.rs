//! `POST /v1/tasks`: what is taken, and what is refused.

use crate::support::Api;
use duly::Priority;
use duly::rules::{PriorityRule, PriorityRules};
use duly::store::QueueChange;
use serde_json::{Value, json};

#[tokio::test]
async fn an_object_is_one_task() {
    let api = Api::new();
    let answer = api.post(r#"{"kind": "email.send"}"#).await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.body["state"], "pending");
    assert_eq!(answer.body.as_object().unwrap().len(), 2, "id and state");
    let later = api.post(r#"{"kind": "email.send", "delay_ms": 1}"#).await;
    assert_eq!(later.body["state"], "scheduled");
}

#[tokio::test]
async fn an_array_is_a_batch() {
    let api = Api::new();
    let answer = api.post(" \n[{\"kind\": \"a\"}, {\"kind\": \"b\"}]").await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.body["tasks"].as_array().unwrap().len(), 2);
    let none = api.post("[]").await;
    assert_eq!(
        (none.status.as_u16(), none.body),
        (201, json!({"tasks": []}))
    );
}

#[tokio::test]
async fn the_same_id_twice_is_one_task() {
    let api = Api::new();
    let task = r#"{"id": "01932f5e-7c1a-7b3e-9d55-0242ac120002", "kind": "a"}"#;
    assert_eq!(api.post(task).await.status, 201);
    let again = api.post(task).await;
    assert_eq!(again.status, 200);
    assert_eq!(again.body["existed"], true);
    let mixed = api.post(format!("[{task}, {{\"kind\": \"a\"}}]")).await;
    assert_eq!(mixed.status, 201);
    assert_eq!(mixed.body["tasks"][0]["existed"], true);
    assert_eq!(mixed.body["tasks"][1].get("existed"), None);
    assert_eq!(api.post(format!("[{task}]")).await.status, 200);
}

#[tokio::test]
async fn rules_decide_what_the_submitter_leaves_open() {
    let rules = [
        PriorityRule::new("hotfix", Priority::Critical).label("hotfix", "*"),
        PriorityRule::new("many", Priority::Low).arguments_at_least(3),
        PriorityRule::new("forced", Priority::High)
            .kind("forced")
            .overrides_given(),
    ];
    let api = Api::ruled(PriorityRules::new(rules).unwrap());
    let tasks = [
        (
            json!({"kind": "a", "labels": {"hotfix": ""}}),
            "critical",
            json!("hotfix"),
        ),
        (
            json!({"kind": "a", "payload": [1, 2, 3]}),
            "low",
            json!("many"),
        ),
        (
            json!({"kind": "a", "payload": {"a": 1, "b": 2}}),
            "normal",
            json!(null),
        ),
        (
            json!({"kind": "a", "payload": [1, 2, 3], "priority": "high"}),
            "high",
            json!(null),
        ),
        (
            json!({"kind": "forced", "priority": "low"}),
            "high",
            json!("forced"),
        ),
    ];
    let batch: Vec<_> = tasks.iter().map(|(task, ..)| task).collect();
    let batch = api.post(json!(batch).to_string()).await.body;
    for (index, (task, priority, rule)) in tasks.iter().enumerate() {
        let alone = api.post(task.to_string()).await.body;
        for id in [&batch["tasks"][index]["id"], &alone["id"]] {
            let path = format!("/v1/tasks/{}", id.as_str().unwrap());
            let shown = api.get(&path).await.body;
            assert_eq!(shown["priority"], *priority, "{task}");
            assert_eq!(shown["priority_rule"], *rule, "{task}");
            let labels = shown["labels"].as_object().unwrap();
            assert!(!labels.contains_key("duly.priority_rule"), "{task}");
        }
    }
}

#[tokio::test]
async fn every_field_arrives() {
    let api = Api::new();
    let task = json!({
        "kind": "report", "payload": {"pages": [1, 2]}, "queue": "slow", "priority": "high",
        "run_at": "2030-01-01T00:00:00Z", "deadline": "2030-01-02T00:00:00Z", "timeout_ms": 1500,
        "finish_by": "2030-01-03T00:00:00Z", "alert_unstarted_ms": 500, "alert_unfinished_ms": 2500,
        "attempts_max": 7, "lost_max": 2, "unique_key": "march", "tenant": "acme",
        "labels": {"team": "data"},
        "retry": {"backoff": "linear", "delay_ms": 10, "ceiling_ms": 100, "jitter": "none"},
    });
    let id = api.post(task.to_string()).await.body["id"].clone();
    let shown = api
        .get(&format!("/v1/tasks/{}", id.as_str().unwrap()))
        .await;
    for (field, value) in task.as_object().unwrap() {
        let shown = &shown.body[if field == "run_at" { "due_at" } else { field }];
        let expected = match value.as_str() {
            Some(text) => Value::from(text.replace("00Z", "00.000000Z")),
            None => value.clone(),
        };
        assert_eq!(*shown, expected, "{field}");
    }
}

#[tokio::test]
async fn relative_times_count_from_the_submit() {
    let api = Api::new();
    let task = r#"{"kind": "a", "delay_ms": 1500, "deadline_in_ms": 60000}"#;
    let id = api.post(task).await.body["id"].clone();
    let shown = api
        .get(&format!("/v1/tasks/{}", id.as_str().unwrap()))
        .await;
    assert_eq!(shown.body["submitted_at"], "2026-01-01T00:00:00.000000Z");
    assert_eq!(shown.body["due_at"], "2026-01-01T00:00:01.500000Z");
    assert_eq!(shown.body["deadline"], "2026-01-01T00:01:00.000000Z");
}

#[tokio::test]
async fn a_value_that_is_wrong_is_named() {
    let api = Api::new();
    for (task, field) in [
        (r#"{}"#, "kind"),
        (r#"{"kind": ""}"#, "kind"),
        (r#"{"kind": "a", "prio": 1}"#, "prio"),
        (r#"{"kind": "a", "priority": "urgent"}"#, "priority"),
        (r#"{"kind": "a", "priority": 1}"#, "priority"),
        (r#"{"kind": "a", "id": "seven"}"#, "id"),
        (r#"{"kind": "a", "run_at": "soon"}"#, "run_at"),
        (
            r#"{"kind": "a", "run_at": "2030-01-01T00:00:00Z", "delay_ms": 1}"#,
            "run_at",
        ),
        (
            r#"{"kind": "a", "deadline": "2030-01-01T00:00:00Z", "deadline_in_ms": 1}"#,
            "deadline",
        ),
        (
            r#"{"kind": "a", "finish_by": "2030-01-01T00:00:00Z", "finish_in_ms": 1}"#,
            "finish_by",
        ),
        (r#"{"kind": "a", "delay_ms": -1}"#, "delay_ms"),
        (r#"{"kind": "a", "delay_ms": 99999999999999}"#, "delay_ms"),
        (
            r#"{"kind": "a", "run_at": "2200-01-01T00:00:00Z"}"#,
            "run_at",
        ),
        (
            r#"{"kind": "a", "deadline": "2200-01-01T00:00:00Z"}"#,
            "deadline",
        ),
        (
            r#"{"kind": "a", "finish_by": "2200-01-01T00:00:00Z"}"#,
            "finish_by",
        ),
        (r#"{"kind": "a", "timeout_ms": 0}"#, "timeout_ms"),
        (r#"{"kind": "a", "attempts_max": 0}"#, "attempts_max"),
        (
            r#"{"kind": "a", "retry": {"backoff": "slow"}}"#,
            "retry.backoff",
        ),
        (r#"{"kind": "a", "retry": {"delay": 1}}"#, "retry.delay"),
        (r#"{"kind": "a", "labels": {"": "x"}}"#, "labels"),
        (r#"{"kind": "a", "labels": {"n": 1}}"#, "labels.n"),
        (r#"{"kind": "a", "unique_key": ""}"#, "unique_key"),
    ] {
        let answer = api.post(task).await;
        let refusal = answer.refusal(422, "InvalidInput");
        assert_eq!(refusal["field"], field, "{task}: {refusal}");
        assert!(refusal["detail"].as_str().unwrap().contains("expected") || field == "kind");
        assert_eq!(refusal.get("index"), None);
    }
}

#[tokio::test]
async fn of_an_array_with_one_fault_nothing_is_taken_and_the_fault_is_placed() {
    let api = Api::new();
    for (batch, field) in [
        ("[{\"kind\": \"a\"},\n {\"kind\": \"a\", \"x\": 1}]", "x"),
        (
            "[{\"kind\": \"a\"},\n {\"kind\": \"a\", \"attempts_max\": 0}]",
            "attempts_max",
        ),
        ("[{\"kind\": \"a\"},\n {}]", "kind"),
    ] {
        let answer = api.post(batch).await;
        let refusal = answer.refusal(422, "InvalidInput");
        assert_eq!(
            (&refusal["index"], &refusal["field"]),
            (&json!(1), &json!(field))
        );
    }
    let placed = api
        .post("[{\"kind\": \"a\"},\n {\"kind\": \"a\", \"x\": 1}]")
        .await;
    assert_eq!(placed.body["line"], 2);
    assert_eq!(api.get("/v1/tasks").await.body["tasks"], json!([]));
}

#[tokio::test]
async fn what_is_not_json_is_refused_with_its_place() {
    let api = Api::new();
    let answer = api.post("{\"kind\": \"a\",\n oops}").await;
    let refusal = answer.refusal(400, "InvalidJson");
    assert_eq!(
        (&refusal["line"], &refusal["column"]),
        (&json!(2), &json!(2))
    );
    for body in ["", "[", "[{]", "{} {}"] {
        api.post(body).await.refusal(400, "InvalidJson");
    }
}

#[tokio::test]
async fn an_unfinished_task_with_the_unique_key_is_named() {
    let api = Api::new();
    let task = r#"{"kind": "a", "unique_key": "k"}"#;
    let first = api.post(task).await.body["id"].clone();
    let answer = api.post(task).await;
    let refusal = answer.refusal(409, "TaskExists");
    assert_eq!(
        refusal["detail"],
        format!(
            "task {} already has the unique key \"k\": wait until it gives it up, or submit with on_conflict keep (or replace, while that task has not begun)",
            first.as_str().unwrap()
        ),
        "it says what can be done"
    );
    assert_eq!(refusal["field"], "unique_key");
}

#[tokio::test]
async fn a_full_queue_says_so_and_when_to_come_again() {
    let api = Api::new();
    let change = QueueChange {
        bound: Some(1),
        ..QueueChange::default()
    };
    api.store.configure("default".into(), change).await.unwrap();
    let answer = api.post(r#"[{"kind": "a"}, {"kind": "a"}]"#).await;
    let refusal = answer.refusal(429, "QueueFull");
    assert_eq!(refusal["index"], 1);
    assert_eq!(answer.headers["retry-after"], "1");
}

#[tokio::test]
async fn a_store_that_is_closed_is_unavailable() {
    let api = Api::new();
    api.store.close().await.unwrap();
    let answer = api.post(r#"{"kind": "a"}"#).await;
    answer.refusal(503, "Unavailable");
    assert_eq!(answer.headers["retry-after"], "1");
    assert_eq!(api.get("/health").await.status, 200);
}
