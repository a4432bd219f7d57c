//! Schedules.

use std::time::Duration;

use duly_core::{Decision, State, TaskId};

use super::{QUEUE, Rig, id, task, task_with};
use crate::bounds::{
    ADVANCE_CANCEL_MAX, PAGE_MAX, SAVE_BYTES_MAX, SCHEDULE_DEFINITION_BYTES_MAX,
    SCHEDULE_STATE_BYTES_MAX,
};
use crate::{
    Admission, Advance, Advanced, Expected, ListSchedules, Name, NewTask, OnConflict, PutSchedule,
    QueueChange, RemoveSchedule, Replace, RequestError, ScheduleError, ScheduleRecord, StoreError,
    SubmitError, Unique,
};

/// A schedule that is looked at so many seconds from now.
fn put(rig: &Rig, name: &str, seconds: u64) -> PutSchedule {
    PutSchedule {
        name: name.into(),
        owner: None,
        definition: "what".into(),
        state: "so far".into(),
        next_at: Some(rig.now() + Duration::from_secs(seconds)),
        expected: Expected::Anything,
    }
}

async fn placed(rig: &Rig, name: &str, seconds: u64) -> ScheduleRecord {
    let placed = rig.store.put_schedule(put(rig, name, seconds)).await;
    placed.expect("the schedule is taken")
}

async fn found(rig: &Rig, name: &str) -> Option<ScheduleRecord> {
    rig.store.schedule(name.into()).await.unwrap()
}

/// A step of a schedule as it was read: it submits tasks, and is looked at again a minute later.
fn step(rig: &Rig, read: &ScheduleRecord, tasks: Vec<NewTask>) -> Advance {
    Advance {
        name: read.name.clone(),
        version: read.version,
        state: "further".into(),
        next_at: Some(rig.now() + Duration::from_secs(60)),
        tasks,
        cancel: Vec::new(),
    }
}

async fn moved(rig: &Rig, step: Advance) -> Advanced {
    let moved = rig.store.advance_schedule(step).await;
    moved.expect("the schedule moves on")
}

async fn due_names(rig: &Rig, limit: u32) -> Vec<Name> {
    let due = rig.store.due_schedules(limit).await.unwrap();
    due.schedules.into_iter().map(|due| due.name).collect()
}

async fn tasks(rig: &Rig) -> usize {
    let list = crate::List {
        limit: PAGE_MAX,
        ..crate::List::default()
    };
    rig.store.list(list).await.unwrap().tasks.len()
}

/// What is put is there, whole; put again, it is replaced, in another version.
pub async fn what_is_put_is_kept(rig: Rig) {
    assert_eq!(found(&rig, "nightly").await, None);
    let first = PutSchedule {
        owner: Some("config".into()),
        definition: "{\"what\":\"é\"}".into(),
        ..put(&rig, "nightly", 5)
    };
    let record = rig.store.put_schedule(first.clone()).await.unwrap();
    assert_eq!(record.name, first.name);
    assert_eq!(record.owner, first.owner);
    assert_eq!(record.definition, first.definition);
    assert_eq!(record.state, first.state);
    assert_eq!(record.next_at, first.next_at);
    assert_eq!(found(&rig, "nightly").await, Some(record.clone()));
    let second = PutSchedule {
        owner: None,
        definition: "other".into(),
        state: "".into(),
        next_at: None,
        ..first
    };
    let replaced = rig.store.put_schedule(second).await.unwrap();
    assert!(replaced.version > record.version);
    assert_eq!((replaced.owner.as_ref(), replaced.next_at), (None, None));
    assert_eq!(&*replaced.definition, "other");
    assert_eq!(found(&rig, "nightly").await, Some(replaced));
}

/// A write says what it expects to find.
pub async fn a_write_expects_what_it_has_read(rig: Rig) {
    let expecting = |expected| PutSchedule {
        expected,
        ..put(&rig, "nightly", 5)
    };
    let missing = rig.store.put_schedule(expecting(Expected::Version(1)));
    assert_eq!(
        missing.await,
        Err(ScheduleError::NotFound("nightly".into()))
    );
    let made = rig.store.put_schedule(expecting(Expected::Nothing)).await;
    let made = made.unwrap();
    let conflict = || {
        Err(ScheduleError::Conflict {
            name: "nightly".into(),
            found: Some(made.version),
        })
    };
    let again = rig.store.put_schedule(expecting(Expected::Nothing)).await;
    assert_eq!(again, conflict());
    let stale = Expected::Version(made.version + 1);
    assert_eq!(
        rig.store.put_schedule(expecting(stale)).await,
        conflict(),
        "not the version that is there"
    );
    let remove = |version| RemoveSchedule {
        name: "nightly".into(),
        version,
    };
    let stale = rig.store.remove_schedule(remove(Some(made.version + 1)));
    assert_eq!(stale.await, conflict());
    let right = Expected::Version(made.version);
    let replaced = rig.store.put_schedule(expecting(right)).await.unwrap();
    let removed = rig.store.remove_schedule(remove(Some(replaced.version)));
    assert_eq!(removed.await, Ok(replaced));
}

