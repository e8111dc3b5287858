#include "import_row.h"

#include <string.h>

#include "contact_change.h"
#include "liaison/base/text.h"
#include "record.h"

/* One row of a file becomes a contact, or what it says is added to the one that is there. That is told by
 * its number, else by an address; never by its name. */

void
import_diff_add(struct arena *arena, struct import_outcome *out, const char *field,
	const char *before, const char *after)
{
	struct import_diff *diff = arena_alloc(arena, sizeof *diff);

	*diff = (struct import_diff){ NULL, field, before, after };
	if (out->last != NULL)
		out->last->next = diff;
	else
		out->first = diff;
	out->last = diff;
}

/* ---- a new one ---- */

/* What the journal says of it: the fields that are not blank, and its addresses. */
static int
journal_new(struct row *row, const struct contact *contact, struct err *err)
{
	static const struct contact NOBODY;
	struct text old_text = { 0 }, new_text = { 0 };
	struct json_out old_fields, new_fields;
	int result;

	json_out_init(&old_fields, &old_text);
	json_out_init(&new_fields, &new_text);
	json_object_begin(&old_fields, NULL);
	json_object_begin(&new_fields, NULL);
	json_text(&new_fields, "no", contact->no);
	result = row_write_lists(row, contact->id, &new_fields, err);
	contact_diff_write(&NOBODY, contact, &old_fields, &new_fields);
	json_object_end(&new_fields);
	if (result == 0)
		result = call_journal(row->call, "contact", contact->id, NULL, new_text.bytes, err);
	text_clear(&old_text);
	text_clear(&new_text);
	return result;
}

/* Setup's defaults, asked for once a transaction. */
static int
fill_defaults(struct row *row, struct contact *contact, struct err *err)
{
	struct call *call = row->call;
	bool company = strcmp(contact->type, "company") == 0;
	struct contact *model = row->defaults->models[company];

	if (model == NULL) {
		const char *mine;

		model = arena_alloc(row->defaults->arena, sizeof *model);
		model->type = contact->type;
		if (call_salesperson(call, &mine, err) < 0 ||
			contact_fill_defaults(call->store, row->defaults->arena, model, mine, err) <
				0)
			return -1;
		row->defaults->models[company] = model;
	}
	for (const struct contact_field *f = contact_fields; f->name != NULL; f++) {
		const char *const *from = (const void *)((const char *)model + f->offset);
		const char **to = (void *)((char *)contact + f->offset);

		if (f->type == CONTACT_TEXT && (*to == NULL || (*to)[0] == '\0'))
			*to = *from;
	}
	return 0;
}

static void
guess_type(struct row *row, struct contact *contact)
{
	bool named = contact->name != NULL || contact->first_name != NULL ||
		     contact->surname != NULL;

	if (contact->type == NULL)
		contact->type = row_gives(row, TARGET_DOMAIN) ||
						(!named && row->company_name != NULL)
					? "company"
					: "person";
	if (strcmp(contact->type, "company") == 0 && contact->name == NULL)
		contact->name = row->company_name;
}

/* Whoever has no name is called as the address says. */
static void
name_by_address(struct row *row, struct contact *contact)
{
	if (contact->name != NULL || row->parts_given)
		return;
	for (unsigned i = 0; i < row->count && contact->name == NULL; i++) {
		const char *at = row->values[i].text;
		struct list_element element;

		if (row->values[i].target.kind == TARGET_EMAIL &&
			list_next(row->call->arena, &at, &element))
			contact->name = element.key;
	}
}

/* A dump's parts of the name are what they were, not what the name would be split into. */
static int
restore_name(
	struct row *row, const struct contact *wanted, struct contact *contact, struct err *err)
{
	if (!row->rule->exact || strcmp(contact->type, "person") != 0 ||
		(text_same(wanted->first_name, contact->first_name) &&
			text_same(wanted->middle_name, contact->middle_name) &&
			text_same(wanted->surname, contact->surname)))
		return 0;
	contact->first_name = wanted->first_name;
	contact->middle_name = wanted->middle_name;
	contact->surname = wanted->surname;
	return contact_update(row->call->store, row->call->arena, contact, row->call->now, err);
}

static int
follow_company(struct row *row, struct contact *contact, struct err *err)
{
	const struct import_defaults *defaults = row->defaults;
	struct call *call = row->call;

	if (defaults->company_name != NULL && contact->company_id == defaults->company.id)
		return contact_follow_new(
			call->store, call->arena, &defaults->company, contact, err);
	return contact_follow_company(call->store, call->arena, NULL, contact, err);
}

