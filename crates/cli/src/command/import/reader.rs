//! An archive, read line by line and checked on the way.

use std::collections::BTreeMap;

use axum::body::Bytes;
use duly::store::archive::bounds::QUEUES_MAX;
use duly::store::archive::{Counted, Line, parse_line};
use duly_core::Timestamp;

use super::piece::Piece;
use crate::command::lines::Lines;
use crate::failure::Failure;
use crate::output;

/// Gives an archive piece by piece.
pub(super) struct Reader {
    lines: Lines,
    stage: Stage,
    /// The lines of the queues by name: each piece has those of its tasks, before them.
    queues: BTreeMap<String, (u64, Bytes)>,
    counted: Counted,
    piece: Piece,
}

enum Stage {
    Head,
    Elements { at: Timestamp },
    Over,
}

impl Reader {
    pub(super) fn new(lines: Lines) -> Self {
        Self {
            lines,
            stage: Stage::Head,
            queues: BTreeMap::new(),
            counted: Counted::default(),
            piece: Piece::default(),
        }
    }

    /// Bytes read so far.
    pub(super) const fn bytes(&self) -> u64 {
        self.lines.bytes
    }

    /// Bytes in all, if it is a file.
    pub(super) const fn bytes_total(&self) -> Option<u64> {
        self.lines.bytes_total
    }

    /// Queues so far.
    pub(super) const fn queues(&self) -> u64 {
        self.counted.queues
    }

    /// The next piece; `None` once the archive is over, and was whole. What stands before a line that
    /// makes no sense is not given if it did not fill a piece.
    pub(super) async fn next(&mut self) -> Result<Option<Piece>, Failure> {
        while let Some(line) = self.lines.next().await? {
            if line.trim_ascii().is_empty() {
                continue;
            }
            let parsed = parse_line(self.lines.number, &line);
            let parsed = parsed.map_err(|error| Failure::Usage(error.to_string()))?;
            self.take(parsed, line)?;
            if self.piece.is_full() {
                return Ok(Some(self.cut()));
            }
        }
        if !matches!(self.stage, Stage::Over) {
            return Err(self.cut_off());
        }
        Ok(Some(self.cut()).filter(|piece| !piece.is_empty()))
    }

    fn take(&mut self, parsed: Line, line: Vec<u8>) -> Result<(), Failure> {
        match (&self.stage, parsed) {
            (Stage::Head, Line::Header { at }) => {
                self.stage = Stage::Elements { at };
                self.piece = Piece::new(at);
                Ok(())
            }
            (Stage::Head, _) => {
                Err(self.wrong("expected the head of an archive, {\"archive\": …}"))
            }
            (Stage::Over, _) => Err(self.wrong("expected nothing behind the line that counts")),
            (Stage::Elements { .. }, Line::Queue { name, .. }) => self.queue(&name, line.into()),
            (Stage::Elements { .. }, Line::Schedule(_)) => {
                self.counted.schedules += 1;
                self.piece.schedule(self.lines.number, line);
                Ok(())
            }
            (Stage::Elements { .. }, Line::Task(saved)) => {
                let name: &str = &saved.task.queue;
                if let Some(queue) = self.queues.get(name) {
                    self.piece.queue(name, queue.clone());
                }
                self.counted.tasks += 1;
                self.counted.events += saved.events.len() as u64;
                self.piece.task(self.lines.number, line, saved.events.len());
                Ok(())
            }
            (Stage::Elements { .. }, Line::End(said)) if said == self.counted => {
                self.stage = Stage::Over;
                Ok(())
            }
            (Stage::Elements { .. }, Line::End(said)) => Err(self.wrong(&format!(
                "the archive counts {} tasks in {} queues and {} schedules, but {} in {} and {} were \
                 found: lines are missing, or there twice",
                said.tasks,
                said.queues,
                said.schedules,
                self.counted.tasks,
                self.counted.queues,
                self.counted.schedules
            ))),
            (Stage::Elements { .. }, _) => {
                Err(self.wrong("expected a queue, a schedule, a task or the line that counts"))
            }
        }
    }

    /// All queues stand in the piece that is begun, so that those without tasks are not left out.
    fn queue(&mut self, name: &str, line: Bytes) -> Result<(), Failure> {
        if self.queues.contains_key(name) {
            return Err(self.wrong("this queue has a line already: expected one for each"));
        }
        if self.queues.len() == QUEUES_MAX {
            return Err(self.wrong(&format!("expected at most {QUEUES_MAX} queues")));
        }
        let line = (self.lines.number, line);
        self.piece.queue(name, line.clone());
        self.queues.insert(name.to_owned(), line);
        self.counted.queues += 1;
        Ok(())
    }

    fn cut(&mut self) -> Piece {
        let at = match self.stage {
            Stage::Elements { at } => at,
            Stage::Head | Stage::Over => Timestamp::default(),
        };
        std::mem::replace(&mut self.piece, Piece::new(at))
    }

    fn wrong(&self, what: &str) -> Failure {
        Failure::Usage(format!("line {}: {what}", self.lines.number))
    }

    fn cut_off(&self) -> Failure {
        Failure::Usage(format!(
            "the archive is cut off after line {}, with {} tasks: its last line, which counts them, is \
             missing; export it again",
            self.lines.number,
            output::count(self.counted.tasks)
        ))
    }
}
