//! Making tasks: items found, texts filled in, and what they take counted.

use std::collections::HashSet;
use std::fmt::Display;
use std::path::{Path, PathBuf};

use duly::OnConflict;
use duly::store::bounds::UNIQUE_KEY_BYTES_MAX;
use serde_json::{Map, Value, json};

use super::PlannedTask;
use crate::bounds::{PLAN_BYTES_MAX, TASKS_MAX};
use crate::error::{Fault, Place};
use crate::format::{Action, Command, Each, Group, Items, is_name};
use crate::items::{self, Item};
use crate::{TaskFile, kind};

/// The unique keys of the tasks so far, by kind.
type Keys = HashSet<(&'static str, String)>;

/// Makes tasks, and counts what they take.
pub(super) struct Planner<'a> {
    file: &'a TaskFile,
    /// The file's folder, absolute: a task that is resumed runs where it would have.
    folder: PathBuf,
    tasks: Vec<PlannedTask>,
    bytes: usize,
    keys: Keys,
}

impl<'a> Planner<'a> {
    pub(super) fn new(file: &'a TaskFile) -> Result<Self, Fault> {
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
            keys: Keys::new(),
        })
    }

    pub(super) fn plan(mut self, groups: &[Group]) -> Result<Vec<PlannedTask>, Fault> {
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
        let of = About {
            group,
            item: item.as_deref(),
        };
        kind::check(kind, &payload).map_err(|message| of.fault(group.place, message))?;
        let tenant = of.tenant(&whole)?;
        let unique_key = of.unique_key(kind, &whole, &mut self.keys)?;
        self.count(group, payload.len())?;
        self.tasks.push(PlannedTask {
            group: number,
            item,
            index,
            kind,
            payload,
            priority: group.priority.unwrap_or_default(),
            rule: None,
            tenant,
            unique_key,
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

/// The task that is made, for messages.
struct About<'a> {
    group: &'a Group,
    item: Option<&'a str>,
}

impl About<'_> {
    fn fault(&self, at: Place, message: impl Display) -> Fault {
        let of = self
            .item
            .map(|item| format!(", {item}"))
            .unwrap_or_default();
        Fault::at(at, format!("group {:?}{of}: {message}", self.group.name))
    }

    /// The key of a task. Tasks of one file that refuse each other could never be submitted.
    fn unique_key(
        &self,
        kind: &'static str,
        whole: &Item<'_>,
        keys: &mut Keys,
    ) -> Result<Option<String>, Fault> {
        let Some(unique) = &self.group.unique else {
            return Ok(None);
        };
        let key = whole.fill(&unique.key);
        if key.is_empty() || key.len() > UNIQUE_KEY_BYTES_MAX {
            let message =
                format!("its unique key is {key:?}: expected 1 to {UNIQUE_KEY_BYTES_MAX} bytes");
            return Err(self.fault(unique.place, message));
        }
        let is_first = keys.insert((kind, key.clone()));
        if unique.on_conflict == OnConflict::Reject && !is_first {
            let message = format!(
                "another task before it has the unique key {key:?}: expected a key each, or \
                 `on_conflict: keep`"
            );
            return Err(self.fault(unique.place, message));
        }
        Ok(Some(key))
    }

    /// Whose work it is.
    fn tenant(&self, whole: &Item<'_>) -> Result<Option<String>, Fault> {
        let Some(tenant) = &self.group.tenant else {
            return Ok(None);
        };
        let tenant = whole.fill(tenant);
        is_name(&tenant).map_err(|expected| {
            let message = format!("its tenant is {tenant:?}: expected {expected}");
            self.fault(self.group.place, message)
        })?;
        Ok(Some(tenant))
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
pub(super) fn typed(words: &[String]) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./,:=+@%".contains(c);
    let quoted = |word: &String| match !word.is_empty() && word.chars().all(is_plain) {
        true => word.clone(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    };
    words.iter().map(quoted).collect::<Vec<_>>().join(" ")
}
