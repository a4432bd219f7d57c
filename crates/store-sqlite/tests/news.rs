//! What one store on a file changes, every other knows, whatever it has known by heart.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

mod support;

use std::collections::BTreeMap;
use std::time::Duration;

use duly_core::Limit;
use duly_store::testing::{ME, OTHER, QUEUE, claim_of, id, task_with};
use duly_store::{
    AttachmentChange, Change, Claim, Duty, KeepHouse, LimitUse, ListNames, NewTask, QueueChange,
    Store, Subject, Submit, TenantChange,
};
use rusqlite::Connection;
use support::shared::{LIMIT, Shared, limited, of, shared, submit};

/// Longer than an empty lane is kept.
const LONG: Duration = Duration::from_secs(2 * 3600);

impl Shared {
    /// Claims until nothing is left, each time from another store, and ends what it gets; by tenant.
    async fn drain(&self) -> BTreeMap<String, usize> {
        let mut had = BTreeMap::new();
        for round in 0.. {
            let at = round % 2;
            let leases = self.claim(at, 3).await;
            if leases.is_empty() {
                break;
            }
            for lease in leases {
                let task = self.stores[at].task(lease.attempt.task).await.unwrap();
                let tenant = task.unwrap().tenant.unwrap_or_default();
                *had.entry(tenant.as_str().to_owned()).or_default() += 1;
                self.end(at, &lease).await;
            }
        }
        had
    }

    fn look(&self) -> Connection {
        Connection::open(self.folder.path().join("duly.db")).unwrap()
    }

    fn number(&self, sql: &str) -> i64 {
        self.look().query_row(sql, [], |row| row.get(0)).unwrap()
    }

    async fn unfinished(&self, tenant: &str) -> u64 {
        let asked = ListNames::only(tenant.into());
        let page = self.stores[0].tenants(asked).await.unwrap();
        page.tenants[0].unfinished
    }
}

async fn fair(store: &dyn Store, fair: bool) {
    let change = QueueChange {
        fair: Some(fair),
        ..QueueChange::default()
    };
    store.configure(QUEUE.into(), change).await.unwrap();
}

#[tokio::test]
async fn lanes_that_come_and_go_elsewhere_are_known_here() {
    let shared = shared().ready().await;
    let [one, other] = &shared.stores;
    assert!(shared.claim(0, 1).await.is_empty());
    assert!(shared.claim(1, 1).await.is_empty());
    submit(
        one,
        (1..=20).map(|n| of(n, ["a", "b", "c", "d"][usize::from(n % 4)])),
    )
    .await;
    submit(
        other,
        (21..=40).map(|n| of(n, ["c", "d", "e", "f"][usize::from(n % 4)])),
    )
    .await;
    let had = shared.drain().await;
    let expected = [("a", 5), ("b", 5), ("c", 10), ("d", 10), ("e", 5), ("f", 5)];
    assert_eq!(had, expected.map(|(name, n)| (name.to_owned(), n)).into());
}

#[tokio::test]
async fn what_an_application_submits_in_its_own_transaction_is_known_everywhere() {
    let shared = shared().ready().await;
    let [one, _] = &shared.stores;
    submit(one, [of(1, "a")]).await;
    assert_eq!(shared.drain().await["a"], 1);
    let shop = shared.look();
    for end in ["ROLLBACK", "COMMIT"] {
        shop.execute_batch("BEGIN IMMEDIATE").unwrap();
        let tasks = vec![of(2, "a"), of(3, "b")];
        one.submit_in(&shop, Submit { tasks }).unwrap();
        shop.execute_batch(end).unwrap();
    }
    assert_eq!(shared.unfinished("b").await, 1);
    let had = shared.drain().await;
    assert_eq!(had, [("a".to_owned(), 1), ("b".to_owned(), 1)].into());
    assert_eq!(shared.unfinished("b").await, 0);
}

