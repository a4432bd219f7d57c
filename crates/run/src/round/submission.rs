//! Submitting a plan as a round.

use duly::store::priority::PRIORITY_RULE;
use duly::{Duly, Labels, Name, NewTask, Payload, State, Submitted, TaskId, Unique, When};

use super::{DIGEST, LAST, ROUND, SELECTION, cut, labels};
use crate::board::Entrant;
use crate::bounds::{SUBMIT_BYTES_MAX, SUBMIT_MAX};
use crate::format::Group;
use crate::identity::Digest;
use crate::plan::{Plan, PlannedTask};
use crate::{RunError, identity};

/// What became of a plan.
#[derive(Debug, Default)]
pub(crate) struct Submission {
    /// Its tasks.
    pub(crate) entrants: Vec<Entrant>,
    /// How many were not taken, because other tasks hold their unique keys.
    pub(crate) left_out: usize,
}

/// Submits a plan as the round of this number.
pub(crate) async fn submit(
    duly: &Duly,
    run: &str,
    queue: &Name,
    number: u32,
    plan: &Plan,
    about: (Digest, Option<Digest>),
) -> Result<Submission, RunError> {
    let mut labels = Labels::from([
        (ROUND.to_owned(), number.to_string()),
        (DIGEST.to_owned(), about.0.text()),
    ]);
    let selection = about
        .1
        .map(|selection| (SELECTION.to_owned(), selection.text()));
    labels.extend(selection);
    let mut batch = Batch::default();
    for task in &plan.tasks {
        let group = &plan.groups[task.group];
        let id = identity::task(run, number, &group.name, task.index, &task.payload);
        if batch.is_full_for(task) {
            batch.send(duly).await?;
        }
        let mut new = new_task(id, queue, group, task);
        new.labels.extend(labels.clone());
        batch.add(new, entrant(id, group, task));
    }
    batch.mark_last();
    batch.send(duly).await?;
    Ok(batch.submission)
}

/// Tasks on their way into the store.
#[derive(Default)]
struct Batch {
    tasks: Vec<NewTask>,
    bytes: usize,
    /// What became of those before.
    submission: Submission,
    entrants: Vec<Entrant>,
}

impl Batch {
    fn is_full_for(&self, task: &PlannedTask) -> bool {
        let bytes = self.bytes + task.payload.len();
        self.tasks.len() == SUBMIT_MAX || (bytes > SUBMIT_BYTES_MAX && !self.tasks.is_empty())
    }

    fn add(&mut self, new: NewTask, entrant: Entrant) {
        self.bytes += new.payload.bytes.len();
        self.tasks.push(new);
        self.entrants.push(entrant);
    }

    /// Marks what is in it: nothing comes after that.
    fn mark_last(&mut self) {
        for task in &mut self.tasks {
            task.labels.insert(LAST.to_owned(), String::new());
        }
    }

    async fn send(&mut self, duly: &Duly) -> Result<(), RunError> {
        if self.tasks.is_empty() {
            return Ok(());
        }
        let answers = duly.submit_all(std::mem::take(&mut self.tasks)).await?;
        self.bytes = 0;
        for (entrant, answer) in self.entrants.drain(..).zip(answers) {
            let Submitted { id, .. } = answer;
            if id == entrant.id {
                self.submission.entrants.push(entrant);
            } else {
                self.submission.left_out += 1;
            }
        }
        Ok(())
    }
}

fn new_task(id: TaskId, queue: &Name, group: &Group, task: &PlannedTask) -> NewTask {
    let mut new = NewTask::new(id, task.kind, Payload::json(task.payload.clone()));
    new.queue = queue.clone();
    new.priority = task.priority;
    if !group.after.is_zero() {
        new.due = When::After(group.after);
    }
    new.timeout = group.timeout;
    new.deadline = group.deadline.map(When::After);
    new.finish_by = group.finish_within.map(When::After);
    new.alert_unstarted = group.alert_unstarted;
    new.alert_unfinished = group.alert_unfinished;
    new.retry = group.retry;
    new.tenant = task.tenant.as_deref().map(Name::from);
    new.limits.clone_from(&group.limits);
    let unique = group.unique.as_ref().zip(task.unique_key.as_deref());
    new.unique = unique.map(|(said, key)| Unique {
        key: key.into(),
        scope: said.scope,
        on_conflict: said.on_conflict,
    });
    new.labels = labels(&group.name, task.item.as_deref());
    let rule = task.rule.clone();
    let rule = rule.map(|rule| (PRIORITY_RULE.to_owned(), rule));
    new.labels.extend(rule);
    new
}

fn entrant(id: TaskId, group: &Group, task: &PlannedTask) -> Entrant {
    Entrant {
        id,
        group: group.name.clone(),
        item: task.item.as_deref().map(cut),
        priority: task.priority,
        state: State::Pending,
        due_at: None,
        error: None,
    }
}
