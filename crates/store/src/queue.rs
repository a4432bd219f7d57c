//! Queues: their settings and their counts.

use std::time::Duration;

use duly_core::{EventKind, OrderPolicy, State, Timestamp};

use crate::Name;
use crate::bounds::QUEUE_BOUND;

/// What holds for a queue. A queue is made, with the defaults, by the first task or setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueSettings {
    /// Nothing starts from it.
    pub paused: bool,
    /// It takes in no new tasks; those that are there are worked off.
    pub draining: bool,
    /// In which order its tasks run.
    pub order: OrderPolicy,
    /// Its tenants take turns, by weight.
    pub fair: bool,
    /// How many unfinished tasks it may hold.
    pub bound: u64,
    /// How long completed, cancelled and expired tasks are kept.
    pub retention_completed: Duration,
    /// How long failed and timed out tasks are kept.
    pub retention_failed: Duration,
}

impl QueueSettings {
    /// How long a task that ended in `state` is kept.
    #[must_use]
    pub const fn retention(&self, state: State) -> Duration {
        match state {
            State::Failed | State::TimedOut => self.retention_failed,
            _ => self.retention_completed,
        }
    }
}

impl Default for QueueSettings {
    /// Neither paused nor draining, in strict order, not fair, 10 million unfinished tasks, completed kept for 24 hours, failed for 14 days.
    fn default() -> Self {
        Self {
            paused: false,
            draining: false,
            order: OrderPolicy::Strict,
            fair: false,
            bound: QUEUE_BOUND,
            retention_completed: Duration::from_secs(24 * 3600),
            retention_failed: Duration::from_secs(14 * 24 * 3600),
        }
    }
}

/// A change to a queue's settings: what is `None` stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueChange {
    /// Pause or resume it.
    pub paused: Option<bool>,
    /// Drain it, or open it to new tasks again.
    pub draining: Option<bool>,
    /// In which order its tasks run. It counts at once for those that come into line; those that stand in
    /// line are moved in steps of housekeeping.
    pub order: Option<OrderPolicy>,
    /// Whether its tenants take turns.
    pub fair: Option<bool>,
    /// How many unfinished tasks it may hold; those that are there stay.
    pub bound: Option<u64>,
    /// How long completed, cancelled and expired tasks are kept; counts for those already there.
    pub retention_completed: Option<Duration>,
    /// How long failed and timed out tasks are kept; counts for those already there.
    pub retention_failed: Option<Duration>,
}

impl QueueChange {
    /// The settings after the change.
    #[must_use]
    pub fn apply(&self, old: &QueueSettings) -> QueueSettings {
        QueueSettings {
            paused: self.paused.unwrap_or(old.paused),
            draining: self.draining.unwrap_or(old.draining),
            order: self.order.unwrap_or(old.order),
            fair: self.fair.unwrap_or(old.fair),
            bound: self.bound.unwrap_or(old.bound),
            retention_completed: self.retention_completed.unwrap_or(old.retention_completed),
            retention_failed: self.retention_failed.unwrap_or(old.retention_failed),
        }
    }
}

impl From<&QueueSettings> for QueueChange {
    /// Makes them what they are here.
    fn from(settings: &QueueSettings) -> Self {
        Self {
            paused: Some(settings.paused),
            draining: Some(settings.draining),
            order: Some(settings.order),
            fair: Some(settings.fair),
            bound: Some(settings.bound),
            retention_completed: Some(settings.retention_completed),
            retention_failed: Some(settings.retention_failed),
        }
    }
}

/// How many tasks there are in each state; finished ones as long as they are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts([u64; State::COUNT]);

impl Counts {
    /// From a number per state, in the order of [`State::ALL`].
    #[must_use]
    pub const fn new(by_state: [u64; State::COUNT]) -> Self {
        Self(by_state)
    }

    /// How many are in `state`.
    #[must_use]
    pub fn of(&self, state: State) -> u64 {
        self.0[usize::from(state.code())]
    }

    /// Adds `n` to those in `state`.
    pub fn add(&mut self, state: State, n: u64) {
        self.0[usize::from(state.code())] += n;
    }

    /// Takes `n` from those in `state`.
    pub fn take(&mut self, state: State, n: u64) {
        self.0[usize::from(state.code())] -= n;
    }

    /// How many are not finished.
    #[must_use]
    pub fn unfinished(&self) -> u64 {
        State::ALL
            .into_iter()
            .filter(|s| !s.is_final())
            .map(|s| self.of(s))
            .sum()
    }
}

/// How many events of each kind there have ever been: never less than before, whatever is pruned.
/// Events that came with restored tasks do not count. A store in memory counts from when it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals([u64; EventKind::COUNT]);

impl Totals {
    /// From a number per kind, in the order of [`EventKind::ALL`].
    #[must_use]
    pub const fn new(by_kind: [u64; EventKind::COUNT]) -> Self {
        Self(by_kind)
    }

    /// How many of this kind.
    #[must_use]
    pub fn of(&self, kind: EventKind) -> u64 {
        self.0[usize::from(kind.code())]
    }

    /// Adds `n` of this kind.
    pub fn add(&mut self, kind: EventKind, n: u64) {
        self.0[usize::from(kind.code())] += n;
    }
}

/// A queue with its counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueRecord {
    /// Its name.
    pub name: Name,
    /// What holds for it.
    pub settings: QueueSettings,
    /// How many tasks it has in each state, as seen at the instant it was read (what has become due
    /// counts as pending).
    pub counts: Counts,
    /// What has happened in it since it was made.
    pub totals: Totals,
    /// Of the tasks that are pending (what has become due counts), the earliest instant that one was
    /// due. In aging and deadline queues only the first in line of each lane and class is looked at, and
    /// one behind it may have been due earlier.
    pub oldest_due_at: Option<Timestamp>,
}
