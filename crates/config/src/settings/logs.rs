//! `logs`.

use std::fmt;

use crate::form::{log_format, text};
use crate::group::group;

/// How logs are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// A JSON object per line.
    Json,
}

impl fmt::Display for LogFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Json => "json",
        })
    }
}

group! {
    /// Logs, on stderr. They hold no payloads and no secrets.
    Logs {
        /// What is logged: that much and worse, or a list of such filters per module.
        [AtOnce] level: String = "info".to_owned(), text(
            "error, warn, info, debug, trace, or such as warn,duly_runtime=debug", is_filter,
        );

        /// How logs are written: text for people, json for machines.
        [AtStart] format: LogFormat = LogFormat::Text, log_format();
    }
}

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// A list of levels, each of which may be for a module.
fn is_filter(text: &str) -> bool {
    text.split(',').all(|part| match part.split_once('=') {
        Some((module, level)) => is_path(module) && is_level(level),
        // A level that is misspelt shall not pass for a module: those of ours have an underline.
        None => is_level(part) || (is_path(part) && part.contains(['_', ':'])),
    })
}

fn is_level(text: &str) -> bool {
    LEVELS.iter().any(|level| level.eq_ignore_ascii_case(text))
}

fn is_path(text: &str) -> bool {
    let is_known = |c: char| c.is_ascii_alphanumeric() || "_:".contains(c);
    !text.is_empty() && text.chars().all(is_known)
}
