-- Salespeople: who of us looks after whom, and which local user is who.
CREATE TABLE salesperson (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	version INTEGER NOT NULL DEFAULT 1,
	code TEXT NOT NULL UNIQUE COLLATE NOCASE
		CHECK (length(code) BETWEEN 1 AND 20 AND code <> 'SENDER' AND code <> 'ME'),
	name TEXT,
	job_title TEXT,
	phone TEXT,
	commission INTEGER CHECK (commission BETWEEN 0 AND 10000), -- hundredths of a percent
	user TEXT UNIQUE CHECK (user <> ''),    -- login name on this machine
	privacy_blocked INTEGER NOT NULL DEFAULT 0 CHECK (privacy_blocked IN (0, 1)),
	blocked INTEGER NOT NULL DEFAULT 0 CHECK (blocked IN (0, 1))
) STRICT;

CREATE TABLE salesperson_email (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	salesperson_id INTEGER NOT NULL REFERENCES salesperson ON DELETE CASCADE,
	email TEXT NOT NULL,                    -- as typed
	address TEXT NOT NULL,                  -- canonical
	valid_from INTEGER,                     -- NULL: always was
	valid_until INTEGER,                    -- NULL: still is
	UNIQUE (salesperson_id, address),
	CHECK (valid_from IS NULL OR valid_until IS NULL OR valid_from <= valid_until)
) STRICT;
CREATE INDEX salesperson_email_address ON salesperson_email (address);

-- Who sees what a source says, as it is configured; a section that goes leaves it as it was.
ALTER TABLE source ADD COLUMN visibility TEXT NOT NULL DEFAULT 'all' CHECK (
	visibility = 'all' OR visibility = 'owner');
ALTER TABLE source ADD COLUMN salesperson TEXT COLLATE NOCASE; -- a code, or sender
-- Whose reading of it is kept, its words, parts and text: who sees that source sees them, and a copy in
-- another one, which anybody can send, opens none of it. NULL: the source was erased.
ALTER TABLE message ADD COLUMN source_id INTEGER REFERENCES source;
UPDATE message SET source_id = (SELECT t.source_id FROM stream t WHERE t.id = coalesce(
	(SELECT g.stream_id FROM meeting g WHERE g.message_id = message.id),
	(SELECT l.stream_id FROM ledger l WHERE l.message_id = message.id
		ORDER BY l.decision <> 'captured', l.id LIMIT 1)));

CREATE VIEW v_salespeople AS
	SELECT p.id, p.code, p.name, p.job_title, p.phone, p.user, p.privacy_blocked, p.blocked,
		(SELECT group_concat(e.email, ' ') FROM salesperson_email e WHERE e.salesperson_id = p.id)
			AS emails
	FROM salesperson p;
