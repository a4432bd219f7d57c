//! One delivery, from payload to verdict.

use std::error::Error as _;
use std::future::Future;
use std::time::Duration;

use duly_core::{TaskId, Timestamp, duration};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Response, StatusCode};

use super::answer::Answer;
use super::bounds::{QUOTE_BYTES_MAX, REDIRECTS_MAX};
use super::redirect::Step;
use super::request::Request;
use super::secrets::Secrets;
use super::targets::Refused;
use super::{Client, retry_after};
use crate::port::trace::TraceContext;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// How a delivery ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivered {
    /// The answer counts as success: the result, as JSON text.
    Done(String),
    /// It is worth another try.
    Retry {
        /// What went wrong.
        error: String,
        /// How long the answer asked to be left alone.
        after: Option<Duration>,
    },
    /// It is not: what went wrong.
    Fail(String),
    /// Stopped because it was asked to.
    Cancelled,
}

/// Delivers the request that a payload describes, once, in the span of `trace` if there is one.
/// `cancelled` ends when it shall be given up; `now` is asked when an answer names a date.
pub async fn deliver(
    client: &Client,
    task: TaskId,
    trace: Option<&TraceContext>,
    payload: &[u8],
    now: impl Fn() -> Timestamp,
    cancelled: impl Future<Output = ()>,
) -> Delivered {
    let mut request = match Request::read(payload) {
        Ok(request) => request,
        Err(error) => return Delivered::Fail(error),
    };
    introduce(&mut request.headers, task, trace);
    let exchange = tokio::time::timeout(request.timeout, exchange(client, &request, now));
    tokio::select! {
        biased;
        () = cancelled => Delivered::Cancelled,
        exchanged = exchange => exchanged.unwrap_or_else(|_| {
            let (name, timeout) = (request.name(), duration::exact(request.timeout));
            let cause = format!("it timed out after {timeout}");
            request.unanswered(&name, &cause)
        }),
    }
}

/// Says which task it is, and in which trace, unless the task says so itself.
fn introduce(headers: &mut HeaderMap, task: TaskId, trace: Option<&TraceContext>) {
    let plain = |text: &str| HeaderValue::from_str(text).expect("ids and traces are plain text");
    headers
        .entry(IDEMPOTENCY_KEY)
        .or_insert_with(|| plain(&task.to_string()));
    if let Some(trace) = trace
        && !headers.contains_key(TRACEPARENT)
    {
        headers.insert(TRACEPARENT, plain(&trace.traceparent()));
        if let Some(state) = trace.tracestate() {
            headers.entry(TRACESTATE).or_insert_with(|| plain(state));
        }
    }
}

/// Sends it to where it leads in the end.
async fn exchange(client: &Client, request: &Request, now: impl Fn() -> Timestamp) -> Delivered {
    let mut step = Step {
        method: request.method.clone(),
        url: request.url.clone(),
        headers: request.headers.clone(),
        body: request.body.clone(),
    };
    for _ in 0..=REDIRECTS_MAX {
        let sender = match client.towards(&step.url, &step.headers) {
            Ok(sender) => sender,
            Err(refused) => return refusal_of(request, &refused),
        };
        let response = match send(sender, &step).await {
            Ok(response) => response,
            Err(error) => return failed(request, error),
        };
        match step.next(response.status(), response.headers()) {
            Some(next) => step = next,
            None => return answered(request, response, now).await,
        }
    }
    let name = request.name();
    Delivered::Fail(format!(
        "{name} had no answer: more than {REDIRECTS_MAX} redirects"
    ))
}

async fn send(sender: &reqwest::Client, step: &Step) -> Result<Response, reqwest::Error> {
    let sending = sender.request(step.method.clone(), step.url.clone());
    let mut sending = sending.headers(step.headers.clone());
    if let Some(body) = &step.body {
        sending = sending.body(body.clone());
    }
    sending.send().await
}

async fn answered(request: &Request, response: Response, now: impl Fn() -> Timestamp) -> Delivered {
    let status = response.status();
    let after = retry_after::read(response.headers(), now());
    let answer = match Answer::read(response, request.response_bytes_max).await {
        Ok(answer) => answer,
        Err(error) => return failed(request, error),
    };
    if request.success.has(status.as_u16()) {
        return Delivered::Done(answer.json());
    }
    let error = refusal(request, status, &answer);
    if request.retry.has(status.as_u16()) {
        return Delivered::Retry { error, after };
    }
    Delivered::Fail(error)
}

fn refusal(request: &Request, status: StatusCode, answer: &Answer) -> String {
    let name = request.name();
    let secrets = Secrets::of(&request.url, &request.headers, request.body.as_deref());
    // Hidden first, cut then: a secret that was cut would not be known again.
    let text = answer.text().map(|text| secrets.hide(text.to_owned()));
    // On one line: a page of HTML is read in a log, too.
    let text = text.map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
    match text.filter(|text| !text.is_empty()) {
        Some(text) => {
            let end = text.floor_char_boundary(QUOTE_BYTES_MAX);
            format!("{name} answered {status}: {}", &text[..end])
        }
        None => format!("{name} answered {status}"),
    }
}

/// There is no answer, and why.
fn failed(request: &Request, error: reqwest::Error) -> Delivered {
    if let Some(refused) = refused(&error) {
        return refusal_of(request, refused);
    }
    let is_hopeless = error.is_builder();
    // The URL may hold secrets; the request's name does not.
    let cause = causes(&error.without_url());
    let name = request.name();
    if is_hopeless {
        return Delivered::Fail(format!("{name} had no answer: {cause}"));
    }
    request.unanswered(&name, &cause)
}

fn refusal_of(request: &Request, refused: &Refused) -> Delivered {
    Delivered::Fail(format!("{} is not allowed: {refused}", request.name()))
}

/// What was said when its name was looked up, if that was refused.
fn refused(error: &reqwest::Error) -> Option<&Refused> {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(refused) = cause.downcast_ref() {
            return Some(refused);
        }
        source = cause.source();
    }
    None
}

impl Request {
    /// What has no answer is tried again, unless its payload says that it is no use.
    fn unanswered(&self, name: &str, cause: &str) -> Delivered {
        let error = format!("{name} had no answer: {cause}");
        if self.retry.has_connection() {
            Delivered::Retry { error, after: None }
        } else {
            Delivered::Fail(error)
        }
    }
}

/// An error with what caused it; the outermost alone says little.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let said = cause.to_string();
        if !text.ends_with(&said) {
            text = format!("{text}: {said}");
        }
        source = cause.source();
    }
    text
}
