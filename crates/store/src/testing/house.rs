//! Housekeeping, leading, hints, and the end.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use duly_core::{Decision, EventKind, Incarnation, OrderPolicy, State};

use super::{ME, OTHER, QUEUE, Rig, claim_of, id, names, task, task_with};
use crate::bounds::{EVENT_RETENTION, LEAD_MAX};
use crate::{
    Duty, EventCursor, KeepHouse, Kept, Lead, Leadership, Listener, QueueChange, StoreError,
    Submit, SubmitError, When,
};

/// One step of a duty.
pub(super) async fn keep(rig: &Rig, duty: Duty, limit: u32) -> Kept {
    rig.store
        .keep_house(KeepHouse { duty, limit })
        .await
        .unwrap()
}

async fn finish(rig: &Rig, n: u8, decision: Decision) {
    rig.submit(vec![task(n)]).await;
    let lease = rig.run(1).await.remove(0);
    rig.settle(lease.attempt, decision).await.unwrap();
}

/// Each step does so much and says whether there is more.
pub async fn promote_and_expire_in_steps(rig: Rig) {
    let due = |n| task_with(n, |t| t.due = When::After(Duration::from_secs(5)));
    let late = |n| {
        task_with(n, |t| {
            t.deadline = Some(When::After(Duration::from_secs(5)))
        })
    };
    rig.submit(vec![due(1), due(2), due(3), late(4), late(5)])
        .await;
    assert_eq!(
        keep(&rig, Duty::Promote, 2).await,
        Kept {
            count: 0,
            more: false
        }
    );
    rig.advance(5);
    assert_eq!(
        keep(&rig, Duty::Promote, 2).await,
        Kept {
            count: 2,
            more: true
        }
    );
    assert_eq!(
        keep(&rig, Duty::Promote, 2).await,
        Kept {
            count: 1,
            more: false
        }
    );
    assert_eq!(
        keep(&rig, Duty::Expire, 1).await,
        Kept {
            count: 1,
            more: true
        }
    );
    assert_eq!(
        keep(&rig, Duty::Expire, 1).await,
        Kept {
            count: 1,
            more: false
        }
    );
    assert_eq!(rig.state(5).await, State::Expired);
    assert_eq!(
        rig.history(5).await,
        [EventKind::Submitted, EventKind::Expired]
    );
    assert_eq!(rig.run(9).await.len(), 3);
}

/// Finished tasks are kept as long as their queue says, failed ones longer; then their events go too.
pub async fn prune_respects_retention(rig: Rig) {
    finish(&rig, 1, Decision::Complete).await;
    finish(&rig, 2, Decision::Fail).await;
    finish(&rig, 3, Decision::Complete).await;
    rig.submit(vec![task(4)]).await;
    rig.advance(24 * 3600 - 1);
    assert_eq!(
        keep(&rig, Duty::Prune, 9).await,
        Kept {
            count: 0,
            more: false
        }
    );
    rig.advance(1);
    assert_eq!(
        keep(&rig, Duty::Prune, 1).await,
        Kept {
            count: 1,
            more: true
        }
    );
    assert_eq!(rig.store.task(id(1)).await, Ok(None));
    assert_eq!(
        keep(&rig, Duty::Prune, 1).await,
        Kept {
            count: 1,
            more: false
        }
    );
    assert_eq!(rig.state(2).await, State::Failed);
    let soon = QueueChange {
        retention_failed: Some(Duration::ZERO),
        ..QueueChange::default()
    };
    rig.store.configure(QUEUE.into(), soon).await.unwrap();
    assert_eq!(keep(&rig, Duty::Prune, 9).await.count, 1);
    let left = rig
        .store
        .events(EventCursor::START, 99)
        .await
        .unwrap()
        .events;
    assert_eq!(
        left.iter().map(|event| event.task).collect::<Vec<_>>(),
        [id(4)]
    );
    let counts = rig.store.queues().await.unwrap()[0].counts;
    assert_eq!(
        (counts.of(State::Completed), counts.of(State::Failed)),
        (0, 0)
    );
    assert_eq!(counts.of(State::Pending), 1);
}

