#include "import.h"

#include <string.h>

/* What an import answers: the counts, and of errors and changes the first ones. */

/* The next element of a list that grows. */
static void
begin_item(struct text *list, struct json_out *out)
{
	if (list->size > 0)
		text_add_char(list, ',');
	json_out_init(out, list);
	json_object_begin(out, NULL);
}

void
import_tell_error(struct import_run *run, uint32_t line, const struct err *err)
{
	struct json_out out;

	if (run->error_count == IMPORT_SHOWN_MAX)
		return;
	run->error_count++;
	begin_item(&run->errors, &out);
	json_int(&out, "line", line);
	json_text(&out, "field", err->field[0] != '\0' ? err->field : NULL);
	json_text(&out, "error", err_name(err->code));
	json_text(&out, "message", err->message);
	json_text(&out, "hint", err->hint[0] != '\0' ? err->hint : NULL);
	json_object_end(&out);
}

void
import_tell_change(struct import_run *run, uint32_t line, const struct import_outcome *outcome)
{
	struct json_out out;

	if (run->change_count == IMPORT_CHANGES_MAX || run->changes.size > IMPORT_TOLD_MAX)
		return;
	run->change_count++;
	begin_item(&run->changes, &out);
	json_int(&out, "line", line);
	json_text(&out, "action", outcome->end == IMPORT_ADDED ? "add" : "change");
	json_text(&out, "no", outcome->end == IMPORT_ADDED ? NULL : outcome->no);
	json_text(&out, "name", outcome->name);
	json_array_begin(&out, "fields");
	for (const struct import_diff *diff = outcome->first; diff != NULL; diff = diff->next) {
		json_object_begin(&out, NULL);
		json_text(&out, "field", diff->field);
		json_text(&out, "before", diff->before);
		json_text(&out, "after", diff->after);
		json_object_end(&out);
	}
	json_array_end(&out);
	json_object_end(&out);
}

static void
write_list(struct json_out *out, const char *name, const struct text *list)
{
	struct text whole = { 0 };

	text_add_char(&whole, '[');
	if (list->size > 0)
		text_add_n(&whole, list->bytes, list->size);
	text_add_char(&whole, ']');
	json_raw(out, name, whole.bytes, whole.size);
	text_clear(&whole);
}

static const char *
field_name(const struct import_run *run, const struct import_target *target)
{
	return target->kind == TARGET_FIELD ? arena_printf(run->arena, "field.%s", target->name)
					    : target->name;
}

static void
write_columns(const struct import_run *run, struct json_out *out)
{
	json_array_begin(out, "columns");
	for (unsigned i = 0; i < run->column_count; i++) {
		if (run->columns[i].kind == TARGET_NONE)
			continue;
		json_object_begin(out, NULL);
		json_text(out, "column", run->captions[i]);
		json_text(out, "field", field_name(run, &run->columns[i]));
		json_object_end(out);
	}
	json_array_end(out);
	json_array_begin(out, "unknown_columns");
	for (unsigned i = 0; i < run->column_count; i++) {
		if (run->columns[i].kind == TARGET_NONE)
			json_text(out, NULL, run->captions[i]);
	}
	json_array_end(out);
}

static const char *
and_also(struct arena *arena, const char *remark, const char *more)
{
	return remark == NULL ? more : arena_printf(arena, "%s; %s", remark, more);
}

/* What nobody might expect, and no row is refused for; NULL: nothing. */
static const char *
remark(const struct import_run *run)
{
	const struct import_counts *counts = &run->counts;
	struct arena *arena = run->arena;
	const char *text = NULL;

	if (counts->recoded > 0)
		text = arena_printf(arena,
			"%lld rows, the first in line %lld, are no UTF-8 and were read as "
			"Windows-1252",
			(long long)counts->recoded, (long long)counts->first_recoded);
	if (counts->shared > 0)
		text = and_also(arena, text,
			arena_printf(arena,
				"%lld rows, the first in line %lld, share an address "
				"with their company: mail of it is both's",
				(long long)counts->shared, (long long)counts->first_shared));
	if (counts->skipped > 0)
		text = and_also(arena, text,
			arena_printf(arena,
				"%lld rows were recorded by an earlier import of this file and are "
				"passed over, also if they were changed since: --again takes them "
				"once more",
				(long long)counts->skipped));
	return text;
}

/* How it was read; rows in another set than the rest are said to be. */
static void
write_reading(const struct import_run *run, struct json_out *out)
{
	const char delimiter[] = { run->delimiter, '\0' };

	json_text(out, "type", run->type == IMPORT_VCARD ? "vcard" : "csv");
	json_text(out, "encoding", run->counts.recoded > 0 ? "windows-1252" : run->encoding);
	json_text(out, "delimiter", run->delimiter == '\0' ? NULL : delimiter);
	json_text(out, "remark", remark(run));
}

void
import_tell_end(struct import_run *run)
{
	const struct import_counts *counts = &run->counts;
	struct json_out *out = run->call->call.out;

	json_object_begin(out, NULL);
	json_int(out, "rows", counts->rows);
	json_int(out, "added", counts->added);
	json_int(out, "changed", counts->changed);
	json_int(out, "unchanged", counts->same);
	json_int(out, "skipped", counts->skipped);
	json_int(out, "refused", counts->refused);
	json_int(out, "companies", counts->companies);
	if (run->journal_batch != 0 && !run->call->call.dry_run)
		json_int(out, "batch", run->journal_batch);
	else
		json_null_(out, "batch");
	json_bool(out, "dry_run", run->call->call.dry_run);
	write_reading(run, out);
	json_int(out, "left_out", run->left_out);
	json_array_begin(out, "left_out_names");
	for (unsigned i = 0; i < run->left_count; i++)
		json_text(out, NULL, run->left[i]);
	json_array_end(out);
	write_columns(run, out);
	write_list(out, "errors", &run->errors);
	write_list(out, "changes", &run->changes);
	json_object_end(out);
}
