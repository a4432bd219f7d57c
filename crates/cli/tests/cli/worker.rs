//! `duly worker`: works on a store without an API.

use duly::State;
use std::process::Stdio;

use crate::support::{Place, Server, duly, fetched, text};

/// A worker on the store of this place.
async fn work(place: &Place, options: &[&str]) -> Server {
    let store = place.store();
    let mut command = duly();
    command.args(["worker", "--json", "--store", &store]);
    command.args(options).stdout(Stdio::piped());
    Server::spawned(command).await
}

#[tokio::test]
async fn a_worker_runs_what_a_server_only_takes_and_stops_in_good_order() {
    let place = Place::new();
    let server = place.serve(&["--no-worker"]).await;
    let options = ["--queue", "mail", "--name", "w", "--concurrency", "3"];
    let worker = work(&place, &options).await;
    assert_eq!(worker.said["working"], serde_json::json!(["mail"]));
    assert_eq!(worker.said["listening"], serde_json::Value::Null);
    let health = format!("{}/health", server.url);
    let id = server.deliver_to(&health, &["--queue", "mail"]).await;
    let other = server.deliver_to(&health, &[]).await;
    let ended = place.ended(id).await;
    assert_eq!(ended.state, State::Completed, "{ended:?}");
    let shown = server.json(&["workers"]).await;
    assert_eq!(
        (&shown["name"], &shown["capacity"]),
        (&"w".into(), &3.into())
    );
    let shown = server.json(&["show", &other.to_string()]).await;
    assert_eq!(shown["state"], "pending", "nobody works on its queue");
    worker.stop().await;
    server.stop().await;
}

#[tokio::test]
async fn queues_are_worked_on_by_weight_if_any_has_one() {
    let place = Place::new();
    let worker = work(&place, &["--queue", "paid=3", "--queue", "free"]).await;
    assert_eq!(worker.said["working"], serde_json::json!(["paid", "free"]));
    let weights = serde_json::json!({"paid": 3, "free": 1});
    assert_eq!(worker.said["weights"], weights);
    worker.stop().await;
    // What is typed is all that is said of them.
    let said = [("DULY__WORKER__QUEUE_WEIGHTS", "{else: 2}")];
    let typed = ["worker", "--store", "memory:", "--queue", "free", "--json"];
    let mut command = duly();
    command.args(typed).envs(said).stdout(Stdio::piped());
    let worker = Server::spawned(command).await;
    assert_eq!(worker.said["weights"], serde_json::Value::Null);
    worker.stop().await;
    for weight in ["0", "101", "x", ""] {
        let queue = format!("paid={weight}");
        let refused = crate::support::run(&["worker", "--queue", &queue]).await;
        assert_eq!(refused.code, 2, "{refused:?}");
        let wanted = "expected a queue, or QUEUE=WEIGHT with a weight of 1 to 100";
        assert!(refused.err.contains(wanted), "{refused:?}");
    }
}

#[tokio::test]
async fn a_worker_runs_the_commands_that_its_configuration_names() {
    let place = Place::new();
    let file = place.file(
        "duly.yaml",
        "shell:\n  commands:\n    greet:\n      program: echo\n      args: [hello]\n      \
         extra_args: 1\n",
    );
    let store = place.store();
    let submit = ["--store", &store, "submit", "shell"];
    let payload = [r#"{"command": "greet", "args": ["Ada"]}"#, "--json"];
    let submitted = crate::support::run(&[&submit[..], &payload].concat()).await;
    assert_eq!(submitted.code, 0, "{submitted:?}");
    let worker = work(&place, &["--config", text(&file)]).await;
    let id = submitted.values()[0]["id"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let ended = place.ended(id).await;
    assert_eq!(ended.state, State::Completed, "{ended:?}");
    let result = String::from_utf8(ended.result.unwrap().bytes.to_vec()).unwrap();
    assert!(result.contains("hello Ada"), "{result}");
    worker.stop().await;
}

#[tokio::test]
async fn a_worker_tells_how_it_is_where_it_is_asked_to_and_nothing_else() {
    let place = Place::new();
    let worker = work(&place, &["--listen", "127.0.0.1:0"]).await;
    for (path, status, word) in [
        ("/health", 200, "ok"),
        ("/ready", 200, "components"),
        ("/metrics", 200, "# TYPE"),
        ("/v1/tasks", 404, "RouteNotFound"),
    ] {
        let (found, body) = fetched(&format!("{}{path}", worker.url)).await;
        assert_eq!(found, status, "{path}: {body}");
        assert!(body.contains(word), "{path}: {body}");
    }
    worker.stop().await;
}
