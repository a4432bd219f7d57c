//! What a schedule creates, and when: how it is kept as text.

use std::sync::Arc;

use duly_core::Timestamp;
use duly_schedule::{Terms, Tick};
use duly_store::archive::Template;
use duly_store::{InvalidInput, Name, NewTask, Submit, SubmitError, When, validate};
use serde::{Deserialize, Serialize};

use super::labels;
use super::unread::Unread;

/// The version of the text that is written, and the only one that is read.
const VERSION: u32 = 1;

/// What a schedule creates, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// When, and what to do about ticks that were missed and runs that overlap.
    pub terms: Terms,
    /// What each tick submits. Its id is not looked at: every tick has its own. It is due at its tick,
    /// and a deadline counts from there.
    pub task: NewTask,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    version: u32,
    task: Template,
    terms: Terms,
}

impl Definition {
    /// What is wrong with the task, before anything is stored.
    pub(super) fn check(&self, name: &Name, now: Timestamp) -> Result<(), InvalidInput> {
        validate::name("name", name)?;
        let relative = |field, expected: &str| InvalidInput {
            field,
            value: "given".to_owned(),
            expected: expected.to_owned(),
        };
        if self.task.due != When::Now {
            return Err(relative(
                "due",
                "nothing: what a schedule submits is due at its tick",
            ));
        }
        for (field, when) in [
            ("deadline", self.task.deadline),
            ("finish_by", self.task.finish_by),
        ] {
            if matches!(when, Some(When::At(_))) {
                let expected = "a time from the tick: an instant would be the same for every tick";
                return Err(relative(field, expected));
            }
            when.map_or(Ok(()), |when| validate::when(field, when, now))?;
        }
        let tick = Tick {
            at: now,
            run_at: now,
            id: self.task.id,
            caught_up: true,
        };
        let task = self.task_at(name, &tick, now);
        match validate::submit(&Submit::one(task), now) {
            Err(SubmitError::InvalidInput { source, .. }) => Err(source),
            _ => Ok(()),
        }
    }

    /// The task of a tick that is fired at `now`.
    pub(super) fn task_at(&self, name: &Name, tick: &Tick, now: Timestamp) -> NewTask {
        // What is caught up is late already: its deadline counts from when it is submitted.
        let due_at = if tick.caught_up {
            tick.run_at.max(now)
        } else {
            tick.run_at
        };
        let from_tick = |when: Option<When>| when.map(|when| When::At(when.resolve(due_at)));
        let mut task = NewTask {
            id: tick.id,
            due: When::At(due_at),
            deadline: from_tick(self.task.deadline),
            finish_by: from_tick(self.task.finish_by),
            ..self.task.clone()
        };
        labels::write(&mut task.labels, name, tick);
        task
    }

    pub(super) fn write(&self) -> Arc<str> {
        let text = Text {
            version: VERSION,
            task: Template(self.task.clone()),
            terms: self.terms.clone(),
        };
        let text = serde_json::to_string(&text);
        text.expect("what was checked can be written").into()
    }

    pub(super) fn read(text: &str) -> Result<Self, Unread> {
        Unread::check_version(text, VERSION)?;
        let text: Text = serde_json::from_str(text)?;
        Ok(Self {
            terms: text.terms,
            task: text.task.0,
        })
    }
}
