//! Submits that are sent again.

use axum::body::Body;
use serde_json::json;

use crate::support::{Answer, Api, request};

async fn keyed(api: &Api, key: &str, body: &str) -> Answer {
    let asked = request("POST", "/v1/tasks")
        .header("content-type", "application/json")
        .header("idempotency-key", key);
    api.send(asked.body(Body::from(body.to_owned())).unwrap())
        .await
}

#[tokio::test]
async fn a_submit_that_is_sent_again_submits_nothing_twice() {
    let api = Api::new();
    for body in [r#"{"kind": "a"}"#, r#"[{"kind": "a"}, {"kind": "a"}]"#] {
        let key = body.replace(' ', "");
        let first = keyed(&api, &key, body).await;
        assert_eq!(first.status, 201, "{first:?}");
        let again = keyed(&api, &key, body).await;
        assert_eq!(again.status, 200, "nothing is new: {again:?}");
        let id = |answer: &Answer| {
            answer
                .body
                .pointer("/tasks/0/id")
                .or(answer.body.get("id"))
                .cloned()
        };
        assert_eq!(id(&first), id(&again));
    }
    let tasks = api.get("/v1/tasks").await.body;
    assert_eq!(tasks["tasks"].as_array().unwrap().len(), 3);
    assert_eq!(
        tasks["tasks"][0]["labels"],
        json!({}),
        "what is kept for it is not shown"
    );
}

#[tokio::test]
async fn a_key_for_something_else_is_refused_and_nothing_is_submitted() {
    let api = Api::new();
    keyed(&api, "k", r#"[{"kind": "a"}, {"kind": "a"}]"#).await;
    for other in [
        r#"{"kind": "b"}"#,
        r#"[{"kind": "a"}]"#,
        r#"[{"kind": "a"}, {"kind": "a"}, {"kind": "a"}]"#,
    ] {
        let refused = keyed(&api, "k", other).await;
        let refusal = refused.refusal(422, "IdempotencyKeyReused");
        assert_eq!(refusal["field"], "Idempotency-Key");
    }
    let tasks = api.get("/v1/tasks").await.body;
    assert_eq!(tasks["tasks"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_key_for_something_else_is_refused_wherever_ids_are_given_beside_it() {
    let api = Api::new();
    let id = "01932f5e-7c1a-7b3e-9d55-0242ac120002";
    let mixed = format!(r#"[{{"kind": "a", "id": "{id}"}}, {{"kind": "a"}}]"#);
    let first = keyed(&api, "k", &mixed).await;
    assert_eq!(first.status, 201, "{first:?}");
    assert_eq!(keyed(&api, "k", &mixed).await.status, 200);
    let plain = r#"[{"kind": "b"}, {"kind": "b"}]"#;
    let refused = keyed(&api, "k", plain).await;
    refused.refusal(422, "IdempotencyKeyReused");
    let tasks = api.get("/v1/tasks?kind=b").await.body;
    assert_eq!(tasks["tasks"], json!([]), "what is refused is not there");
}

#[tokio::test]
async fn ids_that_are_given_count_for_more_than_the_key() {
    let api = Api::new();
    let id = "01932f5e-7c1a-7b3e-9d55-0242ac120002";
    let body = format!(r#"{{"kind": "a", "id": "{id}"}}"#);
    assert_eq!(keyed(&api, "k", &body).await.body["id"], id);
    assert_eq!(keyed(&api, "k", r#"{"kind": "b"}"#).await.status, 201);
}

#[tokio::test]
async fn keys_are_visible_text_of_bounded_length() {
    let api = Api::new();
    for key in ["", &"a".repeat(256)] {
        let refused = keyed(&api, key, r#"{"kind": "a"}"#).await;
        assert_eq!(
            refused.refusal(422, "InvalidInput")["field"],
            "Idempotency-Key"
        );
    }
}
