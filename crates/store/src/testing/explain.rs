//! Explanations: every reason, true of what claims then do.

use std::time::Duration;

use duly_core::bounds::{EXPLAIN_LANES_MAX, POSITION_MAX};
use duly_core::{Decision, Limit, Priority, Rate, State, TaskId};

use super::{KIND, ME, OTHER, QUEUE, Rig, id, names, registration, task, task_with};
use crate::{
    AttachmentChange, Basis, Explanation, KindChange, LimitUse, NearMiss, NewTask, Payload,
    QueueChange, Reason, Subject, TakeBack, TenantChange, When,
};

async fn why(rig: &Rig, n: u8) -> Explanation {
    let explained = rig.store.explain_task(id(n)).await.expect("it is read");
    explained.expect("the task is there")
}

/// The codes of a task's reasons. While one of them closes it, a claim does not hand it out.
async fn codes(rig: &Rig, n: u8) -> Vec<&'static str> {
    let explained = why(rig, n).await;
    if explained.is_closed() {
        let begun = rig.run_ids(100).await;
        assert!(!begun.contains(&id(n)), "{explained:?}, and yet it starts");
    }
    explained.reasons.iter().map(Reason::code).collect()
}

/// The codes of a task's reasons, and nothing is claimed.
async fn named(rig: &Rig, n: u8) -> Vec<&'static str> {
    why(rig, n).await.reasons.iter().map(Reason::code).collect()
}

fn limited(n: u8, limit: &str, weight: u32) -> NewTask {
    task_with(n, |t| t.limits = vec![LimitUse::heavy(limit, weight)])
}

/// What waits, what stands next, what runs and what has ended say so.
pub async fn a_life_is_told(rig: Rig) {
    assert_eq!(rig.store.explain_task(id(9)).await, Ok(None));
    let later = task_with(1, |t| t.due = When::After(Duration::from_secs(60)));
    rig.submit(vec![later]).await;
    let due = rig.now() + Duration::from_secs(60);
    let explained = why(&rig, 1).await;
    assert_eq!(explained.reasons, [Reason::NotDue { until: due }]);
    assert_eq!((explained.at, explained.position), (rig.now(), None));
    let estimate = explained.estimated_start.expect("it is due then");
    assert_eq!((estimate.at, estimate.basis), (due, Basis::Opens));
    assert_eq!(codes(&rig, 1).await, ["not_due"]);
    rig.advance(60);
    let explained = why(&rig, 1).await;
    assert_eq!(
        (explained.state, explained.reasons),
        (State::Pending, vec![])
    );
    let position = explained.position.expect("it stands in line");
    assert_eq!((position.ahead, position.exact), (0, true));
    let lease = rig.run(1).await.remove(0);
    let running = Reason::Running {
        worker: Some("me".into()),
        since: Some(rig.now()),
    };
    assert_eq!(why(&rig, 1).await.reasons, [running]);
    let done = rig.settle(lease.attempt, Decision::Complete).await;
    done.expect("it ends");
    let ended = Reason::Ended {
        state: State::Completed,
    };
    assert_eq!(why(&rig, 1).await.reasons, [ended]);
}

/// Whatever is paused closes; nobody can tell until when.
pub async fn what_is_paused_is_named(rig: Rig) {
    rig.submit(vec![task_with(1, |t| t.tenant = Some("acme".into()))])
        .await;
    assert!(codes(&rig, 1).await.is_empty());
    let store = &rig.store;
    let (pause, resume) = (Some(true), Some(false));
    let queue = |paused| QueueChange {
        paused,
        ..QueueChange::default()
    };
    let kind = |paused| KindChange {
        paused,
        ..KindChange::default()
    };
    let tenant = |paused| TenantChange {
        paused,
        ..TenantChange::default()
    };
    store.configure(QUEUE.into(), queue(pause)).await.unwrap();
    store
        .configure_kind(KIND.into(), kind(pause))
        .await
        .unwrap();
    let paused = store.configure_tenant("acme".into(), tenant(pause)).await;
    paused.unwrap();
    assert_eq!(
        codes(&rig, 1).await,
        ["queue_paused", "tenant_paused", "kind_paused"]
    );
    assert_eq!(why(&rig, 1).await.estimated_start, None);
    store.configure(QUEUE.into(), queue(resume)).await.unwrap();
    assert_eq!(codes(&rig, 1).await, ["tenant_paused", "kind_paused"]);
    store
        .configure_kind(KIND.into(), kind(resume))
        .await
        .unwrap();
    assert_eq!(codes(&rig, 1).await, ["tenant_paused"]);
    let resumed = store.configure_tenant("acme".into(), tenant(resume)).await;
    resumed.unwrap();
    assert!(codes(&rig, 1).await.is_empty());
    assert_eq!(rig.run_ids(1).await, [id(1)]);
}

