//! An instance that keeps house, by the rules of the runtime's: it asks to lead, looks at heartbeats, and if
//! it leads takes back what the silent held and does the duties.

use std::collections::VecDeque;
use std::time::Duration;

use duly_core::{Incarnation, Pulse, Timestamp, Watch};
use duly_schedule::bounds::GRACE;
use duly_store::bounds::HOUSEKEEPING_MAX;
use duly_store::{
    Duty, KeepHouse, Kept, Lead, Leadership, ScheduleError, ScheduleRecord, SubmitError, TakeBack,
    TakenBack, WorkerRecord,
};

use crate::bounds::{DUTY, DUTY_PAUSE, LEASE, LOOK, REIGN};
use crate::mutant::{Mutant, Switch};
use crate::process::{Act, Moment, Process};
use crate::tick::{Move, Standing};
use crate::wire::{Answer, Ask, Heard, Op};

/// The duties that are done while there is a leader. (Events are not so old that any would be forgotten.)
const DUTIES: [Duty; 5] = [
    Duty::Promote,
    Duty::Expire,
    Duty::Alert,
    Duty::Prune,
    Duty::Rekey,
];

/// The name of the lead.
const LEAD: &str = "housekeeping";

#[derive(Debug)]
pub(crate) struct House {
    holder: Incarnation,
    switch: Switch,
    /// How many rows a step of a duty touches.
    step: u32,
    /// Until when it leads, by its clock.
    reign: Option<Timestamp>,
    asking: Service,
    /// What its clock said when it asked to lead.
    asked_at: Timestamp,
    watch: Watch,
    reaping: Service,
    /// Those whose leases are to be taken back before the next look.
    silent: VecDeque<Pulse>,
    chores: [(Duty, Service); 5],
    scheduling: Service,
    /// Schedules that were due when it looked, and when that was by the store's clock.
    due: VecDeque<ScheduleRecord>,
    due_at: Timestamp,
    /// The latest instant of that clock at which it looked, since it leads and has looked at all schedules.
    looked_at: Option<Timestamp>,
    /// Whether it has to look at all: some may wait for an instant by a clock that was ahead.
    looks_at_all: bool,
    /// The schedule of which it asks which of its tasks live.
    looking: Option<Standing>,
    /// The step that it makes.
    moving: Option<Move>,
    leaving: Option<Timestamp>,
    given_up: bool,
}

/// One service: it rests until an instant of real time, or waits for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Service {
    Rests(Timestamp),
    Waits,
}

const LEAD_TAG: u32 = Op::Lead as u32;
const LOOK_TAG: u32 = Op::Workers as u32;
const DUE_TAG: u32 = Op::DueSchedules as u32;
const ALL_TAG: u32 = Op::Schedules as u32;
const LIVING_TAG: u32 = Op::Living as u32;
const ADVANCE_TAG: u32 = Op::Advance as u32;
const TAKE_TAG: u32 = Op::TakeBack as u32;
/// Duties count from here.
const DUTY_TAG: u32 = 100;

impl House {
    pub(crate) fn new(holder: Incarnation, step: u32, switch: Switch, now: Moment) -> Self {
        let lease = if switch.is(Mutant::HastyReaper) {
            LEASE / 5
        } else {
            LEASE
        };
        let first = Service::Rests(now.real + DUTY);
        Self {
            holder,
            switch,
            step,
            reign: None,
            asking: Service::Rests(now.real),
            asked_at: now.clock,
            watch: Watch::new(lease, LOOK),
            reaping: Service::Rests(now.real),
            silent: VecDeque::new(),
            chores: DUTIES.map(|duty| (duty, first)),
            scheduling: Service::Rests(now.real),
            due: VecDeque::new(),
            due_at: now.clock,
            looked_at: None,
            looks_at_all: false,
            looking: None,
            moving: None,
            leaving: None,
            given_up: false,
        }
    }

    fn leads(&self, clock: Timestamp) -> bool {
        self.reign.is_some_and(|until| clock < until)
    }

    fn ask_to_lead(&mut self, now: Moment, ttl: Duration) -> Ask {
        self.asked_at = now.clock;
        Ask::Lead(Lead {
            name: LEAD.into(),
            holder: self.holder,
            ttl,
        })
    }

    fn look(&mut self, now: Moment, workers: &[WorkerRecord]) {
        let pulses: Vec<_> = workers.iter().map(WorkerRecord::pulse).collect();
        let silent = self.watch.look(&pulses, now.clock);
        if self.leads(now.clock) && !self.switch.is(Mutant::SleepingReaper) {
            self.silent.extend(silent);
        }
        self.reaping = Service::Rests(now.real + LOOK);
    }

