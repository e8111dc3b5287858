#include "source.h"

#include <stdlib.h>
#include <string.h>

#include "liaison/base/crypt.h"
#include "liaison/base/log.h"
#include "link.h"

static const struct driver *const DRIVERS[] = { &source_imap_driver, &source_ical_driver };
static const char *const KIND_NAMES[] = { "", "account", "maildir", "calendar" };

static const struct driver *
driver_for(enum config_kind kind)
{
	for (size_t i = 0; i < sizeof(DRIVERS) / sizeof(DRIVERS[0]); i++)
		if (DRIVERS[i]->kind == kind)
			return DRIVERS[i];
	return NULL;
}

static struct source *
find(struct fetch *fetch, uint32_t number)
{
	for (struct source *source = fetch->sources; source; source = source->next)
		if (source->number == number)
			return source;
	return NULL;
}

static void
stop(struct source *source)
{
	if (source->work)
		source->driver->stop(source->work);
	source->work = NULL;
	source->state = 0;
	free(source->error);
	source->error = NULL;
}

static void
start(struct source *source)
{
	char message[100];

	if (source->work)
		return;
	if (source->driver) {
		source->work = source->driver->start(source);
		return;
	}
	snprintf(message, sizeof(message), "this build has no source of kind '%s'",
		KIND_NAMES[source->config->kind]);
	source_tell(source, SOURCE_ERROR, message, 0);
}

static void
put_list(struct text *out, const struct config_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		text_printf(out, "\n%s", list->items[i]);
	text_add(out, "\n;");
}

/* Of all that fetch goes by: two alike need not begin anew. */
static uint64_t
digest_of(const struct config_source *c)
{
	struct text text = { 0 };
	uint64_t digest;

	text_printf(&text, "%d %s\n%d %d %d %d %lld %u\n", (int)c->kind, c->name, c->port,
		(int)c->tls, (int)c->auth, (int)c->secret, (long long)c->poll, c->connections);
	text_printf(&text, "%s\n%s\n%s\n%s\n", c->host ? c->host : "", c->user ? c->user : "",
		c->ca_file ? c->ca_file : "", c->tls_fingerprint ? c->tls_fingerprint : "");
	text_printf(&text, "%s\n%s\n", c->path ? c->path : "", c->url ? c->url : "");
	put_list(&text, &c->folders);
	put_list(&text, &c->idle);
	put_list(&text, &c->skip_folders);
	digest = hash64(text.bytes, text.size);
	text_clear(&text);
	return digest;
}

static void
adopt_one(struct source *source, const struct config_source *config)
{
	uint64_t digest = digest_of(config);
	bool running = source->work != NULL;
	bool changed = source->digest != digest;

	if (changed)
		stop(source);
	source->config = config;
	source->digest = digest;
	source->driver = driver_for(config->kind);
	if (changed && running)
		start(source);
	else if (running && source->driver && source->driver->reread)
		source->driver->reread(source->work);
}

static void
add(struct fetch *fetch, const struct config_source *config)
{
	struct source *source = mem_zero(1, sizeof(*source));

	source->fetch = fetch;
	source->number = config->number;
	source->next = fetch->sources;
	fetch->sources = source;
	adopt_one(source, config);
}

static void
drop_missing(struct fetch *fetch)
{
	for (struct source **at = &fetch->sources; *at;) {
		struct source *source = *at;

		if (config_source_by_number(&fetch->config, source->number)) {
			at = &source->next;
			continue;
		}
		stop(source);
		memory_free(source);
		*at = source->next;
		free(source);
	}
}

void
sources_adopt(struct fetch *fetch, struct config *config)
{
	struct config old = fetch->config;

	fetch->config = *config;
	for (size_t i = 0; i < config->source_count; i++) {
		struct source *source = find(fetch, config->sources[i].number);

		if (source)
			adopt_one(source, &fetch->config.sources[i]);
		else
			add(fetch, &fetch->config.sources[i]);
	}
	drop_missing(fetch);
	if (fetch->configured)
		config_free(&old);
	fetch->configured = true;
}

void
sources_stop(struct fetch *fetch)
{
	for (struct source *source = fetch->sources; source; source = source->next)
		stop(source);
}

void
sources_woke(struct fetch *fetch)
{
	for (struct source *source = fetch->sources; source; source = source->next)
		if (source->work)
			source->driver->woke(source->work);
}

void
sources_reachable(struct fetch *fetch, const char *host)
{
	for (struct source *source = fetch->sources; source; source = source->next)
		if (source->work && source->driver->reachable && source->config->host &&
			strcmp(source->config->host, host) == 0)
			source->driver->reachable(source->work);
}

void
sources_resume(struct fetch *fetch)
{
	for (struct source *source = fetch->sources; source; source = source->next)
		if (source->work)
			source->driver->resume(source->work);
}

int
sources_take(struct fetch *fetch, const struct frame *frame, struct err *err)
{
	struct source *source = find(fetch, frame->source);

	if (!source) {
		log_write(LOG_WARNING, "the engine speaks of source %u, which is not mine",
			frame->source);
		return 0;
	}
	if (frame->type == FRAME_WATCH) {
		if (!source->watched)
			stop(source);
		source->watched = true;
		start(source);
		return 0;
	}
	if (frame->type == FRAME_UNWATCH) {
		stop(source);
		memory_free(source);
		source->watched = false;
		return 0;
	}
	if (frame->type == FRAME_FEED_KNOWN && memory_take(source, frame, err) < 0)
		return -1;
	if (frame->type == FRAME_CHECK)
		start(source);
	return source->work ? source->driver->take(source->work, frame, err) : 0;
}

void
sources_secret(struct fetch *fetch, const struct frame *frame, const char *bytes, size_t size,
	const char *why)
{
	struct source *source = find(fetch, frame->source);

	if (source && source->work)
		source->driver->secret(source->work, frame->token, bytes, size, why);
}

void
sources_refusal(struct fetch *fetch, uint32_t number, const struct refusal *refusal)
{
	struct source *source = find(fetch, number);

	if (source)
		refusal_take(source, refusal);
}

static bool
is_news(const struct source *source, enum source_state state, const char *error, int64_t next_try)
{
	if (source->state != state || source->next_try != next_try)
		return true;
	return (error == NULL) != (source->error == NULL) ||
	       (error && strcmp(error, source->error) != 0);
}

static void
write_log(const struct source *source, const char *error)
{
	if (error && (!source->error || strcmp(error, source->error) != 0))
		log_about(LOG_WARNING,
			&(struct log_subject){
				.source = source->config->name, .id = LOG_ID_SOURCE_FAILS },
			"%s: %s", source->config->name, error);
	else if (!error && source->error)
		log_about(LOG_NOTICE,
			&(struct log_subject){
				.source = source->config->name, .id = LOG_ID_SOURCE_WORKS },
			"%s: works again", source->config->name);
}

void
source_tell(struct source *source, enum source_state state, const char *error, int64_t next_try)
{
	struct frame_writer writer;
	char *old = source->error;

	if (!is_news(source, state, error, next_try))
		return;
	write_log(source, error);
	source->error = error ? mem_text(error) : NULL; /* error may be the old one */
	source->state = state;
	source->next_try = next_try;
	link_begin(source->fetch->link, &writer, FRAME_STATE, source->number, 0);
	frame_put_u64(&writer, TAG_STATE, state);
	link_put_error(&writer, source->error);
	if (next_try > 0)
		frame_put_i64(&writer, TAG_NEXT_TRY, next_try);
	frame_end(&writer);
	free(old);
}
