//! What a look at a schedule comes to.

use duly_core::{TaskId, Timestamp};
use duly_schedule::{Decided, Decision, Overlap};
use duly_store::{Advance, NewTask};

use super::info::ScheduleInfo;
use super::standing::{self, Dropped, Refused};

/// One step: what it writes, submits and calls off.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// The schedule as it is then.
    after: ScheduleInfo,
    tasks: Vec<NewTask>,
    /// Of each task, its tick, and which of the decisions it is.
    ticks: Vec<(Timestamp, usize)>,
    cancel: Vec<TaskId>,
    is_filling: bool,
    changes: bool,
    now: Timestamp,
}

impl Plan {
    /// What is due of the schedule itself; of what is decided, at most `most`. `live` are its tasks that
    /// have not ended.
    pub(crate) fn ticks(
        info: &ScheduleInfo,
        live: Vec<TaskId>,
        now: Timestamp,
        most: usize,
    ) -> Self {
        let mut after = info.clone();
        let step = info.rules().step_of(now, !live.is_empty(), most);
        after.standing.progress = step.after;
        if let Some(dropped) = step.dropped {
            after.standing.dropped = Some(Dropped {
                first: dropped.first,
                last: dropped.last,
            });
        }
        let overlap = after.definition.terms.overlap;
        let mut plan = Self::new(after, now);
        plan.decide(&step.decided, live, overlap);
        plan.changes = plan.after.standing != info.standing;
        plan
    }

    /// What is next of the period that is being filled in.
    pub(crate) fn filling(
        info: &ScheduleInfo,
        live: Vec<TaskId>,
        now: Timestamp,
        most: usize,
    ) -> Option<Self> {
        let before = info.standing.filling.clone()?;
        let rule = &info.definition.terms.rule;
        let step = before.backfill.step(rule, !live.is_empty());
        let decided = &step.decided[..step.decided.len().min(most)];
        let mut backfill = step.after;
        if decided.len() < step.decided.len() {
            backfill.left += step.decided.len() - decided.len();
            backfill.decided = decided
                .last()
                .map_or(before.backfill.decided, |last| last.tick.at);
        }
        let mut plan = Self::new(info.clone(), now);
        plan.is_filling = true;
        if let Some(filling) = &mut plan.after.standing.filling {
            filling.backfill = backfill;
        }
        plan.decide(decided, live, backfill.overlap);
        if backfill.is_over() {
            plan.after.standing.filling = None;
        }
        plan.changes = plan.after.standing != info.standing;
        Some(plan)
    }

    /// A run that somebody asks for now.
    pub(crate) fn trigger(info: &ScheduleInfo, id: TaskId, now: Timestamp) -> Self {
        let tick = duly_schedule::Schedule::trigger(now, id);
        let decision = Decision::Fire;
        let live = info.standing.live.clone();
        let mut plan = Self::new(info.clone(), now);
        // It counts as a run that others may overlap with, whatever they do then.
        plan.decide(&[Decided { tick, decision }], live, Overlap::Skip);
        plan
    }

    /// A step in which nothing fires.
    pub(crate) const fn still(after: ScheduleInfo, now: Timestamp) -> Self {
        Self::new(after, now)
    }

    const fn new(after: ScheduleInfo, now: Timestamp) -> Self {
        Self {
            after,
            tasks: Vec::new(),
            ticks: Vec::new(),
            cancel: Vec::new(),
            is_filling: false,
            changes: true,
            now,
        }
    }

    fn decide(&mut self, decided: &[Decided], mut live: Vec<TaskId>, overlap: Overlap) {
        for (at, Decided { tick, decision }) in decided.iter().enumerate() {
            if *decision == Decision::CancelOldAndFire {
                // They live on until they have ended.
                let cancel = std::mem::take(&mut self.cancel);
                // Nobody calls off what the tick itself submits.
                let is_former = |id: &&TaskId| !cancel.contains(id) && **id != tick.id;
                let more = live.iter().filter(is_former).copied();
                self.cancel = cancel.iter().copied().chain(more).collect();
            }
            if decision.fires() {
                let task = self
                    .after
                    .definition
                    .task_at(&self.after.name, tick, self.now);
                self.tasks.push(task);
                self.ticks.push((tick.at, at));
                live.retain(|id| *id != tick.id);
                standing::add(&mut live, [tick.id]);
                self.after.standing.last_task = Some(tick.id);
            }
        }
        if overlap == Overlap::Allow {
            // Nobody asks which of them live; the last counts if that is changed.
            live.drain(..live.len().saturating_sub(1));
        }
        match (&mut self.after.standing.filling, self.is_filling) {
            (Some(filling), true) => filling.live = live,
            _ => self.after.standing.live = live,
        }
    }

    /// Nothing is to be done, and nothing is to be kept.
    pub(crate) const fn is_nothing(&self) -> bool {
        self.tasks.is_empty() && self.cancel.is_empty() && !self.changes
    }

    pub(crate) fn fired(&self) -> usize {
        self.tasks.len()
    }

    /// How many decisions come before that of a task.
    pub(crate) fn before(&self, task: usize) -> usize {
        self.ticks.get(task).map_or(0, |(_, at)| *at)
    }

    /// The same, without a task that is not taken: its tick does not fire.
    #[must_use]
    pub(crate) fn without(mut self, task: usize, reason: String) -> Self {
        if task >= self.tasks.len() {
            return self;
        }
        let refused = self.tasks.remove(task).id;
        let (tick, _) = self.ticks.remove(task);
        // Nobody is called off for a run that does not come.
        let last = self.tasks.last().map(|task| task.id);
        let has_successor = |id: &TaskId| last.is_some_and(|last| last != *id);
        self.cancel.retain(has_successor);
        let standing = &mut self.after.standing;
        standing.live.retain(|id| *id != refused);
        if let Some(filling) = &mut standing.filling {
            filling.live.retain(|id| *id != refused);
        }
        if !self.is_filling {
            standing.progress.runs = standing.progress.runs.saturating_sub(1);
        }
        if standing.last_task == Some(refused) {
            standing.last_task = self.tasks.last().map(|task| task.id);
        }
        let count = standing.refused.as_ref().map_or(0, |refused| refused.count);
        standing.refused = Some(Refused {
            tick,
            at: self.now,
            reason,
            count: count + 1,
        });
        self
    }

    /// The schedule when that is done, in the version that it has then.
    pub(crate) fn into_info(self, version: u64) -> ScheduleInfo {
        ScheduleInfo {
            version,
            ..self.after
        }
    }

    /// What a store is asked for.
    pub(crate) fn advance(&self) -> Advance {
        Advance {
            name: self.after.name.clone(),
            version: self.after.version,
            state: self.after.standing.write(),
            next_at: self.after.look_at(self.now),
            tasks: self.tasks.clone(),
            cancel: self.cancel.clone(),
        }
    }
}
