//! Which configuration a command has.

use std::path::{Path, PathBuf};

use duly::rules::PriorityRules;
use duly_config::{Config, ConfigError, Sources, search};

use crate::failure::Failure;

const CONFIG_HELP: &str = "The file with the settings [default: the first that there is of \
                           ./duly.yaml, $XDG_CONFIG_HOME/duly/duly.yaml and /etc/duly/duly.yaml]";

#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Arguments {
    #[arg(
        long,
        env = "DULY_CONFIG",
        hide_env_values = true,
        value_name = "FILE",
        help = CONFIG_HELP
    )]
    pub(crate) config: Option<PathBuf>,
}

impl Arguments {
    /// For a command that has no flag for it.
    fn found() -> Self {
        let config = std::env::var_os("DULY_CONFIG").map(Into::into);
        Self { config }
    }

    /// The file that is named, or else found, and the environment. Flags are added by the command.
    pub(crate) fn sources(&self) -> Sources {
        let named = self.config.as_deref();
        // An empty variable names nothing.
        let named = named.filter(|path| !path.as_os_str().is_empty());
        let file = named
            .map(Path::to_owned)
            .or_else(|| search(|name| std::env::var_os(name)));
        Sources::default()
            .file(file)
            .environment(std::env::vars_os())
    }
}

/// What holds.
pub(crate) fn load(sources: &Sources) -> Result<Config, Failure> {
    Config::load(sources).map_err(refused)
}

/// The priority rules of a command that submits to a store of its own: those of the configuration that is
/// found here.
pub(crate) fn rules() -> Result<PriorityRules, Failure> {
    let config = load(&Arguments::found().sources())?;
    compiled(&config)
}

/// The priority rules that hold.
pub(crate) fn compiled(config: &Config) -> Result<PriorityRules, Failure> {
    let rules = config.settings.priority_rules.compile();
    rules.map_err(|error| Failure::Usage(error.to_string()))
}

pub(crate) fn refused(error: ConfigError) -> Failure {
    Failure::Usage(error.to_string())
}
