//! What is refused is answered as problem JSON.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use duly::schedule::{InvalidPolicy, InvalidRule, InvalidTerms, SchedulesError};
use duly_api::{Code, Problem};
use duly_core::InvalidTransition;

use crate::port::{
    ChangeError, InvalidInput, RequestError, ScheduleError, StoreError, SubmitError, validate,
};

/// When a client may ask again that was told that there is no room, or no answer, now: in seconds.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");

/// How a client that brought no token may prove itself.
const CHALLENGE: HeaderValue = HeaderValue::from_static("Bearer realm=\"duly\"");

/// A problem, as an answer.
#[derive(Debug)]
pub(crate) struct Refusal(Box<Problem>);

impl Refusal {
    /// The same, about one task of an array.
    pub(crate) fn at_index(self, index: usize) -> Self {
        Self(Box::new(self.0.at_index(index)))
    }

    /// The same, about a line of the body instead of a task of an array.
    pub(crate) fn at_line(mut self, line: u64) -> Self {
        self.0.index = None;
        self.0.line = usize::try_from(line).ok();
        self.0.detail = format!("line {line}: {}", self.0.detail);
        self
    }

    /// The same, about the only task there was.
    pub(crate) fn alone(mut self) -> Self {
        self.0.index = None;
        self
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self(Box::new(problem))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::BAD_REQUEST);
        let body = serde_json::to_vec(&self.0).expect("text and numbers become JSON");
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if self.0.code == Code::Unauthorized.name() {
            headers.insert(header::WWW_AUTHENTICATE, CHALLENGE);
        }
        let later = [Code::Unavailable, Code::QueueFull, Code::TooManyStreams];
        if later.iter().any(|code| self.0.code == code.name()) {
            headers.insert(header::RETRY_AFTER, RETRY_AFTER);
        }
        response
    }
}

impl From<duly_api::ParseError> for Refusal {
    fn from(error: duly_api::ParseError) -> Self {
        Problem::from(error).into()
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        let code = match error {
            StoreError::Corrupt { .. } => Code::Corrupt,
            _ => Code::Unavailable,
        };
        tracing::warn!(%error, "the store failed");
        Problem::new(code, error.to_string()).into()
    }
}

impl From<InvalidInput> for Refusal {
    fn from(error: InvalidInput) -> Self {
        let is_instant = error.expected == validate::INSTANT_EXPECTED;
        let field = match error.field {
            "due" if is_instant => "run_at",
            field if is_instant => field,
            field => wire_name(field),
        };
        let detail = format!("{field} is {}: expected {}", error.value, error.expected);
        Problem::invalid(field, error.expected, detail).into()
    }
}

