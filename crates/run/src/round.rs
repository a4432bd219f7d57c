//! Rounds: what one start of a file submits, and what is left of it.

mod submission;

use duly::store::TakeBack;
use duly::{
    Change, ChangeError, ChangeMatching, Duly, Filter, Labels, List, Name, Priority, RequestError,
    State, StoreError, TaskId, TaskRecord, Timestamp, UniqueScope,
};

use crate::board::Entrant;
use crate::bounds::{LABEL_BYTES_MAX, PAGE, ROUNDS_LOOKED_AT_MAX};
use crate::identity::Digest;
use crate::plan::Choice;
use crate::run::Crew;

pub(crate) use submission::submit;

/// The group of a task, for whoever lists tasks.
const GROUP: &str = "group";
/// What a task is there for.
const ITEM: &str = "item";
/// Which round it belongs to, by number.
const ROUND: &str = "duly.run.round";
/// What the file said was to be done.
const DIGEST: &str = "duly.run.digest";
/// Which groups were meant; missing: all.
const SELECTION: &str = "duly.run.selection";
/// It came with the last submit of its round: that is whole.
const LAST: &str = "duly.run.last";

/// States of what is not over.
const UNFINISHED: [State; 6] = [
    State::Scheduled,
    State::Blocked,
    State::Pending,
    State::Assigned,
    State::Running,
    State::Retrying,
];
/// States of what is over, and not done.
const NOT_DONE: [State; 4] = [
    State::Failed,
    State::TimedOut,
    State::Cancelled,
    State::Expired,
];

/// A round as the store knows it.
#[derive(Debug)]
pub(crate) struct Round {
    pub(crate) number: u32,
    digest: String,
    selection: Option<String>,
    /// Its tasks, in the order in which they were submitted.
    pub(crate) tasks: Vec<Known>,
}

/// A task of a round.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) id: TaskId,
    group: String,
    item: Option<String>,
    priority: Priority,
    state: State,
    due_at: Timestamp,
    error: Option<String>,
    /// An attempt of it began.
    has_begun: bool,
    /// It came with the last submit.
    is_of_last: bool,
    /// Until when it holds a unique key, though it may have ended.
    held_until: Option<Timestamp>,
}

impl Round {
    /// The newest round in a queue.
    pub(crate) async fn last(duly: &Duly, queue: &Name) -> Result<Option<Self>, RequestError> {
        let in_queue = Filter {
            queue: Some(queue.clone()),
            ..Filter::default()
        };
        let mut newest = Pages::new(in_queue);
        while let Some(page) = newest.next(duly).await? {
            let Some(newest) = page.iter().find_map(|task| task.labels.get(ROUND)) else {
                continue;
            };
            let mut tasks = Vec::new();
            let mut pages = Pages::new(of_round(queue, newest));
            while let Some(page) = pages.next(duly).await? {
                tasks.extend(page);
            }
            return Ok(Self::of(&tasks));
        }
        Ok(None)
    }

    /// From its tasks, the newest first.
    fn of(tasks: &[TaskRecord]) -> Option<Self> {
        let newest = tasks.first()?;
        let number = newest.labels.get(ROUND);
        Some(Self {
            number: number
                .and_then(|text| text.parse().ok())
                .unwrap_or_default(),
            digest: newest.labels.get(DIGEST).cloned().unwrap_or_default(),
            selection: newest.labels.get(SELECTION).cloned(),
            tasks: tasks.iter().rev().map(known).collect(),
        })
    }

    /// Everything that it was to have was submitted: its last submit left a mark, and before that nothing
    /// begins. That something began counts where other tasks hold the unique keys of all of that submit.
    /// How many there are says nothing: what is left out is missing for ever; nor does what ended, for a
    /// task may expire, or be called off, before the next submit.
    pub(crate) fn is_whole(&self) -> bool {
        let mut tasks = self.tasks.iter();
        tasks.any(|task| task.is_of_last || task.has_begun)
    }

    /// How many tasks are not over.
    pub(crate) fn left(&self) -> usize {
        self.tasks
            .iter()
            .filter(|task| !task.state.is_final())
            .count()
    }

    /// How many tasks are over, and not done.
    pub(crate) fn not_done(&self) -> usize {
        self.tasks
            .iter()
            .filter(|task| NOT_DONE.contains(&task.state))
            .count()
    }

    /// The file still says the same.
    pub(crate) fn is_same(&self, choice: &Choice<'_>) -> bool {
        self.digest == choice.digest.text()
    }

    /// The same groups are meant.
    pub(crate) fn has_groups_of(&self, choice: &Choice<'_>) -> bool {
        self.selection == choice.selection.map(Digest::text)
    }

    /// The names of its groups, in order.
    pub(crate) fn groups(&self) -> Vec<&str> {
        let mut groups: Vec<&str> = Vec::new();
        for task in &self.tasks {
            if !groups.contains(&task.group.as_str()) {
                groups.push(&task.group);
            }
        }
        groups
    }

    /// Its tasks, for a board.
    pub(crate) fn entrants(&self) -> Vec<Entrant> {
        let entrant = |task: &Known| Entrant {
            id: task.id,
            group: task.group.clone(),
            item: task.item.clone(),
            priority: task.priority,
            state: task.state,
            due_at: Some(task.due_at),
            error: task.error.clone(),
        };
        self.tasks.iter().map(entrant).collect()
    }

