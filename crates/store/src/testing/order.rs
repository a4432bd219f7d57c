//! Orders of queues, turns of tenants, and weights of queues.

use std::time::Duration;

use duly_core::{Decision, OrderPolicy, Priority, TaskId};

use super::{QUEUE, Rig, claim_of, id, names, task, task_with};
use crate::{Claim, Duty, KeepHouse, NewTask, QueueChange, TenantChange, When};

async fn order(rig: &Rig, queue: &str, order: OrderPolicy) {
    let change = QueueChange {
        order: Some(order),
        ..QueueChange::default()
    };
    rig.store.configure(queue.into(), change).await.unwrap();
}

async fn fair(rig: &Rig) {
    let change = QueueChange {
        fair: Some(true),
        ..QueueChange::default()
    };
    rig.store.configure(QUEUE.into(), change).await.unwrap();
}

fn urgent(n: u8, priority: Priority) -> NewTask {
    task_with(n, |t| t.priority = priority)
}

fn of(n: u8, tenant: &str) -> NewTask {
    task_with(n, |t| t.tenant = Some(tenant.into()))
}

/// Which tenant each of the next tasks is of, as the first letter of its name.
async fn turns(rig: &Rig, run: u32) -> String {
    let mut said = String::new();
    for lease in rig.run(run).await {
        let task = rig.store.task(lease.attempt.task).await.unwrap().unwrap();
        said += &task.tenant.unwrap()[..1];
        let done = rig.settle(lease.attempt, Decision::Complete).await;
        done.unwrap();
    }
    said
}

fn count(said: &str, letter: char) -> usize {
    said.chars().filter(|other| *other == letter).count()
}

/// One priority is worth one step of waiting.
pub async fn an_aging_queue_starves_nobody(rig: Rig) {
    let step = Duration::from_secs(10);
    order(&rig, QUEUE, OrderPolicy::Aging { step }).await;
    rig.submit(vec![urgent(1, Priority::Low)]).await;
    rig.advance(25);
    rig.submit(vec![
        urgent(2, Priority::High),
        urgent(3, Priority::Critical),
    ])
    .await;
    // The low one ranks as of 30 s after it was due, the high one of 35 s, the critical one of 25 s.
    assert_eq!(rig.run_ids(9).await, [3, 1, 2].map(id));
}

/// Within a priority by deadline; without one, as if by the slack after it was due.
pub async fn a_deadline_queue_runs_by_deadline(rig: Rig) {
    let default_slack = Duration::from_secs(50);
    order(&rig, QUEUE, OrderPolicy::Deadline { default_slack }).await;
    let due_by = |n, seconds| {
        let deadline = Some(When::After(Duration::from_secs(seconds)));
        task_with(n, |t| t.deadline = deadline)
    };
    let mut low = due_by(4, 1);
    low.priority = Priority::Low;
    rig.submit(vec![due_by(1, 90), task(2), due_by(3, 20), low])
        .await;
    assert_eq!(rig.run_ids(9).await, [3, 2, 1, 4].map(id));
}

/// What comes counts under the new order at once; what stands in line is moved in bounded steps.
pub async fn another_order_moves_those_in_line(rig: Rig) {
    let step = Duration::from_secs(1_000);
    rig.submit(vec![
        urgent(1, Priority::Low),
        urgent(2, Priority::Critical),
        urgent(3, Priority::Normal),
        task_with(4, |t| t.queue = "other".into()),
    ])
    .await;
    order(&rig, QUEUE, OrderPolicy::Aging { step }).await;
    let mut counts = Vec::new();
    loop {
        let request = KeepHouse {
            duty: Duty::Rekey,
            limit: 2,
        };
        let kept = rig.store.keep_house(request).await.unwrap();
        counts.push(kept.count);
        if !kept.more {
            break;
        }
    }
    assert_eq!(counts.iter().sum::<u32>(), 3, "each once: {counts:?}");
    rig.advance(2_500);
    rig.submit(vec![urgent(5, Priority::Critical)]).await;
    // Under the old order, both critical ones would come first.
    assert_eq!(rig.run_ids(9).await, [2, 3, 5, 1].map(id));
    let queues = rig.store.queues().await.unwrap();
    assert_eq!(queues[0].settings.order, OrderPolicy::Aging { step });
    order(&rig, QUEUE, OrderPolicy::Strict).await;
    rig.submit(vec![
        urgent(6, Priority::Low),
        urgent(7, Priority::Critical),
    ])
    .await;
    assert_eq!(rig.run_ids(9).await, [7, 6].map(id));
}

