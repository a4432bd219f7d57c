//! Submitting.

use std::time::Duration;

use duly_core::{Decision, Jitter, Priority, RetryPolicy, State, TaskId};

use super::{Rig, id, task, task_with};
use crate::bounds::AHEAD_MAX;
use crate::{EventCursor, InvalidInput, NewTask, Payload, Submit, SubmitError, When};

/// A batch with one bad task is refused whole, and uses up no sequence.
pub async fn all_or_nothing(rig: Rig) {
    let mut bad = task(2);
    bad.kind = "".into();
    let refused = rig
        .store
        .submit(Submit {
            tasks: vec![task(1), bad],
        })
        .await;
    assert!(
        matches!(refused, Err(SubmitError::InvalidInput { index: 1, .. })),
        "{refused:?}"
    );
    let key = |n| task_with(n, |t| t.unique = Some("k".into()));
    let refused = rig
        .store
        .submit(Submit {
            tasks: vec![task(1), key(2), key(3)],
        })
        .await;
    let expected = SubmitError::TaskExists {
        index: 2,
        existing: id(2),
        key: "k".into(),
    };
    assert_eq!(refused, Err(expected));
    assert_eq!(rig.store.task(id(1)).await, Ok(None));
    assert!(
        rig.store
            .events(EventCursor::START, 9)
            .await
            .unwrap()
            .events
            .is_empty()
    );
    rig.submit(vec![task(4)]).await;
    assert_eq!(rig.task(4).await.sequence, 1);
}

/// The same id, in another batch or in the same, is one task.
pub async fn the_same_id_is_one_task(rig: Rig) {
    let reply = rig
        .store
        .submit(Submit {
            tasks: vec![task(1), task(1)],
        })
        .await
        .unwrap();
    assert_eq!(
        reply
            .tasks
            .iter()
            .map(crate::Submitted::existed)
            .collect::<Vec<_>>(),
        [false, true]
    );
    let other = task_with(1, |t| t.priority = Priority::Critical);
    let reply = rig.store.submit(Submit::one(other)).await.unwrap();
    assert!(reply.tasks[0].existed());
    assert_eq!(rig.task(1).await.priority, Priority::Normal);
    assert_eq!(rig.run_ids(9).await, [id(1)]);
}

/// An id in history is still the same task.
pub async fn a_finished_id_is_still_one_task(rig: Rig) {
    rig.submit(vec![task(1)]).await;
    let lease = rig.run(1).await.remove(0);
    rig.settle(lease.attempt, Decision::Complete).await.unwrap();
    let reply = rig.store.submit(Submit::one(task(1))).await.unwrap();
    assert_eq!(
        (reply.tasks[0].state, reply.tasks[0].existed()),
        (State::Completed, true)
    );
    assert!(rig.run(1).await.is_empty());
}

/// A unique key is taken while its task is unfinished, for its kind.
pub async fn a_unique_key_is_rejected_while_unfinished(rig: Rig) {
    let keyed = |n| task_with(n, |t| t.unique = Some("only".into()));
    rig.submit(vec![keyed(1)]).await;
    let refused = rig.store.submit(Submit::one(keyed(2))).await;
    let taken = SubmitError::TaskExists {
        index: 0,
        existing: id(1),
        key: "only".into(),
    };
    assert_eq!(refused, Err(taken));
    rig.submit(vec![task_with(3, |t| {
        t.unique = Some("only".into());
        t.kind = "else".into();
    })])
    .await;
    let lease = rig.run(1).await.remove(0);
    assert!(
        rig.store.submit(Submit::one(keyed(2))).await.is_err(),
        "it still runs"
    );
    rig.settle(lease.attempt, Decision::Fail).await.unwrap();
    rig.submit(vec![keyed(2)]).await;
}

/// A full queue refuses, whole, and a finished task makes room.
pub async fn a_queue_is_bounded(rig: Rig) {
    let change = crate::QueueChange {
        bound: Some(2),
        ..Default::default()
    };
    rig.store
        .configure(super::QUEUE.into(), change)
        .await
        .unwrap();
    rig.submit(vec![task(1)]).await;
    let refused = rig
        .store
        .submit(Submit {
            tasks: vec![task(2), task(3)],
        })
        .await;
    let full = SubmitError::QueueFull {
        index: 1,
        queue: super::QUEUE.into(),
        bound: 2,
    };
    assert_eq!(refused, Err(full));
    rig.submit(vec![task(1), task(2)]).await;
    assert!(rig.store.submit(Submit::one(task(3))).await.is_err());
    let lease = rig.run(1).await.remove(0);
    rig.settle(lease.attempt, Decision::Complete).await.unwrap();
    rig.submit(vec![task(3)]).await;
}

/// What is wrong is named, with what was expected.
pub async fn bad_input_is_named_and_loses_nothing(rig: Rig) {
    let bad = task_with(2, |t| t.payload = Payload::bytes(vec![0; (1 << 20) + 1]));
    let refused = rig
        .store
        .submit(Submit {
            tasks: vec![task(1), bad],
        })
        .await;
    let Err(SubmitError::InvalidInput { index: 1, source }) = refused else {
        panic!("expected InvalidInput, got {refused:?}")
    };
    let InvalidInput {
        field, expected, ..
    } = source;
    assert_eq!(
        (field, expected.as_str()),
        ("payload", "at most 1048576 bytes")
    );
    assert_eq!(rig.store.task(id(1)).await, Ok(None));
}

