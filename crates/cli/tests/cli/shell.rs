//! How the binary behaves among other programs: completions, pages of the manual, pipes, signals.

use std::process::Stdio;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{Place, both, duly, run, text};

#[tokio::test]
async fn completions_are_there_for_each_shell_and_bash_understands_its_own() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = run(&["completions", shell]).await;
        assert_eq!(script.code, 0, "{script:?}");
        for word in ["queue", "failed", "completions"] {
            assert!(script.out.contains(word), "{shell}: {word}");
        }
    }
    let script = run(&["completions", "bash"]).await.out;
    let mut command = tokio::process::Command::new("bash");
    let bash = command
        .arg("-n")
        .stdin(Stdio::piped())
        .stderr(Stdio::piped());
    let mut bash = bash.spawn().unwrap();
    let mut stdin = bash.stdin.take().unwrap();
    stdin.write_all(script.as_bytes()).await.unwrap();
    drop(stdin);
    let output = bash.wait_with_output().await.unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[tokio::test]
async fn every_command_has_a_page_of_the_manual() {
    let place = Place::new();
    let dir = place.path("man/man1");
    let written = run(&["man", "--dir", text(&dir)]).await;
    assert_eq!(written.code, 0, "{written:?}");
    for name in [
        "duly",
        "duly-submit",
        "duly-queue",
        "duly-queue-set",
        "duly-failed-retry",
    ] {
        let page = std::fs::read_to_string(dir.join(format!("{name}.1"))).unwrap();
        assert!(page.contains(".SH SYNOPSIS"), "{name}");
        let head = page.lines().find(|line| line.starts_with(".TH")).unwrap();
        let source = format!("\"duly {}\"", env!("CARGO_PKG_VERSION"));
        assert!(head.contains(&source), "{name}: {head}");
    }
    let page = run(&["man", "queue", "set"]).await;
    assert!(page.out.contains("keep\\-completed"), "{page:?}");
    assert!(page.out.contains("duly\\-queue\\-set"), "{page:?}");
    let wrong = run(&["man", "queue", "nope"]).await;
    assert_eq!(wrong.code, 2);
    assert!(
        wrong.err.contains("expected list, show, pause"),
        "{wrong:?}"
    );
    let file = place.file("file", "");
    let wrong = run(&["man", "--dir", text(&file)]).await;
    assert_eq!(wrong.code, 2, "{wrong:?}");
    assert!(wrong.err.contains("cannot write to"), "{wrong:?}");
}

#[tokio::test]
async fn a_reader_that_has_seen_enough_is_no_error() {
    both(async |there| {
        // More than a pipe holds.
        let lines = "{}\n".repeat(1_000);
        let file = there.place.file("a.ndjson", &lines);
        there.text(&["submit", "k", "--file", text(&file)]).await;
        let mut command = there.command(&["list", "--all", "--json"]);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = child.stdout.take().unwrap();
        stdout.read_exact(&mut [0; 100]).await.unwrap();
        drop(stdout);
        let output = child.wait_with_output().await.unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    })
    .await;
}

#[tokio::test]
async fn an_interruption_has_an_exit_code_of_its_own() {
    both(async |there| {
        there.submit("k", &[]).await;
        let start = "00000000000000000000000000000000";
        let mut command = there.command(&["events", "--follow", "--after", start]);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdout
            .as_mut()
            .unwrap()
            .read_exact(&mut [0; 1])
            .await
            .unwrap();
        let id = child.id().unwrap().to_string();
        let mut kill = tokio::process::Command::new("kill");
        assert!(
            kill.args(["-s", "INT", &id])
                .status()
                .await
                .unwrap()
                .success()
        );
        let output = child.wait_with_output().await.unwrap();
        assert_eq!(output.status.code(), Some(130), "{output:?}");
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    })
    .await;
}

#[tokio::test]
async fn a_token_is_shown_to_the_server_and_to_nobody_else() {
    use axum::Router;
    use axum::http::HeaderMap;

    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let answer = async move |headers: HeaderMap| {
        let value = headers
            .get("authorization")
            .map(|v| v.to_str().unwrap().to_owned());
        tell.send(value).unwrap();
        "no JSON"
    };
    let at = crate::support::served(Router::new().fallback(answer)).await;
    let server = format!("http://me:s3cret@{at}");
    for (options, env, seen) in [
        (&[][..], None, "Basic bWU6czNjcmV0"),
        (&["--token", "t0ken"], Some("other"), "Bearer t0ken"),
        (&[], Some("t0ken"), "Bearer t0ken"),
    ] {
        let mut command = duly();
        command
            .args(["stats", "--log-level", "trace", "--server", &server])
            .args(options);
        if let Some(token) = env {
            command.env("DULY_TOKEN", token);
        }
        let outcome = crate::support::Outcome::of(command).await;
        assert_eq!(outcome.code, 1, "{outcome:?}");
        assert_eq!(told.recv().await.unwrap().as_deref(), Some(seen));
        assert!(
            !outcome.err.contains("t0ken") && !outcome.err.contains("s3cret"),
            "{outcome:?}"
        );
    }
}
