#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "imap_machine.h"
#include "play.h"

/* Each transcript is fed whole, in one-byte pieces and cut after every byte: always the same
 * events. */

#define GREET  "* OK [CAPABILITY IMAP4rev1 IDLE SASL-IR AUTH=PLAIN] hi\r\n"
#define PRE    "* PREAUTH [CAPABILITY IMAP4rev1 IDLE] hi\r\n"
#define RANGES "* PREAUTH [CAPABILITY IMAP4rev1 ESEARCH] hi\r\n"
#define SEL    "* 2 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\nA1 OK sel\r\n"
#define SEL_LOG \
	"ready preauth\nexists 2\nexamine ok\n" \
	"opened 'INBOX' as 'INBOX' attributes 0 messages 2 uidvalidity 7\n"

struct transcript {
	const char *name;
	enum config_tls tls;
	const char *plan;
	const char *file; /* of tests/data/imap, or NULL: */
	const char *server;
	const char *log;
	const char *sent; /* or NULL: not compared */
};

static const struct transcript TRANSCRIPTS[] = {
	/* what crashed or fooled others (reliability.md, probes) */
	{ "badcharset greeting", TLS_IMPLICIT, "", "greeting-badcharset", NULL, "ready\n", "" },
	{ "open permanentflags greeting", TLS_IMPLICIT, "", "greeting-open-permanentflags", NULL,
		"ready\n", "" },
	{ "literal cut by the end", TLS_NONE, "sF", "literal-cut-by-eof", NULL, SEL_LOG, NULL },
	{ "counts out of range", TLS_NONE, "s", "counts-out-of-range", NULL,
		"ready preauth\nerror: the server counts to '-1' in EXISTS\n", NULL },
	{ "exists then bye while idling", TLS_NONE, "si", "idle-exists-then-bye", NULL,
		"ready preauth\nexists 2\nexamine ok\n"
		"opened 'INBOX' as 'INBOX' attributes 0 messages 2 uidvalidity 7\n"
		"refused: the server does not offer IDLE\n"
		"error: the server asked for more of nothing\n",
		NULL },
	{ "deep structure", TLS_NONE, "sF", "bodystructure-200000-parentheses", NULL, SEL_LOG,
		NULL },
	{ "uid wraps", TLS_NONE, "sF", "uid-wraps", NULL,
		SEL_LOG "error: the server gave a message the UID '99999999999'\n", NULL },
	{ "no after data", TLS_NONE, "sF", "no-after-data", NULL,
		SEL_LOG "message uid 5 body[] 3\nfetch no code 7 throttled 0\n", NULL },
	{ "unknown untagged", TLS_NONE, "sF", "unknown-untagged", NULL,
		SEL_LOG "message uid 5 body[] 3\nfetch ok\n", NULL },
	{ "unknown fetch item", TLS_NONE, "sF", "unknown-fetch-item", NULL,
		SEL_LOG "message uid 5 body[] 3\nfetch ok\n", NULL },
	/* greetings */
	{ "preauth with tls", TLS_IMPLICIT, "", NULL, "* PREAUTH hi\r\n",
		"error: the server logged us in before we said who we are (PREAUTH)\n", "" },
	{ "preauth before starttls", TLS_STARTTLS, "", NULL, "* PREAUTH hi\r\n",
		"error: the server logged us in before we said who we are (PREAUTH)\n", "" },
	{ "bye greeting", TLS_IMPLICIT, "l", NULL, "* BYE too many connections\r\n",
		"error: the server said: too many connections\n", "" },
	{ "http greeting", TLS_IMPLICIT, "l", NULL, "HTTP/1.1 400 Bad Request\r\nX: y\r\n",
		"error: the server does not greet as IMAP does, but with 'HTTP/1.1 400 Bad "
		"Request'\n",
		"" },
	{ "empty greeting", TLS_IMPLICIT, "l", NULL, "\r\n",
		"error: the server does not greet as IMAP does, but with ''\n", "" },
	{ "data instead of a greeting", TLS_IMPLICIT, "l", NULL, "* 3 EXISTS\r\n",
		"error: the server does not greet as IMAP does, but with '3 EXISTS'\n", "" },
	/* STARTTLS */
	{ "starttls", TLS_STARTTLS, "ct", NULL,
		"* OK hi\r\n* CAPABILITY IMAP4rev1 STARTTLS\r\nA1 OK x\r\nA2 OK go\r\n",
		"ready\ncapability ok\nsecure\n", "A1 CAPABILITY\r\nA2 STARTTLS\r\n" },
	{ "data behind starttls", TLS_STARTTLS, "t", NULL,
		"* OK hi\r\nA1 OK go\r\n* CAPABILITY IMAP4rev1\r\n",
		"ready\nsecure\n"
		"error: the server sent data between its STARTTLS answer and the handshake\n",
		NULL },
	{ "starttls stripped", TLS_STARTTLS, "t", NULL, "* OK [CAPABILITY IMAP4rev1] hi\r\n",
		"ready\nrefused: the server does not offer TLS (STARTTLS)\n", "" },
	{ "starttls refused", TLS_STARTTLS, "t", NULL, "* OK hi\r\nA1 NO later\r\n",
		"ready\nerror: the server refuses TLS (STARTTLS): later\n", NULL },
	{ "login without tls", TLS_STARTTLS, "l", NULL, "* OK hi\r\n",
		"ready\nrefused: no login without TLS\n", "" },
	/* login */
	{ "plain with initial response", TLS_IMPLICIT, "l", NULL,
		GREET "A1 OK [CAPABILITY IMAP4rev1 IDLE] in\r\n", "ready\nlogin ok\n",
		"A1 AUTHENTICATE PLAIN AHUAcA==\r\n" },
	{ "plain with continuation", TLS_IMPLICIT, "l", NULL,
		"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi\r\n+ \r\nA1 OK in\r\n",
		"ready\nlogin ok\n", "A1 AUTHENTICATE PLAIN\r\nAHUAcA==\r\n" },
	{ "password refused", TLS_IMPLICIT, "l", NULL,
		GREET "A1 NO [AUTHENTICATIONFAILED] wrong\r\n", "ready\nlogin no code 3\n", NULL },
	{ "mate, try authenticate", TLS_IMPLICIT, "l", NULL,
		"* OK [CAPABILITY IMAP4rev1] hi\r\nA1 BAD Mate, try AUTHENTICATE\r\n+\r\n"
		"A2 OK in\r\n",
		"ready\nlogin ok\n",
		"A1 LOGIN \"u\" \"p\"\r\nA2 AUTHENTICATE PLAIN\r\nAHUAcA==\r\n" },
	{ "authenticate bad, then login", TLS_IMPLICIT, "l", NULL,
		GREET "A1 BAD what\r\nA2 OK in\r\n", "ready\nlogin ok\n",
		"A1 AUTHENTICATE PLAIN AHUAcA==\r\nA2 LOGIN \"u\" \"p\"\r\n" },
	{ "login disabled", TLS_IMPLICIT, "l", NULL,
		"* OK [CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=LOGIN] hi\r\n+ VXNlcm5hbWU6\r\n"
		"+ UGFzc3dvcmQ6\r\nA1 OK in\r\n",
		"ready\nlogin ok\n", "A1 AUTHENTICATE LOGIN\r\ndQ==\r\ncA==\r\n" },
	{ "xoauth2 refused with a challenge", TLS_IMPLICIT, "o", NULL,
		"* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2] hi\r\n"
		"+ eyJzdGF0dXMiOiI0MDAifQ==\r\nA1 NO no\r\n",
		"ready\nlogin no\n",
		"A1 AUTHENTICATE XOAUTH2 dXNlcj11AWF1dGg9QmVhcmVyIHRvawEB\r\n\r\n" },
	{ "oauthbearer refused with a challenge", TLS_IMPLICIT, "o", NULL,
		"* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2 AUTH=OAUTHBEARER] hi\r\n"
		"+ eyJzdGF0dXMiOiI0MDAifQ==\r\nA1 NO no\r\n",
		"ready\nlogin no\n",
		"A1 AUTHENTICATE OAUTHBEARER bixhPXUsAWF1dGg9QmVhcmVyIHRvawEB\r\nAQ==\r\n" },
	{ "endless challenges", TLS_IMPLICIT, "l", NULL,
		GREET "+ a\r\n+ b\r\n+ c\r\n+ d\r\n+ e\r\n",
		"ready\nerror: the server does not stop asking who we are\n", NULL },
	/* folders */
	{ "list", TLS_NONE, "L", NULL,
		PRE "* LIST (\\HasNoChildren) \"/\" INBOX\r\n"
		    "* LIST (\\Sent \\X) \"/\" \"Gesendete &- &ZeVnLIqe-\"\r\n"
		    "* LIST (\\NoSelect) NIL \"[Gmail]\"\r\n"
		    "* LIST () \".\" {5}\r\na\"b c (\"CHILDINFO\" (\"SUBSCRIBED\"))\r\n"
		    "* LIST () \"/\" \"broken &AAAA name\"\r\n"
		    "* LIST () \"/\" {3}\r\na\rb\r\n* LIST garbage\r\n* LIST (\r\nA1 OK\r\n",
		"ready preauth\nlisted 'INBOX' as 'INBOX' delimiter / attributes c00\n"
		"listed 'Gesendete &- &ZeVnLIqe-' as 'Gesendete & 日本語' delimiter / attributes "
		"40\nlisted '[Gmail]' as '[Gmail]' attributes 1\n"
		"listed 'a\"b c' as 'a\"b c' delimiter . attributes 0\n"
		"listed 'broken &AAAA name' as 'broken &AAAA name' delimiter / attributes 0\n"
		"list ok\n",
		"A1 LIST \"\" \"*\"\r\n" },
	{ "status", TLS_NONE, "T", NULL,
		PRE "* STATUS INBOX (MESSAGES 3 UIDNEXT 9 UIDVALIDITY 0 X 4 Y (1 2) HIGHESTMODSEQ "
		    "99999999999)\r\nA1 OK x\r\n",
		"ready preauth\ncounted 'INBOX' as 'INBOX' attributes 800 messages 3 uidnext 9\n"
		"status ok\n",
		"A1 STATUS \"INBOX\" (MESSAGES UIDNEXT UIDVALIDITY)\r\n" },
	{ "status beyond 32 bits", TLS_NONE, "T", NULL,
		PRE "* STATUS INBOX (UIDNEXT 4294967296)\r\n",
		"ready preauth\nerror: the server counts to '4294967296' in STATUS\n", NULL },
	/* search */
	{ "search in several lines", TLS_NONE, "S", NULL,
		PRE "* SEARCH 1 2\r\n* SEARCH\r\n* SEARCH 4294967295 (MODSEQ 7)\r\nA1 OK x\r\n",
		"ready preauth\nfound 1\nfound 2\nfound 4294967295\nsearch ok\n",
		"A1 UID SEARCH UID 1:*\r\n" },
	{ "search with uid 0", TLS_NONE, "S", NULL, PRE "* SEARCH 1 0\r\n",
		"ready preauth\nfound 1\nerror: the server found a message with the UID '0'\n",
		NULL },
	{ "search for ranges", TLS_NONE, "sSS", NULL,
		RANGES SEL
		"* ESEARCH (TAG \"A2\") UID MIN 2 ALL 2,10:11,9:7 COUNT 6 MODSEQ 917\r\nA2 OK x\r\n"
		"* ESEARCH (TAG \"A3\") UID\r\nA3 OK x\r\n",
		SEL_LOG "found 2\nfound 10:11\nfound 7:9\nsearch ok\n"
			"search ok\n",
		"A1 EXAMINE \"INBOX\"\r\nA2 UID SEARCH RETURN (ALL) UID 1:*\r\n"
		"A3 UID SEARCH RETURN (ALL) UID 1:*\r\n" },
	{ "ranges of what nobody asked", TLS_NONE, "S", NULL,
		RANGES "* ESEARCH (TAG \"A9\") UID ALL 1:5\r\n* ESEARCH (TAG \"A1\") ALL 1:5\r\n"
		       "* ESEARCH (TAG \"A1\" X (ALL 3)) UID X (ALL 4) ALL 8 Y\r\n* ESEARCH )\r\n"
		       "* ESEARCH UID ALL 9\r\n* SEARCH 3\r\nA1 OK x\r\n",
		"ready preauth\nfound 8\nfound 9\nfound 3\nsearch ok\n",
		"A1 UID SEARCH RETURN (ALL) UID 1:*\r\n" },
	{ "ranges beyond what there is", TLS_NONE, "sS", NULL,
		RANGES SEL "* ESEARCH (TAG \"A2\") UID ALL 1:1004,1005:4294967295\r\n",
		SEL_LOG "found 1:1004\nerror: the server found more messages than there are\n",
		NULL },
	{ "a range from 0", TLS_NONE, "S", NULL, RANGES "* ESEARCH (TAG \"A1\") UID ALL 0:3\r\n",
		"ready preauth\nerror: the server found messages with the UIDs '0:3'\n", NULL },
	{ "a range without an end", TLS_NONE, "S", NULL, RANGES "* ESEARCH UID ALL 3:\r\n",
		"ready preauth\nerror: the server found messages with the UIDs '3:'\n", NULL },
	{ "ranges offered and not understood", TLS_NONE, "SS", NULL,
		RANGES "A1 BAD what?\r\n* SEARCH 4\r\nA2 OK x\r\n",
		"ready preauth\nsearch bad\nfound 4\nsearch ok\n",
		"A1 UID SEARCH RETURN (ALL) UID 1:*\r\nA2 UID SEARCH UID 1:*\r\n" },
	{ "search refused for its charset", TLS_NONE, "S", NULL,
		PRE "A1 NO [BADCHARSET (US-ASCII)] x\r\n", "ready preauth\nsearch no code 16\n",
		NULL },
	/* fetch */
	{ "fetch", TLS_NONE, "sF", NULL,
		PRE SEL
		"* 1 FETCH (UID 5 INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" RFC822.SIZE 4286 "
		"FLAGS (\\Seen $Junk) BODYSTRUCTURE ((\"TEXT\" \"PLAIN\" (\"CHARSET\" \"utf-8\") "
		"NIL "
		"NIL \"7BIT\" 12 1 NIL NIL NIL NIL)(\"APPLICATION\" \"PDF\" (\"NAME\" \"a.pdf\") "
		"NIL "
		"NIL \"BASE64\" 99 NIL (\"attachment\" (\"filename\" \"b.pdf\" \"size\" \"9\")) "
		"NIL "
		"NIL) \"MIXED\" (\"BOUNDARY\" \"x\") NIL NIL NIL) BODY[HEADER] {9}\r\nA: "
		"b\r\n\r\nx)\r\n"
		"A2 OK x\r\n",
		SEL_LOG "message uid 5 date 837596665-420 size 4286 \\Seen $Junk header 9 "
			"(1 TEXT/PLAIN utf-8 7BIT - - 12) (2 APPLICATION/PDF - BASE64 attachment "
			"b.pdf 99)\n"
			"fetch ok\n",
		"A1 EXAMINE \"INBOX\"\r\nA2 UID FETCH 1:100 (UID INTERNALDATE RFC822.SIZE FLAGS "
		"BODYSTRUCTURE BODY.PEEK[HEADER])\r\n" },
	{ "message in a message", TLS_NONE, "sF", NULL,
		PRE SEL
		"* 1 FETCH (UID 5 BODYSTRUCTURE ((\"text\" \"plain\" NIL NIL NIL \"7bit\" 1 1)"
		"(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 500 (\"Mon\" \"s\" NIL NIL NIL NIL "
		"NIL "
		"NIL NIL NIL) ((\"text\" \"html\" NIL NIL NIL \"8bit\" 2 1)(\"image\" \"png\" NIL "
		"NIL "
		"NIL \"base64\" 3) \"related\") 20)(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 40 "
		"NIL "
		"(\"text\" \"plain\" NIL NIL NIL \"7bit\" 4 1) 2) \"mixed\"))\r\nA2 OK x\r\n",
		SEL_LOG
		"message uid 5 (1 text/plain - 7bit - - 1) (2 message/rfc822 - 7bit - - 500) "
		"(2.1 text/html - 8bit - - 2) (2.2 image/png - base64 - - 3) "
		"(3 message/rfc822 - 7bit - - 40) (3.1 text/plain - 7bit - - 4)\nfetch ok\n",
		NULL },
	{ "one part and a name in pieces", TLS_NONE, "sF", NULL,
		PRE SEL
		"* 1 FETCH (UID 5 BODYSTRUCTURE (\"text\" \"plain\" (\"name*0*\" \"utf-8''na\" "
		"\"name*1*\" \"%C3%AF\") NIL NIL \"7bit\" 3 1 NIL (\"inline\" NIL) (\"de\" "
		"\"en\")))"
		"\r\n* 2 FETCH (UID 6 BODYSTRUCTURE (\"a\" \"b\" NIL NIL NIL NIL x) FLAGS ())\r\n"
		"A2 OK x\r\n",
		SEL_LOG
		"message uid 5 (1 text/plain - 7bit inline "
		"name*0*=\"utf-8''na\";name*1*=\"%C3%AF\" 3)\nmessage uid 6 (1 a/b - - - - 0)\n"
		"fetch ok\n",
		NULL },
	{ "odd but legal literals", TLS_NONE, "sF", NULL,
		PRE SEL
		"* 1 FETCH (BODY[HEADER] ~{3}\r\na\r\n X-LIT {2+}\r\n() UID 9)\r\n"
		"* 2 FETCH (UID 10 BODY[HEADER] NIL FLAGS ())\r\n"
		"* 3 FETCH (UID 11 BODY[HEADER.FIELDS (\"FROM\" TO)] {1}\r\nx BODY[HEADER] "
		"\"q\\\"r\")"
		"\r\n* 3 FETCH (FLAGS (\\Seen))\r\n* 4 FETCH (EMAILID (x(y)) MODSEQ (5) UID 12)\r\n"
		"A2 OK x\r\n",
		SEL_LOG "message uid 9 header 3\nmessage uid 10 header NIL\n"
			"message uid 11 header 3 body[HEADER.FIELDS (\"FROM\" TO)] 1\n"
			"message uid 0 \\Seen\nmessage uid 12\nfetch ok\n",
		NULL },
	{ "lines that make no sense", TLS_NONE, "sF", NULL,
		PRE SEL
		"* 1 FETCH UID 5\r\n* 1 FETCH (UID 5 FLAGS (\\Seen\r\n* 1 FETCH (UID 5 \"x\r\n"
		"* 1 FETCH ((UID 5))\r\n* 1 FETCH\r\n* 1\r\n*\r\n\r\n* OK\r\n* OK [\r\n* OK "
		"[ALERT\r\n"
		"* LITERAL {7}\r\nA2 OK x more {3}\r\n() \r\n* 1 FETCH (UID 6 BODY[HEADER] \"h\" "
		"BODYSTRUCTURE ((\r\nA2 OK x\r\n",
		SEL_LOG "alert [ALERT\nmessage uid 6 header 1 structure refused\nfetch ok\n",
		NULL },
	{ "part", TLS_NONE, "sP", NULL,
		PRE SEL
		"* 1 FETCH (UID 5 BODY[1]<0> {4}\r\ntext)\r\n* 2 FETCH (BODY[1]<0> NIL UID 6)\r\n"
		"* 3 FETCH (UID 7 BODY[1] {2}\r\nab BODY[1] {2}\r\ncd)\r\nA2 OK x\r\n",
		SEL_LOG "message uid 5 body[1] 4\nmessage uid 6 body[1] NIL 0\n"
			"message uid 7 body[1] 2\nfetch ok\n",
		"A1 EXAMINE \"INBOX\"\r\nA2 UID FETCH 1:100 (UID BODY.PEEK[1]<0.4096>)\r\n" },
	{ "uid 0", TLS_NONE, "sF", NULL, PRE SEL "* 1 FETCH (UID 0)\r\n",
		SEL_LOG "error: the server gave a message the UID '0'\n", NULL },
	{ "message number 0", TLS_NONE, "sF", NULL, PRE SEL "* 0 FETCH (UID 1)\r\n",
		SEL_LOG "error: the server counts to '0' in FETCH\n", NULL },
	{ "huge literal", TLS_NONE, "sF", NULL, PRE SEL "* 1 FETCH (UID 5 BODY[] {4294967295}\r\n",
		SEL_LOG "error: the server announced a literal of 4294967295 bytes\n", NULL },
	{ "illegal literal", TLS_NONE, "sF", NULL, PRE SEL "* 1 FETCH (UID 5 BODY[] {-5}\r\n",
		SEL_LOG "error: the server sent an illegal literal size\n", NULL },
	/* tags */
	{ "wrong tag", TLS_NONE, "s", NULL, PRE "A2 OK x\r\n",
		"ready preauth\nerror: the server answered 'A2' to nothing asked\n", NULL },
	{ "two answers", TLS_NONE, "s", NULL, PRE SEL "A1 OK x\r\n",
		SEL_LOG "error: the server answered 'A1' to nothing asked\n", NULL },
	{ "fetch ends before its search", TLS_NONE, "siD", NULL,
		PRE SEL
		"+ idling\r\n* 3 EXISTS\r\nA2 OK done\r\n* SEARCH 3\r\n"
		"* 3 FETCH (UID 3 BODY[HEADER] {2}\r\nhi)\r\nA4 OK x\r\n+ idling\r\nA3 OK x\r\n"
		"A5 OK idle\r\n",
		SEL_LOG "idling\nexists 3\nidle ok\nfound 3\nmessage uid 3 header 2\nfetch ok\n"
			"idling\nsearch ok\nidle ok\n",
		NULL },
	{ "idle ends before its turn", TLS_NONE, "siD", NULL,
		PRE SEL "+ idling\r\n* 3 EXISTS\r\nA2 OK done\r\nA5 OK idle\r\n",
		SEL_LOG "idling\nexists 3\nidle ok\n"
			"error: the server answered 'A5' to nothing asked\n",
		NULL },
	{ "no status", TLS_NONE, "s", NULL, PRE "A1 MAYBE x\r\n",
		"ready preauth\nerror: the server answered neither OK, NO nor BAD\n", NULL },
	{ "no mailbox", TLS_NONE, "s", NULL, PRE "A1 NO [NONEXISTENT] gone\r\n",
		"ready preauth\nexamine no code 14\n", NULL },
	/* idle */
	{ "untagged before the plus", TLS_NONE, "sid", NULL,
		PRE SEL "* 3 EXISTS\r\n+ idling\r\n* 1 EXPUNGE\r\nA2 OK done\r\n",
		SEL_LOG "exists 3\nidling\nexpunged 1\nidle ok\n",
		"A1 EXAMINE \"INBOX\"\r\nA2 IDLE\r\nDONE\r\n" },
	{ "mail arrives", TLS_NONE, "siD", NULL,
		PRE SEL
		"+ [BADCHARSET (\"x\")] idling\r\n* 3 EXISTS\r\nA2 OK done\r\n* SEARCH 3\r\n"
		"A3 OK x\r\n* 3 FETCH (UID 3 BODY[HEADER] {2}\r\nhi)\r\nA4 OK x\r\n+ idling\r\n",
		SEL_LOG "idling\nexists 3\nidle ok\nfound 3\nsearch ok\nmessage uid 3 header 2\n"
			"fetch ok\nidling\n",
		"A1 EXAMINE \"INBOX\"\r\nA2 IDLE\r\nDONE\r\nA3 UID SEARCH UID 3:*\r\n"
		"A4 UID FETCH 3:* (UID INTERNALDATE RFC822.SIZE FLAGS BODY.PEEK[HEADER])\r\n"
		"A5 IDLE\r\n" },
	{ "mail arrives before the plus", TLS_NONE, "si", NULL,
		PRE SEL "* 3 EXISTS\r\nA2 BAD no idle\r\n", SEL_LOG "exists 3\nidle bad\n",
		"A1 EXAMINE \"INBOX\"\r\nA2 IDLE\r\n" },
	{ "plus from nowhere", TLS_NONE, "s", NULL, PRE SEL "+ go on\r\n",
		SEL_LOG "error: the server asked for more of nothing\n", NULL },
	{ "bye and alert", TLS_NONE, "s", NULL,
		PRE "* NO [ALERT] disk \033[31mfull\r\n* BYE shutting down\r\n",
		"ready preauth\nalert disk \\x1b[31mfull\nbye shutting down\n", NULL },
	{ "throttled", TLS_NONE, "s", NULL,
		PRE "A1 NO Request is throttled. Suggested Backoff Time: 299961 milliseconds\r\n",
		"ready preauth\nexamine no throttled 299961\n", NULL },
};

