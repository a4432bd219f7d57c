//! What people do with schedules.

use std::sync::Arc;

use duly_core::Timestamp;
use duly_schedule::bounds::GRACE;
use duly_schedule::{Backfill, Overlap, Schedule, Seed};
use duly_store::{
    Clock, Expected, ListSchedules, Name, PutSchedule, RemoveSchedule, ScheduleError, Store,
    Submitted, id,
};
use tracing::warn;

use super::definition::Definition;
use super::error::SchedulesError;
use super::fire::keep_stand_ins;
use super::info::ScheduleInfo;
use super::plan::Plan;
use super::standing::{Filling, Standing};
use super::unread::UnreadableSchedule;
use crate::bounds::SCHEDULE_TRIES_MAX;

/// The schedules of a store: made, shown, changed. Whoever keeps house fires them.
#[derive(Clone)]
pub struct Schedules {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
}

/// A page of schedules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleInfos {
    /// The schedules, by name.
    pub schedules: Vec<ScheduleInfo>,
    /// Those of the page that cannot be read, by name.
    pub unreadable: Vec<UnreadableSchedule>,
    /// The last name, where the next page begins; `None`: that was all.
    pub next: Option<Name>,
    /// The store's now.
    pub at: Timestamp,
}

/// A schedule that was removed, as it stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Removed {
    /// One that could be read.
    Schedule(Box<ScheduleInfo>),
    /// One that could not.
    Unreadable(UnreadableSchedule),
}

/// What putting a schedule did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// There was none of its name.
    Added,
    /// It is another now.
    Changed,
    /// It was so already.
    Unchanged,
}

/// A period of the past whose ticks shall run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackfillPeriod {
    /// Its beginning, which is in it.
    pub from: Timestamp,
    /// Its end, which is not.
    pub to: Timestamp,
    /// What a tick does while a former run of the period is unfinished.
    pub overlap: Overlap,
    /// Ticks run although their tasks are there already; otherwise only those do that have none.
    pub again: bool,
}

impl Schedules {
    /// Those of a store. The clock must be that of the store.
    #[must_use]
    pub const fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    /// The clock's now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Makes a schedule. What came before now is none of its ticks.
    ///
    /// # Errors
    /// [`SchedulesError::Exists`] if there is one of its name; or what is wrong with it.
    pub async fn add(
        &self,
        name: Name,
        definition: Definition,
    ) -> Result<ScheduleInfo, SchedulesError> {
        let info = self.begun(name, None, definition)?;
        let name = info.name.clone();
        match self.write(info, Expected::Nothing).await {
            Err(SchedulesError::Store(ScheduleError::Conflict { .. })) => {
                Err(SchedulesError::Exists(name))
            }
            answer => answer,
        }
    }

    /// Makes a schedule, or changes the one of its name, which goes on from where it is: a tick that is due
    /// stays so, unless the rule or the start is another. It belongs to `owner` from then on. One that is
    /// damaged is replaced, and begins anew.
    ///
    /// # Errors
    /// [`SchedulesError::Unreadable`] if another version of Duly has written the one of its name; or what is wrong
    /// with it.
    pub async fn put(
        &self,
        name: Name,
        definition: Definition,
        owner: Option<Name>,
    ) -> Result<(ScheduleInfo, Put), SchedulesError> {
        self.place(name, definition, owner, true).await
    }

    /// The same; one that is damaged is replaced only if `mends`.
    pub(super) async fn place(
        &self,
        name: Name,
        definition: Definition,
        owner: Option<Name>,
        mends: bool,
    ) -> Result<(ScheduleInfo, Put), SchedulesError> {
        for _ in 0..SCHEDULE_TRIES_MAX {
            let found = self.store.schedule(name.clone()).await?;
            let (version, owner) = (found.as_ref().map(|found| found.version), owner.clone());
            let (info, put) = match found.as_ref().map(ScheduleInfo::read).transpose() {
                Ok(Some(info)) if info.definition == definition && info.owner == owner => {
                    return Ok((info, Put::Unchanged));
                }
                Ok(Some(old)) => (self.changed(old, owner, definition.clone())?, Put::Changed),
                Ok(None) => {
                    let begun = self.begun(name.clone(), owner, definition.clone())?;
                    (begun, Put::Added)
                }
                Err(damaged) if mends && damaged.written_in.is_none() => {
                    let begun = self.begun(name.clone(), owner, definition.clone())?;
                    (begun, Put::Changed)
                }
                Err(unreadable) => return Err(SchedulesError::Unreadable(unreadable)),
            };
            let expected = version.map_or(Expected::Nothing, Expected::Version);
            let answer = self.write(info, expected).await.map(|info| (info, put));
            if !is_overtaken(&answer) {
                return answer;
            }
        }
        Err(overtaken(name))
    }

