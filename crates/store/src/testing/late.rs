//! When a task must have ended, and telling of tasks that are late.

use std::time::Duration;

use duly_core::{Decision, EventKind, State, TaskId};

use super::house::keep;
use super::{ME, QUEUE, Rig, claim_of, id, task, task_with};
use crate::bounds::HOUSEKEEPING_MAX;
use crate::{
    Change, Claim, Duty, EventCursor, Filter, Kept, List, NewTask, Promote, Restore, Save,
    TakeBack, When,
};

const SECOND: Duration = Duration::from_secs(1);

fn after(seconds: u32) -> Option<When> {
    Some(When::After(seconds * SECOND))
}

/// A test's nth task, that must end within so many seconds.
fn ending(n: u8, seconds: u32) -> NewTask {
    task_with(n, |t| t.finish_by = after(seconds))
}

/// A test's nth task, with alerts at these ages.
fn watched(n: u8, start: Option<u32>, finish: Option<u32>) -> NewTask {
    task_with(n, |t| {
        t.alert_unstarted = start.map(|seconds| seconds * SECOND);
        t.alert_unfinished = finish.map(|seconds| seconds * SECOND);
    })
}

/// Tells of what is late, in one step that must suffice.
async fn told(rig: &Rig) -> u32 {
    let kept = keep(rig, Duty::Alert, HOUSEKEEPING_MAX).await;
    assert!(!kept.more, "one step is enough: {kept:?}");
    kept.count
}

/// Cancels a task, if it has not ended, and removes it.
async fn remove(rig: &Rig, task: TaskId) {
    let _ = rig.store.cancel(task).await;
    rig.store.change(task, Change::Discard).await.unwrap();
}

/// What waits when it must have ended expires, whichever of its two deadlines is the earlier.
pub async fn what_waits_too_long_to_end_expires(rig: Rig) {
    let both = |n, start, finish| {
        task_with(n, |t| {
            t.deadline = after(start);
            t.finish_by = after(finish);
        })
    };
    let scheduled = task_with(4, |t| {
        t.due = When::After(90 * SECOND);
        t.finish_by = after(10);
    });
    rig.submit(vec![
        both(1, 5, 20),
        both(2, 20, 5),
        ending(3, 5),
        scheduled,
    ])
    .await;
    rig.advance(4);
    assert_eq!(keep(&rig, Duty::Expire, 9).await.count, 0);
    rig.advance(1);
    let step = keep(&rig, Duty::Expire, 2).await;
    let (count, more) = (2, true);
    assert_eq!(step, Kept { count, more });
    assert_eq!(
        (rig.state(1).await, rig.state(3).await),
        (State::Expired, State::Pending)
    );
    assert!(rig.run(9).await.is_empty(), "a claim ends them as well");
    assert_eq!(
        rig.history(3).await,
        [EventKind::Submitted, EventKind::Expired]
    );
    assert_eq!(rig.state(4).await, State::Scheduled);
    rig.advance(5);
    assert_eq!(keep(&rig, Duty::Expire, 9).await.count, 1);
    assert_eq!(rig.state(4).await, State::Expired);
}

/// A lease says when the task must have ended; it is the worker that keeps to it.
pub async fn a_lease_says_when_the_task_must_have_ended(rig: Rig) {
    let by = Some(rig.now() + 5 * SECOND);
    rig.submit(vec![ending(1, 5), ending(2, 5), task(3)]).await;
    let claim = Claim {
        prefetch: 2,
        ..claim_of(1)
    };
    let leases = rig.claim(claim).await.leases;
    assert_eq!(
        leases.iter().map(|l| l.finish_by).collect::<Vec<_>>(),
        [by, by, None]
    );
    rig.advance(60);
    assert_eq!(keep(&rig, Duty::Expire, 9).await.count, 0);
    assert_eq!(
        (rig.state(1).await, rig.state(2).await),
        (State::Running, State::Assigned)
    );
    let overdue = List {
        filter: Filter {
            overdue: true,
            ..Filter::default()
        },
        limit: 9,
        ..List::default()
    };
    let listed = rig.store.list(overdue).await.unwrap().tasks;
    assert_eq!(
        listed.iter().map(|t| t.id).collect::<Vec<_>>(),
        [id(2), id(1)]
    );
    rig.settle(leases[0].attempt, Decision::TimeOut)
        .await
        .unwrap();
    rig.settle(leases[1].attempt, Decision::HandBack)
        .await
        .unwrap();
    assert!(rig.run_ids(9).await.is_empty());
    assert_eq!(
        (rig.state(1).await, rig.state(2).await),
        (State::TimedOut, State::Expired)
    );
    assert_eq!(rig.task(1).await.finish_by, by);
}

