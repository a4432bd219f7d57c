//! Reading JSON from outside, so that a refusal names the field and what was expected.

use serde::Deserialize;
use serde_json::error::Category;

use crate::object::Object;

/// Why a text was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}, at line {line} column {column}")]
pub struct ParseError {
    /// It is JSON, but says what it must not.
    pub well_formed: bool,
    /// What is wrong.
    pub message: String,
    /// The path of the field that is wrong, such as `retry.jitter`.
    pub field: Option<String>,
    /// What should have stood there.
    pub expected: Option<String>,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
}

/// Reads one JSON value, all of the text.
///
/// # Errors
/// [`ParseError`], with the place, and the field if it is JSON.
pub fn parse<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Result<T, ParseError> {
    // To know the path at all times costs more than reading twice what is wrong: most texts are right.
    serde_json::from_slice(text).or_else(|_| traced(text))
}

/// The same, with the path in mind.
fn traced<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Result<T, ParseError> {
    let mut json = serde_json::Deserializer::from_slice(text);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        refused(error.inner(), Some(path).filter(|path| path != "."))
    })?;
    json.end().map_err(|error| refused(&error, None))?;
    Ok(value)
}

/// Reads one JSON object, all of the text. Not an array, which `parse` takes for a struct too.
///
/// # Errors
/// [`ParseError`], with the place, and the field if it is JSON.
pub fn parse_object<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Result<T, ParseError> {
    parse::<Object<T>>(text).map(|object| object.0)
}

/// What the parser says of a number that it cannot hold.
const OUT_OF_RANGE: &str = "number out of range";

fn refused(error: &serde_json::Error, path: Option<String>) -> ParseError {
    let whole = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let message = plain(whole.strip_suffix(&place).unwrap_or(&whole));
    // A number like 1e400 is JSON, but more than any field takes.
    let well_formed = error.classify() == Category::Data || message == OUT_OF_RANGE;
    let expected = message.split_once(", expected ").map(|(_, e)| e.to_owned());
    let path = path.or_else(|| named(&message));
    ParseError {
        well_formed,
        message,
        field: path.filter(|_| well_formed),
        expected,
        line: error.line().max(1),
        column: error.column().max(1),
    }
}

/// The field that is missing or there twice: the path leads only to what holds it.
fn named(message: &str) -> Option<String> {
    let rest = ["missing field `", "duplicate field `"]
        .into_iter()
        .find_map(|start| message.strip_prefix(start))?;
    rest.split('`').next().map(str::to_owned)
}

/// The message without words of Rust and of the parser.
fn plain(message: &str) -> String {
    let (said, expected) = match message.split_once(", expected ") {
        Some((said, expected)) => (said, Some(expected)),
        None => (message, None),
    };
    let said = match said {
        "EOF while parsing a value" => "there is nothing where a value should be",
        "expected ident" => "expected a value, and text between quotes",
        other => other,
    };
    let said = said.replace("invalid type: sequence", "invalid type: array");
    let said = said.replace("invalid type: map", "invalid type: object");
    match expected {
        Some("u64" | "usize") => format!("{said}, expected a whole number, 0 or more"),
        Some("u32") => format!("{said}, expected a whole number from 0 to {}", u32::MAX),
        Some("u16") => format!("{said}, expected a whole number from 0 to {}", u16::MAX),
        Some("a map") => format!("{said}, expected an object"),
        Some("a sequence") => format!("{said}, expected an array"),
        Some(other) => format!("{said}, expected {other}"),
        None => said,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::NewTask;

    fn refusal(text: &str) -> ParseError {
        parse::<NewTask>(text.as_bytes()).unwrap_err()
    }

    #[test]
    fn a_field_that_is_not_known_is_named() {
        let error = refusal(r#"{"kind": "a", "prioritty": "high"}"#);
        assert!(error.well_formed);
        assert_eq!(error.field.as_deref(), Some("prioritty"));
        assert!(error.expected.unwrap().contains("`priority`"));
    }

    #[test]
    fn a_value_that_is_wrong_is_named_with_its_path() {
        let error = refusal("{\"kind\": \"a\",\n\"retry\": {\"jitter\": \"some\"}}");
        assert_eq!(error.field.as_deref(), Some("retry.jitter"));
        assert_eq!(error.line, 2);
        let error = refusal(r#"{"kind": "a", "id": "x"}"#);
        assert_eq!(error.field.as_deref(), Some("id"));
        assert!(error.expected.unwrap().starts_with("a UUID"));
        let error = refusal(r#"{"kind": "a", "run_at": "noon"}"#);
        assert_eq!(error.field.as_deref(), Some("run_at"));
    }

    #[test]
    fn refusals_speak_of_json_and_not_of_rust() {
        let error = refusal(r#"{"kind": "a", "delay_ms": -1}"#);
        assert_eq!(error.expected.unwrap(), "a whole number, 0 or more");
        let error = refusal(r#"{"kind": "a", "attempts_max": 1.5}"#);
        assert_eq!(
            error.expected.unwrap(),
            "a whole number from 0 to 4294967295"
        );
        let error = refusal(r#"{"kind": "a", "replace": "payload"}"#);
        assert_eq!(error.field.as_deref(), Some("replace"));
        assert_eq!(error.expected.unwrap(), "an array");
        assert!(refusal("text").message.contains("quotes"));
        assert!(refusal("").message.contains("nothing"));
    }

    #[test]
    fn a_number_that_nothing_holds_is_the_fault_of_its_field() {
        let error = refusal(r#"{"kind": "a", "delay_ms": 1e400}"#);
        assert!(error.well_formed, "{error}");
        assert_eq!(error.field.as_deref(), Some("delay_ms"));
    }

    #[test]
    fn what_is_not_json_has_a_place_and_no_field() {
        let error = refusal("{\"kind\":\n \"a\",}");
        assert!(!error.well_formed);
        assert_eq!((error.line, error.field), (2, None));
        assert!(!refusal("").well_formed);
        assert!(!refusal("{} {}").well_formed);
    }
}
