//! Schedules, as applications use them.

use duly_core::Timestamp;
use duly_runtime::schedule::{
    BackfillPeriod, Converged, Definition, Put, Removed, ScheduleInfo, ScheduleInfos,
    SchedulesError,
};
use duly_store::priority::Prioritiser;
use duly_store::{Name, Submitted};

use crate::Schedule;
use crate::schedule::PREVIEW_MAX;

/// The schedules of a store. Whoever keeps house fires them: a [worker](crate::Duly::worker) or a
/// [housekeeper](crate::Duly::housekeeper), in this process or in another.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use duly::{Duly, Schedule, Task};
///
/// let duly = Duly::open("memory:").await?;
/// let weekdays = Schedule::cron("0 9 * * mon-fri").zone("Europe/Berlin");
/// let schedule = weekdays.task(Task::new("mail.digest", &"all"));
/// duly.schedules().add("digest", schedule).await?;
///
/// assert_eq!(duly.schedules().next("digest", 5).await?.len(), 5);
/// duly.schedules().pause("digest").await?;
/// let run = duly.schedules().trigger("digest").await?;
/// assert!(duly.task(run.id).await?.is_some());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Schedules {
    inner: duly_runtime::schedule::Schedules,
    prioritiser: Prioritiser,
}

impl Schedules {
    pub(crate) const fn new(
        inner: duly_runtime::schedule::Schedules,
        prioritiser: Prioritiser,
    ) -> Self {
        Self { inner, prioritiser }
    }

    /// Makes a schedule. What came before now is none of its ticks.
    ///
    /// # Errors
    /// [`SchedulesError::Exists`] if there is one of its name; or what is wrong with it.
    pub async fn add(
        &self,
        name: impl Into<Name>,
        schedule: Schedule,
    ) -> Result<ScheduleInfo, SchedulesError> {
        let definition = schedule.into_definition(&self.prioritiser)?;
        self.inner.add(name.into(), definition).await
    }

    /// Makes a schedule, or changes the one of its name, which goes on from where it is: paused stays
    /// paused, and a tick that is due stays so, unless the rule or the start is another. One that is damaged is
    /// replaced, and begins anew.
    ///
    /// # Errors
    /// [`SchedulesError::Unreadable`] if another version of Duly has written the one of its name; or what is
    /// wrong with it.
    pub async fn put(
        &self,
        name: impl Into<Name>,
        schedule: Schedule,
    ) -> Result<(ScheduleInfo, Put), SchedulesError> {
        let definition = schedule.into_definition(&self.prioritiser)?;
        self.inner.put(name.into(), definition, None).await
    }

    /// One schedule.
    ///
    /// # Errors
    /// If there is none of that name.
    pub async fn show(&self, name: impl Into<Name>) -> Result<ScheduleInfo, SchedulesError> {
        self.inner.show(&name.into()).await
    }

    /// A page of schedules, by name: those whose names come after `after`. Those that cannot be read are told
    /// apart.
    ///
    /// # Errors
    /// If `limit` is not 1 to 1,000, or the store fails.
    pub async fn list(
        &self,
        after: Option<Name>,
        limit: u32,
    ) -> Result<ScheduleInfos, SchedulesError> {
        self.inner.list(after, limit).await
    }

    /// The next ticks of a schedule, as they would fire if nothing were missed or changed; at most 1,000.
    ///
    /// # Errors
    /// If there is none of that name.
    pub async fn next(
        &self,
        name: impl Into<Name>,
        count: usize,
    ) -> Result<Vec<Timestamp>, SchedulesError> {
        Ok(self.show(name).await?.preview(self.inner.now(), count))
    }

