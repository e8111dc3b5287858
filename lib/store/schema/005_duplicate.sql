-- Contacts that may be one, and those that were made one.

-- What a contact is compared by, derived from it (crm/duplicate.h).
CREATE TABLE duplicate_content (
	contact_id INTEGER PRIMARY KEY,
	content TEXT NOT NULL,
	keys TEXT NOT NULL,                     -- JSON array, as in duplicate_key
	checked INTEGER NOT NULL DEFAULT 0      -- the round it was last compared in
) STRICT;
CREATE INDEX duplicate_content_checked ON duplicate_content (checked, contact_id);

-- Who might be like whom: contacts that share a key are compared.
CREATE TABLE duplicate_key (
	key INTEGER NOT NULL,
	contact_id INTEGER NOT NULL,
	PRIMARY KEY (key, contact_id)
) STRICT, WITHOUT ROWID;

-- The rounds: another one begins when setup changes what contacts are compared by. Then those up to
-- "indexed" have been looked at anew, and may be compared when all have.
CREATE TABLE duplicate_round (
	id INTEGER PRIMARY KEY CHECK (id = 1),
	round INTEGER NOT NULL,
	strings TEXT NOT NULL,                  -- duplicate-strings and duplicate-hit of this round
	hit INTEGER NOT NULL,
	indexed INTEGER NOT NULL                -- id of a contact
) STRICT;
INSERT INTO duplicate_round (id, round, strings, hit, indexed) VALUES (1, 1, '', 0, 0);

CREATE TABLE duplicate_pair (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	contact_id INTEGER NOT NULL REFERENCES contact ON DELETE CASCADE,
	other_id INTEGER NOT NULL REFERENCES contact ON DELETE CASCADE,
	score INTEGER NOT NULL CHECK (score BETWEEN 0 AND 100),
	reasons TEXT NOT NULL,                  -- JSON array of words
	UNIQUE (contact_id, other_id),
	CHECK (contact_id < other_id)
) STRICT;
CREATE INDEX duplicate_pair_other ON duplicate_pair (other_id);
CREATE INDEX duplicate_pair_score ON duplicate_pair (score);

-- Somebody looked: they are two. Each pair has two rows, so that either is found by the other.
CREATE TABLE duplicate_separate (
	contact_id INTEGER NOT NULL REFERENCES contact ON DELETE CASCADE,
	other_id INTEGER NOT NULL REFERENCES contact ON DELETE CASCADE,
	PRIMARY KEY (contact_id, other_id),
	CHECK (contact_id <> other_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX duplicate_separate_other ON duplicate_separate (other_id);

-- Contacts that went up in another. Of one that was taken back, nothing is left here.
CREATE TABLE merge (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	at INTEGER NOT NULL,
	user TEXT NOT NULL,
	merged_id INTEGER NOT NULL UNIQUE,      -- its id in contact, where it is no more
	no TEXT NOT NULL UNIQUE COLLATE NOCASE, -- its number
	into_id INTEGER NOT NULL REFERENCES contact ON DELETE CASCADE,
	first_id INTEGER NOT NULL,              -- into_id until that was merged itself
	picture_id INTEGER REFERENCES file,     -- of the merged one, so that the file stays
	other_picture_id INTEGER REFERENCES file, -- of the other, which took that one's
	merged TEXT NOT NULL,                   -- its row, a JSON object
	before TEXT NOT NULL,                   -- fields of the other that the merge changed, as they were
	after TEXT NOT NULL                     -- and as it left them
) STRICT;
CREATE INDEX merge_into ON merge (into_id);
CREATE INDEX merge_picture ON merge (picture_id) WHERE picture_id IS NOT NULL;
CREATE INDEX merge_other_picture ON merge (other_picture_id) WHERE other_picture_id IS NOT NULL;

-- The rows that a merge moved, changed or dropped.
CREATE TABLE merge_row (
	merge_id INTEGER NOT NULL REFERENCES merge ON DELETE CASCADE,
	place INTEGER NOT NULL,
	part TEXT NOT NULL,                     -- which of the tables, by its name in crm/merge_part.c
	what TEXT NOT NULL CHECK (what = 'moved' OR what = 'changed' OR what = 'dropped'
		OR what = 'replaced'),                  -- dropped of the other one
	before TEXT NOT NULL,                   -- the row, a JSON object
	after TEXT,
	PRIMARY KEY (merge_id, place)
) STRICT, WITHOUT ROWID;
