-- A revision that was retracted stays in the history, with the revision that takes its place. Nobody
-- reads or opens it any more.

ALTER TABLE revision ADD COLUMN retracted_at bigint;
ALTER TABLE revision ADD COLUMN retracted_by text REFERENCES account (id);
ALTER TABLE revision ADD COLUMN replacement bigint;
ALTER TABLE revision ADD COLUMN retraction_reason text;
