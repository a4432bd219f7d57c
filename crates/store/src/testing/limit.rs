//! Limits: how much at once, how much per period, whoever asks.

use std::time::Duration;

use duly_core::{Decision, EventKind, Limit, Rate, State, TaskId};

use super::{KIND, OTHER, QUEUE, Rig, claim_of, id, names, registration, task, task_with};
use crate::AttachmentChange::{Add, Exactly, Remove};
use crate::bounds::LIMITS_MAX;
use crate::{
    AttachmentChange, Change, ChangeMatching, Claim, Filter, LimitRecord, LimitUse, ListNames,
    Name, NewTask, Payload, QueueChange, RequestError, Restore, Save, Subject, Submit, SubmitError,
    TakeBack, TenantChange,
};

pub(super) const LIMIT: &str = "scarce";

/// A test's nth task, which weighs so much in the usual limit.
pub(super) fn limited(n: u8, weight: u32) -> NewTask {
    task_with(n, |t| t.limits = vec![LimitUse::heavy(LIMIT, weight)])
}

pub(super) async fn define(rig: &Rig, limit: Limit) {
    let done = rig.store.configure_limit(LIMIT.into(), Some(limit)).await;
    done.expect("the limit is taken");
}

impl Rig {
    pub(super) async fn attach(&self, subject: &Subject, change: AttachmentChange) {
        let done = self.store.attach(subject.clone(), change).await;
        done.expect("it may be attached");
    }
}

pub(super) async fn shown(rig: &Rig) -> LimitRecord {
    let page = rig.store.limits(ListNames::only(LIMIT.into())).await;
    page.unwrap().limits.remove(0)
}

/// No more at once than it says; each end lets the next one begin.
pub async fn a_concurrency_holds_and_comes_back(rig: Rig) {
    define(&rig, Limit::concurrency(2)).await;
    rig.submit((1..=5).map(|n| limited(n, 1)).collect()).await;
    let leases = rig.run(9).await;
    assert_eq!(leases.len(), 2);
    assert_eq!(shown(&rig).await.in_use, 2);
    assert!(rig.run(9).await.is_empty());
    let done = rig.settle(leases[0].attempt, Decision::Complete).await;
    done.unwrap();
    assert_eq!(shown(&rig).await.in_use, 1);
    assert_eq!(rig.run_ids(9).await, [id(3)]);
}

/// A heavy task waits for all the slots that it takes, and holds nobody up for whom there is room.
pub async fn a_heavy_task_takes_several_slots(rig: Rig) {
    define(&rig, Limit::concurrency(4)).await;
    let tasks = [(1, 3), (2, 3), (3, 1), (4, 5)];
    rig.submit(tasks.map(|(n, weight)| limited(n, weight)).into())
        .await;
    let leases = rig.run(9).await;
    let ids: Vec<_> = leases.iter().map(|lease| lease.attempt.task).collect();
    assert_eq!(ids, [1, 3].map(id));
    assert_eq!(shown(&rig).await.in_use, 4);
    let end = async |at: usize| {
        let done = rig.settle(leases[at].attempt, Decision::Complete).await;
        done.unwrap();
    };
    end(1).await;
    assert!(rig.run(9).await.is_empty(), "one slot is no room for three");
    end(0).await;
    assert_eq!(rig.run_ids(9).await, [id(2)], "and five never fit in four");
    define(&rig, Limit::concurrency(8)).await;
    assert_eq!(rig.run_ids(9).await, [id(4)]);
}

/// One that is closed is enough to wait for.
pub async fn a_task_needs_all_its_limits(rig: Rig) {
    define(&rig, Limit::concurrency(9)).await;
    let one = Some(Limit::concurrency(1));
    let defined = rig.store.configure_limit("other".into(), one).await;
    defined.unwrap();
    let both = |n| {
        task_with(n, |t| {
            t.limits = vec![LimitUse::one(LIMIT), LimitUse::one("other")];
        })
    };
    rig.submit(vec![both(1), both(2), limited(3, 1)]).await;
    let leases = rig.run(9).await;
    let ids: Vec<_> = leases.iter().map(|lease| lease.attempt.task).collect();
    assert_eq!(ids, [1, 3].map(id));
    let done = rig.settle(leases[0].attempt, Decision::Complete).await;
    done.unwrap();
    assert_eq!(rig.run_ids(9).await, [id(2)]);
}

