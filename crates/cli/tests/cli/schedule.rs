//! `duly schedule`.

use serde_json::json;

use crate::support::both;

const DAILY: [&str; 9] = [
    "schedule",
    "add",
    "a b",
    "digest",
    "{\"to\": \"all\"}",
    "--cron",
    "0 9 * * mon-fri",
    "--zone",
    "Europe/Berlin",
];

#[tokio::test]
async fn a_schedule_is_added_shown_paused_triggered_and_removed() {
    both(async |there| {
        let made = there.json(&DAILY).await;
        assert_eq!(made["definition"]["zone"], "Europe/Berlin");
        assert_eq!(made["definition"]["task"]["payload"]["to"], "all");
        let shown = there.text(&["schedule", "show", "a b"]).await;
        assert!(shown.contains("0 9 * * mon-fri (Europe/Berlin)"), "{shown}");
        assert_eq!(
            there.text(&["schedule", "pause", "a b"]).await,
            "a b  paused\n"
        );
        let run = there.json(&["schedule", "trigger", "a b"]).await;
        let id = run["id"].as_str().unwrap();
        let shown = there.text(&["show", id]).await;
        assert!(
            shown.contains("schedule      a b\ntick          20"),
            "{shown}"
        );
        let found = there.text(&["list", "--label", "duly.schedule=a b"]).await;
        assert!(found.contains(id), "{found}");
        assert_eq!(
            there.text(&["schedule", "resume", "a b"]).await,
            "a b  on\n"
        );
        let next = there.json(&["schedule", "next", "a b", "-n", "3"]).await;
        assert_eq!(next["ticks"].as_array().unwrap().len(), 3);
        let replaced = [&DAILY[..], &["--replace", "--overlap", "skip"]].concat();
        let replaced = there.json(&replaced).await;
        assert_eq!(replaced["definition"]["overlap"], "skip");
        let filled = there
            .text(&[
                "schedule",
                "backfill",
                "a b",
                "--from",
                "2026-01-05T00:00:00Z",
                "--to",
                "2026-01-12T00:00:00Z",
            ])
            .await;
        assert_eq!(filled, "5 ticks to run\n");
        assert_eq!(
            there.text(&["schedule", "remove", "a b"]).await,
            "a b  removed\n"
        );
        assert_eq!(there.text(&["schedule", "list"]).await, "");
    })
    .await;
}

#[tokio::test]
async fn what_a_submit_may_say_a_schedule_may_say_too() {
    both(async |there| {
        let made = there
            .json(
                &[
                    &["schedule", "add", "feed", "http", "{}", "--every", "1h"][..],
                    &["--tenant", "acme", "--limit", "api", "--limit", "gpu:3"],
                    &["--unique-fields", "/url", "--unique-for", "10m"],
                    &["--on-conflict", "replace", "--replacing", "payload,time"],
                    &["--deadline", "5m", "--finish-by", "10m", "--timeout", "30s"],
                    &["--alert-unstarted", "1m", "--alert-unfinished", "2m"],
                    &["--max-attempts", "3", "--label", "team=blue"],
                ]
                .concat(),
            )
            .await;
        let task = &made["definition"]["task"];
        for (field, said) in [
            ("tenant", json!("acme")),
            ("limits", json!({"api": 1, "gpu": 3})),
            ("unique_for_ms", json!(600_000)),
            ("on_conflict", json!("replace")),
            ("replace", json!(["payload", "time"])),
            ("deadline_in_ms", json!(300_000)),
            ("finish_in_ms", json!(600_000)),
            ("timeout_ms", json!(30_000)),
            ("alert_unstarted_ms", json!(60_000)),
            ("alert_unfinished_ms", json!(120_000)),
            ("attempts_max", json!(3)),
            ("labels", json!({"team": "blue"})),
        ] {
            assert_eq!(task[field], said, "{field} of {task}");
        }
        let shown = there.text(&["schedule", "show", "feed"]).await;
        for line in [
            "tenant        acme",
            "limit         api",
            "limit         gpu, 3 of it",
            "deadline      5m",
            "finish by     10m",
            "timeout       30s",
            "(for 10m)",
            "on conflict   replace payload, time",
            "alert         not started after 1m",
            "alert         not ended after 2m",
            "attempts      at most 3",
            "label         team=blue",
        ] {
            assert!(shown.contains(line), "{line}: {shown}");
        }
        let run = there.json(&["schedule", "trigger", "feed"]).await;
        let run = there.json(&["show", run["id"].as_str().unwrap()]).await;
        assert_eq!(run["limits"], json!({"api": 1, "gpu": 3}), "{run}");
        assert_eq!(run["unique_key"], task["unique_key"]);
        assert_eq!(run["alert_unfinished_ms"], 120_000);
        // The holder of the key stands for a run.
        let again = there.text(&["schedule", "trigger", "feed"]).await;
        let note = "(has the unique key, and goes on with it)";
        assert!(again.starts_with(run["id"].as_str().unwrap()), "{again}");
        assert!(again.contains(note), "{again}");
        let shown = there.text(&["schedule", "show", "feed"]).await;
        let last = format!("last task     {}", run["id"].as_str().unwrap());
        assert!(shown.contains(&last), "{shown}");
    })
    .await;
}

#[tokio::test]
async fn nothing_is_said_twice_of_what_a_schedule_creates() {
    both(async |there| {
        let add = ["schedule", "add", "a", "http", "--every", "1h"];
        for (twice, said) in [
            (
                ["--limit", "a", "--limit", "a:2"],
                "--limit: \"a\" is given twice",
            ),
            (
                ["--label", "a=b", "--label", "a=c"],
                "--label: \"a\" is given twice",
            ),
            (
                ["--unique", "k", "--unique-fields", "/a"],
                "cannot be used with",
            ),
        ] {
            let refused = there.refused(2, &[&add[..], &twice].concat()).await;
            assert!(refused.contains(said), "{refused}");
        }
        let time = ["--deadline", "2030-01-01T00:00:00Z"];
        let refused = there.refused(2, &[&add[..], &time].concat()).await;
        assert!(refused.contains("--deadline"), "{refused}");
    })
    .await;
}
