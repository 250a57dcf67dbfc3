-- A revision that was retracted stays in the history, with the revision that takes its place. Nobody
-- reads or opens it any more.

ALTER TABLE revision ADD COLUMN retracted_at INTEGER;
ALTER TABLE revision ADD COLUMN retracted_by TEXT REFERENCES account (id);
ALTER TABLE revision ADD COLUMN replacement INTEGER;
ALTER TABLE revision ADD COLUMN retraction_reason TEXT;
