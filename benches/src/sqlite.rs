//! The SQLite store, beside its limit.

mod bare;
mod growth;
mod idle;
pub(crate) mod latency;
pub(crate) mod limit;
mod spread;
mod throughput;
mod worker;

use serde_json::{Map, Value, json};

use crate::SqliteArgs;

/// What every task carries: about what a small job does.
pub(crate) const PAYLOAD: &str = r#"{"to":"someone@example.org","template":"welcome","locale":"en","attempted":false,"n":12345}"#;

pub(crate) fn run(args: &SqliteArgs) -> anyhow::Result<()> {
    // Always a fresh folder: figures of a used file would be other figures.
    let folder = match &args.dir {
        Some(parent) => tempfile::tempdir_in(parent)?,
        None => tempfile::tempdir()?,
    };
    let dir = folder.path();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let wants = |part: &str| args.only.is_empty() || args.only.iter().any(|only| only == part);
    let mut report = Map::new();
    report.insert("bench".into(), json!("sqlite"));
    report.insert("tasks".into(), json!(args.tasks));
    if wants("throughput") {
        println!(
            "throughput: {} tasks, batches of {}, synchronous=FULL",
            args.tasks,
            limit::BATCH
        );
        let figures = runtime.block_on(throughput::run(dir, args.tasks, args.rounds))?;
        report.insert("throughput".into(), figures);
    }
    // Not one of all: it is part of the throughput.
    if args.only.iter().any(|only| only == "port") {
        println!(
            "the port alone: {} tasks, batches of {}",
            args.tasks,
            limit::BATCH
        );
        let figures = runtime.block_on(throughput::port(dir, args.tasks, args.rounds))?;
        report.insert("port".into(), figures);
    }
    if wants("latency") {
        println!("latency when idle, one task at a time");
        report.insert("latency".into(), runtime.block_on(latency::run(dir))?);
    }
    if wants("idle") {
        report.insert("idle".into(), runtime.block_on(idle::run(dir))?);
    }
    if wants("growth") {
        println!("growth: cycles at larger and larger backlogs");
        report.insert(
            "growth".into(),
            runtime.block_on(growth::run(dir, args.backlog))?,
        );
    }
    println!("{}", Value::Object(report));
    Ok(())
}

/// Ids as clients make them: by time, with random-looking rest.
pub(crate) fn ids(count: u32) -> Vec<[u8; 16]> {
    ids_from(0, count)
}

/// Such ids, from a place on.
pub(crate) fn ids_from(first: u64, count: u32) -> Vec<[u8; 16]> {
    (first..first + u64::from(count))
        .map(|n| {
            let mut id = [0; 16];
            id[..8].copy_from_slice(&n.to_be_bytes());
            id[8..].copy_from_slice(&n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
            id
        })
        .collect()
}
