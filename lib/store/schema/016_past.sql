-- How far the past was matched by an address, or by a domain ("@x.example"): up to this message.
ALTER TABLE candidate_past ADD COLUMN after_message INTEGER NOT NULL DEFAULT 0;

-- What verify counts while the server lists; the rows themselves are far apart.
CREATE INDEX ledger_decision ON ledger (stream_id, decision, recognised);
