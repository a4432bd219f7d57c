//! A batch, in chunks: each chunk is a task that reports how far it is, and bars show it. A bad row
//! costs its chunk, not the batch.
//!
//! Where there is no terminal, a line says when a chunk is done.
//!
//! ```text
//! cargo run -p duly-local --example chunks              # 20000 rows
//! cargo run -p duly-local --example chunks -- 100000
//! ```

use std::error::Error;
use std::io::IsTerminal;
use std::ops::Range;
use std::time::Duration;

use duly_local::{Context, Handle, RetryPolicy, Scheduler, Shutdown, Task, sleep};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

const CHUNK: usize = 1_000;
const STEP: u64 = 50;
const BAD_ROW: u64 = 13_013;

type AnyError = Box<dyn Error + Send + Sync>;

/// A sum, or what is wrong with a row.
type Sum = Result<u64, String>;

/// Adds up rows, and says after every so many how far it is.
async fn add_up(rows: Range<u64>, context: Context) -> Sum {
    let mut sum = 0;
    for row in rows.clone() {
        if row == BAD_ROW {
            return Err(format!("row {row} is no number"));
        }
        sum += row;
        let done = row - rows.start + 1;
        if done.is_multiple_of(STEP) {
            sleep(Duration::from_millis(10)).await;
            let length = rows.end - rows.start;
            context.progress(done as f32 / length as f32, format!("row {row}"));
        }
    }
    Ok(sum)
}

/// Shows a chunk from its first report to its end, and gives what it returned.
async fn follow(chunk: Handle<Sum>, bars: MultiProgress) -> Result<Sum, AnyError> {
    let name = chunk.labels()[0].1.clone();
    let style = ProgressStyle::with_template("{prefix:14} {bar:30} {msg}")?;
    let mut reports = chunk.progress();
    let mut bar = None;
    while let Some(report) = reports.next().await {
        let bar = bar.get_or_insert_with(|| {
            let bar = ProgressBar::new(100).with_style(style.clone());
            bars.add(bar).with_prefix(name.clone())
        });
        bar.set_position((report.fraction * 100.0) as u64);
        bar.set_message(report.text);
    }
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    let line = format!("{name:14} {}", chunk.status());
    if std::io::stderr().is_terminal() {
        bars.println(line)?;
    } else {
        println!("{line}");
    }
    Ok(chunk.await?)
}

#[tokio::main]
async fn main() -> Result<(), AnyError> {
    let rows: u64 = match std::env::args().nth(1) {
        Some(number) => number.parse()?,
        None => 20_000,
    };
    let ranges = || {
        (0..rows)
            .step_by(CHUNK)
            .map(|first| first..rows.min(first + CHUNK as u64))
    };
    let scheduler = Scheduler::builder().workers(4).start();
    let chunks = ranges().map(|rows| {
        let label = format!("{}-{}", rows.start, rows.end - 1);
        Task::cooperative("add up", move |context| add_up(rows.clone(), context))
            .retry(RetryPolicy::NEVER)
            .label("rows", label)
    });
    let chunks = scheduler.submit_batch(chunks.collect()).await?;

    let bars = MultiProgress::new();
    let follow = |chunk| tokio::spawn(follow(chunk, bars.clone()));
    let following: Vec<_> = chunks.into_iter().map(follow).collect();
    let (mut total, mut bad) = (0, 0);
    for chunk in following {
        match chunk.await?? {
            Ok(sum) => total += sum,
            Err(_) => bad += 1,
        }
    }
    scheduler.shutdown(Shutdown::Drain).await;

    let good = ranges().filter(|rows| !rows.contains(&BAD_ROW));
    let expected: u64 = good.map(Iterator::sum::<u64>).sum();
    println!(
        "\n{} chunks, {bad} bad; the rows of the others add up to {total}",
        ranges().count()
    );
    if total != expected || bad != usize::from(rows > BAD_ROW) {
        return Err(format!("expected {expected}").into());
    }
    Ok(())
}
