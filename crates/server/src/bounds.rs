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
/// Archives that are exported or imported at once; more are refused.
pub const ARCHIVES_MAX: usize = 4;
/// Bytes of an archive that is imported: 16 GiB. It goes through memory a page at a time.
pub const IMPORT_BYTES_MAX: u64 = 16 << 30;
/// How long a body may take to arrive, with the wait for a place.
pub const BODY_WAIT_MAX: Duration = Duration::from_secs(30);
/// Bytes of a request's line and headers that are read before it is refused; what arrives in one
/// piece with them may be as much again.
pub const HEAD_BYTES_MAX: usize = 32 << 10;
/// Headers of a request.
pub const HEADERS_MAX: usize = 64;
/// How long a connection may be open before its first byte arrives.
pub const FIRST_BYTE_WAIT_MAX: Duration = Duration::from_secs(5);
/// How long the head of a request may take to arrive, and an idle connection is kept.
pub const HEAD_WAIT_MAX: Duration = Duration::from_secs(30);
/// Connections at once; more wait to be accepted. Streams of events leave half of them to others.
pub const CONNECTIONS_MAX: usize = 512;
/// Live streams of events at once; more are refused.
pub const STREAMS_MAX: usize = 256;
/// Bytes that the system holds for a client that does not read yet: 256 KiB, of which it may make
/// twice as many.
pub const SEND_BUFFER_BYTES: u32 = 256 << 10;
/// Connections that the system holds until they are accepted.
pub const BACKLOG_MAX: u32 = 1_024;
/// How long a client may leave what it is sent unread before its connection is closed.
pub const WRITE_WAIT_MAX: Duration = Duration::from_secs(60);
/// The same once the server stops.
pub const LAST_WRITE_WAIT_MAX: Duration = Duration::from_millis(500);
/// Pages of events that are kept for subscribers who read late.
pub const FEED_PAGES_MAX: usize = 256;
/// Bytes of text after which a page of the feed is full: 64 KiB, and one event at most.
pub const FEED_PAGE_BYTES_MAX: usize = 64 << 10;
/// Events that a subscriber who catches up reads at once.
pub const FEED_HISTORY_MAX: u32 = 100;
/// The feed reads new events at most once in this time, so that those that trickle share pages.
pub const FEED_PACE: Duration = Duration::from_millis(20);
/// The feed looks for new events this often although nothing hinted at any: hints may get lost.
pub const FEED_POLL: Duration = Duration::from_secs(5);
/// The pause before the feed asks a store again that failed.
pub const FEED_RETRY: Duration = Duration::from_secs(1);
/// A stream on which nothing was sent for this long gets a comment.
pub const FEED_KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Pages of events that one request looks through for what its filter means; then it answers what it
/// has found, with where to go on.
pub const EVENT_SCAN_PAGES_MAX: usize = 20;
/// How deep a payload, and an answer that is kept as JSON, may be nested: most programs that read JSON go no deeper than some more.
pub const PAYLOAD_DEPTH_MAX: usize = 100;
/// Parameters of a query.
pub const PARAMETERS_MAX: usize = 100;
/// Bytes of an `Idempotency-Key`.
pub const IDEMPOTENCY_KEY_BYTES_MAX: usize = 255;
/// Tasks that one step of a change by filter touches.
pub const SWEEP_STEP: u32 = 1_000;
/// Tasks that one request for a change by filter finds, give or take a step; then it answers where to
/// go on.
pub const SWEEP_TASKS_MAX: u64 = 20_000;
/// How long such a request goes on, give or take a step.
pub const SWEEP_WAIT_MAX: Duration = Duration::from_secs(2);
/// Ids of one request about dead letters.
pub const FAILED_IDS_MAX: usize = 1_000;
/// Dead letters that are changed at once, of those that one request names.
pub const FAILED_AT_ONCE: usize = 32;
/// Bytes of errors after which a page of dead letters ends early: 8 MiB.
pub const FAILED_BYTES_MAX: usize = 8 << 20;
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
/// Queues, and kinds, that have labels of their own in the metrics; the rest is `other`.
pub const METRIC_LABELS_MAX: usize = 100;
/// How long the store may take to answer a scrape of the metrics.
pub const SCRAPE_WAIT_MAX: Duration = Duration::from_secs(2);
/// Queues that `/ready` names when many have the same trouble.
pub const NAMED_MAX: usize = 5;
/// How long the throughput looks back.
pub const THROUGHPUT_WINDOW: Duration = Duration::from_secs(60);
/// What was counted is kept at most this often, for the throughput.
pub const SAMPLE_EVERY_MIN: Duration = Duration::from_secs(1);
/// A server that serves samples what was counted this often, though nobody asks.
pub const SAMPLE_EVERY: Duration = Duration::from_secs(10);
/// How long the store may take to say that it is ready.
pub const READY_WAIT_MAX: Duration = Duration::from_secs(2);
