//! Schedules that cannot be read.

use duly_store::{Name, ScheduleRecord, StoreError};
use serde::Deserialize;

/// A schedule whose text cannot be read: no more is known of it. Nothing fires from it; it can be removed, and put
/// again if it is [damaged](Self::written_in).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("schedule \"{name}\" {problem}")]
pub struct UnreadableSchedule {
    /// Its name.
    pub name: Name,
    /// Who declared it, if it was declared.
    pub owner: Option<Name>,
    /// The version of the text, if it is one that another version of Duly wrote; `None`: it is damaged.
    pub written_in: Option<u32>,
    /// What is wrong, and what to do about it, as the end of a sentence that begins with its name.
    pub problem: String,
}

impl From<UnreadableSchedule> for StoreError {
    fn from(unreadable: UnreadableSchedule) -> Self {
        Self::Corrupt {
            reason: unreadable.to_string(),
        }
    }
}

/// Why a text cannot be read.
#[derive(Debug)]
pub(super) enum Unread {
    /// Another version of Duly wrote it.
    Version(u32),
    /// It is damaged.
    Damaged(String),
}

#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

impl Unread {
    /// Whether a text is of the version that is known.
    pub(super) fn check_version(text: &str, known: u32) -> Result<(), Self> {
        let Versioned { version } = serde_json::from_str(text)?;
        if version == known {
            return Ok(());
        }
        Err(Self::Version(version))
    }

    pub(super) fn of(self, record: &ScheduleRecord) -> UnreadableSchedule {
        let (written_in, problem) = match self {
            Self::Version(version) => {
                let problem = format!(
                    "was written in version {version}, which this Duly does not know: use the version of Duly \
                     that wrote it, or remove it"
                );
                (Some(version), problem)
            }
            Self::Damaged(problem) => {
                let problem = format!("is damaged ({problem}): put it again, or remove it");
                (None, problem)
            }
        };
        UnreadableSchedule {
            name: record.name.clone(),
            owner: record.owner.clone(),
            written_in,
            problem,
        }
    }
}

impl From<serde_json::Error> for Unread {
    fn from(error: serde_json::Error) -> Self {
        Self::Damaged(error.to_string())
    }
}
