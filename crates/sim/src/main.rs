//! `duly-sim`: worlds of many seeds, run to their ends.

use std::num::NonZero;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use clap::Parser;
use duly_sim::{Options, Outcome, Shrunk};
use duly_store::{Clock, SystemClock};

/// Runs worlds in virtual time, in which everything goes wrong that can, and checks every promise.
#[derive(Debug, Parser)]
#[command(name = "duly-sim", version)]
struct Arguments {
    /// How many seeds to run, upwards from `--seed`
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    seeds: u64,
    /// The first seed; by itself, the only one
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// How many things people do in each world; a third as many go wrong
    #[arg(long, value_name = "N", default_value_t = Options::default().steps,
        value_parser = clap::value_parser!(u32).range(1..=10_000))]
    steps: u32,
    /// How many threads run worlds at the same time; as many as there are cores, if not given
    #[arg(long, value_name = "N")]
    threads: Option<NonZero<usize>>,
    /// Tell all that happens in the world of the first seed
    #[arg(long)]
    verbose: bool,
    /// Write the result as one line of JSON
    #[arg(long)]
    json: bool,
    /// Break a rule on purpose, and see it caught
    #[cfg(feature = "mutants")]
    #[arg(long, value_name = "NAME", value_parser = mutant)]
    mutant: Option<duly_sim::Mutant>,
}

/// How often progress is told.
const PROGRESS: Duration = Duration::from_secs(2);

#[cfg(feature = "mutants")]
fn mutant(name: &str) -> Result<duly_sim::Mutant, String> {
    use duly_sim::Mutant;
    let found = Mutant::ALL.iter().find(|mutant| mutant.name() == name);
    found.copied().ok_or_else(|| {
        let names: Vec<_> = Mutant::ALL.iter().map(|mutant| mutant.name()).collect();
        format!(
            "there is no mutant of that name; there are {}",
            names.join(", ")
        )
    })
}

impl Arguments {
    /// The seeds from the first to before the last.
    fn range(&self) -> std::ops::Range<u64> {
        let is_alone = self.seed.is_some() && !std::env::args().any(|a| a.starts_with("--seeds"));
        let first = self.seed.unwrap_or(0);
        let count = if is_alone { 1 } else { self.seeds };
        first..first.saturating_add(count)
    }

    fn options(&self) -> Options {
        Options {
            steps: self.steps,
            #[cfg(feature = "mutants")]
            mutant: self.mutant,
            #[cfg(feature = "mutants")]
            only: None,
        }
    }

    /// What repeats the world of a seed.
    fn command(&self, seed: u64) -> String {
        let mut command = "cargo run --release -p duly-sim".to_owned();
        #[cfg(feature = "mutants")]
        if self.mutant.is_some() {
            command += " --features mutants";
        }
        command += &format!(" -- --seed {seed}");
        if self.steps != Options::default().steps {
            command += &format!(" --steps {}", self.steps);
        }
        #[cfg(feature = "mutants")]
        if let Some(mutant) = self.mutant {
            command += &format!(" --mutant {}", mutant.name());
        }
        command
    }
}

/// All worlds together.
#[derive(Debug, Default)]
struct Total {
    seeds: u64,
    calls: u64,
    events: u64,
    tasks: u64,
    crashes: u64,
    /// The failing world of the least seed.
    failed: Option<Outcome>,
}

impl Total {
    fn add(&mut self, outcome: Outcome) {
        self.seeds += 1;
        self.calls += outcome.calls;
        self.events += outcome.events;
        self.tasks += outcome.tasks;
        self.crashes += outcome.crashes;
        let is_first = self
            .failed
            .as_ref()
            .is_none_or(|failed| outcome.seed < failed.seed);
        if outcome.failure.is_some() && is_first {
            self.failed = Some(outcome);
        }
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let options = arguments.options();
    if arguments.verbose {
        let (_, history) = duly_sim::tell(arguments.range().start, &options);
        eprint!("{history}");
    }
    let began = SystemClock.now();
    let total = run(&arguments, &options);
    let took = SystemClock.now().since(began);
    let shrunk = total.failed.as_ref().map(|failed| {
        eprintln!("seed {} fails; looking for the fewest steps", failed.seed);
        duly_sim::shrink(failed.seed, &options)
    });
    let shrunk = shrunk.flatten();
    if arguments.json {
        println!("{}", json(&arguments, &total, shrunk.as_ref(), took));
    } else {
        print(&arguments, &total, shrunk.as_ref(), took);
    }
    if total.failed.is_some() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

/// Runs all worlds; no more are begun once one has failed.
fn run(arguments: &Arguments, options: &Options) -> Total {
    let range = arguments.range();
    let next = AtomicU64::new(range.start);
    let failed = AtomicBool::new(false);
    let total = Mutex::new(Total::default());
    let cores = std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN);
    let threads = arguments.threads.unwrap_or(cores).get();
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let (next, failed, total, range) = (&next, &failed, &total, &range);
            scope.spawn(move || {
                let mut told_at = SystemClock.now();
                while !failed.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= range.end {
                        return;
                    }
                    let outcome = duly_sim::run(seed, options);
                    failed.fetch_or(outcome.failure.is_some(), Ordering::Relaxed);
                    let mut total = total.lock().expect("no thread panics while it adds");
                    total.add(outcome);
                    if thread == 0 && SystemClock.now().since(told_at) >= PROGRESS {
                        told_at = SystemClock.now();
                        eprintln!("{} of {} seeds", total.seeds, range.end - range.start);
                    }
                }
            });
        }
    });
    total.into_inner().expect("no thread panics while it adds")
}

fn print(arguments: &Arguments, total: &Total, shrunk: Option<&Shrunk>, took: Duration) {
    if let Some((failed, shrunk)) = total.failed.as_ref().zip(shrunk) {
        let (before, after) = shrunk.items;
        println!(
            "seed {} fails, with {after} of {before} items of its plan:",
            failed.seed
        );
        println!("\n{}", shrunk.history);
        println!("{}: {}", shrunk.failure.checker, shrunk.failure.message);
        println!("again: {}", arguments.command(failed.seed));
        return;
    }
    let Total {
        seeds,
        tasks,
        calls,
        events,
        crashes,
        ..
    } = total;
    println!(
        "{seeds} seeds kept every promise: {tasks} tasks, {calls} calls, {events} events, {crashes} crashes, in {:.1} s",
        took.as_secs_f64()
    );
}

fn json(
    arguments: &Arguments,
    total: &Total,
    shrunk: Option<&Shrunk>,
    took: Duration,
) -> serde_json::Value {
    let failure = total.failed.as_ref().zip(shrunk).map(|(failed, shrunk)| {
        serde_json::json!({
            "seed": failed.seed,
            "checker": shrunk.failure.checker,
            "message": shrunk.failure.message,
            "items_before": shrunk.items.0,
            "items": shrunk.items.1,
            "history": shrunk.history.lines().collect::<Vec<_>>(),
            "command": arguments.command(failed.seed),
        })
    });
    serde_json::json!({
        "seeds": total.seeds,
        "tasks": total.tasks,
        "calls": total.calls,
        "events": total.events,
        "crashes": total.crashes,
        "took_ms": u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        "failure": failure,
    })
}
