use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

use super::*;
use crate::bounds::CLAIM_MAX;
use crate::{Limit, OrderPolicy, Priority, Rate, RateState};

mod crowd;
mod idle;

const NOW: Timestamp = Timestamp::from_micros(5_000_000);

/// One queue and one kind, driven as a store does: a count of equal tasks for every lane.
struct Shop {
    dispatch: Dispatch,
    queue: QueueId,
    sequence: i64,
    waiting: BTreeMap<LaneId, Vec<OrderKey>>,
}

impl Shop {
    fn new() -> Self {
        let mut dispatch = Dispatch::default();
        let queue = dispatch.add_queue();
        Self {
            dispatch,
            queue,
            sequence: 0,
            waiting: BTreeMap::new(),
        }
    }

    fn lane(&mut self, tenant: Option<TenantId>, limits: &[(LimitId, u32)]) -> LaneId {
        let terms = self.dispatch.terms(tenant, limits);
        self.dispatch.lane(LaneSpec {
            queue: self.queue,
            kind: KindId(0),
            suspect: false,
            terms,
        })
    }

    fn submit(&mut self, lane: LaneId, count: usize) {
        let keys: Vec<OrderKey> = (0..count)
            .map(|_| {
                self.sequence += 1;
                OrderPolicy::Strict.key(Priority::Normal, NOW, None, self.sequence)
            })
            .collect();
        if let Some(first) = keys.first() {
            self.dispatch.offer(lane, *first);
        }
        self.waiting.entry(lane).or_default().extend(keys);
    }

    fn claim(&mut self, run: usize, now: Timestamp) -> Vec<LaneId> {
        let spec = ClaimSpec {
            queues: &[self.queue],
            kinds: &[KindId(0)],
            run,
            ..ClaimSpec::default()
        };
        let mut round = Round::default();
        self.dispatch.begin(&spec, now, &mut round);
        let mut taken = Vec::new();
        while let Some(pick) = self.dispatch.next(&mut round) {
            self.dispatch.take(&mut round, &pick);
            self.dispatch.lease(pick.lane);
            let waiting = self.waiting.get_mut(&pick.lane).unwrap();
            waiting.remove(0);
            self.dispatch.set_head(pick.lane, waiting.first().copied());
            taken.push(pick.lane);
        }
        taken
    }
}

#[test]
fn a_heavy_task_takes_several_slots_and_gives_them_back() {
    let mut shop = Shop::new();
    let slots = shop.dispatch.add_limit();
    shop.dispatch
        .set_limit(slots, Some(Limit::concurrency(10)), NOW);
    let heavy = shop.lane(None, &[(slots, 3)]);
    shop.submit(heavy, 5);
    assert_eq!(shop.claim(10, NOW).len(), 3);
    assert_eq!(shop.dispatch.in_use(slots), 9);
    assert_eq!(
        shop.dispatch.closings(heavy, NOW),
        [Closing::Limit {
            limit: slots,
            weight: 3,
            closed: Closed::Full {
                in_use: 9,
                at_most: 10
            },
        }]
    );
    let light = shop.lane(None, &[(slots, 1)]);
    shop.submit(light, 2);
    assert_eq!(
        shop.claim(10, NOW),
        [light],
        "one slot is left, for a light one"
    );
    shop.dispatch.release(heavy);
    assert_eq!(shop.claim(10, NOW), [heavy], "who came first is first");
}

#[test]
fn a_rate_is_counted_at_the_claim_and_opens_by_itself() {
    let mut shop = Shop::new();
    let rate = shop.dispatch.add_limit();
    let five = Rate::new(5, Duration::from_secs(1)).burst(2);
    shop.dispatch.set_limit(rate, Some(Limit::rate(five)), NOW);
    let lane = shop.lane(None, &[(rate, 1)]);
    shop.submit(lane, 10);
    assert_eq!(shop.claim(10, NOW).len(), 2);
    shop.dispatch.release(lane);
    assert_eq!(
        shop.claim(10, NOW).len(),
        0,
        "an end gives no permit of a rate back"
    );
    let next = NOW + Duration::from_millis(200);
    assert_eq!(shop.dispatch.next_open(), Some(next));
    assert_eq!(shop.claim(10, next).len(), 1);
}

#[test]
fn what_weighs_more_than_its_limit_waits_for_the_limit_to_change() {
    let mut shop = Shop::new();
    let slots = shop.dispatch.add_limit();
    shop.dispatch
        .set_limit(slots, Some(Limit::concurrency(2)), NOW);
    let lane = shop.lane(None, &[(slots, 3)]);
    shop.submit(lane, 1);
    assert!(shop.claim(1, NOW).is_empty());
    let closed = Closed::TooHeavy { at_most: 2 };
    assert!(
        matches!(shop.dispatch.closings(lane, NOW)[..], [Closing::Limit { closed: c, .. }] if c == closed)
    );
    shop.dispatch
        .set_limit(slots, Some(Limit::concurrency(3)), NOW);
    assert_eq!(shop.claim(1, NOW), [lane]);
}

