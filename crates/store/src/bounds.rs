//! The named bounds of the store's door. What exceeds one is refused with `InvalidInput`, naming it.

use std::time::Duration;

pub use duly_core::bounds::{EXPLAIN_LANES_MAX, POSITION_MAX};

/// Bytes of a kind, a queue, a worker's or a tenant's name.
pub const NAME_BYTES_MAX: usize = 128;
/// Bytes of a unique key.
pub const UNIQUE_KEY_BYTES_MAX: usize = 256;
/// Fields of a payload that one unique key is made of.
pub const UNIQUE_FIELDS_MAX: usize = 32;
/// Submissions that have replaced what a task was to do and are remembered with it, so that one which comes
/// again is not taken twice: the newest.
pub const REPLACED_MAX: usize = 1_000;
/// Labels of one task, those not counted that are reserved.
pub const LABELS_MAX: usize = 32;
/// Labels of one task that are [reserved](crate::trace::RESERVED).
pub const RESERVED_LABELS_MAX: usize = 8;
/// Bytes of a label's name.
pub const LABEL_NAME_BYTES_MAX: usize = 64;
/// Bytes of a label's value.
pub const LABEL_VALUE_BYTES_MAX: usize = 512;
/// Bytes of a payload: 1 MiB.
pub const PAYLOAD_BYTES_MAX: usize = 1 << 20;
/// Bytes of a result: 1 MiB.
pub const RESULT_BYTES_MAX: usize = 1 << 20;
/// Bytes of an error text; longer ones are cut at a character, marked by `…`.
pub const ERROR_BYTES_MAX: usize = 8 << 10;
/// Bytes of a progress text; longer ones are cut.
pub const PROGRESS_BYTES_MAX: usize = 256;
/// Tasks of one submit.
pub const SUBMIT_MAX: usize = 10_000;
/// Bytes of all payloads of one submit: 64 MiB.
pub const SUBMIT_BYTES_MAX: usize = 64 << 20;
/// Settlements, promotions or progress reports of one request.
pub const BATCH_MAX: usize = 10_000;
/// Queues, or kinds, that one worker may name.
pub const WORKER_NAMES_MAX: usize = 1_000;
/// Tasks or events of one page.
pub const PAGE_MAX: u32 = 1_000;
/// Tasks that one page looks at; a page that found few in so many ends early, with a cursor.
pub const SCAN_MAX: u32 = 20_000;
/// Events of one task that are saved with it: the newest.
pub const EVENTS_SAVED_MAX: u32 = 1_000;
/// Bytes of one page of saved tasks, as [`SavedTask::bytes`](crate::SavedTask::bytes) counts them: a page
/// ends after the task that reaches it. 8 MiB.
pub const SAVE_BYTES_MAX: usize = 8 << 20;
/// Bytes of the tasks that one restore puts into a store, counted likewise: 64 MiB.
pub const RESTORE_BYTES_MAX: usize = 64 << 20;
/// How far from now an instant may lie that a task is due, must have started, or has seen: 100 years.
pub const AHEAD_MAX: Duration = Duration::from_secs(100 * 366 * 24 * 3600);
/// The longest that a queue keeps finished tasks: 100 years.
pub const RETENTION_MAX: Duration = AHEAD_MAX;
/// Tasks that one housekeeping step touches.
pub const HOUSEKEEPING_MAX: u32 = 1_000;
/// Tasks, finished ones among them, that one step of [`Duty::Rekey`](crate::Duty::Rekey) looks at in memory.
pub const REKEY_LOOKS_MAX: usize = 10_000;
/// Unfinished tasks that a queue holds unless told otherwise.
pub const QUEUE_BOUND: u64 = 10_000_000;
/// Kinds that a store keeps records of.
pub const KINDS_MAX: usize = 10_000;
/// Tenants that a store keeps records of.
pub const TENANTS_MAX: usize = 1_000_000;
/// Limits that a store keeps records of, that are attached to something, or that its unfinished tasks name.
pub const LIMITS_MAX: usize = 100_000;
/// Queues, kinds and tenants that the record of one limit names of those it is attached to.
pub const ATTACHED_SHOWN_MAX: usize = 100;
/// The greatest weight of a tenant.
pub const TENANT_WEIGHT_MAX: u32 = 1_000;
/// How long events are kept, whatever their task does: 30 days.
pub const EVENT_RETENTION: Duration = Duration::from_secs(30 * 24 * 3600);
/// The longest that somebody leads without asking again. A lead that ends later than this from now is
/// over: the clock was set back.
pub const LEAD_MAX: Duration = Duration::from_secs(60);
/// Schedules of one store.
pub const SCHEDULES_MAX: u64 = 100_000;
/// Bytes of a schedule's definition: 2 MiB, room for the largest payload however it is written.
pub const SCHEDULE_DEFINITION_BYTES_MAX: usize = 2 << 20;
/// Bytes of a schedule's state: 64 KiB.
pub const SCHEDULE_STATE_BYTES_MAX: usize = 64 << 10;
/// Tasks that one step of a schedule calls off.
pub const ADVANCE_CANCEL_MAX: usize = 1_000;
/// Newest events from which the pace of a queue is told.
pub const EXPLAIN_EVENTS: u32 = 1_000;
/// Workers that are named because they serve nearly what a task needs.
pub const NEAR_MISSES_MAX: usize = 5;
