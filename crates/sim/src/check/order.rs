//! **Order at claim.** What a claim hands out is exactly what stands first. Within a queue: by its order, as
//! `strict` (the most urgent priority, then the earliest due, then the earliest submitted), `aging` (a
//! priority is worth a step of waiting) or `deadline`; in a fair queue the most urgent class, then some
//! tenant's first. Among queues: the most urgent of those that stand first; among equals by turns, in the
//! order in which the worker names them. Nothing that could have started, and that no limit stops, is left
//! behind while a slot that was asked for stays empty; what a rate bounds is not kept in store.
//!
//! While a queue's tasks still have keys of a former order, any of them may be first.

use duly_core::TaskId;

use super::choice::Choice;
use super::{Check, Seen, Verdict, demand};
use crate::ledger::Ledger;
use crate::name;
use crate::wire::{Answer, Ask};

#[derive(Debug)]
struct Order;

pub(super) const fn new() -> impl Check {
    Order
}

impl Check for Order {
    fn see(&mut self, seen: &Seen<'_>, ledger: &Ledger) -> Verdict {
        let Seen::Step(step) = seen else {
            return Ok(());
        };
        let (Ask::Claim(request), Answer::Claim(Ok(claimed))) = (&step.ask, &step.answer) else {
            return Ok(());
        };
        let mut choice = Choice::of(request, ledger, claimed.at);
        let asked = (request.run + request.prefetch) as usize;
        for place in 0..asked {
            let starts = place < request.run as usize;
            let mut firsts = choice.candidates(starts);
            let ends = !starts && firsts.iter().any(|first| ledger.is_rated(&first.task.new));
            if !starts {
                firsts.retain(|first| !ledger.is_rated(&first.task.new));
            }
            let got = claimed.leases.get(place).map(|lease| lease.attempt.task);
            let is_right = match got {
                None => firsts.is_empty() || ends,
                Some(got) => firsts.iter().any(|first| first.id == got),
            };
            let firsts = firsts.iter().map(|first| first.id);
            demand(is_right, || wrong(place + 1, got, firsts))?;
            let Some(got) = got else { break };
            choice.take(got);
        }
        demand(claimed.leases.len() <= asked, || {
            format!("{} tasks for a claim of {asked}", claimed.leases.len())
        })
    }
}

fn wrong(place: usize, got: Option<TaskId>, firsts: impl Iterator<Item = TaskId>) -> String {
    let got = got.map_or("nothing".to_owned(), name::task);
    let firsts: Vec<_> = firsts.map(name::task).collect();
    let firsts = match firsts.is_empty() {
        true => "nothing".to_owned(),
        false => firsts.join(" or "),
    };
    format!("place {place} of a claim is {got}, and {firsts} stands first")
}
