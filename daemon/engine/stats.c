#include <sys/stat.h>

#include "engine.h"
#include "liaison/capture/capture.h"
#include "liaison/crm/contact.h"
#include "liaison/crm/interaction.h"
#include "system.h"

/* system.stats: counts. */

int64_t
file_size(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 ? status.st_size : 0;
}

static int
write_count(struct call *call, const char *name, const struct query_noun *noun,
	const struct query_node *where, struct err *err)
{
	struct query_list list = { .noun = noun, .where = where, .limit = 1, .count = true };
	struct query_page page;

	if (query_run(call->store, call->arena, &list, &page, err) < 0)
		return -1;
	json_int(call->out, name, page.total);
	return 0;
}

static int
write_decisions(struct call *call, struct err *err)
{
	static const char *const DECISIONS[] = { "captured", "unmatched", "internal", "ignored",
		"bulk", "automatic", "private", "duplicate", "quarantined", "forgotten" };
	struct query_context context = call_query_context(call);
	struct query_node *where;

	json_object_begin(call->out, "decisions");
	for (size_t i = 0; i < sizeof DECISIONS / sizeof DECISIONS[0]; i++) {
		if (query_compare(call->arena, &capture_noun, &context, "decision", QUERY_EQ,
			    DECISIONS[i], &where, err) < 0 ||
			write_count(call, DECISIONS[i], &capture_noun, where, err) < 0)
			return -1;
	}
	json_object_end(call->out);
	return 0;
}

int
run_stats(struct call *call, struct err *err)
{
	struct control *control = &call->engine->control;

	json_object_begin(call->out, NULL);
	if (write_count(call, "contacts", &contact_noun, NULL, err) < 0 ||
		write_count(call, "interactions", &interaction_noun, NULL, err) < 0 ||
		write_count(call, "captures", &capture_noun, NULL, err) < 0 ||
		write_decisions(call, err) < 0)
		return -1;
	json_int(call->out, "requests", (int64_t)atomic_load(&control->requests));
	json_int(call->out, "connections", (int64_t)atomic_load(&control->accepted));
	json_int(call->out, "refused", (int64_t)atomic_load(&control->refused));
	json_int(call->out, "watchers", atomic_load(&call->engine->watch.count));
	json_int(call->out, "database_size", store_size(call->store));
	json_object_end(call->out);
	return 0;
}
