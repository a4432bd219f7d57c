//! Kinds and tenants; and what is paused, drained and purged as a whole.

use std::time::Duration;

use duly_core::{Decision, State, TaskId};

use super::rig::claim;
use super::{KIND, QUEUE, Rig, id, names, task, task_with};
use crate::bounds::TENANT_WEIGHT_MAX;
use crate::{
    Change, ChangeMatching, Filter, KindChange, KindRecord, KindSettings, List, ListNames, Name,
    NewTask, QueueChange, RequestError, Restore, Save, Subject, Submit, SubmitError, TenantChange,
    TenantRecord, TenantSettings, When,
};

const ACME: &str = "acme";

/// A test's nth task, of the usual tenant.
fn of_acme(n: u8) -> NewTask {
    task_with(n, |task| task.tenant = Some(ACME.into()))
}

async fn drain(rig: &Rig, subject: &Subject, draining: bool) {
    let draining = Some(draining);
    let name = subject.name().clone();
    match subject {
        Subject::Queue(_) => {
            let change = QueueChange {
                draining,
                ..QueueChange::default()
            };
            rig.store.configure(name, change).await.map(drop)
        }
        Subject::Kind(_) => {
            let change = KindChange {
                draining,
                ..KindChange::default()
            };
            rig.store.configure_kind(name, change).await.map(drop)
        }
        Subject::Tenant(_) => {
            let change = TenantChange {
                draining,
                ..TenantChange::default()
            };
            rig.store.configure_tenant(name, change).await.map(drop)
        }
    }
    .expect("the settings are fine");
}

fn all() -> [Subject; 3] {
    [
        Subject::Queue(QUEUE.into()),
        Subject::Kind(KIND.into()),
        Subject::Tenant(ACME.into()),
    ]
}

async fn kinds(rig: &Rig) -> Vec<KindRecord> {
    let page = rig.store.kinds(ListNames::first(100)).await;
    page.expect("a page of kinds").kinds
}

async fn tenants(rig: &Rig) -> Vec<TenantRecord> {
    let page = rig.store.tenants(ListNames::first(100)).await;
    page.expect("a page of tenants").tenants
}

/// How many tasks of the usual queue, kind and tenant are not finished.
async fn unfinished(rig: &Rig) -> [u64; 3] {
    let queues = rig.store.queues().await.unwrap();
    let queue = queues.iter().find(|queue| &*queue.name == QUEUE);
    let kind = rig.store.kinds(ListNames::only(KIND.into())).await;
    let tenant = rig.store.tenants(ListNames::only(ACME.into())).await;
    [
        queue.unwrap().counts.unfinished(),
        kind.unwrap().kinds[0].unfinished,
        tenant.unwrap().tenants[0].unfinished,
    ]
}

/// What a change does not name stays, and a kind can be set up before its first task.
pub async fn settings_of_kinds_are_kept_and_merged(rig: Rig) {
    let pause = KindChange {
        paused: Some(true),
        draining: None,
    };
    let drain = KindChange {
        paused: None,
        draining: Some(true),
    };
    rig.store
        .configure_kind("early".into(), pause)
        .await
        .unwrap();
    let settings = rig.store.configure_kind("early".into(), drain).await;
    let expected = KindSettings {
        paused: true,
        draining: true,
    };
    assert_eq!(settings.unwrap(), expected);
    let record = KindRecord {
        name: "early".into(),
        settings: expected,
        unfinished: 0,
    };
    assert_eq!(kinds(&rig).await, [record]);
    assert!(rig.store.configure_kind("".into(), pause).await.is_err());
}

/// What a change does not name stays, and a tenant can be set up before its first task.
pub async fn settings_of_tenants_are_kept_and_merged(rig: Rig) {
    let weight = TenantChange {
        weight: Some(TENANT_WEIGHT_MAX),
        ..TenantChange::default()
    };
    let pause = TenantChange {
        paused: Some(true),
        ..TenantChange::default()
    };
    rig.store
        .configure_tenant(ACME.into(), weight)
        .await
        .unwrap();
    let settings = rig.store.configure_tenant(ACME.into(), pause).await;
    let expected = TenantSettings {
        weight: TENANT_WEIGHT_MAX,
        paused: true,
        draining: false,
    };
    assert_eq!(settings.unwrap(), expected);
    let record = TenantRecord {
        name: ACME.into(),
        settings: expected,
        unfinished: 0,
    };
    assert_eq!(tenants(&rig).await, [record]);
    assert!(
        rig.store
            .configure_tenant("\n".into(), pause)
            .await
            .is_err()
    );
}

