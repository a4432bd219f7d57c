//! Limits and tenants as claims see them, known by heart: what closes lanes, and whose turn it is.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use duly_core::dispatch::{Finish, GateId, LaneId, LimitId, Pick, Target, TenantId, Terms};
use duly_core::{Limit, Rate, RateState, Timestamp};
use duly_store::{LimitUse, Name, Subject, TenantSettings};
use rusqlite::{Connection, Result, Row, params};

use super::line::kind_id;
use super::{Book, QueueSlot};
use crate::row;

pub(crate) const LIMITS: &str =
    "SELECT name, concurrency, permits, period, burst, given FROM duly_limit";
const SET_LIMIT: &str = "INSERT INTO duly_limit (name, concurrency, permits, period, burst, given)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)
    ON CONFLICT (name) DO UPDATE SET concurrency = excluded.concurrency, permits = excluded.permits,
        period = excluded.period, burst = excluded.burst, given = excluded.given";
const DROP_LIMIT: &str = "DELETE FROM duly_limit WHERE name = ?1";
const GIVE: &str = "UPDATE duly_limit SET given = ?2 WHERE name = ?1";
const ATTACHED: &str =
    "SELECT what, subject, name, weight FROM duly_attachment ORDER BY what, subject, name";
const DETACH: &str = "DELETE FROM duly_attachment WHERE what = ?1 AND subject = ?2";
const ATTACH: &str =
    "INSERT INTO duly_attachment (what, subject, name, weight) VALUES (?1, ?2, ?3, ?4)";
pub(crate) const LEASED: &str =
    "SELECT lane FROM duly_live INDEXED BY duly_live_leased WHERE worker IS NOT NULL";
const TURNS: &str = "SELECT tenant, class, finish, time FROM duly_turn WHERE queue = ?1";
const SET_TURN: &str = "INSERT INTO duly_turn (queue, tenant, class, finish, time)
    VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT DO UPDATE SET finish = excluded.finish, time = excluded.time";

/// What is known of the gates that dispatch has.
#[derive(Debug, Default)]
pub(crate) struct Gates {
    limits: HashMap<Name, LimitId>,
    tenants: HashMap<Name, TenantId>,
    names: HashMap<GateId, Name>,
    attached: BTreeMap<Subject, Vec<LimitUse>>,
    /// What limits bound, and what is attached to what, was read.
    known: bool,
    /// What is leased was counted.
    leases_known: bool,
    /// Rates that have given something out since it was written.
    given: BTreeSet<LimitId>,
    /// Turns that tenants have had since they were written.
    turns: BTreeSet<(QueueSlot, Option<TenantId>, u8)>,
}

impl Book {
    /// Sees to it that claims know of all limits.
    pub(crate) fn know_limits(&mut self, connection: &Connection, now: Timestamp) -> Result<()> {
        if std::mem::replace(&mut self.gates.known, true) {
            return Ok(());
        }
        let mut statement = connection.prepare_cached(LIMITS)?;
        let mut rows = statement.query([])?;
        let mut any = false;
        while let Some(row) = rows.next()? {
            let id = self.limit_id(&row::name(row, 0)?);
            self.dispatch.set_limit(id, Some(limit(row, 1)?), now);
            let given = RateState::from_text(row.get_ref(5)?.as_str()?);
            let given = given.ok_or(rusqlite::Error::InvalidQuery)?;
            self.dispatch.set_rate_state(id, given, now);
            any = true;
        }
        for (subject, uses) in attached(connection)? {
            let target = self.target(connection, &subject)?;
            self.attach_in_dispatch(target, &uses, now);
            self.gates.attached.insert(subject, uses);
        }
        if any {
            self.know_leases(connection)?;
        }
        Ok(())
    }

