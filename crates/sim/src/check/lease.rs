//! **Leases.** Nobody's leases are taken back before a whole lease of silence. Of a time in which the store
//! was away, at most two looks count as silence; and each time that a clock is set shortens it by at most two
//! looks. What is taken is bound to the heartbeat that was seen: whoever has renewed since keeps its leases.
//! (Who has said goodbye is nobody, even if its registration comes a second time after that.)
//! A worker is known to claims and heartbeats exactly from its registration until its leases are taken back.

use std::collections::BTreeSet;

use duly_core::{Incarnation, Timestamp};
use duly_store::ClaimError;

use super::{Check, Seen, Verdict, demand};
use crate::bounds::{LEASE, LOOK};
use crate::ledger::{Ledger, Step};
use crate::name;
use crate::wire::{Answer, Ask};

#[derive(Debug, Default)]
struct Lease {
    away: Vec<(Timestamp, Timestamp)>,
    jumps: Vec<Timestamp>,
    retired: BTreeSet<Incarnation>,
}

pub(super) fn new() -> impl Check {
    Lease::default()
}

impl Check for Lease {
    fn see(&mut self, seen: &Seen<'_>, ledger: &Ledger) -> Verdict {
        match *seen {
            Seen::Away { from, until } => {
                // What overlaps counts once.
                let before = self.away.last().map_or(from, |(_, until)| *until);
                self.away.push((from.max(before), until));
                Ok(())
            }
            Seen::Jumped { real, .. } => {
                self.jumps.push(real);
                Ok(())
            }
            Seen::Step(step) => {
                known(step, ledger)?;
                self.taken(step, ledger)
            }
            _ => Ok(()),
        }
    }
}

fn known(step: &Step, ledger: &Ledger) -> Verdict {
    let (incarnation, known) = match (&step.ask, &step.answer) {
        (Ask::Claim(request), Answer::Claim(answer)) => (
            request.incarnation,
            *answer != Err(ClaimError::WorkerNotFound),
        ),
        (Ask::Heartbeat(request), Answer::Heartbeat(Ok(renewed))) => {
            (request.incarnation, renewed.known)
        }
        _ => return Ok(()),
    };
    demand(known == ledger.knows(incarnation), || {
        let worker = name::life(incarnation);
        format!("{worker} is answered as if known were {known}")
    })
}

impl Lease {
    fn taken(&mut self, step: &Step, ledger: &Ledger) -> Verdict {
        let (Ask::TakeBack(request), Answer::TakeBack(Ok(taken))) = (&step.ask, &step.answer)
        else {
            return Ok(());
        };
        let Some(worker) = ledger.workers.get(&request.incarnation) else {
            return Ok(());
        };
        let retires = name::process(request.incarnation) == step.who;
        if retires {
            self.retired.insert(request.incarnation);
        }
        if worker.lapsed
            || (taken.leases == 0 && !taken.gone)
            || self.retired.contains(&request.incarnation)
        {
            return Ok(());
        }
        let silence = self.silence(worker.renewed, step.real);
        demand(silence >= LEASE, || {
            let worker = name::life(request.incarnation);
            format!("the leases of {worker} are taken back after {silence:?} of silence")
        })
    }

    /// How long somebody has been silent, as far as it counts; jumps count for whoever was silent.
    fn silence(&self, since: Timestamp, until: Timestamp) -> std::time::Duration {
        let mut silence = until.since(since);
        for (from, to) in &self.away {
            let (from, to) = ((*from).max(since), (*to).min(until));
            silence = silence.saturating_sub(to.since(from).saturating_sub(3 * LOOK));
        }
        let jumps = self
            .jumps
            .iter()
            .filter(|at| since <= **at && **at <= until);
        silence + 2 * LOOK * u32::try_from(jumps.count()).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn what_the_store_was_away_hardly_counts() {
        let at = |seconds: u64| Timestamp::default() + Duration::from_secs(seconds);
        let mut lease = Lease::default();
        assert_eq!(lease.silence(at(0), at(10)), LEASE);
        lease.away.push((at(2), at(9)));
        assert_eq!(lease.silence(at(0), at(10)), Duration::from_secs(6));
        lease.jumps.push(at(5));
        assert_eq!(lease.silence(at(0), at(10)), Duration::from_secs(8));
    }
}
