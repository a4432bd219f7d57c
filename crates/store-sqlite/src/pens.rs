//! The statements that most tasks need, prepared once: looking one up costs as much as a row.

use rusqlite::{Connection, Result, Statement};

use crate::{claim, live, submit, transaction};

/// How many statements are kept to step through lanes.
pub(crate) const LANE_STEPS_MAX: usize = 1_024;

/// The writer's prepared statements.
#[derive(Debug)]
pub(crate) struct Pens<'c> {
    connection: &'c Connection,
    pub(crate) add_task: Statement<'c>,
    pub(crate) add_live: Statement<'c>,
    pub(crate) add_event: Statement<'c>,
    pub(crate) add_events: Statement<'c>,
    pub(crate) live: Statement<'c>,
    pub(crate) update: Statement<'c>,
    pub(crate) remove: Statement<'c>,
    pub(crate) keep: Statement<'c>,
    pub(crate) take: Statement<'c>,
    /// One for each lane that a claim steps through.
    lane_steps: Vec<Statement<'c>>,
}

impl<'c> Pens<'c> {
    pub(crate) fn new(connection: &'c Connection) -> Result<Self> {
        Ok(Self {
            connection,
            add_task: connection.prepare(submit::ADD_TASK)?,
            add_live: connection.prepare(submit::ADD_LIVE)?,
            add_event: connection.prepare(&transaction::add_event())?,
            add_events: connection.prepare(&transaction::add_events())?,
            live: connection.prepare(live::LIVE)?,
            update: connection.prepare(live::UPDATE)?,
            remove: connection.prepare(live::REMOVE)?,
            keep: connection.prepare(live::KEEP)?,
            take: connection.prepare(claim::TAKE)?,
            lane_steps: Vec::new(),
        })
    }

    /// Statements to step through so many lanes.
    pub(crate) fn lane_steps(&mut self, lanes: usize) -> Result<Vec<Statement<'c>>> {
        let mut steps = std::mem::take(&mut self.lane_steps);
        while steps.len() < lanes {
            steps.push(self.connection.prepare(claim::LANE)?);
        }
        Ok(steps)
    }

    /// Takes them back, if they are not too many.
    pub(crate) fn keep_lane_steps(&mut self, mut steps: Vec<Statement<'c>>) {
        steps.truncate(LANE_STEPS_MAX);
        self.lane_steps = steps;
    }
}
