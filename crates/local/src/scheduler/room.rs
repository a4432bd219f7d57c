//! Those who wait for room in the queue, in the order in which they came.

use std::collections::VecDeque;
use std::task::Waker;

use crate::sync::Wakes;

/// A place in the line for room.
pub(super) type Ticket = u64;

/// The line for room.
#[derive(Debug, Default)]
pub(super) struct Room {
    line: VecDeque<(Ticket, Waker)>,
    last: Ticket,
}

impl Room {
    pub(super) fn is_empty(&self) -> bool {
        self.line.is_empty()
    }

    /// Whether it is the turn of who has this ticket, or none yet.
    pub(super) fn is_first(&self, ticket: Option<Ticket>) -> bool {
        self.line.front().map(|(first, _)| *first) == ticket
    }

    /// Stands in line, or goes on standing there.
    pub(super) fn wait(&mut self, ticket: Option<Ticket>, waker: &Waker) -> Ticket {
        let known = ticket.and_then(|ticket| self.line.iter_mut().find(|(t, _)| *t == ticket));
        if let Some((ticket, known)) = known {
            known.clone_from(waker);
            return *ticket;
        }
        self.last += 1;
        self.line.push_back((self.last, waker.clone()));
        self.last
    }

    /// Leaves the line.
    pub(super) fn leave(&mut self, ticket: Ticket) {
        self.line.retain(|(other, _)| *other != ticket);
    }

    /// There is room for one: the first in line is told, and stays there until it takes it.
    pub(super) fn tell(&self, wakes: &mut Wakes) {
        wakes.extend(self.line.front().map(|(_, waker)| waker.clone()));
    }

    /// Nobody will get in any more: all are told.
    pub(super) fn close(&mut self, wakes: &mut Wakes) {
        wakes.extend(self.line.drain(..).map(|(_, waker)| waker));
    }
}
