//! Draws a plan from a seed.
//!
//! Not everything goes wrong in every world: each draws which kinds of faults it has, and of which calls.
//! Few kinds come together in ways in which many would drown each other.

mod fault;
mod terms;

use std::time::Duration;

use duly_core::{Limit, Priority};
use duly_store::{
    Change, KindChange, LimitUse, Name, NewTask, Payload, QueueChange, Subject, Submit,
    TenantChange, When,
};

use super::{Deed, Item, Mishap, Plan, TENANT_WEIGHT_MAX, TENANTS, WorkerSpec};
use crate::dice::Dice;
use crate::name::task_id;
use crate::temper::Temper;
use crate::tick::Definition;
use crate::wire::Ask;
use fault::{Fault, MISHAPS};
use terms::{beat, few, order, rate, retry, seed, terms, unique};

/// Limits that tasks name.
const LIMITS: [&str; 2] = ["db", "gpu"];
/// The limit that is attached to queues, kinds and tenants.
const SHARED: &str = "shared";

const PRIORITIES: [Priority; 4] = [
    Priority::Critical,
    Priority::High,
    Priority::Normal,
    Priority::Low,
];

/// A plan of about `steps` things that people do, and a third as many that go wrong.
pub(crate) fn draw(seed: u64, steps: u32) -> Plan {
    let mut dice = Dice::of(&[seed]);
    let queues: Vec<Name> = names(&["mail", "video", "report"], dice.within(1, 3));
    let kinds: Vec<Name> = names(&["send", "encode", "sum"], dice.within(1, 3));
    let horizon = Duration::from_secs(dice.within(30, 90));
    let workers = (0..dice.within(1, 4)).map(|n| worker(&mut dice, n, &queues, &kinds));
    let workers: Vec<_> = workers.collect();
    let (faults, mishaps) = (some(&mut dice, &Fault::ALL), some(&mut dice, &MISHAPS));
    let mut drawing = Drawing {
        faults,
        mishaps,
        houses: u8::try_from(dice.within(1, 3)).unwrap_or(1),
        workers: u8::try_from(workers.len()).unwrap_or(1),
        crowded: dice.once_in(2),
        tasks: 0,
        schedules: 0,
        queues: &queues,
        kinds: &kinds,
        horizon,
        items: Vec::new(),
        dice,
    };
    drawing.settle();
    for _ in 0..steps {
        drawing.people();
    }
    // One seed in eight is a world without faults: what goes wrong there is nobody's fault.
    if !drawing.dice.once_in(8) {
        for _ in 0..steps / 3 {
            drawing.fault();
        }
    }
    let Drawing {
        houses,
        mut items,
        mut dice,
        ..
    } = drawing;
    items.sort_by_key(|item| item.at);
    Plan {
        seed,
        house_step: *dice.pick(&[1, 2, 500]),
        houses,
        workers,
        horizon,
        items,
        queues,
        kinds,
    }
}

fn names(all: &[&str], count: u64) -> Vec<Name> {
    let count = usize::try_from(count).unwrap_or(all.len());
    all.iter()
        .take(count)
        .map(|name| Name::from(*name))
        .collect()
}

/// The first worker serves everything, so that every task can be done.
fn worker(dice: &mut Dice, n: u64, queues: &[Name], kinds: &[Name]) -> WorkerSpec {
    let mut some = |all: &[Name]| {
        let mut some: Vec<Name> = all.to_vec();
        some.retain(|_| n == 0 || !dice.once_in(3));
        let turn = dice.index(all.len()).min(some.len());
        some.rotate_left(turn);
        if some.is_empty() { all.to_vec() } else { some }
    };
    let (queues, kinds) = (some(queues), some(kinds));
    let weights = match dice.once_in(3) {
        true => queues.iter().map(|_| few(dice, 1, 4)).collect(),
        false => Vec::new(),
    };
    WorkerSpec {
        queues,
        weights,
        kinds,
        concurrency: few(dice, 1, 4),
        prefetch: few(dice, 0, 3),
    }
}

/// About half of several, at least one.
fn some<T: Copy>(dice: &mut Dice, all: &[T]) -> Vec<T> {
    let mut some = all.to_vec();
    some.retain(|_| dice.once_in(2));
    if some.is_empty() {
        some.push(*dice.pick(all));
    }
    some
}