#[tokio::test]
async fn who_has_missed_news_begins_anew() {
    let shared = shared().ready().await;
    let [one, other] = &shared.stores;
    submit(one, [of(1, "a"), of(2, "b")]).await;
    assert_eq!(shared.claim(1, 1).await.len(), 1);
    let paused = TenantChange {
        paused: Some(true),
        ..TenantChange::default()
    };
    one.configure_tenant("b".into(), paused).await.unwrap();
    submit(one, [of(3, "c")]).await;
    let forget = "DELETE FROM duly_news WHERE number < (SELECT max(number) FROM duly_news)";
    assert!(shared.look().execute(forget, []).unwrap() > 0);
    let leases = other
        .claim(Claim {
            incarnation: OTHER,
            ..claim_of(9)
        })
        .await
        .unwrap()
        .leases;
    let ids: Vec<_> = leases.iter().map(|lease| lease.attempt.task).collect();
    assert_eq!(ids, [id(3)], "b is paused");
}

#[tokio::test]
async fn what_is_leased_before_a_limit_is_defined_elsewhere_counts() {
    let shared = shared().ready().await;
    let [one, other] = &shared.stores;
    submit(one, (1..=9).map(limited)).await;
    assert_eq!(shared.claim(0, 3).await.len(), 3);
    let four = Some(Limit::concurrency(4));
    for _ in 0..2 {
        other.configure_limit(LIMIT.into(), four).await.unwrap();
        assert_eq!(shared.in_use(0).await, 3);
        other.configure_limit(LIMIT.into(), None).await.unwrap();
    }
    other.configure_limit(LIMIT.into(), four).await.unwrap();
    // While there was no limit, nobody told of this.
    other.configure_limit(LIMIT.into(), None).await.unwrap();
    let mine = shared.claim(1, 2).await;
    other.configure_limit(LIMIT.into(), four).await.unwrap();
    assert_eq!([shared.in_use(0).await, shared.in_use(1).await], [5, 5]);
    assert!(shared.claim(0, 9).await.is_empty());
    for lease in &mine {
        shared.end(1, lease).await;
    }
    assert_eq!(shared.claim(0, 9).await.len(), 1);
}

#[tokio::test]
async fn turns_that_begin_anew_elsewhere_do_so_here() {
    let shared = shared().ready().await;
    let [one, other] = &shared.stores;
    fair(one, true).await;
    submit(one, (1..=20).map(|n| of(n, "a"))).await;
    assert_eq!(shared.claim(0, 5).await.len(), 5);
    assert_eq!(shared.claim(1, 5).await.len(), 5);
    fair(other, false).await;
    fair(other, true).await;
    submit(other, (21..=40).map(|n| of(n, "b"))).await;
    let mut said = String::new();
    for round in 0..6 {
        for lease in shared.claim(round % 2, 1).await {
            let task = one.task(lease.attempt.task).await.unwrap().unwrap();
            said += &task.tenant.unwrap();
        }
    }
    assert_eq!(said, "ababab", "a has no history that counts against it");
}

#[tokio::test]
async fn a_tenant_that_comes_back_is_no_better_off_elsewhere() {
    let shared = shared().ready().await;
    let [one, other] = &shared.stores;
    fair(one, true).await;
    submit(one, (1..=9).map(|n| of(n, "a"))).await;
    submit(one, (10..=18).map(|n| of(n, "b"))).await;
    // Both have had turns; one store has seen neither.
    assert_eq!(shared.claim(0, 6).await.len(), 6);
    submit(one, [of(19, "late")]).await;
    let mut said = String::new();
    for _ in 0..5 {
        for lease in shared.claim(1, 1).await {
            let task = other.task(lease.attempt.task).await.unwrap().unwrap();
            said += &task.tenant.unwrap()[..1];
        }
    }
    assert_eq!(said, "labab", "at once, but without credit");
}

