//! In which form events are answered.

use axum::http::HeaderMap;
use duly_api::{Code, Problem};

use crate::accept::Accept;
use crate::refusal::Refusal;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// JSON.
    Page,
    /// Server-sent events.
    Stream,
}

/// A stream only for who names it: whatever takes anything gets a page, which ends.
pub(super) fn form(headers: &HeaderMap) -> Result<Form, Refusal> {
    let accept = Accept::of(headers);
    if accept.is_empty() {
        return Ok(Form::Page);
    }
    let stream = accept.quality(&["text/event-stream"]);
    let page = accept.quality(&["application/json", "application/*", "*/*"]);
    if stream > 0.0 && stream >= page {
        Ok(Form::Stream)
    } else if page > 0.0 {
        Ok(Form::Page)
    } else {
        Err(Problem::new(
            Code::NotAcceptable,
            "expected the header `Accept` to name application/json or text/event-stream",
        )
        .into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::header;

    fn of(accept: &str) -> Option<Form> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, accept.parse().unwrap());
        form(&headers).ok()
    }

    #[test]
    fn a_stream_is_for_who_names_it() {
        assert_eq!(form(&HeaderMap::new()).unwrap(), Form::Page);
        for accept in [
            "",
            "*/*",
            "application/json",
            "application/*",
            "a/b, */*;q=0.1",
        ] {
            assert_eq!(of(accept), Some(Form::Page), "{accept}");
        }
        for accept in [
            "text/event-stream",
            "Text/Event-Stream; charset=utf-8",
            "text/event-stream, */*",
            "application/json;q=0.5, text/event-stream;q=0.9",
        ] {
            assert_eq!(of(accept), Some(Form::Stream), "{accept}");
        }
        assert_eq!(
            of("application/json, text/event-stream;q=0.5"),
            Some(Form::Page)
        );
        for accept in ["text/html", "application/json;q=0", "text/event-stream;q=0"] {
            assert_eq!(of(accept), None, "{accept}");
        }
    }
}
