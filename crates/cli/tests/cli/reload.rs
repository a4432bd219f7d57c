//! The configuration of a process that runs: loaded anew on SIGHUP and when its file changes.

use std::path::PathBuf;

use serde_json::Value;

use crate::support::{Place, Server, fetched, text};

const FIRST: &str = "worker: {concurrency: 4, name: w}\nlogs: {level: info}\n\
                     queues: {mail: {bound: 5}}\n";

/// A server with this configuration, whose logs can be read.
async fn serve(place: &Place, content: &str) -> (Server, PathBuf) {
    let file = place.file("duly.yaml", content);
    let mut server = place.serve_logged(&["--config", text(&file)]).await;
    // Until then, the API answers and knows no worker.
    server.log("worker is registered").await;
    (server, file)
}

async fn bound(server: &Server, queue: &str) -> Value {
    let queues = server.lines(&["queue", "list"]).await;
    let found = queues.iter().find(|found| found["name"] == queue);
    found.map_or(Value::Null, |queue| queue["bound"].clone())
}

#[tokio::test]
async fn a_file_that_is_replaced_holds_at_once() {
    let place = Place::new();
    let (mut server, file) = serve(&place, FIRST).await;
    assert_eq!(bound(&server, "mail").await, 5);
    let next = place.file(
        ".duly.yaml.swp",
        "worker: {concurrency: 9, name: w}\nlogs: {level: debug}\n\
         queues: {mail: {bound: 6, keep_failed: 2d}, new: {paused: true}}\n",
    );
    std::fs::rename(next, &file).unwrap();
    for line in [
        "worker.concurrency: 4 -> 9",
        "queues.mail.bound: 5 -> 6",
        "logs.level: info -> debug",
        "the configuration was loaded anew",
    ] {
        server.log(line).await;
    }
    assert_eq!(bound(&server, "mail").await, 6);
    let queues = server.lines(&["queue", "list"]).await;
    let new = queues.iter().find(|queue| queue["name"] == "new").unwrap();
    assert_eq!(new["paused"], true);
    // Requests are told of at debug.
    server.log("/v1/queues").await;
    // The store hears of it with the next heartbeat.
    while server.json(&["workers"]).await["capacity"] != 9 {
        tokio::task::yield_now().await;
    }
    server.stop().await;
}

#[tokio::test]
async fn a_file_that_is_written_in_place_is_noticed_and_the_level_falls() {
    let place = Place::new();
    let (mut server, file) = serve(&place, FIRST).await;
    std::fs::write(&file, FIRST.replace("info", "error").replace('5', "7")).unwrap();
    server.log("logs.level: info -> error").await;
    while bound(&server, "mail").await != 7 {
        tokio::task::yield_now().await;
    }
    // What is said from now on is only what is wrong.
    std::fs::write(&file, FIRST.replace("info", "error").replace('5', "8")).unwrap();
    while bound(&server, "mail").await != 8 {
        tokio::task::yield_now().await;
    }
    std::fs::write(&file, "nonsense").unwrap();
    let line = server.next_log().await;
    assert!(line.contains("stays as it was"), "{line}");
    server.stop().await;
}

#[tokio::test]
async fn what_is_wrong_leaves_everything_as_it_is_and_is_said_with_its_line() {
    let place = Place::new();
    let (mut server, file) = serve(&place, FIRST).await;
    let wrong = "queues: {mail: {bound: 99}}\nworker: {concurrency: 1}\nlogs:\n  level: loud\n";
    std::fs::write(&file, wrong).unwrap();
    server.log("the configuration stays as it was").await;
    let line = server.log("logs.level is loud").await;
    assert!(line.contains("duly.yaml:4:10: "), "{line}");
    server.log("level: loud").await;
    assert_eq!(bound(&server, "mail").await, 5);
    // Asked for by hand, it is said again; nothing has changed.
    server.signal("HUP").await;
    server.log("logs.level is loud").await;
    assert_eq!(bound(&server, "mail").await, 5);
    assert_eq!(server.json(&["workers"]).await["capacity"], 4);
    std::fs::write(&file, FIRST.replace('5', "6")).unwrap();
    server.log("queues.mail.bound: 5 -> 6").await;
    server.stop().await;
}

#[tokio::test]
async fn a_file_that_is_emptied_is_left_out_of_account_until_somebody_means_it() {
    let place = Place::new();
    let (mut server, file) = serve(&place, FIRST).await;
    std::fs::write(&file, "").unwrap();
    server.log("the configuration is empty").await;
    assert_eq!(server.json(&["workers"]).await["capacity"], 4);
    server.signal("HUP").await;
    server.log("worker.concurrency: 4 -> 64").await;
    server.log("the configuration was loaded anew").await;
    server.stop().await;
}

