//! A part of an archive that is an archive itself: what one request holds.

use std::collections::BTreeMap;

use axum::body::Bytes;
use duly::store::archive::{Counted, write_end, write_header};
use duly_core::Timestamp;

/// Tasks of a piece.
const TASKS_MAX: u64 = 500;
/// Bytes that make a piece; it ends with the task that reaches them.
const BYTES_MAX: usize = 2 << 20;

/// Lines, each with its number in the file.
#[derive(Debug, Default)]
pub(super) struct Piece {
    at: Timestamp,
    /// By name: a queue's line stands in the piece once.
    queues: BTreeMap<String, (u64, Bytes)>,
    tasks: Vec<(u64, Vec<u8>)>,
    counted: Counted,
    bytes: usize,
}

impl Piece {
    /// A part of an archive that was begun at `at`.
    pub(super) fn new(at: Timestamp) -> Self {
        Self {
            at,
            ..Self::default()
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.counted.tasks >= TASKS_MAX || self.bytes >= BYTES_MAX
    }

    pub(super) fn is_empty(&self) -> bool {
        self.queues.is_empty() && self.tasks.is_empty()
    }

    /// Adds the line of a queue, unless it is there.
    pub(super) fn queue(&mut self, name: &str, line: (u64, Bytes)) {
        if !self.queues.contains_key(name) {
            self.bytes += line.1.len();
            self.queues.insert(name.to_owned(), line);
        }
    }

    /// Adds the line of a task that has so many events.
    pub(super) fn task(&mut self, number: u64, line: Vec<u8>, events: usize) {
        self.counted.tasks += 1;
        self.counted.events += events as u64;
        self.bytes += line.len();
        self.tasks.push((number, line));
    }

    /// The whole of it.
    pub(super) fn archive(&self) -> Bytes {
        let mut archive = Vec::with_capacity(self.bytes + self.tasks.len() + 512);
        write_header(self.at, &mut archive);
        let queues = self.queues.values().map(|(_, line)| &line[..]);
        let tasks = self.tasks.iter().map(|(_, line)| &line[..]);
        for line in queues.chain(tasks) {
            archive.extend_from_slice(line);
            archive.push(b'\n');
        }
        let counted = Counted {
            queues: self.queues.len() as u64,
            ..self.counted
        };
        write_end(counted, &mut archive);
        archive.into()
    }

    /// Where a line of this piece, counted from 1, stands in the file.
    pub(super) fn line(&self, number: usize) -> Option<u64> {
        let queues = self.queues.values().map(|(number, _)| *number);
        let tasks = self.tasks.iter().map(|(number, _)| *number);
        // The first line is the head.
        queues.chain(tasks).nth(number.checked_sub(2)?)
    }
}
