//! Turns of tenants in fair queues.
//!
//! Start-time fair queueing (Goyal, Vin and Cheng, 1996), counted in tasks: a tenant's task starts at the
//! later of the queue's virtual time and the tenant's last finish, and finishes one task divided by the
//! tenant's weight after; the least finish is next. Who was idle starts at the virtual time, so it has no
//! credit: one task at once, then turns like everybody.
//!
//! Who has a turn moves nobody. Its other lanes stand in line by the finish that it had before, which is
//! too early; that is mended as they come to the front, before they can be picked. So a finish costs
//! nothing for lanes that are parked, or of lines that no claim asks for.

use alloc::vec::Vec;
use core::num::NonZeroU32;

use super::lane::Lane;
use super::place::Place;
use super::{Dispatch, LaneId, QueueId, TenantId};
use crate::{OrderKey, Priority};

/// What one task of a tenant of weight 1 takes of virtual time.
const TASK: u64 = 1_000_000;

/// With so many lanes in line a tenant may stand in so many groups that it would be too much to move it in
/// each of them at each of its turns. With fewer, to take it out of them would cost more.
const LANES_MANY: u32 = 8;

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
    /// In how many of its lanes somebody stands.
    standing: u32,
    /// The only one of them: it stands for itself. `None` as soon as there were two, until there is none.
    alone: Option<LaneId>,
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
    fn party_of(&self, id: LaneId) -> Option<&Party> {
        let lane = &self.lanes[id.index()];
        let fairness = self.queues[lane.key.queue.index()].fairness.as_ref();
        fairness.and_then(|fairness| fairness.party(lane.tenant))
    }

    pub(super) fn turn_of(&self, id: LaneId, key: OrderKey) -> Turn {
        let party = self.party_of(id);
        Turn::of(key, party.map_or(0, |party| party.finish[class_of(key)]))
    }

    /// Whether a lane that stands in line has its turns together with others.
    pub(super) fn has_company(&self, id: LaneId) -> bool {
        self.party_of(id)
            .is_some_and(|party| party.alone != Some(id))
    }

    /// One more lane of a tenant is about to stand in line.
    pub(super) fn join_party(&mut self, id: LaneId) {
        let tenant = self.tenant_of_lane(id);
        let queue = self.lanes[id.index()].key.queue;
        let Some(fairness) = &mut self.queues[queue.index()].fairness else {
            return;
        };
        let party = fairness.party_mut(tenant);
        party.standing += 1;
        let first = (party.standing == 1).then_some(id);
        if let Some(other) = core::mem::replace(&mut party.alone, first) {
            self.begin_row(other);
        }
    }

    /// A lane of a tenant stands in line no more.
    pub(super) fn leave_party(&mut self, id: LaneId) {
        let tenant = self.tenant_of_lane(id);
        let queue = self.lanes[id.index()].key.queue;
        if let Some(fairness) = &mut self.queues[queue.index()].fairness {
            let party = fairness.party_mut(tenant);
            party.standing -= 1;
            party.alone.take_if(|alone| *alone == id);
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
        fairness.virtual_time[class] = start;
    }

    /// Lets a lane at the front of its line, whose group is open if it is parked, stand by the turn that its
    /// tenant has. Answers whether it did not.
    #[inline]
    pub(super) fn catch_up(&mut self, id: LaneId) -> bool {
        let Lane { turn, place, .. } = self.lanes[id.index()];
        let Some(party) = self.party_of(id) else {
            return false;
        };
        if party.finish[class_of(turn.key())] == turn.finish {
            return false;
        }
        if matches!(place, Place::Parked(..)) && party.standing >= LANES_MANY {
            // It meets the others that came out of their groups, in one row.
            self.change_place(id, Place::Open);
        } else {
            self.shift(id, turn.key());
        }
        true
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
        let finish = &mut fairness.party_mut(had.tenant).finish[class];
        let before = core::mem::replace(finish, had.finish);
        if had.finish < before {
            self.turn_back(queue, had.tenant);
        }
    }

    /// A tenant has its turn earlier than its lanes stand: they would not come to the front by it.
    fn turn_back(&mut self, queue: QueueId, tenant: Option<TenantId>) {
        let lanes = self.lanes_of(queue).filter(|lane| {
            let lane = &self.lanes[lane.index()];
            lane.tenant == tenant && lane.place != Place::Out
        });
        for lane in lanes.collect::<Vec<_>>() {
            self.restand(lane, self.lanes[lane.index()].turn.key());
        }
    }
}
