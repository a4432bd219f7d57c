//! `GET /health`, `GET /ready`, and how fast it goes.

use std::time::Duration;

use duly::House;
use duly::store::{Labels, Lead, QueueChange, Registration};
use duly_api::{Ready, Stats, Status};
use duly_core::Incarnation;
use duly_server::Backlog;

use crate::support::Api;

const ME: Incarnation = Incarnation::from_bytes([9; 16]);

impl Api {
    async fn ready(&self) -> (u16, Ready) {
        let answer = self.get("/ready").await;
        let ready = serde_json::from_value(answer.body).unwrap();
        (answer.status.as_u16(), ready)
    }

    /// The status of a component, and what it says.
    async fn component(&self, name: &str) -> (Status, String) {
        let (_, ready) = self.ready().await;
        let found = ready.components.into_iter().find(|one| one.name == name);
        let component = found.expect("the component is there");
        (component.status, component.detail)
    }

    /// Somebody keeps house, and serves a queue.
    async fn staffed(&self, queue: &str) {
        let lead = Lead {
            name: House::LEAD.into(),
            holder: ME,
            ttl: Duration::from_secs(10),
        };
        self.store.lead(lead).await.unwrap();
        let registration = Registration {
            incarnation: ME,
            name: "w".into(),
            queues: vec![queue.into()],
            kinds: vec!["a".into()],
            labels: Labels::new(),
            capacity: 1,
        };
        self.store.register(registration).await.unwrap();
    }

    async fn submit(&self, queue: &str) {
        let task = format!(r#"{{"kind": "a", "queue": "{queue}"}}"#);
        assert_eq!(self.post(task).await.status, 201);
    }
}

#[tokio::test]
async fn the_process_lives_whatever_the_store_does() {
    let api = Api::new();
    api.store.close().await.unwrap();
    let answer = api.get("/health").await;
    assert_eq!(
        (answer.status.as_u16(), &answer.body["status"]),
        (200, &"ok".into())
    );
    assert_eq!(answer.body["version"], duly_server::VERSION);
}

#[tokio::test]
async fn all_is_well_where_somebody_works_and_keeps_house() {
    let api = Api::new();
    api.staffed("mail").await;
    api.submit("mail").await;
    let (status, ready) = api.ready().await;
    assert_eq!((status, ready.status), (200, Status::Healthy), "{ready:?}");
    let names: Vec<_> = ready
        .components
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    assert_eq!(names, ["store", "queues", "workers", "housekeeping"]);
}

#[tokio::test]
async fn a_store_that_does_not_answer_makes_it_unhealthy() {
    let api = Api::new();
    api.store.close().await.unwrap();
    let (status, ready) = api.ready().await;
    assert_eq!((status, ready.status), (503, Status::Unhealthy));
    assert_eq!(api.component("store").await.0, Status::Unhealthy);
    assert_eq!(api.component("queues").await.0, Status::Degraded);
}

#[tokio::test]
async fn a_queue_that_backs_up_makes_it_degraded_and_is_named() {
    let api = Api::with(|app| {
        app.with_backlog(Backlog {
            pending_max: 2,
            age_max: Duration::from_secs(60),
        })
    });
    api.staffed("mail").await;
    api.submit("mail").await;
    api.submit("mail").await;
    assert_eq!(api.component("queues").await.0, Status::Healthy);
    api.submit("mail").await;
    let (status, ready) = api.ready().await;
    assert_eq!((status, ready.status), (200, Status::Degraded));
    let (_, detail) = api.component("queues").await;
    assert_eq!(detail, "\"mail\" has 3 pending tasks");

    let slow = Api::with(|app| app.with_backlog(Backlog::default()));
    slow.submit("mail").await;
    slow.clock.advance(Backlog::default().age_max);
    assert_eq!(slow.component("queues").await.0, Status::Healthy);
    slow.clock.advance(Duration::from_secs(1));
    let (status, detail) = slow.component("queues").await;
    assert_eq!(status, Status::Degraded);
    assert_eq!(detail, "\"mail\" has a task that was due 10m 1s ago");
    let pause = QueueChange {
        paused: Some(true),
        ..QueueChange::default()
    };
    slow.store.configure("mail".into(), pause).await.unwrap();
    assert_eq!(slow.component("queues").await.0, Status::Healthy);
}

#[tokio::test]
async fn tasks_that_wait_where_nobody_serves_make_it_degraded() {
    let api = Api::new();
    assert_eq!(api.component("workers").await.0, Status::Healthy);
    api.staffed("mail").await;
    for queue in ["mail", "a", "b", "c", "d", "e", "f", "g"] {
        api.submit(queue).await;
    }
    let (status, detail) = api.component("workers").await;
    assert_eq!(status, Status::Degraded);
    let start = "nobody serves \"a\", nobody serves \"b\",";
    assert!(
        detail.starts_with(start) && detail.ends_with(", and 2 more"),
        "{detail}"
    );
}

#[tokio::test]
async fn a_house_that_nobody_keeps_makes_it_degraded() {
    let api = Api::new();
    assert_eq!(api.component("housekeeping").await.0, Status::Degraded);
    api.staffed("mail").await;
    assert_eq!(api.component("housekeeping").await.0, Status::Healthy);
    // Asking changes nothing, neither who leads nor for how long.
    api.clock.advance(Duration::from_secs(11));
    assert_eq!(api.component("housekeeping").await.0, Status::Degraded);
}

#[tokio::test]
async fn stats_tell_how_fast_it_goes() {
    let api = Api::new();
    let throughput = async || {
        let stats: Stats = serde_json::from_value(api.get("/v1/stats").await.body).unwrap();
        stats.throughput
    };
    assert_eq!(throughput().await.window_ms, 0);
    for _ in 0..20 {
        api.submit("mail").await;
    }
    api.clock.advance(Duration::from_secs(10));
    let told = throughput().await;
    assert_eq!(told.window_ms, 10_000);
    assert!((told.submitted_per_s - 2.0).abs() < 1e-9, "{told:?}");
    assert!(told.completed_per_s.abs() < 1e-9, "{told:?}");
}

#[tokio::test]
async fn a_server_samples_though_nobody_asks() {
    let api = Api::new();
    let sampling = tokio::spawn({
        let app = api.app().clone();
        async move { app.sample().await }
    });
    while api.clock.next_wake().is_none() {
        tokio::task::yield_now().await;
    }
    api.submit("mail").await;
    api.clock.advance(Duration::from_secs(4));
    let stats: Stats = serde_json::from_value(api.get("/v1/stats").await.body).unwrap();
    assert_eq!(stats.throughput.window_ms, 4_000);
    assert!((stats.throughput.submitted_per_s - 0.25).abs() < 1e-9);
    api.app().end_streams();
    sampling.await.unwrap();
}