static int
store_new(struct row *row, struct contact *contact, struct err *err)
{
	struct call *call = row->call;
	const struct contact wanted = *contact;

	if (!row->rule->exact &&
		(follow_company(row, contact, err) < 0 || fill_defaults(row, contact, err) < 0))
		return -1;
	if (contact_add(call->store, call->arena, contact, call->now, err) < 0)
		return -1;
	return restore_name(row, &wanted, contact, err);
}

static void
show_new(struct row *row)
{
	for (unsigned i = 0; i < row->count; i++) {
		const struct import_value *value = &row->values[i];

		if (value->text[0] == '\0' || value->target.kind == TARGET_NONE)
			continue;
		import_diff_add(row->call->arena, row->out,
			value->target.kind == TARGET_FIELD
				? arena_printf(row->call->arena, "field.%s", value->target.name)
				: value->target.name,
			NULL, value->text);
	}
}

static void
note_seen(struct row *row, const struct contact *contact)
{
	struct contact_email *emails;
	unsigned count;
	struct err ignored;
	bool person;

	if (row->seen == NULL)
		return;
	if (row->no != NULL)
		import_seen_add(row->seen, 'n', row->no);
	if (strcmp(contact->type, "company") == 0)
		import_seen_add(row->seen, 'c', text_fold(row->call->arena, contact->name));
	if (contact_emails(
		    row->call->store, row->call->arena, contact->id, &emails, &count, &ignored) < 0)
		return;
	person = strcmp(contact->type, "person") == 0;
	if (contact->external_id != NULL)
		import_seen_add(row->seen, person ? 'x' : 'X', contact->external_id);
	for (unsigned i = 0; i < count; i++) {
		import_seen_add(row->seen, 'e', emails[i].address);
		if (person)
			import_seen_add(row->seen, 'P', emails[i].address);
		import_seen_add(row->seen, 'a',
			arena_printf(row->call->arena, "%s %s", emails[i].address,
				text_fold(row->call->arena, contact->name)));
	}
}

/* One that is blocked gets no more relations; what it had before is brought along by a dump. */
static struct contact
hold_block(const struct row *row, struct contact *contact)
{
	const struct contact held = *contact;

	if (row->rule->exact)
		contact->privacy_blocked = contact->minor = false;
	return held;
}

static int
restore_block(struct row *row, const struct contact *held, struct contact *contact, struct err *err)
{
	if (!row->rule->exact || (held->privacy_blocked == contact->privacy_blocked &&
					 held->minor == contact->minor))
		return 0;
	contact->privacy_blocked = held->privacy_blocked;
	contact->minor = held->minor;
	return contact_update(row->call->store, row->call->arena, contact, row->call->now, err);
}

/* ---- one that is there ---- */

/* What the journal's entry says, field by field. */
static void
show_change(struct row *row, const struct change *change)
{
	json_t *before = json_loadb(change->old_text.bytes, change->old_text.size, 0, NULL);
	json_t *after = json_loadb(change->new_text.bytes, change->new_text.size, 0, NULL);
	struct arena *arena = row->call->arena;
	const char *name;
	json_t *value;

	json_object_foreach(after, name, value)
	{
		const json_t *old = json_object_get(before, name);

		if (strcmp(name, "version") != 0 && !json_equal(value, old))
			import_diff_add(arena, row->out, arena_text(arena, name),
				plain_text(arena, old), plain_text(arena, value));
	}
	json_decref(before);
	json_decref(after);
}

static int
read_change(struct row *row, struct change *change, struct err *err)
{
	struct contact *after = &change->after;
	int waits;

	if (row_set_plains(row, after, err) < 0)
		return -1;
	if (after->type == NULL)
		after->type = change->before.type;
	waits = row_set_company(row, after, err);
	if (waits != 0)
		return waits;
	contact_settle_name(row->call->arena, after, row->name_given, row->parts_given);
	return row->rule->exact ? 0
				: contact_follow_company(row->call->store, row->call->arena,
					  &change->before, after, err);
}

/* The lists of before and after, which are written in front of the fields that differ. */
static bool
lists_differ(const struct change *change)
{
	return change->old_text.size != change->new_text.size ||
	       memcmp(change->old_text.bytes, change->new_text.bytes, change->old_text.size) != 0;
}

/* A company that was made for its persons has another number than its row. */
static int
settle_number(struct row *row, struct change *change, struct err *err)
{
	struct contact *after = &change->after;

	if (row->no == NULL || !row->made)
		return 0;
	if (import_set_no(row->call->store, row->call->arena, after->id, &row->no, err) < 0)
		return -1;
	json_text(&change->old_fields, "no", after->no);
	json_text(&change->new_fields, "no", row->no);
	after->no = row->no;
	row->changed = true;
	return 0;
}