    /// Counts what is leased, lane by lane: what a limit has in use is the sum.
    pub(crate) fn know_leases(&mut self, connection: &Connection) -> Result<()> {
        if std::mem::replace(&mut self.gates.leases_known, true) {
            return Ok(());
        }
        let lanes: Vec<LaneId> = self.dispatch.lanes().collect();
        for lane in lanes {
            self.dispatch.set_leased(lane, 0);
        }
        let mut statement = connection.prepare_cached(LEASED)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let lane = self.lane_by_id(connection, row.get(0)?)?;
            self.dispatch.lease(lane);
        }
        Ok(())
    }

    /// Says what a limit bounds.
    pub(crate) fn set_limit(
        &mut self,
        connection: &Connection,
        name: &Name,
        bounds: Option<Limit>,
        now: Timestamp,
    ) -> Result<()> {
        self.know_limits(connection, now)?;
        self.know_leases(connection)?;
        let id = self.limit_id(name);
        self.dispatch.set_limit(id, bounds, now);
        let Some(limit) = bounds else {
            let mut drop_limit = connection.prepare_cached(DROP_LIMIT)?;
            return drop_limit.execute([name.as_str()]).map(drop);
        };
        let rate = limit.rate.as_ref();
        connection
            .prepare_cached(SET_LIMIT)?
            .execute(params![
                name.as_str(),
                limit.concurrency,
                rate.map(Rate::permits),
                rate.map(|rate| row::micros(rate.period())),
                rate.map(Rate::bursts),
                self.dispatch.rate_state(id).to_text(),
            ])
            .map(drop)
    }

    /// Attaches exactly these limits to a subject.
    pub(crate) fn attach(
        &mut self,
        connection: &Connection,
        subject: &Subject,
        uses: &[LimitUse],
        now: Timestamp,
    ) -> Result<()> {
        self.know_limits(connection, now)?;
        self.know_leases(connection)?;
        let target = self.target(connection, subject)?;
        self.attach_in_dispatch(target, uses, now);
        let (what, of) = (subject.what(), subject.name().as_str());
        connection.prepare_cached(DETACH)?.execute([what, of])?;
        let mut add = connection.prepare_cached(ATTACH)?;
        for one in uses {
            add.execute(params![what, of, one.name.as_str(), one.weight])?;
        }
        if uses.is_empty() {
            self.gates.attached.remove(subject);
        } else {
            self.gates.attached.insert(subject.clone(), uses.to_vec());
        }
        Ok(())
    }

    fn attach_in_dispatch(&mut self, target: Target, uses: &[LimitUse], now: Timestamp) {
        let limits: Vec<_> = uses.iter().map(|one| self.limit_use(one)).collect();
        self.dispatch.attach(target, &limits, now);
    }

    /// What a subject is to dispatch; its record is made if there is none.
    fn target(&mut self, connection: &Connection, subject: &Subject) -> Result<Target> {
        Ok(match subject {
            Subject::Queue(name) => Target::Queue(self.make_queue(connection, name)?),
            Subject::Kind(name) => Target::Kind(kind_id(self.make_kind(connection, name)?)),
            Subject::Tenant(name) => {
                self.make_tenant(connection, name)?;
                Target::Tenant(self.tenant_id(connection, name)?)
            }
        })
    }

    /// What is attached to what.
    pub(crate) const fn attached(&self) -> &BTreeMap<Subject, Vec<LimitUse>> {
        &self.gates.attached
    }

    /// What a limit is attached to, and the weight of each task there.
    pub(crate) fn attached_to(&self, limit: &Name) -> Vec<(Subject, u32)> {
        let found = self.gates.attached.iter().filter_map(|(subject, uses)| {
            let one = uses.iter().find(|one| one.name == *limit)?;
            Some((subject.clone(), one.weight))
        });
        found.collect()
    }

    /// How many limits are known: defined, named by tasks, or attached.
    pub(crate) fn limit_count(&self) -> usize {
        self.gates.limits.len()
    }

    pub(crate) fn knows_limit(&self, name: &Name) -> bool {
        self.gates.limits.contains_key(name)
    }

    /// A limit in dispatch.
    pub(crate) fn limit_id(&mut self, name: &Name) -> LimitId {
        if let Some(id) = self.gates.limits.get(name) {
            return *id;
        }
        let id = self.dispatch.add_limit();
        self.gates.limits.insert(name.clone(), id);
        self.gates.names.insert(id.gate(), name.clone());
        id
    }

    fn limit_use(&mut self, one: &LimitUse) -> (LimitId, u32) {
        (self.limit_id(&one.name), one.weight)
    }

    /// A tenant in dispatch.
    fn tenant_id(&mut self, connection: &Connection, name: &Name) -> Result<TenantId> {
        if let Some(id) = self.gates.tenants.get(name) {
            return Ok(*id);
        }
        let settings = self.tenant(connection, name)?;
        let settings = settings.map_or_else(TenantSettings::default, |tenant| tenant.settings);
        let id = self.dispatch.add_tenant();
        self.gates.tenants.insert(name.clone(), id);
        self.gates.names.insert(id.gate(), name.clone());
        let (weight, paused) = (settings.weight, settings.paused);
        self.dispatch.set_tenant(id, weight, paused, Timestamp::MIN);
        Ok(id)
    }

    /// The name of a limit or a tenant.
    pub(crate) fn gate_name(&self, gate: GateId) -> Name {
        self.gates.names[&gate].clone()
    }

    /// Lets claims see what holds for a tenant.
    pub(crate) fn tell_tenant(&mut self, name: &Name, settings: TenantSettings, now: Timestamp) {
        if let Some(id) = self.gates.tenants.get(name) {
            let (weight, paused) = (settings.weight, settings.paused);
            self.dispatch.set_tenant(*id, weight, paused, now);
        }
    }

    /// The terms of a task.
    pub(crate) fn terms(
        &mut self,
        connection: &Connection,
        tenant: Option<&Name>,
        uses: &[LimitUse],
    ) -> Result<Terms> {
        if tenant.is_none() && uses.is_empty() {
            return Ok(Terms::NONE);
        }
        let tenant = tenant.map(|name| self.tenant_id(connection, name));
        let tenant = tenant.transpose()?;
        let limits: Vec<_> = uses.iter().map(|one| self.limit_use(one)).collect();
        Ok(self.dispatch.terms(tenant, &limits))
    }

    /// The terms of a lane, from its record.
    pub(super) fn terms_of_text(
        &mut self,
        connection: &Connection,
        tenant: &str,
        limits: &str,
    ) -> Result<Terms> {
        let tenant = (!tenant.is_empty()).then(|| Name::from(tenant));
        self.terms(connection, tenant.as_ref(), &row::uses(limits)?)
    }

    /// Terms as the record of a lane has them: the tenant, and the limits.
    pub(super) fn terms_text(&self, terms: Terms) -> (String, String) {
        let tenant = self.dispatch.tenant_of(terms);
        let tenant = tenant.map(|id| self.gates.names[&id.gate()].as_str().to_owned());
        let limits = self.dispatch.limits_of(terms).iter();
        let uses = limits
            .map(|(id, weight)| LimitUse::heavy(self.gates.names[&id.gate()].clone(), *weight));
        (
            tenant.unwrap_or_default(),
            row::uses_text(&uses.collect::<Vec<_>>()),
        )
    }

    /// A lane gets its turn: notes what that changes of limits and turns.
    pub(crate) fn take(&mut self, pick: &Pick) {
        let mut round = std::mem::take(&mut self.round);
        self.dispatch.take(&mut round, pick);
        self.round = round;
        let lane = &self.lanes[pick.lane.index()];
        if lane.terms == Terms::NONE
            && self.gates.attached.is_empty()
            && !self.dispatch.is_fair(lane.queue)
        {
            return;
        }
        let rated = self.dispatch.limits_on(pick.lane).map(|(limit, _)| limit);
        let rated = rated.filter(|limit| {
            let limit = self.dispatch.limit(*limit);
            limit.is_some_and(|limit| limit.rate.is_some())
        });
        self.gates.given.extend(rated);
        if self.dispatch.is_fair(lane.queue) {
            let tenant = self.dispatch.tenant_of(lane.terms);
            self.gates.turns.insert((lane.queue, tenant, pick.class()));
        }
    }

    /// Goes on with the turns of a fair queue where they were left.
    pub(super) fn load_turns(&mut self, connection: &Connection, queue: QueueSlot) -> Result<()> {
        let mut statement = connection.prepare_cached(TURNS)?;
        let mut rows = statement.query([self.queue(queue).id])?;
        while let Some(row) = rows.next()? {
            let tenant = row::name(row, 0)?;
            let tenant = match tenant.is_empty() {
                true => None,
                false => Some(self.tenant_id(connection, &tenant)?),
            };
            let had = Finish {
                tenant,
                class: row::number(row, 1)?,
                finish: row.get::<_, i64>(2)?.cast_unsigned(),
            };
            let time: i64 = row.get(3)?;
            self.dispatch.set_finish(queue, &had, time.cast_unsigned());
        }
        Ok(())
    }

    /// Writes what rates have given out, and what turns were had.
    pub(super) fn flush_gates(&mut self, connection: &Connection) -> Result<()> {
        for limit in std::mem::take(&mut self.gates.given) {
            let Some(name) = self.gates.names.get(&limit.gate()) else {
                continue;
            };
            let given = self.dispatch.rate_state(limit).to_text();
            connection
                .prepare_cached(GIVE)?
                .execute(params![name.as_str(), given])?;
        }
        for (queue, tenant, class) in std::mem::take(&mut self.gates.turns) {
            let had = self.dispatch.finish(queue, tenant, class);
            let time = self.dispatch.virtual_time(queue, class);
            let (Some(had), Some(time)) = (had, time) else {
                continue;
            };
            let name = tenant.and_then(|tenant| self.gates.names.get(&tenant.gate()));
            connection.prepare_cached(SET_TURN)?.execute(params![
                self.queue(queue).id,
                name.map_or("", Name::as_str),
                class,
                had.finish.cast_signed(),
                time.cast_signed(),
            ])?;
        }
        Ok(())
    }
}

