//! From what a handler said to what becomes of the task: decided here, once, by the worker's side.

use core::time::Duration;

use crate::RetryPolicy;

/// How an attempt ended, as its worker saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Done.
    Done,
    /// Failed; try again as the policy says.
    Retry,
    /// Failed; try again after this long (a peer's `Retry-After`, say).
    RetryAfter(Duration),
    /// Not now: again after this long, uncharged.
    Snooze(Duration),
    /// Failed, and trying again is no use.
    Fail,
    /// Stopped because somebody asked for it.
    Cancelled,
    /// Ran out of its time.
    TimedOut,
    /// Given back unfinished, uncharged, to its old place in line.
    HandedBack,
}

/// What becomes of the task. Times are relative: the store adds its own now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Becomes `completed`.
    Complete,
    /// Becomes `retrying`, charged, due after the delay.
    Retry(Duration),
    /// Becomes `retrying`, refunded, due after the delay.
    Snooze(Duration),
    /// Becomes `pending`, refunded, its order key kept.
    HandBack,
    /// Becomes `failed`.
    Fail,
    /// Becomes `timed_out`.
    TimeOut,
    /// Becomes `cancelled`.
    Cancel,
}

/// Decides what an outcome means for a task of which `spent` attempts are charged, this one included.
///
/// `left` is how long the task may still take, if that has an end: a retry that would come after it is
/// not made. `random` is 64 random bits for the jitter.
///
/// ```
/// use core::time::Duration;
/// use duly_core::{Decision, Outcome, RetryPolicy, decide};
///
/// let policy = RetryPolicy::default();
/// let second = Duration::from_secs(1);
/// let retry = |left| decide(Outcome::RetryAfter(second), 1, &policy, left, 0);
/// assert_eq!(retry(None), Decision::Retry(second));
/// assert_eq!(retry(Some(2 * second)), Decision::Retry(second));
/// assert_eq!(retry(Some(second)), Decision::Fail);
/// ```
#[must_use]
#[inline]
pub fn decide(
    outcome: Outcome,
    spent: u32,
    policy: &RetryPolicy,
    left: Option<Duration>,
    random: u64,
) -> Decision {
    let delay = match outcome {
        Outcome::Retry | Outcome::TimedOut => policy.delay(spent, random),
        Outcome::RetryAfter(delay) => delay.min(crate::DELAY_MAX),
        _ => Duration::ZERO,
    };
    let more = policy.allows_after(spent) && left.is_none_or(|left| delay < left);
    match outcome {
        Outcome::Done => Decision::Complete,
        Outcome::Retry | Outcome::RetryAfter(_) | Outcome::TimedOut if more => {
            Decision::Retry(delay)
        }
        Outcome::Retry | Outcome::RetryAfter(_) | Outcome::Fail => Decision::Fail,
        Outcome::TimedOut => Decision::TimeOut,
        Outcome::Snooze(delay) => Decision::Snooze(delay.min(crate::DELAY_MAX)),
        Outcome::Cancelled => Decision::Cancel,
        Outcome::HandedBack => Decision::HandBack,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Backoff, Jitter};

    const SECOND: Duration = Duration::from_secs(1);
    const TWICE: RetryPolicy = RetryPolicy {
        attempts_max: 2,
        backoff: Backoff::Fixed { delay: SECOND },
        jitter: Jitter::None,
    };

    #[test]
    fn failures_retry_until_the_attempts_are_spent() {
        assert_eq!(
            decide(Outcome::Retry, 1, &TWICE, None, 0),
            Decision::Retry(SECOND)
        );
        assert_eq!(decide(Outcome::Retry, 2, &TWICE, None, 0), Decision::Fail);
        assert_eq!(
            decide(Outcome::TimedOut, 1, &TWICE, None, 0),
            Decision::Retry(SECOND)
        );
        assert_eq!(
            decide(Outcome::TimedOut, 2, &TWICE, None, 0),
            Decision::TimeOut
        );
        let after = Outcome::RetryAfter(9 * SECOND);
        assert_eq!(
            decide(after, 1, &TWICE, None, 0),
            Decision::Retry(9 * SECOND)
        );
        assert_eq!(decide(after, 2, &TWICE, None, 0), Decision::Fail);
    }

    #[test]
    fn a_retry_that_would_come_too_late_is_not_made() {
        let left = |outcome, left| decide(outcome, 1, &TWICE, Some(left), 0);
        let after = Outcome::RetryAfter(SECOND);
        for outcome in [Outcome::Retry, after, Outcome::TimedOut] {
            assert_eq!(left(outcome, 2 * SECOND), Decision::Retry(SECOND));
        }
        for left_over in [SECOND, Duration::ZERO] {
            assert_eq!(left(Outcome::Retry, left_over), Decision::Fail);
            assert_eq!(left(after, left_over), Decision::Fail);
            assert_eq!(left(Outcome::TimedOut, left_over), Decision::TimeOut);
        }
        assert_eq!(left(Outcome::Done, Duration::ZERO), Decision::Complete);
        let snooze = Outcome::Snooze(SECOND);
        assert_eq!(left(snooze, Duration::ZERO), Decision::Snooze(SECOND));
    }

    #[test]
    fn what_is_not_charged_goes_on_for_ever() {
        assert_eq!(
            decide(Outcome::Snooze(SECOND), 99, &TWICE, None, 0),
            Decision::Snooze(SECOND)
        );
        assert_eq!(
            decide(Outcome::HandedBack, 99, &TWICE, None, 0),
            Decision::HandBack
        );
    }

    #[test]
    fn a_permanent_failure_is_not_retried() {
        assert_eq!(decide(Outcome::Fail, 1, &TWICE, None, 0), Decision::Fail);
    }

    #[test]
    fn absurd_delays_are_bounded() {
        assert_eq!(
            decide(Outcome::RetryAfter(Duration::MAX), 1, &TWICE, None, 0),
            Decision::Retry(crate::DELAY_MAX)
        );
    }
}
