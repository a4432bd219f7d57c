//! The line of a file that an error is about, without the secrets that may stand on it.

use std::borrow::Cow;
use std::fmt;

use crate::bounds::SNIPPET_CHARS_MAX;
use crate::origin::Spot;

/// What stands for a secret.
pub(crate) const VEIL: &str = "***";

/// How much of a line is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// All of it.
    Whole,
    /// Up to the end of the name at the place: nobody knows whether what follows it is a secret.
    Name,
    /// Up to the place: the same of what stands there.
    Place,
}

impl Extent {
    fn cut(self, line: Cow<'_, str>, column: usize) -> Cow<'_, str> {
        let mut from = line.char_indices().skip(column - 1);
        let end = match self {
            Self::Whole => None,
            Self::Name => from.find(|(_, c)| *c == ':').map(|(at, _)| at + 1),
            Self::Place => from.next().map(|(at, _)| at),
        };
        match end {
            Some(end) if end < line.len() => Cow::Owned(format!("{} …", line[..end].trim_end())),
            _ => line,
        }
    }
}

/// Writes the line with a mark under the place.
pub(crate) fn write(f: &mut fmt::Formatter<'_>, spot: &Spot, extent: Extent) -> fmt::Result {
    let Some(line) = shown(&spot.document.text, spot.line) else {
        return Ok(());
    };
    let line = extent.cut(line, spot.column);
    // Tabs would move the mark.
    let clear = |c: char| if c.is_control() { ' ' } else { c };
    let line: String = line.chars().take(SNIPPET_CHARS_MAX).map(clear).collect();
    let number = spot.line.to_string();
    let gap = " ".repeat(number.len());
    write!(f, "\n{gap} |\n{number} | {}", line.trim_end())?;
    if spot.column <= line.chars().count() + 1 {
        write!(f, "\n{gap} | {}^", " ".repeat(spot.column - 1))?;
    }
    Ok(())
}

/// A line of the text as it may be shown; `None` if there is nothing on it.
fn shown(text: &str, number: usize) -> Option<Cow<'_, str>> {
    let mut secret: Option<Region> = None;
    for (i, line) in text.lines().enumerate() {
        if secret.as_ref().is_some_and(|region| region.ends_at(line)) {
            secret = None;
        }
        let covered = secret.is_some();
        if !covered {
            secret = Region::begins_on(line);
        }
        if i + 1 < number {
            continue;
        }
        let shown = match &secret {
            _ if covered => Cow::Borrowed(VEIL),
            Some(region) => Cow::Owned(format!("{}: {VEIL}", &line[..region.name_end])),
            None => without_passwords(line),
        };
        return Some(shown).filter(|line| !line.trim().is_empty());
    }
    None
}

/// Lines that may hold a secret: from a name that sounds like one to the next name that stands no
/// deeper. The text need not be sound YAML, so this looks at lines alone.
struct Region {
    indent: usize,
    name_end: usize,
    /// It began within brackets: where they end is not known.
    is_open: bool,
}

/// Beginnings of names whose values are not shown, although they may be misspelt or misplaced.
const SECRET_WORDS: [&str; 7] = [
    "tok",
    "secret",
    "passw",
    "env",
    "authorization",
    "credential",
    "paylo",
];
/// Names that begin so, and hold no secret.
const PUBLIC_WORDS: [&str; 5] = [
    "free_env",
    "pass_env",
    "token_file",
    "payload_bytes_at_least",
    "payload_bytes_at_most",
];

impl Region {
    fn begins_on(line: &str) -> Option<Self> {
        let lower = line.to_ascii_lowercase();
        let code = lower
            .find(" #")
            .map_or(&*lower, |comment| &lower[..comment]);
        if code.trim_start().starts_with('#') {
            return None;
        }
        let starts = SECRET_WORDS
            .iter()
            .flat_map(|word| code.match_indices(word));
        let name_end = starts
            .filter_map(|(start, _)| name_end(code, start))
            .min()?;
        Some(Self {
            indent: indent(line),
            name_end,
            is_open: !is_closed(code.trim_end()),
        })
    }

    fn ends_at(&self, line: &str) -> bool {
        let is_name = line.contains(':') && !line.trim_start().starts_with(['-', '#']);
        !self.is_open && is_name && indent(line) <= self.indent
    }
}

/// Every bracket of the line ends on it.
fn is_closed(code: &str) -> bool {
    let code = code.trim_end_matches(['"', '\'']);
    let opened = code.matches(['{', '[']).count();
    opened == 0 || (code.ends_with(['}', ']']) && opened == code.matches(['}', ']']).count())
}

/// Where the name ends that holds this word and is followed by a colon.
fn name_end(code: &str, word: usize) -> Option<usize> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    let before = code[..word].char_indices().rev();
    let start = before.take_while(|(_, c)| is_name(*c)).last();
    let start = start.map_or(word, |(at, _)| at);
    let end = code[word..].find(|c| !is_name(c)).map(|at| word + at)?;
    let closes = code[end..].trim_start_matches(['"', '\'', ' ']);
    let is_public = PUBLIC_WORDS.contains(&&code[start..end]);
    (closes.starts_with(':') && !is_public).then_some(end)
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// A line without what stands before the `@` of a URL.
pub(crate) fn without_passwords(line: &str) -> Cow<'_, str> {
    let mut shown = String::new();
    let mut rest = line;
    while let Some(start) = rest.find("://").map(|at| at + 3) {
        let authority_end = rest[start..].find(['/', '?', '#', ' ', '"', '\'', ',']);
        let authority = &rest[start..authority_end.map_or(rest.len(), |end| start + end)];
        shown.push_str(&rest[..start]);
        rest = &rest[start..];
        if let Some(at) = authority.rfind('@') {
            shown.push_str(VEIL);
            rest = &rest[at..];
        }
    }
    if shown.is_empty() {
        return Cow::Borrowed(line);
    }
    shown.push_str(rest);
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
server:
  tokens:
  - hunter2
    more
  listen: here
  tokens: [hunter2]  # one
  token_file: /run/token
other: {tokenz: [hunter2,
hunter2]}
worker:
";

    #[test]
    fn secrets_are_not_shown_wherever_they_stand() {
        let line = |number| shown(TEXT, number).unwrap_or_default();
        assert_eq!(line(2), "  tokens: ***");
        assert_eq!(line(3), "***");
        assert_eq!(line(4), "***");
        assert_eq!(line(5), "  listen: here");
        assert_eq!(line(6), "  tokens: ***");
        assert_eq!(line(7), "  token_file: /run/token");
        assert_eq!(line(8), "other: {tokenz: ***");
        assert_eq!((line(9), line(10)), (VEIL.into(), VEIL.into()));
        for n in 1..=11 {
            assert!(!line(n).contains("hunter2"), "{n}");
        }
    }

    #[test]
    fn comments_are_no_secrets() {
        assert_eq!(
            shown("# tokens: none\na: 1 # token: x", 2).unwrap(),
            "a: 1 # token: x"
        );
    }

    #[test]
    fn urls_are_shown_without_their_passwords() {
        for (line, expected) in [
            ("store: sqlite:a.db", "store: sqlite:a.db"),
            (
                "store: x://u:p@w@host/db?a=b@c",
                "store: x://***@host/db?a=b@c",
            ),
            (
                "[a://u:p@h, b://h, c://p@h]",
                "[a://***@h, b://h, c://***@h]",
            ),
        ] {
            assert_eq!(without_passwords(line), expected);
        }
    }
}
