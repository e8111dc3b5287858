-- Which release of the program could not read it; another one tries it once more by itself.
ALTER TABLE quarantine ADD COLUMN reader TEXT NOT NULL DEFAULT '';
ALTER TABLE quarantine ADD COLUMN size INTEGER;                -- bytes of the message, if the server told
-- Without these an interaction or a source that goes has all rows looked through that could refer to it.
CREATE INDEX ledger_interaction ON ledger (interaction_id) WHERE interaction_id IS NOT NULL;
CREATE INDEX message_source ON message (source_id) WHERE source_id IS NOT NULL;
-- Another server may number its mails as the former one did, so a stream is of the server too that it was
-- read from. A constraint of a table goes with the table alone (sqlite.org/lang_altertable, section 7);
-- the views that name it stay as they are.
PRAGMA legacy_alter_table = ON;
CREATE TABLE stream_of_server (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	source_id INTEGER NOT NULL REFERENCES source,
	folder TEXT NOT NULL,
	uidvalidity INTEGER NOT NULL,           -- 0: the server gave none
	server TEXT NOT NULL DEFAULT '',        -- "host:port user"; '': of a calendar, or not known yet
	current INTEGER NOT NULL DEFAULT 1 CHECK (current IN (0, 1)),
	cursor INTEGER NOT NULL,                -- UIDs up to here are decided or outside the window
	anchor INTEGER NOT NULL,                -- UIDNEXT - 1 when first seen; backfill goes down from here
	low INTEGER NOT NULL,                   -- backfill has decided everything above; 0: done
	since INTEGER,                          -- backfill window begins here; NULL: all
	backfill TEXT NOT NULL DEFAULT 'running' CHECK (
		backfill = 'running' OR backfill = 'paused' OR backfill = 'done'),
	backfill_done INTEGER NOT NULL DEFAULT 0,
	backfill_total INTEGER NOT NULL DEFAULT 0,
	last_complete INTEGER,
	doubted INTEGER NOT NULL DEFAULT 0 CHECK (doubted >= 0),
	UNIQUE (source_id, folder, uidvalidity, server)
) STRICT;
INSERT INTO stream_of_server (id, source_id, folder, uidvalidity, current, cursor, anchor, low, since,
	backfill, backfill_done, backfill_total, last_complete, doubted)
	SELECT id, source_id, folder, uidvalidity, current, cursor, anchor, low, since, backfill,
	backfill_done, backfill_total, last_complete, doubted FROM stream;
-- The number of a stream that was erased is not given again.
DELETE FROM sqlite_sequence WHERE name = 'stream_of_server';
INSERT INTO sqlite_sequence (name, seq)
	SELECT 'stream_of_server', seq FROM sqlite_sequence WHERE name = 'stream';
DROP TABLE stream;
ALTER TABLE stream_of_server RENAME TO stream;
PRAGMA legacy_alter_table = OFF;
