//! The configuration of a process that runs: loaded anew on SIGHUP and when its file changes.

use std::path::PathBuf;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::{Place, Server, duly, fetched, text};

mod schedules;

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
    let payload = |token: &str| {
        let headers = format!(r#"{{"authorization": "Bearer {token}"}}"#);
        format!(
            "{}schedules: {{digest: {{when: '@daily', kind: http, payload: '{{\"headers\": {headers}}}'}}}}\n",
            tokens(&other)
        )
    };
    for token in [&one, &other] {
        std::fs::write(&file, payload(token)).unwrap();
        let line = server.log("schedules.digest.payload: ").await;
        assert!(!line.contains("aaaa") && !line.contains("bbbb"), "{line}");
    }
    let asked = ["schedule", "show", "digest", "--token", &one];
    let digest = server.json(&asked).await;
    let sent = digest["definition"]["task"]["payload"].to_string();
    assert!(sent.contains(&other), "{digest}");
    // Neither is what is wrong.
    std::fs::write(&file, payload(&one).replace("}'", "'")).unwrap();
    let line = server.log("schedules.digest.payload is ***").await;
    assert!(line.contains("expected JSON"), "{line}");
    let line = server.log(" | ").await;
    assert!(!line.contains("aaaa"), "{line}");
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

const LIMITED: &str = "worker: {concurrency: 4, name: w}\nlogs: {level: info}\n\
                       queues: {mail: {order: aging:30s, fair: true}}\n\
                       tenants: {acme: {weight: 3}}\n\
                       limits:\n\
                       \x20 api: {rate: 50/1s, burst: 10, kinds: [http]}\n\
                       \x20 gpu: {concurrency: 4, queues: {mail: 2}, tenants: [acme]}\n\
                       schedules:\n\
                       \x20 poll: {when: '@hourly', kind: http, limits: {api: 2}, unique_key: k, unique_scope: 1h, \
                       on_conflict: keep, finish_within: 2h, alert_unfinished: 1h}\n";

/// The same later on.
const OTHERWISE: &str = "worker: {concurrency: 4, name: w}\nlogs: {level: info}\n\
                         queues: {mail: {order: strict}}\ntenants: {acme: {weight: 2}}\n\
                         limits:\n\
                         \x20 gpu: {concurrency: 5, queues: {mail: 1}}\n\
                         \x20 new: {rate: 1/1m, kinds: [http]}\n";

/// What a limit bounds and what it is attached to, as the command line tells it; `None`: there is none.
async fn limit(server: &Server, name: &str) -> Option<(Value, Vec<Value>)> {
    let limits = server.lines(&["limit", "list"]).await;
    let limit = limits.into_iter().find(|limit| limit["name"] == name)?;
    let bounds = json!([limit["concurrency"], limit["rate"]]);
    Some((bounds, limit["attached"].as_array().unwrap().clone()))
}

fn attached(what: &str, name: &str, weight: u32) -> Value {
    let mut attached = json!({"weight": weight});
    attached[what] = name.into();
    attached
}

#[tokio::test]
async fn limits_tenants_and_orders_are_as_the_file_says_from_the_start_and_after_each_change() {
    let place = Place::new();
    let (mut server, file) = serve(&place, LIMITED).await;
    let rate = json!({"permits": 50, "period_ms": 1000, "burst": 10});
    let api = (json!([null, rate]), vec![attached("kind", "http", 1)]);
    assert_eq!(limit(&server, "api").await, Some(api));
    let both = vec![attached("queue", "mail", 2), attached("tenant", "acme", 1)];
    assert_eq!(limit(&server, "gpu").await, Some((json!([4, null]), both)));
    let mail = server.json(&["queue", "show", "mail"]).await;
    assert_eq!(
        (&mail["order"], &mail["fair"]),
        (&json!({"aging": {"step_ms": 30_000}}), &true.into())
    );
    let tenants = server.lines(&["tenant", "list"]).await;
    assert_eq!(
        (&tenants[0]["name"], &tenants[0]["weight"]),
        (&"acme".into(), &3.into())
    );
    // By hand: a limit of somebody's own, which is attached beside one that the file has.
    for typed in [
        &["limit", "set", "own", "--concurrency", "1"][..],
        &["limit", "attach", "own", "--queue", "mail"],
        &["limit", "attach", "api", "--queue", "mail"],
        &["limit", "set", "gpu", "--concurrency", "1"],
        &["tenant", "set", "acme", "--weight", "9"],
    ] {
        let set = server.run(typed).await;
        assert_eq!(set.code, 0, "{set:?}");
    }

    // One goes, one is changed, one comes; what is the file's is as it says.
    std::fs::write(&file, OTHERWISE).unwrap();
    server.log("limits.gpu.concurrency: 4 -> 5").await;
    server.log("the configuration was loaded anew").await;
    assert_eq!(limit(&server, "api").await, None);
    let gpu = (json!([5, null]), vec![attached("queue", "mail", 1)]);
    assert_eq!(limit(&server, "gpu").await, Some(gpu));
    let (bounds, kinds) = limit(&server, "new").await.unwrap();
    assert_eq!(bounds[1]["permits"], 1);
    assert_eq!(kinds, [attached("kind", "http", 1)]);
    let own = (json!([1, null]), vec![attached("queue", "mail", 1)]);
    assert_eq!(
        limit(&server, "own").await,
        Some(own),
        "it is nobody else's"
    );
    let mail = server.json(&["queue", "show", "mail"]).await;
    assert_eq!(
        (&mail["order"], &mail["fair"]),
        (&"strict".into(), &true.into())
    );
    assert_eq!(server.lines(&["tenant", "list"]).await[0]["weight"], 2);

    // A limit that could bind nothing leaves everything as it is.
    std::fs::write(&file, OTHERWISE.replace("concurrency: 5, queues", "queues")).unwrap();
    server.log("the configuration stays as it was").await;
    server.log("limits.gpu.concurrency is missing").await;
    assert!(limit(&server, "gpu").await.is_some());
    server.stop().await;
}

#[tokio::test]
async fn what_could_be_set_only_in_part_is_set_anew_with_the_next_load() {
    let place = Place::new();
    let first = "worker: {name: w}\nlogs: {level: info}\nqueues: {mail: {paused: false}}\n";
    let (mut server, file) = serve(&place, first).await;
    for i in 0..8 {
        let name = format!("own{i}");
        for typed in [
            &["limit", "set", &name, "--concurrency", "1"][..],
            &["limit", "attach", &name, "--kind", "http"],
        ] {
            let set = server.run(typed).await;
            assert_eq!(set.code, 0, "{set:?}");
        }
    }
    let paused = async |server: &Server| {
        let mail = server.json(&["queue", "show", "mail"]).await;
        mail["paused"].clone()
    };
    let more = "limits: {one-more: {concurrency: 1, kinds: [http]}}\n";
    let second = first.replace("false", "true") + more;
    std::fs::write(&file, second).unwrap();
    let line = server.log("not all of").await;
    let wanted = "cannot attach limits.one-more to kind \"http\"";
    assert!(line.contains(wanted), "{line}");
    assert_eq!(paused(&server).await, true);
    // Back: the file says what it said before, the store does not.
    std::fs::write(&file, first).unwrap();
    server.log("the configuration was loaded anew").await;
    assert_eq!(paused(&server).await, false);
    assert_eq!(limit(&server, "one-more").await, None);
    server.stop().await;
}
