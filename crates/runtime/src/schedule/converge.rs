//! Declared schedules: what is there becomes what was declared.

use std::collections::BTreeSet;

use duly_store::bounds::PAGE_MAX;
use duly_store::{ListSchedules, Name, RemoveSchedule, ScheduleError};
use tracing::warn;

use super::definition::Definition;
use super::error::SchedulesError;
use super::info::ScheduleInfo;
use super::schedules::{Put, Schedules};
use super::unread::UnreadableSchedule;
use crate::bounds::SCHEDULE_TRIES_MAX;

/// What it took.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Converged {
    /// Those that were made.
    pub added: Vec<Name>,
    /// Those that were changed, or taken over from whoever made them.
    pub changed: Vec<Name>,
    /// How many were as declared.
    pub unchanged: usize,
    /// Those that were removed: they were declared before, and are not any more.
    pub removed: Vec<Name>,
    /// Those that were not made, for they have no tick that is still to come.
    pub over: Vec<Name>,
    /// Those that were left as they are, for they cannot be read: a newer version of Duly may have written them.
    pub unreadable: Vec<UnreadableSchedule>,
}

impl Schedules {
    /// Makes, changes and removes schedules until those of `owner` are those that it declares. Others stay
    /// as they are, unless they have the name of one that is declared: that one is the owner's from then
    /// on. How far they are, and whether they are paused, stays. Those that cannot be read stay in any case,
    /// so no version of Duly destroys what a newer one has written.
    ///
    /// # Errors
    /// What is wrong with the first that is wrong; those before it are done. It may be done again.
    pub async fn converge(
        &self,
        declared: Vec<(Name, Definition)>,
        owner: Name,
    ) -> Result<Converged, SchedulesError> {
        let names: BTreeSet<Name> = declared.iter().map(|(name, _)| name.clone()).collect();
        let mut done = self.declare(declared, owner.clone()).await?;
        self.remove_others(&names, &owner, &mut done).await?;
        Ok(done)
    }

    /// Makes and changes schedules until they are as declared, and removes none. They are the owner's from
    /// then on. How far they are, and whether they are paused, stays.
    ///
    /// # Errors
    /// What is wrong with the first that is wrong; those before it are done. It may be done again.
    pub async fn declare(
        &self,
        declared: Vec<(Name, Definition)>,
        owner: Name,
    ) -> Result<Converged, SchedulesError> {
        let mut done = Converged::default();
        for (name, definition) in declared {
            let put = self.place(name.clone(), definition, Some(owner.clone()), false);
            match put.await {
                Ok((_, Put::Added)) => done.added.push(name),
                Ok((_, Put::Changed)) => done.changed.push(name),
                Ok((_, Put::Unchanged)) => done.unchanged += 1,
                Err(SchedulesError::NeverFires(name)) => {
                    warn!(schedule = %name, "a declared schedule is over, and was not made");
                    done.over.push(name);
                }
                Err(SchedulesError::Unreadable(unreadable)) => done.unreadable.push(unreadable),
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    /// Removes the schedules of these names that are the owner's still.
    ///
    /// # Errors
    /// If the store fails; those before it are gone. It may be done again.
    pub async fn withdraw(
        &self,
        names: Vec<Name>,
        owner: &Name,
    ) -> Result<Converged, SchedulesError> {
        let mut done = Converged::default();
        for name in names {
            self.remove_theirs(name, owner, &mut done).await?;
        }
        Ok(done)
    }

    async fn remove_others(
        &self,
        declared: &BTreeSet<Name>,
        owner: &Name,
        done: &mut Converged,
    ) -> Result<(), SchedulesError> {
        let (mut after, limit) = (None, PAGE_MAX);
        loop {
            let page = self
                .store()
                .schedules(ListSchedules { after, limit })
                .await?;
            let theirs = page.schedules.into_iter().filter(|schedule| {
                schedule.owner.as_ref() == Some(owner) && !declared.contains(&schedule.name)
            });
            for schedule in theirs {
                self.remove_theirs(schedule.name, owner, done).await?;
            }
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    /// Removes a schedule in the version that was read: what another writes meanwhile is looked at again.
    async fn remove_theirs(
        &self,
        name: Name,
        owner: &Name,
        done: &mut Converged,
    ) -> Result<(), SchedulesError> {
        let mut conflict = None;
        for _ in 0..SCHEDULE_TRIES_MAX {
            let found = self.store().schedule(name.clone()).await?;
            let Some(record) = found.filter(|found| found.owner.as_ref() == Some(owner)) else {
                return Ok(());
            };
            if let Err(unreadable) = ScheduleInfo::read(&record) {
                done.unreadable.push(unreadable);
                return Ok(());
            }
            let request = RemoveSchedule {
                name: name.clone(),
                version: Some(record.version),
            };
            match self.store().remove_schedule(request).await {
                Ok(_) => {
                    done.removed.push(name);
                    return Ok(());
                }
                Err(error @ ScheduleError::Conflict { .. }) => conflict = Some(error),
                // Another instance with the same declarations was faster.
                Err(ScheduleError::NotFound(_)) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
        conflict.map_or(Ok(()), |error| Err(error.into()))
    }
}
