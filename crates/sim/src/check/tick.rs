//! **Each tick fires exactly once.** A schedule moves on only from the version that was read last. Each of its
//! ticks is decided once, in order, none before its instant by the store's clock. If that was set, it may have gone
//! back since the schedule was read, and the schedule goes back with it to what it passed over; still no tick fires
//! twice, whether or not its task is still kept. A tick that does not fire was held for a run
//! before it, skipped for one, refused with its task, or missed by more than the grace and given up as the
//! schedule says; and a tick that fires while a run lives does so because they may overlap, or calls it off.
//! At rest every schedule has come to its end.

use std::collections::{BTreeMap, BTreeSet};

use duly_core::{EventKind, TaskId, Timestamp};
use duly_schedule::bounds::GRACE;
use duly_schedule::{Missed, Overlap, Progress};
use duly_store::{Advance, Advanced, Event, Name, ScheduleError, Submitted, When};

use super::{Check, Seen, Verdict, demand};
use crate::ledger::{Ledger, Schedule, Step};
use crate::tick;
use crate::wire::{Answer, Ask};

#[derive(Debug, Default)]
struct Tick {
    /// The store's clock was set. Those of others decide no tick.
    jumped: bool,
    fired: BTreeSet<(Name, Timestamp)>,
    /// Ticks whose tasks were refused.
    refused: BTreeSet<TaskId>,
    /// Tasks that have ended, though they may have been put back in line since.
    ended: BTreeSet<TaskId>,
    /// Whether a run lived when a schedule was last moved on.
    alive: BTreeMap<Name, bool>,
}

pub(super) fn new() -> impl Check {
    Tick::default()
}

impl Check for Tick {
    fn see(&mut self, seen: &Seen<'_>, ledger: &Ledger) -> Verdict {
        match seen {
            Seen::Step(step) => self.stepped(step, ledger),
            Seen::Written { step, events, .. } => {
                self.ended
                    .extend(events.iter().filter(is_end).map(|e| e.task));
                if let Ask::Advance(request) = &step.ask
                    && step_is_made(step)
                    && let Some(schedule) = ledger.schedules.get(&request.name)
                {
                    let lives = !self.living(schedule, ledger).is_empty();
                    self.alive.insert(request.name.clone(), lives);
                }
                Ok(())
            }
            Seen::Jumped { of_store: true, .. } => {
                self.jumped = true;
                Ok(())
            }
            Seen::Rest => ledger.schedules.iter().try_for_each(|(name, schedule)| {
                let end = schedule.definition.terms.end;
                let left = end.map(|end| schedule.definition.ticks(schedule.furthest, end));
                let most = schedule.definition.terms.max_runs;
                let has_run = most.is_some_and(|most| schedule.tasks.len() as u64 >= most.get());
                let is_through = left.is_some_and(|left| left.is_empty());
                demand(schedule.is_over && (has_run || is_through), || {
                    format!("{name} has not come to its end")
                })
            }),
            _ => Ok(()),
        }
    }
}

fn step_is_made(step: &Step) -> bool {
    matches!(step.answer, Answer::Advance(Ok(_)))
}

fn is_end(event: &&Event) -> bool {
    matches!(
        event.kind,
        EventKind::Completed
            | EventKind::Failed
            | EventKind::TimedOut
            | EventKind::Cancelled
            | EventKind::Expired
    )
}

impl Tick {
    /// The tasks of a schedule that have not ended yet.
    fn living(&self, schedule: &Schedule, ledger: &Ledger) -> Vec<TaskId> {
        let lives = |id: &&TaskId| {
            let task = ledger.task(**id);
            task.is_some_and(crate::ledger::Task::is_unfinished) && !self.ended.contains(*id)
        };
        schedule.tasks.iter().filter(lives).copied().collect()
    }

    fn stepped(&mut self, step: &Step, ledger: &Ledger) -> Verdict {
        let (Ask::Advance(request), Answer::Advance(answer)) = (&step.ask, &step.answer) else {
            return Ok(());
        };
        let name = &request.name;
        let Some(schedule) = ledger.schedules.get(name) else {
            return demand(answer.is_err(), || {
                format!("{name} moves on, and nobody has made it")
            });
        };
        let current = request.version == schedule.version;
        match answer {
            Ok(answer) => {
                demand(current, || {
                    format!("{name} moves on from a version that is not current")
                })?;
                self.advanced(request, answer, schedule, ledger)
            }
            Err(ScheduleError::Conflict { .. }) => demand(!current, || {
                format!("{name} is refused to move on from its current version")
            }),
            Err(ScheduleError::Refused(error)) => {
                let refused = error.index().and_then(|index| request.tasks.get(index));
                self.refused.extend(refused.map(|task| task.id));
                Ok(())
            }
            Err(_) => Ok(()),
        }
    }

