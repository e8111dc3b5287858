#include <string.h>

#include "liaison/base/clock.h"
#include "liaison/base/text.h"
#include "liaison/crm/interaction.h"

/* What people may say of an interaction they record by hand. */

enum { KIND_MAX = 32, SUBJECT_MAX = 500, YEAR_MINUTES = 525600 };

/* A lower-case word: kinds are open, and typing errors should not be. */
static int
check_kind(struct arena *arena, struct interaction *interaction, struct err *err)
{
	static const char OF[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	const char *kind = text_fold(arena, interaction->kind);

	if (kind[0] < 'a' || kind[0] > 'z' || strlen(kind) > KIND_MAX ||
		kind[strspn(kind, OF)] != '\0')
		return fail_field(err, ERR_USAGE, "kind",
			"the kind '%.60s' is no word such as call, letter, note or meeting",
			interaction->kind);
	interaction->kind = kind;
	return 0;
}

static int
check_figures(const struct interaction *interaction, struct err *err)
{
	if (interaction->cost < 0)
		return fail_field(err, ERR_USAGE, "cost", "the cost is negative");
	if (interaction->duration_min < 0 || interaction->duration_min > 10 * YEAR_MINUTES)
		return fail_field(err, ERR_USAGE, "duration_min",
			"the duration '%lld' is not from 0 minutes to 10 years",
			(long long)interaction->duration_min);
	if (interaction->end_at != 0 && interaction->end_at < interaction->at)
		return fail_field(err, ERR_USAGE, "end", "it ends before it begins");
	if (interaction->subject != NULL && strlen(interaction->subject) > 4 * SUBJECT_MAX)
		return fail_field(err, ERR_USAGE, "subject",
			"the subject '%.40s…' is over %d characters", interaction->subject,
			SUBJECT_MAX);
	return 0;
}

/* What is ahead is planned, a meeting that was is held, all else is recorded. */
static const char *
status_of(const struct interaction *interaction, int64_t now)
{
	int64_t over = interaction->end_at != 0 ? interaction->end_at : interaction->at;

	if (over > now)
		return "planned";
	return strcmp(interaction->kind, "meeting") == 0 ? "held" : "recorded";
}

static const char *
initiator_of(const struct interaction *interaction)
{
	if (strcmp(interaction->direction, "outbound") == 0)
		return "us";
	return strcmp(interaction->direction, "inbound") == 0 ? "them" : "none";
}

int
interaction_complete(
	struct arena *arena, struct interaction *interaction, int64_t now, struct err *err)
{
	if (interaction->kind == NULL)
		interaction->kind = "note";
	if (interaction->direction == NULL)
		interaction->direction = "none";
	if (interaction->initiated_by == NULL)
		interaction->initiated_by = initiator_of(interaction);
	if (check_kind(arena, interaction, err) < 0 || check_figures(interaction, err) < 0)
		return -1;
	if (interaction->duration_min == 0 && interaction->end_at != 0)
		interaction->duration_min = (interaction->end_at - interaction->at) / 60;
	interaction->status = status_of(interaction, now);
	return 0;
}
