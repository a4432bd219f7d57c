//! Lines gathered into one request.

use duly_api::NewTask;

use super::{Arguments, fresh_id, stable};
use crate::failure::Failure;

/// Tasks of one batch.
const TASKS_MAX: usize = 500;
/// Bytes of lines of one batch, well below what a server takes.
const BYTES_MAX: usize = 2 << 20;

/// Tasks with the lines that they come from.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) tasks: Vec<NewTask>,
    pub(super) lines: Vec<u64>,
    bytes: usize,
}

impl Batch {
    /// Whether it is to be sent before anything is added.
    pub(super) fn is_full(&self) -> bool {
        self.tasks.len() >= TASKS_MAX || self.bytes >= BYTES_MAX
    }

    /// Adds the task of a line; a blank line is none.
    pub(super) fn add(
        &mut self,
        asked: &Arguments,
        line: &[u8],
        number: u64,
    ) -> Result<(), Failure> {
        let text = line.trim_ascii();
        if text.is_empty() {
            return Ok(());
        }
        let wrong = |what: String| Failure::Usage(format!("line {number}: {what}"));
        if text.first() != Some(&b'{') {
            return Err(wrong(
                "expected a JSON object, a task, on each line".to_owned(),
            ));
        }
        let task: NewTask = duly_api::parse(text)
            .map_err(|error| wrong(format!("{} (column {})", error.message, error.column)))?;
        let mut task = asked.options.complete(task);
        task.kind = task.kind.or_else(|| asked.kind.clone());
        if task.kind.is_none() {
            return Err(wrong(
                "kind is missing: expected it in the line, or for all lines as in `duly submit \
                 http --file …`"
                    .to_owned(),
            ));
        }
        let id = || {
            asked
                .run
                .as_deref()
                .map_or_else(fresh_id, |run| stable::id(run, number))
        };
        task.id = Some(task.id.unwrap_or_else(id));
        self.tasks.push(task);
        self.lines.push(number);
        self.bytes += text.len();
        Ok(())
    }
}