#[test]
fn an_attached_limit_counts_what_runs_already() {
    let mut shop = Shop::new();
    let plain = shop.lane(None, &[]);
    shop.submit(plain, 5);
    assert_eq!(shop.claim(2, NOW).len(), 2);
    let slots = shop.dispatch.add_limit();
    shop.dispatch
        .set_limit(slots, Some(Limit::concurrency(2)), NOW);
    shop.dispatch
        .attach(Target::Queue(shop.queue), &[(slots, 1)], NOW);
    assert_eq!(shop.dispatch.in_use(slots), 2);
    assert!(shop.claim(5, NOW).is_empty());
    shop.dispatch.attach(Target::Queue(shop.queue), &[], NOW);
    assert_eq!(shop.dispatch.in_use(slots), 0);
    assert_eq!(shop.claim(5, NOW).len(), 3);
}

#[test]
fn attaching_to_many_looks_at_every_lane_once() {
    let mut shop = Shop::new();
    let limits: Vec<LimitId> = (0..300).map(|_| shop.dispatch.add_limit()).collect();
    for limit in &limits {
        shop.dispatch
            .set_limit(*limit, Some(Limit::concurrency(1)), NOW);
    }
    let tenants: Vec<TenantId> = (0..300).map(|_| shop.dispatch.add_tenant()).collect();
    let lanes: Vec<LaneId> = tenants
        .iter()
        .map(|tenant| shop.lane(Some(*tenant), &[]))
        .collect();
    for lane in lanes.iter().chain(&lanes) {
        shop.submit(*lane, 1);
    }
    assert_eq!(shop.claim(10, NOW), lanes[..10]);
    let each = |limits: &[LimitId]| {
        let targets = tenants.iter().zip(limits);
        let all = targets.map(|(tenant, limit)| (Target::Tenant(*tenant), vec![(*limit, 1)]));
        all.collect::<Vec<_>>()
    };
    for _ in 0..2 {
        shop.dispatch.attach_all(each(&limits), NOW);
        assert_eq!(shop.dispatch.attach_looks(), 300, "none if it is as it was");
    }
    assert_eq!(shop.dispatch.in_use(limits[9]), 1, "what runs counts");
    assert_eq!(shop.claim(1_000, NOW), lanes[10..], "one of each tenant");
    assert_eq!(shop.dispatch.check(NOW), Ok(()));

    let none = each(&limits)
        .into_iter()
        .map(|(target, _)| (target, vec![]));
    shop.dispatch.attach_all(none, NOW);
    assert_eq!(shop.dispatch.attach_looks(), 600);
    assert_eq!(shop.dispatch.in_use(limits[9]), 0);
    assert_eq!(shop.claim(1_000, NOW).len(), 300);
    assert_eq!(shop.dispatch.check(NOW), Ok(()));
}

#[test]
fn tenants_share_by_weight_whatever_each_has_in_line() {
    let mut shop = Shop::new();
    shop.dispatch.set_fair(shop.queue, true);
    let (big, small) = (shop.dispatch.add_tenant(), shop.dispatch.add_tenant());
    shop.dispatch.set_tenant(small, 2, false, NOW);
    let (greedy, modest) = (shop.lane(Some(big), &[]), shop.lane(Some(small), &[]));
    shop.submit(greedy, 1_000);
    shop.submit(modest, 60);
    let taken = shop.claim(90, NOW);
    let modest_share = taken.iter().filter(|lane| **lane == modest).count();
    assert!(
        (59..=60).contains(&modest_share),
        "two of three: {modest_share} of 90"
    );
    let first: Vec<bool> = taken[..9].iter().map(|lane| *lane == modest).collect();
    assert_eq!(
        first.iter().filter(|modest| **modest).count(),
        6,
        "in turns from the start"
    );
}

