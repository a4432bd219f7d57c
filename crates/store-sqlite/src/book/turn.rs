//! Turns of tenants in fair queues. How far a class has come is kept with the turns that are nobody's; what
//! a tenant has had is looked up when a lane of it is.

use duly_core::dispatch::Finish;
use duly_store::Name;
use rusqlite::{Connection, Result, params};

use super::gate::Had;
use super::news::Item;
use super::{Book, LaneSlot, QueueSlot};
use crate::row;

pub(crate) const TURNS: &str =
    "SELECT class, finish, time FROM duly_turn WHERE queue = ?1 AND tenant = ?2";
const SET_TURN: &str = "REPLACE INTO duly_turn (queue, tenant, class, finish, time)
    VALUES (?1, ?2, ?3, ?4, ?5)";
/// Who takes up turns anew begins without a history.
const FORGET_TURNS: &str = "DELETE FROM duly_turn WHERE queue = ?1";

impl Book {
    /// Sees to it that it is known what the tenant of a lane has had, if its queue is fair.
    pub(super) fn know_turns(&mut self, connection: &Connection, lane: LaneSlot) -> Result<()> {
        let lane = self.lanes[lane.index()];
        let tenant = self.dispatch.tenant_of(lane.terms);
        let known = self.dispatch.finish(lane.queue, tenant, 0).is_some();
        if tenant.is_none() || known || !self.dispatch.is_fair(lane.queue) {
            return Ok(());
        }
        let name = self.tenant_name(tenant);
        self.read_turns(connection, lane.queue, &name)
    }

    /// Goes on with the turns of a tenant in a queue where they were left.
    pub(super) fn read_turns(
        &mut self,
        connection: &Connection,
        queue: QueueSlot,
        name: &Name,
    ) -> Result<()> {
        let tenant = match name.is_empty() {
            true => None,
            false => Some(self.tenant_id(connection, name)?),
        };
        let mut statement = connection.prepare_cached(TURNS)?;
        let mut rows = statement.query(params![self.queues[queue.index()].id, name.as_str()])?;
        while let Some(row) = rows.next()? {
            let had = Finish {
                tenant,
                class: row::number(row, 0)?,
                finish: row.get::<_, i64>(1)?.cast_unsigned(),
            };
            let time: i64 = row.get(2)?;
            self.dispatch.set_finish(queue, &had, time.cast_unsigned());
        }
        Ok(())
    }

    /// Goes on where a fair queue was left, with all tenants of whom a lane is known.
    pub(super) fn read_all_turns(
        &mut self,
        connection: &Connection,
        queue: QueueSlot,
    ) -> Result<()> {
        let lanes = self.dispatch.lanes();
        let mine = lanes.filter(|lane| self.lanes[lane.index()].queue == queue);
        let mut tenants: Vec<_> = mine
            .filter_map(|lane| self.dispatch.tenant_of(self.lanes[lane.index()].terms))
            .collect();
        tenants.sort_unstable();
        tenants.dedup();
        self.read_turns(connection, queue, &Name::default())?;
        for tenant in tenants {
            let name = self.gate_name(tenant.gate()).clone();
            self.read_turns(connection, queue, &name)?;
        }
        Ok(())
    }

    /// A queue takes up turns: nobody has had one.
    pub(crate) fn forget_turns(&mut self, connection: &Connection, queue: QueueSlot) -> Result<()> {
        let id = self.queue(queue).id;
        self.tell(Item::Turns(id));
        connection.prepare_cached(FORGET_TURNS)?.execute([id])?;
        Ok(())
    }

    /// The turns of a queue were begun anew elsewhere.
    pub(super) fn renew_turns(&mut self, connection: &Connection, queue: i64) -> Result<()> {
        let Some(queue) = self.queue_ids.get(&queue).copied() else {
            return Ok(());
        };
        if self.dispatch.is_fair(queue) {
            self.dispatch.set_fair(queue, false);
            self.dispatch.set_fair(queue, true);
            self.read_all_turns(connection, queue)?;
        }
        Ok(())
    }

    /// A tenant has had turns elsewhere; of one that is not known it is looked up when it is.
    pub(super) fn follow_turns(
        &mut self,
        connection: &Connection,
        queue: i64,
        tenant: &Name,
    ) -> Result<()> {
        let Some(queue) = self.queue_ids.get(&queue).copied() else {
            return Ok(());
        };
        let known = tenant.is_empty() || self.gates.tenants.contains_key(tenant);
        if known && self.dispatch.is_fair(queue) {
            self.read_turns(connection, queue, tenant)?;
        }
        Ok(())
    }

    /// Writes what turns were had.
    pub(super) fn flush_turns(&mut self, connection: &Connection) -> Result<()> {
        let mut turns = std::mem::take(&mut self.gates.turns);
        if turns.is_empty() {
            return Ok(());
        }
        // With them, how far each class has come.
        let mut times: Vec<Had> = turns
            .iter()
            .map(|(queue, _, class)| (*queue, None, *class))
            .collect();
        times.dedup();
        turns.extend(times);
        turns.sort_unstable();
        turns.dedup();
        let mut set = connection.prepare_cached(SET_TURN)?;
        for (queue, tenant, class) in turns {
            let had = self.dispatch.finish(queue, tenant, class);
            let Some(time) = self.dispatch.virtual_time(queue, class) else {
                continue;
            };
            let id = self.queue(queue).id;
            let name = self.tenant_name(tenant);
            set.execute(params![
                id,
                name.as_str(),
                class,
                had.map_or(0, |had| had.finish).cast_signed(),
                time.cast_signed(),
            ])?;
            self.tell_of_turn(id, name);
        }
        Ok(())
    }
}
