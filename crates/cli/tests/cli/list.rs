//! `duly list`: pages, filters, and what stands where.

use serde_json::{Value, json};

use crate::support::both;

#[tokio::test]
async fn answers_are_on_stdout_and_the_next_page_is_named_on_stderr() {
    both(async |there| {
        for _ in 0..5 {
            there.submit("k", &[]).await;
        }
        let first = there.run(&["list", "--limit", "2", "--json"]).await;
        assert_eq!(first.values().len(), 2);
        let more: Value = serde_json::from_str(&first.err).unwrap();
        let next = more["next"].as_str().unwrap();
        let second = there
            .run(&["list", "--limit", "3", "--json", "--cursor", next])
            .await;
        assert_eq!(second.values().len(), 3);
        let text = there.run(&["list", "--limit", "2"]).await;
        assert_eq!(text.err, format!("more: --cursor {next}\n"));
        let all = there.run(&["list", "--all", "--json"]).await;
        assert_eq!((all.values().len(), all.err.as_str()), (5, ""));
    })
    .await;
}

#[tokio::test]
async fn filters_narrow_what_is_listed() {
    both(async |there| {
        let options = [
            "--label",
            "team=data",
            "--queue",
            "mail",
            "--deadline",
            "1h",
        ];
        let id = there.submit("send", &options).await;
        there.submit("other", &["--delay", "2h"]).await;
        for filter in [
            &["--label", "team=data"][..],
            &["--queue", "mail"],
            &["--kind", "send"],
            &["--state", "pending,running"],
            &["--due-before", "2200-01-01T00:00:00Z", "--kind", "send"],
        ] {
            let found = there.lines(&[&["list"], filter].concat()).await;
            let ids: Vec<_> = found.iter().map(|task| &task["id"]).collect();
            assert_eq!(ids, [&json!(id)], "{filter:?}");
        }
        let none = there
            .lines(&["list", "--submitted-from", "2200-01-01T00:00:00Z"])
            .await;
        assert!(none.is_empty());
        assert!(there.lines(&["list", "--overdue"]).await.is_empty());
    })
    .await;
}
