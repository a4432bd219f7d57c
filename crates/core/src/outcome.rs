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
/// `random` is 64 random bits for the jitter.
#[must_use]
pub fn decide(outcome: Outcome, spent: u32, policy: &RetryPolicy, random: u64) -> Decision {
    let more = policy.allows_after(spent);
    match outcome {
        Outcome::Done => Decision::Complete,
        Outcome::Retry | Outcome::TimedOut if more => Decision::Retry(policy.delay(spent, random)),
        Outcome::RetryAfter(delay) if more => Decision::Retry(delay.min(crate::DELAY_MAX)),
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
            decide(Outcome::Retry, 1, &TWICE, 0),
            Decision::Retry(SECOND)
        );
        assert_eq!(decide(Outcome::Retry, 2, &TWICE, 0), Decision::Fail);
        assert_eq!(
            decide(Outcome::TimedOut, 1, &TWICE, 0),
            Decision::Retry(SECOND)
        );
        assert_eq!(decide(Outcome::TimedOut, 2, &TWICE, 0), Decision::TimeOut);
        let after = Outcome::RetryAfter(9 * SECOND);
        assert_eq!(decide(after, 1, &TWICE, 0), Decision::Retry(9 * SECOND));
        assert_eq!(decide(after, 2, &TWICE, 0), Decision::Fail);
    }

    #[test]
    fn what_is_not_charged_goes_on_for_ever() {
        assert_eq!(
            decide(Outcome::Snooze(SECOND), 99, &TWICE, 0),
            Decision::Snooze(SECOND)
        );
        assert_eq!(
            decide(Outcome::HandedBack, 99, &TWICE, 0),
            Decision::HandBack
        );
    }

    #[test]
    fn a_permanent_failure_is_not_retried() {
        assert_eq!(decide(Outcome::Fail, 1, &TWICE, 0), Decision::Fail);
    }

    #[test]
    fn absurd_delays_are_bounded() {
        assert_eq!(
            decide(Outcome::RetryAfter(Duration::MAX), 1, &TWICE, 0),
            Decision::Retry(crate::DELAY_MAX)
        );
    }
}