#[tokio::test]
async fn sighup_sets_queues_again_that_somebody_has_changed() {
    let place = Place::new();
    let (mut server, _) = serve(&place, FIRST).await;
    for (queue, bound) in [("mail", "3"), ("other", "4")] {
        let set = server.run(&["queue", "set", queue, "--bound", bound]).await;
        assert_eq!(set.code, 0, "{set:?}");
    }
    server.signal("HUP").await;
    let line = server.log("a queue was set").await;
    assert!(line.contains("mail") && line.contains("bound=5"), "{line}");
    server
        .log("the configuration was loaded anew changes=0")
        .await;
    assert_eq!(bound(&server, "mail").await, 5);
    assert_eq!(
        bound(&server, "other").await,
        4,
        "nobody has said anything of it"
    );
    server.stop().await;
}

#[tokio::test]
async fn what_needs_a_restart_is_named() {
    let place = Place::new();
    let (mut server, file) = serve(&place, FIRST).await;
    std::fs::write(&file, format!("{FIRST}server: {{shutdown_timeout: 1s}}\n")).unwrap();
    let line = server.log("server.shutdown_timeout: 30s -> 1s").await;
    assert!(line.contains("takes effect at the next start"), "{line}");
    std::fs::write(&file, FIRST).unwrap();
    let line = server.log("server.shutdown_timeout: 1s -> 30s").await;
    assert!(line.contains("as it was at the start"), "{line}");
    server.stop().await;
}

#[tokio::test]
async fn a_flag_holds_whatever_the_file_says() {
    let place = Place::new();
    let file = place.file("duly.yaml", FIRST);
    let options = ["--config", text(&file), "--concurrency", "2"];
    let mut server = place.serve_logged(&options).await;
    std::fs::write(
        &file,
        FIRST
            .replace("concurrency: 4", "concurrency: 8")
            .replace('5', "6"),
    )
    .unwrap();
    server
        .log("the configuration was loaded anew changes=1")
        .await;
    assert_eq!(server.json(&["workers"]).await["capacity"], 2);
    server.stop().await;
}

#[tokio::test]
async fn a_link_that_leads_elsewhere_is_followed() {
    let place = Place::new();
    for (folder, bound) in [("..1", "5"), ("..2", "6")] {
        std::fs::create_dir(place.path(folder)).unwrap();
        place.file(&format!("{folder}/duly.yaml"), &FIRST.replace('5', bound));
    }
    let link = |to: &str, at: &str| std::os::unix::fs::symlink(to, place.path(at)).unwrap();
    link("..1", "..data");
    link("..data/duly.yaml", "duly.yaml");
    let file = place.path("duly.yaml");
    let mut server = place.serve_logged(&["--config", text(&file)]).await;
    link("..2", "..new");
    std::fs::rename(place.path("..new"), place.path("..data")).unwrap();
    server.log("queues.mail.bound: 5 -> 6").await;
    // What it leads to now is watched as well.
    place.file("..2/duly.yaml", &FIRST.replace('5', "7"));
    server.log("queues.mail.bound: 6 -> 7").await;
    server.stop().await;
}

#[tokio::test]
async fn secrets_are_not_told_when_they_change() {
    let place = Place::new();
    let tokens = |token: &str| format!("{FIRST}server: {{tokens: [{token}]}}\n");
    let (one, other) = ("a".repeat(40), "b".repeat(40));
    let (mut server, file) = serve(&place, &tokens(&one)).await;
    std::fs::write(&file, tokens(&other)).unwrap();
    let line = server.log("server.tokens: ").await;
    assert!(line.contains("next start"), "{line}");
    assert!(!line.contains("aaaa") && !line.contains("bbbb"), "{line}");
    server.stop().await;
}

#[tokio::test]
async fn when_a_queue_counts_as_backed_up_changes_at_once() {
    let place = Place::new();
    let content = "worker: {queues: [nobodys]}\nhealth: {queue_pending_max: 1}\n";
    let (mut server, file) = serve(&place, content).await;
    for _ in 0..2 {
        server
            .json(&["submit", "http", r#"{"url": "http://127.0.0.1:9/"}"#])
            .await;
    }
    assert_eq!(readiness(&server).await, "degraded");
    std::fs::write(&file, content.replace(": 1}", ": 2}")).unwrap();
    server.log("health.queue_pending_max: 1 -> 2").await;
    server.log("the configuration was loaded anew").await;
    assert_eq!(readiness(&server).await, "healthy");
    server.stop().await;
}

/// What `/ready` says of the queues.
async fn readiness(server: &Server) -> Value {
    let (_, body) = fetched(&format!("{}/ready", server.url)).await;
    let ready: Value = serde_json::from_str(&body).unwrap();
    let mut components = ready["components"].as_array().unwrap().iter();
    let queues = components.find(|component| component["name"] == "queues");
    queues.unwrap()["status"].clone()
}
