//! The checkers: each holds one promise against everything that happens.

mod alert;
mod cancel;
mod charge;
mod choice;
mod drain;
mod due;
mod expiry;
mod explain;
mod fair;
mod feed;
mod fencing;
mod leader;
mod lease;
mod nothing_lost;
mod one_attempt;
mod order;
mod pause;
mod permit;
mod purge;
mod rate;
mod reason;
mod record;
mod rekey;
mod retention;
mod save;
mod share;
mod suspect;
mod tick;
mod unique;
mod wake;

use duly_core::{AttemptRef, TaskId, Timestamp};
use duly_store::{Event, LimitRecord, QueueRecord, SavedTask, TaskRecord};

use crate::ledger::{Ledger, Step, Told};
use crate::name::Who;
use crate::wire::Answer;

/// What a checker says: all is well, or what is not.
pub(crate) type Verdict = Result<(), String>;

/// Something that a checker may look at.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Seen<'a> {
    /// A call took effect; the ledger is as it was before.
    Step(&'a Step),
    /// What the store wrote down for a step, and what it must have; the ledger is as it is after.
    Written {
        step: &'a Step,
        told: &'a [Told],
        events: &'a [Event],
    },
    /// A process hears an answer.
    Heard { answer: &'a Answer, real: Timestamp },
    /// A handler begins.
    Began {
        who: Who,
        attempt: AttemptRef,
        real: Timestamp,
    },
    /// A handler is over, or its process is gone.
    Over { attempt: AttemptRef },
    /// A process stands still, and so do its handlers.
    Froze { who: Who },
    /// It goes on, and has seen what time it is.
    Thawed { who: Who, real: Timestamp },
    /// A clock was set.
    Jumped { real: Timestamp, of_store: bool },
    /// The store answers nobody until then.
    Away { from: Timestamp, until: Timestamp },
    /// All that the store shows.
    Compared {
        tasks: &'a [(TaskId, Option<TaskRecord>)],
        queues: &'a [QueueRecord],
        limits: &'a [LimitRecord],
        at: Timestamp,
    },
    /// Everything was taken out of the store, and put into an empty one.
    Restored {
        before: &'a [SavedTask],
        after: &'a [SavedTask],
        at: Timestamp,
    },
    /// Faults are long over, and nothing is left to do.
    Rest,
}

/// One promise.
pub(crate) trait Check {
    /// Looks at something.
    fn see(&mut self, seen: &Seen<'_>, ledger: &Ledger) -> Verdict;
}

/// A checker by its name.
pub(crate) struct Named {
    pub(crate) name: &'static str,
    pub(crate) check: Box<dyn Check>,
}

impl std::fmt::Debug for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

macro_rules! checks {
    ($($module:ident),* $(,)?) => {
        /// Their names.
        pub(crate) const NAMES: &[&str] = &[$(stringify!($module)),*];

        /// All checkers, or the one of that name.
        pub(crate) fn all(only: Option<&str>) -> Vec<Named> {
            let all = vec![$(Named {
                name: stringify!($module),
                check: Box::new($module::new()),
            }),*];
            let mut all: Vec<Named> = all;
            all.retain(|named| only.is_none_or(|only| only == named.name));
            all
        }
    };
}

checks![
    one_attempt,
    fencing,
    order,
    fair,
    share,
    rekey,
    due,
    pause,
    permit,
    rate,
    drain,
    alert,
    expiry,
    unique,
    suspect,
    charge,
    cancel,
    lease,
    leader,
    tick,
    retention,
    purge,
    save,
    wake,
    explain,
    reason,
    nothing_lost,
    feed,
    record,
];

/// Says what is wrong, if it is.
fn demand(holds: bool, otherwise: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(otherwise()) }
}