/// All tasks of a queue, a kind or a tenant share what is attached to it, also those that run.
pub async fn a_limit_bounds_what_it_is_attached_to(rig: Rig) {
    define(&rig, Limit::concurrency(2)).await;
    let own = |n| task_with(n, |t| t.tenant = Some("acme".into()));
    let subjects = [
        Subject::Queue(QUEUE.into()),
        Subject::Kind(super::KIND.into()),
        Subject::Tenant("acme".into()),
    ];
    for (subject, first) in subjects.into_iter().zip([10, 20, 30]) {
        rig.submit((1..=4).map(|n| own(first + n)).collect()).await;
        let mut running = rig.run(1).await;
        rig.attach(&subject, Exactly(vec![LimitUse::one(LIMIT)]))
            .await;
        let record = shown(&rig).await;
        assert_eq!(record.in_use, 1, "what runs counts");
        assert_eq!(record.attached, [(subject.clone(), 1)]);
        running.extend(rig.run(9).await);
        assert_eq!(running.len(), 2, "{subject}");
        rig.attach(&subject, Exactly(Vec::new())).await;
        assert_eq!(shown(&rig).await.in_use, 0);
        running.extend(rig.run(9).await);
        assert_eq!(running.len(), 4, "{subject}");
        for lease in running {
            let done = rig.settle(lease.attempt, Decision::Complete).await;
            done.unwrap();
        }
    }
}

/// A limit that nobody has defined bounds nothing; one that is defined, changed or lifted counts at once.
pub async fn changes_act_at_once(rig: Rig) {
    rig.submit((1..=9).map(|n| limited(n, 1)).collect()).await;
    assert_eq!(rig.run(3).await.len(), 3);
    define(&rig, Limit::concurrency(3)).await;
    assert_eq!(shown(&rig).await.in_use, 3, "what ran before counts");
    assert!(rig.run(9).await.is_empty());
    define(&rig, Limit::concurrency(5)).await;
    assert_eq!(rig.run(9).await.len(), 2);
    define(&rig, Limit::concurrency(1)).await;
    assert!(rig.run(9).await.is_empty(), "nobody is stopped or begins");
    let lifted = rig.store.configure_limit(LIMIT.into(), None).await;
    lifted.unwrap();
    assert_eq!(rig.run(9).await.len(), 4);
    let gone = rig.store.limits(ListNames::only(LIMIT.into())).await;
    assert!(gone.unwrap().limits.is_empty());
}

/// Completed, failed, retried, snoozed, handed back, cancelled, lost: in the end nothing is in use.
pub async fn permits_come_back_however_an_attempt_ends(rig: Rig) {
    define(&rig, Limit::concurrency(1)).await;
    let later = Duration::from_secs(1_000);
    let ends = [
        Decision::Complete,
        Decision::Fail,
        Decision::TimeOut,
        Decision::Cancel,
        Decision::Retry(later),
        Decision::Snooze(later),
    ];
    rig.submit((1..=6).map(|n| limited(n, 1)).collect()).await;
    for end in ends {
        let lease = rig.run(9).await.remove(0);
        assert_eq!(shown(&rig).await.in_use, 1);
        rig.settle(lease.attempt, end).await.unwrap();
        assert_eq!(shown(&rig).await.in_use, 0, "{end:?}");
    }
    rig.submit(vec![limited(9, 1)]).await;
    let lease = rig.run(9).await.remove(0);
    let back = rig.settle(lease.attempt, Decision::HandBack).await;
    back.unwrap();
    assert_eq!(shown(&rig).await.in_use, 0);
    let assigned = Claim {
        prefetch: 9,
        ..claim_of(0)
    };
    assert_eq!(rig.claim(assigned).await.leases.len(), 1);
    assert_eq!(shown(&rig).await.in_use, 1);
    rig.store.change(id(9), Change::Cancel).await.unwrap();
    assert_eq!(shown(&rig).await.in_use, 0, "called off before it began");
    let other = registration(OTHER, "other");
    rig.store.register(other).await.unwrap();
    rig.submit(vec![limited(10, 1)]).await;
    let lost = Claim {
        incarnation: OTHER,
        ..claim_of(9)
    };
    assert_eq!(rig.claim(lost).await.leases.len(), 1);
    assert_eq!(shown(&rig).await.in_use, 1);
    let gone = TakeBack {
        incarnation: OTHER,
        beats: None,
        limit: 9,
    };
    rig.store.take_back(gone).await.unwrap();
    assert_eq!(shown(&rig).await.in_use, 0, "its worker is gone");
    assert_eq!(rig.run_ids(9).await, [id(10)]);
}

