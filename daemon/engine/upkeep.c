#include "upkeep.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "liaison/base/clock.h"
#include "liaison/base/log.h"
#include "liaison/base/text.h"

enum {
	WAL_PAGES_MAX = 4096, /* 16 MiB: about here the log is moved into the database */
	WAL_PAGES_HUGE = 16384, /* 64 MiB: readers that hold it up are waited for */
	PAGES_A_MIB = 256,
	HELD_BUSY_MS = 1000, /* between tries to move a log that is held, */
	HELD_IDLE_MS = 10000, /* each of which may wait for 50 ms */
	MEND_MIN_MS = 1000,
	MEND_MAX_MS = 60000,
	EXAMINE_MS = 200, /* a small database is mended before the next piece of work */
	STOP_MS = 20,
	MEND_CALM_MS = 600000, /* after so long without trouble it is tried at once again */
};

void
upkeep_init(struct upkeep *upkeep, struct store *store)
{
	pthread_condattr_t attributes;

	*upkeep = (struct upkeep){ .store = store, .mend_delay_ms = MEND_MIN_MS };
	pthread_mutex_init(&upkeep->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&upkeep->examined, &attributes);
	pthread_condattr_destroy(&attributes);
}

void
upkeep_clear(struct upkeep *upkeep)
{
	pthread_cond_destroy(&upkeep->examined);
	pthread_mutex_destroy(&upkeep->lock);
}

bool
upkeep_trouble(struct upkeep *upkeep, char *words, size_t size)
{
	pthread_mutex_lock(&upkeep->lock);
	text_copy(words, size, upkeep->trouble);
	pthread_mutex_unlock(&upkeep->lock);
	return words[0] != '\0';
}

bool
upkeep_is_sick(struct upkeep *upkeep)
{
	return atomic_load(&upkeep->sick);
}

/* true: these are other words than the last. */
static bool
set_trouble(struct upkeep *upkeep, const char *words)
{
	bool news;

	pthread_mutex_lock(&upkeep->lock);
	news = strcmp(upkeep->trouble, words) != 0;
	text_copy(upkeep->trouble, sizeof upkeep->trouble, words);
	pthread_mutex_unlock(&upkeep->lock);
	return news;
}

/* ---- the log ----------------------------------------------------------------------------------- */

static void
judge_log(struct upkeep *upkeep, int64_t pages)
{
	bool held = pages > WAL_PAGES_HUGE;
	char words[200];

	if (held) {
		snprintf(words, sizeof words,
			"the write-ahead log has grown to %lld MiB, as something that reads the "
			"database holds an old state of it",
			(long long)(pages / PAGES_A_MIB));
		set_trouble(upkeep, words);
		if (!upkeep->held)
			log_write(LOG_WARNING, "database: %s", words);
	} else if (upkeep->held) {
		set_trouble(upkeep, "");
		log_write(LOG_NOTICE, "database: the write-ahead log is short again");
	}
	upkeep->held = held;
}

static void
move_log(struct upkeep *upkeep, bool idle, int64_t now_ms)
{
	int64_t pages = store_wal_pages(upkeep->store), left;
	struct err err;
	bool stuck;

	if (pages < upkeep->log_pages)
		upkeep->log_pages = upkeep->log_due_ms = 0;
	if (pages < (idle ? 1 : WAL_PAGES_MAX) || now_ms < upkeep->log_due_ms)
		return;
	stuck = store_checkpoint(upkeep->store, idle || pages > WAL_PAGES_HUGE, &left, &err) < 0;
	if (stuck && !upkeep->stuck)
		log_write(LOG_WARNING, "database: %s", err.message);
	upkeep->stuck = stuck;
	pages = store_wal_pages(upkeep->store);
	upkeep->log_pages = pages;
	if (pages > 0)
		upkeep->log_due_ms = now_ms + (idle ? HELD_IDLE_MS : HELD_BUSY_MS);
	judge_log(upkeep, pages);
}

/* ---- the connection ---------------------------------------------------------------------------- */

static void *
run_examination(void *argument)
{
	struct upkeep *upkeep = argument;
	struct err err;
	bool sound = store_reopen_check(upkeep->fresh, &err) == 0;

	pthread_mutex_lock(&upkeep->lock);
	upkeep->sound = sound;
	if (!sound)
		upkeep->finding = err;
	upkeep->is_examined = true;
	pthread_cond_signal(&upkeep->examined);
	pthread_mutex_unlock(&upkeep->lock);
	return NULL;
}

