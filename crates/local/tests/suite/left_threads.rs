//! What of a scheduler is left on the machine: no thread but those that are stuck.

use std::cell::RefCell;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use duly_local::{Shutdown, Task, WhenFull, block_on};

use crate::support::{Gate, World, nap};

const LONG: Duration = Duration::from_secs(3_600);
const MS: Duration = Duration::from_millis(1);

/// The names of this process's threads that are a scheduler's.
fn threads_of_ours() -> Vec<String> {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let name = |task: std::io::Result<std::fs::DirEntry>| {
        std::fs::read_to_string(task.ok()?.path().join("comm")).ok()
    };
    let names = tasks.filter_map(name).map(|name| name.trim().to_owned());
    let mut names: Vec<_> = names.filter(|name| name.starts_with("duly-")).collect();
    names.sort_unstable();
    names
}

/// The system names a thread, and forgets it, a moment after it began and ended.
fn until_threads_are(expected: &[&str]) {
    let start = std::time::Instant::now();
    while threads_of_ours() != expected {
        let names = threads_of_ours();
        assert!(
            start.elapsed() < Duration::from_secs(10),
            "{names:?}, not {expected:?}"
        );
        // poll interval: the system tells nobody of its threads.
        std::thread::yield_now();
    }
}

/// Runs the test again in a process of its own, where no other test has threads.
fn alone(name: &str) -> bool {
    const VARIABLE: &str = "DULY_TEST_ALONE";
    if std::env::var_os(VARIABLE).is_some() {
        return true;
    }
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args([name, "--exact", "--nocapture"])
        .env(VARIABLE, "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("1 passed"), "{text}");
    false
}

#[test]
fn no_thread_of_ours_is_left_but_those_that_are_stuck() {
    if !alone("left_threads::no_thread_of_ours_is_left_but_those_that_are_stuck") {
        return;
    }
    World::Threads.run(|world| async move {
        for how in [Shutdown::Drain, Shutdown::Graceful(LONG), Shutdown::Now] {
            let builder = world.builder(3).report_every(MS);
            let (builder, _completions) = builder.completions(1, WhenFull::DropOldest);
            let scheduler = builder.start();
            let tasks = (0..50).map(|_| Task::new("n", nap(MS))).collect();
            scheduler.submit_batch(tasks).await.unwrap();
            let all = ["duly-0", "duly-1", "duly-2", "duly-keeper", "duly-watch"];
            until_threads_are(&all);
            scheduler.shutdown(how).await;
            until_threads_are(&[]);
        }
        let scheduler = world.builder(1).start();
        let gate = Gate::default();
        let block = gate.clone();
        scheduler
            .submit(Task::new("stuck", async move { block.block() }))
            .await
            .unwrap();
        gate.came(1).await;
        let left = scheduler.shutdown(Shutdown::Now).await;
        assert_eq!(left.stuck.len(), 1);
        until_threads_are(&["duly-0"]);
        gate.open();
    });
}

/// What keeps a thread from ending: it goes once somebody has come back from a shutdown, or a while
/// later.
struct Last(Arc<Ends>);

#[derive(Default)]
struct Ends {
    /// Whether the thread has ended, and whether somebody came back before.
    ended: Mutex<(bool, bool)>,
    back: Condvar,
}

impl Drop for Last {
    fn drop(&mut self) {
        let ended = self.0.ended.lock().unwrap();
        // poll interval: that nobody comes back is no event, so they get some time to do it.
        let time = Duration::from_millis(100);
        let waited = self
            .0
            .back
            .wait_timeout_while(ended, time, |(_, back)| !*back);
        waited.unwrap().0.0 = true;
    }
}

#[test]
fn who_ends_it_second_waits_as_long_as_the_first() {
    thread_local! {
        static LAST: RefCell<Option<Last>> = const { RefCell::new(None) };
    }
    let scheduler = World::Threads.builder(1).start();
    let ends = Arc::new(Ends::default());
    let last = Last(ends.clone());
    let task = Task::new("stay", async move { LAST.set(Some(last)) });
    block_on(scheduler.try_submit(task).unwrap()).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                block_on(scheduler.shutdown(Shutdown::Drain));
                let mut state = ends.ended.lock().unwrap();
                state.1 = true;
                let ended = state.0;
                drop(state);
                ends.back.notify_all();
                assert!(ended, "the thread of a worker is still there");
            });
        }
    });
}
