//! `duly limit`, and what tasks and queues say of limits, tenants and order.

use crate::support::both;

#[tokio::test]
async fn a_limit_is_set_attached_shown_listed_and_removed() {
    both(async |there| {
        let set = ["limit", "set", "mailer", "--concurrency", "3"];
        let rate = ["--rate", "50/1s", "--burst", "10"];
        let limit = there.json(&[&set[..], &rate[..]].concat()).await;
        assert_eq!(limit["concurrency"], 3);
        assert_eq!(limit["rate"]["period_ms"], 1_000);
        let attach = ["limit", "attach", "mailer", "--kind", "k", "--weight", "2"];
        let attached = there.json(&attach).await;
        assert_eq!(attached["attached"][0]["weight"], 2);
        let shown = there.text(&["limit", "show", "mailer"]).await;
        assert!(shown.contains("50/1s, 10 at once"), "{shown}");
        assert!(shown.contains("kind k (2 each)"), "{shown}");
        let listed = there.text(&["limit", "ls"]).await;
        assert_eq!(listed, "mailer\t0\t3\t50/1s, 10 at once\tkind k (2 each)\n");
        there
            .json(&["limit", "detach", "mailer", "--kind", "k"])
            .await;
        let limits = there.lines(&["limit", "list"]).await;
        assert!(limits[0]["attached"].as_array().unwrap().is_empty());
        let removed = there.text(&["limit", "remove", "mailer"]).await;
        assert_eq!(removed, "mailer  removed\n");
        assert!(there.lines(&["limit", "list"]).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn all_that_a_limit_is_attached_to_is_listed() {
    both(async |there| {
        there
            .json(&["limit", "set", "mailer", "--concurrency", "3"])
            .await;
        let to = ["limit", "attach", "mailer", "--queue", "q q"];
        there.json(&[&to[..], &["--weight", "2"]].concat()).await;
        let shown = there.text(&["limit", "show", "mailer"]).await;
        assert!(!shown.contains("limit attached"), "{shown}");
        let tenants: Vec<String> = (0..100).map(|n| format!("{n:03}")).collect();
        for tenant in &tenants {
            let to = ["limit", "attach", "mailer", "--tenant", tenant];
            there.json(&to).await;
        }
        let shown = there.text(&["limit", "show", "mailer"]).await;
        let more = "tenant 098, and 1 more; all: `duly limit attached`\n";
        assert!(shown.contains(more), "{shown}");
        let all = there.lines(&["limit", "attached", "mailer"]).await;
        assert_eq!(all[0]["queue"], "q q");
        let named: Vec<_> = all[1..].iter().map(|one| &one["tenant"]).collect();
        assert_eq!(named, tenants.iter().collect::<Vec<_>>());
        let text = there.text(&["limit", "attached", "mailer"]).await;
        assert!(
            text.starts_with("queue\tq q\t2\ntenant\t000\t1\n"),
            "{text}"
        );
        assert_eq!(text.lines().count(), 101);
    })
    .await;
}

#[tokio::test]
async fn a_task_names_limits_and_a_tenant_and_a_queue_has_an_order() {
    both(async |there| {
        let options = ["--tenant", "acme", "--limit", "gpu:3", "--limit", "mailer"];
        let id = there.submit("k", &options).await;
        let task = there.json(&["show", &id.to_string()]).await;
        assert_eq!(task["tenant"], "acme");
        assert_eq!(task["limits"]["gpu"], 3);
        assert_eq!(task["limits"]["mailer"], 1);
        let shown = there.text(&["show", &id.to_string()]).await;
        assert!(shown.contains("gpu, 3 of it\n"), "{shown}");
        let set = ["queue", "set", "default", "--order", "aging:30s", "--fair"];
        let queue = there.json(&set).await;
        assert_eq!(queue["order"]["aging"]["step_ms"], 30_000);
        assert_eq!(queue["fair"], true);
        let shown = there.text(&["queue", "show", "default"]).await;
        let expected = "aging, 30s a priority; tenants take turns";
        assert!(shown.contains(expected), "{shown}");
        let set = ["queue", "set", "default", "--order", "strict", "--no-fair"];
        let queue = there.json(&set).await;
        assert_eq!(
            (&queue["order"], &queue["fair"]),
            (&"strict".into(), &false.into())
        );
    })
    .await;
}
