#ifndef LIAISON_NET_IMAP_H
#define LIAISON_NET_IMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "liaison/base/err.h"
#include "liaison/base/text.h"
#include "liaison/wire/config.h"
#include "liaison/wire/frame.h"

/* An IMAP client (RFC 3501, 9051, 2177, 4959, 6154, 7628) as a state machine over bytes: it does no
 * I/O and reads no clock. Bytes from the server go in by imap_feed; events come out by a callback
 * and bytes for the server by imap_output. It can examine and peek, nothing else: there is no
 * command here that changes a mailbox.
 *
 * It tolerates what it does not know (untagged data, fetch items, response codes) and is strict in
 * what it counts: numbers, UIDs, tags, lengths. After an error it is dead and must be freed. */

struct imap;

enum {
	IMAP_LINE_MAX = 64 * 1024, /* bytes of a line outside its literals */
	IMAP_LITERAL_MAX = 256 * 1024 * 1024, /* announced size; what is not kept is skipped */
	IMAP_HEADER_MAX = 256 * 1024, /* kept of a header block */
	IMAP_BODY_MAX = 512 * 1024, /* kept of a body part */
	IMAP_STRUCTURE_MAX = 64 * 1024, /* bytes of a BODYSTRUCTURE */
	IMAP_DEPTH_MAX = 64, /* its nesting */
	IMAP_PARTS_MAX = 200, /* leaves kept of it */
	IMAP_KEYWORDS_MAX = 100, /* flags kept of a message */
	IMAP_NAME_MAX = 1000, /* bytes of a mailbox name */
	IMAP_PIPELINE_MAX = 40, /* commands without an answer */
};

enum imap_capability {
	IMAP_CAN_STARTTLS = 1 << 0,
	IMAP_CAN_IDLE = 1 << 1,
	IMAP_CAN_LITERAL_PLUS = 1 << 2, /* LITERAL+ or LITERAL- */
	IMAP_CAN_SASL_IR = 1 << 3,
	IMAP_CAN_AUTH_PLAIN = 1 << 4,
	IMAP_CAN_AUTH_LOGIN = 1 << 5,
	IMAP_CAN_AUTH_XOAUTH2 = 1 << 6,
	IMAP_CAN_AUTH_OAUTHBEARER = 1 << 7,
	IMAP_CAN_SPECIAL_USE = 1 << 8,
	IMAP_CAN_LIST_EXTENDED = 1 << 9,
	IMAP_LOGIN_DISABLED = 1 << 10,
	IMAP_CAN_REV1 = 1 << 11,
	IMAP_CAN_REV2 = 1 << 12,
	IMAP_CAN_ID = 1 << 13,
	IMAP_CAN_UIDPLUS = 1 << 14,
	IMAP_CAN_CONDSTORE = 1 << 15,
	IMAP_CAN_ESEARCH = 1 << 16,
};

enum imap_attribute {
	IMAP_NOSELECT = 1 << 0, /* also \NonExistent */
	IMAP_ALL = 1 << 1,
	IMAP_ARCHIVE = 1 << 2,
	IMAP_DRAFTS = 1 << 3,
	IMAP_FLAGGED = 1 << 4,
	IMAP_JUNK = 1 << 5,
	IMAP_SENT = 1 << 6,
	IMAP_TRASH = 1 << 7,
	IMAP_IMPORTANT = 1 << 8,
	IMAP_HAS_CHILDREN = 1 << 9,
	IMAP_HAS_NO_CHILDREN = 1 << 10,
	IMAP_INBOX = 1 << 11, /* \Inbox of XLIST, or the name INBOX itself */
	IMAP_SPECIAL_USES = IMAP_ALL | IMAP_ARCHIVE | IMAP_DRAFTS | IMAP_FLAGGED | IMAP_JUNK |
			    IMAP_SENT | IMAP_TRASH | IMAP_IMPORTANT,
};

enum imap_command {
	IMAP_CAPABILITY = 1,
	IMAP_STARTTLS,
	IMAP_LOGIN,
	IMAP_LIST,
	IMAP_EXAMINE,
	IMAP_STATUS,
	IMAP_SEARCH,
	IMAP_FETCH,
	IMAP_IDLE,
	IMAP_NOOP,
	IMAP_LOGOUT,
};

enum imap_status { IMAP_OK = 1, IMAP_NO, IMAP_BAD };

