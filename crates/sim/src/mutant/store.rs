//! A store that breaks a rule, in front of the one that keeps them all.

use std::collections::BTreeSet;
use std::time::Duration;

use duly_core::{Decision, Incarnation, Limit, Rate, State, Timestamp};
use duly_store::{
    Change, Claim, Claimed, Duty, Lease, ListNames, Name, NewTask, OnConflict, Reason, Settle,
    Settlement, Store, Submit, TakeBack, TaskRecord, Unique, UniqueScope, When,
};

use super::Mutant;
use super::trick::{
    attempt, is_running, is_silent, lost, next_due, reverse, settle_current, tasks, weigh,
    while_open, without_limits,
};
use crate::name::{number, task_id};
use crate::wire::{Answer, Ask, perform, ready};

#[derive(Debug)]
pub(crate) struct Broken {
    mutant: Mutant,
    /// How often it was asked for what it breaks.
    asked: u64,
    /// What it handed out last, and to whom.
    last: Option<(Incarnation, Lease)>,
    /// What its clock said at the last claim.
    at: Timestamp,
}

impl Broken {
    pub(crate) const fn new(mutant: Mutant) -> Self {
        Self {
            mutant,
            asked: 0,
            last: None,
            at: Timestamp::MIN,
        }
    }

    pub(crate) fn perform(&mut self, store: &dyn Store, ask: Ask) -> Answer {
        match ask {
            Ask::Submit(request) => self.submit(store, request),
            Ask::Claim(request) => self.claim(store, request),
            Ask::Settle(request) => self.settle(store, request),
            Ask::TakeBack(request) => self.take_back(store, request),
            Ask::Advance(mut request) => {
                if self.mutant == Mutant::AdvancesBlindly {
                    let now = ready(store.schedule(request.name.clone()));
                    request.version = now.ok().flatten().map_or(0, |now| now.version);
                } else if self.mutant == Mutant::SkipsTicks && self.once_in(3) {
                    request.tasks.clear();
                }
                perform(store, Ask::Advance(request))
            }
            Ask::Lead(mut request) if self.mutant == Mutant::LeadsTwo => {
                request.name = format!("{} {}", request.name, request.holder).into();
                perform(store, Ask::Lead(request))
            }
            Ask::KeepHouse(request) => {
                let idle = match self.mutant {
                    Mutant::TellsNobody => Some(Duty::Alert),
                    Mutant::RekeysNobody => Some(Duty::Rekey),
                    _ => None,
                };
                if idle == Some(request.duty) {
                    return Answer::KeepHouse(Ok(duly_store::Kept::default()));
                }
                if self.mutant == Mutant::PrunesEarly && request.duty == Duty::Prune {
                    for task in tasks(store, &[State::Completed]) {
                        let _ = ready(store.change(task.id, Change::Discard));
                    }
                }
                perform(store, Ask::KeepHouse(request))
            }
            Ask::Change(id, Change::Cancel) if self.mutant == Mutant::DropsCancels => {
                match ready(store.task(id)) {
                    Ok(Some(task)) if task.state == State::Running => {
                        Answer::Change(Ok(Box::new(task)))
                    }
                    _ => perform(store, Ask::Change(id, Change::Cancel)),
                }
            }
            Ask::Limit(name, limit) => {
                let limit = limit.map(|limit| self.change_limit(limit));
                perform(store, Ask::Limit(name, limit))
            }
            Ask::Configure(queue, mut change) => {
                match self.mutant {
                    Mutant::ForgetsOrders => change.order = None,
                    Mutant::TakesNoTurns => change.fair = None,
                    _ => {}
                }
                perform(store, Ask::Configure(queue, change))
            }
            Ask::Tenant(tenant, mut change) => {
                if self.mutant == Mutant::ForgetsWeights {
                    change.weight = None;
                }
                perform(store, Ask::Tenant(tenant, change))
            }
            Ask::Purge(subject, limit) if self.mutant == Mutant::PurgesBeyond => {
                perform(store, Ask::Purge(subject, limit * 2))
            }
            Ask::Explain => self.explain(store),
            other => perform(store, other),
        }
    }

