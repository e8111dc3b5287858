#ifndef LIAISON_ENGINE_RECORD_H
#define LIAISON_ENGINE_RECORD_H

#include "command.h"
#include "liaison/capture/capture.h"

/* What the handlers of several nouns do alike with the records of the protocol. */

/* The contact a PARAM_CONTACT names; its id. exact: by number or whole address only. */
int call_contact(struct call *call, const char *param, bool exact, int64_t *id, struct err *err);
/* One of the words of a repeated parameter. */
int call_contact_at(struct call *call, const char *param, unsigned i, int64_t *id, struct err *err);

/* The finished record as text; arena. */
int contact_text(struct call *call, int64_t id, const char **out, struct err *err);
/* Whole, for the journal; what the caller is answered is answer_interaction's. */
int interaction_text(struct call *call, int64_t id, const char **out, struct err *err);
/* Writes the record as the answer, or as an item of one. */
int answer_contact(struct call *call, int64_t id, struct err *err);
int answer_interaction(struct call *call, int64_t id, struct err *err);
/* {"items": [interactions], "next": …} */
int answer_interactions(
	struct call *call, const int64_t *ids, unsigned count, const char *next, struct err *err);

/* {name: value}; arena. */
const char *member_text(struct call *call, const char *name, const char *value);
/* What a member says: text as it is, the rest as JSON writes it, NULL for null; arena. */
const char *plain_text(struct arena *arena, const json_t *value);

/* limit as given, or 100. ERR_USAGE: not 1 to 1,000. */
int call_limit(const struct call *call, unsigned *limit, struct err *err);
/* The words of a repeated parameter, as they are; arena. */
const char *const *call_words(const struct call *call, const char *param, unsigned *count);
/* A moment that may be absent: *out points to *room then, else is NULL. */
int call_moment(const struct call *call, const char *param, bool end, int64_t *room,
	const int64_t **out, struct err *err);
/* ERR_CONFLICT when if_version was given and is not version; the message names what was changed. */
int call_if_version(
	struct call *call, const char *noun, int64_t record, int64_t version, struct err *err);

/* Tells watchers of interactions that capture made or changed. */
int tell_interactions(struct call *call, const struct capture_result *result, struct err *err);

/* Adds the series as it is now to the journal; noun: "series", or "series-line". */
int
journal_series(struct call *call, const char *noun, int64_t id, const char *code, struct err *err);

#endif
