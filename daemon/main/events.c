#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "liaison/base/clock.h"
#include "liaison/base/log.h"
#include "state.h"

/* What happens to liaisond while it works: reloads, and what the crew reports. */

static void
log_lines(enum log_level level, const char *lines)
{
	while (lines != NULL && *lines != '\0') {
		size_t length = strcspn(lines, "\n");

		log_write(level, "%.*s", (int)length, lines);
		lines += length + (lines[length] == '\n');
	}
}

/* What cannot change while the engine runs stays as it is until the next start. */
static void
keep_fixed(const struct service *service, struct config *config, struct mistakes *mistakes)
{
	if (strcmp(config->database, service->config.database) != 0)
		mistakes_remark(mistakes, "the database changes with the next start");
	if (strcmp(config->socket, service->config.socket) != 0)
		mistakes_remark(mistakes, "the socket changes with the next start");
	config->database = arena_text(config->arena, service->config.database);
	config->socket = arena_text(config->arena, service->config.socket);
}

static bool
same_list(const struct config_list *a, const struct config_list *b)
{
	for (size_t i = 0; a->count == b->count && i < a->count; i++) {
		if (strcmp(a->items[i], b->items[i]) != 0)
			return false;
	}
	return a->count == b->count;
}

/* The past was decided by who we were then. */
static void
remark_own(const struct config *old, const struct config *fresh, struct mistakes *mistakes)
{
	bool same = same_list(&old->own_addresses, &fresh->own_addresses) &&
		    same_list(&old->own_domains, &fresh->own_domains);

	for (size_t i = 0; same && i < fresh->source_count; i++) {
		const struct config_source *source = &fresh->sources[i];
		const struct config_source *before = config_source_by_name(old, source->name);

		same = before == NULL || same_list(&before->addresses, &source->addresses);
	}
	if (!same)
		mistakes_remark(mistakes, "other addresses or domains are ours now: 'liaison "
					  "capture reapply' decides by them what came before");
}

static uint64_t
monotonic_usec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

int
service_reload(struct service *service, struct mistakes *mistakes)
{
	struct config config, old = service->config;

	notify_send(&service->notify, "RELOADING=1\nMONOTONIC_USEC=%llu\n",
		(unsigned long long)monotonic_usec());
	if (settings_load(service->place, &config, mistakes) < 0) {
		log_lines(LOG_ERROR, mistakes->lines.bytes);
		log_write(LOG_ERROR, "the new configuration has %u mistakes: the old one stays",
			mistakes->count);
		notify_send(&service->notify, "READY=1\n");
		return -1;
	}
	keep_fixed(service, &config, mistakes);
	remark_own(&old, &config, mistakes);
	log_lines(LOG_WARNING, mistakes->remarks.bytes);
	service->config = config;
	service_adopt(service);
	crew_configure(service->crew, &service->config);
	config_free(&old);
	log_write(LOG_NOTICE, "the configuration was read again");
	notify_send(&service->notify, "READY=1\n");
	return 0;
}

/* ---- what the crew says ------------------------------------------------------------------------- */

static void
crew_is_ready(void *context)
{
	struct service *service = context;

	if (!service->ready)
		log_write(LOG_NOTICE, "ready: %zu sources, database %s",
			service->config.source_count, service->config.database);
	service->ready = true;
	notify_send(&service->notify, "READY=1\nMAINPID=%ld\n", (long)getpid());
}

static void
crew_is_alive(void *context)
{
	struct service *service = context;

	if (service->notify.watchdog)
		notify_send(&service->notify, "WATCHDOG=1\n");
}

static void
crew_has_status(void *context, const char *line)
{
	struct service *service = context;

	if (!service->stopping)
		notify_send(&service->notify, "STATUS=%.*s\n", (int)strcspn(line, "\n"), line);
}

static void
crew_wants_reload(void *context, uint32_t token)
{
	struct service *service = context;
	struct mistakes mistakes = { 0 };
	int result = service_reload(service, &mistakes);

	crew_answer_reload(
		service->crew, token, result < 0 ? &mistakes.lines : NULL, &mistakes.remarks);
	mistakes_clear(&mistakes);
}

static void
crew_wants_secret(void *context, const struct secret_asker *asker)
{
	struct service *service = context;
	const struct config_source *source = config_source_by_number(
		&service->config, asker->source);
	struct err err;

	if (source != NULL) {
		secret_ask(service->secrets, source, asker);
		return;
	}
	fail(&err, ERR_NOT_FOUND, "the source is not configured any more");
	crew_answer_secret(service->crew, asker, NULL, 0, NULL, &err);
}

static void
crew_has_refusal(void *context, uint32_t source, const struct refusal *refusal)
{
	struct service *service = context;

	refusals_note(&service->refusals, source, refusal, clock_monotonic_ms());
}

void
service_secret_is_there(void *context, const struct secret_asker *asker, const char *secret,
	size_t size, const struct err *err)
{
	struct service *service = context;
	const struct config_source *source = config_source_by_number(
		&service->config, asker->source);
	struct refusal refusal = { 0 };

	if (secret == NULL && source != NULL)
		log_write(LOG_WARNING, "%s: %s", source->name, err->message);
	if (secret != NULL && source != NULL)
		refusal = refusals_give(&service->refusals, source, secret, size);
	crew_answer_secret(service->crew, asker, secret, size, &refusal, err);
}

static void
crew_has_ended(void *context, int exit_status)
{
	struct service *service = context;

	service->exit_status = exit_status;
	uv_stop(&service->loop);
}

struct crew_events
service_events(struct service *service)
{
	return (struct crew_events){ service, crew_is_ready, crew_is_alive, crew_has_status,
		crew_wants_reload, crew_wants_secret, crew_has_refusal, crew_has_ended };
}
