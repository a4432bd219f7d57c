use alloc::collections::BTreeMap;
use alloc::collections::BTreeSet;
use core::convert::Infallible;

use super::*;
use crate::dispatch::LaneSpec;
use crate::{Limit, OrderPolicy, Priority};

const NOW: Timestamp = Timestamp::from_micros(5_000_000);

/// One queue, and what stands in it.
struct Queue {
    id: QueueId,
    dispatch: Dispatch,
    lanes: BTreeMap<LaneId, BTreeSet<OrderKey>>,
    asked: usize,
}

impl Lanes for Queue {
    type Error = Infallible;

    fn dispatch(&self) -> &Dispatch {
        &self.dispatch
    }

    fn count(
        &mut self,
        lane: LaneId,
        keys: &Range<OrderKey>,
        most: u64,
    ) -> Result<u64, Infallible> {
        assert!(!keys.is_empty() && most > 0, "nothing is asked for");
        self.asked += 1;
        let within = self.lanes[&lane].range(keys.clone());
        Ok(within.take(usize::try_from(most).unwrap()).count() as u64)
    }

    fn reach(
        &mut self,
        lane: LaneId,
        keys: &Range<OrderKey>,
        end: End,
        most: u64,
    ) -> Result<Reach, Infallible> {
        self.asked += 1;
        let within = self.lanes[&lane].range(keys.clone());
        let most = usize::try_from(most).unwrap();
        let and = |reach: Reach, key: &OrderKey| reach.and(key.rank, key.sequence);
        Ok(match end {
            End::Front => within.take(most).fold(Reach::NONE, and),
            End::Back => within.rev().take(most).fold(Reach::NONE, and),
        })
    }

    fn is_closed(&mut self, _: KindId) -> Result<bool, Infallible> {
        Ok(false)
    }
}

impl Queue {
    fn new() -> Self {
        let mut dispatch = Dispatch::default();
        Self {
            id: dispatch.add_queue(),
            dispatch,
            lanes: BTreeMap::new(),
            asked: 0,
        }
    }

    fn lane(
        &mut self,
        tenant: Option<TenantId>,
        limit: Option<crate::dispatch::LimitId>,
    ) -> LaneId {
        let limits: Vec<_> = limit.into_iter().map(|limit| (limit, 1)).collect();
        let terms = self.dispatch.terms(tenant, &limits);
        self.dispatch.lane(LaneSpec {
            queue: self.id,
            kind: KindId(0),
            suspect: false,
            terms,
        })
    }

    fn submit(&mut self, lane: LaneId, key: OrderKey) {
        self.dispatch.offer(lane, key);
        self.lanes.entry(lane).or_default().insert(key);
    }

    fn take(&mut self, lane: LaneId, count: usize) {
        let stand = self.lanes.get_mut(&lane).unwrap();
        for _ in 0..count {
            stand.pop_first();
        }
        self.dispatch.set_head(lane, stand.first().copied());
    }

    fn position(&mut self, lane: LaneId, key: OrderKey) -> Position {
        let pending = self.lanes.values().map(BTreeSet::len).sum::<usize>();
        let standing = Standing {
            queue: self.id,
            pending: pending as u64,
            mixed: false,
            lane,
            key,
            at: NOW,
        };
        match position(self, &standing) {
            Ok(position) => position,
        }
    }

    /// How many come before a task, and how many that is said to be.
    fn told(&mut self, lane: LaneId, key: OrderKey) -> (u64, u64) {
        let all = self.lanes.values().flatten();
        let truth = all.filter(|other| **other < key).count() as u64;
        (truth, self.position(lane, key).ahead)
    }
}

fn strict(priority: Priority, due: i64, sequence: i64) -> OrderKey {
    let due = Timestamp::from_micros(due);
    OrderPolicy::Strict.key(priority, due, None, sequence)
}

fn near(truth: u64, told: u64) -> bool {
    told <= truth * 2 && truth <= told * 2
}

#[test]
fn a_place_in_a_long_line_is_told_about_right() {
    let mut queue = Queue::new();
    let lane = queue.lane(None, None);
    // All at once, of a store whose other queues have as many; every hundredth is tried again.
    let key = |n: i64| match n % 100 {
        7 => strict(Priority::Normal, n / 1_000, n - n / 2),
        _ => strict(Priority::Normal, n / 1_000, 2 * n),
    };
    for n in 0..100_000 {
        queue.submit(lane, key(n));
    }
    for n in [11_007, 12_000, 12_007, 30_000, 99_999] {
        let (truth, told) = queue.told(lane, key(n));
        assert!(truth.abs_diff(told) < truth / 20, "{truth}, told {told}");
        assert!(!queue.position(lane, key(n)).exact);
    }
}

#[test]
fn a_place_never_goes_back_as_the_line_moves() {
    let mut queue = Queue::new();
    let lane = queue.lane(None, None);
    // They came now dense, now with many others between.
    let mut sequence = 0;
    let mut keys = Vec::new();
    for n in 0..60_000_i64 {
        sequence += [1, 40, 7, 1, 90, 3][n as usize / 10_000];
        keys.push(strict(Priority::Normal, sequence / 500, sequence));
        queue.submit(lane, keys[n as usize]);
    }
    let mut before = [u64::MAX; 3];
    for _ in 0..28 {
        for (at, before) in [25_000, 40_000, 59_999].into_iter().zip(&mut before) {
            if queue.lanes[&lane].contains(&keys[at]) {
                let ahead = queue.position(lane, keys[at]).ahead;
                assert!(ahead <= *before, "{ahead} after {before}");
                *before = ahead;
            }
        }
        queue.take(lane, 2_000);
    }
    assert_eq!(before[2], 5_999);
}

