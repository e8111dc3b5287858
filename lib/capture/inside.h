#ifndef LIAISON_CAPTURE_INSIDE_H
#define LIAISON_CAPTURE_INSIDE_H

#include "liaison/capture/capture.h"
#include "liaison/crm/interaction.h"
#include "liaison/wire/meeting.h"
#include "parties.h"
#include "threading.h"

/* What the files of capture share: the state kept between slices, a turn of work in one transaction,
 * and one message as deciding sees it. */

enum decision {
	DECIDED_CAPTURED,
	DECIDED_UNMATCHED,
	DECIDED_INTERNAL,
	DECIDED_IGNORED,
	DECIDED_BULK,
	DECIDED_AUTOMATIC,
	DECIDED_PRIVATE,
	DECIDED_DUPLICATE,
	DECIDED_QUARANTINED,
	DECIDED_FORGOTTEN,
	DECISION_COUNT,
};
/* For conditions: the words of fields decision and direction. */
extern const struct query_words decision_words[];
const char *decision_word(enum decision decision);
enum decision decision_by_word(const char *word); /* DECISION_COUNT: none */

/* The rules as they were compiled, and the state they were compiled at; rule_judge.c. */
struct compiled_rule;
struct rules {
	struct arena *memory; /* own; NULL: none were */
	struct compiled_rule *items; /* in their order */
	unsigned count;
	unsigned kinds; /* bits of enum rule_kind */
	int64_t stamp;
	bool fixed; /* a draft: those of the database are not asked */
};

/* Messages that the past is still matched with, by one key. */
struct past_list {
	char *key; /* own; NULL: all that nobody matched */
	int64_t *ids; /* own */
	size_t count, room, next;
	int64_t after; /* the one that was done last */
	bool more; /* there may be more than are listed */
};
void past_list_clear(struct past_list *list);

struct capture {
	const struct config *config; /* borrowed */
	struct rules rules;
	struct rules former; /* those of the database, while a draft stands in their place */
	struct own own;
	struct known_table known;
	struct thread_table threads;
	unsigned generation; /* of the contacts, from 1 */
	int64_t next_thread, saved_thread;
	struct text scratch;
	uint64_t tally_turn;
	int64_t ours; /* person_digest; 0: not asked yet */
	int64_t *uncounted; /* contacts that capture_count counts */
	unsigned uncounted_count, uncounted_room;
	struct past_list past;
	int64_t past_awaited; /* when a run was left that somebody waits for */
	/* The last row written: if it is gone at the next turn, that turn was rolled back. */
	int64_t last_id, last_stream;
	uint32_t last_uid;
	char kill_step[24]; /* LIAISON_TEST_KILL */
	unsigned kill_count;
};

/* A piece of work in the open transaction. */
struct turn {
	struct store *store;
	struct capture *capture;
	struct arena *arena; /* for the message at hand */
	struct arena
		*lasting; /* for the result; the same one unless there are very many messages */
	int64_t now;
	struct capture_result *result;
	unsigned told_room;
	int64_t stream_id, source_id;
	const char *source_name, *folder;
	const struct config_source *source; /* NULL: its section is gone */
	bool sent; /* the slice at hand is of a folder of sent mail */
	/* Of what was recorded before: contacts that are blocked since then stay. */
	const int64_t *blocked_too;
	unsigned blocked_too_count;
	int64_t *recount; /* contacts whose totals are made anew at the end */
	unsigned recount_count, recount_room;
};

enum outcome {
	OUTCOME_MATCHED,
	OUTCOME_DOMAIN,
	OUTCOME_AMBIGUOUS,
	OUTCOME_OURS,
	OUTCOME_COLLEAGUE,
	OUTCOME_NO_CONTACT,
	OUTCOME_OUTSIDE_VALIDITY,
	OUTCOME_NO_ADDRESS,
	OUTCOME_NOT_BELIEVED,
	OUTCOME_LEFT_OUT, /* by a rule about links */
	OUTCOME_BLOCKED,
};

/* One party, looked at for one contact or for none. */
struct considered {
	const struct event_party *party;
	enum outcome outcome;
	const struct holder *holder; /* NULL: none */
	const char *via;
	unsigned sharers; /* how many contacts the same party found */
	const struct compiled_rule *rule; /* that leaves it out, or lets it in; or NULL */
};

/* What an occurrence of a meeting has beside what every message has. */
struct meeting_facts {
	const char *event_uid; /* NULL: it is mail */
	const char *recurrence; /* "" for an event that does not recur */
	int64_t end_at, sequence, stamp, content;
	bool all_day, override, zone_known;
	enum meeting_status status;
	const char *location, *zone, *remark;
	const char *text; /* as far as the level of its source wants it, or NULL */
	const char **responses; /* of each party, or NULL */
};

