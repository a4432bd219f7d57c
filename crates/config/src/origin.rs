//! Where a value comes from.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where a value comes from: what says so last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// Nobody says anything else.
    #[default]
    Default,
    /// The file.
    File(Spot),
    /// A variable of the environment, by its name.
    Variable(String),
    /// A flag of the command line, such as `--listen`.
    Flag(String),
}

/// A place in a file.
#[derive(Clone, PartialEq, Eq)]
pub struct Spot {
    pub(crate) document: Arc<Document>,
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// A file as it was read. It may hold secrets, so it is never shown as a whole.
#[derive(PartialEq, Eq)]
pub(crate) struct Document {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

impl Spot {
    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.document.path
    }

    /// The line, from 1.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.line
    }

    /// The column in characters, from 1.
    #[must_use]
    pub const fn column(&self) -> usize {
        self.column
    }
}

impl fmt::Debug for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, line, column) = (self.path().display(), self.line, self.column);
        write!(f, "{path}:{line}:{column}")
    }
}

impl fmt::Display for Origin {
    /// `default`, `duly.yaml:4`, `DULY__SERVER__LISTEN` or `--listen`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(spot) => write!(f, "{}:{}", spot.path().display(), spot.line),
            Self::Variable(name) | Self::Flag(name) => f.write_str(name),
        }
    }
}