    fn next_take(&mut self) -> Option<Ask> {
        let pulse = self.silent.front()?;
        let is_fenced = !self.switch.is(Mutant::BlindReaper);
        Some(Ask::TakeBack(TakeBack {
            incarnation: pulse.incarnation,
            beats: is_fenced.then_some(pulse.beats),
            limit: HOUSEKEEPING_MAX.min(self.step),
        }))
    }

    fn led(&mut self, leadership: Leadership) {
        self.reign = (leadership.leads && self.leaving.is_none()).then_some(self.asked_at + REIGN);
    }

    fn took(&mut self, taken: TakenBack) {
        if taken.gone || taken.leases == 0 {
            self.silent.pop_front();
        }
    }

    fn kept(&mut self, now: Moment, tag: u32, kept: Kept) {
        let again = kept.more && self.leads(now.clock);
        let pause = if again { DUTY_PAUSE } else { DUTY };
        self.rest_chore(tag, now.real + pause);
    }

    fn rest_chore(&mut self, tag: u32, until: Timestamp) {
        let index = (tag - DUTY_TAG) as usize;
        self.chores[index].1 = Service::Rests(until);
    }

    fn answered(&mut self, now: Moment, tag: u32, answer: Answer) {
        match answer {
            Answer::Lead(Ok(leadership)) => {
                self.led(leadership);
                self.asking = Service::Rests(now.real + REIGN / 10 * 3);
            }
            Answer::Workers(Ok(workers)) => self.look(now, &workers),
            Answer::TakeBack(Ok(taken)) => {
                self.took(taken);
                self.reaping = Service::Rests(self.after_take(now));
            }
            Answer::KeepHouse(Ok(kept)) => self.kept(now, tag, kept),
            Answer::DueSchedules(Ok(due)) => {
                self.looks_at_all = self.looked_at.is_none_or(|at| due.at + GRACE < at);
                self.looked_at = self.looked_at.max(Some(due.at));
                self.due.extend(due.schedules);
                self.due_at = due.at;
                self.scheduling = Service::Rests(self.after_advance(now));
            }
            Answer::Schedules(Ok(all)) => {
                (self.looks_at_all, self.looked_at) = (false, Some(all.at));
                let is_ahead = |record: &ScheduleRecord| {
                    let standing = Standing::read(record);
                    standing.is_some_and(|standing| standing.is_ahead(record.next_at, all.at))
                };
                self.due.extend(all.schedules.into_iter().filter(is_ahead));
                self.due_at = all.at;
                self.scheduling = Service::Rests(self.after_advance(now));
            }
            Answer::Living(Ok(living)) => {
                let looking = self.looking.take();
                self.moving = looking.and_then(|standing| standing.step(living, self.due_at));
                self.scheduling = Service::Rests(self.after_advance(now));
            }
            Answer::Advance(answer) => {
                self.advanced(answer.err());
                self.scheduling = Service::Rests(self.after_advance(now));
            }
            other => unreachable!("an instance does not ask for this: {other:?}"),
        }
    }

    /// What is left to take back is taken at once; then it rests until the next look.
    fn after_take(&self, now: Moment) -> Timestamp {
        if self.silent.is_empty() {
            now.real + LOOK
        } else {
            now.real
        }
    }

    /// Whoever else has moved a schedule on has done what was due. Who finds a queue full waits; a task
    /// that is refused otherwise is left out, and its tick does not fire.
    fn advanced(&mut self, error: Option<ScheduleError>) {
        let moving = self.moving.take();
        if let Some(ScheduleError::Refused(error)) = error
            && !matches!(error, SubmitError::QueueFull { .. })
            && let Some(index) = error.index()
        {
            self.moving = moving.and_then(|step| step.without(index));
        }
    }

    fn after_advance(&self, now: Moment) -> Timestamp {
        if self.due.is_empty() && self.moving.is_none() && !self.looks_at_all {
            now.real + LOOK
        } else {
            now.real
        }
    }

    fn failed(&mut self, now: Moment, tag: u32) {
        match tag {
            LEAD_TAG => self.asking = Service::Rests(now.real + REIGN / 10 * 3),
            LOOK_TAG => {
                self.watch.look_failed();
                self.reaping = Service::Rests(now.real + LOOK);
            }
            DUE_TAG | ALL_TAG => self.scheduling = Service::Rests(now.real + LOOK),
            LIVING_TAG | ADVANCE_TAG => {
                (self.looking, self.moving) = (None, None);
                self.scheduling = Service::Rests(self.after_advance(now));
            }
            TAKE_TAG => {
                self.silent.pop_front();
                self.reaping = Service::Rests(self.after_take(now));
            }
            _ => self.rest_chore(tag, now.real + DUTY),
        }
    }

