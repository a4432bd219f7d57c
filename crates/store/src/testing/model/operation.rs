//! What a random history is made of.

use std::time::Duration;

use duly_core::{Decision, Limit, OrderPolicy, Priority};

use crate::{
    AttachmentChange, Change, Duty, Filter, KindChange, ListAttachments, ListNames, QueueChange,
    TenantChange, Unique, When,
};

/// One of the attempts that claims have handed out so far, or something near it.
#[derive(Clone, Copy, Debug)]
pub struct Pick {
    /// Which, modulo their number.
    pub index: usize,
    /// Added to the attempt's number: mostly 0.
    pub skew: u32,
}

/// A task to submit, small enough to be drawn.
#[derive(Clone, Debug)]
pub struct Draft {
    pub(super) id: u8,
    pub(super) kind: u8,
    pub(super) queue: u8,
    pub(super) priority: Priority,
    pub(super) due: When,
    pub(super) deadline: Option<When>,
    pub(super) finish_by: Option<When>,
    pub(super) alerts: [Option<Duration>; 2],
    pub(super) unique: Option<Unique>,
    pub(super) lost_max: u32,
    pub(super) label: Option<u8>,
    pub(super) tenant: Option<u8>,
    /// With their weights.
    pub(super) limits: Vec<(u8, u32)>,
    pub(super) plain: bool,
}

/// The end of a picked attempt.
#[derive(Clone, Debug)]
pub struct Ending {
    pub(super) pick: Pick,
    pub(super) decision: Decision,
    pub(super) error: bool,
    pub(super) result: bool,
}

/// One operation on a store. Workers, tasks, queues and kinds are small numbers, so that histories meet.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum Operation {
    Submit {
        tasks: Vec<Draft>,
    },
    Claim {
        worker: u8,
        queues: Vec<u8>,
        weighed: bool,
        kinds: Vec<u8>,
        run: u32,
        prefetch: u32,
        suspect: bool,
        turn: u32,
    },
    Promote {
        worker: u8,
        picks: Vec<Pick>,
    },
    Settle {
        worker: u8,
        endings: Vec<Ending>,
    },
    Register {
        worker: u8,
    },
    Heartbeat {
        worker: u8,
        progress: Option<Pick>,
    },
    CancelRequests {
        worker: u8,
    },
    TakeBack {
        worker: u8,
        beats: Option<i64>,
        limit: u32,
    },
    Change {
        task: u8,
        change: Change,
    },
    ChangeMatching {
        filter: Filter,
        change: Change,
        limit: u32,
    },
    Save {
        limit: u32,
    },
    /// Restores some of what was saved, as it is or under other ids.
    Restore {
        skip: usize,
        count: usize,
        copy: bool,
    },
    Configure {
        queue: u8,
        change: QueueChange,
    },
    ConfigureKind {
        kind: u8,
        change: KindChange,
    },
    ConfigureTenant {
        tenant: u8,
        change: TenantChange,
    },
    ConfigureLimit {
        limit: u8,
        bounds: Option<Limit>,
    },
    /// To a queue, a kind or a tenant.
    Attach {
        what: u8,
        subject: u8,
        change: AttachmentChange,
    },
    Attachments(ListAttachments),
    Limits(ListNames),
    /// Moves all that stand in line to where the order of their queue has them: how tasks of two orders stand
    /// to each other is nobody's promise.
    Order {
        queue: u8,
        order: OrderPolicy,
    },
    List {
        filter: Filter,
        limit: u32,
        brief: bool,
    },
    Queues,
    Kinds(ListNames),
    Tenants(ListNames),
    ExplainTask {
        task: u8,
    },
    ExplainQueue {
        queue: u8,
    },
    ExplainWorker {
        worker: u8,
    },
    TaskEvents {
        task: u8,
        after: i64,
        limit: u32,
    },
    Events {
        after: i64,
        limit: u32,
    },
    KeepHouse {
        duty: Duty,
        limit: u32,
    },
    Lead {
        holder: u8,
        ttl: Duration,
    },
    Advance {
        by: Duration,
    },
    PutSchedule {
        schedule: u8,
        next: Option<Duration>,
        expected: Option<u64>,
    },
    RemoveSchedule {
        schedule: u8,
    },
    /// A step of a schedule in the version that it has, or before.
    AdvanceSchedule {
        schedule: u8,
        behind: u64,
        tasks: Vec<Draft>,
        cancel: Vec<u8>,
        next: Option<Duration>,
    },
    DueSchedules {
        limit: u32,
    },
}
