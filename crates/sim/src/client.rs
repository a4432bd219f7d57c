//! People, and programs that submit: each asks until it knows what became of it.

use std::collections::BTreeMap;
use std::time::Duration;

use duly_store::{ChangeError, RequestError, ScheduleError, SubmitError};

use crate::bounds::POLL;
use crate::dice::Dice;
use crate::process::{Act, Moment, Process, Retries};
use crate::wire::{Answer, Ask, Heard};

#[derive(Debug)]
pub(crate) struct Client {
    dice: Dice,
    asked: u32,
    open: BTreeMap<u32, Open>,
}

#[derive(Debug)]
struct Open {
    ask: Ask,
    under_way: bool,
    retries: Retries,
}

impl Client {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            dice: Dice::of(&[seed, u64::MAX]),
            asked: 0,
            open: BTreeMap::new(),
        }
    }

    /// Somebody wants something.
    pub(crate) fn want(&mut self, ask: Ask) {
        self.asked += 1;
        let open = Open {
            ask,
            under_way: false,
            retries: Retries::default(),
        };
        self.open.insert(self.asked, open);
    }

    /// Nothing is wanted that was not answered.
    pub(crate) fn is_content(&self) -> bool {
        self.open.is_empty()
    }
}

impl Process for Client {
    fn hear(&mut self, now: Moment, tag: u32, heard: Heard) {
        let is_over = match heard {
            Heard::Answer(answer) => !is_retryable(&answer),
            Heard::Lost | Heard::Away => false,
        };
        if is_over {
            self.open.remove(&tag);
        } else if let Some(open) = self.open.get_mut(&tag) {
            open.under_way = false;
            open.retries.failed(now.real, &mut self.dice);
        }
    }

    fn turn(&mut self, now: Moment, acts: &mut Vec<Act>) -> Duration {
        let mut nap = POLL;
        for (tag, open) in &mut self.open {
            if open.under_way {
                continue;
            }
            if open.retries.allows(now.real) {
                open.under_way = true;
                let ask = open.ask.clone();
                acts.push(Act::Call { tag: *tag, ask });
            } else if let Some(at) = open.retries.at() {
                nap = nap.min(at.since(now.real));
            }
        }
        nap
    }

    fn stop(&mut self, _: Moment, _: Duration) {}
}

/// Whether asking again could help; a refusal is an answer.
const fn is_retryable(answer: &Answer) -> bool {
    matches!(
        answer,
        Answer::Submit(Err(SubmitError::Store(_)))
            | Answer::Change(Err(ChangeError::Store(_)))
            | Answer::Purge(Err(RequestError::Store(_)))
            | Answer::Configure(Err(RequestError::Store(_)))
            | Answer::Kind(Err(RequestError::Store(_)))
            | Answer::Limit(Err(RequestError::Store(_)))
            | Answer::Attach(Err(RequestError::Store(_)))
            | Answer::Tenant(Err(RequestError::Store(_)))
            | Answer::Explain(Err(RequestError::Store(_)))
            | Answer::PutSchedule(Err(ScheduleError::Store(_)))
    )
}