/// The field as the wire names it, from how the Rust API does.
fn wire_name(field: &'static str) -> &'static str {
    match field {
        "due" => "delay_ms",
        "timeout" => "timeout_ms",
        "deadline" => "deadline_in_ms",
        "finish_by" => "finish_in_ms",
        "alert_unstarted" => "alert_unstarted_ms",
        "alert_unfinished" => "alert_unfinished_ms",
        "retry.attempts_max" => "attempts_max",
        "payloads" => "payload",
        "unique_for" => "unique_for_ms",
        "retention_completed" => "retention_completed_ms",
        "retention_failed" => "retention_failed_ms",
        other => other,
    }
}

impl From<SubmitError> for Refusal {
    fn from(error: SubmitError) -> Self {
        // The task of which it speaks is named by `index`, and not again in words.
        let detail = without_index(error.to_string());
        match error {
            SubmitError::QueueFull { index, .. } => {
                let problem = Problem::new(Code::QueueFull, detail).at_index(index);
                Problem {
                    field: Some("queue".to_owned()),
                    ..problem
                }
                .into()
            }
            SubmitError::Draining { index, subject } => {
                let problem = Problem::new(Code::Draining, detail).at_index(index);
                Problem {
                    field: Some(subject.what().to_owned()),
                    ..problem
                }
                .into()
            }
            SubmitError::TaskExists { index, .. } => {
                let problem = Problem::new(Code::TaskExists, detail).at_index(index);
                Problem {
                    field: Some("unique_key".to_owned()),
                    ..problem
                }
                .into()
            }
            SubmitError::InvalidInput { index, source } => Self::from(source).at_index(index),
            SubmitError::Store(error) => error.into(),
            _ => Problem::new(Code::Unavailable, detail).into(),
        }
    }
}

/// What follows `task 7: `.
fn without_index(detail: String) -> String {
    let rest = detail.strip_prefix("task ").and_then(|rest| {
        let (index, rest) = rest.split_once(": ")?;
        index
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            .then_some(rest)
    });
    rest.map_or_else(|| detail.clone(), str::to_owned)
}

/// Why a task cannot be changed, for people.
fn impossible(step: InvalidTransition) -> String {
    let InvalidTransition { from, to } = step;
    if from == to {
        format!("the task is {from} already")
    } else if from.is_final() {
        format!("the task has ended ({from}), and does not become {to} any more")
    } else {
        step.to_string()
    }
}

impl From<ChangeError> for Refusal {
    fn from(error: ChangeError) -> Self {
        let detail = error.to_string();
        match error {
            ChangeError::TaskNotFound(_) => Problem::new(Code::TaskNotFound, detail).into(),
            ChangeError::InvalidTransition(step) => {
                Problem::new(Code::InvalidTransition, impossible(step)).into()
            }
            ChangeError::TaskExists { .. } => Problem::new(Code::TaskExists, detail).into(),
            ChangeError::Unfinished(_) => Problem::new(Code::InvalidTransition, detail).into(),
            ChangeError::InvalidInput(error) => error.into(),
            ChangeError::Store(error) => error.into(),
            _ => Problem::new(Code::Unavailable, detail).into(),
        }
    }
}

impl From<ScheduleError> for Refusal {
    fn from(error: ScheduleError) -> Self {
        let detail = error.to_string();
        match error {
            ScheduleError::NotFound(_) => Problem::new(Code::ScheduleNotFound, detail).into(),
            ScheduleError::Conflict { .. } => Problem::new(Code::ScheduleConflict, detail).into(),
            ScheduleError::Refused(error) => error.into(),
            ScheduleError::InvalidInput(error) => error.into(),
            ScheduleError::Store(error) => error.into(),
            _ => Problem::new(Code::Unavailable, detail).into(),
        }
    }
}

impl From<SchedulesError> for Refusal {
    fn from(error: SchedulesError) -> Self {
        let detail = error.to_string();
        let field = match &error {
            SchedulesError::Rule(error) => rule_field(error),
            SchedulesError::Policy(InvalidPolicy::Missed { .. })
            | SchedulesError::Terms(InvalidTerms::Within { .. }) => "missed",
            SchedulesError::Policy(_) => "overlap",
            SchedulesError::Terms(InvalidTerms::Jitter { .. }) => "jitter_ms",
            SchedulesError::Terms(_) => "end",
            SchedulesError::Backfill(_) | SchedulesError::NotPast { .. } => "to",
            SchedulesError::NeverFires(_) => "at",
            _ => "",
        };
        match error {
            SchedulesError::Exists(_)
            | SchedulesError::Unreadable(_)
            | SchedulesError::Filling { .. } => Problem::new(Code::ScheduleConflict, detail).into(),
            SchedulesError::InvalidInput(error) => error.into(),
            SchedulesError::Store(error) => error.into(),
            _ if field.is_empty() => Problem::new(Code::Unavailable, detail).into(),
            _ => {
                let expected = detail.split_once("expected ");
                let expected = expected.map_or("another value", |(_, expected)| expected);
                Problem::invalid(field, expected.to_owned(), detail.clone()).into()
            }
        }
    }
}

const fn rule_field(error: &InvalidRule) -> &'static str {
    match error {
        InvalidRule::Zone(_) => "zone",
        _ => "cron",
    }
}

impl From<RequestError> for Refusal {
    fn from(error: RequestError) -> Self {
        let detail = error.to_string();
        match error {
            RequestError::InvalidInput(error) => error.into(),
            RequestError::TaskNotFound(_) => Problem::new(Code::TaskNotFound, detail).into(),
            RequestError::Store(error) => error.into(),
            _ => Problem::new(Code::Unavailable, detail).into(),
        }
    }
}
