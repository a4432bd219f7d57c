//! `store`.

use std::fmt;

use crate::snippet::without_passwords;

pub(super) const ABOUT: &str = "Where the tasks are: an embedded file, with options such as \
sqlite:duly.db?synchronous=normal, or the memory of this process.";

/// The URL of a store. Shown, it lacks the password that it may hold.
#[derive(Clone, PartialEq, Eq)]
pub struct StoreUrl(String);

impl StoreUrl {
    /// The URL itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for StoreUrl {
    fn default() -> Self {
        Self::from("sqlite:duly.db")
    }
}

impl From<&str> for StoreUrl {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&without_passwords(&self.0))
    }
}

impl fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}