/// What comes back to the line too late, from a lost worker, a snooze or a retry, expires there.
pub async fn what_comes_back_too_late_expires(rig: Rig) {
    rig.submit((1..=3).map(|n| ending(n, 5)).collect()).await;
    let leases = rig.run(3).await;
    let late = 60 * SECOND;
    rig.settle(leases[1].attempt, Decision::Snooze(late))
        .await
        .unwrap();
    rig.settle(leases[2].attempt, Decision::Retry(late))
        .await
        .unwrap();
    rig.advance(9);
    let gone = TakeBack {
        incarnation: ME,
        beats: None,
        limit: 9,
    };
    rig.store.take_back(gone).await.unwrap();
    assert_eq!(rig.state(1).await, State::Pending);
    assert_eq!(keep(&rig, Duty::Expire, 9).await.count, 3);
    for (n, came_back) in [
        (1, EventKind::Lost),
        (2, EventKind::Snoozed),
        (3, EventKind::Retrying),
    ] {
        let history = rig.history(n).await;
        assert_eq!(history[2..], [came_back, EventKind::Expired], "task {n}");
    }
}

/// A task that is put back in line keeps the deadlines that lie ahead, and no other.
pub async fn a_retry_drops_what_has_passed(rig: Rig) {
    let both = task_with(1, |t| {
        t.deadline = after(50);
        t.finish_by = after(5);
    });
    rig.submit(vec![both]).await;
    rig.advance(5);
    assert!(rig.run(1).await.is_empty());
    rig.store.retry(id(1)).await.unwrap();
    let shown = rig.task(1).await;
    assert_eq!((shown.state, shown.finish_by), (State::Pending, None));
    assert_eq!(shown.deadline, Some(rig.now() + 45 * SECOND));
    let lease = rig.run(1).await.remove(0);
    assert_eq!(lease.finish_by, None);
    rig.settle(lease.attempt, Decision::Fail).await.unwrap();
    assert_eq!(rig.task(1).await.finish_by, None);
}

/// One event tells of what has not begun, and one of what has not ended, each once.
pub async fn each_alert_is_given_once(rig: Rig) {
    rig.submit(vec![
        watched(1, Some(5), Some(9)),
        watched(2, Some(5), None),
        task(3),
    ])
    .await;
    rig.advance(4);
    assert_eq!(told(&rig).await, 0);
    rig.advance(1);
    assert_eq!(told(&rig).await, 2);
    assert_eq!(told(&rig).await, 0);
    let shown = rig.task(1).await;
    assert_eq!((shown.late_to_start, shown.late_to_finish), (true, false));
    assert_eq!(rig.run_ids(1).await, [id(1)]);
    rig.advance(60);
    assert_eq!(told(&rig).await, 1);
    let expected = [
        EventKind::Submitted,
        EventKind::LateToStart,
        EventKind::Started,
        EventKind::LateToFinish,
    ];
    assert_eq!(rig.history(1).await, expected);
    assert_eq!(
        rig.history(2).await,
        [EventKind::Submitted, EventKind::LateToStart]
    );
    let shown = rig.task(1).await;
    assert_eq!((shown.late_to_start, shown.late_to_finish), (true, true));
    assert_eq!(shown.alert_unfinished, Some(9 * SECOND));
    let totals = rig.store.queues().await.unwrap().remove(0).totals;
    assert_eq!(totals.of(EventKind::LateToStart), 2);
}