/// A limit says how far it is, and for whom it never opens.
pub async fn limits_say_how_far_they_are(rig: Rig) {
    let define = async |name: &str, limit| {
        let done = rig.store.configure_limit(name.into(), limit).await;
        done.expect("the limit is taken");
    };
    define("slots", Some(Limit::concurrency(4))).await;
    let rate = Rate::new(1, Duration::from_secs(10));
    define("pace", Some(Limit::rate(rate))).await;
    rig.submit(vec![
        limited(1, "slots", 3),
        limited(2, "slots", 2),
        limited(3, "slots", 5),
        limited(4, "pace", 1),
        limited(5, "pace", 1),
        limited(6, "nothing", 1),
    ])
    .await;
    let begun = rig.run_ids(9).await;
    assert_eq!(begun, [1, 4, 6].map(id));
    rig.submit(vec![limited(7, "nothing", 1)]).await;
    let full = Reason::LimitFull {
        limit: "slots".into(),
        in_use: 3,
        at_most: 4,
        weight: 2,
    };
    assert_eq!(why(&rig, 2).await.reasons, [full]);
    assert_eq!(named(&rig, 3).await, ["too_heavy"]);
    assert_eq!(why(&rig, 3).await.estimated_start, None);
    let until = rig.now() + Duration::from_secs(10);
    let spent = Reason::RateSpent {
        limit: "pace".into(),
        until,
        weight: 1,
    };
    let explained = why(&rig, 5).await;
    assert_eq!(explained.reasons, [spent]);
    assert_eq!(explained.estimated_start.map(|start| start.at), Some(until));
    let note = why(&rig, 7).await;
    let undefined = Reason::LimitUndefined {
        limit: "nothing".into(),
    };
    assert_eq!((note.is_closed(), note.reasons), (false, vec![undefined]));
    let attached = AttachmentChange::Add(LimitUse::one("slots"));
    let queue = Subject::Queue(QUEUE.into());
    rig.store.attach(queue, attached).await.unwrap();
    assert_eq!(named(&rig, 7).await, ["limit_full", "limit_undefined"]);
    define("slots", None).await;
    assert_eq!(named(&rig, 3).await, ["limit_undefined"]);
    assert_eq!(rig.run_ids(9).await, [2, 3, 7].map(id));
}

/// Who could do it, and who nearly.
pub async fn missing_and_busy_workers_are_told(rig: Rig) {
    let mut other = registration(OTHER, "near");
    other.kinds = names(&["else"]);
    other.capacity = 1;
    rig.store.register(other).await.unwrap();
    rig.submit(vec![
        task_with(1, |t| t.kind = "rare".into()),
        task_with(2, |t| t.queue = "away".into()),
        task_with(3, |t| t.kind = "else".into()),
        task_with(4, |t| t.kind = "else".into()),
    ])
    .await;
    let miss = |worker: &str, lacks_kind| NearMiss {
        worker: worker.into(),
        lacks_kind,
    };
    let nobody = |queue: &str, kind: &str, misses| Reason::NoWorker {
        queue: queue.into(),
        kind: kind.into(),
        misses,
    };
    let both = vec![miss("me", true), miss("near", true)];
    assert_eq!(why(&rig, 1).await.reasons, [nobody(QUEUE, "rare", both)]);
    let one = vec![miss("me", false)];
    assert_eq!(why(&rig, 2).await.reasons, [nobody("away", KIND, one)]);
    let mut claim = super::claim_of(1);
    claim.incarnation = OTHER;
    claim.kinds = names(&["else"]);
    assert_eq!(rig.claim(claim).await.leases[0].attempt.task, id(3));
    let busy = Reason::WorkersBusy {
        workers: 1,
        running: 1,
        capacity: 1,
    };
    let explained = why(&rig, 4).await;
    assert_eq!(
        (explained.is_closed(), explained.reasons),
        (false, vec![busy])
    );
    let gone = TakeBack {
        incarnation: OTHER,
        beats: None,
        limit: 9,
    };
    assert!(rig.store.take_back(gone).await.unwrap().gone);
    assert_eq!(codes(&rig, 4).await, ["no_worker"]);
    assert_eq!(codes(&rig, 3).await, ["no_worker", "suspect"]);
}

