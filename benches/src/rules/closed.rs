//! A million tasks behind one closed lane, more urgent than all that may run; beside as many that are
//! behind nothing but the order.

use duly_core::{Limit, Priority};
use duly_store::{LimitUse, NewTask};
use serde_json::{Value, json};

use super::house::{House, Stream};
use crate::port::Port;
use crate::stats::{median, rate, rounded};

const BACKLOG: u32 = 1_000_000;
/// Tasks cycled at each repeat.
const CYCLED: u32 = 20_000;
const LIMIT: &str = "one at a time";

pub(super) async fn run(house: &House<'_>, rounds: u32) -> anyhow::Result<Value> {
    println!("{}: {BACKLOG} tasks behind a closed lane", house.store);
    let (mut open, mut shut) = (filled(house, false).await?, filled(house, true).await?);
    let (mut of_open, mut of_shut) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let took = open.1.cycle(&open.0, CYCLED, |_, _| ()).await?;
        of_open.push(rate(CYCLED, took));
        let took = shut.1.cycle(&shut.0, CYCLED, |_, _| ()).await?;
        of_shut.push(rate(CYCLED, took));
    }
    let (of_open, of_shut) = (median(&of_open), median(&of_shut));
    let ratio = of_shut / of_open;
    println!(
        "cycle beside it {of_shut:>9.0}/s   beside an open one {of_open:>9.0}/s   ratio {ratio:.2}"
    );
    open.0.store.close().await?;
    shut.0.store.close().await?;
    Ok(json!({
        "closed_per_s": of_shut.round(), "open_per_s": of_open.round(), "ratio": rounded(ratio),
    }))
}

async fn filled(house: &House<'_>, closed: bool) -> anyhow::Result<(Port, Stream)> {
    let (port, mut stream) = (house.open().await?, Stream::default());
    if closed {
        port.store
            .configure_limit(LIMIT.into(), Some(Limit::concurrency(1)))
            .await?;
    }
    let behind = move |task: &mut NewTask, _| {
        if closed {
            task.priority = Priority::High;
            task.limits = vec![LimitUse::one(LIMIT)];
        } else {
            task.priority = Priority::Low;
        }
    };
    stream.fill(&port, BACKLOG, behind).await?;
    if closed {
        anyhow::ensure!(port.take(2).await?.leases.len() == 1, "the limit closes");
    }
    stream.cycle(&port, CYCLED, |_, _| ()).await?;
    Ok((port, stream))
}
