//! Patterns of names.

use alloc::boxed::Box;
use core::fmt;

/// A text in which `*` stands for any characters, also none; all else stands for itself.
///
/// ```
/// use duly_core::rules::Pattern;
///
/// let mails = Pattern::new("mail.*");
/// assert!(mails.matches("mail.send") && mails.matches("mail."));
/// assert!(!mails.matches("email.send"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(Box<str>);

impl Pattern {
    /// The pattern that is written so.
    #[must_use]
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the whole of the text is such. Takes at most as many steps as pattern and text have bytes,
    /// multiplied.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let (pattern, text) = (self.0.as_bytes(), text.as_bytes());
        let (mut at, mut seen) = (0, 0);
        // Behind the last star, and where in the text it ends for now.
        let mut star = None;
        while seen < text.len() {
            if pattern.get(at) == Some(&b'*') {
                star = Some((at + 1, seen));
                at += 1;
            } else if pattern.get(at) == Some(&text[seen]) {
                (at, seen) = (at + 1, seen + 1);
            } else if let Some((behind, end)) = star {
                // The star takes one byte more: no earlier star needs to, for the last can take all that
                // they could.
                star = Some((behind, end + 1));
                (at, seen) = (behind, end + 1);
            } else {
                return false;
            }
        }
        pattern[at..].iter().all(|&byte| byte == b'*')
    }

    /// Every text that is such as `other` is also such as this. `false` does not mean that some is not.
    pub(super) fn covers(&self, other: &Self) -> bool {
        // A star of the other is met by a star of this alone, which takes whatever the other's would.
        self.matches(&other.0)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
