-- Rules: what is captured of whom, in whose order, and how much of it; and what they are judged by.

CREATE TABLE rule (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	version INTEGER NOT NULL DEFAULT 1,
	place INTEGER NOT NULL CHECK (place >= 1), -- from 1, without gaps
	action TEXT NOT NULL CHECK (
		action = 'ignore' OR action = 'keep' OR action = 'private' OR action = 'level' OR
		action = 'template'),
	condition TEXT NOT NULL CHECK (condition <> ''),
	value TEXT,                             -- of a level or a template
	link INTEGER NOT NULL DEFAULT 0 CHECK (link IN (0, 1)), -- about one party, not the whole mail
	hits INTEGER NOT NULL DEFAULT 0,        -- messages it decided, or set a value of
	last_hit INTEGER,
	created INTEGER NOT NULL,
	changed INTEGER NOT NULL,
	CHECK ((value IS NOT NULL) = (action = 'level' OR action = 'template')),
	CHECK (link = 0 OR action = 'ignore' OR action = 'keep')
) STRICT;
CREATE INDEX rule_place ON rule (place);

-- A number that is another one after each change of the rules, so that whoever compiled them knows.
CREATE TABLE rule_state (
	id INTEGER PRIMARY KEY CHECK (id = 1),
	stamp INTEGER NOT NULL
) STRICT;
INSERT INTO rule_state (id, stamp) VALUES (1, 0);

-- Headers that rules name, as each message had them; value NULL: it has none. No row: nobody looked.
CREATE TABLE message_header (
	message_id INTEGER NOT NULL REFERENCES message ON DELETE CASCADE,
	name TEXT NOT NULL,                     -- lower case
	place INTEGER NOT NULL,
	value TEXT,
	PRIMARY KEY (message_id, name, place)
) STRICT, WITHOUT ROWID;

-- How much of a message is kept: 0 all, 1 addresses, 2 what tells copies apart, 3 nothing.
ALTER TABLE message ADD COLUMN kept INTEGER NOT NULL DEFAULT 0 CHECK (kept BETWEEN 0 AND 3);
UPDATE message SET kept = 3 WHERE party_total > 0
	AND NOT EXISTS (SELECT 1 FROM party p WHERE p.message_id = message.id);

-- What it would be without rules, where that is another decision; and whether people decided.
ALTER TABLE ledger ADD COLUMN plain TEXT;
ALTER TABLE ledger ADD COLUMN by_hand INTEGER NOT NULL DEFAULT 0 CHECK (by_hand IN (0, 1));

-- The last capture reapply: one that did not come to its end is gone on with.
CREATE TABLE reapply (
	id INTEGER PRIMARY KEY CHECK (id = 1),
	filter TEXT NOT NULL,                   -- source, since and where as given, the rules, who is us
	last_row INTEGER NOT NULL,              -- of the ledger: those up to here are done
	batch INTEGER NOT NULL DEFAULT 0,       -- of the journal
	done INTEGER NOT NULL DEFAULT 0 CHECK (done IN (0, 1))
) STRICT;

CREATE VIEW v_rules AS
	SELECT id, place, action, condition, value, link, hits,
		datetime(last_hit, 'unixepoch') AS last_hit
	FROM rule ORDER BY place;
