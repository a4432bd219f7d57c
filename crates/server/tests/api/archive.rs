//! `GET /v1/export` and `POST /v1/import`.

use axum::body::{Body, Bytes};
use axum::response::Response;
use http_body_util::BodyExt;
use serde_json::json;
use tower::ServiceExt;

use crate::support::{Answer, Api, request};

async fn exported(api: &Api) -> Response {
    let asked = request("GET", "/v1/export").body(Body::empty()).unwrap();
    let router = duly_server::router(api.app().clone());
    router.oneshot(asked).await.unwrap()
}

async fn text(response: Response) -> String {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

async fn import(api: &Api, archive: impl Into<Body>) -> Answer {
    let asked = request("POST", "/v1/import").header("content-type", "application/x-ndjson");
    api.send(asked.body(archive.into()).unwrap()).await
}

#[tokio::test]
async fn an_archive_is_the_same_in_another_store() {
    let (old, new) = (Api::new(), Api::new());
    let tasks = json!([{"kind": "a", "payload": {"z": 1}}, {"kind": "b", "queue": "q"}]);
    old.post(tasks.to_string()).await;
    let response = exported(&old).await;
    assert_eq!(response.headers()["content-type"], "application/x-ndjson");
    let archive = text(response).await;
    for (restored, existed) in [(2, 0), (0, 2)] {
        let answer = import(&new, archive.clone()).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let expected =
            json!({"restored": restored, "existed": existed, "queues": 2, "schedules": 0});
        assert_eq!(answer.body, expected);
    }
    let again = text(exported(&new).await).await;
    assert_eq!(again, archive);
}

#[tokio::test]
async fn what_is_wrong_with_an_archive_is_named_by_its_line() {
    let old = Api::new();
    old.post(r#"{"kind": "a", "unique_key": "u"}"#).await;
    let archive = text(exported(&old).await).await;
    let lines: Vec<&str> = archive.lines().collect();
    let api = Api::new();
    let cut_off = import(&api, lines[..3].join("\n")).await;
    let refusal = cut_off.refusal(422, "InvalidInput");
    assert_eq!(refusal["line"], 3);
    let wrong = archive.replacen(r#""kind":"a""#, r#""kind":7"#, 1);
    let answer = import(&api, wrong).await;
    let refusal = answer.refusal(422, "InvalidInput");
    assert_eq!(
        (&refusal["line"], &refusal["field"]),
        (&json!(3), &json!("task.kind"))
    );
    let other = Api::new();
    other.post(r#"{"kind": "a", "unique_key": "u"}"#).await;
    let answer = import(&other, archive.clone()).await;
    let refusal = answer.refusal(409, "TaskExists");
    assert_eq!(
        (&refusal["line"], &refusal["index"]),
        (&json!(3), &json!(null))
    );
    let detail = refusal["detail"].as_str().unwrap();
    assert!(detail.starts_with("line 3: "), "{detail}");
}

#[tokio::test]
async fn an_archive_that_breaks_off_on_its_way_is_no_whole_one() {
    let api = Api::new();
    let pieces = [Ok(Bytes::from_static(b"{\"archive\":")), Err("gone")];
    let answer = import(&api, Body::from_stream(tokio_stream::iter(pieces))).await;
    answer.refusal(408, "BodyIncomplete");
}

#[tokio::test]
async fn only_lines_are_taken_and_no_parameters() {
    let api = Api::new();
    let asked = request("POST", "/v1/import").header("content-type", "application/json");
    let answer = api.send(asked.body("{}".into()).unwrap()).await;
    let refusal = answer.refusal(415, "UnsupportedMediaType");
    assert_eq!(refusal["expected"], "application/x-ndjson");
    api.get("/v1/export?after=7")
        .await
        .refusal(422, "InvalidInput");
}

#[tokio::test]
async fn few_archives_are_on_their_way_at_once() {
    let api = Api::new();
    let mut held = Vec::new();
    for _ in 0..duly_server::bounds::ARCHIVES_MAX {
        held.push(exported(&api).await);
    }
    let answer = api.get("/v1/export").await;
    answer.refusal(503, "Unavailable");
    assert_eq!(answer.headers["retry-after"], "1");
    import(&api, "").await.refusal(503, "Unavailable");
    // A reader that goes away gives its place back.
    held.pop();
    assert_eq!(exported(&api).await.status(), 200);
}
