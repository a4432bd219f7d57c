//! Text of a schedule that cannot be read.

use duly_store::{Name, StoreError};
use serde::Deserialize;

/// Why.
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

    pub(super) fn of(self, name: &Name) -> StoreError {
        let reason = match self {
            Self::Version(version) => format!(
                "schedule \"{name}\" was written in version {version}, which this Duly does not know: \
                 use the version of Duly that wrote it"
            ),
            Self::Damaged(problem) => {
                format!("schedule \"{name}\" is damaged ({problem}): put it again")
            }
        };
        StoreError::Corrupt { reason }
    }
}

impl From<serde_json::Error> for Unread {
    fn from(error: serde_json::Error) -> Self {
        Self::Damaged(error.to_string())
    }
}
