//! The world: virtual time, processes, a faulty link to one store, and everybody who looks on.

mod agenda;
mod host;
mod link;
mod look;
mod save;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use duly_core::{AttemptRef, Timestamp};
use duly_store::{EventCursor, ManualClock, MemoryStore};

use crate::bounds::{COMPARE, EPOCH, HAPPENINGS_MAX, REST_MAX, RESTART, STRAYS};
use crate::check::{self, Named, Seen};
use crate::client::Client;
use crate::history::{Detail, History};
use crate::house::House;
use crate::ledger::Ledger;
use crate::mutant::Switch;
use crate::name::{Who, incarnation};
use crate::plan::{Deed, Plan};
use crate::process::Act;
use crate::tell;
use crate::wire::Ask;
use crate::worker::Worker;
use agenda::{Agenda, Happening};
use host::{Actor, Host};

/// How a world is run.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Run {
    pub(crate) switch: Switch,
    /// Only this checker looks on.
    pub(crate) only: Option<&'static str>,
    pub(crate) detail: Detail,
}

/// How a world has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) broken: Option<Broken>,
    pub(crate) history: String,
    pub(crate) counts: Counts,
}

/// A promise that was not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Broken {
    pub(crate) checker: &'static str,
    pub(crate) message: String,
    /// Since the world began.
    pub(crate) at: Duration,
}

/// How much happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) calls: u64,
    pub(crate) events: u64,
    pub(crate) tasks: u64,
    pub(crate) crashes: u64,
    /// All that was seen, boiled down: two runs that differ anywhere differ here.
    pub(crate) print: u64,
}

type Went = Result<(), Broken>;

pub(crate) struct World<'a> {
    plan: &'a Plan,
    run: Run,
    start: Timestamp,
    real: Timestamp,
    store: MemoryStore,
    clock: Arc<ManualClock>,
    /// How far the store's clock is ahead, in microseconds.
    skew: i64,
    /// It was set back once.
    set_back: bool,
    /// Until when the store answers nobody, and whether what is asked may take effect.
    away: (Timestamp, bool),
    agenda: Agenda,
    hosts: BTreeMap<Who, Host>,
    ledger: Ledger,
    checks: Vec<Named>,
    cursor: EventCursor,
    history: History,
    counts: Counts,
    healed: bool,
    resumed: bool,
    #[cfg(feature = "mutants")]
    mutant: Option<crate::mutant::Broken>,
}

/// Runs a plan to its end.
pub(crate) fn run(plan: &Plan, run: Run) -> Ended {
    let mut world = World::new(plan, run);
    let broken = world.go().err();
    if let Some(broken) = &broken {
        let text = format!("BROKEN {}: {}", broken.checker, broken.message);
        world.history.say(world.real, None, || text);
    }
    Ended {
        broken,
        history: world.history.into_text(),
        counts: world.counts,
    }
}

impl<'a> World<'a> {
    fn new(plan: &'a Plan, run: Run) -> Self {
        let start = EPOCH;
        let clock = Arc::new(ManualClock::at(start));
        let mut hosts = BTreeMap::new();
        hosts.insert(Who::Client, Host::default());
        hosts.extend((0..plan.houses).map(|n| (Who::House(n), Host::default())));
        let workers = (0..).zip(&plan.workers);
        hosts.extend(workers.map(|(n, _)| (Who::Worker(n), Host::default())));
        Self {
            plan,
            run,
            start,
            real: start,
            store: MemoryStore::new(clock.clone()),
            clock,
            skew: 0,
            set_back: false,
            away: (start, false),
            agenda: Agenda::default(),
            hosts,
            ledger: Ledger::default(),
            checks: check::all(run.only),
            cursor: EventCursor::START,
            history: History::new(run.detail, start),
            counts: Counts::default(),
            healed: false,
            resumed: false,
            #[cfg(feature = "mutants")]
            mutant: run.switch.mutant.map(crate::mutant::Broken::new),
        }
    }

