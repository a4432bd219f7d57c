//! Limits, tenants and unique keys: the example that ships, and what of it must not go wrong.

use std::path::Path;

use duly::{EventKind, Timestamp};
use serde_json::Value;
use tokio::process::Command;

use super::{Folder, items, last, numbers};

/// A copy of the example.
async fn example() -> Folder {
    let folder = Folder::new();
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    for name in ["photos", "limited.yaml"] {
        let mut copy = Command::new("cp");
        copy.arg("-r").arg(examples.join(name)).arg(folder.path());
        assert!(copy.status().await.unwrap().success());
    }
    folder
}

/// When attempts of these groups began, in order.
fn starts(lines: &[Value], groups: &[&str]) -> Vec<Timestamp> {
    let starts = lines.iter().filter(|line| line["event"] == "started");
    let starts = starts.filter(|line| groups.iter().any(|group| line["group"] == *group));
    let at = |line: &Value| duly_api::time::parse(line["at"].as_str().unwrap()).unwrap();
    starts.map(at).collect()
}

#[tokio::test]
async fn the_api_is_asked_no_faster_than_it_allows_and_customers_take_turns() {
    let folder = example().await;
    let outcome = folder.run(&["limited.yaml", "--json"]).await;
    assert_eq!((outcome.code, outcome.err.as_str()), (0, ""), "{outcome:?}");
    let lines = outcome.values();
    assert_eq!(lines[0]["left_out"], 0);
    let summary = last(lines.clone(), "summary");
    for (group, total) in [(0, 24), (1, 4), (2, 2)] {
        let sums = ["total", "done", "failed", "left"];
        assert_eq!(
            numbers(&summary["groups"][group], sums),
            [total, total, 0, 0]
        );
    }

    // Five at once, then one every 50 ms at most: no start comes before its permit.
    let starts = starts(&lines, &["acme", "globex"]);
    assert_eq!(starts.len(), 28);
    for (nth, at) in starts.iter().enumerate().skip(5) {
        let earliest = u64::try_from(nth - 4).unwrap() * 50_000;
        let since = u64::try_from(at.as_micros() - starts[0].as_micros()).unwrap();
        assert!(since >= earliest, "start {nth} came after {since} µs");
    }

    // Whoever has little to do is through long before the other is, although it stands below.
    let order = lines.iter().filter(|line| line["event"] == "started");
    let order: Vec<_> = order.map(|line| line["group"].as_str().unwrap()).collect();
    let last_of_few = order.iter().rposition(|group| *group == "globex").unwrap();
    assert!(last_of_few < 18, "{order:?}");
}

#[tokio::test]
async fn what_was_done_within_its_time_is_left_out_of_the_next_round() {
    let folder = example().await;
    let only = ["limited.yaml", "--only", "report"];
    let first = folder.run(&only).await;
    assert_eq!(first.code, 0, "{first:?}");
    assert!(first.out.contains("done: 2 tasks"), "{}", first.out);
    let second = folder.run(&only).await;
    assert_eq!(second.code, 0, "{second:?}");
    assert_eq!(
        second.out,
        "nothing to run: 2 tasks left out, whose unique keys others hold\n"
    );
    // Rounds come and go; the keys hold as long as they were said to.
    for _ in 0..3 {
        let outcome = folder.run(&["limited.yaml", "--json"]).await;
        assert_eq!(outcome.code, 0, "{outcome:?}");
        let lines = outcome.values();
        assert_eq!(
            (&lines[0]["left_out"], &lines[0]["tasks"]),
            (&2.into(), &28.into())
        );
        assert_eq!(items(&lines, "ended").len(), 28);
    }
}

const KEYED: &str = "\
concurrency: 1
tasks:
- name: a
  each: [1, 2, 3]
  command: [sh, -c, 'echo $1 >> begun; read x < gate', sh, '{item}']
  unique: {key: 'k{item}', for: 1d, on_conflict: keep}
";

#[tokio::test]
async fn a_round_from_which_something_was_left_out_is_resumed_and_what_is_called_off_gives_its_keys_up()
 {
    let folder = Folder::with(&KEYED.replace("[1, 2, 3]", "[1]"));
    let mut gate = folder.gate().await;
    gate.let_through(1);
    folder.json(0, &[]).await;

    // The first is left out, the second is done, the third is interrupted.
    folder.write("a.yaml", KEYED);
    let mut going = folder.start(&["--grace", "0s"]);
    assert_eq!(going.next("opened").await["left_out"], 1);
    gate.let_through(1);
    folder.begun(3).await;
    going.signal("INT").await;
    going.ended(130).await;

    let mut going = folder.start(&["--grace", "0s"]);
    let opened = going.next("opened").await;
    assert_eq!(
        (&opened["opening"], &opened["tasks"], &opened["over"]),
        (&"resumed".into(), &2.into(), &1.into())
    );
    going.started(1).await;
    going.signal("INT").await;
    going.ended(130).await;

    // Begun anew, what was not done is done, and nothing else.
    let mut gate = folder.gate().await;
    gate.let_through(1);
    let lines = folder.json(0, &["--fresh"]).await;
    assert_eq!(lines[0]["left_out"], 2);
    assert_eq!(items(&lines, "ended"), ["3"]);
}

#[tokio::test]
async fn what_is_late_is_told_and_what_cannot_begin_in_time_fails() {
    let folder = Folder::with(
        "concurrency: 1\ntasks:\n\
         - {name: long, command: [sh, -c, 'read x < gate'], priority: high, alert_unfinished: 100ms}\n\
         - {name: waiting, command: ['true'], alert_unstarted: 100ms}\n\
         - {name: dead, command: ['true'], deadline: 100ms}\n",
    );
    let mut gate = folder.gate().await;
    let mut going = folder.start(&[]);
    let mut late = [
        going.next_of(&["late_to_start", "late_to_finish"]).await,
        going.next_of(&["late_to_start", "late_to_finish"]).await,
    ];
    late.sort_by_key(|line| line["event"].to_string());
    assert_eq!(late[0]["event"], EventKind::LateToFinish.name());
    assert_eq!(
        (&late[0]["group"], &late[1]["group"]),
        (&"long".into(), &"waiting".into())
    );
    gate.let_through(1);
    let lines = going.ended(1).await;
    let summary = last(lines, "summary");
    assert_eq!(summary["failures"][0]["name"], "dead");
    assert_eq!(summary["failures"][0]["state"], "expired");
    assert_eq!(summary["failures"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn another_pace_may_be_set_between_two_starts_of_one_round() {
    let text = "\
limits: {gate: {concurrency: 1}}
concurrency: 4
tasks:
- name: a
  each: [1, 2, 3, 4]
  limits: gate
  command: [sh, -c, 'echo x >> begun; read x < gate']
";
    let folder = Folder::with(text);
    let _gate = folder.gate().await;
    let mut going = folder.start(&["--grace", "0s"]);
    going.started(1).await;
    folder.begun(1).await;
    going.signal("INT").await;
    let lines = going.ended(130).await;
    assert_eq!(
        items(&lines, "started").len(),
        0,
        "one at a time: {lines:#?}"
    );

    folder.write("a.yaml", &text.replace("concurrency: 1", "concurrency: 3"));
    let mut gate = folder.gate().await;
    let mut going = folder.start(&[]);
    assert_eq!(going.next("opened").await["opening"], "resumed");
    going.started(3).await;
    folder.begun(4).await;
    gate.let_through(4);
    going.ended(0).await;
}
