//! `duly serve`, and what a newcomer types at it.

use duly::State;

use crate::support::Place;

#[tokio::test]
async fn a_delivery_from_submit_to_show() {
    let place = Place::new();
    let server = place.serve(&["--name", "w"]).await;
    let health = format!("{}/health", server.url);
    let options = [
        "--priority",
        "high",
        "--label",
        "team=data",
        "--max-attempts",
        "3",
    ];
    let id = server.deliver_to(&health, &options).await;
    let ended = place.ended(id).await;
    assert_eq!(ended.state, State::Completed, "{ended:?}");
    let id = id.to_string();
    let shown = server.json(&["show", &id]).await;
    assert_eq!(shown["result"]["status"], 200);
    assert_eq!(shown["result"]["body"]["status"], "ok");
    assert_eq!(shown["worker"], "w");
    assert_eq!(shown["attempts_max"], 3);
    let text = server.run(&["show", &id]).await;
    assert!(text.out.contains("state         completed") && text.out.contains("team=data"));
    assert!(!text.out.contains('\x1b'), "no colours in a pipe");
    let listed = server.run(&["list", "--label", "team=data"]).await;
    assert_eq!(listed.out.lines().count(), 1);
    assert!(
        listed
            .out
            .starts_with(&format!("{id}\tcompleted\thttp\tdefault\thigh\t1/3\t"))
    );
    server.stop().await;
}

#[tokio::test]
async fn a_task_that_waits_is_counted_and_called_off() {
    let place = Place::new();
    let server = place.serve(&["--no-worker"]).await;
    let id = server
        .deliver_to("http://127.0.0.1:9/", &["--delay", "2h"])
        .await
        .to_string();
    let stats = server.json(&["stats"]).await;
    assert_eq!(stats["tasks"]["scheduled"], 1);
    assert_eq!(stats["workers"]["total"], 0);
    let cancelled = server.run(&["cancel", &id]).await;
    assert_eq!(cancelled.out, format!("{id}  cancelled\n"));
    let again = server.run(&["cancel", &id]).await;
    assert_eq!(again.code, 4, "{again:?}");
    assert_eq!(
        again.err,
        format!("error: {id}: the task is cancelled already\n")
    );
    let piped = server.run(&["stats"]).await;
    assert!(piped.out.starts_with("queue\tdefault\t0\t"), "{piped:?}");
    let listed = server.lines(&["list", "--state", "cancelled,failed"]).await;
    assert_eq!(listed[0]["id"], id);
    server.stop().await;
}

#[tokio::test]
async fn the_same_id_twice_is_one_task() {
    let place = Place::new();
    let server = place.serve(&["--no-worker"]).await;
    let id = "01932f5e-7c1a-7b3e-9d55-0242ac120002";
    for existed in [false, true] {
        let submitted = server.run(&["submit", "http", "--id", id]).await;
        assert!(submitted.out.starts_with(id));
        assert_eq!(submitted.out.contains("was there already"), existed);
    }
    server.stop().await;
}

#[tokio::test]
async fn only_the_queues_that_are_named_are_worked_on() {
    let place = Place::new();
    let server = place.serve(&["--queue", "b", "--queue", "c"]).await;
    let health = format!("{}/health", server.url);
    let waits = server.deliver_to(&health, &["--queue", "a"]).await;
    let runs = server.deliver_to(&health, &["--queue", "c"]).await;
    assert_eq!(place.ended(runs).await.state, State::Completed);
    let shown = server.json(&["show", &waits.to_string()]).await;
    assert_eq!(shown["state"], "pending");
    server.stop().await;
}

#[tokio::test]
async fn logs_are_lines_of_json_and_hold_no_payloads() {
    let place = Place::new();
    let options = ["--log-format", "json", "--log-level", "debug"];
    let mut command = crate::support::duly();
    command.args([
        "serve",
        "--json",
        "--listen",
        "127.0.0.1:0",
        "--store",
        &place.store(),
    ]);
    command.args(options).stdout(std::process::Stdio::piped());
    command.stderr(std::process::Stdio::from(
        std::fs::File::create(place.file("log", "")).unwrap(),
    ));
    let server = crate::support::Server::spawned(command).await;
    let payload = format!(
        r#"{{"url": "{}/health?k=s3cret", "headers": {{"Authorization": "Bearer s3cret"}},
            "body": "s3cret", "method": "GET"}}"#,
        server.url
    );
    let id = server.json(&["submit", "http", &payload]).await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    place.ended(id.parse().unwrap()).await;
    server.stop().await;
    let log = std::fs::read_to_string(place.path("log")).unwrap();
    assert!(log.contains(&id), "it says what became of the task: {log}");
    for line in log.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(line["level"].is_string() && line["timestamp"].is_string());
    }
    assert!(!log.contains("s3cret"), "{log}");
}

#[tokio::test]
async fn who_comes_second_with_a_unique_key_is_told_what_became_of_it() {
    let place = Place::new();
    let server = place.serve(&["--no-worker"]).await;
    let submit = ["submit", "k", "{\"user\": 7}", "--unique-fields", "/user"];
    let first = server
        .run(&[&submit[..], &["--unique-for", "10m"]].concat())
        .await;
    let id = first.out.split_whitespace().next().unwrap().to_owned();
    for (more, note) in [
        (&["--on-conflict", "keep"][..], "stands for it"),
        (
            &["--on-conflict", "replace", "--replacing", "payload,time"],
            "goes on with it",
        ),
    ] {
        let second = server.run(&[&submit[..], more].concat()).await;
        assert!(second.out.starts_with(&id), "{second:?}");
        assert!(second.out.contains(note), "{second:?}");
    }
    let refused = server.run(&submit).await;
    assert_eq!(refused.code, 4, "{refused:?}");
    let shown = server.run(&["show", &id]).await;
    assert!(shown.out.contains("(for 10m)"), "{shown:?}");
    server.stop().await;
}
