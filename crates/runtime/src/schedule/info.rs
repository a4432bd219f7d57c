//! A schedule as it was read.

use duly_core::Timestamp;
use duly_schedule::bounds::HELD_LOOK;
use duly_schedule::{Overlap, Schedule};
use duly_store::{Name, ScheduleRecord};

use super::definition::Definition;
use super::standing::Standing;
use super::unread::UnreadableSchedule;

/// A schedule as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleInfo {
    /// Its name.
    pub name: Name,
    /// Who declared it, such as `config`, if it was declared.
    pub owner: Option<Name>,
    /// What it creates, and when.
    pub definition: Definition,
    /// How far it is.
    pub standing: Standing,
    /// New with every write.
    pub version: u64,
}

impl ScheduleInfo {
    /// From what a store keeps.
    ///
    /// # Errors
    /// If another version of Duly has written it, or it is damaged.
    pub fn read(record: &ScheduleRecord) -> Result<Self, UnreadableSchedule> {
        Ok(Self {
            name: record.name.clone(),
            owner: record.owner.clone(),
            definition: Definition::read(&record.definition).map_err(|why| why.of(record))?,
            standing: Standing::read(&record.state).map_err(|why| why.of(record))?,
            version: record.version,
        })
    }

    /// Nothing fires from it until it is resumed.
    #[must_use]
    pub const fn is_paused(&self) -> bool {
        self.standing.progress.paused
    }

    /// Its next tick, paused or not; it may be due already. `None`: none will come.
    #[must_use]
    pub fn next(&self) -> Option<Timestamp> {
        self.rules().next()
    }

    /// The next ticks after an instant, as they would fire if nothing were missed or changed: at most
    /// [`PREVIEW_MAX`](duly_schedule::bounds::PREVIEW_MAX).
    #[must_use]
    pub fn preview(&self, now: Timestamp, count: usize) -> Vec<Timestamp> {
        self.rules().preview(now, count).collect()
    }

    pub(super) fn rules(&self) -> Schedule {
        Schedule {
            terms: self.definition.terms.clone(),
            seed: self.standing.seed,
            progress: self.standing.progress.clone(),
        }
    }

    /// When somebody has to look at it next.
    pub(super) fn look_at(&self, now: Timestamp) -> Option<Timestamp> {
        let filling = self.standing.filling.as_ref();
        let filling = filling.map(|filling| {
            let in_turn = filling.backfill.overlap == Overlap::QueueOne;
            if in_turn && !filling.live.is_empty() {
                now + HELD_LOOK
            } else {
                now
            }
        });
        self.rules().look_at(now).into_iter().chain(filling).min()
    }
}
