//! Limits as claims see them: what they bound, what is attached to what, what rates have given out.

use std::collections::{HashMap, HashSet};

use duly_core::dispatch::Target;
use duly_core::{Limit, Rate, RateState, Timestamp};
use duly_store::{Attachments, LimitUse, Name, Subject};
use rusqlite::{Connection, Result, Row, params};

use super::Book;
use super::lane::kind_id;
use super::news::Item;
use crate::{attachment, row};

macro_rules! limit_columns {
    () => {
        "SELECT name, concurrency, permits, period, burst, given FROM duly_limit"
    };
}
const LIMITS: &str = limit_columns!();
pub(crate) const LIMIT: &str = concat!(limit_columns!(), " WHERE name = ?1");
const SET_LIMIT: &str = "INSERT INTO duly_limit (name, concurrency, permits, period, burst, given)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)
    ON CONFLICT (name) DO UPDATE SET concurrency = excluded.concurrency, permits = excluded.permits,
        period = excluded.period, burst = excluded.burst, given = excluded.given";
const DROP_LIMIT: &str = "DELETE FROM duly_limit WHERE name = ?1";
const GIVE: &str = "UPDATE duly_limit SET given = ?2 WHERE name = ?1";
const NAMED: &str = "SELECT name FROM duly_limit UNION SELECT name FROM duly_attachment";
const LANES: &str = "SELECT id, unfinished, limits FROM duly_lane WHERE limits <> ''";
const DETACH: &str = "DELETE FROM duly_attachment WHERE what = ?1 AND subject = ?2";
const ATTACH: &str =
    "INSERT INTO duly_attachment (what, subject, name, weight) VALUES (?1, ?2, ?3, ?4)";

