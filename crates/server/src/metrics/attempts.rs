//! Attempts, as the workers of this process see them.

use duly_core::EventKind;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::labels::{Kind, Names};
use crate::port::{Ended, Name, Observer, Started};

/// Seconds: from a blink to half an hour.
const TIMES: [f64; 14] = [
    0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 1_800.0,
];
const RETRIES: [f64; 7] = [0.0, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0];

/// How an attempt may end, and the name that it is counted under.
const ENDS: [(EventKind, &str, &str); 8] = [
    (EventKind::Completed, "tasks_completed", "Tasks completed"),
    (
        EventKind::Failed,
        "tasks_failed",
        "Tasks that failed for good",
    ),
    (
        EventKind::Retrying,
        "tasks_retried",
        "Attempts that failed and will be followed by another",
    ),
    (
        EventKind::TimedOut,
        "tasks_timed_out",
        "Tasks whose last attempt ran out of time",
    ),
    (
        EventKind::Cancelled,
        "tasks_cancelled",
        "Tasks called off while they ran",
    ),
    (
        EventKind::Lost,
        "tasks_lost",
        "Attempts whose lease was gone before they ended",
    ),
    (
        EventKind::Snoozed,
        "tasks_snoozed",
        "Attempts that put their task off",
    ),
    (
        EventKind::HandedBack,
        "tasks_handed_back",
        "Attempts given back unfinished by a stop",
    ),
];

#[derive(Clone, Copy, Debug)]
struct Buckets(&'static [f64]);

impl MetricConstructor<Histogram> for Buckets {
    fn new_metric(&self) -> Histogram {
        Histogram::new(self.0.iter().copied())
    }
}

type Counters = Family<Kind, Counter>;
type Histograms = Family<Kind, Histogram, Buckets>;

#[derive(Debug)]
pub(super) struct Attempts {
    kinds: Names,
    scheduled: Counters,
    started: Counters,
    ended: [Counters; ENDS.len()],
    waited: Histograms,
    ran: Histograms,
    retries: Histograms,
}

impl Attempts {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let mut counters = |name: &str, help: &str| {
            let counters = Counters::default();
            registry.register(name, format!("{help}, here"), counters.clone());
            counters
        };
        let scheduled = counters("tasks_scheduled", "Tasks submitted");
        let started = counters("tasks_started", "Attempts begun");
        let ended = ENDS.map(|(_, name, help)| counters(name, help));
        let times = Histograms::new_with_constructor(Buckets(&TIMES));
        let (waited, ran) = (
            times.clone(),
            Histograms::new_with_constructor(Buckets(&TIMES)),
        );
        registry.register_with_unit(
            "task_queue_wait",
            "How long tasks had been due when an attempt of them began, here",
            Unit::Seconds,
            waited.clone(),
        );
        registry.register_with_unit(
            "task_execution",
            "How long handlers ran, here",
            Unit::Seconds,
            ran.clone(),
        );
        let retries = Histograms::new_with_constructor(Buckets(&RETRIES));
        let help = "How often tasks that have ended were tried again, here";
        registry.register("task_retries", help, retries.clone());
        Self {
            kinds: Names::default(),
            scheduled,
            started,
            ended,
            waited,
            ran,
            retries,
        }
    }

    pub(super) fn scheduled(&self, kind: &Name, count: u64) {
        self.scheduled.get_or_create(&self.kind(kind)).inc_by(count);
    }

    /// The label of a kind. All its series begin at once, at zero, so that the first event of each is
    /// seen as one.
    fn kind(&self, kind: &Name) -> Kind {
        let (kind, is_new) = self.kinds.look(kind);
        let kind = Kind { kind };
        if is_new {
            for counters in [&self.scheduled, &self.started]
                .into_iter()
                .chain(&self.ended)
            {
                drop(counters.get_or_create(&kind));
            }
            for histograms in [&self.waited, &self.ran, &self.retries] {
                drop(histograms.get_or_create(&kind));
            }
        }
        kind
    }
}

impl Observer for Attempts {
    fn started(&self, attempt: &Started<'_>) {
        let kind = self.kind(attempt.kind);
        self.started.get_or_create(&kind).inc();
        let waited = attempt.waited.as_secs_f64();
        self.waited.get_or_create(&kind).observe(waited);
    }

    fn ended(&self, attempt: &Ended<'_>) {
        let kind = self.kind(attempt.kind);
        let ended = ENDS.iter().zip(&self.ended);
        for (_, counters) in ended.filter(|((end, ..), _)| *end == attempt.outcome) {
            counters.get_or_create(&kind).inc();
        }
        self.ran
            .get_or_create(&kind)
            .observe(attempt.ran.as_secs_f64());
        if attempt.is_final() {
            let retries = f64::from(attempt.retries);
            self.retries.get_or_create(&kind).observe(retries);
        }
    }
}
