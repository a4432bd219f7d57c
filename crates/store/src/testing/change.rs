//! Changes that people make.

use std::time::Duration;

use duly_core::{Decision, EventKind, InvalidTransition, Priority, State};

use super::{Rig, id, task, task_with};
use crate::{ChangeError, When};

/// What waits is cancelled at once; what runs is asked to stop, once.
pub async fn cancel_at_once_or_by_request(rig: Rig) {
    rig.submit(vec![task(1), task(2)]).await;
    rig.run(1).await;
    let waiting = rig.store.cancel(id(2)).await.unwrap();
    assert_eq!(
        (waiting.state, waiting.finished_at),
        (State::Cancelled, Some(rig.now()))
    );
    let running = rig.store.cancel(id(1)).await.unwrap();
    assert_eq!(
        (running.state, running.cancel_requested),
        (State::Running, true)
    );
    rig.store.cancel(id(1)).await.unwrap();
    let history = [
        EventKind::Submitted,
        EventKind::Started,
        EventKind::CancelRequested,
    ];
    assert_eq!(rig.history(1).await, history);
    let again = rig.store.cancel(id(2)).await;
    let both = InvalidTransition {
        from: State::Cancelled,
        to: State::Cancelled,
    };
    assert_eq!(again, Err(ChangeError::InvalidTransition(both)));
}

/// A dead letter is put back in line as good as new; its attempts keep their numbers.
pub async fn retry_puts_back_in_line(rig: Rig) {
    rig.submit(vec![task(1)]).await;
    let lease = rig.run(1).await.remove(0);
    rig.settle(lease.attempt, Decision::Fail).await.unwrap();
    rig.advance(5);
    let shown = rig.store.retry(id(1)).await.unwrap();
    assert_eq!(
        (shown.state, shown.spent, shown.attempt),
        (State::Pending, 0, 1)
    );
    assert_eq!((shown.due_at, shown.finished_at), (rig.now(), None));
    assert!(
        rig.store.retry(id(1)).await.is_err(),
        "it is in line already"
    );
    let lease = rig.run(1).await.remove(0);
    assert_eq!((lease.attempt.attempt, lease.spent), (2, 1));
    rig.settle(lease.attempt, Decision::Complete).await.unwrap();
    let queues = rig.store.queues().await.unwrap();
    assert_eq!(queues[0].counts.of(State::Failed), 0);
    assert_eq!(queues[0].counts.of(State::Completed), 1);
}

/// What is completed stays so.
pub async fn a_completed_task_is_final(rig: Rig) {
    rig.submit(vec![task(1)]).await;
    let lease = rig.run(1).await.remove(0);
    rig.settle(lease.attempt, Decision::Complete).await.unwrap();
    let refused = |to| {
        Err(ChangeError::from(InvalidTransition {
            from: State::Completed,
            to,
        }))
    };
    assert_eq!(rig.store.retry(id(1)).await, refused(State::Pending));
    assert_eq!(rig.store.cancel(id(1)).await, refused(State::Cancelled));
    assert_eq!(
        rig.store.reprioritise(id(1), Priority::High).await,
        refused(State::Pending)
    );
    let later = When::After(Duration::from_secs(9));
    assert_eq!(
        rig.store.reschedule(id(1), later).await,
        refused(State::Scheduled)
    );
    assert_eq!(
        rig.store.reschedule(id(1), When::Now).await,
        refused(State::Pending)
    );
}

/// A task whose unique key somebody else has now cannot come back.
pub async fn retry_needs_its_unique_key(rig: Rig) {
    let keyed = |n| task_with(n, |t| t.unique_key = Some("k".into()));
    rig.submit(vec![keyed(1)]).await;
    rig.store.cancel(id(1)).await.unwrap();
    rig.submit(vec![keyed(2)]).await;
    let taken = ChangeError::TaskExists {
        existing: id(2),
        key: "k".into(),
    };
    assert_eq!(rig.store.retry(id(1)).await, Err(taken));
    assert_eq!(rig.state(1).await, State::Cancelled);
    rig.store.cancel(id(2)).await.unwrap();
    rig.store.retry(id(1)).await.unwrap();
    assert!(rig.store.retry(id(2)).await.is_err());
}

/// A changed priority counts at the next claim.
pub async fn reprioritise_moves_in_line(rig: Rig) {
    rig.submit(vec![task(1), task(2), task(3)]).await;
    rig.run(1).await;
    let shown = rig
        .store
        .reprioritise(id(3), Priority::Critical)
        .await
        .unwrap();
    assert_eq!(shown.priority, Priority::Critical);
    rig.store.reprioritise(id(1), Priority::Low).await.unwrap();
    assert_eq!(rig.run_ids(2).await, [3, 2].map(id));
    rig.store
        .reprioritise(id(3), Priority::Critical)
        .await
        .unwrap();
    let history = [
        EventKind::Submitted,
        EventKind::Reprioritised,
        EventKind::Started,
    ];
    assert_eq!(rig.history(3).await, history);
}

/// A changed time counts at the next claim; what runs cannot be moved.
pub async fn reschedule_moves_in_time(rig: Rig) {
    rig.submit(vec![task(1), task(2)]).await;
    let later = When::After(Duration::from_secs(60));
    assert_eq!(
        rig.store.reschedule(id(1), later).await.unwrap().state,
        State::Scheduled
    );
    assert_eq!(rig.run_ids(9).await, [id(2)]);
    let running = InvalidTransition {
        from: State::Running,
        to: State::Scheduled,
    };
    assert_eq!(
        rig.store.reschedule(id(2), later).await,
        Err(running.into())
    );
    assert_eq!(
        rig.store.reschedule(id(1), When::Now).await.unwrap().state,
        State::Pending
    );
    assert_eq!(rig.run_ids(9).await, [id(1)]);
}

/// What is not there is not found.
pub async fn an_unknown_task_is_not_found(rig: Rig) {
    let missing = || Err(ChangeError::TaskNotFound(id(5)));
    assert_eq!(rig.store.cancel(id(5)).await, missing());
    assert_eq!(rig.store.retry(id(5)).await, missing());
    assert_eq!(
        rig.store.reprioritise(id(5), Priority::High).await,
        missing()
    );
    assert_eq!(rig.store.reschedule(id(5), When::Now).await, missing());
    assert_eq!(rig.store.task(id(5)).await, Ok(None));
}
