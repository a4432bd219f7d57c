//! The project's own checks and tools: `cargo xtask <command>`.
//!
//! One file per command. A command that is also a step of `cargo xtask test` is named in the
//! table at the top of `test.rs`.

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

mod alone;
mod bare;
mod bench;
mod cargo;
mod doors;
mod finding;
mod fuzz;
mod kill;
mod model;
mod policy;
mod schemathesis;
mod simulate;
mod source;
mod system;
mod terminal;
mod test;
mod tidy;
mod tree;
mod weight;

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about, version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run every check of the project, or only the steps that are named
    Test(test::Arguments),
    /// Find what the checks need from the system and the toolchain
    System(system::Arguments),
    /// Check taste: sizes, unfinished code, sleeping tests, links, manifests
    Tidy,
    /// Check which crate may use which, and what each may name
    Doors,
    /// Check licences, sources and native code of every dependency
    Policy,
    /// Check that the core and all that it uses do without the standard library
    Bare,
    /// Lint, document and test the in-process scheduler with one executor at a time
    Alone,
    /// Try orders of steps of the in-process scheduler under a model checker
    Model,
    /// Run worlds in virtual time under faults, and break each rule to see it caught
    Simulate(simulate::Arguments),
    /// Count the crates that the library pulls, by default and without a store
    Weight,
    /// Measure, each figure beside its limit: `bench sqlite`, `bench http`, `bench memory`
    Bench(bench::Arguments),
    /// Feed every parser that takes bytes from outside with what it does not expect
    Fuzz(fuzz::Arguments),
    /// Send a server what its own description allows, and what it does not
    Schemathesis(schemathesis::Arguments),
    /// Kill a server under load, again and again, and account for every task
    Kill(kill::Arguments),
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!(
                "{}: {error:#}",
                terminal::paint("error", terminal::Colour::Red)
            );
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::Test(arguments) => test::run(&arguments),
        Command::System(arguments) => system::check(arguments.install),
        Command::Tidy => tidy::check(),
        Command::Doors => doors::check(),
        Command::Policy => policy::check(),
        Command::Bare => bare::check(),
        Command::Alone => alone::check(),
        Command::Model => model::check(),
        Command::Simulate(arguments) => simulate::run(&arguments),
        Command::Weight => weight::check(),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Fuzz(arguments) => fuzz::run(&arguments),
        Command::Schemathesis(arguments) => schemathesis::run(&arguments),
        Command::Kill(arguments) => kill::run(&arguments),
    }
}
