//! `duly schedule`.

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