static const char *
bytes_of(const struct transcript *t, size_t *size, char **own)
{
	*own = NULL;
	if (t->file) {
		*own = play_file(t->file, size);
		return *own;
	}
	*size = t->server ? strlen(t->server) : 0;
	return t->server;
}

static void
compare(const struct transcript *t, struct play *play)
{
	const char *log = play->log.bytes ? play->log.bytes : "";
	const char *sent = play->sent.bytes ? play->sent.bytes : "";

	if (strcmp(log, t->log) != 0)
		fail_msg("%s:\n%s\ninstead of\n%s", t->name, log, t->log);
	if (t->sent && strcmp(sent, t->sent) != 0)
		fail_msg("%s sent:\n%s\ninstead of\n%s", t->name, sent, t->sent);
}

static void
play_whole_in_steps(const struct transcript *t, size_t step)
{
	size_t size;
	char *own;
	const char *bytes = bytes_of(t, &size, &own);
	struct play play;

	if (!bytes)
		return;
	play_begin(&play, t->tls, t->plan);
	play_feed(&play, bytes, size, step);
	compare(t, &play);
	play_end(&play);
	free(own);
}

static void
tells_what_the_server_said(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(TRANSCRIPTS) / sizeof(TRANSCRIPTS[0]); i++)
		play_whole_in_steps(&TRANSCRIPTS[i], 0);
}

