//! Declared schedules follow the file as it is changed.

use super::*;

#[tokio::test]
async fn what_declared_schedules_create_is_as_the_file_says() {
    let place = Place::new();
    let (server, _) = serve(&place, LIMITED).await;
    let poll = server.json(&["schedule", "show", "poll"]).await;
    let task = &poll["definition"]["task"];
    for (field, said) in [
        ("limits", json!({"api": 2})),
        ("unique_key", json!("k")),
        ("unique_for_ms", json!(3_600_000)),
        ("on_conflict", json!("keep")),
        ("finish_in_ms", json!(7_200_000)),
        ("alert_unfinished_ms", json!(3_600_000)),
    ] {
        assert_eq!(task[field], said, "{field} of {task}");
    }
    server.stop().await;
}

/// A worker with this configuration on the store of this place.
async fn worker(place: &Place, config: &std::path::Path) -> Server {
    let mut command = duly();
    command.args(["worker", "--json", "--store", &place.store()]);
    command.args(["--config", text(config)]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.env_remove("DULY_LOG");
    Server::spawned(command).await
}

async fn schedules(server: &Server) -> Vec<String> {
    let schedules = server.lines(&["schedule", "list"]).await;
    let names = schedules.iter().map(|one| one["name"].as_str().unwrap());
    names.map(str::to_owned).collect()
}

fn scheduled(names: &[&str]) -> String {
    let one = |name: &&str| format!("{name}: {{when: '@daily', kind: http}}");
    let all: Vec<_> = names.iter().map(one).collect();
    format!("logs: {{level: info}}\nschedules: {{{}}}\n", all.join(", "))
}

#[tokio::test]
async fn schedules_that_are_taken_out_go_with_the_next_start_or_load() {
    let place = Place::new();
    let (server, file) = serve(&place, &scheduled(&["a", "b", "c", "hand"])).await;
    // Somebody takes one over.
    let payload = r#"{"url": "http://127.0.0.1:9/"}"#;
    let typed = [
        "schedule",
        "add",
        "hand",
        "http",
        payload,
        "--every",
        "1h",
        "--replace",
    ];
    let set = server.run(&typed).await;
    assert_eq!(set.code, 0, "{set:?}");
    // A process that names none leaves all be.
    let other = place.file("w.yaml", "logs: {level: info}\n");
    let mut other = worker(&place, &other).await;
    other.log("worker is registered").await;
    assert_eq!(schedules(&server).await, ["a", "b", "c", "hand"]);
    other.stop().await;
    server.stop().await;
    std::fs::write(&file, scheduled(&["b", "c"])).unwrap();
    let (mut server, file) = serve(&place, &scheduled(&["b", "c"])).await;
    assert_eq!(schedules(&server).await, ["b", "c", "hand"]);
    std::fs::write(&file, scheduled(&["c"])).unwrap();
    server.log("the configuration was loaded anew").await;
    assert_eq!(schedules(&server).await, ["c", "hand"]);
    std::fs::write(&file, "logs: {level: info}\n").unwrap();
    server.log("the configuration was loaded anew").await;
    assert_eq!(schedules(&server).await, ["hand"]);
    server.stop().await;
}

#[tokio::test]
async fn configurations_of_different_names_leave_each_others_schedules_be() {
    let place = Place::new();
    let (server, _) = serve(&place, &scheduled(&["a"])).await;
    let named = |names: &[&str]| format!("name: mail\n{}", scheduled(names));
    for (names, there) in [
        (&["b", "c"][..], &["a", "b", "c"][..]),
        (&["c"], &["a", "c"]),
        // With a name, none means none.
        (&[], &["a"]),
    ] {
        let file = place.file("w.yaml", &named(names));
        let mut other = worker(&place, &file).await;
        other.log("worker is registered").await;
        assert_eq!(schedules(&server).await, there);
        other.stop().await;
    }
    let file = place.file("w.yaml", &named(&["b"]));
    let mut other = worker(&place, &file).await;
    other.log("worker is registered").await;
    let shown = server.json(&["schedule", "show", "b"]).await;
    assert_eq!(shown["owner"], "mail", "{shown}");
    // What it is called from the next start on does not matter before.
    std::fs::write(&file, format!("name: post\n{}", scheduled(&["c"]))).unwrap();
    other.log("takes effect at the next start").await;
    other.log("the configuration was loaded anew").await;
    assert_eq!(schedules(&server).await, ["a", "c"]);
    other.stop().await;
    server.stop().await;
}

#[tokio::test]
async fn a_schedule_that_could_not_be_removed_is_removed_later() {
    let place = Place::new();
    let (mut server, file) = serve(&place, &scheduled(&["a", "b"])).await;
    let store = rusqlite::Connection::open(place.path("duly.db")).unwrap();
    let broken = "CREATE TRIGGER broken BEFORE DELETE ON duly_schedule \
                  BEGIN SELECT RAISE(ABORT, 'a disk that is broken'); END";
    store.execute_batch(broken).unwrap();
    std::fs::write(&file, "logs: {level: info}\n").unwrap();
    let line = server.log("not all schedules are").await;
    assert!(line.contains("a disk that is broken"), "{line}");
    store.execute_batch("DROP TRIGGER broken").unwrap();
    server.signal("HUP").await;
    server.log("the configuration was loaded anew").await;
    server.log("the configuration was loaded anew").await;
    assert_eq!(schedules(&server).await, [""; 0]);
    server.stop().await;
}

#[tokio::test]
async fn a_schedule_that_cannot_be_read_is_listed_left_alone_and_can_be_removed() {
    let place = Place::new();
    let (mut server, file) = serve(&place, &scheduled(&["a", "newer"])).await;
    let store = rusqlite::Connection::open(place.path("duly.db")).unwrap();
    let newer = "UPDATE duly_schedule SET state = '{\"version\":2}' WHERE name = 'newer'";
    store.execute(newer, ()).unwrap();
    let listed = server.lines(&["schedule", "list"]).await;
    assert_eq!(listed.len(), 2, "{listed:?}");
    assert_eq!(listed[0]["name"], "a");
    let unreadable = json!({
        "name": "newer", "owner": "config", "written_in": 2,
        "unreadable": "was written in version 2, which this Duly does not know: use the version of \
                       Duly that wrote it, or remove it",
    });
    assert_eq!(listed[1], unreadable);
    let table = server.run(&["schedule", "list"]).await.out;
    let row = table.lines().find(|row| row.starts_with("newer")).unwrap();
    assert!(
        row.contains("unreadable: it was written in version 2"),
        "{table}"
    );
    // Whether it is still declared, or not any more.
    for names in [&["a", "b", "newer"][..], &["a", "b"]] {
        std::fs::write(&file, scheduled(names)).unwrap();
        let line = server.log("left as it is, for it cannot be read").await;
        assert!(line.contains("newer"), "{line}");
        assert_eq!(schedules(&server).await, ["a", "b", "newer"]);
    }
    let add = [
        "schedule",
        "add",
        "newer",
        "http",
        "{}",
        "--every",
        "1h",
        "--replace",
    ];
    let refused = server.run(&add).await;
    assert!(
        refused.err.contains("was written in version 2"),
        "{refused:?}"
    );
    let removed = server.run(&["schedule", "remove", "newer"]).await;
    assert_eq!(removed.out, "newer  removed\n");
    assert_eq!(schedules(&server).await, ["a", "b"]);
    server.stop().await;
}
