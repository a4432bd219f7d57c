//! What went wrong, for people and for scripts.

use std::io::Write;
use std::process::ExitCode;

use clap::error::ErrorKind;
use duly_api::{Code, Problem};
use serde_json::json;

use crate::output;

/// Codes of what is not there.
const NOT_FOUND: [&str; 7] = [
    Code::TaskNotFound.name(),
    Code::QueueNotFound.name(),
    Code::KindNotFound.name(),
    Code::TenantNotFound.name(),
    Code::WorkerNotFound.name(),
    Code::ScheduleNotFound.name(),
    Code::LimitNotFound.name(),
];

/// Codes of what may well be granted later.
const PASSING: [&str; 4] = [
    Code::Unavailable.name(),
    Code::QueueFull.name(),
    Code::BodyIncomplete.name(),
    Code::TooManyStreams.name(),
];

/// Why a command failed. Its message ends with the next step where there is one.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// What was typed, or a file that it names, makes no sense.
    #[error("{0}")]
    Usage(String),
    /// The server did not answer, or not in time.
    #[error("{0}")]
    Unreachable(String),
    /// The server refused; said with what was being done where that helps.
    #[error(
        "{}{problem}{}",
        .place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default(),
        next_step(problem)
    )]
    Refused {
        /// What the server said.
        problem: Box<Problem>,
        /// What it is about, such as a line of a file.
        place: Option<String>,
    },
    /// It failed on its way: with what is done already, and how to go on.
    #[error("{failure}\n{left}")]
    Halfway {
        /// Why it went no further.
        failure: Box<Self>,
        /// What is done, and how to go on.
        left: String,
    },
    /// Several were refused; each was said when it happened.
    #[error("{text}")]
    Several {
        /// How many.
        text: String,
        /// The first, which decides how it ends.
        first: Box<Self>,
    },
    /// What was waited for ended, but not well.
    #[error("{0}")]
    EndedBadly(String),
    /// Some of what was to be done failed, and that has been told.
    #[error("some of it failed")]
    Told,
    /// Whoever ran the command ended it.
    #[error("interrupted")]
    Interrupted,
    /// Nobody reads what is printed any more: no error, but no reason to go on.
    #[error("nobody reads on")]
    Unheard,
    /// Anything else.
    #[error("{0:#}")]
    Other(#[from] anyhow::Error),
}

/// What is to be done here about what a server says to whoever asks.
fn next_step(problem: &Problem) -> &'static str {
    let steps = [
        (
            Code::Unauthorized,
            "; put it into DULY_TOKEN, or give it with --token",
        ),
        (Code::LimitNotFound, "; see `duly limit list`"),
        (Code::ScheduleNotFound, "; see `duly schedule list`"),
        (Code::QueueNotFound, "; see `duly queue list`"),
        (Code::KindNotFound, "; see `duly kind list`"),
        (Code::TenantNotFound, "; see `duly tenant list`"),
        (Code::WorkerNotFound, "; see `duly workers`"),
    ];
    let mut steps = steps.into_iter();
    let step = steps.find(|(code, _)| problem.code == code.name());
    step.map_or("", |(_, step)| step)
}

impl Failure {
    /// The documented exit code.
    pub(crate) fn code(&self) -> ExitCode {
        ExitCode::from(self.number())
    }

    fn number(&self) -> u8 {
        match self {
            Self::Unheard => 0,
            Self::Told | Self::Other(_) => 1,
            Self::Usage(_) => 2,
            Self::Unreachable(_) => 3,
            Self::Refused { problem, .. } if NOT_FOUND.contains(&problem.code.as_str()) => 5,
            Self::Refused { .. } => 4,
            Self::EndedBadly(_) => 6,
            Self::Interrupted => 130,
            Self::Halfway { failure, .. } => failure.number(),
            Self::Several { first, .. } => first.number(),
        }
    }

    /// The server said no.
    pub(crate) const fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused { .. })
    }

    /// It may well succeed later.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable(_) => true,
            Self::Refused { problem, .. } => PASSING.contains(&problem.code.as_str()),
            _ => false,
        }
    }

    /// Says it on stderr. Who has been told, interrupted the command, or has gone away, needs no words.
    pub(crate) fn print(&self, as_json: bool) {
        if matches!(self, Self::Told | Self::Interrupted | Self::Unheard) {
            return;
        }
        let mut stderr = std::io::stderr().lock();
        let line = if as_json {
            self.json().to_string()
        } else {
            let label = if output::coloured_to(&stderr) {
                "\x1b[1;31merror:\x1b[0m"
            } else {
                "error:"
            };
            format!("{label} {}", output::printable_lines(&self.to_string()))
        };
        // There is nobody left to tell if stderr is closed.
        let _ = writeln!(stderr, "{line}");
    }

    /// The same, with what is done already.
    pub(crate) fn followed_by(self, left: String) -> Self {
        Self::Halfway {
            failure: Box::new(self),
            left,
        }
    }

    /// A refusal, with what it is about.
    pub(crate) fn about(self, place: String) -> Self {
        match self {
            Self::Refused { problem, .. } => Self::Refused {
                problem,
                place: Some(place),
            },
            other => other,
        }
    }

    fn json(&self) -> serde_json::Value {
        let exit = self.number();
        match self {
            Self::Halfway { failure, left } => {
                let mut json = failure.json();
                json["left"] = json!(left);
                json
            }
            Self::Refused { problem, place } => {
                json!({"error": self.to_string(), "exit": exit, "problem": problem, "place": place})
            }
            _ => json!({"error": self.to_string(), "exit": exit}),
        }
    }
}

impl From<&clap::Error> for Failure {
    /// What was wrong, with what was probably meant, without the lines on how to call the command.
    fn from(error: &clap::Error) -> Self {
        use ErrorKind::{DisplayHelpOnMissingArgumentOrSubcommand, MissingSubcommand};
        if let DisplayHelpOnMissingArgumentOrSubcommand | MissingSubcommand = error.kind() {
            return Self::Usage("expected a command: `duly --help` lists them".to_owned());
        }
        let text = error.render().to_string();
        let is_wrong = |part: &&str| !part.starts_with("Usage:") && !part.starts_with("For more");
        let parts: Vec<_> = text.split("\n\n").filter(is_wrong).collect();
        let said = parts.join(";");
        let words: Vec<_> = said.split_whitespace().collect();
        Self::Usage(words.join(" ").trim_start_matches("error: ").to_owned())
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Refused {
            problem: Box::new(problem),
            place: None,
        }
    }
}