#[test]
fn whoever_stands_anywhere_takes_turns_as_soon_as_the_queue_is_fair() {
    let mut shop = Shop::new();
    let slots = shop.dispatch.add_limit();
    shop.dispatch
        .set_limit(slots, Some(Limit::concurrency(1)), NOW);
    let other = core::mem::replace(&mut shop.queue, shop.dispatch.add_queue());
    let (one, two) = (shop.dispatch.add_tenant(), shop.dispatch.add_tenant());
    // Free, parked, with a head that is not known, and with nobody in it: of two tenants, and of nobody.
    let plain = shop.lane(None, &[]);
    let open = shop.lane(Some(one), &[]);
    let parked = shop.lane(Some(one), &[(slots, 1)]);
    let unknown = shop.lane(Some(two), &[]);
    let idle = shop.lane(Some(two), &[(slots, 1)]);
    let key = |n| OrderPolicy::Strict.key(Priority::Normal, NOW, None, n);
    shop.submit(parked, 1);
    assert_eq!(shop.claim(1, NOW), [parked], "the slot is taken");
    for (lane, count) in [(parked, 1), (open, 2), (plain, 2), (unknown, 2)] {
        shop.submit(lane, count);
    }
    assert!(shop.claim(0, NOW).is_empty());
    shop.dispatch.forget_head(unknown);
    for fair in [true, false, true] {
        shop.dispatch.set_fair(shop.queue, fair);
        assert_eq!(shop.dispatch.standing(shop.queue), 4);
        assert_eq!(shop.dispatch.check(NOW), Ok(()));
    }
    assert!(!shop.dispatch.is_fair(other));
    let head = shop.waiting[&unknown][0];
    shop.dispatch.set_head(unknown, Some(head));
    let turns = [open, plain, unknown, open, plain, unknown];
    assert_eq!(shop.claim(10, NOW), turns, "in turns, but not the parked");
    shop.dispatch.set_head(idle, Some(key(100)));
    shop.waiting.insert(idle, vec![key(100)]);
    assert!(shop.claim(10, NOW).is_empty());
    shop.dispatch.release(parked);
    assert_eq!(shop.claim(10, NOW), [parked]);
    shop.dispatch.release(parked);
    assert_eq!(shop.claim(10, NOW), [idle]);
    assert_eq!(shop.dispatch.check(NOW), Ok(()));
}

#[test]
fn who_was_idle_has_no_credit() {
    let mut shop = Shop::new();
    shop.dispatch.set_fair(shop.queue, true);
    let (busy, idle) = (shop.dispatch.add_tenant(), shop.dispatch.add_tenant());
    let (worked, rested) = (shop.lane(Some(busy), &[]), shop.lane(Some(idle), &[]));
    shop.submit(worked, 200);
    assert_eq!(shop.claim(100, NOW).len(), 100);
    shop.submit(rested, 100);
    let taken = shop.claim(20, NOW);
    let share = taken.iter().filter(|lane| **lane == rested).count();
    assert!((10..=11).contains(&share), "half, not all: {share} of 20");
}

#[test]
fn a_paused_tenant_stands_aside_and_comes_back() {
    let mut shop = Shop::new();
    let tenant = shop.dispatch.add_tenant();
    let lane = shop.lane(Some(tenant), &[]);
    shop.submit(lane, 1);
    shop.dispatch.set_tenant(tenant, 1, true, NOW);
    assert!(shop.claim(1, NOW).is_empty());
    assert_eq!(
        shop.dispatch.closings(lane, NOW),
        [Closing::TenantPaused(tenant)]
    );
    shop.dispatch.set_tenant(tenant, 1, false, NOW);
    assert_eq!(shop.claim(1, NOW), [lane]);
}

#[test]
fn lanes_behind_a_closed_gate_are_looked_at_once() {
    let mut shop = Shop::new();
    let slots = shop.dispatch.add_limit();
    shop.dispatch
        .set_limit(slots, Some(Limit::concurrency(1)), NOW);
    let lanes: Vec<LaneId> = (0..500)
        .map(|_| {
            let tenant = shop.dispatch.add_tenant();
            shop.lane(Some(tenant), &[(slots, 1)])
        })
        .collect();
    for lane in &lanes {
        shop.submit(*lane, 1);
    }
    assert_eq!(shop.claim(1, NOW), lanes[..1]);
    let mut round = Round::default();
    let spec = ClaimSpec {
        queues: &[shop.queue],
        kinds: &[KindId(0)],
        run: 1,
        ..ClaimSpec::default()
    };
    for looks in [499, 0, 0] {
        shop.dispatch.begin(&spec, NOW, &mut round);
        assert_eq!(shop.dispatch.next(&mut round), None);
        assert_eq!(round.parked(), looks);
    }
    shop.dispatch.release(lanes[0]);
    shop.dispatch.begin(&spec, NOW, &mut round);
    let pick = shop.dispatch.next(&mut round).unwrap();
    assert_eq!((pick.lane, round.parked()), (lanes[1], 0));
}