impl Book {
    /// Sees to it that claims know of all limits.
    pub(crate) fn know_limits(&mut self, connection: &Connection, now: Timestamp) -> Result<()> {
        if std::mem::replace(&mut self.gates.known, true) {
            return Ok(());
        }
        let mut statement = connection.prepare_cached(LIMITS)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            self.take_limit(row, now)?;
        }
        let attached = attachment::after(connection, None, usize::MAX)?;
        self.take_attached(connection, attached, now)
    }

    /// Goes on with a limit as its record has it.
    fn take_limit(&mut self, row: &Row<'_>, now: Timestamp) -> Result<()> {
        let id = self.limit_id(&row::name(row, 0)?);
        let bounds = Some(limit(row, 1)?);
        let given = RateState::from_text(row.get_ref(5)?.as_str()?);
        let given = given.ok_or(rusqlite::Error::InvalidQuery)?;
        if self.dispatch.limit(id) != bounds {
            self.dispatch.set_limit(id, bounds, now);
        }
        self.dispatch.set_rate_state(id, given, now);
        if self.dispatch.rate_state(id) != given {
            // Otherwise it would be cut anew, and wait anew, whenever somebody opens the store.
            self.gates.given.insert(id);
        }
        self.gates.defined.insert(id);
        Ok(())
    }

    /// Goes on with what is attached to these subjects: together, so that every lane is looked at once.
    fn take_attached(
        &mut self,
        connection: &Connection,
        all: Vec<(Subject, Vec<LimitUse>)>,
        now: Timestamp,
    ) -> Result<()> {
        let mut targets = Vec::with_capacity(all.len());
        for (subject, uses) in all {
            let target = self.target(connection, &subject)?;
            let limits = uses.iter().map(|one| self.limit_use(one)).collect();
            targets.push((target, limits));
            self.gates.attached.set(subject, uses);
        }
        self.dispatch.attach_all(targets, now);
        Ok(())
    }

    /// A limit was changed elsewhere, or its rate has given something out.
    pub(super) fn follow_limit(
        &mut self,
        connection: &Connection,
        name: &Name,
        now: Timestamp,
    ) -> Result<()> {
        if !self.gates.known {
            return Ok(());
        }
        let mut statement = connection.prepare_cached(LIMIT)?;
        let mut rows = statement.query([name.as_str()])?;
        match rows.next()? {
            Some(row) => self.take_limit(row, now),
            None => {
                self.bounds_nothing(name, now);
                Ok(())
            }
        }
    }

    /// Looks up what is attached to the subjects of which others have told.
    pub(super) fn follow_attached(
        &mut self,
        connection: &Connection,
        now: Timestamp,
    ) -> Result<()> {
        let subjects = std::mem::take(&mut self.gates.attached_elsewhere);
        if !self.gates.known {
            return Ok(());
        }
        let mut all = Vec::with_capacity(subjects.len());
        for subject in subjects {
            let uses = attachment::of(connection, &subject)?;
            all.push((subject, uses));
        }
        self.take_attached(connection, all, now)
    }

    /// A limit is not defined any more. Without any, nobody counts what is leased.
    fn bounds_nothing(&mut self, name: &Name, now: Timestamp) {
        let id = self.limit_id(name);
        self.dispatch.set_limit(id, None, now);
        self.gates.defined.remove(&id);
        if self.gates.defined.is_empty() {
            self.forget_leases();
        }
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
        self.tell(Item::Limit(name.clone()));
        let Some(limit) = bounds else {
            self.bounds_nothing(name, now);
            let mut drop_limit = connection.prepare_cached(DROP_LIMIT)?;
            return drop_limit.execute([name.as_str()]).map(drop);
        };
        let id = self.limit_id(name);
        if self.gates.defined.is_empty() {
            // Until here, nobody told.
            self.tell(Item::Leases);
        }
        self.gates.defined.insert(id);
        self.know_leases(connection)?;
        self.dispatch.set_limit(id, bounds, now);
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
        self.tell(Item::Attached(subject.clone()));
        self.take_attached(connection, vec![(subject.clone(), uses.to_vec())], now)?;
        let (what, of) = (subject.what(), subject.name().as_str());
        connection.prepare_cached(DETACH)?.execute([what, of])?;
        let mut add = connection.prepare_cached(ATTACH)?;
        for one in uses {
            add.execute(params![what, of, one.name.as_str(), one.weight])?;
        }
        Ok(())
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
    pub(crate) const fn attached(&self) -> &Attachments {
        &self.gates.attached
    }

    pub(crate) fn is_defined(&self, name: &Name) -> bool {
        let id = self.gates.limits.get(name);
        id.is_some_and(|id| self.gates.defined.contains(id))
    }

    /// The first of these limits for which there is no room in `most`. What is not known by heart is counted
    /// only once there may be so many.
    pub(crate) fn lacks_limit<'a>(
        &mut self,
        connection: &Connection,
        names: impl Iterator<Item = &'a Name> + Clone,
        most: usize,
    ) -> Result<Option<&'a Name>> {
        let room = most.saturating_sub(self.gates.limits_most);
        let known = &self.gates.limits;
        if names.clone().all(|name| known.contains_key(name)) || names.clone().count() <= room {
            return Ok(None);
        }
        let used = self.limits_in_use(connection)?;
        self.gates.limits_most = used.len();
        self.gates.counted = true;
        let mut new = names.filter(|name| !used.contains(*name));
        Ok(new.nth(most.saturating_sub(used.len())))
    }

    #[cfg(test)]
    pub(crate) fn limits_by_heart(&self) -> usize {
        assert_eq!(
            self.gates.limits.len() + self.gates.tenants.len(),
            self.gates.names_count()
        );
        self.gates.limits.len()
    }

    /// The limits that are defined or attached, or that unfinished tasks name. Costs as much as there are.
    fn limits_in_use(&self, connection: &Connection) -> Result<HashSet<Name>> {
        let mut named = connection.prepare_cached(NAMED)?;
        let names = named.query_map([], |row| row::name(row, 0))?;
        let mut used: HashSet<Name> = names.collect::<Result<_>>()?;
        let mut won: HashMap<i64, i64> = HashMap::new();
        for (lane, by) in &self.lanes_won {
            if let Some(id) = self.lanes[lane.index()].id {
                *won.entry(id).or_default() += by;
            }
        }
        let mut statement = connection.prepare_cached(LANES)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (id, unfinished): (i64, i64) = (row.get(0)?, row.get(1)?);
            if unfinished + won.get(&id).copied().unwrap_or(0) > 0 {
                let uses = row::uses(row.get_ref(2)?.as_str()?)?;
                used.extend(uses.into_iter().map(|one| one.name));
            }
        }
        Ok(used)
    }

    /// Cuts what rates have given out by a clock that was ahead, to be written with what they give out.
    pub(crate) fn cut_rates(&mut self, now: Timestamp) {
        self.gates.given.extend(self.dispatch.cut_rates(now));
    }

    /// Writes what rates have given out.
    pub(super) fn flush_rates(&mut self, connection: &Connection) -> Result<()> {
        for limit in std::mem::take(&mut self.gates.given) {
            let Some(name) = self.gates.name(limit.gate()).cloned() else {
                continue;
            };
            let given = self.dispatch.rate_state(limit).to_text();
            connection
                .prepare_cached(GIVE)?
                .execute(params![name.as_str(), given])?;
            self.tell(Item::Limit(name));
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
