//! Saving and restoring.

use std::sync::Arc;
use std::time::Duration;

use duly_core::{Backoff, Decision, EventKind, Jitter, Priority, State};

use super::{KIND, ME, OTHER, QUEUE, Rig, claim_of, id, task, task_with};
use crate::bounds::{AHEAD_MAX, EVENTS_SAVED_MAX, SAVE_BYTES_MAX};
use crate::{
    Duty, Event, EventCursor, InvalidInput, KeepHouse, MemoryStore, Payload, Progress, QueueChange,
    RequestError, Restore, Restored, Save, SavedTask, Settlement, Store, SubmitError, When,
};

/// A memory store on the rig's clock, in which the usual worker is registered.
pub(super) async fn memory(rig: &Rig) -> Rig {
    let clock = rig.clock.clone();
    let store = Arc::new(MemoryStore::new(clock.clone()));
    let guard = Box::new(());
    Rig {
        store,
        clock,
        guard,
    }
    .ready()
    .await
}

/// Everything a store holds, two tasks at a time.
pub(super) async fn saved(store: &dyn Store) -> Vec<SavedTask> {
    let mut tasks = Vec::new();
    let mut after = None;
    loop {
        let page = store.save(Save { after, limit: 2 }).await.unwrap();
        tasks.extend(page.tasks);
        match page.next {
            Some(next) => after = Some(next),
            None => return tasks,
        }
    }
}

async fn one(rig: &Rig, n: u8) -> SavedTask {
    let tasks = saved(&*rig.store).await;
    let mut found = tasks.into_iter().filter(|saved| saved.task.id == id(n));
    found.next().unwrap()
}

/// Without what each store counts for itself.
fn unnumbered(mut tasks: Vec<SavedTask>) -> Vec<SavedTask> {
    for saved in &mut tasks {
        saved.task.sequence = 0;
        for event in &mut saved.events {
            event.sequence = 0;
            event.cursor = EventCursor::START;
        }
    }
    tasks
}

async fn restore(rig: &Rig, tasks: Vec<SavedTask>) -> Restored {
    rig.store.restore(Restore { tasks }).await.unwrap()
}

/// Tasks in every state in which no worker holds them, with all that a task may have.
async fn sample(rig: &Rig) {
    let full = task_with(1, |t| {
        t.payload = Payload {
            version: 3,
            key_id: Some("k".into()),
            ..Payload::bytes(vec![0, 255])
        };
        t.queue = "mail".into();
        t.kind = "send".into();
        t.priority = Priority::High;
        t.due = When::After(Duration::from_secs(600));
        t.deadline = Some(When::After(Duration::from_secs(900)));
        t.finish_by = Some(When::After(Duration::from_secs(950)));
        t.alert_unstarted = Some(Duration::from_secs(700));
        t.alert_unfinished = Some(Duration::from_millis(800_500));
        t.timeout = Some(Duration::from_millis(1_500));
        t.retry.jitter = Jitter::Equal;
        t.lost_max = 2;
        t.unique = Some("u".into());
        t.tenant = Some("acme".into());
        t.labels.insert("team".into(), "blue".into());
    });
    rig.submit(vec![full]).await;
    rig.submit((2..=9).map(task).collect()).await;
    let decisions = [
        (Decision::Complete, None),
        (Decision::Fail, Some("boom")),
        (Decision::Retry(Duration::from_secs(60)), Some("again")),
        (Decision::TimeOut, Some("slow")),
        (Decision::HandBack, None),
    ];
    for (lease, (decision, error)) in rig.run(5).await.into_iter().zip(decisions) {
        rig.advance(1);
        let settlement = Settlement {
            result: Some(Payload::json("[1]")),
            error: error.map(str::to_owned),
            ..Settlement::new(lease.attempt, decision)
        };
        rig.settle_with(ME, settlement).await.unwrap();
    }
    rig.store.cancel(id(7)).await.unwrap();
    rig.store.reprioritise(id(8), Priority::Low).await.unwrap();
    let later = When::After(Duration::from_secs(9));
    rig.store.reschedule(id(9), later).await.unwrap();
}

