#include "liaison/crm/contact.h"
#include "liaison/crm/contact_label.h"
#include "liaison/crm/contact_part.h"
#include "liaison/crm/doubt.h"
#include "liaison/crm/interaction.h"
#include "liaison/crm/profile.h"
#include "liaison/crm/sight.h"

/* What conditions, lists and sorts may say of contacts and interactions. Conditions nest, and inside
 * a subquery an alias hides the same one outside; so a company reached from a person is k, a person
 * reached from a company is p, and from there they alternate, while contacts (c) and interactions
 * (i) alternate with each other. */

#define TEXT(name, sql) \
	{ \
		name, QUERY_TEXT, sql, NULL, true \
	}
/* ASCII: compared without folding, so that an index serves. */
#define WORD(name, sql) \
	{ \
		name, QUERY_TEXT, sql " COLLATE NOCASE", NULL, true \
	}
#define NUMBER(name, sql) \
	{ \
		name, QUERY_NUMBER, sql, NULL, true \
	}
#define MONEY(name, sql) \
	{ \
		name, QUERY_MONEY, sql, NULL, true \
	}
#define TIME(name, sql) \
	{ \
		name, QUERY_TIME, sql, NULL, true \
	}
#define BOOL(name, sql) \
	{ \
		name, QUERY_BOOL, sql, NULL, true \
	}

/* A figure of records that cannot be added yet: as in the record of the contact, it has no value. */
#define NONE_YET(name, type, sql) \
	{ \
		name, type, sql, NULL, true \
	}

/* A company's company is itself, as in its record. */
#define COMPANY_OF(c, column) \
	"(SELECT o." column " FROM contact o WHERE o.id = " \
	"CASE " c ".type WHEN 'company' THEN " c ".id ELSE " c ".company_id END)"

#define CONTACT_FIELDS(c) \
	NUMBER("id", c ".id"), NUMBER("version", c ".version"), WORD("no", c ".no"), \
		WORD("type", c ".type"), TEXT("name", c ".name_fold"), \
		TEXT("first_name", c ".first_name"), TEXT("middle_name", c ".middle_name"), \
		TEXT("surname", c ".surname"), TEXT("name_2", c ".name_2"), \
		TEXT("initials", c ".initials"), \
		{ "company", QUERY_TEXT, "CASE w.n WHEN 0 THEN o.no ELSE o.name END", \
			"SELECT 1 FROM contact o, (SELECT 0 AS n UNION ALL SELECT 1) w WHERE " \
			"o.id = " \
			"CASE " c ".type WHEN 'company' THEN " c ".id ELSE " c \
			".company_id END AND", \
			false }, \
		WORD("company_no", COMPANY_OF(c, "no")), \
		TEXT("company_name", COMPANY_OF(c, "name")), TEXT("job_title", c ".job_title"), \
		WORD("salesperson", c ".salesperson"), WORD("territory", c ".territory"), \
		WORD("language", c ".language"), WORD("country", c ".country"), \
		WORD("format_region", c ".format_region"), \
		WORD("organizational_level", c ".organizational_level"), \
		WORD("salutation", c ".salutation"), TEXT("street", c ".street"), \
		TEXT("city", c ".city"), TEXT("post_code", c ".post_code"), \
		TEXT("phone", c ".phone"), TEXT("mobile", c ".mobile"), \
		TEXT("street_2", c ".street_2"), TEXT("county", c ".county"), \
		TEXT("extension", c ".extension"), TEXT("pager", c ".pager"), \
		TEXT("fax", c ".fax"), WORD("currency", c ".currency"), \
		WORD("vat_no", c ".vat_no"), TEXT("registration_no", c ".registration_no"), \
		TEXT("external_id", c ".external_id"), \
		BOOL("picture", c ".picture_id IS NOT NULL"), TEXT("home_page", c ".home_page"), \
		WORD("correspondence", c ".correspondence"), \
		TEXT("lead_status", c ".lead_status"), TEXT("lead_source", c ".lead_source"), \
		{ "email", QUERY_TEXT, "e.address", \
			"SELECT 1 FROM contact_email e WHERE e.contact_id = " c \
			".id AND e.state = 'active' AND", \
			false }, \
		{ "domain", QUERY_TEXT, "d.domain", \
			"SELECT 1 FROM contact_domain d WHERE d.contact_id = " c ".id AND", \
			false }, \
		BOOL("privacy_blocked", c ".privacy_blocked"), BOOL("minor", c ".minor"), \
		BOOL("parental_consent", c ".parental_consent"), BOOL("excluded", c ".excluded"), \
		BOOL("opted_out", c ".opted_out"), TIME("created", c ".created"), \
		TIME("changed", c ".changed"), NUMBER("interactions", c ".interactions"), \
		TIME("last_interaction", c ".last_interaction"), \
		TIME("last_attempt", c ".last_attempt"), MONEY("cost", c ".cost"), \
		NUMBER("duration_min", c ".duration_min"), \
		NONE_YET("next_task", QUERY_TIME, "nullif(" c ".id, " c ".id)"), \
		NONE_YET("opportunities", QUERY_NUMBER, "(" c ".id * 0)"), \
		NONE_YET("estimated_value", QUERY_MONEY, "(" c ".id * 0)"), \
		NONE_YET("calculated_value", QUERY_MONEY, "(" c ".id * 0)"), \
	{ \
		0 \
	}

