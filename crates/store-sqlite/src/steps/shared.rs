//! What operations cost when another process has committed: as much as it has changed, however many lanes
//! there are. And what a plain task costs, whatever else this store can do.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use std::time::Duration;

use duly_core::{Decision, Limit, Rate};
use duly_store::{AttachmentChange, LimitUse, Settle, Settlement, Subject};
use rusqlite::trace::{TraceEvent, TraceEventCodes};

use super::*;
use crate::connection::{self, Role};
use crate::options::Options;
use crate::{limit, settle};

/// What the statements of a connection have cost so far, and how many there were.
#[derive(Clone, Default)]
pub(super) struct Meter {
    steps: Arc<AtomicI64>,
    statements: Arc<AtomicI64>,
}

impl Meter {
    fn of(connection: &mut Connection) -> Self {
        let meter = Self::default();
        let Self { steps, statements } = meter.clone();
        let watch = move |event: TraceEvent<'_>| {
            let cost = |statement: &rusqlite::trace::StmtRef<'_>| {
                i64::from(statement.get_status(StatementStatus::VmStep))
            };
            match event {
                TraceEvent::Stmt(statement, _) => {
                    statements.fetch_add(1, Ordering::Relaxed);
                    steps.fetch_sub(cost(&statement), Ordering::Relaxed);
                }
                TraceEvent::Profile(statement, _) => {
                    steps.fetch_add(cost(&statement), Ordering::Relaxed);
                }
                _ => {}
            }
        };
        let events = TraceEventCodes::SQLITE_TRACE_STMT | TraceEventCodes::SQLITE_TRACE_PROFILE;
        connection.trace_v2(events, Some(watch)).unwrap();
        meter
    }

    /// What something costs.
    fn read<T>(&self, work: impl FnOnce() -> T) -> (Cost, T) {
        let now = || [&self.steps, &self.statements].map(|n| n.load(Ordering::Relaxed));
        let before = now();
        let done = work();
        let after = now();
        let cost = Cost {
            steps: after[0] - before[0],
            statements: after[1] - before[1],
        };
        (cost, done)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cost {
    steps: i64,
    statements: i64,
}

pub(super) fn open(path: &Path) -> (Connection, Meter) {
    let options = Options::default();
    let mut connection = connection::open(path, &options, Role::Writer).unwrap();
    migration::apply(&mut connection, path, options.clock.as_ref(), true).unwrap();
    let meter = Meter::of(&mut connection);
    (connection, meter)
}

impl World<'_> {
    fn settle(&mut self, leases: &[Lease]) {
        let complete = |lease: &Lease| Settlement::new(lease.attempt, Decision::Complete);
        let request = Settle {
            incarnation: ME,
            settlements: leases.iter().map(complete).collect(),
        };
        let settled = self.transact(|tx| settle::settle(tx, &request).unwrap());
        assert!(settled.attempts.iter().all(Result::is_ok));
    }

    fn limit(&mut self, name: &str, limit: Limit) {
        self.transact(|tx| limit::configure(tx, &(name.into(), Some(limit))).unwrap());
    }
}

fn of_many(n: u128, task: &mut NewTask) {
    task.tenant = Some(format!("tenant-{n}").into());
}

/// What a store pays for what it does right after another has changed a little, with so many lanes.
fn costs(lanes: usize) -> [Cost; 3] {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("duly.db");
    let ((one, _), (other, meter)) = (open(&path), open(&path));
    let (mut one, mut other) = (World::new(&one), World::new(&other));
    one.limit("scarce", Limit::concurrency(1_000_000));
    let subject = Subject::Queue("default".into());
    let attach = (subject, AttachmentChange::Add(LimitUse::one("scarce")));
    one.transact(|tx| limit::attach(tx, &attach).unwrap());
    one.submit_with(lanes, of_many);
    let mine = other.leases(ME, 10, false);
    let theirs = one.leases(ME, 10, false);
    let (settle, ()) = meter.read(|| other.settle(&mine));
    one.settle(&theirs);
    let (claim, leases) = meter.read(|| other.leases(ME, 10, false));
    assert_eq!(leases.len(), 10);
    one.submit_with(10, of_many);
    other.ids = 1 << 64;
    let (submit, ()) = meter.read(|| other.submit_with(10, of_many));
    [settle, claim, submit]
}

