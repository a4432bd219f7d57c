//! What a turn costs, counted in moves.

use super::*;

/// A queue whose tenants take turns: one has many lanes and another has one.
struct Crowd {
    shop: Shop,
    /// A lane that nothing bounds, of each of them.
    free: [LaneId; 2],
}

impl Crowd {
    /// Each of the many lanes has a limit of its own, with these bounds, and two tasks.
    fn new(count: usize, bounds: Option<Limit>) -> Self {
        let mut shop = Shop::new();
        shop.dispatch.set_fair(shop.queue, true);
        let tenants = [shop.dispatch.add_tenant(), shop.dispatch.add_tenant()];
        for _ in 0..count {
            let limit = shop.dispatch.add_limit();
            shop.dispatch.set_limit(limit, bounds, NOW);
            let lane = shop.lane(Some(tenants[0]), &[(limit, 1)]);
            shop.submit(lane, 2);
        }
        let free = tenants.map(|tenant| shop.lane(Some(tenant), &[]));
        Self { shop, free }
    }

    /// Claims what is open, all of it.
    fn claim_all(&mut self) -> Vec<LaneId> {
        let claims = core::iter::from_fn(|| {
            let taken = self.shop.claim(CLAIM_MAX, NOW);
            (!taken.is_empty()).then_some(taken)
        });
        claims.flatten().collect()
    }

    /// How many moves it takes to claim and end 20 tasks, one after the other.
    fn moves(&mut self) -> usize {
        for lane in self.free {
            self.shop.submit(lane, 20);
        }
        let before = self.moved();
        for _ in 0..20 {
            let [lane] = self.shop.claim(1, NOW)[..] else {
                panic!("one is open");
            };
            self.shop.dispatch.release(lane);
        }
        let moves = self.moved() - before;
        assert_eq!(self.shop.dispatch.check(NOW), Ok(()));
        moves
    }

    fn moved(&self) -> usize {
        self.shop.dispatch.moves
    }
}

#[test]
fn a_turn_costs_no_more_for_a_tenant_with_many_lanes() {
    let [few, many] = [10, 5_000].map(|count| Crowd::new(count, None).moves());
    assert!(many <= few + 20, "{many} moves beside {few}");
}

#[test]
fn a_turn_costs_nothing_for_lanes_that_a_gate_closes() {
    let [few, many] = [10, 5_000].map(|count| {
        let mut crowd = Crowd::new(count, Some(Limit::concurrency(1)));
        assert_eq!(crowd.claim_all().len(), count);
        crowd.moves()
    });
    assert!(many <= few + 20, "{many} moves beside {few}");
}

#[test]
fn a_turn_costs_nothing_for_lanes_of_kinds_that_nobody_asks_for() {
    let [few, many] = [10, 1_000].map(|count| {
        let mut crowd = Crowd::new(0, None);
        let Shop { dispatch, .. } = &mut crowd.shop;
        for number in 1..=count {
            let lane = dispatch.lane(LaneSpec {
                kind: KindId(number),
                ..dispatch.spec(crowd.free[0])
            });
            let key = OrderPolicy::Strict.key(Priority::Normal, NOW, None, -i64::from(number));
            dispatch.set_head(lane, Some(key));
        }
        crowd.moves()
    });
    assert_eq!(many, few);
}

#[test]
fn lanes_that_come_back_into_line_are_moved_once() {
    let [few, many] = [10, 5_000].map(|count| {
        let mut crowd = Crowd::new(count, Some(Limit::concurrency(1)));
        for lane in crowd.claim_all() {
            crowd.shop.dispatch.release(lane);
        }
        let before = crowd.moved();
        assert_eq!(crowd.shop.claim(1, NOW).len(), 1);
        let back = crowd.moved() - before;
        assert!(back <= 2 * count + 10, "{back} moves of {count} lanes");
        crowd.moves()
    });
    assert!(many <= few + 20, "{many} moves beside {few}");
}

#[test]
fn a_tenant_with_few_lanes_takes_its_turn_where_it_is_parked() {
    let mut shop = Shop::new();
    shop.dispatch.set_fair(shop.queue, true);
    let slots = shop.dispatch.add_limit();
    let bounds = Limit::concurrency(1);
    shop.dispatch.set_limit(slots, Some(bounds), NOW);
    let lanes = [(); 100].map(|()| {
        let tenant = shop.dispatch.add_tenant();
        let both = [&[(slots, 1)][..], &[]].map(|limits| shop.lane(Some(tenant), limits));
        for lane in both {
            shop.submit(lane, 2);
        }
        both
    });
    let taken = shop.claim(CLAIM_MAX, NOW);
    assert_eq!(taken.len(), 201);
    let bounded = |lane: &&LaneId| lanes.iter().any(|[bounded, _]| bounded == *lane);
    let first = *taken.iter().find(bounded).unwrap();
    shop.dispatch.release(first);
    let [second] = shop.claim(1, NOW)[..] else {
        panic!("one is open")
    };
    assert_ne!(first, second, "it has had its turn");
    let before = shop.dispatch.moves;
    assert_eq!(shop.claim(1, NOW), []);
    assert_eq!(shop.dispatch.moves, before, "they are behind the gate");
}

#[test]
fn a_tenant_that_has_left_leaves_nothing_behind() {
    let mut crowd = Crowd::new(20, Some(Limit::concurrency(1)));
    let mut taken = 0;
    while taken < 40 {
        let lanes = crowd.claim_all();
        taken += lanes.len();
        for lane in lanes {
            crowd.shop.dispatch.release(lane);
        }
    }
    let dispatch = &crowd.shop.dispatch;
    let [line] = &dispatch.lines[..] else {
        panic!("one kind")
    };
    assert!(line.rows.is_empty() && line.groups.is_empty());
    assert!(dispatch.gates.iter().all(|gate| gate.groups.is_empty()));
    let lane = crowd.free[0];
    crowd.shop.submit(lane, 1);
    assert!(!crowd.shop.dispatch.has_company(lane));
}