/* How much of a message is kept, as message.kept says. */
enum keep { KEEP_ALL, KEEP_ADDRESSES, KEEP_PRIVATE, KEEP_NOTHING };

/* What keywords say of a message, as message.held has it. */
enum held { HELD_NOT, HELD_PRIVATE, HELD_LACKING };

/* One message as deciding sees it. */
struct view {
	const struct event *event;
	const struct meeting_facts *meeting; /* NULL: it is mail */
	enum side *sides; /* of each party; SIDE_UNASKED: it has no address */
	const char *direction;
	const struct event_party *from; /* the one that is believed, or NULL */
	bool any_address, all_ours;
	bool unknown_author; /* of mail: who wrote it has no usable address */
	unsigned flags; /* enum event_flag, also those that only we can tell */
	const char *authentication, *authentication_reason; /* of the sender, or NULL */
	struct considered *considered;
	unsigned considered_count, considered_room;
	struct interaction_link *links;
	unsigned link_count, link_room;
	const struct considered *first; /* what made the first link */
	enum decision decision;
	const char *reason;
	enum keep kept; /* of what is stored; KEEP_ALL of what was just read */
	enum held held; /* by the keywords that the server has of it */
	bool matched; /* its parties were looked up */
	const struct holder *blocked; /* somebody in it, or NULL */
	enum decision plain; /* what it would be without rules */
	const struct compiled_rule *rule, *level, *template; /* that decide, or NULL */
	struct rule_verdict *verdicts; /* of each rule; borrowed, or NULL */
	bool unknown; /* a rule asks for what is not known of it */
	bool template_unknown; /* and so does one about templates */
};

/* A row of the ledger with where it is. */
struct sighting {
	int64_t id, stream_id, source_id, message_id, interaction_id;
	const char *source, *folder, *decision, *reason;
	uint32_t uidvalidity, uid;
	bool recognised, current;
	bool by_hand; /* people decided it */
	bool marked; /* it names a rule, or what it would be without */
};

/* What is stored of a message. */
struct stored {
	int64_t id, thread;
	int64_t source_id; /* whose reading it is */
	struct event event; /* parties with role, name and address; no references or parts */
	const char *direction;
	const char *text_part;
	enum keep kept;
	enum held held;
	struct meeting_facts meeting;
};

/* turn.c */
int turn_begin(struct turn *turn, struct store *store, struct capture *capture, struct arena *arena,
	int64_t now, struct capture_result *result, struct err *err);
int turn_end(struct turn *turn, struct err *err);
/* The same, but that contacts wait for capture_count. */
int turn_end_uncounted(struct turn *turn, struct err *err);
int turn_at_stream(struct turn *turn, int64_t stream_id, struct stream *out, struct err *err);
/* The contacts of an interaction stay its contacts though they are blocked; 0: there is none. */
int turn_let_blocked(struct turn *turn, int64_t interaction_id, struct err *err);
void turn_at_sighting(struct turn *turn, const struct sighting *sighting);
void turn_tell(struct turn *turn, int64_t interaction_id, enum capture_change what);
/* Contacts of an interaction, and their companies, are counted anew at the end. */
int turn_recount(struct turn *turn, int64_t interaction_id, struct err *err);
int turn_count(struct turn *turn, struct err *err);
/* A test kills the process here; see capture.h. */
void turn_step(struct turn *turn, const char *name);

/* match.c */
void view_init(struct turn *turn, const struct event *event, struct view *out);
int view_match(struct turn *turn, struct view *view, struct err *err);
/* Links those that no rule leaves out. */
void view_link(struct turn *turn, struct view *view);
const char *role_word(enum party_role role);
enum party_role role_by_word(const char *word);
/* The address with its plus-tag folded where the source at hand says so, or NULL. */
const char *address_folded(struct turn *turn, const char *address);
/* Without its plus-tag; NULL: it has none. */
const char *address_untagged(struct arena *arena, const char *address);

/* decide.c */
int view_decide(struct turn *turn, struct view *view, struct err *err);
const char *reason_captured(struct turn *turn, const struct view *view);
const char *reason_unmatched(struct turn *turn, const struct view *view);
enum keep keep_for(const struct config *config, enum decision decision);

/* keyword.c */
/* Of a message that was just read, by the keywords of the source at hand. */
enum held keywords_held(const struct turn *turn, const struct event *event);
/* Decides by view's; false: they say nothing. */
bool decide_by_keywords(struct turn *turn, struct view *view);

/* What its links make of it: captured or unmatched. */
void view_settle(struct turn *turn, struct view *view);

