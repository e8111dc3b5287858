-- Which number series may be chosen instead of which.
CREATE TABLE series_relation (
	series_id INTEGER NOT NULL REFERENCES series ON DELETE CASCADE,
	related_id INTEGER NOT NULL REFERENCES series ON DELETE CASCADE,
	PRIMARY KEY (series_id, related_id),
	CHECK (series_id <> related_id)
) STRICT, WITHOUT ROWID;

-- What contact.find looks in, derived from the contacts and what belongs to them.

-- The words of a contact, without case and accents, each with the letters of the fields it stands in:
-- "ada:ne lovelace:ne"; what the tables below hold of it is taken away by this.
CREATE TABLE find_entry (
	contact_id INTEGER PRIMARY KEY,
	words TEXT NOT NULL
) STRICT;

CREATE TABLE find_word (
	id INTEGER PRIMARY KEY,
	word TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE find_place (
	word_id INTEGER NOT NULL,
	contact_id INTEGER NOT NULL,
	PRIMARY KEY (word_id, contact_id)
) STRICT, WITHOUT ROWID;

-- Every end of a word, so that what stands within one is the beginning of a row.
CREATE TABLE find_tail (
	tail TEXT NOT NULL,
	word_id INTEGER NOT NULL,
	PRIMARY KEY (tail, word_id)
) STRICT, WITHOUT ROWID;

-- Hashes of a word with up to two of its first letters left out: words a typo apart share one.
CREATE TABLE find_near (
	hash INTEGER NOT NULL,
	word_id INTEGER NOT NULL,
	PRIMARY KEY (hash, word_id)
) STRICT, WITHOUT ROWID;

-- Contacts that are still to be looked at, emptied in short turns.
CREATE TABLE find_queue (
	contact_id INTEGER PRIMARY KEY
) STRICT;
INSERT INTO find_queue (contact_id) SELECT id FROM contact;

-- A contact goes with what others derive of it.
CREATE TRIGGER contact_gone AFTER DELETE ON contact BEGIN
	INSERT OR IGNORE INTO find_queue (contact_id) VALUES (old.id);
END;
-- A field goes with its values.
CREATE TRIGGER field_value_gone AFTER DELETE ON field_value BEGIN
	INSERT OR IGNORE INTO find_queue (contact_id) VALUES (old.contact_id);
END;

-- Those that something happened with last come first.
CREATE INDEX contact_last_interaction ON contact (last_interaction);