/// A schedule that is removed is gone; one of its name that comes after it is another.
pub async fn a_removed_schedule_is_gone_for_good(rig: Rig) {
    let old = placed(&rig, "nightly", 0).await;
    let remove = RemoveSchedule {
        name: "nightly".into(),
        version: None,
    };
    assert_eq!(
        rig.store.remove_schedule(remove.clone()).await,
        Ok(old.clone())
    );
    assert_eq!(found(&rig, "nightly").await, None);
    assert!(due_names(&rig, 9).await.is_empty());
    let not_found = ScheduleError::NotFound("nightly".into());
    assert_eq!(
        rig.store.remove_schedule(remove).await,
        Err(not_found.clone())
    );
    let late = rig.store.advance_schedule(step(&rig, &old, vec![task(1)]));
    assert_eq!(late.await, Err(not_found));
    let new = placed(&rig, "nightly", 0).await;
    assert!(new.version > old.version, "no version is used twice");
    let late = rig.store.advance_schedule(step(&rig, &old, vec![task(1)]));
    assert!(matches!(late.await, Err(ScheduleError::Conflict { .. })));
    assert_eq!(tasks(&rig).await, 0);
}

/// What is due comes in the order of its instants, bounded, and then when something else is.
pub async fn what_is_due_comes_in_order(rig: Rig) {
    for (name, seconds) in [("c", 10), ("a", 20), ("b", 10), ("d", 30)] {
        placed(&rig, name, seconds).await;
    }
    let resting = PutSchedule {
        next_at: None,
        ..put(&rig, "resting", 0)
    };
    rig.store.put_schedule(resting).await.unwrap();
    let begin = rig.now();
    let due = rig.store.due_schedules(9).await.unwrap();
    assert!(due.schedules.is_empty());
    assert_eq!(due.next_at, Some(begin + Duration::from_secs(10)));
    rig.advance(20);
    assert_eq!(due_names(&rig, 9).await, ["b", "c", "a"].map(Name::from));
    let due = rig.store.due_schedules(9).await.unwrap();
    assert_eq!(due.at, rig.now());
    assert_eq!(due.next_at, Some(begin + Duration::from_secs(30)));
    let due = rig.store.due_schedules(2).await.unwrap();
    assert_eq!(due.schedules.len(), 2);
    assert_eq!(due.next_at, Some(rig.now()), "more is due");
    for limit in [0, PAGE_MAX + 1] {
        let refused = rig.store.due_schedules(limit).await;
        assert!(matches!(refused, Err(RequestError::InvalidInput(_))));
    }
}

/// A step writes the state and submits the tasks; whoever has read the same version comes too late.
pub async fn of_two_steps_one_is_made(rig: Rig) {
    let read = placed(&rig, "nightly", 0).await;
    let first = moved(&rig, step(&rig, &read, vec![task(1), task(2)])).await;
    let submitted: Vec<TaskId> = first.tasks.iter().map(|task| task.id).collect();
    assert_eq!(submitted, [id(1), id(2)]);
    assert!(first.tasks.iter().all(|task| !task.existed()));
    let second = Advance {
        state: "elsewhere".into(),
        ..step(&rig, &read, vec![task(3)])
    };
    let conflict = ScheduleError::Conflict {
        name: "nightly".into(),
        found: Some(first.version),
    };
    assert_eq!(rig.store.advance_schedule(second).await, Err(conflict));
    let now = found(&rig, "nightly").await.unwrap();
    assert_eq!((&*now.state, now.version), ("further", first.version));
    assert_eq!((now.definition, now.owner), (read.definition, read.owner));
    assert_eq!(now.next_at, Some(rig.now() + Duration::from_secs(60)));
    assert_eq!(tasks(&rig).await, 2);
    assert_eq!(rig.run_ids(9).await, [id(1), id(2)]);
    assert!(due_names(&rig, 9).await.is_empty());
}

/// A step whose answer was lost is made again, and was made once.
pub async fn a_repeated_step_is_one_step(rig: Rig) {
    let read = placed(&rig, "nightly", 0).await;
    let lost = step(&rig, &read, vec![task(1)]);
    let done = moved(&rig, lost.clone()).await;
    let again = rig.store.advance_schedule(lost).await;
    assert!(
        matches!(again, Err(ScheduleError::Conflict { found, .. }) if found == Some(done.version))
    );
    let read = found(&rig, "nightly").await.unwrap();
    let decided_again = moved(&rig, step(&rig, &read, vec![task(1)])).await;
    assert!(decided_again.tasks[0].existed(), "one id is one task");
    assert_eq!(tasks(&rig).await, 1);
}

