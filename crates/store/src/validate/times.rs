//! Instants and durations: nothing that is absurd.

use std::time::Duration;

use duly_core::{Backoff, DELAY_MAX, Jitter, OrderPolicy, RetryPolicy, Timestamp, duration};

use super::{Checked, refuse};
use crate::bounds::{AHEAD_MAX, RETENTION_MAX};
use crate::{NewTask, QueueChange, When};

pub(super) fn of_task(new: &NewTask, now: Timestamp) -> Checked {
    when("due", new.due, now)?;
    for (field, at) in [("deadline", new.deadline), ("finish_by", new.finish_by)] {
        at.map_or(Ok(()), |at| when(field, at, now))?;
    }
    alerts(new.alert_unstarted, new.alert_unfinished)?;
    timeout(new.timeout)?;
    retry(&new.retry)
}

pub(super) fn timeout(timeout: Option<Duration>) -> Checked {
    span("timeout", timeout)
}

/// The ages at which somebody wants to hear of a task.
pub(super) fn alerts(unstarted: Option<Duration>, unfinished: Option<Duration>) -> Checked {
    span("alert_unstarted", unstarted)?;
    span("alert_unfinished", unfinished)
}

/// A time that something may take: not none at all.
fn span(field: &'static str, span: Option<Duration>) -> Checked {
    match span {
        Some(span) if span.is_zero() || span > DELAY_MAX => refuse(
            field,
            duration::exact(span),
            "more than 0s, at most 366 days",
        ),
        _ => Ok(()),
    }
}

pub(super) fn retry(retry: &RetryPolicy) -> Checked {
    if retry.attempts_max == 0 {
        return refuse("retry.attempts_max", 0, "at least 1");
    }
    match retry.backoff {
        Backoff::Fixed { delay: always } => delay("retry.backoff.delay", always)?,
        Backoff::Linear { step, ceiling } => {
            delay("retry.backoff.step", step)?;
            delay("retry.backoff.ceiling", ceiling)?;
        }
        Backoff::Exponential { base, ceiling } => {
            delay("retry.backoff.base", base)?;
            delay("retry.backoff.ceiling", ceiling)?;
        }
    }
    match retry.jitter {
        Jitter::Proportional { permille } if permille > 1_000 => {
            refuse("retry.jitter.permille", permille, "at most 1000")
        }
        _ => Ok(()),
    }
}

/// How long something waits.
pub(super) fn delay(field: &'static str, delay: Duration) -> Checked {
    if delay > DELAY_MAX {
        return refuse(field, duration::exact(delay), "at most 366 days");
    }
    Ok(())
}

/// An instant that a task is due, or must have started or ended: not more than 366 days away if relative, and not
/// more than [`AHEAD_MAX`] if absolute.
///
/// # Errors
/// [`InvalidInput`](crate::InvalidInput), naming `field`.
pub fn when(field: &'static str, when: When, now: Timestamp) -> Checked {
    match when {
        When::Now => Ok(()),
        When::After(delay) if delay > DELAY_MAX => refuse(
            field,
            format_args!("{} from now", duration::exact(delay)),
            "at most 366 days from now",
        ),
        When::After(_) => Ok(()),
        When::At(at) => instant(field, at, now),
    }
}

/// What is expected of an instant, unlike of a time from now.
pub const INSTANT_EXPECTED: &str = "at most 100 years from now";

pub(super) fn instant(field: &'static str, at: Timestamp, now: Timestamp) -> Checked {
    let ahead = at.since(now);
    if ahead > AHEAD_MAX {
        return refuse(
            field,
            format_args!("{} days from now", ahead.as_secs() / (24 * 3600)),
            INSTANT_EXPECTED,
        );
    }
    Ok(())
}

/// A change to a queue's settings.
///
/// # Errors
/// [`InvalidInput`](crate::InvalidInput), naming the field.
pub fn queue_change(change: &QueueChange) -> Checked {
    for (field, retention) in [
        ("retention_completed", change.retention_completed),
        ("retention_failed", change.retention_failed),
    ] {
        if let Some(retention) = retention.filter(|kept| *kept > RETENTION_MAX) {
            let days = retention.as_secs() / (24 * 3600);
            return refuse(field, format_args!("{days} days"), "at most 100 years");
        }
    }
    match change.order {
        Some(OrderPolicy::Aging { step }) if step.as_micros() == 0 || step > DELAY_MAX => refuse(
            "order (step)",
            duration::exact(step),
            "1 microsecond to 366 days",
        ),
        Some(OrderPolicy::Deadline { default_slack }) if default_slack > DELAY_MAX => refuse(
            "order (default_slack)",
            duration::exact(default_slack),
            "at most 366 days",
        ),
        _ => Ok(()),
    }
}
