#include <string.h>

#include "inside.h"
#include "liaison/crm/salesperson.h"

/* From a decided message to its interaction, and to the text that is wanted of it. */

enum { SNIPPET_BYTES = 8 * 1024, TEXT_BYTES = 256 * 1024, SEARCHED_PARTIES = 50 };

const char *
parties_text(struct turn *turn, const struct view *view)
{
	struct text *text = &turn->capture->scratch;
	const struct event *event = view->event;
	unsigned used = 0;

	text_reset(text);
	for (unsigned i = 0; i < event->party_count && used < SEARCHED_PARTIES; i++) {
		const struct event_party *party = &event->parties[i];

		if (view->sides[i] == SIDE_OURS)
			continue;
		if (used++ > 0)
			text_add_char(text, ' ');
		if (party->name != NULL) {
			text_add(text, party->name);
			text_add_char(text, ' ');
		}
		text_add(text, party->address != NULL ? party->address
			       : party->email != NULL ? party->email
						      : "");
	}
	return used == 0 ? NULL : text->bytes;
}

/* Whom a text mentions neither wrote nor received it, and a sender's name or reply address is anybody's. */
static bool
takes_part(enum party_role role)
{
	static const bool takes[] = {
		[PARTY_FROM] = true,
		[PARTY_TO] = true,
		[PARTY_CC] = true,
		[PARTY_BCC] = true,
		[PARTY_ORGANIZER] = true,
		[PARTY_ATTENDEE] = true,
	};

	return role < sizeof takes / sizeof *takes && takes[role];
}

/* Of those of us who wrote or received it the first. */
static int
find_sender(struct turn *turn, const struct event *event, const char **code, struct err *err)
{
	*code = NULL;
	for (unsigned i = 0; i < event->party_count && *code == NULL; i++) {
		const char *address = takes_part(event->parties[i].role) ? event->parties[i].address
									 : NULL;

		if (address != NULL && salesperson_of_address(turn->store, turn->arena, address,
					       event->at, code, err) < 0)
			return -1;
	}
	return 0;
}

int
salesperson_of_mail(
	struct turn *turn, const struct event *event, const char **code, struct err *err)
{
	*code = turn->source == NULL ? NULL : turn->source->salesperson;
	if (*code == NULL || strcmp(*code, "sender") != 0)
		return 0;
	return find_sender(turn, event, code, err);
}

int
interaction_put(struct turn *turn, const struct view *view, int64_t message_id, int64_t thread,
	const char *initiated_by, int64_t *id, struct err *err)
{
	const struct event *event = view->event;
	struct interaction made = {
		.kind = "email",
		.status = "recorded",
		.direction = view->direction,
		.initiated_by = initiated_by,
		.at = event->at,
		.offset_min = event->offset_min,
		.subject = event->subject,
		.message_id = message_id,
		.thread = thread,
		.template = view->template == NULL ? NULL : rule_value(view->template),
	};

	if (salesperson_of_mail(turn, event, &made.salesperson, err) < 0)
		return -1;
	if (view->meeting != NULL)
		meeting_interaction(turn, view, &made);
	if (interaction_add(turn->store, &made, view->links, view->link_count,
		    parties_text(turn, view), turn->now, err) < 0)
		return -1;
	*id = made.id;
	turn->result->captured++;
	turn_tell(turn, made.id, CAPTURE_RECORDED);
	return view->meeting == NULL ? 0 : text_of_meeting(turn, view, made.id, err);
}

static const char SELECT_INTERACTION[] = "SELECT id FROM interaction WHERE message_id = ?";

int
interaction_of(struct store *store, int64_t message_id, int64_t *id, struct err *err)
{
	struct stmt *q = sql_prepare(store, SELECT_INTERACTION);

	*id = 0;
	stmt_bind_int(q, message_id);
	return sql_get_int(q, id, NULL, err);
}

/* Text that would be dropped at once is not asked for. */
static bool
is_text_outlived(const struct turn *turn, int64_t at)
{
	int64_t keep = turn->capture->config->retain_text;

	return keep > 0 && at < turn->now - keep;
}

static const char ADD_WANT[] =
	"INSERT INTO want (stream_id, uid, part, bytes, interaction_id) VALUES (?, ?, ?, ?, ?) "
	"ON CONFLICT DO NOTHING";

int
want_put(struct turn *turn, const struct view *view, const char *text_part, int64_t interaction_id,
	uint32_t uid, struct err *err)
{
	enum config_level level = view_level(turn, view);
	const char *blank = text_part == NULL ? NULL : strchr(text_part, ' ');
	struct stmt *q;

	if (blank == NULL || turn->source == NULL || level == LEVEL_METADATA ||
		is_text_outlived(turn, view->event->at))
		return 0;
	q = sql_prepare(turn->store, ADD_WANT);
	stmt_bind_int(q, turn->stream_id);
	stmt_bind_int(q, uid);
	stmt_bind_text_n(q, text_part, (size_t)(blank - text_part));
	stmt_bind_int(q, level == LEVEL_TEXT ? TEXT_BYTES : SNIPPET_BYTES);
	stmt_bind_int(q, interaction_id);
	if (stmt_run(q, err) < 0)
		return -1;
	turn->result->wanted += store_changes(turn->store) > 0;
	return 0;
}

static const char MOVE_WANT[] = "UPDATE OR REPLACE want SET stream_id = ?, uid = ?, tries = 0 "
				"WHERE stream_id = ? AND uid = ?";

int
want_move(struct turn *turn, const struct sighting *from, uint32_t uid, struct err *err)
{
	struct stmt *q = sql_prepare(turn->store, MOVE_WANT);

	stmt_bind_int(q, turn->stream_id);
	stmt_bind_int(q, uid);
	stmt_bind_int(q, from->stream_id);
	stmt_bind_int(q, from->uid);
	if (stmt_run(q, err) < 0)
		return -1;
	turn->result->wanted += store_changes(turn->store) > 0;
	return 0;
}
