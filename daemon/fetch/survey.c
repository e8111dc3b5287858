#include <string.h>
#include <strings.h>

#include "liaison/base/clock.h"
#include "mailbox.h"
#include "recording.h"

/* What a check of another host looks at beyond the folders' names: of each one that would be watched its
 * UIDVALIDITY, how many messages are in it, and the Message-IDs of some of the newest. */

enum { FOLDERS_SURVEYED = 100, SAMPLE_MAX = 20, ID_MAX = 300 };

static void
wait_on(struct connection *c)
{
	c->deadline = clock_monotonic_ms() + ANSWER_MS;
	session_arm(c);
}

static void
next_folder(struct connection *c)
{
	struct mailbox *box = c->shown;
	struct err err = { 0 };

	while (c->surveyed < box->folder_count && c->surveys < FOLDERS_SURVEYED &&
		!(c->recording && recording_is_full(c->recording))) {
		struct folder *folder = box->folders[c->surveyed];

		if (folder->mode != FOLDER_UNWATCHED && folder->listed &&
			!(folder->attributes & IMAP_NOSELECT)) {
			c->surveys++;
			wait_on(c);
			if (imap_examine(c->imap, folder->wire, &err) != 0)
				return;
		}
		c->surveyed++;
	}
	if (c->recording)
		recording_tell(c, NULL);
	else
		folders_write(box, imap_capabilities(c->imap), FRAME_CHECKED, c->check_token);
	session_leave(c);
}

void
survey_begin(struct connection *c)
{
	c->surveyed = 0;
	c->surveys = 0;
	next_folder(c);
}

static struct folder *
folder_at(const struct connection *c)
{
	return c->shown->folders[c->surveyed];
}

void
survey_examined(struct connection *c, const struct imap_event *event)
{
	const struct imap_mailbox *counts = imap_selected(c->imap);
	struct folder *folder = folder_at(c);
	struct uid_set newest = { 0 };
	struct err err = { 0 };
	uint32_t last = counts->uidnext - 1, most = SAMPLE_MAX;
	unsigned what = IMAP_FETCH_HEADERS, id = 0;

	if (event->status != IMAP_OK) {
		c->surveyed++;
		next_folder(c);
		return;
	}
	folder->uidvalidity = counts->uidvalidity;
	folder->exists = counts->messages;
	folder->counted = true;
	if (counts->has_uidnext && counts->messages > 0 && last > 0) {
		if (c->recording) {
			most = recording_messages(c->recording);
			what |= IMAP_FETCH_STRUCTURE;
		}
		uid_set_add_range(&newest, last > most ? last - most + 1 : 1, last);
		id = imap_fetch(c->imap, &newest, what, &err);
		uid_set_clear(&newest);
	}
	if (id != 0) {
		wait_on(c);
		return;
	}
	c->surveyed++;
	next_folder(c);
}

/* Ours to compare with, so nothing is made of what is not plain. */
static size_t
plain_size(const char *id, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (id[i] <= ' ' || id[i] > '~')
			return 0;
	return size <= ID_MAX ? size : 0;
}

static void
add_message_id(struct text *sample, const char *line, size_t size)
{
	const char *open = memchr(line, '<', size);
	const char *close = open ? memchr(open, '>', size - (size_t)(open - line)) : NULL;
	size_t plain = close ? plain_size(open + 1, (size_t)(close - open - 1)) : 0;

	if (plain == 0)
		return;
	text_add_n(sample, open + 1, plain);
	text_add(sample, "\n");
}

/* The field, with the lines it goes on in. */
static size_t
field_size(const char *at, const char *end)
{
	const char *from = at;

	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));

		at = newline ? newline + 1 : end;
		if (at < end && *at != ' ' && *at != '\t')
			break;
	}
	return (size_t)(at - from);
}

void
survey_message(struct connection *c, const struct imap_message *message)
{
	static const char NAME[] = "message-id:";
	const char *at = message->header, *end = at ? at + message->header_size : NULL;
	struct folder *folder = folder_at(c);

	if (!at || c->phase != PHASE_LIST || folder->sampled >= SAMPLE_MAX)
		return;
	folder->sampled++;
	while (at < end) {
		size_t size = field_size(at, end);

		if (size > sizeof NAME && strncasecmp(at, NAME, sizeof NAME - 1) == 0) {
			add_message_id(&folder->sample, at, size);
			return;
		}
		at += size;
	}
}

void
survey_fetched(struct connection *c)
{
	c->surveyed++;
	next_folder(c);
}
