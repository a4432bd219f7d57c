//! Claiming.

use std::time::Duration;

use duly_core::{AttemptRef, Decision, EventKind, Priority, State, TaskId};

use super::{ME, OTHER, Rig, claim_of, id, names, registration, task, task_with};
use crate::{Claim, ClaimError, NewTask, Promote, SettleError, TakeBack, When};

fn in_queue(n: u8, queue: &str) -> crate::NewTask {
    task_with(n, |t| t.queue = queue.into())
}

/// By priority, then in the order of submission; the attempt is counted and charged.
pub async fn the_most_urgent_first_then_in_order(rig: Rig) {
    let urgent = |n, priority| task_with(n, |t| t.priority = priority);
    rig.submit(vec![
        urgent(1, Priority::Low),
        urgent(2, Priority::Normal),
        urgent(3, Priority::Critical),
        urgent(4, Priority::Normal),
        urgent(5, Priority::High),
    ])
    .await;
    let leases = rig.run(9).await;
    let order: Vec<_> = leases.iter().map(|lease| lease.attempt.task).collect();
    assert_eq!(order, [3, 5, 2, 4, 1].map(id));
    assert!(
        leases
            .iter()
            .all(|l| l.started && l.attempt.attempt == 1 && l.spent == 1)
    );
    let shown = rig.task(3).await;
    assert_eq!(
        (shown.state, shown.worker.as_deref()),
        (State::Running, Some("me"))
    );
    assert_eq!(shown.started_at, Some(rig.now()));
}

/// What is due later does not start before, and starts then.
pub async fn nothing_starts_early(rig: Rig) {
    rig.submit(vec![task_with(1, |t| {
        t.due = When::After(Duration::from_secs(10))
    })])
    .await;
    assert!(rig.run(1).await.is_empty());
    rig.advance(9);
    assert!(rig.run(1).await.is_empty());
    rig.advance(1);
    assert_eq!(rig.run_ids(1).await, [id(1)]);
}

/// A task whose instant has come is seen as pending although nobody has claimed or kept house.
pub async fn the_derived_state_is_seen_before_it_is_noticed(rig: Rig) {
    rig.submit(vec![task_with(1, |t| {
        t.due = When::After(Duration::from_secs(10))
    })])
    .await;
    assert_eq!(rig.state(1).await, State::Scheduled);
    rig.advance(10);
    assert_eq!(rig.state(1).await, State::Pending);
    let queues = rig.store.queues().await.unwrap();
    assert_eq!(queues[0].counts.of(State::Pending), 1);
    assert_eq!(queues[0].counts.of(State::Scheduled), 0);
}

/// Rank is the instant a task was due, not when that was noticed.
pub async fn a_retry_ranks_by_when_it_was_due(rig: Rig) {
    rig.submit(vec![task_with(1, |t| {
        t.due = When::After(Duration::from_secs(5))
    })])
    .await;
    rig.advance(10);
    rig.submit(vec![task(2)]).await;
    rig.advance(10);
    assert_eq!(rig.run_ids(2).await, [1, 2].map(id));
}

/// Across queues the most urgent head decides, then turns.
pub async fn queues_take_turns(rig: Rig) {
    let urgent = task_with(9, |t| {
        t.queue = "b".into();
        t.priority = Priority::High;
    });
    rig.submit(vec![
        in_queue(1, "a"),
        in_queue(2, "a"),
        in_queue(3, "b"),
        in_queue(4, "b"),
        in_queue(5, "c"),
        urgent,
    ])
    .await;
    let queues = names(&["a", "nobody", "b", "c", "a"]);
    let claimed = rig
        .claim(Claim {
            queues: queues.clone(),
            turn: 3,
            ..claim_of(2)
        })
        .await;
    let order = |claimed: crate::Claimed| -> Vec<_> {
        claimed
            .leases
            .iter()
            .map(|lease| lease.attempt.task)
            .collect()
    };
    assert_eq!(order(claimed), [9, 5].map(id));
    let claimed = rig
        .claim(Claim {
            queues,
            turn: 6,
            ..claim_of(9)
        })
        .await;
    assert_eq!(order(claimed), [3, 1, 4, 2].map(id));
}

