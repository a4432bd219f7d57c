-- The rules: limits, tenants, uniqueness, schedules, alerts. Code that does not know them would not keep
-- them, so a file from here on opens only for code that does.

-- By when a task must have ended, and who wants to hear that it is late: few tasks have a row. It stays as
-- long as the task does. What hot statements need of it lies in duly_live, too.
CREATE TABLE duly_term (
    task             INTEGER PRIMARY KEY,
    finish_by        INTEGER,
    alert_unstarted  INTEGER,
    alert_unfinished INTEGER,
    late_to_start    INTEGER NOT NULL,
    late_to_finish   INTEGER NOT NULL,
    -- When somebody may have to be told of it.
    alert_at         INTEGER
) STRICT;

CREATE INDEX duly_term_alert ON duly_term (alert_at) WHERE alert_at IS NOT NULL;

ALTER TABLE duly_live ADD COLUMN finish_by INTEGER;

-- What waits expires at the earlier of its deadlines.
ALTER TABLE duly_live ADD COLUMN expires_at INTEGER;

UPDATE duly_live SET expires_at = deadline WHERE deadline IS NOT NULL;

DROP INDEX duly_live_deadline;

CREATE INDEX duly_live_expires ON duly_live (expires_at) WHERE expires_at IS NOT NULL AND worker IS NULL;

-- Schedules: what is looked at often. Definition and state are text of the layers above.
CREATE TABLE duly_schedule (
    id      INTEGER PRIMARY KEY,
    name    TEXT NOT NULL UNIQUE,
    owner   TEXT,
    state   TEXT NOT NULL,
    next_at INTEGER,
    version INTEGER NOT NULL
) STRICT;
CREATE INDEX duly_schedule_next ON duly_schedule (next_at, name) WHERE next_at IS NOT NULL;

-- Apart from them, for it may be long, and a tick does not change it.
CREATE TABLE duly_definition (
    schedule INTEGER PRIMARY KEY,
    text     TEXT NOT NULL
) STRICT;

INSERT INTO duly_counter (name, value) VALUES ('schedule', 0);

-- Pause and drain of queues, kinds and tenants. How many tasks of a kind are not finished is kept in
-- step with every change; of a tenant, its lanes are counted.
ALTER TABLE duly_queue ADD COLUMN draining INTEGER NOT NULL DEFAULT 0;

ALTER TABLE duly_kind ADD COLUMN paused INTEGER NOT NULL DEFAULT 0;
ALTER TABLE duly_kind ADD COLUMN draining INTEGER NOT NULL DEFAULT 0;
ALTER TABLE duly_kind ADD COLUMN unfinished INTEGER NOT NULL DEFAULT 0;
CREATE INDEX duly_kind_held ON duly_kind (id) WHERE paused = 1 OR draining = 1;

UPDATE duly_kind SET unfinished = found.n
    FROM (SELECT t.kind, count(*) AS n
        FROM duly_live AS s CROSS JOIN duly_task AS t ON t.sequence = s.sequence
        GROUP BY t.kind) AS found
    WHERE found.kind = duly_kind.id;

