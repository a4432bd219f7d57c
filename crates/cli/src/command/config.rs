//! `duly config`.

mod check;
mod show;

use std::path::PathBuf;

use crate::failure::Failure;
use crate::{config, output};

#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Say what is wrong with a file, or with what would hold here; exit code 2 if anything is
    Check {
        /// The file, looked at alone; otherwise the file that is found, with the environment
        #[arg(value_name = "FILE", conflicts_with = "config")]
        file: Option<PathBuf>,
        #[command(flatten)]
        config: config::Arguments,
    },
    /// Show every setting, its value and where that comes from; secrets as ***
    Show {
        /// Only what is not the default
        #[arg(long)]
        changed: bool,
        #[command(flatten)]
        config: config::Arguments,
    },
    /// Print a file with every setting, each as a comment with its default
    #[command(visible_alias = "init")]
    Template,
}

pub(crate) fn run(asked: Arguments, json: bool) -> Result<(), Failure> {
    match asked.command {
        Command::Check { file, config } => check::run(file, &config, json),
        Command::Show { changed, config } => show::run(&config, changed, json),
        Command::Template => output::print(duly_config::template().trim_end()),
    }
}
