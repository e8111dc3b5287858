#include "liaison/crm/import.h"

#include <string.h>

#include "code_text.h"
#include "liaison/base/text.h"
#include "liaison/crm/series.h"

/* ---- rows that are recorded ---- */

static const char SELECT_ROW[] =
	"SELECT 1 FROM import i JOIN import_row r ON r.import_id = i.id"
	" JOIN contact c ON c.id = coalesce("
	"(SELECT m.into_id FROM merge m WHERE m.merged_id = r.contact_id), r.contact_id)"
	" WHERE i.digest = ? AND r.line = ? AND r.digest = ? LIMIT 1";

int
import_row_known(struct store *store, const struct import_file *file, const struct import_mark *row,
	bool *known, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_ROW);
	int64_t one;

	stmt_bind_blob(q, file->digest, IMPORT_DIGEST);
	stmt_bind_int(q, row->line);
	stmt_bind_blob(q, row->digest, IMPORT_ROW_DIGEST);
	return sql_get_int(q, &one, known, err);
}

static const char SELECT_LAST[] =
	"SELECT coalesce(max((SELECT max(line) FROM import_row WHERE import_id = i.id)), 0)"
	" FROM import i WHERE i.digest = ?";

int
import_last_line(
	struct store *store, const struct import_file *file, int64_t *line, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_LAST);
	bool found;

	stmt_bind_blob(q, file->digest, IMPORT_DIGEST);
	return sql_get_int(q, line, &found, err);
}

static const char INSERT_IMPORT[] =
	"INSERT INTO import (digest, name, user, at, batch, under_way) VALUES (?, ?, ?, ?, ?, ?)";

static int
add_file(struct store *store, struct import_file *file, struct err *err)
{
	struct stmt *q = sql_prepare(store, INSERT_IMPORT);

	stmt_bind_blob(q, file->digest, IMPORT_DIGEST);
	stmt_bind_text(q, file->name);
	stmt_bind_text(q, file->user);
	stmt_bind_int(q, file->at);
	stmt_bind_int(q, file->batch);
	stmt_bind_int(q, file->whole);
	if (stmt_run(q, err) < 0)
		return -1;
	file->id = store_last_id(store);
	return 0;
}

static const char SET_BATCH[] = "UPDATE import SET batch = ?2 WHERE id = ?1";

static int
settle_file(struct store *store, struct import_file *file, int64_t batch, struct err *err)
{
	struct stmt *q;

	if (file->id != 0 && file->batch == batch)
		return 0;
	file->batch = batch;
	if (file->id == 0)
		return add_file(store, file, err);
	q = sql_prepare(store, SET_BATCH);
	stmt_bind_int(q, file->id);
	stmt_bind_int(q, batch);
	return stmt_run(q, err);
}

static const char INSERT_ROW[] =
	"INSERT INTO import_row (import_id, line, digest, contact_id) VALUES (?, ?, ?, ?)";

int
import_row_add(struct store *store, struct import_file *file, const struct import_mark *row,
	int64_t contact, int64_t batch, struct err *err)
{
	struct stmt *q;

	if (settle_file(store, file, batch, err) < 0)
		return -1;
	q = sql_prepare(store, INSERT_ROW);
	stmt_bind_int(q, file->id);
	stmt_bind_int(q, row->line);
	stmt_bind_blob(q, row->digest, IMPORT_ROW_DIGEST);
	stmt_bind_int(q, contact);
	return stmt_run(q, err);
}

static const char DELETE_IMPORT[] = "DELETE FROM import WHERE batch = ? AND under_way = 0";

int
import_forget(struct store *store, int64_t batch, struct err *err)
{
	struct stmt *q = sql_prepare(store, DELETE_IMPORT);

	stmt_bind_int(q, batch);
	return stmt_run(q, err);
}

/* ---- imports that are whole, or nothing ---- */

static int
run_for(struct store *store, const char *sql, int64_t id, struct err *err)
{
	struct stmt *q = sql_prepare(store, sql);

	stmt_bind_int(q, id);
	return stmt_run(q, err);
}

static const char END_IMPORT[] = "UPDATE import SET under_way = 0 WHERE id = ?";

int
import_end(struct store *store, int64_t id, struct err *err)
{
	return run_for(store, END_IMPORT, id, err);
}

static const char DROP_IMPORT[] = "DELETE FROM import WHERE id = ?";

int
import_drop(struct store *store, int64_t id, struct err *err)
{
	return run_for(store, DROP_IMPORT, id, err);
}

static const char SELECT_UNDER_WAY[] =
	"SELECT id, coalesce(batch, 0) FROM import WHERE under_way = 1 ORDER BY id LIMIT 1";

int
import_under_way(struct store *store, int64_t *id, int64_t *batch, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_UNDER_WAY);

	*id = *batch = 0;
	if (stmt_row(q)) {
		*id = stmt_int(q);
		*batch = stmt_int(q);
	}
	return stmt_end(q, err);
}

/* ---- companies that were made before their rows came ---- */

static const char INSERT_COMPANY[] =
	"INSERT OR REPLACE INTO import_company (contact_id, import_id) VALUES (?, ?)";

int
import_company_add(
	struct store *store, const struct import_file *file, int64_t company, struct err *err)
{
	struct stmt *q = sql_prepare(store, INSERT_COMPANY);

	stmt_bind_int(q, company);
	stmt_bind_int(q, file->id);
	return stmt_run(q, err);
}

