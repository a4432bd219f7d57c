//! What goes to stdout: text for people, lines for pipes.

mod bar;
mod colour;
mod json;
mod table;
mod when;

use std::borrow::Cow;
use std::io::{ErrorKind, IsTerminal, Write};

use anyhow::Context;
use duly_api::Progress;
use serde::Serialize;

pub(crate) use bar::Bar;
pub(crate) use colour::{coloured_to, event, state};
pub(crate) use json::set_out;
pub(crate) use table::Table;
pub(crate) use when::{ago, span, when};

use crate::failure::Failure;

/// The terminal can only take plain lines.
pub(crate) fn is_plain() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// Somebody looks at stdout.
pub(crate) fn is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

/// Writes text and ends its line. A reader that has gone away (`duly list | head`) is no error.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    match stream(text) {
        Err(Failure::Unheard) => Ok(()),
        written => written,
    }
}

/// The same for what has no end, or none soon: it ends when nobody reads on.
pub(crate) fn stream(text: &str) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    match writeln!(stdout, "{text}").and_then(|()| stdout.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(Failure::Unheard),
        Err(error) => Err(anyhow::Error::new(error)
            .context("cannot write to stdout")
            .into()),
    }
}

/// Writes one line of JSON.
pub(crate) fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    print(&json_line(value)?)
}

/// The same for what has no end, or none soon.
pub(crate) fn stream_json(value: &impl Serialize) -> Result<(), Failure> {
    stream(&json_line(value)?)
}

fn json_line(value: &impl Serialize) -> Result<String, Failure> {
    let text = serde_json::to_string(value).context("cannot write the answer as JSON")?;
    // Payloads stand there as they were submitted. A line break within them lies between two tokens: in
    // texts it is written as `\n`.
    Ok(text.replace(['\n', '\r'], " "))
}

/// Says on stderr that there is more than was asked for, and how to get it: on stdout it would stand
/// among the answers.
pub(crate) fn more(option: &str, next: &str, as_json: bool) {
    let line = if as_json {
        serde_json::json!({ "next": next }).to_string()
    } else {
        format!("more: {option} {next}")
    };
    note(&line);
}

/// Says something on stderr.
pub(crate) fn note(line: &str) {
    // There is nobody left to tell if stderr is closed.
    let _ = writeln!(std::io::stderr().lock(), "{}", printable(line));
}

/// Columns of the terminal that stdout is.
pub(crate) fn width() -> Option<usize> {
    let (_, columns) = console::Term::stdout().size_checked()?;
    Some(usize::from(columns)).filter(|&columns| columns > 0)
}

/// Text on one line that cannot steer a terminal: errors quote servers of elsewhere.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if text.chars().any(char::is_control) {
        Cow::Owned(text.replace(char::is_control, " "))
    } else {
        Cow::Borrowed(text)
    }
}

/// The same, but lines stay lines.
pub(crate) fn printable_lines(text: &str) -> Cow<'_, str> {
    let steers = |c: char| c.is_control() && c != '\n';
    if text.contains(steers) {
        Cow::Owned(text.replace(steers, " "))
    } else {
        Cow::Borrowed(text)
    }
}

/// Names and values, one below the other.
pub(crate) fn facts(facts: &[(String, String)]) -> String {
    let lines = facts
        .iter()
        .map(|(name, value)| format!("{:<14}{}", printable(name), printable(value)));
    lines.collect::<Vec<_>>().join("\n")
}

/// How far a task says it is.
pub(crate) fn progress(progress: &Progress) -> String {
    format!("{:.0} % {}", progress.fraction * 100.0, progress.text)
}

/// So many of something: `1 task`, `1,234 tasks`.
pub(crate) fn many(number: u64, one: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {one}{plural}", count(number))
}

/// A number with commas between its thousands.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_one_line_however_its_payload_was_written() {
        let payload = "{\n  \"a\\n\": [1,\r\n 2]\n}";
        let payload = serde_json::value::RawValue::from_string(payload.to_owned()).unwrap();
        let line = json_line(&payload).unwrap();
        assert_eq!(line, "{   \"a\\n\": [1,   2] }");
    }

    #[test]
    fn one_is_not_many() {
        assert_eq!(
            [0, 1, 2].map(|n| many(n, "task")),
            ["0 tasks", "1 task", "2 tasks"]
        );
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(
            [0, 999, 1_000, 1_234_567].map(count),
            ["0", "999", "1,000", "1,234,567"]
        );
    }

    #[test]
    fn nothing_printed_steers_the_terminal() {
        assert_eq!(printable("a\x1b[2Jb\nc"), "a [2Jb c");
        assert_eq!(printable_lines("a\x1b[2Jb\nc"), "a [2Jb\nc");
        assert_eq!(printable("plain ü"), "plain ü");
    }
}
