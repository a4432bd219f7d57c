//! News: what a transaction has changed that other processes know by heart.
//!
//! Each transaction tells of what it has changed, by name, in rows with numbers that have no gaps. Whoever
//! finds that another process has committed reads the rows since the last it knows of, and looks up what
//! they name: a claim after another's commit costs as much as was changed, however much is known. Tasks
//! without conditions, while there is no limit, are told of nowhere: queues, and their lanes without
//! conditions, are few and are read again anyway. Only the newest rows are kept. Whoever missed some
//! begins anew.

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};

use duly_core::Timestamp;
use duly_store::{Name, Subject};
use rusqlite::{Connection, Result};

use super::Book;

/// How many rows are kept.
const KEPT_MAX: i64 = if cfg!(test) { 100 } else { 8_192 };
/// Older ones are removed whenever so many were written.
const REMOVED_TOGETHER: i64 = 64;
/// How much one row tells at most.
const ITEMS_MAX: usize = 256;

pub(crate) const NEWEST: &str = "SELECT coalesce(max(number), 0) FROM duly_news";
pub(crate) const SINCE: &str =
    "SELECT number, what FROM duly_news WHERE number > ?1 ORDER BY number";
const ADD: &str = "INSERT INTO duly_news (what) VALUES (?1)";
const FORGET: &str = "DELETE FROM duly_news WHERE number <= ?1";

/// Something that was changed. Whoever reads of several looks them up in this order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Item {
    /// A tenant was made, or has other settings.
    Tenant(Name),
    /// A limit bounds something else, or its rate has given something out.
    Limit(Name),
    /// Other limits are attached to it.
    Attached(Subject),
    /// What workers hold counts from now on, and was not told of before.
    Leases,
    /// A worker holds other attempts.
    Worker(i64),
    /// The turns of a queue have begun anew.
    Turns(i64),
    /// A tenant has had turns in a queue; an empty name: nobody's tasks have.
    Turn(i64, Name),
    /// Somebody came into a lane with conditions, or left it.
    Lane(i64),
    /// A lane was removed.
    Removed(i64),
}

/// The line that tells it.
impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tenant(name) => write!(f, "tenant {name}"),
            Self::Limit(name) => write!(f, "limit {name}"),
            Self::Attached(subject) => write!(f, "attached {} {}", subject.what(), subject.name()),
            Self::Leases => f.write_str("leases "),
            Self::Worker(id) => write!(f, "worker {id}"),
            Self::Turns(queue) => write!(f, "turns {queue}"),
            Self::Turn(queue, tenant) => write!(f, "turn {queue} {tenant}"),
            Self::Lane(id) => write!(f, "lane {id}"),
            Self::Removed(id) => write!(f, "removed {id}"),
        }
    }
}

impl Item {
    /// What a line tells; `None`: what is not known here.
    fn of_text(line: &str) -> Option<Self> {
        let (what, rest) = line.split_once(' ')?;
        let number = || rest.parse().ok();
        Some(match what {
            "tenant" => Self::Tenant(rest.into()),
            "limit" => Self::Limit(rest.into()),
            "attached" => {
                let (what, name) = rest.split_once(' ')?;
                Self::Attached(subject(what, name.into())?)
            }
            "leases" => Self::Leases,
            "worker" => Self::Worker(number()?),
            "turns" => Self::Turns(number()?),
            "turn" => {
                let (queue, tenant) = rest.split_once(' ')?;
                Self::Turn(queue.parse().ok()?, tenant.into())
            }
            "lane" => Self::Lane(number()?),
            "removed" => Self::Removed(number()?),
            _ => return None,
        })
    }
}

/// What a record means by the word for a subject, and its name.
pub(super) fn subject(what: &str, name: Name) -> Option<Subject> {
    Some(match what {
        "queue" => Subject::Queue(name),
        "kind" => Subject::Kind(name),
        "tenant" => Subject::Tenant(name),
        _ => return None,
    })
}

/// What is known of news.
#[derive(Debug, Default)]
pub(super) struct News {
    /// Up to where they were read, or written; `None`: nothing is known by heart that they could change.
    seen: Option<i64>,
    /// There are none that were not read.
    current: bool,
    /// To be told.
    items: BTreeSet<Item>,
    /// Lanes to be told of: there may be as many as tasks.
    lanes: Vec<i64>,
    /// Turns to be told of, likewise.
    turns: Vec<Item>,
}

impl News {
    /// What is to be told, as rows have it: a line each.
    fn take_rows(&mut self) -> Vec<String> {
        let mut lanes = std::mem::take(&mut self.lanes);
        lanes.sort_unstable();
        lanes.dedup();
        let items = std::mem::take(&mut self.items).into_iter();
        let items = items.chain(std::mem::take(&mut self.turns));
        let items = items.chain(lanes.into_iter().map(Item::Lane));
        let mut rows: Vec<String> = Vec::new();
        for (at, item) in items.enumerate() {
            if at % ITEMS_MAX == 0 {
                rows.push(String::new());
            }
            let row = rows.last_mut().expect("the first item has begun one");
            writeln!(row, "{item}").expect("a text takes whatever is written");
        }
        rows
    }
}

