#include <stdlib.h>
#include <string.h>

#include "leaving.h"
#include "liaison/base/log.h"
#include "schedule.h"

/* A regular look at what became of mail that was decided: which of it its folders have no more
 * (on-delete), and which got a keyword since. A round asks folder by folder; a reader compares, the writer
 * notes. What is gone is acted upon by a later round, once all folders were looked at since: until then it
 * may have moved. */

enum {
	EVERY_POLLS = 12,
	EVERY_MIN_MS = 600000,
	SOON_MAX_MS = 300000, /* when something waits to be looked at again */
};

static void next_folder(struct leaving *leaving);

static void
clear_folder(struct leaving *leaving)
{
	for (size_t i = 0; i < sizeof leaving->sets / sizeof leaving->sets[0]; i++)
		uid_set_reset(&leaving->sets[i]);
	leaving->skip_count = leaving->only_count = 0;
	leaving->has_all = false;
	arena_reset(leaving->arena);
}

static void
leaving_free(struct leaving *leaving)
{
	for (size_t i = 0; i < sizeof leaving->sets / sizeof leaving->sets[0]; i++)
		uid_set_clear(&leaving->sets[i]);
	settings_release(leaving->settings);
	arena_free(leaving->arena);
	free(leaving);
}

/* ---- the end of a round ------------------------------------------------------------------------ */

static int64_t
every_ms(const struct mailbox *mailbox)
{
	int64_t ms = mailbox->poll * 1000 * EVERY_POLLS;

	return ms > EVERY_MIN_MS ? ms : EVERY_MIN_MS;
}

static int64_t
soon_ms(const struct mailbox *mailbox)
{
	int64_t ms = mailbox->poll * 1000;

	return ms < SOON_MAX_MS ? ms : SOON_MAX_MS;
}

static void
tell(const struct leaving *leaving)
{
	const struct gone_counts *counts = &leaving->counts;

	if (counts->mails + counts->texts > 0)
		log_write(LOG_INFO, "%s: %u mails left the mailbox, and the text of %u",
			leaving->mailbox->name, counts->mails, counts->texts);
	if (counts->doubted > 0 && !leaving->mailbox->left_doubted)
		log_write(LOG_WARNING,
			"%s: %u mails left the mailbox at once, which is not believed; 'source "
			"sync %s --accept' believes it",
			leaving->mailbox->name, counts->doubted, leaving->mailbox->name);
	leaving->mailbox->left_doubted = counts->doubted > 0;
}

static void
end_round(struct leaving *leaving)
{
	struct mailbox *mailbox = leaving->mailbox;
	bool again = leaving->any || leaving->counts.open > 0 ||
		     (leaving->deletes && !leaving->whole);

	tell(leaving);
	if (leaving->held || leaving->counts.mails + leaving->counts.texts > 0)
		retention_soon(leaving->pipeline->engine->schedule);
	if (leaving->accept && !again)
		mailbox->left_accept = false;
	if (mailbox->left_due_ms == 0)
		mailbox->left_due_ms = clock_monotonic_ms() +
				       (again ? soon_ms(mailbox) : every_ms(mailbox));
	mailbox->leaving = NULL;
	leaving_free(leaving);
}

/* ---- back on the loop -------------------------------------------------------------------------- */

static void
give(struct leaving *leaving, bool write, void (*run)(struct work *, struct worker *),
	void (*done)(struct work *))
{
	struct engine *engine = leaving->pipeline->engine;

	leaving->flying = true;
	leaving->work.priority = WORK_BACKGROUND;
	leaving->work.run = run;
	leaving->work.done = done;
	if (write)
		writer_add(engine->writer, &leaving->work);
	else
		pool_add(engine->readers, &leaving->work);
}

/* Back from a thread, under the board; false: nobody waits for it any more. */
static bool
is_back(struct leaving *leaving)
{
	leaving->flying = false;
	if (leaving->failed)
		log_write(LOG_WARNING, "%s: what left it is not noted: %s",
			leaving->mailbox == NULL ? "a source" : leaving->mailbox->name,
			leaving->err.message);
	if (leaving->mailbox != NULL && !leaving->pipeline->stopping)
		return true;
	if (leaving->mailbox != NULL)
		leaving->mailbox->leaving = NULL;
	leaving_free(leaving);
	return false;
}

static void noted(struct work *work);

static void
note(struct leaving *leaving)
{
	leaving->held = leaving->held || leaving->skip_count > 0;
	if (leaving->gone.count + leaving->back.count + leaving->skip_count + leaving->only_count >
		0)
		give(leaving, true, run_note, noted);
	else
		next_folder(leaving);
}

static void
note_on(struct leaving *leaving)
{
	leaving->whole = leaving->whole && !leaving->failed;
	if (leaving->failed)
		next_folder(leaving);
	else
		note(leaving);
}

static void
noted(struct work *work)
{
	struct leaving *leaving = (struct leaving *)work;
	struct pipeline *pipeline = leaving->pipeline;
	bool wanted = leaving->wanted > 0 && !leaving->failed;

	pthread_mutex_lock(&pipeline->engine->board);
	if (is_back(leaving))
		note_on(leaving);
	pthread_mutex_unlock(&pipeline->engine->board);
	if (wanted)
		wanting_look(pipeline->engine, 0, NULL);
}

static void
compared(struct work *work)
{
	struct leaving *leaving = (struct leaving *)work;
	struct pipeline *pipeline = leaving->pipeline;

	pthread_mutex_lock(&pipeline->engine->board);
	if (is_back(leaving)) {
		leaving->any = leaving->any || leaving->gone.count > 0;
		note_on(leaving);
	}
	pthread_mutex_unlock(&pipeline->engine->board);
}

