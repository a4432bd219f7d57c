//! Single words and short texts, as command lines, headers and settings hold them: what is read is
//! written and read again as the same, and what is refused is told with what was expected.
#![no_main]

use std::fmt::Display;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use duly::StoreUrl;
use duly_api::text::Word;
use duly_api::{duration, time};
use duly_core::{EventKind, Incarnation, OrderPolicy, Priority, Rate, State, TaskId};
use duly_server::Options;
use duly_server::kinds::http::{Rule, Targets};
use duly_store::EventCursor;
use duly_store::trace::TraceContext;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &str| {
    durations(input);
    times(input);
    word::<State>(input);
    word::<Priority>(input);
    word::<EventKind>(input);
    same_again::<TaskId>(input);
    same_again::<Incarnation>(input);
    same_again::<EventCursor>(input);
    same_again::<OrderPolicy>(input);
    rates(input);
    traces(input);
    rules(input);
    options(input);
    stores(input);
});

/// What is read is written as text that means the same; what is refused says why.
fn same_again<T>(text: &str) -> Option<T>
where
    T: FromStr<Err: Display> + Display + PartialEq,
{
    match text.parse::<T>() {
        Ok(value) => {
            let written = value.to_string();
            let again = written.parse::<T>();
            assert!(again.is_ok_and(|again| again == value), "{written}");
            Some(value)
        }
        Err(error) => {
            assert!(error.to_string().contains("expected"), "{error}");
            None
        }
    }
}

/// A word has one form.
fn word<T>(text: &str)
where
    T: Word<Err: Display> + PartialEq,
{
    if let Some(word) = same_again::<T>(text) {
        assert_eq!(word.to_string(), text);
    }
}

fn durations(text: &str) {
    let Ok(read) = duration::parse(text) else {
        return;
    };
    assert_eq!(duration::parse(&duration::format(read)), Ok(read));
    assert_eq!(duration::parse(&format!("0{text}")), Ok(read));
    assert_eq!(read.subsec_nanos() % 1_000_000, 0, "whole milliseconds");
}

fn times(text: &str) {
    let Ok(at) = time::parse(text) else {
        return;
    };
    let written = time::format(at);
    assert_eq!(time::parse(&written), Ok(at));
    let later = at + Duration::from_micros(1);
    assert!(
        later == at || written < time::format(later),
        "{written} sorts as time does"
    );
}

fn rates(text: &str) {
    match text.parse::<Rate>() {
        Ok(rate) => {
            let again = format!("{}/{}", rate.permits(), duration::format(rate.period()));
            assert_eq!(again.parse(), Ok(rate));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

fn traces(text: &str) {
    let (parent, state) = match text.split_once('\n') {
        Some((parent, state)) => (parent, Some(state)),
        None => (text, None),
    };
    if let Ok(context) = TraceContext::parse(parent, state) {
        let again = TraceContext::parse(&context.traceparent(), context.tracestate());
        let again = again.expect("what was written can be read");
        assert_eq!(again.traceparent(), context.traceparent());
        assert_eq!(again.tracestate(), context.tracestate());
        let child = context.child(7);
        assert_eq!(child.trace_id(), context.trace_id());
    }
}

fn rules(text: &str) {
    let rule = same_again::<Rule>(text);
    let targets = Targets::nowhere().allow(text);
    assert_eq!(targets.is_ok(), rule.is_some());
    if let (Ok(targets), Some(rule)) = (targets, rule) {
        assert_eq!(targets.to_string(), format!("allow {rule}; deny nothing"));
    }
}

fn options(text: &str) {
    match Options::default().host(text) {
        Ok(options) => {
            let kept = options.hosts().next().expect("the one that was given");
            let again = Options::default().host(kept).expect("what was kept");
            assert_eq!(again.hosts().next(), Some(kept));
        }
        Err(error) => assert!(error.to_string().contains("expected"), "{error}"),
    }
    if let Err(error) = Options::default().token(text) {
        let error = error.to_string();
        assert!(text.len() < 16 || !error.contains(text), "a token is told");
    }
}

fn stores(text: &str) {
    let read = text.parse::<StoreUrl>();
    if let Some((place, options)) = text.split_once('?') {
        let turned: Vec<&str> = options.rsplit('&').collect();
        let turned = format!("{place}?{}", turned.join("&")).parse::<StoreUrl>();
        assert_eq!(turned.is_ok(), read.is_ok());
        assert!(
            read.is_err() || turned == read,
            "the order of options means nothing"
        );
    }
    match read {
        Ok(url) => {
            let file = url.file().and_then(Path::to_str);
            assert!(file.is_none_or(|file| !file.is_empty() && text.contains(file)));
        }
        Err(error) => assert!(error.to_string().contains("expected"), "{error}"),
    }
}
