#include "liaison/crm/contact_label.h"

#include <string.h>

#include "code_text.h"
#include "contact_index.h"
#include "liaison/base/text.h"
#include "liaison/crm/code.h"
#include "liaison/crm/contact.h"

static const struct query_field label_fields[] = {
	{ "id", QUERY_NUMBER, "l.id", NULL, true },
	{ "kind", QUERY_TEXT, "l.kind COLLATE NOCASE", NULL, true },
	{ "code", QUERY_TEXT, "l.code COLLATE NOCASE", NULL, true },
	{ "text", QUERY_TEXT,
		"(SELECT o.text FROM code o WHERE o.kind = l.kind AND o.code = l.code)", NULL,
		true },
	{ "word", QUERY_TEXT, "l.word", NULL, true },
	{ 0 },
};

static const struct query_words label_words[] = {
	{ "kind", "mailing-group|industry-group|responsibility|web-source|tag" },
	{ 0 },
};

const struct query_noun contact_label_noun = {
	.name = "label",
	.from = "contact_label l",
	.id = "l.id",
	.fields = label_fields,
	.words = label_words,
	.sort = "code",
};

/* ---- rules ---- */

/* Whom a kind is for; NULL: both. */
static const char *
kind_is_for(const char *kind)
{
	if (strcmp(kind, "industry-group") == 0 || strcmp(kind, "web-source") == 0)
		return "company";
	return strcmp(kind, "responsibility") == 0 ? "person" : NULL;
}

static int
check_type(struct store *store, struct arena *arena, int64_t id, const char *kind, struct err *err)
{
	const char *wanted = kind_is_for(kind);
	struct contact contact;

	if (contact_get(store, arena, id, &contact, err) < 0)
		return -1;
	if (wanted == NULL || strcmp(contact.type, wanted) == 0)
		return 0;
	return fail_field(err, ERR_REFUSED, "contact", "'%s' is a %s, and %s %s is for a %s",
		contact.name, contact.type, article_of(kind), kind, wanted);
}

/* A tag is a word of its own: lower case, no blanks. */
static int
check_tag(struct arena *arena, const char **tag, struct err *err)
{
	enum { TAG_MAX = 40 };
	const char *folded = text_fold(arena, *tag);

	if (folded[0] == '\0' || strlen(folded) > TAG_MAX || strpbrk(folded, " \t,") != NULL)
		return fail_field(err, ERR_USAGE, "code",
			"the tag '%.60s' is not one word of at most %d characters", *tag, TAG_MAX);
	*tag = folded;
	return 0;
}

static int
settle(struct store *store, struct arena *arena, struct contact_label *label, struct err *err)
{
	if (strcmp(label->kind, "tag") == 0)
		return check_tag(arena, &label->code, err);
	return code_take(store, arena, label->kind, "code", &label->code, err);
}

/* ---- rows ---- */

static const char SELECT_LABEL[] =
	"SELECT id FROM contact_label WHERE contact_id = ?1 AND kind = ?2 AND code = ?3";

/* *id 0: the contact has none. */
static int
look_up(struct store *store, int64_t contact, const char *kind, const char *code, int64_t *id,
	struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_LABEL);

	*id = 0;
	stmt_bind_int(q, contact);
	stmt_bind_text(q, kind);
	stmt_bind_text(q, code);
	return sql_get_int(q, id, NULL, err);
}

int
contact_label_find(struct store *store, int64_t contact, const char *kind, const char *code,
	int64_t *id, struct err *err)
{
	int64_t found;

	if (look_up(store, contact, kind, code, &found, err) < 0)
		return -1;
	if (found == 0)
		return fail_field(
			err, ERR_NOT_FOUND, "code", "the contact has no %s '%.60s'", kind, code);
	*id = found;
	return 0;
}

static const char PUT_LABEL[] =
	"INSERT INTO contact_label (contact_id, kind, code, word) VALUES (?1, ?2, ?3, ?4)"
	" ON CONFLICT (contact_id, kind, code) DO UPDATE SET word = excluded.word";

int
contact_label_add(struct store *store, struct arena *arena, int64_t contact,
	struct contact_label *label, bool *added, struct err *err)
{
	struct stmt *q;
	int64_t id;

