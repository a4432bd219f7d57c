//! What is idle is forgotten, and its numbers are given to others.

use super::*;

#[test]
fn an_idle_lane_with_conditions_can_be_forgotten() {
    let mut shop = Shop::new();
    let tenant = shop.dispatch.add_tenant();
    let lane = shop.lane(Some(tenant), &[]);
    shop.submit(lane, 1);
    assert!(!shop.dispatch.drop_idle(lane), "somebody stands in it");
    shop.claim(1, NOW);
    assert!(!shop.dispatch.drop_idle(lane), "somebody runs");
    shop.dispatch.release(lane);
    assert!(shop.dispatch.drop_idle(lane) && !shop.dispatch.drop_idle(lane));
    let other = shop.dispatch.add_tenant();
    assert_eq!(
        shop.lane(Some(other), &[]),
        lane,
        "its number is used again"
    );
    assert_eq!(shop.dispatch.check(NOW), Ok(()));
}

#[test]
fn lanes_of_the_same_terms_are_told_apart_though_one_is_dropped() {
    let mut dispatch = Dispatch::default();
    let queue = dispatch.add_queue();
    let tenants = [dispatch.add_tenant(), dispatch.add_tenant()];
    let [ours, others] = tenants.map(|tenant| dispatch.terms(Some(tenant), &[]));
    let spec = |kind, terms| LaneSpec {
        queue,
        kind: KindId(kind),
        suspect: false,
        terms,
    };
    let first = dispatch.lane(spec(0, ours));
    let second = dispatch.lane(spec(1, ours));
    assert_ne!(first, second);
    assert_eq!(dispatch.lane(spec(0, ours)), first);
    assert!(dispatch.drop_idle(first));
    assert_eq!(dispatch.find_lane(&spec(0, ours)), None);
    assert_eq!(dispatch.find_lane(&spec(1, ours)), Some(second));
    let reused = dispatch.lane(spec(0, others));
    assert_eq!(reused, first, "its number is given to another");
    let anew = dispatch.lane(spec(0, ours));
    assert_ne!(anew, reused);
    assert_eq!(dispatch.spec(anew), spec(0, ours));
}

#[test]
fn numbers_of_what_is_idle_are_given_to_others() {
    let mut shop = Shop::new();
    let tenant = shop.dispatch.add_tenant();
    let [defined, attached, named, kept, idle] = [(); 5].map(|()| shop.dispatch.add_limit());
    let bounds = Limit::concurrency(1);
    shop.dispatch.set_limit(defined, Some(bounds), NOW);
    shop.dispatch.set_limit(idle, Some(bounds), NOW);
    shop.dispatch
        .attach(Target::Queue(shop.queue), &[(attached, 1)], NOW);
    let lane = shop.lane(Some(tenant), &[(named, 1)]);
    let terms = shop.dispatch.terms(None, &[(kept, 1)]);
    shop.dispatch.keep(terms);
    let dropped = shop.lane(None, &[(idle, 2)]);
    assert_eq!(shop.dispatch.forget_idle(), []);

    assert!(shop.dispatch.drop_idle(dropped));
    assert_eq!(shop.dispatch.forget_idle(), [], "it is defined");
    shop.dispatch.set_limit(idle, None, NOW);
    assert_eq!(shop.dispatch.forget_idle(), [idle]);
    assert_eq!(shop.dispatch.forget_idle(), [], "it is forgotten already");
    assert_eq!(shop.dispatch.add_limit(), idle);
    let known = shop.dispatch.terms_count();
    let again = shop.dispatch.terms(Some(tenant), &[(idle, 1)]);
    assert_eq!(shop.dispatch.limits_of(again), [(idle, 1)]);
    assert_eq!(shop.dispatch.terms_count(), known + 1);

    shop.dispatch.let_go(terms);
    shop.dispatch.set_limit(defined, None, NOW);
    shop.dispatch.attach(Target::Queue(shop.queue), &[], NOW);
    assert!(shop.dispatch.drop_idle(lane));
    let all = [defined, attached, named, kept, idle];
    assert_eq!(shop.dispatch.forget_idle(), all);
    assert_eq!(shop.dispatch.check(NOW), Ok(()));
}

#[test]
fn a_forgotten_limit_rings_no_more() {
    let mut shop = Shop::new();
    let rate = shop.dispatch.add_limit();
    let bounds = Limit::rate(Rate::new(1, Duration::from_secs(60)));
    shop.dispatch.set_limit(rate, Some(bounds), NOW);
    let lane = shop.lane(None, &[(rate, 1)]);
    shop.submit(lane, 2);
    assert_eq!(shop.claim(2, NOW), [lane]);
    assert!(shop.dispatch.next_open().is_some());
    shop.dispatch.release(lane);
    shop.dispatch.set_head(lane, None);
    assert!(shop.dispatch.drop_idle(lane));
    shop.dispatch.set_limit(rate, None, NOW);
    assert_eq!(shop.dispatch.forget_idle(), [rate]);
    assert_eq!(shop.dispatch.next_open(), None);
}
