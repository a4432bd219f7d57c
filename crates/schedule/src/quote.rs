//! Wrong values, as messages quote them.

use crate::bounds::QUOTE_CHARS_MAX;

/// A value in quotes, without control characters, and not all of it if it is long.
pub(crate) fn quote(value: &str) -> String {
    let mut shown: String = value.chars().take(QUOTE_CHARS_MAX).collect();
    if shown.len() < value.len() {
        shown.push('…');
    }
    format!("{shown:?}")
}
