//! Lists.

use std::time::Duration;

use duly_core::{Decision, State, TaskId, Timestamp};

use super::{ME, Rig, id, task, task_with};
use crate::{Filter, Lease, List, Payload, RequestError, Settlement, When};

async fn found(rig: &Rig, filter: Filter) -> Vec<TaskId> {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = rig
            .store
            .list(List {
                filter: filter.clone(),
                after,
                limit: 2,
                brief: false,
            })
            .await
            .unwrap();
        found.extend(page.tasks.iter().map(|task| task.id));
        match page.next {
            Some(next) => after = Some(next),
            None => return found,
        }
    }
}

fn of(ids: &[u8]) -> Vec<TaskId> {
    ids.iter().copied().map(id).collect()
}

fn states(states: &[State]) -> Filter {
    Filter {
        states: states.into(),
        ..Filter::default()
    }
}

/// Two old tasks, of which the first runs, and three younger ones; answers when those came.
async fn sample(rig: &Rig) -> (Timestamp, Lease) {
    rig.submit(vec![task(1), task_with(2, |t| t.queue = "mail".into())])
        .await;
    rig.advance(10);
    let from = rig.now();
    let labelled = task_with(4, |t| {
        t.labels.insert("team".into(), "blue".into());
        t.due = When::After(Duration::from_secs(60));
    });
    let urgent = task_with(5, |t| {
        t.deadline = Some(When::After(Duration::from_secs(5)))
    });
    rig.submit(vec![
        task_with(3, |t| t.kind = "other".into()),
        labelled,
        urgent,
    ])
    .await;
    (from, rig.run(1).await.remove(0))
}

fn filter(change: impl FnOnce(&mut Filter)) -> Filter {
    let mut filter = Filter::default();
    change(&mut filter);
    filter
}

/// Tasks are found by what they are and who holds them.
pub async fn filters_select(rig: Rig) {
    let (_, lease) = sample(&rig).await;
    let cases = [
        (Filter::default(), of(&[5, 4, 3, 2, 1])),
        (states(&[State::Pending]), of(&[5, 3, 2])),
        (states(&[State::Running, State::Scheduled]), of(&[4, 1])),
        (filter(|f| f.queue = Some("mail".into())), of(&[2])),
        (filter(|f| f.kind = Some("other".into())), of(&[3])),
        (filter(|f| f.worker = Some("me".into())), of(&[1])),
        (
            filter(|f| f.label = Some(("team".into(), "blue".into()))),
            of(&[4]),
        ),
        (
            filter(|f| f.label = Some(("team".into(), "red".into()))),
            of(&[]),
        ),
        (filter(|f| f.queue = Some("none".into())), of(&[])),
    ];
    for (filter, expected) in cases {
        assert_eq!(found(&rig, filter.clone()).await, expected, "{filter:?}");
    }
    rig.settle(lease.attempt, Decision::Complete).await.unwrap();
    let done = Filter {
        worker: Some("me".into()),
        ..states(&[State::Completed])
    };
    assert_eq!(found(&rig, done).await, of(&[1]));
}

/// Tasks are found by their times.
pub async fn times_select(rig: Rig) {
    let (from, _) = sample(&rig).await;
    let recent = Filter {
        submitted_from: Some(from),
        ..Filter::default()
    };
    assert_eq!(found(&rig, recent).await, of(&[5, 4, 3]));
    let older = Filter {
        submitted_before: Some(from),
        ..Filter::default()
    };
    assert_eq!(found(&rig, older).await, of(&[2, 1]));
    let due = Filter {
        due_before: Some(from),
        ..Filter::default()
    };
    assert_eq!(found(&rig, due).await, of(&[2]));
    let overdue = Filter {
        overdue: true,
        ..Filter::default()
    };
    assert_eq!(found(&rig, overdue.clone()).await, of(&[]));
    rig.advance(5);
    assert_eq!(found(&rig, overdue).await, of(&[5]));
}

/// Pages go on where the one before ended, although tasks come and go meanwhile.
pub async fn pages_go_down_without_gaps(rig: Rig) {
    rig.submit((1..=5).map(task).collect()).await;
    let list = |after| List {
        filter: Filter::default(),
        after,
        limit: 2,
        brief: false,
    };
    let first = rig.store.list(list(None)).await.unwrap();
    let ids = |tasks: &[crate::TaskRecord]| tasks.iter().map(|task| task.id).collect::<Vec<_>>();
    assert_eq!(ids(&first.tasks), [5, 4].map(id));
    rig.submit(vec![task(6)]).await;
    rig.store.cancel(id(4)).await.unwrap();
    let second = rig.store.list(list(first.next)).await.unwrap();
    assert_eq!(ids(&second.tasks), [3, 2].map(id));
    let third = rig.store.list(list(second.next)).await.unwrap();
    assert_eq!((ids(&third.tasks), third.next), (vec![id(1)], None));
}

/// A page without a size, or of too many, is refused.
pub async fn pages_are_bounded(rig: Rig) {
    for limit in [0, 1_001] {
        let refused = rig
            .store
            .list(List {
                limit,
                ..List::default()
            })
            .await;
        let Err(RequestError::InvalidInput(input)) = refused else {
            panic!("got {refused:?}")
        };
        assert_eq!(input.field, "limit");
        let events = rig.store.events(crate::EventCursor::START, limit).await;
        assert!(matches!(events, Err(RequestError::InvalidInput(_))));
    }
}

/// A brief list says all but what is heavy.
pub async fn a_brief_list_leaves_the_payloads(rig: Rig) {
    let bytes = task_with(2, |t| {
        t.payload = Payload {
            version: 3,
            key_id: Some("k".into()),
            ..Payload::bytes("secret")
        };
    });
    rig.submit(vec![task(1), bytes]).await;
    let lease = rig.run(1).await.remove(0);
    let done = Settlement {
        result: Some(Payload::json("[1,2,3]")),
        ..Settlement::new(lease.attempt, Decision::Complete)
    };
    rig.settle_with(ME, done).await.unwrap();
    let list = |brief| List {
        limit: 9,
        brief,
        ..List::default()
    };
    let whole = rig.store.list(list(false)).await.unwrap();
    let brief = rig.store.list(list(true)).await.unwrap();
    let mut expected = whole.clone();
    for task in &mut expected.tasks {
        task.payload = task.payload.emptied();
        task.result = task.result.as_ref().map(Payload::emptied);
    }
    assert_eq!(brief, expected);
    assert_eq!(whole.tasks[1].result, Some(Payload::json("[1,2,3]")));
    assert_eq!(brief.tasks[1].result, Some(Payload::json("")));
    assert_eq!(&*brief.tasks[0].payload.bytes, b"");
    assert_eq!(brief.tasks[0].payload.version, 3);
}