    /// One schedule.
    ///
    /// # Errors
    /// [`ScheduleError::NotFound`] if there is none of that name.
    pub async fn show(&self, name: &Name) -> Result<ScheduleInfo, SchedulesError> {
        let found = self.find(name).await?;
        found.ok_or_else(|| ScheduleError::NotFound(name.clone()).into())
    }

    /// A page of schedules, by name, with those that cannot be read.
    ///
    /// # Errors
    /// If `limit` is not 1 to 1,000, or the store fails.
    pub async fn list(
        &self,
        after: Option<Name>,
        limit: u32,
    ) -> Result<ScheduleInfos, SchedulesError> {
        let page = self.store.schedules(ListSchedules { after, limit }).await?;
        let mut infos = ScheduleInfos {
            schedules: Vec::with_capacity(page.schedules.len()),
            unreadable: Vec::new(),
            next: page.next,
            at: page.at,
        };
        for record in &page.schedules {
            match ScheduleInfo::read(record) {
                Ok(info) => infos.schedules.push(info),
                Err(unreadable) => infos.unreadable.push(unreadable),
            }
        }
        Ok(infos)
    }

    /// Nothing fires from it until it is resumed, but what is triggered or filled in. A tick that was held
    /// is given up.
    ///
    /// # Errors
    /// [`ScheduleError::NotFound`] if there is none of that name.
    pub async fn pause(&self, name: &Name) -> Result<ScheduleInfo, SchedulesError> {
        self.change(name, |rules, _| rules.pause()).await
    }

    /// It goes on with the first tick after now: those that came meanwhile are skipped.
    ///
    /// # Errors
    /// [`ScheduleError::NotFound`] if there is none of that name.
    pub async fn resume(&self, name: &Name) -> Result<ScheduleInfo, SchedulesError> {
        self.change(name, Schedule::resume).await
    }

