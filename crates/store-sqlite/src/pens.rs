//! The statements that most tasks need, prepared once: looking one up costs as much as a row.

use std::borrow::Cow;

use rusqlite::{CachedStatement, Connection, PrepFlags, Result, Statement};

use crate::{claim, live, pick, task, transaction};

/// How many lanes a claim steps through.
pub(crate) const LANE_STEPS_MAX: usize = 16;

/// One of the statements.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pen {
    AddTask,
    AddLive,
    AddEvent,
    AddEvents,
    Live,
    Update,
    Remove,
    Keep,
    Take,
    First,
    Alone,
    Ahead,
}

const PENS: [Pen; 12] = [
    Pen::AddTask,
    Pen::AddLive,
    Pen::AddEvent,
    Pen::AddEvents,
    Pen::Live,
    Pen::Update,
    Pen::Remove,
    Pen::Keep,
    Pen::Take,
    Pen::First,
    Pen::Alone,
    Pen::Ahead,
];

impl Pen {
    fn sql(self, owner: Owner) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::AddTask => task::ADD_TASK,
            Self::AddLive => task::ADD_LIVE,
            Self::AddEvent => return transaction::add_event(owner).into(),
            Self::AddEvents => return transaction::add_events(owner).into(),
            Self::Live => live::LIVE,
            Self::Update => live::UPDATE,
            Self::Remove => live::REMOVE,
            Self::Keep => live::KEEP,
            Self::Take => claim::TAKE,
            Self::First => pick::FIRST,
            Self::Alone => pick::ALONE,
            Self::Ahead => pick::AHEAD,
        })
    }
}

/// Whose transaction it is that the statements work in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// The writer's: what fails undoes all of it.
    Writer,
    /// The application's: what fails undoes nothing of theirs.
    Application,
}

/// The prepared statements of a connection.
pub(crate) struct Pens<'c> {
    connection: &'c Connection,
    owner: Owner,
    ready: [Option<CachedStatement<'c>>; PENS.len()],
    /// One for each lane that a claim steps through.
    lane_steps: Vec<Statement<'c>>,
}

impl<'c> Pens<'c> {
    /// The writer's, all of them ready.
    pub(crate) fn new(connection: &'c Connection) -> Result<Self> {
        let mut pens = Self::of(connection, Owner::Writer);
        for pen in PENS {
            pens.take_up(pen)?;
        }
        Ok(pens)
    }

    /// Prepared when they are needed, if the connection does not keep them from before.
    pub(crate) fn of(connection: &'c Connection, owner: Owner) -> Self {
        Self {
            connection,
            owner,
            ready: [const { None }; PENS.len()],
            lane_steps: Vec::new(),
        }
    }

    pub(crate) fn take_up(&mut self, pen: Pen) -> Result<&mut Statement<'c>> {
        let ready = &mut self.ready[pen as usize];
        if ready.is_none() {
            *ready = Some(self.connection.prepare_cached(&pen.sql(self.owner))?);
        }
        Ok(ready.as_mut().expect("it was just filled in"))
    }

    /// Statements to step through so many lanes.
    pub(crate) fn lane_steps(&mut self, lanes: usize) -> Result<Vec<Statement<'c>>> {
        let mut steps = std::mem::take(&mut self.lane_steps);
        while steps.len() < lanes {
            // They stay, so they shall not hold what SQLite keeps at hand for short.
            let kept = PrepFlags::SQLITE_PREPARE_PERSISTENT;
            steps.push(self.connection.prepare_with_flags(pick::LANE, kept)?);
        }
        Ok(steps)
    }

    /// Takes them back.
    pub(crate) fn keep_lane_steps(&mut self, steps: Vec<Statement<'c>>) {
        self.lane_steps = steps;
    }
}
