//! Unique keys: who holds them for how long, and what becomes of who comes second.

use std::time::Duration;

use duly_core::{Decision, EventKind, Priority, State};

use super::{Rig, id, task_with};
use crate::{
    Admission, Change, ChangeError, Duty, EventCursor, KeepHouse, NewTask, OnConflict, Payload,
    QueueChange, Replace, Restore, Save, Submit, SubmitError, Submitted, Unique, UniqueScope, When,
};

const PERIOD: Duration = Duration::from_secs(60);
const SCOPES: [UniqueScope; 3] = [
    UniqueScope::Unfinished,
    UniqueScope::Waiting,
    UniqueScope::Period(PERIOD),
];

fn keyed(n: u8, scope: UniqueScope, on_conflict: OnConflict) -> NewTask {
    task_with(n, |task| {
        task.payload = Payload::json(format!("{n}"));
        task.unique = Some(Unique {
            scope,
            on_conflict,
            ..Unique::new("k")
        });
    })
}

fn all(n: u8) -> NewTask {
    let mut task = keyed(
        n,
        UniqueScope::Unfinished,
        OnConflict::Replace(Replace::ALL),
    );
    task.priority = Priority::High;
    task.due = When::After(Duration::from_secs(5));
    task
}

async fn try_submit(rig: &Rig, task: NewTask) -> Result<Submitted, SubmitError> {
    let reply = rig.store.submit(Submit::one(task)).await?;
    Ok(reply.tasks.into_iter().next().unwrap())
}

fn refused(index: usize, existing: u8) -> SubmitError {
    SubmitError::TaskExists {
        index,
        existing: id(existing),
        key: "k".into(),
    }
}

fn stands(n: u8, state: State, admission: Admission) -> Submitted {
    Submitted {
        id: id(n),
        state,
        admission,
    }
}

async fn run_one(rig: &Rig) -> duly_core::AttemptRef {
    rig.run(1).await.remove(0).attempt
}

/// What the holder said decides how long it holds the key, through its whole life.
pub async fn a_key_is_held_as_its_holder_said(rig: Rig) {
    for (n, scope) in (1..).zip(SCOPES) {
        let kind = format!("kind-{n}");
        let of = |m: u8| {
            let mut task = keyed(10 * n + m, scope, OnConflict::Reject);
            task.kind = kind.as_str().into();
            task
        };
        let is_free = async |rig: &Rig, m: u8| {
            let probe = try_submit(rig, of(m)).await;
            if probe.is_ok() {
                rig.store
                    .change(id(10 * n + m), Change::Cancel)
                    .await
                    .unwrap();
                rig.store
                    .change(id(10 * n + m), Change::Discard)
                    .await
                    .unwrap();
            }
            probe.is_ok()
        };
        rig.submit(vec![of(1)]).await;
        let mut claim = super::claim_of(1);
        claim.kinds = vec![kind.as_str().into()];
        assert!(!is_free(&rig, 2).await, "{scope:?} waits");
        let lease = rig.claim(claim.clone()).await.leases.remove(0);
        let begun = scope == UniqueScope::Waiting;
        assert_eq!(is_free(&rig, 3).await, begun, "{scope:?} runs");
        rig.settle(lease.attempt, Decision::Retry(Duration::from_secs(1)))
            .await
            .unwrap();
        assert_eq!(is_free(&rig, 4).await, begun, "{scope:?} is tried again");
        rig.advance(1);
        let lease = rig.claim(claim).await.leases.remove(0);
        rig.settle(lease.attempt, Decision::Complete).await.unwrap();
        let ended = !matches!(scope, UniqueScope::Period(_));
        assert_eq!(is_free(&rig, 5).await, ended, "{scope:?} has ended");
    }
}