/// A claim gets nothing from queues or of kinds that it did not name.
pub async fn only_named_queues_and_kinds(rig: Rig) {
    let foreign = task_with(2, |t| t.kind = "foreign".into());
    rig.submit(vec![in_queue(1, "elsewhere"), foreign, task(3)])
        .await;
    assert_eq!(rig.run_ids(9).await, [id(3)]);
    let none = Claim {
        kinds: Vec::new(),
        ..claim_of(9)
    };
    assert!(rig.claim(none).await.leases.is_empty());
    let both = Claim {
        kinds: names(&["never", "foreign", "foreign"]),
        ..claim_of(9)
    };
    assert_eq!(rig.claim(both).await.leases.len(), 1);
}

/// Nothing starts from a paused queue; what runs goes on; resumed, it starts.
pub async fn a_paused_queue_rests(rig: Rig) {
    rig.submit(vec![task(1), task(2)]).await;
    let lease = rig.run(1).await.remove(0);
    let pause = |paused| crate::QueueChange {
        paused: Some(paused),
        ..Default::default()
    };
    rig.store
        .configure(super::QUEUE.into(), pause(true))
        .await
        .unwrap();
    assert!(rig.run(1).await.is_empty());
    rig.settle(lease.attempt, Decision::Complete).await.unwrap();
    rig.store
        .configure(super::QUEUE.into(), pause(false))
        .await
        .unwrap();
    assert_eq!(rig.run_ids(1).await, [id(2)]);
}

/// Leases hang on a registered worker.
pub async fn an_unknown_worker_gets_nothing(rig: Rig) {
    rig.submit(vec![task(1)]).await;
    let claim = Claim {
        incarnation: OTHER,
        ..claim_of(1)
    };
    assert_eq!(
        rig.store.claim(claim).await,
        Err(ClaimError::WorkerNotFound)
    );
    assert_eq!(rig.state(1).await, State::Pending);
}

/// What exceeds the free slots is assigned, and must be promoted before it begins.
pub async fn prefetched_work_is_promoted(rig: Rig) {
    rig.submit(vec![task(1), task(2)]).await;
    let leases = rig
        .claim(Claim {
            prefetch: 5,
            ..claim_of(1)
        })
        .await
        .leases;
    assert_eq!(
        leases.iter().map(|l| l.started).collect::<Vec<_>>(),
        [true, false]
    );
    assert_eq!(rig.state(2).await, State::Assigned);
    assert_eq!(rig.history(2).await, [EventKind::Submitted]);
    let attempt = leases[1].attempt;
    assert!(
        rig.settle(attempt, Decision::Complete).await.is_err(),
        "it never began"
    );
    let promote = Promote {
        incarnation: ME,
        attempts: vec![attempt],
    };
    assert_eq!(rig.store.promote(promote).await.unwrap().attempts, [Ok(())]);
    assert_eq!(rig.state(2).await, State::Running);
    assert_eq!(
        rig.history(2).await,
        [EventKind::Submitted, EventKind::Started]
    );
    assert_eq!(
        rig.settle(attempt, Decision::Complete).await,
        Ok(State::Completed)
    );
}

/// A promotion of what is not assigned to this worker at this attempt is refused.
pub async fn a_promotion_is_fenced(rig: Rig) {
    rig.store
        .register(registration(OTHER, "other"))
        .await
        .unwrap();
    rig.submit(vec![task(1), task(2)]).await;
    let leases = rig
        .claim(Claim {
            prefetch: 2,
            ..claim_of(0)
        })
        .await
        .leases;
    rig.store.cancel(id(2)).await.unwrap();
    let promote = |incarnation, attempts| {
        let store = rig.store.clone();
        async move {
            store
                .promote(Promote {
                    incarnation,
                    attempts,
                })
                .await
                .unwrap()
                .attempts
        }
    };
    let stale = |r: &Result<(), SettleError>| matches!(r, Err(SettleError::StaleAttempt { .. }));
    assert!(stale(&promote(OTHER, vec![leases[0].attempt]).await[0]));
    let wrong = AttemptRef {
        task: id(1),
        attempt: 2,
    };
    let unknown = AttemptRef {
        task: id(77),
        attempt: 1,
    };
    let all = vec![
        wrong,
        leases[1].attempt,
        unknown,
        leases[0].attempt,
        leases[0].attempt,
    ];
    let answers = promote(ME, all).await;
    assert!(stale(&answers[0]) && stale(&answers[1]), "{answers:?}");
    assert_eq!(answers[2], Err(SettleError::TaskNotFound(id(77))));
    assert_eq!(answers[3], Ok(()));
    assert!(
        matches!(answers[4], Err(SettleError::InvalidTransition(_))),
        "it runs already"
    );
}

