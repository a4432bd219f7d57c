//! The port of Duly: the trait [`Store`], its requests, replies and errors; and the memory store,
//! which is the executable specification of every other.
//!
#![doc = include_str!("../SEMANTICS.md")]
#![forbid(unsafe_code)]

#[cfg(feature = "archive")]
pub mod archive;
mod attachments;
pub mod bounds;
mod change;
mod claim;
mod clock;
mod error;
mod event;
pub mod explain;
#[cfg(feature = "archive")]
pub mod file;
mod hint;
mod house;
pub mod id;
mod kind;
mod limit;
mod list;
mod memory;
mod payload;
pub mod priority;
mod queue;
mod save;
mod schedule;
mod settle;
mod store;
mod subject;
mod submit;
mod task;
mod tenant;
pub mod trace;
mod unique;
pub mod validate;
mod worker;

pub use attachments::Attachments;
pub use change::{Change, ChangeMatching, ChangedMatching};
pub use claim::{Claim, Claimed, Lease, Promote, Promoted};
pub use clock::{Clock, ManualClock, SystemClock};
pub use duly_core::Name;
pub use error::{
    ChangeError, ClaimError, InvalidInput, RequestError, ScheduleError, SettleError, StoreError,
    SubmitError,
};
pub use event::{AttemptRecord, Event, EventCursor, EventPage, InvalidCursor, attempts};
pub use explain::{
    Basis, Estimate, Explanation, NearMiss, Pace, Position, QueueExplanation, Reason, ReasonCount,
    WorkerExplanation,
};
pub use hint::{Hints, Listener};
pub use house::{Duty, KeepHouse, Kept, Lead, Leadership, is_held};
pub use kind::{KindChange, KindPage, KindRecord, KindSettings};
pub use limit::{
    AttachmentChange, AttachmentPage, LimitPage, LimitRecord, LimitUse, ListAttachments,
};
pub use list::{Filter, List, ListCursor, ListNames, TaskPage};
pub use memory::MemoryStore;
pub use payload::{Encoding, Payload};
pub use queue::{Counts, QueueChange, QueueRecord, QueueSettings, Totals};
pub use save::{Restore, Restored, Save, SaveCursor, SavedPage, SavedTask};
pub use schedule::{
    Advance, Advanced, DueSchedules, Expected, ListSchedules, PutSchedule, RemoveSchedule,
    SchedulePage, ScheduleRecord,
};
pub use settle::{Settle, Settled, Settlement};
pub use store::{BoxFuture, Store, Traits};
pub use subject::Subject;
pub use submit::{Admission, Submit, SubmitReply, Submitted};
pub use task::{Labels, NewTask, Progress, TaskRecord, When};
pub use tenant::{TenantChange, TenantPage, TenantRecord, TenantSettings};
pub use unique::{OnConflict, Replace, Unique, UniqueScope};
pub use worker::{Heartbeat, Registration, Renewed, TakeBack, TakenBack, WorkerRecord, lost_error};

#[cfg(feature = "testing")]
pub mod testing;
