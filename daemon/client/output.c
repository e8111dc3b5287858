#include "output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "form.h"
#include "pager.h"
#include "record.h"
#include "zone.h"

enum { USUAL_WIDTH = 80 };

static size_t
terminal_width(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return USUAL_WIDTH;
}

static bool
wants_color(const struct options *options, bool terminal)
{
	const char *none = getenv("NO_COLOR"), *kind = getenv("TERM");

	switch (options->color) {
	case COLOR_ALWAYS:
		return true;
	case COLOR_NEVER:
		return false;
	case COLOR_AUTO:
		break;
	}
	if (!terminal || (none != NULL && *none != '\0'))
		return false;
	return kind == NULL || strcmp(kind, "dumb") != 0;
}

void
output_open(struct output *output, struct arena *arena, const struct options *options)
{
	struct err err;

	*output = (struct output){ .options = options, .arena = arena };
	output->terminal = isatty(STDOUT_FILENO) == 1;
	output->color = wants_color(options, output->terminal);
	if (output->terminal) {
		output->width = terminal_width();
		output->zone = zone_load(zone_own(), &err);
	}
}

bool
output_wants_method(const struct output *output)
{
	enum format format = output->options->format;

	return format == FORMAT_TABLE || format == FORMAT_IDS;
}

bool
output_is_list(const json_t *result)
{
	return json_is_array(json_object_get(result, "items"));
}

/* ---- the choice --------------------------------------------------------------------------------- */

static void
print_items(struct output *output, const json_t *items)
{
	switch (output->options->format) {
	case FORMAT_TABLE:
		if (output->terminal)
			form_table(output, items);
		else
			form_lines(output, items, false, false);
		break;
	case FORMAT_CSV:
		form_lines(output, items, true, true);
		break;
	case FORMAT_TSV:
		form_lines(output, items, false, true);
		break;
	case FORMAT_IDS:
		form_ids(output, items);
		break;
	case FORMAT_JSONL:
		form_jsonl(output, items);
		break;
	case FORMAT_JSON:
		break;
	}
	output->items += json_array_size(items);
}

/* {"text": …} is lines to be read: help, a page. */
static const char *
only_text(const json_t *result)
{
	return json_object_size(result) == 1 ? json_string_value(json_object_get(result, "text"))
					     : NULL;
}

static void
print_record(struct output *output, const json_t *record)
{
	struct table_style style = form_record_style(output);
	json_t *shown;

	output->method = NULL; /* its columns are those of a list */
	shown = form_chosen(output, record);
	if (output->terminal)
		record_print(stdout, output->arena, shown, output->options->verbose, &style);
	else
		form_pairs(output, shown);
	json_decref(shown);
}

static void
print_single(struct output *output, const json_t *result)
{
	struct text text = { 0 };

	if (only_text(result) != NULL) {
		output_text(output, only_text(result));
	} else if (json_is_object(result)) {
		print_record(output, result);
	} else if (!json_is_null(result)) {
		cell_text(&text, result, &cell_plain);
		output_text(output, text.bytes);
	}
	text_clear(&text);
}

void
output_result(struct output *output, const json_t *result, bool last)
{
	enum format format = output->options->format;

	if (output->terminal && format == FORMAT_TABLE && !output->options->no_pager)
		pager_start(&output->pager);
	if (output_is_list(result) && format == FORMAT_JSON) {
		form_json_list(output, result, last);
	} else if (output_is_list(result)) {
		print_items(output, json_object_get(result, "items"));
	} else if (format == FORMAT_JSON) {
		form_json(output, result);
	} else if (format == FORMAT_TABLE) {
		print_single(output, result);
	} else {
		json_t *items = json_pack("[O]", result);

		print_items(output, items);
		json_decref(items);
	}
}

void
output_text(struct output *output, const char *text)
{
	bool changed;
	size_t size = strlen(text);
	char *clean = text_clean(output->arena, text, size, size * 3 + 1, true, &changed);

	fputs(clean, stdout);
	size = strlen(clean);
	if (size > 0 && clean[size - 1] != '\n')
		putchar('\n');
}

int
output_close(struct output *output, struct err *err)
{
	int result = 0;

	errno = 0;
	if ((fflush(stdout) != 0 || ferror(stdout)) && errno != EPIPE && output->pager == 0)
		result = fail(
			err, ERR_STORAGE, "standard output cannot be written: %s", strerror(errno));
	pager_end(&output->pager);
	text_clear(&output->json);
	text_clear(&output->rest);
	zone_free(output->zone);
	output->zone = NULL;
	return result;
}
