//! By hand, over many lanes: each with a tenant of its own. What a store keeps of lanes is written, too: how
//! many unfinished tasks each has, whose turn was when, and the line that tells other processes.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use rusqlite::{Connection, Transaction, params};

const ADD_TENANT: &str = "INSERT INTO duly_tenant (id, name) VALUES (?1, ?2)";
const ADD_LANE: &str = "INSERT INTO duly_lane (id, line, suspect, tenant, empty_since)
    VALUES (?1, 1, 0, ?2, 0)";
const COUNT: &str = "UPDATE duly_lane SET unfinished = unfinished + ?2,
    empty_since = iif(unfinished + ?2 = 0, ?3, NULL) WHERE id = ?1";
const TURN: &str = "REPLACE INTO duly_turn (queue, tenant, class, finish, time)
    VALUES (1, ?1, 2, ?2, ?2)";
const TELL: &str = "INSERT INTO duly_news (what) VALUES (?1)";

/// How tasks are spread.
#[derive(Debug)]
pub(crate) struct Spread {
    pub(crate) lanes: u32,
    /// Turns are written.
    pub(crate) fair: bool,
    /// From which lane it takes next.
    turn: u32,
    /// How often it took from all.
    rounds: i64,
}

impl Spread {
    /// Makes the lanes and their tenants.
    pub(crate) fn new(connection: &mut Connection, lanes: u32, fair: bool) -> anyhow::Result<Self> {
        let tx = connection.transaction()?;
        {
            let mut tenant = tx.prepare(ADD_TENANT)?;
            let mut lane = tx.prepare(ADD_LANE)?;
            for number in 0..lanes {
                let name = tenant_name(number);
                tenant.execute(params![number + 1, name])?;
                lane.execute(params![number, name])?;
            }
        }
        tx.commit()?;
        Ok(Self {
            lanes,
            fair,
            turn: 0,
            rounds: 0,
        })
    }

    /// The lane that is next, and its turn.
    pub(crate) fn next(&mut self) -> (u32, i64) {
        let now = (self.turn, self.rounds);
        self.turn = (self.turn + 1) % self.lanes;
        self.rounds += i64::from(self.turn == 0);
        now
    }
}

pub(crate) fn tenant_name(lane: u32) -> String {
    format!("tenant-{lane}")
}

/// What happened to lanes in one transaction: how many tasks each has won.
pub(crate) type Won = BTreeMap<u32, i64>;

/// Writes how many tasks lanes have won, and tells of it.
pub(crate) fn count(tx: &Transaction<'_>, won: &Won, now: i64) -> anyhow::Result<()> {
    let mut count = tx.prepare_cached(COUNT)?;
    for (lane, by) in won {
        count.execute(params![lane, by, now])?;
    }
    Ok(())
}

/// Writes whose turn was when.
pub(crate) fn have_turns(tx: &Transaction<'_>, turns: &BTreeMap<u32, i64>) -> anyhow::Result<()> {
    let mut turn = tx.prepare_cached(TURN)?;
    for (lane, finish) in turns {
        turn.execute(params![tenant_name(*lane), finish])?;
    }
    turn.execute(params!["", turns.values().max()])?;
    Ok(())
}

/// Tells other processes of lanes.
pub(crate) fn tell(tx: &Transaction<'_>, lanes: impl Iterator<Item = u32>) -> anyhow::Result<()> {
    let mut news = String::new();
    for lane in lanes {
        writeln!(news, "lane {lane}")?;
    }
    tx.prepare_cached(TELL)?.execute([news])?;
    Ok(())
}
