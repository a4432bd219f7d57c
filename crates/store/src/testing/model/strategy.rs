//! Drawing random histories.

use std::time::Duration;

use duly_core::{Decision, Limit, OrderPolicy, Priority, Rate, State};
use proptest::collection::vec;
use proptest::prelude::*;

use super::made;
use super::operation::{Draft, Ending, Operation, Pick};
use crate::{
    AttachmentChange, Change, Duty, Filter, KindChange, LimitUse, ListAttachments, ListNames,
    OnConflict, Payload, QueueChange, Replace, TenantChange, Unique, UniqueScope, When,
};

const TASKS: std::ops::Range<u8> = 0..24;
const WORKERS: std::ops::Range<u8> = 0..3;
const QUEUES: std::ops::Range<u8> = 0..3;
const KINDS: std::ops::Range<u8> = 0..3;
const SCHEDULES: std::ops::Range<u8> = 0..3;
const TENANTS: std::ops::Range<u8> = 0..2;
const LIMITS: std::ops::Range<u8> = 0..3;

/// Histories of up to `length` operations.
pub fn history(length: usize) -> impl Strategy<Value = Vec<Operation>> {
    let begin = Just(
        WORKERS
            .map(|worker| Operation::Register { worker })
            .collect::<Vec<_>>(),
    );
    (begin, vec(operation(), 1..=length)).prop_map(|(mut begin, rest)| {
        begin.extend(rest);
        begin
    })
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        6 => vec(draft(), 1..5).prop_map(|tasks| Operation::Submit { tasks }),
        8 => claim(),
        3 => (WORKERS, vec(pick(), 1..4))
            .prop_map(|(worker, picks)| Operation::Promote { worker, picks }),
        8 => (WORKERS, vec(ending(), 1..4))
            .prop_map(|(worker, endings)| Operation::Settle { worker, endings }),
        4 => seconds().prop_map(|by| Operation::Advance { by }),
        5 => on_workers(),
        6 => (TASKS, change()).prop_map(|(task, change)| Operation::Change { task, change }),
        2 => (filter(), change(), 1_u32..9).prop_map(
            |(filter, change, limit)| Operation::ChangeMatching { filter, change, limit }
        ),
        1 => (1_u32..9).prop_map(|limit| Operation::Save { limit }),
        2 => (0_usize..30, 1_usize..9, any::<bool>())
            .prop_map(|(skip, count, copy)| Operation::Restore { skip, count, copy }),
        2 => configure(),
        1 => configure_kind(),
        1 => configure_tenant(),
        3 => configure_limit(),
        1 => attach(),
        1 => (QUEUES, order()).prop_map(|(queue, order)| Operation::Order { queue, order }),
        4 => looks(),
        4 => explains(),
        3 => (duty(), 1_u32..6).prop_map(|(duty, limit)| Operation::KeepHouse { duty, limit }),
        1 => (WORKERS, seconds()).prop_map(|(holder, ttl)| Operation::Lead { holder, ttl }),
        4 => on_schedules(),
    ]
}

fn claim() -> impl Strategy<Value = Operation> {
    let names = (vec(QUEUES, 1..4), vec(KINDS, 1..4));
    let turns = (0_u32..5, proptest::bool::weighted(0.2));
    (WORKERS, names, 0_u32..4, 0_u32..3, any::<bool>(), turns).prop_map(
        |(worker, (queues, kinds), run, prefetch, suspect, (turn, weighed))| Operation::Claim {
            worker,
            queues,
            weighed,
            kinds,
            run,
            prefetch,
            suspect,
            turn,
        },
    )
}

fn on_workers() -> impl Strategy<Value = Operation> {
    let beats = prop_oneof![Just(None), (0_i64..3).prop_map(Some)];
    prop_oneof![
        3 => WORKERS.prop_map(|worker| Operation::Register { worker }),
        2 => (WORKERS, proptest::option::of(pick()))
            .prop_map(|(worker, progress)| Operation::Heartbeat { worker, progress }),
        1 => WORKERS.prop_map(|worker| Operation::CancelRequests { worker }),
        2 => (WORKERS, beats, 1_u32..5)
            .prop_map(|(worker, beats, limit)| Operation::TakeBack { worker, beats, limit }),
    ]
}

