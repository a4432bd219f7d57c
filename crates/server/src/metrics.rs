//! What there is to measure, in the words of Prometheus.
//!
//! What happens in this process (tasks submitted through it, attempts of its workers, requests) is
//! counted as it happens. What is true of the store, whichever process works on it, is read from it at
//! the scrape; a store that does not answer in time only leaves these out, with `duly_store_up 0`.
//!
//! Labels are bounded: queues and kinds beyond the first [`METRIC_LABELS_MAX`](crate::bounds::METRIC_LABELS_MAX) that are seen are counted as
//! `other`, and requests by the route, never by the path.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use duly_core::Timestamp;
use prometheus_client::encoding::text;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::registry::{Registry, Unit};

use crate::VERSION;
use crate::feed::Feed;
use crate::port::{Name, Observer, QueueRecord, WorkerRecord};

mod attempts;
mod labels;
mod plain;
mod requests;
mod store;

pub(crate) use plain::plain;

use attempts::Attempts;
use labels::{Names, Version};
use requests::Requests;

/// Stands before every name.
const PREFIX: &str = "duly";

/// The metrics of one server. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Metrics(Arc<Counted>);

#[derive(Debug)]
struct Counted {
    registry: Registry,
    attempts: Arc<Attempts>,
    requests: Requests,
    queues: Names,
}

/// What a scrape read from the store; `None`: it did not answer in time.
pub(crate) type Found = Option<(Vec<QueueRecord>, Vec<WorkerRecord>)>;

impl Metrics {
    /// Of a server that starts at `now`.
    pub(crate) fn new(now: Timestamp) -> Self {
        let mut registry = Registry::with_prefix(PREFIX);
        let build = Family::<Version, Gauge>::default();
        build.get_or_create(&Version::of(VERSION)).set(1);
        registry.register("build_info", "The version of Duly", build);
        #[allow(clippy::cast_precision_loss, reason = "exact until the year 2255")]
        let start = now.as_micros() as f64 / 1e6;
        registry.register_with_unit(
            "process_start_time",
            "When this server started, since 1970",
            Unit::Seconds,
            ConstGauge::new(start),
        );
        Self(Arc::new(Counted {
            attempts: Arc::new(Attempts::new(&mut registry)),
            requests: Requests::new(&mut registry),
            queues: Names::default(),
            registry,
        }))
    }

    /// Counts the attempts of a worker.
    pub(crate) fn observer(&self) -> Arc<dyn Observer> {
        Arc::clone(&self.0.attempts) as Arc<dyn Observer>
    }

    /// Tasks of these kinds were submitted here.
    pub(crate) fn scheduled<'a>(&self, kinds: impl Iterator<Item = &'a Name>) {
        let mut kinds = kinds.peekable();
        // Tasks of one kind mostly come together: they are counted together.
        while let Some(kind) = kinds.next() {
            let mut count = 1;
            while kinds.next_if_eq(&kind).is_some() {
                count += 1;
            }
            self.0.attempts.scheduled(kind, count);
        }
    }

    /// A request was answered; `route` is the template of its path, if it has one.
    pub(crate) fn answered(
        &self,
        method: &Method,
        route: Option<&str>,
        status: StatusCode,
        took: Duration,
    ) {
        self.0.requests.answered(method, route, status, took);
    }

    /// All of it as OpenMetrics text.
    pub(crate) fn text(&self, feed: &Feed, found: &Found, now: Timestamp) -> String {
        let mut moment = Registry::with_prefix(PREFIX);
        of_feed(&mut moment, feed);
        moment.register(
            "store_up",
            "Whether the store answered this scrape: 1 or 0",
            ConstGauge::new(u64::from(found.is_some())),
        );
        if let Some((queues, workers)) = found {
            store::queues(&mut moment, queues, &self.0.queues, now);
            store::workers(&mut moment, workers);
        }
        let mut text = String::new();
        let written = text::encode_registry(&mut text, &self.0.registry)
            .and_then(|()| text::encode_registry(&mut text, &moment))
            .and_then(|()| text::encode_eof(&mut text));
        written.expect("a string takes what is written to it");
        text
    }
}

fn of_feed(moment: &mut Registry, feed: &Feed) {
    let (resyncs, missed) = feed.resyncs().count();
    moment.register(
        "feed_subscribers",
        "Live streams of events that are open",
        ConstGauge::new(feed.streams() as u64),
    );
    moment.register(
        "feed_resyncs",
        "How often a subscriber was told that it had been too slow",
        ConstCounter::new(resyncs),
    );
    moment.register(
        "feed_missed_events",
        "Events that subscribers missed because they were too slow",
        ConstCounter::new(missed),
    );
}