    /// The next ticks of a schedule that is not put, as if it were put now.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn preview(
        &self,
        schedule: Schedule,
        count: usize,
    ) -> Result<Vec<Timestamp>, SchedulesError> {
        let definition = schedule.into_definition(&self.prioritiser)?;
        let terms = &definition.terms;
        let first = terms.next_after(self.inner.now());
        let ticks = std::iter::successors(first, |tick| terms.next_after(*tick));
        let most = terms.max_runs.map_or(usize::MAX, |runs| {
            usize::try_from(runs.get()).unwrap_or(usize::MAX)
        });
        let count = count.min(PREVIEW_MAX).min(most);
        Ok(ticks.take(count).collect())
    }

    /// Nothing fires from it until it is resumed, but what is triggered or filled in.
    ///
    /// # Errors
    /// If there is none of that name.
    pub async fn pause(&self, name: impl Into<Name>) -> Result<ScheduleInfo, SchedulesError> {
        self.inner.pause(&name.into()).await
    }

    /// It goes on with the first tick after now: those that came meanwhile are skipped.
    ///
    /// # Errors
    /// If there is none of that name.
    pub async fn resume(&self, name: impl Into<Name>) -> Result<ScheduleInfo, SchedulesError> {
        self.inner.resume(&name.into()).await
    }

    /// Runs it once, now, beside all ticks: paused or not, and whatever runs.
    ///
    /// # Errors
    /// If there is none of that name, or its task is not taken.
    pub async fn trigger(&self, name: impl Into<Name>) -> Result<Submitted, SchedulesError> {
        self.inner.trigger(&name.into()).await
    }

    /// Runs the ticks of a period, step by step: it is done by whoever keeps house.
    ///
    /// # Errors
    /// If there is none of that name, the period has no ticks or too many, or another is being filled in.
    pub async fn backfill(
        &self,
        name: impl Into<Name>,
        period: BackfillPeriod,
    ) -> Result<ScheduleInfo, SchedulesError> {
        self.inner.backfill(&name.into(), period).await
    }

    /// Removes it, whether or not it can be read; the tasks that it has created stay. Answers with it as it stood.
    ///
    /// # Errors
    /// If there is none of that name.
    pub async fn remove(&self, name: impl Into<Name>) -> Result<Removed, SchedulesError> {
        self.inner.remove(&name.into()).await
    }

    /// Makes, changes and removes schedules until those of `owner` are those that it declares here. Others
    /// stay as they are, unless they have the name of one that is declared. How far they are, and whether
    /// they are paused, stays. Those that cannot be read stay in any case: a newer version of Duly may have
    /// written them.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use duly::{Duly, Schedule, Task};
    /// # let duly = Duly::open("memory:").await?;
    /// let hourly = || Schedule::cron("@hourly").task(Task::new("tidy", &()));
    /// duly.schedules().converge([("a", hourly()), ("b", hourly())], "deploy").await?;
    /// let done = duly.schedules().converge([("a", hourly())], "deploy").await?;
    /// assert_eq!((done.unchanged, done.removed.len()), (1, 1));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// What is wrong with the first that is wrong: if a definition is, nothing is done.
    pub async fn converge<N: Into<Name>>(
        &self,
        declared: impl IntoIterator<Item = (N, Schedule)>,
        owner: impl Into<Name>,
    ) -> Result<Converged, SchedulesError> {
        let declared = self.defined(declared)?;
        self.inner.converge(declared, owner.into()).await
    }

    /// Makes and changes schedules until they are as declared here, as [`converge`](Self::converge) does, and
    /// removes none: for one of several that declare under one name.
    ///
    /// # Errors
    /// What is wrong with the first that is wrong: if a definition is, nothing is done.
    pub async fn declare<N: Into<Name>>(
        &self,
        declared: impl IntoIterator<Item = (N, Schedule)>,
        owner: impl Into<Name>,
    ) -> Result<Converged, SchedulesError> {
        let declared = self.defined(declared)?;
        self.inner.declare(declared, owner.into()).await
    }

    /// Removes the schedules of these names, unless somebody else has made them theirs, or they cannot be read.
    ///
    /// # Errors
    /// If the store fails; those before it are gone.
    pub async fn withdraw<N: Into<Name>>(
        &self,
        names: impl IntoIterator<Item = N>,
        owner: impl Into<Name>,
    ) -> Result<Converged, SchedulesError> {
        let names = names.into_iter().map(Into::into).collect();
        self.inner.withdraw(names, &owner.into()).await
    }

    fn defined<N: Into<Name>>(
        &self,
        declared: impl IntoIterator<Item = (N, Schedule)>,
    ) -> Result<Vec<(Name, Definition)>, SchedulesError> {
        let define = |(name, schedule): (N, Schedule)| {
            let definition = schedule.into_definition(&self.prioritiser)?;
            Ok((name.into(), definition))
        };
        declared.into_iter().map(define).collect()
    }
}