/// Tasks that have lost a worker come one at a time, begin at once, and only when asked for.
pub async fn suspects_come_one_at_a_time(rig: Rig) {
    rig.submit(vec![task(1), task(2)]).await;
    assert_eq!(rig.run(2).await.len(), 2);
    rig.store
        .take_back(TakeBack {
            incarnation: ME,
            beats: None,
            limit: 9,
        })
        .await
        .unwrap();
    let rig = rig.ready().await;
    rig.submit(vec![task_with(3, |t| t.priority = Priority::Low)])
        .await;
    let claim = Claim {
        suspect: false,
        prefetch: 9,
        ..claim_of(9)
    };
    assert_eq!(
        rig.claim(claim).await.leases.len(),
        1,
        "only the innocent one"
    );
    let prefetch = Claim {
        prefetch: 9,
        ..claim_of(0)
    };
    assert!(rig.claim(prefetch).await.leases.is_empty());
    let leases = rig
        .claim(Claim {
            prefetch: 9,
            ..claim_of(9)
        })
        .await
        .leases;
    assert_eq!(leases.len(), 1);
    assert_eq!((leases[0].attempt.task, leases[0].lost), (id(1), 1));
}

/// A task that cannot start before its deadline expires.
pub async fn what_missed_its_deadline_expires_instead(rig: Rig) {
    let late = |n| {
        task_with(n, |t| {
            t.deadline = Some(When::After(Duration::from_secs(10)))
        })
    };
    rig.submit(vec![late(1), late(2)]).await;
    assert_eq!(rig.run_ids(1).await, [id(1)]);
    rig.advance(10);
    assert!(rig.run(1).await.is_empty());
    assert_eq!(
        (rig.state(1).await, rig.state(2).await),
        (State::Running, State::Expired)
    );
    assert_eq!(
        rig.history(2).await,
        [EventKind::Submitted, EventKind::Expired]
    );
}

/// The reply says when asking again could help.
pub async fn next_at_is_the_earliest_due(rig: Rig) {
    assert_eq!(rig.claim(claim_of(1)).await.next_at, None);
    let at = |n, seconds| task_with(n, |t| t.due = When::After(Duration::from_secs(seconds)));
    rig.submit(vec![at(1, 30), at(2, 20)]).await;
    let next = rig.claim(claim_of(1)).await.next_at;
    assert_eq!(next, Some(rig.now() + Duration::from_secs(20)));
}

/// However many lanes are open, the order is the same.
pub async fn many_lanes_are_one_order(rig: Rig) {
    const KINDS: u8 = 200;
    let queues = names(&["a", "b", "c", "d", "e", "f"]);
    let kinds: Vec<crate::Name> = (0..KINDS)
        .map(|n| format!("kind {n}").as_str().into())
        .collect();
    let wanted =
        |queue: u8, n: u8| TaskId::from_bytes([queue, n, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
    for (queue, name) in (0..).zip(&queues) {
        let tasks = (0..KINDS).map(|n| NewTask {
            id: wanted(queue, n),
            queue: name.clone(),
            kind: kinds[usize::from(KINDS - 1 - n)].clone(),
            ..task(1)
        });
        rig.submit(tasks.collect()).await;
    }
    for round in 0..3 {
        let claimed = rig
            .claim(Claim {
                queues: queues.clone(),
                kinds: kinds.clone(),
                ..claim_of(7)
            })
            .await;
        let ids: Vec<_> = claimed
            .leases
            .iter()
            .map(|lease| lease.attempt.task)
            .collect();
        // Each claim begins its turns with the first queue, and takes of it twice.
        let mut expected: Vec<_> = (1..6).map(|queue| wanted(queue, round)).collect();
        expected.insert(0, wanted(0, 2 * round));
        expected.push(wanted(0, 2 * round + 1));
        assert_eq!(ids, expected);
    }
}
