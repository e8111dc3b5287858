-- What takes several transactions and is gone on with at the next start.

-- NULL: it is whole.
ALTER TABLE merge ADD COLUMN under_way TEXT CHECK (under_way = 'merge' OR under_way = 'unmerge');
CREATE INDEX merge_under_way ON merge (id) WHERE under_way IS NOT NULL;

-- Changes of companies that not all of their persons have followed yet.
CREATE TABLE following (
	entry INTEGER PRIMARY KEY REFERENCES journal ON DELETE CASCADE -- the company's
) STRICT;

-- 1: an import that is to be recorded whole or not at all, and is not whole: its batch is taken back.
ALTER TABLE import ADD COLUMN under_way INTEGER NOT NULL DEFAULT 0 CHECK (under_way IN (0, 1));
CREATE INDEX import_under_way ON import (id) WHERE under_way = 1;

-- Rows of imports are matched by what another program knows a contact by.
CREATE INDEX contact_external ON contact (external_id) WHERE external_id IS NOT NULL;
