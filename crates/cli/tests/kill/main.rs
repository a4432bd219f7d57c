//! SIGKILL of a server under load of submitting and working, again and again; afterwards every task
//! whose submit returned is accounted for.
//!
//! `DULY_KILL_ROUNDS` (default 3) says how often; `cargo xtask kill` runs it with 20.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod account;
mod load;
mod server;
mod target;

use std::sync::Arc;
use std::time::Duration;

use load::Load;
use server::Server;
use target::Target;

/// Deliveries between two kills, at least and at most.
const BETWEEN: (u64, u64) = (60, 400);

fn rounds() -> u32 {
    std::env::var("DULY_KILL_ROUNDS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(3)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_submitted_task_survives_sigkill() {
    let folder = tempfile::tempdir().unwrap();
    let target = Arc::new(Target::start().await);
    let mut server = Server::start(folder.path()).await;
    let load = Load::start(server.address(), target.clone(), target.url());
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for round in 1..=rounds() {
        let more = dice.between(BETWEEN);
        target.delivered(target.count() + more).await;
        server.kill().await;
        server = Server::start(folder.path()).await;
        load.turn_to(server.address());
        println!(
            "round {round}: killed after {more} more deliveries, {} in all",
            target.count()
        );
    }
    let submitted = load.finish().await;
    server.all_ended(submitted.len()).await;
    let account = account::check(&server, &target, &submitted).await;
    server.kill().await;
    println!("{account}");
    assert!(account.submitted > 100, "the load was real: {account}");
}

/// Longer than an orderly end may take in all: its deadline, and the end of the process.
const END_MAX: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_under_load_loses_nothing_and_refunds() {
    let folder = tempfile::tempdir().unwrap();
    let target = Arc::new(Target::start().await);
    let mut server = Server::start(folder.path()).await;
    let load = Load::start(server.address(), target.clone(), target.stuck_url());
    for round in 1..=2 {
        target.delivered(target.count() + 150).await;
        let took = server.terminate().await;
        assert!(took < END_MAX, "round {round}: it took {took:?}");
        server = Server::start(folder.path()).await;
        load.turn_to(server.address());
    }
    let submitted = load.finish().await;
    // What is stuck now is not answered by anybody: the last server has to be told to give up too.
    target.delivered(submitted.len() as u64).await;
    server.terminate().await;
    let mut server = Server::start(folder.path()).await;
    server.all_ended(submitted.len()).await;
    let account = account::check(&server, &target, &submitted).await;
    server.kill().await;
    println!("{account}");
    assert_eq!(account.losses, 0, "an orderly end loses no attempt");
    assert!(
        account.handed_back > 0,
        "some were stuck, and handed back: {account}"
    );
}

/// Numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    fn between(&mut self, (least, most): (u64, u64)) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        least + self.0 % (most - least)
    }
}
