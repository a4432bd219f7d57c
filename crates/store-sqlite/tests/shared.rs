//! Limits, turns and orders hold across all stores on one file, and outlive each of them.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

mod support;

use std::time::Duration;

use duly_core::{Limit, OrderPolicy, Priority, Rate, Timestamp};
use duly_store::testing::{ME, OTHER, QUEUE, claim_of, id, registration, task_with};
use duly_store::{
    AttachmentChange, Claim, Clock, LimitUse, QueueChange, Store, Subject, Submit, TakeBack,
    TenantChange,
};
use support::shared::{LIMIT, Shared, limited, of, on, shared, submit};

#[tokio::test]
async fn a_concurrency_holds_across_stores() {
    let shared = shared().ready().await;
    let [one, other] = &shared.stores;
    submit(one, (1..=9).map(limited)).await;
    let three = Some(Limit::concurrency(3));
    other.configure_limit(LIMIT.into(), three).await.unwrap();
    let mine = shared.claim(0, 2).await;
    let theirs = shared.claim(1, 9).await;
    assert_eq!((mine.len(), theirs.len()), (2, 1));
    assert!(shared.claim(0, 9).await.is_empty());
    assert_eq!([shared.in_use(0).await, shared.in_use(1).await], [3, 3]);
    shared.end(1, &theirs[0]).await;
    let mine = shared.claim(0, 9).await;
    assert_eq!(mine.len(), 1, "a permit that came back elsewhere");
    let gone = TakeBack {
        incarnation: ME,
        beats: None,
        limit: 9,
    };
    other.take_back(gone).await.unwrap();
    assert_eq!([shared.in_use(0).await, shared.in_use(1).await], [0, 0]);
}

#[tokio::test]
async fn a_rate_is_one_account_across_stores_and_restarts() {
    let shared = shared().ready().await;
    let [one, other] = &shared.stores;
    submit(one, (1..=9).map(limited)).await;
    let rate = Limit::rate(Rate::new(1, Duration::from_secs(10)).burst(2));
    one.configure_limit(LIMIT.into(), Some(rate)).await.unwrap();
    assert_eq!(shared.claim(0, 1).await.len(), 1);
    assert_eq!(shared.claim(1, 9).await.len(), 1, "of a burst of two");
    one.close().await.unwrap();
    other.close().await.unwrap();
    let Shared { folder, clock, .. } = shared;
    let again = on(folder.path(), &clock);
    again.register(registration(ME, "me")).await.unwrap();
    let claimed = again.claim(claim_of(9)).await.unwrap();
    let next = clock.now() + Duration::from_secs(10);
    assert_eq!((claimed.leases.len(), claimed.next_at), (0, Some(next)));
    clock.advance(Duration::from_secs(10));
    assert_eq!(again.claim(claim_of(9)).await.unwrap().leases.len(), 1);
}

/// Two stores by a clock that was four years ahead when they gave out all that a rate has; and when its next
/// permit is due by the clock that was right. It has been set back.
async fn ahead() -> (Shared, Timestamp) {
    let shared = shared().ready().await;
    let one = &shared.stores[0];
    submit(one, (1..=9).map(limited)).await;
    let rate = Limit::rate(Rate::new(1, Duration::from_secs(10)).burst(2));
    one.configure_limit(LIMIT.into(), Some(rate)).await.unwrap();
    let now = shared.clock.now();
    shared.clock.advance(Duration::from_secs(4 * 366 * 86_400));
    assert_eq!(shared.claim(0, 1).await.len(), 1);
    assert_eq!(shared.claim(1, 9).await.len(), 1);
    shared.clock.set(now);
    (shared, now + Duration::from_secs(10))
}

/// Opens the file of closed stores, and asks when its rate has a permit.
async fn opens(shared: &Shared) -> Option<Timestamp> {
    let again = on(shared.folder.path(), &shared.clock);
    again.register(registration(ME, "me")).await.unwrap();
    let claimed = again.claim(claim_of(9)).await.unwrap();
    assert!(claimed.leases.is_empty());
    again.close().await.unwrap();
    claimed.next_at
}

#[tokio::test]
async fn what_a_clock_that_was_set_back_cuts_is_cut_once_for_all_stores() {
    let (shared, next) = ahead().await;
    // First the one that knows the account by heart, as it gave out the last.
    for (at, incarnation) in [(1, OTHER), (0, ME), (1, OTHER)] {
        let claim = Claim {
            incarnation,
            ..claim_of(9)
        };
        let claimed = shared.stores[at].claim(claim).await.unwrap();
        assert_eq!((claimed.leases.len(), claimed.next_at), (0, Some(next)));
        shared.clock.advance(Duration::from_secs(2));
    }
    for store in &shared.stores {
        store.close().await.unwrap();
    }
    assert_eq!(opens(&shared).await, Some(next), "it was written");
}

