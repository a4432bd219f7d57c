//! `duly config`, and what `serve` and `worker` make of a configuration.

use serde_json::Value;

use crate::support::{Outcome, Place, duly, run, text};

/// A command in a folder, with variables.
pub(crate) async fn within(
    place: &Place,
    variables: &[(&str, &str)],
    arguments: &[&str],
) -> Outcome {
    let mut command = duly();
    command.current_dir(place.path("")).args(arguments);
    command.envs(variables.iter().copied());
    Outcome::of(command).await
}

#[tokio::test]
async fn check_says_all_that_is_wrong_with_its_lines_and_2() {
    let place = Place::new();
    let file = place.file("bad.yaml", "worker:\n  concurrency: 0\n  nme: x\n");
    let file = text(&file);
    let checked = run(&["config", "check", file]).await;
    assert_eq!((checked.code, checked.out.as_str()), (2, ""), "{checked:?}");
    let expected = format!(
        "error: {file}:2:16: worker.concurrency is 0: expected a whole number, 1 to 100000\n  |\n\
         2 |   concurrency: 0\n  |                ^\n\
         {file}:3:3: there is no setting worker.nme: did you mean name?\n  |\n3 |   nme: …\n  |   ^\n"
    );
    assert_eq!(checked.err, expected);
    let checked = run(&["config", "check", file, "--json"]).await;
    assert_eq!(checked.code, 2);
    let said: Value = serde_json::from_str(&checked.out).unwrap();
    assert_eq!(said["fine"], false);
    let fault = &said["faults"][0];
    assert_eq!((&fault["line"], &fault["column"]), (&2.into(), &16.into()));
    assert_eq!(fault["setting"], "worker.concurrency");
    assert_eq!(said["faults"][1]["line"], 3);
}

#[tokio::test]
async fn check_says_what_is_fine() {
    let place = Place::new();
    let none = within(&place, &[], &["config", "check"]).await;
    assert_eq!(none.code, 0, "{none:?}");
    assert!(none.out.starts_with("there is no file"), "{none:?}");
    place.file("duly.yaml", "worker: {concurrency: 8}\n");
    let found = within(&place, &[], &["config", "check"]).await;
    assert_eq!((found.code, found.out.as_str()), (0, "duly.yaml is fine\n"));
    let wrong = [("DULY__WORKER__CONCURRENCY", "0")];
    let found = within(&place, &wrong, &["config", "check"]).await;
    assert_eq!(found.code, 2, "{found:?}");
    let alone = within(&place, &wrong, &["config", "check", "duly.yaml"]).await;
    assert_eq!(alone.code, 0, "a file is looked at alone: {alone:?}");
}

#[tokio::test]
async fn show_tells_what_holds_and_whence() {
    let place = Place::new();
    let token = "0123456789abcdef0123456789abcdef";
    place.file(
        "duly.yaml",
        &format!("worker:\n  concurrency: 8\n  name: a\nserver: {{tokens: [{token}]}}\n"),
    );
    let variables = [("DULY__WORKER__NAME", "b"), ("DULY_STORE", "memory:")];
    let shown = within(&place, &variables, &["config", "show", "--changed"]).await;
    let expected = "store\tmemory:\tDULY_STORE\nserver.tokens\t[\"***\"]\tduly.yaml:4\n\
                    worker.name\tb\tDULY__WORKER__NAME\nworker.concurrency\t8\tduly.yaml:2\n\
                    logs.level\twarn\tDULY_LOG\n";
    assert_eq!(shown.out, expected, "{shown:?}");
    let all = within(&place, &variables, &["config", "show", "--json"]).await;
    assert!(!all.out.contains(token));
    let rows = all.values();
    let row = |name: &str| rows.iter().find(|row| row["setting"] == name).unwrap();
    let concurrency = row("worker.concurrency");
    assert_eq!(
        (&concurrency["value"], &concurrency["changes"]),
        (&8.into(), &"at once".into())
    );
    assert_eq!(row("server.listen")["from"], "default");
    assert_eq!(row("server.listen")["changes"], "at the next start");
}

#[tokio::test]
async fn the_template_is_a_file_that_changes_nothing() {
    let place = Place::new();
    for name in ["template", "init"] {
        let printed = run(&["config", name]).await;
        place.file("duly.yaml", &printed.out);
        let shown = within(&place, &[], &["config", "show", "--changed"]).await;
        assert_eq!(shown.out, "logs.level\twarn\tDULY_LOG\n", "{shown:?}");
    }
}

#[tokio::test]
async fn the_banner_tells_which_file_was_read() {
    let place = Place::new();
    let file = place.file("other.yaml", "worker: {concurrency: 7, name: seven}\n");
    let mut server = place.serve_logged(&["--config", text(&file)]).await;
    assert_eq!(server.said["config"], text(&file));
    server.log("worker is registered").await;
    let workers = server.json(&["workers"]).await;
    assert_eq!(
        (&workers["name"], &workers["capacity"]),
        (&"seven".into(), &7.into())
    );
    server.stop().await;
}

#[tokio::test]
async fn tokens_of_a_file_close_the_api() {
    let place = Place::new();
    let token = "0123456789abcdef0123456789abcdef";
    place.file("tokens", &format!("# one\n{token}\n"));
    let file = format!(
        "server: {{token_file: '{}'}}\n",
        text(&place.path("tokens"))
    );
    let file = place.file("duly.yaml", &file);
    let server = place.serve(&["--no-worker", "--config", text(&file)]).await;
    let refused = server.run(&["list"]).await;
    assert_eq!(refused.code, 4, "{refused:?}");
    assert!(refused.err.contains("DULY_TOKEN"), "{refused:?}");
    let answered = server.run(&["list", "--token", token]).await;
    assert_eq!(answered.code, 0, "{answered:?}");
    server.stop().await;
}