    /// Runs it once, now, beside all ticks: paused or not, and whatever runs.
    ///
    /// # Errors
    /// [`ScheduleError::NotFound`]; [`ScheduleError::Refused`] if its task is not taken.
    pub async fn trigger(&self, name: &Name) -> Result<Submitted, SchedulesError> {
        let id = id::task_id(&*self.clock);
        for _ in 0..SCHEDULE_TRIES_MAX {
            let info = self.show(name).await?;
            let plan = Plan::trigger(&info, id, self.clock.now());
            let request = plan.advance();
            match self.store.advance_schedule(request.clone()).await {
                Ok(mut advanced) => {
                    let kept = keep_stand_ins(&*self.store, &plan, &request, &advanced);
                    if let Err(error) = kept.await {
                        warn!(schedule = %name, %error, "it ran; which task stands for the run could not be kept");
                    }
                    let submitted = advanced.tasks.pop();
                    return submitted.ok_or_else(|| overtaken(name.clone()));
                }
                Err(error) if may_have_happened(&error) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(overtaken(name.clone()))
    }

    /// Runs the ticks of a period, as its rule has them: step by step, by whoever keeps house.
    ///
    /// # Errors
    /// [`SchedulesError::Backfill`] if there are no ticks, or too many; [`SchedulesError::NotPast`] if some
    /// are still to come; [`SchedulesError::Filling`] if a period is being filled in already.
    pub async fn backfill(
        &self,
        name: &Name,
        period: BackfillPeriod,
    ) -> Result<ScheduleInfo, SchedulesError> {
        let (to, now) = (period.to, self.clock.now());
        // Whoever says "until now" may have another clock.
        if to > now + GRACE {
            return Err(SchedulesError::NotPast { to, now });
        }
        let own = Seed::from_bytes(*id::task_id(&*self.clock).as_bytes());
        for _ in 0..SCHEDULE_TRIES_MAX {
            let mut info = self.show(name).await?;
            if let Some(filling) = &info.standing.filling {
                let (name, left) = (name.clone(), filling.backfill.left());
                return Err(SchedulesError::Filling { name, left });
            }
            let rule = &info.definition.terms.rule;
            let seed = if period.again {
                own
            } else {
                info.standing.seed
            };
            let backfill = Backfill::new(rule, period.from, to, period.overlap, seed)?;
            info.standing.filling = Some(Filling::new(backfill));
            let answer = self.keep(info).await;
            if !is_overtaken(&answer) {
                return answer;
            }
        }
        Err(overtaken(name.clone()))
    }

    /// Removes it, whether or not it can be read; the tasks that it has created stay.
    ///
    /// # Errors
    /// [`ScheduleError::NotFound`] if there is none of that name.
    pub async fn remove(&self, name: &Name) -> Result<Removed, SchedulesError> {
        let (name, version) = (name.clone(), None);
        let request = RemoveSchedule { name, version };
        let removed = self.store.remove_schedule(request).await?;
        Ok(match ScheduleInfo::read(&removed) {
            Ok(info) => Removed::Schedule(Box::new(info)),
            Err(unreadable) => Removed::Unreadable(unreadable),
        })
    }

    /// A schedule that begins now.
    fn begun(
        &self,
        name: Name,
        owner: Option<Name>,
        definition: Definition,
    ) -> Result<ScheduleInfo, SchedulesError> {
        let now = self.clock.now();
        definition.check(&name, now)?;
        let seed = Seed::from_bytes(*id::task_id(&*self.clock).as_bytes());
        let rules = Schedule::new(definition.terms.clone(), seed, now)?;
        if rules.is_over() {
            return Err(SchedulesError::NeverFires(name));
        }
        Ok(ScheduleInfo {
            name,
            owner,
            definition,
            standing: Standing::begun(seed, now),
            version: 0,
        })
    }

    fn changed(
        &self,
        mut info: ScheduleInfo,
        owner: Option<Name>,
        definition: Definition,
    ) -> Result<ScheduleInfo, SchedulesError> {
        let now = self.clock.now();
        definition.check(&info.name, now)?;
        let mut rules = info.rules();
        rules.change(definition.terms.clone(), now)?;
        info.standing.progress = rules.progress;
        info.standing.changed_at = now;
        info.definition = definition;
        info.owner = owner;
        Ok(info)
    }

    /// Changes how far a schedule is.
    async fn change(
        &self,
        name: &Name,
        change: impl Fn(&mut Schedule, Timestamp),
    ) -> Result<ScheduleInfo, SchedulesError> {
        for _ in 0..SCHEDULE_TRIES_MAX {
            let mut info = self.show(name).await?;
            let mut rules = info.rules();
            change(&mut rules, self.clock.now());
            if rules.progress == info.standing.progress {
                return Ok(info);
            }
            info.standing.progress = rules.progress;
            let answer = self.keep(info).await;
            if !is_overtaken(&answer) {
                return answer;
            }
        }
        Err(overtaken(name.clone()))
    }

    async fn find(&self, name: &Name) -> Result<Option<ScheduleInfo>, SchedulesError> {
        let found = self.store.schedule(name.clone()).await?;
        Ok(found.as_ref().map(ScheduleInfo::read).transpose()?)
    }

    /// Writes all of a schedule.
    async fn write(
        &self,
        info: ScheduleInfo,
        expected: Expected,
    ) -> Result<ScheduleInfo, SchedulesError> {
        let request = PutSchedule {
            name: info.name.clone(),
            owner: info.owner.clone(),
            definition: info.definition.write(),
            state: info.standing.write(),
            next_at: info.look_at(self.clock.now()),
            expected,
        };
        let version = self.store.put_schedule(request).await?.version;
        Ok(ScheduleInfo { version, ..info })
    }

    /// Writes how far a schedule is.
    async fn keep(&self, info: ScheduleInfo) -> Result<ScheduleInfo, SchedulesError> {
        let plan = Plan::still(info, self.clock.now());
        let version = self.store.advance_schedule(plan.advance()).await?.version;
        Ok(plan.into_info(version))
    }

    pub(super) const fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }
}

/// Whether somebody else was faster: then it is read again, and tried again.
const fn is_overtaken<T>(answer: &Result<T, SchedulesError>) -> bool {
    matches!(
        answer,
        Err(SchedulesError::Store(ScheduleError::Conflict { .. }))
    )
}

fn overtaken(name: Name) -> SchedulesError {
    ScheduleError::Conflict { name, found: None }.into()
}

/// It was somebody else's turn, or the answer was lost: the same task is one task.
const fn may_have_happened(error: &ScheduleError) -> bool {
    match error {
        ScheduleError::Conflict { .. } => true,
        ScheduleError::Store(error) => error.outcome_unknown(),
        _ => false,
    }
}
