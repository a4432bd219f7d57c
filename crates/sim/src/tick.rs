//! Schedules of the world: what people put, how an instance moves one on by the rules of `duly-schedule`, as the
//! runtime does, and when their ticks are, told in the plainest way.
//!
//! What the runtime does besides is not here: periods that are filled in, and runs that somebody asks for.

use std::sync::Arc;
use std::time::Duration;

use duly_core::{Backoff, Jitter, RetryPolicy, TaskId, Timestamp};
use duly_schedule::{Decided, Decision, Overlap, Progress, Rule, Schedule, Seed, Terms, Zone};
use duly_store::{Advance, Expected, Name, NewTask, Payload, PutSchedule, ScheduleRecord, When};

use crate::bounds::EPOCH;
use crate::temper::Temper;

const SECOND: Duration = Duration::from_secs(1);

/// When a schedule has ticks, in whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beat {
    /// So many seconds after each other, from when the world began.
    Every(u32),
    /// Whenever the seconds of a clock can be divided by this.
    Seconds(u32),
}

impl Beat {
    /// The rule that means the same.
    pub(crate) fn rule(self) -> Rule {
        let rule = match self {
            Self::Every(seconds) => Rule::every(SECOND * seconds, EPOCH),
            Self::Seconds(step) => Rule::cron(&format!("*/{step} * * * * *"), Zone::UTC),
        };
        rule.expect("what is drawn can be said")
    }

    /// Whether an instant is a tick.
    fn is_tick(self, at: Timestamp) -> bool {
        let micros = at.as_micros() - EPOCH.as_micros();
        let seconds = micros.div_euclid(1_000_000);
        let is_met = match self {
            Self::Every(period) => seconds.rem_euclid(period.into()) == 0,
            Self::Seconds(step) => seconds.rem_euclid(60) % i64::from(step) == 0,
        };
        micros.rem_euclid(1_000_000) == 0 && is_met
    }
}

/// A schedule, as its definition says.
#[derive(Clone, Debug)]
pub(crate) struct Definition {
    pub(crate) queue: Name,
    pub(crate) kind: Name,
    pub(crate) temper: Temper,
    pub(crate) beat: Beat,
    pub(crate) terms: Terms,
    pub(crate) seed: Seed,
}

impl Definition {
    /// Creates it.
    pub(crate) fn put(&self, name: Name) -> PutSchedule {
        let beat = match self.beat {
            Beat::Every(seconds) => (false, seconds),
            Beat::Seconds(step) => (true, step),
        };
        let (queue, kind, temper) = (&*self.queue, &*self.kind, self.temper.code());
        let text = (queue, kind, temper, beat, &self.terms, self.seed);
        let progress = Progress::begun(EPOCH);
        let state = write(&progress, &[]);
        let next_at = self.schedule(progress).look_at(EPOCH);
        PutSchedule {
            name,
            owner: None,
            definition: serde_json::to_string(&text)
                .expect("it is text and numbers")
                .into(),
            state,
            next_at,
            expected: Expected::Nothing,
        }
    }

    pub(crate) fn read(text: &str) -> Option<Self> {
        let (queue, kind, temper, (cron, number), terms, seed): (
            String,
            String,
            u8,
            (bool, u32),
            Terms,
            Seed,
        ) = serde_json::from_str(text).ok()?;
        Some(Self {
            queue: queue.into(),
            kind: kind.into(),
            temper: Temper::of_code(temper),
            beat: if cron {
                Beat::Seconds(number)
            } else {
                Beat::Every(number)
            },
            terms,
            seed,
        })
    }

    fn schedule(&self, progress: Progress) -> Schedule {
        Schedule {
            terms: self.terms.clone(),
            seed: self.seed,
            progress,
        }
    }

