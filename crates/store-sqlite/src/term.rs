//! By when a task must have ended, and telling, by events, of those that are late.

use duly_core::{Alerts, Timestamp, Vitals};
use duly_store::Kept;
use rusqlite::{OptionalExtension, Result, Row, params};

use crate::house;
use crate::live::Live;
use crate::row;
use crate::transaction::{NewEvent, Transaction};

const ADD: &str = "INSERT INTO duly_term
    (task, finish_by, alert_unstarted, alert_unfinished, late_to_start, late_to_finish, alert_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
pub(crate) const FORGET: &str = "DELETE FROM duly_term WHERE task = ?1";
pub(crate) const LATE: &str = "SELECT task FROM duly_term INDEXED BY duly_term_alert
    WHERE alert_at <= ?1 ORDER BY alert_at, task LIMIT ?2";
pub(crate) const ALERTS: &str =
    "SELECT x.alert_unstarted, x.alert_unfinished, x.late_to_start, x.late_to_finish, t.submitted_at
    FROM duly_term AS x CROSS JOIN duly_task AS t ON t.sequence = x.task WHERE x.task = ?1";
pub(crate) const TOLD: &str = "UPDATE duly_term
    SET late_to_start = ?2, late_to_finish = ?3, alert_at = ?4 WHERE task = ?1";
pub(crate) const RENEW: &str = "UPDATE duly_term
    SET finish_by = ?2, alert_unstarted = ?3, alert_unfinished = ?4, alert_at = ?5 WHERE task = ?1";

/// Alerts, from the columns `alert_unstarted, alert_unfinished, late_to_start, late_to_finish` that begin
/// at `at`; NULL, all of them, if nobody wants to hear anything.
pub(crate) fn alerts(row: &Row<'_>, at: usize) -> Result<Alerts> {
    let flag = |at| {
        row.get::<_, Option<bool>>(at)
            .map(Option::unwrap_or_default)
    };
    Ok(Alerts {
        unstarted: row::optional_duration(row, at)?,
        unfinished: row::optional_duration(row, at + 1)?,
        late_to_start: flag(at + 2)?,
        late_to_finish: flag(at + 3)?,
    })
}

/// Tells of what is late; a step looks at so many tasks.
pub(crate) fn alert(tx: &mut Transaction<'_, '_>, limit: usize) -> Result<Kept> {
    let late = house::sequences(tx, LATE, limit)?;
    for sequence in late.iter().take(limit) {
        match tx.live(*sequence)? {
            Some(live) => tell(tx, &live)?,
            // Of a task that has ended there is nothing to tell.
            None => {
                let (alerts, _) = tx.alerts(*sequence)?.unwrap_or_default();
                tx.told(*sequence, &alerts, None)?;
            }
        }
        tx.size += 1;
    }
    Ok(house::step(late.len(), limit))
}

fn tell(tx: &mut Transaction<'_, '_>, live: &Live) -> Result<()> {
    let Some((mut alerts, submitted_at)) = tx.alerts(live.sequence)? else {
        return Ok(());
    };
    let told = alerts.tell(submitted_at, tx.now, live.has_begun());
    let next = alerts.next_after(submitted_at, tx.now);
    tx.told(live.sequence, &alerts, next)?;
    let queue = tx.book.lane(live.lane).queue;
    for event in told.into_iter().flatten() {
        let event = NewEvent::new(live.sequence, event, live.vitals.attempt);
        tx.event(queue, event)?;
    }
    Ok(())
}

impl Transaction<'_, '_> {
    /// Notes by when a task must have ended, and who wants to hear that it is late; of one that has ended,
    /// nobody does.
    pub(crate) fn set_term(
        &mut self,
        sequence: i64,
        vitals: &Vitals,
        alerts: &Alerts,
        submitted_at: Timestamp,
    ) -> Result<()> {
        let finish_by = vitals.deadlines.finish();
        if finish_by.is_none() && alerts.is_none() {
            return Ok(());
        }
        let next = alerts.next_at(submitted_at);
        let next = next.filter(|_| !vitals.state.is_final());
        self.connection.prepare_cached(ADD)?.execute(params![
            sequence,
            finish_by.map(Timestamp::as_micros),
            alerts.unstarted.map(row::micros),
            alerts.unfinished.map(row::micros),
            alerts.late_to_start,
            alerts.late_to_finish,
            next.map(Timestamp::as_micros),
        ])?;
        Ok(())
    }

    /// A task is put back in line: what it missed while it lay there counts no more.
    pub(crate) fn renew_term(&mut self, sequence: i64, vitals: &Vitals) -> Result<()> {
        let Some((mut alerts, submitted_at)) = self.alerts(sequence)? else {
            return Ok(());
        };
        alerts.forget_missed(submitted_at, self.now);
        let next = alerts.next_at(submitted_at);
        self.connection.prepare_cached(RENEW)?.execute(params![
            sequence,
            vitals.deadlines.finish().map(Timestamp::as_micros),
            alerts.unstarted.map(row::micros),
            alerts.unfinished.map(row::micros),
            next.map(Timestamp::as_micros),
        ])?;
        Ok(())
    }

    /// The alerts of a task, if anybody wants any, and when it was submitted.
    fn alerts(&self, sequence: i64) -> Result<Option<(Alerts, Timestamp)>> {
        self.connection
            .prepare_cached(ALERTS)?
            .query_row([sequence], |row| {
                Ok((alerts(row, 0)?, row::instant(row, 4)?))
            })
            .optional()
    }

    fn told(&self, sequence: i64, alerts: &Alerts, next: Option<Timestamp>) -> Result<()> {
        self.connection.prepare_cached(TOLD)?.execute(params![
            sequence,
            alerts.late_to_start,
            alerts.late_to_finish,
            next.map(Timestamp::as_micros),
        ])?;
        Ok(())
    }
}
