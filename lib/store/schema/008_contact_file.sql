-- What else a contact may have.
ALTER TABLE contact ADD COLUMN name_2 TEXT;
ALTER TABLE contact ADD COLUMN street_2 TEXT;
ALTER TABLE contact ADD COLUMN county TEXT;
ALTER TABLE contact ADD COLUMN fax TEXT;
ALTER TABLE contact ADD COLUMN extension TEXT;
ALTER TABLE contact ADD COLUMN pager TEXT;
ALTER TABLE contact ADD COLUMN initials TEXT;
ALTER TABLE contact ADD COLUMN currency TEXT;
ALTER TABLE contact ADD COLUMN vat_no TEXT;
ALTER TABLE contact ADD COLUMN registration_no TEXT;
ALTER TABLE contact ADD COLUMN external_id TEXT;

ALTER TABLE contact_address ADD COLUMN name_2 TEXT;
ALTER TABLE contact_address ADD COLUMN street_2 TEXT;
ALTER TABLE contact_address ADD COLUMN county TEXT;
ALTER TABLE contact_address ADD COLUMN mobile TEXT;
ALTER TABLE contact_address ADD COLUMN extension TEXT;
ALTER TABLE contact_address ADD COLUMN pager TEXT;
ALTER TABLE contact_address ADD COLUMN fax TEXT;
ALTER TABLE contact_address ADD COLUMN home_page TEXT;

-- A contact is one customer, one vendor, one account, one employee.
CREATE UNIQUE INDEX contact_relation_kind ON contact_relation (contact, kind) WHERE kind <> 'other';

-- How many contacts have a code is counted in these.
CREATE INDEX contact_territory ON contact (territory COLLATE NOCASE) WHERE territory IS NOT NULL;
CREATE INDEX contact_country ON contact (country COLLATE NOCASE) WHERE country IS NOT NULL;
CREATE INDEX contact_language ON contact (language COLLATE NOCASE) WHERE language IS NOT NULL;
CREATE INDEX contact_salutation ON contact (salutation COLLATE NOCASE) WHERE salutation IS NOT NULL;
CREATE INDEX contact_level ON contact (organizational_level COLLATE NOCASE)
	WHERE organizational_level IS NOT NULL;
CREATE INDEX contact_lead_status ON contact (lead_status COLLATE NOCASE) WHERE lead_status IS NOT NULL;
CREATE INDEX contact_lead_source ON contact (lead_source COLLATE NOCASE) WHERE lead_source IS NOT NULL;
CREATE INDEX contact_relation_code ON contact_relation (code);

-- Files that lie in the folder beside the database, named by their SHA-256 digest.
CREATE TABLE file (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	digest TEXT NOT NULL UNIQUE CHECK (length(digest) = 64), -- lower-case hexadecimal digits
	size INTEGER NOT NULL,
	type TEXT NOT NULL,                     -- media type
	unused INTEGER                          -- since when no row refers to it; NULL: one does
) STRICT;
CREATE INDEX file_unused ON file (unused) WHERE unused IS NOT NULL;
ALTER TABLE contact ADD COLUMN picture_id INTEGER REFERENCES file;
CREATE INDEX contact_picture ON contact (picture_id) WHERE picture_id IS NOT NULL;

-- What was taken back: a batch of the journal's entries, and how far it has come.
CREATE TABLE undo (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	batch INTEGER NOT NULL,
	by INTEGER NOT NULL,                    -- the batch of the undo's own entries
	next INTEGER NOT NULL,                  -- entries up to here are still to be taken back; 0: done
	entries INTEGER NOT NULL,               -- of the batch
	changed INTEGER NOT NULL DEFAULT 0,
	added INTEGER NOT NULL DEFAULT 0,
	removed INTEGER NOT NULL DEFAULT 0,
	kept INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX undo_batch ON undo (batch, id);
CREATE INDEX journal_batch ON journal (batch) WHERE batch <> 0;
-- All references to files: a table that has some joins it.
CREATE VIEW file_use AS SELECT picture_id AS file FROM contact WHERE picture_id IS NOT NULL
	UNION ALL SELECT picture_id FROM merge WHERE picture_id IS NOT NULL
	UNION ALL SELECT other_picture_id FROM merge WHERE other_picture_id IS NOT NULL;
