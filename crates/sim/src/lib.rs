//! A world of workers, instances and people around one store, in virtual time, where everything goes wrong
//! that can; and checkers that look on.
//!
//! ```sh
//! cargo run --release -p duly-sim -- --seeds 1000             # a thousand worlds
//! cargo run --release -p duly-sim -- --seed 7 --verbose       # all that happens in one
//! cargo run --release -p duly-sim --features mutants -- --seeds 1000 --mutant hasty-reaper
//! ```
//!
//! ```
//! let outcome = duly_sim::run(7, &duly_sim::Options::default());
//! assert_eq!(outcome.failure, None);
//! ```
//!
//! # The world
//!
//! One seed is one world, and nothing else decides what happens in it: no clock is read, no random number
//! drawn, no hash iterated over. The store is the real one, in memory, on a clock that is moved by hand;
//! its futures are over at once, so no executor is needed. Around it are processes, each a machine without
//! wires (`process`): workers (`worker`) and instances that lead, reap and keep house (`house`), which follow
//! the rules of the runtime, and people (`client`), who ask until they know what became of it. What runs in a
//! handler, and how it ends, follows from the task and the number of the attempt (`temper`).
//!
//! A **plan** (`plan`) is drawn from the seed before the world begins: who works, what people do and when,
//! and what goes wrong: crashes before a call leaves and after it took effect, calls and answers that get
//! lost, come late or come twice, processes that are cut off or stand still, clocks that are set forward and
//! back (each process has its own, and so has the store), a store that is away, and may do what it is asked
//! all the same. When the last fault is over everybody goes on until all is done.
//!
//! The **link** (`world::link`) brings each call to the store after a time, and its answer back. A claim is
//! never brought twice: nothing below the port repeats one. Everything else is.
//!
//! # Who looks on
//!
//! The **ledger** (`ledger`) keeps what must hold of every task, from what was asked and what was answered.
//! It asks the store nothing and indexes nothing. Before an answer is entered, each **checker** (`check`, a
//! file and a promise each, with its bound in the first lines) holds it against the ledger; after it, what
//! the store has written down; and every few seconds, and at the end, all that the store shows.
//!
//! A world that breaks a promise ends there. Its plan is **shrunk**: items are left out for as long as the
//! same checker still finds fault, and what is left is told in words.
//!
//! # Whether they bite
//!
//! With the feature `mutants`, one rule at a time can be broken (`mutant`): of the store, by something that
//! stands before it; of workers and instances, by a switch. A test sees each of them caught by the checker
//! of that promise alone.
#![forbid(unsafe_code)]

mod bounds;
mod check;
mod client;
mod dice;
mod history;
mod house;
mod ledger;
mod mutant;
mod name;
mod plan;
mod process;
mod shrink;
mod tell;
mod temper;
mod tick;
mod wire;
mod worker;
mod world;

use std::time::Duration;

use history::Detail;
use world::Run;

#[cfg(feature = "mutants")]
pub use mutant::Mutant;

/// What a run is told.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How many things people do in each world; a third as many go wrong.
    pub steps: u32,
    /// A rule that is broken on purpose.
    #[cfg(feature = "mutants")]
    pub mutant: Option<Mutant>,
    /// Only the checker of this name looks on.
    #[cfg(feature = "mutants")]
    pub only: Option<&'static str>,
}

impl Default for Options {
    /// 60 steps.
    fn default() -> Self {
        Self {
            steps: 60,
            #[cfg(feature = "mutants")]
            mutant: None,
            #[cfg(feature = "mutants")]
            only: None,
        }
    }
}

/// How the world of a seed has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The seed.
    pub seed: u64,
    /// Calls that processes made.
    pub calls: u64,
    /// Events that the store wrote.
    pub events: u64,
    /// Tasks that were submitted.
    pub tasks: u64,
    /// Processes that crashed.
    pub crashes: u64,
    /// All that happened, boiled down: it differs if anything does.
    pub print: u64,
    /// The promise that was not kept.
    pub failure: Option<Failure>,
}

/// A promise that was not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Whose promise.
    pub checker: &'static str,
    /// What was seen.
    pub message: String,
    /// When, since the world began.
    pub at: Duration,
}

/// A failure in as few steps as could be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shrunk {
    /// How it fails then.
    pub failure: Failure,
    /// How many items of the plan there were, and how many are left.
    pub items: (usize, usize),
    /// What happens, for people to read: a line each, with the seconds, who, and what.
    pub history: String,
}

/// The names of all checkers.
#[must_use]
pub const fn checkers() -> &'static [&'static str] {
    check::NAMES
}

/// Runs the world of a seed.
#[must_use]
pub fn run(seed: u64, options: &Options) -> Outcome {
    outcome(seed, options, Detail::None).0
}

/// Runs the world of a seed, and tells all that happens.
#[must_use]
pub fn tell(seed: u64, options: &Options) -> (Outcome, String) {
    outcome(seed, options, Detail::All)
}

/// Finds out what a failing seed fails of; nothing, if it does not fail.
#[must_use]
pub fn shrink(seed: u64, options: &Options) -> Option<Shrunk> {
    let plan = plan::draw(seed, options.steps);
    let run = options.run(Detail::None);
    let broken = world::run(&plan, run).broken?;
    let (small, _) = shrink::shrink(&plan, run, broken.checker);
    let ended = world::run(&small, options.run(Detail::Changes));
    Some(Shrunk {
        failure: ended.broken?.into(),
        items: (plan.items.len(), small.items.len()),
        history: ended.history,
    })
}

fn outcome(seed: u64, options: &Options, detail: Detail) -> (Outcome, String) {
    let plan = plan::draw(seed, options.steps);
    let ended = world::run(&plan, options.run(detail));
    let counts = ended.counts;
    let outcome = Outcome {
        seed,
        calls: counts.calls,
        events: counts.events,
        tasks: counts.tasks,
        crashes: counts.crashes,
        print: counts.print,
        failure: ended.broken.map(Into::into),
    };
    (outcome, ended.history)
}

impl Options {
    #[cfg(feature = "mutants")]
    fn run(&self, detail: Detail) -> Run {
        let mutant = self.mutant;
        Run {
            switch: mutant::Switch { mutant },
            only: self.only,
            detail,
        }
    }

    #[cfg(not(feature = "mutants"))]
    #[expect(clippy::unused_self, reason = "with the switch, it is used")]
    fn run(&self, detail: Detail) -> Run {
        Run {
            detail,
            ..Run::default()
        }
    }
}

impl From<world::Broken> for Failure {
    fn from(broken: world::Broken) -> Self {
        Self {
            checker: broken.checker,
            message: broken.message,
            at: broken.at,
        }
    }
}