    /// The ticks after an instant, up to another.
    pub(crate) fn ticks(&self, after: Timestamp, to: Timestamp) -> Vec<Timestamp> {
        let second = 1_000_000;
        let from = after.as_micros().div_euclid(second) + 1;
        let seconds = from..=to.as_micros().div_euclid(second);
        let instants = seconds.map(|at| Timestamp::from_micros(at * second));
        instants.filter(|at| self.is_tick(*at)).collect()
    }

    pub(crate) fn is_tick(&self, at: Timestamp) -> bool {
        let has_begun = self.terms.start.is_none_or(|start| start <= at);
        let is_before_end = self.terms.end.is_none_or(|end| at < end);
        self.beat.is_tick(at) && has_begun && is_before_end
    }

    fn task(&self, decided: &Decided, now: Timestamp) -> NewTask {
        let tick = &decided.tick;
        let payload = Payload::bytes([self.temper.code()]);
        let mut task = NewTask::new(tick.id, self.kind.clone(), payload);
        task.queue = self.queue.clone();
        let due_at = if tick.caught_up {
            tick.run_at.max(now)
        } else {
            tick.run_at
        };
        task.due = When::At(due_at);
        // Soon over: a schedule may wait for it.
        task.retry = RetryPolicy {
            attempts_max: 3,
            backoff: Backoff::Fixed { delay: SECOND },
            jitter: Jitter::None,
        };
        task
    }
}

/// A schedule as it was read.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    name: Name,
    version: u64,
    definition: Definition,
    progress: Progress,
    /// Tasks of it that were not seen in a final state.
    pub(crate) live: Vec<TaskId>,
}

/// One step of a schedule: what it writes, submits and calls off.
#[derive(Clone, Debug)]
pub(crate) struct Move {
    after: Standing,
    tasks: Vec<NewTask>,
    cancel: Vec<TaskId>,
    now: Timestamp,
}

impl Standing {
    pub(crate) fn read(record: &ScheduleRecord) -> Option<Self> {
        let (progress, live) = state(&record.state)?;
        Some(Self {
            name: record.name.clone(),
            version: record.version,
            definition: Definition::read(&record.definition)?,
            progress,
            live,
        })
    }

    /// Whether one that is looked at next at an instant has to be looked at sooner: the clock was ahead.
    pub(crate) fn is_ahead(&self, next_at: Option<Timestamp>, now: Timestamp) -> bool {
        let look_at = self.definition.schedule(self.progress.clone()).look_at(now);
        look_at.is_some_and(|at| next_at.is_none_or(|next| at < next))
    }

    /// Goes back with a clock that was set back, and forgets what it has decided: no rule allows that.
    pub(crate) fn forget_ahead(&mut self, now: Timestamp) {
        if self.progress.decided > now {
            self.progress.decided = now;
            (self.progress.reached, self.progress.passed) = (None, Vec::new());
        }
    }

    /// What is due at the store's instant, while these of its tasks live. `None`: it waits for them to end.
    pub(crate) fn step(mut self, live: Vec<TaskId>, now: Timestamp) -> Option<Move> {
        let former = std::mem::replace(&mut self.live, live);
        let before = (self.progress.clone(), former);
        let schedule = self.definition.schedule(self.progress);
        let step = schedule.step(now, !self.live.is_empty());
        self.progress = step.after;
        let mut tasks = Vec::new();
        let mut cancel: Vec<TaskId> = Vec::new();
        for decided in &step.decided {
            if decided.decision == Decision::CancelOldAndFire {
                cancel.clone_from(&self.live);
            }
            if decided.decision.fires() {
                tasks.push(self.definition.task(decided, now));
                self.live.push(decided.tick.id);
            }
        }
        if self.definition.terms.overlap == Overlap::Allow {
            self.live.clear();
        }
        let waits =
            self.progress.held.is_some() && before == (self.progress.clone(), self.live.clone());
        (!waits).then_some(Move {
            after: self,
            tasks,
            cancel,
            now,
        })
    }
}

