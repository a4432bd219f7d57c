//! `duly failed`.

use serde_json::json;

use crate::support::both;

#[tokio::test]
async fn dead_letters_are_listed_with_what_went_wrong_each_time() {
    both(async |there| {
        let id = there.submit("bad", &["--queue", "mail"]).await;
        there.submit("good", &["--queue", "mail"]).await;
        there.work().await;
        let failed = there.lines(&["failed", "list"]).await;
        assert_eq!(failed.len(), 1);
        assert_eq!(failed[0]["id"], id);
        assert_eq!(failed[0]["attempts"][0]["error"], "it \u{1b}[31mbroke");
        let text = there.text(&["failed", "ls", "--queue", "mail"]).await;
        let cells: Vec<_> = text.trim_end().split('\t').collect();
        assert_eq!(cells[..5], [&id, "failed", "bad", "mail", "1/20"]);
        assert_eq!(cells[6], "it  [31mbroke", "no error steers a terminal");
        assert!(
            there
                .lines(&["failed", "list", "--kind", "good"])
                .await
                .is_empty()
        );
    })
    .await;
}

#[tokio::test]
async fn dead_letters_are_tried_again_or_removed() {
    both(async |there| {
        let mut ids = Vec::new();
        for _ in 0..3 {
            ids.push(there.submit("bad", &[]).await);
        }
        there.work().await;
        let retried = there
            .json(&["failed", "retry", &ids[0], "--payload", "7"])
            .await;
        assert_eq!(retried["changed"], 1);
        let shown = there.json(&["show", &ids[0]]).await;
        assert_eq!(
            (&shown["state"], &shown["payload"]),
            (&json!("pending"), &json!(7))
        );
        let counted = there
            .text(&["failed", "discard", "--kind", "bad", "--dry-run"])
            .await;
        assert_eq!(counted, "2 tasks would be removed\n");
        assert_eq!(
            there.text(&["failed", "rm", &ids[1]]).await,
            "1 task removed\n"
        );
        there.refused(5, &["show", &ids[1]]).await;
        assert_eq!(
            there.text(&["failed", "retry", "--all", "--yes"]).await,
            "1 task put back in line\n"
        );
        assert!(there.lines(&["failed", "list"]).await.is_empty());
    })
    .await;
}
