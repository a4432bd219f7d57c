//! **Every change and its event are one.** For each call that takes effect the feed has exactly the events
//! that it must write: none missing, none twice, none without a cause, under rising numbers, none skipped.

use super::{Check, Seen, Verdict, demand};
use crate::ledger::{Ledger, Told};
use crate::name;

#[derive(Debug, Default)]
struct Feed {
    sequence: i64,
}

pub(super) fn new() -> impl Check {
    Feed::default()
}

impl Check for Feed {
    fn see(&mut self, seen: &Seen<'_>, _: &Ledger) -> Verdict {
        let Seen::Written { told, events, .. } = seen else {
            return Ok(());
        };
        for event in *events {
            demand(event.sequence == self.sequence + 1, || {
                format!(
                    "event {} comes after event {}",
                    event.sequence, self.sequence
                )
            })?;
            self.sequence = event.sequence;
        }
        let mut must = told.to_vec();
        let mut is: Vec<Told> = events
            .iter()
            .map(|event| Told {
                task: event.task,
                kind: event.kind,
            })
            .collect();
        must.sort_unstable();
        is.sort_unstable();
        demand(is == must, || {
            let (is, must) = (say(&is), say(&must));
            format!("the events [{is}] are written, and [{must}] must be")
        })
    }
}

fn say(told: &[Told]) -> String {
    let say = |told: &Told| format!("{} {}", name::task(told.task), told.kind.name());
    told.iter().map(say).collect::<Vec<_>>().join(", ")
}
