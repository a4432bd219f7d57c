//! Queues.

use std::time::Duration;

use duly_core::{Decision, State};

use super::{QUEUE, Rig, task, task_with};
use crate::{QueueChange, QueueSettings, When};

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
