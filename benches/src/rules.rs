//! The rules of who is next, on the memory store and on SQLite: what they cost as everything grows, and
//! whether they keep what they promise.

mod closed;
mod cost;
mod crowd;
mod explain;
mod fair;
mod growth;
mod house;
mod lanes;
mod limits;
mod rate;

use serde_json::{Map, Value, json};

use self::house::House;
use crate::RulesArgs;

const STORES: [&str; 2] = ["memory", "sqlite"];

pub(crate) fn run(args: &RulesArgs) -> anyhow::Result<()> {
    let folder = match &args.dir {
        Some(parent) => tempfile::tempdir_in(parent)?,
        None => tempfile::tempdir()?,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let mut report = Map::new();
    report.insert("bench".into(), json!("rules"));
    for store in STORES {
        if args.store.as_ref().is_some_and(|only| only != store) {
            continue;
        }
        let house = House::new(store, folder.path());
        let figures = runtime.block_on(parts(&house, args))?;
        report.insert(store.into(), figures);
    }
    println!("{}", Value::Object(report));
    Ok(())
}

async fn parts(house: &House<'_>, args: &RulesArgs) -> anyhow::Result<Value> {
    let wants = |part: &str| args.only.is_empty() || args.only.iter().any(|only| only == part);
    let mut figures = Map::new();
    let mut keep = |part: &str, value: Value| figures.insert(part.into(), value);
    if wants("growth") {
        keep("growth", growth::run(house, args.backlog).await?);
    }
    if wants("lanes") {
        keep("lanes", lanes::run(house, args.rounds).await?);
    }
    if wants("crowd") {
        keep("crowd", crowd::run(house, args.rounds).await?);
    }
    if wants("closed") {
        keep("closed", closed::run(house, args.rounds).await?);
    }
    if wants("limits") {
        keep("limits", limits::run(house, args.rounds).await?);
    }
    if wants("cost") {
        keep("cost", cost::run(house, args.rounds).await?);
    }
    if wants("fair") {
        keep("fair", fair::run(house).await?);
    }
    if wants("rate") {
        keep("rate", rate::run(house, args.seconds).await?);
    }
    if wants("explain") {
        keep("explain", explain::run(house).await?);
    }
    Ok(Value::Object(figures))
}
