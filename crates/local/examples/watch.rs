//! A live view of a scheduler: its queue, its workers, and its rates.
//!
//! Where there is no terminal, it prints three snapshots.
//!
//! ```text
//! cargo run -p duly-local --example watch               # for 3 seconds
//! cargo run -p duly-local --example watch -- 60
//! ```

use std::error::Error;
use std::time::Duration;

use console::{Term, style};
use duly_local::{Priority, Rate, Running, Scheduler, Shutdown, Task, sleep};

const WORKERS: usize = 6;
const TICKS_PER_SECOND: u32 = 10;
const SNAPSHOTS: u32 = 3;

/// What the scheduler does at this moment, in lines.
fn view(scheduler: &Scheduler) -> Vec<String> {
    let metrics = scheduler.metrics();
    let mut lines = vec![style("queue").bold().to_string()];
    for (priority, depth) in Priority::ALL.iter().zip(metrics.depth) {
        let bar = "▇".repeat(depth.div_ceil(5).min(40) as usize);
        lines.push(format!("  {priority:8} {depth:>4} {}", style(bar).cyan()));
    }
    lines.push(style("workers").bold().to_string());
    let running = scheduler.running();
    for number in 0..metrics.workers {
        let found = running.iter().find(|running| running.worker == number);
        lines.push(match found {
            Some(Running { name, ran, .. }) => {
                format!("  {number} {} {name} for {ran:.0?}", style("●").green())
            }
            None => format!("  {number} {}", style("○ idle").dim()),
        });
    }
    lines.push(style("rates").bold().to_string());
    lines.push(format!(
        "  {:.0} tasks per second",
        metrics.completed_per_second
    ));
    lines.push(format!("  wait  {}", metrics.wait));
    lines.push(format!("  run   {}", metrics.run));
    lines
}

/// Hands in what comes in a tick: thumbnails in heaps, calls, and now and then a password reset.
fn arrive(scheduler: &Scheduler, tick: u32) -> Result<(), Box<dyn Error>> {
    let task = |name: &'static str, ms| Task::new(name, sleep(Duration::from_millis(ms)));
    if tick % 10 == 5 {
        let heap = (0..90).map(|_| task("thumbnail", 40).priority(Priority::Low));
        scheduler.try_submit_batch(heap.collect())?;
    }
    for _ in 0..3 {
        scheduler.try_submit(task("api call", 25))?;
    }
    if tick.is_multiple_of(4) {
        scheduler.try_submit(task("invoice", 120).priority(Priority::High))?;
    }
    if tick.is_multiple_of(7) {
        scheduler.try_submit(task("password reset", 5).priority(Priority::Critical))?;
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let seconds: u32 = match std::env::args().nth(1) {
        Some(number) => number.parse()?,
        None => 3,
    };
    let scheduler = Scheduler::builder()
        .workers(WORKERS)
        .rate_for("api call", Rate::new(20, Duration::from_secs(1)))
        .start();
    let terminal = Term::stdout();
    let ticks = seconds.max(1) * TICKS_PER_SECOND;
    let mut shown = 0;
    for tick in 0..ticks {
        arrive(&scheduler, tick)?;
        sleep(Duration::from_secs(1) / TICKS_PER_SECOND).await;
        if !terminal.is_term() && !(tick + 1).is_multiple_of(ticks / SNAPSHOTS) {
            continue;
        }
        if terminal.is_term() {
            terminal.clear_last_lines(shown)?;
        }
        let lines = view(&scheduler);
        shown = lines.len();
        for line in lines {
            terminal.write_line(&line)?;
        }
    }
    let left = scheduler.shutdown(Shutdown::Now).await;
    println!("\nstopped, with {} tasks given back", left.returned.len());

    let metrics = scheduler.metrics();
    if metrics.counts.completed == 0 || metrics.running > 0 {
        return Err("the workers did not work, or did not stop".into());
    }
    Ok(())
}
