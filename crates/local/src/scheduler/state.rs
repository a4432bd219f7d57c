//! What the scheduler knows, behind one lock: the engine, who waits for what, and the numbers.

use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use duly_core::engine::{Effect, Engine, Entry, QueueId, Rejected, Slot, Terms};
use duly_core::{
    AttemptRef, Decision, EventKind, Incarnation, Priority, State as Stored, Timestamp, Vitals,
};

use super::Settings;
use super::attempt::Ending;
use super::inside::Insiders;
use super::limits::Book;
use super::recurring::Recurrence;
use super::room::Room;
use super::stage::Stage;
use crate::error::Reason;
use crate::metrics::Meters;
use crate::sync::{Waiters, Wakes};
use crate::task::Options;
use crate::task::cell::{Head, Job};
use crate::task::life::{Orders, Phase};

/// An attempt that a worker runs.
#[derive(Clone)]
pub(super) struct Current {
    pub(super) job: Arc<dyn Job>,
    pub(super) attempt: AttemptRef,
    pub(super) slot: Slot,
    pub(super) spent: u32,
    pub(super) started: Timestamp,
    /// The task must have ended before this instant; [`Timestamp::MAX`]: whenever it ends.
    pub(super) finish_by: Timestamp,
    pub(super) waited: Duration,
}

/// What a worker does next.
pub(super) enum Next {
    Run(Current),
    Wait,
    Exit,
}

/// What a request to call a task off did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cancelled {
    /// Nothing: it has ended, or it is not here.
    Nothing,
    /// It runs, and was told.
    Told,
    /// It waited, and has ended with this.
    Ended,
}

/// What became of an attempt.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settled {
    pub(super) phase: Phase,
    pub(super) ran: Duration,
}

pub(crate) struct State {
    pub(super) engine: Engine<Arc<dyn Job>>,
    pub(super) queue: QueueId,
    pub(super) holder: Incarnation,
    pub(super) capacity: usize,
    /// Who is known to the engine by which number.
    pub(super) book: Book,
    pub(super) stage: Stage,
    /// Who runs what, by worker.
    pub(super) current: Vec<Option<Current>>,
    /// Which workers are stuck, and left to themselves.
    pub(super) left: Vec<bool>,
    /// Which workers have ended.
    pub(super) ended: Vec<bool>,
    /// How many workers have not ended, and are not left to themselves.
    pub(super) alive: usize,
    pub(super) running: usize,
    /// Workers without work, the last to come the first to go. None of them runs anything: a wake-up
    /// for a worker that is busy would be lost.
    pub(super) idle: Vec<(usize, Waker)>,
    /// Which workers are among those.
    pub(super) is_idle: Vec<bool>,
    pub(super) room: Room,
    /// Who waits until nothing is left to do.
    pub(super) quiet: Waiters,
    /// Who waits for workers to end.
    pub(super) closers: Waiters,
    pub(super) recurring: Vec<Recurrence>,
    pub(super) meters: Meters,
    /// The instant at which the keeper looks again, and how to wake it before.
    pub(super) alarm: Timestamp,
    pub(super) keeper: Option<Waker>,
    /// Whose tasks wait for the scheduler itself.
    pub(super) insiders: Insiders,
    /// What has expired, until the keeper lets go of it.
    pub(super) over: Vec<Arc<dyn Job>>,
    /// Kept, so that a claim need not make room each time.
    pub(super) leased: Vec<Slot>,
}

impl State {
    pub(super) fn new(settings: &Settings, holder: Incarnation, now: Timestamp) -> Self {
        let mut engine = Engine::lean();
        let queue = engine.add_queue();
        engine.dispatch_mut().set_fair(queue, settings.fair);
        Self {
            engine,
            queue,
            holder,
            capacity: settings.capacity,
            book: Book::default(),
            stage: Stage::Made,
            current: Vec::new(),
            left: Vec::new(),
            ended: Vec::new(),
            alive: 0,
            running: 0,
            idle: Vec::new(),
            is_idle: Vec::new(),
            room: Room::default(),
            quiet: Waiters::default(),
            closers: Waiters::default(),
            recurring: Vec::new(),
            meters: Meters::new(now),
            alarm: Timestamp::MAX,
            keeper: None,
            insiders: Insiders::default(),
            over: Vec::new(),
            leased: Vec::new(),
        }
    }