/// If one task of a step is refused, nothing has happened: no task, no state, nothing called off.
pub async fn a_refused_step_changes_nothing(rig: Rig) {
    let read = placed(&rig, "nightly", 0).await;
    let keyed = |n| task_with(n, |task| task.unique = Some("one".into()));
    rig.submit(vec![keyed(1), task(2)]).await;
    let mut refused = step(&rig, &read, vec![task(3), keyed(4)]);
    refused.cancel = vec![id(2)];
    let answer = rig.store.advance_schedule(refused.clone()).await;
    let exists = SubmitError::TaskExists {
        index: 1,
        existing: id(1),
        key: "one".into(),
    };
    assert_eq!(answer, Err(ScheduleError::Refused(exists)));
    let tight = QueueChange {
        bound: Some(3),
        ..QueueChange::default()
    };
    rig.store.configure(QUEUE.into(), tight).await.unwrap();
    refused.tasks = vec![task(3), task(4)];
    let answer = rig.store.advance_schedule(refused.clone()).await;
    assert!(
        matches!(
            &answer,
            Err(ScheduleError::Refused(SubmitError::QueueFull {
                index: 1,
                ..
            }))
        ),
        "{answer:?}"
    );
    refused.tasks = vec![task_with(3, |task| task.kind = "".into())];
    let answer = rig.store.advance_schedule(refused).await;
    assert!(
        matches!(
            &answer,
            Err(ScheduleError::Refused(SubmitError::InvalidInput {
                index: 0,
                ..
            }))
        ),
        "{answer:?}"
    );
    assert_eq!(found(&rig, "nightly").await, Some(read));
    assert_eq!(tasks(&rig).await, 2);
    assert_eq!(rig.state(2).await, State::Pending);
}

/// A step calls off nobody who stands for one of its tasks: nothing would come in its place.
pub async fn a_step_calls_off_nobody_who_stands_for_its_tasks(rig: Rig) {
    let keyed = |n, key: &str, on_conflict| {
        task_with(n, |task| {
            task.unique = Some(Unique {
                on_conflict,
                ..Unique::new(key)
            });
        })
    };
    let replacing = OnConflict::Replace(Replace::PAYLOAD);
    let read = placed(&rig, "nightly", 0).await;
    let holders = [
        keyed(1, "kept", OnConflict::Reject),
        keyed(2, "replaced", OnConflict::Reject),
    ];
    rig.submit([&holders[..], &[task(3)]].concat()).await;
    let mut displacing = step(
        &rig,
        &read,
        vec![
            keyed(4, "kept", OnConflict::Keep),
            keyed(5, "replaced", replacing),
            keyed(6, "new", OnConflict::Keep),
            keyed(7, "new", OnConflict::Keep),
            keyed(8, "newer", OnConflict::Keep),
        ],
    );
    displacing.cancel = [1, 2, 3, 4, 5, 6, 7, 8].map(id).to_vec();
    let done = moved(&rig, displacing).await;
    let stand = done.tasks.iter().map(|task| (task.id, task.admission));
    assert_eq!(
        stand.collect::<Vec<_>>(),
        [
            (id(1), Admission::Kept),
            (id(2), Admission::Replaced),
            (id(6), Admission::New),
            (id(6), Admission::Kept),
            (id(8), Admission::New),
        ]
    );
    for n in [1, 2, 6] {
        assert_eq!(rig.state(n).await, State::Pending, "{n} stands for another");
    }
    for n in [3, 8] {
        assert_eq!(rig.state(n).await, State::Cancelled, "{n} stands for none");
    }
    assert_eq!(done.cancelled, 2);
}

/// What a step displaces is called off: at once if it waits, by a request if it runs; what has ended, or
/// never was, does not matter.
pub async fn a_step_calls_off_what_it_displaces(rig: Rig) {
    let read = placed(&rig, "nightly", 0).await;
    rig.submit(vec![task(1), task(2), task(3)]).await;
    let leases = rig.run(2).await;
    rig.settle(leases[0].attempt, Decision::Complete)
        .await
        .unwrap();
    let mut displacing = step(&rig, &read, vec![task(4)]);
    displacing.cancel = [1, 2, 3, 9].map(id).to_vec();
    let done = moved(&rig, displacing).await;
    assert_eq!(done.cancelled, 2);
    assert_eq!(rig.state(1).await, State::Completed);
    assert!(rig.task(2).await.cancel_requested);
    assert_eq!(rig.state(3).await, State::Cancelled);
    assert_eq!(rig.state(4).await, State::Pending);
    let read = found(&rig, "nightly").await.unwrap();
    let mut at_once = step(&rig, &read, vec![task(5)]);
    at_once.cancel = vec![id(5)];
    assert_eq!(moved(&rig, at_once).await.cancelled, 1);
    assert_eq!(
        rig.state(5).await,
        State::Cancelled,
        "one of its own is called off as well"
    );
}