static int
begin_examination(struct upkeep *upkeep, struct err *err)
{
	struct store *fresh = store_reopen_begin(upkeep->store, err);

	if (fresh == NULL)
		return -1;
	upkeep->fresh = fresh;
	upkeep->is_examined = false;
	if (pthread_create(&upkeep->thread, NULL, run_examination, upkeep) == 0)
		return 0;
	upkeep->fresh = NULL;
	store_close(fresh);
	return fail(err, ERR_INTERNAL, "a thread cannot be started");
}

/* Waits for ms at most, which is less than a second. */
static bool
is_examined(struct upkeep *upkeep, long ms)
{
	struct timespec until;
	int timed_out = 0;
	bool over;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += ms * 1000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_mutex_lock(&upkeep->lock);
	while (!upkeep->is_examined && timed_out == 0)
		timed_out = pthread_cond_timedwait(&upkeep->examined, &upkeep->lock, &until);
	over = upkeep->is_examined;
	pthread_mutex_unlock(&upkeep->lock);
	return over;
}

/* An interrupt that comes before its statement begins is not heard. */
void
upkeep_stop(struct upkeep *upkeep)
{
	if (upkeep->fresh == NULL)
		return;
	do
		store_interrupt(upkeep->fresh);
	while (!is_examined(upkeep, STOP_MS));
	pthread_join(upkeep->thread, NULL);
	store_close(upkeep->fresh);
	upkeep->fresh = NULL;
}

static void
mended(struct upkeep *upkeep)
{
	log_write(LOG_NOTICE, "database: it was opened again, and is sound");
	upkeep->held = false;
	atomic_store(&upkeep->sick, false);
	upkeep->mended_ms = clock_monotonic_ms();
	set_trouble(upkeep, "");
}

static void
not_mended(struct upkeep *upkeep, const struct err *err)
{
	char words[400];

	snprintf(words, sizeof words, "nothing can be written: %.250s%s%.90s", err->message,
		err->hint[0] != '\0' ? "; " : "", err->hint);
	if (set_trouble(upkeep, words))
		log_write(LOG_ERROR, "database: %s", words);
}

/* One that falls ill again and again is left alone for longer each time. */
static void
fall_ill(struct upkeep *upkeep, int64_t now_ms)
{
	bool calm = upkeep->mended_ms == 0 || now_ms - upkeep->mended_ms > MEND_CALM_MS;

	atomic_store(&upkeep->sick, true);
	if (calm)
		upkeep->mend_delay_ms = MEND_MIN_MS;
	upkeep->mend_due_ms = calm ? now_ms : now_ms + upkeep->mend_delay_ms;
	set_trouble(upkeep, store_poison(upkeep->store));
	log_write(LOG_ERROR, "database: it is opened again, as nothing it says can be believed: %s",
		store_poison(upkeep->store));
}

/* A large database is not read all the time because it is damaged. */
static void
plan_next(struct upkeep *upkeep, int64_t begun_ms)
{
	int64_t now_ms = clock_monotonic_ms(), took_ms = now_ms - begun_ms;

	upkeep->mend_due_ms = now_ms +
			      (took_ms > upkeep->mend_delay_ms ? took_ms : upkeep->mend_delay_ms);
	upkeep->mend_delay_ms *= 2;
	if (upkeep->mend_delay_ms > MEND_MAX_MS)
		upkeep->mend_delay_ms = MEND_MAX_MS;
}

static void
end_examination(struct upkeep *upkeep)
{
	struct store *fresh = upkeep->fresh;

	pthread_join(upkeep->thread, NULL);
	upkeep->fresh = NULL;
	if (upkeep->sound) {
		store_reopen_end(upkeep->store, fresh);
		mended(upkeep);
	} else {
		store_close(fresh);
		not_mended(upkeep, &upkeep->finding);
	}
	plan_next(upkeep, upkeep->examined_since_ms);
}

static void
mend(struct upkeep *upkeep, int64_t now_ms)
{
	bool begins = upkeep->fresh == NULL;
	struct err err;

	if (!upkeep_is_sick(upkeep))
		fall_ill(upkeep, now_ms);
	if (begins && now_ms < upkeep->mend_due_ms)
		return;
	if (begins) {
		upkeep->examined_since_ms = now_ms;
		if (begin_examination(upkeep, &err) < 0) {
			not_mended(upkeep, &err);
			plan_next(upkeep, now_ms);
			return;
		}
	}
	if (is_examined(upkeep, begins ? EXAMINE_MS : 0))
		end_examination(upkeep);
}

void
upkeep_turn(struct upkeep *upkeep, bool idle)
{
	int64_t now_ms = clock_monotonic_ms();

	if (!store_is_poisoned(upkeep->store))
		move_log(upkeep, idle, now_ms);
	if (store_is_poisoned(upkeep->store))
		mend(upkeep, now_ms);
}
