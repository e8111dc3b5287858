#include <string.h>
#include <strings.h>

#include "inside.h"

/* Keywords that a mailbox's owner gave a message: some keep it out, or it is captured with one only. */

/* Keywords are compared without regard to case (RFC 9051, 2.3.2). */
static bool
has_one(const char *keywords, const struct config_list *list)
{
	for (const char *word = keywords; word != NULL && *word != '\0';) {
		size_t size = strcspn(word, " ");

		for (size_t i = 0; i < list->count; i++) {
			if (strlen(list->items[i]) == size &&
				strncasecmp(word, list->items[i], size) == 0)
				return true;
		}
		word += size + strspn(word + size, " ");
	}
	return false;
}

enum held
keywords_held(const struct turn *turn, const struct event *event)
{
	const struct config_source *source = turn->source;

	if (source == NULL || source->kind == SOURCE_ICAL)
		return HELD_NOT;
	if (has_one(event->keywords, &source->skip_keyword))
		return HELD_PRIVATE;
	if (source->only_keyword.count > 0 && !has_one(event->keywords, &source->only_keyword))
		return HELD_LACKING;
	return HELD_NOT;
}

/* Which keyword it bears is not kept, as it may say much. */
bool
decide_by_keywords(struct turn *turn, struct view *view)
{
	bool asked = turn->source != NULL && turn->source->only_keyword.count > 0;

	if (view->held == HELD_PRIVATE) {
		view->decision = DECIDED_PRIVATE;
		view->reason = "a keyword of skip-keyword";
		return true;
	}
	if (view->held != HELD_LACKING || !asked)
		return false;
	view->decision = DECIDED_IGNORED;
	view->reason = "no keyword of only-keyword";
	return true;
}
