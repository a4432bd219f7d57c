//! `cargo xtask bench`: the benchmarks, built for speed. They have their own package, so that the
//! checks need not build what they measure.

use anyhow::Result;

use crate::cargo;

/// What to measure.
#[derive(clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Arguments {
    /// What the benchmarks are told: `sqlite`, `http`, `local`, `rules`, `memory`, or `--help`
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "BENCH"
    )]
    rest: Vec<String>,
}

/// Runs the benchmarks.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let build = ["run", "--release", "--quiet", "-p", "duly-bench", "--"];
    let rest = arguments.rest.iter().map(String::as_str);
    cargo::run(&build.into_iter().chain(rest).collect::<Vec<_>>(), &[])
}
