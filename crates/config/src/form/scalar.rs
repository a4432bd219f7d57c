//! Forms of one value.

use std::fmt::Display;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use duly_api::duration;
use duly_core::{OrderPolicy, Priority, Rate};
use serde_json::Value;

use super::Form;
use crate::bounds::{NAME_BYTES_MAX, TEXT_BYTES_MAX};
use crate::settings::{LogFormat, StoreUrl};

/// A whole number within a range: digits alone, so that nobody wonders about `010` or `1e3`.
pub(crate) fn whole<N>(range: RangeInclusive<N>) -> Form<N>
where
    N: Copy + Display + FromStr + Into<u64> + PartialOrd + 'static,
{
    let expected = format!("a whole number, {} to {}", range.start(), range.end());
    let parse = move |text: &str| {
        let is_plain = text.bytes().all(|b| b.is_ascii_digit());
        let is_plain = is_plain && (text.len() == 1 || !text.starts_with('0'));
        let number = is_plain.then(|| text.parse().ok()).flatten();
        number.filter(|number| range.contains(number))
    };
    Form::of_text(expected, parse, |number| Value::from((*number).into()))
}

/// A duration within a range.
pub(crate) fn duration(range: RangeInclusive<Duration>) -> Form<Duration> {
    let (least, most) = (range.start(), range.end());
    let expected = format!(
        "a duration such as 500ms, 30s, 5m, 2h or 7d, {} to {}",
        duration::format(*least),
        duration::format(*most)
    );
    let parse = move |text: &str| {
        let parsed = duration::parse(text).ok();
        parsed.filter(|duration| range.contains(duration))
    };
    Form::of_text(expected, parse, |value| duration::format(*value).into())
}

/// `true` or `false`.
pub(crate) fn yes_or_no() -> Form<bool> {
    let parse = |text: &str| match text {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    };
    Form::of_text("true or false", parse, |value| Value::Bool(*value))
}

/// A name: of a queue, a worker, a command.
pub(crate) fn name() -> Form<String> {
    let expected = format!("a name: 1 to {NAME_BYTES_MAX} bytes without control characters");
    text(expected, is_name)
}

pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= NAME_BYTES_MAX && !text.chars().any(char::is_control)
}

/// A text that passes a check.
pub(crate) fn text(expected: impl Into<String>, check: fn(&str) -> bool) -> Form<String> {
    let parse = move |text: &str| {
        let is_good = text.len() <= TEXT_BYTES_MAX && check(text);
        is_good.then(|| text.to_owned())
    };
    Form::of_text(expected, parse, |text| Value::from(text.as_str()))
}

/// An address and a port.
pub(crate) fn address() -> Form<SocketAddr> {
    let expected = "an address and a port, such as 127.0.0.1:7788 or [::1]:7788";
    Form::of_text(
        expected,
        |text| text.parse().ok(),
        |address| address.to_string().into(),
    )
}

/// A path.
pub(crate) fn path(expected: &'static str) -> Form<PathBuf> {
    let parse = |text: &str| {
        let is_path = !text.is_empty() && !text.contains('\0') && text.len() <= TEXT_BYTES_MAX;
        is_path.then(|| PathBuf::from(text))
    };
    Form::of_text(expected, parse, |path| path.display().to_string().into())
}

/// The URL of a store. `memory:` without quotes would be the name of a map in YAML, so it goes without
/// its colon too.
pub(crate) fn store() -> Form<StoreUrl> {
    let parse = |text: &str| {
        let text = if text == "memory" { "memory:" } else { text };
        let has_scheme = text.split_once(':').is_some_and(|(kind, _)| {
            !kind.is_empty() && kind.bytes().all(|b| b.is_ascii_alphanumeric())
        });
        let is_short = text.len() <= TEXT_BYTES_MAX;
        (has_scheme && is_short).then(|| StoreUrl::from(text))
    };
    let expected = "sqlite:FILE, or memory for nothing that lasts";
    let mut form = Form::of_text(expected, parse, |url| url.to_string().into());
    form.reveal = Box::new(|url| url.as_str().into());
    form
}

/// How urgent something is.
pub(crate) fn priority() -> Form<Priority> {
    let expected = "critical, high, normal or low";
    Form::of_text(
        expected,
        |text| text.parse().ok(),
        |priority: &Priority| priority.name().into(),
    )
}

/// In which order tasks of a queue run.
pub(crate) fn order() -> Form<OrderPolicy> {
    let expected = "strict, aging:30s or deadline:10s, with any duration up to 366 days";
    Form::of_text(
        expected,
        |text| text.parse().ok(),
        |order: &OrderPolicy| order.to_string().into(),
    )
}

/// How much per period; how large a burst may be is said beside.
pub(crate) fn rate() -> Form<Rate> {
    let expected =
        "so many per period, such as 50/1s or 1000/1h, at most 1000000 per at most 366 days";
    Form::of_text(
        expected,
        |text| text.parse().ok(),
        |rate: &Rate| format!("{}/{}", rate.permits(), duration::format(rate.period())).into(),
    )
}

/// How logs are written.
pub(crate) fn log_format() -> Form<LogFormat> {
    let parse = |text: &str| match text {
        "text" => Some(LogFormat::Text),
        "json" => Some(LogFormat::Json),
        _ => None,
    };
    Form::of_text("text or json", parse, |format| format.to_string().into())
}