/// By name, page by page.
pub async fn limits_are_listed(rig: Rig) {
    let rate = Rate::new(7, Duration::from_millis(1_500)).burst(3);
    for (name, limit) in [
        ("b", Limit::concurrency(4)),
        ("a", Limit::rate(rate)),
        ("c", Limit::concurrency(4).and_rate(rate)),
    ] {
        let defined = rig.store.configure_limit(name.into(), Some(limit)).await;
        defined.unwrap();
    }
    rig.submit(vec![limited(1, 1)]).await;
    let page = rig.store.limits(ListNames::first(2)).await.unwrap();
    let seen: Vec<_> = page
        .limits
        .iter()
        .map(|one| (&*one.name, one.limit))
        .collect();
    assert_eq!(
        seen,
        [("a", Limit::rate(rate)), ("b", Limit::concurrency(4))]
    );
    assert_eq!(page.next.as_deref(), Some("b"));
    let rest = ListNames {
        after: page.next,
        ..ListNames::first(2)
    };
    let page = rig.store.limits(rest).await.unwrap();
    let names: Vec<&str> = page.limits.iter().map(|one| &*one.name).collect();
    assert_eq!(names, ["c"], "what nobody defined is not listed");
    assert_eq!(page.next, None);
    assert_eq!(page.limits[0].limit, Limit::concurrency(4).and_rate(rate));
}

/// By name of the field.
pub async fn absurd_limits_are_refused(rig: Rig) {
    let field = |result: Result<(), RequestError>| match result {
        Err(RequestError::InvalidInput(refused)) => refused.field,
        other => panic!("{other:?}"),
    };
    let define = |limit| rig.store.configure_limit(LIMIT.into(), Some(limit));
    assert_eq!(field(define(Limit::default()).await), "limit");
    assert_eq!(field(define(Limit::concurrency(0)).await), "concurrency");
    let burst = Rate::new(1, Duration::from_secs(1)).burst(u32::MAX);
    assert_eq!(field(define(Limit::rate(burst)).await), "rate (burst)");
    let attach = |change| rig.store.attach(Subject::Queue(QUEUE.into()), change);
    let weightless = LimitUse::heavy(LIMIT, 0);
    let refused = attach(Exactly(vec![weightless.clone()])).await;
    assert_eq!(field(refused), "limits (weight)");
    assert_eq!(field(attach(Add(weightless)).await), "limits (weight)");
    assert_eq!(field(attach(Remove("".into())).await), "limits");
    let twice = vec![LimitUse::one(LIMIT), LimitUse::one(LIMIT)];
    assert_eq!(field(attach(Exactly(twice)).await), "limits");
    let many: Vec<_> = (0..9).map(|n| LimitUse::one(format!("{n}"))).collect();
    let new = task_with(1, |t| t.limits = many);
    let tasks = vec![task(2), new];
    let refused = rig.store.submit(crate::Submit { tasks }).await;
    assert!(matches!(
        refused,
        Err(SubmitError::InvalidInput { index: 1, source }) if source.field == "limits"
    ));
}

/// What a task names goes with it wherever it goes.
pub async fn limits_survive_a_save(rig: Rig) {
    define(&rig, Limit::concurrency(1)).await;
    rig.submit(vec![limited(1, 1), limited(2, 1)]).await;
    let all = Save {
        after: None,
        limit: 9,
    };
    let mut tasks = rig.store.save(all).await.unwrap().tasks;
    for (n, copy) in (11..).zip(&mut tasks) {
        assert_eq!(copy.task.limits, [LimitUse::one(LIMIT)]);
        copy.task.id = id(n);
        copy.events.iter_mut().for_each(|event| event.task = id(n));
    }
    rig.store.restore(Restore { tasks }).await.unwrap();
    assert_eq!(rig.task(11).await.limits, [LimitUse::one(LIMIT)]);
    assert_eq!(rig.run(9).await.len(), 1);
}

/// A permit that comes back wakes who serves the queues that wait for it, whatever queue it was used in.
pub async fn who_waits_for_a_permit_is_told(rig: Rig) {
    define(&rig, Limit::concurrency(1)).await;
    let elsewhere = task_with(2, |t| {
        t.limits = vec![LimitUse::one(LIMIT)];
        t.queue = "elsewhere".into();
    });
    rig.submit(vec![limited(1, 1), elsewhere]).await;
    let lease = rig.run(1).await.remove(0);
    let asked = Claim {
        queues: names(&["elsewhere"]),
        ..claim_of(1)
    };
    assert!(rig.claim(asked.clone()).await.leases.is_empty());
    let ear = rig.store.listen(&[Name::from("elsewhere")]);
    let done = rig.settle(lease.attempt, Decision::Complete).await;
    done.unwrap();
    ear.hint().await;
    assert_eq!(rig.claim(asked).await.leases.len(), 1);
}

