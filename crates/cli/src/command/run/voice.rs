//! How a run is heard while it goes on: as bars, as lines, as JSON, or hardly.

use std::time::Duration;

use duly_run::{Board, Notice, Opening, Run, RunError};
use indicatif::MultiProgress;
use std::io::IsTerminal;

use super::bars::{self, Bars};
use super::json;
use super::lines::Lines;
use super::summary::{short, tasks};
use crate::failure::Failure;
use crate::output;

/// What tells of a run.
pub(super) enum Voice {
    /// On a terminal.
    Bars(Bars),
    /// Elsewhere.
    Lines(Lines),
    /// For machines.
    Json { run: String },
    /// For nobody.
    None,
}

/// What speaks beside the voice, from another task.
#[derive(Clone)]
pub(super) enum Speaker {
    Bars(MultiProgress),
    Lines,
    Json,
    None,
}

impl Voice {
    pub(super) fn new(name: &str, run: &Run, quiet: bool, as_json: bool) -> Self {
        if as_json {
            return Self::Json {
                run: name.to_owned(),
            };
        }
        if quiet {
            return Self::None;
        }
        if std::io::stderr().is_terminal() && !output::is_plain() {
            return Self::Bars(Bars::new(run.board()));
        }
        Self::Lines(Lines::new(run.board()))
    }

    /// The round is ready.
    pub(super) fn opened(&self, run: &Run, concurrency: u32) {
        let (total, over) = run.board().counts();
        let left_out = match run.left_out() {
            0 => String::new(),
            some => format!("; {}", super::outcome::left_out(some)),
        };
        match self {
            Self::Json { run: name } => json::opened(name, run),
            Self::Bars(_) | Self::Lines(_) if total > 0 => {
                let at_once = format!("{concurrency} at once");
                let line = match run.opening() {
                    Opening::Begun => format!("{}, {at_once}{left_out}", tasks(total)),
                    Opening::Resumed { over: done } => {
                        format!("resuming: {done} of {} over, {at_once}", tasks(total))
                    }
                    Opening::Retried { tasks: again } => format!(
                        "running {again} of {} again, {} left in all, {at_once}",
                        tasks(total),
                        total - over
                    ),
                };
                self.speaker().say(&line);
            }
            Self::None | Self::Bars(_) | Self::Lines(_) => {}
        }
    }

    /// Something happened.
    pub(super) fn tell(&mut self, board: &Board, notice: Notice<'_>) {
        match self {
            Self::Json { .. } => json::told(board, notice),
            Self::None => {}
            Self::Bars(bars) => bars.tell(board, notice),
            Self::Lines(lines) => lines.tell(board, notice),
        }
    }

    /// What speaks beside it.
    pub(super) fn speaker(&self) -> Speaker {
        match self {
            Self::Bars(bars) => Speaker::Bars(bars.all()),
            Self::Lines(_) => Speaker::Lines,
            Self::Json { .. } => Speaker::Json,
            Self::None => Speaker::None,
        }
    }

    /// The run is over.
    pub(super) fn close(&self) {
        if let Self::Bars(bars) = self {
            bars.close();
        }
    }
}

impl Speaker {
    /// Says a line on stderr.
    pub(super) fn say(&self, line: &str) {
        match self {
            Self::Bars(all) => bars::say(all, line),
            Self::Lines => output::note(line),
            Self::Json | Self::None => {}
        }
    }

    /// The run was told to stop.
    pub(super) fn stopping(&self, grace: Duration) {
        if matches!(self, Self::Json) {
            json::stopping(grace);
        }
        self.say(&format!(
            "stopping: what runs may go on for {}, then it is handed back; Ctrl-C again ends it at once",
            short(grace)
        ));
    }

    /// The run was told to stop at once.
    pub(super) fn ending(&self) {
        if matches!(self, Self::Json) {
            json::stopping(Duration::ZERO);
        }
        self.say("ending what runs: it is handed back");
    }
}

/// There is nothing to run again.
pub(super) fn nothing(error: &RunError, as_json: bool) -> Result<(), Failure> {
    if as_json {
        return Ok(());
    }
    output::print(&error.to_string())
}
