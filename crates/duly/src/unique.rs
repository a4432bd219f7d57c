//! Unique keys made of fields of the payload.

use duly_store::bounds::UNIQUE_FIELDS_MAX;
use duly_store::{Encoding, InvalidInput, Name, Payload};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The unique key of a task by some values of its payload, each named by a
/// [JSON pointer](https://www.rfc-editor.org/rfc/rfc6901): a digest that is the same wherever and
/// whenever it is made. The order of the pointers does not count, nor does that of the members of an
/// object; a number counts as it is written. What is not there counts as `null`.
///
/// ```
/// use duly::{Payload, key_of_fields};
///
/// let one = Payload::json(r#"{"user": {"id": 7}, "at": 1}"#);
/// let two = Payload::json(r#"{"at": 2, "user": {"id": 7}}"#);
/// assert_eq!(key_of_fields(&one, &["/user/id"])?, key_of_fields(&two, &["/user/id"])?);
/// assert_ne!(key_of_fields(&one, &["/at"])?, key_of_fields(&two, &["/at"])?);
/// # Ok::<(), duly::InvalidInput>(())
/// ```
///
/// # Errors
/// If there is no pointer, or more than 32, one is none, or the payload is no JSON: `unique_fields`.
pub fn key_of_fields<S: AsRef<str>>(payload: &Payload, fields: &[S]) -> Result<Name, InvalidInput> {
    let mut fields: Vec<&str> = fields.iter().map(AsRef::as_ref).collect();
    fields.sort_unstable();
    fields.dedup();
    if fields.is_empty() || fields.len() > UNIQUE_FIELDS_MAX {
        let value = format!("{} fields", fields.len());
        return Err(refused(value, format!("1 to {UNIQUE_FIELDS_MAX} fields")));
    }
    if let Some(wrong) = fields.iter().find(|field| !is_pointer(field)) {
        let expected = "JSON pointers, such as /user/id".to_owned();
        return Err(refused(format!("{wrong:?}"), expected));
    }
    let json: Option<Value> = (payload.encoding == Encoding::Json)
        .then(|| serde_json::from_slice(&payload.bytes).ok())
        .flatten();
    let Some(json) = json else {
        let value = "given, and the payload is no JSON".to_owned();
        return Err(refused(value, "a payload of JSON".to_owned()));
    };
    let mut hash = Sha256::new_with_prefix(b"duly unique fields\0");
    for field in fields {
        hash.update(field.as_bytes());
        hash.update([0]);
        let mut text = String::new();
        write(json.pointer(field).unwrap_or(&Value::Null), &mut text);
        hash.update(text.as_bytes());
        hash.update([0]);
    }
    Ok(hex(&hash.finalize()).into())
}

fn refused(value: String, expected: String) -> InvalidInput {
    InvalidInput {
        field: "unique_fields",
        value,
        expected,
    }
}

/// Whether a text is empty, or begins with a slash, and escapes as pointers do.
fn is_pointer(text: &str) -> bool {
    let mut escapes = text.split('~').skip(1);
    (text.is_empty() || text.starts_with('/')) && escapes.all(|rest| rest.starts_with(['0', '1']))
}

/// Writes JSON in one way only: the members of an object by name, nothing between them.
fn write(value: &Value, text: &mut String) {
    match value {
        Value::Array(values) => {
            text.push('[');
            for value in values {
                write(value, text);
                text.push(',');
            }
            text.push(']');
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            text.push('{');
            for (name, value) in members {
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push(':');
                write(value, text);
                text.push(',');
            }
            text.push('}');
        }
        plain => text.push_str(&plain.to_string()),
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(json: &str, fields: &[&str]) -> Result<Name, String> {
        key_of_fields(&Payload::json(json), fields).map_err(|error| error.to_string())
    }

    #[test]
    fn a_key_is_the_same_whenever_it_is_made() {
        let text = key(
            r#"{"a": {"y": [1, "é"], "x": null}, "b": 2}"#,
            &["/a", "/b"],
        )
        .unwrap();
        assert_eq!(text.len(), 64);
        for same in [
            key(
                r#"{"b":2,"a":{"x":null,"y":[1,"\u00e9"]},"c":3}"#,
                &["/b", "/a", "/a"],
            ),
            key(
                r#"{"b": 2, "a": {"x": null, "y": [1, "é"]}}"#,
                &["/a", "/b"],
            ),
        ] {
            assert_eq!(same, Ok(text.clone()));
        }
        for other in [
            key(
                r#"{"a": {"y": [1, "é"], "x": null}, "b": "2"}"#,
                &["/a", "/b"],
            ),
            key(
                r#"{"a": {"y": ["é", 1], "x": null}, "b": 2}"#,
                &["/a", "/b"],
            ),
            key(r#"{"a": {"y": [1, "é"]}, "b": 2}"#, &["/a", "/b"]),
            key(r#"{"a": {"y": [1, "é"], "x": null}, "b": 2}"#, &["/a"]),
        ] {
            assert_ne!(other, Ok(text.clone()));
        }
        assert_eq!(key("{}", &["/a"]), key(r#"{"a": null}"#, &["/a"]));
        assert_eq!(key("7", &[""]), key(" 7 ", &[""]), "all of it");
    }

    #[test]
    fn what_is_no_pointer_or_no_json_is_refused() {
        let refusal = |json, fields| key(json, fields).unwrap_err();
        assert_eq!(
            refusal("{}", &["user"]),
            "unique_fields is \"user\": expected JSON pointers, such as /user/id"
        );
        assert!(refusal("{}", &["/a~2"]).contains("JSON pointers"));
        assert!(refusal("{}", &[]).contains("1 to 32 fields"));
        assert!(refusal("{", &["/a"]).contains("the payload is no JSON"));
        let bytes = Payload::bytes(b"{}".to_vec());
        assert!(key_of_fields(&bytes, &["/a"]).is_err());
    }
}
