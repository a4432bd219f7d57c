//! Schedules are entered: which version stands, and how far each is.

use duly_store::{Advance, Advanced, ScheduleRecord, Submit, SubmitReply};

use super::{Ledger, Told};
use crate::tick;

/// A schedule, as it must be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schedule {
    pub(crate) every: tick::Every,
    pub(crate) version: u64,
    /// How many of its ticks have fired.
    pub(crate) fired: u32,
}

impl Ledger {
    pub(super) fn scheduled(&mut self, record: &ScheduleRecord) {
        if let Some((every, ..)) = tick::read(&record.definition) {
            let schedule = Schedule {
                every,
                version: record.version,
                fired: 0,
            };
            self.schedules.insert(record.name.clone(), schedule);
        }
    }

    pub(super) fn advanced(&mut self, request: &Advance, answer: &Advanced, told: &mut Vec<Told>) {
        if let Some(schedule) = self.schedules.get_mut(&request.name) {
            schedule.version = answer.version;
            schedule.fired += 1;
        }
        let tasks = request.tasks.clone();
        let reply = SubmitReply {
            tasks: answer.tasks.clone(),
            at: answer.at,
        };
        self.submitted(&Submit { tasks }, &reply, told);
    }
}
