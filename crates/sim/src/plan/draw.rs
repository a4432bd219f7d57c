//! Draws a plan from a seed.
//!
//! Not everything goes wrong in every world: each draws which kinds of faults it has, and of which calls.
//! Few kinds come together in ways in which many would drown each other.

use std::num::NonZero;
use std::time::Duration;

use duly_core::{Backoff, Jitter, Limit, OrderPolicy, Priority, Rate, RetryPolicy};
use duly_schedule::{Missed, Overlap, Seed, Terms};
use duly_store::{
    Change, KindChange, LimitUse, Name, NewTask, OnConflict, Payload, QueueChange, Replace,
    Subject, Submit, TenantChange, Unique, UniqueScope, When,
};

use super::{Deed, Item, Mishap, Plan, TENANT_WEIGHT_MAX, TENANTS, WorkerSpec};
use crate::bounds::EPOCH;
use crate::dice::Dice;
use crate::name::{Who, task_id};
use crate::temper::Temper;
use crate::tick::{Beat, Definition};
use crate::wire::{Ask, Op};

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

/// A kind of fault.
#[derive(Clone, Copy, Debug)]
enum Fault {
    Crash,
    Stop,
    Away,
    Cut,
    Freeze,
    Jump,
    Mishap,
}

impl Fault {
    const ALL: [Self; 9] = [
        Self::Crash,
        Self::Stop,
        Self::Away,
        Self::Cut,
        Self::Freeze,
        Self::Jump,
        Self::Mishap,
        Self::Mishap,
        Self::Mishap,
    ];
}

