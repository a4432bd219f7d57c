//! The kind `http`: one request to anywhere, as a task.
//!
//! Its payload:
//!
//! | field | meaning |
//! |---|---|
//! | `url` | where to, `http` or `https`; required |
//! | `method` | `POST` if there is a body, otherwise `GET`, unless given |
//! | `headers` | an object of text; at most 64 |
//! | `body` | text is sent as it is, other JSON as JSON (with its `Content-Type` unless given) |
//! | `timeout_ms` | for the whole exchange: 30,000 unless given, at most 900,000 |
//! | `success` | which statuses are a success, such as `["2xx", 304]`; `["2xx"]` unless given |
//! | `retry` | which answers are worth another try: statuses, and `connection` for none at all; `[408, 425, 429, "5xx", "connection"]` unless given; all others fail for good |
//! | `response_bytes_max` | how much of the answer's body is kept: 65,536 unless given, at most 131,072 |
//!
//! The task's result is the answer: its `status`, some of its `headers`, its `body` (JSON if it is
//! whole, says so, and is nested at most 100 deep; text, or base64 with `body_encoding`), and whether that was `truncated`. An
//! answer that asks by `Retry-After` to be left alone for a while is. Redirects are followed, at
//! most 5, and only within the same host (and never from `https` back to `http`), so that headers
//! meant for one host do not reach another. Unless given, `Idempotency-Key` is the task's id: as
//! delivery is at least once, a receiver knows by it what it has had before. If the task has a trace,
//! `traceparent` and `tracestate` are the attempt's, unless given.
//!
//! Where requests may go is for the server to say: [`Targets`]. What it refuses fails for good, with the rule
//! that is against it.

mod answer;
mod client;
mod delivery;
mod handler;
mod names;
mod redirect;
mod request;
mod retry_after;
mod secrets;
mod statuses;
mod targets;

pub use client::{Client, ClientError};
pub use delivery::{Delivered, deliver};
pub(super) use handler::register;
pub use names::{Names, SystemNames};
pub use targets::{InvalidRule, Rule, Targets};

/// Whether a payload makes sense, before there is a task that has it.
///
/// # Errors
/// What is wrong: the field and what was expected there, never the value of a header.
pub fn check(payload: &[u8]) -> Result<(), String> {
    request::Request::read(payload).map(drop)
}

/// The name of the kind.
pub const KIND: &str = "http";

/// The named bounds of the kind.
pub mod bounds {
    use std::time::Duration;

    /// Bytes of a URL.
    pub const URL_BYTES_MAX: usize = 8 << 10;
    /// Headers that a payload may give.
    pub const HEADERS_MAX: usize = 64;
    /// Statuses that `success` or `retry` may list.
    pub const STATUSES_MAX: usize = 64;
    /// How long an exchange may take, unless told otherwise.
    pub const TIMEOUT_DEFAULT: Duration = Duration::from_secs(30);
    /// How long an exchange may take at most.
    pub const TIMEOUT_MAX: Duration = Duration::from_secs(15 * 60);
    /// How long connecting may take.
    pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
    /// Connections to one host that are kept open when nothing is sent.
    pub const IDLE_CONNECTIONS_MAX: usize = 64;
    /// Rules that allow targets, and rules that deny them.
    pub const RULES_MAX: usize = 100;
    /// Redirects that are followed.
    pub const REDIRECTS_MAX: usize = 5;
    /// Bytes of an answer's body that are kept, unless told otherwise: 64 KiB.
    pub const RESPONSE_BYTES_DEFAULT: usize = 64 << 10;
    /// Bytes of an answer's body that may be kept: 128 KiB. As JSON text they may take six times as
    /// much, and a result holds 1 MiB.
    pub const RESPONSE_BYTES_MAX: usize = 128 << 10;
    /// Bytes of a header of the answer that are kept.
    pub const HEADER_BYTES_MAX: usize = 1 << 10;
    /// Bytes of a refusing answer's body that its error quotes.
    pub const QUOTE_BYTES_MAX: usize = 1 << 10;
    /// The longest `Retry-After` that is obeyed whole: a day.
    pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * 3600);
}
