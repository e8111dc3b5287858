-- People seen in mail and meetings who are no contacts, and what speaks for or against a sender.

CREATE TABLE candidate (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	version INTEGER NOT NULL DEFAULT 1,
	address TEXT NOT NULL UNIQUE,           -- canonical
	round INTEGER NOT NULL DEFAULT 0,       -- the count that the figures are of
	received INTEGER NOT NULL DEFAULT 0,    -- mail from them
	sent INTEGER NOT NULL DEFAULT 0,        -- mail of ours to them
	copied INTEGER NOT NULL DEFAULT 0,      -- mail of others to them and us
	meetings INTEGER NOT NULL DEFAULT 0,
	first_at INTEGER,
	last_at INTEGER,
	name TEXT,                              -- the best display name seen
	name_own INTEGER NOT NULL DEFAULT 0 CHECK (name_own IN (0, 1)), -- they wrote it themselves
	name_at INTEGER,
	list INTEGER NOT NULL DEFAULT 0 CHECK (list IN (0, 1)), -- the address of a mailing list
	known INTEGER NOT NULL DEFAULT 0 CHECK (known IN (0, 1)), -- a contact or a salesperson has it
	ignored INTEGER NOT NULL DEFAULT 0 CHECK (ignored IN (0, 1)),
	told INTEGER NOT NULL DEFAULT 0 CHECK (told IN (0, 1)), -- watchers know of them
	recency INTEGER NOT NULL DEFAULT 1 CHECK (recency BETWEEN 1 AND 4),
	ages_at INTEGER,                        -- when recency goes down; NULL: it is 1
	points INTEGER AS (2 * min(received, 100) + 4 * min(sent, 100) + min(copied, 100)
		+ 10 * min(meetings, 100) + 20 * (received > 0 AND sent > 0)) STORED,
	weight INTEGER AS (points * recency) STORED,
	-- what a list shows: 1 those that may be accepted, 2 those that are ignored, 0 neither
	shown INTEGER AS (CASE WHEN known THEN 0 WHEN ignored THEN 2 WHEN points > 0 AND NOT list THEN 1
		ELSE 0 END) STORED
) STRICT;
CREATE INDEX candidate_weight ON candidate (shown, weight, id);
CREATE INDEX candidate_ages ON candidate (ages_at) WHERE ages_at IS NOT NULL;
CREATE INDEX candidate_news ON candidate (id) WHERE told = 0 AND shown = 1 AND recency = 4
	AND weight >= 24;

-- Messages up to counted are in the figures of this round; ours is a digest of the settings that say who
-- we are, and another one begins another round. Rows of rounds before swept are gone.
CREATE TABLE candidate_state (
	id INTEGER PRIMARY KEY CHECK (id = 1),
	counted INTEGER NOT NULL,
	round INTEGER NOT NULL,
	swept INTEGER NOT NULL,
	ours INTEGER NOT NULL
) STRICT;
INSERT INTO candidate_state (id, counted, round, swept, ours) VALUES (1, 0, 1, 1, 0);

-- Messages that were decided or read anew, and addresses that went with a message: counted again.
CREATE TABLE candidate_message (
	message_id INTEGER PRIMARY KEY
) STRICT;
CREATE TABLE candidate_again (
	address TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- Addresses that became a contact's while mail was captured: the past is matched by them soon.
CREATE TABLE candidate_past (
	address TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- What becomes of messages and their parties after they were counted; new ones come by themselves.
CREATE TRIGGER candidate_decided AFTER UPDATE OF decision ON ledger
	WHEN new.message_id IS NOT NULL AND
		(old.decision = 'captured' OR old.decision = 'unmatched') <>
		(new.decision = 'captured' OR new.decision = 'unmatched')
BEGIN
	INSERT OR IGNORE INTO candidate_message (message_id) VALUES (new.message_id);
END;
CREATE TRIGGER candidate_read AFTER UPDATE OF party_total, direction ON message BEGIN
	INSERT OR IGNORE INTO candidate_message (message_id) VALUES (new.id);
END;
CREATE TRIGGER candidate_met AFTER UPDATE OF status ON meeting WHEN old.status <> new.status BEGIN
	INSERT OR IGNORE INTO candidate_message (message_id) VALUES (new.message_id);
END;
CREATE TRIGGER candidate_party_gone AFTER DELETE ON party WHEN old.address_id IS NOT NULL BEGIN
	INSERT OR IGNORE INTO candidate_again (address)
		SELECT address FROM address WHERE id = old.address_id;
END;
CREATE TRIGGER candidate_party_changed AFTER UPDATE OF address_id ON party BEGIN
	INSERT OR IGNORE INTO candidate_again (address)
		SELECT address FROM address WHERE id = old.address_id OR id = new.address_id;
END;

-- Who has an address now.
CREATE TRIGGER candidate_email_added AFTER INSERT ON contact_email BEGIN
	UPDATE candidate SET known = 1 WHERE address = new.address AND known = 0
		AND new.state = 'active';
END;
CREATE TRIGGER candidate_email_changed AFTER UPDATE OF address, state ON contact_email BEGIN
	UPDATE candidate SET known =
		EXISTS (SELECT 1 FROM contact_email e WHERE e.address = candidate.address
			AND e.state = 'active')
		OR EXISTS (SELECT 1 FROM salesperson_email s WHERE s.address = candidate.address)
		WHERE address = old.address OR address = new.address;
END;
CREATE TRIGGER candidate_email_gone AFTER DELETE ON contact_email BEGIN
	UPDATE candidate SET known =
		EXISTS (SELECT 1 FROM contact_email e WHERE e.address = candidate.address
			AND e.state = 'active')
		OR EXISTS (SELECT 1 FROM salesperson_email s WHERE s.address = candidate.address)
		WHERE address = old.address;
END;
CREATE TRIGGER candidate_colleague_added AFTER INSERT ON salesperson_email BEGIN
	UPDATE candidate SET known = 1 WHERE address = new.address AND known = 0;
END;
CREATE TRIGGER candidate_colleague_gone AFTER DELETE ON salesperson_email BEGIN
	UPDATE candidate SET known =
		EXISTS (SELECT 1 FROM contact_email e WHERE e.address = candidate.address
			AND e.state = 'active')
		OR EXISTS (SELECT 1 FROM salesperson_email s WHERE s.address = candidate.address)
		WHERE address = old.address;
END;

-- What the receiving server said of the sender (RFC 8601), and the words it said it in. NULL: the mail
-- is ours, or of a time before this was noted.
ALTER TABLE message ADD COLUMN authentication TEXT CHECK (authentication = 'verified'
	OR authentication = 'unverified' OR authentication = 'failed');
ALTER TABLE message ADD COLUMN authentication_reason TEXT;

CREATE VIEW v_candidates AS
	SELECT id, address, name, weight, points, received, sent, copied, meetings,
		datetime(first_at, 'unixepoch') AS first, datetime(last_at, 'unixepoch') AS last,
		ignored
	FROM candidate WHERE shown <> 0;
