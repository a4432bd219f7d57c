//! Two processes that submit to and work from one file at the same time.
//!
//! `DULY_SHARING_SECONDS` (default 5) says for how long.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use duly::{Context, State, Task};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Child;

use crate::child;

/// Tasks of one submit.
const BATCH: u32 = 20;
/// How far a process may be ahead of its own submissions being done.
const AHEAD: usize = 400;
/// The longest that the last task may take after the load has ended.
const PATIENCE: Duration = Duration::from_secs(60);

fn seconds() -> u64 {
    std::env::var("DULY_SHARING_SECONDS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(5)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_share_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("duly.db");
    let duly = child::open(&file).await;
    let argument = seconds().to_string();
    let (one, two) = (
        child::start("sharing", &file, &argument),
        child::start("sharing", &file, &argument),
    );
    let ((one_submitted, one_ran), (two_submitted, two_ran)) =
        tokio::join!(account(one), account(two));
    let submitted = one_submitted + two_submitted;
    let (ran, share) = (one_ran.len() + two_ran.len(), one_ran.len());
    let different: HashSet<String> = one_ran.into_iter().chain(two_ran).collect();
    assert_eq!(different.len(), ran, "nothing starts twice");
    assert_eq!(ran, submitted, "all that was submitted has run");
    let counts = duly.queues().await.unwrap()[0].counts;
    assert_eq!(counts.of(State::Completed), submitted as u64);
    assert_eq!(counts.unfinished(), 0);
    assert!(share > 0 && share < ran, "both worked: {share} of {ran}");
    println!("{submitted} tasks, {share} of them run by the first process");
    duly.close().await.unwrap();
}

/// What a child says: how many it submitted, and what it started.
async fn account(mut child: Child) -> (usize, Vec<String>) {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (mut submitted, mut ran) = (0, Vec::new());
    while let Some(line) = lines.next_line().await.unwrap() {
        if let Some(task) = line.strip_prefix("start ") {
            ran.push(task.to_owned());
        } else if let Some(count) = line.strip_prefix("submitted ") {
            submitted = count.parse().unwrap();
        }
    }
    assert!(child.wait().await.unwrap().success(), "a process failed");
    (submitted, ran)
}

/// Submits and works for a while; then works until everything is done.
pub(crate) async fn child() {
    let duly = child::store().await;
    let until = Instant::now() + Duration::from_secs(child::argument().parse().unwrap());
    let note = |_: u32, context: Context| {
        println!("start {}", context.task());
        std::future::ready(Ok::<_, std::convert::Infallible>(()))
    };
    let worker = duly
        .worker()
        .concurrency(16)
        .handle("work", note)
        .start()
        .unwrap();
    let mut submitted = Vec::new();
    while Instant::now() < until {
        let batch = duly
            .submit_all((0..BATCH).map(|n| Task::new("work", &n)))
            .await;
        submitted.extend(
            batch
                .expect("no submit fails")
                .into_iter()
                .map(|task| task.id),
        );
        if let Some(early) = submitted.len().checked_sub(AHEAD) {
            duly.wait(submitted[early]).await.unwrap();
        }
    }
    for task in &submitted {
        let done = tokio::time::timeout(PATIENCE, duly.wait(*task)).await;
        assert_eq!(
            done.expect("it ends in time").unwrap().state,
            State::Completed
        );
    }
    println!("\nsubmitted {}", submitted.len());
    worker.shutdown(PATIENCE).await;
    duly.close().await.unwrap();
}