impl Move {
    pub(crate) fn advance(&self) -> Advance {
        let Standing {
            name,
            version,
            definition,
            progress,
            live,
        } = &self.after;
        Advance {
            name: name.clone(),
            version: *version,
            state: write(progress, live),
            next_at: definition.schedule(progress.clone()).look_at(self.now),
            tasks: self.tasks.clone(),
            cancel: self.cancel.clone(),
        }
    }

    /// The same, without a task that is not taken: its tick does not fire.
    pub(crate) fn without(mut self, task: usize) -> Option<Self> {
        if task >= self.tasks.len() {
            return None;
        }
        let refused = self.tasks.remove(task).id;
        let Standing { progress, live, .. } = &mut self.after;
        live.retain(|id| *id != refused);
        progress.runs = progress.runs.saturating_sub(1);
        // Who would have taken the place of others does not, and nobody takes that of the last that fires.
        let last = self.tasks.last().map(|task| task.id);
        let has_successor = |id: &TaskId| last.is_some_and(|last| last != *id);
        self.cancel.retain(has_successor);
        Some(self)
    }
}

/// How far a schedule is, as its state says, and which of its tasks may live.
pub(crate) fn state(text: &str) -> Option<(Progress, Vec<TaskId>)> {
    let (progress, live): (Progress, Vec<String>) = serde_json::from_str(text).ok()?;
    let live = live.iter().map(|id| id.parse().ok());
    Some((progress, live.collect::<Option<_>>()?))
}

fn write(progress: &Progress, live: &[TaskId]) -> Arc<str> {
    let live: Vec<String> = live.iter().map(ToString::to_string).collect();
    let text = serde_json::to_string(&(progress, live));
    text.expect("it is text and numbers").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definition(beat: Beat) -> Definition {
        let mut terms = Terms::new(beat.rule());
        terms.start = Some(EPOCH + Duration::from_secs(10));
        terms.overlap = Overlap::Skip;
        Definition {
            queue: "mail".into(),
            kind: "send".into(),
            temper: Temper::Slow,
            beat,
            terms,
            seed: Seed::from_bytes([3; 16]),
        }
    }

    #[test]
    fn the_ticks_that_are_told_are_those_of_the_rule() {
        for beat in [Beat::Every(7), Beat::Seconds(7), Beat::Seconds(45)] {
            let definition = definition(beat);
            let to = EPOCH + Duration::from_secs(200);
            let told = definition.ticks(EPOCH, to);
            let next = |at: &Timestamp| definition.terms.next_after(*at);
            let ruled = std::iter::successors(next(&EPOCH), next);
            let ruled: Vec<_> = ruled.take_while(|at| *at <= to).collect();
            assert_eq!(told, ruled, "{beat:?}");
        }
    }

    #[test]
    fn a_schedule_is_read_as_it_was_written_and_moves_on() {
        let put = definition(Beat::Every(7)).put("one".into());
        let record = ScheduleRecord {
            name: put.name,
            owner: None,
            definition: put.definition,
            state: put.state,
            next_at: put.next_at,
            version: 4,
        };
        let tick = EPOCH + Duration::from_secs(14);
        assert_eq!(record.next_at, Some(tick));
        let standing = || Standing::read(&record).expect("it can be read");
        let step = standing().step(Vec::new(), tick).expect("it is due");
        let advance = step.advance();
        assert_eq!((advance.tasks.len(), advance.version), (1, 4));
        assert_eq!(advance.tasks[0].id.made_at(), Some(tick));
        let (progress, live) = state(&advance.state).expect("it was written so");
        assert_eq!((progress.decided, live), (tick, vec![advance.tasks[0].id]));
        let less = step.without(0).expect("it has one").advance();
        assert!(less.tasks.is_empty());
        let skipped = standing().step(vec![advance.tasks[0].id], tick);
        assert!(skipped.expect("it is decided").advance().tasks.is_empty());
    }
}
