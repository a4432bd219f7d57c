//! Rules broken on purpose, one at a time: each is caught by the checker of its promise, all by itself.
//!
//! It takes many worlds, so it has a build of its own: `cargo xtask simulate`.

use duly_sim::{Mutant, Options, Shrunk, checkers};

/// How many worlds a broken rule may survive.
const WORLDS_MAX: u64 = 3_000;

fn options(mutant: Mutant) -> Options {
    Options {
        mutant: Some(mutant),
        only: Some(mutant.checker()),
        ..Options::default()
    }
}

/// The first seed whose world is found fault with.
fn caught(mutant: Mutant) -> Option<u64> {
    let options = options(mutant);
    (0..WORLDS_MAX).find(|seed| duly_sim::run(*seed, &options).failure.is_some())
}

/// Some of the mutants, so that two cores have something to do.
fn all_are_caught(first: usize) {
    let own = Mutant::ALL.iter().skip(first).step_by(2);
    let survivors: Vec<_> = own.filter(|mutant| caught(**mutant).is_none()).collect();
    assert!(survivors.is_empty(), "nobody caught {survivors:?}");
}

#[test]
fn every_broken_rule_is_caught_even_ones() {
    all_are_caught(0);
}

#[test]
fn every_broken_rule_is_caught_odd_ones() {
    all_are_caught(1);
}

#[test]
fn every_checker_has_a_mutant_that_it_catches() {
    for name in checkers() {
        let has = Mutant::ALL.iter().any(|mutant| mutant.checker() == *name);
        assert!(has, "nothing shows that {name} bites");
    }
    assert!(Mutant::ALL.len() >= 15);
}

#[test]
fn the_names_of_mutants_differ() {
    for (index, mutant) in Mutant::ALL.iter().enumerate() {
        let later = &Mutant::ALL[index + 1..];
        assert!(later.iter().all(|other| other.name() != mutant.name()));
    }
}

#[test]
fn a_failure_is_shrunk_to_a_few_steps_and_told() {
    let mutant = Mutant::SharesKeys;
    let seed = caught(mutant).expect("it is caught");
    let shrunk: Shrunk = duly_sim::shrink(seed, &options(mutant)).expect("it fails");
    let (before, after) = shrunk.items;
    assert!(after <= 4 && before >= 60, "{after} of {before} items");
    assert_eq!(shrunk.failure.checker, "unique");
    let last = shrunk.history.lines().last().expect("something is told");
    assert!(
        last.contains("BROKEN unique:") && last.contains("hold the key"),
        "{last}"
    );
    assert!(shrunk.history.contains("submits T"), "{}", shrunk.history);
    assert_eq!(
        duly_sim::shrink(seed, &options(mutant)),
        Some(shrunk),
        "again"
    );
}