    fn go(&mut self) -> Went {
        for (index, item) in self.plan.items.iter().enumerate() {
            self.agenda
                .add(self.start + item.at, Happening::Item(index));
        }
        let all: Vec<Who> = self.hosts.keys().copied().collect();
        for who in all {
            self.agenda.add(self.start, Happening::Start(who));
        }
        self.agenda.add(self.start + COMPARE, Happening::Compare);
        self.agenda
            .add(self.start + self.plan.horizon, Happening::Heal);
        for _ in 0..HAPPENINGS_MAX {
            let Some((at, happening)) = self.agenda.next() else {
                return Ok(());
            };
            self.real = self.real.max(at);
            if self.happen(happening)? {
                return Ok(());
            }
        }
        Err(self.broken("nothing_lost", "the world does not come to rest".to_owned()))
    }

    /// Something happens; `true` if it was the last thing.
    fn happen(&mut self, happening: Happening) -> Result<bool, Broken> {
        match happening {
            Happening::Item(index) => {
                let plan = self.plan;
                self.deed(&plan.items[index].deed)?;
            }
            Happening::Start(who) => self.begin(who)?,
            Happening::Wake(who, wake) => {
                let host = self.host(who);
                if host.wake == wake && host.frozen.is_none() {
                    self.turn(who)?;
                }
            }
            Happening::Thaw(who) => self.thaw(who)?,
            Happening::Arrive(call) => self.arrive(*call)?,
            Happening::Hear(heard) => self.hear(*heard)?,
            Happening::Hint(who, starts) => self.hint(who, starts)?,
            Happening::Heal => self.heal()?,
            Happening::Compare => return self.compare(),
        }
        Ok(false)
    }

    fn deed(&mut self, deed: &Deed) -> Went {
        if let Some(text) = tell::deed(deed) {
            let who = deed.who();
            self.history.say(self.real, who, || text);
        }
        match deed {
            Deed::Ask(ask) => self.want(ask.clone()),
            Deed::Stop { who, within } => self.stop(*who, *within),
            Deed::Crash { who } => self.crash(*who),
            Deed::Mishap { who, op, mishap } => {
                self.host(*who).mishaps.push((*op, *mishap));
                Ok(())
            }
            Deed::Away { lasts, unknown } => {
                let end = self.start + self.plan.horizon;
                let until = (self.real + *lasts).max(self.away.0).min(end);
                self.away = (until, *unknown);
                self.see(&Seen::Away {
                    from: self.real,
                    until,
                })
            }
            Deed::Cut { who, lasts } => {
                let until = self.real + *lasts;
                self.host(*who).cut_until = until;
                Ok(())
            }
            Deed::Freeze { who, lasts } => self.freeze(*who, *lasts),
            Deed::Jump { whose, micros } => {
                self.set_back |= whose.is_none() && *micros < 0;
                let skew = match whose {
                    Some(who) => &mut self.host(*who).skew,
                    None => &mut self.skew,
                };
                *skew += micros;
                let (real, of_store) = (self.real, whose.is_none());
                self.see(&Seen::Jumped { real, of_store })
            }
        }
    }

    fn want(&mut self, ask: Ask) -> Went {
        if let Some(Actor::Client(client)) = &mut self.host(Who::Client).actor {
            client.want(ask);
        }
        self.turn(Who::Client)
    }

    /// A process starts, unless it runs.
    fn begin(&mut self, who: Who) -> Went {
        let (plan, switch) = (self.plan, self.run.switch);
        let now = self.moment(who);
        let host = self.host(who);
        if host.actor.is_some() {
            return Ok(());
        }
        host.starts += 1;
        let starts = host.starts;
        let actor = match who {
            Who::Client => Actor::Client(Client::new(plan.seed)),
            Who::House(_) => {
                let holder = incarnation(who, starts, 0);
                let house = House::new(holder, plan.house_step, switch, now);
                Actor::House(Box::new(house))
            }
            Who::Worker(n) => {
                let spec = plan.workers[usize::from(n)].clone();
                host.ears = None;
                let queues = spec.queues.clone();
                let worker = Worker::new(who, spec, starts, plan.seed, switch, now);
                self.listen(who, &queues);
                Actor::Worker(Box::new(worker))
            }
        };
        self.host(who).actor = Some(actor);
        self.turn(who)
    }

