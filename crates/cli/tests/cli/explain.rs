//! `duly explain`.

use crate::support::both;

#[tokio::test]
async fn a_task_and_its_queue_are_explained() {
    both(async |there| {
        let id = there.submit("rare", &["--queue", "mail"]).await;
        there.text(&["queue", "pause", "mail"]).await;
        let text = there.text(&["explain", &id]).await;
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], format!("{id} is pending: kind rare, queue mail"));
        assert_eq!(lines[1], "  queue \"mail\" is paused");
        let nobody = "  no worker serves kind \"rare\" in queue \"mail\"";
        assert!(lines[2].starts_with(nobody), "{text}");
        assert_eq!(lines[3], "  it is next in its queue");
        let why = there.json(&["explain", &id]).await;
        assert_eq!(why["closed"], true);
        let text = there.text(&["explain", "queue", "mail"]).await;
        let first =
            "queue mail: 1 in line, 0 not due, 0 assigned, 0 running\n  0 may start at once\n";
        assert!(text.starts_with(first), "{text}");
        assert!(
            text.contains("  1 task: queue \"mail\" is paused\n"),
            "{text}"
        );
        let why = there.json(&["explain", "queue", "mail"]).await;
        assert_eq!(why["reasons"][0]["code"], "queue_paused");
    })
    .await;
}
