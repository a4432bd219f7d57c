//! Names, workers and leases, known by heart.

use duly_core::{Incarnation, TaskId};
use duly_store::Name;
use rusqlite::{Connection, OptionalExtension, Result};

use super::Book;
use crate::row;

const KIND_NAME: &str = "SELECT name FROM duly_kind WHERE id = ?1";
const KIND: &str = "SELECT id FROM duly_kind WHERE name = ?1";
const ADD_KIND: &str = "INSERT INTO duly_kind (name) VALUES (?1)";
const NAME: &str = "SELECT id FROM duly_name WHERE name = ?1";
const ADD_NAME: &str = "INSERT INTO duly_name (name) VALUES (?1)";
const WORKER: &str = "SELECT w.id, n.id, n.name, w.beats, w.lapsed
    FROM duly_worker AS w CROSS JOIN duly_name AS n ON n.id = w.name WHERE w.incarnation = ?1";

/// A registered worker.
#[derive(Clone, Debug)]
pub(crate) struct Worker {
    pub(crate) id: i64,
    pub(crate) name_id: i64,
    pub(crate) name: Name,
    pub(crate) beats: i64,
    pub(crate) lapsed: bool,
}

impl Book {
    /// The number of a kind, if it is known by heart: the kinds of all loaded lanes are.
    pub(crate) fn known_kind(&self, name: &Name) -> Option<i64> {
        self.kinds.get(name).copied()
    }

    /// The number of a kind, if it has one.
    pub(crate) fn kind(&mut self, connection: &Connection, name: &Name) -> Result<Option<i64>> {
        if let Some(id) = self.kind_roll.recent(name) {
            return Ok(Some(id));
        }
        if let Some(id) = self.kinds.get(name) {
            self.kind_roll.set_recent(name, *id);
            return Ok(Some(*id));
        }
        let id = connection
            .prepare_cached(KIND)?
            .query_row([name.as_str()], |row| row.get(0))
            .optional()?;
        if let Some(id) = id {
            self.kinds.insert(name.clone(), id);
            self.kind_names.insert(id, name.clone());
        }
        Ok(id)
    }

    pub(crate) fn make_kind(&mut self, connection: &Connection, name: &Name) -> Result<i64> {
        if let Some(id) = self.kind(connection, name)? {
            return Ok(id);
        }
        connection
            .prepare_cached(ADD_KIND)?
            .execute([name.as_str()])?;
        let id = connection.last_insert_rowid();
        self.kinds.insert(name.clone(), id);
        self.kind_names.insert(id, name.clone());
        self.made_kinds.push(name.clone());
        Ok(id)
    }

    /// The name of a kind of a loaded lane.
    pub(crate) fn kind_name(&self, kind: i64) -> Name {
        self.kind_names.get(&kind).cloned().unwrap_or_default()
    }

    /// The name of a kind, known by heart or not.
    pub(crate) fn name_of_kind(&mut self, connection: &Connection, kind: i64) -> Result<Name> {
        if let Some(name) = self.kind_names.get(&kind) {
            return Ok(name.clone());
        }
        let mut statement = connection.prepare_cached(KIND_NAME)?;
        let name = statement.query_row([kind], |row| row::name(row, 0))?;
        self.kinds.insert(name.clone(), kind);
        self.kind_names.insert(kind, name.clone());
        Ok(name)
    }

    /// The number of a worker's name, made if there is none.
    pub(crate) fn make_name(&mut self, connection: &Connection, name: &Name) -> Result<i64> {
        if let Some(id) = self.names.get(name) {
            return Ok(*id);
        }
        let known = connection
            .prepare_cached(NAME)?
            .query_row([name.as_str()], |row| row.get(0))
            .optional()?;
        let id = match known {
            Some(id) => id,
            None => {
                connection
                    .prepare_cached(ADD_NAME)?
                    .execute([name.as_str()])?;
                self.made_names.push(name.clone());
                connection.last_insert_rowid()
            }
        };
        self.names.insert(name.clone(), id);
        Ok(id)
    }

    /// A worker, if it is registered.
    pub(crate) fn worker(
        &mut self,
        connection: &Connection,
        incarnation: Incarnation,
    ) -> Result<Option<Worker>> {
        if let Some(worker) = self.workers.get(&incarnation) {
            return Ok(worker.clone());
        }
        let worker = connection
            .prepare_cached(WORKER)?
            .query_row([incarnation.as_bytes()], |row| {
                Ok(Worker {
                    id: row.get(0)?,
                    name_id: row.get(1)?,
                    name: row::name(row, 2)?,
                    beats: row.get(3)?,
                    lapsed: row.get(4)?,
                })
            })
            .optional()?;
        self.workers.insert(incarnation, worker.clone());
        Ok(worker)
    }

    /// Forgets a worker that was changed.
    pub(crate) fn drop_worker(&mut self, incarnation: Incarnation) {
        self.workers.remove(&incarnation);
    }

    pub(crate) fn keep_lease(&mut self, id: TaskId, sequence: i64) {
        self.leases.insert(id, sequence);
    }

    pub(crate) fn lease(&self, id: TaskId) -> Option<i64> {
        self.leases.get(&id).copied()
    }

    pub(crate) fn drop_lease(&mut self, id: TaskId) {
        self.leases.remove(&id);
    }
}
