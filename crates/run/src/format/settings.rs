//! What a file says of limits, of tenants, and of the order of its tasks.

use std::collections::BTreeMap;

use duly::store::bounds::NAME_BYTES_MAX;
use duly::{Limit, OrderPolicy};
use serde_saphyr::Spanned;

use super::scalar::Of;
use super::{place, wire};
use crate::bounds::{LIMITS_MAX, TENANTS_MAX};
use crate::error::{Fault, Place};

/// What holds for all tasks of a file, beside what each says itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    /// In which order they run.
    pub(crate) order: OrderPolicy,
    /// Their tenants take turns.
    pub(crate) fair: bool,
    pub(crate) limits: BTreeMap<String, Limit>,
    /// The shares of tenants.
    pub(crate) tenants: BTreeMap<String, u32>,
}

pub(super) fn settings(
    order: Option<Of<OrderPolicy>>,
    fair: Option<Spanned<bool>>,
    limits: Option<Spanned<BTreeMap<String, Spanned<wire::Limit>>>>,
    tenants: Option<Spanned<BTreeMap<String, Spanned<wire::Tenant>>>>,
) -> Result<Settings, Fault> {
    let is_fair = fair.as_ref().is_some_and(|fair| fair.value);
    if let Some(tenants) = &tenants
        && !is_fair
    {
        let message =
            "tenants have shares only where they take turns: expected `fair: true` beside";
        return Err(Fault::at(place(tenants), message));
    }
    let limit = |limit: &Spanned<wire::Limit>| self::limit(limit);
    let share = |tenant: &Spanned<wire::Tenant>| Ok(tenant.value.weight.0.0);
    Ok(Settings {
        order: order.map_or_else(OrderPolicy::default, |Of(order)| order),
        fair: is_fair,
        limits: named("limits", limits, LIMITS_MAX, limit)?,
        tenants: named("tenants", tenants, TENANTS_MAX, share)?,
    })
}

/// Things by name, so many at most.
fn named<W, T>(
    what: &str,
    written: Option<Spanned<BTreeMap<String, Spanned<W>>>>,
    most: usize,
    read: impl Fn(&Spanned<W>) -> Result<T, Fault>,
) -> Result<BTreeMap<String, T>, Fault> {
    let Some(written) = written else {
        return Ok(BTreeMap::new());
    };
    let at = place(&written);
    let count = written.value.len();
    if count > most {
        let message = format!("{what} has {count} entries: expected at most {most}");
        return Err(Fault::at(at, message));
    }
    let entry = |(name, value): (String, Spanned<W>)| {
        is_name(&name).map_err(|expected| {
            let message = format!("{what} has {name:?}: expected {expected}");
            Fault::at(place(&value), message)
        })?;
        let value = read(&value)?;
        Ok((name, value))
    };
    written.value.into_iter().map(entry).collect()
}

/// Whether stores take a name; if not, what they expect.
pub(crate) fn is_name(name: &str) -> Result<(), String> {
    let is_good = (1..=NAME_BYTES_MAX).contains(&name.len()) && !name.chars().any(char::is_control);
    is_good
        .then_some(())
        .ok_or_else(|| format!("1 to {NAME_BYTES_MAX} bytes of text without control characters"))
}

fn limit(written: &Spanned<wire::Limit>) -> Result<Limit, Fault> {
    let (at, written) = (place(written), &written.value);
    let concurrency = written.concurrency.map(|Of(most)| most.0);
    let mut rate = written.rate.map(|Of(rate)| rate);
    if concurrency.is_none() && rate.is_none() {
        let message = "a limit that bounds nothing: expected concurrency, rate, or both";
        return Err(Fault::at(at, message));
    }
    if let Some(burst) = &written.burst {
        let Some(paced) = rate else {
            let message = "burst is for a rate: expected `rate: …` beside it";
            return Err(Fault::at(place(burst), message));
        };
        rate = Some(paced.burst(burst.value.0.0));
    }
    Ok(Limit { concurrency, rate })
}

/// Refuses what could never start, for all that may pass at once is less than it weighs.
pub(super) fn fits(name: &str, weight: u32, limit: &Limit, at: Place) -> Result<(), Fault> {
    let Some((what, most)) = exceeded(weight, limit) else {
        return Ok(());
    };
    let message = format!(
        "weighs {weight} in the limit {name:?}, whose {what} is {most}: it could never start; \
         expected at most {most}"
    );
    Err(Fault::at(at, message))
}

/// Which bound of a limit is less than a weight.
pub(crate) fn exceeded(weight: u32, limit: &Limit) -> Option<(&'static str, u32)> {
    let burst = limit.rate.map(|rate| rate.bursts());
    let bounds = [("concurrency", limit.concurrency), ("burst", burst)].into_iter();
    let mut bounds = bounds.filter_map(|(what, most)| Some((what, most?)));
    bounds.find(|(_, most)| *most < weight)
}
