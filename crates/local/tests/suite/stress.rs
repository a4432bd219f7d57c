//! Many tasks that end in all the ways there are, from several submitters at once.
//!
//! `DULY_STRESS_TASKS` says how many in each test, and `DULY_STRESS_SEED` repeats what the submitters did.

use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use duly_local::{Context, Handle, Priority, RetryPolicy, Scheduler, Shutdown, Task, TaskError};

use crate::metrics::assert_whole;
use crate::support::{World, both, nap};

/// In each of the four tests.
const TASKS_DEFAULT: u64 = 50_000;
const SUBMITTERS: u64 = 4;
/// How many tasks a submitter has in flight.
const WINDOW: usize = 500;

#[derive(Default)]
struct Board {
    workers: usize,
    running: AtomicUsize,
    most: AtomicUsize,
    /// How many futures came to their end.
    ended: AtomicU64,
    /// The number of the last task that began, by submitter and priority.
    last: [[AtomicU64; Priority::COUNT]; SUBMITTERS as usize],
}

/// One of the workers runs something.
struct Running<'a>(&'a Board);

impl<'a> Running<'a> {
    fn new(board: &'a Board) -> Self {
        let now = board.running.fetch_add(1, Ordering::SeqCst) + 1;
        board.most.fetch_max(now, Ordering::SeqCst);
        assert!(now <= board.workers, "{now} run at once");
        Self(board)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

/// What a task does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Return,
    Yield,
    Fail,
    Panic,
    FailOnce,
    Hang,
    Cancel,
    CancelRunning,
    Move,
}

/// `SplitMix64`: what follows from a seed is always the same.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn act(&mut self) -> Act {
        match self.next() % 1_000 {
            0..600 => Act::Return,
            600..750 => Act::Yield,
            750..800 => Act::Fail,
            800..805 => Act::Panic,
            805..850 => Act::FailOnce,
            850..855 => Act::Hang,
            855..930 => Act::Cancel,
            930..935 => Act::CancelRunning,
            _ => Act::Move,
        }
    }
}

type Out = Result<(u64, u64), String>;

async fn yield_now() {
    let mut yielded = false;
    poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

async fn act(board: Arc<Board>, act: Act, from: u64, n: u64, context: Context) -> Out {
    let _running = Running::new(&board);
    match act {
        Act::Yield => yield_now().await,
        Act::Hang | Act::CancelRunning => nap(Duration::from_secs(3_600)).await,
        Act::Panic => panic!("{from}:{n}"),
        Act::Fail => return Err(format!("{from}:{n}")),
        Act::FailOnce if context.attempt() == 1 => return Err("once".to_owned()),
        _ => {}
    }
    board.ended.fetch_add(1, Ordering::Relaxed);
    Ok((from, n))
}

/// What one submitter hands in.
struct Submitter {
    from: u64,
    scheduler: Scheduler,
    board: Arc<Board>,
    random: Random,
    window: Vec<(u64, Act, Handle<Out>)>,
    seen: HashMap<&'static str, u64>,
}

impl Submitter {
    fn task(&mut self, n: u64) -> (Act, Task<Out>) {
        let what = self.random.act();
        let priority = Priority::ALL[(self.random.next() % 4) as usize];
        let (board, from) = (self.board.clone(), self.from);
        let ordered = !matches!(what, Act::Move | Act::FailOnce);
        let task = Task::cooperative("stress", move |context: Context| {
            // Several workers would take turns between the claim and here.
            if ordered && board.workers == 1 {
                let last = &board.last[from as usize][usize::from(priority.code())];
                let last = last.swap(n, Ordering::SeqCst);
                assert!(last < n, "{from}:{n} began after {last}");
            }
            act(board.clone(), what, from, n, context)
        });
        let policy = RetryPolicy::exponential(Duration::from_micros(50));
        let task = task.priority(priority).retry(match what {
            Act::FailOnce => policy.attempts(2),
            _ => RetryPolicy::NEVER,
        });
        match what {
            Act::Hang => (what, task.timeout(Duration::from_millis(1))),
            _ => (what, task),
        }
    }

    async fn submit(mut self, tasks: u64) -> HashMap<&'static str, u64> {
        for n in 1..=tasks {
            let (what, task) = self.task(n);
            let handle = self.scheduler.submit(task).await.unwrap();
            match what {
                Act::Cancel | Act::CancelRunning => drop(handle.cancel()),
                Act::Move => drop(handle.set_priority(Priority::High)),
                _ => {}
            }
            self.window.push((n, what, handle));
            if self.window.len() == WINDOW {
                self.settle().await;
            }
        }
        self.settle().await;
        self.seen
    }

    /// Waits for all in flight: each has the result that is its own, and has it once.
    async fn settle(&mut self) {
        for (n, what, mut handle) in std::mem::take(&mut self.window) {
            let result = (&mut handle).await;
            *self.seen.entry(self.check(n, what, result)).or_default() += 1;
            assert!((&mut handle).await.is_err(), "no result is there twice");
        }
    }

    fn check(&self, n: u64, what: Act, result: Result<Out, TaskError>) -> &'static str {
        let mine = format!("{}:{n}", self.from);
        match (what, result) {
            (Act::Return | Act::Yield | Act::FailOnce | Act::Move, Ok(Ok(out))) => {
                assert_eq!(out, (self.from, n));
                "completed"
            }
            (Act::Cancel, Ok(Ok(out))) => {
                assert_eq!(out, (self.from, n), "it was quicker");
                "completed"
            }
            (Act::Fail, Ok(Err(text))) => {
                assert_eq!(text, mine);
                "failed"
            }
            (Act::Panic, Err(TaskError::Panicked { message })) => {
                assert_eq!(message, mine);
                "failed"
            }
            (Act::Hang, Err(TaskError::TimedOut { .. })) => "timed out",
            (Act::Cancel | Act::CancelRunning, Err(TaskError::Cancelled)) => "cancelled",
            (what, result) => panic!("{mine}: {what:?} gave {result:?}"),
        }
    }
}

