//! How far a schedule is: how that is kept as text.

use std::sync::Arc;

use duly_core::{TaskId, Timestamp};
use duly_schedule::{Backfill, Progress, Seed};
use serde::{Deserialize, Serialize};

use super::unread::Unread;
use crate::bounds::SCHEDULE_LIVE_MAX;

/// The version of the text that is written, and the only one that is read.
const VERSION: u32 = 1;

/// How far a schedule is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    version: u32,
    /// What ids and jitter follow from.
    pub seed: Seed,
    /// Which ticks are decided.
    pub progress: Progress,
    /// When it was made.
    #[serde(with = "micros")]
    pub created_at: Timestamp,
    /// When it was last defined anew.
    #[serde(with = "micros")]
    pub changed_at: Timestamp,
    /// The task that it created last; or that stands for it, because it holds its unique key.
    #[serde(default, with = "id")]
    pub last_task: Option<TaskId>,
    /// Tasks that it created, or that stand for those, and that were not seen in a final state: of many, the newest.
    #[serde(default, with = "ids")]
    pub(super) live: Vec<TaskId>,
    /// A period that is being filled in.
    #[serde(default)]
    pub filling: Option<Filling>,
    /// The last tick whose task was not taken.
    #[serde(default)]
    pub refused: Option<Refused>,
    /// The last ticks that were missed, and never fire.
    #[serde(default)]
    pub dropped: Option<Dropped>,
}

/// A period that is being filled in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filling {
    /// What is left of it.
    pub backfill: Backfill,
    /// Its tasks that were not seen in a final state: of many, the newest.
    #[serde(default, with = "ids")]
    pub(super) live: Vec<TaskId>,
}

/// A tick whose task was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Its instant.
    #[serde(with = "micros")]
    pub tick: Timestamp,
    /// When that was.
    #[serde(with = "micros")]
    pub at: Timestamp,
    /// Why.
    pub reason: String,
    /// How many there have been so far, with this one.
    pub count: u64,
}

/// Ticks that were missed, and never fire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// The first of them.
    #[serde(with = "micros")]
    pub first: Timestamp,
    /// The last of them.
    #[serde(with = "micros")]
    pub last: Timestamp,
}

impl Filling {
    pub(super) const fn new(backfill: Backfill) -> Self {
        Self {
            backfill,
            live: Vec::new(),
        }
    }
}

impl Standing {
    /// At the beginning.
    pub(super) fn begun(seed: Seed, now: Timestamp) -> Self {
        Self {
            version: VERSION,
            seed,
            progress: Progress::begun(now),
            created_at: now,
            changed_at: now,
            last_task: None,
            live: Vec::new(),
            filling: None,
            refused: None,
            dropped: None,
        }
    }

    /// A task was not made: the one that holds its unique key stands for it.
    pub(super) fn stands_in(&mut self, task: TaskId, by: TaskId) {
        if self.last_task == Some(task) {
            self.last_task = Some(by);
        }
        let filling = self.filling.as_mut().map(|filling| &mut filling.live);
        for live in filling.into_iter().chain([&mut self.live]) {
            let Some(at) = live.iter().position(|id| *id == task) else {
                continue;
            };
            if live.contains(&by) {
                live.remove(at);
            } else {
                live[at] = by;
            }
        }
    }

    pub(super) fn write(&self) -> Arc<str> {
        let text = serde_json::to_string(self);
        text.expect("text and numbers become JSON").into()
    }

    pub(super) fn read(text: &str) -> Result<Self, Unread> {
        Unread::check_version(text, VERSION)?;
        Ok(serde_json::from_str(text)?)
    }
}

/// Adds tasks to those that live; of many, the newest stay.
pub(super) fn add(live: &mut Vec<TaskId>, ids: impl IntoIterator<Item = TaskId>) {
    live.extend(ids);
    let beyond = live.len().saturating_sub(SCHEDULE_LIVE_MAX);
    live.drain(..beyond);
}

mod micros {
    use duly_core::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(at: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_i64(at.as_micros())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
        i64::deserialize(from).map(Timestamp::from_micros)
    }
}

mod id {
    use duly_core::TaskId;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(id: &Option<TaskId>, to: S) -> Result<S::Ok, S::Error> {
        match id {
            Some(id) => to.collect_str(id),
            None => to.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<TaskId>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        text.map(|text| text.parse())
            .transpose()
            .map_err(D::Error::custom)
    }
}

mod ids {
    use duly_core::TaskId;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(ids: &[TaskId], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(ids.iter().map(ToString::to_string))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<TaskId>, D::Error> {
        let texts = Vec::<String>::deserialize(from)?;
        let ids = texts.iter().map(|text| text.parse());
        ids.collect::<Result<_, _>>().map_err(D::Error::custom)
    }
}
