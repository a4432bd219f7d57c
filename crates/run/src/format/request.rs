//! A request: the payload of the kind `http`, with its texts to be filled in.

use std::collections::BTreeMap;
use std::time::Duration;

use duly_server::kinds::http::bounds::TIMEOUT_MAX;
use serde_json::{Map, Value, json};
use serde_saphyr::Spanned;

use super::scalar::{OneOrList, Status};
use super::{place, template, wire};
use crate::error::{Fault, Place};
use crate::template::{Field, Template};

/// The request of a group.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    url: Template,
    method: Option<Template>,
    headers: BTreeMap<String, Template>,
    body: Option<Body>,
    /// What needs no filling in, by its names in the payload.
    plain: Map<String, Value>,
}

/// JSON whose texts are templates.
#[derive(Clone, Debug)]
enum Body {
    Text(Template),
    List(Vec<Self>),
    Mapping(BTreeMap<String, Self>),
    Plain(Value),
}

/// Reads the request of a group whose tasks have this timeout.
pub(super) fn read(
    written: Spanned<wire::Request>,
    timeout: Option<(Duration, Place)>,
    has_item: bool,
) -> Result<Request, Fault> {
    let written = written.value;
    let headers = written.headers.unwrap_or_default().into_iter();
    let header = |(name, value): (String, wire::Text)| Ok((name, template(&value, has_item)?));
    let body = written.body.map(|written| {
        let at = place(&written);
        body(written.value, at, has_item)
    });
    Ok(Request {
        url: template(&written.url, has_item)?,
        method: written
            .method
            .map(|method| template(&method, has_item))
            .transpose()?,
        headers: headers.map(header).collect::<Result<_, Fault>>()?,
        body: body.transpose()?,
        plain: plain(
            written.success,
            written.retry,
            written.response_bytes_max,
            timeout,
        )?,
    })
}

fn plain(
    success: Option<OneOrList<Status>>,
    retry: Option<OneOrList<Status>>,
    response_bytes_max: Option<u32>,
    timeout: Option<(Duration, Place)>,
) -> Result<Map<String, Value>, Fault> {
    let mut plain = Map::new();
    for (name, statuses) in [("success", success), ("retry", retry)] {
        if let Some(OneOrList(statuses)) = statuses {
            plain.insert(name.to_owned(), statuses.into_iter().map(json).collect());
        }
    }
    if let Some(bytes) = response_bytes_max {
        plain.insert("response_bytes_max".to_owned(), json!(bytes));
    }
    if let Some((timeout, at)) = timeout {
        if timeout > TIMEOUT_MAX {
            let minutes = TIMEOUT_MAX.as_secs() / 60;
            let message = format!("timeout is too long for a request: expected at most {minutes}m");
            return Err(Fault::at(at, message));
        }
        plain.insert("timeout_ms".to_owned(), json!(timeout.as_millis()));
    }
    Ok(plain)
}

fn json(status: Status) -> Value {
    match status {
        Status::Number(number) => json!(number),
        Status::Word(word) => json!(word),
    }
}

fn body(value: Value, at: Place, has_item: bool) -> Result<Body, Fault> {
    Ok(match value {
        Value::String(text) => Body::Text(super::template_at(&text, at, has_item)?),
        Value::Array(list) => {
            let list = list.into_iter().map(|value| body(value, at, has_item));
            Body::List(list.collect::<Result<_, _>>()?)
        }
        Value::Object(map) => {
            let map = map.into_iter();
            let map = map.map(|(name, value)| Ok((name, body(value, at, has_item)?)));
            Body::Mapping(map.collect::<Result<_, Fault>>()?)
        }
        plain => Body::Plain(plain),
    })
}

impl Request {
    /// The payload, with every text passed through `text`.
    pub(crate) fn payload(&self, text: &dyn Fn(&Template) -> String) -> Value {
        let mut payload = self.plain.clone();
        payload.insert("url".to_owned(), json!(text(&self.url)));
        if let Some(method) = &self.method {
            payload.insert("method".to_owned(), json!(text(method)));
        }
        if !self.headers.is_empty() {
            let headers = self.headers.iter();
            let headers: Map<_, _> = headers
                .map(|(name, value)| (name.clone(), json!(text(value))))
                .collect();
            payload.insert("headers".to_owned(), Value::Object(headers));
        }
        if let Some(body) = &self.body {
            payload.insert("body".to_owned(), body.json(text));
        }
        Value::Object(payload)
    }

    /// The payload as a definition: with the texts as they were written.
    pub(crate) fn definition(&self) -> Value {
        self.payload(&|template| template.source().to_owned())
    }

    /// What it asks for, for people: without query and credentials, which may be secrets.
    pub(crate) fn shown(&self, of: &dyn Fn(Field) -> String) -> String {
        let default = if self.body.is_some() { "POST" } else { "GET" };
        let method = self
            .method
            .as_ref()
            .map_or_else(|| default.to_owned(), |m| m.fill(of));
        format!("{method} {}", without_secrets(&self.url.fill(of)))
    }
}

impl Body {
    fn json(&self, text: &dyn Fn(&Template) -> String) -> Value {
        match self {
            Self::Text(template) => Value::String(text(template)),
            Self::List(list) => list.iter().map(|body| body.json(text)).collect(),
            Self::Mapping(map) => {
                let map = map
                    .iter()
                    .map(|(name, body)| (name.clone(), body.json(text)));
                Value::Object(map.collect())
            }
            Self::Plain(value) => value.clone(),
        }
    }
}

/// A URL without what may be secret in it: the query, the fragment, and who asks.
fn without_secrets(url: &str) -> String {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let url = &url[..end];
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let (host, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let host = host.rsplit('@').next().unwrap_or(host);
    format!("{scheme}://{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_secrets() {
        let url = "https://me:pass@example.org:8443/a/b?token=s3cret#x";
        assert_eq!(without_secrets(url), "https://example.org:8443/a/b");
        assert_eq!(without_secrets("http://a"), "http://a");
        assert_eq!(without_secrets("rubbish?x"), "rubbish");
    }
}
