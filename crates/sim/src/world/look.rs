//! A call takes effect, and everybody who looks on is told.

use duly_core::{TaskId, Timestamp};
use duly_store::bounds::PAGE_MAX;
use duly_store::{Event, ListNames, Listener, Store};

use super::agenda::Happening;
use super::{Broken, Went, World};
use crate::bounds::COMPARE;
use crate::check::Seen;
use crate::dice::Dice;
use crate::ledger::Step;
use crate::name::Who;
use crate::tell;
use crate::wire::{Answer, Ask, Op, ready};

/// Before one in so many claims, everything that waits is explained.
const EXPLAINED: u64 = 3;

/// One in so many times that records are compared, everything is saved and restored.
const SAVED: u64 = 4;

/// How long a hint takes.
const HINT: std::time::Duration = std::time::Duration::from_millis(1);

impl World<'_> {
    pub(super) fn see(&mut self, seen: &Seen<'_>) -> Went {
        for named in &mut self.checks {
            if let Err(message) = named.check.see(seen, &self.ledger) {
                let checker = named.name;
                return Err(self.broken(checker, message));
            }
        }
        Ok(())
    }

    /// The store does what it is asked. Now and then somebody asks, right before a claim, why what waits
    /// waits.
    pub(super) fn perform(&mut self, who: Who, ask: Ask) -> Result<Answer, Broken> {
        if ask.op() == Op::Claim {
            let real = self.real.as_micros().unsigned_abs();
            if Dice::of(&[self.plan.seed, real]).once_in(EXPLAINED) {
                self.take_effect(who, Ask::Explain)?;
            }
        }
        self.take_effect(who, ask)
    }

    /// What the store does is held to account.
    fn take_effect(&mut self, who: Who, ask: Ask) -> Result<Answer, Broken> {
        let at = Timestamp::from_micros(self.real.as_micros() + self.skew);
        self.clock.set(at);
        let answer = self.ask_store(ask.clone());
        let step = Step {
            who,
            ask,
            answer,
            at,
            real: self.real,
        };
        self.tell(&step);
        self.see(&Seen::Step(&step))?;
        let told = self.ledger.apply(&step);
        let events = self.new_events();
        self.note(&step, &events);
        self.see(&Seen::Written {
            step: &step,
            told: &told,
            events: &events,
        })?;
        self.pass_on_hints();
        Ok(step.answer)
    }

    #[cfg(feature = "mutants")]
    fn ask_store(&mut self, ask: Ask) -> Answer {
        match &mut self.mutant {
            Some(mutant) => mutant.perform(&self.store, ask),
            None => crate::wire::perform(&self.store, ask),
        }
    }

    #[cfg(not(feature = "mutants"))]
    fn ask_store(&mut self, ask: Ask) -> Answer {
        crate::wire::perform(&self.store, ask)
    }

    fn tell(&mut self, step: &Step) {
        let change = || tell::change(&step.ask, &step.answer);
        let whole = || tell::call(&step.ask, &step.answer);
        self.history.call(self.real, step.who, change, whole);
    }

    fn new_events(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        loop {
            let page = ready(self.store.events(self.cursor, PAGE_MAX));
            let Ok(page) = page else {
                return events;
            };
            self.cursor = page.next;
            let is_last = page.events.len() < PAGE_MAX as usize;
            events.extend(page.events);
            if is_last {
                break;
            }
        }
        if self.run.switch.is(crate::mutant::Mutant::DropsEvents) {
            events.retain(|event| event.sequence % 10 != 0);
        }
        events
    }

    /// Boils down what happened.
    fn note(&mut self, step: &Step, events: &[Event]) {
        self.counts.events += events.len() as u64;
        self.counts.tasks = self.ledger.tasks.len() as u64;
        let real = self.real.as_micros().unsigned_abs();
        let mut print = Dice::of(&[self.counts.print, real, step.ask.op() as u64]);
        for event in events {
            let number = u64::from(crate::name::number(event.task));
            let kind = u64::from(event.kind.code());
            print = Dice::of(&[
                print.roll(),
                number,
                kind,
                event.at.as_micros().unsigned_abs(),
            ]);
        }
        self.counts.print = print.roll();
    }

    /// Whoever listens hears, a moment later.
    fn pass_on_hints(&mut self) {
        let at = self.real + HINT;
        for (who, host) in &self.hosts {
            if host.ears.as_ref().is_some_and(heard) {
                self.agenda.add(at, Happening::Hint(*who, host.starts));
            }
        }
    }

    /// All that the store shows is compared; `true` if the world is over.
    pub(super) fn compare(&mut self) -> Result<bool, Broken> {
        let at = Timestamp::from_micros(self.real.as_micros() + self.skew);
        self.clock.set(at);
        let ids: Vec<TaskId> = self.ledger.tasks.keys().copied().collect();
        let show = |id: TaskId| (id, ready(self.store.task(id)).ok().flatten());
        let tasks: Vec<_> = ids.into_iter().map(show).collect();
        let queues = ready(self.store.queues()).unwrap_or_default();
        let all = ListNames::first(PAGE_MAX);
        let limits = ready(self.store.limits(all)).unwrap_or_default().limits;
        self.see(&Seen::Compared {
            tasks: &tasks,
            queues: &queues,
            limits: &limits,
            at,
        })?;
        self.resume()?;
        let is_over = self.is_over();
        if is_over || Dice::of(&[self.plan.seed, self.counts.calls]).once_in(SAVED) {
            self.save(at)?;
        }
        if is_over {
            self.see(&Seen::Rest)?;
            return Ok(true);
        }
        self.agenda.add(self.real + COMPARE, Happening::Compare);
        Ok(false)
    }
}

fn heard(ears: &Listener) -> bool {
    use std::future::Future;
    use std::task::{Context, Poll, Waker};
    let mut hint = std::pin::pin!(ears.hint());
    hint.as_mut().poll(&mut Context::from_waker(Waker::noop())) == Poll::Ready(())
}
