//! Every hot statement uses the index that was meant for it, with statistics and without.

use rusqlite::Connection;

use crate::migration::MIGRATIONS;
use crate::{
    attachment, book, change, claim, done, event, explain, house, kind, limit, list, live,
    matching, pick, promote, queue, record, save, schedule, tenant, term, transaction, unique,
    worker,
};

/// A statement, and what its plan must say: each part in a line of its own, and nothing else scanned.
const PLANS: &[(&str, &[&str])] = &[
    (transaction::SEQUENCE, &["duly_task USING COVERING INDEX"]),
    (record::SEQUENCE, &["duly_task USING COVERING INDEX"]),
    (live::LIVE, &["s USING INTEGER PRIMARY KEY (rowid=?)"]),
    (live::UPDATE, &["USING INTEGER PRIMARY KEY (rowid=?)"]),
    (live::REMOVE, &["USING INTEGER PRIMARY KEY (rowid=?)"]),
    (unique::FREE_KEY, &["USING PRIMARY KEY (kind=? AND key=?)"]),
    (unique::OUTLIVE, &["USING PRIMARY KEY (kind=? AND key=?)"]),
    (unique::KEY_OF, &["USING INTEGER PRIMARY KEY (rowid=?)"]),
    (
        unique::FORGET_HOLD,
        &["USING INTEGER PRIMARY KEY (rowid=?)"],
    ),
    (unique::LAPSED, &["INDEX duly_unique_until (until<?)"]),
    (
        unique::NEWEST_REPLACED,
        &["COVERING INDEX duly_replaced_task (task=?)"],
    ),
    (
        unique::FORGET_REPLACED,
        &["INDEX duly_replaced_task (task=? AND n<?)"],
    ),
    (
        unique::REPLACED,
        &["r USING PRIMARY KEY (id=?)", "t USING INTEGER PRIMARY KEY"],
    ),
    (
        done::LINE,
        &[
            "t USING INTEGER PRIMARY KEY",
            "q USING INTEGER PRIMARY KEY",
            "h USING INTEGER PRIMARY KEY",
        ],
    ),
    (done::DONE, &["s USING INTEGER PRIMARY KEY (rowid=?)"]),
    (done::FORGET, &["USING INTEGER PRIMARY KEY (rowid=?)"]),
    (
        unique::HOLDER,
        &[
            "u USING PRIMARY KEY (kind=? AND key=?)",
            "t USING INTEGER PRIMARY KEY",
        ],
    ),
    (
        pick::LANE,
        &[
            "s USING INDEX duly_live_ready (lane=?)",
            "t USING INTEGER PRIMARY KEY",
        ],
    ),
    (
        pick::FIRST,
        &[
            "s USING INTEGER PRIMARY KEY",
            "t USING INTEGER PRIMARY KEY",
            "n USING COVERING INDEX duly_live_ready (lane=? AND (class,rank)>(?,?))",
        ],
    ),
    (
        pick::ALONE,
        &["s USING INTEGER PRIMARY KEY", "t USING INTEGER PRIMARY KEY"],
    ),
    (pick::AHEAD, &["COVERING INDEX duly_live_ready (lane=?)"]),
    (claim::HEAD, &["INDEX duly_live_ready (lane=?)"]),
    (
        book::LANE,
        &["sqlite_autoindex_duly_lane_1 (line=? AND suspect=? AND tenant=? AND limits=?)"],
    ),
    (
        book::STANDING,
        &[
            "li USING COVERING INDEX sqlite_autoindex_duly_line_1 (queue=?)",
            "la USING COVERING INDEX sqlite_autoindex_duly_lane_1 (line=?)",
            "s EXISTS USING COVERING INDEX duly_live_ready (lane=?)",
        ],
    ),
    (book::LEASED, &["INDEX duly_live_leased (worker>?)"]),
    (book::HELD_BY, &["INDEX duly_live_leased (worker=?)"]),
    (
        book::PLAIN_LANES,
        &[
            "li USING COVERING INDEX sqlite_autoindex_duly_line_1 (queue=?)",
            "k USING INTEGER PRIMARY KEY",
            "sqlite_autoindex_duly_lane_1 (line=? AND suspect=? AND tenant=? AND limits=?)",
        ],
    ),
    (
        book::LANE_BY_ID,
        &[
            "la USING INTEGER PRIMARY KEY",
            "li USING INTEGER PRIMARY KEY",
            "q USING INTEGER PRIMARY KEY",
        ],
    ),
    (book::COUNT_LANE, &["USING INTEGER PRIMARY KEY (rowid=?)"]),
    (book::EMPTY, &["INDEX duly_lane_empty (empty_since<?)"]),
    (book::REMOVE_LANE, &["USING INTEGER PRIMARY KEY (rowid=?)"]),
    (book::SINCE, &["USING INTEGER PRIMARY KEY (rowid>?)"]),
    (book::NEWEST, &["SEARCH duly_news"]),
    (book::LIMIT, &["sqlite_autoindex_duly_limit_1 (name=?)"]),
    (
        attachment::OF,
        &["USING PRIMARY KEY (what=? AND subject=?)"],
    ),
    (
        attachment::AFTER,
        &["USING PRIMARY KEY (what=? AND subject>?)"],
    ),
    (house::UNFINISHED, &["USING INTEGER PRIMARY KEY (rowid>?)"]),
    (limit::ONE, &["sqlite_autoindex_duly_limit_1 (name=?)"]),
    (limit::PAGE, &["sqlite_autoindex_duly_limit_1 (name>?)"]),
    (
        explain::COUNT,
        &["COVERING INDEX duly_live_ready (lane=? AND (class,rank)>(?,?) AND (class,rank)<(?,?))"],
    ),
    (
        explain::FRONT,
        &["COVERING INDEX duly_live_ready (lane=? AND (class,rank)>(?,?) AND (class,rank)<(?,?))"],
    ),
    (
        explain::BACK,
        &["COVERING INDEX duly_live_ready (lane=? AND (class,rank)>(?,?) AND (class,rank)<(?,?))"],
    ),
    (
        explain::COUNT_ALL,
        &["COVERING INDEX duly_live_ready (lane=?)"],
    ),
    (
        explain::PACE,
        &[
            "e USING INTEGER PRIMARY KEY (rowid>?)",
            "t USING INTEGER PRIMARY KEY (rowid=?)",
        ],
    ),
    (claim::TAKE, &["USING INTEGER PRIMARY KEY (rowid=?)"]),
    (promote::BEGIN, &["USING INTEGER PRIMARY KEY (rowid=?)"]),
    (
        claim::NEXT_DUE,
        &["SCAN duly_live USING INDEX duly_live_due"],
    ),
    (house::DUE, &["INDEX duly_live_due (due_at<?)"]),
    (house::OVERDUE, &["INDEX duly_live_expires (expires_at<?)"]),
    (
        house::STALE,
        &["INDEX duly_done_kept (queue=? AND kept=? AND finished_at<?)"],
    ),
    (term::LATE, &["INDEX duly_term_alert (alert_at<?)"]),
    (
        term::ALERTS,
        &[
            "x USING INTEGER PRIMARY KEY (rowid=?)",
            "t USING INTEGER PRIMARY KEY (rowid=?)",
        ],
    ),
    (term::TOLD, &["USING INTEGER PRIMARY KEY (rowid=?)"]),
    (term::RENEW, &["USING INTEGER PRIMARY KEY (rowid=?)"]),
    (term::FORGET, &["USING INTEGER PRIMARY KEY (rowid=?)"]),
    (house::FORGET_TASK, &["USING INTEGER PRIMARY KEY (rowid=?)"]),
    (house::FORGET_EVENTS, &["INDEX duly_event_task (task=?)"]),
    (
        house::FORGET_UNTIL,
        &["USING INTEGER PRIMARY KEY (rowid<?)"],
    ),
    (house::OLD_EVENTS, &["SCAN duly_event"]),
    (
        schedule::BY_NAME,
        &[
            "s USING INDEX sqlite_autoindex_duly_schedule_1 (name=?)",
            "d USING INTEGER PRIMARY KEY",
        ],
    ),
    (
        schedule::BEHIND,
        &[
            "s USING INDEX sqlite_autoindex_duly_schedule_1 (name>?)",
            "d USING INTEGER PRIMARY KEY",
        ],
    ),
    (
        schedule::NEXT,
        &[
            "s USING INDEX duly_schedule_next",
            "d USING INTEGER PRIMARY KEY",
        ],
    ),
    (
        schedule::VERSION,
        &["duly_schedule USING INDEX sqlite_autoindex_duly_schedule_1 (name=?)"],
    ),
    (
        schedule::MOVE_ON,
        &["duly_schedule USING INTEGER PRIMARY KEY (rowid=?)"],
    ),
    (worker::HELD, &["INDEX duly_live_leased (worker=?)"]),
    (worker::COUNT_HELD, &["INDEX duly_live_leased (worker=?)"]),
    (worker::PROGRESS, &["USING INTEGER PRIMARY KEY (rowid=?)"]),
    (
        worker::CANCEL_REQUESTS,
        &[
            "s USING INDEX duly_live_cancel (worker=?)",
            "t USING INTEGER PRIMARY KEY",
        ],
    ),
    (queue::DUE, &["s USING INDEX duly_live_due (due_at<?)"]),
    (
        queue::OLDEST,
        &[
            "li USING COVERING INDEX sqlite_autoindex_duly_line_1 (queue=?)",
            "la USING COVERING INDEX sqlite_autoindex_duly_lane_1 (line=?)",
            "s USING INDEX duly_live_ready (lane=? AND class=?)",
        ],
    ),
    (
        book::CATCH_UP,
        &[
            "e USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)",
            "t USING INTEGER PRIMARY KEY",
        ],
    ),
    (
        event::ALL,
        &[
            "e USING INTEGER PRIMARY KEY (rowid>?)",
            "t USING INTEGER PRIMARY KEY",
            "k USING INTEGER PRIMARY KEY",
            "q USING INTEGER PRIMARY KEY",
        ],
    ),
    (
        event::OF_TASK,
        &[
            "e USING INDEX duly_event_task (task=? AND rowid>?)",
            "k USING INTEGER PRIMARY KEY",
            "q USING INTEGER PRIMARY KEY",
        ],
    ),
    (
        event::NEWEST,
        &[
            "e USING INDEX duly_event_task (task=?)",
            "t USING INTEGER PRIMARY KEY",
        ],
    ),
    (change::REWRITE, &["USING INTEGER PRIMARY KEY (rowid=?)"]),
    (
        matching::KEY_IS_TAKEN,
        &["u USING PRIMARY KEY (kind=? AND key=?)"],
    ),
    (
        save::TASKS,
        &["duly_task USING INTEGER PRIMARY KEY (rowid>?)"],
    ),
    (save::ADD_HISTORY, &["USING INTEGER PRIMARY KEY (rowid=?)"]),
    (list::LIVE, &["s USING INTEGER PRIMARY KEY (rowid<?)"]),
    (list::DONE, &["s USING INTEGER PRIMARY KEY (rowid<?)"]),
    (
        list::FAILED,
        &["s USING INDEX duly_done_failed (kept=? AND rowid<?)"],
    ),
    (list::LEASED, &["s USING INDEX duly_live_leased"]),
    (
        list::TENANT,
        &[
            "t USING INDEX duly_task_tenant (tenant=? AND rowid<?)",
            "l USING INTEGER PRIMARY KEY",
            "d USING INTEGER PRIMARY KEY",
        ],
    ),
    (kind::ONE, &["duly_kind USING INDEX"]),
    (kind::PAGE, &["duly_kind USING INDEX"]),
    (tenant::ONE, &["duly_tenant USING INDEX"]),
    (tenant::PAGE, &["duly_tenant USING INDEX"]),
    (book::HELD_KINDS, &["duly_kind USING INDEX duly_kind_held"]),
    (record::LIVE, &["s USING INTEGER PRIMARY KEY (rowid=?)"]),
    (record::DONE, &["s USING INTEGER PRIMARY KEY (rowid=?)"]),
    (
        record::LIVE_BRIEF,
        &["s USING INTEGER PRIMARY KEY (rowid=?)"],
    ),
    (
        record::DONE_BRIEF,
        &["s USING INTEGER PRIMARY KEY (rowid=?)"],
    ),
];

