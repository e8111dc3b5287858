#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "complete.h"
#include "discover.h"
#include "zone.h"

static json_t *document;

static const char DISCOVER[] =
	"{\"methods\":["
	"{\"name\":\"rpc.discover\",\"params\":[]},"
	"{\"name\":\"contact.add\",\"summary\":\"add a contact\",\"x-key\":\"no\",\"params\":["
	"{\"name\":\"name\",\"x-positional\":true,\"schema\":{\"type\":\"string\"}},"
	"{\"name\":\"job_title\",\"summary\":\"what they do\",\"schema\":{\"type\":\"string\"}},"
	"{\"name\":\"type\",\"schema\":{\"type\":\"string\",\"enum\":[\"person\",\"company\"]}}]},"
	"{\"name\":\"contact.email.add\",\"summary\":\"add an address\",\"params\":[]},"
	"{\"name\":\"contact.import\",\"params\":["
	"{\"name\":\"file\",\"x-positional\":true,\"schema\":{\"type\":\"string\",\"x-type\":"
	"\"input\"}}]},"
	"{\"name\":\"contact.find\",\"x-columns\":[\"no\",\"name\"],\"params\":[]},"
	"{\"name\":\"find\",\"x-shorthand\":\"contact.find\",\"params\":[]}]}";

/* words are blank-separated; a trailing blank begins a new one. */
static const char *
complete(const char *line)
{
	static struct text out;
	char copy[256];
	const char *words[16];
	size_t count = 0;

	snprintf(copy, sizeof copy, "%s", line);
	for (char *at = copy; at != NULL;) {
		char *blank = strchr(at, ' ');

		words[count++] = at;
		if (blank != NULL)
			*blank++ = '\0';
		at = blank;
	}
	text_reset(&out);
	text_add(&out, "");
	complete_words(&out, document, words, count);
	return out.bytes;
}

static void
completes_nouns_and_verbs(void **state)
{
	(void)state;
	assert_string_equal(complete("con"), "contact\n");
	assert_string_equal(complete("contact "), "add\tadd a contact\nemail\nimport\nfind\n");
	assert_string_equal(complete("contact e"), "email\n");
	assert_string_equal(complete("contact email "), "add\tadd an address\n");
	assert_string_equal(complete("comp"), "completion\tprint a completion script\n");
}

static void
completes_flags_and_their_values(void **state)
{
	(void)state;
	assert_string_equal(complete("contact add --jo"), "--job-title\twhat they do\n");
	assert_string_equal(complete("contact add Ada --type "), "person\ncompany\n");
	assert_string_equal(complete("contact add Ada --type c"), "company\n");
	assert_string_equal(complete("contact import "), ":files\n");
	assert_string_equal(complete("contact import a b "), "");
}

static void
completes_its_own_options(void **state)
{
	(void)state;
	assert_string_equal(complete("contact list --no-p"), "--no-pager\tdo not start a pager\n");
	assert_string_equal(complete("--format j"), "json\njsonl\n");
	assert_string_equal(complete("--format json contact e"), "email\n");
	assert_null(strstr(complete("-"), "--bridge"));
}

static void
finds_the_longest_method_and_follows_shorthands(void **state)
{
	const char *words[] = { "contact", "email", "add", "C1" };
	const char *shorthand[] = { "find", "ada" };
	const json_t *method;
	size_t used, length;

	(void)state;
	method = discover_method(document, words, 4, &used);
	assert_string_equal(
		json_string_value(json_object_get(method, "name")), "contact.email.add");
	assert_int_equal(used, 3);
	method = discover_method(document, shorthand, 2, &used);
	assert_string_equal(json_string_value(json_object_get(method, "name")), "contact.find");
	assert_string_equal(discover_column(method, 1, &length), "name");
	assert_null(discover_column(method, 2, &length));
	assert_null(discover_method(document, words + 3, 1, &used));
}

/* Packages take the scripts from contrib/completions. */
static void
prints_the_scripts_that_are_installed(void **state)
{
	static const char *const shells[][2] = { { "bash", "contrib/completions/liaison" },
		{ "zsh", "contrib/completions/_liaison" },
		{ "fish", "contrib/completions/liaison.fish" } };
	static char bytes[8192];
	const char *script;
	struct err err;

	(void)state;
	for (int i = 0; i < 3; i++) {
		FILE *file = fopen(shells[i][1], "r");
		size_t size;

		assert_int_equal(complete_script(shells[i][0], &script, &err), 0);
		if (file == NULL) /* not run from the top of the tree */
			continue;
		size = fread(bytes, 1, sizeof bytes - 1, file);
		bytes[size] = '\0';
		fclose(file);
		assert_string_equal(bytes, script);
	}
	assert_int_equal(complete_script("tcsh", &script, &err), -1);
	assert_int_equal(complete_script(NULL, &script, &err), -1);
}

static void
knows_the_zone_by_its_name(void **state)
{
	(void)state;
	setenv("TZ", ":Europe/Berlin", 1);
	assert_string_equal(zone_own(), "Europe/Berlin");
}

static int
set_up(void **state)
{
	(void)state;
	document = json_loads(DISCOVER, 0, NULL);
	return document == NULL ? -1 : 0;
}

static int
tear_down(void **state)
{
	(void)state;
	json_decref(document);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(completes_nouns_and_verbs),
		cmocka_unit_test(completes_flags_and_their_values),
		cmocka_unit_test(completes_its_own_options),
		cmocka_unit_test(finds_the_longest_method_and_follows_shorthands),
		cmocka_unit_test(prints_the_scripts_that_are_installed),
		cmocka_unit_test(knows_the_zone_by_its_name),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
