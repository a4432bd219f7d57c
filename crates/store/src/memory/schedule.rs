//! Schedules.

use std::collections::{BTreeMap, BTreeSet};

use duly_core::Timestamp;

use super::world::World;
use crate::bounds::SAVE_BYTES_MAX;
use crate::{
    Advance, Advanced, DueSchedules, Expected, ListSchedules, Name, PutSchedule, RemoveSchedule,
    RequestError, ScheduleError, SchedulePage, ScheduleRecord, Submit, validate,
};

/// All schedules, and which is next.
#[derive(Debug, Default)]
pub(super) struct Schedules {
    by_name: BTreeMap<Name, ScheduleRecord>,
    by_next: BTreeSet<(Timestamp, Name)>,
    /// The newest version of any.
    version: u64,
}

impl Schedules {
    pub(super) fn all(&self) -> impl Iterator<Item = &ScheduleRecord> {
        self.by_name.values()
    }

    pub(super) fn get(&self, name: &Name) -> Option<&ScheduleRecord> {
        self.by_name.get(name)
    }

    /// Writes a schedule, in a version of its own.
    fn write(&mut self, mut record: ScheduleRecord) -> ScheduleRecord {
        self.version += 1;
        record.version = self.version;
        self.remove(&record.name);
        if let Some(next_at) = record.next_at {
            self.by_next.insert((next_at, record.name.clone()));
        }
        self.by_name.insert(record.name.clone(), record.clone());
        record
    }

    fn remove(&mut self, name: &Name) -> Option<ScheduleRecord> {
        let old = self.by_name.remove(name)?;
        if let Some(next_at) = old.next_at {
            self.by_next.remove(&(next_at, old.name.clone()));
        }
        Some(old)
    }

    /// The schedule, if it is in this version.
    fn expect(&self, name: &Name, version: u64) -> Result<&ScheduleRecord, ScheduleError> {
        let found = self.get(name);
        let found = found.ok_or_else(|| ScheduleError::NotFound(name.clone()))?;
        if found.version == version {
            return Ok(found);
        }
        Err(ScheduleError::Conflict {
            name: name.clone(),
            found: Some(found.version),
        })
    }
}

impl World {
    pub(super) fn put_schedule(
        &mut self,
        request: &PutSchedule,
        now: Timestamp,
    ) -> Result<ScheduleRecord, ScheduleError> {
        validate::put_schedule(request, now)?;
        let found = self.schedules.get(&request.name).map(|old| old.version);
        if !request.expected.allows(found) {
            let name = request.name.clone();
            return Err(match request.expected {
                Expected::Version(_) if found.is_none() => ScheduleError::NotFound(name),
                _ => ScheduleError::Conflict { name, found },
            });
        }
        if found.is_none() {
            let count = self.schedules.by_name.len() as u64;
            validate::schedule_count(&request.name, count)?;
        }
        self.watch.note();
        Ok(self.schedules.write(ScheduleRecord {
            name: request.name.clone(),
            owner: request.owner.clone(),
            definition: request.definition.clone(),
            state: request.state.clone(),
            next_at: request.next_at,
            version: 0,
        }))
    }

    pub(super) fn remove_schedule(
        &mut self,
        request: &RemoveSchedule,
    ) -> Result<ScheduleRecord, ScheduleError> {
        if let Some(version) = request.version {
            self.schedules.expect(&request.name, version)?;
        }
        self.watch.note();
        let removed = self.schedules.remove(&request.name);
        removed.ok_or_else(|| ScheduleError::NotFound(request.name.clone()))
    }

    pub(super) fn schedule_page(
        &self,
        request: &ListSchedules,
        now: Timestamp,
    ) -> Result<SchedulePage, RequestError> {
        validate::page(request.limit)?;
        let mut page = SchedulePage {
            schedules: Vec::new(),
            next: None,
            at: now,
        };
        let mut bytes = 0;
        let after = |record: &&ScheduleRecord| {
            let after = request.after.as_ref();
            after.is_none_or(|after| record.name > *after)
        };
        for record in self.schedules.all().filter(after) {
            bytes += record.bytes();
            page.schedules.push(record.clone());
            if page.schedules.len() == request.limit as usize || bytes >= SAVE_BYTES_MAX {
                page.next = Some(record.name.clone());
                break;
            }
        }
        Ok(page)
    }

    pub(super) fn due_schedules(
        &self,
        limit: u32,
        now: Timestamp,
    ) -> Result<DueSchedules, RequestError> {
        validate::page(limit)?;
        let mut due = DueSchedules {
            schedules: Vec::new(),
            next_at: None,
            at: now,
        };
        let mut bytes = 0;
        for (next_at, name) in &self.schedules.by_next {
            let is_full = due.schedules.len() == limit as usize || bytes >= SAVE_BYTES_MAX;
            if is_full || *next_at > now {
                due.next_at = Some(*next_at);
                break;
            }
            let record = &self.schedules.by_name[name];
            bytes += record.bytes();
            due.schedules.push(record.clone());
        }
        Ok(due)
    }

    /// Answers also the queues of the tasks that were submitted or called off.
    pub(super) fn advance_schedule(
        &mut self,
        request: &Advance,
        now: Timestamp,
    ) -> Result<(Advanced, BTreeSet<Name>), ScheduleError> {
        validate::advance(request, now)?;
        let old = self.schedules.expect(&request.name, request.version)?;
        let new = ScheduleRecord {
            state: request.state.clone(),
            next_at: request.next_at,
            ..old.clone()
        };
        let tasks = request.tasks.clone();
        let taken = self.submit(&Submit { tasks }, now)?;
        let mut queues = taken.queues;
        let mut cancelled = 0;
        for id in request.called_off(&taken.reply.tasks) {
            if let Ok(task) = self.cancel(id, now) {
                queues.insert(task.queue);
                cancelled += 1;
            }
        }
        self.watch.note();
        let advanced = Advanced {
            version: self.schedules.write(new).version,
            tasks: taken.reply.tasks,
            cancelled,
            at: now,
        };
        Ok((advanced, queues))
    }
}
