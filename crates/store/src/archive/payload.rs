//! Payloads and results.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use super::bounds::JSON_DEPTH_MAX;
use crate::{Encoding, Payload};

#[derive(Serialize)]
struct Written<'a> {
    encoding: &'static str,
    #[serde(skip_serializing_if = "is_zero")]
    version: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    json: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a payload with json or base64")]
struct Read<'a> {
    #[serde(borrow)]
    encoding: Cow<'a, str>,
    #[serde(default)]
    version: u16,
    key_id: Option<String>,
    #[serde(default, deserialize_with = "raw")]
    json: Option<Box<RawValue>>,
    base64: Option<Cow<'a, str>>,
}

/// JSON as it stands there: `null` is JSON too, and not nothing.
fn raw<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Box<RawValue>>, D::Error> {
    Box::<RawValue>::deserialize(deserializer).map(Some)
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
const fn is_zero(version: &u16) -> bool {
    *version == 0
}

/// A payload in an archive.
#[derive(Clone, Debug)]
pub(super) struct Element(pub(super) Payload);

impl Serialize for Element {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let payload = &self.0;
        let json = (payload.encoding == Encoding::Json)
            .then(|| as_json(&payload.bytes))
            .flatten();
        Written {
            encoding: match payload.encoding {
                Encoding::Json => "json",
                Encoding::Bytes => "bytes",
            },
            version: payload.version,
            key_id: payload.key_id.as_deref(),
            json,
            base64: json.is_none().then(|| STANDARD.encode(&payload.bytes)),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Element {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = Read::deserialize(deserializer)?;
        let encoding = match &*read.encoding {
            "json" => Encoding::Json,
            "bytes" => Encoding::Bytes,
            other => {
                let problem = format_args!("encoding is {other:?}: expected json or bytes");
                return Err(D::Error::custom(problem));
            }
        };
        let bytes: Vec<u8> = match (read.json, read.base64) {
            (Some(json), None) if encoding == Encoding::Json => json.get().into(),
            (None, Some(text)) => STANDARD
                .decode(text.as_bytes())
                .map_err(|_| D::Error::custom("base64 is not valid: expected padded base64"))?,
            _ => {
                return Err(D::Error::custom(
                    "expected the bytes once: under json if the encoding is json, or under base64",
                ));
            }
        };
        Ok(Self(Payload {
            encoding,
            version: read.version,
            key_id: read.key_id.map(Into::into),
            bytes: bytes.into(),
        }))
    }
}

/// The bytes as JSON, if they can stand in a line and come back as they are.
fn as_json(bytes: &[u8]) -> Option<&RawValue> {
    if bytes.contains(&b'\n') || bytes.contains(&b'\r') || depth(bytes) > JSON_DEPTH_MAX {
        return None;
    }
    let json: &RawValue = serde_json::from_slice(bytes).ok()?;
    (json.get().len() == bytes.len()).then_some(json)
}

/// How deep JSON is nested; of what is no JSON, anything.
fn depth(bytes: &[u8]) -> usize {
    let (mut open, mut most) = (0_usize, 0);
    let mut in_string = false;
    let mut escaped = false;
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_string,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                open += 1;
                most = most.max(open);
            }
            b']' | b'}' if !in_string => open = open.saturating_sub(1),
            _ => {}
        }
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(payload: &Payload) -> String {
        serde_json::to_string(&Element(payload.clone())).unwrap()
    }

    #[test]
    fn json_stands_as_it_is_and_everything_comes_back() {
        let deep = |n| "[".repeat(n) + &"]".repeat(n);
        let json = [
            "null",
            r#"{"a":1.0,"a":1e999,"s":"]][[\\\"[ \ud800"}"#,
            "12345678901234567890",
            &deep(JSON_DEPTH_MAX),
        ];
        let base64 = [
            "",
            "{",
            " 1",
            "1 ",
            "[1,\n2]",
            "[1,\r2]",
            "\"\u{1}\"",
            &deep(JSON_DEPTH_MAX + 1),
            &deep(100_000),
        ];
        for (texts, field) in [(&json[..], "json"), (&base64[..], "base64")] {
            for text in texts {
                let payload = Payload::json(*text);
                let written = written(&payload);
                let start = format!("{{\"encoding\":\"json\",\"{field}\":");
                assert!(written.starts_with(&start), "{written}");
                assert!(!written.contains('\n'));
                let read: Element = serde_json::from_str(&written).unwrap();
                assert_eq!(read.0, payload);
            }
        }
        for payload in [
            Payload::bytes("{}"),
            Payload {
                version: 3,
                key_id: Some("k".into()),
                ..Payload::bytes(vec![0, 255])
            },
        ] {
            let read: Element = serde_json::from_str(&written(&payload)).unwrap();
            assert_eq!(read.0, payload);
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, expected) in [
            (r#"{"encoding":"xml","json":1}"#, "expected json or bytes"),
            (r#"{"encoding":"json"}"#, "expected the bytes once"),
            (
                r#"{"encoding":"bytes","json":1}"#,
                "expected the bytes once",
            ),
            (
                r#"{"encoding":"json","json":1,"base64":""}"#,
                "expected the bytes once",
            ),
            (r#"{"encoding":"json","base64":"!"}"#, "base64 is not valid"),
            (r#"{"encoding":"json","json":1,"x":1}"#, "unknown field `x`"),
            (r#"{"json":1}"#, "missing field `encoding`"),
            (r#"{"encoding":"json","json":1,"version":70000}"#, "u16"),
        ] {
            let error = serde_json::from_str::<Element>(text).unwrap_err();
            assert!(error.to_string().contains(expected), "{text}: {error}");
        }
    }
}
