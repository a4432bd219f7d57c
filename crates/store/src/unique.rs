//! Unique tasks: what one submission may not do beside another.

use std::time::Duration;

use duly_core::{Hold, Timestamp};

use crate::Name;

/// A key that no two tasks of one kind hold at a time, and what becomes of a submission that meets it.
///
/// Debounce is [`Waiting`](UniqueScope::Waiting) with a [`Replace`] of payload and time; throttle is a
/// [`Period`](UniqueScope::Period) with [`Keep`](OnConflict::Keep).
///
/// ```
/// use std::time::Duration;
/// use duly_store::{OnConflict, Unique, UniqueScope};
///
/// let throttle = Unique {
///     scope: UniqueScope::Period(Duration::from_secs(600)),
///     on_conflict: OnConflict::Keep,
///     ..Unique::new("digest:42")
/// };
/// # let _ = throttle;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unique {
    /// The key.
    pub key: Name,
    /// How long the task holds it.
    pub scope: UniqueScope,
    /// What becomes of this submission if another task holds it.
    pub on_conflict: OnConflict,
}

impl Unique {
    /// A key that is held until the task ends; another submission meanwhile is refused.
    #[must_use]
    pub fn new(key: impl Into<Name>) -> Self {
        Self {
            key: key.into(),
            scope: UniqueScope::default(),
            on_conflict: OnConflict::default(),
        }
    }
}

/// As [`Unique::new`].
impl From<&str> for Unique {
    fn from(key: &str) -> Self {
        Self::new(key)
    }
}

/// How long a task holds its unique key. What the holder said counts, not who comes later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UniqueScope {
    /// Until it ends.
    #[default]
    Unfinished,
    /// Until its first attempt is claimed, or it ends. It is not taken back for a retry.
    Waiting,
    /// This long from its submission, whatever becomes of it: 1 µs to 366 days.
    Period(Duration),
}

impl UniqueScope {
    /// What it means for a task that is, or was, submitted at an instant.
    #[must_use]
    pub fn hold(self, submitted_at: Timestamp) -> Hold {
        match self {
            Self::Unfinished => Hold::Unfinished,
            Self::Waiting => Hold::Waiting,
            Self::Period(period) => Hold::Until(submitted_at + period),
        }
    }
}

/// What becomes of a submission whose unique key another task holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnConflict {
    /// It is refused, and its batch with it: [`TaskExists`](crate::SubmitError::TaskExists).
    #[default]
    Reject,
    /// It is dropped; the answer names the task that stands for it.
    Keep,
    /// The holder goes on with what this submission brings, if it has not begun; otherwise this one is
    /// refused.
    Replace(Replace),
}

/// What a submission replaces of the task that holds its key: at least one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replace {
    /// What its handler gets.
    pub payload: bool,
    /// How urgent it is.
    pub priority: bool,
    /// When it is due.
    pub due: bool,
}

impl Replace {
    /// Payload, priority and time.
    pub const ALL: Self = Self {
        payload: true,
        priority: true,
        due: true,
    };
    /// Only the payload.
    pub const PAYLOAD: Self = Self {
        payload: true,
        ..Self::NOTHING
    };
    /// Payload and time: what a debounce needs.
    pub const PAYLOAD_AND_DUE: Self = Self {
        payload: true,
        due: true,
        ..Self::NOTHING
    };
    const NOTHING: Self = Self {
        payload: false,
        priority: false,
        due: false,
    };

    /// It replaces nothing at all.
    #[must_use]
    pub const fn is_nothing(self) -> bool {
        !(self.payload || self.priority || self.due)
    }
}
