//! `duly config`, and what `serve` and `worker` make of a configuration.

use serde_json::Value;

use crate::support::{Outcome, Place, duly, run, text};

/// A command in a folder, with variables.
async fn within(place: &Place, variables: &[(&str, &str)], arguments: &[&str]) -> Outcome {
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
async fn what_makes_no_sense_starts_nothing_and_ends_with_2() {
    let place = Place::new();
    let file = |content: &str| {
        place.file("duly.yaml", content);
    };
    for (content, arguments, variables, said) in [
        (
            "worker: {concurrency: 0}",
            &["serve"][..],
            &[][..],
            "duly.yaml:1:23: worker.concurrency is 0",
        ),
        (
            "worker: {concurrency: 0}",
            &["worker"],
            &[],
            "duly.yaml:1:23: worker.concurrency is 0",
        ),
        (
            "a: &a [x]\n\tb: c",
            &["serve"],
            &[],
            "duly.yaml:2:2: this is not YAML",
        ),
        (
            "",
            &["serve", "--config", "none.yaml"],
            &[],
            "cannot read the configuration none.yaml",
        ),
        ("", &["serve", "--config", "."], &[], "it is a folder"),
        (
            "",
            &["serve"],
            &[("DULY_CONFIG", "none.yaml")],
            "cannot read the configuration none.yaml",
        ),
        (
            "",
            &["serve"],
            &[("DULY__SERVR__LISTEN", "x")],
            "did you mean DULY__SERVER?",
        ),
        (
            "",
            &["serve"],
            &[("DULY__SERVER__LISTEN", "x")],
            "DULY__SERVER__LISTEN: server.listen is x",
        ),
        (
            "",
            &["serve", "--name", ""],
            &[],
            "--name: worker.name is \"\"",
        ),
        (
            "",
            &["serve", "--log-level", "loud"],
            &[],
            "--log-level: logs.level is loud",
        ),
        (
            "store: 'mongo:db'",
            &["serve"],
            &[],
            "duly.yaml:1: \"mongo:db\" names no known store",
        ),
        (
            "server: {listen: '0.0.0.0:0'}",
            &["serve"],
            &[],
            "a loopback address",
        ),
        (
            "server: {token_file: absent}",
            &["serve"],
            &[],
            "duly.yaml:1: cannot read absent",
        ),
        (
            "server: {token_file: duly.yaml}",
            &["serve"],
            &[],
            "token is of",
        ),
        (
            "http: {deny: [10.0.0.1/8]}",
            &["config", "check"],
            &[],
            "duly.yaml:1: http.deny: the rule \"10.0.0.1/8\" names no network",
        ),
        (
            "http: {allow: ['a b']}",
            &["serve"],
            &[],
            "duly.yaml:1:16: http.allow[0] is \"a b\"",
        ),
        (
            "shell: {commands: {zip: {program: no-such-program}}}",
            &["worker"],
            &[],
            "duly.yaml:1: command \"zip\": program no-such-program: not found",
        ),
        ("", &["serve", "--token", "x"], &[], "server.token_file"),
        (
            "",
            &["worker", "--server", "http://127.0.0.1:1"],
            &[],
            "--server is for commands",
        ),
    ] {
        file(content);
        // Should it start all the same, it does so where it harms nothing.
        let free = [
            ("DULY__SERVER__LISTEN", "127.0.0.1:0"),
            ("DULY_STORE", "memory:"),
        ];
        let is_free = |(name, _): &&(&str, &str)| {
            let said = format!("{content}{arguments:?}{variables:?}");
            !said.contains(name)
                && !(content.contains("store") && *name == "DULY_STORE")
                && !content.contains("listen")
        };
        let free = free.iter().filter(is_free).copied();
        let variables: Vec<_> = variables.iter().copied().chain(free).collect();
        let outcome = within(&place, &variables, arguments).await;
        assert_eq!(
            (outcome.code, outcome.out.as_str()),
            (2, ""),
            "{content}: {outcome:?}"
        );
        assert!(
            outcome.err.contains(said),
            "{content}: {said}?\n{}",
            outcome.err
        );
    }
}

#[tokio::test]
async fn the_banner_tells_which_file_was_read() {
    let place = Place::new();
    let file = place.file("other.yaml", "worker: {concurrency: 7, name: seven}\n");
    let server = place.serve(&["--config", text(&file)]).await;
    assert_eq!(server.said["config"], text(&file));
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
    let answered = server.run(&["list", "--token", token]).await;
    assert_eq!(answered.code, 0, "{answered:?}");
    server.stop().await;
}