static void
tells_the_same_byte_by_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(TRANSCRIPTS) / sizeof(TRANSCRIPTS[0]); i++)
		for (size_t step = 1; step <= 7; step += 3)
			play_whole_in_steps(&TRANSCRIPTS[i], step);
}

/* Two pieces: nothing lost; one piece and the end: a beginning of the same story. */
static void
cut_at(const struct transcript *t, const char *bytes, size_t size, size_t cut)
{
	struct play play;

	play_begin(&play, t->tls, t->plan);
	play_feed(&play, bytes, cut, 0);
	if (play.log.bytes && strncmp(play.log.bytes, t->log, play.log.size) != 0)
		fail_msg("%s cut at %zu:\n%s", t->name, cut, play.log.bytes);
	if (!play.log.bytes || !strstr(play.log.bytes, "error:"))
		play_feed(&play, bytes + cut, size - cut, 0);
	compare(t, &play);
	play_end(&play);
}

static void
tells_the_same_cut_after_every_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(TRANSCRIPTS) / sizeof(TRANSCRIPTS[0]); i++) {
		size_t size;
		char *own;
		const char *bytes = bytes_of(&TRANSCRIPTS[i], &size, &own);

		for (size_t cut = 0; bytes && size < 10000 && cut <= size; cut++)
			cut_at(&TRANSCRIPTS[i], bytes, size, cut);
		free(own);
	}
}

