#include "command.h"
#include "engine.h"
#include "liaison/capture/retention.h"
#include "liaison/capture/rule.h"
#include "liaison/store/forgotten.h"
#include "schedule.h"

/* system.privacy: on one page what is asked of each source, what is kept and for how long, and who may read
 * it. */

enum { RULES_SHOWN = 50 };

/* What it comes to, in words. */
static const char *
asked_words(const struct config_source *source)
{
	static const char *const mail[] = {
		[LEVEL_METADATA] = "headers and structure; no text",
		[LEVEL_SNIPPET] = "headers and structure; the first 8 KiB of captured mail's text",
		[LEVEL_TEXT] = "headers and structure; up to 256 KiB of captured mail's text",
	};

	if (source->kind == SOURCE_ICAL)
		return source->level == LEVEL_METADATA
			       ? "the whole feed; descriptions are not kept"
			       : "the whole feed; descriptions of captured meetings are kept";
	return mail[source->level];
}

static void
write_list(struct json_out *out, const char *name, const struct config_list *list)
{
	json_array_begin(out, name);
	for (size_t i = 0; i < list->count; i++)
		json_text(out, NULL, list->items[i]);
	json_array_end(out);
}

/* NULL: for ever. */
static void
write_keep(struct call *call, const char *name, int64_t seconds)
{
	json_text(call->out, name, seconds > 0 ? duration_text(call->arena, seconds) : NULL);
}

static void
write_moment(struct call *call, const char *name, int64_t at)
{
	if (at == 0)
		json_null_(call->out, name);
	else
		json_time(call->out, name, at, zone_offset(call->zone, at));
}

static void
write_source(struct call *call, const struct config_source *source)
{
	struct json_out *out = call->out;

	json_object_begin(out, NULL);
	json_text(out, "name", source->name);
	json_text(out, "kind", config_kind_words[source->kind]);
	json_text(out, "level", config_level_words[source->level]);
	json_text(out, "asked", asked_words(source));
	write_list(out, "folders", &source->folders);
	write_list(out, "skip_folders", &source->skip_folders);
	write_list(out, "skip_keyword", &source->skip_keyword);
	write_list(out, "only_keyword", &source->only_keyword);
	if (source->since >= 0)
		json_text(out, "since", duration_text(call->arena, source->since));
	else
		json_text(out, "since", "all");
	json_text(out, "on_delete", config_delete_words[source->on_delete]);
	json_text(out, "visibility", source->visibility == VISIBLE_OWNER ? "owner" : "all");
	json_text(out, "owner", source->salesperson);
	json_object_end(out);
}

/* Rules that make more, or less, of a mail than the level of its source says. */
static int
write_rules(struct call *call, struct err *err)
{
	struct query_context context = call_query_context(call);
	struct query_node *where;
	int64_t *ids;
	size_t count;

	if (query_parse(call->arena, &rule_noun, &context,
		    "action in (level, private, ignore, keep)", &where, err) < 0 ||
		query_ids(call->store, call->arena, &rule_noun, where, RULES_SHOWN, &ids, &count,
			err) < 0)
		return -1;
	json_array_begin(call->out, "rules");
	for (size_t i = 0; i < count; i++) {
		if (rule_write(call->store, call->arena, ids[i], call->out, err) < 0)
			return -1;
	}
	json_array_end(call->out);
	return 0;
}

static void
write_last_pass(struct call *call)
{
	struct retention_counts counts;
	struct json_out *out = call->out;
	int64_t at;

	retention_last(call->engine->schedule, &at, &counts);
	write_moment(call, "last_pass", at);
	json_object_begin(out, "dropped");
	json_int(out, "mails", (int64_t)counts.mails);
	json_int(out, "meetings", (int64_t)counts.meetings);
	json_int(out, "texts", (int64_t)counts.texts);
	json_int(out, "evidence", (int64_t)counts.evidence);
	json_int(out, "unreadable", (int64_t)counts.headers);
	json_object_end(out);
}

static int
write_kept(struct call *call, struct err *err)
{
	const struct config *config = call->config;
	int64_t mail, meeting;

	if (retention_next(call->store, config, false, &mail, err) < 0 ||
		retention_next(call->store, config, true, &meeting, err) < 0)
		return -1;
	json_object_begin(call->out, "kept");
	write_keep(call, "email", config->retain_email);
	write_keep(call, "text", config->retain_text);
	write_keep(call, "meeting", config->retain_meeting);
	write_keep(call, "ledger", config->retain_ledger);
	write_keep(call, "quarantine", config->retain_quarantine);
	write_keep(call, "audit", config->retain_audit);
	json_text(call->out, "unmatched", config_unmatched_words[config->unmatched]);
	write_keep(call, "unmatched_retention", config->unmatched_retention);
	write_moment(call, "next_email", mail);
	write_moment(call, "next_meeting", meeting);
	write_last_pass(call);
	json_object_end(call->out);
	return 0;
}

static void
write_readers(struct call *call)
{
	const struct config *config = call->config;

	json_object_begin(call->out, "may");
	json_text(call->out, "read_and_write", config->group);
	json_text(call->out, "read", config->readers);
	json_text(call->out, "forget_and_export", config->privacy);
	json_text(call->out, "administer", config->admins);
	write_list(call->out, "act_for_others", &config->proxies);
	json_object_end(call->out);
}

static void
write_backups(struct call *call)
{
	const struct config *config = call->config;
	bool any = config->backup_directory != NULL;

	json_object_begin(call->out, "backups");
	json_text(call->out, "directory", config->backup_directory);
	write_keep(call, "every", any ? config->backup_every : 0);
	if (any)
		json_int(call->out, "keep", config->backup_keep);
	else
		json_null_(call->out, "keep");
	write_keep(
		call, "gone_after", any ? config->backup_every * (int64_t)config->backup_keep : 0);
	json_object_end(call->out);
}

static int
run_privacy(struct call *call, struct err *err)
{
	const struct config *config = call->config;

	if (forgotten_load(call->store, err) < 0)
		return -1;
	json_object_begin(call->out, NULL);
	json_array_begin(call->out, "sources");
	for (size_t i = 0; i < config->source_count; i++)
		write_source(call, &config->sources[i]);
	json_array_end(call->out);
	if (write_rules(call, err) < 0 || write_kept(call, err) < 0)
		return -1;
	write_readers(call);
	json_text(call->out, "staff_reports", config_staff_words[config_staff(config)]);
	json_int(call->out, "forgotten", forgotten_count(call->store));
	write_backups(call);
	json_object_end(call->out);
	return 0;
}

const struct command privacy_commands[] = {
	{ .name = "system.privacy",
		.summary = "what is asked of whom, kept how long, and who may read it",
		.run = run_privacy,
		.access = ACCESS_READS,
		.columns = "sources.name,sources.asked,sources.since,sources.on_delete,"
			   "sources.visibility" },
	{ 0 },
};
