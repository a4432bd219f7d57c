//! One delivery, from payload to verdict.

use std::future::Future;
use std::time::Duration;

use duly_core::{TaskId, Timestamp};
use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Response, StatusCode};

use super::answer::Answer;
use super::bounds::QUOTE_BYTES_MAX;
use super::request::Request;
use super::secrets::Secrets;
use super::{Client, retry_after};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

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

/// Delivers the request that a payload describes, once. `cancelled` ends when it shall be given up;
/// `now` is asked when an answer names a date.
pub async fn deliver(
    client: &Client,
    task: TaskId,
    payload: &[u8],
    now: impl Fn() -> Timestamp,
    cancelled: impl Future<Output = ()>,
) -> Delivered {
    let request = match Request::read(payload) {
        Ok(request) => request,
        Err(error) => return Delivered::Fail(error),
    };
    tokio::select! {
        biased;
        () = cancelled => Delivered::Cancelled,
        verdict = exchange(client, task, request, now) => verdict,
    }
}

async fn exchange(
    client: &Client,
    task: TaskId,
    mut request: Request,
    now: impl Fn() -> Timestamp,
) -> Delivered {
    let secrets = Secrets::of(&request.url, &request.headers, request.body.as_deref());
    if !request.headers.contains_key(IDEMPOTENCY_KEY) {
        let key = HeaderValue::from_str(&task.to_string()).expect("an id is plain text");
        request.headers.insert(IDEMPOTENCY_KEY, key);
    }
    let mut sending = client
        .0
        .request(request.method.clone(), request.url.clone())
        .headers(std::mem::take(&mut request.headers))
        .timeout(request.timeout);
    if let Some(body) = request.body.take() {
        sending = sending.body(body);
    }
    match sending.send().await {
        Ok(response) => answered(&request, &secrets, response, now).await,
        Err(error) => unanswered(&request, error),
    }
}

async fn answered(
    request: &Request,
    secrets: &Secrets,
    response: Response,
    now: impl Fn() -> Timestamp,
) -> Delivered {
    let status = response.status();
    let after = retry_after::read(response.headers(), now());
    let answer = match Answer::read(response, request.response_bytes_max).await {
        Ok(answer) => answer,
        Err(error) => return unanswered(request, error),
    };
    if request.success.has(status.as_u16()) {
        return Delivered::Done(answer.json());
    }
    let error = refusal(request, secrets, status, &answer);
    if request.retry.has(status.as_u16()) {
        return Delivered::Retry { error, after };
    }
    Delivered::Fail(error)
}

fn refusal(request: &Request, secrets: &Secrets, status: StatusCode, answer: &Answer) -> String {
    let name = request.name();
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

fn unanswered(request: &Request, error: reqwest::Error) -> Delivered {
    let for_good = error.is_builder() || error.is_redirect() || !request.retry.has_connection();
    // The URL may hold secrets; the request's name does not.
    let cause = causes(&error.without_url());
    let error = format!("{} had no answer: {cause}", request.name());
    if for_good {
        return Delivered::Fail(error);
    }
    Delivered::Retry { error, after: None }
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