/* rule_decide.c */
void rules_clear(struct rules *rules);
/* Makes sure that the rules at hand are those of the database. */
int rules_refresh(struct turn *turn, struct err *err);
/* Leaves out parties, after they were looked up. */
void rules_leave_out(struct turn *turn, struct view *view);
/* What the rules make of what was decided without them. */
int rules_decide(struct turn *turn, struct view *view, struct err *err);
/* The level of text that is kept of it: a rule's, or that of the source at hand. */
enum config_level view_level(const struct turn *turn, const struct view *view);
const char *rule_value(const struct compiled_rule *rule);
int64_t rule_number(const struct compiled_rule *rule); /* 0: none */
/* The rules that decided about view count it, at the end of the turn. */
void rules_note(struct turn *turn, const struct view *view);
/* Of what stays captured: those that took links away, and the one that set the template. */
void rules_note_more(struct turn *turn, const struct view *view, bool unlinked, bool retemplated);
int rules_save(struct turn *turn, struct err *err);

/* doubt.c */
/* Sets flags and authentication of view, which was decided. */
int view_doubt(struct turn *turn, struct view *view, struct err *err);
/* Somebody got this name: who bears it is asked again. */
void name_changed(struct turn *turn, const char *name);

/* candidate_count.c */
/* A message got more parties, and nothing else of it changed: they are counted again. */
int parties_grew(struct turn *turn, int64_t message_id, struct err *err);

/* create.c */
/* Makes contacts of those strangers in it that create-contacts says, and decides it anew. */
int contacts_create(struct turn *turn, struct view *view, struct err *err);

/* evidence.c */
/* *id: the row of the message; *fresh false: it was there. */
int message_put(struct turn *turn, const struct view *view, const struct placement *placement,
	enum keep keep, int64_t *id, bool *fresh, struct err *err);
/* A row that held little gets the rest. */
int message_fill(struct turn *turn, const struct view *view, const struct placement *placement,
	int64_t id, struct err *err);
/* response NULL: of mail, or none. */
int party_put(struct turn *turn, const struct event_party *party, const char *response, bool names,
	int64_t message_id, unsigned place, struct err *err);
int parties_put(struct turn *turn, const struct view *view, enum keep keep, int64_t message_id,
	struct err *err);
const char *text_part_words(struct arena *arena, const struct event *event); /* or NULL */

/* evidence_header.c: headers that rules name */
int headers_put(struct turn *turn, const struct event *event, int64_t message_id, struct err *err);
int headers_drop(struct turn *turn, int64_t message_id, struct err *err);
int headers_load(struct store *store, struct arena *arena, int64_t message_id, struct event *event,
	struct err *err);

/* stored.c */
/* The message as deciding sees it; of mail its direction is found anew. */
void view_stored(struct turn *turn, const struct stored *stored, struct view *out);
int message_load(
	struct store *store, struct arena *arena, int64_t id, struct stored *out, struct err *err);
/* The same piece by piece, from the statement's next column on: of message m with its meeting g, and of
 * party p with its address a, *room being 0 before the first one. */
#define STORED_MESSAGE \
	"m.id, m.thread, m.direction, m.text_part, m.at, m.offset_min, m.message_id, " \
	"m.in_reply_to, m.subject, m.class, m.class_reason, m.list_id, m.sensitivity, " \
	"g.event_uid, g.recurrence, g.end_at, g.all_day, g.location, g.status = 'cancelled', " \
	"g.sequence, g.stamp, g.content, m.source_id, m.size, m.kept, m.held"
#define STORED_PARTY "p.role, p.name, a.address, p.email, p.response"
void stored_message(struct stmt *q, struct arena *arena, struct stored *out);
void stored_party(struct stmt *q, struct arena *arena, struct stored *out, unsigned *room);

/* ledger.c */
struct ledger_row {
	int64_t replaces; /* id of the quarantined row that this one takes the place of */
	uint32_t uid;
	enum decision decision;
	const char *reason;
	int64_t message_id, interaction_id;
	bool recognised;
	const struct view *view; /* whose rule decided; NULL: none is noted */
};
int ledger_put(struct turn *turn, const struct ledger_row *row, int64_t *id, struct err *err);
/* The row is decided anew; interaction_id 0 leaves it without. */
int ledger_change(struct turn *turn, int64_t id, enum decision decision, const char *reason,
	int64_t interaction_id, struct err *err);
/* The rule that decided it, and what it would be without. */
int ledger_set_rule(struct turn *turn, int64_t id, const struct view *view, struct err *err);
/* The same as another row says. */
int ledger_copy_rule(struct turn *turn, int64_t id, const struct sighting *from, struct err *err);
/* The first 200 rows of a message, oldest first. */
int sightings_of(struct store *store, struct arena *arena, int64_t message_id,
	struct sighting **out, unsigned *count, struct err *err);

/* meeting_decide.c */
void meeting_view(struct turn *turn, const struct event *event, const struct meeting_facts *facts,
	struct view *out);