#[test]
fn what_follows_a_commit_of_another_costs_no_more_for_more_lanes() {
    let (few, many) = (costs(200), costs(5_000));
    for (few, many) in few.into_iter().zip(many) {
        assert_eq!(few.statements, many.statements);
        let more = (many.steps - few.steps).abs();
        assert!(more <= few.steps / 20, "{few:?}, then {many:?}");
    }
}

fn attach_to_tenants(world: &mut World<'_>, n: usize, change: &AttachmentChange) {
    for n in 1..=n {
        let tenant = Subject::Tenant(format!("tenant-{n}").into());
        let attach = (tenant, change.clone());
        world.transact(|tx| limit::attach(tx, &attach).unwrap());
    }
}

#[test]
fn what_is_attached_to_many_looks_at_every_lane_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("duly.db");
    let ((one, _), (other, _)) = (open(&path), open(&path));
    let (mut one, mut other) = (World::new(&one), World::new(&other));
    one.limit("scarce", Limit::concurrency(5));
    let scarce = || LimitUse::one("scarce");
    attach_to_tenants(&mut one, 50, &AttachmentChange::Add(scarce()));
    // Its lanes are made before it knows of any limit: by the first claim.
    other.submit_with(200, of_many);
    let lanes = other.book.dispatch.lane_count();
    assert!(lanes >= 200, "{lanes}");
    assert_eq!(other.claim(ME, 10, false), 10);
    assert_eq!(other.book.dispatch.attach_looks(), lanes);
    assert_eq!(other.claim(ME, 200, false), 145, "five of fifty tenants");

    // And what another attaches and detaches meanwhile is followed together.
    one.limit("more", Limit::concurrency(50));
    attach_to_tenants(&mut one, 20, &AttachmentChange::Exactly(Vec::new()));
    let more = AttachmentChange::Add(LimitUse::one("more"));
    attach_to_tenants(&mut one, 50, &more);
    let before = other.book.dispatch.attach_looks();
    // Fifteen are not bound by it any more, and nobody who is bound by it runs: five may.
    assert_eq!(other.claim(ME, 200, false), 15 + 5);
    let looks = other.book.dispatch.attach_looks() - before;
    assert!(looks <= other.book.dispatch.lane_count(), "{looks}");
}

#[test]
fn plain_tasks_pay_for_nothing_that_they_do_not_use() {
    let folder = tempfile::tempdir().unwrap();
    let (connection, meter) = open(&folder.path().join("duly.db"));
    let mut world = World::new(&connection);
    world.submit(20);
    let leases = world.leases(ME, 10, false);
    world.settle(&leases);
    let (submit, ()) = meter.read(|| world.submit(10));
    let (claim, leases) = meter.read(|| world.leases(ME, 10, false));
    let (settle, ()) = meter.read(|| world.settle(&leases));
    let statements = [submit, claim, settle].map(|cost| cost.statements);
    assert_eq!(statements, [38, 31, 48]);
    let steps = [submit, claim, settle].map(|cost| cost.steps);
    assert!(
        steps
            .iter()
            .zip([1_850, 1_900, 1_770])
            .all(|(n, most)| *n <= most),
        "{steps:?}"
    );
}

/// What a plain task, or one with a limit of concurrency and one of rate, costs from its submission to its end.
fn life(limited: bool) -> i64 {
    let folder = tempfile::tempdir().unwrap();
    let (connection, meter) = open(&folder.path().join("duly.db"));
    let mut world = World::new(&connection);
    let mut names = Vec::new();
    if limited {
        world.limit("much", Limit::concurrency(1_000_000));
        let rate = Rate::new(1_000_000, Duration::from_secs(1)).burst(1_000_000);
        world.limit("often", Limit::rate(rate));
        names = ["much", "often"].map(LimitUse::one).to_vec();
    }
    let mut live = || {
        world.submit_with(10, |_, task| task.limits.clone_from(&names));
        let leases = world.leases(ME, 10, false);
        world.settle(&leases);
    };
    live();
    meter.read(live).0.steps
}

#[test]
fn limits_cost_little_more() {
    let (plain, limited) = (life(false), life(true));
    assert!(4 * limited <= 5 * plain, "{limited} steps, plain: {plain}");
}
