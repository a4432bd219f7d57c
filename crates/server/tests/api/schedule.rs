//! Schedules.

use std::time::Duration;

use duly::House;
use serde_json::{Value, json};

use crate::support::Api;

const DAILY: &str = r#"{"cron": "0 9 * * mon-fri", "zone": "europe/berlin",
    "task": {"kind": "digest", "queue": "mail", "payload": {"to": "all"}, "timeout_ms": 5000,
             "deadline_in_ms": 60000, "labels": {"team": "blue"}},
    "overlap": "skip", "missed": "all 1h", "jitter_ms": 1000, "max_runs": 3}"#;
const EVERY: &str = r#"{"every_ms": 1000, "task": {"kind": "tick"}}"#;
const PATH: &str = "/v1/schedules/a%20b";

async fn put(api: &Api, body: &str) -> Value {
    api.json("PUT", PATH, body).await.body
}

#[tokio::test]
async fn a_schedule_is_shown_as_it_was_put_and_can_be_put_so_again() {
    let api = Api::new();
    let made = put(&api, DAILY).await;
    assert_eq!(
        (&made["name"], &made["owner"]),
        (&json!("a b"), &json!(null))
    );
    let definition = &made["definition"];
    assert_eq!(definition["zone"], "Europe/Berlin");
    assert_eq!(definition["task"]["payload"], json!({"to": "all"}));
    assert_eq!(definition["task"]["deadline_in_ms"], 60_000);
    assert_eq!(
        (&definition["missed"], &definition["max_runs"]),
        (&json!("all 1h"), &json!(3))
    );
    assert_eq!((&made["paused"], &made["runs"]), (&json!(false), &json!(0)));
    assert_eq!(api.get(PATH).await.body, made);
    let list = api.get("/v1/schedules?limit=1").await.body;
    assert_eq!(list["schedules"], json!([made]));
    let again = put(&api, &definition.to_string()).await;
    assert_eq!(again, made, "nothing has changed");
    let other = put(&api, EVERY).await;
    assert_eq!(other["definition"]["every_ms"], 1_000);
    assert_eq!(other["created_at"], made["created_at"]);
}

#[tokio::test]
async fn one_that_is_there_is_not_added_and_one_that_is_gone_is_not_found() {
    let api = Api::new();
    let made = api.json("POST", PATH, EVERY).await;
    assert_eq!(made.status, 200);
    api.json("POST", PATH, EVERY)
        .await
        .refusal(409, "ScheduleConflict");
    let removed = api.call("DELETE", PATH).await.body;
    assert_eq!(removed["name"], "a b");
    for (method, path) in [
        ("GET", ""),
        ("DELETE", ""),
        ("GET", "/next"),
        ("POST", "/pause"),
        ("POST", "/resume"),
        ("POST", "/trigger"),
    ] {
        let answer = api.call(method, &format!("{PATH}{path}")).await;
        answer.refusal(404, "ScheduleNotFound");
    }
}

#[tokio::test]
async fn what_is_next_is_told_and_paused_it_rests() {
    let api = Api::new();
    put(&api, DAILY).await;
    let next = api.get(&format!("{PATH}/next?limit=9")).await.body;
    let ticks = next["ticks"].as_array().unwrap();
    assert_eq!(ticks.len(), 3, "it runs so often");
    let shown = api.get(PATH).await.body;
    assert_eq!(shown["next_at"], ticks[0]);
    let paused = api.call("POST", &format!("{PATH}/pause")).await.body;
    assert_eq!(paused["paused"], true);
    let run = api.call("POST", &format!("{PATH}/trigger")).await.body;
    let task = api
        .get(&format!("/v1/tasks/{}", run["id"].as_str().unwrap()))
        .await
        .body;
    assert_eq!(
        (&task["kind"], &task["queue"]),
        (&json!("digest"), &json!("mail"))
    );
    assert_eq!(
        task["labels"],
        json!({"team": "blue"}),
        "its own are hidden"
    );
    assert_eq!(task["schedule"], "a b", "{task}");
    assert_eq!(task["tick"], task["submitted_at"], "{task}");
    assert_eq!(task["caught_up"], false, "{task}");
    let found = api.get("/v1/tasks?label=duly.schedule%3Da+b").await.body;
    assert_eq!(found["tasks"].as_array().unwrap().len(), 1);
    let resumed = api.call("POST", &format!("{PATH}/resume")).await.body;
    assert_eq!(
        (&resumed["paused"], &resumed["last_task"]),
        (&json!(false), &run["id"])
    );
}