/* A relation to records that cannot be added yet: a known word, and true of no contact. */
#define NOBODY_HAS(name) \
	{ \
		name, "(SELECT 0 AS id) n WHERE n.id = 1", &nothing_noun, NULL \
	}

#define LABELLED(kind, c) \
	{ \
		kind, "contact_label l WHERE l.kind = '" kind "' AND l.contact_id = " c ".id", \
			&contact_label_noun, NULL \
	}

static const struct query_field link_copies[] = { TIME("at", "x.at"), { 0 } };

#define CONTACT_RELATIONS(c, person, person_noun, company, company_noun) \
	{ "interaction", \
		"interaction_contact x JOIN interaction i ON i.id = x.interaction_id " \
		"WHERE (x.contact_id = " c ".id OR x.company_id = " c \
		".id) AND " SIGHT_LINKED("x", "i.message_id"), \
		&interaction_noun, link_copies }, \
		{ "email", "contact_email e WHERE e.state = 'active' AND e.contact_id = " c ".id", \
			&contact_email_noun, NULL }, \
		{ "person", "contact " person " WHERE " person ".company_id = " c ".id", \
			person_noun, NULL }, \
		{ "company", "contact " company " WHERE " company ".id = " c ".company_id", \
			company_noun, NULL }, \
		LABELLED("mailing-group", c), LABELLED("industry-group", c), \
		LABELLED("responsibility", c), LABELLED("web-source", c), LABELLED("tag", c), \
		{ "relation", "contact_relation t WHERE t.contact = " c ".id", &relation_query, \
			NULL }, \
		{ "consent", "contact_consent t WHERE t.contact = " c ".id", &consent_query, \
			NULL }, \
		{ "fact", "contact_fact t WHERE t.contact = " c ".id", &fact_query, NULL }, \
		{ "answer", \
			"contact_answer t JOIN answer a ON a.id = t.answer_id WHERE t.contact_id " \
			"= " c ".id", \
			&profile_query, NULL }, \
		NOBODY_HAS("opportunity"), NOBODY_HAS("task"), NOBODY_HAS("campaign"), \
	{ \
		0 \
	}

static const struct query_noun person_noun, company_noun, nothing_noun;

/* ---- emails ---- */

static const struct query_field email_fields[] = {
	NUMBER("id", "e.id"),
	TEXT("email", "e.email"),
	TEXT("address", "e.address"),
	TEXT("kind", "e.kind"),
	BOOL("primary", "e.is_primary"),
	TIME("from", "e.valid_from"),
	TIME("until", "e.valid_until"),
	BOOL("shared", "e.shared"),
	TEXT("learned_from", "e.learned_from"),
	WORD("state", "e.state"),
	{ 0 },
};

static const struct query_words email_words[] = {
	{ "state", "active|removed" },
	{ 0 },
};

const struct query_noun contact_email_noun = {
	.name = "email",
	.from = "contact_email e",
	.id = "e.id",
	.fields = email_fields,
	.words = email_words,
	.sort = "-primary,state,id",
};

/* ---- notes ---- */

static const struct query_field note_fields[] = {
	NUMBER("id", "n.id"),
	TIME("at", "n.at"),
	TEXT("user", "n.user"),
	TEXT("note", "n.note"),
	{ 0 },
};