/// Once a task was pruned, its id is a new task.
pub async fn a_pruned_id_is_free_again(rig: Rig) {
    finish(&rig, 1, Decision::Complete).await;
    rig.advance(24 * 3600);
    keep(&rig, Duty::Prune, 9).await;
    let reply = rig.store.submit(Submit::one(task(1))).await.unwrap();
    assert!(!reply.tasks[0].existed());
    assert_eq!(rig.run_ids(1).await, [id(1)]);
}

/// Sequences go on after everything was pruned, so that no cursor ever points at something else.
pub async fn sequences_are_never_reused(rig: Rig) {
    finish(&rig, 1, Decision::Complete).await;
    rig.advance(24 * 3600);
    keep(&rig, Duty::Prune, 9).await;
    rig.submit(vec![task(2)]).await;
    assert_eq!(rig.task(2).await.sequence, 2);
    let events = rig
        .store
        .events(EventCursor::START, 9)
        .await
        .unwrap()
        .events;
    assert_eq!(events[0].sequence, 4);
}

/// Events have a retention of their own, for tasks that never end.
pub async fn events_are_forgotten(rig: Rig) {
    rig.submit(vec![task(1), task(2)]).await;
    rig.clock.advance(EVENT_RETENTION);
    rig.submit(vec![task(3)]).await;
    assert_eq!(
        keep(&rig, Duty::Forget, 1).await,
        Kept {
            count: 1,
            more: true
        }
    );
    assert_eq!(
        keep(&rig, Duty::Forget, 9).await,
        Kept {
            count: 1,
            more: false
        }
    );
    let left = rig
        .store
        .events(EventCursor::START, 9)
        .await
        .unwrap()
        .events;
    assert_eq!(
        left.iter().map(|event| event.task).collect::<Vec<_>>(),
        [id(3)]
    );
    assert!(rig.history(1).await.is_empty());
    assert_eq!(rig.state(1).await, State::Pending);
}

/// Asks to lead the house for so many seconds.
async fn lead(rig: &Rig, holder: Incarnation, seconds: u64) -> Leadership {
    let ttl = Duration::from_secs(seconds);
    let name = "house".into();
    rig.store.lead(Lead { name, holder, ttl }).await.unwrap()
}

/// One holder leads until its time has passed or it gives up.
pub async fn one_leads_at_a_time(rig: Rig) {
    let lead = |holder, seconds| lead(&rig, holder, seconds);
    let first = lead(ME, 10).await;
    assert_eq!(
        (first.leads, first.until),
        (true, rig.now() + Duration::from_secs(10))
    );
    assert!(!lead(OTHER, 10).await.leads);
    rig.advance(9);
    assert!(lead(ME, 10).await.leads);
    rig.advance(9);
    let refused = lead(OTHER, 10).await;
    assert_eq!(
        (refused.leads, refused.until),
        (false, rig.now() + Duration::from_secs(1))
    );
    rig.advance(1);
    assert!(lead(OTHER, 10).await.leads);
    assert!(!lead(ME, 0).await.leads);
    assert!(!lead(ME, 10).await.leads);
    assert!(!lead(OTHER, 0).await.leads);
    assert!(lead(ME, 10).await.leads);
}

/// A leader that is gone does not lead on for as long as the clock was set back.
pub async fn a_clock_set_back_ends_a_lead(rig: Rig) {
    let lead = |holder, seconds| lead(&rig, holder, seconds);
    let first = lead(ME, 86_400).await;
    assert_eq!(first.until, rig.now() + LEAD_MAX, "no lead is longer");
    assert!(!lead(OTHER, 10).await.leads);
    rig.clock.set(rig.now() - Duration::from_secs(3_600));
    assert!(lead(OTHER, 10).await.leads);
}

pub(super) fn heard(listener: &Listener) -> bool {
    let hint = pin!(listener.hint());
    hint.poll(&mut Context::from_waker(Waker::noop())) == Poll::Ready(())
}

