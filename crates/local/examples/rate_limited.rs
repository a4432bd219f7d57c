//! An API client that keeps to a limit: 5 calls per second, and 5 at once after a pause.
//!
//! Only the calls wait. What has another name goes past them.
//!
//! ```text
//! cargo run -p duly-local --example rate_limited        # 15 calls
//! cargo run -p duly-local --example rate_limited -- 30
//! ```

use std::error::Error;
use std::time::{Duration, Instant};

use duly_local::{Rate, Scheduler, Shutdown, Task};

const PER_SECOND: u32 = 5;
const BURST: u32 = 5;

/// A call: here it only tells when it was made.
async fn call(begun: Instant) -> Result<Duration, std::io::Error> {
    Ok(begun.elapsed())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let calls = match std::env::args().nth(1) {
        Some(number) => number.parse()?,
        None => 15,
    };
    let rate = Rate::new(PER_SECOND, Duration::from_secs(1)).burst(BURST);
    let scheduler = Scheduler::builder()
        .workers(8)
        .rate_for("api call", rate)
        .start();

    let begun = Instant::now();
    let tasks = (0..calls).map(|_| Task::new("api call", call(begun)));
    let handles = scheduler.submit_batch(tasks.collect()).await?;
    let cached = scheduler.submit(Task::new("cache lookup", call(begun)));
    let cached = cached.await?.await??;
    println!("cache lookup at {cached:>8.1?}, as it is no call");

    let step = Duration::from_secs(1) / PER_SECOND;
    let mut too_soon = 0;
    for (number, handle) in (0_u32..).zip(handles) {
        let at = handle.await??;
        let allowed = step * (number + 1).saturating_sub(BURST);
        println!(
            "call {:>6} at {at:>8.1?}, allowed from {allowed:?}",
            number + 1
        );
        too_soon += u32::from(at < allowed);
    }
    println!("\n{}", scheduler.metrics());
    scheduler.shutdown(Shutdown::Drain).await;

    if too_soon > 0 {
        return Err(format!("{too_soon} calls were made too soon").into());
    }
    if cached > step {
        return Err("the cache lookup waited for the calls".into());
    }
    Ok(())
}
