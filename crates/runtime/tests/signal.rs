//! The signals that ask a process to end. This test has a binary, and so a process, of its own.
#![cfg(unix)]

use std::process::Command;

use duly_runtime::signal::Signals;

fn signal_myself(signal: &str) {
    let id = std::process::id().to_string();
    let status = Command::new("kill").args([signal, &id]).status();
    assert!(status.expect("`kill` is there").success());
}

#[tokio::test]
async fn both_signals_are_heard_and_neither_ends_the_process() {
    let mut signals = Signals::listen().unwrap();
    for signal in ["-TERM", "-INT", "-TERM"] {
        signal_myself(signal);
        signals.next().await;
    }
}
