//! Queues, known by heart: their settings, their counts, and which kinds they hold lines for.

use duly_core::dispatch::QueueId;
use duly_core::{EventKind, State};
use duly_store::{Name, QueueSettings};
use hashbrown::HashMap;
use rusqlite::{Connection, OptionalExtension, Result, Row, params};

use super::Book;
use super::settings::{settings, settings_columns};
use crate::row;

const QUEUE: &str = concat!(
    "SELECT id, ",
    settings_columns!(),
    " FROM duly_queue WHERE name = ?1"
);
const ADD_QUEUE: &str = "INSERT INTO duly_queue
    (name, paused, draining, bound, retention_completed, retention_failed)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
const COUNTS: &str = "SELECT state, n FROM duly_count WHERE queue = ?1";
/// Lanes with conditions are looked up when they are needed: there may be many.
pub(crate) const PLAIN_LANES: &str = "SELECT k.id, k.name, li.id, la.id, la.suspect
    FROM duly_line AS li INDEXED BY sqlite_autoindex_duly_line_1
    CROSS JOIN duly_kind AS k ON k.id = li.kind
    LEFT JOIN duly_lane AS la INDEXED BY sqlite_autoindex_duly_lane_1
        ON la.line = li.id AND la.suspect IN (0, 1) AND la.tenant = '' AND la.limits = ''
    WHERE li.queue = ?1";

/// A queue, by the number that dispatch gave it; good for one transaction.
pub(crate) type QueueSlot = QueueId;

#[derive(Debug)]
pub(crate) struct Queue {
    pub(crate) id: i64,
    pub(crate) name: Name,
    pub(crate) settings: QueueSettings,
    counts: [i64; State::COUNT],
    /// Which counts differ from what is stored.
    changed: [bool; State::COUNT],
    /// Events of each kind that are not counted in its totals yet.
    happened: [u32; EventKind::COUNT],
    /// The number of its line, by kind.
    pub(super) lines: HashMap<i64, i64>,
    /// All its lanes in which somebody stands are known.
    pub(super) standing_known: bool,
    /// It was read in this reading of the book.
    reading: u64,
    /// It was made, and then undone: its number is not used again.
    gone: bool,
    /// Something of it may have changed since it was written.
    to_be_written: bool,
}

impl Book {
    /// The queue of a name, if it was made.
    pub(crate) fn queue_slot(
        &mut self,
        connection: &Connection,
        name: &Name,
    ) -> Result<Option<QueueSlot>> {
        if let Some(slot) = self.queue_slots.get(name).copied() {
            self.know_queue(connection, slot)?;
            return Ok(Some(slot));
        }
        if self.no_queues.contains(name) {
            return Ok(None);
        }
        let Some((id, settings)) = stored(connection, name)? else {
            self.no_queues.insert(name.clone());
            return Ok(None);
        };
        self.add_queue(connection, id, name, settings).map(Some)
    }

    /// The queue of a name, made if there is none.
    pub(crate) fn make_queue(&mut self, connection: &Connection, name: &Name) -> Result<QueueSlot> {
        if let Some(slot) = self.queue_slot(connection, name)? {
            return Ok(slot);
        }
        let settings = QueueSettings::default();
        connection.prepare_cached(ADD_QUEUE)?.execute(params![
            name.as_str(),
            settings.paused,
            settings.draining,
            settings.bound.cast_signed(),
            row::micros(settings.retention_completed),
            row::micros(settings.retention_failed),
        ])?;
        let slot = self.add_queue(connection, connection.last_insert_rowid(), name, settings)?;
        self.no_queues.remove(name);
        self.made_queues.push(slot);
        Ok(slot)
    }

    fn add_queue(
        &mut self,
        connection: &Connection,
        id: i64,
        name: &Name,
        settings: QueueSettings,
    ) -> Result<QueueSlot> {
        let slot = self.place_queue(Queue::new(id, name.clone()));
        self.read_queue(connection, slot, settings)?;
        self.queue_slots.insert(name.clone(), slot);
        self.queue_ids.insert(id, slot);
        Ok(slot)
    }

    /// Sees to it that what is known of a queue is what stands in the file.
    pub(super) fn know_queue(&mut self, connection: &Connection, slot: QueueSlot) -> Result<()> {
        let queue = &self.queues[slot.index()];
        if queue.reading == self.reading || queue.gone {
            return Ok(());
        }
        let found = stored(connection, &queue.name)?;
        let (_, settings) = found.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        self.read_queue(connection, slot, settings)
    }

    /// Puts a queue where one was made and undone, if there is such a place: all of its lanes are undone, too.
    fn place_queue(&mut self, queue: Queue) -> QueueSlot {
        if let Some(slot) = self.gone_queues.pop() {
            self.queues[slot.index()] = queue;
            return slot;
        }
        let slot = self.dispatch.add_queue();
        debug_assert_eq!(slot.index(), self.queues.len());
        self.queues.push(queue);
        slot
    }

    fn read_queue(
        &mut self,
        connection: &Connection,
        slot: QueueSlot,
        settings: QueueSettings,
    ) -> Result<()> {
        let was_fair = self.dispatch.is_fair(slot);
        self.tell_dispatch(slot, &settings);
        let reading = self.reading;
        let queue = &mut self.queues[slot.index()];
        queue.settings = settings;
        queue.reading = reading;
        let id = queue.id;
        let mut statement = connection.prepare_cached(COUNTS)?;
        let mut rows = statement.query([id])?;
        while let Some(row) = rows.next()? {
            queue.counts[usize::from(row::state(row, 0)?.code())] = row.get(1)?;
        }
        let mut statement = connection.prepare_cached(PLAIN_LANES)?;
        let mut rows = statement.query([id])?;
        while let Some(row) = rows.next()? {
            self.read_line(slot, row)?;
        }
        if self.dispatch.is_fair(slot) && !was_fair {
            self.read_all_turns(connection, slot)?;
        }
        Ok(())
    }

