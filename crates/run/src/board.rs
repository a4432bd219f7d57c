//! Where every task of a round stands, as its events tell it.

use std::collections::HashMap;
use std::time::Duration;

use duly::{Event, EventKind, Name, Priority, State, TaskId, Timestamp};

/// The tasks of a round, by group.
#[derive(Debug)]
pub struct Board {
    groups: Vec<Standing>,
    tasks: Vec<Track>,
    by_id: HashMap<TaskId, usize>,
    /// Every start of an attempt, in the order of events: when, and of which task.
    starts: Vec<(Timestamp, usize)>,
    /// Who works on the round, as the last start tells it.
    session: Option<Session>,
}

/// The work of one process: each has another name than the one before.
#[derive(Debug)]
struct Session {
    worker: Name,
    /// When it first began something, if others had worked on the round before.
    since: Option<Timestamp>,
}

/// Where a group stands.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// Its name.
    pub name: String,
    /// How many tasks it has.
    pub total: usize,
    /// How many are done.
    pub done: usize,
    /// How many failed for good: failed, timed out, or expired.
    pub failed: usize,
    /// How many were called off.
    pub cancelled: usize,
    /// How many attempts were followed by another, because they failed or their worker vanished.
    pub retried: usize,
    /// What runs, by the places of tasks.
    running: Vec<usize>,
}

impl Standing {
    /// How many have ended, however.
    #[must_use]
    pub const fn ended(&self) -> usize {
        self.done + self.failed + self.cancelled
    }

    /// All have ended.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.ended() == self.total
    }
}

/// What became of one task so far.
#[derive(Clone, Debug)]
pub struct Track {
    /// Its id.
    pub id: TaskId,
    /// The place of its group.
    pub group: usize,
    /// What it is there for, if its group has several.
    pub item: Option<String>,
    /// How urgent it is.
    pub priority: Priority,
    /// Where it stands; pending stands for everything that waits.
    pub state: State,
    /// When it was first due, since it was submitted or put back in line.
    pub due_at: Option<Timestamp>,
    /// When it first began since then.
    pub began_at: Option<Timestamp>,
    /// Since when whoever began it worked on the round, if others had before: until then it could not
    /// begin.
    pub worked_since: Option<Timestamp>,
    /// When the attempt that runs began.
    pub running_since: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// How long each attempt that ended ran.
    pub ran: Vec<Duration>,
    /// How many attempts were followed by another.
    pub retried: usize,
    /// The newest error.
    pub error: Option<String>,
}

impl Track {
    /// It failed for good: failed, timed out, or expired.
    #[must_use]
    pub const fn is_failure(&self) -> bool {
        matches!(self.state, State::Failed | State::TimedOut | State::Expired)
    }
}

/// A task that joins a board.
#[derive(Clone, Debug)]
pub(crate) struct Entrant {
    pub(crate) id: TaskId,
    pub(crate) group: String,
    pub(crate) item: Option<String>,
    pub(crate) priority: Priority,
    /// As its record says: what counts where events were forgotten.
    pub(crate) state: State,
    pub(crate) due_at: Option<Timestamp>,
    pub(crate) error: Option<String>,
}

/// What an event meant for the round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// An attempt began.
    Started,
    /// An attempt failed, or its worker vanished, and another follows.
    Retrying,
    /// An attempt was handed back, or put off.
    Returned,
    /// It ended.
    Ended,
    /// Somebody put it back in line.
    Revived,
    /// It has not begun by when that was to be told.
    LateToStart,
    /// It has not ended by when that was to be told.
    LateToFinish,
}

impl Board {
    /// With groups in this order; groups that entrants name besides come after them.
    pub(crate) fn new(groups: &[&str], entrants: Vec<Entrant>) -> Self {
        let named = |name: &str| Standing {
            name: name.to_owned(),
            ..Standing::default()
        };
        let mut board = Self {
            groups: groups.iter().map(|name| named(name)).collect(),
            tasks: Vec::with_capacity(entrants.len()),
            by_id: HashMap::with_capacity(entrants.len()),
            starts: Vec::new(),
            session: None,
        };
        for entrant in entrants {
            let known = board
                .groups
                .iter()
                .position(|group| group.name == entrant.group);
            let group = known.unwrap_or_else(|| {
                board.groups.push(named(&entrant.group));
                board.groups.len() - 1
            });
            board.enter(group, entrant);
        }
        board
    }

    fn enter(&mut self, group: usize, entrant: Entrant) {
        self.by_id.insert(entrant.id, self.tasks.len());
        self.groups[group].total += 1;
        self.tasks.push(Track {
            id: entrant.id,
            group,
            item: entrant.item,
            priority: entrant.priority,
            state: State::Pending,
            due_at: entrant.due_at,
            began_at: None,
            worked_since: None,
            running_since: None,
            ended_at: None,
            ran: Vec::new(),
            retried: 0,
            error: entrant.error,
        });
        if entrant.state.is_final() {
            self.set(self.tasks.len() - 1, entrant.state);
        }
    }