fn on_schedules() -> impl Strategy<Value = Operation> {
    let next = || proptest::option::weighted(0.8, seconds());
    let expected = proptest::option::weighted(0.3, 0_u64..9);
    let step = (
        SCHEDULES,
        prop_oneof![4 => Just(0_u64), 1 => Just(1)],
        next(),
    );
    prop_oneof![
        4 => (SCHEDULES, next(), expected).prop_map(|(schedule, next, expected)| {
            Operation::PutSchedule { schedule, next, expected }
        }),
        1 => SCHEDULES.prop_map(|schedule| Operation::RemoveSchedule { schedule }),
        6 => (step, vec(draft(), 0..4), vec(TASKS, 0..3)).prop_map(
            |((schedule, behind, next), tasks, cancel)| Operation::AdvanceSchedule {
                schedule,
                behind,
                tasks,
                cancel,
                next,
            }
        ),
        2 => (1_u32..4).prop_map(|limit| Operation::DueSchedules { limit }),
    ]
}

fn explains() -> impl Strategy<Value = Operation> {
    prop_oneof![
        3 => TASKS.prop_map(|task| Operation::ExplainTask { task }),
        1 => QUEUES.prop_map(|queue| Operation::ExplainQueue { queue }),
        1 => WORKERS.prop_map(|worker| Operation::ExplainWorker { worker }),
    ]
}

fn change() -> impl Strategy<Value = Change> {
    let payload = proptest::option::of(any::<u8>().prop_map(|byte| Payload::bytes([byte])));
    prop_oneof![
        3 => Just(Change::Cancel),
        3 => payload.prop_map(|payload| Change::Retry { payload }),
        2 => priority().prop_map(Change::Reprioritise),
        2 => when().prop_map(Change::Reschedule),
        1 => Just(Change::Discard),
    ]
}

fn configure() -> impl Strategy<Value = Operation> {
    let change = (
        proptest::option::of(any::<bool>()),
        proptest::option::of(seldom()),
        proptest::option::of(any::<bool>()),
        proptest::option::of(1_u64..12),
        proptest::option::of(seconds()),
        proptest::option::of(seconds()),
    );
    (QUEUES, change).prop_map(
        |(queue, (paused, draining, fair, bound, completed, failed))| Operation::Configure {
            queue,
            change: QueueChange {
                paused,
                draining,
                order: None,
                fair,
                bound,
                retention_completed: completed,
                retention_failed: failed,
            },
        },
    )
}

fn configure_kind() -> impl Strategy<Value = Operation> {
    let flag = || proptest::option::of(seldom());
    (KINDS, flag(), flag()).prop_map(|(kind, paused, draining)| Operation::ConfigureKind {
        kind,
        change: KindChange { paused, draining },
    })
}

fn configure_tenant() -> impl Strategy<Value = Operation> {
    let weight = proptest::option::of(0_u32..4);
    let flag = || proptest::option::of(seldom());
    (TENANTS, weight, flag(), flag()).prop_map(|(tenant, weight, paused, draining)| {
        Operation::ConfigureTenant {
            tenant,
            change: TenantChange {
                weight,
                paused,
                draining,
            },
        }
    })
}

fn configure_limit() -> impl Strategy<Value = Operation> {
    let rate = (1_u32..5, 1_u64..9, 1_u32..4).prop_map(|(permits, seconds, burst)| {
        Rate::new(permits, Duration::from_secs(seconds)).burst(burst)
    });
    let bounds = prop_oneof![
        1 => Just(None),
        3 => (1_u32..4).prop_map(|n| Some(Limit::concurrency(n))),
        2 => rate.clone().prop_map(|rate| Some(Limit::rate(rate))),
        1 => (1_u32..4, rate).prop_map(|(n, rate)| Some(Limit::concurrency(n).and_rate(rate))),
    ];
    (LIMITS, bounds).prop_map(|(limit, bounds)| Operation::ConfigureLimit { limit, bounds })
}

