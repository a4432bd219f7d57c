//! From how a handler ended, and why it was stopped, to the outcome of the attempt.

use std::time::Duration;

use duly_core::Outcome;

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
    /// The worker shuts down, or could not renew its leases.
    GivenBack,
    /// The lease is not this worker's any more: whatever the handler says is of no account.
    Forsaken,
}

/// The verdict about an attempt; `None` if it is not this worker's to give.
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
        Ending::Aborted => match stop {
            Some(stop) => return Some(decided(stop, None)),
            None => return Some(decided(Stop::GivenBack, None)),
        },
    };
    let is_open = matches!(said.outcome, Outcome::Retry | Outcome::Cancelled);
    Some(match stop {
        Some(stop) if is_open => decided(stop, said.error),
        _ => said,
    })
}

fn decided(stop: Stop, error: Option<String>) -> Verdict {
    let (outcome, error) = match stop {
        Stop::Cancelled => (Outcome::Cancelled, error),
        Stop::TimedOut(timeout) => (Outcome::TimedOut, Some(out_of_time(timeout, error))),
        Stop::GivenBack | Stop::Forsaken => (Outcome::HandedBack, None),
    };
    Verdict {
        outcome,
        result: None,
        error,
    }
}

fn out_of_time(timeout: Duration, error: Option<String>) -> String {
    let told = format!("still running after its timeout of {timeout:?}");
    error.map_or(told.clone(), |error| format!("{told}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

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