#[tokio::test]
async fn a_lane_that_is_empty_for_long_is_removed_and_made_again() {
    let shared = shared().ready().await;
    let [one, other] = &shared.stores;
    let lanes = || shared.number("SELECT count(*) FROM duly_lane WHERE tenant <> ''");
    submit(one, (1..=5).map(|n| of(n, &format!("tenant-{n}")))).await;
    submit(one, [of(6, "waits")]).await;
    let waits = one.change(id(6), Change::Reschedule(duly_store::When::After(4 * LONG)));
    waits.await.unwrap();
    let running = shared.claim(1, 1).await;
    assert_eq!(shared.drain().await.len(), 4);
    assert_eq!(lanes(), 6);
    let prune = KeepHouse {
        duty: Duty::Prune,
        limit: 3,
    };
    one.keep_house(prune).await.unwrap();
    assert_eq!(lanes(), 6, "not yet");
    shared.clock.advance(LONG);
    for expected in [3, 2, 2] {
        let kept = one.keep_house(prune).await.unwrap();
        assert_eq!(
            (kept.count, lanes()),
            (0, expected),
            "what waits or runs has its lane"
        );
    }
    shared.end(1, &running[0]).await;
    for store in [other, one] {
        submit(
            store,
            [of(7 + u8::from(std::ptr::eq(store, one)), "tenant-2")],
        )
        .await;
    }
    assert_eq!(shared.drain().await["tenant-2"], 2);
    shared.clock.advance(5 * LONG);
    assert_eq!(shared.claim(1, 1).await.len(), 1, "what waited is due");
}

#[tokio::test]
async fn no_number_of_a_lane_is_given_to_another() {
    let shared = shared().ready().await;
    let [one, other] = &shared.stores;
    submit(one, [of(1, "a"), of(2, "b")]).await;
    assert_eq!(shared.drain().await.len(), 2);
    shared.clock.advance(LONG);
    let prune = KeepHouse {
        duty: Duty::Prune,
        limit: 9,
    };
    for store in [one, other] {
        store.keep_house(prune).await.unwrap();
    }
    submit(one, [of(3, "c")]).await;
    let twice = "SELECT count(*) - count(DISTINCT id) FROM duly_lane";
    assert_eq!(shared.number(twice), 0);
    assert_eq!(
        shared.number("SELECT max(id) FROM duly_lane WHERE tenant = 'b'") + 1,
        shared.number("SELECT max(id) FROM duly_lane WHERE tenant = 'c'")
    );
}

#[tokio::test]
async fn unfinished_tasks_of_a_tenant_are_counted_wherever_they_change() {
    let shared = shared().ready().await;
    let [one, other] = &shared.stores;
    submit(one, (1..=4).map(|n| of(n, "a"))).await;
    submit(other, (5..=6).map(|n| of(n, "a"))).await;
    assert_eq!(shared.unfinished("a").await, 6);
    let leases = shared.claim(1, 2).await;
    shared.end(1, &leases[0]).await;
    one.change(id(6), Change::Cancel).await.unwrap();
    assert_eq!(shared.unfinished("a").await, 4);
    other
        .change(id(6), Change::Retry { payload: None })
        .await
        .unwrap();
    assert_eq!(shared.unfinished("a").await, 5);
    let bound = QueueChange {
        bound: Some(6),
        ..QueueChange::default()
    };
    one.configure(QUEUE.into(), bound).await.unwrap();
    let batch: Vec<NewTask> = (7..=9).map(|n| of(n, "a")).collect();
    let refused = one.submit(Submit { tasks: batch });
    assert!(refused.await.is_err());
    assert_eq!(
        shared.unfinished("a").await,
        5,
        "a refused batch counts nothing"
    );
}

#[tokio::test]
async fn plain_tasks_are_told_of_nowhere() {
    let shared = shared().ready().await;
    let [one, other] = &shared.stores;
    let news = || shared.number("SELECT count(*) FROM duly_news");
    submit(one, (1..=9).map(|n| task_with(n, |_| {}))).await;
    submit(other, (10..=12).map(|n| task_with(n, |_| {}))).await;
    assert_eq!(shared.drain().await[""], 12);
    assert_eq!(news(), 0);
    submit(one, [of(13, "a")]).await;
    assert_eq!(news(), 1, "one row for a transaction");
    let add = AttachmentChange::Add(LimitUse::one(LIMIT));
    one.attach(Subject::Tenant("a".into()), add).await.unwrap();
    assert_eq!(news(), 2);
    let take = one.claim(Claim {
        incarnation: ME,
        ..claim_of(1)
    });
    assert_eq!(take.await.unwrap().leases.len(), 1);
    assert_eq!(news(), 3);
}