/// Of different limits, with their weights.
fn limits() -> impl Strategy<Value = Vec<(u8, u32)>> {
    let one = proptest::option::weighted(0.3, 1_u32..3);
    vec(one, LIMITS.len()).prop_map(|weights| {
        let limits = LIMITS.zip(weights);
        limits
            .filter_map(|(limit, weight)| Some((limit, weight?)))
            .collect()
    })
}

fn attach() -> impl Strategy<Value = Operation> {
    let change = prop_oneof![
        limits().prop_map(|limits| AttachmentChange::Exactly(made::uses(&limits))),
        (LIMITS, 1_u32..3)
            .prop_map(|(n, weight)| AttachmentChange::Add(LimitUse::heavy(made::limit(n), weight))),
        LIMITS.prop_map(|n| AttachmentChange::Remove(made::limit(n))),
    ];
    (0_u8..3, 0_u8..2, change).prop_map(|(what, subject, change)| Operation::Attach {
        what,
        subject,
        change,
    })
}

fn order() -> impl Strategy<Value = OrderPolicy> {
    let span = (1_u64..9).prop_map(Duration::from_secs);
    prop_oneof![
        Just(OrderPolicy::Strict),
        span.clone().prop_map(|step| OrderPolicy::Aging { step }),
        span.prop_map(|default_slack| OrderPolicy::Deadline { default_slack }),
    ]
}

/// What would stop much of a history were it always so.
fn seldom() -> impl Strategy<Value = bool> {
    proptest::bool::weighted(0.3)
}

fn list_names() -> impl Strategy<Value = ListNames> {
    let name = || {
        proptest::option::of(proptest::sample::select(
            &["kind-1", "limit-1", "tenant-0"][..],
        ))
    };
    (name(), name(), 0_u32..3).prop_map(|(only, after, limit)| ListNames {
        only: only.map(Into::into),
        after: after.map(Into::into),
        limit,
    })
}

fn list_attachments() -> impl Strategy<Value = ListAttachments> {
    let of = proptest::option::of(LIMITS.prop_map(made::limit));
    (of, 1_u32..9).prop_map(|(of, limit)| ListAttachments {
        of,
        ..ListAttachments::first(limit)
    })
}

fn looks() -> impl Strategy<Value = Operation> {
    prop_oneof![
        (filter(), 0_u32..5, any::<bool>()).prop_map(|(filter, limit, brief)| Operation::List {
            filter,
            limit,
            brief
        }),
        Just(Operation::Queues),
        list_names().prop_map(Operation::Kinds),
        list_names().prop_map(Operation::Tenants),
        list_names().prop_map(Operation::Limits),
        list_attachments().prop_map(Operation::Attachments),
        (TASKS, 0_i64..40, 1_u32..5).prop_map(|(task, after, limit)| Operation::TaskEvents {
            task,
            after,
            limit
        }),
        (0_i64..90, 1_u32..9).prop_map(|(after, limit)| Operation::Events { after, limit }),
    ]
}

fn filter() -> impl Strategy<Value = Filter> {
    let name = |range, prefix: &'static str| {
        proptest::option::of((range, Just(prefix)).prop_map(|(n, p): (u8, &str)| format!("{p}{n}")))
    };
    (
        vec(proptest::sample::select(&State::ALL[..]), 0..3),
        name(QUEUES, "queue-"),
        name(KINDS, "kind-"),
        proptest::option::weighted(0.3, TENANTS),
        name(WORKERS, "worker-"),
        any::<bool>(),
        name(0..2, "value-"),
    )
        .prop_map(
            |(states, queue, kind, tenant, worker, overdue, label)| Filter {
                states,
                queue: queue.map(Into::into),
                kind: kind.map(Into::into),
                tenant: tenant.map(|n| format!("tenant-{n}").into()),
                worker: worker.map(Into::into),
                overdue,
                label: label.map(|value| ("label".to_owned(), value)),
                ..Filter::default()
            },
        )
}

