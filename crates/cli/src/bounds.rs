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
/// How long somebody who follows events may find no server, before it is given up.
pub(crate) const AWAY_MAX: Duration = Duration::from_secs(5 * 60);
/// The first pause before something is tried again.
pub(crate) const PAUSE_FIRST: Duration = Duration::from_millis(100);
/// The longest pause.
pub(crate) const PAUSE_MAX: Duration = Duration::from_secs(2);
/// Tasks that are changed without asking on a terminal: a page of them.
pub(crate) const UNASKED_MAX: u64 = 1_000;
