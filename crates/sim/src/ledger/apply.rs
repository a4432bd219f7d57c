//! Steps are entered: what machines do.

use duly_core::bounds::{CLAIM_MAX, EXPIRE_MAX, PROMOTE_MAX};
use duly_core::{Decision, EventKind, State, TaskId, Timestamp};
use duly_store::{Change, Claim, Claimed, Duty, KeepHouse, Lead, Promote, Settle, TakeBack};

use super::{Ledger, Life, Step, Told, Worker};
use crate::wire::{Answer, Ask};

impl Ledger {
    /// Enters a step, and says what must have been written down for it.
    pub(crate) fn apply(&mut self, step: &Step) -> Vec<Told> {
        let mut told = Vec::new();
        match (&step.ask, &step.answer) {
            (Ask::Submit(request), Answer::Submit(Ok(reply))) => {
                self.submitted(request, reply, &mut told);
            }
            (Ask::Claim(request), Answer::Claim(Ok(claimed))) => {
                self.claimed(request, claimed, &mut told);
            }
            (Ask::Promote(request), Answer::Promote(Ok(promoted))) => {
                let begun = request.attempts.iter().zip(&promoted.attempts);
                for (attempt, _) in begun.filter(|(_, answer)| answer.is_ok()) {
                    self.begin(request, attempt.task, &mut told);
                }
            }
            (Ask::Settle(request), Answer::Settle(Ok(settled))) => {
                self.settled(request, &settled.attempts, step.at, &mut told);
            }
            (Ask::TakeBack(request), Answer::TakeBack(Ok(_))) => {
                self.take_back(*request, step.at, &mut told);
            }
            (Ask::Register(request), Answer::Register(Ok(()))) => {
                let fresh = Worker {
                    queues: request.queues.clone(),
                    kinds: request.kinds.clone(),
                    beats: 0,
                    renewed: step.real,
                    lapsed: false,
                };
                self.workers.entry(request.incarnation).or_insert(fresh);
            }
            (Ask::Heartbeat(request), Answer::Heartbeat(Ok(renewed))) if renewed.known => {
                if let Some(worker) = self.workers.get_mut(&request.incarnation) {
                    worker.beats += 1;
                    worker.renewed = step.real;
                }
            }
            (Ask::KeepHouse(request), Answer::KeepHouse(Ok(_))) => {
                self.keep_house(*request, step.at, &mut told);
            }
            (Ask::Lead(request), Answer::Lead(Ok(answer))) => {
                self.led(request, answer.leads, answer.until);
            }
            (Ask::Change(id, change), Answer::Change(Ok(_))) => {
                self.changed(*id, change, step.at, &mut told);
            }
            (Ask::Explain, Answer::Explain(Ok(all))) if !all.is_empty() => {
                self.promote_due(step.at, PROMOTE_MAX);
                self.expire(step.at, EXPIRE_MAX, &mut told);
            }
            (Ask::Purge(subject, limit), Answer::Purge(Ok(_))) => {
                for id in self.purged_of(subject, *limit) {
                    self.changed(id, &Change::Cancel, step.at, &mut told);
                }
            }
            (Ask::PutSchedule(_), Answer::PutSchedule(Ok(record))) => self.scheduled(record),
            (Ask::Advance(request), Answer::Advance(Ok(answer))) => {
                self.advanced(request, answer, &mut told);
            }
            _ => self.configured(step),
        }
        told
    }

