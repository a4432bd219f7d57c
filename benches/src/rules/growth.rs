//! The same work at larger and larger backlogs: the memory store beside a map and a tree by hand. (That
//! of SQLite is measured beside its own limit, in `sqlite --only growth`.)

use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

use duly_store::{NewTask, QueueChange};
use serde_json::{Value, json};

use super::house::{House, Stream};
use crate::sqlite::limit::BATCH;
use crate::sqlite::{PAYLOAD, ids_from};
use crate::stats::{median, rate, rounded};

/// Tasks cycled at each backlog and repeat.
const CYCLED: u32 = 50_000;
/// How often, ours and the limit in turn.
const REPEATS: usize = 5;
const BACKLOGS: [u32; 4] = [10_000, 100_000, 1_000_000, 10_000_000];

pub(super) async fn run(house: &House<'_>, largest: u32) -> anyhow::Result<Value> {
    if !house.is_memory() {
        return Ok(json!("see: sqlite --only growth"));
    }
    println!("{}: cycles at larger and larger backlogs", house.store);
    let port = house.open().await?;
    let more_room = QueueChange {
        bound: Some(u64::from(largest) + u64::from(CYCLED)),
        ..QueueChange::default()
    };
    port.store
        .configure(NewTask::QUEUE_DEFAULT.into(), more_room)
        .await?;
    let (mut stream, mut limit) = (Stream::default(), ByHand::default());
    let (mut pending, mut rows) = (0, Vec::new());
    for backlog in BACKLOGS.into_iter().filter(|backlog| *backlog <= largest) {
        stream.fill(&port, backlog - pending, |_, _| ()).await?;
        limit.fill(backlog - pending);
        pending = backlog;
        let (mut our, mut their) = (Vec::new(), Vec::new());
        for _ in 0..REPEATS {
            our.push(rate(CYCLED, stream.cycle(&port, CYCLED, |_, _| ()).await?));
            their.push(limit.cycle(CYCLED));
        }
        let (our, their) = (median(&our), median(&their));
        println!(
            "{backlog:>9} pending: cycle {our:>9.0}/s   by hand {their:>9.0}/s   ratio {:.2}",
            our / their
        );
        rows.push(json!({
            "pending": backlog, "cycle_per_s": our.round(), "limit_per_s": their.round(),
            "ratio": rounded(our / their),
        }));
    }
    Ok(Value::Array(rows))
}

/// The least that holds tasks, hands them out in order, and knows them by id.
#[derive(Default)]
struct ByHand {
    line: BTreeMap<(u8, i64, u64), [u8; 16]>,
    bodies: HashMap<[u8; 16], Vec<u8>>,
    made: u64,
}

impl ByHand {
    fn fill(&mut self, count: u32) {
        for id in ids_from(self.made, count) {
            self.made += 1;
            self.line.insert((2, 0, self.made), id);
            self.bodies.insert(id, PAYLOAD.as_bytes().to_vec());
        }
    }

    fn cycle(&mut self, count: u32) -> f64 {
        let begin = Instant::now();
        for _ in 0..count / BATCH {
            self.fill(BATCH);
            for _ in 0..BATCH {
                if let Some((_, id)) = self.line.pop_first() {
                    self.bodies.remove(&id);
                }
            }
        }
        rate(count, begin.elapsed())
    }
}