/// What is not so any more when its time has come is not told, nor later.
pub async fn what_is_not_late_is_not_told(rig: Rig) {
    rig.submit(vec![
        watched(1, Some(5), None),
        watched(2, Some(5), Some(5)),
    ])
    .await;
    for lease in rig.run(2).await {
        let n = lease.attempt.task;
        let decision = if n == id(1) {
            Decision::HandBack
        } else {
            Decision::Complete
        };
        rig.settle(lease.attempt, decision).await.unwrap();
    }
    rig.advance(5);
    told(&rig).await;
    assert_eq!(told(&rig).await, 0);
    for n in [1, 2] {
        let shown = rig.task(n).await;
        assert!(!shown.late_to_start && !shown.late_to_finish, "task {n}");
        assert!(!rig.history(n).await.contains(&EventKind::LateToStart));
    }
}

/// What was prefetched, and never began, has not begun.
pub async fn an_assignment_is_no_start(rig: Rig) {
    rig.submit(vec![watched(1, Some(5), None), watched(2, Some(5), None)])
        .await;
    let claim = Claim {
        prefetch: 2,
        ..claim_of(0)
    };
    let leases = rig.claim(claim).await.leases;
    let promote = Promote {
        incarnation: ME,
        attempts: vec![leases[1].attempt],
    };
    rig.store.promote(promote).await.unwrap();
    rig.advance(5);
    told(&rig).await;
    assert!(rig.task(1).await.late_to_start);
    assert!(!rig.task(2).await.late_to_start);
}

/// A step tells of so many tasks, the earliest first, and says whether there are more.
pub async fn alerts_come_in_bounded_steps(rig: Rig) {
    let many = u8::try_from(HOUSEKEEPING_MAX / 10).unwrap();
    let tasks = (1..=many).map(|n| watched(n, Some(9), Some(9)));
    rig.submit(tasks.collect()).await;
    rig.submit(vec![watched(200, Some(8), None)]).await;
    rig.advance(60);
    let step = keep(&rig, Duty::Alert, 1).await;
    let (count, more) = (1, true);
    assert_eq!(step, Kept { count, more });
    assert!(rig.task(200).await.late_to_start, "its time came first");
    let mut steps = 0;
    while keep(&rig, Duty::Alert, 30).await.more {
        steps += 1;
    }
    assert_eq!(steps, 3);
    let totals = rig.store.queues().await.unwrap().remove(0).totals;
    let of = |kind| totals.of(kind);
    let expected = u64::from(many);
    assert_eq!(of(EventKind::LateToStart), expected + 1);
    assert_eq!(of(EventKind::LateToFinish), expected);
}

/// What would have been told while a task lay there ended is not told once it is put back in line.
pub async fn a_retry_drops_the_alerts_that_were_missed(rig: Rig) {
    rig.submit(vec![
        watched(1, Some(5), Some(50)),
        watched(2, None, Some(5)),
    ])
    .await;
    rig.store.cancel(id(1)).await.unwrap();
    rig.store.cancel(id(2)).await.unwrap();
    rig.advance(10);
    rig.store.retry(id(1)).await.unwrap();
    assert_eq!(told(&rig).await, 1, "the one that lies there still");
    rig.store.retry(id(2)).await.unwrap();
    assert_eq!(told(&rig).await, 0);
    let [first, second] = [rig.task(1).await, rig.task(2).await];
    assert_eq!(
        (first.alert_unstarted, second.alert_unfinished),
        (None, None)
    );
    rig.advance(40);
    assert_eq!(told(&rig).await, 1);
    assert!(rig.task(1).await.late_to_finish);
}

