//! Tasks by lines.

use axum::body::Body;
use serde_json::json;

use crate::support::{Answer, Api, request};

async fn lines(api: &Api, text: &str) -> Answer {
    let asked = request("POST", "/v1/tasks").header("content-type", "application/x-ndjson");
    api.send(asked.body(Body::from(text.to_owned())).unwrap())
        .await
}

#[tokio::test]
async fn a_task_per_line_is_submitted_and_answered_in_order() {
    let api = Api::new();
    let text = "{\"kind\": \"a\"}\n\n{\"kind\": \"b\", \"delay_ms\": 5}\r\n  \n{\"kind\": \"c\"}";
    let answer = lines(&api, text).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let states: Vec<_> = answer.body["tasks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| &t["state"])
        .collect();
    assert_eq!(states, ["pending", "scheduled", "pending"]);
    assert_eq!(lines(&api, "\n").await.body, json!({"tasks": []}));
}

#[tokio::test]
async fn a_line_that_is_wrong_is_named_and_nothing_is_submitted() {
    let api = Api::new();
    let answer = lines(
        &api,
        "{\"kind\": \"a\"}\n\n{\"kind\": \"b\", \"prio\": 1}\n",
    )
    .await;
    let refusal = answer.refusal(422, "InvalidInput");
    assert_eq!(
        (&refusal["field"], &refusal["line"]),
        (&json!("prio"), &json!(3))
    );
    assert_eq!(refusal["index"], 1);
    let answer = lines(&api, "{\"kind\": \"a\"}\n{\"kind\"").await;
    assert_eq!(answer.refusal(400, "InvalidJson")["line"], 2);
    let answer = lines(&api, "{\"kind\": \"a\"}\n{\"kind\": \"\"}").await;
    assert_eq!(answer.refusal(422, "InvalidInput")["index"], 1);
    let answer = lines(&api, &"{\"kind\": \"a\"}\n".repeat(10_001)).await;
    assert_eq!(answer.refusal(422, "InvalidInput")["field"], "tasks");
    assert_eq!(api.get("/v1/tasks").await.body["tasks"], json!([]));
}