/// What leaves a store comes back in another one as it was, order included, in both directions.
pub async fn everything_comes_back(rig: Rig) {
    let (source, target) = (memory(&rig).await, memory(&rig).await);
    sample(&source).await;
    let first = saved(&*source.store).await;
    assert_eq!(first.len(), 9);
    let all = Restored {
        restored: 9,
        existed: 0,
    };
    assert_eq!(restore(&rig, first.clone()).await, all);
    let second = saved(&*rig.store).await;
    assert_eq!(unnumbered(second.clone()), unnumbered(first));
    assert_eq!(restore(&target, second.clone()).await, all);
    let third = saved(&*target.store).await;
    assert_eq!(unnumbered(third), unnumbered(second));
    rig.advance(9);
    let order = rig.run_ids(9).await;
    assert_eq!(order, [6, 9, 8].map(id));
    assert_eq!(source.run_ids(9).await, order);
}

/// What a worker held when it was saved waits again, refunded, for whoever comes.
pub async fn what_was_leased_waits_again(rig: Rig) {
    let source = memory(&rig).await;
    source.submit((1..=3).map(task).collect()).await;
    let leases = source.run(2).await;
    let mut prefetch = claim_of(0);
    prefetch.prefetch = 1;
    source.claim(prefetch).await;
    let half = Progress {
        fraction: 0.5,
        text: "half".into(),
    };
    let beat = crate::Heartbeat {
        incarnation: ME,
        progress: vec![(leases[0].attempt, half.clone())],
    };
    source.store.heartbeat(beat).await.unwrap();
    source.store.cancel(id(2)).await.unwrap();
    let tasks = saved(&*source.store).await;
    assert_eq!(tasks[0].task.incarnation, Some(ME));
    rig.advance(5);
    restore(&rig, tasks).await;
    for n in [1, 3] {
        let back = one(&rig, n).await;
        assert_eq!(
            (back.task.state, back.task.attempt, back.task.spent),
            (State::Pending, 1, 0)
        );
        assert_eq!((back.task.worker, back.task.incarnation), (None, None));
        let last = back.events.last().unwrap();
        assert_eq!((last.kind, last.at), (EventKind::HandedBack, rig.now()));
        assert_eq!(last.worker.as_deref(), Some("me"));
    }
    assert_eq!(rig.task(1).await.progress, Some(half));
    let cancelled = rig.task(2).await;
    assert_eq!(
        (cancelled.state, cancelled.finished_at),
        (State::Cancelled, Some(rig.now()))
    );
    assert_eq!(cancelled.worker.as_deref(), Some("me"));
    assert_eq!(rig.history(2).await.last(), Some(&EventKind::Cancelled));
    let leases = rig.run(9).await;
    let attempts: Vec<_> = leases.iter().map(|lease| lease.attempt).collect();
    assert_eq!(
        attempts.iter().map(|a| a.task).collect::<Vec<_>>(),
        [1, 3].map(id)
    );
    assert!(attempts.iter().all(|attempt| attempt.attempt == 2));
}

/// What was in line where clocks were ahead does not start early here.
pub async fn what_is_not_due_yet_is_not_in_line(rig: Rig) {
    let source = memory(&rig).await;
    source.submit(vec![task(1)]).await;
    let mut tasks = saved(&*source.store).await;
    tasks[0].task.due_at = rig.now() + Duration::from_secs(30);
    restore(&rig, tasks).await;
    assert_eq!(rig.state(1).await, State::Scheduled);
    assert!(rig.run_ids(1).await.is_empty());
    rig.advance(30);
    assert_eq!(rig.run_ids(1).await, [id(1)]);
}

/// A task that is there already, in the store or earlier in the batch, is left as it is.
pub async fn what_is_there_already_is_left(rig: Rig) {
    let source = memory(&rig).await;
    source.submit((1..=4).map(task).collect()).await;
    for lease in source.run(2).await {
        source.settle(lease.attempt, Decision::Fail).await.unwrap();
    }
    let mut tasks = saved(&*source.store).await;
    rig.submit(vec![task(3)]).await;
    rig.run(1).await;
    tasks.push(tasks[0].clone());
    let expected = Restored {
        restored: 3,
        existed: 2,
    };
    assert_eq!(restore(&rig, tasks.clone()).await, expected);
    assert_eq!(rig.state(3).await, State::Running);
    let before = saved(&*rig.store).await;
    let again = Restored {
        restored: 0,
        existed: 5,
    };
    assert_eq!(restore(&rig, tasks).await, again);
    assert_eq!(saved(&*rig.store).await, before);
}

