//! Events: the history of a task, and a feed of all.

use std::fmt;
use std::str::FromStr;

use duly_core::{EventKind, Priority, TaskId, Timestamp};

use crate::Name;

/// One thing that happened to a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its place among all events of the store.
    pub sequence: i64,
    /// The place right after it: where to go on.
    pub cursor: EventCursor,
    /// The task.
    pub task: TaskId,
    /// The name of the task's handler.
    pub task_kind: Name,
    /// The queue of the task.
    pub queue: Name,
    /// What happened.
    pub kind: EventKind,
    /// When.
    pub at: Timestamp,
    /// The newest attempt then: 0 before the first.
    pub attempt: u32,
    /// The worker that began, or gave back, the attempt (events that workers cause).
    pub worker: Option<Name>,
    /// When the task is due (retrying, snoozed, rescheduled; submitted, if not at once; replaced,
    /// if its time was).
    pub due_at: Option<Timestamp>,
    /// The new priority (reprioritised; replaced, if its priority was).
    pub priority: Option<Priority>,
    /// What went wrong.
    pub error: Option<String>,
}

/// A place in the feed of all events: 16 bytes, opaque to everybody but the store that gave them. (A
/// store whose sequences may become visible out of order needs more than a sequence to skip nothing.)
/// Cursors of one store sort as its feed does.
///
/// As text it is 32 hexadecimal digits.
///
/// ```
/// use duly_store::EventCursor;
///
/// let cursor = EventCursor::after(7);
/// assert_eq!(cursor.to_string().parse(), Ok(cursor));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventCursor([u8; 16]);

impl EventCursor {
    /// Before every event.
    pub const START: Self = Self([0; 16]);

    /// From its bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// After the event of this sequence, in a store whose events become visible in that order.
    #[must_use]
    pub const fn after(sequence: i64) -> Self {
        Self((sequence as i128).to_be_bytes())
    }

    /// The sequence that the next event lies above, in such a store; what is too large is after all.
    #[must_use]
    pub fn sequence(self) -> i64 {
        i64::try_from(i128::from_be_bytes(self.0)).unwrap_or(i64::MAX)
    }

    /// Where to go on in a store whose events end at `end`. What lies behind the end was given by another
    /// store, or by this one before it began anew: then everything is still to come.
    #[must_use]
    pub fn within(self, end: Self) -> Self {
        if self.0 > end.0 { Self::START } else { self }
    }
}

impl fmt::Display for EventCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl fmt::Debug for EventCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EventCursor({self})")
    }
}

/// The text is no cursor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor: expected the 32 hexadecimal digits of one that was given before")]
pub struct InvalidCursor;

impl FromStr for EventCursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        // The parser alone would let a sign pass.
        if text.len() != 32 || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(InvalidCursor);
        }
        let bytes = u128::from_str_radix(text, 16).map_err(|_| InvalidCursor)?;
        Ok(Self(bytes.to_be_bytes()))
    }
}

/// Events in order, and where the next ones begin. Nothing is skipped; what was pruned is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventPage {
    /// The events.
    pub events: Vec<Event>,
    /// Where to go on: the place after the last event, or where the page began (the start, for a cursor
    /// that this store has not given).
    pub next: EventCursor,
}

/// One attempt of a task, as its events tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptRecord {
    /// Its number.
    pub attempt: u32,
    /// The worker that began it.
    pub worker: Option<Name>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// How.
    pub outcome: Option<EventKind>,
    /// What went wrong.
    pub error: Option<String>,
}

/// The attempts that a task's events tell of, in order.
#[must_use]
pub fn attempts(events: &[Event]) -> Vec<AttemptRecord> {
    let mut attempts: Vec<AttemptRecord> = Vec::new();
    for event in events {
        if event.kind == EventKind::Started {
            attempts.push(AttemptRecord {
                attempt: event.attempt,
                worker: event.worker.clone(),
                started_at: event.at,
                ended_at: None,
                outcome: None,
                error: None,
            });
        } else if ends_attempt(event.kind)
            && let Some(open) = attempts.last_mut()
            && open.ended_at.is_none()
            && open.attempt == event.attempt
        {
            open.ended_at = Some(event.at);
            open.outcome = Some(event.kind);
            open.error.clone_from(&event.error);
        }
    }
    attempts
}

const fn ends_attempt(kind: EventKind) -> bool {
    matches!(
        kind,
        EventKind::Snoozed
            | EventKind::HandedBack
            | EventKind::Retrying
            | EventKind::Completed
            | EventKind::Failed
            | EventKind::TimedOut
            | EventKind::Lost
            | EventKind::Cancelled
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: EventKind, attempt: u32, micros: i64) -> Event {
        Event {
            sequence: micros,
            cursor: EventCursor::after(micros),
            task_kind: "k".into(),
            queue: "q".into(),
            task: TaskId::from_bytes([0; 16]),
            kind,
            at: Timestamp::from_micros(micros),
            attempt,
            worker: None,
            due_at: None,
            priority: None,
            error: None,
        }
    }

    #[test]
    fn a_cursor_is_text_and_back_and_rubbish_is_refused() {
        for cursor in [
            EventCursor::START,
            EventCursor::after(i64::MAX),
            EventCursor([0xff; 16]),
        ] {
            assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }
        assert_eq!(EventCursor([0x7f; 16]).sequence(), i64::MAX);
        for rubbish in [
            "",
            "7",
            "+0000000000000000000000000000007",
            "g".repeat(32).as_str(),
        ] {
            assert_eq!(
                rubbish.parse::<EventCursor>(),
                Err(InvalidCursor),
                "{rubbish:?}"
            );
        }
    }

    #[test]
    fn events_tell_the_attempts() {
        let told = attempts(&[
            event(EventKind::Submitted, 0, 1),
            event(EventKind::Started, 1, 2),
            event(EventKind::CancelRequested, 1, 3),
            event(EventKind::Retrying, 1, 4),
            event(EventKind::Started, 2, 5),
        ]);
        assert_eq!(told.len(), 2);
        assert_eq!(told[0].outcome, Some(EventKind::Retrying));
        assert_eq!(told[0].ended_at, Some(Timestamp::from_micros(4)));
        assert_eq!(told[1].outcome, None);
    }
}