fn draft() -> impl Strategy<Value = Draft> {
    let names = (TASKS, KINDS, QUEUES);
    let times = (
        when(),
        proptest::option::weighted(0.2, when()),
        proptest::option::weighted(0.2, when()),
        [age(), age()],
    );
    let rest = (
        proptest::option::weighted(0.4, unique()),
        1_u32..4,
        proptest::option::weighted(0.3, 0_u8..2),
        (proptest::option::weighted(0.5, TENANTS), limits()),
        any::<bool>(),
    );
    (names, priority(), times, rest).prop_map(
        |(
            (id, kind, queue),
            priority,
            times,
            (unique, lost_max, label, (tenant, limits), plain),
        )| Draft {
            id,
            kind,
            queue,
            priority,
            due: times.0,
            deadline: times.1,
            finish_by: times.2,
            alerts: times.3,
            unique,
            lost_max,
            label,
            tenant,
            limits,
            plain,
        },
    )
}

fn unique() -> impl Strategy<Value = Unique> {
    let scope = prop_oneof![
        Just(UniqueScope::Unfinished),
        Just(UniqueScope::Waiting),
        (1_u64..20).prop_map(|s| UniqueScope::Period(Duration::from_secs(s))),
    ];
    let replace = (any::<bool>(), any::<bool>(), any::<bool>());
    let on_conflict = prop_oneof![
        Just(OnConflict::Reject),
        Just(OnConflict::Keep),
        replace.prop_map(|(payload, priority, due)| OnConflict::Replace(Replace {
            payload: payload || !(priority || due),
            priority,
            due,
        })),
    ];
    (0_u8..3, scope, on_conflict).prop_map(|(n, scope, on_conflict)| Unique {
        key: format!("key-{n}").into(),
        scope,
        on_conflict,
    })
}

fn ending() -> impl Strategy<Value = Ending> {
    let decision = prop_oneof![
        4 => Just(Decision::Complete),
        2 => seconds().prop_map(Decision::Retry),
        1 => seconds().prop_map(Decision::Snooze),
        2 => Just(Decision::HandBack),
        1 => Just(Decision::Fail),
        1 => Just(Decision::TimeOut),
        1 => Just(Decision::Cancel),
    ];
    (pick(), decision, any::<bool>(), any::<bool>()).prop_map(|(pick, decision, error, result)| {
        Ending {
            pick,
            decision,
            error,
            result,
        }
    })
}

fn pick() -> impl Strategy<Value = Pick> {
    (any::<usize>(), prop_oneof![9 => Just(0_u32), 1 => Just(1)])
        .prop_map(|(index, skew)| Pick { index, skew })
}

fn priority() -> impl Strategy<Value = Priority> {
    proptest::sample::select(&Priority::ALL[..])
}

fn duty() -> impl Strategy<Value = Duty> {
    proptest::sample::select(&Duty::ALL[..])
}

fn when() -> impl Strategy<Value = When> {
    prop_oneof![2 => Just(When::Now), 1 => seconds().prop_map(When::After)]
}

/// An age at which somebody may want to hear of a task.
fn age() -> impl Strategy<Value = Option<Duration>> {
    proptest::option::weighted(0.2, (1_u64..20).prop_map(Duration::from_secs))
}

/// Mostly a few seconds; now and then none, and now and then longer than events are kept.
fn seconds() -> impl Strategy<Value = Duration> {
    prop_oneof![
        1 => Just(Duration::ZERO),
        8 => (1_u64..20).prop_map(Duration::from_secs),
        1 => Just(crate::bounds::EVENT_RETENTION / 2),
    ]
}
