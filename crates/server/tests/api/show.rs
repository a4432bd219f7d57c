//! Looking at tasks, and calling them off.

use std::time::Duration;

use crate::support::{Api, claim, settle, submit};
use duly::store::{Payload, Settlement};
use duly_core::Decision;
use serde_json::{Value, json};

#[tokio::test]
async fn a_task_is_shown_with_its_attempts_and_events() {
    let api = Api::new();
    let id = submit(&api, r#"{"kind": "a", "payload": {"n":  1}}"#).await;
    let shown = api.get(&format!("/v1/tasks/{id}")).await.body;
    for field in [
        "result",
        "error",
        "progress",
        "started_at",
        "finished_at",
        "worker",
    ] {
        assert_eq!(shown.get(field), Some(&Value::Null), "{field}");
    }
    let attempt = claim(&api).await;
    let failed = Settlement {
        error: Some("no luck".to_owned()),
        ..Settlement::new(attempt, Decision::Retry(Duration::ZERO))
    };
    settle(&api, failed).await;
    let attempt = claim(&api).await;
    let done = Settlement {
        result: Some(Payload::json(r#"{"ok":true}"#)),
        ..Settlement::new(attempt, Decision::Complete)
    };
    settle(&api, done).await;
    let shown = api.get(&format!("/v1/tasks/{id}")).await.body;
    assert_eq!(shown["state"], "completed");
    assert_eq!((&shown["attempt"], &shown["spent"]), (&json!(2), &json!(2)));
    assert_eq!(shown["payload"], json!({"n": 1}));
    assert_eq!(shown["result"], json!({"ok": true}));
    assert_eq!(
        (&shown["error"], &shown["worker"]),
        (&Value::Null, &json!("w"))
    );
    assert_eq!(shown["attempts"][0]["outcome"], "retrying");
    assert_eq!(shown["attempts"][0]["error"], "no luck");
    assert_eq!(shown["attempts"][1]["outcome"], "completed");
    let events = shown["events"].as_array().unwrap();
    let kinds: Vec<_> = events
        .iter()
        .map(|event| event["kind"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        ["submitted", "started", "retrying", "started", "completed"]
    );
}

#[tokio::test]
async fn bytes_that_are_not_json_are_shown_in_base64() {
    let api = Api::new();
    for payload in [Payload::bytes([0xff, 0xfe]), Payload::json([0xff, 0xfe])] {
        let id = duly::store::id::task_id(&*api.clock);
        let task = duly::store::NewTask::new(id, "a", payload);
        api.store
            .submit(duly::store::Submit::one(task))
            .await
            .unwrap();
        let shown = api.get(&format!("/v1/tasks/{id}")).await.body;
        assert_eq!(shown["payload"], "//4=");
        assert_eq!(shown["payload_encoding"], "base64");
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let api = Api::new();
    let id = "01932f5e-7c1a-7b3e-9d55-0242ac120002";
    for method in ["GET", "DELETE"] {
        let answer = api.call(method, &format!("/v1/tasks/{id}")).await;
        let refusal = answer.refusal(404, "TaskNotFound");
        assert!(refusal["detail"].as_str().unwrap().contains(id));
        let answer = api.call(method, "/v1/tasks/seven").await;
        assert_eq!(answer.refusal(422, "InvalidInput")["field"], "id");
        let answer = api.call(method, "/v1/tasks/%ff").await;
        assert_eq!(answer.refusal(422, "InvalidInput")["field"], "id");
    }
}

#[tokio::test]
async fn pages_follow_each_other_to_the_end() {
    let api = Api::new();
    for n in 0..5 {
        submit(
            &api,
            &format!(r#"{{"kind": "a", "payload": {n}, "labels": {{"n": "{n}"}}}}"#),
        )
        .await;
    }
    let mut labels = Vec::new();
    let mut path = "/v1/tasks?limit=2".to_owned();
    loop {
        let page = api.get(&path).await.body;
        for task in page["tasks"].as_array().unwrap() {
            labels.push(task["labels"]["n"].as_str().unwrap().to_owned());
            assert_eq!(task.get("payload"), None, "a list shows no payloads");
        }
        let Some(next) = page["next"].as_str() else {
            break;
        };
        path = format!("/v1/tasks?limit=2&cursor={next}");
    }
    assert_eq!(labels, ["4", "3", "2", "1", "0"]);
}

#[tokio::test]
async fn filters_choose() {
    let api = Api::new();
    submit(&api, r#"{"kind": "a"}"#).await;
    submit(
        &api,
        r#"{"kind": "b", "queue": "q", "labels": {"x": "1=2"}}"#,
    )
    .await;
    submit(
        &api,
        r#"{"kind": "b", "delay_ms": 5000, "deadline_in_ms": 1000}"#,
    )
    .await;
    claim(&api).await;
    api.clock.advance(Duration::from_secs(2));
    for (query, count) in [
        ("", 3),
        ("?kind=b", 2),
        ("?queue=q", 1),
        ("?state=running", 1),
        ("?state=running,scheduled", 2),
        ("?state=running&state=pending", 2),
        ("?worker=w", 1),
        ("?label=x=1%3D2", 1),
        ("?due_before=2026-01-01T00:00:01Z", 1),
        ("?overdue=true", 1),
        ("?submitted_from=2026-01-01T00:00:01Z", 0),
        ("?submitted_before=2026-01-01T00:00:01Z", 3),
    ] {
        let page = api.get(&format!("/v1/tasks{query}")).await;
        let found = page.body["tasks"].as_array().map_or(0, Vec::len);
        assert_eq!(found, count, "{query}: {page:?}");
    }
}

#[tokio::test]
async fn parameters_that_make_no_sense_are_named() {
    let api = Api::new();
    for (query, field) in [
        ("state=done", "state"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("cursor=x!", "cursor"),
        ("sort=id", "sort"),
        ("queue=a&queue=b", "queue"),
    ] {
        let answer = api.get(&format!("/v1/tasks?{query}")).await;
        let refusal = answer.refusal(422, "InvalidInput");
        assert_eq!(refusal["field"], field);
        assert!(refusal["expected"].is_string(), "{refusal}");
    }
}

#[tokio::test]
async fn a_task_is_called_off_at_once_or_by_asking_its_worker() {
    let api = Api::new();
    let running = submit(&api, r#"{"kind": "a"}"#).await;
    claim(&api).await;
    let answer = api.call("DELETE", &format!("/v1/tasks/{running}")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body["state"], "running");
    assert_eq!(answer.body["cancel_requested"], true);
    let waiting = submit(&api, r#"{"kind": "a"}"#).await;
    let path = format!("/v1/tasks/{waiting}");
    assert_eq!(api.call("DELETE", &path).await.body["state"], "cancelled");
    let again = api.call("DELETE", &path).await;
    let refusal = again.refusal(409, "InvalidTransition");
    assert!(refusal["detail"].as_str().unwrap().contains("cancelled"));
}

#[tokio::test]
async fn stats_count_by_queue_and_state_and_name_the_workers() {
    let api = Api::new();
    submit(&api, r#"{"kind": "a"}"#).await;
    submit(&api, r#"{"kind": "a", "queue": "q", "delay_ms": 1}"#).await;
    claim(&api).await;
    let stats = api.get("/v1/stats").await.body;
    assert_eq!(stats["tasks"]["running"], 1);
    assert_eq!(stats["tasks"]["scheduled"], 1);
    assert_eq!(stats["queues"][1]["name"], "q");
    assert_eq!(stats["queues"][1]["tasks"]["scheduled"], 1);
    assert_eq!(stats["workers"]["total"], 1);
    assert_eq!(stats["workers"]["idle"], 0);
    assert_eq!(stats["workers"]["running"], 1);
    let workers = &api.get("/v1/workers").await.body["workers"];
    assert_eq!(workers[0]["name"], "w");
    assert_eq!(workers[0]["tasks"][0]["state"], "running");
    assert_eq!(workers[0]["tasks_more"], 0);
}
