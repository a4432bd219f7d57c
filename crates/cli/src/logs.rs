//! Logs, on stderr: for people, or as lines of JSON.

use std::io::IsTerminal;

use clap::ValueEnum;
use tracing_subscriber::EnvFilter;

use crate::failure::Failure;
use crate::output;

/// How logs are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// A JSON object per line.
    Json,
}

/// What the help has these options under.
pub(crate) const HEADING: &str = "What is said";

#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Arguments {
    /// How logs are written, on stderr: text for people, or json, an object per line
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        hide_possible_values = true,
        value_name = "FORMAT",
        help_heading = HEADING
    )]
    log_format: Format,

    /// What is logged: error, warn, info, debug or trace, or a list of such filters per module
    /// [default: info for serve, warn for the others]
    #[arg(long, global = true, env = "DULY_LOG", value_name = "LEVEL", help_heading = HEADING)]
    log_level: Option<String>,
}

/// Starts logging; `is_serve` raises the level unless it is given.
pub(crate) fn start(arguments: &Arguments, is_serve: bool) -> Result<(), Failure> {
    let default = if is_serve { "info" } else { "warn" };
    let level = arguments.log_level.as_deref().unwrap_or(default);
    let filter = EnvFilter::try_new(level).map_err(|error| {
        Failure::Usage(format!(
            "--log-level is {level:?}: expected error, warn, info, debug, trace, or such as \
             warn,duly_runtime=debug ({error})"
        ))
    })?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    match arguments.log_format {
        Format::Json => {
            // The one span that matters is the current one: a list would say it twice.
            builder
                .json()
                .flatten_event(true)
                .with_span_list(false)
                .init();
        }
        Format::Text => builder
            .with_ansi(std::io::stderr().is_terminal() && output::colours_wanted())
            .with_target(false)
            .init(),
    }
    Ok(())
}
