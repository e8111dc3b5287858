-- The contact that a change concerns, also one of what belongs to it.
ALTER TABLE journal ADD COLUMN contact INTEGER;
UPDATE journal SET contact = record WHERE noun = 'contact';
UPDATE journal SET contact = json_extract(after, '$.contact') WHERE noun = 'contact-note';
CREATE INDEX journal_contact ON journal (contact, id) WHERE contact IS NOT NULL;

-- Codes that people choose from, and what they mean.
CREATE TABLE code (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	version INTEGER NOT NULL DEFAULT 1,
	kind TEXT NOT NULL CHECK (kind = 'language' OR kind = 'country' OR kind = 'territory'
		OR kind = 'salutation' OR kind = 'industry-group' OR kind = 'mailing-group'
		OR kind = 'responsibility' OR kind = 'organizational-level'
		OR kind = 'business-relation' OR kind = 'web-source' OR kind = 'lead-status'
		OR kind = 'lead-source' OR kind = 'campaign-status'),
	code TEXT NOT NULL COLLATE NOCASE,
	text TEXT,                              -- of a web source: its address, %1 for the search word
	UNIQUE (kind, code)
) STRICT;

-- Texts of a salutation, by language and manner; {first_name} and the like are filled in.
CREATE TABLE salutation_formula (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	version INTEGER NOT NULL DEFAULT 1,
	code TEXT NOT NULL COLLATE NOCASE,
	language TEXT NOT NULL DEFAULT '' COLLATE NOCASE, -- '': of every language
	manner TEXT NOT NULL DEFAULT 'formal' CHECK (manner = 'formal' OR manner = 'informal'),
	text TEXT NOT NULL,
	UNIQUE (code, language, manner)
) STRICT;

ALTER TABLE contact ADD COLUMN format_region TEXT;
ALTER TABLE contact ADD COLUMN salutation TEXT;
ALTER TABLE contact ADD COLUMN organizational_level TEXT;

-- Labels of contacts: mailing groups, industry groups, responsibilities, web sources, tags.
CREATE TABLE contact_label (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	contact_id INTEGER NOT NULL REFERENCES contact ON DELETE CASCADE,
	kind TEXT NOT NULL CHECK (kind = 'mailing-group' OR kind = 'industry-group'
		OR kind = 'responsibility' OR kind = 'web-source' OR kind = 'tag'),
	code TEXT NOT NULL COLLATE NOCASE,
	word TEXT,                              -- of a web source: what to search it for
	UNIQUE (contact_id, kind, code)
) STRICT;
CREATE INDEX contact_label_code ON contact_label (kind, code, contact_id);

-- A contact's part in other programs' records: the customer, vendor, bank account or employee it is.
CREATE TABLE contact_relation (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	version INTEGER NOT NULL DEFAULT 1,
	contact INTEGER NOT NULL REFERENCES contact ON DELETE CASCADE,
	code TEXT NOT NULL COLLATE NOCASE,
	kind TEXT NOT NULL CHECK (kind = 'customer' OR kind = 'vendor' OR kind = 'bank'
		OR kind = 'employee' OR kind = 'other'),
	no TEXT COLLATE NOCASE,                 -- of the record there
	UNIQUE (contact, code)
) STRICT;
CREATE UNIQUE INDEX contact_relation_no ON contact_relation (kind, no)
	WHERE no IS NOT NULL AND kind <> 'other';

CREATE TABLE contact_link (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	version INTEGER NOT NULL DEFAULT 1,
	contact INTEGER NOT NULL REFERENCES contact ON DELETE CASCADE,
	url TEXT NOT NULL,
	description TEXT,
	UNIQUE (contact, url)
) STRICT;

-- Figures from outside: kind "sales", a day, an amount.
CREATE TABLE contact_fact (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	version INTEGER NOT NULL DEFAULT 1,
	contact INTEGER NOT NULL REFERENCES contact ON DELETE CASCADE,
	kind TEXT NOT NULL COLLATE NOCASE,
	date INTEGER NOT NULL,
	amount INTEGER NOT NULL,                -- minor units
	reference TEXT COLLATE NOCASE           -- of the record it comes from
) STRICT;
CREATE INDEX contact_fact_contact ON contact_fact (contact, kind, date);
CREATE UNIQUE INDEX contact_fact_reference ON contact_fact (kind, reference)
	WHERE reference IS NOT NULL;

-- What a contact consented to, on what basis, and what it took back.
CREATE TABLE contact_consent (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	version INTEGER NOT NULL DEFAULT 1,
	contact INTEGER NOT NULL REFERENCES contact ON DELETE CASCADE,
	purpose TEXT NOT NULL COLLATE NOCASE,
	basis TEXT NOT NULL DEFAULT 'consent' CHECK (basis = 'consent' OR basis = 'contract'
		OR basis = 'legal-obligation' OR basis = 'vital-interest' OR basis = 'public-task'
		OR basis = 'legitimate-interest'), -- GDPR article 6
	source TEXT,
	date INTEGER NOT NULL,
	withdrawn INTEGER,                      -- a day
	CHECK (withdrawn IS NULL OR withdrawn >= date)
) STRICT;
CREATE INDEX contact_consent_contact ON contact_consent (contact, purpose);

-- Further postal addresses, each valid in the ranges of days it has, always without one.
CREATE TABLE contact_address (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	version INTEGER NOT NULL DEFAULT 1,
	contact INTEGER NOT NULL REFERENCES contact ON DELETE CASCADE,
	code TEXT NOT NULL COLLATE NOCASE,
	name TEXT,
	street TEXT,
	post_code TEXT,
	city TEXT,
	country TEXT,
	phone TEXT,
	email TEXT,
	UNIQUE (contact, code)
) STRICT;
CREATE TABLE contact_address_range (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	address_id INTEGER NOT NULL REFERENCES contact_address ON DELETE CASCADE,
	from_day INTEGER NOT NULL,
	until_day INTEGER,
	UNIQUE (address_id, from_day),
	CHECK (until_day IS NULL OR until_day >= from_day)
) STRICT;

-- Fields that people declare, and their values.
CREATE TABLE field (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	version INTEGER NOT NULL DEFAULT 1,
	noun TEXT NOT NULL CHECK (noun = 'contact'),
	name TEXT NOT NULL,
	type TEXT NOT NULL CHECK (type = 'text' OR type = 'number' OR type = 'date'
		OR type = 'flag'),
	description TEXT,
	UNIQUE (noun, name)
) STRICT;
CREATE TABLE field_value (
	field_id INTEGER NOT NULL REFERENCES field ON DELETE CASCADE,
	contact_id INTEGER NOT NULL REFERENCES contact ON DELETE CASCADE,
	value ANY NOT NULL,                     -- a date: UTC seconds of the day
	PRIMARY KEY (contact_id, field_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX field_value_value ON field_value (field_id, value);

-- Lists that people saved.
CREATE TABLE view (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	version INTEGER NOT NULL DEFAULT 1,
	name TEXT NOT NULL UNIQUE COLLATE NOCASE,
	noun TEXT NOT NULL CHECK (noun = 'contact' OR noun = 'interaction'),
	"where" TEXT,
	sort TEXT,
	description TEXT
) STRICT;
