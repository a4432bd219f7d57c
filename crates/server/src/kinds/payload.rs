//! Reading a payload, with errors that say where and what was expected, and never what stood there.

use duly_api::ParseError;
use serde::de::DeserializeOwned;

/// The object that a payload holds.
pub(super) fn read<T: DeserializeOwned>(payload: &[u8]) -> Result<T, String> {
    duly_api::parse_object(payload).map_err(refusal)
}

/// What is wrong, without the value that stands there: it may be a secret in the wrong place.
fn refusal(error: ParseError) -> String {
    let names_value = error.message.starts_with("invalid ");
    let said = match &error.expected {
        Some(expected) if names_value => {
            let (line, column) = (error.line, error.column);
            format!("expected {expected}, at line {line} column {column}")
        }
        _ => error.to_string(),
    };
    match error.field {
        Some(field) => format!("payload.{field}: {said}"),
        None => format!("payload: {said}"),
    }
}