#[test]
fn by_weight_the_cycle_is_walked_once_a_claim() {
    let mut dispatch = Dispatch::default();
    let queues = [dispatch.add_queue(), dispatch.add_queue()];
    let lane = dispatch.lane(LaneSpec {
        queue: queues[1],
        kind: KindId(0),
        suspect: false,
        terms: Terms::NONE,
    });
    let spec = ClaimSpec {
        queues: &queues,
        weights: &[99, 1],
        kinds: &[KindId(0)],
        run: 120,
        ..ClaimSpec::default()
    };
    let mut round = Round::default();
    let key = |n| OrderPolicy::Strict.key(Priority::Normal, NOW, None, n);
    dispatch.set_head(lane, Some(key(1)));
    dispatch.begin(&spec, NOW, &mut round);
    let mut walked = Vec::new();
    for n in 2..=121 {
        let pick = dispatch.next(&mut round).unwrap();
        assert_eq!(pick.lane, lane);
        walked.push(round.barren());
        dispatch.take(&mut round, &pick);
        dispatch.set_head(lane, Some(key(n)));
    }
    // The other has the 51st of 100 places: to there, and around, it is walked but once.
    assert_eq!((walked[0], walked[1], walked[50]), (50, 49, 0));
    assert_eq!((walked[51], walked[119]), (99, 31));
}

#[test]
fn a_clock_set_back_does_not_keep_a_rate_closed() {
    let mut shop = Shop::new();
    let rate = shop.dispatch.add_limit();
    let slow = Rate::new(1, Duration::from_secs(10)).burst(2);
    shop.dispatch.set_limit(rate, Some(Limit::rate(slow)), NOW);
    let lane = shop.lane(None, &[(rate, 1)]);
    shop.submit(lane, 10);
    let ahead = NOW + Duration::from_secs(4 * 366 * 86_400);
    assert_eq!(shop.claim(9, ahead).len(), 2);
    let after = |seconds| NOW + Duration::from_secs(seconds);
    assert!(shop.claim(9, after(0)).is_empty(), "all its burst is spent");
    assert_eq!(shop.dispatch.next_open(), Some(after(10)));
    assert!(shop.claim(9, after(9)).is_empty());
    assert_eq!(shop.claim(9, after(10)).len(), 1);
    assert_eq!(shop.claim(9, after(25)).len(), 1);
    let far = RateState::from_text("99999999999999999").unwrap();
    shop.dispatch.set_rate_state(rate, far, after(30));
    assert!(shop.claim(9, after(30)).is_empty());
    assert_eq!(shop.claim(9, after(50)).len(), 2);
    assert_eq!(shop.dispatch.check(after(50)), Ok(()));
}

#[test]
fn accounts_are_as_if_each_claim_looked_at_all_of_them() {
    let rates = [(5, 1), (40, 3), (300, 2)].map(|(period, burst)| {
        let rate = Rate::new(1, Duration::from_secs(period));
        rate.burst(burst)
    });
    let mut random = 7_u64;
    let mut below = |end: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005) ^ (random >> 29) ^ 1;
        (random >> 33) % end
    };
    let mut shop = Shop::new();
    let limits = rates.map(|rate| {
        let limit = shop.dispatch.add_limit();
        let bounds = Some(Limit::rate(rate));
        shop.dispatch.set_limit(limit, bounds, NOW);
        limit
    });
    let lanes = limits.map(|limit| shop.lane(None, &[(limit, 1)]));
    for lane in lanes {
        shop.submit(lane, 2_000);
    }
    let mut plain = [RateState::default(); 3];
    let (mut now, mut cuts) = (NOW + Duration::from_secs(1_000_000), 0);
    for _ in 0..3_000 {
        let by = Duration::from_secs([1, 9, 30, 65, 400][below(5) as usize] * below(3));
        now = if below(3) == 0 { now - by } else { now + by };
        for (at, state) in plain.iter_mut().enumerate() {
            let believed = state.believed(&rates[at], now);
            cuts += u32::from(core::mem::replace(state, believed) != believed);
        }
        for lane in shop.claim(1 + below(9) as usize, now) {
            let at = lanes.iter().position(|one| *one == lane).unwrap();
            plain[at].take(&rates[at], now).unwrap();
        }
        if below(10) == 0 {
            // As another process has left it, whose clock is ahead by less than matters.
            let at = below(3) as usize;
            let ahead = now + Duration::from_secs(below(60));
            plain[at] = RateState::default();
            for _ in 0..rates[at].bursts() {
                plain[at].take(&rates[at], ahead).unwrap();
            }
            let limit = limits[at];
            shop.dispatch.set_rate_state(limit, plain[at], now);
        }
        assert_eq!(limits.map(|limit| shop.dispatch.rate_state(limit)), plain);
        assert_eq!(shop.dispatch.check(now), Ok(()));
    }
    assert!(cuts > 300, "{cuts}");
}
