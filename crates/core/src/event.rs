//! What can happen to a task: the kinds of its events.

use crate::named::{error, named};

macro_rules! event_kinds {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $text:literal;)*) => {
        /// What happened: every state change of a task is written together with one of these.
        ///
        /// Becoming due writes none (it is derived from time), nor does progress.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        #[non_exhaustive]
        pub enum EventKind { $($(#[$doc])* $name = $code,)* }

        impl EventKind {
            /// All kinds, in the order of their codes.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// How many kinds there are.
            pub const COUNT: usize = Self::ALL.len();

            /// The name in snake case, as the API and the command line write it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

event_kinds! {
    /// The task was submitted.
    Submitted = 0, "submitted";
    /// An attempt began.
    Started = 1, "started";
    /// A handler put the task off, uncharged.
    Snoozed = 2, "snoozed";
    /// A worker gave the attempt back unfinished, refunded.
    HandedBack = 3, "handed_back";
    /// An attempt failed, and another will follow.
    Retrying = 4, "retrying";
    /// The instant it is due was changed.
    Rescheduled = 5, "rescheduled";
    /// The priority was changed.
    Reprioritised = 6, "reprioritised";
    /// The task is done.
    Completed = 7, "completed";
    /// The task failed for good.
    Failed = 8, "failed";
    /// The last attempt ran out of time.
    TimedOut = 9, "timed_out";
    /// The worker of a running attempt vanished; the task waits again.
    Lost = 10, "lost";
    /// Somebody asked to cancel it while it ran.
    CancelRequested = 11, "cancel_requested";
    /// The task was called off.
    Cancelled = 12, "cancelled";
    /// It waited until a deadline had passed: that of its start, or that of its end.
    Expired = 13, "expired";
    /// Somebody put a finished task back in line.
    Retried = 14, "retried";
    /// It has not begun by the age at which somebody wants to know.
    LateToStart = 15, "late_to_start";
    /// It has not ended by the age at which somebody wants to know.
    LateToFinish = 16, "late_to_finish";
    /// A later submission with its unique key took its place: it goes on with what that one brought.
    Replaced = 17, "replaced";
}

/// The text names no kind of event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidEventKind;

error!(
    InvalidEventKind,
    "not a kind of event: expected one such as submitted, started or completed"
);

named!(EventKind, InvalidEventKind);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_round_trip() {
        for (code, kind) in (0..).zip(EventKind::ALL) {
            assert_eq!(kind.code(), code);
            assert_eq!(EventKind::from_code(code), Some(*kind));
            assert_eq!(kind.name().parse(), Ok(*kind));
        }
        assert_eq!(EventKind::from_code(u8::MAX), None);
    }
}