/// A period ends at its instant, not a microsecond before, whatever became of its task.
pub async fn a_period_ends_to_the_microsecond(rig: Rig) {
    let throttled = |n| keyed(n, UniqueScope::Period(PERIOD), OnConflict::Keep);
    rig.submit(vec![throttled(1)]).await;
    let attempt = run_one(&rig).await;
    rig.settle(attempt, Decision::Fail).await.unwrap();
    rig.clock.advance(PERIOD - Duration::from_micros(1));
    let kept = try_submit(&rig, throttled(2)).await;
    assert_eq!(kept, Ok(stands(1, State::Failed, Admission::Kept)));
    assert_eq!(rig.store.task(id(2)).await, Ok(None));
    rig.clock.advance(Duration::from_micros(1));
    let new = try_submit(&rig, throttled(2)).await;
    assert_eq!(new, Ok(stands(2, State::Pending, Admission::New)));
    let kept = try_submit(&rig, throttled(3)).await;
    assert_eq!(kept, Ok(stands(2, State::Pending, Admission::Kept)));
}

/// A key that is held for a period outlives its task, until pruning finds its period over; discarding
/// the task gives it up.
pub async fn a_period_outlives_its_task(rig: Rig) {
    let change = QueueChange {
        retention_completed: Some(Duration::ZERO),
        ..QueueChange::default()
    };
    let queue = super::QUEUE.into();
    rig.store.configure(queue, change).await.unwrap();
    let throttled = |n| keyed(n, UniqueScope::Period(PERIOD), OnConflict::Keep);
    rig.submit(vec![throttled(1)]).await;
    let attempt = run_one(&rig).await;
    rig.settle(attempt, Decision::Complete).await.unwrap();
    let prune = async |rig: &Rig| {
        let step = KeepHouse {
            duty: Duty::Prune,
            limit: 1,
        };
        let kept = rig.store.keep_house(step).await.unwrap();
        (kept.count, kept.more)
    };
    assert_eq!(prune(&rig).await, (1, false));
    assert_eq!(rig.store.task(id(1)).await, Ok(None));
    let kept = try_submit(&rig, throttled(2)).await;
    assert_eq!(kept, Ok(stands(1, State::Completed, Admission::Kept)));
    let other = |n: u8| {
        task_with(n, |t| {
            t.unique = throttled(n).unique;
            t.kind = "other".into();
        })
    };
    rig.submit(vec![other(3)]).await;
    rig.clock.advance(PERIOD);
    assert_eq!(prune(&rig).await, (1, true), "one key of two");
    assert_eq!(prune(&rig).await, (1, false));
    assert_eq!(prune(&rig).await, (0, false));
    rig.submit(vec![throttled(4)]).await;
    rig.store.change(id(4), Change::Cancel).await.unwrap();
    rig.store.change(id(4), Change::Discard).await.unwrap();
    let new = try_submit(&rig, throttled(5)).await;
    assert_eq!(new, Ok(stands(5, State::Pending, Admission::New)));
}

/// What was chosen is replaced, and nothing else; one event tells of it.
pub async fn a_replacement_changes_what_it_says(rig: Rig) {
    let nothing = Replace {
        payload: false,
        priority: false,
        due: false,
    };
    let some = [
        Replace {
            payload: true,
            ..nothing
        },
        Replace {
            priority: true,
            ..nothing
        },
        Replace {
            due: true,
            ..nothing
        },
        Replace::ALL,
    ];
    for (n, what) in (1..).zip(some) {
        let of = |m: u8| {
            let mut task = all(10 * n + m);
            task.kind = format!("kind-{n}").as_str().into();
            task.unique.as_mut().unwrap().on_conflict = OnConflict::Replace(what);
            task
        };
        let mut first = of(1);
        (first.priority, first.due) = (Priority::Low, When::Now);
        rig.submit(vec![first.clone()]).await;
        let met = try_submit(&rig, of(2)).await.unwrap();
        let state = if what.due {
            State::Scheduled
        } else {
            State::Pending
        };
        assert_eq!(
            met,
            stands(10 * n + 1, state, Admission::Replaced),
            "{what:?}"
        );
        let task = rig.task(10 * n + 1).await;
        let payload = if what.payload {
            of(2).payload
        } else {
            first.payload
        };
        assert_eq!(task.payload, payload, "{what:?}");
        let priority = if what.priority {
            Priority::High
        } else {
            Priority::Low
        };
        assert_eq!((task.state, task.priority), (state, priority), "{what:?}");
        let due = rig.now() + Duration::from_secs(if what.due { 5 } else { 0 });
        assert_eq!(task.due_at, due, "{what:?}");
        let told = rig.store.task_events(task.id, EventCursor::START, 9).await;
        let told = told.unwrap().events;
        let last = told.last().unwrap();
        assert_eq!((told.len(), last.kind), (2, EventKind::Replaced));
        assert_eq!(last.due_at, what.due.then_some(due), "{what:?}");
        assert_eq!(last.priority, what.priority.then_some(Priority::High));
        assert_eq!(rig.store.task(id(10 * n + 2)).await, Ok(None));
    }
}

