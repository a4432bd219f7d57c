//! Workers, and what they run.

use serde_json::json;

use crate::support::{Api, WORKER, claim, submit};

#[tokio::test]
async fn a_worker_is_shown_with_what_it_holds() {
    let api = Api::new();
    assert_eq!(api.get("/v1/workers").await.body, json!({"workers": []}));
    let id = submit(&api, r#"{"kind": "a"}"#).await;
    claim(&api).await;
    let worker = api.get(&format!("/v1/workers/{WORKER}")).await.body;
    assert_eq!(api.get("/v1/workers").await.body["workers"][0], worker);
    assert_eq!(worker["incarnation"], WORKER.to_string());
    assert_eq!(
        (&worker["name"], &worker["capacity"]),
        (&json!("w"), &json!(1))
    );
    assert_eq!(
        (&worker["running"], &worker["utilisation"]),
        (&json!(1), &json!(1.0))
    );
    let task = &worker["tasks"][0];
    assert_eq!((&task["id"], &task["attempt"]), (&json!(id), &json!(1)));
    assert_eq!(
        (&task["kind"], &task["state"]),
        (&json!("a"), &json!("running"))
    );
    assert_eq!(worker["tasks_more"], 0);
}

#[tokio::test]
async fn a_worker_that_is_not_there_is_not_found() {
    let api = Api::new();
    let path = "/v1/workers/01932f5e-7c1a-7b3e-9d55-0242ac120002";
    api.get(path).await.refusal(404, "WorkerNotFound");
    let refused = api.get("/v1/workers/w").await;
    assert_eq!(refused.refusal(422, "InvalidInput")["field"], "incarnation");
}