static const char SELECT_MADE[] =
	"SELECT c.id FROM contact c JOIN import_company m ON m.contact_id = c.id"
	" JOIN import i ON i.id = m.import_id"
	" WHERE c.name_fold = ? AND c.name = ? AND c.type = 'company' AND i.digest = ?"
	" ORDER BY c.id LIMIT 1";
static const char DELETE_MADE[] = "DELETE FROM import_company WHERE contact_id = ?";

int
import_company_take(struct store *store, struct arena *arena, const uint8_t *digest,
	const char *name, int64_t *id, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_MADE);
	bool found;

	*id = 0;
	stmt_bind_text(q, text_fold(arena, name));
	stmt_bind_text(q, name);
	stmt_bind_blob(q, digest, IMPORT_DIGEST);
	if (sql_get_int(q, id, &found, err) < 0)
		return -1;
	if (!found)
		return 0;
	q = sql_prepare(store, DELETE_MADE);
	stmt_bind_int(q, *id);
	return stmt_run(q, err);
}

static const char SET_NO[] = "UPDATE contact SET no = ?2 WHERE id = ?1";

int
import_set_no(
	struct store *store, struct arena *arena, int64_t id, const char **no, struct err *err)
{
	struct stmt *q;

	if (code_check(arena, "no", no, err) < 0 ||
		series_manual(store, "contact-series", NULL, *no, err) < 0)
		return -1;
	q = sql_prepare(store, SET_NO);
	stmt_bind_int(q, id);
	stmt_bind_text(q, *no);
	return stmt_run(q, err);
}

/* ---- what rows refer to ---- */

static const char SELECT_NO[] = "SELECT id FROM contact WHERE no = ?";

int
import_find_no(struct store *store, const char *no, int64_t *id, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_NO);
	bool found;

	*id = 0;
	stmt_bind_text(q, no);
	return sql_get_int(q, id, &found, err);
}

static const char SELECT_EXTERNAL[] =
	"SELECT id FROM contact WHERE external_id = ? AND type = ? LIMIT 2";

int
import_find_external(
	struct store *store, const char *external, const char *type, int64_t *id, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_EXTERNAL);
	unsigned count = 0;

	*id = 0;
	stmt_bind_text(q, external);
	stmt_bind_text(q, type);
	for (; stmt_row(q); count++)
		*id = stmt_int(q);
	if (stmt_end(q, err) < 0)
		return -1;
	if (count < 2)
		return 0;
	return fail_field(err, ERR_AMBIGUOUS, "external_id",
		"more than one contact has the external_id '%.60s'", external);
}

static const char SELECT_COMPANIES[] =
	"SELECT id, name = ?1 FROM contact WHERE name_fold = ?2 AND type = 'company'";

/* Of those with the name in other letters, too; one that is called exactly so wins. */
struct namesakes {
	unsigned exact, count;
	int64_t exact_id, id;
};

static int
find_namesakes(struct store *store, struct arena *arena, const char *name, struct namesakes *out,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_COMPANIES);

	*out = (struct namesakes){ 0 };
	stmt_bind_text(q, name);
	stmt_bind_text(q, text_fold(arena, name));
	while (out->exact < 2 && stmt_row(q)) {
		out->id = stmt_int(q);
		out->count++;
		if (stmt_int(q) != 0) {
			out->exact_id = out->id;
			out->exact++;
		}
	}
	return stmt_end(q, err);
}

int
import_find_company(
	struct store *store, struct arena *arena, const char *name, int64_t *id, struct err *err)
{
	struct namesakes found;

	if (find_namesakes(store, arena, name, &found, err) < 0)
		return -1;
	if (found.exact > 1 || (found.exact == 0 && found.count > 1)) {
		fail_field(err, ERR_AMBIGUOUS, "company_name",
			"there is more than one company '%.80s'", name);
		return err_hint(err, "give the company's number");
	}
	*id = found.exact == 1 ? found.exact_id : found.id;
	return 0;
}

static const char SELECT_NOTE[] =
	"SELECT 1 FROM contact_note WHERE contact_id = ? AND note = ? LIMIT 1";

int
import_has_note(struct store *store, int64_t contact, const char *text, bool *has, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_NOTE);
	int64_t one;

	stmt_bind_int(q, contact);
	stmt_bind_text(q, text);
	return sql_get_int(q, &one, has, err);
}

/* ---- what a dump looks for ---- */

static const char SELECT_EXTRAS[] =
	"SELECT EXISTS (SELECT 1 FROM contact_label WHERE contact_id = ?1) * 1"
	" + EXISTS (SELECT 1 FROM contact_relation WHERE contact = ?1) * 2"
	" + EXISTS (SELECT 1 FROM contact_link WHERE contact = ?1) * 4"
	" + EXISTS (SELECT 1 FROM contact_fact WHERE contact = ?1) * 8"
	" + EXISTS (SELECT 1 FROM contact_consent WHERE contact = ?1) * 16"
	" + EXISTS (SELECT 1 FROM contact_address WHERE contact = ?1) * 32"
	" + EXISTS (SELECT 1 FROM contact_note WHERE contact_id = ?1) * 64"
	" + EXISTS (SELECT 1 FROM field_value WHERE contact_id = ?1) * 128"
	" + EXISTS (SELECT 1 FROM contact_answer WHERE contact_id = ?1) * 256";

int
contact_extras(struct store *store, int64_t id, unsigned *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_EXTRAS);
	int64_t extras = 0;
	bool found;

	stmt_bind_int(q, id);
	if (sql_get_int(q, &extras, &found, err) < 0)
		return -1;
	*out = (unsigned)extras;
	return 0;
}