/// What waits or is pending is replaced; what has begun, or has ended, is not.
pub async fn what_has_begun_is_not_replaced(rig: Rig) {
    let period = |n| {
        let mut task = all(n);
        task.unique.as_mut().unwrap().scope = UniqueScope::Period(PERIOD);
        task
    };
    rig.submit(vec![period(1)]).await;
    assert!(try_submit(&rig, all(2)).await.is_ok(), "scheduled");
    rig.advance(5);
    assert!(
        try_submit(&rig, all(3)).await.is_ok(),
        "due, not yet noticed"
    );
    rig.advance(5);
    let mut prefetch = super::claim_of(0);
    prefetch.prefetch = 1;
    let attempt = rig.claim(prefetch).await.leases.remove(0).attempt;
    assert_eq!(
        try_submit(&rig, all(4)).await,
        Err(refused(0, 1)),
        "assigned"
    );
    rig.settle(attempt, Decision::HandBack).await.unwrap();
    let again = run_one(&rig).await;
    assert_eq!(
        try_submit(&rig, all(4)).await,
        Err(refused(0, 1)),
        "running"
    );
    rig.settle(again, Decision::Retry(Duration::from_secs(1)))
        .await
        .unwrap();
    let met = try_submit(&rig, all(4)).await;
    assert_eq!(met, Ok(stands(1, State::Retrying, Admission::Replaced)));
    assert_eq!(rig.task(1).await.payload, all(4).payload);
    rig.advance(5);
    let last = run_one(&rig).await;
    rig.settle(last, Decision::Complete).await.unwrap();
    assert_eq!(try_submit(&rig, all(5)).await, Err(refused(0, 1)), "ended");
    assert_eq!(rig.task(1).await.payload, all(4).payload);
}

/// The id comes before the key: a submission that comes again is answered, and takes effect once.
pub async fn a_submission_that_comes_again_replaces_once(rig: Rig) {
    rig.submit(vec![all(1), all(2), all(2)]).await;
    assert_eq!(rig.history(1).await.len(), 2, "also within a batch");
    rig.submit(vec![all(3)]).await;
    let again = try_submit(&rig, all(2)).await;
    assert_eq!(again, Ok(stands(1, State::Scheduled, Admission::Existed)));
    assert_eq!(rig.task(1).await.payload, all(3).payload);
    rig.advance(5);
    let attempt = run_one(&rig).await;
    let again = try_submit(&rig, all(3)).await;
    assert_eq!(again, Ok(stands(1, State::Running, Admission::Existed)));
    rig.settle(attempt, Decision::Complete).await.unwrap();
    let again = try_submit(&rig, all(3)).await;
    assert_eq!(again, Ok(stands(1, State::Completed, Admission::Existed)));
    rig.submit(vec![all(4)]).await;
    let own = try_submit(&rig, all(1)).await;
    assert_eq!(own, Ok(stands(1, State::Completed, Admission::Existed)));
}