static void
expect_error(
	enum config_tls tls, const char *plan, const char *bytes, size_t size, const char *error)
{
	struct play play;

	play_begin(&play, tls, plan);
	play_feed(&play, bytes, size, 0);
	if (!play.log.bytes || !strstr(play.log.bytes, error))
		fail_msg("'%s' is not in\n%s", error, play.log.bytes);
	play_end(&play);
}

static void
refuses_nul_outside_literals(void **state)
{
	static const char BYTES[] = PRE "* 2 EX\0STS\r\n";

	(void)state;
	expect_error(TLS_NONE, "s", BYTES, sizeof(BYTES) - 1, "NUL byte");
}

static void
refuses_lines_and_streams_without_end(void **state)
{
	struct text text = { 0 };

	(void)state;
	text_add(&text, PRE SEL "* 1 FETCH (UID 5 FLAGS (");
	for (int i = 0; i < 20000; i++)
		text_add(&text, "keyword ");
	expect_error(TLS_NONE, "sF", text.bytes, text.size, "a line over 65536 bytes");
	text_reset(&text);
	text_add(&text, PRE SEL);
	for (int i = 0; i < 200 * 1000 + 10; i++)
		text_add(&text, "* 1 X\r\n");
	expect_error(TLS_NONE, "sF", text.bytes, text.size, "does not stop answering");
	text_reset(&text);
	text_add(&text, PRE SEL "* X ");
	for (int i = 0; i < 2 * 1000 * 1000; i++)
		text_add(&text, "xxxxxxxxxx");
	expect_error(TLS_NONE, "sF", text.bytes, text.size, "an endless line");
	text_clear(&text);
}