    fn advanced(
        &mut self,
        request: &Advance,
        answer: &Advanced,
        schedule: &Schedule,
        ledger: &Ledger,
    ) -> Verdict {
        let name = &request.name;
        let (asked, made) = (request.tasks.len(), answer.tasks.len());
        demand(
            made == asked && answer.tasks.iter().all(Submitted::is_new),
            || format!("a step of {name} makes {made} new tasks of {asked}"),
        )?;
        let Some((after, _)) = tick::state(&request.state) else {
            return Err(format!("{name} has a state that cannot be read"));
        };
        let is_right = (schedule.decided..=answer.at).contains(&after.decided);
        demand(is_right || self.jumped, || {
            let (from, to, at) = (schedule.decided, after.decided, answer.at);
            format!("{name} goes from {from} to {to} at {at}")
        })?;
        let mut fired = Vec::new();
        for task in &request.tasks {
            let tick = task.id.made_at().unwrap_or_default();
            self.fires(name, schedule, (task.id, tick), task.due, answer.at)?;
            fired.push(tick);
        }
        let living = self.living(schedule, ledger);
        overlaps(name, schedule, request, &living)?;
        self.accounted(name, schedule, &after, &fired, answer.at)
    }

    /// A tick fires: one of the schedule's, once, not too early.
    fn fires(
        &mut self,
        name: &Name,
        schedule: &Schedule,
        (id, tick): (TaskId, Timestamp),
        due: When,
        at: Timestamp,
    ) -> Verdict {
        let definition = &schedule.definition;
        demand(
            definition.is_tick(tick) && definition.seed.task_id(tick) == id,
            || format!("{name} fires at {tick}, which is no tick of it"),
        )?;
        let is_next = self.jumped || tick > schedule.decided || schedule.held == Some(tick);
        demand(is_next && self.fired.insert((name.clone(), tick)), || {
            format!("the tick of {name} at {tick} fires twice")
        })?;
        demand(self.jumped || tick <= at, || {
            format!("the tick of {name} at {tick} fires before its instant")
        })?;
        let due_at = due.resolve(at);
        let last = tick.max(at) + definition.terms.jitter;
        demand(self.jumped || (tick..=last).contains(&due_at), || {
            format!("the tick of {name} at {tick} is due at {due_at}")
        })
    }

    /// What became of every tick that was decided is known, and has a reason.
    fn accounted(
        &self,
        name: &Name,
        schedule: &Schedule,
        after: &Progress,
        fired: &[Timestamp],
        at: Timestamp,
    ) -> Verdict {
        let definition = &schedule.definition;
        let decided = definition.ticks(schedule.decided, after.decided);
        let released = schedule.held.filter(|held| after.held != Some(*held));
        let lived = self.alive.get(name).copied().unwrap_or(false);
        // One that is refused counts as a run in the step in which it was to fire.
        let ran = |tick: &Timestamp| {
            fired.contains(tick) || self.refused.contains(&definition.seed.task_id(*tick))
        };
        let runs: Vec<_> = decided
            .iter()
            .chain(&released)
            .copied()
            .filter(ran)
            .collect();
        for tick in decided.into_iter().chain(released) {
            if ran(&tick) || after.held == Some(tick) {
                continue;
            }
            let is_late = |by| tick + by < at;
            let is_missed = Some(tick) != released
                && is_late(GRACE)
                && match definition.terms.missed {
                    Missed::All { within } => is_late(within),
                    Missed::Last => !definition.ticks(tick, at).is_empty(),
                    Missed::Skip => true,
                };
            let had_run = lived || runs.iter().any(|other| *other < tick);
            let is_skipped = match definition.terms.overlap {
                Overlap::Skip => had_run,
                Overlap::QueueOne => Some(tick) != released && had_run,
                Overlap::Allow | Overlap::CancelOld => false,
            };
            demand(is_missed || is_skipped || self.jumped, || {
                format!("the tick of {name} at {tick} is decided at {at}, and does not fire")
            })?;
        }
        Ok(())
    }
}

/// Who fires while a run lives may, or calls it off.
fn overlaps(name: &Name, schedule: &Schedule, request: &Advance, living: &[TaskId]) -> Verdict {
    let fired = request.tasks.len();
    let former = living.len() + fired.saturating_sub(1);
    let is_right = match schedule.definition.terms.overlap {
        _ if fired == 0 => request.cancel.is_empty(),
        Overlap::Allow => request.cancel.is_empty(),
        Overlap::Skip | Overlap::QueueOne => former == 0 && request.cancel.is_empty(),
        Overlap::CancelOld => {
            let last = request.tasks.last().map(|task| task.id);
            let newer = request.tasks.iter().take(fired - 1).map(|task| &task.id);
            let mut all = living.iter().chain(newer);
            all.all(|id| request.cancel.contains(id))
                && last.is_none_or(|last| !request.cancel.contains(&last))
        }
    };
    demand(is_right, || {
        let overlap = schedule.definition.terms.overlap;
        format!("{name} fires {fired} beside {former} that live, and overlap is {overlap}")
    })
}
