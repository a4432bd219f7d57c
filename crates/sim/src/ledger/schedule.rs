//! Schedules are entered: which version stands, and how far each is.

use duly_core::{TaskId, Timestamp};
use duly_store::{Advance, Advanced, Change, ScheduleRecord, Submit, SubmitReply};

use super::{Ledger, Told};
use crate::tick::{self, Definition};

/// A schedule, as it must be.
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    pub(crate) definition: Definition,
    pub(crate) version: u64,
    /// What became of ticks up to here is known.
    pub(crate) decided: Timestamp,
    /// The furthest that it ever came: it may have gone back with the store's clock.
    pub(crate) furthest: Timestamp,
    /// A tick that waits for the run before it to end.
    pub(crate) held: Option<Timestamp>,
    /// Its tasks so far.
    pub(crate) tasks: Vec<TaskId>,
    /// There is nothing to look at any more.
    pub(crate) is_over: bool,
}

impl Ledger {
    pub(super) fn scheduled(&mut self, record: &ScheduleRecord) {
        let (definition, state) = (
            Definition::read(&record.definition),
            tick::state(&record.state),
        );
        if let (Some(definition), Some((progress, _))) = (definition, state) {
            let schedule = Schedule {
                definition,
                version: record.version,
                decided: progress.decided,
                furthest: progress.decided,
                held: progress.held,
                tasks: Vec::new(),
                is_over: record.next_at.is_none(),
            };
            self.schedules.insert(record.name.clone(), schedule);
        }
    }

    pub(super) fn advanced(&mut self, request: &Advance, answer: &Advanced, told: &mut Vec<Told>) {
        if let Some(schedule) = self.schedules.get_mut(&request.name) {
            schedule.version = answer.version;
            schedule.is_over = request.next_at.is_none();
            schedule
                .tasks
                .extend(request.tasks.iter().map(|task| task.id));
            if let Some((progress, _)) = tick::state(&request.state) {
                schedule.decided = progress.decided;
                schedule.furthest = schedule.furthest.max(progress.decided);
                schedule.held = progress.held;
            }
        }
        let tasks = request.tasks.clone();
        let reply = SubmitReply {
            tasks: answer.tasks.clone(),
            at: answer.at,
        };
        self.submitted(&Submit { tasks }, &reply, told);
        for id in &request.cancel {
            if self.task(*id).is_some_and(super::Task::is_unfinished) {
                self.changed(*id, &Change::Cancel, answer.at, told);
            }
        }
    }
}
