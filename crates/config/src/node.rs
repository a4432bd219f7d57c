//! Values before anybody knows what they are meant to be: their text, and where it stands.
//!
//! Nothing is guessed: whether `no` is a name or an answer, and whether `010` is ten or eight, is
//! said by the setting that takes it.

use crate::bounds::QUOTE_CHARS_MAX;
use crate::origin::Origin;
use crate::snippet::without_passwords;

/// A value with its place.
#[derive(Clone)]
pub(crate) struct Node {
    pub(crate) origin: Origin,
    pub(crate) content: Content,
}

#[derive(Clone)]
pub(crate) enum Content {
    /// There is a name and no value: `listen:`.
    Nothing,
    /// One value.
    Text(String),
    /// A value on one line, as variables have them: it may stand for a list or a map as well.
    Line(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A name and its value.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) name: String,
    /// Where the name stands.
    pub(crate) origin: Origin,
    pub(crate) node: Node,
}

impl Node {
    /// The text, if it is one value.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Text(text) | Content::Line(text) => Some(text),
            _ => None,
        }
    }

    /// What it is, for a message.
    pub(crate) fn described(&self) -> String {
        match &self.content {
            Content::Nothing => "empty".to_owned(),
            Content::Text(text) | Content::Line(text) => quoted(text),
            Content::List(_) => "a list".to_owned(),
            Content::Map(_) => "a map".to_owned(),
        }
    }
}

/// Plain words and numbers as they are, other text in quotes, and not too much of it. Passwords in
/// URLs are veiled.
pub(crate) fn quoted(text: &str) -> String {
    let text = &*without_passwords(text);
    let plain = |c: char| c.is_ascii_alphanumeric() || "._:/+-".contains(c);
    let cut: String = text.chars().take(QUOTE_CHARS_MAX).collect();
    let more = if cut.len() < text.len() { "…" } else { "" };
    if !text.is_empty() && text.chars().all(plain) {
        format!("{cut}{more}")
    } else {
        format!("{cut:?}{more}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_is_bounded_and_cannot_be_misread() {
        assert_eq!(quoted("127.0.0.1:0"), "127.0.0.1:0");
        assert_eq!(quoted(""), "\"\"");
        assert_eq!(quoted("a b\n\x1b"), r#""a b\n\u{1b}""#);
        assert_eq!(
            quoted(&"ü".repeat(100)).chars().count(),
            QUOTE_CHARS_MAX + 3
        );
    }
}