impl Book {
    /// Another connection has committed.
    pub(crate) const fn refresh(&mut self) {
        self.news.current = false;
    }

    /// Looks up what others have changed, if they may have: the first step of a transaction.
    pub(crate) fn catch_up(&mut self, connection: &Connection, now: Timestamp) -> Result<()> {
        if self.news.current {
            return Ok(());
        }
        let news = match self.news.seen {
            Some(seen) => since(connection, seen)?,
            None => None,
        };
        if let Some((items, newest)) = news {
            self.news.seen = Some(newest);
            self.forget_small();
            for item in items {
                self.follow(connection, item, now)?;
            }
            self.follow_attached(connection, now)?;
        } else {
            self.forget();
            let mut statement = connection.prepare_cached(NEWEST)?;
            self.news.seen = Some(statement.query_row([], |row| row.get(0))?);
        }
        self.news.current = true;
        Ok(())
    }

    /// Forgets what is looked up again at little cost, whatever was changed.
    fn forget_small(&mut self) {
        self.counters = None;
        self.reading += 1;
        self.no_queues.clear();
        self.workers.clear();
        self.kind_roll.refresh();
    }

    fn follow(&mut self, connection: &Connection, item: Item, now: Timestamp) -> Result<()> {
        match item {
            Item::Tenant(name) => self.follow_tenant(connection, &name, now),
            Item::Limit(name) => self.follow_limit(connection, &name, now),
            Item::Attached(subject) => {
                self.gates.attached_elsewhere.push(subject);
                Ok(())
            }
            Item::Leases => {
                self.forget_leases();
                Ok(())
            }
            Item::Worker(id) => self.recount(connection, id),
            Item::Turns(queue) => self.renew_turns(connection, queue),
            Item::Turn(queue, tenant) => self.follow_turns(connection, queue, &tenant),
            Item::Lane(id) => self.follow_lane(connection, id),
            Item::Removed(id) => {
                self.drop_lane(id);
                Ok(())
            }
        }
    }

    /// Others shall hear of this.
    pub(super) fn tell(&mut self, item: Item) {
        self.news.items.insert(item);
    }

    /// Others shall hear that somebody came into a lane with conditions, or left it.
    pub(super) fn tell_of_lane(&mut self, id: i64) {
        if self.news.lanes.last() != Some(&id) {
            self.news.lanes.push(id);
        }
    }

    /// Others shall hear that a tenant has had turns in a queue.
    pub(super) fn tell_of_turn(&mut self, queue: i64, tenant: Name) {
        self.news.turns.push(Item::Turn(queue, tenant));
    }

    /// Writes the news of a transaction, if there are any.
    pub(super) fn flush_news(&mut self, connection: &Connection, now: Timestamp) -> Result<()> {
        if !self.held.changed.is_empty() {
            self.know_limits(connection, now)?;
            let workers = self.take_lease_news();
            self.news.items.extend(workers);
        }
        for row in self.news.take_rows() {
            connection.prepare_cached(ADD)?.execute([row])?;
            let number = connection.last_insert_rowid();
            self.news.seen = self.news.seen.map(|_| number);
            if number % REMOVED_TOGETHER == 0 {
                let mut forget = connection.prepare_cached(FORGET)?;
                forget.execute([number - KEPT_MAX])?;
            }
        }
        Ok(())
    }
}

/// What was told since a row, and the number of the newest; `None`: some of it is not known any more.
fn since(connection: &Connection, seen: i64) -> Result<Option<(BTreeSet<Item>, i64)>> {
    let mut items = BTreeSet::new();
    let mut newest = seen;
    let mut statement = connection.prepare_cached(SINCE)?;
    let mut rows = statement.query([seen])?;
    while let Some(row) = rows.next()? {
        let number: i64 = row.get(0)?;
        if number != newest + 1 {
            return Ok(None);
        }
        newest = number;
        for line in row.get_ref(1)?.as_str()?.lines() {
            let Some(item) = Item::of_text(line) else {
                return Ok(None);
            };
            items.insert(item);
        }
    }
    Ok(Some((items, newest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_read() {
        let name = || Name::from("a name: 7");
        let items = [
            Item::Tenant(name()),
            Item::Limit(name()),
            Item::Attached(Subject::Queue(name())),
            Item::Attached(Subject::Kind(name())),
            Item::Attached(Subject::Tenant(name())),
            Item::Leases,
            Item::Worker(3),
            Item::Turns(4),
            Item::Turn(5, name()),
            Item::Turn(5, Name::default()),
            Item::Lane(-6),
            Item::Removed(7),
        ];
        for item in items {
            assert_eq!(Item::of_text(&item.to_string()), Some(item));
        }
        assert_eq!(Item::of_text("whatever comes later"), None);
    }
}
