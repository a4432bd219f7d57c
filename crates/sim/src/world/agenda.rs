//! What is to come, by time; at one instant, in the order in which it was entered.

use std::collections::BTreeMap;

use duly_core::Timestamp;

use super::link::{Call, Told};
use crate::name::Who;

#[derive(Debug)]
pub(super) enum Happening {
    /// An item of the plan.
    Item(usize),
    Start(Who),
    /// A process has slept long enough, unless it was woken since.
    Wake(Who, u64),
    /// A process that stood still goes on.
    Thaw(Who),
    /// A call reaches the store.
    Arrive(Box<Call>),
    /// A process hears of its call.
    Hear(Box<Told>),
    /// A hint reaches a worker, by its start.
    Hint(Who, u32),
    /// The last fault is over.
    Heal,
    /// All records are compared.
    Compare,
}

#[derive(Debug, Default)]
pub(super) struct Agenda {
    entries: BTreeMap<(Timestamp, u64), Happening>,
    count: u64,
}

impl Agenda {
    pub(super) fn add(&mut self, at: Timestamp, happening: Happening) {
        self.count += 1;
        self.entries.insert((at, self.count), happening);
    }

    pub(super) fn next(&mut self) -> Option<(Timestamp, Happening)> {
        let ((at, _), happening) = self.entries.pop_first()?;
        Some((at, happening))
    }
}
