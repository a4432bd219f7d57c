//! Rates of limits: how much per period, by whatever clock.

use std::time::Duration;

use duly_core::{Decision, Limit, Rate};

use super::limit::{define, limited, shown};
use super::{Rig, claim_of, id, task};
use crate::Claim;

/// A burst, then steadily; an end gives no permit back, and the claim says when asking again helps.
pub async fn a_rate_is_counted_at_the_claim(rig: Rig) {
    let rate = Rate::new(1, Duration::from_secs(10)).burst(2);
    define(&rig, Limit::rate(rate)).await;
    rig.submit((1..=5).map(|n| limited(n, 1)).collect()).await;
    let claimed = rig.claim(claim_of(9)).await;
    assert_eq!(claimed.leases.len(), 2);
    for lease in &claimed.leases {
        let done = rig.settle(lease.attempt, Decision::Complete).await;
        done.unwrap();
    }
    let next = rig.now() + Duration::from_secs(10);
    let claimed = rig.claim(claim_of(9)).await;
    assert_eq!((claimed.leases.len(), claimed.next_at), (0, Some(next)));
    assert_eq!(shown(&rig).await.next_permit_at, Some(next));
    rig.advance(9);
    assert!(rig.run(9).await.is_empty());
    rig.advance(1);
    assert_eq!(rig.run_ids(9).await, [id(3)]);
    rig.advance(25);
    assert_eq!(rig.run_ids(9).await, [4, 5].map(id));
}

/// A clock that was four years ahead and is set back closes a rate no longer than its burst takes.
pub async fn a_clock_set_back_closes_no_rate(rig: Rig) {
    let rate = Rate::new(1, Duration::from_secs(10)).burst(2);
    define(&rig, Limit::rate(rate)).await;
    rig.submit((1..=5).map(|n| limited(n, 1)).collect()).await;
    let now = rig.now();
    rig.advance(4 * 366 * 86_400);
    assert_eq!(rig.run(9).await.len(), 2);
    rig.clock.set(now);
    let next = now + Duration::from_secs(10);
    assert_eq!(shown(&rig).await.next_permit_at, Some(next));
    let claimed = rig.claim(claim_of(9)).await;
    assert_eq!((claimed.leases.len(), claimed.next_at), (0, Some(next)));
    rig.advance(10);
    assert_eq!(rig.run_ids(9).await, [id(3)]);
    rig.advance(15);
    assert_eq!(rig.run_ids(9).await, [id(4)]);
}

/// A clock that is set back by less than a minute changes no account: who waits, waits until the same instant.
pub async fn a_clock_set_back_a_little_changes_no_rate(rig: Rig) {
    let rate = Rate::new(1, Duration::from_secs(10)).burst(2);
    define(&rig, Limit::rate(rate)).await;
    rig.submit((1..=5).map(|n| limited(n, 1)).collect()).await;
    rig.advance(3_600);
    assert_eq!(rig.run(9).await.len(), 2);
    let next = rig.now() + Duration::from_secs(10);
    rig.clock.set(rig.now() - Duration::from_secs(60));
    let claimed = rig.claim(claim_of(9)).await;
    assert_eq!((claimed.leases.len(), claimed.next_at), (0, Some(next)));
    rig.advance(69);
    assert!(rig.run(9).await.is_empty());
    rig.advance(1);
    assert_eq!(rig.run_ids(9).await, [id(3)]);
}

/// Prefetching ends before what a rate bounds: it is not claimed beyond free slots.
pub async fn a_rate_is_not_prefetched(rig: Rig) {
    define(&rig, Limit::rate(Rate::new(9, Duration::from_secs(1)))).await;
    rig.submit(vec![task(1), limited(2, 1), task(3)]).await;
    let prefetch = Claim {
        prefetch: 9,
        ..claim_of(0)
    };
    let leases = rig.claim(prefetch).await.leases;
    let ids: Vec<_> = leases.iter().map(|lease| lease.attempt.task).collect();
    assert_eq!(ids, [id(1)]);
    assert_eq!(rig.run_ids(9).await, [2, 3].map(id));
}