/// Tasks of one batch meet each other, and a refusal undoes what they have replaced.
pub async fn a_refused_batch_undoes_its_replacements(rig: Rig) {
    let lapsed = |n| {
        let mut task = keyed(n, UniqueScope::Period(PERIOD), OnConflict::Reject);
        task.unique.as_mut().unwrap().key = "lapsed".into();
        task
    };
    rig.submit(vec![
        keyed(1, UniqueScope::Unfinished, OnConflict::Reject),
        lapsed(9),
    ])
    .await;
    rig.clock.advance(PERIOD);
    let before = (rig.task(1).await, rig.store.events_end().await);
    let tasks = vec![
        lapsed(8),
        all(2),
        all(3),
        keyed(4, UniqueScope::Unfinished, OnConflict::Keep),
        keyed(5, UniqueScope::Unfinished, OnConflict::Reject),
    ];
    let answer = rig
        .store
        .submit(Submit {
            tasks: tasks.clone(),
        })
        .await;
    assert_eq!(answer, Err(refused(4, 1)));
    assert_eq!((rig.task(1).await, rig.store.events_end().await), before);
    let step = KeepHouse {
        duty: Duty::Prune,
        limit: 9,
    };
    let kept = rig.store.keep_house(step).await.unwrap();
    assert_eq!(kept.count, 1, "the key that has lapsed is as it was");
    let answer = rig
        .store
        .submit(Submit {
            tasks: tasks[1..4].to_vec(),
        })
        .await
        .unwrap();
    let met = Admission::Replaced;
    let expected = [met, met, Admission::Kept].map(|how| stands(1, State::Scheduled, how));
    assert_eq!(answer.tasks, expected, "as if nothing had been tried");
    assert_eq!(rig.task(1).await.payload, all(3).payload);
}

/// A task that is put back in line needs its key only if it would hold it.
pub async fn a_retried_task_needs_the_key_that_it_would_hold(rig: Rig) {
    for (n, scope) in (1..).zip(SCOPES) {
        let of = |m: u8, scope| {
            let mut task = keyed(10 * n + m, scope, OnConflict::Reject);
            task.kind = format!("kind-{n}").as_str().into();
            task
        };
        rig.submit(vec![of(1, scope)]).await;
        rig.store
            .change(id(10 * n + 1), Change::Cancel)
            .await
            .unwrap();
        rig.clock.advance(PERIOD);
        rig.submit(vec![of(2, UniqueScope::Unfinished)]).await;
        let retry = Change::Retry { payload: None };
        let retried = rig.store.change(id(10 * n + 1), retry).await;
        match scope {
            UniqueScope::Period(_) => assert!(retried.is_ok(), "its period is over"),
            _ => assert_eq!(
                retried,
                Err(ChangeError::TaskExists {
                    existing: id(10 * n + 2),
                    key: "k".into()
                }),
                "{scope:?}: it would wait again"
            ),
        }
    }
}

/// What is saved holds its key where it is restored, as long as it would have.
pub async fn a_restored_task_holds_its_key(rig: Rig) {
    let throttled = |n| keyed(n, UniqueScope::Period(PERIOD), OnConflict::Keep);
    rig.submit(vec![throttled(1)]).await;
    let attempt = run_one(&rig).await;
    rig.settle(attempt, Decision::Fail).await.unwrap();
    let save = Save {
        after: None,
        limit: 9,
    };
    let tasks = rig.store.save(save).await.unwrap().tasks;
    assert_eq!(tasks[0].task.unique_scope, UniqueScope::Period(PERIOD));
    rig.store.change(id(1), Change::Discard).await.unwrap();
    let restored = rig.store.restore(Restore { tasks }).await.unwrap();
    assert_eq!(restored.restored, 1);
    let kept = try_submit(&rig, throttled(2)).await;
    assert_eq!(kept, Ok(stands(1, State::Failed, Admission::Kept)));
    rig.clock.advance(PERIOD);
    let new = try_submit(&rig, throttled(2)).await;
    assert_eq!(new, Ok(stands(2, State::Pending, Admission::New)));
}

/// Periods and replacements that make no sense are refused by name.
pub async fn absurd_keys_are_refused(rig: Rig) {
    let long = Duration::from_secs(367 * 24 * 3600);
    let nothing = Replace {
        payload: false,
        ..Replace::PAYLOAD
    };
    for (field, scope, on_conflict) in [
        (
            "unique_for",
            UniqueScope::Period(Duration::ZERO),
            OnConflict::Keep,
        ),
        ("unique_for", UniqueScope::Period(long), OnConflict::Keep),
        (
            "replace",
            UniqueScope::Waiting,
            OnConflict::Replace(nothing),
        ),
    ] {
        let answer = try_submit(&rig, keyed(1, scope, on_conflict)).await;
        let Err(SubmitError::InvalidInput { source, .. }) = answer else {
            panic!("{field}: {answer:?}")
        };
        assert_eq!(source.field, field);
    }
}
