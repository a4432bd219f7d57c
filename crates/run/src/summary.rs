//! What a run did: per group, and what overtook what.

use std::time::Duration;

use duly::{Priority, State, TaskId, Timestamp};

use crate::board::{Board, Track};
use crate::bounds::{OVERTAKES_MAX, OVERTAKES_SEEN_MAX};

/// What a run did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// How it ended.
    pub outcome: Outcome,
    /// The round that it worked on.
    pub round: u32,
    /// How many tasks were over when this process took the round up.
    pub over_before: usize,
    /// How many tasks of the file were not taken, because others hold their unique keys.
    pub left_out: usize,
    /// How long this process worked on it.
    pub wall: Duration,
    /// The groups, in order.
    pub groups: Vec<GroupSummary>,
    /// Tasks that came later than others and began before them, in the order in which they came; at
    /// most 5.
    pub overtakes: Vec<Overtake>,
    /// Tasks that failed for good, in the order of the file.
    pub failures: Vec<Failure>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything is done.
    Done,
    /// Everything has ended, but not everything is done.
    Failed,
    /// It was stopped, and some tasks are left.
    Interrupted,
}

impl Outcome {
    /// The name in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        }
    }
}

/// What became of a group's tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupSummary {
    /// Its name.
    pub name: String,
    /// How many tasks it has.
    pub total: usize,
    /// How many are done.
    pub done: usize,
    /// How many failed for good.
    pub failed: usize,
    /// How many were called off.
    pub cancelled: usize,
    /// How many are left.
    pub left: usize,
    /// How many attempts were followed by another.
    pub retried: usize,
    /// How long tasks stood in line: from when they could have begun until they did.
    pub waited: Spread,
    /// How long attempts ran.
    pub ran: Spread,
}

/// Durations, in brief.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spread {
    /// The one in the middle.
    pub median: Duration,
    /// The longest.
    pub longest: Duration,
    /// All together.
    pub total: Duration,
}

/// A task that came when others stood in line already, and began before them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overtake {
    /// The task.
    pub task: TaskId,
    /// As people name it.
    pub name: String,
    /// How urgent it is.
    pub priority: Priority,
    /// How many less urgent tasks stood in line when it came.
    pub in_line: usize,
    /// How many tasks began between its coming and its own beginning.
    pub before_it: usize,
    /// How long it waited.
    pub waited: Duration,
}

/// A task that failed for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The task.
    pub task: TaskId,
    /// As people name it.
    pub name: String,
    /// How it ended.
    pub state: State,
    /// How many attempts it had.
    pub attempts: usize,
    /// What went wrong.
    pub error: Option<String>,
}

impl Summary {
    /// Of what a board shows, for a process that opened the round at `opened`, when so many of its
    /// tasks were over.
    pub(crate) fn new(
        board: &Board,
        round: u32,
        over_before: usize,
        (opened, now): (Timestamp, Timestamp),
    ) -> Self {
        let failures = board.tasks().iter().filter(|task| task.is_failure());
        let failures: Vec<_> = failures.map(|task| failure(board, task)).collect();
        let cancelled = board.groups().iter().any(|group| group.cancelled > 0);
        let outcome = match board.is_over() {
            false => Outcome::Interrupted,
            true if failures.is_empty() && !cancelled => Outcome::Done,
            true => Outcome::Failed,
        };
        Self {
            outcome,
            round,
            over_before,
            left_out: 0,
            wall: now.since(opened),
            groups: groups(board, opened),
            overtakes: overtakes(board),
            failures,
        }
    }
}

fn failure(board: &Board, task: &Track) -> Failure {
    Failure {
        task: task.id,
        name: board.name(task),
        state: task.state,
        attempts: task.ran.len(),
        error: task.error.clone(),
    }
}

