-- The first schema. Hot tables hold what is unfinished, and nothing else: a task leaves them when it
-- ends. What never changes is written once (duly_task), so that no payload is ever rewritten.
-- Instants and durations are microseconds; codes are those of duly-core.

-- The newest sequence given out, of tasks and of events.
CREATE TABLE duly_counter (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO duly_counter (name, value) VALUES ('event', 0), ('task', 0);

CREATE TABLE duly_queue (
    id                  INTEGER PRIMARY KEY,
    name                TEXT NOT NULL UNIQUE,
    paused              INTEGER NOT NULL,
    bound               INTEGER NOT NULL,
    retention_completed INTEGER NOT NULL,
    retention_failed    INTEGER NOT NULL
) STRICT;

CREATE TABLE duly_kind (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

-- Names of workers, which outlive them in history. Interned names are never removed.
CREATE TABLE duly_name (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

-- What decides who may take a task: queue × kind × what it needs of a worker.
CREATE TABLE duly_line (
    id    INTEGER PRIMARY KEY,
    queue INTEGER NOT NULL,
    kind  INTEGER NOT NULL,
    needs TEXT NOT NULL DEFAULT '',
    UNIQUE (queue, kind, needs)
) STRICT;

-- All tasks that may start under exactly the same conditions: line × tenant × limits × suspect.
CREATE TABLE duly_lane (
    id      INTEGER PRIMARY KEY,
    line    INTEGER NOT NULL,
    suspect INTEGER NOT NULL,
    tenant  TEXT NOT NULL DEFAULT '',
    limits  TEXT NOT NULL DEFAULT '',
    UNIQUE (line, suspect, tenant, limits)
) STRICT;

-- A task as it was submitted: written once. NULL stands for the default.
CREATE TABLE duly_task (
    sequence     INTEGER PRIMARY KEY,
    id           BLOB NOT NULL UNIQUE,
    queue        INTEGER NOT NULL,
    kind         INTEGER NOT NULL,
    submitted_at INTEGER NOT NULL,
    workflow     INTEGER,
    tenant       TEXT,
    unique_key   TEXT,
    timeout      INTEGER,
    retry        TEXT,
    labels       TEXT,
    encoding     INTEGER NOT NULL,
    version      INTEGER NOT NULL,
    key_id       TEXT,
    payload      BLOB NOT NULL
) STRICT;

-- What is unfinished.
CREATE TABLE duly_live (
    sequence          INTEGER PRIMARY KEY,
    lane              INTEGER NOT NULL,
    class             INTEGER NOT NULL,
    rank              INTEGER NOT NULL,
    state             INTEGER NOT NULL,
    priority          INTEGER NOT NULL,
    due_at            INTEGER NOT NULL,
    deadline          INTEGER,
    attempt           INTEGER NOT NULL,
    spent             INTEGER NOT NULL,
    lost              INTEGER NOT NULL,
    lost_max          INTEGER NOT NULL,
    cancel_requested  INTEGER NOT NULL,
    keyed             INTEGER NOT NULL,
    worker            INTEGER,
    started_at        INTEGER,
    progress_fraction REAL,
    progress_text     TEXT,
    error             TEXT
) STRICT;

CREATE INDEX duly_live_ready ON duly_live (lane, class, rank) WHERE state = 2;
CREATE INDEX duly_live_due ON duly_live (due_at) WHERE state IN (0, 5);
CREATE INDEX duly_live_deadline ON duly_live (deadline) WHERE deadline IS NOT NULL AND worker IS NULL;
CREATE INDEX duly_live_leased ON duly_live (worker) WHERE worker IS NOT NULL;
CREATE INDEX duly_live_cancel ON duly_live (worker) WHERE cancel_requested = 1;

-- What has ended, as long as it is kept. `kept` is 0 for what the retention of completed tasks
-- counts for, 1 for the dead letters.
CREATE TABLE duly_done (
    sequence          INTEGER PRIMARY KEY,
    queue             INTEGER NOT NULL,
    kept              INTEGER NOT NULL,
    finished_at       INTEGER NOT NULL,
    state             INTEGER NOT NULL,
    priority          INTEGER NOT NULL,
    due_at            INTEGER NOT NULL,
    deadline          INTEGER,
    attempt           INTEGER NOT NULL,
    spent             INTEGER NOT NULL,
    lost              INTEGER NOT NULL,
    lost_max          INTEGER NOT NULL,
    cancel_requested  INTEGER NOT NULL,
    holder            INTEGER,
    started_at        INTEGER,
    progress_fraction REAL,
    progress_text     TEXT,
    error             TEXT,
    encoding          INTEGER,
    version           INTEGER,
    key_id            TEXT,
    result            BLOB
) STRICT;

CREATE INDEX duly_done_kept ON duly_done (queue, kept, finished_at);
CREATE INDEX duly_done_failed ON duly_done (kept) WHERE kept = 1;

CREATE TABLE duly_unique (
    kind INTEGER NOT NULL,
    key  TEXT NOT NULL,
    task INTEGER NOT NULL,
    PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE duly_event (
    sequence INTEGER PRIMARY KEY,
    task     INTEGER NOT NULL,
    kind     INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    attempt  INTEGER NOT NULL,
    worker   INTEGER,
    due_at   INTEGER,
    priority INTEGER,
    error    TEXT
) STRICT;

CREATE INDEX duly_event_task ON duly_event (task);

-- How many tasks each queue has in each state, kept in step with every change.
CREATE TABLE duly_count (
    queue INTEGER NOT NULL,
    state INTEGER NOT NULL,
    n     INTEGER NOT NULL,
    PRIMARY KEY (queue, state)
) STRICT, WITHOUT ROWID;

CREATE TABLE duly_worker (
    id            INTEGER PRIMARY KEY,
    incarnation   BLOB NOT NULL UNIQUE,
    name          INTEGER NOT NULL,
    queues        TEXT NOT NULL,
    kinds         TEXT NOT NULL,
    labels        TEXT,
    capacity      INTEGER NOT NULL,
    registered_at INTEGER NOT NULL,
    renewed_at    INTEGER NOT NULL,
    beats         INTEGER NOT NULL,
    lapsed        INTEGER NOT NULL
) STRICT;

CREATE TABLE duly_leader (
    name   TEXT PRIMARY KEY,
    holder BLOB NOT NULL,
    until  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
