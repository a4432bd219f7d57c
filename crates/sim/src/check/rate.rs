//! **Rates.** In no window, wherever it begins, does more weight start by a rate than its burst and what comes
//! in meanwhile: `burst + permits × window / period`. A window is as long as the store's clock has gone on in
//! it, from one claim to the next: where the clock was set back, no time went by. It counts the microseconds of
//! both its ends. Starts are counted at the claim, and nothing is given back. A limit that is defined anew
//! begins anew here. (That nothing waits needlessly is the order's to see.)

use std::collections::BTreeMap;
use std::time::Duration;

use duly_core::Timestamp;
use duly_store::{Claimed, Name};

use super::{Check, Seen, Verdict, demand};
use crate::ledger::{Ledger, most_in};
use crate::name;
use crate::wire::{Answer, Ask};

#[derive(Debug, Default)]
struct Rate {
    /// When the last claim was, and how far the clock had gone on by then.
    last: Option<Timestamp>,
    passed: Duration,
    /// How far the clock had gone on when something started under each limit, and what it weighed.
    starts: BTreeMap<Name, Vec<(Duration, u64)>>,
}

pub(super) fn new() -> impl Check {
    Rate::default()
}

impl Check for Rate {
    fn see(&mut self, seen: &Seen<'_>, ledger: &Ledger) -> Verdict {
        let Seen::Step(step) = seen else {
            return Ok(());
        };
        match (&step.ask, &step.answer) {
            (Ask::Limit(name, _), Answer::Limit(Ok(()))) => {
                self.starts.remove(name);
                Ok(())
            }
            (Ask::Claim(_), Answer::Claim(Ok(claimed))) => self.claimed(claimed, ledger),
            _ => Ok(()),
        }
    }
}

impl Rate {
    fn claimed(&mut self, claimed: &Claimed, ledger: &Ledger) -> Verdict {
        let last = self.last.replace(claimed.at).unwrap_or(claimed.at);
        self.passed += claimed.at.since(last);
        for lease in &claimed.leases {
            let Some(task) = ledger.task(lease.attempt.task) else {
                continue;
            };
            for use_of in ledger.bounds_of(&task.new) {
                let limit = ledger.limits.get(&use_of.name);
                let Some(rate) = limit.and_then(|limit| limit.rate) else {
                    continue;
                };
                let starts = self.starts.entry(use_of.name.clone()).or_default();
                starts.push((self.passed, u64::from(use_of.weight)));
                within(&rate, starts).map_err(|excess| {
                    let (attempt, limit) = (name::attempt(lease.attempt), use_of.name);
                    format!("with {attempt}, {excess} by limit {limit}")
                })?;
            }
        }
        Ok(())
    }
}

/// No window that begins or ends with the newest start has more than it may.
fn within(rate: &duly_core::Rate, starts: &[(Duration, u64)]) -> Verdict {
    let Some((newest, _)) = starts.last() else {
        return Ok(());
    };
    starts.iter().try_for_each(|(from, _)| {
        let inside = starts.iter().filter(|(at, _)| at >= from);
        let started: u64 = inside.map(|(_, weight)| weight).sum();
        let window = *newest - *from;
        let most = most_in(rate, window);
        demand(started <= most, || {
            format!("{started} start within {window:?}, and at most {most} may")
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_with_one_too_many_is_found() {
        let rate = duly_core::Rate::new(1, Duration::from_secs(1)).burst(2);
        let at = Duration::from_millis;
        let mut starts = vec![(at(0), 2), (at(1_000), 1), (at(2_000), 1)];
        assert_eq!(within(&rate, &starts), Ok(()));
        starts.push((at(2_500), 1));
        let excess = within(&rate, &starts).expect_err("one too many");
        assert_eq!(excess, "5 start within 2.5s, and at most 4 may");
    }
}