/// Those that come before a task are counted, and nobody else.
pub async fn a_position_is_exact(rig: Rig) {
    let store = &rig.store;
    let limit = Some(Limit::concurrency(1));
    store.configure_limit("one".into(), limit).await.unwrap();
    rig.submit((1..=6).map(task).collect()).await;
    rig.submit(vec![
        task_with(7, |t| t.priority = Priority::High),
        task_with(8, |t| t.kind = "rare".into()),
        limited(9, "one", 1),
        limited(10, "one", 1),
        task_with(11, |t| t.tenant = Some("acme".into())),
        task_with(12, |t| t.priority = Priority::Low),
    ])
    .await;
    let mut seen = Vec::new();
    for n in [7, 1, 6, 9, 10, 11, 12] {
        let position = why(&rig, n).await.position.expect("it stands in line");
        assert!(position.exact && !position.turns);
        seen.push(position.ahead);
    }
    assert_eq!(seen, [0, 1, 6, 7, 8, 9, 10], "the rare kind has no worker");
    let begun = rig.run_ids(12).await;
    assert_eq!(begun, [7, 1, 2, 3, 4, 5, 6, 9, 11, 12].map(id));
    rig.submit(vec![task(13)]).await;
    let behind = async |n| why(&rig, n).await.position.map(|at| at.ahead);
    assert_eq!(
        behind(13).await,
        Some(0),
        "what a limit closes is passed by"
    );
    assert_eq!(behind(10).await, Some(0));
    rig.submit(vec![limited(14, "one", 1)]).await;
    assert_eq!(behind(14).await, Some(2), "what it closes, too, is not");
}

/// A start is estimated at the pace of the starts before it.
pub async fn a_start_is_estimated_by_pace(rig: Rig) {
    rig.submit((1..=20).map(task).collect()).await;
    assert_eq!(why(&rig, 20).await.estimated_start, None, "nobody can tell");
    rig.run(5).await;
    rig.advance(10);
    let explained = why(&rig, 15).await;
    assert_eq!(explained.position.map(|at| at.ahead), Some(9));
    let estimate = explained.estimated_start.expect("five have started");
    assert_eq!(estimate.at, rig.now() + Duration::from_secs(20));
    let said = estimate.basis.to_string();
    assert_eq!(said, "at the pace of 5 starts in 10s");
}

/// Tenants take turns: others count as far as their turns come first.
pub async fn turns_are_counted_in_fair_queues(rig: Rig) {
    let fair = QueueChange {
        fair: Some(true),
        ..QueueChange::default()
    };
    rig.store.configure(QUEUE.into(), fair).await.unwrap();
    let of = |n, tenant: &str| task_with(n, |t| t.tenant = Some(tenant.into()));
    rig.submit((1..=9).map(|n| of(n, "big")).collect()).await;
    rig.submit((10..=12).map(|n| of(n, "small")).collect())
        .await;
    let position = why(&rig, 11).await.position.expect("it stands in line");
    assert_eq!(
        (position.ahead, position.exact, position.turns),
        (3, false, true)
    );
    let said = position.to_string();
    assert_eq!(
        said,
        "behind about 3 tasks of its queue, where tenants take turns"
    );
}

/// A queue's reasons are summed over its tasks.
pub async fn a_queue_is_explained(rig: Rig) {
    assert_eq!(rig.store.explain_queue("nowhere".into()).await, Ok(None));
    let limit = Some(Limit::concurrency(1));
    rig.store
        .configure_limit("one".into(), limit)
        .await
        .unwrap();
    rig.submit((1..=4).map(|n| limited(n, "one", 1)).collect())
        .await;
    rig.submit(vec![
        task(5),
        task_with(6, |t| t.kind = "rare".into()),
        task_with(7, |t| t.due = When::After(Duration::from_secs(9))),
    ])
    .await;
    rig.run(1).await;
    let explained = rig
        .store
        .explain_queue(QUEUE.into())
        .await
        .unwrap()
        .unwrap();
    assert_eq!((explained.pending, explained.waiting), (5, 1));
    assert_eq!((explained.running, explained.ready), (1, 1));
    let counts = explained.reasons.iter();
    let counts: Vec<_> = counts.map(|c| (c.reason.code(), c.tasks)).collect();
    assert_eq!(counts, [("limit_full", 3), ("no_worker", 1)]);
    assert!(explained.exact);
}

/// The n-th of many tasks.
fn one_of_many(n: u64) -> NewTask {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&n.to_be_bytes());
    NewTask::new(TaskId::from_bytes(id), KIND, Payload::json("0"))
}

