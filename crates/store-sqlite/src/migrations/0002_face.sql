-- How often each kind of event has ever happened in each queue, whatever is pruned: written together
-- with the events, as what was added. Expands only: versions that do not know these rows leave them be.
CREATE TABLE duly_total (
    queue INTEGER NOT NULL,
    kind  INTEGER NOT NULL,
    n     INTEGER NOT NULL,
    PRIMARY KEY (queue, kind)
) STRICT, WITHOUT ROWID;

-- Of what happened before, what is still told.
INSERT INTO duly_total (queue, kind, n)
    SELECT t.queue, e.kind, count(*)
    FROM duly_event AS e CROSS JOIN duly_task AS t ON t.sequence = e.task
    GROUP BY t.queue, e.kind;

-- The newest event that is counted. A version that does not count may write beside one that does; what
-- it wrote lies above this, and is counted later.
INSERT INTO duly_counter (name, value)
    SELECT 'counted', value FROM duly_counter WHERE name = 'event';
