//! How an attempt ended, as its handler says: what raw handlers return.

use std::time::Duration;

use duly_core::Outcome;
use duly_store::Payload;
use duly_store::bounds::RESULT_BYTES_MAX;

/// How an attempt ended: the outcome, with a result or an error beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a verdict is what a handler returns"]
pub struct Verdict {
    /// What is to become of the task.
    pub outcome: Outcome,
    /// Kept with a completed task; at most [`RESULT_BYTES_MAX`], or the task fails for good.
    pub result: Option<Payload>,
    /// What went wrong; cut to [`ERROR_BYTES_MAX`](duly_store::bounds::ERROR_BYTES_MAX).
    pub error: Option<String>,
}

impl Verdict {
    /// Done, with what it returns.
    pub const fn done(result: Option<Payload>) -> Self {
        Self {
            outcome: Outcome::Done,
            result,
            error: None,
        }
    }

    /// Failed; try again as the task's policy says.
    pub fn retry(error: impl Into<String>) -> Self {
        Self::failed(Outcome::Retry, error)
    }

    /// Failed; try again after `delay`, while attempts remain.
    pub fn retry_after(delay: Duration, error: impl Into<String>) -> Self {
        Self::failed(Outcome::RetryAfter(delay), error)
    }

    /// Failed, and trying again is no use.
    pub fn fail(error: impl Into<String>) -> Self {
        Self::failed(Outcome::Fail, error)
    }

    /// Not now: again after `delay`, uncharged.
    pub const fn snooze(delay: Duration) -> Self {
        Self {
            outcome: Outcome::Snooze(delay),
            result: None,
            error: None,
        }
    }

    /// Stopped, because the token of the context was tripped.
    pub const fn cancelled() -> Self {
        Self {
            outcome: Outcome::Cancelled,
            result: None,
            error: None,
        }
    }

    fn failed(outcome: Outcome, error: impl Into<String>) -> Self {
        Self {
            outcome,
            result: None,
            error: Some(error.into()),
        }
    }

    /// Itself, or a failure if its result is larger than a store takes.
    pub(crate) fn bounded(self) -> Self {
        let size = self.result.as_ref().map_or(0, |result| result.bytes.len());
        if size <= RESULT_BYTES_MAX {
            return self;
        }
        Self::fail(format!(
            "the result has {size} bytes: at most {RESULT_BYTES_MAX} (RESULT_BYTES_MAX) are kept; \
             store it elsewhere and return where"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_beyond_the_bound_fails_for_good_and_names_it() {
        let fits = Verdict::done(Some(Payload::bytes(vec![0; RESULT_BYTES_MAX])));
        assert_eq!(fits.clone().bounded(), fits);
        let verdict = Verdict::done(Some(Payload::bytes(vec![0; RESULT_BYTES_MAX + 1]))).bounded();
        assert_eq!((verdict.outcome, verdict.result), (Outcome::Fail, None));
        let error = verdict.error.unwrap();
        assert!(
            error.contains("1048577") && error.contains("1048576"),
            "{error}"
        );
    }
}
