//! Changes that people make.

use std::time::Duration;

use duly_core::{Decision, EventKind, InvalidTransition, Priority, State};

use super::{Rig, id, task, task_with};
use crate::bounds::{AHEAD_MAX, PAYLOAD_BYTES_MAX, SUBMIT_BYTES_MAX};
use crate::{
    Change, ChangeError, ChangeMatching, EventCursor, Filter, NewTask, Payload, RequestError, When,
};

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
    let keyed = |n| task_with(n, |t| t.unique = Some("k".into()));
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

async fn failed(rig: &Rig, tasks: Vec<NewTask>) {
    let many = u32::try_from(tasks.len()).unwrap();
    rig.submit(tasks).await;
    for lease in rig.run(many).await {
        rig.settle(lease.attempt, Decision::Fail).await.unwrap();
    }
}

fn with_payload(text: impl Into<Vec<u8>>) -> Change {
    Change::Retry {
        payload: Some(Payload::json(text)),
    }
}

/// A dead letter may go back with another payload, which its handler gets.
pub async fn retry_may_bring_another_payload(rig: Rig) {
    failed(&rig, vec![task(1)]).await;
    let heavy = with_payload(vec![b'1'; (1 << 20) + 1]);
    let refused = rig.store.change(id(1), heavy).await;
    let Err(ChangeError::InvalidInput(input)) = refused else {
        panic!("got {refused:?}")
    };
    assert_eq!(input.field, "payload");
    assert_eq!(rig.state(1).await, State::Failed);
    let payload = Payload {
        version: 2,
        ..Payload::bytes("mended")
    };
    let change = Change::Retry {
        payload: Some(payload.clone()),
    };
    let shown = rig.store.change(id(1), change).await.unwrap();
    assert_eq!((shown.state, &shown.payload), (State::Pending, &payload));
    let lease = rig.run(1).await.remove(0);
    assert_eq!(lease.payload, payload);
    let running = rig.store.change(id(1), with_payload("2")).await;
    assert!(matches!(running, Err(ChangeError::InvalidTransition(_))));
    assert_eq!(rig.task(1).await.payload, payload);
}

/// What has ended is removed with its events, and its id is free again.
pub async fn discard_removes_what_has_ended(rig: Rig) {
    failed(&rig, vec![task(1), task(2)]).await;
    let before = rig.task(1).await;
    let shown = rig.store.change(id(1), Change::Discard).await.unwrap();
    assert_eq!(shown, before);
    assert_eq!(rig.store.task(id(1)).await, Ok(None));
    let history = rig.store.task_events(id(1), EventCursor::START, 9).await;
    assert_eq!(history, Err(RequestError::TaskNotFound(id(1))));
    let feed = rig.store.events(EventCursor::START, 99).await.unwrap();
    assert_eq!(feed.events.len(), 3);
    assert!(feed.events.iter().all(|event| event.task == id(2)));
    let queue = rig.store.queues().await.unwrap().remove(0);
    assert_eq!(queue.counts.of(State::Failed), 1);
    assert_eq!(queue.totals.of(EventKind::Failed), 2);
    rig.submit(vec![task(1)]).await;
    assert_eq!(rig.task(1).await.sequence, 3, "no sequence is used twice");
    assert_eq!(rig.history(1).await, [EventKind::Submitted]);
}

/// What has not ended must be cancelled first.
pub async fn what_has_not_ended_is_not_discarded(rig: Rig) {
    rig.submit(vec![task(1), task(2)]).await;
    rig.run(1).await;
    for (n, state) in [(1, State::Running), (2, State::Pending)] {
        let refused = rig.store.change(id(n), Change::Discard).await;
        let unfinished = duly_core::Unfinished { state };
        assert_eq!(refused, Err(ChangeError::Unfinished(unfinished)));
        assert_eq!(rig.state(n).await, state);
    }
    let missing = rig.store.change(id(5), Change::Discard).await;
    assert_eq!(missing, Err(ChangeError::TaskNotFound(id(5))));
}

fn matching(filter: Filter, change: Change) -> ChangeMatching {
    ChangeMatching {
        filter,
        change,
        after: None,
        limit: 100,
        dry_run: false,
    }
}

async fn change_all(rig: &Rig, request: ChangeMatching) -> (u32, u32) {
    let done = rig.store.change_matching(request).await.unwrap();
    assert_eq!((done.next, done.at), (None, rig.now()));
    (done.matched, done.changed)
}

fn of_kind(kind: &str) -> Filter {
    Filter {
        kind: Some(kind.into()),
        ..Filter::default()
    }
}

/// Each change reaches the tasks that the filter means and whose state allows it, and no others.
pub async fn a_filter_means_many(rig: Rig) {
    let mail = |n| task_with(n, |t| t.kind = "mail".into());
    rig.submit((1..=3).map(task).chain((4..=7).map(mail)).collect())
        .await;
    let lease = rig.run(1).await.remove(0);
    rig.settle(lease.attempt, Decision::Complete).await.unwrap();
    let low = Change::Reprioritise(Priority::Low);
    assert_eq!(
        change_all(&rig, matching(of_kind(super::KIND), low)).await,
        (3, 2)
    );
    assert_eq!(rig.task(2).await.priority, Priority::Low);
    assert_eq!(rig.task(4).await.priority, Priority::Normal);
    let later = Change::Reschedule(When::After(Duration::from_secs(60)));
    assert_eq!(
        change_all(&rig, matching(of_kind("mail"), later)).await,
        (4, 4)
    );
    assert_eq!(rig.state(7).await, State::Scheduled);
    let calls = matching(Filter::default(), Change::Cancel);
    assert_eq!(change_all(&rig, calls).await, (7, 6));
    let cancelled = Filter {
        states: vec![State::Cancelled],
        ..of_kind("mail")
    };
    let retry = matching(cancelled.clone(), with_payload("[]"));
    assert_eq!(change_all(&rig, retry).await, (4, 4));
    let retried = rig.task(5).await;
    assert_eq!(
        (retried.state, retried.payload),
        (State::Pending, Payload::json("[]"))
    );
    assert_eq!(rig.history(5).await.last(), Some(&EventKind::Retried));
    let discard = matching(Filter::default(), Change::Discard);
    assert_eq!(change_all(&rig, discard).await, (7, 3));
    assert_eq!(rig.store.task(id(1)).await, Ok(None));
    assert_eq!(rig.state(4).await, State::Pending);
}

