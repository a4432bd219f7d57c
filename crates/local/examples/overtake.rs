//! A password reset overtakes a thousand thumbnails.
//!
//! The same load twice, on four workers: once with one priority for all, which is first come, first
//! served; once with the reset marked as critical.
//!
//! ```text
//! cargo run -p duly-local --example overtake            # 1000 thumbnails
//! cargo run -p duly-local --example overtake -- 5000
//! ```

use std::error::Error;
use std::time::{Duration, Instant};

use duly_local::{Priority, Scheduler, Shutdown, Task, sleep};

const WORKERS: usize = 4;
const THUMBNAIL: Duration = Duration::from_millis(5);
const RESET: Duration = Duration::from_millis(1);

/// What was measured, from the moment in which somebody asks for the reset.
struct Measured {
    reset: Duration,
    everything: Duration,
}

/// Hands in thumbnails, then a password reset of this priority, and waits.
async fn run(thumbnails: usize, urgency: Priority) -> Result<Measured, Box<dyn Error>> {
    let scheduler = Scheduler::builder()
        .workers(WORKERS)
        .capacity(thumbnails + 1)
        .start();
    for _ in 0..thumbnails {
        let thumbnail = Task::new("thumbnail", sleep(THUMBNAIL));
        scheduler.submit(thumbnail.priority(Priority::Low)).await?;
    }

    let asked = Instant::now();
    let reset = Task::new("password reset", sleep(RESET));
    scheduler.submit(reset.priority(urgency)).await?.await?;
    let reset = asked.elapsed();

    scheduler.shutdown(Shutdown::Drain).await;
    let everything = asked.elapsed();
    Ok(Measured { reset, everything })
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let thumbnails = match std::env::args().nth(1) {
        Some(number) => number.parse()?,
        None => 1_000,
    };
    println!(
        "{thumbnails} thumbnails of {THUMBNAIL:?}, then a password reset of {RESET:?}; \
         {WORKERS} workers\n"
    );
    let fifo = run(thumbnails, Priority::Low).await?;
    let duly = run(thumbnails, Priority::Critical).await?;

    println!("{:24} {:>12} {:>12}", "", "reset", "everything");
    for (how, Measured { reset, everything }) in
        [("first come, first served", &fifo), ("by priority", &duly)]
    {
        println!("{how:24} {reset:>12.1?} {everything:>12.1?}");
    }
    let factor = fifo.reset.as_secs_f64() / duly.reset.as_secs_f64();
    println!("\nThe reset was done {factor:.0} times sooner.");

    if duly.reset * 4 > fifo.reset {
        return Err("the reset did not overtake the thumbnails".into());
    }
    Ok(())
}
