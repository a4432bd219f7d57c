//! The run as lines of JSON.

use std::time::Duration;

use duly_api::{
    RunFailure, RunGroup, RunLine, RunOpened, RunOvertake, RunSummary, RunTask, RunWaiting,
};
use duly_run::{
    Board, Change, Failure, GroupSummary, Notice, Opening, Overtake, Run, Summary, Track,
};

use crate::output;

/// A run goes on although nobody reads on: its work was asked for.
fn print(line: &RunLine) {
    let _ = output::print_json(line);
}

pub(super) fn opened(name: &str, run: &Run) {
    let (tasks, over) = run.board().counts();
    let opening = match run.opening() {
        Opening::Begun => "begun",
        Opening::Resumed { .. } => "resumed",
        Opening::Retried { .. } => "retried",
    };
    print(&RunLine::Opened(RunOpened {
        run: name.to_owned(),
        round: run.round(),
        queue: run.queue().to_string(),
        opening: opening.to_owned(),
        tasks: tasks as u64,
        over: over as u64,
        left_out: run.left_out() as u64,
    }));
}

pub(super) fn told(board: &Board, notice: Notice<'_>) {
    print(&match notice {
        Notice::Task {
            task,
            change,
            event,
        } => {
            let about = about(board, task, event);
            match change {
                Change::Started => RunLine::Started(about),
                Change::Retrying => RunLine::Retrying(about),
                Change::Returned => RunLine::Returned(about),
                Change::Ended => RunLine::Ended(about),
                Change::Revived => RunLine::Revived(about),
                Change::LateToStart => RunLine::LateToStart(about),
                Change::LateToFinish => RunLine::LateToFinish(about),
            }
        }
        Notice::Paused => RunLine::Paused,
        Notice::Waiting { reason, at } => RunLine::Waiting(RunWaiting {
            code: reason.code().to_owned(),
            text: reason.sentence(at).to_string(),
            until: reason.until(),
        }),
        Notice::CalledOff => RunLine::CalledOff,
    });
}

fn about(board: &Board, task: &Track, event: &duly::Event) -> RunTask {
    RunTask {
        task: task.id,
        group: board.groups()[task.group].name.clone(),
        item: task.item.clone(),
        at: event.at,
        attempt: event.attempt,
        state: task.state,
        due_at: event.due_at,
        error: event.error.clone(),
    }
}

pub(super) fn stopping(grace: Duration) {
    print(&RunLine::Stopping {
        grace_ms: ms(grace),
    });
}

pub(super) fn summary(name: &str, summary: &Summary) {
    print(&RunLine::Summary(RunSummary {
        run: name.to_owned(),
        round: summary.round,
        outcome: summary.outcome.name().to_owned(),
        over_before: summary.over_before as u64,
        wall_ms: ms(summary.wall),
        groups: summary.groups.iter().map(group).collect(),
        overtakes: summary.overtakes.iter().map(overtake).collect(),
        failures: summary.failures.iter().map(failure).collect(),
    }));
}

fn group(group: &GroupSummary) -> RunGroup {
    RunGroup {
        name: group.name.clone(),
        total: group.total as u64,
        done: group.done as u64,
        failed: group.failed as u64,
        cancelled: group.cancelled as u64,
        left: group.left as u64,
        retried: group.retried as u64,
        waited_median_ms: ms(group.waited.median),
        waited_longest_ms: ms(group.waited.longest),
        ran_median_ms: ms(group.ran.median),
        ran_longest_ms: ms(group.ran.longest),
        ran_total_ms: ms(group.ran.total),
    }
}

fn overtake(overtake: &Overtake) -> RunOvertake {
    RunOvertake {
        task: overtake.task,
        name: overtake.name.clone(),
        priority: overtake.priority,
        in_line: overtake.in_line as u64,
        before_it: overtake.before_it as u64,
        waited_ms: ms(overtake.waited),
    }
}

fn failure(failure: &Failure) -> RunFailure {
    RunFailure {
        task: failure.task,
        name: failure.name.clone(),
        state: failure.state,
        attempts: failure.attempts as u64,
        error: failure.error.clone(),
    }
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