int meeting_decide(struct turn *turn, struct view *view, struct err *err);
/* The fields of a meeting's interaction. */
void meeting_interaction(const struct turn *turn, const struct view *view, struct interaction *out);
/* "the same meeting as team", or message as work:INBOX:7. */
const char *copy_words(struct turn *turn, const struct view *view, const struct sighting *first);

/* meeting_settle.c */
/* The decision about a meeting, its ledger rows and its interaction become what view says; the
 * stream at hand is the one that says it. */
int meeting_settle(struct turn *turn, const struct view *view, int64_t message_id, struct err *err);
int meeting_rematch(struct turn *turn, const struct view *view, int64_t message_id, bool *counted,
	struct err *err);
/* The next look at its feed reads it again. */
int meeting_want_rest(struct turn *turn, int64_t message_id, struct err *err);
/* The feed at hand has the occurrence no more: it is cancelled if it lies ahead and no other has it. */
int meeting_gone(struct turn *turn, int64_t message_id, int64_t start_at, struct err *err);
/* Another calendar has it and does not keep it private. */
int meeting_shown_elsewhere(struct turn *turn, int64_t message_id, bool *shown, struct err *err);
int text_of_meeting(struct turn *turn, const struct view *view, int64_t id, struct err *err);

/* interact.c */
/* Records the interaction of a message; view has its links. */
int interaction_put(struct turn *turn, const struct view *view, int64_t message_id, int64_t thread,
	const char *initiated_by, int64_t *id, struct err *err);
/* Who of us it is with, as the source at hand says; NULL: nobody. */
int salesperson_of_mail(
	struct turn *turn, const struct event *event, const char **code, struct err *err);
int interaction_of(struct store *store, int64_t message_id, int64_t *id, struct err *err);
/* Names and addresses of the others, for the search index; valid until the next call, or NULL. */
const char *parties_text(struct turn *turn, const struct view *view);
/* Writes what is to be fetched of it, as the level of the source at hand says. */
int want_put(struct turn *turn, const struct view *view, const char *text_part,
	int64_t interaction_id, uint32_t uid, struct err *err);
/* A message moved to another stream: what was wanted of it is asked there. */
int want_move(struct turn *turn, const struct sighting *from, uint32_t uid, struct err *err);

/* reapply_change.c */
/* What the message says and who took part is gone; what tells copies of it apart stays. */
int message_strip(struct turn *turn, int64_t message_id, struct err *err);

/* hold.c */
/* The message of a row has, or has no more, a keyword that keeps it out; see held. */
int message_hold(struct turn *turn, int64_t row, enum held held, struct err *err);

/* retain.c */
#define REASON_LEFT "it left the mailbox"
/* So is it of what is in no folder that is read any more, until it is seen in another. */
#define REASON_UNREAD "it is in no folder that is read"
/* Its interaction is older than [retention] keeps mail: it is not recorded. */
bool is_outlived(const struct turn *turn, int64_t at);
bool is_meeting_outlived(const struct turn *turn, int64_t end_at);
/* Ignores what would be captured, if it is; true: so it was. */
bool refuse_outlived(const struct turn *turn, struct view *view);
/* The interaction of a message goes, or what people did not write of it; reason: why, in its rows. */
int message_outlive(struct turn *turn, int64_t message_id, int64_t interaction_id,
	const char *reason, bool *bared, struct err *err);
int wants_drop(struct turn *turn, int64_t interaction_id, struct err *err);

/* again.c */
/* A message that was seen before, now as uid of the stream at hand. */
int seen_again(struct turn *turn, struct view *view, const struct placement *placement,
	int64_t message_id, uint32_t uid, int64_t replaces, struct err *err);

/* rematch.c */
/* Links a stored message to the contacts it matches now; *counted: something was made or linked. */
int message_rematch(struct turn *turn, int64_t message_id, bool *counted, struct err *err);

/* Makes the interaction of a stored message with view's links; the rows of seen that are unmatched are
 * captured, or copies, after it. */
int message_capture(struct turn *turn, const struct view *view, const struct stored *stored,
	const struct sighting *seen, unsigned count, struct err *err);
/* Where its text can be had: first itself, or another that the server still has; or NULL. */
const struct sighting *fetchable(const struct sighting *seen, unsigned count,
	const struct sighting *first, int64_t source_id);

/* verify.c */
uint64_t *verify_column(struct verify_row *row, enum decision decision);

/* quarantine.c */
int quarantine_put(struct turn *turn, const struct capture_item *item, struct err *err);
int quarantine_tried(struct turn *turn, const struct uid_set *uids, struct err *err);
int quarantine_drop(struct turn *turn, uint32_t uid, struct err *err);

#endif
