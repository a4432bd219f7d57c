//! What can be wrong with a file of tasks, and with a run.

use std::fmt;
use std::path::{Path, PathBuf};

/// A file of tasks that makes no sense: where, what, and what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileError {
    /// The file.
    pub path: PathBuf,
    /// Where in it, if it is about a place: line and column, from 1.
    pub place: Option<Place>,
    /// What is wrong and what was expected.
    pub message: String,
    /// The line that is wrong, as it stands there.
    pub line: Option<String>,
}

/// A place in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

/// What is wrong, before it is known in which file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) place: Option<Place>,
    pub(crate) message: String,
}

impl Fault {
    pub(crate) fn at(place: Place, message: impl Into<String>) -> Self {
        Self {
            place: Some(place),
            message: message.into(),
        }
    }

    pub(crate) fn whole(message: impl Into<String>) -> Self {
        Self {
            place: None,
            message: message.into(),
        }
    }

    /// With the file it is about, and the line.
    pub(crate) fn of(self, path: &Path, text: &str) -> FileError {
        let at = |place: Place| text.lines().nth(place.line.checked_sub(1)?);
        let line = self.place.and_then(at).map(str::to_owned);
        FileError {
            path: path.to_owned(),
            place: self.place,
            message: self.message,
            line,
        }
    }
}

/// Characters of a line that are shown before and after the place.
const SHOWN: usize = 60;

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if let Some(place) = self.place {
            write!(f, ":{}:{}", place.line, place.column)?;
        }
        write!(f, ": {}", self.message)?;
        match (self.place, &self.line) {
            (Some(place), Some(line)) => snippet(f, place, line),
            _ => Ok(()),
        }
    }
}

fn snippet(f: &mut fmt::Formatter<'_>, place: Place, line: &str) -> fmt::Result {
    let column = place.column.saturating_sub(1);
    let from = column.saturating_sub(SHOWN);
    let shown: String = line.chars().skip(from).take(2 * SHOWN).collect();
    let shown = shown.trim_end().replace(char::is_control, " ");
    let number = place.line.to_string();
    let margin = " ".repeat(number.len());
    let indent = " ".repeat(column - from);
    write!(f, "\n{margin} |\n{number} | {shown}\n{margin} | {indent}^")
}

impl std::error::Error for FileError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_shown_with_a_mark_below() {
        let fault = Fault::at(Place { line: 2, column: 3 }, "no");
        let error = fault.of(Path::new("a.yaml"), "x\n  yz  \n");
        assert_eq!(error.to_string(), "a.yaml:2:3: no\n  |\n2 |   yz\n  |   ^");
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let line = format!("{}X{}", "a".repeat(500), "b".repeat(500));
        let place = Place {
            line: 1,
            column: 501,
        };
        let text = Fault::at(place, "no").of(Path::new("f"), &line).to_string();
        let lines: Vec<_> = text.lines().collect();
        assert!(lines[2].len() < 140, "{text}");
        let mark = lines[3].find('^').unwrap();
        assert_eq!(&lines[2][mark..=mark], "X");
    }

    #[test]
    fn a_place_beyond_the_text_is_no_panic() {
        let place = Place { line: 9, column: 9 };
        let error = Fault::at(place, "no").of(Path::new("f"), "x");
        assert_eq!(error.to_string(), "f:9:9: no");
    }
}
