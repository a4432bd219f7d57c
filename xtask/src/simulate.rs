//! `cargo xtask simulate`: worlds in virtual time, in which everything goes wrong that can.
//!
//! Optimised, because a world is a few milliseconds then; with rules that can be broken, because both parts
//! share one build.

use anyhow::Result;

use crate::cargo;

/// How many.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How many worlds are run
    #[arg(long, default_value_t = SEEDS)]
    seeds: u64,
}

/// What the checks run.
const SEEDS: u64 = 1_000;

const SIM: &[&str] = &["--release", "-p", "duly-sim", "--features", "mutants"];

/// The step of the checks.
pub(crate) fn check() -> Result<()> {
    run(&Arguments { seeds: SEEDS })
}

/// Runs the worlds of many seeds; then breaks each rule in turn, and sees it caught.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let seeds = arguments.seeds.to_string();
    cargo::run(&[&["run"], SIM, &["--", "--seeds", &seeds]].concat(), &[])?;
    cargo::run(&[&["test"], SIM, &["--test", "mutants"]].concat(), &[])
}