    /// How many tasks wait.
    pub(super) fn waiting(&self) -> usize {
        self.engine.len() - self.running
    }

    pub(super) const fn running(&self) -> usize {
        self.running
    }

    pub(super) fn is_quiet(&self) -> bool {
        self.engine.is_empty()
    }

    pub(super) fn has_room(&self) -> bool {
        self.waiting() < self.capacity
    }

    /// Takes a task in.
    pub(super) fn admit(
        &mut self,
        job: &Arc<dyn Job>,
        now: Timestamp,
        wakes: &mut Wakes,
    ) -> Result<(), Reason> {
        let head = job.head();
        let mut entry = Entry {
            id: head.id,
            sequence: self.engine.next_sequence(),
            vitals: Vitals::submitted(head.priority, now, None, 1, now),
            queue: self.queue,
            kind: self.book.kind(&head.name),
            terms: Terms::NONE,
            unique: None,
            holder: None,
            carry: job.clone(),
        };
        let mut look_at = Timestamp::MAX;
        if let Some(options) = &head.options {
            entry.vitals = vitals(head.priority, options, now);
            entry.unique.clone_from(&options.unique);
            entry.terms = self.terms(options)?;
            let due = entry.vitals.due_at;
            let deadline = entry.vitals.deadlines.earliest();
            look_at = deadline
                .into_iter()
                .chain((due > now).then_some(due))
                .min()
                .unwrap_or(look_at);
        }
        let waits = entry.vitals.due_at > now;
        let slot = self
            .engine
            .submit(entry, now)
            .map_err(|(rejected, _)| match rejected {
                Rejected::Exists(id) => Reason::TaskExists { id },
                Rejected::Full | Rejected::Lines => Reason::QueueFull {
                    capacity: self.capacity,
                },
            })?;
        head.life(|life| life.slot = Some(slot));
        self.meters.submitted(head.priority);
        self.ring_at(look_at, wakes);
        if !waits {
            self.wake_worker(wakes);
        }
        Ok(())
    }

    /// How many stand in line.
    pub(super) fn pending(&self) -> usize {
        let pending = self.engine.counts(self.queue)[usize::from(Stored::Pending.code())];
        usize::try_from(pending).unwrap_or(usize::MAX)
    }

    /// Ends the attempt of a worker, as it decided. `None` if the attempt is not the worker's any more.
    pub(super) fn settle(
        &mut self,
        worker: usize,
        current: &Current,
        ending: Ending,
        now: Timestamp,
        wakes: &mut Wakes,
    ) -> Option<Settled> {
        self.current[worker].take_if(|mine| mine.attempt == current.attempt)?;
        self.running -= 1;
        let effect = self
            .engine
            .settle_at(
                current.slot,
                current.attempt,
                self.holder,
                ending.decision,
                now,
            )
            .expect("what a worker runs is its own, and running");
        let phase = match effect {
            Effect::Finished { .. } if ending.aborted => Phase::Aborted,
            Effect::Finished { event, .. } => phase(event),
            Effect::Moved { slot, .. } => {
                let entry = self.engine.entry(slot).expect("it was moved just now");
                let (due, priority) = (entry.vitals.due_at, entry.vitals.priority);
                let deadline = entry.vitals.deadlines.earliest().unwrap_or(Timestamp::MAX);
                self.meters.waits_again(priority);
                self.ring_at(due.min(deadline), wakes);
                Phase::Retrying
            }
        };
        let ran = now.since(current.started);
        self.meters.ended(phase, ran, now);
        current.job.head().go(phase, ending.text, wakes);
        self.notice_quiet(wakes);
        Some(Settled { phase, ran })
    }

    /// Ends what a worker runs, without the worker: it left, or is stuck.
    pub(super) fn abandon(
        &mut self,
        worker: usize,
        now: Timestamp,
        wakes: &mut Wakes,
    ) -> Option<Current> {
        let current = self.current[worker].clone()?;
        self.insiders.forget(worker);
        let ending = Ending {
            decision: Decision::Cancel,
            text: None,
            aborted: true,
        };
        self.settle(worker, &current, ending, now, wakes);
        Some(current)
    }

