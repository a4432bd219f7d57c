//! The same backlog, spread over more and more lanes: tenants of one queue, in turns and not; on SQLite
//! beside the same rows by hand.

use std::time::Instant;

use duly_store::{NewTask, QueueChange};
use serde_json::{Value, json};

use super::house::{House, Stream};
use crate::port::Port;
use crate::sqlite::limit::{BATCH, Limit};
use crate::sqlite::{PAYLOAD, ids_from};
use crate::stats::{median, rate, rounded};

/// Tasks that wait.
const BACKLOG: u32 = 200_000;
/// Tasks cycled at each repeat.
const CYCLED: u32 = 20_000;
const LANES: [u32; 4] = [1, 1_000, 10_000, 100_000];

pub(super) async fn run(house: &House<'_>, rounds: u32) -> anyhow::Result<Value> {
    let mut rows = Vec::new();
    for fair in [false, true] {
        let turns = if fair { "in turns" } else { "in one line" };
        println!(
            "{}: {BACKLOG} tasks of more and more tenants, {turns}",
            house.store
        );
        let mut streets = Vec::new();
        for lanes in LANES {
            streets.push(Street::new(house, lanes, fair).await?);
        }
        for _ in 0..rounds {
            for street in &mut streets {
                street.cycle().await?;
            }
        }
        let one = median(&streets[0].ours);
        for street in &streets {
            rows.push(street.tell(fair, one));
            street.port.store.close().await?;
        }
    }
    Ok(Value::Array(rows))
}

/// So many lanes, and what was measured there: tasks a second.
struct Street {
    lanes: u32,
    port: Port,
    stream: Stream,
    hand: Option<Limit>,
    made_by_hand: u64,
    ours: Vec<f64>,
    by_hand: Vec<f64>,
}

impl Street {
    async fn new(house: &House<'_>, lanes: u32, fair: bool) -> anyhow::Result<Self> {
        let mut street = Self {
            lanes,
            hand: house.by_hand(lanes, fair).await?,
            port: house.open().await?,
            stream: Stream::default(),
            made_by_hand: 0,
            ours: Vec::new(),
            by_hand: Vec::new(),
        };
        let change = QueueChange {
            fair: Some(fair),
            ..QueueChange::default()
        };
        let store = &street.port.store;
        store
            .configure(NewTask::QUEUE_DEFAULT.into(), change)
            .await?;
        let shape = |task: &mut NewTask, n| of_lane(task, n, lanes);
        street.stream.fill(&street.port, BACKLOG, shape).await?;
        for _ in 0..BACKLOG / BATCH {
            street.submit_by_hand()?;
        }
        // What comes first after the filling pays for it.
        street.cycle().await?;
        street.ours.clear();
        street.by_hand.clear();
        Ok(street)
    }

    /// Ours, then by hand.
    async fn cycle(&mut self) -> anyhow::Result<()> {
        let lanes = self.lanes;
        let shape = |task: &mut NewTask, n| of_lane(task, n, lanes);
        let took = self.stream.cycle(&self.port, CYCLED, shape).await?;
        self.ours.push(rate(CYCLED, took));
        let begin = Instant::now();
        for _ in 0..CYCLED / BATCH {
            self.submit_by_hand()?;
            if let Some(hand) = &mut self.hand {
                let taken = hand.claim(BATCH)?;
                anyhow::ensure!(taken.len() == BATCH as usize, "a hand had too little");
                hand.complete(&taken)?;
            }
        }
        self.by_hand.push(rate(CYCLED, begin.elapsed()));
        Ok(())
    }

    fn submit_by_hand(&mut self) -> anyhow::Result<()> {
        if let Some(hand) = &mut self.hand {
            hand.submit(&ids_from(self.made_by_hand, BATCH), PAYLOAD.as_bytes())?;
            self.made_by_hand += u64::from(BATCH);
        }
        Ok(())
    }

    fn tell(&self, fair: bool, one: f64) -> Value {
        let (lanes, ours) = (self.lanes, median(&self.ours));
        print!(
            "{lanes:>9} lanes: cycle {ours:>9.0}/s   of one lane {:.2}",
            ours / one
        );
        let pairs = self.ours.iter().zip(&self.by_hand);
        let ratio = median(&pairs.map(|(ours, hand)| ours / hand).collect::<Vec<_>>());
        let ratio = self.hand.is_some().then(|| rounded(ratio));
        match ratio {
            Some(ratio) => println!(
                "   by hand {:>9.0}/s   ratio {ratio:.2}",
                median(&self.by_hand)
            ),
            None => println!(),
        }
        json!({
            "fair": fair, "lanes": lanes, "cycle_per_s": ours.round(),
            "of_one": rounded(ours / one), "ratio": ratio,
        })
    }
}

fn of_lane(task: &mut NewTask, number: u32, lanes: u32) {
    task.tenant = Some(format!("tenant-{}", number % lanes).into());
}