/// A weight is from 1 to 1,000; what is refused makes no record.
pub async fn absurd_weights_are_refused(rig: Rig) {
    for weight in [0, TENANT_WEIGHT_MAX + 1] {
        let change = TenantChange {
            weight: Some(weight),
            ..TenantChange::default()
        };
        let refused = rig.store.configure_tenant(ACME.into(), change).await;
        let Err(RequestError::InvalidInput(input)) = refused else {
            panic!("{weight} is no weight: {refused:?}");
        };
        assert_eq!(
            input.to_string(),
            format!("weight is {weight}: expected 1 to 1000")
        );
    }
    assert_eq!(tenants(&rig).await, []);
}

/// Records are made by tasks, count what is not finished, and come by name.
pub async fn records_are_counted_and_come_in_pages(rig: Rig) {
    let of = |n, kind: &str, tenant: &str| {
        task_with(n, |task| {
            task.kind = kind.into();
            task.tenant = Some(tenant.into());
        })
    };
    rig.submit(vec![
        of(1, "b", "y"),
        of(2, "a", "x"),
        of(3, "c", "x"),
        task(4),
    ])
    .await;
    let page = |after: Option<&str>, limit| ListNames {
        only: None,
        after: after.map(Name::from),
        limit,
    };
    let first = rig.store.kinds(page(None, 3)).await.unwrap();
    let found: Vec<&str> = first.kinds.iter().map(|kind| &*kind.name).collect();
    assert_eq!((found, first.next), (vec!["a", "b", "c"], Some("c".into())));
    let rest = rig.store.kinds(page(Some("c"), 3)).await.unwrap();
    assert_eq!((&*rest.kinds[0].name, rest.next), (KIND, None));
    let only = rig.store.kinds(ListNames::only("b".into())).await.unwrap();
    assert_eq!((only.kinds.len(), only.next), (1, None));
    assert_eq!(&*only.kinds[0].name, "b");
    let none = rig
        .store
        .tenants(ListNames::only("b".into()))
        .await
        .unwrap();
    assert_eq!((none.tenants.len(), none.next), (0, None));
    let first = rig.store.tenants(page(None, 1)).await.unwrap();
    assert_eq!(
        (first.tenants[0].unfinished, first.next),
        (2, Some("x".into()))
    );
    rig.store.cancel(id(2)).await.unwrap();
    let counts = |tenants: Vec<TenantRecord>| tenants.iter().map(|t| t.unfinished).collect();
    let left: Vec<u64> = counts(tenants(&rig).await);
    assert_eq!(left, [1, 1]);
    rig.store.retry(id(2)).await.unwrap();
    let left: Vec<u64> = counts(tenants(&rig).await);
    assert_eq!(left, [2, 1], "what is tried again is not finished");
    for limit in [0, 1_001] {
        assert!(rig.store.kinds(page(None, limit)).await.is_err());
        assert!(rig.store.tenants(page(None, limit)).await.is_err());
    }
}

/// What is refused leaves nothing behind, nor do those that were fine beside it.
pub async fn a_refused_task_makes_no_records(rig: Rig) {
    let keyed = |n| {
        task_with(n, |task| {
            task.tenant = Some(ACME.into());
            task.unique = Some("one".into());
        })
    };
    let tasks = vec![keyed(1), keyed(2)];
    assert!(rig.store.submit(Submit { tasks }).await.is_err());
    assert_eq!((kinds(&rig).await, tenants(&rig).await), (vec![], vec![]));
    rig.submit(vec![keyed(1)]).await;
    let twice = task_with(1, |task| {
        task.kind = "other".into();
        task.tenant = Some("other".into());
    });
    rig.submit(vec![twice]).await;
    assert_eq!((kinds(&rig).await.len(), tenants(&rig).await.len()), (1, 1));
    assert_eq!(unfinished(&rig).await, [1, 1, 1]);
}

