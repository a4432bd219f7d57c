//! **Each tick fires exactly once.** A schedule moves on only from the version that was read last, and each
//! time by one tick: the next, at or after its instant by the store's clock (unless a clock was set: that of
//! the store may have gone back since the schedule was read), whoever leads and whatever is lost on the way.
//! At rest, every tick of every schedule that was accepted has fired.

use duly_store::ScheduleError;

use super::{Check, Seen, Verdict, demand};
use crate::ledger::{Ledger, Step};
use crate::tick;
use crate::wire::{Answer, Ask};

#[derive(Debug, Default)]
struct Tick {
    jumped: bool,
}

pub(super) fn new() -> impl Check {
    Tick::default()
}

impl Check for Tick {
    fn see(&mut self, seen: &Seen<'_>, ledger: &Ledger) -> Verdict {
        match seen {
            Seen::Step(step) => advanced(step, ledger, self.jumped),
            Seen::Jumped { .. } => {
                self.jumped = true;
                Ok(())
            }
            Seen::Rest => ledger.schedules.iter().try_for_each(|(name, schedule)| {
                let (fired, ticks) = (schedule.fired, schedule.every.ticks);
                demand(fired == ticks, || {
                    format!("{name} has fired {fired} of {ticks} ticks")
                })
            }),
            _ => Ok(()),
        }
    }
}

fn advanced(step: &Step, ledger: &Ledger, jumped: bool) -> Verdict {
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
    let Ok(answer) = answer else {
        let conflict = matches!(answer, Err(ScheduleError::Conflict { .. }));
        return demand(!conflict || !current, || {
            format!("{name} is refused to move on from its current version")
        });
    };
    demand(current, || {
        format!("{name} moves on from a version that is not current")
    })?;
    let (asked, made) = (request.tasks.len(), answer.tasks.len());
    demand(made == asked, || {
        format!("a tick of {name} makes {made} tasks of {asked}")
    })?;
    for (task, told) in request.tasks.iter().zip(&answer.tasks) {
        let (_, tick) = tick::tick_of(task.id).unwrap_or_default();
        let next = schedule.fired;
        demand(tick == next && told.is_new(), || {
            format!("tick {tick} of {name} fires, and the next is {next}")
        })?;
        demand(jumped || schedule.every.at(tick) <= answer.at, || {
            format!("tick {tick} of {name} fires before its instant")
        })?;
    }
    Ok(())
}
