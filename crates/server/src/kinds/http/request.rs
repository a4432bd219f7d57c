//! The payload of a delivery, checked.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Url};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::bounds::{
    HEADERS_MAX, RESPONSE_BYTES_DEFAULT, RESPONSE_BYTES_MAX, TIMEOUT_DEFAULT, TIMEOUT_MAX,
    URL_BYTES_MAX,
};
use super::statuses::Statuses;
use crate::kinds::payload;

/// Headers that belong to the connection, and would break it.
const OF_THE_CONNECTION: [&str; 7] = [
    "connection",
    "content-length",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// The payload as it is written. It shows nothing of itself: headers and bodies hold secrets.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    url: String,
    method: Option<String>,
    #[serde(default, deserialize_with = "duly_api::object::texts")]
    headers: BTreeMap<String, String>,
    body: Option<Box<RawValue>>,
    timeout_ms: Option<u64>,
    success: Option<Statuses>,
    retry: Option<Statuses>,
    response_bytes_max: Option<usize>,
}

/// A delivery that makes sense.
pub(super) struct Request {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<String>,
    pub(super) timeout: Duration,
    pub(super) success: Statuses,
    pub(super) retry: Statuses,
    pub(super) response_bytes_max: usize,
}

impl Request {
    /// From the payload; the error names the field and what was expected, never a header's value.
    pub(super) fn read(payload: &[u8]) -> Result<Self, String> {
        let wire: Wire = payload::read(payload)?;
        let mut headers = headers(&wire.headers)?;
        let body = wire.body.map(|body| content(&body, &mut headers));
        Ok(Self {
            method: method(wire.method.as_deref(), body.is_some())?,
            url: url(&wire.url)?,
            headers,
            body,
            timeout: timeout(wire.timeout_ms)?,
            success: wire.success.unwrap_or_else(Statuses::success),
            retry: wire.retry.unwrap_or_else(Statuses::retry),
            response_bytes_max: response_bytes_max(wire.response_bytes_max)?,
        })
    }

    /// What it is, for people: without query and credentials, which may be secrets.
    pub(super) fn name(&self) -> String {
        let mut url = self.url.clone();
        url.set_query(None);
        url.set_fragment(None);
        // Refused only for URLs that cannot have credentials.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        format!("{} {url}", self.method)
    }
}

fn method(name: Option<&str>, has_body: bool) -> Result<Method, String> {
    match name {
        None if has_body => Ok(Method::POST),
        None => Ok(Method::GET),
        Some(name) => Method::from_bytes(name.to_ascii_uppercase().as_bytes())
            .ok()
            .filter(|method| *method != Method::CONNECT)
            .ok_or_else(|| {
                format!("payload.method is {name:?}: expected a method such as GET or POST")
            }),
    }
}

fn url(text: &str) -> Result<Url, String> {
    let parsed = Url::parse(text).ok().filter(|url| {
        text.len() <= URL_BYTES_MAX && matches!(url.scheme(), "http" | "https") && url.has_host()
    });
    parsed.ok_or_else(|| {
        "payload.url: expected an absolute http or https URL of at most 8192 bytes, such as \
         https://example.org/hook"
            .to_owned()
    })
}

fn headers(given: &BTreeMap<String, String>) -> Result<HeaderMap, String> {
    if given.len() > HEADERS_MAX {
        let count = given.len();
        return Err(format!(
            "payload.headers are {count}: expected at most {HEADERS_MAX}"
        ));
    }
    let mut headers = HeaderMap::with_capacity(given.len() + 3);
    for (name, value) in given {
        let refused = |what: &str| format!("payload.headers.{name}: expected {what}");
        let header =
            HeaderName::from_bytes(name.as_bytes()).map_err(|_| refused("the name of a header"))?;
        if OF_THE_CONNECTION.contains(&header.as_str()) {
            return Err(refused("it to be left out: it belongs to the connection"));
        }
        let mut value = HeaderValue::from_str(value)
            .map_err(|_| refused("a value without line breaks and control characters"))?;
        value.set_sensitive(true);
        headers.insert(header, value);
    }
    Ok(headers)
}