/* MiB of lines that say nothing, until the machine has enough; most at most. */
static unsigned
swallowed(const char *plan, unsigned most)
{
	struct text mebibyte = { 0 };
	struct play play;
	unsigned count;

	while (mebibyte.size < 1024 * 1024)
		text_printf(&mebibyte, "* OK %08000d\r\n", 0);
	play_begin(&play, TLS_NONE, plan);
	play_feed(&play, PRE SEL, sizeof(PRE SEL) - 1, 0);
	for (count = 0; count < most && !strstr(play.log.bytes, "error:"); count++)
		play_feed(&play, mebibyte.bytes, mebibyte.size, 0);
	if (count < most)
		assert_non_null(strstr(play.log.bytes, "the server does not stop sending"));
	play_end(&play);
	text_clear(&mebibyte);
	return count;
}

static void
takes_64_mib_for_an_answer_and_more_for_that_to_a_fetch(void **state)
{
	(void)state;
	assert_in_range(swallowed("sS", 70), 60, 65);
	assert_int_equal(swallowed("sF", 70), 70);
}

static void
finds_600000_uids_in_one_line(void **state)
{
	struct text text = { 0 };
	struct play play;

	(void)state;
	text_add(&text, PRE "* SEARCH");
	for (int i = 1; i <= 600000; i++)
		text_printf(&text, " %d", i);
	text_add(&text, "\r\nA1 OK x\r\n");
	play_begin(&play, TLS_NONE, "S");
	play_feed(&play, text.bytes, text.size, 16384);
	assert_non_null(strstr(play.log.bytes, "found 600000\nsearch ok\n"));
	play_end(&play);
	text_clear(&text);
}