/// Nobody is told of a task that is gone, and its id begins anew.
pub async fn nobody_is_told_of_what_is_gone(rig: Rig) {
    rig.submit(vec![watched(1, Some(5), Some(5)), ending(2, 5)])
        .await;
    remove(&rig, id(1)).await;
    remove(&rig, id(2)).await;
    rig.submit(vec![task(1), task(2)]).await;
    rig.advance(60);
    assert_eq!(told(&rig).await, 0);
    let shown = rig.task(1).await;
    assert_eq!((shown.alert_unstarted, shown.finish_by), (None, None));
    assert_eq!(rig.run_ids(9).await, [id(1), id(2)]);
}

/// A task that is restored knows what was told of it; what was not is told.
pub async fn alerts_survive_saving(rig: Rig) {
    rig.submit(vec![
        watched(1, Some(5), Some(20)),
        watched(2, Some(30), None),
    ])
    .await;
    rig.submit(vec![ending(3, 60), watched(4, Some(5), None)])
        .await;
    rig.advance(5);
    assert_eq!(told(&rig).await, 2);
    rig.store.cancel(id(4)).await.unwrap();
    let save = Save {
        after: None,
        limit: 9,
    };
    let saved = rig.store.save(save).await.unwrap().tasks;
    for saved in &saved {
        remove(&rig, saved.task.id).await;
    }
    rig.advance(15);
    let tasks = saved.clone();
    rig.store.restore(Restore { tasks }).await.unwrap();
    for (n, saved) in (1..).zip(&saved) {
        let shown = rig.task(n).await;
        assert_eq!(shown.alerts(), saved.task.alerts(), "task {n}");
        assert_eq!(shown.finish_by, saved.task.finish_by);
    }
    assert_eq!(told(&rig).await, 1);
    let events = rig
        .store
        .events(EventCursor::START, 99)
        .await
        .unwrap()
        .events;
    let late = |kind| {
        let events = events.iter().filter(|event| event.kind == kind);
        events.map(|event| event.task).collect::<Vec<_>>()
    };
    let (start, finish) = (EventKind::LateToStart, EventKind::LateToFinish);
    assert_eq!(late(finish), [id(1)]);
    assert_eq!(late(start), [id(1), id(4)], "as they were saved");
}

/// When a task must have ended, and at which age it is told of, are shown as they were submitted; what is
/// absurd is refused by name.
pub async fn what_is_absurd_is_refused(rig: Rig) {
    rig.submit(vec![task_with(1, |t| {
        t.finish_by = after(50);
        t.alert_unstarted = Some(5 * SECOND);
        t.alert_unfinished = Some(Duration::from_millis(5_500));
        t.queue = QUEUE.into();
    })])
    .await;
    let shown = rig.task(1).await;
    assert_eq!(shown.finish_by, Some(rig.now() + 50 * SECOND));
    assert_eq!(shown.alert_unstarted, Some(5 * SECOND));
    assert_eq!(shown.alert_unfinished, Some(Duration::from_millis(5_500)));
    type Wrong = (&'static str, fn(&mut NewTask));
    let refused: [Wrong; 5] = [
        ("finish_by", |t| {
            t.finish_by = Some(When::After(Duration::MAX))
        }),
        ("alert_unstarted", |t| {
            t.alert_unstarted = Some(Duration::ZERO)
        }),
        ("alert_unstarted", |t| {
            t.alert_unstarted = Some(Duration::MAX)
        }),
        ("alert_unfinished", |t| {
            t.alert_unfinished = Some(Duration::ZERO)
        }),
        ("alert_unfinished", |t| {
            t.alert_unfinished = Some(Duration::MAX)
        }),
    ];
    for (field, change) in refused {
        let tasks = vec![task_with(2, change)];
        let Err(refused) = rig.store.submit(crate::Submit { tasks }).await else {
            panic!("{field} was taken")
        };
        assert!(refused.to_string().contains(field), "{refused}");
    }
}
