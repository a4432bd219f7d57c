//! Unique keys: how long they are held, and what becomes of who comes second.

use serde::{Deserialize, Serialize};

/// Until when a task holds its unique key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum UniqueWhile {
    /// Until it ends.
    #[default]
    Unfinished,
    /// Until its first attempt is claimed, or it ends.
    Waiting,
}

/// What becomes of a submission whose unique key another task holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum OnConflict {
    /// It is refused: `TaskExists`.
    Reject,
    /// It is dropped; the answer names the task that stands for it.
    Keep,
    /// The other task goes on with what it brings, if it has not begun; otherwise it is refused.
    Replace,
}

/// What a submission replaces of the task that holds its unique key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Replaces {
    /// What its handler gets.
    Payload,
    /// How urgent it is.
    Priority,
    /// When it may start.
    Time,
}

/// How a submission was taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Admission {
    /// It is a task of its own.
    #[default]
    New,
    /// It had been taken before, and nothing was changed.
    Existed,
    /// Another task holds its unique key and stands for it; nothing was changed.
    Kept,
    /// Another task holds its unique key and goes on with what it brought.
    Replaced,
}

impl Admission {
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde passes a reference"
    )]
    pub(crate) const fn is_new(&self) -> bool {
        matches!(self, Self::New)
    }
}
