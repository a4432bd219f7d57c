//! The test kit, as its users use it.
#![cfg(feature = "testing")]

use std::time::Duration;

use duly::testing::Kit;
use duly::{Context, Duly, Filter, JobError, Priority, State, Task};

const SECOND: Duration = Duration::from_secs(1);

async fn flaky(_job: (), context: Context) -> Result<u32, JobError> {
    context.progress(0.5, "trying");
    match context.spent() {
        1 => Err(JobError::retry("once more")),
        spent => Ok(spent),
    }
}

#[tokio::test]
async fn retries_happen_when_time_is_moved() {
    let mut kit = Kit::new(|worker| worker.handle("flaky", flaky));
    let id = kit.duly().submit(Task::new("flaky", &())).await.unwrap().id;
    let ran = kit.run_due().await;
    assert_eq!((ran.len(), ran[0].state), (1, State::Retrying));
    assert_eq!(ran[0].error.as_deref(), Some("once more"));
    assert!(kit.run_due().await.is_empty());
    let ran = kit.run_all(60 * SECOND).await;
    assert_eq!((ran.len(), ran[0].state), (1, State::Completed));
    assert_eq!(kit.result::<u32>(id).await, 2);
    let task = kit.duly().task(id).await.unwrap().unwrap();
    assert_eq!(task.progress.unwrap().text, "trying");
}

#[tokio::test]
async fn a_run_goes_on_to_rest_in_order_of_urgency() {
    let order = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let note = {
        let order = order.clone();
        move |name: String, _context: Context| {
            order.lock().unwrap().push(name);
            async { Ok::<_, JobError>(()) }
        }
    };
    let mut kit = Kit::new(|worker| worker.handle("note", note));
    let submit = async |name: &str, priority| {
        let task = Task::new("note", &name).priority(priority);
        kit.duly().submit(task).await.unwrap();
    };
    submit("b", Priority::Normal).await;
    submit("c", Priority::Low).await;
    submit("a", Priority::Critical).await;
    assert_eq!(kit.run_due().await.len(), 3);
    assert_eq!(*order.lock().unwrap(), ["a", "b", "c"]);
}

#[tokio::test]
async fn what_a_handler_submits_runs_too() {
    async fn child(_job: (), _context: Context) -> Result<(), JobError> {
        Ok(())
    }
    let slot = std::sync::Arc::new(std::sync::OnceLock::<Duly>::new());
    let parent = {
        let slot = slot.clone();
        move |_job: (), _context: Context| {
            let duly = slot.get().unwrap().clone();
            async move { duly.submit(Task::new("child", &())).await.map(drop) }
        }
    };
    let mut kit = Kit::new(|worker| worker.handle("parent", parent).handle("child", child));
    slot.set(kit.duly().clone()).unwrap();
    kit.duly().submit(Task::new("parent", &())).await.unwrap();
    assert_eq!(kit.run_due().await.len(), 2);
    kit.assert_submitted("child", |_: ()| true).await;
    kit.assert_not_submitted("grandchild").await;
    assert_eq!(kit.tasks(Filter::default()).await.len(), 2);
}

#[tokio::test]
async fn panics_and_payloads_that_do_not_decode_are_ends_like_any_other() {
    async fn boom(_job: u8, _context: Context) -> Result<(), JobError> {
        panic!("boom")
    }
    let mut kit = Kit::new(|worker| worker.handle("boom", boom));
    for payload in ["1", "\"x\""] {
        let payload = duly::Payload::json(payload);
        kit.duly().submit(Task::raw("boom", payload)).await.unwrap();
    }
    let ran = kit.run_due().await;
    assert_eq!(ran[0].error.as_deref(), Some("panicked: boom"));
    assert_eq!(
        (ran[0].state, ran[1].state),
        (State::Retrying, State::Failed)
    );
}

#[tokio::test]
#[should_panic(expected = "1 of that kind were submitted, none of them is it")]
async fn an_assertion_that_does_not_hold_says_what_there_was() {
    let kit = Kit::without_worker();
    kit.duly().submit(Task::new("a", &1)).await.unwrap();
    kit.assert_submitted("a", |n: u8| n == 2).await;
}
