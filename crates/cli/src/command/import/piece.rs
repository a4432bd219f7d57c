//! A part of an archive that is an archive itself: what one request holds.

use std::collections::BTreeMap;

use axum::body::Bytes;
use duly::store::archive::{Counted, write_end, write_header};
use duly_core::Timestamp;

/// Schedules and tasks of a piece.
const ELEMENTS_MAX: usize = 500;
/// Bytes that make a piece; it ends with the line that reaches them.
const BYTES_MAX: usize = 2 << 20;

/// Lines, each with its number in the file.
#[derive(Debug, Default)]
pub(super) struct Piece {
    at: Timestamp,
    /// By name: a queue's line stands in the piece once.
    queues: BTreeMap<String, (u64, Bytes)>,
    /// Schedules and tasks, in their order.
    elements: Vec<(u64, Vec<u8>)>,
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
        self.elements.len() >= ELEMENTS_MAX || self.bytes >= BYTES_MAX
    }

    pub(super) fn is_empty(&self) -> bool {
        self.queues.is_empty() && self.elements.is_empty()
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
        self.element(number, line);
    }

    /// Adds the line of a schedule.
    pub(super) fn schedule(&mut self, number: u64, line: Vec<u8>) {
        self.counted.schedules += 1;
        self.element(number, line);
    }

    fn element(&mut self, number: u64, line: Vec<u8>) {
        self.bytes += line.len();
        self.elements.push((number, line));
    }

    /// The whole of it.
    pub(super) fn archive(&self) -> Bytes {
        let mut archive = Vec::with_capacity(self.bytes + self.elements.len() + 512);
        write_header(self.at, &mut archive);
        let queues = self.queues.values().map(|(_, line)| &line[..]);
        let elements = self.elements.iter().map(|(_, line)| &line[..]);
        for line in queues.chain(elements) {
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
        let elements = self.elements.iter().map(|(number, _)| *number);
        // The first line is the head.
        queues.chain(elements).nth(number.checked_sub(2)?)
    }
}