/// A place in a line that is too long to be counted is told about right.
pub async fn a_long_line_is_estimated(rig: Rig) {
    let urgent = |n: u64| n.is_multiple_of(5).then_some(Priority::High);
    for n in 0..10 {
        let some = (n * 5_000..(n + 1) * 5_000).map(|n| {
            let mut task = one_of_many(n);
            task.priority = urgent(n).unwrap_or_default();
            task
        });
        rig.submit(some.collect()).await;
        rig.advance(1);
    }
    let urgent = |to: u64| (0..to).filter(|n| urgent(*n).is_some()).count() as u64;
    for n in [2_503, 12_001, 30_004, 49_999] {
        let ahead = urgent(50_000) + n - urgent(n);
        let explained = rig.store.explain_task(one_of_many(n).id).await.unwrap();
        let position = explained.and_then(|told| told.position);
        let position = position.expect("it stands in line");
        assert!(!position.exact && !position.turns);
        let told = position.ahead;
        assert!(told.abs_diff(ahead) < ahead / 10, "{ahead}, told {told}");
    }
}

/// A long queue is counted so far, in each of its lanes.
pub async fn a_long_queue_is_explained(rig: Rig) {
    let of = |n: u64, tenant: &str| {
        let mut task = one_of_many(n);
        task.tenant = Some(tenant.into());
        task
    };
    let explain = async || {
        let explained = rig.store.explain_queue(QUEUE.into()).await.unwrap();
        let explained = explained.expect("there is such a queue");
        (explained.pending, explained.ready, explained.exact)
    };
    let big = (3..=POSITION_MAX).map(|n| of(n, "big"));
    let all = [of(1, "small"), of(2, "small")].into_iter().chain(big);
    rig.submit(all.collect()).await;
    assert_eq!(explain().await, (POSITION_MAX, POSITION_MAX, true));
    let more = (1..=9).map(|n| of(POSITION_MAX + n, "big"));
    rig.submit(more.collect()).await;
    let counted = (POSITION_MAX + 9, POSITION_MAX + 1, false);
    assert_eq!(explain().await, counted, "at least");
}

/// A worker hears what its queues have for it.
pub async fn an_idle_worker_is_explained(rig: Rig) {
    let idle = async |name: &str| rig.store.explain_worker(name.into()).await.unwrap();
    assert_eq!(idle("nobody").await, []);
    let explained = idle("me").await.remove(0);
    assert_eq!(explained.incarnation, ME);
    let nothing = Reason::NothingWaits {
        queue: QUEUE.into(),
    };
    assert_eq!(explained.reasons[0].reason, nothing);
    rig.submit(vec![
        task(1),
        task(2),
        task_with(3, |t| t.kind = "rare".into()),
    ])
    .await;
    let explained = idle(&ME.to_string()).await.remove(0);
    assert_eq!((explained.ready, explained.reasons.len()), (2, 0));
    let pause = QueueChange {
        paused: Some(true),
        ..QueueChange::default()
    };
    rig.store.configure(QUEUE.into(), pause).await.unwrap();
    let explained = idle("me").await.remove(0);
    assert_eq!((explained.ready, explained.reasons[0].tasks), (0, 2));
    let said = explained.reasons[0]
        .reason
        .sentence(explained.at)
        .to_string();
    assert_eq!(said, "queue \"default\" is paused");
}

/// However many lanes one queue has, and of kinds that are not a worker's, it hears of its others.
pub async fn crowds_hide_nothing_from_a_worker(rig: Rig) {
    let mut other = registration(OTHER, "busy");
    other.queues = names(&["crowded", "strange", "calm"]);
    rig.store.register(other).await.unwrap();
    let lanes = EXPLAIN_LANES_MAX as u64 + 50;
    let all = (0..lanes * 2).map(|n| {
        let mut task = one_of_many(n);
        task.tenant = Some(format!("tenant {n}").into());
        (task.queue, task.kind) = match n % 2 {
            0 => ("crowded".into(), KIND.into()),
            _ => ("strange".into(), "rare".into()),
        };
        task
    });
    rig.submit(all.collect()).await;
    let mut last = [one_of_many(lanes * 2), one_of_many(lanes * 2 + 1)];
    last[0].queue = "calm".into();
    last[1].queue = "strange".into();
    rig.submit(last.into()).await;
    let explained = rig.store.explain_worker("busy".into()).await.unwrap();
    let explained = &explained[0];
    assert_eq!(explained.reasons, [], "something waits in each");
    assert!(explained.ready > 2 && !explained.exact);
}
