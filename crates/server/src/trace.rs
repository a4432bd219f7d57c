//! The trace that a request belongs to, by its headers.

use axum::http::HeaderMap;

use crate::port::trace::{InvalidTrace, TraceContext};

/// What `traceparent` and `tracestate` say. As W3C Trace Context wants it, what is not valid is passed
/// over: a caller's tracing must not cost it its tasks.
pub(crate) fn of(headers: &HeaderMap) -> Option<TraceContext> {
    let mut given = headers.get_all("traceparent").iter();
    let only = given.next().filter(|_| given.next().is_none())?;
    let parent = only.to_str().ok()?;
    // Several of this one are one list.
    let states = headers.get_all("tracestate").iter();
    let states: Option<Vec<_>> = states.map(|state| state.to_str().ok()).collect();
    let state = states
        .map(|states| states.join(","))
        .filter(|all| !all.is_empty());
    match TraceContext::parse(parent, state.as_deref()) {
        Err(InvalidTrace::Tracestate) => TraceContext::parse(parent, None).ok(),
        parsed => parsed.ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn given(headers: &[(&'static str, &str)]) -> Option<TraceContext> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        of(&map)
    }

    #[test]
    fn a_trace_is_taken_with_its_state() {
        let trace = given(&[
            ("traceparent", PARENT),
            ("tracestate", "a=1"),
            ("tracestate", "b=2"),
        ]);
        let trace = trace.unwrap();
        assert_eq!(trace.traceparent(), PARENT);
        assert_eq!(trace.tracestate(), Some("a=1,b=2"));
    }

    #[test]
    fn what_is_not_valid_is_passed_over() {
        assert_eq!(given(&[]), None);
        assert_eq!(given(&[("traceparent", "00-0-0-0")]), None);
        assert_eq!(
            given(&[("traceparent", PARENT), ("traceparent", PARENT)]),
            None
        );
        let trace = given(&[("traceparent", PARENT), ("tracestate", "no member")]).unwrap();
        assert_eq!(trace.tracestate(), None);
    }
}