static int
store_change(struct row *row, struct change *change, struct err *err)
{
	struct call *call = row->call;
	int64_t id = change->before.id;
	bool differs = contact_differs(&change->before, &change->after);

	if (settle_number(row, change, err) < 0 ||
		row_write_lists(row, id, &change->old_fields, err) < 0 ||
		(differs && change_store(call, change, err) < 0) ||
		row_add_lists(row, id, false, err) < 0 ||
		row_write_lists(row, id, &change->new_fields, err) < 0)
		return -1;
	row->changed |= lists_differ(change);
	if (!differs && !row->changed)
		return 0;
	if (!differs) {
		if (contact_touch(call->store, id, call->now, err) < 0)
			return -1;
		change->after.version++;
	}
	row->out->end = IMPORT_CHANGED;
	if (change_journal(call, change, err) < 0)
		return -1;
	show_change(row, change);
	return change_heirs(call, change, TIME_MIN, err);
}

/* Two rows of one file that have an address in common, and are called otherwise, are two. */
static int
refuse_namesake(const struct row *row, const struct change *change, struct err *err)
{
	const struct contact *before = &change->before;

	if (!row->by_email || row->defaults->first_id == 0 ||
		before->id < row->defaults->first_id || before->created != row->call->now ||
		row->made || text_equal_nocase(before->name, change->after.name))
		return 0;
	fail_field(err, ERR_CONFLICT, "email",
		"an earlier row of this file has its address and is called '%.80s' (%s), not "
		"'%.80s'",
		before->name, before->no, change->after.name);
	return err_hint(err, "whoever shares an address is told apart by a column no");
}

static int
change_contact(struct row *row, int64_t id, struct err *err)
{
	struct change change;
	int result = change_begin(row->call, id, &change, err);

	row->out->end = IMPORT_SAME;
	if (result == 0)
		result = read_change(row, &change, err);
	if (result == 0)
		result = refuse_namesake(row, &change, err);
	if (result == 1)
		row->out->end = IMPORT_WAITS;
	else if (result == 0)
		result = store_change(row, &change, err);
	row->out->id = id;
	row->out->no = change.before.no;
	row->out->name = change.after.name;
	change_clear(&change);
	return result < 0 ? -1 : 0;
}

/* ---- either ---- */

/* What a dry run has not kept. */
static int
change_unseen(struct row *row)
{
	row->out->end = IMPORT_CHANGED;
	show_new(row);
	return 0;
}

static int
add_contact(struct row *row, struct err *err)
{
	struct contact contact = { .no = row->no, .numbers = &row->defaults->numbers }, blocked;
	int64_t made;
	int waits;

	if (row_set_plains(row, &contact, err) < 0)
		return -1;
	guess_type(row, &contact);
	name_by_address(row, &contact);
	if (row_match_made(row, &contact, &made, err) < 0)
		return -1;
	if (made != 0)
		return change_contact(row, made, err);
	if (row->virtual)
		return change_unseen(row);
	waits = row_set_company(row, &contact, err);
	if (waits != 0) {
		row->out->end = IMPORT_WAITS;
		return waits < 0 ? -1 : 0;
	}
	blocked = hold_block(row, &contact);
	if (store_new(row, &contact, err) < 0 || row_add_lists(row, contact.id, true, err) < 0 ||
		restore_block(row, &blocked, &contact, err) < 0 ||
		journal_new(row, &contact, err) < 0)
		return -1;
	row->company_stays = strcmp(contact.type, "person") == 0 && row->out->companies == 0;
	row->out->end = IMPORT_ADDED;
	row->out->id = contact.id;
	row->out->no = contact.no;
	row->out->name = contact.name;
	show_new(row);
	note_seen(row, &contact);
	return 0;
}

static int
apply(struct row *row, struct err *err)
{
	int64_t id;

	row_read_references(row);
	if (row_match(row, &id, err) < 0)
		return -1;
	if (id != 0)
		return change_contact(row, id, err);
	return row->virtual ? change_unseen(row) : add_contact(row, err);
}

int
import_apply(struct call *call, const struct import_rule *rule, struct import_seen *seen,
	struct import_defaults *defaults, const struct import_value *values, unsigned count,
	bool late, struct import_outcome *out, struct err *err)
{
	struct row row = { .call = call,
		.rule = rule,
		.seen = seen,
		.defaults = defaults,
		.values = values,
		.count = count,
		.late = late,
		.out = out };
	int result;

	*out = (struct import_outcome){ 0 };
	result = apply(&row, err);
	if (result < 0 || !row.company_stays)
		defaults->company_name = NULL;
	return result;
}
