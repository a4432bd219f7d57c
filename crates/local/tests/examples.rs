//! The examples, as a newcomer runs them: each ends by itself, says what it should, and succeeds.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// How long an example may take on a busy machine; each takes a few seconds on an idle one.
const TIME: Duration = Duration::from_secs(60);

/// The built example beside this test. `cargo test` builds both; `cargo test --test examples` alone
/// does not.
fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test.parent().and_then(|deps| deps.parent()).unwrap();
    let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let path = folder.join("examples").join(name);
    let hint = "run `cargo build -p duly-local --examples` first";
    assert!(path.exists(), "{} is not built: {hint}", path.display());
    path
}

/// A process that does not outlive the test.
struct Process(Option<Child>);

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn end(mut command: Command) -> Output {
    let piped = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut process = Process(Some(piped.spawn().unwrap()));
    let begun = Instant::now();
    while process.0.as_mut().unwrap().try_wait().unwrap().is_none() {
        assert!(begun.elapsed() < TIME, "{command:?} did not end");
        // poll interval: the standard library waits for a process without a limit, or not at all.
        std::thread::sleep(Duration::from_millis(20));
    }
    process.0.take().unwrap().wait_with_output().unwrap()
}

/// Runs an example without a terminal: it succeeds, and this is what it said.
fn run(name: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(example(name));
    command.args(arguments);
    let output = end(command);
    let stderr = String::from_utf8(output.stderr).unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{name}: {stderr}\n{stdout}");
    assert!(
        !stdout.contains('\u{1b}'),
        "{name} drew on what is no terminal: {stdout:?}"
    );
    stdout
}

/// The factor that an example says, in `… done 12 times sooner …`.
fn factor(said: &str) -> u32 {
    let (before, _) = said.split_once(" times sooner").unwrap();
    before.rsplit(' ').next().unwrap().parse().unwrap()
}

#[cfg(feature = "threads")]
mod on_threads {
    use super::*;

    #[test]
    fn a_reset_overtakes_on_threads() {
        let said = run("overtake_threads", &[]);
        assert!(said.contains("1000 thumbnails"), "{said}");
        assert!(factor(&said) >= 4, "{said}");
    }

    #[test]
    fn an_example_fails_where_what_it_shows_does_not_hold() {
        // Without a thumbnail there is nobody to overtake, however long either reset takes.
        let mut command = Command::new(example("overtake_threads"));
        command.arg("0");
        let output = end(command);
        assert!(!output.status.success());
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.contains("the reset did not overtake"), "{stderr}");
    }
}

#[cfg(feature = "tokio")]
mod on_tokio {
    use super::*;

    #[test]
    fn a_reset_overtakes() {
        let said = run("overtake", &[]);
        assert!(said.contains("first come, first served"), "{said}");
        assert!(factor(&said) >= 4, "{said}");
    }

    #[test]
    fn calls_keep_to_their_rate() {
        let said = run("rate_limited", &["8"]);
        assert_eq!(said.matches("allowed from").count(), 8, "{said}");
        assert!(said.contains("allowed from 600ms"), "{said}");
    }

    #[test]
    fn hooks_arrive_at_a_flaky_server() {
        let said = run("webhooks", &[]);
        for line in [
            "/orders    1 of 4 attempts, completed\n",
            "/invoices  3 of 4 attempts, completed\n",
            "/refunds   2 of 4 attempts, completed\n",
            "/parcels   2 of 4 attempts, completed\n",
            "/legacy    4 of 4 attempts, failed: the server says 503\n",
        ] {
            assert!(said.contains(line), "{line:?} in {said}");
        }
        assert!(said.contains("it ran out of its time of 300ms"), "{said}");
    }

    #[test]
    fn a_bad_row_costs_its_chunk() {
        let said = run("chunks", &["15000"]);
        assert!(
            said.contains("13000-13999    failed: row 13013 is no number"),
            "{said}"
        );
        assert_eq!(said.matches(" completed").count(), 14, "{said}");
        assert!(said.contains("15 chunks, 1 bad"), "{said}");
    }

    #[test]
    fn a_view_without_a_terminal_is_three_snapshots() {
        let said = run("watch", &["1"]);
        assert_eq!(said.matches("tasks per second").count(), 3, "{said}");
        assert!(said.contains("thumbnail for"), "{said}");
        assert!(said.contains("stopped, with"), "{said}");
    }

    /// `script` gives a program a terminal.
    #[cfg(target_os = "linux")]
    #[test]
    fn on_a_terminal_bars_and_views_are_drawn() {
        for (name, seen) in [("chunks", "█"), ("watch", "●")] {
            let mut command = Command::new("script");
            let line = format!("'{}'", example(name).display());
            command.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
            command.env("TERM", "xterm-256color");
            let Ok(_) = Command::new("script").arg("--version").output() else {
                eprintln!("left out: there is no `script` on this machine");
                return;
            };
            let output = end(command);
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success(), "{name}: {said}");
            assert!(
                said.contains(seen) && said.contains('\u{1b}'),
                "{name}: {said:?}"
            );
        }
    }
}