    /// Takes an event in; `None` if it is of no task of this round, or changes nothing here.
    pub(crate) fn take(&mut self, event: &Event) -> Option<(usize, Change)> {
        let place = *self.by_id.get(&event.task)?;
        let change = match event.kind {
            EventKind::Submitted => {
                let task = &mut self.tasks[place];
                task.due_at = Some(event.due_at.unwrap_or(event.at));
                self.set(place, State::Pending);
                return None;
            }
            EventKind::Rescheduled => {
                let task = &mut self.tasks[place];
                task.due_at = event
                    .due_at
                    .filter(|_| task.began_at.is_none())
                    .or(task.due_at);
                return None;
            }
            EventKind::Reprioritised => {
                let task = &mut self.tasks[place];
                task.priority = event.priority.unwrap_or(task.priority);
                return None;
            }
            EventKind::Started => self.start(place, event),
            EventKind::Retrying | EventKind::Lost => self.stop(place, event, Change::Retrying),
            EventKind::Snoozed | EventKind::HandedBack => self.stop(place, event, Change::Returned),
            EventKind::Completed => self.end(place, event, State::Completed),
            EventKind::Failed => self.end(place, event, State::Failed),
            EventKind::TimedOut => self.end(place, event, State::TimedOut),
            EventKind::Cancelled => self.end(place, event, State::Cancelled),
            EventKind::Expired => self.end(place, event, State::Expired),
            EventKind::Retried => self.revive(place, event.at),
            EventKind::LateToStart => Change::LateToStart,
            EventKind::LateToFinish => Change::LateToFinish,
            _ => return None,
        };
        Some((place, change))
    }

    fn start(&mut self, place: usize, event: &Event) -> Change {
        let at = event.at;
        let worked_since = self.worked_since(event);
        self.set(place, State::Running);
        let task = &mut self.tasks[place];
        if task.began_at.is_none() {
            task.began_at = Some(at);
            task.worked_since = worked_since;
        }
        task.running_since = Some(at);
        self.starts.push((at, place));
        Change::Started
    }

    /// Since when whoever began this works on the round, if others did before.
    fn worked_since(&mut self, event: &Event) -> Option<Timestamp> {
        if let Some(worker) = &event.worker
            && self.worker() != Some(worker)
        {
            self.session = Some(Session {
                worker: worker.clone(),
                since: self.session.is_some().then_some(event.at),
            });
        }
        self.session.as_ref()?.since
    }

    fn stop(&mut self, place: usize, event: &Event, change: Change) -> Change {
        self.set(place, State::Pending);
        let task = &mut self.tasks[place];
        if let Some(since) = task.running_since.take() {
            task.ran.push(event.at.since(since));
        }
        if change == Change::Retrying {
            task.retried += 1;
            task.error = event.error.clone().or(task.error.take());
            self.groups[task.group].retried += 1;
        }
        change
    }

    fn end(&mut self, place: usize, event: &Event, state: State) -> Change {
        self.set(place, state);
        let task = &mut self.tasks[place];
        if let Some(since) = task.running_since.take() {
            task.ran.push(event.at.since(since));
        }
        task.ended_at = Some(event.at);
        task.error = match state {
            State::Completed => None,
            _ => event.error.clone().or(task.error.take()),
        };
        Change::Ended
    }

    fn revive(&mut self, place: usize, at: Timestamp) -> Change {
        self.set(place, State::Pending);
        let task = &mut self.tasks[place];
        task.due_at = Some(at);
        task.began_at = None;
        task.ended_at = None;
        Change::Revived
    }

    /// Moves a task from one count to another.
    fn set(&mut self, place: usize, state: State) {
        let task = &mut self.tasks[place];
        let old = std::mem::replace(&mut task.state, state);
        let group = &mut self.groups[task.group];
        if old == State::Running {
            group.running.retain(|running| *running != place);
        }
        if let Some(count) = group.count(old) {
            *count -= 1;
        }
        if let Some(count) = group.count(state) {
            *count += 1;
        }
        if state == State::Running {
            group.running.push(place);
        }
    }

    /// The groups, in order.
    #[must_use]
    pub fn groups(&self) -> &[Standing] {
        &self.groups
    }

    /// The tasks, in the order in which they were submitted.
    #[must_use]
    pub fn tasks(&self) -> &[Track] {
        &self.tasks
    }

    /// What runs in a group.
    pub fn running(&self, group: &Standing) -> impl Iterator<Item = &Track> {
        group.running.iter().map(|place| &self.tasks[*place])
    }

    /// A task as people name it: its group, and what it is there for.
    #[must_use]
    pub fn name(&self, task: &Track) -> String {
        let group = &self.groups[task.group].name;
        match &task.item {
            Some(item) => format!("{group} {item}"),
            None => group.clone(),
        }
    }

    /// Every task has ended.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.groups.iter().all(Standing::is_over)
    }

    /// How many tasks there are, and how many of them have ended.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        let ended = self.groups.iter().map(Standing::ended).sum();
        (self.tasks.len(), ended)
    }

    /// The name of whoever worked on the round last.
    pub(crate) fn worker(&self) -> Option<&Name> {
        self.session.as_ref().map(|session| &session.worker)
    }

    /// Every start of an attempt, in order.
    pub(crate) fn starts(&self) -> &[(Timestamp, usize)] {
        &self.starts
    }
}

impl Standing {
    /// The count of those that ended so; none of what has not ended.
    const fn count(&mut self, state: State) -> Option<&mut usize> {
        match state {
            State::Completed => Some(&mut self.done),
            State::Failed | State::TimedOut | State::Expired => Some(&mut self.failed),
            State::Cancelled => Some(&mut self.cancelled),
            _ => None,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
