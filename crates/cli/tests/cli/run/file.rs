//! What files of tasks find: odd names, nothing, and very much.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use super::{Folder, items};

const ODD: [&str; 8] = [
    "-rf",
    "a b",
    "new\nline",
    "it's \"so\"",
    "{item}",
    "*",
    "ü",
    "$HOME;x",
];

#[tokio::test]
async fn files_of_any_name_are_handed_over_as_they_are() {
    let folder = Folder::with(
        "tasks:\n- name: copy\n  each: in/*\n  command: [cp, --, '{item}', 'out/{name}']\n\
         - name: bare\n  each: in/*\n  dir: in\n  command: [cat, --, '{name}']\n",
    );
    for sub in ["in", "out"] {
        std::fs::create_dir(folder.path().join(sub)).unwrap();
    }
    for name in ODD {
        folder.write(&format!("in/{name}"), name);
    }
    let lines = folder.json(0, &["--concurrency", "3"]).await;
    assert_eq!(folder.names("out"), folder.names("in"));
    for name in ODD {
        let copied = std::fs::read_to_string(folder.path().join("out").join(name)).unwrap();
        assert_eq!(copied, name);
        assert!(items(&lines, "ended").contains(&format!("in/{name}").as_str()));
    }
    let people = folder.run(&["a.yaml", "--dry-run"]).await;
    assert_eq!(
        people.out.lines().count(),
        1 + 2 * ODD.len(),
        "a line each: {}",
        people.out
    );
}

#[tokio::test]
async fn a_plan_says_that_tenants_take_turns_where_they_do() {
    let tasks = "tasks:\n- {name: a, each: [x, y], tenant: '{item}', command: ['true']}\n";
    let folder = Folder::with(tasks);
    assert_eq!(folder.run(&["a.yaml", "--dry-run"]).await.err, "");
    folder.write("a.yaml", &format!("fair: true\n{tasks}"));
    assert_eq!(
        folder.run(&["a.yaml", "--dry-run"]).await.err,
        "tenants take turns: this is the order among the tasks of each\n"
    );
}

#[tokio::test]
async fn a_store_that_makes_no_sense_is_told_as_the_file_s_before_anything_runs() {
    let folder = Folder::with("store: foo.db\ntasks: [{name: a, command: ['true']}]\n");
    for arguments in [&["a.yaml"][..], &["a.yaml", "--dry-run"]] {
        let outcome = folder.run(arguments).await;
        assert_eq!(outcome.code, 2, "{outcome:?}");
        let said = "a.yaml: store: \"foo.db\" names no known store: expected sqlite:PATH";
        assert!(outcome.err.contains(said), "{outcome:?}");
        assert_eq!(outcome.out, "");
    }
    let own = &["a.yaml", "--dry-run", "--store", "memory:"];
    assert_eq!(folder.run(own).await.code, 0, "another is used");
}

#[tokio::test]
async fn a_name_that_is_no_text_is_refused_if_it_is_meant() {
    let folder = Folder::with("tasks:\n- {name: a, each: '*.jpg', command: [cat, '{item}']}\n");
    let path = folder.path().join(OsStr::from_bytes(b"\xff.jpg"));
    std::fs::write(path, "").unwrap();
    folder.write("good.jpg", "");
    let refused = folder.run(&["a.yaml"]).await;
    assert_eq!(refused.code, 2);
    let said = r#"error: a.yaml:2:19: group "a": the glob finds "\xFF.jpg", whose name is no text"#;
    assert!(refused.err.starts_with(said), "{}", refused.err);
    folder.write(
        "a.yaml",
        "tasks:\n- {name: a, each: 'g*.jpg', command: [cat, '{item}']}\n",
    );
    assert_eq!(folder.run(&["a.yaml"]).await.code, 0);
}

#[tokio::test]
async fn a_glob_that_finds_nothing_is_an_error_unless_it_may() {
    let folder = Folder::with("tasks:\n- {name: a, each: '*.jpg', command: [cat, '{item}']}\n");
    let refused = folder.run(&["a.yaml"]).await;
    assert_eq!(refused.code, 2);
    let said = "group \"a\": no file matches *.jpg: expected at least one, or";
    assert!(refused.err.contains(said), "{}", refused.err);
    let optional = "{glob: '*.jpg', optional: true}";
    folder.write(
        "a.yaml",
        &format!("tasks:\n- {{name: a, each: {optional}, command: [cat, '{{item}}']}}\n"),
    );
    let nothing = folder.run(&["a.yaml"]).await;
    assert_eq!(nothing.code, 0);
    assert_eq!(nothing.out, "nothing to run: no glob finds a file\n");
    assert_eq!(folder.summary(0, &[]).await["outcome"], "done");
}

#[tokio::test]
async fn thousands_are_run_each_once() {
    let folder = Folder::with(
        "concurrency: 8\ntasks:\n- {name: many, each: 'in/*', command: [cp, '{item}', out]}\n",
    );
    for sub in ["in", "out"] {
        std::fs::create_dir(folder.path().join(sub)).unwrap();
    }
    for n in 0..2_000 {
        folder.write(&format!("in/{n}"), "");
    }
    let lines = folder.json(0, &[]).await;
    for event in ["started", "ended"] {
        let mut items = items(&lines, event);
        items.sort_unstable();
        items.dedup();
        assert_eq!(items.len(), 2_000, "{event}");
    }
    assert_eq!(lines.len(), 2 + 2 * 2_000);
    assert_eq!(folder.names("out").len(), 2_000);
}

#[tokio::test]
async fn who_stops_reading_does_not_stop_the_run() {
    let each = ["x"; 200].join(", ");
    let folder = Folder::with(&format!(
        "tasks:\n- {{name: a, each: [{each}], command: [sh, -c, 'echo x >> done']}}\n"
    ));
    let mut going = folder.start(&[]);
    going.started(1).await;
    drop(going.lines);
    assert_eq!(going.child.wait().await.unwrap().code(), Some(0));
    assert_eq!(folder.lines("done").len(), 200);
}
