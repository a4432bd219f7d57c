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
    text.split(',')
        .all(|part| match part.trim().split_once('=') {
            Some((module, level)) => is_module(module) && is_level(level),
            None => is_level(part.trim()) || is_module(part.trim()),
        })
}

fn is_level(text: &str) -> bool {
    LEVELS.iter().any(|level| level.eq_ignore_ascii_case(text))
}

/// The path of a module: those of ours have an underline or colons in it, so that a level that is
/// misspelt is none.
fn is_module(text: &str) -> bool {
    let is_known = |c: char| c.is_ascii_alphanumeric() || "_:".contains(c);
    text.contains(['_', ':']) && text.chars().all(is_known)
}