    /// Settings, limits and what they are attached to.
    fn configured(&mut self, step: &Step) {
        match (&step.ask, &step.answer) {
            (Ask::Configure(queue, change), Answer::Configure(Ok(_))) => {
                let settings = self.queues.get(queue).cloned().unwrap_or_default();
                self.set_queue(queue, change.apply(&settings));
            }
            (Ask::Kind(kind, change), Answer::Kind(Ok(_))) => {
                let settings = self.kinds.entry(kind.clone()).or_default();
                *settings = change.apply(settings);
            }
            (Ask::Tenant(tenant, change), Answer::Tenant(Ok(_))) => {
                let settings = self.tenants.entry(tenant.clone()).or_default();
                *settings = change.apply(settings);
            }
            (Ask::Limit(name, limit), Answer::Limit(Ok(()))) => {
                self.define(name, *limit, step.at);
            }
            (Ask::Attach(subject, limits), Answer::Attach(Ok(()))) => {
                self.attached.insert(subject.clone(), limits.clone());
            }
            _ => {}
        }
    }

    fn claimed(&mut self, request: &Claim, claimed: &Claimed, told: &mut Vec<Told>) {
        self.promote_due(claimed.at, PROMOTE_MAX);
        self.expire(claimed.at, EXPIRE_MAX, told);
        self.doubt_rates(claimed.at);
        for lease in &claimed.leases {
            let id = lease.attempt.task;
            if let Some(new) = self.tasks.get(&id).map(|task| task.new.clone()) {
                self.charge_rates(&new, claimed.at);
            }
            if let Some(task) = self.tasks.get_mut(&id) {
                task.attempt += 1;
                task.spent += 1;
                task.life = Life::Held {
                    by: request.incarnation,
                    running: lease.started,
                };
                if lease.started {
                    task.begun = task.attempt;
                    told.push(Told {
                        task: id,
                        kind: EventKind::Started,
                    });
                }
            }
        }
    }

    fn begin(&mut self, request: &Promote, id: TaskId, told: &mut Vec<Told>) {
        if let Some(task) = self.tasks.get_mut(&id) {
            task.begun = task.attempt;
            task.life = Life::Held {
                by: request.incarnation,
                running: true,
            };
            told.push(Told {
                task: id,
                kind: EventKind::Started,
            });
        }
    }

    fn settled<E>(
        &mut self,
        request: &Settle,
        answers: &[Result<State, E>],
        at: Timestamp,
        told: &mut Vec<Told>,
    ) {
        for (settlement, answer) in request.settlements.iter().zip(answers) {
            if answer.is_ok() {
                let id = settlement.attempt.task;
                let kind = self.end(id, settlement.decision, at);
                told.push(Told { task: id, kind });
            }
        }
    }

    /// An attempt ends as its worker decided. A cancel request turns what would wait again into the end.
    fn end(&mut self, id: TaskId, decision: Decision, at: Timestamp) -> EventKind {
        let Some(task) = self.tasks.get_mut(&id) else {
            return EventKind::Completed;
        };
        let waits_again = matches!(
            decision,
            Decision::Retry(_) | Decision::Snooze(_) | Decision::HandBack
        );
        if waits_again && task.cancel_asked {
            return task.finish(State::Cancelled, at);
        }
        match decision {
            Decision::Complete => task.finish(State::Completed, at),
            Decision::Fail => task.finish(State::Failed, at),
            Decision::TimeOut => task.finish(State::TimedOut, at),
            Decision::Cancel => task.finish(State::Cancelled, at),
            Decision::Retry(delay) => {
                task.wait_again(at + delay);
                EventKind::Retrying
            }
            Decision::Snooze(delay) => {
                task.spent -= 1;
                task.wait_again(at + delay);
                EventKind::Snoozed
            }
            Decision::HandBack => {
                task.spent -= 1;
                task.back_in_line();
                EventKind::HandedBack
            }
        }
    }

    fn take_back(&mut self, request: TakeBack, at: Timestamp, told: &mut Vec<Told>) {
        let Some(worker) = self.workers.get_mut(&request.incarnation) else {
            return;
        };
        let has_renewed = request.beats.is_some_and(|beats| beats != worker.beats);
        if has_renewed && !worker.lapsed {
            return;
        }
        worker.lapsed = true;
        let held = self.held_by(request.incarnation);
        let limit = (request.limit as usize).min(CLAIM_MAX);
        for id in held.iter().take(limit) {
            let kind = self.lose(*id, at);
            told.push(Told { task: *id, kind });
        }
        if held.len() <= limit {
            self.workers.remove(&request.incarnation);
        }
    }

