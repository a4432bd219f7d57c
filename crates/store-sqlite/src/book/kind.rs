//! Kinds, known by heart: what holds for them, and how many tasks they have won or lost.

use duly_store::{KindSettings, Name};
use hashbrown::HashMap;
use rusqlite::{Connection, Result, Row, params};

use super::Book;

pub(crate) const HELD: &str = "SELECT id, paused, draining
    FROM duly_kind INDEXED BY duly_kind_held WHERE paused = 1 OR draining = 1";
const SET: &str = "UPDATE duly_kind SET paused = ?2, draining = ?3 WHERE id = ?1";
const ADD: &str = "UPDATE duly_kind SET unfinished = unfinished + ?2 WHERE id = ?1";
pub(crate) const COUNT: &str = "SELECT coalesce(max(id), 0) FROM duly_kind";

/// What is known of all kinds.
#[derive(Debug, Default)]
pub(crate) struct Kinds {
    /// Those that are paused or drained, by number; once they were looked up.
    held: Option<HashMap<i64, KindSettings>>,
    /// What is to be added to the counts of their unfinished tasks.
    won: HashMap<i64, i64>,
    /// The same of the kind that was counted last: most often it is the next one, too.
    run: (i64, i64),
    /// The kind that was asked for last.
    recent: Option<(Name, i64)>,
}

impl Kinds {
    /// Forgets what another connection may have changed.
    pub(super) fn refresh(&mut self) {
        self.held = None;
    }

    /// Forgets a kind that was made, and is not there any more.
    pub(super) fn drop(&mut self, kind: i64) {
        if let Some(held) = &mut self.held {
            held.remove(&kind);
        }
        self.recent = None;
        self.end_run();
        self.won.remove(&kind);
    }

    pub(super) fn recent(&self, name: &Name) -> Option<i64> {
        let recent = self.recent.as_ref();
        recent
            .filter(|(recent, _)| recent == name)
            .map(|(_, id)| *id)
    }

    pub(super) fn set_recent(&mut self, name: &Name, id: i64) {
        self.recent = Some((name.clone(), id));
    }

    fn count(&mut self, kind: i64, by: i64) {
        if self.run.0 != kind {
            self.end_run();
            self.run.0 = kind;
        }
        self.run.1 += by;
    }

    fn end_run(&mut self) {
        let (kind, by) = std::mem::take(&mut self.run);
        if by != 0 {
            *self.won.entry(kind).or_default() += by;
        }
    }
}

impl Book {
    /// What holds for a kind.
    pub(crate) fn kind_settings(
        &mut self,
        connection: &Connection,
        kind: i64,
    ) -> Result<KindSettings> {
        let held = self.held_kinds(connection)?;
        Ok(held.get(&kind).copied().unwrap_or_default())
    }

    /// The kinds that are paused or drained, by number.
    pub(crate) fn held_kinds(
        &mut self,
        connection: &Connection,
    ) -> Result<&mut HashMap<i64, KindSettings>> {
        if self.kind_roll.held.is_none() {
            let mut statement = connection.prepare_cached(HELD)?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, settings(row, 1)?)))?;
            self.kind_roll.held = Some(rows.collect::<Result<_>>()?);
        }
        Ok(self.kind_roll.held.as_mut().expect("it was just filled in"))
    }

    /// Makes the settings of a kind what they shall be.
    pub(crate) fn set_kind(
        &mut self,
        connection: &Connection,
        kind: i64,
        settings: KindSettings,
    ) -> Result<()> {
        let held = self.held_kinds(connection)?;
        if settings == KindSettings::default() {
            held.remove(&kind);
        } else {
            held.insert(kind, settings);
        }
        let values = params![kind, settings.paused, settings.draining];
        connection.prepare_cached(SET)?.execute(values).map(drop)
    }

    /// Whether there is no record of a kind, and no room for one more in `most`.
    pub(crate) fn lacks_kind(
        &mut self,
        connection: &Connection,
        name: &Name,
        most: usize,
    ) -> Result<bool> {
        Ok(self.kind(connection, name)?.is_none() && is_full(connection, COUNT, most)?)
    }

    /// A kind has so many unfinished tasks more.
    pub(crate) fn count_kind(&mut self, kind: i64, by: i64) {
        self.kind_roll.count(kind, by);
    }

    /// Writes the counts that have changed.
    pub(super) fn flush_kinds(&mut self, connection: &Connection) -> Result<()> {
        self.kind_roll.end_run();
        let mut add = connection.prepare_cached(ADD)?;
        for (kind, by) in self.kind_roll.won.drain().filter(|(_, by)| *by != 0) {
            add.execute(params![kind, by])?;
        }
        Ok(())
    }
}

/// Whether a table of records, which are never removed, has as many as it may.
pub(super) fn is_full(connection: &Connection, sql: &str, most: usize) -> Result<bool> {
    let count: i64 = connection
        .prepare_cached(sql)?
        .query_row([], |row| row.get(0))?;
    Ok(usize::try_from(count).is_ok_and(|count| count >= most))
}

/// A kind's settings, from the columns that begin at `at`.
pub(crate) fn settings(row: &Row<'_>, at: usize) -> Result<KindSettings> {
    Ok(KindSettings {
        paused: row.get(at)?,
        draining: row.get(at + 1)?,
    })
}
