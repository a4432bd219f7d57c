//! The trace of a task goes on in its attempts, and in what their handlers log.
#![allow(
    clippy::unwrap_used,
    reason = "a test's own helpers, which fail the test"
)]

use std::io;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use duly_core::{State, TaskId};
use duly_runtime::{Context, JobError};
use duly_store::trace::{TRACEPARENT, TRACESTATE, TraceContext};
use duly_store::{BoxFuture, Labels, NewTask};
use serde_json::Value;

mod common;

use common::Bench;

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

type Seen = Arc<Mutex<Vec<(Option<TraceContext>, Labels)>>>;

fn traced(task: &mut NewTask) {
    let kept = [
        (TRACEPARENT, PARENT),
        (TRACESTATE, "a=1"),
        ("customer", "acme"),
    ];
    task.labels = kept
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
}

/// A handler that fails the first time, and writes down what it was given.
fn noting(
    seen: &Seen,
) -> impl Fn((), Context) -> BoxFuture<'static, Result<(), JobError>> + Send + Sync + 'static {
    let seen = seen.clone();
    move |(), context| {
        let seen = seen.clone();
        Box::pin(async move {
            tracing::info!("at work");
            let mut seen = seen.lock().unwrap();
            seen.push((context.trace().cloned(), context.labels().clone()));
            if seen.len() == 1 {
                return Err(JobError::retry_after(Duration::ZERO, "again"));
            }
            Ok(())
        })
    }
}

/// Logs, a JSON object a line: of all tests here, since whether somebody listens is remembered for the
/// whole process by whoever logs first.
static LOG: LazyLock<Log> = LazyLock::new(|| {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt()
        .json()
        .with_writer(move || writer.clone())
        .init();
    log
});

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// The spans in which somebody was at work on these tasks, in order.
    fn spans(&self, tasks: &[TaskId]) -> Vec<Value> {
        let tasks: Vec<String> = tasks.iter().map(ToString::to_string).collect();
        let of_these = |span: &Value| tasks.iter().any(|task| span["task"] == **task);
        let bytes = self.0.lock().unwrap().clone();
        let text = String::from_utf8(bytes).unwrap();
        let lines = text
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines
            .filter(|line| line["fields"]["message"] == "at work")
            .map(|line| line["span"].clone())
            .filter(of_these)
            .collect()
    }
}

#[tokio::test]
async fn each_attempt_is_a_span_of_its_own_in_the_trace_of_the_task() {
    let log = LazyLock::force(&LOG);
    let bench = Bench::new();
    let seen = Seen::default();
    let worker = bench.worker().handle("work", noting(&seen));
    let id = bench.submit_with("work", traced).await;
    let _worker = worker.start().unwrap();
    bench.reaches(id, State::Completed).await;
    let own = bench.submit("work").await;
    bench.reaches(own, State::Completed).await;

    let seen = seen.lock().unwrap();
    let [first, second] = [&seen[0].0, &seen[1].0].map(|trace| trace.as_ref().unwrap());
    assert_ne!(first.span_id(), second.span_id());
    for trace in [first, second] {
        assert_eq!(trace.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_ne!(
            trace.span_id(),
            "00f067aa0ba902b7",
            "its own, not the submitter's"
        );
        assert_eq!(
            (trace.is_sampled(), trace.tracestate()),
            (true, Some("a=1"))
        );
    }
    assert_eq!(seen[0].1.keys().collect::<Vec<_>>(), ["customer"]);
    assert_eq!(seen[2].0, None, "who submitted it was in no trace");

    let spans = log.spans(&[id, own]);
    assert_eq!(spans.len(), 3);
    for (span, trace) in spans.iter().zip([first, second]) {
        assert_eq!(span["name"], "attempt");
        assert_eq!(span["task"], id.to_string());
        assert_eq!(
            (&span["kind"], &span["queue"]),
            (&"work".into(), &"default".into())
        );
        assert_eq!(span["trace_id"], trace.trace_id());
        assert_eq!(span["span_id"], trace.span_id());
        assert_eq!(span["parent_id"], "00f067aa0ba902b7");
    }
    assert_eq!(
        (&spans[0]["attempt"], &spans[1]["attempt"]),
        (&1.into(), &2.into())
    );
    assert_eq!(
        (spans[2].get("trace_id"), &spans[2]["task"]),
        (None, &own.to_string().into())
    );
}

#[tokio::test]
async fn what_runs_inline_is_in_the_trace_too() {
    LazyLock::force(&LOG);
    let bench = Bench::new();
    let seen = Seen::default();
    let worker = bench.worker().handle("work", noting(&seen));
    bench.submit_with("work", traced).await;
    let mut inline = worker.inline().unwrap();
    assert_eq!(inline.run_due(9).await.unwrap().len(), 2);
    let seen = seen.lock().unwrap();
    let spans = seen
        .iter()
        .map(|(trace, _)| trace.as_ref().unwrap().span_id());
    let spans: Vec<_> = spans.collect();
    assert_eq!(spans.len(), 2);
    assert_ne!(spans[0], spans[1]);
}
