//! In which form events are answered.

use axum::http::{HeaderMap, header};
use duly_api::{Code, Problem};

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
    let values = headers.get_all(header::ACCEPT);
    let text: Vec<_> = values
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect();
    let text = text.join(",");
    if text.trim().is_empty() {
        return Ok(Form::Page);
    }
    let stream = quality(&text, &["text/event-stream"]);
    let page = quality(&text, &["application/json", "application/*", "*/*"]);
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

/// How much one of these is wanted: that of the first of them that is named, 0 if none is.
fn quality(accept: &str, ranges: &[&str]) -> f32 {
    let of = |wanted: &str| accept.split(',').find_map(|range| weight(range, wanted));
    ranges.iter().find_map(|range| of(range)).unwrap_or(0.0)
}

fn weight(range: &str, wanted: &str) -> Option<f32> {
    let mut parts = range.split(';').map(str::trim);
    if !parts.next()?.eq_ignore_ascii_case(wanted) {
        return None;
    }
    let q = parts.find_map(|part| part.strip_prefix("q="));
    Some(q.and_then(|q| q.trim().parse().ok()).unwrap_or(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

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
