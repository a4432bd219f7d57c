//! `duly man`.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::CommandFactory;
use clap_mangen::Man;

use crate::failure::Failure;
use crate::{args, output};

const EXAMPLES: &str = "\
Examples:
  duly man submit | man -l -
  duly man queue set | man -l -
  duly man --dir ~/.local/share/man/man1";

#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The command that the page is about; duly itself unless given
    #[arg(value_name = "COMMAND", conflicts_with = "dir")]
    command: Vec<String>,
    /// Write the pages of all commands into this folder, which is made if there is none
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

pub(crate) fn run(asked: &Arguments) -> Result<(), Failure> {
    match &asked.dir {
        Some(dir) => write_all(dir),
        None => print_one(&asked.command),
    }
}

fn print_one(path: &[String]) -> Result<(), Failure> {
    let mut command = args::Arguments::command();
    command.build();
    for name in path {
        let known = command.find_subcommand(name).cloned();
        command = known.ok_or_else(|| {
            let there: Vec<_> = command
                .get_subcommands()
                .map(clap::Command::get_name)
                .collect();
            let expected = if there.is_empty() {
                "nothing after it".to_owned()
            } else {
                there.join(", ")
            };
            Failure::Usage(format!(
                "{:?} has no command {name:?}: expected {expected}",
                command.get_name()
            ))
        })?;
    }
    let mut text = Vec::new();
    page(command)
        .render(&mut text)
        .context("cannot write the page")?;
    output::print(String::from_utf8_lossy(&text).trim_end())
}

/// The page of a command, which is one of Duly's whatever its own name is.
fn page(command: clap::Command) -> Man {
    let source = format!("duly {}", duly_server::VERSION);
    Man::new(command).source(source).manual("Duly")
}

fn write_all(dir: &Path) -> Result<(), Failure> {
    let place = dir.display();
    std::fs::create_dir_all(dir)
        .and_then(|()| {
            let mut duly = args::Arguments::command().disable_help_subcommand(true);
            duly.build();
            write_with_those_below(duly, dir)
        })
        .map_err(|error| Failure::Usage(format!("--dir: cannot write to {place}: {error}")))
}

fn write_with_those_below(command: clap::Command, dir: &Path) -> std::io::Result<()> {
    for below in command.get_subcommands() {
        write_with_those_below(below.clone(), dir)?;
    }
    page(command).generate_to(dir).map(drop)
}
