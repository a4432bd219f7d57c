//! The coordinator: one task that owns all that a worker knows, and is told everything by events. It
//! waits for something to happen, takes it in, and then does whatever has become due.

use std::sync::Arc;
use std::time::Duration;

use duly_core::{Assigned, Attempt, AttemptRef, EventKind, Running, Timestamp};
use duly_store::{Clock, Lease, Progress, Settlement, Store, id};
use tokio::sync::{mpsc, watch};
use tracing::{debug, error, info, warn};

use super::attempts::{Attempts, Entry};
use super::audit::Audit;
use super::call::Calls;
use super::claims::Claims;
use super::departure::{Departure, Leaving};
use super::event::Event;
use super::life::Life;
use super::outbox::Outbox;
use super::pace::Pace;
use super::stock::{Held, Stock};
use super::timeline::Timeline;
use super::usage::Gauges;
use super::{Shutdown, run};
use crate::bounds::EVENTS_MAX;
use crate::dice::Dice;
use crate::ending::{Ending, Stop};
use crate::handler::Handlers;
use crate::settings::Settings;
use crate::term::Term;
use crate::{Context, Verdict, observer, span};

mod answers;
mod turn;

pub(super) struct Coordinator {
    settings: Settings,
    handlers: Handlers,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    timeline: Timeline,
    dice: Dice,
    calls: Calls,
    told: mpsc::UnboundedSender<Event>,
    events: mpsc::UnboundedReceiver<Event>,
    life: Life,
    claims: Claims,
    stock: Stock,
    attempts: Attempts,
    pace: Pace,
    outbox: Outbox,
    audit: Audit,
    /// Progress that a heartbeat under way carries.
    saying: Vec<(AttemptRef, Progress)>,
    leaving: Option<Leaving>,
    gauges: Arc<Gauges>,
}