/// Statements that may sort, and those that may go through a whole index: what they find there is
/// bounded by what workers hold, by a limit, by what is due, or by what somebody has paused.
const MAY_SORT: &[&str] = &[list::LEASED, queue::DUE, book::CATCH_UP];
const MAY_SCAN: &[&str] = &[
    claim::NEXT_DUE,
    house::OLD_EVENTS,
    schedule::NEXT,
    book::HELD_KINDS,
    // It goes through what was found, not through the index.
    explain::COUNT,
    explain::COUNT_ALL,
    explain::FRONT,
    explain::BACK,
];

fn plan(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection
        .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
        .unwrap();
    let unbound = vec![rusqlite::types::Null; statement.parameter_count()];
    let rows = statement.query_map(rusqlite::params_from_iter(unbound), |row| row.get(3));
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}

fn check(connection: &Connection) {
    for (sql, parts) in PLANS {
        let plan = plan(connection, sql);
        for part in *parts {
            assert!(
                plan.iter().any(|line| line.contains(part)),
                "no \"{part}\" in the plan of\n{sql}\n{plan:#?}"
            );
        }
        let forbidden = |line: &&String| {
            line.contains("TEMP B-TREE") && !MAY_SORT.contains(sql)
                || line.starts_with("SCAN")
                    && !line.ends_with("CONSTANT ROWS")
                    && !MAY_SCAN.contains(sql)
                    && !MAY_SORT.contains(sql)
        };
        assert_eq!(
            plan.iter().find(forbidden),
            None,
            "in the plan of\n{sql}\n{plan:#?}"
        );
    }
}

