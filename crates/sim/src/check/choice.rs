//! What a claim may choose from, step by step: those that could start, and who of them may be next.

use std::collections::BTreeMap;

use duly_core::{TaskId, Timestamp};
use duly_store::{Claim, Name};

use crate::ledger::{Key, Ledger, Task, Usage};

/// Those that a claim may choose from, and what it has chosen.
pub(super) struct Choice<'a> {
    queues: Vec<&'a Name>,
    /// Queues take turns by weight; which one is next is not looked at.
    by_weight: bool,
    open: Vec<(TaskId, &'a Task)>,
    /// Where the turn among queues stands.
    turn: usize,
    suspect: bool,
    ledger: &'a Ledger,
    usage: Usage,
    at: Timestamp,
}

/// One that may be next of its queue.
#[derive(Clone, Copy)]
pub(super) struct Head<'a> {
    pub(super) id: TaskId,
    pub(super) task: &'a Task,
    /// How urgent it is beside the heads of other queues: between these two.
    urgency: (u8, u8),
}

/// Whatever its key is, while its queue's tasks still have keys of a former order.
const ANY: (u8, u8) = (0, 3);

impl<'a> Choice<'a> {
    pub(super) fn of(request: &'a Claim, ledger: &'a Ledger, at: Timestamp) -> Self {
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
            by_weight: !request.weights.is_empty(),
            queues,
            suspect: request.suspect,
            usage: ledger.usage(),
            ledger,
            at,
        }
    }

    /// The queues that it is about.
    pub(super) fn queues(&self) -> &[&'a Name] {
        &self.queues
    }

    /// All of which one must be next. There are several only where this is not what is looked at: whose
    /// turn it is among the tenants of a fair queue, and among queues by weight; and in a queue whose tasks
    /// still have keys of a former order.
    pub(super) fn candidates(&self, starts: bool) -> Vec<Head<'a>> {
        let count = self.queues.len();
        let in_turn = (0..count).map(|step| self.queues[(self.turn + step) % count]);
        let heads: Vec<_> = in_turn.map(|queue| self.heads(queue, starts)).collect();
        let least_urgent = heads
            .iter()
            .map(|heads| heads.iter().map(|head| head.urgency.1).max());
        let bounds: Vec<_> = least_urgent.enumerate().collect();
        let is_next = |place: usize, head: &Head<'_>| {
            let mut others = bounds.iter().filter(|(other, _)| *other != place);
            self.by_weight
                || others.all(|(other, least)| {
                    least.is_none_or(|least| (head.urgency.0, place) < (least, *other))
                })
        };
        let placed = heads.iter().enumerate();
        let next = placed.flat_map(|(place, heads)| {
            heads
                .iter()
                .copied()
                .filter(move |head| is_next(place, head))
        });
        next.collect()
    }

    /// All of a queue of which one must be its next.
    pub(super) fn heads(&self, queue: &Name, starts: bool) -> Vec<Head<'a>> {
        let line = self.line(queue, starts);
        if self.ledger.is_mixed(queue) {
            return line
                .map(|(id, task)| Head {
                    id,
                    task,
                    urgency: ANY,
                })
                .collect();
        }
        let is_fair = self.ledger.is_fair(queue);
        let mut firsts: BTreeMap<Option<&Name>, (Key, TaskId, &Task)> = BTreeMap::new();
        for (id, task) in line {
            let party = task.new.tenant.as_ref().filter(|_| is_fair);
            let own = (self.ledger.key(task), id, task);
            let first = firsts.entry(party).or_insert(own);
            if own.0 < first.0 {
                *first = own;
            }
        }
        let class = firsts.values().map(|((class, ..), ..)| *class).min();
        let firsts = firsts.into_values();
        let firsts = firsts.filter(|((own, ..), ..)| Some(*own) == class);
        let heads = firsts.map(|(_, id, task)| {
            let urgency = self.ledger.urgency(task, self.at);
            Head {
                id,
                task,
                urgency: (urgency, urgency),
            }
        });
        heads.collect()
    }

    /// All of a queue that could start.
    fn line(&self, queue: &Name, starts: bool) -> impl Iterator<Item = (TaskId, &'a Task)> {
        let may = move |task: &Task| {
            let trusted = task.lost == 0 || (self.suspect && starts);
            let closed = self.ledger.closed_limits(&self.usage, &task.new, self.at);
            trusted && closed.is_empty()
        };
        let line = self.open.iter().copied();
        let line = line.filter(move |(_, task)| task.new.queue == *queue);
        line.filter(move |(_, task)| may(task))
    }

    /// It is next, and taken out.
    pub(super) fn take(&mut self, id: TaskId) {
        let Some(index) = self.open.iter().position(|(open, _)| *open == id) else {
            return;
        };
        let (_, task) = self.open.remove(index);
        let place = self
            .queues
            .iter()
            .position(|queue| **queue == task.new.queue);
        self.turn = place.map_or(0, |place| (place + 1) % self.queues.len());
        self.suspect &= task.lost == 0;
        self.ledger.hand_out(&mut self.usage, &task.new, self.at);
    }
}
