//! Queues.

use std::time::Duration;

use duly_core::{Decision, EventKind, State, Timestamp};

use super::{ME, QUEUE, Rig, id, task, task_with};
use crate::bounds::RETENTION_MAX;
use crate::{Duty, KeepHouse, QueueChange, QueueSettings, RequestError, TakeBack, Totals, When};

/// What a change does not name stays.
pub async fn settings_are_kept_and_merged(rig: Rig) {
    let change = QueueChange {
        bound: Some(5),
        ..QueueChange::default()
    };
    rig.store.configure(QUEUE.into(), change).await.unwrap();
    let change = QueueChange {
        paused: Some(true),
        retention_failed: Some(Duration::from_secs(7)),
        ..QueueChange::default()
    };
    let settings = rig.store.configure(QUEUE.into(), change).await.unwrap();
    let expected = QueueSettings {
        paused: true,
        bound: 5,
        retention_failed: Duration::from_secs(7),
        ..QueueSettings::default()
    };
    assert_eq!(settings, expected);
    assert_eq!(rig.store.queues().await.unwrap()[0].settings, expected);
    assert!(rig.store.configure("".into(), change).await.is_err());
}

/// Every state is counted, finished ones too.
pub async fn counts_follow_the_states(rig: Rig) {
    let later = |n| task_with(n, |t| t.due = When::After(Duration::from_secs(60)));
    let elsewhere = task_with(7, |t| t.queue = "a".into());
    rig.submit(vec![
        task(1),
        task(2),
        task(3),
        task(4),
        task(5),
        later(6),
        elsewhere,
    ])
    .await;
    let leases = rig.run(4).await;
    rig.settle(leases[0].attempt, Decision::Complete)
        .await
        .unwrap();
    rig.settle(leases[1].attempt, Decision::Fail).await.unwrap();
    rig.settle(leases[2].attempt, Decision::Retry(Duration::from_secs(60)))
        .await
        .unwrap();
    let queues = rig.store.queues().await.unwrap();
    let names: Vec<&str> = queues.iter().map(|queue| &*queue.name).collect();
    assert_eq!(names, ["a", QUEUE]);
    let counts = queues[1].counts;
    for state in [
        State::Completed,
        State::Failed,
        State::Retrying,
        State::Running,
        State::Pending,
        State::Scheduled,
    ] {
        assert_eq!(counts.of(state), 1, "{state}");
    }
    assert_eq!(counts.unfinished(), 4);
    rig.advance(60);
    let counts = rig.store.queues().await.unwrap()[1].counts;
    assert_eq!((counts.of(State::Pending), counts.unfinished()), (3, 4));
}

/// A queue can be set up before its first task.
pub async fn a_queue_is_made_by_its_settings(rig: Rig) {
    let pause = QueueChange {
        paused: Some(true),
        ..QueueChange::default()
    };
    rig.store.configure("early".into(), pause).await.unwrap();
    let queues = rig.store.queues().await.unwrap();
    assert_eq!(
        (&*queues[0].name, queues[0].settings.paused),
        ("early", true)
    );
    assert_eq!(queues[0].counts.unfinished(), 0);
}

/// What has happened is counted for ever, whatever is removed.
pub async fn totals_never_fall(rig: Rig) {
    let elsewhere = task_with(4, |t| t.queue = "a".into());
    rig.submit(vec![task(1), task(2), task(3), elsewhere]).await;
    let leases = rig.run(2).await;
    rig.settle(leases[0].attempt, Decision::Complete)
        .await
        .unwrap();
    rig.settle(leases[1].attempt, Decision::Fail).await.unwrap();
    rig.store.cancel(id(3)).await.unwrap();
    let mut expected = Totals::default();
    for (kind, n) in [
        (EventKind::Submitted, 3),
        (EventKind::Started, 2),
        (EventKind::Completed, 1),
        (EventKind::Failed, 1),
        (EventKind::Cancelled, 1),
    ] {
        expected.add(kind, n);
    }
    let queues = rig.store.queues().await.unwrap();
    assert_eq!(queues[1].totals, expected);
    assert_eq!(queues[0].totals.of(EventKind::Submitted), 1);
    rig.advance(60 * 24 * 3600);
    for duty in [Duty::Prune, Duty::Forget] {
        let request = KeepHouse { duty, limit: 99 };
        assert!(rig.store.keep_house(request).await.unwrap().count > 0);
    }
    assert_eq!(rig.store.queues().await.unwrap()[1].totals, expected);
}

async fn oldest(rig: &Rig) -> Option<Timestamp> {
    rig.store.queues().await.unwrap()[0].oldest_due_at
}

/// Of what could start, a queue tells since when the oldest could: whatever its kind, priority and
/// losses, whether or not anybody has noticed that it is due, and though the queue is paused.
pub async fn the_oldest_due_is_known(rig: Rig) {
    let pause = QueueChange {
        paused: Some(true),
        ..QueueChange::default()
    };
    rig.store.configure(QUEUE.into(), pause).await.unwrap();
    assert_eq!(oldest(&rig).await, None);
    let start = rig.now();
    let at = |seconds| Some(start + Duration::from_secs(seconds));
    let due = |n, seconds| task_with(n, |t| t.due = When::After(Duration::from_secs(seconds)));
    rig.submit(vec![due(1, 10), due(2, 20)]).await;
    assert_eq!(oldest(&rig).await, None, "nothing is due");
    rig.advance(15);
    assert_eq!(oldest(&rig).await, at(10));
    let urgent = task_with(3, |t| {
        t.priority = duly_core::Priority::Critical;
        t.kind = "other".into();
    });
    rig.submit(vec![urgent]).await;
    assert_eq!(oldest(&rig).await, at(10));
    rig.store.cancel(id(1)).await.unwrap();
    assert_eq!(oldest(&rig).await, at(15));
    let resume = QueueChange {
        paused: Some(false),
        ..QueueChange::default()
    };
    rig.store.configure(QUEUE.into(), resume).await.unwrap();
    rig.advance(10);
    let take = TakeBack {
        incarnation: ME,
        beats: None,
        limit: 9,
    };
    assert_eq!(rig.run_ids(9).await, [id(2)]);
    assert_eq!(oldest(&rig).await, at(15), "what runs does not wait");
    rig.store.cancel(id(3)).await.unwrap();
    assert_eq!(oldest(&rig).await, None);
    rig.store.take_back(take).await.unwrap();
    assert_eq!(
        oldest(&rig).await,
        at(20),
        "what lost its worker waits again"
    );
}

/// Nothing is kept for more than a century.
pub async fn absurd_settings_are_refused(rig: Rig) {
    let fine = QueueChange {
        retention_completed: Some(RETENTION_MAX),
        ..QueueChange::default()
    };
    rig.store.configure(QUEUE.into(), fine).await.unwrap();
    let long = Some(RETENTION_MAX + Duration::from_secs(1));
    let completed = QueueChange {
        retention_completed: long,
        ..QueueChange::default()
    };
    let failed = QueueChange {
        retention_failed: long,
        ..QueueChange::default()
    };
    for (change, field) in [
        (completed, "retention_completed"),
        (failed, "retention_failed"),
    ] {
        let refused = rig.store.configure("other".into(), change).await;
        assert!(
            matches!(&refused, Err(RequestError::InvalidInput(input)) if input.field == field),
            "{refused:?}"
        );
    }
    assert_eq!(rig.store.queues().await.unwrap().len(), 1);
}