/// Unique keys and bounds hold for what comes back, and a refusal undoes the whole batch.
pub async fn keys_and_bounds_hold(rig: Rig) {
    let source = memory(&rig).await;
    let keyed = |n| task_with(n, |t| t.unique = Some("k".into()));
    source.submit(vec![task(1), task(2), keyed(3)]).await;
    source.store.cancel(id(1)).await.unwrap();
    let tasks = saved(&*source.store).await;
    rig.submit(vec![keyed(4)]).await;
    let refused = |tasks: Vec<SavedTask>| rig.store.restore(Restore { tasks });
    let exists = SubmitError::TaskExists {
        index: 2,
        existing: id(4),
        key: "k".into(),
    };
    assert_eq!(refused(tasks.clone()).await, Err(exists));
    rig.store.cancel(id(4)).await.unwrap();
    let bound = QueueChange {
        bound: Some(1),
        ..QueueChange::default()
    };
    rig.store.configure(QUEUE.into(), bound).await.unwrap();
    let full = SubmitError::QueueFull {
        index: 2,
        queue: QUEUE.into(),
        bound: 1,
    };
    assert_eq!(refused(tasks.clone()).await, Err(full));
    assert_eq!(saved(&*rig.store).await.len(), 1, "nothing came back");
    assert_eq!(rig.store.queues().await.unwrap().len(), 1);
    restore(&rig, tasks[..2].to_vec()).await;
    let sequence = rig.task(1).await.sequence;
    assert_eq!(sequence, 2, "a refused batch uses up no sequence");
}

type Damage = fn(&mut SavedTask);

/// What no task can be, with the field that the refusal names.
const DAMAGES: &[(&str, Damage)] = &[
    ("kind", |s| s.task.kind = "".into()),
    ("queue", |s| s.task.queue = "a\nb".into()),
    ("tenant", |s| s.task.tenant = Some("".into())),
    ("unique_key", |s| s.task.unique_key = Some("".into())),
    ("payload", |s| {
        s.task.payload = Payload::bytes(vec![0; (1 << 20) + 1]);
    }),
    ("labels", |s| {
        s.task.labels = (0..33).map(|n| (n.to_string(), String::new())).collect();
    }),
    ("timeout", |s| s.task.timeout = Some(Duration::ZERO)),
    ("retry.attempts_max", |s| s.task.retry.attempts_max = 0),
    ("retry.jitter.permille", |s| {
        s.task.retry.jitter = Jitter::Proportional { permille: 1_001 };
    }),
    ("retry.backoff.delay", |s| {
        s.task.retry.backoff = Backoff::Fixed {
            delay: Duration::MAX,
        };
    }),
    ("submitted_at", |s| s.task.submitted_at = later(s)),
    ("due_at", |s| s.task.due_at = later(s)),
    ("deadline", |s| s.task.deadline = Some(later(s))),
    ("finish_by", |s| s.task.finish_by = Some(later(s))),
    ("alert_unstarted", |s| {
        s.task.alert_unstarted = Some(Duration::ZERO);
    }),
    ("alert_unfinished", |s| {
        s.task.alert_unfinished = Some(Duration::MAX);
    }),
    ("late_to_start", |s| s.task.late_to_start = true),
    ("late_to_finish", |s| s.task.late_to_finish = true),
    ("started_at", |s| s.task.started_at = Some(later(s))),
    ("started_at", |s| s.task.started_at = None),
    ("finished_at", |s| s.task.finished_at = Some(later(s))),
    ("finished_at", |s| s.task.finished_at = None),
    ("finished_at", |s| s.task.state = State::Pending),
    ("error", |s| s.task.error = Some("boom".into())),
    ("result", |s| {
        s.task.result = Some(Payload::bytes(vec![0; (1 << 20) + 1]));
    }),
    ("result", |s| s.task.state = State::Failed),
    ("worker", |s| s.task.worker = Some("".into())),
    ("incarnation", |s| s.task.incarnation = Some(ME)),
    ("progress", |s| {
        s.task.progress = Some(Progress {
            fraction: f32::NAN,
            text: String::new(),
        });
    }),
    ("attempt", |s| (s.task.attempt, s.task.spent) = (0, 0)),
    ("spent", |s| s.task.spent = 2),
    ("spent", |s| s.task.lost = 1),
    ("lost_max", |s| s.task.lost_max = 0),
    ("lost", |s| {
        (s.task.attempt, s.task.lost, s.task.lost_max) = (9, 2, 2);
    }),
    ("events", |s| s.events[0].attempt = 2),
    ("events", |s| s.events[0].task = id(9)),
    ("events", |s| s.events[0].at = later(s)),
    ("events", |s| s.events[0].worker = Some("".into())),
    ("events", |s| s.events[0].error = Some("x".repeat(8_193))),
    ("events", |s| {
        s.events = vec![s.events[0].clone(); EVENTS_SAVED_MAX as usize + 1];
    }),
];

