//! The dead letters.

use duly::store::Settlement;
use duly_core::Decision;
use serde_json::{Value, json};

use crate::support::{Api, claim, settle, submit};

/// A task that failed for good, saying why.
async fn fail(api: &Api, error: &str) -> String {
    let id = submit(api, r#"{"kind": "a", "payload": 1, "priority": "high"}"#).await;
    let settlement = Settlement {
        error: Some(error.to_owned()),
        ..Settlement::new(claim(api).await, Decision::Fail)
    };
    settle(api, settlement).await;
    id
}

async fn post(api: &Api, path: &str, body: Value) -> Value {
    let answer = api.json("POST", path, &body.to_string()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body
}

#[tokio::test]
async fn dead_letters_are_listed_with_what_went_wrong_each_time() {
    let api = Api::new();
    let first = fail(&api, "the first reason").await;
    let second = fail(&api, "the second reason").await;
    submit(&api, r#"{"kind": "a"}"#).await;
    let page = api.get("/v1/failed?limit=1").await.body;
    assert_eq!(
        page["tasks"][0]["id"], second,
        "the newest submission first"
    );
    let next = page["next"].as_str().unwrap();
    let page = api.get(&format!("/v1/failed?cursor={next}")).await.body;
    let task = &page["tasks"][0];
    assert_eq!(
        (&task["id"], &task["state"]),
        (&json!(first), &json!("failed"))
    );
    assert_eq!(task["attempts"][0]["error"], "the first reason");
    assert_eq!(task["attempts"][0]["worker"], "w");
    assert_eq!(task.get("payload"), None);
    assert_eq!(
        (page["tasks"].as_array().unwrap().len(), &page["next"]),
        (1, &Value::Null)
    );
    let other = api.get("/v1/failed?queue=other&kind=a").await.body;
    assert_eq!(other["tasks"], json!([]));
    let refused = api.get("/v1/failed?state=failed").await;
    assert_eq!(refused.refusal(422, "InvalidInput")["field"], "state");
}

#[tokio::test]
async fn they_are_retried_by_id_and_what_is_none_is_left_alone() {
    let api = Api::new();
    let dead = fail(&api, "no").await;
    let alive = submit(&api, r#"{"kind": "b"}"#).await;
    let nobody = "01932f5e-7c1a-7b3e-9d55-0242ac120002";
    let mut asked = json!({"ids": [dead, alive, nobody, dead], "payload": 2, "dry_run": true});
    let done = post(&api, "/v1/failed/retry", asked.clone()).await;
    assert_eq!(
        done,
        json!({"dry_run": true, "matched": 1, "changed": 1, "next": null})
    );
    assert_eq!(api.get("/v1/failed").await.body["tasks"][0]["id"], dead);
    asked["dry_run"] = json!(false);
    let done = post(&api, "/v1/failed/retry", asked).await;
    assert_eq!((&done["matched"], &done["changed"]), (&json!(1), &json!(1)));
    let task = api.get(&format!("/v1/tasks/{dead}")).await.body;
    assert_eq!(
        (&task["state"], &task["payload"]),
        (&json!("pending"), &json!(2))
    );
}

#[tokio::test]
async fn they_are_discarded_by_filter_and_never_what_did_not_fail() {
    let api = Api::new();
    let dead = fail(&api, "no").await;
    let cancelled = submit(&api, r#"{"kind": "a"}"#).await;
    api.call("DELETE", &format!("/v1/tasks/{cancelled}")).await;
    let done = post(&api, "/v1/failed/discard", json!({"filter": {"kind": "a"}})).await;
    assert_eq!((&done["matched"], &done["changed"]), (&json!(1), &json!(1)));
    let gone = api.get(&format!("/v1/tasks/{dead}")).await;
    gone.refusal(404, "TaskNotFound");
    let kept = api.get(&format!("/v1/tasks/{cancelled}")).await;
    assert_eq!(kept.status, 200);
}

#[tokio::test]
async fn what_is_not_clear_is_refused() {
    let api = Api::new();
    let id = "01932f5e-7c1a-7b3e-9d55-0242ac120002";
    for (asked, field) in [
        (json!({}), "filter"),
        (json!({"ids": []}), "ids"),
        (json!({"ids": vec![id; 1001]}), "ids"),
        (json!({"ids": [id], "all": true}), "all"),
        (json!({"ids": [id], "filter": {"kind": "a"}}), "filter"),
        (json!({"ids": [id], "cursor": "1"}), "cursor"),
        (json!({"filter": {"state": ["cancelled"]}}), "filter.state"),
    ] {
        let answer = api
            .json("POST", "/v1/failed/retry", &asked.to_string())
            .await;
        assert_eq!(
            answer.refusal(422, "InvalidInput")["field"],
            field,
            "{asked}"
        );
    }
}
