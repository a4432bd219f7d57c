//! How a handler says more than "failed".

use std::error::Error;
use std::fmt;
use std::time::Duration;

use duly_core::Outcome;

use crate::Verdict;

/// An error that says what is to become of the task. A handler returns it, or lets `?` wrap it: it is
/// found anywhere in the chain of [`source`](Error::source)s. Every other error is a retry by policy.
///
/// ```
/// use std::time::Duration;
/// use duly_runtime::{Context, JobError};
///
/// async fn poll(url: String, _ctx: Context) -> Result<(), JobError> {
///     if url.is_empty() {
///         return Err(JobError::fail("the URL is empty"));
///     }
///     Err(JobError::snooze(Duration::from_secs(30)))
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobError(Special);

/// The part that is looked for. It is the *source* of a [`JobError`], so that it is found even where
/// a wrapper hides the type of the error that it wraps, as `anyhow` does.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Special {
    outcome: Outcome,
    message: String,
}

impl JobError {
    /// Failed; try again as the task's policy says.
    pub fn retry(message: impl Into<String>) -> Self {
        Self::new(Outcome::Retry, message)
    }

    /// Failed; try again after `delay` instead of the policy's (at most 366 days), while attempts
    /// remain.
    pub fn retry_after(delay: Duration, message: impl Into<String>) -> Self {
        Self::new(Outcome::RetryAfter(delay), message)
    }

    /// Not now: again after `delay` (at most 366 days), uncharged, as often as it is said.
    #[must_use]
    pub fn snooze(delay: Duration) -> Self {
        Self::new(Outcome::Snooze(delay), "snoozed")
    }

    /// Failed, and trying again is no use.
    pub fn fail(message: impl Into<String>) -> Self {
        Self::new(Outcome::Fail, message)
    }

    /// Stopped, because [`Context::cancelled`](crate::Context::cancelled) said so.
    #[must_use]
    pub fn cancelled() -> Self {
        Self::new(Outcome::Cancelled, "cancelled")
    }

    /// What the handler asks for.
    #[must_use]
    pub const fn outcome(&self) -> Outcome {
        self.0.outcome
    }

    fn new(outcome: Outcome, message: impl Into<String>) -> Self {
        Self(Special {
            outcome,
            message: message.into(),
        })
    }
}

impl fmt::Display for JobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.message)
    }
}

impl fmt::Display for Special {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.message)
    }
}

impl Error for JobError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

impl Error for Special {}

/// What an error means for its task.
pub(crate) fn verdict(error: &(dyn Error + 'static)) -> Verdict {
    let mut outcome = Outcome::Retry;
    let mut text = error.to_string();
    let mut next = Some(error);
    while let Some(cause) = next {
        if let Some(special) = cause.downcast_ref::<Special>() {
            outcome = special.outcome;
            break;
        }
        next = cause.source();
        append(&mut text, cause);
    }
    let error = (!matches!(outcome, Outcome::Snooze(_) | Outcome::Cancelled)).then_some(text);
    Verdict {
        outcome,
        result: None,
        error,
    }
}

/// Adds a cause, unless the text (which may quote it) ends with it already.
fn append(text: &mut String, cause: &dyn Error) {
    let cause = cause.to_string();
    if !text.ends_with(&cause) {
        text.push_str(": ");
        text.push_str(&cause);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context as _;

    type Boxed = Box<dyn Error + Send + Sync>;

    fn of(error: impl Into<Boxed>) -> (Outcome, Option<String>) {
        let verdict = verdict(&*error.into());
        (verdict.outcome, verdict.error)
    }

    #[test]
    fn any_error_is_a_retry_with_its_chain() {
        let inner = std::io::Error::other("no route");
        let error = anyhow::Error::new(inner).context("sending");
        assert_eq!(
            of(error),
            (Outcome::Retry, Some("sending: no route".into()))
        );
        assert_eq!(of("plain"), (Outcome::Retry, Some("plain".into())));
    }

    #[test]
    fn a_job_error_is_found_bare_boxed_and_wrapped() {
        let second = Duration::from_secs(1);
        let busy = || JobError::retry_after(second, "busy");
        let expected = (Outcome::RetryAfter(second), Some("busy".to_owned()));
        assert_eq!(of(busy()), expected);
        assert_eq!(of(anyhow::Error::new(busy())), expected);
        let wrapped = Err::<(), _>(busy()).context("calling").unwrap_err();
        assert_eq!(of(wrapped), (expected.0, Some("calling: busy".into())));
    }

    #[test]
    fn what_is_no_error_leaves_no_error_text() {
        let snooze = JobError::snooze(Duration::from_secs(9));
        assert_eq!(of(snooze), (Outcome::Snooze(Duration::from_secs(9)), None));
        assert_eq!(of(JobError::cancelled()), (Outcome::Cancelled, None));
        assert_eq!(
            of(JobError::fail("never")),
            (Outcome::Fail, Some("never".into()))
        );
    }
}
