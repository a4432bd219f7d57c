//! Random histories, each step compared with the definition: of all heads that nothing closes, the first in
//! its turn.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::time::Duration;

use super::turn::Turn;
use super::*;
use crate::{Limit, Priority, Rate};

/// A small generator, so that a seed is a history.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as usize
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

struct World {
    random: Random,
    dispatch: Dispatch,
    now: Timestamp,
    sequence: i64,
    queues: Vec<QueueId>,
    tenants: Vec<TenantId>,
    limits: Vec<LimitId>,
    /// The tasks in line of every lane.
    lines: Vec<(LaneId, BTreeSet<OrderKey>)>,
    leased: Vec<LaneId>,
    /// What each tenant of a fair queue has had of each class.
    had: BTreeMap<(QueueId, Option<TenantId>, u8), u64>,
    /// How far each class of a fair queue has come.
    come: BTreeMap<(QueueId, u8), u64>,
    round: Round,
    /// How many heads are left unknown now and then, as a store on disk does.
    forgets: bool,
}

const KINDS: [KindId; 3] = [KindId(0), KindId(1), KindId(2)];

impl World {
    fn new(seed: u64) -> Self {
        let mut dispatch = Dispatch::default();
        let queues: Vec<_> = (0..3).map(|_| dispatch.add_queue()).collect();
        // The fewer tenants, the more lanes each has.
        let tenants: Vec<_> = (0..=seed % 4).map(|_| dispatch.add_tenant()).collect();
        let limits: Vec<_> = (0..4).map(|_| dispatch.add_limit()).collect();
        dispatch.set_fair(queues[1], true);
        Self {
            random: Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1),
            dispatch,
            now: Timestamp::from_micros(1_000_000),
            sequence: 0,
            queues,
            tenants,
            limits,
            lines: Vec::new(),
            leased: Vec::new(),
            had: BTreeMap::new(),
            come: BTreeMap::new(),
            round: Round::default(),
            forgets: seed.is_multiple_of(2),
        }
    }

    fn step(&mut self) {
        match self.random.below(22) {
            0..6 => self.submit(),
            6..10 => self.claim(),
            10..14 => self.end(),
            14 => self.now = self.now + Duration::from_millis(self.random.below(900) as u64),
            15 => self.change_limit(),
            16 => self.change_tenant(),
            17 => self.attach(),
            18 => self.change_queue(),
            19 => self.forget(),
            20 => self.go_on(),
            _ => self.withdraw(),
        }
        assert_eq!(self.dispatch.check(self.now), Ok(()));
        for queue in &self.queues {
            let lanes: Vec<LaneId> = self.dispatch.lanes_of(*queue).collect();
            let apart: BTreeSet<LaneId> = lanes.iter().copied().collect();
            assert_eq!(lanes.len(), self.dispatch.standing(*queue));
            assert_eq!(apart.len(), lanes.len(), "each once");
        }
    }

    fn submit(&mut self) {
        let lane = match self.random.below(3) {
            0 if !self.lines.is_empty() => self.random.pick(&self.lines).0,
            _ => self.lane(),
        };
        self.sequence += 1;
        let priority = *self.random.pick(&Priority::ALL);
        let key = OrderPolicy::Strict.key(priority, self.now, None, self.sequence);
        match self.lines.iter_mut().find(|(id, _)| *id == lane) {
            Some((_, line)) => drop(line.insert(key)),
            None => self.lines.push((lane, BTreeSet::from([key]))),
        }
        if self.forgets && self.random.below(4) == 0 {
            self.dispatch.forget_head(lane);
        } else {
            self.dispatch.offer(lane, key);
        }
    }

    fn lane(&mut self) -> LaneId {
        let tenant = (self.random.below(3) > 0).then(|| *self.random.pick(&self.tenants));
        let limits: Vec<_> = (0..self.random.below(3))
            .map(|_| {
                (
                    *self.random.pick(&self.limits),
                    1 + self.random.below(3) as u32,
                )
            })
            .collect();
        let spec = LaneSpec {
            queue: *self.random.pick(&self.queues),
            kind: *self.random.pick(&KINDS),
            suspect: self.random.below(8) == 0,
            terms: self.dispatch.terms(tenant, &limits),
        };
        self.dispatch.lane(spec)
    }

    fn withdraw(&mut self) {
        let at = self.random.below(self.lines.len().max(1));
        let Some((lane, line)) = self.lines.get_mut(at) else {
            return;
        };
        line.pop_last();
        self.dispatch.set_head(*lane, line.first().copied());
    }

    /// Forgets what is idle, and makes as many limits again: they have the same numbers.
    fn forget(&mut self) {
        let Self {
            dispatch, lines, ..
        } = self;
        lines.retain(|(lane, _)| !dispatch.drop_idle(*lane));
        let mut forgotten = dispatch.forget_idle();
        let mut again: Vec<_> = forgotten.iter().map(|_| dispatch.add_limit()).collect();
        for limit in &again {
            assert_eq!((dispatch.limit(*limit), dispatch.in_use(*limit)), (None, 0));
        }
        forgotten.sort_unstable();
        again.sort_unstable();
        assert_eq!(again, forgotten);
    }

    fn end(&mut self) {
        if self.leased.is_empty() {
            return;
        }
        let at = self.random.below(self.leased.len());
        let lane = self.leased.swap_remove(at);
        self.dispatch.release(lane);
    }

    fn change_limit(&mut self) {
        let limit = *self.random.pick(&self.limits);
        let at_once = 1 + self.random.below(5) as u32;
        let rate = Rate::new(1 + self.random.below(9) as u32, Duration::from_secs(1));
        let bounds = match self.random.below(4) {
            0 => None,
            1 => Some(Limit::rate(rate)),
            2 => Some(Limit::concurrency(at_once)),
            _ => Some(Limit::concurrency(at_once).and_rate(rate)),
        };
        self.dispatch.set_limit(limit, bounds, self.now);
    }

    fn change_tenant(&mut self) {
        let tenant = *self.random.pick(&self.tenants);
        let (weight, paused) = (self.random.below(4) as u32, self.random.below(3) == 0);
        self.dispatch.set_tenant(tenant, weight, paused, self.now);
    }

    /// To one target, or to several at once; one may be named twice.
    fn attach(&mut self) {
        let count = 1 + self.random.below(3);
        let all: Vec<_> = (0..count).map(|_| self.attachment()).collect();
        self.dispatch.attach_all(all, self.now);
    }

    fn attachment(&mut self) -> (Target, Vec<(LimitId, u32)>) {
        let target = match self.random.below(3) {
            0 => Target::Queue(*self.random.pick(&self.queues)),
            1 => Target::Kind(*self.random.pick(&KINDS)),
            _ => Target::Tenant(*self.random.pick(&self.tenants)),
        };
        let limits = (0..self.random.below(2)).map(|_| {
            let weight = 1 + self.random.below(2) as u32;
            (*self.random.pick(&self.limits), weight)
        });
        (target, limits.collect())
    }

    fn change_queue(&mut self) {
        let queue = *self.random.pick(&self.queues);
        if self.random.below(2) == 0 {
            let paused = !self.dispatch.is_paused(queue);
            self.dispatch.set_paused(queue, paused);
        } else {
            let fair = !self.dispatch.is_fair(queue);
            self.dispatch.set_fair(queue, fair);
            self.had.retain(|(of, ..), _| *of != queue);
            self.come.retain(|(of, _), _| *of != queue);
        }
    }

    /// Another has written what a tenant has had: more than is known, or less.
    fn go_on(&mut self) {
        let queue = *self.random.pick(&self.queues);
        let tenant = (self.random.below(4) > 0).then(|| *self.random.pick(&self.tenants));
        let class = self.random.below(Priority::COUNT) as u8;
        let come = self.come.get(&(queue, class)).copied().unwrap_or(0);
        let finish = (come + self.random.below(3_000_000) as u64).saturating_sub(1_000_000);
        let time = (come + self.random.below(2_000_000) as u64).saturating_sub(1_000_000);
        let had = Finish {
            tenant,
            class,
            finish,
        };
        self.dispatch.set_finish(queue, &had, time);
        if self.dispatch.is_fair(queue) {
            self.had.insert((queue, tenant, class), finish);
            self.come.insert((queue, class), come.max(time));
        }
    }

    /// The head of a lane was taken: by definition, its tenant has had its turn.
    fn have_turn(&mut self, lane: LaneId, class: u8) {
        let LaneSpec { queue, terms, .. } = self.dispatch.spec(lane);
        if !self.dispatch.is_fair(queue) {
            return;
        }
        let tenant = self.dispatch.tenant_of(terms);
        let weight = tenant.map_or(1, |tenant| self.dispatch.tenant(tenant).0);
        let come = self.come.entry((queue, class)).or_default();
        let had = self.had.entry((queue, tenant, class)).or_default();
        *come = (*come).max(*had);
        *had = *come + 1_000_000 / u64::from(weight);
    }

    fn claim(&mut self) {
        let queues: Vec<_> = self.queues[self.random.below(3)..].to_vec();
        let kinds: Vec<_> = KINDS[self.random.below(3)..].to_vec();
        let weights: Vec<u32> = match self.random.below(3) {
            0 => queues
                .iter()
                .map(|_| 1 + self.random.below(6) as u32)
                .collect(),
            _ => Vec::new(),
        };
        let spec = ClaimSpec {
            queues: &queues,
            weights: &weights,
            kinds: &kinds,
            run: self.random.below(5),
            prefetch: self.random.below(2),
            suspect: self.random.below(2) == 0,
            turn: self.random.below(7),
        };
        let mut round = core::mem::take(&mut self.round);
        self.dispatch.begin(&spec, self.now, &mut round);
        for lane in round.take_unknown() {
            let line = self.lines.iter().find(|(id, _)| *id == lane).unwrap();
            self.dispatch.set_head(lane, line.1.first().copied());
        }
        let mut suspect = spec.suspect;
        let mut turn = spec.turn;
        let mut exhausted = false;
        for taken in 0..spec.run + spec.prefetch {
            suspect &= taken < spec.run;
            let expected = self.expected(&spec, suspect, turn, taken);
            let pick = self.dispatch.next(&mut round);
            assert_eq!(pick.map(|pick| pick.lane), expected.map(|(lane, _)| lane));
            let Some((pick, (lane, next))) = pick.zip(expected) else {
                exhausted = taken < spec.run && !round.gave_up();
                break;
            };
            (suspect, turn) = (suspect && !self.dispatch.spec(lane).suspect, next);
            self.dispatch.take(&mut round, &pick);
            let line = self.lines.iter_mut().find(|(id, _)| *id == lane).unwrap();
            let key = line.1.pop_first().unwrap();
            self.dispatch.lease(lane);
            self.dispatch.set_head(lane, line.1.first().copied());
            self.have_turn(lane, key.class);
            self.leased.push(lane);
        }
        if exhausted {
            self.check_wakes(&spec);
        }
        self.round = round;
    }

    /// Who got nothing more asks again in time: no lane that only rates close opens before the instant that
    /// is told.
    fn check_wakes(&self, spec: &ClaimSpec<'_>) {
        for (lane, line) in &self.lines {
            let key = self.dispatch.spec(*lane);
            let asked = spec.queues.contains(&key.queue)
                && !self.dispatch.is_paused(key.queue)
                && spec.kinds.contains(&key.kind)
                && !key.suspect;
            let closings = self.dispatch.closings(*lane, self.now);
            let opens = closings.iter().map(|closing| match closing {
                Closing::Limit {
                    closed: Closed::Rate { ready_at },
                    ..
                } => Some(*ready_at),
                _ => None,
            });
            let opens: Option<Vec<Timestamp>> = opens.collect();
            if let Some(opens) = opens
                && asked
                && !line.is_empty()
                && let Some(opens) = opens.into_iter().max()
            {
                let told = self.dispatch.next_open();
                assert!(
                    told.is_some_and(|told| told <= opens),
                    "{told:?}, {opens:?}"
                );
            }
        }
    }

    /// By definition: the lane that is next, and where the turns stand after it.
    fn expected(
        &self,
        spec: &ClaimSpec<'_>,
        suspect: bool,
        turn: usize,
        taken: usize,
    ) -> Option<(LaneId, usize)> {
        let heads = |queue: QueueId| {
            let lanes = self.lines.iter().filter(move |(lane, _)| {
                let key = self.dispatch.spec(*lane);
                key.queue == queue
                    && spec.kinds.contains(&key.kind)
                    && (suspect || !key.suspect)
                    && self.dispatch.closings(*lane, self.now).is_empty()
            });
            let turns = lanes.filter_map(|(lane, line)| {
                let key = *line.first()?;
                let tenant = self.dispatch.tenant_of(self.dispatch.spec(*lane).terms);
                let had = self.had.get(&(queue, tenant, key.class));
                Some((Turn::of(key, had.copied().unwrap_or(0)), *lane))
            });
            turns.min()
        };
        let count = spec.queues.len();
        let found = if spec.weights.is_empty() {
            let order = (0..count).map(|step| (turn % count + step) % count);
            order
                .filter_map(|at| Some((heads(spec.queues[at])?, at)))
                .min_by_key(|((turn, _), _)| turn.key().class)
                .map(|((_, lane), at)| (lane, at + 1))
        } else {
            // A queue of weight n has n places, as evenly spread as can be: see the tests of the cycle.
            let cycle = cycle::by_definition(spec.weights);
            (0..cycle.len())
                .map(|step| cycle[(turn + step) % cycle.len()])
                .find_map(|at| Some((heads(spec.queues[at])?.1, turn + 1)))
        };
        let rated = found.is_some_and(|(lane, _)| self.dispatch.is_rated(lane));
        found.filter(|_| taken < spec.run || !rated)
    }
}

#[test]
fn every_pick_is_the_one_by_definition() {
    for seed in 1..=120 {
        let mut world = World::new(seed);
        for _ in 0..400 {
            world.step();
        }
        while !world.leased.is_empty() {
            world.end();
        }
        for limit in &world.limits {
            assert_eq!(
                world.dispatch.in_use(*limit),
                0,
                "all permits are back at rest"
            );
        }
    }
}
