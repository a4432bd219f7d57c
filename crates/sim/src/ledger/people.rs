//! Steps are entered: what people do.

use duly_core::{EventKind, State, TaskId, Timestamp};
use duly_store::{Admission, Change, NewTask, OnConflict, Submit, SubmitReply};

use super::{Alerts, Ledger, Life, Task, Told};

impl Ledger {
    pub(super) fn submitted(
        &mut self,
        request: &Submit,
        reply: &SubmitReply,
        told: &mut Vec<Told>,
    ) {
        for (new, answer) in request.tasks.iter().zip(&reply.tasks) {
            if answer.admission == Admission::Replaced {
                self.replaced(new, answer.id, reply.at);
                told.push(Told {
                    task: answer.id,
                    kind: EventKind::Replaced,
                });
            }
            if !answer.is_new() {
                continue;
            }
            self.queues.entry(new.queue.clone()).or_default();
            self.sequence += 1;
            let due_at = new.due.resolve(reply.at);
            let task = Task {
                order: self.sequence,
                life: Life::Waits {
                    line: due_at <= reply.at,
                    again: false,
                },
                priority: new.priority,
                submitted_at: reply.at,
                due_at,
                deadline: new.deadline.map(|deadline| deadline.resolve(reply.at)),
                finish_by: new.finish_by.map(|instant| instant.resolve(reply.at)),
                alerts: Alerts::new(
                    new.alert_unstarted.map(|age| reply.at + age),
                    new.alert_unfinished.map(|age| reply.at + age),
                ),
                attempt: 0,
                spent: 0,
                lost: 0,
                begun: 0,
                cancel_asked: false,
                ended_at: None,
                new: new.clone(),
            };
            self.tasks.insert(new.id, task);
            told.push(Told {
                task: new.id,
                kind: EventKind::Submitted,
            });
        }
    }

    /// A task goes on with what a later submission with its key brings.
    fn replaced(&mut self, new: &NewTask, holder: TaskId, at: Timestamp) {
        let what = match new.unique.as_ref().map(|unique| unique.on_conflict) {
            Some(OnConflict::Replace(what)) => what,
            _ => return,
        };
        if let Some(task) = self.tasks.get_mut(&holder) {
            if what.due {
                task.reschedule(new.due.resolve(at), at);
            }
            if what.priority {
                task.priority = new.priority;
            }
        }
    }

    pub(super) fn changed(
        &mut self,
        id: TaskId,
        change: &Change,
        at: Timestamp,
        told: &mut Vec<Told>,
    ) {
        let Some(task) = self.tasks.get_mut(&id) else {
            return;
        };
        let kind = match change {
            Change::Cancel => task.cancel(at),
            Change::Retry { .. } => Some(task.retry(at)),
            Change::Reprioritise(priority) => {
                let old = std::mem::replace(&mut task.priority, *priority);
                (old != *priority).then_some(EventKind::Reprioritised)
            }
            Change::Reschedule(due) => Some(task.reschedule(due.resolve(at), at)),
            Change::Discard => {
                task.life = Life::Gone;
                // Unlike pruning, it also gives up a key that is held for a period.
                task.new.unique = None;
                None
            }
        };
        told.extend(kind.map(|kind| Told { task: id, kind }));
    }
}

impl Task {
    /// It ends, and what is written down for it.
    pub(super) fn finish(&mut self, state: State, at: Timestamp) -> EventKind {
        self.life = Life::Ended(state);
        self.ended_at = Some(at);
        match state {
            State::Completed => EventKind::Completed,
            State::Failed => EventKind::Failed,
            State::TimedOut => EventKind::TimedOut,
            State::Expired => EventKind::Expired,
            _ => EventKind::Cancelled,
        }
    }

    pub(super) fn wait_again(&mut self, due_at: Timestamp) {
        self.due_at = due_at;
        self.life = Life::Waits {
            line: false,
            again: true,
        };
    }

    pub(super) fn back_in_line(&mut self) {
        self.life = Life::Waits {
            line: true,
            again: false,
        };
    }

    fn cancel(&mut self, at: Timestamp) -> Option<EventKind> {
        if matches!(self.life, Life::Held { running: true, .. }) {
            let again = std::mem::replace(&mut self.cancel_asked, true);
            return (!again).then_some(EventKind::CancelRequested);
        }
        Some(self.finish(State::Cancelled, at))
    }

    fn retry(&mut self, at: Timestamp) -> EventKind {
        self.back_in_line();
        self.spent = 0;
        self.lost = 0;
        self.cancel_asked = false;
        self.due_at = at;
        self.deadline = self.deadline.filter(|deadline| *deadline > at);
        self.finish_by = self.finish_by.filter(|instant| *instant > at);
        self.alerts.put_back(at);
        self.ended_at = None;
        EventKind::Retried
    }

    fn reschedule(&mut self, due_at: Timestamp, at: Timestamp) -> EventKind {
        let was_retrying = matches!(
            self.life,
            Life::Waits {
                line: false,
                again: true
            }
        );
        self.due_at = due_at;
        self.life = Life::Waits {
            line: due_at <= at,
            again: was_retrying && due_at > at,
        };
        EventKind::Rescheduled
    }
}
