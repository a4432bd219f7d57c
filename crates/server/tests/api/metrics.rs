//! `GET /metrics`, read as strictly as the formats are written.

mod format;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use duly::store::{ManualClock, SystemClock};
use duly::{Context, Duly, JobError, Task};
use duly_server::{App, router};
use http_body_util::BodyExt;
use tower::ServiceExt;

use crate::support::{Api, request};
use format::Scrape;

/// One family name for each metric that dashboards are made of.
const NAMES: &[&str] = &[
    "duly_build_info",
    "duly_events",
    "duly_feed_subscribers",
    "duly_http_request_duration_seconds",
    "duly_http_requests",
    "duly_process_start_time_seconds",
    "duly_queue_depth",
    "duly_queue_oldest_due_age_seconds",
    "duly_store_up",
    "duly_task_execution_seconds",
    "duly_task_queue_wait_seconds",
    "duly_task_retries",
    "duly_tasks",
    "duly_tasks_cancelled",
    "duly_tasks_completed",
    "duly_tasks_failed",
    "duly_tasks_lost",
    "duly_tasks_pending",
    "duly_tasks_retried",
    "duly_tasks_scheduled",
    "duly_tasks_timed_out",
    "duly_worker_capacity",
    "duly_worker_running",
    "duly_workers",
    "duly_workers_idle",
];

async fn text(app: &App, request: axum::http::request::Builder) -> (String, String) {
    let request: Request<Body> = request.body(Body::empty()).unwrap();
    let answer = router(app.clone()).oneshot(request).await.unwrap();
    assert_eq!(answer.status(), 200);
    let form = answer.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    (form, String::from_utf8(bytes.to_vec()).unwrap())
}

async fn scrape(app: &App) -> Scrape {
    let (form, text) = text(app, request("GET", "/metrics")).await;
    assert_eq!(form, "text/plain; version=0.0.4; charset=utf-8");
    Scrape::plain(&text)
}

async fn scrape_open(app: &App) -> Scrape {
    let accept =
        "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.3,*/*;q=0.1";
    let (form, text) = text(app, request("GET", "/metrics").header("accept", accept)).await;
    assert_eq!(
        form,
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    );
    Scrape::open(&text)
}