impl Coordinator {
    pub(super) fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        settings: Settings,
        handlers: Handlers,
        gauges: Arc<Gauges>,
    ) -> Self {
        let (told, events) = mpsc::unbounded_channel();
        let mut timeline = Timeline::new(Arc::clone(&clock));
        let now = timeline.now();
        let incarnation = id::incarnation(&*clock);
        Self {
            life: Life::new(incarnation, settings.heartbeat, settings.lease, now),
            claims: Claims::new(settings.poll, now),
            stock: Stock::default(),
            attempts: Attempts::new(settings.cancel_grace),
            pace: Pace::default(),
            outbox: Outbox::default(),
            audit: Audit::default(),
            saying: Vec::new(),
            leaving: None,
            calls: Calls::new(Arc::clone(&store), told.clone()),
            dice: Dice::of(incarnation),
            timeline,
            told,
            events,
            settings,
            handlers,
            store,
            clock,
            gauges,
        }
    }

    /// Works until it is told to leave, and has left. `concurrency` may change meanwhile.
    pub(super) async fn run(
        mut self,
        mut orders: mpsc::UnboundedReceiver<Departure>,
        mut concurrency: watch::Receiver<u32>,
    ) -> Shutdown {
        let listener = self.store.listen(&self.settings.queues);
        let mut batch = Vec::new();
        let mut is_owned = true;
        loop {
            let now = self.turn();
            self.show();
            if let Some(report) = self.report(now) {
                return report;
            }
            let nap = self.nap(now);
            tokio::select! {
                biased;
                order = orders.recv(), if is_owned => {
                    is_owned = order.is_some();
                    self.depart(order.unwrap_or(Departure::Now));
                }
                Ok(()) = concurrency.changed(), if is_owned => {
                    let handlers = *concurrency.borrow_and_update();
                    self.resize(handlers);
                }
                _ = self.events.recv_many(&mut batch, EVENTS_MAX) => {
                    self.gather(&mut batch).await;
                }
                () = listener.hint() => {
                    self.claims.want();
                    self.life.want_look();
                }
                () = self.clock.sleep(nap) => {}
            }
            for event in batch.drain(..) {
                self.take(event);
            }
        }
    }

    /// What is about to end may do so first: one write for many costs little more than for one.
    async fn gather(&mut self, batch: &mut Vec<Event>) {
        if self.attempts.len() <= batch.len() {
            return;
        }
        tokio::task::yield_now().await;
        while batch.len() < EVENTS_MAX {
            match self.events.try_recv() {
                Ok(event) => batch.push(event),
                Err(_) => return,
            }
        }
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Ended(attempt, ending, ran) => self.ended(attempt, ending, ran),
            Event::Answered(incarnation, answer) if incarnation == self.life.incarnation => {
                self.answered(answer);
            }
            // The store's word to a life that is over.
            Event::Answered(..) => {}
        }
    }

    fn depart(&mut self, departure: Departure) {
        let now = self.timeline.now();
        let order = Leaving::new(departure, self.settings.cancel_grace, now);
        match &mut self.leaving {
            Some(leaving) => leaving.hasten(&order),
            None => {
                info!(worker = %self.settings.name, running = self.attempts.len(), "worker stops");
                self.leaving = Some(order);
                for held in self.stock.clear_out() {
                    self.give_back(held.attempt);
                }
            }
        }
    }

    /// So many handlers may run at once from now on; what runs beyond goes on.
    fn resize(&mut self, handlers: u32) {
        if handlers != self.settings.concurrency {
            info!(worker = %self.settings.name, handlers, "another concurrency");
            self.settings.concurrency = handlers;
            self.life.introduction.want();
            self.claims.want();
        }
    }

    /// Shows how busy it is.
    fn show(&self) {
        let assigned = self.stock.waiting() + self.stock.promoting();
        self.gauges.set(self.attempts.len(), assigned);
    }

    /// Free slots: never more than the store could fill beside what runs already.
    fn free(&self) -> u32 {
        let taken = self.attempts.len() + self.stock.promoting();
        let taken = u32::try_from(taken).unwrap_or(u32::MAX);
        self.settings
            .concurrency
            .saturating_sub(taken)
            .saturating_sub(self.claims.reserved())
    }

    /// It has come so late that the lease may be gone, and another worker may run the task.
    fn is_late(&mut self) -> bool {
        !self.store.traits().shared_fate && self.life.stop_at() <= self.timeline.now()
    }

    /// The handler of a lease that is durably running starts.
    fn begin(&mut self, attempt: Attempt<Running>, mut lease: Lease, term: Term) {
        if self.is_late() {
            return self.give_back(attempt);
        }
        let Some(handler) = self.handlers.get(&lease.kind) else {
            error!(kind = %lease.kind, "the store handed out a kind that was not asked for");
            return self.give_back(attempt);
        };
        let now = self.timeline.now();
        let context = Context::new(&mut lease, &self.settings.name, &mut self.dice);
        let span = span::of(&context);
        self.settings.observed.started(&context, now);
        let abort = run::spawn(
            handler,
            lease.payload,
            context.clone(),
            Arc::clone(&self.clock),
            self.told.clone(),
            span.clone(),
        );
        let entry = Entry::new(attempt, context, abort, lease.lost > 0, span, term);
        self.attempts.add(entry, now);
    }

    /// A lease comes from the store, whose clock told `at`: it begins, is kept in store, or goes back.
    fn accept(&mut self, lease: Lease, at: Timestamp, now: Timestamp) {
        let (reference, spent, retry) = (lease.attempt, lease.spent, lease.retry);
        let term = Term::new(&lease, at, now);
        if self.leaving.is_some() {
            self.give_back(Attempt::assigned(reference, spent, retry));
        } else if lease.started {
            self.begin(Attempt::running(reference, spent, retry), lease, term);
        } else {
            let attempt: Attempt<Assigned> = Attempt::assigned(reference, spent, retry);
            self.stock.push(Held {
                attempt,
                lease,
                term,
            });
        }
    }

    fn give_back<S>(&mut self, attempt: Attempt<S>) {
        let back = attempt.hand_back();
        self.outbox
            .push(Settlement::new(back.attempt, back.decision));
    }

    /// A handler has ended, and its slot is free.
    fn ended(&mut self, reference: AttemptRef, ending: Ending, ran: Duration) {
        let Some((entry, verdict)) = self.attempts.ended(reference, ending) else {
            return;
        };
        self.pace.observe(ran);
        self.claims.slot_freed(entry.suspect);
        match verdict {
            Some(verdict) => self.conclude(entry, verdict, ran),
            None => {
                let observed = &self.settings.observed;
                observed.ended(&entry.context, EventKind::Lost, ran);
                entry
                    .span
                    .in_scope(|| info!("ended after its lease was gone"));
            }
        }
    }

    fn conclude(&mut self, entry: Entry, verdict: Verdict, ran: Duration) {
        let Verdict {
            outcome,
            result,
            error,
        } = verdict;
        let left = entry.term.left(self.timeline.now());
        let end = entry.attempt.settle(outcome, left, self.dice.roll());
        entry.span.in_scope(|| match &error {
            Some(error) => warn!(?ran, outcome = ?end.decision, error, "attempt ended"),
            None => debug!(?ran, outcome = ?end.decision, "attempt ended"),
        });
        let outcome = observer::outcome(end.decision);
        self.settings.observed.ended(&entry.context, outcome, ran);
        self.outbox.push(Settlement {
            attempt: end.attempt,
            decision: end.decision,
            result,
            error,
        });
    }

    /// The store knows this life no more: nothing that it ran may be settled, and another begins.
    fn live_anew(&mut self, now: Timestamp) {
        let (beat, lease) = (self.settings.heartbeat, self.settings.lease);
        let incarnation = id::incarnation(&*self.clock);
        let old = std::mem::replace(&mut self.life, Life::new(incarnation, beat, lease, now));
        warn!(
            worker = %self.settings.name,
            incarnation = %old.incarnation,
            running = self.attempts.len(),
            "the leases of this worker were taken back: it stops what runs and registers anew"
        );
        self.attempts.abort_all(Stop::Forsaken);
        self.stock.forsake();
        self.outbox.clear();
        self.claims = Claims::new(self.settings.poll, now);
        self.audit = Audit::default();
        self.dice = Dice::of(incarnation);
    }
}

/// Nothing runs any more of what a coordinator ran.
impl Drop for Coordinator {
    fn drop(&mut self) {
        self.gauges.set(0, 0);
    }
}