static void
finds_300000_ranges_in_one_line(void **state)
{
	struct text text = { 0 };
	struct play play;

	(void)state;
	text_add(&text, RANGES "* 600000 EXISTS\r\nA1 OK x\r\n* ESEARCH (TAG \"A2\") UID ALL 1");
	for (int i = 3; i <= 600000; i += 2)
		text_printf(&text, ",%d", i);
	text_add(&text, "\r\nA2 OK x\r\n");
	play_begin(&play, TLS_NONE, "sS");
	play_feed(&play, text.bytes, text.size, 16384);
	assert_non_null(strstr(play.log.bytes, "found 599999\nsearch ok\n"));
	play_end(&play);
	text_clear(&text);
}

static void
big_header(struct text *text, size_t size)
{
	text_add(text, PRE SEL);
	text_printf(text, "* 1 FETCH (UID 5 BODY[HEADER] {%zu}\r\n", size);
	for (size_t i = 0; i < size; i++)
		text_add_char(text, 'h');
	text_add(text, " RFC822.SIZE 3000000000 BODYSTRUCTURE ");
}

static void
cuts_a_header_and_refuses_a_structure_beyond_the_limits(void **state)
{
	struct text text = { 0 };
	struct play play;

	(void)state;
	big_header(&text, 300000);
	for (int i = 0; i < 70; i++)
		text_add_char(&text, '(');
	for (int i = 0; i < 20000; i++)
		text_add(&text, "\"text\" ");
	for (int i = 0; i < 70; i++)
		text_add_char(&text, ')');
	text_add(&text, ")\r\nA2 OK x\r\n");
	play_begin(&play, TLS_NONE, "sF");
	play_feed(&play, text.bytes, text.size, 1000);
	assert_string_equal(play.log.bytes, SEL_LOG
		"message uid 5 size 3000000000 header 262144 cut structure refused\nfetch ok\n");
	play_end(&play);
	text_clear(&text);
}

