//! Limits, and what tasks and queues say of limits and order.

use serde_json::json;

use crate::support::{Api, claim, submit};

const BOTH: &str = r#"{"concurrency": 1, "rate": {"permits": 5, "period_ms": 1000}}"#;

#[tokio::test]
async fn a_limit_is_defined_shown_changed_and_removed() {
    let api = Api::new();
    let limit = api.json("PUT", "/v1/limits/a%20b", BOTH).await.body;
    assert_eq!(
        (&limit["name"], &limit["concurrency"]),
        (&json!("a b"), &json!(1))
    );
    assert_eq!(
        limit["rate"],
        json!({"permits": 5, "period_ms": 1000, "burst": 5})
    );
    assert_eq!(api.get("/v1/limits/a%20b").await.body, limit);
    assert_eq!(api.get("/v1/limits").await.body["limits"], json!([limit]));
    let changed = api
        .json("PUT", "/v1/limits/a%20b", r#"{"concurrency": 2}"#)
        .await;
    assert_eq!(
        changed.body["rate"],
        json!(null),
        "what is put is the whole"
    );
    let was = api.call("DELETE", "/v1/limits/a%20b").await.body;
    assert_eq!(was["concurrency"], 2);
    api.get("/v1/limits/a%20b")
        .await
        .refusal(404, "LimitNotFound");
    let again = api.call("DELETE", "/v1/limits/a%20b").await;
    again.refusal(404, "LimitNotFound");
}

#[tokio::test]
async fn what_a_task_names_and_what_its_kind_has_attached_bind_it() {
    let api = Api::new();
    for name in ["own", "kinds"] {
        api.json(
            "PUT",
            &format!("/v1/limits/{name}"),
            r#"{"concurrency": 4}"#,
        )
        .await;
    }
    let attached = api
        .json(
            "POST",
            "/v1/limits/kinds/attach",
            r#"{"kind": "a", "weight": 2}"#,
        )
        .await
        .body;
    assert_eq!(attached["attached"], json!([{"kind": "a", "weight": 2}]));
    assert_eq!(attached["attached_count"], 1);
    let id = submit(&api, r#"{"kind": "a", "limits": {"own": 3}}"#).await;
    let task = api.get(&format!("/v1/tasks/{id}")).await.body;
    assert_eq!(task["limits"], json!({"own": 3}));
    submit(&api, r#"{"kind": "a", "limits": {"own": 3}}"#).await;
    claim(&api).await;
    assert_eq!(api.get("/v1/limits/own").await.body["in_use"], 3);
    assert_eq!(api.get("/v1/limits/kinds").await.body["in_use"], 2);
    let detached = api
        .json("POST", "/v1/limits/kinds/detach", r#"{"kind": "a"}"#)
        .await;
    assert_eq!(detached.body["attached"], json!([]));
    assert_eq!(detached.body["attached_count"], 0);
    assert_eq!(detached.body["in_use"], 0);
    let unknown = api
        .json("POST", "/v1/limits/none/attach", r#"{"kind": "a"}"#)
        .await;
    unknown.refusal(404, "LimitNotFound");
}

#[tokio::test]
async fn what_a_limit_is_attached_to_is_counted_where_it_is_not_named() {
    let api = Api::new();
    api.json("PUT", "/v1/limits/a", BOTH).await;
    for n in 0..101 {
        let tenant = format!(r#"{{"tenant": "{n:03}"}}"#);
        api.json("POST", "/v1/limits/a/attach", &tenant).await;
    }
    for limit in [
        &api.get("/v1/limits/a").await.body,
        &api.get("/v1/limits").await.body["limits"][0],
    ] {
        assert_eq!(limit["attached_count"], 101);
        let named = limit["attached"].as_array().unwrap();
        assert_eq!(named.len(), 100);
        assert_eq!(named[99], json!({"tenant": "099", "weight": 1}));
    }
}

#[tokio::test]
async fn all_that_a_limit_is_attached_to_comes_in_pages() {
    let api = Api::new();
    for name in ["a%20b", "other"] {
        api.json("PUT", &format!("/v1/limits/{name}"), BOTH).await;
    }
    let mut all = vec![
        json!({"queue": "q:1", "weight": 2}),
        json!({"kind": "k", "weight": 1}),
    ];
    all.extend((0..101).map(|n| json!({"tenant": format!("é {n:03}"), "weight": 1})));
    for one in all.iter().rev() {
        for name in ["a%20b", "other"] {
            let path = format!("/v1/limits/{name}/attach");
            api.json("POST", &path, &one.to_string()).await;
        }
    }
    let other = r#"{"tenant": "another"}"#;
    api.json("POST", "/v1/limits/other/attach", other).await;
    let mut read = Vec::new();
    let mut query = "?limit=1".to_owned();
    loop {
        let page = api
            .get(&format!("/v1/limits/a%20b/attached{query}"))
            .await
            .body;
        read.extend_from_slice(page["attached"].as_array().unwrap());
        let Some(next) = page["next"].as_str() else {
            break;
        };
        query = format!("?after={}", next.replace(' ', "%20").replace('é', "%C3%A9"));
    }
    assert_eq!(read, all);
    let after = api.get("/v1/limits/a%20b/attached?after=kind:k&limit=1");
    let page = after.await.body;
    assert_eq!(page["attached"], json!(all[2..3]));
    assert_eq!(page["next"], "tenant:é 000");
    let unknown = api.get("/v1/limits/none/attached").await;
    unknown.refusal(404, "LimitNotFound");
    for (query, field) in [
        ("after=k", "after"),
        ("after=user:k", "after"),
        ("after=kind:", "after"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("count=1", "count"),
    ] {
        let path = format!("/v1/limits/other/attached?{query}");
        let answer = api.get(&path).await;
        let problem = answer.refusal(422, "InvalidInput");
        assert_eq!(problem["field"], field, "{query}: {problem}");
    }
}

#[tokio::test]
async fn what_is_no_limit_is_refused_by_name() {
    let api = Api::new();
    let rate = |rate: &str| format!(r#"{{"rate": {rate}}}"#);
    for (body, field) in [
        ("{}".to_owned(), "limit"),
        (r#"{"concurrency": 0}"#.to_owned(), "concurrency"),
        (rate(r#"{"permits": 0, "period_ms": 1}"#), "rate.permits"),
        (rate(r#"{"permits": 1, "period_ms": 0}"#), "rate.period_ms"),
        (
            rate(r#"{"permits": 1, "period_ms": 1, "burst": 0}"#),
            "rate.burst",
        ),
    ] {
        let answer = api.json("PUT", "/v1/limits/a", &body).await;
        assert_eq!(answer.body["field"], field, "{body}");
        answer.refusal(422, "InvalidInput");
    }
    api.json("PUT", "/v1/limits/a", BOTH).await;
    for body in [
        "{}",
        r#"{"kind": "a", "queue": "b"}"#,
        r#"{"kind": ""}"#,
        r#"{"kind": "a", "weight": 0}"#,
    ] {
        let answer = api.json("POST", "/v1/limits/a/attach", body).await;
        answer.refusal(422, "InvalidInput");
    }
    let detach = api
        .json("POST", "/v1/limits/a/detach", r#"{"queue": ""}"#)
        .await;
    detach.refusal(422, "InvalidInput");
    let heavy = api.post(r#"{"kind": "a", "limits": {"x": 0}}"#).await;
    heavy.refusal(422, "InvalidInput");
}

#[tokio::test]
async fn a_queue_has_an_order_and_may_be_fair() {
    let api = Api::new();
    let settings = r#"{"order": {"aging": {"step_ms": 5000}}, "fair": true}"#;
    let queue = api.json("PATCH", "/v1/queues/q", settings).await.body;
    assert_eq!(queue["order"], json!({"aging": {"step_ms": 5000}}));
    assert_eq!(queue["fair"], true);
    let queue = api
        .json("PATCH", "/v1/queues/q", r#"{"order": "strict"}"#)
        .await
        .body;
    assert_eq!(
        (&queue["order"], &queue["fair"]),
        (&json!("strict"), &json!(true))
    );
    let wrong = api
        .json("PATCH", "/v1/queues/q", r#"{"order": "random"}"#)
        .await;
    assert_eq!(wrong.body["field"], "order");
    wrong.refusal(422, "InvalidInput");
}
