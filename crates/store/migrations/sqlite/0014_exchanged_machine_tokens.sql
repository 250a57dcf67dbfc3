-- Tokens of organisations and teams that came of an identity: the issuer that vouched for it, and with which they end.
-- No reference: the row outlives the issuer.

ALTER TABLE machine_token ADD COLUMN issuer_id TEXT;

CREATE INDEX machine_token_issuer ON machine_token (issuer_id) WHERE issuer_id IS NOT NULL;
