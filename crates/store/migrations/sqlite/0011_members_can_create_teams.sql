-- Whether members create teams, or only administrators.
ALTER TABLE organization ADD COLUMN members_can_create_teams INTEGER NOT NULL DEFAULT 0 CHECK (members_can_create_teams IN (0, 1));