/// Later than any instant that is believed: the sample was saved at most seconds ago.
fn later(saved: &SavedTask) -> duly_core::Timestamp {
    saved.task.submitted_at + AHEAD_MAX + Duration::from_secs(3_600)
}

/// A saved task that no task can be is refused by the name of the field, and nothing comes back.
pub async fn nothing_saved_is_believed(rig: Rig) {
    let source = memory(&rig).await;
    source.submit(vec![task(1), task(2)]).await;
    let lease = source.run(1).await.remove(0);
    let done = Settlement {
        result: Some(Payload::json("1")),
        ..Settlement::new(lease.attempt, Decision::Complete)
    };
    source.settle_with(ME, done).await.unwrap();
    let [completed, pending] = <[SavedTask; 2]>::try_from(saved(&*source.store).await).unwrap();
    for (index, (field, damage)) in DAMAGES.iter().enumerate() {
        let mut damaged = completed.clone();
        damage(&mut damaged);
        let tasks = vec![pending.clone(), damaged];
        match rig.store.restore(Restore { tasks }).await {
            Err(SubmitError::InvalidInput { index: 1, source }) => {
                assert_eq!(source.field, *field, "damage {index}: {source}");
            }
            other => panic!("damage {index} ({field}): {other:?}"),
        }
    }
    let mut blocked = pending.clone();
    blocked.task.state = State::Blocked;
    let mut held = pending;
    held.task.worker = Some("me".into());
    for (field, damaged) in [("state", blocked), ("worker", held)] {
        let tasks = vec![damaged];
        let refused = rig.store.restore(Restore { tasks }).await;
        let Err(SubmitError::InvalidInput { index: 0, source }) = refused else {
            panic!("{field}: {refused:?}")
        };
        assert_eq!(source.field, field, "{source}");
    }
    assert_eq!(saved(&*rig.store).await, []);
    assert_eq!(restore(&rig, vec![completed]).await.restored, 1);
}

/// Pages end at their limit, or when they are heavy; a batch of too many is refused.
pub async fn pages_are_bounded(rig: Rig) {
    for limit in [0, 1_001] {
        let refused = rig.store.save(Save { after: None, limit }).await;
        let Err(RequestError::InvalidInput(InvalidInput { field, .. })) = refused else {
            panic!("got {refused:?}")
        };
        assert_eq!(field, "limit");
    }
    let heavy = |n| task_with(n, |t| t.payload = Payload::bytes(vec![n; 1 << 20]));
    rig.submit((1..=9).map(heavy).collect()).await;
    let save = |after| Save { after, limit: 100 };
    let first = rig.store.save(save(None)).await.unwrap();
    assert_eq!(first.tasks.len(), SAVE_BYTES_MAX >> 20);
    assert_eq!(first.at, rig.now());
    rig.submit(vec![task(10)]).await;
    let second = rig.store.save(save(first.next)).await.unwrap();
    let ids: Vec<_> = second.tasks.iter().map(|saved| saved.task.id).collect();
    assert_eq!((ids, second.next), (vec![id(9), id(10)], None));
    let many = vec![second.tasks[1].clone(); 1_001];
    let refused = rig.store.restore(Restore { tasks: many }).await;
    assert!(
        matches!(&refused, Err(SubmitError::InvalidInput { source, .. }) if source.field == "tasks"),
        "{refused:?}"
    );
}