/// Everything that was submitted is shown again.
pub async fn the_record_shows_what_was_submitted(rig: Rig) {
    let new = task_with(1, |t| {
        t.payload = Payload {
            version: 7,
            key_id: Some("k1".into()),
            ..Payload::bytes(vec![0, 255])
        };
        t.priority = Priority::High;
        t.due = When::After(Duration::from_secs(5));
        t.deadline = Some(When::After(Duration::from_secs(50)));
        t.timeout = Some(Duration::from_millis(1_500));
        t.retry = RetryPolicy {
            attempts_max: 4,
            ..RetryPolicy::NEVER
        };
        t.lost_max = 2;
        t.unique = Some("u".into());
        t.tenant = Some("acme".into());
        t.labels.insert("team".into(), "blue".into());
    });
    rig.submit(vec![new.clone()]).await;
    let shown = rig.task(1).await;
    let now = rig.now();
    assert_eq!(shown.payload, new.payload);
    assert_eq!(
        (shown.priority, shown.state),
        (Priority::High, State::Scheduled)
    );
    assert_eq!(shown.due_at, now + Duration::from_secs(5));
    assert_eq!(shown.deadline, Some(now + Duration::from_secs(50)));
    assert_eq!(
        (shown.timeout, shown.retry, shown.lost_max),
        (new.timeout, new.retry, 2)
    );
    assert_eq!(
        (shown.unique_key, shown.tenant),
        (new.unique.map(|unique| unique.key), new.tenant)
    );
    assert_eq!((shown.labels, shown.submitted_at), (new.labels, now));
    assert_eq!((shown.attempt, shown.spent, shown.lost), (0, 0, 0));
    assert_eq!(
        (shown.started_at, shown.finished_at, shown.worker),
        (None, None, None)
    );
}

/// Tasks of one batch stand in line in its order.
pub async fn a_batch_keeps_its_order(rig: Rig) {
    rig.submit((1..=50).rev().map(task).collect()).await;
    let expected: Vec<_> = (1..=50).rev().map(id).collect();
    assert_eq!(rig.run_ids(50).await, expected);
}

/// A queue holds lines for so many kinds; a batch that is refused makes none.
pub async fn lines_are_bounded(rig: Rig) {
    let kinds = |range: std::ops::Range<u16>| -> Vec<NewTask> {
        let task = |n: u16| {
            let mut bytes = [7; 16];
            bytes[..2].copy_from_slice(&n.to_be_bytes());
            NewTask::new(
                TaskId::from_bytes(bytes),
                format!("kind-{n}"),
                Payload::default(),
            )
        };
        range.map(task).collect()
    };
    let mut refused = kinds(0..1_000);
    refused.push(task_with(1, |t| {
        t.payload = Payload::bytes(vec![0; (1 << 20) + 1])
    }));
    let keyed = |n| task_with(n, |t| t.unique = Some("k".into()));
    let mut clashing = kinds(1_000..1_990);
    clashing.extend([keyed(2), keyed(3)]);
    assert!(rig.store.submit(Submit { tasks: refused }).await.is_err());
    assert!(rig.store.submit(Submit { tasks: clashing }).await.is_err());
    rig.submit(kinds(2_000..3_000)).await;
    let refused = rig
        .store
        .submit(Submit {
            tasks: kinds(3_000..3_001),
        })
        .await;
    let Err(SubmitError::InvalidInput { source, .. }) = refused else {
        panic!("got {refused:?}")
    };
    assert_eq!(source.field, "kind");
    rig.submit(kinds(2_500..2_501)).await;
}

/// What is more than a century away is refused by name, and so is what would be cut silently.
pub async fn absurd_times_are_refused(rig: Rig) {
    let far = When::At(rig.now() + AHEAD_MAX + Duration::from_secs(1));
    let jitter = Jitter::Proportional { permille: 1_001 };
    let cases = [
        ("due", task_with(2, |t| t.due = far)),
        ("deadline", task_with(2, |t| t.deadline = Some(far))),
        ("timeout", task_with(2, |t| t.timeout = Some(Duration::MAX))),
        (
            "retry.jitter.permille",
            task_with(2, |t| t.retry.jitter = jitter),
        ),
    ];
    for (field, bad) in cases {
        let tasks = vec![task(1), bad];
        let refused = rig.store.submit(Submit { tasks }).await;
        let Err(SubmitError::InvalidInput { index: 1, source }) = refused else {
            panic!("{field}: {refused:?}")
        };
        assert_eq!(source.field, field);
    }
    let latest = When::At(rig.now() + AHEAD_MAX);
    rig.submit(vec![task_with(1, |t| t.due = latest)]).await;
    assert_eq!(rig.state(1).await, State::Scheduled);
}
