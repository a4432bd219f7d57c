//! The store's answers are taken in.

use duly_core::AttemptRef;
use duly_store::{
    ClaimError, Claimed, Promoted, Renewed, RequestError, Settled, Settlement, StoreError,
};
use tracing::{debug, info, warn};

use super::Coordinator;
use crate::ending::Stop;
use crate::worker::departure::Retiring;
use crate::worker::event::Answer;

impl Coordinator {
    pub(super) fn answered(&mut self, answer: Answer) {
        match answer {
            Answer::Registered(sent, answer) => self.registered(sent, answer),
            Answer::Introduced(answer) => self.introduced(answer),
            Answer::Renewed(sent, answer) => self.renewed(sent, answer),
            Answer::Claimed(answer) => self.claimed(answer),
            Answer::Promoted(answer) => self.promoted(answer),
            Answer::Settled(answer) => self.settled(answer),
            Answer::Cancels(answer) => self.cancels(answer),
            Answer::Audited(answer) => self.compared(answer),
            Answer::Retired(answer) => self.retired(answer),
        }
    }

    fn registered(&mut self, sent: duly_core::Timestamp, answer: Result<(), RequestError>) {
        let now = self.timeline.now();
        match answer {
            Ok(()) => {
                let worker = &self.settings.name;
                info!(%worker, incarnation = %self.life.incarnation, "worker is registered");
                self.life.registered(sent);
            }
            Err(error) => {
                self.complain("registering", &error);
                // Refused, it has lapsed already. And whoever does not know whether it is registered may
                // be, and be forgotten again as silent: under the same incarnation it would begin with the
                // heartbeats of one that was seen silent. So the next try is another.
                let is_unregistered =
                    matches!(&error, RequestError::Store(e) if !e.outcome_unknown());
                if !is_unregistered {
                    self.life.incarnation = duly_store::id::incarnation(&*self.clock);
                }
                self.life.not_registered();
                self.life.retries.failed(now, &mut self.dice);
            }
        }
    }

    fn introduced(&mut self, answer: Result<(), RequestError>) {
        let now = self.timeline.now();
        match answer {
            Err(error @ RequestError::Store(_)) => {
                self.complain("registering a change", &error);
                self.life.introduction.failed(now, &mut self.dice);
            }
            // Refused: this incarnation has lapsed, as the next heartbeat will say.
            Ok(()) | Err(_) => self.life.introduction.done(),
        }
    }

    fn renewed(&mut self, sent: duly_core::Timestamp, answer: Result<Renewed, StoreError>) {
        let now = self.timeline.now();
        let said = std::mem::take(&mut self.saying);
        match answer {
            Ok(renewed) if renewed.known => {
                self.life.renewed(sent);
                self.stop_cancelled(&renewed.cancel);
            }
            Ok(_) => self.live_anew(now),
            Err(error) => {
                self.complain("renewing leases", &error);
                self.attempts.put_back(said);
                self.life.not_renewed(now);
                self.life.retries.failed(now, &mut self.dice);
            }
        }
    }

    fn claimed(&mut self, answer: Result<Claimed, ClaimError>) {
        let now = self.timeline.now();
        match answer {
            Ok(claimed) => {
                self.claims.answered(&claimed, now, &mut self.dice);
                for lease in claimed.leases {
                    self.accept(lease, claimed.at, now);
                }
            }
            Err(ClaimError::WorkerNotFound) => self.live_anew(now),
            Err(error) => {
                self.complain("claiming", &error);
                if matches!(&error, ClaimError::Store(error) if error.outcome_unknown()) {
                    self.audit.doubt(now);
                }
                self.claims.failed(now, &mut self.dice);
            }
        }
    }

    fn promoted(&mut self, answer: Result<Promoted, StoreError>) {
        let now = self.timeline.now();
        match answer {
            Ok(promoted) => {
                for held in self.stock.promoted(promoted) {
                    if self.leaving.is_some() {
                        self.give_back(held.attempt);
                    } else {
                        self.begin(held.attempt.start(), held.lease, held.term);
                    }
                }
            }
            Err(error) => {
                self.complain("beginning what was prefetched", &error);
                self.stock.put_back();
                self.stock.retries.failed(now, &mut self.dice);
                if self.leaving.is_some() {
                    for held in self.stock.clear_out() {
                        self.give_back(held.attempt);
                    }
                }
            }
        }
    }

    fn settled(&mut self, answer: Result<Settled, StoreError>) {
        let now = self.timeline.now();
        match answer {
            Ok(settled) => {
                let acknowledged = self.outbox.answered(settled);
                if acknowledged.handed_back > 0 {
                    self.claims.want();
                }
                if let Some(leaving) = &mut self.leaving {
                    leaving.report.finished += acknowledged.ended;
                    leaving.report.handed_back += acknowledged.handed_back;
                }
            }
            Err(error) => {
                self.complain("settling", &error);
                self.outbox.failed(now, &mut self.dice);
            }
        }
    }

    fn cancels(&mut self, answer: Result<Vec<AttemptRef>, StoreError>) {
        self.life.looked();
        match answer {
            Ok(cancels) => self.stop_cancelled(&cancels),
            // The next heartbeat brings them.
            Err(error) => debug!(%error, "looking for requests to cancel"),
        }
    }

    fn stop_cancelled(&mut self, cancels: &[AttemptRef]) {
        let now = self.timeline.now();
        for attempt in cancels {
            self.attempts.stop(*attempt, Stop::Cancelled, now);
        }
    }

    fn compared(&mut self, answer: Result<Vec<AttemptRef>, StoreError>) {
        let now = self.timeline.now();
        match answer {
            Ok(held) => {
                self.audit.done(now);
                let unknown = held.into_iter().filter(|attempt| !self.knows(*attempt));
                for attempt in unknown.collect::<Vec<_>>() {
                    let back = duly_core::Decision::HandBack;
                    self.outbox.push(Settlement::new(attempt, back));
                }
            }
            Err(error) => {
                self.complain("reading what it holds", &error);
                self.audit.failed(now, &mut self.dice);
            }
        }
    }

    fn knows(&self, attempt: AttemptRef) -> bool {
        self.attempts.contains(attempt) || self.stock.holds(attempt) || self.outbox.holds(attempt)
    }

    fn retired(&mut self, answer: Result<(), StoreError>) {
        let now = self.timeline.now();
        if let Err(error) = &answer {
            self.complain("saying goodbye", error);
        }
        let Some(leaving) = &mut self.leaving else {
            return;
        };
        match answer {
            Ok(()) => leaving.retiring = Retiring::Done,
            Err(_) => {
                leaving.retiring = Retiring::NotYet;
                leaving.retries.failed(now, &mut self.dice);
            }
        }
    }

    /// A store that is away for a moment is nothing to be alarmed about; the write is made again.
    fn complain(&self, doing: &str, error: &dyn std::error::Error) {
        let (worker, incarnation) = (&self.settings.name, self.life.incarnation);
        warn!(%worker, %incarnation, %error, "{doing} failed, and is tried again");
    }
}
