//! Who may ask at all: pages of elsewhere may not, and where there are tokens, nobody without one.

use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;

use axum::body::Body;
use axum::http::Request;
use duly::Duly;
use duly::store::{BoxFuture, Clock, ManualClock, MemoryStore};
use duly_core::Timestamp;
use duly_server::{App, Options, router};
use tower::ServiceExt;

use crate::support::{Answer, Api, answer, request, submit};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

async fn with(api: &Api, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let asked = headers
        .iter()
        .fold(request(method, path), |asked, (name, value)| {
            asked.header(*name, *value)
        });
    api.send(asked.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_page_of_elsewhere_changes_nothing_even_without_a_body() {
    let api = Api::new();
    submit(&api, r#"{"kind": "a"}"#).await;
    let pause = "/v1/queues/default/pause";
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("origin", "http://127.0.0.1:8080"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let answer = with(&api, "POST", pause, &[(name, value)]).await;
        let refusal = answer.refusal(403, "OriginNotAllowed");
        let field = refusal["field"].as_str().unwrap();
        assert!(field.eq_ignore_ascii_case(name), "{field}");
    }
    let queue = api.get("/v1/queues/default").await.body;
    assert_eq!(queue["paused"], false);
    let own = [
        ("origin", "http://127.0.0.1:7788"),
        ("sec-fetch-site", "same-origin"),
    ];
    assert_eq!(with(&api, "POST", pause, &own).await.status, 200);
}

#[tokio::test]
async fn what_a_page_can_send_unasked_is_no_body() {
    let api = Api::new();
    for path in [
        "/v1/queues/q/pause",
        "/v1/tasks",
        "/v1/tasks/bulk",
        "/v1/import",
    ] {
        for of in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
        ] {
            // A form without fields has no body at all.
            for body in ["{}", ""] {
                let asked = request("POST", path).header("content-type", of);
                let answer = api.send(asked.body(Body::from(body)).unwrap()).await;
                answer.refusal(415, "UnsupportedMediaType");
            }
        }
    }
}

#[tokio::test]
async fn where_there_are_tokens_nobody_comes_in_without_one() {
    let options = Options::default().token(TOKEN).unwrap();
    let api = Api::guarded(options.token(&"z".repeat(40)).unwrap());
    assert_eq!(api.get("/health").await.status, 200, "it lives");
    let right = format!("Bearer {TOKEN}");
    for path in [
        "/v1/tasks",
        "/ready",
        "/metrics",
        "/v1/openapi.json",
        "/nowhere",
    ] {
        let answer = api.get(path).await;
        answer.refusal(401, "Unauthorized");
        assert!(
            answer.headers["www-authenticate"]
                .to_str()
                .unwrap()
                .starts_with("Bearer")
        );
        let known = with(&api, "GET", path, &[("authorization", &right)]).await;
        assert_ne!(known.status, 401, "{path}");
    }
    for wrong in [
        "Bearer",
        "Bearer ",
        "Bearer 0123456789abcdef0123456789abcdeg",
        "Basic 0123456789abcdef0123456789abcdef",
        TOKEN,
    ] {
        let answer = with(&api, "GET", "/v1/tasks", &[("authorization", wrong)]).await;
        let refusal = answer.refusal(401, "Unauthorized");
        assert!(!refusal.to_string().contains("cdef"), "{refusal}");
    }
    let twice = [
        ("authorization", right.as_str()),
        ("authorization", right.as_str()),
    ];
    with(&api, "GET", "/v1/tasks", &twice)
        .await
        .refusal(401, "Unauthorized");
    let other = format!("bearer {}", "z".repeat(40));
    assert_eq!(
        with(&api, "GET", "/v1/tasks", &[("authorization", &other)])
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn configured_hosts_are_answered() {
    let api = Api::guarded(Options::default().host("duly.example.org").unwrap());
    for (host, status) in [("duly.example.org:443", 200), ("example.org", 421)] {
        let asked = Request::get("/health").header("host", host);
        let answer = api.send(asked.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, status, "{host}");
    }
}

/// A clock that panics once, when it has been asked as often as its fuse says.
#[derive(Debug, Default)]
struct Fused {
    clock: ManualClock,
    fuse: AtomicU32,
}

impl Clock for Fused {
    fn now(&self) -> Timestamp {
        let burns = |fuse: u32| fuse.checked_sub(1);
        let before = self.fuse.fetch_update(Relaxed, Relaxed, burns);
        assert_ne!(before, Ok(1), "broken on purpose");
        self.clock.now()
    }

    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'_, ()> {
        self.clock.sleep_until(at)
    }
}

#[tokio::test]
async fn a_panic_is_a_problem_and_the_server_goes_on() {
    let store = Arc::new(MemoryStore::new(Arc::new(ManualClock::default())));
    let clock = Arc::new(Fused::default());
    let router = router(App::new(Duly::with_store(store, clock.clone())));
    let ask = async |path: &str| {
        let asked = request("GET", path).body(Body::empty()).unwrap();
        answer(router.clone().oneshot(asked).await.unwrap()).await
    };
    assert_eq!(ask("/v1/queues").await.status, 200);
    // First the guard asks how late it is, and then the route.
    clock.fuse.store(2, Relaxed);
    let broken = ask("/v1/queues").await;
    let detail = broken.refusal(500, "Internal")["detail"].clone();
    assert!(!detail.to_string().contains("on purpose"), "{detail}");
    assert_eq!(broken.headers["cache-control"], "no-store");
    assert_eq!(ask("/health").await.status, 200);
    assert_eq!(ask("/v1/tasks").await.status, 200);
}