#[tokio::test]
async fn a_period_is_filled_in() {
    let api = Api::new();
    put(&api, EVERY).await;
    let path = format!("{PATH}/backfill");
    let body = r#"{"from": "2026-01-01T00:00:00Z", "to": "2026-01-01T00:00:05Z"}"#;
    let filling = api.json("POST", &path, body).await.body;
    assert_eq!(filling["backfill"]["left"], 5);
    api.json("POST", &path, body)
        .await
        .refusal(409, "ScheduleConflict");
    let _house = House::default().start(api.store.clone(), api.clock.clone());
    for _ in 0..40 {
        api.clock.advance(Duration::from_millis(50));
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(api.get(PATH).await.body["backfill"], json!(null));
    let found = api.get("/v1/tasks?label=duly.caught_up%3Dtrue").await.body;
    let last = &found["tasks"][0];
    assert_eq!(last["tick"], "2026-01-01T00:00:04.000000Z", "{last}");
    assert_eq!(last["caught_up"], true, "{last}");
}

#[tokio::test]
async fn what_is_wrong_is_named_and_nothing_is_put() {
    let api = Api::new();
    for (body, field, expected) in [
        ("{}", "cron", "one of cron, every_ms and at"),
        (r#"{"every_ms": 1000}"#, "task", "what each tick submits"),
        (
            r#"{"every_ms": 1, "task": {"kind": "k"}}"#,
            "every_ms",
            "1000 to 3162240000000",
        ),
        (
            r#"{"cron": "@every 10ms", "task": {"kind": "k"}}"#,
            "cron",
            "from 1s",
        ),
        (
            r#"{"cron": "0 25 * * *", "task": {"kind": "k"}}"#,
            "cron",
            "0",
        ),
        (
            r#"{"cron": "@daily", "zone": "Europe/Berln", "task": {"kind": "k"}}"#,
            "zone",
            "did you mean Europe/Berlin?",
        ),
        (
            r#"{"every_ms": 1000, "zone": "UTC", "task": {"kind": "k"}}"#,
            "zone",
            "cron pattern",
        ),
        (
            r#"{"every_ms": 1000, "cron": "@daily", "task": {"kind": "k"}}"#,
            "cron",
            "not several",
        ),
        (
            r#"{"at": "2001-01-01T00:00:00Z", "task": {"kind": "k"}}"#,
            "at",
            "a tick in the future",
        ),
        (
            r#"{"every_ms": 1000, "task": {"kind": "k", "delay_ms": 1}}"#,
            "task.delay_ms",
            "each tick has its own",
        ),
        (
            r#"{"every_ms": 1000, "task": {"kind": "k", "labels": {"duly.x": "1"}}}"#,
            "labels",
            "does not begin with duly.",
        ),
    ] {
        let answer = api.json("PUT", PATH, body).await;
        let problem = answer.refusal(422, "InvalidInput");
        assert_eq!(problem["field"], field, "{body}");
        let said = problem["expected"].as_str().unwrap();
        assert!(said.contains(expected), "{body}: {said}");
    }
    api.get(PATH).await.refusal(404, "ScheduleNotFound");
}

#[tokio::test]
async fn a_policy_or_a_bound_that_is_wrong_is_named() {
    let api = Api::new();
    for (body, field, expected) in [
        (
            r#"{"every_ms": 1000, "task": {"kind": "k"}, "missed": "some"}"#,
            "missed",
            "skip, last or all",
        ),
        (
            r#"{"every_ms": 1000, "task": {"kind": "k"}, "overlap": "some"}"#,
            "overlap",
            "allow, skip, queue_one or cancel_old",
        ),
        (
            r#"{"every_ms": 1000, "task": {"kind": "k"}, "max_runs": 0}"#,
            "max_runs",
            "at least 1",
        ),
        (
            r#"{"every_ms": 1000, "task": {"kind": "k"}, "jitter_ms": 86400001}"#,
            "jitter_ms",
            "at most",
        ),
    ] {
        let answer = api.json("PUT", PATH, body).await;
        let problem = answer.refusal(422, "InvalidInput");
        assert_eq!(problem["field"], field, "{body}");
        let said = problem["expected"].as_str().unwrap();
        assert!(said.contains(expected), "{body}: {said}");
    }
}

#[tokio::test]
async fn a_period_that_is_wrong_is_named() {
    let api = Api::new();
    put(&api, EVERY).await;
    let path = format!("{PATH}/backfill");
    for (body, field) in [
        ("{}", "from"),
        (r#"{"from": "2026-01-01T00:00:00Z"}"#, "to"),
        (
            r#"{"from": "2026-01-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"}"#,
            "to",
        ),
        (
            r#"{"from": "2025-01-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"}"#,
            "to",
        ),
        (
            r#"{"from": "2026-01-02T00:00:00Z", "to": "2026-01-02T00:00:05Z"}"#,
            "to",
        ),
    ] {
        let answer = api.json("POST", &path, body).await;
        let problem = answer.refusal(422, "InvalidInput");
        assert_eq!(problem["field"], field, "{body}");
        if body.contains("2026-01-02") {
            assert_eq!(
                problem["expected"],
                "an instant that is past, and it is 2026-01-01T00:00:00Z"
            );
        }
    }
}

#[tokio::test]
async fn one_that_cannot_be_read_is_listed_beside_the_others_and_can_be_removed() {
    let api = Api::new();
    let made = put(&api, DAILY).await;
    for (name, text) in [("newer", "{\"version\":2}"), ("worn", "{}")] {
        let unreadable = duly::store::PutSchedule {
            name: name.into(),
            owner: Some("config".into()),
            definition: text.into(),
            state: text.into(),
            next_at: None,
            expected: duly::store::Expected::Nothing,
        };
        api.store.put_schedule(unreadable).await.unwrap();
    }
    let list = api.get("/v1/schedules").await.body;
    assert_eq!(list["schedules"], json!([made]));
    let newer = json!({
        "name": "newer", "owner": "config", "written_in": 2,
        "unreadable": "was written in version 2, which this Duly does not know: use the version of \
                       Duly that wrote it, or remove it",
    });
    assert_eq!(list["unreadable"][0], newer);
    let worn = &list["unreadable"][1];
    assert_eq!(
        (&worn["name"], &worn["written_in"]),
        (&json!("worn"), &json!(null))
    );
    let path = "/v1/schedules/newer";
    api.get(path).await.refusal(500, "Corrupt");
    let refused = api.json("PUT", path, EVERY).await;
    let detail = refused.refusal(409, "ScheduleConflict")["detail"].as_str();
    let detail = detail.unwrap();
    assert!(
        detail.contains("schedule \"newer\" was written in version 2"),
        "{detail}"
    );
    let mended = api.json("PUT", "/v1/schedules/worn", EVERY).await;
    assert_eq!(mended.status, 200, "{:?}", mended.body);
    assert_eq!(api.call("DELETE", path).await.body, newer);
    api.call("DELETE", path)
        .await
        .refusal(404, "ScheduleNotFound");
    let list = api.get("/v1/schedules").await.body;
    assert_eq!(list["unreadable"], json!([]));
}