fn groups(board: &Board, opened: Timestamp) -> Vec<GroupSummary> {
    let mut waited = vec![Vec::new(); board.groups().len()];
    let mut ran = vec![Vec::new(); board.groups().len()];
    for task in board.tasks() {
        waited[task.group].extend(wait(task, opened));
        ran[task.group].extend(&task.ran);
    }
    let groups = board.groups().iter().zip(waited.into_iter().zip(ran));
    groups
        .map(|(group, (waited, ran))| GroupSummary {
            name: group.name.clone(),
            total: group.total,
            done: group.done,
            failed: group.failed,
            cancelled: group.cancelled,
            left: group.total - group.ended(),
            retried: group.retried,
            waited: Spread::of(waited),
            ran: Spread::of(ran),
        })
        .collect()
}

/// From when a task could have begun until it did. While nobody worked on the round, it could not.
fn wait(task: &Track, opened: Timestamp) -> Option<Duration> {
    let (due, began) = (task.due_at?, task.began_at?);
    let worked_since = if began >= opened {
        Some(opened)
    } else {
        task.worked_since
    };
    Some(began.since(worked_since.map_or(due, |since| due.max(since))))
}

impl Spread {
    fn of(mut durations: Vec<Duration>) -> Self {
        durations.sort_unstable();
        let middle = durations.get(durations.len().saturating_sub(1) / 2);
        Self {
            median: middle.copied().unwrap_or_default(),
            longest: durations.last().copied().unwrap_or_default(),
            total: durations.iter().sum(),
        }
    }
}

/// Tasks that came while less urgent ones stood in line, and began before them.
fn overtakes(board: &Board) -> Vec<Overtake> {
    let Some((first, _)) = board.starts().first() else {
        return Vec::new();
    };
    let tasks = board.tasks();
    let least = tasks.iter().map(|task| task.priority).max();
    let comes_late = |task: &&Track| {
        task.began_at.is_some() && task.due_at > Some(*first) && Some(task.priority) < least
    };
    let mut late: Vec<_> = tasks.iter().filter(comes_late).collect();
    late.sort_by_key(|task| task.due_at);
    let late = late.into_iter().take(OVERTAKES_SEEN_MAX);
    late.filter_map(|task| overtake(board, task))
        .take(OVERTAKES_MAX)
        .collect()
}

