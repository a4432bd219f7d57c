//! Which layer holds, and what is said of it.

use duly_config::{Config, Effect, Sources};

use crate::support::{Place, faults, load};

/// Whether the file, the variable and the flag say something; who holds, and where from.
const LAYERS: &[(bool, bool, bool, u32, &str)] = &[
    (false, false, false, 64, "default"),
    (true, false, false, 1, "duly.yaml:2"),
    (false, true, false, 2, "DULY__WORKER__CONCURRENCY"),
    (true, true, false, 2, "DULY__WORKER__CONCURRENCY"),
    (false, false, true, 3, "--concurrency"),
    (true, false, true, 3, "--concurrency"),
    (false, true, true, 3, "--concurrency"),
    (true, true, true, 3, "--concurrency"),
];

#[test]
fn each_layer_goes_over_the_one_before() {
    for (file, variable, flag, expected, origin) in LAYERS {
        let place = Place::with(if *file {
            "worker:\n  concurrency: 1\n"
        } else {
            ""
        });
        let mut sources = place.sources();
        if *variable {
            sources.variable("DULY__WORKER__CONCURRENCY", "2");
        }
        if *flag {
            sources.flag("worker.concurrency", "--concurrency", "3");
        }
        let config = Config::load(&sources).unwrap();
        assert_eq!(config.settings.worker.concurrency, *expected);
        let from = config.origin("worker.concurrency").to_string();
        assert!(from.ends_with(origin), "{from}");
        let rows = config.rows();
        let row = rows
            .iter()
            .find(|row| row.setting == "worker.concurrency")
            .unwrap();
        assert_eq!(
            (row.text(), row.origin.to_string()),
            (expected.to_string(), from)
        );
    }
}

#[test]
fn lists_are_replaced_and_maps_are_merged() {
    let place = Place::with(
        "worker: {queues: [a, b]}\nqueues:\n  a: {bound: 1, paused: true}\n  b: {bound: 2}\n",
    );
    let mut sources = place.sources();
    sources.variable("DULY__QUEUES__A__BOUND", "7");
    sources.flag_list("worker.queues", "--queue", ["c".to_owned()]);
    let config = Config::load(&sources).unwrap();
    assert_eq!(config.settings.worker.queues, ["c"]);
    let a = &config.settings.queues["a"];
    assert_eq!((a.bound, a.paused), (Some(7), Some(true)));
    assert_eq!(config.settings.queues["b"].bound, Some(2));
}

#[test]
fn queues_are_served_by_weight_if_any_has_one() {
    let queues = |sources: &Sources| {
        let config = Config::load(sources).unwrap();
        let weighted = config.settings.worker.weighted_queues();
        weighted.map(|queues| format!("{queues:?}"))
    };
    let place = Place::with("worker: {queues: [a, b], queue_weights: {b: 3}}\n");
    let mut sources = place.sources();
    assert_eq!(queues(&sources).unwrap(), r#"[("a", 1), ("b", 3)]"#);
    // Flags say all of it, whatever the file weighs.
    sources.flag_list("worker.queues", "--queue", ["c".to_owned()]);
    sources.flag_map("worker.queue_weights", "--queue", []);
    assert_eq!(queues(&sources), None);
    let mut sources = place.sources();
    sources.variable("DULY__WORKER__QUEUES", "b, c");
    sources.variable("DULY__WORKER__QUEUE_WEIGHTS", "{c: 100}");
    assert_eq!(queues(&sources).unwrap(), r#"[("b", 1), ("c", 100)]"#);
}

#[test]
fn weights_are_of_queues_that_are_worked_on_and_not_too_much() {
    for (weights, wanted) in [
        (
            "{c: 3}",
            "worker.queue_weights has c, which is none of worker.queues",
        ),
        (
            "{a: 0}",
            "worker.queue_weights.a is 0: expected a whole number, 1 to 100",
        ),
        (
            "{a: 101}",
            "worker.queue_weights.a is 101: expected a whole number, 1 to 100",
        ),
    ] {
        let faults = faults(format!(
            "worker: {{queues: [a, b], queue_weights: {weights}}}\n"
        ));
        assert_eq!(faults.len(), 1);
        assert!(faults[0].to_string().contains(wanted), "{}", faults[0]);
    }
}

#[test]
fn a_wrong_value_below_is_said_although_another_holds() {
    let place = Place::with("worker: {concurrency: 0}\n");
    let mut sources = place.sources();
    sources.flag("worker.concurrency", "--concurrency", "3");
    assert_eq!(crate::support::refused(&sources).len(), 1);
}

#[test]
fn what_a_flag_says_wrong_is_said_of_the_flag() {
    let mut sources = Sources::default();
    sources.flag("worker.name", "--name", "");
    let said = crate::support::refused(&sources)[0].to_string();
    assert!(said.starts_with("--name: worker.name is \"\""), "{said}");
}

#[test]
fn changes_are_told_with_their_effect() {
    let before = load("worker: {concurrency: 8}\nqueues: {mail: {bound: 5}, old: {bound: 1}}\n");
    let after = load(
        "worker: {name: w}\nserver: {listen: '[::1]:1'}\nqueues: {mail: {bound: 6, paused: true}}\n",
    );
    let told: Vec<_> = before
        .differences(&after)
        .iter()
        .map(|change| (change.to_string(), change.effect == Effect::AtOnce))
        .collect();
    let expected = [
        ("server.listen: 127.0.0.1:7788 -> [::1]:1", false),
        ("worker.name: - -> w", false),
        ("worker.concurrency: 8 -> 64", true),
        ("queues.mail.paused: - -> true", true),
        ("queues.mail.bound: 5 -> 6", true),
        ("queues.old.bound: 1 -> -", true),
    ];
    assert_eq!(
        told,
        expected.map(|(told, at_once)| (told.to_owned(), at_once))
    );
    assert!(before.differences(&before).is_empty());
}
