//! Kinds and tenants; and what is paused, drained and purged as a whole.

use duly::store::Settlement;
use duly_core::Decision;
use serde_json::{Value, json};

use crate::support::{Api, claim, settle, submit};

const TASK: &str = r#"{"kind": "a", "tenant": "acme"}"#;
/// A path of each that the task is of, and the field of a submit that names it.
const SUBJECTS: [(&str, &str, &str); 3] = [
    ("/v1/queues/default", "queue", "\"default\""),
    ("/v1/kinds/a", "kind", "\"a\""),
    ("/v1/tenants/acme", "tenant", "\"acme\""),
];

fn unfinished(subject: &Value) -> u64 {
    if let Some(count) = subject["unfinished"].as_u64() {
        return count;
    }
    let tasks = subject["tasks"].as_object().unwrap();
    let left = ["pending", "running", "scheduled", "retrying"];
    left.iter()
        .map(|state| tasks[*state].as_u64().unwrap())
        .sum()
}

#[tokio::test]
async fn kinds_and_tenants_are_shown_with_what_they_have_left() {
    let api = Api::new();
    submit(&api, TASK).await;
    let kind = json!({"name": "a", "paused": false, "draining": false, "unfinished": 1});
    let kinds = json!({"kinds": [kind], "next": null});
    assert_eq!(api.get("/v1/kinds").await.body, kinds);
    assert_eq!(api.get("/v1/kinds/a").await.body, kind);
    let tenant = json!({
        "name": "acme", "weight": 1, "paused": false, "draining": false, "unfinished": 1
    });
    let tenants = json!({"tenants": [tenant], "next": null});
    assert_eq!(api.get("/v1/tenants").await.body, tenants);
    assert_eq!(api.get("/v1/tenants/acme").await.body, tenant);
    api.get("/v1/kinds/b").await.refusal(404, "KindNotFound");
    let nobody = api.get("/v1/tenants/b").await;
    assert_eq!(nobody.refusal(404, "TenantNotFound")["field"], "name");
}

