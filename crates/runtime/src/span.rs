//! The span that an attempt runs in, so that what its handler logs says which attempt it was.

use tracing::Span;
use tracing::field::Empty;

use crate::Context;

/// The span of an attempt, with its place in the trace of its task, if it has one. Where nobody
/// listens nothing is written.
pub(crate) fn of(attempt: &Context) -> Span {
    let span = tracing::info_span!(
        "attempt",
        task = %attempt.task(),
        kind = %attempt.kind(),
        queue = %attempt.queue(),
        attempt = attempt.attempt().attempt,
        worker = %attempt.worker(),
        trace_id = Empty,
        span_id = Empty,
        parent_id = Empty,
    );
    if !span.is_disabled()
        && let (Some(trace), Some(parent)) = (attempt.trace(), attempt.parent())
    {
        span.record("trace_id", trace.trace_id());
        span.record("span_id", trace.span_id());
        span.record("parent_id", parent.span_id());
    }
    span
}
