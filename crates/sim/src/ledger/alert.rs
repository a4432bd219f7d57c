//! Alerts are entered: who wants to hear that a task is late, and has heard.

use duly_core::{EventKind, TaskId, Timestamp};

use super::{Alerts, Ledger, Task, Told};

impl Ledger {
    /// The tasks of which an alert is due, the longest due first.
    pub(crate) fn late(&self, at: Timestamp) -> Vec<TaskId> {
        let due = |task: &Task| task.alerts.next_at.filter(|next_at| *next_at <= at);
        let tasks = self.tasks.iter().filter(|(_, task)| task.is_kept());
        let mut late: Vec<_> = tasks
            .filter_map(|(id, task)| Some((due(task)?, task.order, *id)))
            .collect();
        late.sort_unstable();
        late.into_iter().map(|(.., id)| id).collect()
    }

    /// Tells of what is late; what is not so by then has gone by.
    pub(super) fn alert(&mut self, at: Timestamp, limit: usize, told: &mut Vec<Told>) {
        for id in self.late(at).into_iter().take(limit) {
            let Some(task) = self.tasks.get_mut(&id) else {
                continue;
            };
            let (open, begun) = (task.is_unfinished(), task.begun > 0);
            let alerts = &mut task.alerts;
            let is_due = |instant: Option<Timestamp>| instant.is_some_and(|due_at| due_at <= at);
            if open && !begun && is_due(alerts.start_at) {
                alerts.start_at = None;
                told.push(Told {
                    task: id,
                    kind: EventKind::LateToStart,
                });
            }
            if open && is_due(alerts.finish_at) {
                alerts.finish_at = None;
                told.push(Told {
                    task: id,
                    kind: EventKind::LateToFinish,
                });
            }
            // Of a task that has ended there is nothing to tell, until it is put back in line.
            alerts.next_at = open.then(|| alerts.first_after(at)).flatten();
        }
    }
}

impl Alerts {
    /// Alerts of which none was told.
    pub(super) fn new(start_at: Option<Timestamp>, finish_at: Option<Timestamp>) -> Self {
        Self {
            start_at,
            finish_at,
            next_at: [start_at, finish_at].into_iter().flatten().min(),
        }
    }

    /// The task is put back in line: what was due while it lay there is not told any more.
    pub(super) fn put_back(&mut self, at: Timestamp) {
        let ahead = |instant: Option<Timestamp>| instant.filter(|due_at| *due_at > at);
        *self = Self::new(ahead(self.start_at), ahead(self.finish_at));
    }

    fn first_after(&self, at: Timestamp) -> Option<Timestamp> {
        let instants = [self.start_at, self.finish_at].into_iter().flatten();
        instants.filter(|due_at| *due_at > at).min()
    }
}
