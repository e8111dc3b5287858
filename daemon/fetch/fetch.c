#include "fetch.h"

#include <malloc.h>
#include <string.h>

#include "liaison/base/clock.h"
#include "link.h"
#include "source.h"

enum { TIDY_MS = 20 * 1000 };

uint32_t
fetch_token_next(struct fetch *fetch)
{
	fetch->last_token = (fetch->last_token + 1) & 0x7FFFFFFF;
	return fetch->last_token ? fetch->last_token : ++fetch->last_token;
}

static struct trust *
trust_for(struct fetch *fetch, const char *ca_file)
{
	for (struct trust *trust = fetch->trusts; trust; trust = trust->next)
		if ((trust->ca_file == NULL) == (ca_file == NULL) &&
			(!ca_file || strcmp(trust->ca_file, ca_file) == 0))
			return trust;
	return NULL;
}

static struct trust *
trust_load(struct fetch *fetch, const char *ca_file)
{
	struct trust *trust = mem_zero(1, sizeof(*trust));
	struct err err = { 0 };

	trust->ca_file = ca_file ? mem_text(ca_file) : NULL;
	trust->context = tls_context_new(ca_file, &err);
	if (!trust->context)
		trust->error = mem_text(err.message);
	trust->next = fetch->trusts;
	fetch->trusts = trust;
	return trust;
}

/* A file that could not be read is tried again with each configuration. */
void
fetch_load_trust(struct fetch *fetch)
{
	struct err err = { 0 };

	for (size_t i = 0; i < fetch->config.source_count; i++) {
		const struct config_source *source = &fetch->config.sources[i];
		struct trust *trust = trust_for(fetch, source->ca_file);

		if (source->kind == SOURCE_MAILDIR || source->tls == TLS_NONE)
			continue;
		if (!trust)
			trust_load(fetch, source->ca_file);
		else if (!trust->context)
			trust->context = tls_context_new(source->ca_file, &err);
	}
}

bool
fetch_trusts_all(struct fetch *fetch)
{
	for (size_t i = 0; i < fetch->config.source_count; i++) {
		const struct config_source *source = &fetch->config.sources[i];
		const struct trust *trust = trust_for(fetch, source->ca_file);

		if (source->kind != SOURCE_MAILDIR && source->tls != TLS_NONE &&
			(!trust || !trust->context))
			return false;
	}
	return true;
}

struct tls_context *
fetch_trust(struct fetch *fetch, const char *ca_file, struct err *err)
{
	struct trust *trust = trust_for(fetch, ca_file);

	if (!trust)
		trust = trust_load(fetch, ca_file);
	if (!trust->context)
		fail(err, ERR_CONFIG, "%s", trust->error);
	return trust->context;
}

void
fetch_stop(struct fetch *fetch)
{
	if (fetch->stopping)
		return;
	fetch->stopping = true;
	sources_stop(fetch);
	if (fetch->link)
		link_flush(fetch->link);
	uv_stop(&fetch->loop);
}

static void
tidy(struct alarm *alarm)
{
	(void)alarm;
	malloc_trim(0);
}

void
fetch_tidy_soon(struct fetch *fetch)
{
	fetch->tidying.ring = tidy;
	if (fetch->tidying.slot == 0)
		alarm_set(fetch->alarms, &fetch->tidying, clock_monotonic_ms() + TIDY_MS);
}
