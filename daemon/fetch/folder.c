#include <stdlib.h>
#include <string.h>

#include "liaison/base/clock.h"
#include "liaison/base/log.h"
#include "liaison/net/mutf7.h"
#include "mailbox.h"

/* The folders of a mailbox: which are watched and how, and whether they were looked at. */

struct folder *
folder_by_wire(const struct mailbox *box, const char *wire)
{
	for (size_t i = 0; i < box->folder_count; i++)
		if (strcmp(box->folders[i]->wire, wire) == 0)
			return box->folders[i];
	return NULL;
}

struct folder *
folder_by_name(const struct mailbox *box, const char *name, size_t size)
{
	for (size_t i = 0; i < box->folder_count; i++)
		if (strlen(box->folders[i]->name) == size &&
			memcmp(box->folders[i]->name, name, size) == 0)
			return box->folders[i];
	return NULL;
}

static void
free_folder(struct folder *folder)
{
	free(folder->name);
	free(folder->wire);
	free(folder->error);
	free(folder->deaf_why);
	text_clear(&folder->sample);
	uid_set_clear(&folder->poison);
	free(folder);
}

void
folders_free(struct mailbox *box)
{
	for (size_t i = 0; i < box->folder_count; i++)
		free_folder(box->folders[i]);
	free(box->folders);
	box->folders = NULL;
	box->folder_count = 0;
}

void
folders_begin(struct mailbox *box)
{
	for (size_t i = 0; i < box->folder_count; i++)
		box->folders[i]->seen = false;
}

void
folders_keep(struct mailbox *box)
{
	for (size_t i = 0; i < box->folder_count; i++)
		box->folders[i]->seen |= box->folders[i]->listed;
}

static struct folder *
add_folder(struct mailbox *box, const char *wire, const char *name)
{
	struct folder *folder = mem_zero(1, sizeof(*folder));

	folder->wire = mem_text(wire);
	folder->name = mem_text(name);
	folder->sync_wanted = box->sync_wanted;
	box->folders = mem_resize(box->folders, (box->folder_count + 1) * sizeof(folder));
	box->folders[box->folder_count++] = folder;
	return folder;
}

void
folder_listed(struct mailbox *box, const struct imap_mailbox *listed)
{
	struct folder *folder = folder_by_wire(box, listed->wire);
	const char *name = listed->attributes & IMAP_INBOX ? "INBOX" : listed->name;

	if (!folder) {
		if (box->folder_count == FOLDERS_MAX || name[0] == '\0' ||
			folder_by_name(box, name, strlen(name)))
			return;
		folder = add_folder(box, listed->wire, name);
	}
	folder->listed = folder->seen = true;
	folder->delimiter = listed->delimiter;
	folder->attributes = listed->attributes;
}

struct folder *
folder_expect(struct mailbox *box, const char *name, size_t size)
{
	struct arena *arena = arena_new();
	const char *clean = text_clean(arena, name, size, IMAP_NAME_MAX, false, &(bool){ false });
	struct folder *folder = folder_by_name(box, clean, strlen(clean));
	struct text wire = { 0 };

	mutf7_encode(clean, &wire);
	if (!folder)
		folder = add_folder(box, wire.size > 0 ? wire.bytes : "", clean);
	text_clear(&wire);
	arena_free(arena);
	return folder;
}

/* ---- what is watched ---- */

enum folder_mode
folder_mode_now(const struct folder *folder)
{
	if (folder->mode == FOLDER_IDLE && !folder->idler)
		return FOLDER_POLLED;
	return folder->mode;
}

/* Folders named without wildcards stand for themselves where LIST shows nothing. */
static void
add_unlisted(struct mailbox *box)
{
	struct imap_mailbox inbox = { .wire = "INBOX", .name = "INBOX", .attributes = IMAP_INBOX };

	for (size_t i = 0; i < box->folder_count; i++)
		if (box->folders[i]->listed)
			return;
	folder_listed(box, &inbox);
}

void
folders_end(struct mailbox *box, struct connection *connection)
{
	const struct config_source *config = box_config(box);
	unsigned capabilities = imap_capabilities(connection->imap);

	for (size_t i = 0; i < box->folder_count; i++)
		box->folders[i]->listed = box->folders[i]->seen;
	add_unlisted(box);
	folders_guess_uses(box);
	for (size_t i = 0; i < box->folder_count; i++) {
		struct folder *folder = box->folders[i];

		folder_try_hearing(box, folder);
		folder->mode = folder_mode_by_config(config, folder);
		if (folder->mode == FOLDER_IDLE &&
			(!(capabilities & IMAP_CAN_IDLE) || folder->deaf))
			folder->mode = FOLDER_POLLED;
		if (!folder->listed)
			folder_refuse_jobs(box, folder, "the folder is not on the server any more");
	}
	if (connection->surveying) {
		survey_begin(connection);
		return;
	}
	if (connection->checking) {
		folders_write(box, capabilities, FRAME_CHECKED, connection->check_token);
		session_leave(connection);
		return;
	}
	folders_write(box, capabilities, FRAME_FOLDERS, 0);
	box->told_folders = true;
}

/* ---- failures ---- */

void
folder_refuse_jobs(struct mailbox *box, const struct folder *folder, const char *why)
{
	for (struct job **at = &box->jobs; *at;) {
		struct job *job = *at;

		if (job->folder != folder) {
			at = &job->next;
			continue;
		}
		*at = job->next;
		answer_refused(box, job, why);
		job_free(job);
	}
}