static void
settled(struct work *work)
{
	struct leaving *leaving = (struct leaving *)work;
	struct pipeline *pipeline = leaving->pipeline;

	pthread_mutex_lock(&pipeline->engine->board);
	if (is_back(leaving)) {
		if (leaving->more && !leaving->failed)
			give(leaving, true, run_note, settled);
		else
			end_round(leaving);
	}
	pthread_mutex_unlock(&pipeline->engine->board);
}

/* ---- folders ----------------------------------------------------------------------------------- */

static void
compare(struct leaving *leaving)
{
	const struct uid_set *all = &leaving->all;
	uint32_t highest = all->count == 0 ? 0 : all->ranges[all->count - 1].last;

	if (highest > leaving->folder->cursor)
		leaving->whole = false; /* something came that may be what has left elsewhere */
	if (leaving->has_all || leaving->skip.count + leaving->only.count > 0)
		give(leaving, false, run_compare, compared);
	else
		next_folder(leaving);
}

void
leaving_asked(struct leaving *leaving, bool refused)
{
	leaving->token = 0;
	leaving->whole = leaving->whole && !refused;
	if (refused)
		next_folder(leaving);
	else
		compare(leaving);
}

static void
settle(struct leaving *leaving)
{
	clear_folder(leaving);
	leaving->stream = 0;
	if (leaving->deletes && leaving->whole)
		give(leaving, true, run_note, settled);
	else
		end_round(leaving);
}

/* Whose mail may not all be decided yet, or that cannot be looked at, may have what left elsewhere. */
static bool
is_complete(const struct folder *folder)
{
	return folder->known && folder->error == NULL && folder->job.state == JOB_DONE &&
	       folder->new_flying == 0;
}

static void
next_folder(struct leaving *leaving)
{
	struct folder *folder = leaving->folder;

	clear_folder(leaving);
	do {
		folder = folder == NULL ? leaving->mailbox->folders : folder->next;
		if (folder != NULL && folder_is_watched(folder) && !is_complete(folder))
			leaving->whole = false;
	} while (folder != NULL && (!folder_is_watched(folder) || !folder->known));
	leaving->folder = folder;
	if (folder == NULL) {
		settle(leaving);
		return;
	}
	leaving->stream = folder->stream;
	leaving_ask(leaving);
}

/* ---- its beginning and end --------------------------------------------------------------------- */

static void
begin_folders(struct work *work)
{
	struct leaving *leaving = (struct leaving *)work;
	struct pipeline *pipeline = leaving->pipeline;

	pthread_mutex_lock(&pipeline->engine->board);
	if (is_back(leaving)) {
		clear_folder(leaving);
		next_folder(leaving);
	}
	pthread_mutex_unlock(&pipeline->engine->board);
}

static void
name_folders(struct leaving *leaving)
{
	struct mailbox *mailbox = leaving->mailbox;

	leaving->names = arena_array(
		leaving->arena, mailbox->folder_count + 1, sizeof *leaving->names);
	for (struct folder *folder = mailbox->folders; folder != NULL; folder = folder->next) {
		if (folder->listed)
			leaving->names[leaving->name_count++] = arena_text(
				leaving->arena, folder->name);
	}
}

/* Until one was opened, the current streams may be those of a server that is none any more. */
static bool
one_is_known(const struct mailbox *mailbox)
{
	for (const struct folder *folder = mailbox->folders; folder != NULL;
		folder = folder->next) {
		if (folder->known)
			return true;
	}
	return false;
}

static void
begin(struct mailbox *mailbox, const struct config_source *source)
{
	struct leaving *leaving = mem_zero(1, sizeof *leaving);

	leaving->mailbox = mailbox;
	leaving->pipeline = mailbox->pipeline;
	leaving->settings = settings_hold(mailbox->pipeline->engine->settings);
	leaving->source = source;
	leaving->source_id = mailbox->id;
	leaving->deletes = source->on_delete != DELETE_KEEP;
	leaving->accept = mailbox->left_accept;
	leaving->whole = true;
	leaving->begun = clock_now();
	leaving->arena = arena_new();
	mailbox->leaving = leaving;
	mailbox->left_due_ms = 0;
	if (leaving->accept && leaving->deletes && one_is_known(mailbox)) {
		name_folders(leaving);
		give(leaving, true, run_folders, begin_folders);
	} else
		next_folder(leaving);
}

void
leaving_tick(struct mailbox *mailbox, int64_t now_ms)
{
	const struct config *config = &mailbox->pipeline->engine->settings->config;
	const struct config_source *source = config_source_by_number(config, mailbox->number);

	if (mailbox->leaving != NULL || mailbox->kind != SOURCE_IMAP || !mailbox_is_up(mailbox) ||
		source == NULL || mailbox->id == 0)
		return;
	if (source->on_delete == DELETE_KEEP &&
		source->skip_keyword.count + source->only_keyword.count == 0)
		return;
	if (mailbox->left_due_ms == 0)
		mailbox->left_due_ms = now_ms + every_ms(mailbox);
	if (now_ms >= mailbox->left_due_ms)
		begin(mailbox, source);
}

/* With the connection; what was accepted is not what the next one finds. */
void
leaving_lost(struct mailbox *mailbox)
{
	struct leaving *leaving = mailbox->leaving;

	mailbox->left_accept = false;
	if (leaving == NULL)
		return;
	mailbox->leaving = NULL;
	leaving->mailbox = NULL;
	if (!leaving->flying)
		leaving_free(leaving);
}

void
leaving_wake(struct mailbox *mailbox, bool accept)
{
	mailbox->left_accept = mailbox->left_accept || accept;
	mailbox->left_due_ms = clock_monotonic_ms();
}
