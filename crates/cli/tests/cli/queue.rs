//! `duly queue`.

use serde_json::json;

use crate::support::both;

#[tokio::test]
async fn a_queue_is_set_shown_paused_and_opened_again() {
    both(async |there| {
        let settings = [
            "--bound",
            "7",
            "--keep-completed",
            "1h",
            "--keep-failed",
            "2d",
        ];
        let set = there
            .json(&[&["queue", "set", "mail"], &settings[..]].concat())
            .await;
        assert_eq!(set["bound"], 7);
        assert_eq!(set["retention_completed_ms"], 3_600_000);
        assert_eq!(set["retention_failed_ms"], 172_800_000);
        assert_eq!(set["paused"], false);
        assert_eq!(
            there.text(&["queue", "pause", "mail"]).await,
            "mail  paused\n"
        );
        let shown = there.text(&["queue", "show", "mail"]).await;
        assert!(shown.contains("paused        yes"), "{shown}");
        assert!(shown.contains("completed for 1h, failed for 2d"), "{shown}");
        assert_eq!(
            there.text(&["queue", "resume", "mail"]).await,
            "mail  open\n"
        );
        assert_eq!(
            there.json(&["queue", "show", "mail"]).await["paused"],
            false
        );
    })
    .await;
}

#[tokio::test]
async fn a_queue_with_any_name_is_found_again() {
    both(async |there| {
        let name = "a/b ?#%2F ü";
        there.submit("k", &["--queue", name]).await;
        let shown = there.json(&["queue", "show", name]).await;
        assert_eq!(shown["name"], name);
        assert_eq!(shown["tasks"]["pending"], 1);
    })
    .await;
}

#[tokio::test]
async fn queues_are_listed_with_their_tasks() {
    both(async |there| {
        there.submit("k", &["--queue", "a"]).await;
        there.submit("k", &["--queue", "a", "--delay", "1h"]).await;
        there.submit("k", &["--queue", "b"]).await;
        let queues = there.lines(&["queue", "list"]).await;
        assert_eq!(queues.len(), 2);
        assert_eq!(queues[0]["tasks"]["scheduled"], 1);
        let text = there.text(&["queue", "ls"]).await;
        let first = text.lines().next().unwrap();
        assert!(first.starts_with("a\t1\t0\t1\t0\t0\t0\t0\t20"), "{first}");
    })
    .await;
}

#[tokio::test]
async fn what_waits_in_a_queue_is_called_off() {
    both(async |there| {
        for queue in ["a", "a", "b"] {
            there.submit("k", &["--queue", queue]).await;
        }
        let counted = there.json(&["queue", "purge", "a", "--dry-run"]).await;
        assert_eq!(counted["changed"], 2);
        let said = there.text(&["queue", "purge", "a", "-y"]).await;
        assert_eq!(said, "2 tasks cancelled\n");
        let shown = there.json(&["queue", "show", "a"]).await;
        assert_eq!(shown["tasks"]["cancelled"], 2);
        assert_eq!(there.lines(&["list", "--state", "pending"]).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_queue_that_is_not_there_is_said_so() {
    both(async |there| {
        for arguments in [["queue", "show", "nope"], ["queue", "purge", "nope"]] {
            let refusal = there.refused(5, &arguments).await;
            assert!(refusal.contains("nope"), "{refusal}");
        }
        let outcome = there.run(&["queue", "show", "nope", "--json"]).await;
        let error: serde_json::Value = serde_json::from_str(&outcome.err).unwrap();
        assert_eq!(error["problem"]["code"], "QueueNotFound");
        assert_eq!(error["exit"], json!(5));
    })
    .await;
}

#[tokio::test]
async fn what_was_set_is_shown_to_the_millisecond() {
    both(async |there| {
        let kept = ["--keep-completed", "150s", "--keep-failed", "1500ms"];
        let set = [&["queue", "set", "q"][..], &kept].concat();
        let expected = "keeps         completed for 150s, failed for 1500ms\n\
                        now           nothing\never          nothing\n";
        let said = there.text(&set).await;
        assert!(said.ends_with(expected), "{said}");
        let id = there.submit("k", &["--timeout", "150s"]).await;
        let shown = there.text(&["show", &id]).await;
        assert!(shown.contains("\ntimeout       150s\n"), "{shown}");
    })
    .await;
}