-- Records are never removed, so the greatest id is their number.
CREATE TABLE duly_tenant (
    id       INTEGER PRIMARY KEY,
    name     TEXT NOT NULL UNIQUE,
    weight   INTEGER NOT NULL DEFAULT 1,
    paused   INTEGER NOT NULL DEFAULT 0,
    draining INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX duly_task_tenant ON duly_task (tenant) WHERE tenant IS NOT NULL;

INSERT INTO duly_tenant (name)
    SELECT DISTINCT tenant FROM duly_task INDEXED BY duly_task_tenant WHERE tenant IS NOT NULL;

-- Unique keys. One that is held until an instant outlives its task: then the row says whose it was, and
-- how that ended.
ALTER TABLE duly_unique ADD COLUMN until INTEGER;
ALTER TABLE duly_unique ADD COLUMN id BLOB;
ALTER TABLE duly_unique ADD COLUMN state INTEGER;

CREATE INDEX duly_unique_until ON duly_unique (until) WHERE until IS NOT NULL;

-- How long a task holds its unique key, if not until it ends: this long from its submission, or, if NULL,
-- until its first attempt is claimed.
CREATE TABLE duly_hold (
    task   INTEGER PRIMARY KEY,
    period INTEGER
) STRICT;

-- Submissions that have replaced what a task was to do, numbered for each task: the newest.
CREATE TABLE duly_replaced (
    id   BLOB PRIMARY KEY,
    task INTEGER NOT NULL,
    n    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX duly_replaced_task ON duly_replaced (task, n);

-- Limits: what they bound, and what their rates have given out. What is in use is not stored: it is the
-- sum over the leased tasks.
CREATE TABLE duly_limit (
    id          INTEGER PRIMARY KEY,
    name        TEXT NOT NULL UNIQUE,
    concurrency INTEGER,
    permits     INTEGER,
    period      INTEGER,
    burst       INTEGER,
    given       TEXT NOT NULL DEFAULT ''
) STRICT;

-- What is attached to a queue, a kind or a tenant, with the weight of each task there.
CREATE TABLE duly_attachment (
    what    TEXT NOT NULL,
    subject TEXT NOT NULL,
    name    TEXT NOT NULL,
    weight  INTEGER NOT NULL,
    PRIMARY KEY (what, subject, name)
) STRICT, WITHOUT ROWID;

-- The limits that a task names, as a lane has them: a line `weight name` each.
ALTER TABLE duly_task ADD COLUMN limits TEXT;

-- The order of a queue: 0 strict, 1 aging by a step, 2 by deadline with a slack. `rekeyed` is the sequence
-- up to which tasks stand where the order has them, NULL once all do.
ALTER TABLE duly_queue ADD COLUMN ordering INTEGER NOT NULL DEFAULT 0;
ALTER TABLE duly_queue ADD COLUMN span INTEGER NOT NULL DEFAULT 0;
ALTER TABLE duly_queue ADD COLUMN rekeyed INTEGER;
ALTER TABLE duly_queue ADD COLUMN fair INTEGER NOT NULL DEFAULT 0;

-- In fair queues, what each tenant has had (an empty name: tasks that are nobody's), and how far the class
-- had come then; how far it has come by now stands with the empty name.
CREATE TABLE duly_turn (
    queue  INTEGER NOT NULL,
    tenant TEXT NOT NULL,
    class  INTEGER NOT NULL,
    finish INTEGER NOT NULL,
    time   INTEGER NOT NULL,
    PRIMARY KEY (queue, tenant, class)
) STRICT, WITHOUT ROWID;

-- How many unfinished tasks a lane with conditions has, kept in step with every change, and since when it
-- has none: after a while it is removed. Of lanes without conditions, which are few, nobody keeps count.
ALTER TABLE duly_lane ADD COLUMN unfinished INTEGER NOT NULL DEFAULT 0;
ALTER TABLE duly_lane ADD COLUMN empty_since INTEGER;

CREATE INDEX duly_lane_empty ON duly_lane (empty_since) WHERE empty_since IS NOT NULL;
CREATE INDEX duly_lane_tenant ON duly_lane (tenant) WHERE tenant <> '';

-- Before, a task that is somebody's stood among those that are nobody's.
INSERT INTO duly_lane (line, suspect, tenant, unfinished)
    SELECT la.line, la.suspect, t.tenant, count(*)
    FROM duly_live AS s CROSS JOIN duly_task AS t ON t.sequence = s.sequence
        CROSS JOIN duly_lane AS la ON la.id = s.lane
    WHERE t.tenant IS NOT NULL GROUP BY la.line, la.suspect, t.tenant;

UPDATE duly_live SET lane = theirs.id
    FROM duly_task AS t, duly_lane AS la, duly_lane AS theirs
    WHERE t.sequence = duly_live.sequence AND t.tenant IS NOT NULL AND la.id = duly_live.lane
        AND theirs.line = la.line AND theirs.suspect = la.suspect AND theirs.tenant = t.tenant
        AND theirs.limits = '';

-- What each transaction has changed that other processes know by heart: a line for each thing.
CREATE TABLE duly_news (
    number INTEGER PRIMARY KEY,
    what   TEXT NOT NULL
) STRICT;
