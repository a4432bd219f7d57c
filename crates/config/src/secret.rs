//! Text that is never shown.

use std::fmt;

use crate::snippet::VEIL;

/// A text that neither `Debug` nor anything else shows; who needs it calls
/// [`expose`](Self::expose).
///
/// ```
/// let secret = duly_config::Secret::from("open sesame");
/// assert_eq!(format!("{secret:?}"), "***");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl<T: Into<String>> From<T> for Secret {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(VEIL)
    }
}
