//! The handler of the kind: from a payload to what becomes of its task.

use std::collections::BTreeSet;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::sync::Arc;

use duly_core::{Outcome, duration};

use super::KIND;
use super::commands::Commands;
use super::execution::{Execution, Stop, execute};
use super::launch::Launch;
use crate::port::{Clock, Context, Payload, Verdict, WorkerBuilder};

/// A worker that executes the kind, if there is any command that it may run.
pub(in crate::kinds) fn register(
    worker: WorkerBuilder,
    clock: &Arc<dyn Clock>,
    commands: Commands,
) -> WorkerBuilder {
    if commands.is_empty() {
        return worker;
    }
    let (commands, clock) = (Arc::new(commands), Arc::clone(clock));
    worker.handle_raw(KIND, move |payload, context| {
        let (commands, clock) = (Arc::clone(&commands), Arc::clone(&clock));
        async move { handle(&payload, &context, &commands, &*clock).await }
    })
}

async fn handle(
    payload: &Payload,
    context: &Context,
    commands: &Commands,
    clock: &dyn Clock,
) -> Verdict {
    let mut launch = match Launch::read(&payload.bytes, commands) {
        Ok(launch) => launch,
        Err(error) => return Verdict::fail(error),
    };
    if context.cancelled().is_cancelled() {
        return Verdict::cancelled();
    }
    introduce(&mut launch, context);
    let end = End {
        name: launch.name.clone(),
        success: launch.success.clone(),
        retry: launch.retry.clone(),
    };
    match execute(launch, clock, context.cancelled().cancelled()).await {
        Ok(execution) => end.verdict(&execution),
        Err(error) => end.not_started(&error),
    }
}

/// Tells a program for whom it works.
fn introduce(launch: &mut Launch, context: &Context) {
    let attempt = context.attempt();
    let mut tell = |name: &str, value: String| launch.env.insert(name.into(), value.into());
    tell("DULY_TASK_ID", attempt.task.to_string());
    tell("DULY_ATTEMPT", attempt.attempt.to_string());
    if let Some(trace) = context.trace() {
        tell("TRACEPARENT", trace.traceparent());
        if let Some(state) = trace.tracestate() {
            tell("TRACESTATE", state.to_owned());
        }
    }
}

/// What the end of a program means for its task.
struct End {
    name: String,
    success: BTreeSet<u8>,
    retry: Option<BTreeSet<u8>>,
}

impl End {
    fn verdict(&self, execution: &Execution) -> Verdict {
        let name = &self.name;
        if let Some(stop) = execution.stop {
            return self.stopped(stop, execution);
        }
        let code = execution.code();
        if code.is_some_and(|code| self.success.contains(&code)) {
            return Verdict::done(Some(Payload::json(execution.json())));
        }
        let how = match execution.status {
            Some(status) => match (status.code(), status.signal()) {
                (Some(code), _) => format!("ended with exit code {code}"),
                (_, Some(signal)) => format!("was ended by signal {signal}"),
                _ => format!("ended: {status}"),
            },
            None => "did not end, although it was killed".to_owned(),
        };
        let error = with_complaint(format!("{name} {how}"), execution);
        let is_worth_it = |codes: &BTreeSet<u8>| code.is_some_and(|code| codes.contains(&code));
        if self.retry.as_ref().is_none_or(is_worth_it) {
            Verdict::retry(error)
        } else {
            Verdict::fail(error)
        }
    }

    fn stopped(&self, stop: Stop, execution: &Execution) -> Verdict {
        match stop {
            // The worker knows why.
            Stop::Asked => {
                let error = &execution.complaint;
                Verdict {
                    error: (!error.is_empty()).then(|| error.clone()),
                    ..Verdict::cancelled()
                }
            }
            Stop::TimedOut(timeout) => {
                let (name, timeout) = (&self.name, duration::exact(timeout));
                let error = format!("{name} was still running after its timeout of {timeout}");
                Verdict {
                    outcome: Outcome::TimedOut,
                    ..Verdict::retry(with_complaint(error, execution))
                }
            }
        }
    }

    /// What is wrong with the program stays wrong; what the system is short of may come back.
    fn not_started(&self, error: &io::Error) -> Verdict {
        use rustix::io::Errno;
        let short = [
            Errno::AGAIN,
            Errno::NOMEM,
            Errno::MFILE,
            Errno::NFILE,
            Errno::TXTBSY,
        ];
        let told = format!("{} cannot be started: {error}", self.name);
        match Errno::from_io_error(error) {
            Some(errno) if short.contains(&errno) => Verdict::retry(told),
            _ => Verdict::fail(told),
        }
    }
}

fn with_complaint(error: String, execution: &Execution) -> String {
    if execution.complaint.is_empty() {
        return error;
    }
    format!("{error}: {}", execution.complaint)
}
