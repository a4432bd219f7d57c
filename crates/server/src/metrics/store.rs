//! What is true of the store at the moment of a scrape.

use duly_core::{EventKind, State, Timestamp};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::registry::{Registry, Unit};

use super::labels::{Names, Queue, QueueEvent, QueueState};
use crate::convert;
use crate::port::{QueueRecord, WorkerRecord};

#[derive(Default)]
struct Queues {
    tasks: Family<QueueState, Gauge>,
    depth: Family<Queue, Gauge>,
    paused: Family<Queue, Gauge>,
    draining: Family<Queue, Gauge>,
    oldest: Family<Queue, Gauge<f64, std::sync::atomic::AtomicU64>>,
    events: Family<QueueEvent, Counter>,
}

/// Queues that share a label are added up; of their ages, the greatest counts.
pub(super) fn queues(
    registry: &mut Registry,
    records: &[QueueRecord],
    names: &Names,
    now: Timestamp,
) {
    let queues = Queues::default();
    let mut pending = 0;
    for record in records {
        queues.add(record, names, now);
        pending += record.counts.of(State::Pending);
    }
    let Queues {
        tasks,
        depth,
        paused,
        draining,
        oldest,
        events,
    } = queues;
    registry.register(
        "tasks",
        "Tasks, by queue and state, as long as they are kept",
        tasks,
    );
    registry.register(
        "tasks_pending",
        "Tasks that wait to be taken",
        ConstGauge::new(pending),
    );
    registry.register(
        "queue_depth",
        "Tasks of a queue that are not finished",
        depth,
    );
    registry.register(
        "queue_paused",
        "Whether nothing starts from a queue: 1 or 0",
        paused,
    );
    registry.register(
        "queue_draining",
        "Whether a queue takes in no new tasks: 1 or 0",
        draining,
    );
    registry.register_with_unit(
        "queue_oldest_due_age",
        "How long ago the oldest pending task of a queue was due",
        Unit::Seconds,
        oldest,
    );
    registry.register(
        "events",
        "What has happened to tasks, wherever they ran",
        events,
    );
}

impl Queues {
    fn add(&self, record: &QueueRecord, names: &Names, now: Timestamp) {
        let queue = names.label(&record.name);
        for state in State::ALL {
            let label = QueueState {
                queue: queue.clone(),
                state: state.name(),
            };
            let count = gauge(record.counts.of(state));
            self.tasks.get_or_create(&label).inc_by(count);
        }
        for event in EventKind::ALL {
            let label = QueueEvent {
                queue: queue.clone(),
                event: event.name(),
            };
            let total = record.totals.of(*event);
            self.events.get_or_create(&label).inc_by(total);
        }
        let label = Queue { queue };
        let depth = gauge(record.counts.unfinished());
        self.depth.get_or_create(&label).inc_by(depth);
        let paused = i64::from(record.settings.paused);
        self.paused.get_or_create(&label).inc_by(paused);
        let draining = i64::from(record.settings.draining);
        self.draining.get_or_create(&label).inc_by(draining);
        let age = record
            .oldest_due_at
            .map(|due| now.since(due))
            .unwrap_or_default();
        let oldest = self.oldest.get_or_create(&label);
        oldest.set(oldest.get().max(age.as_secs_f64()));
    }
}

pub(super) fn workers(registry: &mut Registry, records: &[WorkerRecord]) {
    let totals = convert::workers(records);
    for (name, help, value) in [
        ("workers", "Workers that are registered", totals.total),
        ("workers_idle", "Workers that hold nothing", totals.idle),
        (
            "worker_capacity",
            "Attempts that all workers may run at once",
            totals.capacity,
        ),
        (
            "worker_running",
            "Attempts that all workers run",
            totals.running,
        ),
        (
            "worker_assigned",
            "Attempts that workers hold, not begun",
            totals.assigned,
        ),
    ] {
        registry.register(name, help, ConstGauge::new(value));
    }
}

fn gauge(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