/// Whatever each has in line, each gets its share.
pub async fn tenants_take_turns_by_weight(rig: Rig) {
    fair(&rig).await;
    let heavy = TenantChange {
        weight: Some(2),
        ..TenantChange::default()
    };
    let done = rig.store.configure_tenant("big".into(), heavy).await;
    done.unwrap();
    rig.submit((1..=20).map(|n| of(n, "greedy")).collect())
        .await;
    rig.submit((21..=40).map(|n| of(n, "big")).collect()).await;
    rig.submit((41..=44).map(|n| of(n, "small")).collect())
        .await;
    let said = turns(&rig, 16).await;
    let shares = ['g', 'b', 's'].map(|letter| count(&said, letter));
    assert_eq!(shares, [4, 8, 4], "{said}");
    let said = turns(&rig, 9).await;
    let shares = ['g', 'b'].map(|letter| count(&said, letter));
    assert_eq!(shares, [3, 6], "{said}");
}

/// Having waited for nothing is worth nothing.
pub async fn who_was_idle_has_no_credit(rig: Rig) {
    fair(&rig).await;
    rig.submit((1..=60).map(|n| of(n, "worked")).collect())
        .await;
    assert_eq!(turns(&rig, 40).await, "w".repeat(40));
    rig.submit((61..=80).map(|n| of(n, "rested")).collect())
        .await;
    let said = turns(&rig, 10).await;
    assert!((5..=6).contains(&count(&said, 'r')), "{said}");
}

/// What is urgent comes first, whoever's it is.
pub async fn turns_are_within_a_priority(rig: Rig) {
    fair(&rig).await;
    let urgent = |n, tenant| {
        let mut task = of(n, tenant);
        task.priority = Priority::Critical;
        task
    };
    let tasks = [
        of(1, "a"),
        of(2, "b"),
        urgent(3, "b"),
        urgent(4, "b"),
        of(5, "b"),
    ];
    rig.submit(tasks.into()).await;
    assert_eq!(turns(&rig, 9).await, "bbabb");
}

/// Of so many turns each queue has as many as it weighs; who has nothing leaves them to the next.
pub async fn queues_are_served_by_weight(rig: Rig) {
    let in_queue = |n, queue: &str| {
        let queue = queue.into();
        task_with(n, |t| t.queue = queue)
    };
    rig.submit((1..=6).map(|n| in_queue(n, "a")).collect())
        .await;
    rig.submit((11..=16).map(|n| in_queue(n, "b")).collect())
        .await;
    let claim = |run, turn| Claim {
        queues: names(&["a", "b"]),
        weights: vec![3, 1],
        turn,
        ..claim_of(run)
    };
    let ids = async |run, turn| -> Vec<TaskId> {
        let leases = rig.claim(claim(run, turn)).await.leases;
        leases.iter().map(|lease| lease.attempt.task).collect()
    };
    assert_eq!(ids(4, 0).await, [1, 2, 11, 3].map(id));
    assert_eq!(ids(3, 4).await, [4, 5, 12].map(id));
    assert_eq!(ids(9, 7).await, [6, 13, 14, 15, 16].map(id));
    let wrong = Claim {
        weights: vec![1],
        ..claim(1, 0)
    };
    assert!(rig.store.claim(wrong).await.is_err());
}

/// Beside other queues, who has aged counts as urgent as it has become.
pub async fn an_aged_task_is_urgent_beside_other_queues(rig: Rig) {
    let step = Duration::from_secs(10);
    order(&rig, "aging", OrderPolicy::Aging { step }).await;
    let low = task_with(1, |t| {
        t.queue = "aging".into();
        t.priority = Priority::Low;
    });
    rig.submit(vec![low]).await;
    let both = Claim {
        queues: names(&[QUEUE, "aging"]),
        ..claim_of(1)
    };
    rig.advance(19);
    rig.submit(vec![urgent(2, Priority::High), urgent(3, Priority::High)])
        .await;
    let first = rig.claim(both.clone()).await.leases;
    assert_eq!(first[0].attempt.task, id(2));
    rig.advance(11);
    assert_eq!(rig.claim(both).await.leases[0].attempt.task, id(1));
}
