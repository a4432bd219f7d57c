//! A password reset overtakes a thousand thumbnails, on plain threads: no async runtime.
//!
//! The workers are threads of their own, so a task may simply work: nobody else waits for its thread.
//! `block_on` runs what the scheduler gives, here on the main thread.
//!
//! ```text
//! cargo run -p duly-local --no-default-features --features threads --example overtake_threads
//! ```

use std::error::Error;
use std::time::{Duration, Instant};

use duly_local::{Priority, Scheduler, Shutdown, Task, block_on};

const WORKERS: usize = 4;
const THUMBNAIL: Duration = Duration::from_millis(5);
const RESET: Duration = Duration::from_millis(1);

/// Pretends to work for so long.
fn work(time: Duration) {
    std::thread::sleep(time);
}

/// What was measured of a password reset.
struct Reset {
    /// From the moment in which somebody asked for it.
    taken: Duration,
    /// How many thumbnails it has overtaken: they had not begun when it was done.
    overtaken: usize,
}

/// Hands in so many thumbnails, then a password reset of this priority, and waits for the reset.
fn reset_behind(thumbnails: usize, urgency: Priority) -> Result<Reset, Box<dyn Error>> {
    let scheduler = Scheduler::builder()
        .threads()
        .workers(WORKERS)
        .capacity(thumbnails + 1)
        .start();
    let thumbnail = |_| Task::new("thumbnail", async { work(THUMBNAIL) }).priority(Priority::Low);
    scheduler.try_submit_batch((0..thumbnails).map(thumbnail).collect())?;

    let asked = Instant::now();
    let reset = Task::new("password reset", async { work(RESET) }).priority(urgency);
    let reset = scheduler.try_submit(reset)?;
    block_on(reset)?;
    let taken = asked.elapsed();

    let left = block_on(scheduler.shutdown(Shutdown::Now));
    let overtaken = left.returned.len();
    println!("{urgency:>8}: done after {taken:>8.1?}, with {overtaken:>4} thumbnails still to do");
    Ok(Reset { taken, overtaken })
}

fn main() -> Result<(), Box<dyn Error>> {
    let thumbnails = match std::env::args().nth(1) {
        Some(number) => number.parse()?,
        None => 1_000,
    };
    println!(
        "{thumbnails} thumbnails of {THUMBNAIL:?} at priority low, then a password reset of {RESET:?}; \
         {WORKERS} threads\n"
    );
    let fifo = reset_behind(thumbnails, Priority::Low)?;
    let duly = reset_behind(thumbnails, Priority::Critical)?;
    let factor = fifo.taken.as_secs_f64() / duly.taken.as_secs_f64();
    println!("\nThe critical one was done {factor:.0} times sooner.");

    if duly.overtaken <= thumbnails / 2 || duly.taken * 4 > fifo.taken {
        return Err("the reset did not overtake the thumbnails".into());
    }
    Ok(())
}
