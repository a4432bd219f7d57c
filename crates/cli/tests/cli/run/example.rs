//! The example that ships with the project.

use std::path::Path;

use tokio::process::Command;

use super::{Folder, items, last, numbers};

/// A copy of the example.
async fn example() -> Folder {
    let folder = Folder::new();
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    for name in ["photos", "photos.yaml"] {
        let from = examples.join(name);
        let mut copy = Command::new("cp");
        copy.arg("-r").arg(from).arg(folder.path());
        assert!(copy.status().await.unwrap().success());
    }
    for left in folder.names("photos/out") {
        std::fs::remove_file(folder.path().join("photos/out").join(left)).unwrap();
    }
    folder
}

#[tokio::test]
async fn what_is_critical_runs_next_though_many_stand_in_line() {
    let folder = example().await;
    let outcome = folder.run(&["photos.yaml", "--json"]).await;
    assert_eq!((outcome.code, outcome.err.as_str()), (0, ""), "{outcome:?}");
    let lines = outcome.values();

    let started = items(&lines, "started");
    assert_eq!(started.len(), 49);
    let is_critical = |line: &&serde_json::Value| line["group"] == "publish";
    let starts = lines.iter().filter(|line| line["event"] == "started");
    let place = starts.clone().position(|line| is_critical(&line)).unwrap();
    assert!(place < started.len() - 1, "it did not run last");

    let summary = last(lines.clone(), "summary");
    let overtake = &summary["overtakes"][0];
    assert_eq!(overtake["name"], "publish photos/cover.jpg");
    assert_eq!(
        overtake["before_it"], 0,
        "nothing began before it: {overtake}"
    );
    // Everything that stood in line began later, and in this order.
    let later = started.len() - 1 - place;
    assert_eq!(overtake["in_line"], later, "{overtake}");
    let sums = ["total", "done", "failed", "left"];
    for (group, total) in [(0, 24), (1, 24), (2, 1)] {
        assert_eq!(
            numbers(&summary["groups"][group], sums),
            [total, total, 0, 0]
        );
    }
}

#[tokio::test]
async fn it_does_what_it_says_and_leaves_the_clone_clean() {
    let folder = example().await;
    let outcome = folder.run(&["photos.yaml"]).await;
    assert_eq!(outcome.code, 0, "{outcome:?}");
    let said = "critical: publish photos/cover.jpg came when ";
    assert!(outcome.out.contains(said), "{}", outcome.out);
    assert!(
        outcome.out.contains(" began next, after "),
        "{}",
        outcome.out
    );
    assert!(
        outcome.out.contains("\n\ndone: 49 tasks in "),
        "{}",
        outcome.out
    );
    assert!(
        !outcome.err.contains('\x1b'),
        "no terminal: {:?}",
        outcome.err
    );

    let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    assert!(read("photos/out/published.jpg") == read("photos/cover.jpg"));
    let made = folder.names("photos/out");
    assert_eq!(made.len(), 25, "{made:?}");
    for name in made.iter().filter(|name| name.ends_with(".gz")) {
        let path = folder.path().join("photos/out").join(name);
        let whole = Command::new("gzip").arg("-t").arg(path).status().await;
        assert!(whole.unwrap().success(), "{name}");
    }
    assert_eq!(folder.names("."), [".duly", "photos", "photos.yaml"]);
    assert_eq!(
        folder.lines(".duly/.gitignore"),
        ["*"],
        "version control passes it over"
    );
}
