-- Files that contacts were imported from. One that comes again is known by its first bytes and by how its
-- columns are read, and its rows that are recorded are passed over.
CREATE TABLE import (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	digest BLOB NOT NULL,                   -- SHA-256
	name TEXT,                              -- what the client called the file
	user TEXT NOT NULL,
	at INTEGER NOT NULL,
	batch INTEGER NOT NULL                  -- of the journal; 0: nothing was changed
) STRICT;
CREATE INDEX import_digest ON import (digest);
CREATE INDEX import_batch ON import (batch);

CREATE TABLE import_row (
	import_id INTEGER NOT NULL REFERENCES import ON DELETE CASCADE,
	line INTEGER NOT NULL,                  -- of the file, where the row begins
	digest BLOB NOT NULL,                   -- first half of SHA-256 over its cells
	contact_id INTEGER NOT NULL,            -- of a contact, which may be removed since
	PRIMARY KEY (import_id, line)
) STRICT, WITHOUT ROWID;

-- Companies that an import made for their persons before it had read the whole file: a row that comes
-- later and is called the same is that company.
CREATE TABLE import_company (
	contact_id INTEGER PRIMARY KEY,         -- of a contact, which may be removed since
	import_id INTEGER NOT NULL REFERENCES import ON DELETE CASCADE
) STRICT;
CREATE INDEX import_company_import ON import_company (import_id);
