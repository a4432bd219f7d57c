//! Logs, on stderr: for people, or as lines of JSON.

use clap::ValueEnum;
use duly_config::{LogFormat, Logs as Settings, Sources};
use tracing_subscriber::EnvFilter;

use crate::failure::Failure;
use crate::output;

/// What commands log that do not go on until they are stopped, unless told otherwise.
pub(crate) const LEVEL: &str = "warn";
/// The same for `run`, which tells by itself what its tasks do.
pub(crate) const LEVEL_RUN: &str = "error";

/// How logs are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// A JSON object per line.
    Json,
}

const LEVEL_HELP: &str = "What is logged: error, warn, info, debug or trace, or a list of such filters \
                          per module [env: DULY_LOG] [default: info for serve and worker, error \
                          for run, warn for the others]";

/// What the help has these options under.
pub(crate) const HEADING: &str = "What is said";

#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Arguments {
    /// How logs are written, on stderr: text for people, or json, an object per line [default: text]
    #[arg(
        long,
        global = true,
        value_enum,
        hide_possible_values = true,
        value_name = "FORMAT",
        help_heading = HEADING
    )]
    log_format: Option<Format>,

    #[arg(long, global = true, value_name = "LEVEL", help = LEVEL_HELP, help_heading = HEADING)]
    log_level: Option<String>,
}

impl Arguments {
    /// As settings of a process that has a configuration.
    pub(crate) fn say(&self, sources: &mut Sources) {
        if let Some(level) = &self.log_level {
            sources.flag("logs.level", "--log-level", level.as_str());
        }
        if let Some(format) = self.log_format {
            let format = match format {
                Format::Text => "text",
                Format::Json => "json",
            };
            sources.flag("logs.format", "--log-format", format);
        }
    }

    /// Starts logging for a command that has no configuration, at this level unless told otherwise.
    pub(crate) fn start(&self, default: &str) -> Result<(), Failure> {
        let variable = std::env::var("DULY_LOG").ok();
        let (name, level) = match (&self.log_level, &variable) {
            (Some(level), _) => ("--log-level", level.as_str()),
            (None, Some(level)) => ("DULY_LOG", level.as_str()),
            (None, None) => ("--log-level", default),
        };
        let format = match self.log_format.unwrap_or_default() {
            Format::Text => LogFormat::Text,
            Format::Json => LogFormat::Json,
        };
        let filter = filter(level).map_err(|why| Failure::Usage(format!("{name} is {why}")))?;
        install(filter, format);
        Ok(())
    }
}

/// Logging that goes on; its level can be changed.
pub(crate) struct Logs {
    set: Box<dyn Fn(EnvFilter) + Send + Sync>,
}

impl Logs {
    /// Starts logging.
    pub(crate) fn start(settings: &Settings) -> Result<Self, Failure> {
        let filter = filter(&settings.level);
        let filter = filter.map_err(|why| Failure::Usage(format!("logs.level is {why}")))?;
        Ok(install(filter, settings.format))
    }

    /// From now on, logs what the filter lets through.
    pub(crate) fn set(&self, filter: EnvFilter) {
        (self.set)(filter);
    }
}

/// What a level means.
pub(crate) fn filter(level: &str) -> Result<EnvFilter, String> {
    EnvFilter::try_new(level).map_err(|error| {
        format!(
            "{level:?}: expected error, warn, info, debug, trace, or such as \
             warn,duly_runtime=debug ({error})"
        )
    })
}

fn install(filter: EnvFilter, format: LogFormat) -> Logs {
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    // The handle only fails once nothing is logged any more.
    macro_rules! begin {
        ($builder:expr) => {{
            let builder = $builder.with_filter_reloading();
            let handle = builder.reload_handle();
            builder.init();
            Box::new(move |filter| drop(handle.reload(filter)))
        }};
    }
    let set: Box<dyn Fn(EnvFilter) + Send + Sync> = match format {
        // The one span that matters is the current one: a list would say it twice.
        LogFormat::Json => begin!(builder.json().flatten_event(true).with_span_list(false)),
        LogFormat::Text => {
            let colours = output::coloured_to(&std::io::stderr());
            begin!(builder.with_ansi(colours).with_target(false))
        }
    };
    Logs { set }
}