    fn change_limit(&self, limit: Limit) -> Limit {
        let Some(rate) = limit.rate else {
            return limit;
        };
        let rate = match self.mutant {
            Mutant::WidensBursts => rate.burst(rate.bursts() + 1),
            Mutant::SlowsRates => {
                Rate::new(rate.permits(), rate.period().mul_f32(1.1)).burst(rate.bursts())
            }
            _ => rate,
        };
        limit.and_rate(rate)
    }

    fn explain(&self, store: &dyn Store) -> Answer {
        let Answer::Explain(Ok(mut all)) = perform(store, Ask::Explain) else {
            return perform(store, Ask::Explain);
        };
        for told in &mut all {
            if self.mutant == Mutant::ExplainsNoTenants {
                let is_kept = |reason: &Reason| !matches!(reason, Reason::TenantPaused { .. });
                told.reasons.retain(is_kept);
            } else if self.mutant == Mutant::MiscountsPlaces
                && let Some(position) = &mut told.position
            {
                position.ahead += 1;
            }
        }
        Answer::Explain(Ok(all))
    }

    /// Once in so many times.
    fn once_in(&mut self, times: u64) -> bool {
        self.asked += 1;
        self.asked.is_multiple_of(times)
    }

    fn submit(&mut self, store: &dyn Store, mut request: Submit) -> Answer {
        let mutant = self.mutant;
        match mutant {
            Mutant::LosesSubmits if self.once_in(7) => return lost(&request, store),
            Mutant::KeepsTwice if self.once_in(5) => {
                let twin = |task: &NewTask| NewTask {
                    id: task_id(number(task.id) + 1_000_000),
                    ..task.clone()
                };
                let tasks = request.tasks.iter().map(twin).collect();
                let _ = ready(store.submit(Submit { tasks }));
            }
            Mutant::TakesDrained => return while_open(store, Ask::Submit(request)),
            Mutant::IgnoresFinish => request.tasks.iter_mut().for_each(|t| t.finish_by = None),
            Mutant::StartsOverdue => request.tasks.iter_mut().for_each(|t| t.deadline = None),
            Mutant::ExpiresEarly => {
                for task in &mut request.tasks {
                    task.deadline = task
                        .deadline
                        .map(|_| When::After(Duration::from_millis(50)));
                }
            }
            Mutant::StartsEarly => request.tasks.iter_mut().for_each(|t| t.due = When::Now),
            Mutant::ForgetsPeriods | Mutant::DropsRefused => {
                let all = request
                    .tasks
                    .iter_mut()
                    .filter_map(|task| task.unique.as_mut());
                all.for_each(|unique| self.change_unique(unique));
            }
            Mutant::ForgetsLimits => request.tasks.iter_mut().for_each(|t| t.limits.clear()),
            Mutant::SharesKeys => request.tasks.iter_mut().for_each(|t| t.unique = None),
            Mutant::ReversesOrder => request.tasks.iter_mut().for_each(reverse),
            _ => {}
        }
        perform(store, Ask::Submit(request))
    }

    fn change_unique(&self, unique: &mut Unique) {
        if self.mutant == Mutant::ForgetsPeriods {
            unique.scope = UniqueScope::Unfinished;
        } else {
            unique.on_conflict = OnConflict::Keep;
        }
    }

    fn claim(&mut self, store: &dyn Store, mut request: Claim) -> Answer {
        match self.mutant {
            Mutant::StartsPaused => return while_open(store, Ask::Claim(request)),
            Mutant::MixesKinds => request.kinds = ["send", "encode", "sum"].map(Into::into).into(),
            Mutant::ForgetsTurns => request.turn = 0,
            Mutant::EqualsQueues => request.weights.fill(1),
            Mutant::HandsOutSuspects => request.suspect = true,
            Mutant::HoldsBack if request.run > 1 => request.run -= 1,
            _ => {}
        }
        let incarnation = request.incarnation;
        let mutant = self.mutant;
        let favoured = self.favour(store);
        let answer = match mutant {
            // Not each time: whoever hears that limits were changed claims again.
            Mutant::StartsClosed if self.once_in(20) => {
                without_limits(store, || perform(store, Ask::Claim(request)))
            }
            _ => perform(store, Ask::Claim(request)),
        };
        if let Some((tenant, weight)) = favoured {
            weigh(store, &tenant, weight);
        }
        let Answer::Claim(Ok(mut claimed)) = answer else {
            return answer;
        };
        match self.mutant {
            Mutant::SaysNoNext => claimed.next_at = None,
            Mutant::ForgetsPermits => claimed.next_at = next_due(store),
            Mutant::ForgetsRates if !claimed.leases.is_empty() => without_limits(store, || ()),
            Mutant::RefillsSetBack if claimed.at < self.at => without_limits(store, || ()),
            Mutant::HandsOutTwice => self.hand_out_again(incarnation, &mut claimed),
            _ => {}
        }
        self.at = claimed.at;
        Answer::Claim(Ok(claimed))
    }