struct Drawing<'a> {
    dice: Dice,
    faults: Vec<Fault>,
    mishaps: Vec<Mishap>,
    queues: &'a [Name],
    kinds: &'a [Name],
    houses: u8,
    workers: u8,
    horizon: Duration,
    /// Now and then many tasks come at once.
    crowded: bool,
    tasks: u32,
    schedules: u32,
    items: Vec<Item>,
}

impl Drawing<'_> {
    fn add(&mut self, deed: Deed) {
        let end = u64::try_from(self.horizon.as_micros()).unwrap_or(u64::MAX);
        let at = Duration::from_micros(self.dice.below(end));
        self.items.push(Item { at, deed });
    }

    /// Before anything else: some queues are fair, some of another order, some tenants weigh more.
    fn settle(&mut self) {
        for queue in self.queues {
            let change = QueueChange {
                fair: self.dice.once_in(3).then_some(true),
                order: self.dice.once_in(3).then(|| order(&mut self.dice)),
                ..QueueChange::default()
            };
            if change != QueueChange::default() {
                self.first(Ask::Configure(queue.clone(), change));
            }
        }
        for tenant in TENANTS {
            if self.dice.once_in(3) {
                let weight = few(&mut self.dice, 2, TENANT_WEIGHT_MAX.into());
                let change = TenantChange {
                    weight: Some(weight),
                    ..TenantChange::default()
                };
                self.first(Ask::Tenant(tenant.into(), change));
            }
        }
    }

    fn first(&mut self, ask: Ask) {
        self.items.push(Item {
            at: Duration::from_millis(1),
            deed: Deed::Ask(ask),
        });
    }

    /// Many tasks at once that differ in nothing but whose they are, so that some have to wait.
    fn crowd(&mut self) -> Ask {
        let count = self.dice.within(8, 16);
        let queue = self.dice.pick(self.queues).clone();
        let kind = self.dice.pick(self.kinds).clone();
        let priority = *self.dice.pick(&PRIORITIES);
        let tasks = (0..count).map(|_| {
            self.tasks += 1;
            let payload = Payload::bytes([Temper::Steady.code()]);
            let mut task = NewTask::new(task_id(self.tasks), kind.clone(), payload);
            task.queue = queue.clone();
            task.priority = priority;
            task.tenant = (!self.dice.once_in(4)).then(|| (*self.dice.pick(&TENANTS)).into());
            task
        });
        Ask::Submit(Submit {
            tasks: tasks.collect(),
        })
    }

    /// Something that people do.
    fn people(&mut self) {
        let ask = match self.dice.below(28) {
            _ if self.tasks == 0 => self.submit(),
            0 => self.change(Change::Cancel),
            1 => self.change(Change::Retry { payload: None }),
            2 => {
                let priority = *self.dice.pick(&PRIORITIES);
                self.change(Change::Reprioritise(priority))
            }
            3 => {
                let due = When::After(self.dice.millis(0, 20_000));
                self.change(Change::Reschedule(due))
            }
            4 => self.change(Change::Discard),
            5 => self.pause(true),
            6 => self.pause(false),
            7 => self.configure(),
            8 => self.kind(),
            9 => self.tenant(),
            10 | 15 => self.schedule(),
            11 => self.limit(),
            12 => self.attach(),
            13 => Ask::Explain,
            16 => Ask::Purge(self.subject(), few(&mut self.dice, 1, 5)),
            14 if self.crowded => self.crowd(),
            _ => self.submit(),
        };
        self.add(Deed::Ask(ask));
    }

    fn submit(&mut self) -> Ask {
        let count = self.dice.within(1, 3);
        let tasks = (0..count).map(|_| self.task()).collect();
        Ask::Submit(Submit { tasks })
    }

    fn task(&mut self) -> NewTask {
        self.tasks += 1;
        let number = self.tasks;
        let dice = &mut self.dice;
        let temper = Temper::draw(dice);
        let kind = dice.pick(self.kinds).clone();
        let mut task = NewTask::new(task_id(number), kind, Payload::bytes([temper.code()]));
        task.queue = dice.pick(self.queues).clone();
        task.priority = *dice.pick(&PRIORITIES);
        task.due = match dice.below(10) {
            0..=6 => When::Now,
            _ => When::After(dice.millis(1, 15_000)),
        };
        if dice.once_in(6) {
            task.deadline = Some(When::After(dice.millis(100, 30_000)));
        }
        if dice.once_in(3) {
            task.timeout = Some(dice.millis(500, 6_000));
        }
        if dice.once_in(4) {
            task.unique = Some(unique(dice));
        }
        if dice.once_in(2) {
            task.tenant = Some((*dice.pick(&TENANTS)).into());
        }
        if dice.once_in(6) {
            task.finish_by = Some(When::After(dice.millis(500, 40_000)));
        }
        task.alert_unstarted = dice.once_in(5).then(|| dice.millis(1, 15_000));
        task.alert_unfinished = dice.once_in(5).then(|| dice.millis(1, 20_000));
        if dice.once_in(4) {
            let weight = u32::try_from(dice.within(1, 3)).unwrap_or(1);
            task.limits = vec![LimitUse::heavy(*dice.pick(&LIMITS), weight)];
        }
        task.lost_max = u32::try_from(dice.within(1, 3)).unwrap_or(1);
        task.retry = retry(dice);
        task
    }

    fn change(&mut self, change: Change) -> Ask {
        let number = self.dice.within(1, u64::from(self.tasks));
        Ask::Change(task_id(u32::try_from(number).unwrap_or(1)), change)
    }

    fn pause(&mut self, paused: bool) -> Ask {
        let change = QueueChange {
            paused: Some(paused),
            ..QueueChange::default()
        };
        Ask::Configure(self.dice.pick(self.queues).clone(), change)
    }

    fn schedule(&mut self) -> Ask {
        self.schedules += 1;
        let dice = &mut self.dice;
        let beat = beat(dice);
        let definition = Definition {
            queue: dice.pick(self.queues).clone(),
            kind: dice.pick(self.kinds).clone(),
            temper: Temper::draw(dice),
            beat,
            terms: terms(dice, beat),
            seed: seed(dice),
        };
        let name = format!("schedule-{}", self.schedules);
        Ask::PutSchedule(definition.put(name.into()))
    }

    /// Never less than the heaviest task weighs.
    fn limit(&mut self) -> Ask {
        let name = *self.dice.pick(&[LIMITS[0], LIMITS[1], SHARED]);
        let dice = &mut self.dice;
        let limit = match dice.below(6) {
            0 => None,
            1 | 2 => Some(Limit::concurrency(few(dice, 3, 6))),
            3 => Some(Limit::concurrency(few(dice, 3, 6)).and_rate(rate(dice))),
            _ => Some(Limit::rate(rate(dice))),
        };
        Ask::Limit(name.into(), limit)
    }

    fn subject(&mut self) -> Subject {
        match self.dice.below(3) {
            0 => Subject::Queue(self.dice.pick(self.queues).clone()),
            1 => Subject::Kind(self.dice.pick(self.kinds).clone()),
            _ => Subject::Tenant((*self.dice.pick(&TENANTS)).into()),
        }
    }

    fn attach(&mut self) -> Ask {
        let subject = self.subject();
        let limits = if self.dice.once_in(3) {
            Vec::new()
        } else {
            vec![LimitUse::one(SHARED)]
        };
        Ask::Attach(subject, limits)
    }

    fn kind(&mut self) -> Ask {
        let change = KindChange {
            paused: self.dice.maybe(),
            draining: self.dice.maybe(),
        };
        Ask::Kind(self.dice.pick(self.kinds).clone(), change)
    }

    fn tenant(&mut self) -> Ask {
        let change = TenantChange {
            paused: self.dice.maybe(),
            draining: self.dice.maybe(),
            weight: self
                .dice
                .once_in(2)
                .then(|| few(&mut self.dice, 1, TENANT_WEIGHT_MAX.into())),
        };
        Ask::Tenant((*self.dice.pick(&TENANTS)).into(), change)
    }

    fn configure(&mut self) -> Ask {
        let mut change = QueueChange::default();
        match self.dice.below(7) {
            3 => change.draining = self.dice.maybe(),
            4 | 5 => change.order = Some(order(&mut self.dice)),
            6 => change.fair = self.dice.maybe(),
            0 => change.bound = Some(self.dice.within(2, 30)),
            1 => change.retention_completed = Some(self.dice.millis(0, 60_000)),
            _ => change.retention_failed = Some(self.dice.millis(0, 60_000)),
        }
        Ask::Configure(self.dice.pick(self.queues).clone(), change)
    }
}
