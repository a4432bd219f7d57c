//! A schedule on one file, kept by processes of which one after the other is killed: every tick fires
//! once. So it does when the definition changes in between.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use duly::schedule::labels::TICK;
use duly::{Duly, Filter, House, List, Priority, Schedule, Task, TaskRecord};

use crate::child;

/// From one tick to the next.
const PERIOD: Duration = Duration::from_secs(1);
/// Short, so that somebody else leads soon.
const REIGN: Duration = Duration::from_secs(1);
/// The longest that ticks are waited for.
const PATIENCE: Duration = Duration::from_secs(60);

fn every_second(priority: Priority) -> Schedule {
    Schedule::every(PERIOD).task(Task::new("tick", &()).priority(priority))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_tick_fires_once_whoever_dies() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("duly.db");
    let duly = child::open(&file).await;
    let normal = every_second(Priority::Normal);
    duly.schedules()
        .converge([("s", normal)], "deploy")
        .await
        .unwrap();
    let mut keepers = vec![start(&file), start(&file)];
    ticked(&duly, 3).await;
    for dead in 1..=2 {
        let mut victim = keepers.remove(0);
        victim.kill().await.unwrap();
        keepers.push(start(&file));
        let so_far = fired(&duly).await.len();
        ticked(&duly, so_far + 2 * dead).await;
    }
    // A deploy: the store is opened anew, and declares it otherwise.
    duly.close().await.unwrap();
    let duly = child::open(&file).await;
    let high = every_second(Priority::High);
    let done = duly.schedules().converge([("s", high)], "deploy").await;
    assert_eq!(done.unwrap().changed.len(), 1);
    let so_far = fired(&duly).await.len();
    ticked(&duly, so_far + 3).await;
    drop(keepers);
    let tasks = fired(&duly).await;
    let mut ticks: BTreeMap<i64, Vec<Priority>> = BTreeMap::new();
    for task in &tasks {
        let at = task.due_at.as_micros();
        assert_eq!(at % 1_000_000, 0, "{}", task.labels[TICK]);
        ticks.entry(at / 1_000_000).or_default().push(task.priority);
    }
    let (first, last) = (*ticks.keys().next().unwrap(), *ticks.keys().last().unwrap());
    for tick in first..=last {
        let found = ticks.get(&tick).map_or(0, Vec::len);
        assert_eq!(found, 1, "tick {tick} of {first} to {last}");
    }
    let of = |priority| ticks.values().filter(|found| found[0] == priority).count();
    assert!(of(Priority::Normal) >= 3 && of(Priority::High) >= 1);
    let run = duly.schedules().show("s").await.unwrap();
    assert_eq!(run.standing.progress.runs, tasks.len() as u64);
    duly.close().await.unwrap();
}

fn start(file: &Path) -> tokio::process::Child {
    child::start("ticking", file, "")
}

async fn fired(duly: &Duly) -> Vec<TaskRecord> {
    let list = List {
        limit: 1_000,
        filter: Filter::default(),
        after: None,
        brief: true,
    };
    duly.list(list).await.unwrap().tasks
}

/// Waits until so many ticks have fired.
async fn ticked(duly: &Duly, count: usize) {
    let all = async {
        while fired(duly).await.len() < count {
            // poll interval: other processes write, and the store tells of tasks for a queue only
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let in_time = tokio::time::timeout(PATIENCE, all).await;
    in_time.expect("the ticks go on");
}

/// Keeps house until it is killed.
pub(crate) async fn child() {
    let duly = child::store().await;
    let house = House::default().reign(REIGN);
    let _house = house.start(duly.store().clone(), duly.clock().clone());
    std::future::pending::<()>().await;
}