/// Text as it is, other JSON as JSON.
fn content(body: &RawValue, headers: &mut HeaderMap) -> String {
    let (content, kind) = match serde_json::from_str::<String>(body.get()) {
        Ok(text) => (text, "text/plain; charset=utf-8"),
        Err(_) => (body.get().to_owned(), "application/json"),
    };
    headers
        .entry(CONTENT_TYPE)
        .or_insert(HeaderValue::from_static(kind));
    content
}

fn timeout(ms: Option<u64>) -> Result<Duration, String> {
    let timeout = ms.map_or(TIMEOUT_DEFAULT, Duration::from_millis);
    if timeout.is_zero() || timeout > TIMEOUT_MAX {
        let ms = timeout.as_millis();
        return Err(format!("payload.timeout_ms is {ms}: expected 1 to 900000"));
    }
    Ok(timeout)
}

fn response_bytes_max(bytes: Option<usize>) -> Result<usize, String> {
    let bytes = bytes.unwrap_or(RESPONSE_BYTES_DEFAULT);
    if bytes > RESPONSE_BYTES_MAX {
        return Err(format!(
            "payload.response_bytes_max is {bytes}: expected 0 to {RESPONSE_BYTES_MAX}"
        ));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(payload: &str) -> String {
        Request::read(payload.as_bytes()).err().expect("refused")
    }

    #[test]
    fn the_method_follows_the_body() {
        let read = |payload: &str| Request::read(payload.as_bytes()).expect("accepted");
        assert_eq!(read(r#"{"url": "http://a/"}"#).method, Method::GET);
        let posted = read(r#"{"url": "http://a/", "body": {"x": 1}}"#);
        assert_eq!(posted.method, Method::POST);
        assert_eq!(posted.headers[CONTENT_TYPE], "application/json");
        assert_eq!(posted.body.as_deref(), Some(r#"{"x": 1}"#));
        let text = read(r#"{"url": "http://a/", "method": "PUT", "body": "a\nb"}"#);
        assert_eq!(text.body.as_deref(), Some("a\nb"));
        assert_eq!(text.headers[CONTENT_TYPE], "text/plain; charset=utf-8");
    }

    #[test]
    fn what_is_wrong_is_named_and_no_secret_is() {
        for (payload, name) in [
            (r#"{}"#, "payload.url: missing field `url`"),
            (r#"["http://a/"]"#, "payload: expected an object"),
            (r#""s3cret""#, "payload: expected an object"),
            (
                r#"{"url": "http://a/", "timeout_ms": "s3cret"}"#,
                "payload.timeout_ms: expected a whole number",
            ),
            (
                r#"{"url": "http://a/", "headers": {"a": ["s3cret"]}}"#,
                "payload.headers.a: expected a string",
            ),
            (
                r#"{"url": "http://a/", "headers": {"a": "x", "a": "s3cret"}}"#,
                "payload.headers: \"a\" is given twice",
            ),
            (r#"{"url": "ftp://a/"}"#, "payload.url"),
            (r#"{"url": "/hook"}"#, "payload.url"),
            (r#"{"url": "http://a/", "method": "G T"}"#, "payload.method"),
            (r#"{"url": "http://a/", "heders": {}}"#, "payload.heders"),
            (
                r#"{"url": "http://a/", "headers": {"a b": "s3cret"}}"#,
                "payload.headers.a b",
            ),
            (
                r#"{"url": "http://a/", "headers": {"a": "s3cret\n"}}"#,
                "payload.headers.a",
            ),
            (
                r#"{"url": "http://a/", "headers": {"Content-Length": "1"}}"#,
                "payload.headers.C",
            ),
            (
                r#"{"url": "http://a/", "timeout_ms": 0}"#,
                "payload.timeout_ms",
            ),
            (
                r#"{"url": "http://a/", "success": ["fine"]}"#,
                "payload.success[0]",
            ),
            (
                r#"{"url": "http://a/", "response_bytes_max": 131073}"#,
                "payload.response_bytes",
            ),
            ("nothing", "payload: "),
        ] {
            let refusal = refusal(payload);
            assert!(refusal.starts_with(name), "{refusal}");
            assert!(!refusal.contains("s3cret"), "{refusal}");
        }
    }

    #[test]
    fn its_name_tells_no_secrets() {
        let payload = br#"{"url": "https://me:pass@example.org/hook?token=s3cret#x"}"#;
        let request = Request::read(payload).expect("accepted");
        assert_eq!(request.name(), "GET https://example.org/hook");
    }
}