fn variable(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap())
}

async fn stress(world: World, workers: usize, tasks: u64) {
    let seed = variable("DULY_STRESS_SEED").unwrap_or_else(|| {
        std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), workers)
    });
    println!("{world:?}, {workers} workers, {tasks} tasks: DULY_STRESS_SEED={seed}");
    let scheduler = world
        .builder(workers)
        .capacity(1_000)
        .grace(Duration::ZERO)
        .start();
    let board = Arc::new(Board {
        workers,
        ..Board::default()
    });
    let start = Instant::now();
    let submitters: Vec<_> = (0..SUBMITTERS)
        .map(|from| {
            let submitter = Submitter {
                from,
                scheduler: scheduler.clone(),
                board: board.clone(),
                random: Random(seed.wrapping_add(from)),
                window: Vec::new(),
                seen: HashMap::new(),
            };
            let share = tasks / SUBMITTERS;
            std::thread::spawn(move || duly_local::block_on(submitter.submit(share)))
        })
        .collect();
    let mut seen: HashMap<&str, u64> = HashMap::new();
    for submitter in submitters {
        for (end, many) in submitter.join().unwrap() {
            *seen.entry(end).or_default() += many;
        }
    }
    let took = start.elapsed();
    let left = scheduler.shutdown(Shutdown::Drain).await;
    assert!(
        left.returned.is_empty() && left.stuck.is_empty(),
        "{left:?}"
    );
    assert_ends(&scheduler, &board, &seen, tasks);
    let (most, retried) = (
        board.most.load(Ordering::SeqCst),
        scheduler.metrics().counts.retried,
    );
    println!("{took:.1?}: {seen:?}, {retried} retried, at most {most} at once");
}

fn assert_ends(scheduler: &Scheduler, board: &Board, seen: &HashMap<&str, u64>, tasks: u64) {
    let metrics = scheduler.metrics();
    assert_whole(&metrics, board.workers);
    let counts = metrics.counts;
    assert_eq!(counts.submitted, tasks / SUBMITTERS * SUBMITTERS);
    let ends = |end: &str| seen.get(end).copied().unwrap_or(0);
    assert_eq!(counts.completed, ends("completed"));
    assert_eq!(counts.failed, ends("failed"));
    assert_eq!(counts.timed_out, ends("timed out"));
    assert_eq!(counts.cancelled, ends("cancelled"));
    assert_eq!(
        board.ended.load(Ordering::SeqCst),
        counts.completed,
        "as many as came to an end"
    );
    let most = board.most.load(Ordering::SeqCst);
    assert!(most >= board.workers.min(2), "at most {most} at once");
    assert_eq!(board.running.load(Ordering::SeqCst), 0);
}

fn tasks() -> u64 {
    variable("DULY_STRESS_TASKS").unwrap_or(TASKS_DEFAULT)
}

both! {
    async fn no_result_is_lost_or_doubled(world: World) {
        stress(world, 8, tasks()).await;
    }

    async fn equals_of_one_submitter_run_in_their_order(world: World) {
        stress(world, 1, tasks()).await;
    }
}
