//! A worker, by the rules of the runtime's: what it holds, what it is due to do, in the same order.
//!
//! What the two share as code is in `core`: `decide`, `Tenure`, `Timeline`. The rest is stated again here,
//! because the runtime's is woven into tasks and channels.

mod answers;
mod handlers;
mod standing;
mod turn;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use duly_core::{AttemptRef, Incarnation, Timeline, Timestamp};
use duly_store::{Lease, Settlement};

use crate::bounds::{CANCEL_GRACE, LAST_WRITES};
use crate::dice::Dice;
use crate::mutant::Switch;
use crate::name::{Who, incarnation};
use crate::plan::WorkerSpec;
use crate::process::{Act, Moment, Process, Retries};
use crate::wire::{Heard, Op};
use handlers::Running;
use standing::Standing;

#[derive(Debug)]
pub(crate) struct Worker {
    spec: WorkerSpec,
    who: Who,
    seed: u64,
    switch: Switch,
    /// Which start of the process this is.
    process: u32,
    /// How often it has registered anew since.
    anew: u32,
    incarnation: Incarnation,
    timeline: Timeline,
    dice: Dice,
    standing: Standing,
    claims: Claims,
    stock: VecDeque<Held>,
    promoting: Vec<Held>,
    promotes: Retries,
    running: BTreeMap<AttemptRef, Running>,
    outbox: VecDeque<Settlement>,
    sent: Vec<Settlement>,
    settles: Retries,
    audit: Audit,
    leaving: Option<Leaving>,
    acts: Vec<Act>,
}

/// Work that was handed out.
#[derive(Debug)]
struct Held {
    lease: Lease,
    /// When the task must have ended, in the worker's own time.
    finish_by: Option<Timestamp>,
}

#[derive(Debug)]
struct Claims {
    wanted: bool,
    slots_unasked: bool,
    next_at: Timestamp,
    /// How many it asked to begin, and how many to take into store.
    asked: Option<(u32, u32)>,
    turn: u32,
    retries: Retries,
}

#[derive(Debug, Default)]
struct Audit {
    due_at: Option<Timestamp>,
    urgent: bool,
    under_way: bool,
    retries: Retries,
}

#[derive(Debug)]
struct Leaving {
    trip_at: Timestamp,
    abort_at: Timestamp,
    end_at: Timestamp,
    retiring: Retiring,
    retries: Retries,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Retiring {
    NotYet,
    UnderWay,
    Done,
}

impl Worker {
    pub(crate) fn new(
        who: Who,
        spec: WorkerSpec,
        process: u32,
        seed: u64,
        switch: Switch,
        now: Moment,
    ) -> Self {
        let life = incarnation(who, process, 0);
        Self {
            spec,
            who,
            seed,
            switch,
            process,
            anew: 0,
            incarnation: life,
            timeline: Timeline::new(now.clock),
            dice: dice_of(seed, life),
            standing: Standing::new(now.clock),
            claims: Claims::new(now.clock),
            stock: VecDeque::new(),
            promoting: Vec::new(),
            promotes: Retries::default(),
            running: BTreeMap::new(),
            outbox: VecDeque::new(),
            sent: Vec::new(),
            settles: Retries::default(),
            audit: Audit::default(),
            leaving: None,
            acts: Vec::new(),
        }
    }

    /// The store knows this life no more: nothing that it ran may be settled, and another begins.
    fn live_anew(&mut self, now: Timestamp) {
        self.anew += 1;
        self.incarnation = incarnation(self.who, self.process, self.anew);
        self.forsake_all();
        self.standing = Standing::new(now);
        self.stock.clear();
        self.promoting.clear();
        self.promotes = Retries::default();
        self.outbox.clear();
        self.sent.clear();
        self.settles = Retries::default();
        self.claims = Claims::new(now);
        self.audit = Audit::default();
        self.dice = dice_of(self.seed, self.incarnation);
    }

    /// The tag of a call of this life.
    const fn tag(&self, op: Op) -> u32 {
        self.anew << 8 | op as u32
    }

    /// Free slots, but for those that a call under way may fill.
    fn free(&self) -> u32 {
        let taken = self.running.len() + self.promoting.len();
        let reserved = self.claims.asked.map_or(0, |(run, _)| run);
        let taken = u32::try_from(taken).unwrap_or(u32::MAX);
        self.spec
            .concurrency
            .saturating_sub(taken)
            .saturating_sub(reserved)
    }

    fn has_suspect(&self) -> bool {
        self.running.values().any(|running| running.lease.lost > 0)
    }
}

fn dice_of(seed: u64, life: Incarnation) -> Dice {
    let [a, b, .., c, d, e, f] = *life.as_bytes();
    Dice::of(&[seed, u64::from_be_bytes([0, 0, a, b, c, d, e, f])])
}

impl Claims {
    fn new(now: Timestamp) -> Self {
        Self {
            wanted: true,
            slots_unasked: false,
            next_at: now,
            asked: None,
            turn: 0,
            retries: Retries::default(),
        }
    }

    fn failed(&mut self, now: Timestamp, dice: &mut Dice) {
        self.asked = None;
        self.wanted = true;
        self.retries.failed(now, dice);
    }
}

impl Audit {
    fn forbids_claims(&self, now: Timestamp) -> bool {
        self.urgent || self.under_way || self.due_at.is_some_and(|at| at <= now)
    }
}

impl Process for Worker {
    fn hear(&mut self, now: Moment, tag: u32, heard: Heard) {
        let own = self.timeline.at(now.clock);
        // The store's word to a life that is over is of no account.
        if tag >> 8 == self.anew {
            self.heard(now.real, own, tag & 0xff, heard);
        }
    }

    fn turn(&mut self, now: Moment, acts: &mut Vec<Act>) -> Duration {
        let own = self.timeline.at(now.clock);
        let nap = self.do_due(now.real, own);
        acts.append(&mut self.acts);
        nap
    }

    fn stop(&mut self, now: Moment, within: Duration) {
        let now = self.timeline.at(now.clock);
        if self.leaving.is_some() {
            return;
        }
        let end_at = now + within;
        let abort_at = now + (within - LAST_WRITES.min(within / 4));
        let trip_at = now + (abort_at.since(now) - CANCEL_GRACE.min(within / 4));
        self.leaving = Some(Leaving {
            trip_at,
            abort_at,
            end_at,
            retiring: Retiring::NotYet,
            retries: Retries::default(),
        });
        for held in std::mem::take(&mut self.stock) {
            self.give_back(held.lease.attempt);
        }
    }

    fn hint(&mut self) {
        self.claims.wanted = true;
        self.standing.look_wanted = true;
    }
}
