//! What the tests of the API share: the router over a memory store, and requests to it.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::Response;
use duly::Duly;
use duly::store::{ManualClock, MemoryStore, Store};
use duly_server::{App, router};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

/// A router over a memory store whose clock stands.
pub(crate) struct Api {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) store: Arc<dyn Store>,
    app: App,
    router: Router,
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Api {
    pub(crate) fn new() -> Self {
        Self::with(|app| app)
    }

    /// With other options.
    pub(crate) fn with(options: impl FnOnce(App) -> App) -> Self {
        let clock = Arc::new(ManualClock::default());
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new(clock.clone()));
        let app = options(App::new(Duly::with_store(store.clone(), clock.clone())));
        let router = router(app.clone());
        Self {
            clock,
            store,
            app,
            router,
        }
    }

    pub(crate) const fn app(&self) -> &App {
        &self.app
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        answer(self.router.clone().oneshot(request).await.unwrap()).await
    }

    pub(crate) async fn call(&self, method: &str, path: &str) -> Answer {
        self.send(request(method, path).body(Body::empty()).unwrap())
            .await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call("GET", path).await
    }

    /// `POST /v1/tasks` with this text as JSON.
    pub(crate) async fn post(&self, body: impl Into<Body>) -> Answer {
        let request = request("POST", "/v1/tasks")
            .header("content-type", "application/json")
            .body(body.into())
            .unwrap();
        self.send(request).await
    }
}

impl Answer {
    /// It is a refusal in the form of RFC 9457 with this status and code; its members.
    #[track_caller]
    pub(crate) fn refusal(&self, status: u16, code: &str) -> &Value {
        assert_eq!(self.status.as_u16(), status, "{self:?}");
        assert_eq!(self.headers["content-type"], "application/problem+json");
        assert_eq!(self.body["code"], code, "{self:?}");
        assert_eq!(self.body["status"], status);
        assert_eq!(self.body["type"], format!("urn:duly:problem:{code}"));
        for member in ["title", "detail"] {
            assert!(
                self.body[member]
                    .as_str()
                    .is_some_and(|text| !text.is_empty())
            );
        }
        &self.body
    }
}

/// Reads an answer whole.
pub(crate) async fn answer(response: Response) -> Answer {
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
    }
}

pub(crate) fn request(method: &str, path: &str) -> axum::http::request::Builder {
    Request::builder()
        .method(method)
        .uri(path)
        .header("host", "127.0.0.1:7788")
}
