//! Measures submit, and claim with settle, through the port: `throughput [tasks] [batch] [folder]`.
//! The figures are of one process, one caller, one batch at a time.

use std::sync::Arc;
use std::time::Duration;

use duly_core::{Decision, Incarnation};
use duly_store::{
    Claim, Clock, NewTask, Payload, Registration, Settle, Settlement, Store, Submit, SystemClock,
    id,
};
use duly_store_sqlite::{Options, SqliteStore};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let mut words = std::env::args().skip(1);
    let tasks: usize = words.next().map_or(Ok(200_000), |word| word.parse())?;
    let batch: usize = words.next().map_or(Ok(500), |word| word.parse())?;
    let folder = words.next().unwrap_or_else(|| ".".into());
    let folder = tempfile::tempdir_in(folder)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = SqliteStore::open(folder.path().join("duly.db"), Options::default()).await?;

    let began = clock.now();
    for first in (0..tasks).step_by(batch) {
        submit(&store, clock.as_ref(), batch.min(tasks - first)).await?;
    }
    report("submit", tasks, clock.now().since(began));

    let worker = register(&store, clock.as_ref()).await?;
    let began = clock.now();
    let (mut claiming, mut settling) = (Duration::ZERO, Duration::ZERO);
    let mut done = 0;
    while done < tasks {
        let before = clock.now();
        let leases = store.claim(claim(worker, batch)?).await?.leases;
        let between = clock.now();
        done += leases.len();
        let settlements = leases
            .iter()
            .map(|lease| Settlement::new(lease.attempt, Decision::Complete))
            .collect();
        let request = Settle {
            incarnation: worker,
            settlements,
        };
        store.settle(request).await?;
        claiming += between.since(before);
        settling += clock.now().since(between);
    }
    report("claim + settle", tasks, clock.now().since(began));
    report("  claim", tasks, claiming);
    report("  settle", tasks, settling);
    store.close().await;
    Ok(())
}

async fn submit(store: &SqliteStore, clock: &dyn Clock, n: usize) -> Outcome<()> {
    let payload = Payload::json("{}");
    let (kind, queue) = ("noop".into(), "default".into());
    let task = |_| NewTask {
        queue: duly_store::Name::clone(&queue),
        ..NewTask::new(
            id::task_id(clock),
            duly_store::Name::clone(&kind),
            payload.clone(),
        )
    };
    let tasks = (0..n).map(task).collect();
    store.submit(Submit { tasks }).await?;
    Ok(())
}

async fn register(store: &SqliteStore, clock: &dyn Clock) -> Outcome<Incarnation> {
    let incarnation = id::incarnation(clock);
    let registration = Registration {
        incarnation,
        name: "bench".into(),
        queues: vec!["default".into()],
        kinds: vec!["noop".into()],
        labels: duly_store::Labels::new(),
        capacity: 1,
    };
    store.register(registration).await?;
    Ok(incarnation)
}

fn claim(incarnation: Incarnation, run: usize) -> Outcome<Claim> {
    Ok(Claim {
        incarnation,
        queues: vec!["default".into()],
        kinds: vec!["noop".into()],
        run: u32::try_from(run)?,
        prefetch: 0,
        suspect: false,
        turn: 0,
    })
}

fn report(what: &str, tasks: usize, took: Duration) {
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let rate = tasks as f64 / took.as_secs_f64();
    println!("{what:<15} {tasks:>9} tasks {took:>10.2?} {rate:>10.0}/s");
}
