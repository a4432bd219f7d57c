//! Where a process runs: its clock, its wires, its misfortunes.

use std::collections::BTreeSet;
use std::time::Duration;

use duly_core::{AttemptRef, Timestamp};
use duly_store::{Listener, Name, Store};

use super::agenda::Happening;
use super::link::Told;
use super::{Went, World};
use crate::check::Seen;
use crate::client::Client;
use crate::house::House;
use crate::name::Who;
use crate::plan::Mishap;
use crate::process::{Moment, Process};
use crate::wire::Op;
use crate::worker::Worker;

#[derive(Debug, Default)]
pub(super) struct Host {
    pub(super) actor: Option<Actor>,
    /// How often a process was started here.
    pub(super) starts: u32,
    /// How far its clock is ahead, in microseconds.
    pub(super) skew: i64,
    /// It stands still until then.
    pub(super) frozen: Option<Timestamp>,
    /// What it would have heard meanwhile.
    pub(super) unheard: Vec<Told>,
    pub(super) cut_until: Timestamp,
    pub(super) mishaps: Vec<(Option<Op>, Mishap)>,
    /// Which sleep is its last.
    pub(super) wake: u64,
    pub(super) calls: u64,
    pub(super) ears: Option<Listener>,
    pub(super) running: BTreeSet<AttemptRef>,
}

#[derive(Debug)]
pub(super) enum Actor {
    Client(Client),
    House(Box<House>),
    Worker(Box<Worker>),
}

impl Actor {
    pub(super) fn process(&mut self) -> &mut dyn Process {
        match self {
            Self::Client(client) => client,
            Self::House(house) => &mut **house,
            Self::Worker(worker) => &mut **worker,
        }
    }
}

impl World<'_> {
    pub(super) fn host(&mut self, who: Who) -> &mut Host {
        self.hosts.entry(who).or_default()
    }

    pub(super) fn moment(&mut self, who: Who) -> Moment {
        let real = self.real;
        let skew = self.host(who).skew;
        Moment {
            real,
            clock: Timestamp::from_micros(real.as_micros() + skew),
        }
    }

    pub(super) fn listen(&mut self, who: Who, queues: &[Name]) {
        let ears = self.store.listen(queues);
        self.host(who).ears = Some(ears);
    }

    pub(super) fn freeze(&mut self, who: Who, lasts: Duration) -> Went {
        let until = self.real + lasts;
        let host = self.host(who);
        if host.actor.is_none() || host.frozen.is_some() {
            return Ok(());
        }
        host.frozen = Some(until);
        self.agenda.add(until, Happening::Thaw(who));
        self.see(&Seen::Froze { who })
    }

    /// It goes on: first it sees what time it is, then it hears what has come meanwhile.
    pub(super) fn thaw(&mut self, who: Who) -> Went {
        let (real, healed) = (self.real, self.healed);
        let host = self.host(who);
        if host.frozen.is_none_or(|until| until > real && !healed) {
            return Ok(());
        }
        host.frozen = None;
        let unheard = std::mem::take(&mut host.unheard);
        self.turn(who)?;
        self.see(&Seen::Thawed { who, real })?;
        for told in unheard {
            self.hear(told)?;
        }
        Ok(())
    }

    pub(super) fn hint(&mut self, who: Who, starts: u32) -> Went {
        let real = self.real;
        let host = self.host(who);
        let hears = host.frozen.is_none() && host.cut_until <= real && host.starts == starts;
        match &mut host.actor {
            Some(actor) if hears => actor.process().hint(),
            _ => return Ok(()),
        }
        self.turn(who)
    }
}
