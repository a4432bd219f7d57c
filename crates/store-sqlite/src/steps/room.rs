//! What a store keeps of names that come and go: no more than there is use for.

use std::time::Duration;

use duly_core::{Decision, Limit};
use duly_store::bounds::TENANTS_MAX;
use duly_store::{
    Duty, KeepHouse, LimitUse, Name, Settle, Settlement, SubmitError, When, validate,
};

use super::*;
use crate::book::LANES_KEPT_MAX;
use crate::error::Fault;
use crate::{limit, settle};

const HOUR: Duration = Duration::from_secs(3_600);

impl World<'_> {
    fn number(&self, sql: &str) -> i64 {
        self.connection
            .query_row(sql, [], |row| row.get(0))
            .unwrap()
    }

    fn lanes_by_heart(&self) -> usize {
        self.book.dispatch.lane_count()
    }

    fn conditions_by_heart(&self) -> usize {
        self.book.dispatch.terms_count()
    }

    /// Claims and completes so many tasks.
    fn work(&mut self, n: usize) {
        let leases = self.leases(ME, u32::try_from(n).unwrap(), false);
        assert_eq!(leases.len(), n);
        let complete = |lease: &Lease| Settlement::new(lease.attempt, Decision::Complete);
        let request = Settle {
            incarnation: ME,
            settlements: leases.iter().map(complete).collect(),
        };
        self.transact(|tx| settle::settle(tx, &request).unwrap());
    }

    fn prune(&mut self) {
        let duty = Duty::Prune;
        let step = KeepHouse { duty, limit: 1_000 };
        self.transact(|tx| house::keep_house(tx, &step).unwrap());
    }
}

/// Each task is another tenant's, and every third names limits that no other names.
fn of_another(n: u128, task: &mut NewTask) {
    task.tenant = Some(format!("tenant-{n}").into());
    if n.is_multiple_of(3) {
        task.limits = vec![LimitUse::heavy("shared", u32::try_from(n).unwrap())];
    }
}

#[test]
fn lanes_of_tenants_that_come_and_go_do_not_pile_up() {
    let connection = schema();
    let mut world = World::new(&connection);
    let (mut lanes, mut conditions, mut rows) = (0, 0, 0);
    for _ in 0..20 {
        world.submit_with(100, of_another);
        world.work(100);
        world.now = world.now + HOUR;
        world.prune();
        lanes = lanes.max(world.lanes_by_heart());
        conditions = conditions.max(world.conditions_by_heart());
        rows = rows.max(world.number("SELECT count(*) FROM duly_lane"));
    }
    // What is in use at once counts three times.
    let most = LANES_KEPT_MAX + 3 * 101;
    assert!(lanes <= most, "{lanes} of 2,000");
    assert!(conditions <= most, "{conditions} of 2,000");
    assert!(rows <= 250, "{rows} of 2,000");
}

#[test]
fn what_is_in_use_is_found_again() {
    let connection = schema();
    let mut world = World::new(&connection);
    world.submit_with(100, of_another);
    let running = world.leases(ME, 10, false);
    for _ in 0..10 {
        world.submit_with(100, of_another);
        world.work(100);
    }
    let known = world.conditions_by_heart();
    assert!(known <= LANES_KEPT_MAX + 300, "{known} of 1,100");
    let unfinished = "SELECT sum(unfinished) FROM duly_lane";
    assert_eq!(world.number(unfinished), 100);
    assert_eq!(running.len() + world.claim(ME, 1_000, false), 100);
}

#[test]
fn nothing_is_forgotten_while_all_of_it_is_in_use() {
    let connection = schema();
    let mut world = World::new(&connection);
    let mut known = 0;
    for _ in 0..10 {
        world.submit_with(200, of_another);
        world.claim(ME, 1, false);
        assert!(world.conditions_by_heart() > known, "it has grown");
        known = world.conditions_by_heart();
    }
}

/// Each task names a limit that no other names.
fn of_a_limit(n: u128, task: &mut NewTask) {
    task.limits = vec![LimitUse::one(format!("limit-{n}"))];
}

#[test]
fn limits_that_come_and_go_do_not_pile_up() {
    let connection = schema();
    let mut world = World::new(&connection);
    let (mut known, mut conditions) = (0, 0);
    for round in 0..20 {
        world.submit_with(100, of_a_limit);
        world.work(100);
        world.transact(|tx| {
            for n in 0..50 {
                let name = Name::from(format!("defined-{round}-{n}"));
                for bounds in [Some(Limit::concurrency(1)), None] {
                    limit::configure(tx, &(name.clone(), bounds)).unwrap();
                }
            }
        });
        known = known.max(world.book.limits_by_heart());
        conditions = conditions.max(world.conditions_by_heart());
    }
    let most = LANES_KEPT_MAX + 3 * 151;
    assert!(known <= most, "{known} of 3,000");
    assert!(conditions <= most, "{conditions} of 2,000");
    world.submit_with(100, of_a_limit);
    world.work(100);
}

