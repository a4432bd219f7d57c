//! Duly's benchmarks. Each prints its limit beside it, measured in the same run: a number without its
//! comparison says nothing on a noisy machine. The last line of output is one JSON object.

mod cpu;
mod http;
mod local;
mod memory;
mod port;
mod rules;
mod sqlite;
mod stats;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

#[derive(Parser)]
#[command(about = "Duly's benchmarks, each beside its limit")]
struct Cli {
    #[command(subcommand)]
    bench: Bench,
}

#[derive(Subcommand)]
enum Bench {
    /// The SQLite store: throughput, latency, idleness and growth, beside the same rows written by hand.
    Sqlite(SqliteArgs),
    /// Submits over HTTP, beside the same store called directly.
    Http(HttpArgs),
    /// The in-process scheduler: throughput beside other ways, urgent latency, memory.
    Local(LocalArgs),
    /// The rules on the memory store and on SQLite: growth, lanes, limits, fairness, rates, explain.
    Rules(RulesArgs),
    /// What a pending task costs in the memory store.
    Memory {
        /// How many tasks wait.
        #[arg(long, default_value_t = 1_000_000)]
        tasks: u32,
    },
}

#[derive(Args)]
struct SqliteArgs {
    /// Tasks per pattern.
    #[arg(long, default_value_t = 200_000)]
    tasks: u32,
    /// How often each pattern is measured, ours and the limit in turn; the median counts.
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// The largest backlog of the growth measurement.
    #[arg(long, default_value_t = 2_000_000)]
    backlog: u32,
    /// In which folder the files are made, and removed afterwards; the system's temporary one by default.
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Only these parts: throughput, latency, idle, growth, port (the port alone, for a profiler).
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
}

#[derive(Args)]
struct HttpArgs {
    /// Tasks that are submitted in batches, per round.
    #[arg(long, default_value_t = 200_000)]
    tasks: u32,
    /// Tasks that are submitted one by one, per round.
    #[arg(long, default_value_t = 60_000)]
    singles: u32,
    /// How often each is measured, over HTTP and directly in turn; the median counts.
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// In which folder the files are made, and removed afterwards; the system's temporary one by default.
    #[arg(long)]
    dir: Option<PathBuf>,
}

#[derive(Args)]
struct LocalArgs {
    /// Tasks per contender.
    #[arg(long, default_value_t = 1_000_000)]
    tasks: u32,
    /// How often each is measured, in turn; the median counts.
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// Only these parts: throughput, latency, memory.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
}

#[derive(Args)]
struct RulesArgs {
    /// How often what is compared is measured, in turn; the median counts.
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// The largest backlog of the memory store; SQLite's is a fifth of it.
    #[arg(long, default_value_t = 10_000_000)]
    backlog: u32,
    /// How long the rate is watched in real time, in seconds.
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// Only on this store: memory, sqlite.
    #[arg(long)]
    store: Option<String>,
    /// In which folder the files are made, and removed afterwards; the system's temporary one by default.
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Only these parts: growth, lanes, crowd, closed, limits, cost, fair, rate, explain.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().bench {
        Bench::Sqlite(args) => sqlite::run(&args),
        Bench::Http(args) => http::run(&args),
        Bench::Local(args) => local::run(&args),
        Bench::Rules(args) => rules::run(&args),
        Bench::Memory { tasks } => memory::run(tasks),
    }
}