static void
refuses_a_structure_over_64_kib_but_tells_the_message(void **state)
{
	struct text text = { 0 };
	struct play play;

	(void)state;
	big_header(&text, 10);
	text_add(&text, "(\"text\" \"plain\" (\"name\" \"");
	for (int i = 0; i < 100000; i++)
		text_add_char(&text, 'n');
	text_add(&text, "\") NIL NIL \"7bit\" 5 1) FLAGS (\\Seen))\r\nA2 OK x\r\n");
	play_begin(&play, TLS_NONE, "sF");
	play_feed(&play, text.bytes, text.size, 1);
	assert_string_equal(play.log.bytes,
		SEL_LOG "message uid 5 size 3000000000 \\Seen header 10 "
			"structure refused\nfetch ok\n");
	play_end(&play);
	text_clear(&text);
}

static void
keeps_200_parts_of_a_message_with_more(void **state)
{
	struct text text = { 0 };
	struct play play;

	(void)state;
	text_add(&text, PRE SEL "* 1 FETCH (UID 5 BODYSTRUCTURE (");
	for (int i = 0; i < 900; i++)
		text_add(&text, "(\"a\" \"b\" NIL NIL NIL \"7bit\" 1)");
	text_add(&text, " \"mixed\"))\r\nA2 OK x\r\n");
	play_begin(&play, TLS_NONE, "sF");
	play_feed(&play, text.bytes, text.size, 0);
	assert_non_null(strstr(play.log.bytes, "(200 a/b"));
	assert_null(strstr(play.log.bytes, "(201 a/b"));
	play_end(&play);
	text_clear(&text);
}

static void
ignore_event(void *context, const struct imap_event *event)
{
	(void)context;
	(void)event;
}

static void
lets_no_line_end_onto_the_wire(void **state)
{
	struct imap *imap = imap_new(TLS_NONE, ignore_event, NULL);
	struct err err = { 0 };
	size_t size;

	(void)state;
	assert_int_equal(imap_feed(imap, PRE, strlen(PRE), &err), 0);
	assert_int_equal(imap_examine(imap, "a\r\nA9 DELETE b", &err), 0);
	assert_int_equal(err.code, ERR_USAGE);
	assert_int_equal(imap_login(imap, AUTH_LOGIN, false, "u\n", "p", 1, &err), 0);
	assert_int_equal(imap_login(imap, AUTH_LOGIN, false, "u", "p\r", 2, &err), 0);
	assert_int_equal(imap_login(imap, AUTH_LOGIN, false, "u", "p\0q", 3, &err), 0);
	assert_int_equal(imap_fetch_part(imap, &(struct uid_set){ 0 }, "1] X", 5, &err), 0);
	imap_output(imap, &size);
	assert_int_equal(size, 0);
	assert_int_not_equal(imap_examine(imap, "a\"b\\c", &err), 0);
	assert_string_equal(imap_output(imap, &size), "A1 EXAMINE \"a\\\"b\\\\c\"\r\n");
	imap_free(imap);
}

static void
keep_text(void *context, const struct imap_event *event)
{
	if (event->kind == IMAP_FINISHED || event->kind == IMAP_BYE)
		snprintf(context, 400, "%s", event->text);
}

/* What is kept of the server's words about a login with this secret. */
static void
refuse_login(const char *secret, const char *answer, char *kept)
{
	struct imap *imap = imap_new(TLS_IMPLICIT, keep_text, kept);
	struct err err = { 0 };

	kept[0] = '\0';
	assert_int_equal(imap_feed(imap, GREET, strlen(GREET), &err), 0);
	assert_int_not_equal(
		imap_login(imap, AUTH_AUTO, false, "me@x", secret, strlen(secret), &err), 0);
	if (imap_feed(imap, answer, strlen(answer), &err) < 0)
		snprintf(kept, 400, "%s", err.message);
	imap_free(imap);
}

static void
shows_no_words_of_the_server_that_hold_the_secret(void **state)
{
	static const char *const TOLD[] = {
		"A1 NO wrong: hunter\"22\r\n",
		"A1 NO LOGIN \"ME@X\" \"HUNTER\\\"22\" failed\r\n",
		"A1 NO [AUTHENTICATIONFAILED] AGAAbWVAeABodW50ZXIiMjI= AG1lQHgAaHVudGVyIjIy\r\n",
		"A1 NO aHVudGVyIjIy\r\n",
		"A1 NO eGh1bnRlciIyMg==\r\n",
		"* BYE AG1lQHgAaHVudGVyIjIy\r\n",
	};
	char kept[400];

	(void)state;
	for (size_t i = 0; i < sizeof(TOLD) / sizeof(TOLD[0]); i++) {
		refuse_login("hunter\"22", TOLD[i], kept);
		assert_non_null(strstr(kept, "hold the secret"));
	}
	refuse_login("hunter22", "hunter22 OK\r\n", kept);
	assert_non_null(strstr(kept, "hold the secret"));
	refuse_login("hunter\"22", "A1 NO wrong password for hunter\r\n", kept);
	assert_string_equal(kept, "wrong password for hunter");
}

