//! `duly`: the server, and its client on the command line.
#![forbid(unsafe_code)]

mod args;
mod client;
mod command;
mod duration;
mod failure;
mod logs;
mod output;
mod store;

use std::process::ExitCode;

use clap::Parser;

use args::{Arguments, Command};
use client::Client;
use failure::Failure;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let json = arguments.json;
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.print(json);
            failure.code()
        }
    }
}

#[tokio::main]
async fn run(arguments: Arguments) -> Result<(), Failure> {
    logs::start(&arguments.logs, arguments.command.is_serve())?;
    let json = arguments.json;
    let server = arguments.server;
    let client = || Client::new(&server);
    match arguments.command {
        Command::Serve(asked) => command::serve::run(asked, json).await,
        Command::Submit(asked) => command::submit::run(&client()?, asked, json).await,
        Command::List(asked) => command::list::run(&client()?, &asked, json).await,
        Command::Show(asked) => command::show::run(&client()?, &asked, json).await,
        Command::Cancel(asked) => command::cancel::run(&client()?, &asked, json).await,
        Command::Bench(asked) => command::bench::run(&asked, json).await,
        Command::Stats => command::stats::run(&client()?, json).await,
    }
}
