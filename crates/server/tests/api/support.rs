//! What the tests of the API share: the router over a memory store, and requests to it.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::Response;
use duly::Duly;
use duly::rules::PriorityRules;
use duly::store::{
    Claim, Labels, ManualClock, MemoryStore, Registration, Settle, Settlement, Store,
};
use duly_core::Incarnation;
use duly_server::{App, Options, router};
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
        Self::over(app, clock, store)
    }

    /// For those alone whom the options let in.
    pub(crate) fn guarded(options: Options) -> Self {
        let clock = Arc::new(ManualClock::default());
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new(clock.clone()));
        let duly = Duly::with_store(store.clone(), clock.clone());
        Self::over(App::with_options(duly, options), clock, store)
    }

    /// With priority rules.
    pub(crate) fn ruled(rules: PriorityRules) -> Self {
        let clock = Arc::new(ManualClock::default());
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new(clock.clone()));
        let builder = Duly::builder().priority_rules(rules);
        let duly = builder.with_store(store.clone(), clock.clone());
        Self::over(App::new(duly), clock, store)
    }

    fn over(app: App, clock: Arc<ManualClock>, store: Arc<dyn Store>) -> Self {
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

    /// A request with this text as JSON.
    pub(crate) async fn json(&self, method: &str, path: &str, body: &str) -> Answer {
        let request = request(method, path).header("content-type", "application/json");
        let body = Body::from(body.to_owned());
        self.send(request.body(body).unwrap()).await
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

pub(crate) const WORKER: Incarnation = Incarnation::from_bytes([9; 16]);

/// Lets a worker `w` take one task of kind `a`.
pub(crate) async fn claim(api: &Api) -> duly_core::AttemptRef {
    let registration = Registration {
        incarnation: WORKER,
        name: "w".into(),
        queues: vec!["default".into()],
        kinds: vec!["a".into()],
        labels: Labels::new(),
        capacity: 1,
    };
    api.store.register(registration).await.unwrap();
    let claim = Claim {
        incarnation: WORKER,
        queues: vec!["default".into()],
        kinds: vec!["a".into()],
        run: 1,
        prefetch: 0,
        suspect: false,
        weights: Vec::new(),
        turn: 0,
    };
    api.store.claim(claim).await.unwrap().leases[0].attempt
}

pub(crate) async fn settle(api: &Api, settlement: Settlement) {
    let settle = Settle {
        incarnation: WORKER,
        settlements: vec![settlement],
    };
    let settled = api.store.settle(settle).await.unwrap();
    settled.attempts[0].as_ref().unwrap();
}

/// Submits a task; its id.
pub(crate) async fn submit(api: &Api, task: &str) -> String {
    let answer = api.post(task.to_owned()).await;
    answer.body["id"].as_str().unwrap().to_owned()
}