	if (check_type(store, arena, contact, label->kind, err) < 0 ||
		settle(store, arena, label, err) < 0 ||
		look_up(store, contact, label->kind, label->code, &id, err) < 0)
		return -1;
	*added = id == 0;
	q = sql_prepare(store, PUT_LABEL);
	stmt_bind_int(q, contact);
	stmt_bind_text(q, label->kind);
	stmt_bind_text(q, label->code);
	stmt_bind_text(q, label->word);
	return stmt_run(q, err) < 0 ? -1 : contact_index(store, arena, contact, err);
}

static const char DELETE_LABEL[] = "DELETE FROM contact_label WHERE id = ?";

int
contact_label_remove(
	struct store *store, int64_t contact, const char *kind, const char *code, struct err *err)
{
	struct stmt *q;
	int64_t id;

	if (contact_label_find(store, contact, kind, code, &id, err) < 0)
		return -1;
	q = sql_prepare(store, DELETE_LABEL);
	stmt_bind_int(q, id);
	return stmt_run(q, err) < 0 ? -1 : contact_index_alone(store, contact, err);
}

/* ---- as JSON ---- */

/* The address of a web source with the word, percent-encoded (RFC 3986), in place of "%1". */
static void
write_address(struct json_out *out, const char *address, const char *word)
{
	static const char HEX[] = "0123456789ABCDEF";
	const char *mark = strstr(address, "%1");
	struct text text = { 0 };

	text_add_n(&text, address, mark != NULL ? (size_t)(mark - address) : strlen(address));
	for (; mark != NULL && word != NULL && *word != '\0'; word++) {
		unsigned char c = (unsigned char)*word;

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			strchr("-._~", c) != NULL) {
			text_add_char(&text, (char)c);
			continue;
		}
		text_add_char(&text, '%');
		text_add_char(&text, HEX[c >> 4]);
		text_add_char(&text, HEX[c & 15]);
	}
	if (mark != NULL)
		text_add(&text, mark + 2);
	json_text(out, "address", text.bytes);
	text_clear(&text);
}

static const char SELECT_ROW[] =
	"SELECT l.id, l.kind, l.code, o.text, l.word FROM contact_label l LEFT JOIN code o"
	" ON o.kind = l.kind AND o.code = l.code WHERE l.id = ?";

int
contact_label_write(struct store *store, int64_t id, struct json_out *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_ROW);

	stmt_bind_int(q, id);
	if (stmt_row(q)) {
		struct arena *arena = arena_new();
		const char *text, *kind;

		json_object_begin(out, NULL);
		json_int(out, "id", stmt_int(q));
		json_text(out, "kind", kind = stmt_text_copy(q, arena));
		json_text(out, "code", stmt_text(q));
		json_text(out, "text", text = stmt_text_copy(q, arena));
		if (strcmp(kind, "web-source") == 0 && text != NULL) {
			const char *word = stmt_text_copy(q, arena);

			json_text(out, "word", word);
			write_address(out, text, word);
		}
		json_object_end(out);
		arena_free(arena);
	}
	return stmt_end(q, err);
}

static const char SELECT_CODES[] =
	"SELECT code || coalesce(' ' || word, '') FROM contact_label WHERE contact_id = ?1"
	" AND kind = ?2 ORDER BY code";

int
contact_labels_write(struct store *store, int64_t contact, const char *kind, const char *name,
	struct json_out *out, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_CODES);

	stmt_bind_int(q, contact);
	stmt_bind_text(q, kind);
	json_array_begin(out, name);
	while (stmt_row(q))
		json_text(out, NULL, stmt_text(q));
	json_array_end(out);
	return stmt_end(q, err);
}

/* ---- all of a kind ---- */

const char *const contact_label_kinds[] = { "mailing-group", "industry-group", "responsibility",
	"web-source", "tag", NULL };

static const char SELECT_ANY[] =
	"SELECT 1 FROM contact_label WHERE contact_id = ?1 AND kind = ?2 LIMIT 1";

int
contact_labels_any(
	struct store *store, int64_t contact, const char *kind, bool *any, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_ANY);

	stmt_bind_int(q, contact);
	stmt_bind_text(q, kind);
	return sql_get_int(q, NULL, any, err);
}

static const char DELETE_KIND[] = "DELETE FROM contact_label WHERE contact_id = ?1 AND kind = ?2";

int
contact_labels_clear(struct store *store, int64_t contact, const char *kind, struct err *err)
{
	struct stmt *q = sql_prepare(store, DELETE_KIND);

	stmt_bind_int(q, contact);
	stmt_bind_text(q, kind);
	return stmt_run(q, err);
}
