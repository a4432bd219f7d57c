//! Every wake-up and every lock under a model checker, which tries many orders of steps: one in which
//! all threads wait for each other is a deadlock, and fails.
//!
//! `DULY_MODEL_ITERATIONS` says how many orders each test tries.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use duly_local::Sleep;
use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::{Config, Runner};

mod ends;
mod limits;
mod room;
mod wakes;

const ITERATIONS_DEFAULT: usize = 1_000;

/// How many places a schedule of the second kind puts its changes of threads at.
const CHANGES: usize = 3;

/// Time of the model: no thread of the system waits.
fn nap(time: Duration) -> Sleep {
    // poll interval: none, the model's clock jumps.
    duly_local::sleep(time)
}

fn check(test: fn()) {
    let iterations = std::env::var("DULY_MODEL_ITERATIONS")
        .map_or(ITERATIONS_DEFAULT, |text| text.parse().unwrap());
    let mut config = Config::new();
    config.stack_size = 1 << 18;
    Runner::new(RandomScheduler::new(iterations), config.clone()).run(test);
    Runner::new(PctScheduler::new(CHANGES, iterations), config).run(test);
}