fn overtake(board: &Board, task: &Track) -> Option<Overtake> {
    let (due, began) = (task.due_at?, task.began_at?);
    let stood = |other: &&Track| {
        other.priority > task.priority
            && other.due_at.is_some_and(|at| at <= due)
            && other.ended_at.is_none_or(|at| at > due)
            && other.began_at.is_none_or(|at| at > due)
    };
    let mut in_line = 0;
    let mut overtaken = 0;
    for other in board.tasks().iter().filter(stood) {
        in_line += 1;
        overtaken += usize::from(other.began_at.is_none_or(|at| at >= began));
    }
    let between = board
        .starts()
        .iter()
        .filter(|(at, place)| *at > due && *at <= began && board.tasks()[*place].id != task.id);
    // What began in the same instant, in one claim, came after it in order unless it is more urgent.
    let before_it =
        between.filter(|(at, place)| *at < began || board.tasks()[*place].priority < task.priority);
    (overtaken > 0).then(|| Overtake {
        task: task.id,
        name: board.name(task),
        priority: task.priority,
        in_line,
        before_it: before_it.count(),
        waited: began.since(due),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::tests::{entrant, event, id, ms};
    use duly::EventKind::{self, Completed, Failed, Started, Submitted};
    use duly::Name;

    /// A board of low tasks 1, 2, 3 … and an urgent task 9 that is due at 10 ms.
    fn board(events: &[(u8, EventKind, i64)]) -> Board {
        let low = (1..=4).map(|n| entrant(n, "low", Priority::Low));
        let entrants = low.chain([entrant(9, "urgent", Priority::Critical)]);
        let mut board = Board::new(&["low", "urgent"], entrants.collect());
        for n in 1..=4 {
            board.take(&event(n, Submitted, 0));
        }
        let mut last = event(9, Submitted, 0);
        last.due_at = Some(ms(10));
        board.take(&last);
        for (n, kind, at) in events {
            board.take(&event(*n, *kind, *at));
        }
        board
    }

    #[test]
    fn who_came_late_and_began_first_is_named() {
        let board = board(&[
            (1, Started, 1),
            (1, Completed, 15),
            (9, Started, 16),
            (9, Completed, 20),
            (2, Started, 20),
        ]);
        let summary = Summary::new(&board, 1, 0, (ms(0), ms(30)));
        let [overtake] = &summary.overtakes[..] else {
            panic!("one: {summary:?}")
        };
        assert_eq!(
            (overtake.task, overtake.name.as_str()),
            (id(9), "urgent item 9")
        );
        assert_eq!((overtake.in_line, overtake.before_it), (3, 0));
        assert_eq!(overtake.waited, Duration::from_millis(6));
        assert_eq!(summary.outcome, Outcome::Interrupted);
        assert_eq!(summary.wall, Duration::from_millis(30));
    }

    #[test]
    fn who_had_to_wait_for_others_that_began_later_is_told_so() {
        let board = board(&[
            (1, Started, 1),
            (2, Started, 12),
            (9, Started, 16),
            (3, Started, 16),
        ]);
        let summary = Summary::new(&board, 1, 0, (ms(0), ms(30)));
        assert_eq!(
            (summary.overtakes[0].in_line, summary.overtakes[0].before_it),
            (3, 1)
        );
    }

    #[test]
    fn nobody_overtakes_an_empty_line() {
        let all = (1..=4).map(|n| (n, Started, i64::from(n)));
        let events: Vec<_> = all.chain([(9, Started, 16)]).collect();
        assert_eq!(
            Summary::new(&board(&events), 1, 0, (ms(0), ms(30))).overtakes,
            []
        );
        assert_eq!(
            Summary::new(&board(&[]), 1, 0, (ms(0), ms(30))).overtakes,
            []
        );
    }

    #[test]
    fn groups_tell_waits_and_runs() {
        let board = board(&[
            (1, Started, 2),
            (1, Completed, 5),
            (2, Started, 8),
            (2, Failed, 18),
        ]);
        let summary = Summary::new(&board, 1, 0, (ms(0), ms(30)));
        let low = &summary.groups[0];
        assert_eq!((low.total, low.done, low.failed, low.left), (4, 1, 1, 2));
        let [two, eight, ten] = [2, 8, 10].map(Duration::from_millis);
        assert_eq!(
            (low.waited.median, low.waited.longest, low.waited.total),
            (two, eight, ten)
        );
        assert_eq!(low.ran.longest, ten);
        assert_eq!(summary.failures[0].state, State::Failed);
    }

    #[test]
    fn time_in_which_nobody_worked_is_not_waited() {
        let board = board(&[(1, Started, 2), (2, Started, 120)]);
        let low = &Summary::new(&board, 1, 0, (ms(100), ms(130))).groups[0];
        assert_eq!(low.waited.longest, Duration::from_millis(20));
    }

    #[test]
    fn nor_is_time_between_two_that_worked_before() {
        let mut board = board(&[]);
        for (n, at, worker) in [(1, 2, "a"), (2, 120, "b"), (3, 125, "b")] {
            let mut started = event(n, Started, at);
            started.worker = Some(Name::from(worker));
            board.take(&started);
        }
        let low = &Summary::new(&board, 1, 0, (ms(300), ms(330))).groups[0];
        let five = Duration::from_millis(5);
        assert_eq!(
            (low.waited.median, low.waited.longest),
            (Duration::from_millis(2), five)
        );
    }

    #[test]
    fn a_round_without_anything_is_done() {
        let board = Board::new(&["a"], Vec::new());
        assert_eq!(
            Summary::new(&board, 1, 0, (ms(0), ms(1))).outcome,
            Outcome::Done
        );
    }
}
