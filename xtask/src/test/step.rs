//! One step of the test command.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::Arguments;
use crate::terminal::{Colour, paint};

/// How wide a heading is, in characters.
const HEADING_WIDTH: usize = 72;

/// When a step runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// Always.
    Quick,
    /// Not under `--quick`.
    Full,
}

/// A check with a name.
pub(super) struct Step {
    pub(super) name: &'static str,
    pub(super) pace: Pace,
    check: fn(&Arguments) -> Result<()>,
    unavailable: fn() -> Option<String>,
}

/// How a step ended.
pub(super) struct Outcome {
    pub(super) name: &'static str,
    pub(super) took: Duration,
    pub(super) error: Option<String>,
    /// Why it did not run.
    pub(super) skipped: Option<String>,
}

impl Step {
    pub(super) const fn new(
        name: &'static str,
        pace: Pace,
        check: fn(&Arguments) -> Result<()>,
    ) -> Self {
        Self {
            name,
            pace,
            check,
            unavailable: || None,
        }
    }

    /// The same, but skipped where `unavailable` gives a reason.
    pub(super) const fn unless(self, unavailable: fn() -> Option<String>) -> Self {
        Self {
            unavailable,
            ..self
        }
    }

    /// Runs the step beneath a heading and says at once if it failed.
    pub(super) fn run(&self, arguments: &Arguments) -> Outcome {
        println!("\n{}", heading(self.name));
        let start = Instant::now();
        if let Some(why) = (self.unavailable)() {
            println!("{}: {why}", paint("SKIPPED", Colour::Yellow));
            return Outcome {
                name: self.name,
                took: start.elapsed(),
                error: None,
                skipped: Some(why),
            };
        }
        let error = (self.check)(arguments)
            .err()
            .map(|error| format!("{error:#}"));
        let took = start.elapsed();
        match &error {
            None => println!("{} in {:.1} s", self.name, took.as_secs_f64()),
            Some(error) => println!("{}: {error}", paint(self.name, Colour::Red)),
        }
        Outcome {
            name: self.name,
            took,
            error,
            skipped: None,
        }
    }
}

impl Outcome {
    pub(super) fn failed(&self) -> bool {
        self.error.is_some()
    }
}

/// A line across the page with a name in it.
pub(super) fn heading(name: &str) -> String {
    let rest = HEADING_WIDTH.saturating_sub(name.chars().count() + 4);
    paint(&format!("── {name} {}", "─".repeat(rest)), Colour::Bold)
}
