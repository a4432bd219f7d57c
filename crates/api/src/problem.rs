//! Refusals: problem JSON as in RFC 9457, with a code that does not change.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $status:literal, $title:literal;)*) => {
        /// What was wrong: stable, for programs to decide by.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[non_exhaustive]
        pub enum Code { $($(#[$doc])* $name,)* }

        impl Code {
            /// All codes.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The name, as it stands in the JSON.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }

            /// The HTTP status that it goes with.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }

            /// What it means, in a few words that are the same for each occurrence.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

codes! {
    /// The body is not JSON.
    InvalidJson = 400, "The body is not JSON";
    /// A field or a parameter has a value that it must not have.
    InvalidInput = 422, "A value is not allowed";
    /// There is no task of this id, or it was pruned.
    TaskNotFound = 404, "There is no such task";
    /// There is no queue of this name: none was ever submitted to or configured.
    QueueNotFound = 404, "There is no such queue";
    /// There is no schedule of this name.
    ScheduleNotFound = 404, "There is no such schedule";
    /// A schedule of this name is there already, was changed meanwhile, or was written by another version of Duly.
    ScheduleConflict = 409, "The schedule is not as expected";
    /// There is no kind of this name: none was ever submitted or configured.
    KindNotFound = 404, "There is no such kind";
    /// There is no tenant of this name: none ever submitted anything or was configured.
    TenantNotFound = 404, "There is no such tenant";
    /// There is no limit of this name: none was ever defined, or it was removed.
    LimitNotFound = 404, "There is no such limit";
    /// There is no worker of this incarnation: it never registered, or is gone.
    WorkerNotFound = 404, "There is no such worker";
    /// Another task of the kind holds the unique key.
    TaskExists = 409, "Another task has the unique key";
    /// The task is in a state that does not allow it.
    InvalidTransition = 409, "The state of the task does not allow it";
    /// The queue, the kind or the tenant is being drained: it takes in no new tasks.
    Draining = 409, "It takes in no new tasks";
    /// No worker serves the queue and the kind, and the submit required one.
    NoWorkers = 409, "No worker would run the task";
    /// The `Idempotency-Key` was used before, for other tasks.
    IdempotencyKeyReused = 422, "The idempotency key was used for other tasks";
    /// The queue holds as many unfinished tasks as it may.
    QueueFull = 429, "The queue is full";
    /// The store does not answer now; asking again later may help.
    Unavailable = 503, "The store is unavailable";
    /// What the store holds is damaged, foreign, or of another version.
    Corrupt = 500, "The store cannot be read";
    /// The server made a mistake: its log says more.
    Internal = 500, "The server made a mistake";
    /// There is nothing at this path.
    RouteNotFound = 404, "There is nothing at this path";
    /// The path does not know this method.
    MethodNotAllowed = 405, "The path does not know this method";
    /// The path answers in none of the forms that `Accept` names.
    NotAcceptable = 406, "The path does not answer in this form";
    /// The body is larger than the server takes.
    BodyTooLarge = 413, "The body is too large";
    /// The body did not arrive, or not in time.
    BodyIncomplete = 408, "The body did not arrive in time";
    /// The body is not declared to be JSON.
    UnsupportedMediaType = 415, "The body must be declared as JSON";
    /// The request names a host that is not this server.
    HostNotAllowed = 421, "The host is not this server";
    /// The request comes from a web page that is not this server's.
    OriginNotAllowed = 403, "The request comes from another origin";
    /// The server wants a token, and the request has none that it knows.
    Unauthorized = 401, "A token is required";
    /// As many live streams of events are open as the server serves.
    TooManyStreams = 429, "Too many streams are open";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A refusal, as `application/problem+json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[error("{detail}")]
pub struct Problem {
    /// A name for the kind of problem: `urn:duly:problem:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// What the code means.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What was wrong this time, and what to do.
    pub detail: String,
    /// The code, for programs; text here, so that a client understands newer servers.
    pub code: String,
    /// The field or parameter that was wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What was expected of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// Which task of an array was wrong, from 0; none of it was submitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<usize>,
    /// The line of the body where it stopped making sense, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The column there, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
}

impl Problem {
    /// A refusal with the code's own status and title.
    #[must_use]
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:duly:problem:{code}"),
            title: code.title().to_owned(),
            status: code.status(),
            detail: detail.into(),
            code: code.name().to_owned(),
            field: None,
            expected: None,
            index: None,
            line: None,
            column: None,
        }
    }

    /// A value that was refused.
    #[must_use]
    pub fn invalid(
        field: impl Into<String>,
        expected: impl Into<String>,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            field: Some(field.into()),
            expected: Some(expected.into()),
            ..Self::new(Code::InvalidInput, detail)
        }
    }

    /// The same, about one task of an array.
    #[must_use]
    pub fn at_index(self, index: usize) -> Self {
        Self {
            index: Some(index),
            ..self
        }
    }
}

impl From<crate::ParseError> for Problem {
    fn from(error: crate::ParseError) -> Self {
        let code = if error.well_formed {
            Code::InvalidInput
        } else {
            Code::InvalidJson
        };
        Self {
            line: Some(error.line),
            column: Some(error.column),
            ..Self {
                field: error.field.clone(),
                expected: error.expected.clone(),
                ..Self::new(code, error.to_string())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_names_its_code_in_three_ways() {
        let problem = Problem::new(Code::QueueFull, "queue \"a\" is full");
        assert_eq!(
            serde_json::to_string(&problem).unwrap(),
            r#"{"type":"urn:duly:problem:QueueFull","title":"The queue is full","status":429,"detail":"queue \"a\" is full","code":"QueueFull"}"#
        );
    }

    #[test]
    fn every_code_is_a_refusal() {
        for code in Code::ALL {
            assert!((400..600).contains(&code.status()), "{code}");
        }
    }
}
