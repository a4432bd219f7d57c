//! `duly`: the server, and its client on the command line.
#![forbid(unsafe_code)]

mod args;
mod bounds;
mod client;
mod command;
mod config;
mod failure;
#[cfg(test)]
mod guides;
mod logs;
mod output;
mod process;
mod store;
mod target;

use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use duly::rules::PriorityRules;
use duly::signal::Signals;

use args::{Arguments, Command};
use client::Client;
use failure::Failure;
use target::Target;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return refused(&error),
    };
    let json = arguments.json;
    match started(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.print(json);
            failure.code()
        }
    }
}

/// What was typed is not understood, or asks for help.
fn refused(error: &clap::Error) -> ExitCode {
    if error.use_stderr() && args::wants_json(std::env::args_os()) {
        let failure = Failure::from(error);
        failure.print(true);
        return failure.code();
    }
    error.exit()
}

/// Runs the command. What still blocks when it is done, such as reading from a terminal, does not keep
/// the process.
fn started(arguments: Arguments) -> Result<(), Failure> {
    let runtime = tokio::runtime::Runtime::new().context("cannot start")?;
    let outcome = runtime.block_on(run(arguments));
    runtime.shutdown_background();
    outcome
}

async fn run(arguments: Arguments) -> Result<(), Failure> {
    let (json, logs) = (arguments.json, arguments.logs);
    let command = match arguments.command {
        // These log as their configuration says.
        Command::Serve(asked) => {
            arguments.target.refuse("serve")?;
            return command::serve::run(asked, &logs, json).await;
        }
        Command::Worker(asked) => {
            arguments.target.refuse("worker")?;
            return command::worker::run(asked, &logs, json).await;
        }
        other => other,
    };
    logs.start(match command {
        Command::Run(_) => logs::LEVEL_RUN,
        _ => logs::LEVEL,
    })?;
    match command {
        Command::Serve(_) | Command::Worker(_) => Ok(()),
        Command::Config(asked) => {
            arguments.target.refuse_all("config")?;
            command::config::run(asked, json)
        }
        Command::Rules(asked) => {
            arguments.target.refuse_all("rules")?;
            command::rules::run(asked, json)
        }
        Command::Run(asked) => command::run::run(asked, arguments.target.own_store()?, json).await,
        Command::Bench(asked) => {
            arguments.target.refuse("bench")?;
            command::bench::run(&asked, json).await
        }
        Command::Completions(asked) => command::completions::run(&asked),
        Command::Man(asked) => command::man::run(&asked),
        Command::Client(asked) => {
            if let Some(outcome) = asked.alone(json) {
                return outcome;
            }
            let target = arguments.target.target()?;
            let rules = match target {
                Target::Store(_) if asked.submits() => config::rules()?,
                _ => PriorityRules::default(),
            };
            let client = Client::open(target, asked.may_make_store(), rules).await?;
            let outcome = until_interrupted(asked.run(&client, json)).await;
            client.close(outcome).await
        }
    }
}

/// Ends early on Ctrl-C or SIGTERM, so that a store is closed in good order.
async fn until_interrupted(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let mut signals = Signals::listen().context("cannot listen for signals")?;
    tokio::select! {
        outcome = work => outcome,
        () = signals.next() => Err(Failure::Interrupted),
    }
}
