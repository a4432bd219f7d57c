//! Kinds: what holds for all tasks of one handler, whatever their queues.

use crate::Name;

/// What holds for a kind. Its record is made, with the defaults, by the first task or setting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KindSettings {
    /// Nothing of it starts.
    pub paused: bool,
    /// It takes in no new tasks; those that are there are worked off.
    pub draining: bool,
}

/// A change to a kind's settings: what is `None` stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KindChange {
    /// Pause or resume it.
    pub paused: Option<bool>,
    /// Drain it, or open it to new tasks again.
    pub draining: Option<bool>,
}

impl KindChange {
    /// The settings after the change.
    #[must_use]
    pub fn apply(&self, old: &KindSettings) -> KindSettings {
        KindSettings {
            paused: self.paused.unwrap_or(old.paused),
            draining: self.draining.unwrap_or(old.draining),
        }
    }
}

impl From<KindSettings> for KindChange {
    /// Makes them what they are here.
    fn from(settings: KindSettings) -> Self {
        Self {
            paused: Some(settings.paused),
            draining: Some(settings.draining),
        }
    }
}

/// A kind with the count of its tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KindRecord {
    /// Its name.
    pub name: Name,
    /// What holds for it.
    pub settings: KindSettings,
    /// How many of its tasks are not finished: 0 once it is drained.
    pub unfinished: u64,
}

/// A page of kinds, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KindPage {
    /// The kinds.
    pub kinds: Vec<KindRecord>,
    /// What the next page comes after; `None`: that was all.
    pub next: Option<Name>,
}
