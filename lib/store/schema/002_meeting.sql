-- Calendars: what a feed had at the last look, and the evidence of each occurrence of a meeting.

-- The feed behind a stream of a calendar.
CREATE TABLE feed (
	stream_id INTEGER PRIMARY KEY REFERENCES stream,
	reading TEXT NOT NULL,                  -- settings its events were read by; others: all are read again
	etag TEXT,
	modified TEXT,                          -- Last-Modified, as the server wrote it
	digest BLOB,                            -- SHA-256 of its bytes; NULL: the whole is wanted
	items INTEGER NOT NULL DEFAULT 0,       -- present at the last complete look
	looks INTEGER NOT NULL DEFAULT 0        -- complete ones, with or without change
) STRICT;

-- All components of a feed that bear one UID.
CREATE TABLE feed_item (
	stream_id INTEGER NOT NULL REFERENCES stream,
	event_uid TEXT NOT NULL,
	item INTEGER NOT NULL,                  -- its number in the feed
	digest BLOB,                            -- as recorded; NULL: not wholly yet
	until INTEGER,                          -- there is more of it after this; NULL: all is recorded
	absent INTEGER NOT NULL DEFAULT 0,      -- the first complete look without it; -1: believed gone
	bad_uid INTEGER,                        -- of the ledger row that says why it cannot be read
	bad_version TEXT,                       -- of the program that could not
	PRIMARY KEY (stream_id, event_uid)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX feed_item_number ON feed_item (stream_id, item);
CREATE INDEX feed_item_bad ON feed_item (stream_id, bad_uid) WHERE bad_uid IS NOT NULL;
CREATE INDEX feed_item_absent ON feed_item (stream_id, absent) WHERE absent > 0;

-- Which occurrences a feed's item has; the ledger row of stream and uid is the decision.
CREATE TABLE occurrence (
	stream_id INTEGER NOT NULL REFERENCES stream,
	item INTEGER NOT NULL,
	recurrence TEXT NOT NULL,               -- '' for an event that does not recur
	uid INTEGER NOT NULL,                   -- in the ledger
	start_at INTEGER NOT NULL,
	gone INTEGER NOT NULL DEFAULT 0 CHECK (gone IN (0, 1)), -- the feed has it no more
	PRIMARY KEY (stream_id, item, recurrence),
	UNIQUE (stream_id, uid)
) STRICT, WITHOUT ROWID;

-- Evidence of one occurrence, beside its row in message: its newest version in all feeds.
CREATE TABLE meeting (
	message_id INTEGER PRIMARY KEY REFERENCES message ON DELETE CASCADE,
	event_uid TEXT NOT NULL,
	recurrence TEXT NOT NULL,               -- as in occurrence
	end_at INTEGER NOT NULL,
	all_day INTEGER NOT NULL DEFAULT 0 CHECK (all_day IN (0, 1)),
	location TEXT,
	status TEXT NOT NULL CHECK (
		status = 'confirmed' OR status = 'tentative' OR status = 'cancelled'),
	sequence INTEGER NOT NULL DEFAULT 0,
	stamp INTEGER NOT NULL DEFAULT 0,       -- DTSTAMP
	override INTEGER NOT NULL DEFAULT 0 CHECK (override IN (0, 1)), -- of this occurrence alone
	stream_id INTEGER,                      -- the feed it is from; NULL: that has it no more
	content INTEGER NOT NULL,               -- hash of what was read of it
	zone TEXT,
	zone_known INTEGER NOT NULL DEFAULT 1 CHECK (zone_known IN (0, 1)),
	remark TEXT,                            -- what was wrong with it and how it was read
	UNIQUE (event_uid, recurrence)
) STRICT;

ALTER TABLE party ADD COLUMN response TEXT; -- of an attendee: needs-action, accepted, …

-- A meeting that was moved.
CREATE TABLE interaction_move (
	interaction_id INTEGER NOT NULL REFERENCES interaction ON DELETE CASCADE,
	at INTEGER NOT NULL,                    -- when it was noticed
	from_at INTEGER NOT NULL,
	from_offset INTEGER NOT NULL,
	to_at INTEGER NOT NULL,
	to_offset INTEGER NOT NULL,
	PRIMARY KEY (interaction_id, at, from_at)
) STRICT, WITHOUT ROWID;

-- Meetings that will be held when they end.
CREATE INDEX interaction_planned ON interaction (coalesce(end_at, at))
	WHERE status = 'planned' AND kind = 'meeting';

CREATE VIEW v_meetings AS
	SELECT i.id, i.status, datetime(i.at, 'unixepoch') AS at, datetime(i.end_at, 'unixepoch') AS end,
		i.all_day, i.subject, i.location, i.event_uid, i.recurrence_id,
		(SELECT group_concat(c.no, ' ') FROM interaction_contact x JOIN contact c ON c.id = x.contact_id
			WHERE x.interaction_id = i.id) AS contacts
	FROM interaction i WHERE i.kind = 'meeting';
