//! What is kept of an answer.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Response;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::bounds::HEADER_BYTES_MAX;
use crate::bounds::PAYLOAD_DEPTH_MAX;
use crate::nesting::depth;

/// Headers of an answer that are kept. Cookies are not: they are secrets.
const KEPT: [&str; 8] = [
    "content-length",
    "content-type",
    "date",
    "etag",
    "last-modified",
    "location",
    "retry-after",
    "x-request-id",
];

/// An answer, as far as it is kept: the result of a delivery.
#[derive(Serialize)]
pub(super) struct Answer {
    status: u16,
    headers: BTreeMap<&'static str, String>,
    body: Box<RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body_encoding: Option<&'static str>,
    truncated: bool,
    #[serde(skip)]
    bytes: Vec<u8>,
}

impl Answer {
    /// Reads an answer, and of its body `bytes_max` at most; the rest is never fetched.
    pub(super) async fn read(
        mut response: Response,
        bytes_max: usize,
    ) -> Result<Self, reqwest::Error> {
        let status = response.status().as_u16();
        let headers = kept(response.headers());
        let is_json = is_json(response.headers());
        let mut bytes = Vec::new();
        let mut truncated = false;
        while let Some(chunk) = response.chunk().await? {
            let room = bytes_max - bytes.len();
            bytes.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if chunk.len() > room {
                truncated = true;
                break;
            }
        }
        let (body, body_encoding) = content(&mut bytes, is_json, truncated);
        Ok(Self {
            status,
            headers,
            body,
            body_encoding,
            truncated,
            bytes,
        })
    }

    /// As JSON text.
    pub(super) fn json(&self) -> String {
        serde_json::to_string(self).expect("text and numbers become JSON")
    }

    /// The body, as far as it is kept, if it is text.
    pub(super) fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes).ok().map(str::trim)
    }
}

fn kept(headers: &HeaderMap) -> BTreeMap<&'static str, String> {
    let kept = KEPT.iter().filter_map(|name| {
        let text = headers.get(*name)?.to_str().ok()?;
        let end = text.floor_char_boundary(HEADER_BYTES_MAX);
        Some((*name, text[..end].to_owned()))
    });
    kept.collect()
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let essence = value.and_then(|text| text.split(';').next());
    essence.is_some_and(|text| {
        let text = text.trim();
        text.eq_ignore_ascii_case("application/json") || text.ends_with("+json")
    })
}

/// JSON if it is whole and says so, and can be read by those who ask for the result; otherwise text,
/// otherwise text in base64.
fn content(
    bytes: &mut Vec<u8>,
    is_json: bool,
    truncated: bool,
) -> (Box<RawValue>, Option<&'static str>) {
    if is_json
        && !truncated
        && let Ok(json) = serde_json::from_slice::<Box<RawValue>>(bytes)
        && depth(json.get()) <= PAYLOAD_DEPTH_MAX
    {
        return (json, None);
    }
    if truncated {
        drop_broken_character(bytes);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => (text_json(text), None),
        Err(_) => (text_json(&STANDARD.encode(&bytes)), Some("base64")),
    }
}

/// Cuts off a character of which the end was not read.
fn drop_broken_character(bytes: &mut Vec<u8>) {
    if let Err(error) = std::str::from_utf8(bytes)
        && error.error_len().is_none()
    {
        bytes.truncate(error.valid_up_to());
    }
}

fn text_json(text: &str) -> Box<RawValue> {
    to_raw_value(text).expect("text becomes JSON")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(bytes: &[u8], is_json: bool, truncated: bool) -> (String, Option<&'static str>) {
        let (json, encoding) = content(&mut bytes.to_vec(), is_json, truncated);
        (json.get().to_owned(), encoding)
    }

    #[test]
    fn a_body_is_kept_in_the_plainest_way_that_holds_it() {
        assert_eq!(
            body(b"{\"a\": 1}", true, false),
            ("{\"a\": 1}".into(), None)
        );
        assert_eq!(
            body(b"{\"a\": 1}", false, false),
            ("\"{\\\"a\\\": 1}\"".into(), None)
        );
        assert_eq!(body(b"{\"a\"", true, true), ("\"{\\\"a\\\"\"".into(), None));
        assert_eq!(
            body(b"broken json", true, false),
            ("\"broken json\"".into(), None)
        );
        let nested = |deep| "[".repeat(deep) + &"]".repeat(deep);
        let deep = nested(PAYLOAD_DEPTH_MAX);
        assert_eq!(body(deep.as_bytes(), true, false).0, deep);
        let deeper = nested(PAYLOAD_DEPTH_MAX + 1);
        assert_eq!(
            body(deeper.as_bytes(), true, false).0,
            format!("\"{deeper}\"")
        );
        assert_eq!(
            body(&[0xff, 0xfe], false, false),
            ("\"//4=\"".into(), Some("base64"))
        );
        assert_eq!(
            body(&"aü".as_bytes()[..2], false, true),
            ("\"a\"".into(), None)
        );
    }
}