/* Response codes that change what the asker does (RFC 3501 7.1, 5530). */
enum imap_code {
	IMAP_CODE_NONE,
	IMAP_CODE_OTHER,
	IMAP_CODE_ALERT,
	IMAP_CODE_AUTHENTICATIONFAILED,
	IMAP_CODE_AUTHORIZATIONFAILED,
	IMAP_CODE_EXPIRED,
	IMAP_CODE_PRIVACYREQUIRED,
	IMAP_CODE_UNAVAILABLE,
	IMAP_CODE_OVERQUOTA,
	IMAP_CODE_THROTTLED,
	IMAP_CODE_LIMIT,
	IMAP_CODE_INUSE,
	IMAP_CODE_SERVERBUG,
	IMAP_CODE_CONTACTADMIN,
	IMAP_CODE_NONEXISTENT,
	IMAP_CODE_NOPERM,
	IMAP_CODE_BADCHARSET,
	IMAP_CODE_CANNOT,
};

enum imap_event_kind {
	IMAP_READY = 1, /* the greeting was understood; number 1: PREAUTH */
	IMAP_SECURE, /* STARTTLS was accepted: shake hands, then imap_tls_up */
	IMAP_FINISHED, /* a command has its tagged answer: id, command, status, code, text */
	IMAP_IDLING, /* IDLE took effect; id */
	IMAP_EXISTS, /* number messages are in the open mailbox */
	IMAP_EXPUNGED, /* message number left it */
	IMAP_LISTED, /* mailbox: name, attributes, delimiter; id 0 if nobody asked */
	IMAP_COUNTED, /* mailbox: answer to STATUS */
	IMAP_FOUND, /* UIDs number to last were found; id of their SEARCH, or of the oldest open one */
	IMAP_MESSAGE, /* message; id of the oldest open FETCH, 0 if none is open */
	IMAP_ALERT, /* text that RFC 3501 wants shown */
	IMAP_BYE, /* text; the server will close */
};

struct imap_mailbox {
	const char *wire; /* the name as it stands on the wire, unquoted: what commands take */
	const char *name; /* decoded to clean UTF-8 */
	char delimiter; /* 0: NIL */
	unsigned attributes; /* enum imap_attribute */
	bool has_messages, has_uidnext, has_uidvalidity;
	uint32_t messages;
	uint32_t uidnext; /* 0 is never set: it counts as absent */
	uint32_t uidvalidity; /* as above */
};

/* A leaf of a message's structure, or a message/rfc822 followed by its own leaves. */
struct imap_part {
	const char *number; /* "1.2" */
	const char *type, *subtype;
	const char *charset; /* or NULL, as the next three */
	const char *encoding;
	const char *disposition;
	const char *name; /* filename or name, not decoded; RFC 2231 pieces as
	                        * `filename*0*="…";filename*1="…"` */
	uint64_t size; /* octets */
};

/* What a FETCH answer told. All memory is lent for the time of the event. */
struct imap_message {
	uint32_t sequence;
	uint32_t uid; /* 0: not told */
	bool has_date, has_size, has_flags, has_header, has_structure, has_body;
	int64_t internal_date; /* UTC */
	int internal_offset_min;
	uint64_t size;
	const char **keywords; /* flags and keywords as sent */
	size_t keyword_count;
	const char *header; /* NULL: NIL */
	size_t header_size;
	bool header_truncated;
	struct imap_part *parts;
	size_t part_count;
	bool structure_refused; /* it was beyond the limits or made no sense */
	const char *section; /* of the body, "1.2" */
	const char *body; /* NULL: NIL */
	size_t body_size;
	bool body_truncated; /* more came than was kept */
};

struct imap_event {
	enum imap_event_kind kind;
	unsigned id; /* of the command it belongs to, 0: none */
	enum imap_command command;
	enum imap_status status;
	enum imap_code code;
	const char *text; /* clean, one line, at most 300 bytes; never NULL */
	bool throttled; /* the words say: too much, too often, later */
	int64_t wait_ms; /* a waiting time that the words name, or 0 */
	bool plainly; /* the command was refused for a form of it that is not used any more: ask again */
	uint32_t number, last;
	const struct imap_mailbox *mailbox;
	const struct imap_message *message;
};

