//! Requests, by the route that answered them.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// Seconds: answers come from memory or after an fsync.
const TIMES: [f64; 10] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1.0, 5.0,
];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    method: &'static str,
    route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answer {
    #[prometheus(flatten)]
    route: Route,
    status: u16,
}

#[derive(Debug)]
pub(super) struct Requests {
    answers: Family<Answer, Counter>,
    took: Family<Route, Histogram, fn() -> Histogram>,
}

impl Requests {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let histogram = || Histogram::new(TIMES);
        let requests = Self {
            answers: Family::default(),
            took: Family::new_with_constructor(histogram),
        };
        let help = "Requests answered, by route and status";
        registry.register("http_requests", help, requests.answers.clone());
        registry.register_with_unit(
            "http_request_duration",
            "How long requests took until their answer began",
            Unit::Seconds,
            requests.took.clone(),
        );
        requests
    }

    pub(super) fn answered(
        &self,
        method: &Method,
        route: Option<&str>,
        status: StatusCode,
        took: Duration,
    ) {
        // Whoever asks chooses path and method: only those that the API has become labels.
        let method = known(method);
        let route = route.unwrap_or("none").to_owned();
        let route = Route { method, route };
        self.took.get_or_create(&route).observe(took.as_secs_f64());
        let status = status.as_u16();
        self.answers.get_or_create(&Answer { route, status }).inc();
    }
}

fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        _ => "other",
    }
}
