//! Housekeeping: bounded steps that any instance may take, safe if two do.

use std::time::Duration;

use duly_core::{Incarnation, Timestamp};

use crate::Name;
use crate::bounds::LEAD_MAX;

/// What there is to keep in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Duty {
    /// Move into line what has become due.
    Promote,
    /// End what waits although a deadline has passed: that of its start, or that of its end.
    Expire,
    /// Tell, by an event, of what has not begun or ended by the age at which somebody wants to know.
    Alert,
    /// Remove finished tasks, with their events, that were kept long enough; then, forget unique keys whose
    /// period is over.
    Prune,
    /// Remove events older than [`EVENT_RETENTION`](crate::bounds::EVENT_RETENTION), so that a task that
    /// is put off for ever has no history without end.
    Forget,
    /// Move tasks to where the order of their queue has them, after it was changed.
    Rekey,
}

impl Duty {
    /// All duties.
    pub const ALL: [Self; 6] = [
        Self::Promote,
        Self::Expire,
        Self::Alert,
        Self::Prune,
        Self::Forget,
        Self::Rekey,
    ];
}

/// One step of a duty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeepHouse {
    /// Which.
    pub duty: Duty,
    /// How many tasks (or events, or keys) it touches at most; at most
    /// [`HOUSEKEEPING_MAX`](crate::bounds::HOUSEKEEPING_MAX). With 0 it does nothing, and says whether there is
    /// something to do.
    pub limit: u32,
}

/// What a step did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// How many tasks (or events, or keys) it touched.
    pub count: u32,
    /// There is more to do now.
    pub more: bool,
}

/// Asks to lead, or to go on leading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lead {
    /// What: a duty of the cluster, by name.
    pub name: Name,
    /// Who asks.
    pub holder: Incarnation,
    /// For how long, at most [`LEAD_MAX`]; zero gives it up.
    pub ttl: Duration,
}

/// Who leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leadership {
    /// Whoever asked leads.
    pub leads: bool,
    /// Until when the leader leads, unless it asks again.
    pub until: Timestamp,
}

/// Whether a lead that ends at `until` holds at `now`: it has not run out, and does not end later than
/// any lead may (then the clock was set back).
#[must_use]
pub fn is_held(until: Timestamp, now: Timestamp) -> bool {
    now < until && until <= now + LEAD_MAX
}