/// Whoever may have work now gets a hint. More hints than needed do no harm; a missing one does.
pub async fn hints_are_given(rig: Rig) {
    let listener = rig.store.listen(&names(&[QUEUE]));
    rig.submit(vec![task(1)]).await;
    assert!(heard(&listener), "submitted");
    let lease = rig.run(1).await.remove(0);
    heard(&listener);
    rig.store.cancel(id(1)).await.unwrap();
    assert!(heard(&listener), "asked to cancel what runs");
    rig.settle(lease.attempt, Decision::Complete).await.unwrap();
    rig.submit(vec![task(2)]).await;
    let lease = rig.run(1).await.remove(0);
    heard(&listener);
    rig.settle(lease.attempt, Decision::HandBack).await.unwrap();
    assert!(heard(&listener), "handed back");
    let pause = |paused| QueueChange {
        paused: Some(paused),
        ..QueueChange::default()
    };
    rig.store
        .configure(QUEUE.into(), pause(true))
        .await
        .unwrap();
    heard(&listener);
    rig.store
        .configure(QUEUE.into(), pause(false))
        .await
        .unwrap();
    assert!(heard(&listener), "resumed");
    rig.store.reschedule(id(2), When::Now).await.unwrap();
    assert!(heard(&listener), "rescheduled");
    rig.run(1).await;
    heard(&listener);
    let take = crate::TakeBack {
        incarnation: ME,
        beats: None,
        limit: 9,
    };
    rig.store.take_back(take).await.unwrap();
    assert!(heard(&listener), "taken back");
}

/// A closed store says so, and has finished what it had begun.
pub async fn a_closed_store_is_unavailable(rig: Rig) {
    rig.submit(vec![task(1)]).await;
    rig.store.close().await.unwrap();
    let refused = rig.store.submit(Submit::one(task(2))).await;
    assert!(
        matches!(
            refused,
            Err(SubmitError::Store(StoreError::Unavailable { .. }))
        ),
        "{refused:?}"
    );
    assert!(rig.store.task(id(1)).await.is_err());
    assert!(rig.store.claim(claim_of(1)).await.is_err());
}

/// A step that may touch nothing changes nothing, and says whether there is something to do, whatever the
/// duty.
pub async fn a_step_of_nothing_does_nothing(rig: Rig) {
    let nothing = |more| Kept { count: 0, more };
    for duty in Duty::ALL {
        assert_eq!(keep(&rig, duty, 0).await, nothing(false), "{duty:?}");
    }
    let at_once = QueueChange {
        retention_completed: Some(Duration::ZERO),
        ..QueueChange::default()
    };
    rig.store.configure(QUEUE.into(), at_once).await.unwrap();
    finish(&rig, 1, Decision::Complete).await;
    rig.clock.advance(EVENT_RETENTION);
    let soon = Duration::from_secs(5);
    rig.submit(vec![
        task(2),
        task_with(3, |t| t.due = When::After(soon)),
        task_with(4, |t| t.deadline = Some(When::After(soon))),
        task_with(5, |t| t.alert_unstarted = Some(soon)),
    ])
    .await;
    rig.advance(5);
    let aging = QueueChange {
        order: Some(OrderPolicy::Aging { step: soon }),
        ..QueueChange::default()
    };
    rig.store.configure(QUEUE.into(), aging).await.unwrap();
    for duty in Duty::ALL {
        for _ in 0..2 {
            assert_eq!(keep(&rig, duty, 0).await, nothing(true), "{duty:?}");
        }
    }
    // Forgetting and pruning share the events of the task that has ended.
    for duty in [
        Duty::Forget,
        Duty::Promote,
        Duty::Expire,
        Duty::Alert,
        Duty::Prune,
    ] {
        assert!(keep(&rig, duty, 9).await.count > 0, "{duty:?}");
    }
    assert_eq!(keep(&rig, Duty::Rekey, 9).await.count, 3);
    assert_eq!(rig.run_ids(9).await, [2, 5, 3].map(id));
    for duty in Duty::ALL {
        assert_eq!(keep(&rig, duty, 0).await, nothing(false), "{duty:?}");
    }
}
