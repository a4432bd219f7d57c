//! The settings of a queue, as its columns have them.

use duly_core::OrderPolicy;
use duly_store::QueueSettings;
use rusqlite::{Result, Row};

use crate::row;

/// The columns that [`settings`] reads, in its order.
macro_rules! settings_columns {
    () => {
        "paused, draining, bound, retention_completed, retention_failed, ordering, span, fair"
    };
}
pub(crate) use settings_columns;

/// How many columns [`settings_columns`] names.
pub(crate) const SETTINGS_WIDTH: usize = 8;

/// A queue's settings, from the columns that begin at `at`.
pub(crate) fn settings(row: &Row<'_>, at: usize) -> Result<QueueSettings> {
    Ok(QueueSettings {
        paused: row.get(at)?,
        draining: row.get(at + 1)?,
        bound: row.get::<_, i64>(at + 2)?.cast_unsigned(),
        retention_completed: row::duration(row, at + 3)?,
        retention_failed: row::duration(row, at + 4)?,
        order: order(row, at + 5)?,
        fair: row.get(at + 7)?,
    })
}

/// The order of a queue, from its two columns.
fn order(row: &Row<'_>, at: usize) -> Result<OrderPolicy> {
    let span = row::duration(row, at + 1)?;
    match row.get::<_, i64>(at)? {
        0 => Ok(OrderPolicy::Strict),
        1 => Ok(OrderPolicy::Aging { step: span }),
        2 => Ok(OrderPolicy::Deadline {
            default_slack: span,
        }),
        other => Err(rusqlite::Error::IntegralValueOutOfRange(at, other)),
    }
}

/// The two columns of an order.
pub(crate) fn order_columns(order: OrderPolicy) -> (i64, i64) {
    match order {
        OrderPolicy::Strict => (0, 0),
        OrderPolicy::Aging { step } => (1, row::micros(step)),
        OrderPolicy::Deadline { default_slack } => (2, row::micros(default_slack)),
    }
}