fn kinds(events: &[Event]) -> Vec<EventKind> {
    events.iter().map(|event| event.kind).collect()
}

/// Of a long history, the newest events are saved.
pub async fn a_long_history_is_cut(rig: Rig) {
    rig.submit(vec![task(1)]).await;
    let mut long = one(&rig, 1).await;
    long.task.id = id(2);
    let mut event = long.events[0].clone();
    event.task = id(2);
    long.events = vec![event; EVENTS_SAVED_MAX as usize];
    restore(&rig, vec![long]).await;
    rig.store.reprioritise(id(2), Priority::Low).await.unwrap();
    rig.store.cancel(id(2)).await.unwrap();
    let events = one(&rig, 2).await.events;
    assert_eq!(events.len(), EVENTS_SAVED_MAX as usize);
    let newest = kinds(&events[events.len() - 3..]);
    assert_eq!(
        newest,
        [
            EventKind::Submitted,
            EventKind::Reprioritised,
            EventKind::Cancelled
        ]
    );
}

/// Restored events are in the feed behind all that was there, and in no total; the history ages on.
pub async fn a_restored_history_goes_on(rig: Rig) {
    let source = memory(&rig).await;
    source.submit(vec![task(1), task(2)]).await;
    let lease = source.run(1).await.remove(0);
    source.settle(lease.attempt, Decision::Fail).await.unwrap();
    rig.advance(5);
    rig.submit(vec![task(3)]).await;
    restore(&rig, saved(&*source.store).await).await;
    let feed = rig.store.events(EventCursor::START, 99).await.unwrap();
    let expected = [
        EventKind::Submitted,
        EventKind::Submitted,
        EventKind::Started,
        EventKind::Failed,
        EventKind::Submitted,
    ];
    assert_eq!(kinds(&feed.events), expected);
    let sequences: Vec<i64> = feed.events.iter().map(|event| event.sequence).collect();
    assert_eq!(sequences, [1, 2, 3, 4, 5]);
    let queue = rig.store.queues().await.unwrap().remove(0);
    assert_eq!(queue.totals.of(EventKind::Submitted), 1);
    assert_eq!(queue.totals.of(EventKind::Failed), 0);
    assert_eq!(queue.counts.of(State::Failed), 1);
    rig.store.retry(id(1)).await.unwrap();
    assert_eq!(rig.history(1).await.last(), Some(&EventKind::Retried));
    assert_eq!(rig.run_ids(9).await, [2, 3, 1].map(id));
}

/// A restored task is kept as long as if it had ended here.
pub async fn what_comes_back_is_pruned_in_time(rig: Rig) {
    let source = memory(&rig).await;
    source.submit(vec![task(1)]).await;
    source.store.cancel(id(1)).await.unwrap();
    rig.advance(24 * 3600 - 1);
    restore(&rig, saved(&*source.store).await).await;
    let prune = || {
        rig.store.keep_house(KeepHouse {
            duty: Duty::Prune,
            limit: 9,
        })
    };
    assert_eq!(prune().await.unwrap().count, 0);
    rig.advance(1);
    assert_eq!(prune().await.unwrap().count, 1);
    assert_eq!(rig.store.task(id(1)).await, Ok(None));
}

/// A queue that only held what came back serves workers as any other.
pub async fn a_restored_queue_serves(rig: Rig) {
    let source = memory(&rig).await;
    let elsewhere = task_with(1, |t| t.queue = "mail".into());
    source.submit(vec![elsewhere]).await;
    restore(&rig, saved(&*source.store).await).await;
    let mut registration = super::registration(OTHER, "other");
    registration.queues = super::names(&["mail"]);
    rig.store.register(registration).await.unwrap();
    let mut claim = claim_of(1);
    claim.incarnation = OTHER;
    claim.queues = super::names(&["mail"]);
    let leases = rig.claim(claim).await.leases;
    assert_eq!((leases.len(), &*leases[0].kind), (1, KIND));
    assert_eq!(&*rig.store.queues().await.unwrap()[0].name, "mail");
}