/// A submit to what drains is refused by name, with all of its batch; but a task that is there already is.
pub async fn what_drains_takes_in_nothing_new(rig: Rig) {
    rig.submit(vec![of_acme(1)]).await;
    for subject in all() {
        drain(&rig, &subject, true).await;
        let beside = task_with(2, |task| {
            task.queue = "open".into();
            task.kind = "open".into();
        });
        let tasks = vec![beside, of_acme(3)];
        let refused = rig.store.submit(Submit { tasks }).await.unwrap_err();
        let expected = SubmitError::Draining {
            index: 1,
            subject: subject.clone(),
        };
        assert_eq!((refused.index(), &refused), (Some(1), &expected));
        let text = format!(
            "task 1: {} {:?} is draining and takes in no new tasks: \
             undrain it to open it again",
            subject.what(),
            subject.name()
        );
        assert_eq!(refused.to_string(), text);
        assert_eq!(rig.store.task(id(2)).await.unwrap(), None, "all or none");
        let again = rig.store.submit(Submit::one(of_acme(1))).await.unwrap();
        assert!(again.tasks[0].existed(), "a lost reply is asked for again");
        drain(&rig, &subject, false).await;
    }
    rig.submit(vec![of_acme(3)]).await;
    assert_eq!(unfinished(&rig).await, [2, 2, 2]);
}

/// What is there runs, is tried again, waits again, and may be put back in line; the counts tell when all is
/// done.
pub async fn what_drains_is_worked_off(rig: Rig) {
    let later = task_with(4, |task| {
        task.tenant = Some(ACME.into());
        task.due = When::After(Duration::from_secs(60));
    });
    rig.submit(vec![of_acme(1), of_acme(2), of_acme(3), later])
        .await;
    for subject in all() {
        drain(&rig, &subject, true).await;
    }
    let leases = rig.run(3).await;
    let ends = [
        Decision::Retry(Duration::from_secs(1)),
        Decision::HandBack,
        Decision::Fail,
    ];
    for (lease, end) in leases.iter().zip(ends) {
        rig.settle(lease.attempt, end).await.unwrap();
    }
    assert_eq!(unfinished(&rig).await, [3, 3, 3]);
    rig.store.retry(id(3)).await.unwrap();
    assert_eq!(unfinished(&rig).await, [4, 4, 4]);
    rig.advance(60);
    for lease in rig.run(9).await {
        rig.settle(lease.attempt, Decision::Complete).await.unwrap();
    }
    assert_eq!(unfinished(&rig).await, [0, 0, 0], "drained");
}

/// What was saved is not new: it comes back.
pub async fn a_saved_task_comes_back_into_what_drains(rig: Rig) {
    rig.submit(vec![of_acme(1)]).await;
    let all_of_it = Save {
        after: None,
        limit: 9,
    };
    let mut tasks = rig.store.save(all_of_it).await.unwrap().tasks;
    for subject in all() {
        drain(&rig, &subject, true).await;
    }
    tasks[0].task.id = id(2);
    for event in &mut tasks[0].events {
        event.task = id(2);
    }
    let restored = rig.store.restore(Restore { tasks }).await.unwrap();
    assert_eq!(restored.restored, 1);
    assert_eq!(unfinished(&rig).await, [2, 2, 2]);
}