    /// Keeps a line, and one of its lanes without conditions.
    fn read_line(&mut self, slot: QueueSlot, row: &Row<'_>) -> Result<()> {
        let kind: i64 = row.get(0)?;
        if !self.kind_names.contains_key(&kind) {
            let name = row::name(row, 1)?;
            self.kinds.insert(name.clone(), kind);
            self.kind_names.insert(kind, name);
        }
        self.queues[slot.index()].lines.insert(kind, row.get(2)?);
        if let Some(id) = row.get::<_, Option<i64>>(3)? {
            self.read_plain_lane(id, (slot, kind), row.get(4)?);
        }
        Ok(())
    }

    /// A queue that is none.
    pub(super) fn add_nobody(&mut self) -> QueueSlot {
        let slot = self.dispatch.add_queue();
        self.queues.push(Queue {
            gone: true,
            ..Queue::new(0, Name::default())
        });
        slot
    }

    /// Lets claims see what holds for a queue.
    pub(crate) fn tell_dispatch(&mut self, queue: QueueSlot, settings: &QueueSettings) {
        self.dispatch.set_paused(queue, settings.paused);
        self.dispatch.set_policy(queue, settings.order);
        self.dispatch.set_fair(queue, settings.fair);
    }

    pub(crate) fn queue(&self, slot: QueueSlot) -> &Queue {
        let queue = &self.queues[slot.index()];
        debug_assert!(queue.gone || queue.reading == self.reading, "it was read");
        queue
    }

    pub(crate) fn queue_mut(&mut self, slot: QueueSlot) -> &mut Queue {
        let queue = &mut self.queues[slot.index()];
        debug_assert!(queue.gone || queue.reading == self.reading, "it was read");
        if !std::mem::replace(&mut queue.to_be_written, true) {
            self.counted_queues.push(slot);
        }
        queue
    }

    /// How many queues the next commit looks at.
    #[cfg(test)]
    pub(crate) const fn counted_queues(&self) -> usize {
        self.counted_queues.len()
    }

    /// The name of a queue, which never changes.
    pub(crate) fn queue_name(&self, slot: QueueSlot) -> &Name {
        &self.queues[slot.index()].name
    }

    /// How many kinds a queue holds lines for.
    pub(crate) fn line_count(&self, queue: QueueSlot) -> usize {
        self.queue(queue).lines.len()
    }

    pub(crate) fn has_line(&self, queue: QueueSlot, kind: i64) -> bool {
        self.queue(queue).lines.contains_key(&kind)
    }
}

impl Queue {
    /// One of which nothing but its name was read.
    fn new(id: i64, name: Name) -> Self {
        Self {
            id,
            name,
            settings: QueueSettings::default(),
            counts: [0; State::COUNT],
            changed: [false; State::COUNT],
            happened: [0; EventKind::COUNT],
            lines: HashMap::new(),
            standing_known: false,
            reading: 0,
            gone: false,
            to_be_written: false,
        }
    }

    pub(crate) fn count(&mut self, state: State, by: i64) {
        let at = usize::from(state.code());
        self.counts[at] += by;
        self.changed[at] = true;
    }

    /// Notes that an event was written about one of its tasks.
    pub(crate) fn note(&mut self, kind: EventKind) {
        self.happened[usize::from(kind.code())] += 1;
    }

    /// The counts that differ from what is stored; it counts on from them.
    pub(super) fn take_changed(&mut self) -> impl Iterator<Item = (State, i64)> + use<> {
        let changed = std::mem::take(&mut self.changed);
        let states = State::ALL.into_iter().zip(changed).zip(self.counts);
        states.filter_map(|((state, changed), n)| changed.then_some((state, n)))
    }

    /// How many events of each kind are to be added to its totals; none are from then on.
    pub(super) fn take_happened(&mut self) -> impl Iterator<Item = (EventKind, u32)> + use<> {
        let happened = std::mem::take(&mut self.happened);
        let kinds = EventKind::ALL.iter().copied().zip(happened);
        kinds.filter(|(_, n)| *n > 0)
    }

    /// It was made, and is undone.
    pub(super) const fn leave(&mut self) {
        self.gone = true;
    }

    /// Whether something of it may have changed since it was written; nothing has, from then on.
    pub(super) const fn is_to_be_written(&mut self) -> bool {
        std::mem::replace(&mut self.to_be_written, false) && !self.gone
    }

    /// How many of its tasks are in a state.
    pub(crate) fn count_of(&self, state: State) -> u64 {
        self.counts[usize::from(state.code())].max(0).unsigned_abs()
    }

    /// How many of its tasks are not finished.
    pub(crate) fn unfinished(&self) -> u64 {
        let unfinished = State::ALL.into_iter().filter(|state| !state.is_final());
        let sum: i64 = unfinished
            .map(|state| self.counts[usize::from(state.code())])
            .sum();
        u64::try_from(sum).unwrap_or(0)
    }
}

/// The number and the settings of a queue, as they are stored.
fn stored(connection: &Connection, name: &Name) -> Result<Option<(i64, QueueSettings)>> {
    connection
        .prepare_cached(QUEUE)?
        .query_row([name.as_str()], |row| Ok((row.get(0)?, settings(row, 1)?)))
        .optional()
}