/* This folder only: the others go on, and it is tried again after a while. */
void
folder_fail(struct mailbox *box, struct folder *folder, const char *why)
{
	int64_t wait = (int64_t)FOLDER_RETRY_MS << (folder->failures < 8 ? folder->failures : 8);
	char *error = mem_text(why);

	if (!folder->error || strcmp(folder->error, why) != 0)
		log_about(LOG_WARNING,
			&(struct log_subject){
				.source = box_config(box)->name, .folder = folder->name },
			"%s/%s: %s", box_config(box)->name, folder->name, why);
	folder->failures++;
	folder->retry_at = clock_monotonic_ms() +
			   (wait < FOLDER_RETRY_MAX_MS ? wait : FOLDER_RETRY_MAX_MS);
	folder->next_poll = folder->retry_at;
	folder->dirty = true;
	free(folder->error);
	folder->error = error;
	folder_refuse_jobs(box, folder, why);
	folder_tell_state(box, folder);
	folder->complete = false;
	folder->sync = folder->sync_wanted;
	if (folder->sync != 0)
		folder_tell_fresh(box, folder);
	box_serve_soon(box);
}

void
folder_show(struct mailbox *box, struct folder *folder, const char *why)
{
	char *old = folder->error;

	if (text_same(old, why))
		return;
	folder->error = why ? mem_text(why) : NULL;
	free(old);
	folder_tell_state(box, folder);
}

void
folder_well(struct mailbox *box, struct folder *folder)
{
	folder->failures = 0;
	folder_show_deafness(box, folder);
}

/* ---- counts and checks ---- */

int64_t
folder_interval(const struct mailbox *box, const struct folder *folder)
{
	int64_t poll = box_config(box)->poll * 1000;

	if (folder->deaf && poll > DEAF_POLL_MS)
		return DEAF_POLL_MS;
	if (folder->mode == FOLDER_IDLE && !folder->idler && poll > UNCOVERED_POLL_MS)
		return UNCOVERED_POLL_MS;
	return poll > 0 ? poll : DEAF_POLL_MS;
}

/* Nothing is above the cursor: that completes a check. */
static void
compare_cursor(struct mailbox *box, struct folder *folder, bool has_uidnext)
{
	if (!folder->known || folder->dirty)
		return;
	if (!has_uidnext || folder->cursor + 1 < folder->uidnext)
		folder->dirty = true;
	else
		folder_checked(box, folder);
}

static void
begin_epoch(struct mailbox *box, struct folder *folder, uint32_t uidvalidity)
{
	session_lost_epoch(box, folder, uidvalidity);
	folder->uidvalidity = uidvalidity;
	folder->slice_max = folder->suspect = 0;
	uid_set_reset(&folder->poison);
}

/* So many messages have UIDs from 1 on: what is not above their number cannot be the next one. */
bool
folder_believes_uidnext(const struct imap_mailbox *counts)
{
	return counts->has_uidnext &&
	       !(counts->has_messages && counts->uidnext <= counts->messages);
}

void
folder_count(struct mailbox *box, struct folder *folder, const struct imap_mailbox *counts)
{
	bool has_uidnext = folder_believes_uidnext(counts);
	uint32_t uidvalidity = counts->has_uidvalidity ? counts->uidvalidity : 0;
	bool other = folder->opened && uidvalidity != folder->uidvalidity;

	if (counts->has_messages)
		folder->exists = counts->messages;
	if (!has_uidnext && !(folder->opened && !other)) {
		folder->dirty = true; /* EXAMINE, and the last UID, will tell */
		return;
	}
	if (uidvalidity != folder->uidvalidity)
		begin_epoch(box, folder, uidvalidity);
	if (has_uidnext)
		folder->uidnext = counts->uidnext;
	if (other)
		log_about(LOG_WARNING,
			&(struct log_subject){ .source = box_config(box)->name,
				.folder = folder->name,
				.id = LOG_ID_UIDVALIDITY },
			"%s/%s: the server has a new UIDVALIDITY, %u", box_config(box)->name,
			folder->name, uidvalidity);
	if (!folder->opened || other) {
		folder->dirty = false;
		folder_tell_opened(box, folder);
	} else
		compare_cursor(box, folder, has_uidnext);
}

void
folder_checked(struct mailbox *box, struct folder *folder)
{
	folder->last_complete = clock_now();
	folder->complete = true;
	folder->exists_checked = folder->exists;
	folder->failures = 0;
	folder_well(box, folder);
	folder->next_poll = clock_monotonic_ms() + folder_interval(box, folder);
	if (folder->deaf)
		folder_deafen(box, folder, "IDLE does not tell of new mail here: it is polled");
	if (folder->dirty) /* mail came while it was searched, as some servers tell only then */
		folder->sync = 0;
	folder_tell_fresh(box, folder);
	if (folder->sync_wanted != 0) { /* asked for while this check was under way: once more */
		folder->next_poll = 0;
		box_serve_soon(box);
	}
	box_report(box);
}

void
folder_forget(struct folder *folder)
{
	folder->opened = folder->known = folder->dirty = folder->cross_check = false;
	folder->complete = folder->told = false;
	folder->next_poll = 0;
	folder->lag = 0;
}
