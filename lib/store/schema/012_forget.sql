-- Persons who are forgotten: what an erasure leaves.

-- The receipts. One that is not done is gone on with at the next start.
CREATE TABLE erasure (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	at INTEGER NOT NULL,
	user TEXT NOT NULL,
	shared TEXT NOT NULL CHECK (shared = 'keep' OR shared = 'redact'),
	step INTEGER NOT NULL DEFAULT 0,        -- of capture/forget.c: those before it are done
	place INTEGER NOT NULL DEFAULT 0,       -- how far the step is
	done INTEGER,                           -- when; NULL: not yet
	contacts INTEGER NOT NULL DEFAULT 0,
	addresses INTEGER NOT NULL DEFAULT 0,
	interactions INTEGER NOT NULL DEFAULT 0,
	shared_interactions INTEGER NOT NULL DEFAULT 0,
	messages INTEGER NOT NULL DEFAULT 0,
	shared_messages INTEGER NOT NULL DEFAULT 0,
	journal INTEGER NOT NULL DEFAULT 0,
	files INTEGER NOT NULL DEFAULT 0,
	others INTEGER NOT NULL DEFAULT 0,      -- rows of all other tables
	backups TEXT                            -- JSON: copies that know the person still
) STRICT;
CREATE INDEX erasure_open ON erasure (id) WHERE done IS NULL;

-- Whom an erasure that is not done is about; nothing of it is left behind.
CREATE TABLE erasure_word (
	erasure_id INTEGER NOT NULL REFERENCES erasure ON DELETE CASCADE,
	kind TEXT NOT NULL CHECK (kind = 'contact' OR kind = 'no' OR kind = 'address' OR kind = 'text'
		OR kind = 'file' OR kind = 'mark'),
	word TEXT NOT NULL,
	PRIMARY KEY (erasure_id, kind, word)
) STRICT, WITHOUT ROWID;

-- Which list of the forgotten these rows were cleared by.
CREATE TABLE forgotten_state (
	id INTEGER PRIMARY KEY CHECK (id = 1),
	stamp TEXT NOT NULL
) STRICT;
INSERT INTO forgotten_state (id, stamp) VALUES (1, '');
