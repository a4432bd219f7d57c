//! `duly cancel`, `duly retry`, `duly move`: tasks by their ids, and all that a filter means.

use serde_json::{Value, json};

use crate::support::both;

const NOBODY: &str = "01932f5e-7c1a-7b3e-9d55-0242ac120002";

#[tokio::test]
async fn tasks_are_cancelled_by_their_ids_and_one_that_cannot_be_does_not_stop_the_others() {
    both(async |there| {
        let [a, b] = [there.submit("k", &[]).await, there.submit("k", &[]).await];
        let outcome = there.run(&["cancel", &a, NOBODY, &b]).await;
        assert_eq!(outcome.code, 5, "{outcome:?}");
        assert_eq!(outcome.out, format!("{a}  cancelled\n{b}  cancelled\n"));
        assert!(outcome.err.contains(NOBODY), "{outcome:?}");
        assert!(outcome.err.ends_with("error: 1 of 3 were refused\n"));
        let again = there.refused(4, &["cancel", &a]).await;
        assert!(again.contains("cancelled already"), "{again}");
        let shown = there.json(&["show", &b]).await;
        assert_eq!(shown["state"], "cancelled");
    })
    .await;
}

#[tokio::test]
async fn what_a_filter_means_is_counted_and_changed() {
    both(async |there| {
        for queue in ["a", "a", "b"] {
            there.submit("k", &["--queue", queue]).await;
        }
        let counted = there.json(&["cancel", "--queue", "a", "--dry-run"]).await;
        let expected = json!({"dry_run": true, "matched": 2, "changed": 2, "next": null});
        assert_eq!(counted, expected);
        let said = there.text(&["cancel", "--queue", "a", "--dry-run"]).await;
        assert!(said.starts_with("2 tasks would be cancelled"), "{said}");
        let done = there.json(&["cancel", "--queue", "a"]).await;
        assert_eq!(
            (&done["dry_run"], &done["changed"]),
            (&json!(false), &json!(2))
        );
        let left = there.lines(&["list", "--state", "pending"]).await;
        assert_eq!(left.len(), 1);
        assert_eq!(left[0]["queue"], "b");
    })
    .await;
}

#[tokio::test]
async fn every_task_is_meant_only_if_it_is_said() {
    both(async |there| {
        there.submit("k", &[]).await;
        for arguments in [
            &["cancel"][..],
            &["retry"],
            &["move", "--delay", "5m"],
            &["failed", "retry"],
            &["failed", "discard"],
        ] {
            let refusal = there.refused(2, arguments).await;
            assert!(refusal.contains("--all"), "{arguments:?}: {refusal}");
        }
        assert_eq!(there.lines(&["list", "--state", "pending"]).await.len(), 1);
        let said = there.text(&["cancel", "--all", "--yes"]).await;
        assert!(said.starts_with("1 task cancelled"), "{said}");
    })
    .await;
}

#[tokio::test]
async fn what_has_ended_is_put_back_in_line_with_another_payload_if_it_is_given() {
    both(async |there| {
        let one = there.submit("bad", &[]).await;
        let others = [
            there.submit("bad", &[]).await,
            there.submit("bad", &[]).await,
        ];
        there.work().await;
        let said = there
            .text(&["retry", &one, "--payload", r#"{"better": 1.50}"#])
            .await;
        assert_eq!(said, format!("{one}  pending\n"));
        let shown = there.text(&["show", &one, "--json"]).await;
        assert!(shown.contains(r#""payload":{"better": 1.50}"#), "{shown}");
        let refusal = there.refused(4, &["retry", &one]).await;
        assert!(refusal.contains("pending"), "{refusal}");
        let done = there.json(&["retry", "--state", "failed,timed_out"]).await;
        assert_eq!((&done["matched"], &done["changed"]), (&json!(2), &json!(2)));
        for id in &others {
            assert_eq!(there.json(&["show", id]).await["state"], "pending");
        }
    })
    .await;
}

#[tokio::test]
async fn tasks_move_in_line_and_in_time() {
    both(async |there| {
        let id = there.submit("k", &["--delay", "1h"]).await;
        let urgent = ["move", &id, "--priority", "critical", "--delay", "0s"];
        let moved = there.json(&urgent).await;
        assert_eq!(moved["priority"], "critical");
        assert_eq!(moved["state"], "pending");
        let said = there
            .text(&["mv", &id, "--at", "2100-01-01T00:00:00Z"])
            .await;
        let expected = format!("{id}  scheduled  critical  due 2100-01-01T00:00:00.000000Z\n");
        assert_eq!(said, expected);
        there.submit("k", &["--queue", "other"]).await;
        let done = there
            .json(&["move", "--queue", "other", "--priority", "low"])
            .await;
        assert_eq!(done["changed"], 1);
        let tasks = there.lines(&["list"]).await;
        let priorities: Vec<&Value> = tasks.iter().map(|task| &task["priority"]).collect();
        assert_eq!(priorities, ["low", "critical"]);
        let two = ["move", "--all", "--priority", "low", "--delay", "1h"];
        let refusal = there.refused(2, &two).await;
        assert!(refusal.contains("one of them, then the other"), "{refusal}");
    })
    .await;
}

#[tokio::test]
async fn what_the_state_does_not_allow_is_counted_apart() {
    both(async |there| {
        there.submit("good", &["--queue", "a"]).await;
        there.work().await;
        there.submit("good", &["--queue", "a"]).await;
        let said = there.text(&["cancel", "--queue", "a"]).await;
        assert!(said.starts_with("1 task cancelled"), "{said}");
        assert!(said.contains("1 more matched"), "{said}");
    })
    .await;
}
