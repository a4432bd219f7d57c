//! One execution: from the start of a process to what is left of it.

use std::future::Future;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use serde::Serialize;

use super::bounds::{KILL_WAIT_MAX, LINGER_MAX};
use super::launch::Launch;
use super::output::last_lines;
use super::process::Process;
use crate::port::Clock;

/// Why a process was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The handler was told to stop.
    Asked,
    /// The command's own timeout.
    TimedOut(Duration),
}

/// What became of a process.
#[derive(Debug)]
pub(super) struct Execution {
    /// Why it was ended, if it was.
    pub(super) stop: Option<Stop>,
    /// How it ended; nothing, if it did not even when killed.
    pub(super) status: Option<ExitStatus>,
    /// The last lines that it wrote to standard error.
    pub(super) complaint: String,
    report: Report,
}

/// What the task's result says of it.
#[derive(Debug, Serialize)]
struct Report {
    exit_code: Option<i32>,
    signal: Option<i32>,
    stdout: String,
    stderr: String,
    truncated: bool,
    duration_ms: u64,
}

impl Execution {
    /// The result, as JSON text.
    pub(super) fn json(&self) -> String {
        serde_json::to_string(&self.report).expect("text and numbers become JSON")
    }

    /// The exit code; a signal counts as 128 and its number.
    pub(super) fn code(&self) -> Option<u8> {
        let status = self.status?;
        let code = status.code().or_else(|| Some(128 + status.signal()?))?;
        u8::try_from(code).ok()
    }
}

/// Runs a program to its end, or to the end of its time, or until `cancelled` ends.
pub(super) async fn execute(
    mut launch: Launch,
    clock: &dyn Clock,
    cancelled: impl Future<Output = ()>,
) -> io::Result<Execution> {
    let began = clock.now();
    let mut process = Process::start(&mut launch)?;
    let stop = tokio::select! {
        biased;
        () = process.ended() => None,
        () = cancelled => Some(Stop::Asked),
        stop = timeout(&launch, clock) => Some(stop),
    };
    let patience = match stop {
        Some(_) => {
            process.terminate();
            launch.grace
        }
        None => LINGER_MAX,
    };
    within(patience, clock, process.over()).await;
    let ran = clock.now().since(began);
    // Before it is reaped: until then its group's id can be nobody else's.
    process.kill();
    let reaped = within(KILL_WAIT_MAX, clock, process.reap()).await;
    let status = reaped.transpose()?;
    if status.is_some() {
        // What was written last is in the pipes; who has left the group may hold them open.
        within(LINGER_MAX, clock, process.over()).await;
    }
    let (stdout, stderr) = (process.stdout(), process.stderr());
    Ok(Execution {
        stop,
        status,
        complaint: last_lines(&stderr.text),
        report: Report {
            exit_code: status.and_then(|status| status.code()),
            signal: status.and_then(|status| status.signal()),
            stdout: stdout.text,
            stderr: stderr.text,
            truncated: stdout.is_truncated || stderr.is_truncated,
            duration_ms: u64::try_from(ran.as_millis()).unwrap_or(u64::MAX),
        },
    })
}

/// Ends when the command is out of its own time, if that has an end.
async fn timeout(launch: &Launch, clock: &dyn Clock) -> Stop {
    match launch.timeout {
        Some(timeout) => {
            clock.sleep(timeout).await;
            Stop::TimedOut(timeout)
        }
        None => std::future::pending().await,
    }
}

/// What a future answers within that time, if it does.
async fn within<T>(
    time: Duration,
    clock: &dyn Clock,
    future: impl Future<Output = T>,
) -> Option<T> {
    tokio::select! {
        biased;
        answer = future => Some(answer),
        () = clock.sleep(time) => None,
    }
}
