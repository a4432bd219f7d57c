//! The façade, from outside.

use std::sync::Arc;
use std::time::Duration;

use duly::store::bounds::ATTACHED_SHOWN_MAX;
use duly::{
    Context, Duly, Filter, JobError, Limit, LimitUse, List, ManualClock, Priority, State, Subject,
    SubmitError, Task, When,
};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Email {
    to: String,
}

async fn send(email: Email, context: Context) -> Result<String, JobError> {
    context.progress(1.0, "sent");
    Ok(email.to)
}

fn email(to: &str) -> Task {
    Task::new("email.send", &Email { to: to.into() })
}

async fn memory() -> Duly {
    Duly::open("memory:").await.expect("a store in memory")
}

#[tokio::test]
async fn a_job_is_submitted_run_and_waited_for() {
    let duly = memory().await;
    let worker = duly.worker().handle("email.send", send).start().unwrap();
    let id = duly.submit(email("ada")).await.unwrap().id;
    let task = duly.wait(id).await.unwrap();
    assert_eq!(task.state, State::Completed);
    assert_eq!(&*task.result.unwrap().bytes, br#""ada""#);
    worker.shutdown(Duration::from_secs(5)).await;
    assert!(duly.store().workers().await.unwrap().is_empty());
}

#[tokio::test]
async fn options_reach_the_store() {
    let clock = Arc::new(ManualClock::default());
    let duly = Duly::in_memory(clock.clone());
    let id = duly.new_id();
    let task = email("ada")
        .id(id)
        .queue("mail")
        .priority(Priority::Critical)
        .delay(Duration::from_secs(60))
        .deadline(Duration::from_secs(90))
        .timeout(Duration::from_secs(5))
        .attempts_max(7)
        .lost_max(2)
        .unique_key("ada")
        .tenant("acme")
        .limit("scarce")
        .limit_weight("slots", 3)
        .label("a", "b");
    let submitted = duly.submit(task).await.unwrap();
    assert_eq!((submitted.id, submitted.state), (id, State::Scheduled));
    let task = duly.task(id).await.unwrap().unwrap();
    let uses = [LimitUse::one("scarce"), LimitUse::heavy("slots", 3)];
    assert_eq!(task.limits, uses);
    assert_eq!(&*task.queue, "mail");
    assert_eq!(task.priority, Priority::Critical);
    assert_eq!(task.due_at, task.submitted_at + Duration::from_secs(60));
    let deadline = task.submitted_at + Duration::from_secs(90);
    assert_eq!(task.deadline, Some(deadline));
    assert_eq!(task.timeout, Some(Duration::from_secs(5)));
    assert_eq!((task.retry.attempts_max, task.lost_max), (7, 2));
    assert_eq!(task.unique_key.as_deref(), Some("ada"));
    assert_eq!(task.tenant.as_deref(), Some("acme"));
    assert_eq!(task.labels["a"], "b");
}

#[tokio::test]
async fn a_batch_is_all_or_nothing_and_the_error_names_which() {
    let duly = memory().await;
    let twice = [email("a").unique_key("k"), email("b").unique_key("k")];
    let error = duly.submit_all(twice).await.unwrap_err();
    assert!(matches!(error, SubmitError::TaskExists { index: 1, .. }));
    let unwritable = std::collections::BTreeMap::from([((1, 2), 3)]);
    let tasks = [email("a"), Task::new("sum", &unwritable)];
    let error = duly.submit_all(tasks).await.unwrap_err();
    assert!(matches!(error, SubmitError::InvalidInput { index: 1, .. }));
    let list = List {
        limit: 10,
        ..List::default()
    };
    assert!(duly.list(list).await.unwrap().tasks.is_empty());
}

#[tokio::test]
async fn tasks_are_changed_and_listed() {
    let duly = memory().await;
    let id = duly.submit(email("ada")).await.unwrap().id;
    duly.reprioritise(id, Priority::Low).await.unwrap();
    let later = When::After(Duration::from_secs(3600));
    let task = duly.reschedule(id, later).await.unwrap();
    assert_eq!(
        (task.state, task.priority),
        (State::Scheduled, Priority::Low)
    );
    assert_eq!(duly.cancel(id).await.unwrap().state, State::Cancelled);
    assert_eq!(duly.retry(id).await.unwrap().state, State::Pending);
    let list = List {
        filter: Filter {
            states: vec![State::Pending],
            ..Filter::default()
        },
        limit: 10,
        ..List::default()
    };
    assert_eq!(duly.list(list).await.unwrap().tasks[0].id, id);
    assert!(duly.wait(duly.new_id()).await.is_err());
}

#[tokio::test]
async fn a_paused_queue_rests_until_it_is_resumed() {
    let duly = memory().await;
    assert!(duly.pause("default").await.unwrap().paused);
    let _worker = duly.worker().handle("email.send", send).start().unwrap();
    let id = duly.submit(email("ada")).await.unwrap().id;
    assert_eq!(duly.task(id).await.unwrap().unwrap().state, State::Pending);
    assert!(!duly.resume("default").await.unwrap().paused);
    assert_eq!(duly.wait(id).await.unwrap().state, State::Completed);
    assert_eq!(&*duly.queues().await.unwrap()[0].name, "default");
}

#[tokio::test]
async fn a_housekeeper_without_a_worker_keeps_house() {
    let clock = Arc::new(ManualClock::default());
    let duly = Duly::in_memory(clock.clone());
    let house = duly.housekeeper();
    let task = email("ada").deadline(Duration::from_secs(1));
    let id = duly.submit(task).await.unwrap().id;
    while duly.task(id).await.unwrap().unwrap().state != State::Expired {
        clock.advance(Duration::from_millis(100));
        tokio::task::yield_now().await;
    }
    house.stop().await;
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn what_was_submitted_is_there_after_opening_the_file_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("duly.db");
    let url = format!("sqlite:{}?synchronous=normal", file.display());
    let duly = Duly::open(&url).await.unwrap();
    assert!(duly.store().traits().durable);
    let id = duly.submit(email("ada")).await.unwrap().id;
    duly.close().await.unwrap();
    assert!(duly.submit(email("bob")).await.is_err());
    let duly = Duly::open(&format!("sqlite://{}", file.display()))
        .await
        .unwrap();
    assert_eq!(duly.task(id).await.unwrap().unwrap().state, State::Pending);
}

/// The README's program is compiled alone, since it would leave its file behind; this one runs.
#[test]
fn the_program_of_the_readme_is_the_example_that_runs() {
    let library = include_str!("../src/lib.rs");
    let example: String = library
        .lines()
        .filter_map(|line| line.strip_prefix("//!"))
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .filter(|line| !line.starts_with("# "))
        .map(|line| format!("{line}\n"))
        .collect();
    let readme = include_str!("../../../README.md");
    let program = readme.split("```rust,no_run\n").nth(1).expect("a program");
    let program = program.split("```").next().expect("its end");
    assert!(
        program.contains("async fn main()") && example.contains(program),
        "the README's program is not that of the crate's documentation:\n{program}"
    );
}

#[tokio::test]
async fn limits_are_defined_attached_detached_and_removed() {
    let duly = memory().await;
    let limits = duly.limits();
    for name in ["a", "b"] {
        limits.define(name, Limit::concurrency(2)).await.unwrap();
    }
    let kind = || Subject::Kind("email.send".into());
    limits.attach(kind(), "a", 2).await.unwrap();
    limits.attach(kind(), "b", 1).await.unwrap();
    limits.attach(kind(), "a", 1).await.unwrap();
    let both = [LimitUse::one("a"), LimitUse::one("b")];
    assert_eq!(limits.attached(&kind()).await.unwrap(), both);
    limits.detach(kind(), "a").await.unwrap();
    limits.detach(kind(), "a").await.unwrap();
    assert_eq!(limits.attached(&kind()).await.unwrap(), both[1..]);
    limits.remove("b").await.unwrap();
    limits.remove("b").await.unwrap();
    assert_eq!(limits.show("b").await.unwrap(), None);
    limits.define("b", Limit::concurrency(1)).await.unwrap();
    let again = limits.show("b").await.unwrap().unwrap();
    assert!(again.attached.is_empty(), "removing detaches");
    let many = ATTACHED_SHOWN_MAX * 2 + 1;
    for n in 0..many {
        let tenant = Subject::Tenant(format!("{n}").into());
        limits.attach(tenant, "b", 1).await.unwrap();
    }
    let shown = limits.show("b").await.unwrap().unwrap();
    assert_eq!(shown.attached.len(), ATTACHED_SHOWN_MAX);
    assert_eq!(shown.attached_count, many as u64);
    let all = limits.attached_to("b").await.unwrap();
    assert_eq!(all.len(), many);
    assert_eq!(all[..ATTACHED_SHOWN_MAX], shown.attached);
    limits.remove("b").await.unwrap();
    limits.define("b", Limit::concurrency(1)).await.unwrap();
    let again = limits.show("b").await.unwrap().unwrap();
    assert_eq!(again.attached_count, 0, "from all, however many");
    for name in ["of nobody", "b"] {
        limits.attach(kind(), name, 1).await.unwrap();
    }
    let both = [LimitUse::one("b"), LimitUse::one("of nobody")];
    assert_eq!(limits.attached(&kind()).await.unwrap(), both);
    assert_eq!(limits.list().await.unwrap().len(), 2);
    let refused = limits.define("c", Limit::default()).await.unwrap_err();
    assert!(
        refused.to_string().contains("to lift a limit, remove it"),
        "{refused}"
    );
}

#[tokio::test]
async fn a_changed_limit_counts_at_once() {
    let duly = memory().await;
    let limits = duly.limits();
    limits.define("one", Limit::concurrency(1)).await.unwrap();
    duly.submit_all([email("a").limit("one"), email("b").limit("one")])
        .await
        .unwrap();
    let (sender, mut started) = tokio::sync::mpsc::channel::<()>(2);
    let (open, gate) = tokio::sync::watch::channel(false);
    let handler = move |_: Email, _: Context| {
        let (sender, mut gate) = (sender.clone(), gate.clone());
        async move {
            sender.send(()).await.expect("the test listens");
            gate.wait_for(|open| *open).await.expect("the gate stays");
            Ok::<(), JobError>(())
        }
    };
    let worker = duly.worker().handle("email.send", handler).start().unwrap();
    started.recv().await.unwrap();
    assert_eq!(limits.show("one").await.unwrap().unwrap().in_use, 1);
    assert!(started.try_recv().is_err(), "there is one slot");
    limits.define("one", Limit::concurrency(2)).await.unwrap();
    started.recv().await.unwrap();
    assert_eq!(limits.show("one").await.unwrap().unwrap().in_use, 2);
    open.send(true).unwrap();
    worker.shutdown(Duration::from_secs(5)).await;
    assert_eq!(limits.show("one").await.unwrap().unwrap().in_use, 0);
}