    fn lead(&mut self, now: Moment, acts: &mut Vec<Act>) {
        if self.leaving.is_some() && self.given_up {
            return;
        }
        if self.asking.is_due(now) {
            let leaves = self.leaving.is_some();
            self.given_up = leaves;
            let ttl = if leaves { Duration::ZERO } else { REIGN };
            let ask = self.ask_to_lead(now, ttl);
            self.asking = Service::Waits;
            acts.push(Act::Call { tag: LEAD_TAG, ask });
        }
    }

    fn reap(&mut self, now: Moment, acts: &mut Vec<Act>) {
        if !self.reaping.is_due(now) {
            return;
        }
        self.reaping = Service::Waits;
        let call = match self.next_take() {
            Some(ask) => Act::Call { tag: TAKE_TAG, ask },
            None => Act::Call {
                tag: LOOK_TAG,
                ask: Ask::Workers,
            },
        };
        acts.push(call);
    }

    /// If it leads: looks for schedules that are due, and moves each on by one step.
    fn schedule(&mut self, now: Moment, acts: &mut Vec<Act>) {
        if !self.scheduling.is_due(now) {
            return;
        }
        if !self.leads(now.clock) {
            self.due.clear();
            (self.looking, self.moving) = (None, None);
            (self.looked_at, self.looks_at_all) = (None, false);
            self.scheduling = Service::Rests(now.real + LOOK);
            return;
        }
        self.scheduling = Service::Waits;
        while self.moving.is_none()
            && let Some(record) = self.due.pop_front()
        {
            let Some(mut standing) = Standing::read(&record) else {
                continue;
            };
            if self.switch.is(Mutant::ForgetsDecided) {
                standing.forget_ahead(self.due_at);
            }
            let live = standing.live.clone();
            if !live.is_empty() && !self.switch.is(Mutant::ForgetsRuns) {
                self.looking = Some(standing);
                let (tag, ask) = (LIVING_TAG, Ask::Living(live));
                return acts.push(Act::Call { tag, ask });
            }
            self.moving = standing.step(Vec::new(), self.due_at);
        }
        let (tag, ask) = match &self.moving {
            Some(step) => (ADVANCE_TAG, Ask::Advance(step.advance())),
            None if self.looks_at_all => (ALL_TAG, Ask::Schedules),
            None => (DUE_TAG, Ask::DueSchedules),
        };
        acts.push(Act::Call { tag, ask });
    }

    fn keep(&mut self, now: Moment, acts: &mut Vec<Act>) {
        let leads = self.leads(now.clock);
        for (tag, (duty, service)) in (DUTY_TAG..).zip(&mut self.chores) {
            if !service.is_due(now) {
                continue;
            }
            if !leads || (*duty == Duty::Rekey && self.switch.is(Mutant::NeverRekeys)) {
                *service = Service::Rests(now.real + DUTY);
                continue;
            }
            *service = Service::Waits;
            let step = KeepHouse {
                duty: *duty,
                limit: self.step,
            };
            let ask = Ask::KeepHouse(step);
            acts.push(Act::Call { tag, ask });
        }
    }
}

impl Service {
    fn is_due(self, now: Moment) -> bool {
        matches!(self, Self::Rests(until) if until <= now.real)
    }

    const fn wake(self) -> Option<Timestamp> {
        match self {
            Self::Rests(until) => Some(until),
            Self::Waits => None,
        }
    }
}

impl Process for House {
    fn hear(&mut self, now: Moment, tag: u32, heard: Heard) {
        match heard {
            Heard::Answer(answer) => self.answered(now, tag, answer),
            Heard::Lost | Heard::Away => self.failed(now, tag),
        }
    }

    fn turn(&mut self, now: Moment, acts: &mut Vec<Act>) -> Duration {
        self.lead(now, acts);
        if let Some(end) = self.leaving {
            if self.given_up && self.asking != Service::Waits || end <= now.real {
                acts.push(Act::Left);
            }
            return end.since(now.real).max(Duration::from_millis(1));
        }
        self.reap(now, acts);
        self.schedule(now, acts);
        self.keep(now, acts);
        let services = [self.asking, self.reaping, self.scheduling].into_iter();
        let services = services.chain(self.chores.iter().map(|(_, service)| *service));
        let wake = services.filter_map(Service::wake).min();
        wake.map_or(DUTY, |at| at.since(now.real))
    }

    fn stop(&mut self, now: Moment, within: Duration) {
        self.leaving = Some(now.real + within);
        // Whoever leads no more asks for nothing, and gives up what it may still hold.
        self.given_up = self.reign.take().is_none();
        if let Service::Rests(_) = self.asking {
            self.asking = Service::Rests(now.real);
        }
    }
}