const struct query_noun contact_note_noun = {
	.name = "note",
	.from = "contact_note n",
	.id = "n.id",
	.fields = note_fields,
	.sort = "-id",
};

/* ---- what cannot be added yet ---- */

static const struct query_field nothing_fields[] = {
	NUMBER("id", "n.id"),
	{ 0 },
};

static const struct query_noun nothing_noun = {
	.name = "what is not recorded yet",
	.from = "(SELECT 0 AS id) n",
	.id = "n.id",
	.fields = nothing_fields,
	.sort = "id",
};

/* ---- contacts ---- */

static const struct query_field contact_query_fields[] = { CONTACT_FIELDS("c") };
static const struct query_field person_fields[] = { CONTACT_FIELDS("p") };
static const struct query_field company_fields[] = { CONTACT_FIELDS("k") };

static const struct query_relation contact_relations[] = {
	CONTACT_RELATIONS("c", "p", &person_noun, "k", &company_noun),
};
static const struct query_relation person_relations[] = {
	CONTACT_RELATIONS("p", "k", &company_noun, "k", &company_noun),
};
static const struct query_relation company_relations[] = {
	CONTACT_RELATIONS("k", "p", &person_noun, "p", &person_noun),
};

static const struct query_words contact_words[] = {
	{ "type", "person|company" },
	{ "correspondence", "email|hard-copy" },
	{ 0 },
};

const struct query_noun contact_noun = {
	.name = "contact",
	.from = "contact c",
	.id = "c.id",
	.fields = contact_query_fields,
	.words = contact_words,
	.relations = contact_relations,
	.sort = "no",
};

static const struct query_noun person_noun = {
	.name = "contact",
	.from = "contact p",
	.id = "p.id",
	.fields = person_fields,
	.words = contact_words,
	.relations = person_relations,
	.sort = "no",
};

static const struct query_noun company_noun = {
	.name = "contact",
	.from = "contact k",
	.id = "k.id",
	.fields = company_fields,
	.words = contact_words,
	.relations = company_relations,
	.sort = "no",
};

/* ---- interactions ---- */

static const struct query_field interaction_fields[] = {
	NUMBER("id", "i.id"),
	NUMBER("version", "i.version"),
	WORD("kind", "i.kind"),
	WORD("status", "i.status"),
	WORD("direction", "i.direction"),
	WORD("initiated_by", "i.initiated_by"),
	TIME("at", "i.at"),
	TIME("end", "i.end_at"),
	BOOL("all_day", "i.all_day"),
	TEXT("location", "i.location"),
	TEXT("subject", "i.subject"),
	TEXT("snippet", "i.snippet"),
	TEXT("note", "i.note"),
	TEXT("message_id", "(SELECT m.message_id FROM message m WHERE m.id = i.message_id)"),
	NUMBER("thread", "nullif(i.thread, 0)"),
	TEXT("event_uid", "i.event_uid"),
	TEXT("recurrence_id", "i.recurrence_id"),
	WORD("authentication",
		"(SELECT m.authentication FROM message m WHERE m.id = i.message_id)"),
	{ "flag", QUERY_TEXT, "f.word COLLATE NOCASE",
		"SELECT 1 FROM message m, " DOUBT_ROWS " f"
		" WHERE m.id = i.message_id AND (m.flags & f.bit) <> 0 AND",
		false },
	WORD("template", "i.template"),
	WORD("interaction_group", "i.interaction_group"),
	WORD("salesperson", "i.salesperson"),
	WORD("campaign", "i.campaign"),
	BOOL("campaign_target", "i.campaign_target"),
	BOOL("campaign_response", "i.campaign_response"),
	WORD("segment", "i.segment"),
	WORD("opportunity", "i.opportunity"),
	WORD("task", "i.task"),
	WORD("evaluation", "i.evaluation"),
	BOOL("attempt_failed", "i.attempt_failed"),
	MONEY("cost", "i.cost"),
	NUMBER("duration_min", "i.duration_min"),
	{ "source", QUERY_TEXT, "s.name",
		"SELECT 1 FROM ledger l JOIN stream t ON t.id = l.stream_id"
		" JOIN source s ON s.id = t.source_id WHERE l.message_id = i.message_id AND",
		false },
	{ "folder", QUERY_TEXT, "t.folder",
		"SELECT 1 FROM ledger l JOIN stream t"
		" ON t.id = l.stream_id WHERE l.message_id = i.message_id AND",
		false },
	{ "contact", QUERY_TEXT, "CASE w.n WHEN 0 THEN o.no ELSE o.name END",
		"SELECT 1 FROM interaction_contact x, (SELECT 0 AS n UNION ALL SELECT 1) w"
		" JOIN contact o ON o.id = x.contact_id WHERE x.interaction_id = i.id AND",
		false },
	{ "email", QUERY_TEXT, "x.email",
		"SELECT 1 FROM interaction_contact x WHERE x.interaction_id = i.id AND", false },
	{ "role", QUERY_TEXT, "x.role",
		"SELECT 1 FROM interaction_contact x WHERE x.interaction_id = i.id AND", false },
	{ "via", QUERY_TEXT, "x.via",
		"SELECT 1 FROM interaction_contact x WHERE x.interaction_id = i.id AND", false },
	{ "ambiguous", QUERY_BOOL, "x.ambiguous",
		"SELECT 1 FROM interaction_contact x WHERE x.interaction_id = i.id AND", false },
	TIME("created", "i.created"),
	TIME("changed", "i.changed"),
	{ 0 },
};