    /// Makes the tenant weigh most that has had least, if several have work; answers what it weighed.
    fn favour(&mut self, store: &dyn Store) -> Option<(Name, u32)> {
        if self.mutant != Mutant::KeepsCredit {
            return None;
        }
        let pending = tasks(store, &[State::Pending]).into_iter();
        let whose: BTreeSet<Name> = pending.filter_map(|task| task.tenant).collect();
        if whose.len() < 2 {
            return None;
        }
        let started = tasks(store, &State::ALL);
        let had = |tenant: &Name| {
            let own = started
                .iter()
                .filter(|task| task.tenant.as_ref() == Some(tenant));
            own.map(|task| task.attempt).sum::<u32>()
        };
        let poorest = whose.into_iter().min_by_key(had)?;
        let all = ready(store.tenants(ListNames::first(duly_store::bounds::PAGE_MAX))).ok()?;
        let record = all
            .tenants
            .into_iter()
            .find(|record| record.name == poorest)?;
        weigh(store, &poorest, duly_store::bounds::TENANT_WEIGHT_MAX);
        Some((poorest, record.settings.weight))
    }

    fn hand_out_again(&mut self, to: Incarnation, claimed: &mut Claimed) {
        let again = self.last.take().filter(|(holder, _)| *holder != to);
        if let Some(lease) = claimed.leases.last() {
            self.last = Some((to, lease.clone()));
        } else if let Some((_, lease)) = again {
            claimed.leases.push(lease);
        }
    }

    fn settle(&self, store: &dyn Store, mut request: Settle) -> Answer {
        if self.mutant == Mutant::ChargesHandBacks {
            for end in &mut request.settlements {
                if end.decision == Decision::HandBack && is_running(store, end) {
                    end.decision = Decision::Retry(Duration::ZERO);
                }
            }
        }
        let answer = perform(store, Ask::Settle(request.clone()));
        let Answer::Settle(Ok(mut settled)) = answer else {
            return answer;
        };
        if self.mutant == Mutant::RefundsRates {
            without_limits(store, || ());
        }
        if self.mutant == Mutant::AcceptsStale {
            let ends = request.settlements.iter().zip(&mut settled.attempts);
            for (end, answer) in ends.filter(|(_, answer)| answer.is_err()) {
                if let Some(state) = settle_current(store, end) {
                    *answer = Ok(state);
                }
            }
        }
        Answer::Settle(Ok(settled))
    }

    fn take_back(&self, store: &dyn Store, request: TakeBack) -> Answer {
        let held = tasks(store, &[State::Assigned, State::Running]);
        let held = held
            .into_iter()
            .filter(|t| t.incarnation == Some(request.incarnation));
        let held: Vec<_> = held.collect();
        if self.mutant == Mutant::ForgetsLosses && is_silent(store, &request) {
            let back = |task: &TaskRecord| Settlement::new(attempt(task), Decision::HandBack);
            let settlements = held.iter().map(back).collect();
            let incarnation = request.incarnation;
            let _ = ready(store.settle(Settle {
                incarnation,
                settlements,
            }));
        }
        let answer = perform(store, Ask::TakeBack(request));
        if self.mutant == Mutant::LosesTakenBack {
            for task in held {
                if let Ok(Some(now)) = ready(store.task(task.id))
                    && now.state == State::Pending
                {
                    let _ = ready(store.change(task.id, Change::Cancel));
                    let _ = ready(store.change(task.id, Change::Discard));
                }
            }
        }
        answer
    }
}