    /// A process does what is due, and what it does takes its course.
    fn turn(&mut self, who: Who) -> Went {
        let now = self.moment(who);
        let mut acts = Vec::new();
        let Some(actor) = &mut self.host(who).actor else {
            return Ok(());
        };
        let nap = actor.process().turn(now, &mut acts);
        for act in acts {
            if self.host(who).actor.is_none() {
                return Ok(());
            }
            self.act(who, act)?;
        }
        let at = self.real + nap.max(Duration::from_micros(1));
        let host = self.host(who);
        host.wake += 1;
        let wake = host.wake;
        self.agenda.add(at, Happening::Wake(who, wake));
        Ok(())
    }

    fn act(&mut self, who: Who, act: Act) -> Went {
        match act {
            Act::Call { tag, ask } => self.send(who, tag, ask),
            Act::Began(attempt) => self.began(who, attempt),
            Act::Over(attempt) => self.over(who, attempt),
            Act::Died => {
                let say = || "is taken down by a handler".to_owned();
                self.history.say(self.real, Some(who), say);
                self.crash(who)
            }
            Act::Left => {
                let say = || "has stopped".to_owned();
                self.history.say(self.real, Some(who), say);
                self.gone(who)
            }
        }
    }

    fn began(&mut self, who: Who, attempt: AttemptRef) -> Went {
        self.host(who).running.insert(attempt);
        let real = self.real;
        self.see(&Seen::Began { who, attempt, real })
    }

    fn over(&mut self, who: Who, attempt: AttemptRef) -> Went {
        self.host(who).running.remove(&attempt);
        self.see(&Seen::Over { attempt })
    }

    fn stop(&mut self, who: Who, within: Duration) -> Went {
        let now = self.moment(who);
        let host = self.host(who);
        if host.frozen.is_some() {
            return Ok(());
        }
        if let Some(actor) = &mut host.actor {
            actor.process().stop(now, within);
        }
        self.turn(who)
    }

    /// A process is gone at once, with all that it knew.
    fn crash(&mut self, who: Who) -> Went {
        if self.host(who).actor.is_none() {
            return Ok(());
        }
        self.counts.crashes += 1;
        self.gone(who)
    }

    fn gone(&mut self, who: Who) -> Went {
        let host = self.host(who);
        host.actor = None;
        host.ears = None;
        host.wake += 1;
        let frozen = host.frozen.take().is_some();
        let running = std::mem::take(&mut host.running);
        for attempt in running {
            self.see(&Seen::Over { attempt })?;
        }
        if frozen {
            let real = self.real;
            self.see(&Seen::Thawed { who, real })?;
        }
        self.agenda.add(self.real + RESTART, Happening::Start(who));
        Ok(())
    }

    /// From now on nothing goes wrong any more, and everything that was held up goes on.
    fn heal(&mut self) -> Went {
        self.healed = true;
        self.away.0 = self.real;
        let say = || "all faults are over".to_owned();
        self.history.say(self.real, None, say);
        let all: Vec<Who> = self.hosts.keys().copied().collect();
        for who in all {
            let real = self.real;
            let host = self.host(who);
            host.mishaps.clear();
            host.cut_until = real;
            self.thaw(who)?;
        }
        Ok(())
    }

    /// Once nothing is wanted any more, and nothing astray, everything is resumed.
    fn resume(&mut self) -> Went {
        let settled_at = self.start + self.plan.horizon + STRAYS;
        if self.resumed || self.real < settled_at || !self.is_content() {
            return Ok(());
        }
        self.resumed = true;
        for ask in self.plan.resumed() {
            self.want(ask)?;
        }
        Ok(())
    }

    /// People know what became of all that they asked for.
    fn is_content(&self) -> bool {
        let client = self
            .hosts
            .get(&Who::Client)
            .and_then(|host| host.actor.as_ref());
        matches!(client, Some(Actor::Client(client)) if client.is_content())
    }

    /// All has ended, or should have.
    fn is_over(&self) -> bool {
        let end = self.start + self.plan.horizon + REST_MAX;
        let schedules = self.ledger.schedules.values();
        let fired = schedules.into_iter().all(|schedule| schedule.is_over);
        let at_rest = self.resumed
            && self.is_content()
            && fired
            && self.ledger.mixed().next().is_none()
            && self.ledger.unfinished().next().is_none();
        self.healed && (at_rest || self.real >= end)
    }

    fn broken(&self, checker: &'static str, message: String) -> Broken {
        Broken {
            checker,
            message,
            at: self.real.since(self.start),
        }
    }
}
