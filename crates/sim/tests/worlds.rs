//! Worlds of some seeds: they keep every promise, and a seed repeats them.

use duly_sim::Options;

/// How many worlds the tests run; the step of the checks runs a thousand.
const WORLDS: u64 = 24;

#[test]
fn every_promise_is_kept() {
    for seed in 0..WORLDS {
        let outcome = duly_sim::run(seed, &Options::default());
        assert_eq!(outcome.failure, None, "seed {seed}");
    }
}

#[test]
fn a_seed_repeats_its_world_to_the_letter() {
    for seed in [0, 1, 2] {
        let first = duly_sim::tell(seed, &Options::default());
        let again = duly_sim::tell(seed, &Options::default());
        assert_eq!(first, again, "seed {seed}");
        assert!(first.1.lines().count() > 100, "much happens");
    }
    let print = |seed| duly_sim::run(seed, &Options::default()).print;
    assert_ne!(print(0), print(1));
}

#[test]
fn what_is_told_is_what_is_run() {
    let run = duly_sim::run(3, &Options::default());
    let (told, _) = duly_sim::tell(3, &Options::default());
    assert_eq!(run, told);
}

#[test]
fn a_world_without_a_failure_has_nothing_to_shrink() {
    assert_eq!(duly_sim::shrink(1, &Options::default()), None);
}

#[test]
fn the_worlds_have_everything_in_them() {
    let outcomes = (0..WORLDS).map(|seed| duly_sim::run(seed, &Options::default()));
    let outcomes: Vec<_> = outcomes.collect();
    let sum = |of: fn(&duly_sim::Outcome) -> u64| outcomes.iter().map(of).sum::<u64>();
    assert!(sum(|o| o.crashes) > WORLDS, "processes crash");
    assert!(sum(|o| o.tasks) > 20 * WORLDS, "people submit");
    assert!(
        sum(|o| o.events) > 3 * sum(|o| o.tasks),
        "tasks have a life"
    );
}
