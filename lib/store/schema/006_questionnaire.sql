-- Questionnaires: questions about contacts, their answers, which contacts bear which, and by what they
-- are classified. Decimals (values, bounds, points, scores) are millionths.
CREATE TABLE questionnaire (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	version INTEGER NOT NULL DEFAULT 1,
	code TEXT NOT NULL UNIQUE COLLATE NOCASE,
	description TEXT,
	contact_type TEXT CHECK (contact_type = 'company' OR contact_type = 'person'), -- NULL: both
	relation TEXT COLLATE NOCASE,           -- business relation that contacts must have
	priority TEXT NOT NULL DEFAULT 'normal' CHECK (priority = 'very-low' OR priority = 'low'
		OR priority = 'normal' OR priority = 'high' OR priority = 'very-high')
) STRICT;

CREATE TABLE question (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	version INTEGER NOT NULL DEFAULT 1,
	questionnaire TEXT NOT NULL COLLATE NOCASE
		REFERENCES questionnaire (code) ON UPDATE CASCADE ON DELETE CASCADE,
	question TEXT NOT NULL COLLATE NOCASE,
	place INTEGER NOT NULL,
	multiple INTEGER NOT NULL DEFAULT 0 CHECK (multiple IN (0, 1)),
	-- What classifies contacts; NULL: people answer.
	source TEXT CHECK (source = 'interaction-quantity' OR source = 'interaction-frequency'
		OR source = 'interaction-cost' OR source = 'interaction-duration'
		OR source = 'opportunity-won' OR source = 'fact-sum' OR source = 'fact-count'
		OR source = 'fact-frequency' OR source = 'fact-average' OR source = 'rating'),
	fact TEXT COLLATE NOCASE,               -- kind of the facts
	"start" TEXT,                           -- date formulas, applied to today
	"end" TEXT,
	method TEXT CHECK (method = 'defined-value' OR method = 'percent-of-value'
		OR method = 'percent-of-contacts' OR method = 'cumulative-value'),
	sorting TEXT CHECK (sorting = 'descending' OR sorting = 'ascending'),
	decimals INTEGER,
	min_answered INTEGER,                   -- of a rating: hundredths of a percent
	CHECK ((source IS NULL) = (method IS NULL)),
	UNIQUE (questionnaire, question)
) STRICT;
CREATE INDEX question_source ON question (source) WHERE source IS NOT NULL;

CREATE TABLE answer (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	version INTEGER NOT NULL DEFAULT 1,
	questionnaire TEXT NOT NULL COLLATE NOCASE,
	question TEXT NOT NULL COLLATE NOCASE,
	answer TEXT NOT NULL COLLATE NOCASE,
	place INTEGER NOT NULL,
	priority TEXT NOT NULL DEFAULT 'normal' CHECK (priority = 'very-low' OR priority = 'low'
		OR priority = 'normal' OR priority = 'high' OR priority = 'very-high'),
	"from" INTEGER,                         -- both ends included; NULL: unbounded
	"to" INTEGER,
	UNIQUE (questionnaire, question, answer),
	FOREIGN KEY (questionnaire, question) REFERENCES question (questionnaire, question)
		ON UPDATE CASCADE ON DELETE CASCADE,
	CHECK ("from" IS NULL OR "to" IS NULL OR "from" <= "to")
) STRICT;