    /// Calls off what is left. What was called off, then or before, gives up its unique keys: it was
    /// never done.
    pub(crate) async fn call_off(&self, duly: &Duly, queue: &Name) -> Result<(), RequestError> {
        call_off(duly, queue, self.number).await?;
        let is_off = |task: &&Known| !task.state.is_final() || task.state == State::Cancelled;
        let off = self.tasks.iter().filter(is_off);
        for task in off.filter(|task| task.held_until.is_some()) {
            // Otherwise somebody else was faster.
            if let Err(ChangeError::Store(error)) = duly.discard(task.id).await {
                return Err(error.into());
            }
        }
        Ok(())
    }

    /// Puts back in line what is over and not done.
    pub(crate) async fn revive(&self, duly: &Duly, queue: &Name) -> Result<(), RequestError> {
        let retry = Change::Retry { payload: None };
        change(duly, queue, self.number, &NOT_DONE, retry).await
    }
}

/// Calls off what is left of a round.
pub(crate) async fn call_off(duly: &Duly, queue: &Name, round: u32) -> Result<(), RequestError> {
    change(duly, queue, round, &UNFINISHED, Change::Cancel).await
}

/// Removes what is over of a round.
pub(crate) async fn discard(duly: &Duly, queue: &Name, round: u32) -> Result<(), RequestError> {
    let over = [&NOT_DONE[..], &[State::Completed]].concat();
    change(duly, queue, round, &over, Change::Discard).await
}

/// Removes what is over of rounds up to this one, as far as unique keys do not hold any more.
pub(crate) async fn prune(duly: &Duly, queue: &Name, newest: u32) -> Result<(), RequestError> {
    let now = duly.clock().now();
    let oldest = newest.saturating_sub(ROUNDS_LOOKED_AT_MAX).max(1);
    for number in (oldest..=newest).rev() {
        let mut pages = Pages::new(of_round(queue, &number.to_string()));
        let (mut is_empty, mut holds) = (true, false);
        while let Some(page) = pages.next(duly).await? {
            is_empty &= page.is_empty();
            holds |= page.iter().any(|task| held_until(task) > Some(now));
        }
        match (is_empty, holds) {
            (true, _) => return Ok(()),
            (false, true) => {}
            (false, false) => discard(duly, queue, number).await?,
        }
    }
    Ok(())
}

/// Until when a task holds a unique key, though it may have ended.
fn held_until(task: &TaskRecord) -> Option<Timestamp> {
    match (&task.unique_key, task.unique_scope) {
        (Some(_), UniqueScope::Period(period)) => Some(task.submitted_at + period),
        _ => None,
    }
}

async fn change(
    duly: &Duly,
    queue: &Name,
    round: u32,
    states: &[State],
    change: Change,
) -> Result<(), RequestError> {
    let mut request = ChangeMatching {
        filter: Filter {
            states: states.to_vec(),
            ..of_round(queue, &round.to_string())
        },
        change,
        after: None,
        limit: PAGE,
        dry_run: false,
    };
    loop {
        let changed = duly.change_matching(request.clone()).await?;
        if changed.next.is_none() {
            return Ok(());
        }
        request.after = changed.next;
    }
}

/// Takes back at once what a process held that ran the file before and is gone; waiting for its lease
/// to lapse would only cost time. For who knows that it is gone: who holds the lock.
pub(crate) async fn bury(duly: &Duly, crew: &Crew) -> Result<(), StoreError> {
    for record in duly.store().workers().await? {
        if !crew.has(&record.registration.name) {
            continue;
        }
        let request = TakeBack {
            incarnation: record.registration.incarnation,
            beats: None,
            limit: PAGE,
        };
        while !duly.store().take_back(request).await?.gone {}
    }
    Ok(())
}

/// What a task of a group tells of itself.
pub(crate) fn labels(group: &str, item: Option<&str>) -> Labels {
    let item = item.map(|item| (ITEM.to_owned(), cut(item)));
    let group = (GROUP.to_owned(), group.to_owned());
    item.into_iter().chain([group]).collect()
}

fn of_round(queue: &Name, round: &str) -> Filter {
    Filter {
        queue: Some(queue.clone()),
        label: Some((ROUND.to_owned(), round.to_owned())),
        ..Filter::default()
    }
}

fn known(task: &TaskRecord) -> Known {
    Known {
        id: task.id,
        group: task.labels.get(GROUP).cloned().unwrap_or_default(),
        item: task.labels.get(ITEM).cloned(),
        priority: task.priority,
        state: task.state,
        due_at: task.due_at,
        error: task.error.clone(),
        has_begun: task.attempt > 0,
        is_of_last: task.labels.contains_key(LAST),
        held_until: held_until(task),
    }
}

/// An item as a label may hold it.
fn cut(item: &str) -> String {
    if item.len() <= LABEL_BYTES_MAX {
        return item.to_owned();
    }
    let end = item.floor_char_boundary(LABEL_BYTES_MAX - '…'.len_utf8());
    format!("{}…", &item[..end])
}

/// Pages of tasks, the newest first.
struct Pages(Option<List>);

impl Pages {
    const fn new(filter: Filter) -> Self {
        Self(Some(List {
            filter,
            after: None,
            limit: PAGE,
            brief: true,
        }))
    }

    async fn next(&mut self, duly: &Duly) -> Result<Option<Vec<TaskRecord>>, RequestError> {
        let Some(request) = &mut self.0 else {
            return Ok(None);
        };
        let page = duly.list(request.clone()).await?;
        match page.next {
            Some(next) => request.after = Some(next),
            None => self.0 = None,
        }
        Ok(Some(page.tasks))
    }
}
