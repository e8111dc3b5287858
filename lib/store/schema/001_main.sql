-- A check of three words or more is spelled with OR: "IN (…)" of more than two makes SQLite build a
-- table of them at each insert, which doubles what it costs.
-- Setup, numbers, the journal.
CREATE TABLE setup (
	key TEXT PRIMARY KEY,
	value TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE series (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	version INTEGER NOT NULL DEFAULT 1,
	code TEXT NOT NULL UNIQUE COLLATE NOCASE,
	description TEXT,
	is_default INTEGER NOT NULL DEFAULT 1 CHECK (is_default IN (0, 1)),
	manual INTEGER NOT NULL DEFAULT 1 CHECK (manual IN (0, 1)),
	date_order INTEGER NOT NULL DEFAULT 0 CHECK (date_order IN (0, 1)),
	CHECK (is_default OR manual)
) STRICT;

CREATE TABLE series_line (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	series_id INTEGER NOT NULL REFERENCES series ON DELETE CASCADE,
	valid_from INTEGER NOT NULL,            -- UTC seconds of the day it takes over
	start_no TEXT NOT NULL,
	end_no TEXT,
	warn_no TEXT,
	increment INTEGER NOT NULL DEFAULT 1 CHECK (increment >= 1),
	last_no TEXT,
	last_date INTEGER,
	open INTEGER NOT NULL DEFAULT 1 CHECK (open IN (0, 1)),
	UNIQUE (series_id, valid_from)
) STRICT;

-- A new database is usable at once; -2208988800 is the first second of 1900: from ever.
INSERT INTO series (code, description) VALUES
	('CONTACT', 'contacts'), ('SEGMENT', 'segments'), ('CAMPAIGN', 'campaigns'),
	('OPPORTUNITY', 'opportunities'), ('TASK', 'tasks');
INSERT INTO series_line (series_id, valid_from, start_no)
	SELECT id, -2208988800, CASE code WHEN 'CONTACT' THEN 'C00001' WHEN 'SEGMENT' THEN 'S00001'
		WHEN 'CAMPAIGN' THEN 'K00001' WHEN 'OPPORTUNITY' THEN 'O00001' ELSE 'T00001' END
	FROM series;

CREATE TABLE journal (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	at INTEGER NOT NULL,
	user TEXT NOT NULL,
	method TEXT NOT NULL,
	noun TEXT NOT NULL,
	record INTEGER NOT NULL,
	before TEXT,
	after TEXT,
	batch INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX journal_record ON journal (noun, record, id);

-- Answers to idempotency keys, kept 24 hours.
CREATE TABLE idempotency (
	user TEXT NOT NULL,
	key TEXT NOT NULL,
	at INTEGER NOT NULL,
	request BLOB NOT NULL,                  -- digest of method and parameters
	result TEXT NOT NULL,
	PRIMARY KEY (user, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_at ON idempotency (at);

-- Contacts: persons and companies that mail and meetings are matched to.
CREATE TABLE contact (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	version INTEGER NOT NULL DEFAULT 1,
	no TEXT NOT NULL UNIQUE COLLATE NOCASE,
	type TEXT NOT NULL CHECK (type IN ('person', 'company')),
	name TEXT NOT NULL,
	name_fold TEXT NOT NULL,                -- case-folded, for finding
	first_name TEXT,
	middle_name TEXT,
	surname TEXT,
	company_id INTEGER REFERENCES contact,  -- of a person
	job_title TEXT,
	salesperson TEXT,
	territory TEXT,
	language TEXT,
	country TEXT,
	street TEXT,
	city TEXT,
	post_code TEXT,
	phone TEXT,
	mobile TEXT,
	home_page TEXT,
	correspondence TEXT,
	lead_status TEXT,
	lead_source TEXT,
	privacy_blocked INTEGER NOT NULL DEFAULT 0 CHECK (privacy_blocked IN (0, 1)),
	minor INTEGER NOT NULL DEFAULT 0 CHECK (minor IN (0, 1)),
	parental_consent INTEGER NOT NULL DEFAULT 0 CHECK (parental_consent IN (0, 1)),
	excluded INTEGER NOT NULL DEFAULT 0 CHECK (excluded IN (0, 1)),
	opted_out INTEGER NOT NULL DEFAULT 0 CHECK (opted_out IN (0, 1)),
	created INTEGER NOT NULL,
	changed INTEGER NOT NULL,
	-- totals, changed in the transaction that changes what they count; compared by system check
	interactions INTEGER NOT NULL DEFAULT 0,     -- neither cancelled nor drafts
	last_interaction INTEGER,                    -- of these, attempts that failed left out
	last_interaction_offset INTEGER NOT NULL DEFAULT 0,
	last_attempt INTEGER,                        -- of these, initiated by us
	last_attempt_offset INTEGER NOT NULL DEFAULT 0,
	cost INTEGER NOT NULL DEFAULT 0,             -- minor units
	duration_min INTEGER NOT NULL DEFAULT 0,
	CHECK (company_id IS NULL OR company_id <> id)
) STRICT;
CREATE INDEX contact_name ON contact (name_fold);
CREATE INDEX contact_company ON contact (company_id) WHERE company_id IS NOT NULL;

CREATE TABLE contact_email (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	contact_id INTEGER NOT NULL REFERENCES contact ON DELETE CASCADE,
	email TEXT NOT NULL,                    -- as typed
	address TEXT NOT NULL,                  -- canonical
	kind TEXT,
	is_primary INTEGER NOT NULL DEFAULT 0 CHECK (is_primary IN (0, 1)),
	valid_from INTEGER,                     -- NULL: always was
	valid_until INTEGER,                    -- NULL: still is
	shared INTEGER NOT NULL DEFAULT 0 CHECK (shared IN (0, 1)),
	learned_from TEXT,
	state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'removed')),
	UNIQUE (contact_id, address, valid_from)
) STRICT;
CREATE INDEX contact_email_address ON contact_email (address);

CREATE TABLE contact_domain (
	contact_id INTEGER NOT NULL REFERENCES contact ON DELETE CASCADE,
	domain TEXT NOT NULL,                   -- canonical
	PRIMARY KEY (contact_id, domain)
) STRICT, WITHOUT ROWID;
CREATE INDEX contact_domain_domain ON contact_domain (domain);

CREATE TABLE contact_note (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	contact_id INTEGER NOT NULL REFERENCES contact ON DELETE CASCADE,
	at INTEGER NOT NULL,
	user TEXT NOT NULL,
	note TEXT NOT NULL
) STRICT;
CREATE INDEX contact_note_contact ON contact_note (contact_id);

-- Sources and what has been decided of them.
CREATE TABLE source (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	version INTEGER NOT NULL DEFAULT 1,
	name TEXT NOT NULL UNIQUE,
	kind TEXT NOT NULL CHECK (
		kind = 'imap' OR kind = 'maildir' OR kind = 'ical'),
	paused INTEGER NOT NULL DEFAULT 0 CHECK (paused IN (0, 1)),
	retired INTEGER NOT NULL DEFAULT 0 CHECK (retired IN (0, 1)),
	last_complete INTEGER,
	error TEXT
) STRICT;

-- A folder of a source under one UIDVALIDITY. Every UID in the window in (low, cursor] is decided.
CREATE TABLE stream (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	source_id INTEGER NOT NULL REFERENCES source,
	folder TEXT NOT NULL,
	uidvalidity INTEGER NOT NULL,           -- 0: the server gave none
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
	UNIQUE (source_id, folder, uidvalidity)
) STRICT;

-- Addresses seen in mail, canonical, once each.
CREATE TABLE address (
	id INTEGER PRIMARY KEY,
	address TEXT NOT NULL UNIQUE
) STRICT;

-- Evidence: what was read of one message, however many copies of it there are.
CREATE TABLE message (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	identity BLOB NOT NULL UNIQUE,          -- 16 bytes, see event.h
	message_id TEXT,                        -- without <>
	message_id_hash INTEGER,                -- hash64 of it
	in_reply_to TEXT,
	subject TEXT,
	at INTEGER NOT NULL,
	offset_min INTEGER NOT NULL,
	date INTEGER,
	internal_date INTEGER,
	size INTEGER NOT NULL DEFAULT 0,
	flags INTEGER NOT NULL DEFAULT 0,       -- enum event_flag
	class TEXT NOT NULL DEFAULT 'personal' CHECK (
		class = 'personal' OR class = 'bulk' OR class = 'automatic'),
	class_reason TEXT,
	list_id TEXT,
	sensitivity TEXT,
	direction TEXT NOT NULL CHECK (
		direction = 'inbound' OR direction = 'outbound' OR direction = 'none'),
	thread INTEGER NOT NULL DEFAULT 0,      -- thread number; 0 before it is known
	parts TEXT,                             -- JSON array of attachments, NULL: none
	text_part TEXT,                         -- "part encoding charset subtype size", what to ask for text
	party_total INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX message_by_id ON message (message_id_hash) WHERE message_id_hash IS NOT NULL;

CREATE TABLE party (
	message_id INTEGER NOT NULL REFERENCES message ON DELETE CASCADE,
	place INTEGER NOT NULL,
	role TEXT NOT NULL,                     -- from, sender, reply-to, to, cc, bcc
	address_id INTEGER REFERENCES address,
	name TEXT,
	email TEXT,                             -- as written, NULL when it is the canonical address
	PRIMARY KEY (message_id, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX party_address ON party (address_id, message_id);

-- Message-IDs that were referred to before the message itself was seen.
CREATE TABLE thread_ref (
	message_id_hash INTEGER PRIMARY KEY,
	thread INTEGER NOT NULL
) STRICT;

-- Threads that turned out to be another, older one.
CREATE TABLE thread_merge (
	thread INTEGER PRIMARY KEY,
	into_thread INTEGER NOT NULL CHECK (into_thread < thread)
) STRICT;

-- One row for each message of each stream: the decision.
CREATE TABLE ledger (
	id INTEGER PRIMARY KEY AUTOINCREMENT,   -- of the capture record
	version INTEGER NOT NULL DEFAULT 1,
	stream_id INTEGER NOT NULL REFERENCES stream,
	uid INTEGER NOT NULL CHECK (uid BETWEEN 1 AND 4294967295),
	at INTEGER NOT NULL,                    -- when it was decided
	decision TEXT NOT NULL CHECK (
		decision = 'captured' OR decision = 'unmatched' OR decision = 'internal' OR
		decision = 'ignored' OR decision = 'bulk' OR decision = 'automatic' OR
		decision = 'private' OR decision = 'duplicate' OR decision = 'quarantined' OR
		decision = 'forgotten'),
	reason TEXT,
	rule TEXT,
	message_id INTEGER REFERENCES message,
	interaction_id INTEGER REFERENCES interaction,
	recognised INTEGER NOT NULL DEFAULT 0 CHECK (recognised IN (0, 1)),
	UNIQUE (stream_id, uid)
) STRICT;
CREATE INDEX ledger_message ON ledger (message_id) WHERE message_id IS NOT NULL;

-- UIDs below the anchor that were looked at and lie before the window.
CREATE TABLE outside (
	stream_id INTEGER NOT NULL REFERENCES stream,
	uid INTEGER NOT NULL,
	PRIMARY KEY (stream_id, uid)
) STRICT, WITHOUT ROWID;

-- Why something is quarantined, and what was kept of it.
CREATE TABLE quarantine (
	stream_id INTEGER NOT NULL,
	uid INTEGER NOT NULL,
	at INTEGER NOT NULL,
	tries INTEGER NOT NULL DEFAULT 1,
	error TEXT NOT NULL,
	header BLOB,                            -- at most 64 KiB
	PRIMARY KEY (stream_id, uid),
	FOREIGN KEY (stream_id, uid) REFERENCES ledger (stream_id, uid) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Text still to be fetched; deleted in the transaction that stores it.
CREATE TABLE want (
	stream_id INTEGER NOT NULL REFERENCES stream,
	uid INTEGER NOT NULL,
	part TEXT NOT NULL,
	bytes INTEGER NOT NULL,
	interaction_id INTEGER NOT NULL,
	tries INTEGER NOT NULL DEFAULT 0,
	PRIMARY KEY (stream_id, uid, part)
) STRICT, WITHOUT ROWID;

-- Interactions: what happened between contacts and us.
CREATE TABLE interaction (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	version INTEGER NOT NULL DEFAULT 1,
	kind TEXT NOT NULL,
	status TEXT NOT NULL CHECK (
		status = 'planned' OR status = 'held' OR status = 'recorded' OR
		status = 'cancelled' OR status = 'draft'),
	direction TEXT NOT NULL CHECK (
		direction = 'inbound' OR direction = 'outbound' OR direction = 'none'),
	initiated_by TEXT NOT NULL CHECK (
		initiated_by = 'us' OR initiated_by = 'them' OR initiated_by = 'none'),
	at INTEGER NOT NULL,
	offset_min INTEGER NOT NULL,
	end_at INTEGER,
	all_day INTEGER NOT NULL DEFAULT 0 CHECK (all_day IN (0, 1)),
	location TEXT,
	subject TEXT,
	snippet TEXT,
	note TEXT,
	message_id INTEGER UNIQUE REFERENCES message,
	thread INTEGER NOT NULL DEFAULT 0,
	event_uid TEXT,
	recurrence_id TEXT,
	template TEXT,
	interaction_group TEXT,
	salesperson TEXT,
	campaign TEXT,
	campaign_target INTEGER NOT NULL DEFAULT 0 CHECK (campaign_target IN (0, 1)),
	campaign_response INTEGER NOT NULL DEFAULT 0 CHECK (campaign_response IN (0, 1)),
	segment TEXT,
	opportunity TEXT,
	task TEXT,
	evaluation TEXT CHECK (
		evaluation = 'very-positive' OR evaluation = 'positive' OR
		evaluation = 'neutral' OR evaluation = 'negative' OR evaluation = 'very-negative'),
	attempt_failed INTEGER NOT NULL DEFAULT 0 CHECK (attempt_failed IN (0, 1)),
	cost INTEGER NOT NULL DEFAULT 0,
	duration_min INTEGER NOT NULL DEFAULT 0,
	created INTEGER NOT NULL,
	changed INTEGER NOT NULL,
	parties TEXT                            -- as in the search index, whose entries are deleted by value
) STRICT;
CREATE INDEX interaction_at ON interaction (at, id);
CREATE INDEX interaction_thread ON interaction (thread) WHERE thread <> 0;

CREATE TABLE interaction_contact (
	contact_id INTEGER NOT NULL REFERENCES contact,
	at INTEGER NOT NULL,                    -- of the interaction, so that a timeline is one index walk
	interaction_id INTEGER NOT NULL REFERENCES interaction ON DELETE CASCADE,
	role TEXT NOT NULL,
	company_id INTEGER REFERENCES contact,  -- the person's company at the time
	email TEXT,                             -- canonical address it was matched by
	via TEXT NOT NULL CHECK (
		via = 'address' OR via = 'domain' OR via = 'alias' OR via = 'manual'),
	ambiguous INTEGER NOT NULL DEFAULT 0 CHECK (ambiguous IN (0, 1)),
	response TEXT,
	PRIMARY KEY (contact_id, at, interaction_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX interaction_contact_interaction ON interaction_contact (interaction_id);
-- A company's timeline is its own walk and this one, merged.
CREATE INDEX interaction_contact_company ON interaction_contact (company_id, at, interaction_id)
	WHERE company_id IS NOT NULL;

-- Text of captured mail, beyond the snippet.
CREATE TABLE interaction_text (
	interaction_id INTEGER PRIMARY KEY REFERENCES interaction ON DELETE CASCADE,
	text TEXT NOT NULL,
	truncated INTEGER NOT NULL DEFAULT 0 CHECK (truncated IN (0, 1))
) STRICT;

-- What interaction.search looks through; rowid is the interaction's id.
CREATE VIRTUAL TABLE interaction_search USING fts5 (
	subject, body, parties,
	content = '', tokenize = "unicode61 remove_diacritics 2", prefix = '2 3', columnsize = 0
);
-- FTS5 writes what it holds at every statement that can fail half-way, so entries are made together,
-- right before a COMMIT: of interactions above indexed, and of those queued with what they were
-- indexed by.
CREATE TABLE search_state (
	id INTEGER PRIMARY KEY CHECK (id = 1),
	indexed INTEGER NOT NULL
) STRICT;
INSERT INTO search_state (id, indexed) VALUES (1, 0);
CREATE TABLE search_queue (
	interaction_id INTEGER PRIMARY KEY,
	subject TEXT,
	body TEXT,
	parties TEXT
) STRICT;

-- Events told to watchers, so that "from" can resume; the newest 100,000 are kept.
CREATE TABLE event (
	seq INTEGER PRIMARY KEY AUTOINCREMENT,
	at INTEGER NOT NULL,
	kind TEXT NOT NULL,
	record TEXT NOT NULL
) STRICT;

-- For people with sqlite3: kept stable, times as text.
CREATE VIEW v_contacts AS
	SELECT c.id, c.no, c.type, c.name, p.no AS company_no, p.name AS company_name, c.job_title,
		c.salesperson, c.city, c.country,
		(SELECT e.email FROM contact_email e WHERE e.contact_id = c.id AND e.state = 'active'
			ORDER BY e.is_primary DESC, e.id LIMIT 1) AS email,
		c.interactions, datetime(c.last_interaction, 'unixepoch') AS last_interaction
	FROM contact c LEFT JOIN contact p ON p.id = c.company_id;

CREATE VIEW v_interactions AS
	SELECT i.id, i.kind, i.status, i.direction, i.initiated_by,
		datetime(i.at, 'unixepoch') AS at, i.subject, i.snippet, m.message_id, i.thread,
		(SELECT group_concat(c.no, ' ') FROM interaction_contact x JOIN contact c ON c.id = x.contact_id
			WHERE x.interaction_id = i.id) AS contacts
	FROM interaction i LEFT JOIN message m ON m.id = i.message_id;

CREATE VIEW v_timeline AS
	SELECT c.no AS contact, c.name, datetime(i.at, 'unixepoch') AS at, i.id AS interaction, i.kind,
		i.status, i.direction, i.subject, x.role, x.email, x.via
	FROM interaction_contact x JOIN contact c ON c.id = x.contact_id
		JOIN interaction i ON i.id = x.interaction_id;

CREATE VIEW v_capture AS
	SELECT l.id, s.name AS source, t.folder, t.uidvalidity, l.uid, datetime(l.at, 'unixepoch') AS at,
		l.decision, l.reason, l.rule, l.interaction_id AS interaction, m.message_id, m.subject
	FROM ledger l JOIN stream t ON t.id = l.stream_id JOIN source s ON s.id = t.source_id
		LEFT JOIN message m ON m.id = l.message_id;

CREATE VIEW v_contact_last AS
	SELECT no, name, interactions, datetime(last_interaction, 'unixepoch') AS last_interaction,
		datetime(last_attempt, 'unixepoch') AS last_attempt
	FROM contact;
