//! From how a handler ended, and why it was stopped, to the outcome of the attempt.

use std::time::Duration;

use duly_core::{Outcome, duration};
use duly_store::validate;

use crate::Verdict;

/// How the future of a handler ended.
#[derive(Debug)]
pub(crate) enum Ending {
    /// It returned.
    Returned(Verdict),
    /// It panicked, with this message.
    Panicked(String),
    /// It was dropped before it was done.
    Aborted,
}

/// Why a handler was told to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Somebody asked for it.
    Cancelled,
    /// Its time is up.
    TimedOut(Duration),
    /// Its task must have ended by now.
    Overdue,
    /// The worker shuts down, or could not renew its leases.
    GivenBack,
    /// The lease is not this worker's any more: whatever the handler says is of no account.
    Forsaken,
}

/// The verdict about an attempt; `None` if it is not this worker's to give. Its error is cut here, so
/// that what waits for a store that is away has a bound.
///
/// What a handler decided stands. What it left open (any error, a panic, an abort) is decided by the
/// reason why it was stopped, if it was.
pub(crate) fn verdict(ending: Ending, stop: Option<Stop>) -> Option<Verdict> {
    if stop == Some(Stop::Forsaken) {
        return None;
    }
    let said = match ending {
        Ending::Returned(verdict) => verdict.bounded(),
        Ending::Panicked(message) => Verdict::retry(format!("panicked: {message}")),
        Ending::Aborted => return Some(decided(stop.unwrap_or(Stop::GivenBack), None)),
    };
    let is_open = matches!(said.outcome, Outcome::Retry | Outcome::Cancelled);
    let verdict = match stop {
        Some(stop) if is_open => decided(stop, said.error),
        _ => said,
    };
    Some(Verdict {
        error: verdict.error.map(validate::cut_error),
        ..verdict
    })
}

fn decided(stop: Stop, error: Option<String>) -> Verdict {
    let (outcome, error) = match stop {
        Stop::Cancelled => (Outcome::Cancelled, error),
        Stop::TimedOut(timeout) => {
            let timeout = duration::exact(timeout);
            let told = format!("still running after its timeout of {timeout}");
            (Outcome::TimedOut, Some(with(told, error)))
        }
        Stop::Overdue => (Outcome::TimedOut, Some(with(OVERDUE.into(), error))),
        Stop::GivenBack | Stop::Forsaken => (Outcome::HandedBack, None),
    };
    Verdict {
        outcome,
        result: None,
        error,
    }
}

const OVERDUE: &str = "still running when its task had to have ended (finish_by)";

fn with(told: String, error: Option<String>) -> String {
    match error {
        Some(error) => format!("{told}: {error}"),
        None => told,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use duly_store::bounds::ERROR_BYTES_MAX;

    fn outcome(verdict: Verdict, stop: Option<Stop>) -> Outcome {
        super::verdict(Ending::Returned(verdict), stop)
            .unwrap()
            .outcome
    }

    #[test]
    fn what_a_handler_decided_stands() {
        let stop = Some(Stop::Cancelled);
        assert_eq!(outcome(Verdict::done(None), stop), Outcome::Done);
        assert_eq!(outcome(Verdict::fail("no"), stop), Outcome::Fail);
        assert_eq!(outcome(Verdict::cancelled(), None), Outcome::Cancelled);
    }

    #[test]
    fn what_it_left_open_is_decided_by_the_reason_of_the_stop() {
        let timed_out = Some(Stop::TimedOut(Duration::from_secs(1)));
        assert_eq!(outcome(Verdict::retry("x"), timed_out), Outcome::TimedOut);
        let given_back = Some(Stop::GivenBack);
        assert_eq!(
            outcome(Verdict::cancelled(), given_back),
            Outcome::HandedBack
        );
        let aborted = verdict(Ending::Aborted, Some(Stop::Cancelled)).unwrap();
        assert_eq!(aborted.outcome, Outcome::Cancelled);
        let dropped = verdict(Ending::Aborted, None).unwrap();
        assert_eq!(dropped.outcome, Outcome::HandedBack);
    }

    #[test]
    fn an_error_is_cut_before_it_waits_for_the_store() {
        let endings = [
            Ending::Panicked("x".repeat(1 << 20)),
            Ending::Returned(Verdict::fail("x".repeat(1 << 20))),
        ];
        let timed_out = Some(Stop::TimedOut(Duration::from_secs(1)));
        for (ending, stop) in endings.into_iter().zip([timed_out, None]) {
            let error = verdict(ending, stop).unwrap().error.unwrap();
            assert!(error.len() <= ERROR_BYTES_MAX && error.ends_with('…'));
        }
    }

    #[test]
    fn nothing_is_said_about_a_lease_that_is_gone() {
        let ending = Ending::Returned(Verdict::done(None));
        assert_eq!(verdict(ending, Some(Stop::Forsaken)), None);
    }

    #[test]
    fn a_panic_is_a_retry_with_its_message() {
        let said = verdict(Ending::Panicked("oh".into()), None).unwrap();
        assert_eq!(said, Verdict::retry("panicked: oh"));
    }
}
