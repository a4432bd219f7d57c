//! What will happen in a world, decided before it begins: who works, what people do, what goes wrong.
//!
//! A plan is a list of independent items. Whatever is left out, the rest means the same, so a failing plan is
//! shrunk by leaving out items and trying again.

mod draw;

use std::time::Duration;

use duly_store::{KindChange, Name, QueueChange, TenantChange};

use crate::name::Who;
use crate::wire::{Ask, Op};

pub(crate) use draw::draw;

/// Whose work it may be.
pub(crate) const TENANTS: [&str; 3] = ["acme", "bolt", "cord"];

/// The most that one of them weighs in turns.
pub(crate) const TENANT_WEIGHT_MAX: u32 = 5;

/// A world before it begins.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// What it was drawn from; small things, such as how long a handler runs, still follow from it.
    pub(crate) seed: u64,
    pub(crate) queues: Vec<Name>,
    pub(crate) kinds: Vec<Name>,
    pub(crate) workers: Vec<WorkerSpec>,
    pub(crate) houses: u8,
    /// How many rows one step of housekeeping touches.
    pub(crate) house_step: u32,
    /// When the last fault is over.
    pub(crate) horizon: Duration,
    /// What happens, by time.
    pub(crate) items: Vec<Item>,
}

/// What a worker is told.
#[derive(Clone, Debug)]
pub(crate) struct WorkerSpec {
    pub(crate) queues: Vec<Name>,
    /// What each of them weighs; empty: the most urgent head of all comes first.
    pub(crate) weights: Vec<u32>,
    pub(crate) kinds: Vec<Name>,
    pub(crate) concurrency: u32,
    pub(crate) prefetch: u32,
}

/// Something that happens at an instant.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    /// Since the world began.
    pub(crate) at: Duration,
    pub(crate) deed: Deed,
}

/// What people do, and what goes wrong.
#[derive(Clone, Debug)]
pub(crate) enum Deed {
    /// Somebody asks the store for something, until it is known what became of it.
    Ask(Ask),
    /// A process is told to stop, and starts again a while after it has.
    Stop { who: Who, within: Duration },
    /// A process is gone at once, and starts again a while later.
    Crash { who: Who },
    /// The next call of a process (of that kind) goes wrong.
    Mishap {
        who: Who,
        op: Option<Op>,
        mishap: Mishap,
    },
    /// The store answers nobody.
    Away {
        lasts: Duration,
        /// What is asked may take effect all the same.
        unknown: bool,
    },
    /// A process and the store do not hear each other.
    Cut { who: Who, lasts: Duration },
    /// A process stands still.
    Freeze { who: Who, lasts: Duration },
    /// A clock is set: that of a process, or the store's.
    Jump { whose: Option<Who>, micros: i64 },
}

/// What goes wrong with one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mishap {
    /// It never arrives.
    Lost,
    /// It takes effect, and its answer never arrives.
    AnswerLost,
    /// It arrives so much later.
    Late(Duration),
    /// It arrives, and again so much later.
    Twice(Duration),
    /// Whoever makes it is gone before it leaves.
    CrashBefore,
    /// Whoever makes it is gone as soon as it has taken effect.
    CrashAfter,
    /// Whoever makes it stands still for so long, as soon as it has left; its answer may be lost.
    Still(Duration),
}

impl Plan {
    /// What lets everything go on.
    pub(crate) fn resumed(&self) -> Vec<Ask> {
        let queue = QueueChange {
            paused: Some(false),
            draining: Some(false),
            bound: Some(duly_store::bounds::QUEUE_BOUND),
            ..QueueChange::default()
        };
        let kind = KindChange {
            paused: Some(false),
            draining: Some(false),
        };
        let tenant = TenantChange {
            paused: Some(false),
            ..TenantChange::default()
        };
        let queues = self
            .queues
            .iter()
            .map(|name| Ask::Configure(name.clone(), queue));
        let kinds = self.kinds.iter().map(|name| Ask::Kind(name.clone(), kind));
        let tenants = TENANTS
            .iter()
            .map(|name| Ask::Tenant((*name).into(), tenant));
        queues.chain(kinds).chain(tenants).collect()
    }
}

impl Deed {
    /// Which process it is about.
    pub(crate) const fn who(&self) -> Option<Who> {
        match self {
            Self::Ask(_) => Some(Who::Client),
            Self::Stop { who, .. }
            | Self::Crash { who }
            | Self::Mishap { who, .. }
            | Self::Cut { who, .. }
            | Self::Freeze { who, .. } => Some(*who),
            Self::Jump { whose, .. } => *whose,
            Self::Away { .. } => None,
        }
    }
}
