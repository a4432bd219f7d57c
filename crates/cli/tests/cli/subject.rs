//! `duly kind`, `duly tenant`; and what is drained and purged.

use serde_json::json;

use crate::support::both;

/// Each that the tasks of these tests are of, as the command line names it.
const SUBJECTS: [[&str; 2]; 3] = [["queue", "mail"], ["kind", "k"], ["tenant", "acme"]];
const OPTIONS: [&str; 4] = ["--queue", "mail", "--tenant", "acme"];

#[tokio::test]
async fn kinds_and_tenants_are_listed_and_set() {
    both(async |there| {
        there.submit("k", &OPTIONS).await;
        there.submit("other", &[]).await;
        let kinds = there.lines(&["kind", "list"]).await;
        assert_eq!((kinds.len(), &kinds[0]["name"]), (2, &json!("k")));
        assert_eq!(there.text(&["kind", "ls"]).await, "k\t1\t\nother\t1\t\n");
        let set = there
            .json(&["tenant", "set", "globex", "--weight", "3"])
            .await;
        assert_eq!(set["weight"], 3);
        there.text(&["tenant", "pause", "globex"]).await;
        let tenants = there.text(&["tenant", "list"]).await;
        assert_eq!(tenants, "acme\t1\t1\t\nglobex\t3\t0\tpaused\n");
        let said = there
            .text(&["tenant", "set", "globex", "--weight", "5"])
            .await;
        assert_eq!(said, "globex  weight 5\n");
    })
    .await;
}

#[tokio::test]
async fn each_is_paused_drained_and_opened_again() {
    both(async |there| {
        there.submit("k", &OPTIONS).await;
        for [what, name] in SUBJECTS {
            let said = async |action| there.text(&[what, action, name]).await;
            assert_eq!(said("pause").await, format!("{name}  paused\n"));
            let drained = said("drain").await;
            assert_eq!(drained, format!("{name}  paused, draining, 1 task left\n"));
            let refused = [&["submit", "k"], &OPTIONS[..]].concat();
            let refusal = there.refused(4, &refused).await;
            let expected = format!("{what} {name:?} is draining and takes in no new tasks");
            assert!(refusal.contains(&expected), "{refusal}");
            assert_eq!(said("resume").await, format!("{name}  draining\n"));
            assert_eq!(said("undrain").await, format!("{name}  open\n"));
            let nobody = there.refused(5, &[what, "drain", "nope"]).await;
            assert!(nobody.contains("nope"), "{nobody}");
        }
        there.submit("k", &OPTIONS).await;
    })
    .await;
}

#[tokio::test]
async fn each_is_purged_and_then_drained_at_once() {
    both(async |there| {
        for [what, name] in SUBJECTS {
            there.submit("k", &OPTIONS).await;
            there.submit("k", &OPTIONS).await;
            let counted = there.json(&[what, "purge", name, "--dry-run"]).await;
            assert_eq!(counted["changed"], 2);
            let said = there.text(&[what, "purge", name, "--yes"]).await;
            assert_eq!(said, "2 tasks cancelled\n");
            let drained = there.text(&[what, "drain", name, "--wait"]).await;
            assert_eq!(drained, format!("{name}  drained\n"));
            there.text(&[what, "undrain", name]).await;
            let said = there.text(&[what, "purge", name, "--finished", "-y"]).await;
            assert_eq!(said, "2 tasks cancelled or removed\n");
        }
        assert_eq!(there.lines(&["list"]).await.len(), 0);
    })
    .await;
}

#[tokio::test]
async fn the_end_of_a_drain_is_waited_for() {
    both(async |there| {
        for [what, name] in SUBJECTS {
            there.submit("k", &OPTIONS).await;
            let wait = [what, "drain", name, "--wait"];
            let waiting = there.text(&wait);
            let purging = async {
                // Each look is a process of its own: that is pause enough.
                while there.lines(&[what, "list"]).await[0]["draining"] != true {}
                there.text(&[what, "purge", name, "--yes"]).await
            };
            let (drained, purged) = tokio::join!(waiting, purging);
            assert_eq!(purged, "1 task cancelled\n", "{what}");
            assert_eq!(drained, format!("{name}  drained\n"));
            there.text(&[what, "undrain", name]).await;
        }
    })
    .await;
}

#[tokio::test]
async fn tasks_of_a_tenant_are_meant() {
    both(async |there| {
        there.submit("k", &OPTIONS).await;
        there.submit("k", &[]).await;
        assert_eq!(there.lines(&["list", "--tenant", "acme"]).await.len(), 1);
        let done = there.json(&["cancel", "--tenant", "acme"]).await;
        assert_eq!(done["changed"], 1);
    })
    .await;
}