    /// Its worker is gone. What had begun is counted as lost, at the last time it fails; what had not
    /// costs nothing.
    fn lose(&mut self, id: TaskId, at: Timestamp) -> EventKind {
        let Some(task) = self.tasks.get_mut(&id) else {
            return EventKind::Lost;
        };
        let had_begun = matches!(task.life, Life::Held { running: true, .. });
        task.spent -= 1;
        task.lost += u32::from(had_begun);
        if had_begun && task.lost >= task.new.lost_max {
            task.finish(State::Failed, at)
        } else if task.cancel_asked {
            task.finish(State::Cancelled, at)
        } else {
            task.back_in_line();
            if had_begun {
                EventKind::Lost
            } else {
                EventKind::HandedBack
            }
        }
    }

    fn keep_house(&mut self, request: KeepHouse, at: Timestamp, told: &mut Vec<Told>) {
        let limit = request.limit as usize;
        if request.duty == Duty::Promote {
            self.promote_due(at, limit);
        } else if request.duty == Duty::Expire {
            self.expire(at, limit, told);
        } else if request.duty == Duty::Alert {
            self.alert(at, limit, told);
        } else if request.duty == Duty::Rekey {
            self.rekey(limit);
        } else if request.duty == Duty::Prune {
            for id in self.stale(at).into_iter().take(limit) {
                if let Some(task) = self.tasks.get_mut(&id) {
                    task.life = Life::Gone;
                }
            }
        }
    }

    /// Moves into line what has become due, the longest due first.
    fn promote_due(&mut self, at: Timestamp, limit: usize) {
        let is_meant = |life: Life| matches!(life, Life::Waits { line: false, .. });
        let mut due: Vec<_> = self
            .tasks
            .values_mut()
            .filter(|task| is_meant(task.life) && task.due_at <= at)
            .collect();
        due.sort_by_key(|task| (task.due_at, task.order));
        for task in due.into_iter().take(limit) {
            task.back_in_line();
        }
    }

    /// Ends what can no longer start, the earliest deadline first.
    fn expire(&mut self, at: Timestamp, limit: usize, told: &mut Vec<Told>) {
        let mut overdue: Vec<_> = self
            .tasks
            .iter_mut()
            .filter(|(_, task)| task.is_overdue(at))
            .collect();
        overdue.sort_by_key(|(_, task)| (task.ends_by(), task.order));
        for (id, task) in overdue.into_iter().take(limit) {
            let kind = task.finish(State::Expired, at);
            told.push(Told { task: *id, kind });
        }
    }

    /// What was kept long enough, in the order in which it is removed.
    pub(crate) fn stale(&self, at: Timestamp) -> Vec<TaskId> {
        let mut stale = Vec::new();
        for (id, task) in &self.tasks {
            let Life::Ended(state) = task.life else {
                continue;
            };
            let settings = self
                .queues
                .get(&task.new.queue)
                .cloned()
                .unwrap_or_default();
            let ended_at = task.ended_at.unwrap_or(at);
            if ended_at + settings.retention(state) <= at {
                let failed = matches!(state, State::Failed | State::TimedOut);
                stale.push((&task.new.queue, failed, ended_at, task.order, *id));
            }
        }
        stale.sort_unstable();
        stale.into_iter().map(|(.., id)| id).collect()
    }

    fn led(&mut self, request: &Lead, leads: bool, until: Timestamp) {
        let is_leader = self
            .lead
            .is_some_and(|(holder, _)| holder == request.holder);
        if leads {
            self.lead = Some((request.holder, until));
        } else if request.ttl.is_zero() && is_leader {
            self.lead = None;
        }
    }
}