/// What a limit bounds, from the columns that begin at `at`.
fn limit(row: &Row<'_>, at: usize) -> Result<Limit> {
    let permits: Option<i64> = row.get(at + 1)?;
    let rate = match permits {
        None => None,
        Some(_) => {
            let rate = Rate::new(row::number(row, at + 1)?, row::duration(row, at + 2)?);
            Some(rate.burst(row::number(row, at + 3)?))
        }
    };
    let concurrency: Option<i64> = row.get(at)?;
    let concurrency = concurrency.map(|_| row::number(row, at)).transpose()?;
    Ok(Limit { concurrency, rate })
}

fn attached(connection: &Connection) -> Result<Vec<(Subject, Vec<LimitUse>)>> {
    let mut statement = connection.prepare_cached(ATTACHED)?;
    let mut rows = statement.query([])?;
    let mut all: Vec<(Subject, Vec<LimitUse>)> = Vec::new();
    while let Some(row) = rows.next()? {
        let name = row::name(row, 1)?;
        let subject = match row.get_ref(0)?.as_str()? {
            "queue" => Subject::Queue(name),
            "kind" => Subject::Kind(name),
            _ => Subject::Tenant(name),
        };
        let one = LimitUse::heavy(row::name(row, 2)?, row::number(row, 3)?);
        match all.last_mut() {
            Some((last, uses)) if *last == subject => uses.push(one),
            _ => all.push((subject, vec![one])),
        }
    }
    Ok(all)
}