#[test]
fn limits_are_counted_before_one_is_refused() {
    let connection = schema();
    let mut world = World::new(&connection);
    let lacks = |tx: &mut Transaction<'_, '_>, most: usize| {
        let new = [Name::from("new"), Name::from("newer")];
        let lacks = tx.book.lacks_limit(tx.connection, new.iter(), most);
        lacks.unwrap().cloned()
    };
    let newer = || Some(Name::from("newer"));
    world.submit_with(50, of_a_limit);
    world.work(40);
    world.submit_with(3, |n, task| {
        of_a_limit(n, task);
        task.due = When::After(HOUR);
    });
    world.transact(|tx| {
        let bounds = Some(Limit::concurrency(9));
        for name in ["limit-50", "defined"] {
            limit::configure(tx, &(name.into(), bounds)).unwrap();
        }
    });
    // Ten wait, three are due later, one is defined besides.
    assert_eq!(world.transact(|tx| lacks(tx, 16)), None);
    assert_eq!(world.transact(|tx| lacks(tx, 15)), newer());
    // What a transaction has done so far counts, and what is not known by heart any more does too.
    let (more, none) = world.transact(|tx| {
        let mut task = NewTask::new(TaskId::from_bytes([9; 16]), "work", Payload::default());
        of_a_limit(99, &mut task);
        let tasks = vec![task];
        submit::submit(tx, &Submit { tasks }).unwrap();
        (lacks(tx, 16), lacks(tx, 17))
    });
    assert_eq!((more, none), (newer(), None));
    world.work(11);
    // Three are due later, and two are defined.
    assert_eq!(world.transact(|tx| lacks(tx, 7)), None);
    assert_eq!(world.transact(|tx| lacks(tx, 6)), newer());
}

#[test]
fn a_batch_makes_no_more_tenants_than_there_is_room_for() {
    let connection = schema();
    let mut world = World::new(&connection);
    // Records are numbered from 1, and never removed.
    let known = "INSERT INTO duly_tenant (id, name) VALUES (?1, 'known')";
    connection
        .execute(known, [i64::try_from(TENANTS_MAX - 1).unwrap()])
        .unwrap();
    let of = |n: u8, tenant: &str| NewTask {
        tenant: Some(tenant.into()),
        ..NewTask::new(TaskId::from_bytes([n; 16]), "work", Payload::default())
    };
    let tasks = [of(1, "known"), of(2, "last"), of(3, "last"), of(4, "more")];
    let refused = |index| SubmitError::InvalidInput {
        index,
        source: validate::too_many_tenants("more"),
    };
    let mut submit = |tasks: &[NewTask]| {
        let tasks = tasks.to_vec();
        match world.transact(|tx| submit::submit(tx, &Submit { tasks })) {
            Ok(_) => None,
            Err(Fault::Refused(refused)) => Some(refused),
            Err(broken @ Fault::Broken(_)) => panic!("{broken:?}"),
        }
    };
    for _ in 0..2 {
        assert_eq!(submit(&tasks), Some(refused(3)));
    }
    assert_eq!(submit(&tasks[..3]), None, "it left nothing");
    assert_eq!(submit(&tasks[3..]), Some(refused(0)));
}

#[test]
fn old_news_are_forgotten() {
    let connection = schema();
    let mut world = World::new(&connection);
    for _ in 0..3 * 64 {
        world.submit_with(1, of_another);
    }
    let kept = world.number("SELECT count(*) FROM duly_news");
    assert!((100..170).contains(&kept), "{kept}");
}

#[test]
fn no_task_stands_in_a_lane_that_was_removed() {
    let connection = schema();
    let mut world = World::new(&connection);
    let mut random: u64 = 7;
    for _ in 0..60 {
        for _ in 0..2 {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            // Of 1,500 limits 100, by chance: lanes are forgotten by heart, read again, and removed.
            let from = u128::from(random >> 33);
            world.submit_with(100, |n, task| {
                let limit = format!("limit-{}", (from + n * n * 7) % 1_500);
                task.limits = vec![LimitUse::one(limit)];
            });
            let lost =
                "SELECT count(*) FROM duly_live WHERE lane NOT IN (SELECT id FROM duly_lane)";
            assert_eq!(world.number(lost), 0);
            world.work(100);
        }
        world.now = world.now + HOUR / 4;
        world.prune();
    }
}

/// A task of one tenant.
fn of(tenant: &'static str) -> impl Fn(u128, &mut NewTask) {
    move |_, task| task.tenant = Some(tenant.into())
}

#[test]
fn a_lane_that_is_removed_and_made_again_at_once_is_found_by_others() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("duly.db");
    let ((one, _), (other, _)) = (shared::open(&path), shared::open(&path));
    let (mut one, mut other) = (World::new(&one), World::new(&other));
    one.submit_with(1, of("ada"));
    one.submit_with(1, of("zoe"));
    other.work(2);
    one.now = NOW + 2 * HOUR;
    one.prune();
    one.submit_with(1, of("ada"));
    other.now = one.now;
    other.work(1);
    one.submit_with(1, of("ada"));
    other.work(1);
}

#[test]
fn a_commit_looks_at_no_queue_that_nothing_has_happened_in() {
    let connection = schema();
    let mut world = World::new(&connection);
    world.submit_with(300, |n, task| task.queue = format!("queue-{n}").into());
    let looked = world.transact(|tx| {
        let task = NewTask::new(TaskId::from_bytes([9; 16]), "work", Payload::default());
        let tasks = vec![task];
        submit::submit(tx, &Submit { tasks }).unwrap();
        tx.flush_events().unwrap();
        tx.book.counted_queues()
    });
    assert_eq!(looked, 1, "of 301");
    let pending = "SELECT sum(n) FROM duly_count WHERE state = 2";
    assert_eq!(world.number(pending), 301);
}
