//! From groups to tasks: every item found, every text filled in, in the order of the file.

mod planner;

use std::path::PathBuf;
use std::time::Duration;

use duly::rules::{Arguments, Facts, PriorityRules};
use duly::{OrderPolicy, Priority, Timestamp};
use duly_core::OrderKey;

use crate::TaskFile;
use crate::error::FileError;
use crate::format::Group;
use crate::identity::{self, Digest};
use crate::round::labels;
use planner::Planner;

/// All tasks of a file, or of some of its groups, as they are to be run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The groups, in the order of the file.
    pub(crate) groups: Vec<Group>,
    /// The tasks, in that order.
    pub(crate) tasks: Vec<PlannedTask>,
    /// In which order they run.
    order: OrderPolicy,
    fair: bool,
}

/// One task of a plan.
#[derive(Clone, Debug)]
pub struct PlannedTask {
    /// The place of its group in the plan.
    pub(crate) group: usize,
    /// What it is there for, if its group has `each:`.
    pub(crate) item: Option<String>,
    /// Its number within the group, from 1.
    pub(crate) index: usize,
    pub(crate) kind: &'static str,
    /// JSON.
    pub(crate) payload: Vec<u8>,
    pub(crate) priority: Priority,
    /// The rule that decided that, if one did.
    pub(crate) rule: Option<String>,
    /// Whose work it is.
    pub(crate) tenant: Option<String>,
    /// What it may not share with another.
    pub(crate) unique_key: Option<String>,
    shown: String,
}

/// A task of a plan, for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown<'a> {
    /// The name of its group.
    pub group: &'a str,
    /// What it is there for, if its group has `each:`.
    pub item: Option<&'a str>,
    /// How urgent it is.
    pub priority: Priority,
    /// How long after the start it becomes due.
    pub after: Duration,
    /// The command as it could be typed, or the request without what may be secret in it.
    pub action: &'a str,
}

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The file makes no sense where it is.
    #[error(transparent)]
    File(#[from] FileError),
    /// A group was named that the file does not have.
    #[error("there is no group {name:?} in {}: expected one of {known}", .path.display())]
    NoSuchGroup {
        /// What was named.
        name: String,
        /// The file.
        path: PathBuf,
        /// The groups that there are.
        known: String,
    },
}

/// Some groups of a file, or all: what a round is about, before anything is looked for.
#[derive(Clone, Debug)]
pub(crate) struct Choice<'a> {
    file: &'a TaskFile,
    /// The groups, in the order of the file.
    pub(crate) groups: Vec<Group>,
    /// What the whole file says is to be done.
    pub(crate) digest: Digest,
    /// Which groups, if not all.
    pub(crate) selection: Option<Digest>,
}

impl TaskFile {
    /// Finds all items and fills all texts in. With `only`, of these groups; empty: of all.
    ///
    /// # Errors
    /// [`PlanError`]: a glob finds nothing or too much, a text does not make sense once it is filled
    /// in, or there is no such group.
    pub fn plan(&self, only: &[String]) -> Result<Plan, PlanError> {
        Ok(self.choose(only)?.plan()?)
    }

    pub(crate) fn choose(&self, only: &[String]) -> Result<Choice<'_>, PlanError> {
        let is_known = |name: &String| self.group_names().any(|known| known == name);
        if let Some(name) = only.iter().find(|name| !is_known(name)) {
            let known: Vec<_> = self.group_names().collect();
            return Err(PlanError::NoSuchGroup {
                name: name.clone(),
                path: self.path().to_owned(),
                known: known.join(", "),
            });
        }
        let is_meant = |group: &&Group| only.is_empty() || only.contains(&group.name);
        let groups: Vec<_> = self.groups.iter().filter(is_meant).cloned().collect();
        let names = groups.iter().map(|group| group.name.as_str());
        let is_part = groups.len() < self.groups.len();
        Ok(Choice {
            file: self,
            digest: identity::of_definition(&self.groups),
            selection: is_part.then(|| identity::of_names(names)),
            groups,
        })
    }
}

impl Choice<'_> {
    /// Finds all items and fills all texts in.
    pub(crate) fn plan(self) -> Result<Plan, FileError> {
        let tasks = Planner::new(self.file).and_then(|planner| planner.plan(&self.groups));
        Ok(Plan {
            tasks: tasks.map_err(|fault| self.file.error(fault))?,
            groups: self.groups,
            order: self.file.settings.order,
            fair: self.file.settings.fair,
        })
    }
}

impl Plan {
    /// How many tasks it has.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.tasks.len()
    }

    /// It has no tasks: all its globs are optional and find nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// Its tenants take turns: [`in_order`](Self::in_order) holds among the tasks of each.
    #[must_use]
    pub const fn is_fair(&self) -> bool {
        self.fair
    }

    /// The tasks in the order in which they would start, did each take no time: by when they are due,
    /// then as the file orders them, then as in the file.
    #[must_use]
    pub fn in_order(&self) -> Vec<Shown<'_>> {
        let mut tasks: Vec<_> = self.tasks.iter().collect();
        tasks.sort_by_key(|task| self.rank(task));
        tasks.into_iter().map(|task| self.shown(task)).collect()
    }

    /// When a task is due, and its place among those that are due then.
    fn rank(&self, task: &PlannedTask) -> (Duration, OrderKey) {
        const START: Timestamp = Timestamp::from_micros(0);
        let group = &self.groups[task.group];
        let after = |time: Duration| START + time;
        let due_at = after(group.after);
        let deadlines = [group.deadline, group.finish_within].into_iter();
        let deadline = deadlines.flatten().min().map(after);
        let key = self.order.key(task.priority, due_at, deadline, 0);
        (group.after, key)
    }

    /// Lets rules decide how urgent its tasks are in a queue, as far as the file leaves that open.
    pub fn prioritise(&mut self, rules: &PriorityRules, queue: &str) {
        for task in &mut self.tasks {
            let group = &self.groups[task.group];
            let labels = labels(&group.name, task.item.as_deref());
            let facts = Facts::new(task.kind, queue)
                .labels(&labels)
                .payload_bytes(task.payload.len() as u64)
                .arguments(Arguments::Json(&task.payload))
                .priority_given(group.priority.is_some());
            if let Some(rule) = rules.decide(&facts) {
                task.priority = rule.priority();
                task.rule = Some(rule.name().to_owned());
            }
        }
    }

    fn shown<'a>(&'a self, task: &'a PlannedTask) -> Shown<'a> {
        let group = &self.groups[task.group];
        Shown {
            group: &group.name,
            item: task.item.as_deref(),
            priority: task.priority,
            after: group.after,
            action: &task.shown,
        }
    }
}

#[cfg(test)]
mod tests;
