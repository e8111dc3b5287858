-- How long things are kept, and what a mailbox's own deletions do.

-- What keywords said of it when it came or was looked at: 1 one of skip-keyword, 2 none of only-keyword.
ALTER TABLE message ADD COLUMN held INTEGER NOT NULL DEFAULT 0 CHECK (held BETWEEN 0 AND 2);

-- So many captured messages left the folder at once that it is not believed; 0: none did.
ALTER TABLE stream ADD COLUMN doubted INTEGER NOT NULL DEFAULT 0 CHECK (doubted >= 0);

-- Messages of the ledger that a mailbox with on-delete has no more under this UID.
CREATE TABLE gone (
	stream_id INTEGER NOT NULL REFERENCES stream,
	uid INTEGER NOT NULL,
	at INTEGER NOT NULL,                    -- when that was noticed
	settled INTEGER NOT NULL DEFAULT 0 CHECK (settled IN (0, 1)), -- what on-delete says was done
	PRIMARY KEY (stream_id, uid)
) STRICT, WITHOUT ROWID;
CREATE INDEX gone_open ON gone (stream_id, at) WHERE settled = 0;