/// Nothing of a paused tenant starts; the others go on.
pub async fn a_paused_tenant_waits(rig: Rig) {
    let of = |n, tenant: &str| {
        let tenant = Some(tenant.into());
        task_with(n, |t| t.tenant = tenant)
    };
    rig.submit(vec![of(1, "acme"), of(2, "other"), task(3)])
        .await;
    let pause = |paused| {
        let change = TenantChange {
            paused: Some(paused),
            ..TenantChange::default()
        };
        rig.store.configure_tenant("acme".into(), change)
    };
    pause(true).await.unwrap();
    assert_eq!(rig.run_ids(9).await, [2, 3].map(id));
    rig.submit(vec![of(4, "acme")]).await;
    assert!(rig.run(9).await.is_empty());
    assert_eq!(rig.state(1).await, State::Pending);
    pause(false).await.unwrap();
    assert_eq!(rig.run_ids(9).await, [1, 4].map(id));
    assert_eq!(
        rig.history(1).await,
        [EventKind::Submitted, EventKind::Started]
    );
}

/// 125 tasks of a round, which all together name a thousand limits that no other round names.
fn round(round: u32, queue: &str) -> Vec<NewTask> {
    let task = |n: u32| {
        let mut bytes = [7; 16];
        bytes[..4].copy_from_slice(&round.to_be_bytes());
        bytes[4..8].copy_from_slice(&n.to_be_bytes());
        let mut task = NewTask::new(TaskId::from_bytes(bytes), KIND, Payload::json("0"));
        let limits = (0..8).map(|m| LimitUse::one(format!("user:{round}:{n}:{m}")));
        task.limits = limits.collect();
        task.queue = queue.into();
        task
    };
    (0..125).map(task).collect()
}

/// However many names of limits come and go, with tasks that end or that are refused, with definitions and
/// attachments: what counts is how many there are at once.
pub async fn names_of_limits_come_and_go(rig: Rig) {
    let last_but_one = QueueChange {
        bound: Some(124),
        ..QueueChange::default()
    };
    let full = Name::from("full");
    let done = rig.store.configure(full.clone(), last_but_one).await;
    done.unwrap();
    let rounds = u32::try_from(LIMITS_MAX / 1_000).unwrap() + 5;
    for n in 0..rounds {
        let tasks = round(n, &full);
        let refused = rig.store.submit(Submit { tasks }).await;
        let expected = SubmitError::QueueFull {
            index: 124,
            queue: full.clone(),
            bound: 124,
        };
        assert_eq!(refused, Err(expected));

        rig.submit(round(n, QUEUE)).await;
        let cancel = ChangeMatching {
            filter: Filter::default(),
            change: Change::Cancel,
            after: None,
            limit: 125,
            dry_run: false,
        };
        let done = rig.store.change_matching(cancel).await.unwrap();
        assert_eq!(done.changed, 125);
        let of_round = format!("of:{n}");
        let subject = Subject::Kind("another".into());
        let only = Exactly(vec![LimitUse::one(of_round.as_str())]);
        rig.attach(&subject, only).await;
        for bounds in [Some(Limit::concurrency(1)), None] {
            let done = rig.store.configure_limit(of_round.as_str().into(), bounds);
            done.await.expect("there is room for it");
        }
    }
    let all = rig.store.limits(ListNames::first(9)).await.unwrap();
    assert_eq!(all.limits, []);
    // What a finished task named is told still, and counts again once it is put back in line.
    let first = round(0, QUEUE).remove(0);
    let retry = Change::Retry { payload: None };
    let retried = rig.store.change(first.id, retry).await.unwrap();
    assert_eq!(retried.limits, first.limits);
    let bound = Some(Limit::concurrency(1));
    let name = first.limits[0].name.clone();
    rig.store
        .configure_limit(name.clone(), bound)
        .await
        .unwrap();
    assert_eq!(rig.run(9).await.len(), 1);
    let page = rig.store.limits(ListNames::only(name)).await.unwrap();
    assert_eq!(page.limits[0].in_use, 1);
}
