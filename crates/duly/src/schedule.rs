//! Schedules: what creates tasks by itself, at the instants of a rule. [`Schedule`] says which, and
//! [`Duly::schedules`](crate::Duly::schedules) makes, shows and changes them.

use std::num::NonZeroU64;
use std::time::Duration;

use duly_core::{TaskId, Timestamp};
pub use duly_runtime::schedule::{
    BackfillPeriod, Converged, Definition, Dropped, Filling, Put, Refused, Removed, ScheduleInfo,
    ScheduleInfos, SchedulesError, Standing, UnreadableSchedule, labels,
};
pub use duly_schedule::bounds::{BACKFILL_TICKS_MAX, PERIOD_MAX, PERIOD_MIN, PREVIEW_MAX};
pub use duly_schedule::{
    InvalidBackfill, InvalidPolicy, InvalidRule, InvalidTerms, InvalidZone, Missed, Overlap, Rule,
    Terms, Zone,
};
use duly_store::priority::Prioritiser;
use duly_store::{InvalidInput, NewTask};

use crate::Task;

/// A schedule to put: which instants, and what is submitted at each. What is not said has a default: the
/// zone is UTC, of ticks that were missed the last runs, runs may overlap, no jitter, no start, no end.
///
/// ```
/// use std::time::Duration;
/// use duly::schedule::Overlap;
/// use duly::{Schedule, Task};
///
/// let nightly = Schedule::cron("30 2 * * mon-fri")
///     .zone("Europe/Berlin")
///     .overlap(Overlap::Skip)
///     .jitter(Duration::from_secs(60))
///     .task(Task::new("report.build", &"daily").queue("reports"));
/// # let _ = nightly;
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a schedule does nothing until it is put"]
pub struct Schedule {
    when: When,
    zone: Option<String>,
    task: Option<Task>,
    missed: Missed,
    overlap: Overlap,
    jitter: Duration,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
    max_runs: Option<u64>,
}

#[derive(Clone, Debug, PartialEq)]
enum When {
    Cron(String),
    Every(Duration),
    Once(Timestamp),
    Rule(Rule),
}

impl Schedule {
    /// Times of a calendar: a cron pattern of five fields, or six with the seconds first, or a nickname
    /// such as `@daily`. What is wrong with it is told when it is put.
    pub fn cron(pattern: impl Into<String>) -> Self {
        Self::of(When::Cron(pattern.into()))
    }

    /// An interval, without drift: every 15 minutes are the quarters of the hour, in UTC. At least 1 s.
    pub const fn every(period: Duration) -> Self {
        Self::of(When::Every(period))
    }

    /// One instant.
    pub const fn at(at: Timestamp) -> Self {
        Self::of(When::Once(at))
    }

    /// A rule with what it says about misses, overlaps and all else.
    pub fn terms(terms: Terms) -> Self {
        Self {
            missed: terms.missed,
            overlap: terms.overlap,
            jitter: terms.jitter,
            start: terms.start,
            end: terms.end,
            max_runs: terms.max_runs.map(NonZeroU64::get),
            ..Self::rule(terms.rule)
        }
    }

    /// Any rule.
    pub const fn rule(rule: Rule) -> Self {
        Self::of(When::Rule(rule))
    }

    const fn of(when: When) -> Self {
        Self {
            when,
            zone: None,
            task: None,
            missed: Missed::Last,
            overlap: Overlap::Allow,
            jitter: Duration::ZERO,
            start: None,
            end: None,
            max_runs: None,
        }
    }

    /// The time zone whose clocks a cron pattern means, such as `Europe/Berlin`. Default: UTC.
    pub fn zone(mut self, name: impl Into<String>) -> Self {
        self.zone = Some(name.into());
        self
    }

    /// What each tick submits. It is due at its tick; deadlines count from there.
    pub fn task(mut self, task: impl Into<Task>) -> Self {
        self.task = Some(task.into());
        self
    }

    /// What becomes of ticks that nobody could fire in time. Default: the last one runs.
    pub const fn missed(mut self, missed: Missed) -> Self {
        self.missed = missed;
        self
    }

    /// What a tick does while a former run is unfinished. Default: it fires all the same.
    pub const fn overlap(mut self, overlap: Overlap) -> Self {
        self.overlap = overlap;
        self
    }

    /// Each tick runs later than its instant by a part of this, always the same for the same tick. At most
    /// a day; default: none.
    pub const fn jitter(mut self, jitter: Duration) -> Self {
        self.jitter = jitter;
        self
    }

    /// The first instant that may be a tick.
    pub const fn start(mut self, start: Timestamp) -> Self {
        self.start = Some(start);
        self
    }

    /// The first instant that may no longer be a tick.
    pub const fn end(mut self, end: Timestamp) -> Self {
        self.end = Some(end);
        self
    }

    /// How many ticks fire before it is over, at least 1. Default: any number.
    pub const fn max_runs(mut self, runs: u64) -> Self {
        self.max_runs = Some(runs);
        self
    }

    /// What a store keeps; the priority rules decide what the task leaves open.
    pub(crate) fn into_definition(
        self,
        prioritiser: &Prioritiser,
    ) -> Result<Definition, SchedulesError> {
        let zone = self.zone.as_deref().map(str::parse::<Zone>).transpose();
        let zone = zone.map_err(InvalidRule::from)?;
        let rule = match self.when {
            When::Cron(pattern) => Rule::cron(&pattern, zone.clone().unwrap_or(Zone::UTC))?,
            When::Every(period) => Rule::every(period, Timestamp::default())?,
            When::Once(at) => Rule::once(at),
            When::Rule(rule) => rule,
        };
        if zone.is_some() && !matches!(rule, Rule::Cron { .. }) {
            return Err(refused(
                "zone",
                "given",
                "a cron pattern beside it: other rules have no zone",
            ));
        }
        let task = self
            .task
            .ok_or_else(|| refused("task", "missing", "what each tick submits"))?;
        let no_id = TaskId::from_bytes([0; 16]);
        let task = NewTask {
            id: no_id,
            ..task.into_new(|| no_id, prioritiser)?
        };
        let max_runs = match self.max_runs.map(NonZeroU64::new) {
            Some(None) => return Err(refused("max_runs", "0", "at least 1")),
            runs => runs.flatten(),
        };
        let mut terms = Terms::new(rule);
        terms.missed = self.missed;
        terms.overlap = self.overlap;
        terms.jitter = self.jitter;
        terms.start = self.start;
        terms.end = self.end;
        terms.max_runs = max_runs;
        terms.check()?;
        Ok(Definition { terms, task })
    }
}

fn refused(field: &'static str, value: &str, expected: &str) -> SchedulesError {
    SchedulesError::InvalidInput(InvalidInput {
        field,
        value: value.to_owned(),
        expected: expected.to_owned(),
    })
}
