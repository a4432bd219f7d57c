//! **Order at claim.** What a claim hands out is exactly what stands first. Within a queue: the most urgent
//! priority, then the earliest due, then the earliest submitted. Among queues: the most urgent priority of
//! those that stand first; among equals by turns, in the order in which the worker names them. Nothing that
//! could have started, and that no limit stops, is left behind while a slot that was asked for stays empty.

use duly_core::{TaskId, Timestamp};
use duly_store::{Claim, Name};

use super::{Check, Seen, Verdict, demand};
use crate::ledger::{Ledger, Task, Usage};
use crate::name;
use crate::wire::{Answer, Ask};

#[derive(Debug)]
struct Order;

pub(super) const fn new() -> impl Check {
    Order
}

/// Those that a claim may choose from, and what it has chosen.
struct Choice<'a> {
    queues: Vec<&'a Name>,
    open: Vec<(TaskId, &'a Task)>,
    /// Where the turn among queues stands.
    turn: usize,
    suspect: bool,
    ledger: &'a Ledger,
    usage: Usage,
    at: Timestamp,
}

impl Check for Order {
    fn see(&mut self, seen: &Seen<'_>, ledger: &Ledger) -> Verdict {
        let Seen::Step(step) = seen else {
            return Ok(());
        };
        let (Ask::Claim(request), Answer::Claim(Ok(claimed))) = (&step.ask, &step.answer) else {
            return Ok(());
        };
        let mut choice = Choice::of(request, ledger, claimed.at);
        let asked = (request.run + request.prefetch) as usize;
        for place in 0..asked {
            let starts = place < request.run as usize;
            let expected = choice.next(starts);
            let got = claimed.leases.get(place).map(|lease| lease.attempt.task);
            demand(expected == got, || {
                let say = |id: Option<TaskId>| id.map_or("nothing".to_owned(), name::task);
                let place = place + 1;
                let (got, expected) = (say(got), say(expected));
                format!("place {place} of a claim is {got}, and {expected} stands first")
            })?;
        }
        demand(claimed.leases.len() <= asked, || {
            format!("{} tasks for a claim of {asked}", claimed.leases.len())
        })
    }
}

impl<'a> Choice<'a> {
    fn of(request: &'a Claim, ledger: &'a Ledger, at: Timestamp) -> Self {
        let mut queues: Vec<&Name> = Vec::new();
        for queue in &request.queues {
            if !queues.contains(&queue) {
                queues.push(queue);
            }
        }
        let is_open = |task: &Task| {
            task.is_due(at)
                && !task.is_overdue(at)
                && queues.contains(&&task.new.queue)
                && request.kinds.contains(&task.new.kind)
                && ledger.paused(task).is_none()
        };
        let tasks = ledger.tasks.iter().filter(|(_, task)| is_open(task));
        Self {
            open: tasks.map(|(id, task)| (*id, task)).collect(),
            turn: request.turn as usize % queues.len().max(1),
            queues,
            suspect: request.suspect,
            usage: ledger.usage(),
            at,
            ledger,
        }
    }

    /// What stands first, which is taken out.
    fn next(&mut self, starts: bool) -> Option<TaskId> {
        let count = self.queues.len();
        let mut best: Option<(usize, TaskId, &Task)> = None;
        for step in 0..count {
            let place = (self.turn + step) % count;
            let Some((id, task)) = self.head(self.queues[place], starts) else {
                continue;
            };
            if best.is_none_or(|(_, _, head)| task.priority < head.priority) {
                best = Some((place, id, task));
            }
        }
        let (place, id, task) = best?;
        if !starts && self.ledger.is_rated(&task.new) {
            return None;
        }
        self.turn = (place + 1) % count;
        self.suspect &= task.lost == 0;
        self.ledger.hand_out(&mut self.usage, &task.new, self.at);
        self.open.retain(|(open, _)| *open != id);
        Some(id)
    }

    fn head(&self, queue: &Name, starts: bool) -> Option<(TaskId, &'a Task)> {
        let may = |task: &Task| {
            let trusted = task.lost == 0 || (self.suspect && starts);
            let closed = self.ledger.closed_limits(&self.usage, &task.new, self.at);
            trusted && closed.is_empty()
        };
        let line = self
            .open
            .iter()
            .filter(|(_, task)| task.new.queue == *queue);
        let line = line.filter(|(_, task)| may(task));
        line.min_by_key(|(_, task)| self.ledger.key(task)).copied()
    }
}