#[test]
fn more_urgent_ones_and_closed_lanes_are_told_apart() {
    let mut queue = Queue::new();
    let limit = queue.dispatch.add_limit();
    queue
        .dispatch
        .set_limit(limit, Some(Limit::concurrency(1)), NOW);
    let (open, closed) = (queue.lane(None, None), queue.lane(None, Some(limit)));
    queue.dispatch.lease(closed);
    let mut key = None;
    for n in 0..200_000 {
        let priority = match n % 10 {
            0..3 => Priority::Critical,
            3..5 => Priority::Normal,
            _ => Priority::Low,
        };
        let this = strict(priority, n / 1_000, n);
        let lane = if n % 20 < 10 { open } else { closed };
        queue.submit(lane, this);
        if n == 20_003 {
            key = Some(this);
        }
    }
    let key = key.unwrap();
    let ahead = queue.lanes[&open].range(..key).count() as u64;
    let told = queue.position(open, key).ahead;
    assert!(near(ahead, told), "{ahead}, told {told}");
    assert!(ahead.abs_diff(told) < ahead / 10, "{ahead}, told {told}");
}

#[test]
fn ranks_tell_where_sequences_do_not() {
    for policy in [
        OrderPolicy::Aging {
            step: core::time::Duration::from_secs(30),
        },
        OrderPolicy::Deadline {
            default_slack: core::time::Duration::from_secs(30),
        },
    ] {
        let mut queue = Queue::new();
        queue.dispatch.set_policy(queue.id, policy);
        let lane = queue.lane(None, None);
        let key = |n: i64| {
            let due = Timestamp::from_micros(n * 1_000);
            let deadline = Timestamp::from_micros(n * 7_919 % 100_003);
            let priority = Priority::ALL[n as usize % 2];
            policy.key(priority, due, Some(deadline), n)
        };
        for n in 0..100_000 {
            queue.submit(lane, key(n));
        }
        let mut long = 0;
        for n in (0..100_000).step_by(4_999) {
            let (truth, told) = queue.told(lane, key(n));
            long += usize::from(truth > POSITION_MAX);
            assert!(near(truth.max(1), told.max(1)), "{truth}, told {told}");
        }
        assert!(long > 10);
    }
}

#[test]
fn turns_are_told_in_long_lines() {
    let mut queue = Queue::new();
    queue.dispatch.set_fair(queue.id, true);
    let tenants: Vec<_> = (0..3).map(|_| queue.dispatch.add_tenant()).collect();
    let lanes: Vec<_> = tenants
        .iter()
        .map(|tenant| queue.lane(Some(*tenant), None))
        .collect();
    for n in 0..90_000 {
        // The last tenant has a ninth of all.
        let lane = lanes[[0, 0, 0, 0, 1, 1, 1, 1, 2][n as usize % 9]];
        queue.submit(lane, strict(Priority::Normal, n, n));
    }
    let key = strict(Priority::Normal, 71_999, 71_999);
    let told = queue.position(lanes[2], key);
    assert!(told.turns && !told.exact);
    assert!((22_000..26_000).contains(&told.ahead), "{}", told.ahead);
}

#[test]
fn few_of_many_lanes_are_looked_at() {
    for fair in [false, true] {
        let mut queue = Queue::new();
        queue.dispatch.set_fair(queue.id, fair);
        let lanes: Vec<_> = (0..150)
            .map(|_| {
                let tenant = queue.dispatch.add_tenant();
                queue.lane(Some(tenant), None)
            })
            .collect();
        for n in 0..60_000 {
            let lane = lanes[n as usize % lanes.len()];
            queue.submit(lane, strict(Priority::Normal, n, n));
        }
        let n = 45_000;
        let lane = lanes[n as usize % lanes.len()];
        let told = queue.position(lane, strict(Priority::Normal, n, n)).ahead;
        assert!(told.abs_diff(45_000) < 4_500, "{told}");
        assert!(queue.asked < 700, "{}", queue.asked);
    }
}

#[test]
fn nothing_is_asked_for_that_cannot_be_there() {
    let mut queue = Queue::new();
    queue.dispatch.set_fair(queue.id, true);
    let tenants: Vec<_> = (0..3).map(|_| queue.dispatch.add_tenant()).collect();
    let lanes: Vec<_> = tenants
        .iter()
        .map(|tenant| queue.lane(Some(*tenant), None))
        .collect();
    for (lane, n) in lanes.iter().zip(0..) {
        queue.submit(*lane, strict(Priority::Critical, 0, n));
    }
    let position = queue.position(lanes[1], strict(Priority::Critical, 0, 1));
    // Of its own those before it, of each other's those of its class; none is more urgent.
    assert_eq!((position.ahead, queue.asked), (2, 3));
}

#[test]
fn what_stands_in_its_own_lane_is_not_multiplied_by_other_lanes() {
    for (mine, per_lane) in [(5_000, 1), (20_000, 20)] {
        for fair in [false, true] {
            let mut queue = Queue::new();
            queue.dispatch.set_fair(queue.id, fair);
            let own = queue.dispatch.add_tenant();
            let own = queue.lane(Some(own), None);
            for n in 0..mine {
                queue.submit(own, strict(Priority::High, n, n));
            }
            for n in 0..2_000 {
                let tenant = queue.dispatch.add_tenant();
                let lane = queue.lane(Some(tenant), None);
                for m in 0..per_lane {
                    let at = mine + n * per_lane + m;
                    queue.submit(lane, strict(Priority::Low, at, at));
                }
            }
            let ahead = (mine - 1).unsigned_abs();
            let told = queue.position(own, strict(Priority::High, mine - 1, mine - 1));
            assert!(!told.exact);
            assert!(
                told.ahead.abs_diff(ahead) <= ahead / 10,
                "{ahead}, told {told:?}"
            );
        }
    }
}
