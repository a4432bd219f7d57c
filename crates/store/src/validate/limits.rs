//! Limits, and what weighs how much.

use std::time::Duration;

use duly_core::bounds::{LIMIT_WEIGHT_MAX, QUEUE_WEIGHT_MAX, TASK_LIMITS_MAX};
use duly_core::{DELAY_MAX, Limit, duration};

use super::{Checked, at_most, name, refuse};
use crate::bounds::LIMITS_MAX;
use crate::{AttachmentChange, Claim, InvalidInput, LimitUse};

/// The limits of a task, or those that are attached to a queue, a kind or a tenant.
///
/// # Errors
/// [`InvalidInput`], naming the field.
pub fn limit_uses(uses: &[LimitUse]) -> Checked {
    at_most("limits", uses.len(), TASK_LIMITS_MAX, "limits")?;
    for (at, use_of) in uses.iter().enumerate() {
        name("limits", &use_of.name)?;
        weight("limits (weight)", use_of.weight, LIMIT_WEIGHT_MAX)?;
        if uses[..at].iter().any(|other| other.name == use_of.name) {
            let value = format_args!("{:?} twice", use_of.name);
            return refuse("limits", value, "each limit once, with its weight");
        }
    }
    Ok(())
}

/// A change of what is attached, taken by itself.
///
/// # Errors
/// [`InvalidInput`], naming the field.
pub fn attachment_change(change: &AttachmentChange) -> Checked {
    match change {
        AttachmentChange::Exactly(uses) => limit_uses(uses),
        AttachmentChange::Add(one) => limit_uses(std::slice::from_ref(one)),
        AttachmentChange::Remove(limit) => name("limits", limit),
    }
}

/// What a limit bounds.
///
/// # Errors
/// [`InvalidInput`], naming the field.
pub fn limit(limit: &Limit) -> Checked {
    if limit.concurrency.is_none() && limit.rate.is_none() {
        let expected = "a concurrency, a rate, or both; to lift a limit, remove it";
        return refuse("limit", "nothing", expected);
    }
    if let Some(at_once) = limit.concurrency {
        weight("concurrency", at_once, LIMIT_WEIGHT_MAX)?;
    }
    if let Some(rate) = &limit.rate {
        self::rate(rate.permits(), rate.period(), rate.bursts())?;
    }
    Ok(())
}

/// The numbers of a rate, before one is made of them.
///
/// # Errors
/// [`InvalidInput`], naming the field.
pub fn rate(permits: u32, period: Duration, burst: u32) -> Checked {
    weight("rate (permits)", permits, LIMIT_WEIGHT_MAX)?;
    weight("rate (burst)", burst, LIMIT_WEIGHT_MAX)?;
    if period.as_micros() == 0 || period > DELAY_MAX {
        let expected = "more than 0s, at most 366 days";
        return refuse("rate (period)", duration::exact(period), expected);
    }
    Ok(())
}

/// The weights of the queues of a claim.
pub(super) fn weights(claim: &Claim) -> Checked {
    if claim.weights.is_empty() {
        return Ok(());
    }
    if claim.weights.len() != claim.queues.len() {
        let expected = format!("one for each of the {} queues, or none", claim.queues.len());
        return refuse("weights", claim.weights.len(), expected);
    }
    let mut weights = claim.weights.iter();
    weights.try_for_each(|one| weight("weights", *one, QUEUE_WEIGHT_MAX))
}

fn weight(field: &'static str, weight: u32, most: u32) -> Checked {
    if weight == 0 || weight > most {
        return refuse(field, weight, format!("1 to {most}"));
    }
    Ok(())
}

/// There would be more than [`LIMITS_MAX`] limits.
#[must_use]
pub fn too_many_limits(limit: &str) -> InvalidInput {
    InvalidInput {
        field: "limits",
        value: format!("{limit:?}, one limit more than the store can hold"),
        expected: format!("at most {LIMITS_MAX} limits"),
    }
}