static void
forgets_what_it_learnt_before_tls(void **state)
{
	struct imap *imap = imap_new(TLS_STARTTLS, ignore_event, NULL);
	struct err err = { 0 };
	static const char CLEAR[] = "* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] hi\r\n";

	(void)state;
	assert_int_equal(imap_feed(imap, CLEAR, strlen(CLEAR), &err), 0);
	assert_int_equal(imap_starttls(imap, &err), 1);
	assert_int_equal(imap_feed(imap, "A1 OK go\r\n", 10, &err), 0);
	assert_int_equal(imap_noop(imap, &err), 0);
	imap_tls_up(imap);
	assert_false(imap_capabilities_known(imap));
	assert_int_equal(imap_capabilities(imap), 0);
	assert_int_equal(imap_capability(imap, &err), 2);
	imap_free(imap);
}

static void
waits_with_done_until_the_server_confirms_idle(void **state)
{
	struct imap *imap = imap_new(TLS_NONE, ignore_event, NULL);
	struct err err = { 0 };
	size_t size;

	(void)state;
	assert_int_equal(imap_feed(imap, PRE, strlen(PRE), &err), 0);
	assert_int_equal(imap_idle(imap, &err), 1);
	assert_int_equal(imap_noop(imap, &err), 0);
	imap_done(imap);
	assert_int_equal(imap_noop(imap, &err), 2);
	assert_string_equal(imap_output(imap, &size), "A1 IDLE\r\n");
	imap_sent(imap, size);
	assert_int_equal(imap_feed(imap, "+ x\r\n", 5, &err), 0);
	assert_string_equal(imap_output(imap, &size), "DONE\r\nA2 NOOP\r\n");
	imap_free(imap);
}

static void
searches_by_date_as_rfc_3501_writes_it(void **state)
{
	struct imap *imap = imap_new(TLS_NONE, ignore_event, NULL);
	struct err err = { 0 };
	size_t size;

	(void)state;
	assert_int_equal(imap_feed(imap, PRE, strlen(PRE), &err), 0);
	imap_search(imap, 5, 9, 1706832000, &err);
	assert_string_equal(imap_output(imap, &size), "A1 UID SEARCH UID 5:9 SINCE 2-Feb-2024\r\n");
	imap_free(imap);
}

static void
searches_for_keywords_and_flags(void **state)
{
	static const char ASKED[] = "A1 UID SEARCH UID 1:* KEYWORD $Private\r\n"
				    "A2 UID SEARCH UID 7:7 UNKEYWORD $Private\r\n"
				    "A3 UID SEARCH UID 1:* FLAGGED\r\n"
				    "A4 UID SEARCH UID 1:9 UNSEEN\r\n";
	static const char *const BAD[] = { "", "!", "two words", "a)", "a\r\nb", "\\Strange",
		"\xc3\xa4" };
	struct imap *imap = imap_new(TLS_NONE, ignore_event, NULL);
	struct err err = { 0 };
	size_t size;

	(void)state;
	assert_int_equal(imap_feed(imap, PRE, strlen(PRE), &err), 0);
	imap_search_key(imap, 1, 0, "$Private", &err);
	imap_search_key(imap, 7, 7, "!$Private", &err);
	imap_search_key(imap, 1, 0, "\\Flagged", &err);
	imap_search_key(imap, 1, 9, "!\\SEEN", &err);
	assert_string_equal(imap_output(imap, &size), ASKED);
	for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
		assert_int_equal(imap_search_key(imap, 1, 0, BAD[i], &err), 0);
		assert_int_equal(err.code, ERR_USAGE);
	}
	imap_free(imap);
}

static void
holds_no_memory_of_lines_while_it_idles(void **state)
{
	static const char LINES[] = "+ idling\r\n* OK Still here\r\n* 3 EXISTS\r\n";
	struct play play;

	(void)state;
	play_begin(&play, TLS_NONE, "si");
	play_feed(&play, PRE SEL, sizeof(PRE SEL) - 1, 0);
	assert_non_null(play.imap->arena);
	play_feed(&play, LINES, sizeof(LINES) - 1, 0);
	assert_true(imap_idling(play.imap));
	assert_null(play.imap->arena);
	play_end(&play);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_what_the_server_said),
		cmocka_unit_test(tells_the_same_byte_by_byte),
		cmocka_unit_test(tells_the_same_cut_after_every_byte),
		cmocka_unit_test(refuses_nul_outside_literals),
		cmocka_unit_test(refuses_lines_and_streams_without_end),
		cmocka_unit_test(takes_64_mib_for_an_answer_and_more_for_that_to_a_fetch),
		cmocka_unit_test(finds_600000_uids_in_one_line),
		cmocka_unit_test(finds_300000_ranges_in_one_line),
		cmocka_unit_test(cuts_a_header_and_refuses_a_structure_beyond_the_limits),
		cmocka_unit_test(refuses_a_structure_over_64_kib_but_tells_the_message),
		cmocka_unit_test(keeps_200_parts_of_a_message_with_more),
		cmocka_unit_test(lets_no_line_end_onto_the_wire),
		cmocka_unit_test(shows_no_words_of_the_server_that_hold_the_secret),
		cmocka_unit_test(forgets_what_it_learnt_before_tls),
		cmocka_unit_test(waits_with_done_until_the_server_confirms_idle),
		cmocka_unit_test(holds_no_memory_of_lines_while_it_idles),
		cmocka_unit_test(searches_by_date_as_rfc_3501_writes_it),
		cmocka_unit_test(searches_for_keywords_and_flags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
