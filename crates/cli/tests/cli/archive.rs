//! `duly export` and `duly import`: everything, from one store into another.

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use crate::support::{Place, There, both, run, text};

/// Tasks of all sorts, in queues with settings of their own.
async fn furnish(there: &There) {
    let options = [
        "--label",
        "a=b",
        "--priority",
        "high",
        "--unique",
        "u",
        "--queue",
        "mail",
    ];
    there.submit("good", &options).await;
    there.submit("bad", &["--queue", "mail"]).await;
    there.work().await;
    there
        .submit("later", &["--delay", "5m", "--timeout", "30s"])
        .await;
    there
        .submit("gone", &["--deadline", "2h", "{\"z\": 1.50, \"a\": [1]}"])
        .await;
    there.text(&["cancel", "--kind", "gone"]).await;
    there.text(&["queue", "set", "tight", "--bound", "1"]).await;
    there.text(&["queue", "pause", "tight"]).await;
    there.submit("one", &["--queue", "tight"]).await;
}

/// All that an archive says, without when it was begun.
fn said(archive: &str) -> Vec<&str> {
    assert!(archive.starts_with(r#"{"archive":{"format":"duly","version":1,"#));
    archive.lines().skip(1).collect()
}

#[tokio::test]
async fn what_was_exported_and_imported_is_the_same() {
    both(async |there| {
        furnish(there).await;
        let file = there.place.path("duly.ndjson");
        let told = there.json(&["export", text(&file)]).await;
        assert_eq!((&told["queues"], &told["tasks"]), (&json!(3), &json!(5)));
        let archive = std::fs::read_to_string(&file).unwrap();
        let copy = format!("sqlite:{}", there.place.path("copy.db").display());
        for (restored, existed) in [(5, 0), (0, 5)] {
            let outcome = run(&["--store", &copy, "import", text(&file), "--json"]).await;
            assert_eq!(outcome.code, 0, "{outcome:?}");
            let expected =
                json!({"restored": restored, "existed": existed, "queues": 3, "schedules": 0});
            assert_eq!(outcome.values(), [expected]);
        }
        let again = run(&["--store", &copy, "export"]).await;
        assert_eq!(again.code, 0, "{again:?}");
        assert_eq!(said(&again.out), said(&archive));
    })
    .await;
}

#[tokio::test]
async fn a_store_in_memory_with_a_file_takes_all_and_gives_it_back() {
    both(async |there| {
        furnish(there).await;
        let archive = there.text(&["export"]).await;
        let file = there.place.file("a.ndjson", &archive);
        let memory = there.place.path("memory.json");
        let store = format!("memory:?file={}", memory.display());
        let missing = run(&["--store", &store, "export"]).await;
        assert_eq!(
            missing.code, 2,
            "what is only read is not made: {missing:?}"
        );
        let taken = run(&["--store", &store, "import", text(&file)]).await;
        assert_eq!(taken.code, 0, "{taken:?}");
        let given = run(&["--store", &store, "export"]).await;
        assert_eq!(given.code, 0, "{given:?}");
        assert_eq!(said(&given.out), said(&archive));
    })
    .await;
}

#[tokio::test]
async fn what_a_store_in_memory_cannot_keep_is_no_success() {
    let place = Place::new();
    let path = place.path("memory.json");
    let store = format!("memory:?file={}", path.display());
    // Where the save is written there is a folder already.
    std::fs::create_dir(place.path("memory.json.tmp")).unwrap();
    let outcome = run(&["--store", &store, "submit", "k"]).await;
    assert_eq!(outcome.code, 1, "{outcome:?}");
    let lost = "changes since then are in memory only";
    assert!(outcome.err.contains("cannot save to"), "{outcome:?}");
    assert!(outcome.err.contains(lost), "{outcome:?}");
    assert!(!path.exists());
}

#[tokio::test]
async fn an_archive_goes_through_a_pipe_in_several_pieces() {
    both(async |there| {
        let lines = "{}\n".repeat(1_234);
        let file = there.place.file("a.ndjson", &lines);
        there.text(&["submit", "k", "--file", text(&file)]).await;
        let archive = there.text(&["export"]).await;
        let place = Place::new();
        let server = place.serve(&["--no-worker"]).await;
        let mut command = crate::support::duly();
        command
            .args(["import", "--server", &server.url])
            .stdin(Stdio::piped());
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(archive.as_bytes()).await.unwrap();
        drop(stdin);
        let output = child.wait_with_output().await.unwrap();
        assert_eq!(output.stdout, b"1,234 tasks imported; 1 queue set\n");
        assert_eq!(server.json(&["stats"]).await["tasks"]["pending"], 1_234);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_archive_that_is_not_whole_is_refused_and_what_was_taken_is_told() {
    both(async |there| {
        furnish(there).await;
        let archive = there.text(&["export"]).await;
        let lines: Vec<_> = archive.lines().collect();
        let cut_off = lines[..lines.len() - 1].join("\n");
        let missing = [&lines[..4], &lines[5..]].concat().join("\n");
        let doubled = format!("{archive}{archive}");
        let wrong = archive.replacen(r#""kind":"bad""#, r#""kind":7"#, 1);
        let broken = archive.trim_end()[..archive.len() - 9].to_owned();
        let unknown = archive.replacen(r#""version":1"#, r#""version":99"#, 1);
        for (name, content, expected) in [
            (
                "cut off",
                cut_off.as_str(),
                "the archive is cut off after line 9, with 5 tasks",
            ),
            ("missing", &missing, "lines are missing"),
            ("doubled", &doubled, "line 11: expected nothing behind"),
            ("wrong", &wrong, "task.kind"),
            ("broken", &broken, "line 10"),
            ("unknown", &unknown, "archive.version"),
            ("empty", "", "cut off after line 0"),
            ("tasks", "{\"kind\": \"a\"}\n", "line 1"),
            ("bytes", "\u{0}\u{1}", "line 1"),
        ] {
            let file = there.place.file("bad.ndjson", content);
            let copy = Place::new();
            let outcome = run(&["--store", &copy.store(), "import", text(&file)]).await;
            assert_eq!(outcome.code, 2, "{name}: {outcome:?}");
            assert!(outcome.err.contains(expected), "{name}: {outcome:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_the_store_refuses_is_named_by_its_line() {
    both(async |there| {
        there.submit("k", &["--unique", "u"]).await;
        let archive = there.text(&["export"]).await;
        let other = Place::new();
        let server = other.serve(&["--no-worker"]).await;
        server.json(&["submit", "k", "--unique", "u"]).await;
        let file = there.place.file("a.ndjson", &archive);
        let outcome = server.run(&["import", text(&file)]).await;
        assert_eq!(outcome.code, 4, "{outcome:?}");
        assert!(outcome.err.starts_with("error: line 3: "), "{outcome:?}");
        assert!(outcome.err.contains("unique key"), "{outcome:?}");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_file_that_is_there_is_not_written_over_unless_asked() {
    both(async |there| {
        let file = there.place.file("there.ndjson", "mine");
        let refusal = there.refused(2, &["export", text(&file)]).await;
        assert!(refusal.contains("--force"), "{refusal}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
        there.text(&["export", text(&file), "--force"]).await;
        assert!(
            std::fs::read_to_string(&file)
                .unwrap()
                .starts_with("{\"archive\"")
        );
        let folder = there.place.path(".");
        let refusal = there.refused(2, &["export", text(&folder)]).await;
        assert!(refusal.contains("it is a folder"), "{refusal}");
        let nowhere = there.place.path("no/such/folder/a.ndjson");
        let refusal = there.refused(2, &["export", text(&nowhere)]).await;
        assert!(refusal.contains("cannot write"), "{refusal}");
    })
    .await;
}

#[tokio::test]
async fn an_export_that_breaks_off_leaves_no_file() {
    use axum::Router;

    // What a server sends that dies on the way: a head, and then nothing.
    let head = "{\"archive\":{\"format\":\"duly\",\"version\":1,\"at_us\":0}}\n";
    let at = crate::support::served(Router::new().fallback(async move || head)).await;
    let place = Place::new();
    let file = place.path("duly.ndjson");
    let server = format!("http://{at}");
    let outcome = run(&["export", text(&file), "--server", &server, "--json"]).await;
    assert_eq!(outcome.code, 3, "{outcome:?}");
    let error: Value = serde_json::from_str(&outcome.err).unwrap();
    assert!(
        error["error"]
            .as_str()
            .unwrap()
            .contains("broke off after 0 tasks"),
        "{error}"
    );
    let left: Vec<_> = std::fs::read_dir(place.path(".")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}
