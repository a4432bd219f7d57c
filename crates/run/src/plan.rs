//! From groups to tasks: every item found, every text filled in, in the order of the file.

use std::path::{Path, PathBuf};

use duly::Priority;
use duly::rules::{Arguments, Facts, PriorityRules};
use serde_json::{Map, Value, json};

use crate::bounds::{PLAN_BYTES_MAX, TASKS_MAX};
use crate::error::{Fault, FileError};
use crate::format::{Action, Command, Each, Group, Items};
use crate::identity::{self, Digest};
use crate::items::{self, Item};
use crate::round::labels;
use crate::{TaskFile, kind};

/// All tasks of a file, or of some of its groups, as they are to be run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The groups, in the order of the file.
    pub(crate) groups: Vec<Group>,
    /// The tasks, in that order.
    pub(crate) tasks: Vec<PlannedTask>,
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
    pub after: std::time::Duration,
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

    /// The tasks in the order in which they would start, did each take no time: by when they are due,
    /// then by priority, then as in the file.
    #[must_use]
    pub fn in_order(&self) -> Vec<Shown<'_>> {
        let mut tasks: Vec<_> = self.tasks.iter().map(|task| self.shown(task)).collect();
        tasks.sort_by_key(|task| (task.after, task.priority));
        tasks
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

/// Makes tasks, and counts what they take.
struct Planner<'a> {
    file: &'a TaskFile,
    /// The file's folder, absolute: a task that is resumed runs where it would have.
    folder: PathBuf,
    tasks: Vec<PlannedTask>,
    bytes: usize,
}

impl<'a> Planner<'a> {
    fn new(file: &'a TaskFile) -> Result<Self, Fault> {
        let folder = std::path::absolute(file.folder())
            .map_err(|error| Fault::whole(format!("its folder cannot be told: {error}")))?;
        if folder.to_str().is_none() {
            return Err(Fault::whole(
                "its folder is no text: expected a path in UTF-8",
            ));
        }
        Ok(Self {
            file,
            folder,
            tasks: Vec::new(),
            bytes: 0,
        })
    }

    fn plan(mut self, groups: &[Group]) -> Result<Vec<PlannedTask>, Fault> {
        for (index, group) in groups.iter().enumerate() {
            self.group(index, group)?;
        }
        Ok(self.tasks)
    }

    fn group(&mut self, number: usize, group: &Group) -> Result<(), Fault> {
        let Some(each) = &group.each else {
            return self.task(number, group, None, 1);
        };
        for (index, item) in self.items(group, each)?.into_iter().enumerate() {
            self.task(number, group, Some(item), index + 1)?;
        }
        Ok(())
    }

    fn items(&self, group: &Group, each: &Each) -> Result<Vec<String>, Fault> {
        let found = items::items(self.file.folder(), &each.items);
        let found = found
            .map_err(|error| Fault::at(each.place, format!("group {:?}: {error}", group.name)))?;
        if let Items::Glob {
            patterns,
            optional: false,
            ..
        } = &each.items
            && found.is_empty()
        {
            let message = format!(
                "group {:?}: no file matches {}: expected at least one, or `each: {{glob: …, \
                 optional: true}}`",
                group.name,
                patterns.join(" or ")
            );
            return Err(Fault::at(each.place, message));
        }
        Ok(found)
    }

    fn task(
        &mut self,
        number: usize,
        group: &Group,
        item: Option<String>,
        index: usize,
    ) -> Result<(), Fault> {
        let whole = Item {
            text: item.as_deref().unwrap_or_default(),
            index,
            folder: &self.folder,
        };
        let (kind, payload, shown) = match &group.action {
            Action::Command(command) => {
                let words: Vec<_> = command.words.iter().map(|word| whole.fill(word)).collect();
                let shown = typed(&words);
                (kind::SHELL, self.command(command, words, &whole), shown)
            }
            Action::Request(request) => {
                let payload = request.payload(&|template| whole.fill(template));
                let shown = request.shown(&|field| whole.field(field));
                (kind::HTTP, payload, shown)
            }
        };
        let payload = payload.to_string().into_bytes();
        kind::check(kind, &payload).map_err(|message| {
            let of = item
                .as_ref()
                .map(|item| format!(", {item}"))
                .unwrap_or_default();
            Fault::at(
                group.place,
                format!("group {:?}{of}: {message}", group.name),
            )
        })?;
        self.count(group, payload.len())?;
        self.tasks.push(PlannedTask {
            group: number,
            item,
            index,
            kind,
            payload,
            priority: group.priority.unwrap_or_default(),
            rule: None,
            shown,
        });
        Ok(())
    }

    fn count(&mut self, group: &Group, bytes: usize) -> Result<(), Fault> {
        self.bytes += bytes;
        let refused = |message| Err(Fault::at(group.place, message));
        if self.tasks.len() == TASKS_MAX {
            return refused(format!(
                "more than {TASKS_MAX} tasks in the file: expected fewer"
            ));
        }
        if self.bytes > PLAN_BYTES_MAX {
            return refused(format!(
                "all tasks together take more than {PLAN_BYTES_MAX} bytes: expected fewer, or \
                 shorter texts"
            ));
        }
        Ok(())
    }

    fn command(&self, command: &Command, mut words: Vec<String>, item: &Item<'_>) -> Value {
        // A program by a relative path is one beside the file, wherever the command runs.
        if let Some(program) = words.first_mut()
            && program.contains('/')
        {
            *program = plain(&self.folder.join(&*program));
        }
        let dir = match &command.dir {
            Some(dir) => self.folder.join(item.fill(dir)),
            None => self.folder.clone(),
        };
        let env: Map<_, _> = command
            .env
            .iter()
            .map(|(name, value)| (name.clone(), json!(item.fill(value))))
            .collect();
        kind::command(words, env, &plain(&dir))
    }
}

/// A path without parts that mean nothing.
fn plain(path: &Path) -> String {
    path.components()
        .collect::<PathBuf>()
        .to_string_lossy()
        .into_owned()
}

/// A command as it could be typed.
fn typed(words: &[String]) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./,:=+@%".contains(c);
    let quoted = |word: &String| match !word.is_empty() && word.chars().all(is_plain) {
        true => word.clone(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    };
    words.iter().map(quoted).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