/// Pages go up by name, bounded in number and in bytes.
pub async fn schedules_come_in_pages(rig: Rig) {
    for name in ["b", "a", "ab", "é", "c"] {
        placed(&rig, name, 0).await;
    }
    let (mut names, mut after) = (Vec::new(), None);
    loop {
        let request = ListSchedules { after, limit: 2 };
        let page = rig.store.schedules(request).await.unwrap();
        assert!(page.schedules.len() <= 2);
        names.extend(page.schedules.iter().map(|schedule| schedule.name.clone()));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(names, ["a", "ab", "b", "c", "é"].map(Name::from));
    let refused = rig.store.schedules(ListSchedules::default()).await;
    assert!(matches!(refused, Err(RequestError::InvalidInput(_))));
    let long = "x".repeat(SCHEDULE_DEFINITION_BYTES_MAX);
    for name in 0..5 {
        let heavy = PutSchedule {
            definition: long.as_str().into(),
            ..put(&rig, &format!("0{name}"), 0)
        };
        rig.store.put_schedule(heavy).await.unwrap();
    }
    let all = ListSchedules {
        after: None,
        limit: PAGE_MAX,
    };
    let full = SAVE_BYTES_MAX.div_ceil(long.len());
    let page = rig.store.schedules(all).await.unwrap();
    assert!(page.schedules.len() <= full, "bytes end a page");
    assert_eq!(page.next.as_deref(), Some("03"));
    let due = rig.store.due_schedules(PAGE_MAX).await.unwrap();
    assert_eq!(due.schedules.len(), 4);
    assert_eq!(due.next_at, Some(rig.now()), "bytes end what is due");
}

/// What is too long, or has no name, is refused by name.
pub async fn absurd_schedules_are_refused(rig: Rig) {
    let fine = put(&rig, "nightly", 0);
    let long = |bytes: usize| "x".repeat(bytes + 1).into();
    let absurd = [
        (
            "name",
            PutSchedule {
                name: "".into(),
                ..fine.clone()
            },
        ),
        (
            "owner",
            PutSchedule {
                owner: Some("a\nb".into()),
                ..fine.clone()
            },
        ),
        (
            "definition",
            PutSchedule {
                definition: long(SCHEDULE_DEFINITION_BYTES_MAX),
                ..fine.clone()
            },
        ),
        (
            "state",
            PutSchedule {
                state: long(SCHEDULE_STATE_BYTES_MAX),
                ..fine.clone()
            },
        ),
        (
            "next_at",
            PutSchedule {
                next_at: Some(rig.now() + 2 * crate::bounds::AHEAD_MAX),
                ..fine
            },
        ),
    ];
    for (field, request) in absurd {
        let refused = rig.store.put_schedule(request).await;
        assert!(
            matches!(&refused, Err(ScheduleError::InvalidInput(input)) if input.field == field),
            "{field}: {refused:?}"
        );
    }
    let read = placed(&rig, "nightly", 0).await;
    let many = Advance {
        cancel: vec![id(1); ADVANCE_CANCEL_MAX + 1],
        ..step(&rig, &read, Vec::new())
    };
    let long = Advance {
        state: long(SCHEDULE_STATE_BYTES_MAX),
        ..step(&rig, &read, Vec::new())
    };
    for (field, request) in [("cancel", many), ("state", long)] {
        let refused = rig.store.advance_schedule(request).await;
        assert!(
            matches!(&refused, Err(ScheduleError::InvalidInput(input)) if input.field == field),
            "{field}: {refused:?}"
        );
    }
    assert_eq!(found(&rig, "nightly").await, Some(read));
}

/// Whoever listens hears of every write; whoever waits for work, of the tasks of a step.
pub async fn schedules_are_heard_of(rig: Rig) {
    let schedules = rig.store.listen_schedules();
    let work = rig.store.listen(&[QUEUE.into()]);
    let read = placed(&rig, "nightly", 0).await;
    schedules.hint().await;
    moved(&rig, step(&rig, &read, vec![task(1)])).await;
    schedules.hint().await;
    work.hint().await;
    let remove = RemoveSchedule {
        name: "nightly".into(),
        version: None,
    };
    rig.store.remove_schedule(remove).await.unwrap();
    schedules.hint().await;
    rig.store.close().await.unwrap();
    let closed = rig.store.due_schedules(1).await;
    assert!(matches!(
        closed,
        Err(RequestError::Store(StoreError::Unavailable { .. }))
    ));
}