-- What an answer adds to a rating.
CREATE TABLE rating (
	question_id INTEGER NOT NULL REFERENCES question ON DELETE CASCADE, -- the rating
	answer_id INTEGER NOT NULL REFERENCES answer ON DELETE CASCADE,     -- of another question
	points INTEGER NOT NULL,
	PRIMARY KEY (question_id, answer_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX rating_answer ON rating (answer_id);

-- The profile: the answers that a contact bears.
CREATE TABLE contact_answer (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	contact_id INTEGER NOT NULL REFERENCES contact ON DELETE CASCADE,
	answer_id INTEGER NOT NULL REFERENCES answer ON DELETE CASCADE,
	updated INTEGER NOT NULL,               -- a day; of a rating, the oldest of the answers it used
	answered INTEGER,                       -- of a rating: questions answered, hundredths of a percent
	UNIQUE (contact_id, answer_id)
) STRICT;
CREATE INDEX contact_answer_answer ON contact_answer (answer_id, contact_id);

-- What a contact is classified by: its value, and the score that bounds are compared with.
CREATE TABLE classify_value (
	question_id INTEGER NOT NULL REFERENCES question ON DELETE CASCADE,
	contact_id INTEGER NOT NULL REFERENCES contact ON DELETE CASCADE,
	value INTEGER NOT NULL,
	score INTEGER,                          -- NULL: the pass over all contacts has not come by yet
	PRIMARY KEY (question_id, contact_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX classify_value_order ON classify_value (question_id, value, contact_id);
CREATE INDEX classify_value_contact ON classify_value (contact_id);

-- Work that is still to be done: contacts whose values may have changed; all contacts above sweep; and
-- questions whose percentages are to be computed anew, with how far that is.
CREATE TABLE classify_queue (
	contact_id INTEGER PRIMARY KEY
) STRICT;
CREATE TABLE classify_state (
	id INTEGER PRIMARY KEY CHECK (id = 1),
	day INTEGER NOT NULL,                   -- what `today` is to the windows
	zone TEXT NOT NULL,                     -- whose days they are
	sweep INTEGER                           -- NULL: none is under way
) STRICT;
INSERT INTO classify_state (id, day, zone) VALUES (1, 0, '');
CREATE TABLE classify_pass (
	question_id INTEGER PRIMARY KEY REFERENCES question ON DELETE CASCADE,
	again INTEGER NOT NULL DEFAULT 0 CHECK (again IN (0, 1)), -- a value changed since it began
	count INTEGER,                          -- NULL: it has not begun
	total INTEGER,
	rank INTEGER,
	sum INTEGER,
	value INTEGER,                          -- the last one it came by
	contact_id INTEGER
) STRICT;

-- Whatever changes what is counted, by whichever way, notes the contact; nobody can forget to. The WHEN
-- is one look into an index that is empty where nothing is classified.
CREATE TRIGGER classify_link_added AFTER INSERT ON interaction_contact
WHEN EXISTS (SELECT 1 FROM question WHERE source > 'interaction-' AND source < 'interaction.')
BEGIN
	INSERT INTO classify_queue VALUES (new.contact_id)
		ON CONFLICT DO NOTHING;
	INSERT INTO classify_queue SELECT new.company_id WHERE new.company_id IS NOT NULL
		ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER classify_link_removed AFTER DELETE ON interaction_contact
WHEN EXISTS (SELECT 1 FROM question WHERE source > 'interaction-' AND source < 'interaction.')
BEGIN
	INSERT INTO classify_queue VALUES (old.contact_id)
		ON CONFLICT DO NOTHING;
	INSERT INTO classify_queue SELECT old.company_id WHERE old.company_id IS NOT NULL
		ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER classify_link_changed AFTER UPDATE OF contact_id, company_id, at ON interaction_contact
WHEN EXISTS (SELECT 1 FROM question WHERE source > 'interaction-' AND source < 'interaction.')
BEGIN
	INSERT INTO classify_queue VALUES (old.contact_id), (new.contact_id)
		ON CONFLICT DO NOTHING;
	INSERT INTO classify_queue SELECT old.company_id WHERE old.company_id IS NOT NULL
		ON CONFLICT DO NOTHING;
	INSERT INTO classify_queue SELECT new.company_id WHERE new.company_id IS NOT NULL
		ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER classify_interaction_changed AFTER UPDATE OF status, cost, duration_min ON interaction
WHEN EXISTS (SELECT 1 FROM question WHERE source > 'interaction-' AND source < 'interaction.')
BEGIN
	INSERT INTO classify_queue
		SELECT contact_id FROM interaction_contact WHERE interaction_id = new.id
		ON CONFLICT DO NOTHING;
	INSERT INTO classify_queue
		SELECT company_id FROM interaction_contact WHERE interaction_id = new.id
		AND company_id IS NOT NULL
		ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER classify_fact_added AFTER INSERT ON contact_fact
WHEN EXISTS (SELECT 1 FROM question WHERE source > 'fact-' AND source < 'fact.')
BEGIN
	INSERT INTO classify_queue VALUES (new.contact)
		ON CONFLICT DO NOTHING;
	INSERT INTO classify_queue
		SELECT company_id FROM contact WHERE id = new.contact AND company_id IS NOT NULL
		ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER classify_fact_removed AFTER DELETE ON contact_fact
WHEN EXISTS (SELECT 1 FROM question WHERE source > 'fact-' AND source < 'fact.')
BEGIN
	INSERT INTO classify_queue VALUES (old.contact)
		ON CONFLICT DO NOTHING;
	INSERT INTO classify_queue
		SELECT company_id FROM contact WHERE id = old.contact AND company_id IS NOT NULL
		ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER classify_fact_changed AFTER UPDATE ON contact_fact
WHEN EXISTS (SELECT 1 FROM question WHERE source > 'fact-' AND source < 'fact.')
BEGIN
	INSERT INTO classify_queue VALUES (old.contact), (new.contact)
		ON CONFLICT DO NOTHING;
	INSERT INTO classify_queue SELECT company_id FROM contact
		WHERE id IN (old.contact, new.contact) AND company_id IS NOT NULL
		ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER classify_contact_added AFTER INSERT ON contact
WHEN EXISTS (SELECT 1 FROM question WHERE source IS NOT NULL)
BEGIN
	INSERT INTO classify_queue VALUES (new.id)
		ON CONFLICT DO NOTHING;
	INSERT INTO classify_queue SELECT new.company_id WHERE new.company_id IS NOT NULL
		ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER classify_contact_changed
AFTER UPDATE OF type, company_id, minor, privacy_blocked ON contact
WHEN EXISTS (SELECT 1 FROM question WHERE source IS NOT NULL)
	AND (old.type <> new.type OR old.company_id IS NOT new.company_id OR old.minor <> new.minor
		OR old.privacy_blocked <> new.privacy_blocked)
BEGIN
	INSERT INTO classify_queue VALUES (new.id)
		ON CONFLICT DO NOTHING;
	INSERT INTO classify_queue SELECT old.company_id WHERE old.company_id IS NOT NULL
		ON CONFLICT DO NOTHING;
	INSERT INTO classify_queue SELECT new.company_id WHERE new.company_id IS NOT NULL
		ON CONFLICT DO NOTHING;
END;
-- Its facts go with it, and count no more for its company.
CREATE TRIGGER classify_contact_removed AFTER DELETE ON contact
WHEN EXISTS (SELECT 1 FROM question WHERE source IS NOT NULL)
BEGIN
	DELETE FROM classify_queue WHERE contact_id = old.id;
	INSERT INTO classify_queue SELECT old.company_id WHERE old.company_id IS NOT NULL
		ON CONFLICT DO NOTHING;
END;

-- A relation of a company is one of its persons', too.
CREATE TRIGGER classify_relation_added AFTER INSERT ON contact_relation
WHEN EXISTS (SELECT 1 FROM question WHERE source IS NOT NULL)
BEGIN
	INSERT INTO classify_queue
		SELECT id FROM contact WHERE id = new.contact OR company_id = new.contact
		ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER classify_relation_removed AFTER DELETE ON contact_relation
WHEN EXISTS (SELECT 1 FROM question WHERE source IS NOT NULL)
BEGIN
	INSERT INTO classify_queue
		SELECT id FROM contact WHERE id = old.contact OR company_id = old.contact
		ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER classify_relation_changed AFTER UPDATE OF contact, code ON contact_relation
WHEN EXISTS (SELECT 1 FROM question WHERE source IS NOT NULL)
BEGIN
	INSERT INTO classify_queue
		SELECT id FROM contact WHERE id IN (old.contact, new.contact)
			OR company_id IN (old.contact, new.contact)
		ON CONFLICT DO NOTHING;
END;

-- What a rating uses.
CREATE TRIGGER classify_answer_added AFTER INSERT ON contact_answer
WHEN EXISTS (SELECT 1 FROM question WHERE source = 'rating')
BEGIN
	INSERT INTO classify_queue VALUES (new.contact_id)
		ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER classify_answer_removed AFTER DELETE ON contact_answer
WHEN EXISTS (SELECT 1 FROM question WHERE source = 'rating')
	AND EXISTS (SELECT 1 FROM contact WHERE id = old.contact_id)
BEGIN
	INSERT INTO classify_queue VALUES (old.contact_id)
		ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER classify_answer_changed AFTER UPDATE OF contact_id, answer_id, updated ON contact_answer
WHEN EXISTS (SELECT 1 FROM question WHERE source = 'rating')
BEGIN
	INSERT INTO classify_queue VALUES (old.contact_id), (new.contact_id)
		ON CONFLICT DO NOTHING;
END;

-- A change of what is asked concerns all contacts.
CREATE TRIGGER classify_questionnaire_changed AFTER UPDATE OF contact_type, relation ON questionnaire
WHEN EXISTS (SELECT 1 FROM question WHERE questionnaire = new.code AND source IS NOT NULL)
BEGIN
	UPDATE classify_state SET sweep = 0;
END;
CREATE TRIGGER classify_question_added AFTER INSERT ON question WHEN new.source IS NOT NULL
BEGIN
	UPDATE classify_state SET sweep = 0;
END;
CREATE TRIGGER classify_question_changed AFTER UPDATE ON question
WHEN new.source IS NOT NULL
BEGIN
	DELETE FROM classify_pass WHERE question_id = new.id AND new.method = 'defined-value';
	INSERT INTO classify_pass (question_id) SELECT new.id
		WHERE new.method <> 'defined-value' ON CONFLICT DO UPDATE SET again = 1;
	UPDATE classify_state SET sweep = 0;
END;
CREATE TRIGGER classify_band_added AFTER INSERT ON answer
WHEN EXISTS (SELECT 1 FROM question WHERE source IS NOT NULL)
BEGIN
	INSERT INTO classify_pass (question_id) SELECT id FROM question
		WHERE questionnaire = new.questionnaire AND question = new.question
		AND method <> 'defined-value'
		ON CONFLICT DO UPDATE SET again = 1;
	UPDATE classify_state SET sweep = 0;
END;
CREATE TRIGGER classify_band_changed AFTER UPDATE OF "from", "to" ON answer
WHEN EXISTS (SELECT 1 FROM question WHERE source IS NOT NULL)
BEGIN
	INSERT INTO classify_pass (question_id) SELECT id FROM question
		WHERE questionnaire = new.questionnaire AND question = new.question
		AND method <> 'defined-value'
		ON CONFLICT DO UPDATE SET again = 1;
	UPDATE classify_state SET sweep = 0;
END;
CREATE TRIGGER classify_rating_added AFTER INSERT ON rating
BEGIN
	UPDATE classify_state SET sweep = 0;
END;
CREATE TRIGGER classify_rating_removed AFTER DELETE ON rating
BEGIN
	UPDATE classify_state SET sweep = 0;
END;
CREATE TRIGGER classify_rating_changed AFTER UPDATE ON rating
BEGIN
	UPDATE classify_state SET sweep = 0;
END;

-- Percentages are of all: a value that comes, goes or changes makes a new pass over them.
CREATE TRIGGER classify_value_added AFTER INSERT ON classify_value
WHEN (SELECT method FROM question WHERE id = new.question_id) <> 'defined-value'
BEGIN
	INSERT INTO classify_pass (question_id) VALUES (new.question_id)
		ON CONFLICT DO UPDATE SET again = 1 WHERE again = 0 AND count IS NOT NULL;
END;
CREATE TRIGGER classify_value_changed AFTER UPDATE OF value ON classify_value
WHEN old.value <> new.value
	AND (SELECT method FROM question WHERE id = new.question_id) <> 'defined-value'
BEGIN
	INSERT INTO classify_pass (question_id) VALUES (new.question_id)
		ON CONFLICT DO UPDATE SET again = 1 WHERE again = 0 AND count IS NOT NULL;
END;
CREATE TRIGGER classify_value_removed AFTER DELETE ON classify_value
WHEN (SELECT method FROM question WHERE id = old.question_id) <> 'defined-value'
BEGIN
	INSERT INTO classify_pass (question_id) VALUES (old.question_id)
		ON CONFLICT DO UPDATE SET again = 1 WHERE again = 0 AND count IS NOT NULL;
END;
