//! The named bounds of the server.

use std::time::Duration;

/// Bytes of a request's body: 8 MiB.
pub const BODY_BYTES_MAX: usize = 8 << 20;
/// Bytes of a body that is too large, but is read and thrown away, so that a client that sends all
/// of it before it listens hears why: 32 MiB.
pub const DISCARDED_BYTES_MAX: usize = 32 << 20;
/// Bytes of a body that is small: larger ones, and those that do not say how large they are, take a
/// place.
pub const SMALL_BODY_BYTES_MAX: usize = 64 << 10;
/// Places for bodies that are not small, from their first byte until they are answered; more wait.
pub const LARGE_BODIES_MAX: usize = 8;
/// How long a body may take to arrive, with the wait for a place.
pub const BODY_WAIT_MAX: Duration = Duration::from_secs(30);
/// Bytes of a request's line and headers that are read before it is refused; what arrives in one
/// piece with them may be as much again.
pub const HEAD_BYTES_MAX: usize = 32 << 10;
/// Headers of a request.
pub const HEADERS_MAX: usize = 64;
/// How long the head of a request may take to arrive, and an idle connection is kept.
pub const HEAD_WAIT_MAX: Duration = Duration::from_secs(30);
/// Connections at once; more wait to be accepted.
pub const CONNECTIONS_MAX: usize = 256;
/// Tasks of a page, unless asked for another number.
pub const PAGE_DEFAULT: u32 = 100;
/// Events that are shown with a task: the last ones.
pub const EVENTS_SHOWN_MAX: usize = 1_000;
/// Pages of events that are read to find the last ones.
pub const EVENT_PAGES_MAX: usize = 10;
/// Tasks that are shown with a worker.
pub const WORKER_TASKS_MAX: usize = 100;
/// Pages of tasks that are read to find what the workers hold.
pub const WORKER_TASK_PAGES_MAX: usize = 10;
/// How long the store may take to say that it is ready.
pub const READY_WAIT_MAX: Duration = Duration::from_secs(2);
