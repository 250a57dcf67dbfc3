-- Who answers for what a schedule draws in: its editor for the revision that was the newest when it was edited, the
-- author of a later one for that. What a rotation wrote has a new state in it, and is otherwise as its author left it.

ALTER TABLE schedule ADD COLUMN seen_revision bigint NOT NULL DEFAULT 0;
ALTER TABLE revision ADD COLUMN rotated bigint NOT NULL DEFAULT 0 CHECK (rotated IN (0, 1));

UPDATE revision SET rotated = 1 WHERE EXISTS
    (SELECT 1 FROM rotation r WHERE r.environment_id = revision.environment_id AND r.revision_after = revision.number);
