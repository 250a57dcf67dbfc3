-- The index that filters of the logs are answered from. All of it follows from entries and openings and can be
-- built anew; it is behind the entries by what fills no block yet.

-- How far it is: so many whole blocks of so many entries. `terms` is the last number that was given away, and
-- `changes` counts what took something out: an erasure, or beginning anew.
CREATE TABLE log_index (
    log_id  INTEGER NOT NULL PRIMARY KEY,
    width   INTEGER NOT NULL CHECK (width BETWEEN 64 AND 65536 AND width % 64 = 0),
    blocks  INTEGER NOT NULL DEFAULT 0 CHECK (blocks >= 0),
    terms   INTEGER NOT NULL DEFAULT 0 CHECK (terms >= 0),
    changes INTEGER NOT NULL DEFAULT 0 CHECK (changes >= 0)
) STRICT;

-- The dictionary. A value of a facet stands in leaves, or in openings; `statement` is an opening, by the first half
-- of its commitment, and has no text here. Values are found by digest, since texts may be long.
CREATE TABLE log_term (
    log_id INTEGER NOT NULL,
    facet  TEXT NOT NULL CHECK (facet IN
        ('actor', 'address', 'agent', 'behalf', 'credential', 'credential-kind', 'environment', 'event', 'login',
         'name', 'outcome', 'peer', 'reason', 'secret', 'statement', 'subject', 'target')),
    digest BLOB NOT NULL,
    term   INTEGER NOT NULL,
    value  TEXT NOT NULL,
    PRIMARY KEY (log_id, facet, digest)
) STRICT, WITHOUT ROWID;

-- Which openings say a value. Entries are listed by opening: many values stand in one, and go with it.
CREATE TABLE log_term_link (
    term      INTEGER NOT NULL,
    statement INTEGER NOT NULL,
    PRIMARY KEY (term, statement)
) STRICT, WITHOUT ROWID;

-- The entries of a block that have a value, or commit to an opening, compressed.
CREATE TABLE log_posting (
    term    INTEGER NOT NULL,
    block   INTEGER NOT NULL CHECK (block >= 0),
    entries BLOB NOT NULL,
    PRIMARY KEY (term, block)
) STRICT, WITHOUT ROWID;

-- The times of a block's entries, and three bytes of a digest of the request of each.
CREATE TABLE log_block (
    log_id   INTEGER NOT NULL,
    number   INTEGER NOT NULL CHECK (number >= 0),
    first_ts INTEGER NOT NULL,
    times    BLOB NOT NULL,
    requests BLOB NOT NULL,
    PRIMARY KEY (log_id, number)
) STRICT, WITHOUT ROWID;