    /// Calls a task off.
    pub(super) fn cancel(&mut self, job: &Arc<dyn Job>, wakes: &mut Wakes) -> Cancelled {
        let head = job.head();
        let Some(slot) = self.find(head) else {
            return Cancelled::Nothing;
        };
        let priority = self.priority(slot);
        match self.engine.cancel(slot) {
            Ok(Effect::Finished { .. }) => {
                self.meters.cancelled_waiting(priority);
                head.go(Phase::Cancelled, None, wakes);
                self.room.tell(wakes);
                self.notice_quiet(wakes);
                Cancelled::Ended
            }
            Ok(Effect::Moved { .. }) => {
                let orders = Orders {
                    cancel: true,
                    abort: false,
                };
                head.order(orders, wakes);
                Cancelled::Told
            }
            Err(_) => Cancelled::Nothing,
        }
    }

    /// Changes the priority of a task that waits. Whether it did wait.
    pub(super) fn reprioritise(&mut self, job: &Arc<dyn Job>, priority: Priority) -> bool {
        let Some(slot) = self.find(job.head()) else {
            return false;
        };
        let waits = self
            .engine
            .entry(slot)
            .is_some_and(|entry| !entry.vitals.state.is_leased());
        if waits {
            let old = self.priority(slot);
            // The same priority again is no change, and no error.
            let _ = self.engine.reprioritise(slot, priority);
            self.meters.moved(old, priority);
        }
        waits
    }

    /// Where a task lies, if it has not ended.
    pub(super) fn find(&self, head: &Head) -> Option<Slot> {
        let slot = head.life(|life| life.slot)?;
        let entry = self.engine.entry(slot)?;
        (entry.id == head.id).then_some(slot)
    }

    fn priority(&self, slot: Slot) -> Priority {
        self.engine
            .entry(slot)
            .map_or(Priority::Normal, |entry| entry.vitals.priority)
    }

    /// Takes everything out that does not run.
    pub(super) fn withdraw_waiting(&mut self, wakes: &mut Wakes) -> Vec<Arc<dyn Job>> {
        let waits = |entry: &Entry<_>| !entry.vitals.state.is_leased();
        let mut entries: Vec<_> = self
            .engine
            .iter()
            .filter(|(_, entry)| waits(entry))
            .map(|(slot, entry)| (entry.vitals.priority, entry.sequence, slot))
            .collect();
        entries.sort_unstable();
        let withdrawn = entries.into_iter().filter_map(|(priority, _, slot)| {
            self.meters.returned(priority);
            self.engine.withdraw(slot)
        });
        let jobs = withdrawn.map(|entry| entry.carry).collect();
        self.notice_quiet(wakes);
        jobs
    }

    pub(super) fn wake_worker(&mut self, wakes: &mut Wakes) {
        if let Some((worker, waker)) = self.idle.pop() {
            self.is_idle[worker] = false;
            wakes.push(waker);
        }
    }

    pub(super) fn wake_all(&mut self, wakes: &mut Wakes) {
        self.is_idle.fill(false);
        wakes.extend(self.idle.drain(..).map(|(_, waker)| waker));
    }

    pub(super) fn notice_quiet(&mut self, wakes: &mut Wakes) {
        if self.is_done() {
            wakes.extend(self.quiet.drain());
            if self.stage == Stage::Draining {
                self.wake_all(wakes);
            }
        }
    }
}

/// What the rules know of a task with options that is handed in.
fn vitals(priority: Priority, options: &Options, now: Timestamp) -> Vitals {
    let due_at = options.due.map_or(now, |when| when.from(now));
    Vitals {
        deadlines: options.deadlines(now),
        ..Vitals::submitted(priority, due_at, None, 1, now)
    }
}

fn phase(event: EventKind) -> Phase {
    match event {
        EventKind::Completed => Phase::Completed,
        EventKind::TimedOut => Phase::TimedOut,
        EventKind::Cancelled => Phase::Cancelled,
        _ => Phase::Failed,
    }
}
