//! The named bounds of the command line.

use std::time::Duration;

/// How long one answer may take, from the request to its last byte.
pub(crate) const ANSWER_WAIT_MAX: Duration = Duration::from_secs(30);
/// How long connecting may take.
pub(crate) const CONNECT_WAIT_MAX: Duration = Duration::from_secs(5);
/// How long an answer without end may be silent: the server says something every 15 s.
pub(crate) const SILENCE_MAX: Duration = Duration::from_secs(50);
/// Bytes of an answer that is read whole: a page of a thousand tasks with long errors.
pub(crate) const ANSWER_BYTES_MAX: usize = 64 << 20;