#[tokio::test]
async fn they_come_in_pages_by_name() {
    let api = Api::new();
    for tenant in ["c", "a", "b"] {
        let task = format!(r#"{{"kind": "k-{tenant}", "tenant": "{tenant}"}}"#);
        submit(&api, &task).await;
    }
    let page = api.get("/v1/tenants?limit=2").await.body;
    assert_eq!(
        (&page["tenants"][1]["name"], &page["next"]),
        (&json!("b"), &json!("b"))
    );
    let page = api.get("/v1/tenants?limit=2&after=b").await.body;
    assert_eq!(
        (&page["tenants"][0]["name"], &page["next"]),
        (&json!("c"), &Value::Null)
    );
    let page = api.get("/v1/kinds?after=k-b").await.body;
    assert_eq!(page["kinds"].as_array().unwrap().len(), 1);
    for (query, field) in [
        ("limit=0", "limit"),
        ("after=", "after"),
        ("cursor=a", "cursor"),
    ] {
        let refused = api.get(&format!("/v1/kinds?{query}")).await;
        assert_eq!(refused.refusal(422, "InvalidInput")["field"], field);
    }
}

#[tokio::test]
async fn settings_are_changed_and_make_a_record() {
    let api = Api::new();
    let tenant = api
        .json("PATCH", "/v1/tenants/a%20b", r#"{"weight": 7}"#)
        .await;
    assert_eq!(
        (&tenant.body["name"], &tenant.body["weight"]),
        (&json!("a b"), &json!(7))
    );
    let both = r#"{"paused": true, "draining": true}"#;
    let kind = api.json("PATCH", "/v1/kinds/new", both).await.body;
    assert_eq!(
        (&kind["paused"], &kind["draining"]),
        (&json!(true), &json!(true))
    );
    for (path, body, field) in [
        ("/v1/tenants/t", r#"{"weight": 0}"#, "weight"),
        ("/v1/tenants/t", r#"{"weight": 1001}"#, "weight"),
        ("/v1/tenants/t", "{}", "paused"),
        ("/v1/kinds/k", "{}", "paused"),
        ("/v1/kinds/k", r#"{"weight": 1}"#, "weight"),
    ] {
        let refused = api.json("PATCH", path, body).await;
        assert_eq!(
            refused.refusal(422, "InvalidInput")["field"],
            field,
            "{body}"
        );
    }
    api.get("/v1/tenants/t")
        .await
        .refusal(404, "TenantNotFound");
}

#[tokio::test]
async fn each_is_paused_and_resumed() {
    let api = Api::new();
    submit(&api, TASK).await;
    for (path, _, _) in SUBJECTS {
        let paused = api.call("POST", &format!("{path}/pause")).await.body;
        assert_eq!(paused["paused"], true, "{path}");
        let resumed = api.call("POST", &format!("{path}/resume")).await.body;
        assert_eq!(resumed["paused"], false, "{path}");
    }
    for path in ["/v1/kinds/b", "/v1/tenants/b"] {
        for action in ["pause", "resume", "drain", "undrain", "purge"] {
            let answer = api.call("POST", &format!("{path}/{action}")).await;
            assert_eq!(answer.status, 404, "{path}/{action}");
        }
    }
}

#[tokio::test]
async fn what_drains_refuses_what_is_new_and_tells_when_it_is_empty() {
    let api = Api::new();
    submit(&api, TASK).await;
    for (path, field, name) in SUBJECTS {
        let drained = api.call("POST", &format!("{path}/drain")).await.body;
        assert_eq!(
            (&drained["draining"], unfinished(&drained)),
            (&json!(true), 1)
        );
        let refused = api.post(format!("[{TASK}]")).await;
        let problem = refused.refusal(409, "Draining");
        assert_eq!(
            (&problem["field"], &problem["index"]),
            (&json!(field), &json!(0))
        );
        let detail = problem["detail"].as_str().unwrap();
        assert!(
            detail.starts_with(&format!("{field} {name} is draining")),
            "{detail}"
        );
        let open = api.call("POST", &format!("{path}/undrain")).await.body;
        assert_eq!(open["draining"], false);
    }
    for (path, _, _) in SUBJECTS {
        api.call("POST", &format!("{path}/drain")).await;
    }
    let attempt = claim(&api).await;
    settle(&api, Settlement::new(attempt, Decision::Complete)).await;
    for (path, _, _) in SUBJECTS {
        assert_eq!(unfinished(&api.get(path).await.body), 0, "{path}");
    }
}

#[tokio::test]
async fn a_purge_of_each_calls_off_what_waits() {
    for (path, _, _) in SUBJECTS {
        let api = Api::new();
        submit(&api, TASK).await;
        claim(&api).await;
        submit(&api, TASK).await;
        submit(&api, TASK).await;
        submit(
            &api,
            r#"{"kind": "b", "queue": "other", "tenant": "other"}"#,
        )
        .await;
        let purge = format!("{path}/purge");
        let dry = api.json("POST", &purge, r#"{"dry_run": true}"#).await.body;
        assert_eq!((&dry["matched"], &dry["next"]), (&json!(2), &Value::Null));
        let done = api.call("POST", &purge).await.body;
        assert_eq!(done["changed"], 2, "{path}");
        let tasks = &api.get("/v1/stats").await.body["tasks"];
        let left = ["cancelled", "running", "pending"].map(|state| &tasks[state]);
        assert_eq!(left, [&json!(2), &json!(1), &json!(1)], "{path}");
    }
}

/// Sends a purge until it is at its end, and adds up what was changed.
async fn purge(api: &Api, path: &str, dry_run: bool) -> u64 {
    let mut changed = 0;
    let mut cursor = Value::Null;
    loop {
        let body = json!({"finished": true, "dry_run": dry_run, "cursor": cursor});
        let done = api.json("POST", path, &body.to_string()).await.body;
        changed += done["changed"].as_u64().unwrap();
        cursor = done["next"].clone();
        if cursor.is_null() {
            return changed;
        }
    }
}

#[tokio::test]
async fn a_purge_may_remove_what_has_ended_before() {
    let api = Api::new();
    submit(&api, TASK).await;
    let attempt = claim(&api).await;
    settle(&api, Settlement::new(attempt, Decision::Complete)).await;
    submit(&api, TASK).await;
    let path = "/v1/tenants/acme/purge";
    assert_eq!(purge(&api, path, true).await, 2);
    assert_eq!(api.get("/v1/stats").await.body["tasks"]["completed"], 1);
    assert_eq!(purge(&api, path, false).await, 2);
    let tasks = &api.get("/v1/stats").await.body["tasks"];
    assert_eq!(
        (&tasks["completed"], &tasks["cancelled"]),
        (&json!(0), &json!(1))
    );
    assert_eq!(
        purge(&api, path, false).await,
        1,
        "what was called off has ended"
    );
    for cursor in ["finished.1", "x", "finished.x"] {
        let body = json!({"cursor": cursor, "finished": cursor == "finished.x"});
        let refused = api.json("POST", path, &body.to_string()).await;
        assert_eq!(refused.refusal(422, "InvalidInput")["field"], "cursor");
    }
}

#[tokio::test]
async fn tasks_of_a_tenant_are_listed() {
    let api = Api::new();
    submit(&api, TASK).await;
    submit(&api, r#"{"kind": "a"}"#).await;
    let listed = api.get("/v1/tasks?tenant=acme").await.body;
    assert_eq!(listed["tasks"].as_array().unwrap().len(), 1);
    assert_eq!(listed["tasks"][0]["tenant"], "acme");
    let bulk = r#"{"action": "cancel", "filter": {"tenant": "acme"}}"#;
    assert_eq!(
        api.json("POST", "/v1/tasks/bulk", bulk).await.body["changed"],
        1
    );
}