fn schema() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    for migration in MIGRATIONS {
        connection.execute_batch(migration.sql).unwrap();
    }
    connection
}

#[test]
fn without_statistics() {
    check(&schema());
}

#[test]
fn with_statistics_of_a_backlog() {
    let connection = schema();
    let fill = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)";
    connection
        .execute_batch(&format!(
            "INSERT INTO duly_lane (id, line, suspect) VALUES (1, 1, 0);
             {fill} INSERT INTO duly_lane (line, suspect, tenant) SELECT 1, 0, 'tenant ' || i FROM n;
             INSERT INTO duly_line (id, queue, kind) VALUES (1, 1, 1), (2, 1, 2), (3, 1, 3);
             INSERT INTO duly_queue (id, name, paused, bound, retention_completed, retention_failed)
                 VALUES (1, 'q', 0, 9, 9, 9), (2, 'r', 0, 9, 9, 9), (3, 's', 0, 9, 9, 9);
             INSERT INTO duly_kind (id, name) VALUES (1, 'k'), (2, 'l'), (3, 'm');
             INSERT INTO duly_name VALUES (1, 'k'), (2, 'l'), (3, 'm');
             {fill} INSERT INTO duly_task (sequence, id, queue, kind, submitted_at, encoding, version, payload)
                 SELECT i, randomblob(16), 1, 1, i, 0, 0, x'' FROM n;
             {fill} INSERT INTO duly_live
                 SELECT i, 1, 2, i, iif(i < 1500, 2, 4), 2, i, NULL, 0, 0, 0, 3, 0, 0,
                        iif(i < 1500, NULL, 1), NULL, NULL, NULL, NULL, NULL, NULL FROM n;
             {fill} INSERT INTO duly_event (sequence, task, kind, at, attempt)
                 SELECT i, i / 3, 0, i, 0 FROM n;
             ANALYZE;"
        ))
        .unwrap();
    check(&connection);
}