/* Called during imap_feed and imap_tls_up. It may give commands, not feed or free. */
typedef void imap_listen(void *context, const struct imap_event *event);

/* tls: TLS_IMPLICIT when the bytes come out of TLS from the start. */
struct imap *imap_new(enum config_tls tls, imap_listen *listen, void *context);
void imap_free(struct imap *imap);

/* Takes bytes from the server. ERR_FORMAT: the server broke the protocol; ERR_NETWORK: it said BYE
 * instead of a greeting; ERR_REFUSED: STARTTLS or PREAUTH against what was configured. Once -1,
 * always -1. */
int imap_feed(struct imap *imap, const void *bytes, size_t size, struct err *err);
/* The handshake after IMAP_SECURE is done: what was learnt in clear is forgotten. */
void imap_tls_up(struct imap *imap);
/* Gives memory back that an idle connection does not need. */
void imap_trim(struct imap *imap);

/* Bytes for the server, borrowed until the next call; count of them are gone by imap_sent. */
const char *imap_output(const struct imap *imap, size_t *size);
void imap_sent(struct imap *imap, size_t count);

unsigned imap_capabilities(const struct imap *imap); /* enum imap_capability */
bool imap_capabilities_known(const struct imap *imap);
/* Counts of the mailbox that was examined last; messages follow EXISTS and EXPUNGE. */
const struct imap_mailbox *imap_selected(const struct imap *imap);
/* Commands sent that have no answer yet; an IDLE in effect counts. */
size_t imap_pending(const struct imap *imap);
bool imap_idling(const struct imap *imap); /* IDLE was sent and DONE was not */

/* Commands: each queues its bytes and returns its id (over 0), or 0 with err set: ERR_USAGE for
 * words that may not go onto the wire (CR, LF, NUL, too long), ERR_REFUSED where the state of the
 * connection forbids it. While IDLE is in effect imap_done must come first; bytes given before the
 * server confirmed IDLE are held back until it did. */
unsigned imap_capability(struct imap *imap, struct err *err);
unsigned imap_starttls(struct imap *imap, struct err *err);
/* token: secret is an OAuth access token. Where AUTH_AUTO is wanted the best that the server offers
 * is taken, and the next where it answers BAD. The secret is wiped when the answer is there. */
unsigned imap_login(struct imap *imap, enum config_auth wanted, bool token, const char *user,
	const char *secret, size_t secret_size, struct err *err);
unsigned imap_list(struct imap *imap, bool special_use, struct err *err);
unsigned imap_examine(struct imap *imap, const char *wire, struct err *err);
unsigned imap_status(struct imap *imap, const char *wire, struct err *err);
/* With ranges in the answer (RFC 4731) where the server can. UIDs low..high (high 0: no end; "low:*" also
 * answers the last message, which is for the asker to drop), since: midnight UTC of that time, or
 * INT64_MIN. */
unsigned
imap_search(struct imap *imap, uint32_t low, uint32_t high, int64_t since, struct err *err);
/* The same of those that bear a keyword or a flag ("\\Seen"), or with "!" before it bear it not. */
unsigned
imap_search_key(struct imap *imap, uint32_t low, uint32_t high, const char *key, struct err *err);
unsigned imap_search_set(struct imap *imap, const struct uid_set *uids, struct err *err);

enum imap_fetch {
	IMAP_FETCH_UID = 0,
	IMAP_FETCH_HEADERS = 1 << 0, /* INTERNALDATE RFC822.SIZE FLAGS BODY.PEEK[HEADER] */
	IMAP_FETCH_STRUCTURE = 1 << 1, /* BODYSTRUCTURE */
};

/* what: enum imap_fetch. */
unsigned
imap_fetch_from(struct imap *imap, uint32_t low, unsigned what, struct err *err); /* low:* */
unsigned imap_fetch_last(struct imap *imap, struct err *err); /* the UID of the last message */
unsigned imap_fetch(struct imap *imap, const struct uid_set *uids, unsigned what, struct err *err);
unsigned imap_fetch_part(struct imap *imap, const struct uid_set *uids, const char *part,
	uint32_t size, struct err *err);
unsigned imap_idle(struct imap *imap, struct err *err);
void imap_done(struct imap *imap);
unsigned imap_noop(struct imap *imap, struct err *err);
unsigned imap_logout(struct imap *imap, struct err *err);

#endif
