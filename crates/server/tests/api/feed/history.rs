//! Pages of the history.

use serde_json::Value;

use crate::support::Api;

async fn submit(api: &Api, tasks: &str) -> Vec<String> {
    let answer = api.post(tasks.to_owned()).await;
    let tasks = answer.body["tasks"].as_array().unwrap();
    let id = |task: &Value| task["id"].as_str().unwrap().to_owned();
    tasks.iter().map(id).collect()
}

/// Reads page by page; answers what the events tell of `field`.
async fn all(api: &Api, query: &str, field: &str) -> Vec<String> {
    let mut told = Vec::new();
    let mut after = String::new();
    for _ in 0..100 {
        let page = api.get(&format!("/v1/events?{query}{after}")).await;
        assert_eq!(page.status, 200, "{page:?}");
        for event in page.body["events"].as_array().unwrap() {
            told.push(event[field].as_str().unwrap().to_owned());
        }
        match page.body["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return told,
        }
    }
    panic!("the pages have no end");
}

#[tokio::test]
async fn pages_follow_each_other_and_skip_nothing() {
    let api = Api::new();
    let tasks = r#"[{"kind": "a"}, {"kind": "b"}, {"kind": "c"}, {"kind": "d"}, {"kind": "e"}]"#;
    let ids = submit(&api, tasks).await;
    assert_eq!(all(&api, "limit=2", "task").await, ids);
    assert_eq!(all(&api, "limit=5", "task").await, ids);
    assert_eq!(all(&api, "", "task_kind").await, ["a", "b", "c", "d", "e"]);
    let page = api.get("/v1/events?limit=2").await.body;
    let second = page["events"][1]["cursor"].as_str().unwrap();
    assert_eq!(page["next"], second);
    assert_eq!(page["events"][0]["kind"], "submitted");
    assert_eq!(page["events"][0]["attempt"], 0);
}

#[tokio::test]
async fn filters_leave_out_the_rest() {
    let api = Api::new();
    let tasks = r#"[{"kind": "a", "queue": "x"}, {"kind": "a", "queue": "y"}, {"kind": "b", "queue": "x"}]"#;
    let ids = submit(&api, tasks).await;
    api.call("DELETE", &format!("/v1/tasks/{}", ids[2])).await;
    let kinds = async |query: &str| all(&api, query, "kind").await;
    assert_eq!(
        kinds("limit=1&queue=x").await,
        ["submitted", "submitted", "cancelled"]
    );
    assert_eq!(kinds("limit=1&kind=cancelled").await, ["cancelled"]);
    assert_eq!(
        kinds("kind=cancelled,submitted&queue=y").await,
        ["submitted"]
    );
    assert_eq!(kinds("kind=cancelled&kind=lost").await, ["cancelled"]);
    assert_eq!(kinds("queue=nowhere").await, [""; 0]);
    let task = format!("task={}", ids[2]);
    assert_eq!(
        kinds(&format!("limit=1&{task}")).await,
        ["submitted", "cancelled"]
    );
    assert_eq!(
        kinds(&format!("{task}&kind=cancelled")).await,
        ["cancelled"]
    );
    assert_eq!(kinds(&format!("{task}&queue=y")).await, [""; 0]);
}

#[tokio::test]
async fn a_search_that_finds_little_ends_early_and_goes_on() {
    let api = Api::new();
    let many = format!("[{}]", vec![r#"{"kind": "a"}"#; 10_000].join(","));
    for _ in 0..3 {
        assert_eq!(api.post(many.clone()).await.status, 201);
    }
    submit(&api, r#"[{"kind": "a", "queue": "rare"}]"#).await;
    let page = api.get("/v1/events?queue=rare").await.body;
    assert_eq!(page["events"].as_array().unwrap().len(), 0);
    assert!(page["next"].is_string(), "{page}");
    assert_eq!(all(&api, "queue=rare", "queue").await, ["rare"]);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let api = Api::new();
    for (query, field) in [
        ("after=7", "after"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("task=7", "task"),
        ("kind=done", "kind"),
        ("state=failed", "state"),
        ("queue=a&queue=b", "queue"),
    ] {
        let answer = api.get(&format!("/v1/events?{query}")).await;
        let problem = answer.refusal(422, "InvalidInput");
        assert_eq!(problem["field"], field, "{query}");
        assert!(problem["expected"].is_string(), "{query}");
    }
    let nobody = "01932f5e-7c1a-7b3e-9d55-0242ac120002";
    let answer = api.get(&format!("/v1/events?task={nobody}")).await;
    answer.refusal(404, "TaskNotFound");
}
