-- The logs get their trees: hashes in tiles, leaves in bundles, checkpoints. A step in the program
-- follows in the same transaction and builds the trees of the entries that are there.

-- What appending must continue: the roots of the perfect subtrees of the log's tree, the largest
-- first. A log that is not what it should be is frozen, with the reason. A log that continues
-- another one, whose end was lost, names it.
ALTER TABLE log ADD COLUMN frontier bytea NOT NULL DEFAULT ''::bytea;
ALTER TABLE log ADD COLUMN frozen text;
ALTER TABLE log ADD COLUMN predecessor bigint REFERENCES log (id);

CREATE UNIQUE INDEX log_predecessor ON log (predecessor);

-- Where an event stands. Entries move into bundles, so this cannot be a column beside the leaf; and
-- that it goes there keeps a program that knows no trees from appending what would be in none.
CREATE TABLE log_event (
    log_id   bigint NOT NULL,
    event_id bytea NOT NULL,
    seq      bigint NOT NULL CHECK (seq >= 0),
    PRIMARY KEY (log_id, event_id)
);

INSERT INTO log_event (log_id, event_id, seq) SELECT log_id, event_id, seq FROM log_entry ORDER BY log_id, event_id;
DROP INDEX log_entry_event;
ALTER TABLE log_entry DROP COLUMN event_id;

-- Full tiles: 256 hashes each, and the root over them, which is a hash of the level above. Those
-- that are not full are derived. Nothing updates or deletes a row.
CREATE TABLE log_tile (
    log_id bigint NOT NULL,
    level  bigint NOT NULL CHECK (level BETWEEN 0 AND 7),
    number bigint NOT NULL CHECK (number >= 0),
    root   bytea NOT NULL,
    hashes bytea NOT NULL,
    PRIMARY KEY (log_id, level, number)
);

-- The leaves under a full tile, compressed (gzip). What is bundled is no row of log_entry any more.
CREATE TABLE log_bundle (
    log_id bigint NOT NULL,
    number bigint NOT NULL CHECK (number >= 0),
    data   bytea NOT NULL,
    PRIMARY KEY (log_id, number)
);

-- One a size, for ever.
CREATE TABLE log_checkpoint (
    log_id    bigint NOT NULL,
    size      bigint NOT NULL CHECK (size >= 0),
    root      bytea NOT NULL,
    note      text NOT NULL,
    signed_at bigint NOT NULL,
    PRIMARY KEY (log_id, size)
);

-- The lists that entries of the server's log commit to: sizes and roots of all logs, compressed (gzip).
CREATE TABLE log_anchor (
    number     bigint NOT NULL PRIMARY KEY CHECK (number >= 0),
    event_id   bytea NOT NULL UNIQUE,
    root       bytea NOT NULL,
    list       bytea NOT NULL,
    created_at bigint NOT NULL
);

-- What was announced and has not ended yet: entries with the outcome `intended` that no other one names as
-- its cause. The process that announced them says, now and then, that it is still there; of one that is
-- gone, another entry says that nobody knows how it ended.
CREATE TABLE log_intent (
    log_id      bigint NOT NULL,
    event_id    bytea NOT NULL,
    node        text NOT NULL,
    alive_until bigint NOT NULL,
    PRIMARY KEY (log_id, event_id)
);

-- What erasure asks for.
CREATE INDEX log_opening_subject ON log_opening (subject, log_id) WHERE subject IS NOT NULL;

-- Whether anybody may read the hashes and checkpoints of the organisation's log.
ALTER TABLE organization ADD COLUMN log_public bigint NOT NULL DEFAULT 0 CHECK (log_public IN (0, 1));
