//! Turns of tenants in fair queues.
//!
//! Start-time fair queueing (Goyal, Vin and Cheng, 1996), counted in tasks: a tenant's task starts at the
//! later of the queue's virtual time and the tenant's last finish, and finishes one task divided by the
//! tenant's weight after; the least finish is next. Who was idle starts at the virtual time, so it has no
//! credit: one task at once, then turns like everybody.

use alloc::vec::Vec;
use core::num::NonZeroU32;

use super::{Dispatch, LaneId, QueueId, TenantId};
use crate::{OrderKey, Priority};

/// What one task of a tenant of weight 1 takes of virtual time.
const TASK: u64 = 1_000_000;

/// As what a lane stands in line: class first, then turns, then rank.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Turn {
    class: u8,
    finish: u64,
    rank: i64,
    sequence: i64,
}

impl Turn {
    pub(super) const fn of(key: OrderKey, finish: u64) -> Self {
        Self {
            class: key.class,
            finish,
            rank: key.rank,
            sequence: key.sequence,
        }
    }

    /// Before every other.
    pub(super) const LEAST: Self = Self {
        class: 0,
        finish: 0,
        rank: i64::MIN,
        sequence: i64::MIN,
    };

    pub(super) const fn key(&self) -> OrderKey {
        OrderKey {
            class: self.class,
            rank: self.rank,
            sequence: self.sequence,
        }
    }
}

/// How far each class has come.
type Tags = [u64; Priority::COUNT];

/// A place in turns that outlives the process: who has had how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finish {
    /// Whose; `None`: tasks that are nobody's.
    pub tenant: Option<TenantId>,
    /// Of which class.
    pub class: u8,
    /// The virtual time at which its last task finished.
    pub finish: u64,
}

#[derive(Debug, Default)]
struct Party {
    finish: Tags,
    /// Its lanes in which somebody stands.
    lanes: Vec<LaneId>,
}

/// The turns of one queue.
#[derive(Debug, Default)]
pub(super) struct Fairness {
    virtual_time: Tags,
    parties: Vec<Party>,
    /// Which party is a tenant's, by its gate; first, which is nobody's. Numbers only, as every fair queue
    /// has its own, and a tenant has tasks in few of them.
    places: Vec<Option<NonZeroU32>>,
}

impl Fairness {
    /// Where the party of a tenant has its place.
    fn at(tenant: Option<TenantId>) -> usize {
        tenant.map_or(0, |tenant| tenant.gate().index() + 1)
    }

    /// The place of a party, if there is one.
    fn find(&self, tenant: Option<TenantId>) -> Option<usize> {
        let place = *self.places.get(Self::at(tenant))?;
        Some(place?.get() as usize - 1)
    }

    fn party(&self, tenant: Option<TenantId>) -> Option<&Party> {
        self.parties.get(self.find(tenant)?)
    }

    /// The party of a tenant, made if there is none.
    fn party_mut(&mut self, tenant: Option<TenantId>) -> &mut Party {
        let place = self.find(tenant).unwrap_or_else(|| self.add(tenant));
        &mut self.parties[place]
    }

    fn add(&mut self, tenant: Option<TenantId>) -> usize {
        let at = Self::at(tenant);
        if self.places.len() <= at {
            self.places.resize(at + 1, None);
        }
        self.parties.push(Party::default());
        let number = u32::try_from(self.parties.len());
        self.places[at] = NonZeroU32::new(number.expect("tenants fit in memory"));
        self.parties.len() - 1
    }
}

fn class_of(key: OrderKey) -> usize {
    usize::from(key.class).min(Priority::COUNT - 1)
}

impl Dispatch {
    pub(super) fn turn_of(&self, id: LaneId, key: OrderKey) -> Turn {
        let queue = &self.queues[self.lanes[id.index()].key.queue.index()];
        let party = queue
            .fairness
            .as_ref()
            .and_then(|fairness| fairness.party(self.tenant_of_lane(id)));
        Turn::of(key, party.map_or(0, |party| party.finish[class_of(key)]))
    }

    pub(super) fn join_party(&mut self, id: LaneId) {
        let tenant = self.tenant_of_lane(id);
        let queue = self.lanes[id.index()].key.queue;
        if let Some(fairness) = &mut self.queues[queue.index()].fairness {
            fairness.party_mut(tenant).lanes.push(id);
        }
    }

    pub(super) fn leave_party(&mut self, id: LaneId) {
        let tenant = self.tenant_of_lane(id);
        let queue = self.lanes[id.index()].key.queue;
        if let Some(fairness) = &mut self.queues[queue.index()].fairness
            && let Some(place) = fairness.find(tenant)
        {
            let lanes = &mut fairness.parties[place].lanes;
            if let Some(at) = lanes.iter().position(|lane| *lane == id) {
                lanes.swap_remove(at);
            }
        }
    }

    /// The head of a lane starts: its tenant has had its turn. The lane itself takes its next one as soon as
    /// its next head is known.
    pub(super) fn have_turn(&mut self, id: LaneId, key: OrderKey) {
        let tenant = self.tenant_of_lane(id);
        let weight = tenant.map_or(1, |tenant| self.tenant(tenant).0);
        let queue = self.lanes[id.index()].key.queue;
        let Some(fairness) = &mut self.queues[queue.index()].fairness else {
            return;
        };
        let class = class_of(key);
        let time = fairness.virtual_time[class];
        let party = fairness.party_mut(tenant);
        let start = party.finish[class].max(time);
        party.finish[class] = start + TASK / u64::from(weight);
        let others = party.lanes.iter().copied().filter(|lane| *lane != id);
        let others: Vec<LaneId> = others.collect();
        fairness.virtual_time[class] = start;
        for lane in others {
            self.take_turn_anew(lane, class);
        }
    }

    /// Lets a lane stand as what its tenant's turn is.
    fn take_turn_anew(&mut self, id: LaneId, class: usize) {
        let key = self.lanes[id.index()].turn.key();
        if class_of(key) == class {
            self.restand(id, key);
        }
    }

    /// What each tenant of a fair queue has had, and under `None` of `tenant` what the queue has come to:
    /// to be kept, and given back by [`set_finish`](Self::set_finish).
    #[must_use]
    pub fn finish(&self, queue: QueueId, tenant: Option<TenantId>, class: u8) -> Option<Finish> {
        let fairness = self.queues[queue.index()].fairness.as_ref()?;
        let party = fairness.party(tenant)?;
        let finish = *party.finish.get(usize::from(class))?;
        Some(Finish {
            tenant,
            class,
            finish,
        })
    }

    /// How far a class of a fair queue has come.
    #[must_use]
    pub fn virtual_time(&self, queue: QueueId, class: u8) -> Option<u64> {
        let fairness = self.queues[queue.index()].fairness.as_ref()?;
        fairness.virtual_time.get(usize::from(class)).copied()
    }

    /// Goes on from what a tenant of a fair queue has had, at a virtual time of its class.
    pub fn set_finish(&mut self, queue: QueueId, had: &Finish, virtual_time: u64) {
        let class = usize::from(had.class).min(Priority::COUNT - 1);
        let Some(fairness) = &mut self.queues[queue.index()].fairness else {
            return;
        };
        let time = &mut fairness.virtual_time[class];
        *time = virtual_time.max(*time);
        let party = fairness.party_mut(had.tenant);
        party.finish[class] = had.finish;
        for lane in party.lanes.clone() {
            self.take_turn_anew(lane, class);
        }
    }
}