static const struct query_relation interaction_relations[] = {
	{ "contact",
		"interaction_contact x JOIN contact c ON c.id = x.contact_id"
		" WHERE x.interaction_id = i.id",
		&contact_noun, NULL },
	{ "person",
		"interaction_contact x JOIN contact c ON c.id = x.contact_id"
		" WHERE x.interaction_id = i.id AND c.type = 'person'",
		&contact_noun, NULL },
	{ "company",
		"interaction_contact x JOIN contact c ON c.id = coalesce(x.company_id,"
		" x.contact_id) WHERE x.interaction_id = i.id AND c.type = 'company'",
		&contact_noun, NULL },
	{ 0 },
};

/* What others see of a mail or meeting of somebody's own: dates and parties. The record goes by it too. */
#define OPEN(name) \
	{ \
		name, QUERY_ALWAYS, NULL \
	}
#define OPEN_LINK(name) \
	{ \
		name, QUERY_ALWAYS, SIGHT_TOOK_PART("x") \
	}
#define OPEN_COPY(name) \
	{ \
		name, SIGHT_COPY, NULL \
	}
static const struct query_open interaction_open[] = {
	OPEN("id"),
	OPEN("version"),
	OPEN("kind"),
	OPEN("status"),
	OPEN("direction"),
	OPEN("initiated_by"),
	OPEN("at"),
	OPEN("end"),
	OPEN("all_day"),
	OPEN("duration_min"),
	OPEN("moves"),
	OPEN("salesperson"),
	OPEN("colleagues"),
	OPEN_LINK("contacts"),
	OPEN_LINK("contact"),
	OPEN_LINK("person"),
	OPEN_LINK("company"),
	OPEN_LINK("email"),
	OPEN_LINK("role"),
	OPEN_LINK("via"),
	OPEN_LINK("ambiguous"),
	OPEN("sources"),
	OPEN("source"),
	OPEN("folder"),
	OPEN("created"),
	OPEN("changed"),
	OPEN_COPY("subject"),
	OPEN_COPY("message_id"),
	{ 0 },
};

/* Kinds are open. */
static const struct query_words interaction_words[] = {
	{ "status", "planned|held|recorded|cancelled|draft" },
	{ "direction", "inbound|outbound|none" },
	{ "initiated_by", "us|them|none" },
	{ "authentication", "verified|unverified|failed" },
	{ "flag", "several-from|mixed-script|spoofed-name|calendar|known-name" },
	{ "evaluation", "very-positive|positive|neutral|negative|very-negative" },
	{ "role", "from|sender|reply-to|to|cc|bcc|organizer|attendee|mentioned|participant" },
	{ "via", "address|domain|alias|manual" },
	{ 0 },
};

const struct query_noun interaction_noun = {
	.name = "interaction",
	.from = "interaction i",
	.id = "i.id",
	.fields = interaction_fields,
	.words = interaction_words,
	.relations = interaction_relations,
	.sort = "-at",
	.withheld = SIGHT_LEVEL("i.message_id"),
	.open = interaction_open,
};