#[tokio::test]
async fn both_formats_are_well_formed_and_tell_the_same() {
    let api = Api::new();
    let hostile = r#"{"kind": "a\"b\\c", "queue": "{x=\"y\"} 1\\n"}"#;
    assert_eq!(api.post(hostile).await.status, 201);
    api.clock.advance(Duration::from_millis(1_500));
    let (plain, open) = (scrape(api.app()).await, scrape_open(api.app()).await);
    for name in NAMES {
        assert!(open.families.contains_key(*name), "{name} is missing");
    }
    let label = r#"{queue="{x=\"y\"} 1\\n"}"#;
    for scrape in [plain, open] {
        let depth = scrape.value(&format!("duly_queue_depth{label}"));
        assert_eq!(depth, Some(1.0), "{scrape:?}");
        let age = scrape.value(&format!("duly_queue_oldest_due_age_seconds{label}"));
        assert_eq!(age, Some(1.5));
        let scheduled = scrape.value(r#"duly_tasks_scheduled_total{kind="a\"b\\c"}"#);
        assert_eq!(scheduled, Some(1.0));
        assert_eq!(scrape.value("duly_tasks_pending"), Some(1.0));
        assert_eq!(scrape.value("duly_store_up"), Some(1.0));
    }
}

#[tokio::test]
async fn attempts_are_counted_as_they_end() {
    let duly = Duly::in_memory(Arc::new(SystemClock));
    let app = App::new(duly.clone());
    let flaky = async |again: bool, context: Context| {
        if again && context.spent() == 1 {
            return Err(JobError::retry_after(Duration::ZERO, "once more"));
        }
        if again {
            Ok(())
        } else {
            Err(JobError::fail("never"))
        }
    };
    let worker = duly
        .worker()
        .handle("flaky", flaky)
        .concurrency(3)
        .observe(app.observer());
    let worker = worker.start().unwrap();
    for again in [true, true, false] {
        let task = duly.submit(Task::new("flaky", &again)).await.unwrap();
        duly.wait(task.id).await.unwrap();
    }
    let told = scrape(&app).await;
    let of = |name: &str| told.value(&format!("duly_{name}{{kind=\"flaky\"}}"));
    assert_eq!(of("tasks_started_total"), Some(5.0), "{told:?}");
    assert_eq!(of("tasks_completed_total"), Some(2.0));
    assert_eq!(of("tasks_failed_total"), Some(1.0));
    assert_eq!(of("tasks_retried_total"), Some(2.0));
    assert_eq!(of("task_execution_seconds_count"), Some(5.0));
    assert_eq!(of("task_queue_wait_seconds_count"), Some(5.0));
    assert_eq!(of("task_retries_count"), Some(3.0));
    assert_eq!(of("task_retries_sum"), Some(2.0));
    assert_eq!(told.value("duly_workers"), Some(1.0));
    assert_eq!(told.value("duly_worker_capacity"), Some(3.0));
    let event = |event| {
        told.value(&format!(
            r#"duly_events_total{{queue="default",event="{event}"}}"#
        ))
    };
    assert_eq!(
        (event("submitted"), event("completed")),
        (Some(3.0), Some(2.0))
    );
    worker.shutdown(Duration::ZERO).await;
}

#[tokio::test]
async fn requests_are_counted_by_route_and_never_by_path() {
    let api = Api::new();
    for path in ["/v1/tasks/7", "/v1/tasks/8", "/nowhere", "/elsewhere"] {
        api.get(path).await;
    }
    api.call("BREW", "/v1/tasks").await;
    let told = scrape(api.app()).await;
    let answers = |labels: &str| told.value(&format!("duly_http_requests_total{{{labels}}}"));
    let task = r#"method="GET",route="/v1/tasks/{id}",status="422""#;
    assert_eq!(answers(task), Some(2.0), "{told:?}");
    assert_eq!(
        answers(r#"method="GET",route="none",status="404""#),
        Some(2.0)
    );
    assert_eq!(
        answers(r#"method="other",route="/v1/tasks",status="405""#),
        Some(1.0)
    );
    let took = r#"duly_http_request_duration_seconds_count{method="GET",route="/v1/tasks/{id}"}"#;
    assert_eq!(told.value(took), Some(2.0));
}

#[tokio::test]
async fn labels_are_bounded() {
    let api = Api::new();
    let tasks = (0..150).map(|n| format!(r#"{{"kind": "k{n}", "queue": "q{n:03}"}}"#));
    let tasks = tasks.collect::<Vec<_>>().join(",");
    assert_eq!(api.post(format!("[{tasks}]")).await.status, 201);
    let told = scrape(api.app()).await;
    for (name, label) in [
        ("duly_queue_depth", "queue"),
        ("duly_tasks_scheduled_total", "kind"),
    ] {
        let of = told
            .series
            .keys()
            .filter(|series| series.starts_with(&format!("{name}{{")));
        assert_eq!(of.count(), 101, "{name}");
        assert_eq!(
            told.value(&format!("{name}{{{label}=\"other\"}}")),
            Some(50.0)
        );
    }
    let other = r#"duly_events_total{queue="other",event="submitted"}"#;
    assert_eq!(told.value(other), Some(50.0));
}

#[tokio::test]
async fn a_store_that_does_not_answer_leaves_its_part_out() {
    let duly = Duly::in_memory(Arc::new(ManualClock::default()));
    let app = App::new(duly.clone());
    duly.close().await.unwrap();
    let told = scrape(&app).await;
    assert_eq!(told.value("duly_store_up"), Some(0.0));
    assert!(!told.families.contains_key("duly_workers"), "{told:?}");
    assert!(
        told.families
            .contains_key("duly_process_start_time_seconds")
    );
}
