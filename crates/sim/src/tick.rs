//! Schedules of the world: every so often, so many times. What a schedule creates at its n-th tick has an id
//! that follows from the two, so a tick that fired twice would show.

use std::time::Duration;

use duly_core::{TaskId, Timestamp};
use duly_store::{Advance, Expected, Name, NewTask, Payload, PutSchedule, ScheduleRecord};

use crate::name::{number, task_id};
use crate::temper::Temper;

/// Tasks of schedules are numbered from here.
const FIRST: u32 = 10_000_000;
/// The most ticks that a schedule has.
const TICKS: u32 = 1_000;

/// A schedule, as its definition says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Every {
    pub(crate) schedule: u32,
    pub(crate) start: Timestamp,
    pub(crate) every: Duration,
    pub(crate) ticks: u32,
}

impl Every {
    /// The instant of a tick, from 0.
    pub(crate) fn at(&self, tick: u32) -> Timestamp {
        self.start + self.every * tick
    }

    /// The next tick after so many, if there is one.
    pub(crate) fn next_at(&self, fired: u32) -> Option<Timestamp> {
        (fired < self.ticks).then(|| self.at(fired))
    }

    /// Creates it.
    pub(crate) fn put(&self, queue: &Name, kind: &Name) -> PutSchedule {
        let micros = (self.start.as_micros(), self.every.as_micros());
        let Self {
            schedule, ticks, ..
        } = self;
        let definition = format!(
            "{schedule} {} {} {ticks} {queue} {kind}",
            micros.0, micros.1
        );
        PutSchedule {
            name: self.name(),
            owner: None,
            definition: definition.into(),
            state: "0".into(),
            next_at: self.next_at(0),
            expected: Expected::Nothing,
        }
    }

    pub(crate) fn name(&self) -> Name {
        format!("schedule-{}", self.schedule).into()
    }
}

/// What a definition says: the schedule, its queue and its kind.
pub(crate) fn read(definition: &str) -> Option<(Every, Name, Name)> {
    let mut words = definition.split(' ');
    let schedule = words.next()?.parse().ok()?;
    let start = Timestamp::from_micros(words.next()?.parse().ok()?);
    let every = Duration::from_micros(words.next()?.parse().ok()?);
    let ticks = words.next()?.parse().ok()?;
    let every = Every {
        schedule,
        start,
        every,
        ticks,
    };
    Some((every, words.next()?.into(), words.next()?.into()))
}

/// Fires the next tick of a schedule that is due, as it was read.
pub(crate) fn advance(record: &ScheduleRecord) -> Option<Advance> {
    let (every, queue, kind) = read(&record.definition)?;
    let tick: u32 = record.state.parse().ok()?;
    let payload = Payload::bytes([Temper::Steady.code()]);
    let mut task = NewTask::new(tick_id(every.schedule, tick), kind, payload);
    task.queue = queue;
    Some(Advance {
        name: record.name.clone(),
        version: record.version,
        state: (tick + 1).to_string().into(),
        next_at: every.next_at(tick + 1),
        tasks: vec![task],
        cancel: Vec::new(),
    })
}

const fn tick_id(schedule: u32, tick: u32) -> TaskId {
    task_id(FIRST + schedule * TICKS + tick)
}

/// Which tick of which schedule has created a task, if any has.
pub(crate) fn tick_of(id: TaskId) -> Option<(u32, u32)> {
    let number = number(id).checked_sub(FIRST)?;
    Some((number / TICKS, number % TICKS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_is_read_as_it_was_written_and_its_ticks_follow() {
        let every = Every {
            schedule: 3,
            start: Timestamp::from_micros(1_000),
            every: Duration::from_micros(500),
            ticks: 2,
        };
        let put = every.put(&"mail".into(), &"send".into());
        let read = read(&put.definition);
        assert_eq!(read, Some((every, "mail".into(), "send".into())));
        let record = ScheduleRecord {
            name: put.name,
            owner: None,
            definition: put.definition,
            state: "1".into(),
            next_at: None,
            version: 7,
        };
        let advance = advance(&record).expect("it can be read");
        assert_eq!(tick_of(advance.tasks[0].id), Some((3, 1)));
        assert_eq!((advance.next_at, &*advance.state), (None, "2"));
        assert_eq!(tick_of(task_id(7)), None);
    }
}