/// A dry run answers what the step would, and touches nothing.
pub async fn a_dry_run_only_counts(rig: Rig) {
    failed(&rig, vec![task(1), task(2)]).await;
    rig.submit(vec![task(3)]).await;
    let events = rig.store.events(EventCursor::START, 99).await.unwrap();
    for (change, changed) in [
        (Change::Cancel, 1),
        (Change::Retry { payload: None }, 2),
        (Change::Reprioritise(Priority::High), 1),
        (Change::Reschedule(When::Now), 1),
        (Change::Discard, 2),
    ] {
        let dry = ChangeMatching {
            dry_run: true,
            ..matching(Filter::default(), change)
        };
        assert_eq!(change_all(&rig, dry.clone()).await, (3, changed), "{dry:?}");
    }
    let after = rig.store.events(EventCursor::START, 99).await.unwrap();
    assert_eq!(after, events);
    assert_eq!(rig.task(3).await.priority, Priority::Normal);
    assert_eq!(rig.state(1).await, State::Failed);
}

/// A step touches as many as it may, and says where the next one begins.
pub async fn a_step_is_bounded_and_goes_on(rig: Rig) {
    rig.submit((1..=5).map(task).collect()).await;
    let mut step = ChangeMatching {
        limit: 2,
        ..matching(Filter::default(), Change::Cancel)
    };
    let mut states = Vec::new();
    loop {
        let done = rig.store.change_matching(step.clone()).await.unwrap();
        assert_eq!(done.matched, done.changed);
        states.push(done.changed);
        match done.next {
            Some(_) => step.after = done.next,
            None => break,
        }
    }
    assert_eq!(states, [2, 2, 1]);
    for n in 1..=5 {
        assert_eq!(rig.state(n).await, State::Cancelled);
    }
    for limit in [0, 1_001] {
        let refused = rig
            .store
            .change_matching(ChangeMatching {
                limit,
                ..step.clone()
            })
            .await;
        assert!(
            matches!(&refused, Err(RequestError::InvalidInput(input)) if input.field == "limit"),
            "{refused:?}"
        );
    }
}

/// A payload that is given to each of many counts as if it were submitted.
pub async fn a_step_gives_no_more_payload_than_a_submit(rig: Rig) {
    let most = u32::try_from(SUBMIT_BYTES_MAX / PAYLOAD_BYTES_MAX).unwrap();
    rig.submit((0..=most).map(|n| task(u8::try_from(n).unwrap())).collect())
        .await;
    let retry = |bytes| ChangeMatching {
        limit: 1_000,
        dry_run: true,
        ..matching(
            Filter::default(),
            Change::Retry {
                payload: Some(Payload::bytes(vec![0; bytes])),
            },
        )
    };
    for (bytes, matched) in [(PAYLOAD_BYTES_MAX, most), (9, most + 1)] {
        let done = rig.store.change_matching(retry(bytes)).await.unwrap();
        assert_eq!((done.matched, done.changed), (matched, 0));
        assert_eq!(done.next.is_some(), matched == most);
    }
}

/// Of several that share a unique key, the newest comes back, and a dry run knows that.
pub async fn one_of_many_gets_the_unique_key(rig: Rig) {
    let keyed = |n| task_with(n, |t| t.unique = Some("k".into()));
    for n in 1..=3 {
        rig.submit(vec![keyed(n)]).await;
        rig.store.cancel(id(n)).await.unwrap();
    }
    let retry = matching(Filter::default(), Change::Retry { payload: None });
    let dry = ChangeMatching {
        dry_run: true,
        ..retry.clone()
    };
    assert_eq!(change_all(&rig, dry.clone()).await, (3, 1));
    assert_eq!(change_all(&rig, retry).await, (3, 1));
    assert_eq!(rig.state(3).await, State::Pending);
    assert_eq!(change_all(&rig, dry).await, (3, 0));
}

/// What is absurd is refused by name, for one task and for many.
pub async fn absurd_changes_are_refused(rig: Rig) {
    rig.submit(vec![task(1)]).await;
    let far = When::At(rig.now() + AHEAD_MAX + Duration::from_secs(1));
    for due in [far, When::After(Duration::MAX)] {
        let refused = rig.store.reschedule(id(1), due).await;
        assert!(
            matches!(&refused, Err(ChangeError::InvalidInput(input)) if input.field == "due"),
            "{refused:?}"
        );
        let many = matching(Filter::default(), Change::Reschedule(due));
        let refused = rig.store.change_matching(many).await;
        assert!(
            matches!(&refused, Err(RequestError::InvalidInput(input)) if input.field == "due"),
            "{refused:?}"
        );
    }
    assert_eq!(rig.state(1).await, State::Pending);
}