/// What may go wrong with a call, with times that are drawn anew for each.
const MISHAPS: [Mishap; 7] = [
    Mishap::Lost,
    Mishap::AnswerLost,
    Mishap::Late(Duration::ZERO),
    Mishap::Twice(Duration::ZERO),
    Mishap::CrashBefore,
    Mishap::CrashAfter,
    Mishap::Still(Duration::ZERO),
];

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
        let beat = match dice.once_in(2) {
            true => Beat::Every(few(dice, 1, 12)),
            false => Beat::Seconds(few(dice, 2, 40)),
        };
        let mut terms = Terms::new(beat.rule());
        let start = EPOCH + dice.millis(0, 60_000);
        terms.start = Some(start);
        terms.end = Some(start + dice.millis(1_000, 70_000));
        terms.max_runs = NonZero::new(dice.below(13));
        terms.overlap = *dice.pick(&Overlap::ALL);
        terms.jitter = Duration::from_millis(dice.pick(&[0, 0, 700, 5_000]).to_owned());
        terms.missed = match dice.below(3) {
            0 => Missed::Skip,
            1 => Missed::Last,
            _ => Missed::All {
                within: Duration::from_secs(dice.within(1, 600)),
            },
        };
        let mut seed = [0; 16];
        seed[..8].copy_from_slice(&dice.roll().to_be_bytes());
        seed[8..].copy_from_slice(&dice.roll().to_be_bytes());
        let definition = Definition {
            queue: dice.pick(self.queues).clone(),
            kind: dice.pick(self.kinds).clone(),
            temper: Temper::draw(dice),
            beat,
            terms,
            seed: Seed::from_bytes(seed),
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

    fn attach(&mut self) -> Ask {
        let subject = match self.dice.below(3) {
            0 => Subject::Queue(self.dice.pick(self.queues).clone()),
            1 => Subject::Kind(self.dice.pick(self.kinds).clone()),
            _ => Subject::Tenant((*self.dice.pick(&TENANTS)).into()),
        };
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

    /// Something that goes wrong.
    fn fault(&mut self) {
        let who = self.who();
        let dice = &mut self.dice;
        let deed = match *dice.pick(&self.faults) {
            Fault::Crash => Deed::Crash {
                who: not_client(who),
            },
            Fault::Stop => Deed::Stop {
                who: not_client(who),
                within: dice.millis(0, 10_000),
            },
            Fault::Away => Deed::Away {
                lasts: dice.millis(100, 20_000),
                unknown: dice.once_in(2),
            },
            Fault::Cut => Deed::Cut {
                who,
                lasts: dice.millis(500, 25_000),
            },
            Fault::Freeze => Deed::Freeze {
                who: not_client(who),
                lasts: dice.millis(500, 25_000),
            },
            Fault::Jump => self.jump(),
            Fault::Mishap => Deed::Mishap {
                who,
                op: op(dice, who),
                mishap: mishap(dice, &self.mishaps, who),
            },
        };
        self.add(deed);
    }

    fn who(&mut self) -> Who {
        match self.dice.below(8) {
            0 => Who::Client,
            1 | 2 => Who::House(u8::try_from(self.dice.below(u64::from(self.houses))).unwrap_or(0)),
            _ => Who::Worker(u8::try_from(self.dice.below(u64::from(self.workers))).unwrap_or(0)),
        }
    }

    fn jump(&mut self) -> Deed {
        let whose = match self.dice.below(3) {
            0 => None,
            _ => Some(not_client(self.who())),
        };
        let most = if whose.is_none() { 120 } else { 3_600 };
        let by = self.dice.millis(1, most * 1_000);
        let micros = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        let micros = if self.dice.once_in(2) {
            micros
        } else {
            -micros
        };
        Deed::Jump { whose, micros }
    }
}

fn unique(dice: &mut Dice) -> Unique {
    let [payload, priority] = [dice.once_in(2), dice.once_in(2)];
    let due = dice.once_in(2) || !(payload || priority);
    let replace = Replace {
        payload,
        priority,
        due,
    };
    Unique {
        scope: match dice.below(4) {
            0 => UniqueScope::Waiting,
            1 => UniqueScope::Period(dice.millis(100, 20_000)),
            _ => UniqueScope::Unfinished,
        },
        on_conflict: *dice.pick(&[
            OnConflict::Reject,
            OnConflict::Keep,
            OnConflict::Replace(replace),
        ]),
        ..Unique::new(*dice.pick(&["a", "b"]))
    }
}

fn few(dice: &mut Dice, low: u64, high: u64) -> u32 {
    u32::try_from(dice.within(low, high)).unwrap_or(u32::MAX)
}

fn order(dice: &mut Dice) -> OrderPolicy {
    match dice.below(3) {
        0 => OrderPolicy::Strict,
        1 => OrderPolicy::Aging {
            step: dice.millis(50, 5_000),
        },
        _ => OrderPolicy::Deadline {
            default_slack: dice.millis(100, 20_000),
        },
    }
}

/// Its burst is never less than the heaviest task weighs.
fn rate(dice: &mut Dice) -> Rate {
    let (permits, period) = (few(dice, 1, 6), dice.millis(500, 4_000));
    Rate::new(permits, period).burst(few(dice, 3, 5))
}

fn retry(dice: &mut Dice) -> RetryPolicy {
    let base = dice.millis(0, 2_000);
    let ceiling = Duration::from_secs(4);
    RetryPolicy {
        attempts_max: u32::try_from(dice.within(1, 5)).unwrap_or(1),
        backoff: match dice.below(3) {
            0 => Backoff::Fixed { delay: base },
            1 => Backoff::Linear {
                step: base,
                ceiling,
            },
            _ => Backoff::Exponential { base, ceiling },
        },
        jitter: *dice.pick(&[
            Jitter::None,
            Jitter::Full,
            Jitter::Equal,
            Jitter::Proportional { permille: 100 },
        ]),
    }
}

/// The client is whoever there is: it does not die.
const fn not_client(who: Who) -> Who {
    match who {
        Who::Client => Who::Worker(0),
        other => other,
    }
}

fn op(dice: &mut Dice, who: Who) -> Option<Op> {
    let all: &[Op] = match who {
        Who::Client => &[Op::Submit, Op::Change, Op::Configure],
        Who::House(_) => &[
            Op::Workers,
            Op::Lead,
            Op::TakeBack,
            Op::KeepHouse,
            Op::DueSchedules,
            Op::Living,
            Op::Advance,
        ],
        Who::Worker(_) => &[
            Op::Register,
            Op::Heartbeat,
            Op::Claim,
            Op::Claim,
            Op::Promote,
            Op::Settle,
            Op::Settle,
            Op::Held,
            Op::TakeBack,
            Op::CancelRequests,
        ],
    };
    (!dice.once_in(5)).then(|| *dice.pick(all))
}

fn mishap(dice: &mut Dice, all: &[Mishap], who: Who) -> Mishap {
    let mishap = match *dice.pick(all) {
        Mishap::Late(_) => Mishap::Late(dice.millis(10, 8_000)),
        Mishap::Twice(_) => Mishap::Twice(dice.millis(0, 5_000)),
        // About as long as a lease: it may be gone by then, or may not.
        Mishap::Still(_) => Mishap::Still(dice.millis(7_000, 15_000)),
        other => other,
    };
    match mishap {
        Mishap::CrashBefore | Mishap::CrashAfter | Mishap::Still(_) if who == Who::Client => {
            Mishap::AnswerLost
        }
        other => other,
    }
}