#[tokio::test]
async fn a_store_that_opens_after_the_clock_was_set_back_cuts_once() {
    let (shared, next) = ahead().await;
    for store in &shared.stores {
        store.close().await.unwrap();
    }
    for _ in 0..3 {
        assert_eq!(opens(&shared).await, Some(next));
        shared.clock.advance(Duration::from_secs(3));
    }
    shared.clock.set(next);
    let again = on(shared.folder.path(), &shared.clock);
    again.register(registration(ME, "me")).await.unwrap();
    assert_eq!(again.claim(claim_of(9)).await.unwrap().leases.len(), 1);
}

#[tokio::test]
async fn what_is_attached_is_attached_everywhere() {
    let shared = shared().ready().await;
    let [one, other] = &shared.stores;
    submit(one, (1..=4).map(|n| of(n, "acme"))).await;
    assert_eq!(shared.claim(0, 1).await.len(), 1);
    let two = Some(Limit::concurrency(2));
    other.configure_limit(LIMIT.into(), two).await.unwrap();
    let subject = Subject::Tenant("acme".into());
    let add = AttachmentChange::Add(LimitUse::one(LIMIT));
    other.attach(subject.clone(), add).await.unwrap();
    assert_eq!(shared.in_use(0).await, 1);
    assert_eq!(shared.claim(0, 9).await.len(), 1);
    assert!(shared.claim(1, 9).await.is_empty());
    let paused = TenantChange {
        paused: Some(true),
        ..TenantChange::default()
    };
    one.configure_tenant("acme".into(), paused).await.unwrap();
    let remove = AttachmentChange::Remove(LIMIT.into());
    one.attach(subject, remove).await.unwrap();
    assert!(shared.claim(1, 9).await.is_empty(), "paused elsewhere");
}

#[tokio::test]
async fn turns_go_on_where_another_store_left_them() {
    let shared = shared().ready().await;
    let [one, _] = &shared.stores;
    let fair = QueueChange {
        fair: Some(true),
        ..QueueChange::default()
    };
    one.configure(QUEUE.into(), fair).await.unwrap();
    submit(one, (1..=40).map(|n| of(n, "a"))).await;
    submit(one, (41..=80).map(|n| of(n, "b"))).await;
    let mut said = String::new();
    for round in 0..10 {
        for lease in shared.claim(round % 2, 1).await {
            let task = one.task(lease.attempt.task).await.unwrap().unwrap();
            said += &task.tenant.unwrap();
        }
    }
    assert_eq!(said, "ababababab");
}

#[tokio::test]
async fn another_order_is_one_for_all_stores() {
    let shared = shared().ready().await;
    let [one, other] = &shared.stores;
    let urgent = |n, priority| task_with(n, |t| t.priority = priority);
    submit(one, [urgent(1, Priority::Low)]).await;
    let step = Duration::from_secs(10);
    let aging = QueueChange {
        order: Some(OrderPolicy::Aging { step }),
        ..QueueChange::default()
    };
    other.configure(QUEUE.into(), aging).await.unwrap();
    shared.clock.advance(Duration::from_secs(35));
    submit(one, [urgent(2, Priority::Critical)]).await;
    let duty = duly_store::Duty::Rekey;
    let step = duly_store::KeepHouse { duty, limit: 9 };
    other.keep_house(step).await.unwrap();
    assert_eq!(shared.claim(0, 1).await[0].attempt.task, id(1));
}

#[tokio::test]
async fn a_refused_batch_leaves_no_head_behind() {
    let shared = shared().ready().await;
    let [one, _] = &shared.stores;
    let bound = QueueChange {
        bound: Some(3),
        ..QueueChange::default()
    };
    one.configure(QUEUE.into(), bound).await.unwrap();
    submit(one, [of(1, "a")]).await;
    let tasks = (2..=5).map(|n| of(n, ["a", "b"][usize::from(n % 2)]));
    let tasks = tasks.map(|mut task| {
        task.priority = Priority::Critical;
        task
    });
    let refused = one.submit(Submit {
        tasks: tasks.collect(),
    });
    assert!(refused.await.is_err());
    let leases = shared.claim(0, 9).await;
    assert_eq!(leases.len(), 1);
    assert_eq!(leases[0].attempt.task, id(1));
    submit(one, [of(2, "b"), of(3, "a")]).await;
    assert_eq!(shared.claim(0, 9).await.len(), 2);
}