/// Nothing of a paused kind starts, whatever its queue; others do.
pub async fn a_paused_kind_waits(rig: Rig) {
    let other = task_with(3, |task| task.kind = "other".into());
    let elsewhere = task_with(2, |task| task.queue = "elsewhere".into());
    rig.submit(vec![task(1), elsewhere, other]).await;
    let pause = |paused| KindChange {
        paused: Some(paused),
        draining: None,
    };
    rig.store
        .configure_kind(KIND.into(), pause(true))
        .await
        .unwrap();
    let wide = || {
        let mut claim = claim(9);
        claim.queues = names(&[QUEUE, "elsewhere"]);
        claim.kinds = names(&[KIND, "other"]);
        claim
    };
    let ids = |claimed: crate::Claimed| -> Vec<TaskId> {
        claimed
            .leases
            .iter()
            .map(|lease| lease.attempt.task)
            .collect()
    };
    assert_eq!(ids(rig.claim(wide()).await), [id(3)]);
    rig.submit(vec![task(4)]).await;
    assert_eq!(
        ids(rig.claim(wide()).await),
        [],
        "it takes in new tasks all the same"
    );
    let listener = rig.store.listen(&names(&[QUEUE]));
    rig.store
        .configure_kind(KIND.into(), pause(false))
        .await
        .unwrap();
    listener.hint().await;
    assert_eq!(ids(rig.claim(wide()).await).len(), 3);
}

/// Tasks of a tenant are found whatever became of them, page by page.
pub async fn a_filter_means_a_tenant(rig: Rig) {
    let other = task_with(4, |task| task.tenant = Some("other".into()));
    rig.submit(vec![of_acme(1), task(2), of_acme(3), other, of_acme(5)])
        .await;
    assert_eq!(rig.run_ids(1).await, [id(1)]);
    rig.store.cancel(id(3)).await.unwrap();
    let list = |states: &[State], after| List {
        filter: Filter {
            states: states.to_vec(),
            ..Subject::Tenant(ACME.into()).tasks()
        },
        after,
        limit: 2,
        brief: true,
    };
    let ids =
        |page: &crate::TaskPage| -> Vec<TaskId> { page.tasks.iter().map(|task| task.id).collect() };
    let page = rig.store.list(list(&[], None)).await.unwrap();
    assert_eq!(ids(&page), [id(5), id(3)]);
    let page = rig.store.list(list(&[], page.next)).await.unwrap();
    assert_eq!(ids(&page), [id(1)]);
    for (state, n) in [
        (State::Running, 1),
        (State::Cancelled, 3),
        (State::Pending, 5),
    ] {
        let page = rig.store.list(list(&[state], None)).await.unwrap();
        assert_eq!(ids(&page), [id(n)], "{state}");
    }
    let mut held = list(&[], None);
    held.filter.worker = Some("me".into());
    assert_eq!(ids(&rig.store.list(held).await.unwrap()), [id(1)]);
    let mut unknown = list(&[], None);
    unknown.filter.tenant = Some("nobody".into());
    assert_eq!(ids(&rig.store.list(unknown).await.unwrap()), []);
}

/// All that waits of a queue, a kind or a tenant is called off, in steps; what runs, and what is of others,
/// stays.
pub async fn a_purge_leaves_what_runs(rig: Rig) {
    let waiting: Vec<State> = State::ALL
        .into_iter()
        .filter(|state| !state.is_final() && !state.is_leased())
        .collect();
    let stranger = task_with(100, |task| {
        task.queue = "other".into();
        task.kind = "other".into();
        task.tenant = Some("other".into());
    });
    rig.submit(vec![stranger, of_acme(200)]).await;
    assert_eq!(rig.run_ids(1).await, [id(200)]);
    for (round, subject) in (0_u8..).zip(all()) {
        let first = 10 * round + 1;
        let later = task_with(first + 2, |task| {
            task.tenant = Some(ACME.into());
            task.due = When::After(Duration::from_secs(60));
        });
        rig.submit(vec![of_acme(first), of_acme(first + 1), later])
            .await;
        let mut step = ChangeMatching {
            filter: Filter {
                states: waiting.clone(),
                ..subject.tasks()
            },
            change: Change::Cancel,
            after: None,
            limit: 2,
            dry_run: false,
        };
        let mut changed = 0;
        loop {
            let done = rig.store.change_matching(step.clone()).await.unwrap();
            changed += done.changed;
            step.after = done.next;
            if step.after.is_none() {
                break;
            }
        }
        assert_eq!(changed, 3, "{subject}");
        assert_eq!(unfinished(&rig).await, [1, 1, 1], "what runs is left");
    }
    assert_eq!(rig.state(200).await, State::Running);
    assert_eq!(rig.state(100).await, State::Pending);
}
