-- The first administrator, who reads the server's own log. In an installation that is there already: whoever came first.

ALTER TABLE instance ADD COLUMN administrator TEXT REFERENCES account (id);

UPDATE instance SET administrator = (SELECT id FROM account ORDER BY created_at, id LIMIT 1);
