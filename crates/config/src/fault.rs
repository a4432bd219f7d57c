//! What is wrong with a configuration: all of it that can be found.

use std::fmt;
use std::path::PathBuf;

use crate::bounds::FAULTS_MAX;
use crate::origin::{Origin, Spot};
use crate::snippet::{self, Extent};

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {}: {reason}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why, and what to do.
        reason: String,
    },
    /// Something in it makes no sense.
    #[error("{}", all(faults))]
    Invalid {
        /// What, in the order of the file, then the variables, then the flags.
        faults: Vec<Fault>,
    },
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub origin: Origin,
    /// The setting that it is about, such as `worker.concurrency`, if it is one.
    pub setting: Option<String>,
    /// What is wrong, and what was expected. No secret is quoted.
    pub message: String,
    /// How much of its line is shown.
    extent: Extent,
}

impl Fault {
    pub(crate) const fn new(origin: Origin, message: String) -> Self {
        Self {
            origin,
            setting: None,
            message,
            extent: Extent::Whole,
        }
    }

    pub(crate) fn about_name(origin: Origin, message: String) -> Self {
        Self {
            extent: Extent::Name,
            ..Self::new(origin, message)
        }
    }

    /// About a value that may be meant to be anything.
    pub(crate) fn about_anything(origin: Origin, message: String) -> Self {
        Self {
            extent: Extent::Place,
            ..Self::new(origin, message)
        }
    }

    pub(crate) fn about(origin: Origin, setting: &str, message: String) -> Self {
        Self {
            setting: Some(setting.to_owned()),
            ..Self::new(origin, message)
        }
    }

    /// Where in the file, if it is there.
    #[must_use]
    pub const fn spot(&self) -> Option<&Spot> {
        match &self.origin {
            Origin::File(spot) => Some(spot),
            _ => None,
        }
    }
}

impl fmt::Display for Fault {
    /// Where, what, and the line of the file with a mark under what is wrong.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Origin::Default => f.write_str(&self.message),
            Origin::File(spot) => {
                write!(f, "{spot:?}: {}", self.message)?;
                snippet::write(f, spot, self.extent)
            }
            Origin::Variable(name) | Origin::Flag(name) => {
                write!(f, "{name}: {}", self.message)
            }
        }
    }
}

fn all(faults: &[Fault]) -> String {
    let mut lines: Vec<_> = faults
        .iter()
        .take(FAULTS_MAX)
        .map(ToString::to_string)
        .collect();
    if faults.len() > FAULTS_MAX {
        lines.push(format!("and {} more", faults.len() - FAULTS_MAX));
    }
    lines.join("\n")
}
