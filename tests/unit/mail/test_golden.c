#include "liaison/base/clock.h"

#include <dirent.h>
#include <stdlib.h>

#include "fixture.h"

/* Each header block of tests/data/mail as people read it: NAME.eml gives NAME.expected. A failure
 * prints what came out; with LIAISON_GOLDEN=write it is written down, to be read by a person. */

static const char FOLDER[] = "tests/data/mail";

static const char *const roles[] = { "", "from", "sender", "reply-to", "to", "cc", "bcc" };
static const char *const classes[] = { "personal", "bulk", "automatic" };
static const char *const flags[] = { "truncated", "cleaned", "ambiguous-from", "no-from",
	"date-missing", "date-future", "no-structure", "mixed-script", "spoofed-name",
	"unknown-charset" };

static void
write_parties(const struct event *event, struct text *out)
{
	for (unsigned i = 0; i < event->party_count; i++) {
		const struct event_party *party = &event->parties[i];

		text_printf(out, "%s: %s <%s> %s\n", roles[party->role],
			party->name == NULL ? "-" : party->name, party->email,
			party->address == NULL ? "-" : party->address);
	}
}

static void
write_ids(const struct event *event, struct text *out)
{
	text_printf(out, "message-id: %s\nin-reply-to: %s\nreferences:",
		event->message_id == NULL ? "-" : event->message_id,
		event->in_reply_to == NULL ? "-" : event->in_reply_to);
	for (unsigned i = 0; i < event->reference_count; i++)
		text_printf(out, " %s", event->references[i]);
	text_add(out, "\n");
}

static void
write_event(const struct event *event, struct text *out)
{
	text_printf(out, "at: %s\ndate: %s\nsubject: %s\n",
		time_text(arena, event->at, event->offset_min),
		event->date == 0 ? "-" : time_text(arena, event->date, 0),
		event->subject == NULL ? "-" : event->subject);
	write_ids(event, out);
	write_parties(event, out);
	text_printf(out, "class: %s %s\n", classes[event->class],
		event->class_reason == NULL ? "-" : event->class_reason);
	text_printf(out,
		"list: %s\nsensitivity: %s\nflags:", event->list_id == NULL ? "-" : event->list_id,
		event->sensitivity == NULL ? "-" : event->sensitivity);
	for (unsigned i = 0; i < sizeof flags / sizeof *flags; i++)
		if (event->flags >> i & 1)
			text_printf(out, " %s", flags[i]);
	text_add(out, "\n");
}

static void
read_file(const char *path, struct text *out)
{
	FILE *file = fopen(path, "rb");
	char bytes[4096];
	size_t size;

	if (file == NULL)
		return;
	while ((size = fread(bytes, 1, sizeof bytes, file)) > 0)
		text_add_n(out, bytes, size);
	fclose(file);
}

static void
write_file(const char *path, const struct text *text)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(text->bytes, 1, text->size, file), text->size);
	fclose(file);
}

static void
check_file(const char *name)
{
	char *path = arena_printf(arena, "%s/%s", FOLDER, name);
	char *golden = arena_printf(arena, "%.*s.expected", (int)strlen(path) - 4, path);
	struct text header = { 0 }, expected = { 0 }, got = { 0 };

	read_file(path, &header);
	assert_true(header.size > 0);
	write_event(event_of_bytes(header.bytes, header.size), &got);
	if (getenv("LIAISON_GOLDEN") != NULL)
		write_file(golden, &got);
	read_file(golden, &expected);
	if (expected.size == 0 || strcmp(expected.bytes, got.bytes) != 0)
		fail_msg("%s is read as\n%s", name, got.bytes);
	text_clear(&header);
	text_clear(&expected);
	text_clear(&got);
}

static void
reads_each_header_as_people_read_it(void **state)
{
	DIR *folder = opendir(FOLDER);
	struct dirent *entry;
	unsigned count = 0;

	(void)state;
	assert_non_null(folder);
	while ((entry = readdir(folder)) != NULL) {
		size_t size = strlen(entry->d_name);

		if (size > 4 && strcmp(entry->d_name + size - 4, ".eml") == 0) {
			check_file(entry->d_name);
			count++;
		}
	}
	closedir(folder);
	assert_true(count >= 12);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		MAIL_TEST(reads_each_header_as_people_read_it),
	};

	return RUN_MAIL_TESTS(tests);
}
