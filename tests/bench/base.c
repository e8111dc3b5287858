/* The database that finding, showing and listing contacts are measured on: base PATH [CONTACTS
 * [INTERACTIONS [SEED]]] makes it through the store and the nouns, as the engine does, in large
 * transactions. A fifth are companies, a few of which have most of the persons; names are as skewed, in
 * several scripts; what happened is linked to few contacts very often and to most hardly ever. The same
 * seed makes the same base. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "liaison/crm/contact.h"
#include "liaison/crm/contact_find.h"
#include "liaison/crm/interaction.h"
#include "liaison/store/migrate.h"

enum {
	SLICE = 5000, /* rows a transaction */
	NOW = 1800000000,
	YEARS = 5 * 365 * 86400,
	CHECKPOINT_PAGES = 4096,
	TURNS = 40, /* of deriving what contacts are found by, a transaction */
};

struct base {
	struct store *store;
	struct arena *arena;
	uint64_t chance;
	struct err err;
	int64_t *companies; /* ids */
	char (*domains)[64];
	int64_t contacts, company_count;
};

static void
need(const struct base *base, int result, const char *what)
{
	if (result == 0)
		return;
	fprintf(stderr, "base: %s: %s\n", what, base->err.message);
	exit(1);
}

/* xorshift64* */
static uint64_t
draw(struct base *base, uint64_t below)
{
	uint64_t x = base->chance;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	base->chance = x;
	return (x * 2685821657736338717ull >> 16) % below;
}

/* Below count, the low ones far more often: the cube of an even draw. */
static uint64_t
skewed(struct base *base, uint64_t count)
{
	double even = (double)draw(base, 1 << 24) / (1 << 24);

	return (uint64_t)(even * even * even * (double)count);
}

static const char *const GIVEN[] = { "Anna", "Maria", "Peter", "Thomas", "Michael", "Andrea", "Jan",
	"Eva", "Martin", "Petra", "John", "Mary", "David", "Sarah", "James", "Laura", "Daniel",
	"Julia", "Paul", "Claudia", "Zo\u00eb", "Ren\u00e9", "Andr\u00e9", "J\u00fcrgen",
	"G\u00fcnter", "Bj\u00f6rn", "S\u00f8ren", "Ji\u0159\u00ed", "Tom\u00e1\u0161",
	"Luk\u00e1\u0161", "Micha\u0142", "Ma\u0142gorzata", "\u0141ukasz", "Jos\u00e9",
	"Mar\u00eda", "Ram\u00f3n", "Fran\u00e7oise", "Ch\u00e9rif", "Ayşe", "\u00d6zg\u00fcr",
	"Ada", "Bob", "Charles", "Dora", "Emil", "Fatima", "Grace", "Hugo", "Ines", "Jonas", "Karl",
	"Lena", "Mark", "Nora", "Otto", "Paula", "Quentin", "Rosa", "Simon", "Tina", "Ulrich",
	"Vera", "Walter", "Xenia", "Yann", "Zita", "Alexander", "Elisabeth", "Katharina",
	"Maximilian" };
static const char *const SURNAME[] = { "M\u00fcller", "Schmidt", "Nov\u00e1k", "Smith", "Schneider",
	"Fischer", "Svoboda", "Jones", "Weber", "Meyer", "Garc\u00eda", "Wagner", "Becker",
	"Schulz", "Hoffmann", "Dvo\u0159\u00e1k", "Kowalski", "Nowak", "Rossi", "Ferrari", "Dubois",
	"Lefebvre", "Andersson", "Johansson", "Hansen", "Nielsen", "Jensen", "Sch\u00e4fer", "Koch",
	"Bauer", "Richter", "Klein", "Wolf", "Schr\u00f6der", "Neumann", "Schwarz", "Zimmermann",
	"Braun", "Kr\u00fcger", "Hartmann", "Lange", "Werner", "Krause", "Lehmann", "K\u00f6hler",
	"Maier", "Walter", "K\u00f6nig", "Taylor", "Brown", "Williams", "Wilson", "Johnson",
	"Davies", "Patel", "Wright", "Walker", "Green", "Lovelace", "Babbage", "O'Neill",
	"van der Berg", "de la Cruz", "\u017di\u017eka", "\u010capek" };
static const char *const STEM[] = { "Alt", "Berg", "Birk", "Brand", "Bruck", "Dorn", "Eber", "Eich",
	"Fahr", "Feld", "Finster", "Frei", "Gold", "Grau", "Gross", "Hag", "Hart", "Heim", "Hoch",
	"Holz", "Kalt", "Kirch", "Klaus", "Kreuz", "Lang", "Linden", "Loh", "Mair", "Mark", "Mohr",
	"Nagel", "Neu", "Ober", "Ost", "Pfaff", "Rausch", "Reich", "Ried", "Rosen", "Roth", "Salz",
	"Sand", "Schell", "Sieg", "Sommer", "Stark", "Stein", "Stern", "Strauss", "Tann", "Ulm",
	"Wald", "Weid", "Weiss", "Wein", "Wild", "Winter", "Zell", "Ziegel", "Zucker" };
static const char *const END[] = { "acher", "auer", "bach", "bacher", "baum", "beck", "berger",
	"blum", "b\u00f6ck", "burg", "dorf", "dorfer", "eder", "egger", "ek", "feld", "felder",
	"gruber", "hammer", "hauer", "hauser", "heimer", "hofer", "holzer", "huber", "inger",
	"kamp", "ler", "linger", "macher", "mann", "mayr", "meier", "m\u00fcller", "ner", "ova",
	"reiter", "sky", "stein", "thaler", "wald", "wieser", "zl" };
static const char *const CYRILLIC_GIVEN[] = { "\u041e\u043b\u044c\u0433\u0430",
	"\u0410\u043d\u043d\u0430", "\u0418\u0432\u0430\u043d", "\u041f\u0451\u0442\u0440",
	"\u0421\u0435\u0440\u0433\u0435\u0439", "\u041c\u0430\u0440\u0438\u044f" };
static const char *const CYRILLIC[] = { "\u0418\u0432\u0430\u043d\u043e\u0432",
	"\u041a\u043e\u0432\u0430\u043b\u0451\u0432", "\u041f\u0435\u0442\u0440\u043e\u0432\u0430",
	"\u0421\u043c\u0438\u0440\u043d\u043e\u0432",
	"\u041c\u043e\u0440\u043e\u0437\u043e\u0432\u0430" };
static const char *const GREEK[] = { "\u0393\u03b9\u03ce\u03c1\u03b3\u03bf\u03c2",
	"\u039c\u03b1\u03c1\u03af\u03b1",
	"\u03a0\u03b1\u03c0\u03b1\u03b4\u03cc\u03c0\u03bf\u03c5\u03bb\u03bf\u03c2",
	"\u039d\u03af\u03ba\u03bf\u03c2" };
static const char *const HAN[] = { "\u738b", "\u674e", "\u5f20", "\u5218", "\u5c0f", "\u660e",
	"\u4f1f", "\u82b3", "\u5a1c", "\u79c0", "\u82f1", "\u654f", "\u9759", "\u5f3a" };
static const char *const ARABIC[] = { "\u0645\u062d\u0645\u062f", "\u0641\u0627\u0637\u0645\u0629",
	"\u0639\u0644\u064a", "\u062d\u0633\u0646" };
static const char *const CITY[] = { "Berlin", "Hamburg", "M\u00fcnchen", "K\u00f6ln", "Praha",
	"Wien", "Brno", "London", "Paris", "Madrid", "Roma", "Krak\u00f3w", "Z\u00fcrich",
	"Gen\u00e8ve", "Oslo", "Malm\u00f6", "K\u00f8benhavn", "Bratislava", "Linz", "Graz",
	"Leipzig", "Dresden", "Bremen", "Stuttgart", "Frankfurt am Main", "\u0141\u00f3d\u017a",
	"\u041c\u043e\u0441\u043a\u0432\u0430" };
static const char *const TRADE[] = { "Bau", "Software", "Logistik", "Consulting", "Engineering",
	"Labs", "Systems", "Handel", "Trading", "Media", "Energie", "Pharma", "Werkzeuge", "Studio",
	"Partners" };
static const char *const FORM[] = { "GmbH", "AG", "Ltd", "s.r.o.", "Inc", "KG", "SA", "AB" };
static const char *const FREE[] = { "gmail.com", "gmx.de", "seznam.cz", "outlook.com" };

#define PICK(base, list)   ((list)[draw(base, sizeof(list) / sizeof *(list))])
#define PREFER(base, list) ((list)[skewed(base, sizeof(list) / sizeof *(list))])

/* Every third surname is one of many thousands. */
static const char *
surname(struct base *base)
{
	if (draw(base, 100) < 35)
		return PREFER(base, SURNAME);
	return arena_printf(base->arena, "%s%s%s", PICK(base, STEM), draw(base, 8) == 0 ? "en" : "",
		PICK(base, END));
}

static const char *
person_name(struct base *base)
{
	uint64_t script = draw(base, 100);

	if (script < 8)
		return arena_printf(
			base->arena, "%s %s", PICK(base, CYRILLIC_GIVEN), PICK(base, CYRILLIC));
	if (script < 11)
		return arena_printf(base->arena, "%s %s", PICK(base, GREEK), PICK(base, GREEK));
	if (script < 16)
		return arena_printf(
			base->arena, "%s%s%s", PICK(base, HAN), PICK(base, HAN), PICK(base, HAN));
	if (script < 18)
		return arena_printf(base->arena, "%s %s", PICK(base, ARABIC), PICK(base, ARABIC));
	if (script < 23)
		return arena_printf(
			base->arena, "%s %s-%s", PREFER(base, GIVEN), surname(base), surname(base));
	return arena_printf(base->arena, "%s %s", PREFER(base, GIVEN), surname(base));
}

/* What of a name can stand in an address. */
static const char *
local_part(struct base *base, const char *name, int64_t number)
{
	char *out = arena_text(base->arena, name), *to = out;

	for (const char *at = name; *at != '\0'; at++) {
		if (*at == ' ')
			*to++ = '.';
		else if ((*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z'))
			*to++ = (char)(*at | 32);
	}
	*to = '\0';
	return arena_printf(base->arena, "%s%lld", out[0] != '.' ? out : "p", (long long)number);
}

static const char *
phone(struct base *base)
{
	unsigned long long area = 30 + draw(base, 900), number = 100000 + draw(base, 9000000);

	switch (draw(base, 3)) {
	case 0:
		return arena_printf(base->arena, "+49 %llu %llu", area, number);
	case 1:
		return arena_printf(base->arena, "0%llu/%llu", area, number);
	default:
		return arena_printf(base->arena, "+420 %llu %llu", area, number);
	}
}

static void
place(struct base *base, struct contact *contact)
{
	contact->city = PREFER(base, CITY);
	contact->post_code = arena_printf(
		base->arena, "%05llu", (unsigned long long)draw(base, 99999));
	contact->street = arena_printf(base->arena, "%s%s %llu", PICK(base, STEM), "stra\u00dfe",
		(unsigned long long)(1 + draw(base, 200)));
	if (draw(base, 100) < 70)
		contact->phone = phone(base);
	if (draw(base, 100) < 30)
		contact->mobile = phone(base);
}

static void
add_email(struct base *base, int64_t id, const char *address)
{
	struct contact_email email = { .email = address };

	need(base, contact_email_add(base->store, base->arena, id, &email, &base->err), address);
}

static void
add_company(struct base *base, int64_t number)
{
	struct contact contact = { .type = "company" };
	char *domain = base->domains[base->company_count];

	contact.name = arena_printf(base->arena, "%s%s %s %s", PICK(base, STEM), PICK(base, END),
		PICK(base, TRADE), PREFER(base, FORM));
	place(base, &contact);
	need(base, contact_add(base->store, base->arena, &contact, NOW, &base->err), contact.name);
	snprintf(domain, sizeof base->domains[0], "%s.example",
		local_part(base, contact.name, number));
	need(base, contact_domain_add(base->store, base->arena, contact.id, domain, &base->err),
		domain);
	add_email(base, contact.id, arena_printf(base->arena, "info@%s", domain));
	base->companies[base->company_count++] = contact.id;
}

static void
add_person(struct base *base, int64_t number)
{
	struct contact contact = { .type = "person", .name = person_name(base) };
	uint64_t company = skewed(base, (uint64_t)base->company_count);
	const char *domain = PICK(base, FREE);

	if (draw(base, 100) < 85) {
		contact.company_id = base->companies[company];
		domain = base->domains[company];
	}
	place(base, &contact);
	need(base, contact_add(base->store, base->arena, &contact, NOW, &base->err), contact.name);
	if (draw(base, 100) < 85)
		add_email(base, contact.id,
			arena_printf(base->arena, "%s@%s", local_part(base, contact.name, number),
				domain));
}

static void
begin(struct base *base)
{
	need(base, store_begin(base->store, &base->err), "begin");
}

static void
commit(struct base *base)
{
	int64_t left;

	need(base, store_commit(base->store, &base->err), "commit");
	if (store_wal_pages(base->store) > CHECKPOINT_PAGES)
		need(base, store_checkpoint(base->store, true, &left, &base->err), "checkpoint");
	arena_reset(base->arena);
}

static void
add_contacts(struct base *base)
{
	bool more = true;

	store_put_off(base->store, true);
	begin(base);
	for (int64_t i = 0; i < base->contacts; i++) {
		if (i < base->contacts / 100 || i % 5 == 0)
			add_company(base, i);
		else
			add_person(base, i);
		if (i % SLICE == SLICE - 1) {
			commit(base);
			begin(base);
		}
	}
	store_put_off(base->store, false);
	commit(base);
	while (more) {
		begin(base);
		for (unsigned turn = 0; turn < TURNS && more; turn++)
			need(base, contact_index_turn(base->store, &more, &base->err), "index");
		commit(base);
	}
}

static void
add_interactions(struct base *base, int64_t count)
{
	static const char *const SUBJECT[] = { "Re: offer", "Invoice", "Meeting on Thursday",
		"Question about the delivery", "Angebot", "Rechnung", "Schůzka",
		"Re: Re: contract" };

	begin(base);
	for (int64_t i = 0; i < count; i++) {
		int64_t id = 1 + (int64_t)skewed(base, (uint64_t)base->contacts);
		bool inbound = draw(base, 2) == 0;
		struct interaction_link link = {
			.contact_id = id, .role = inbound ? "from" : "to", .via = "address"
		};
		struct interaction interaction = { .kind = draw(base, 10) == 0 ? "call" : "email",
			.status = "recorded",
			.direction = inbound ? "inbound" : "outbound",
			.initiated_by = inbound ? "them" : "us",
			.at = NOW - (int64_t)draw(base, YEARS),
			.subject = PICK(base, SUBJECT) };

		need(base,
			interaction_add(base->store, &interaction, &link, 1, NULL, NOW, &base->err),
			"interaction");
		if (i % SLICE == SLICE - 1) {
			commit(base);
			begin(base);
		}
	}
	commit(base);
}

static int64_t
argument(int count, char **words, int place_of, int64_t otherwise)
{
	return count > place_of ? strtoll(words[place_of], NULL, 10) : otherwise;
}

int
main(int count, char **words)
{
	int64_t interactions = argument(count, words, 3, 1000000);
	struct base base = { .contacts = argument(count, words, 2, 100000),
		.chance = (uint64_t)argument(count, words, 4, 4711) };

	if (count < 2 || base.contacts < 100 || base.chance == 0) {
		fprintf(stderr, "usage: base PATH [CONTACTS [INTERACTIONS [SEED]]]\n");
		return 2;
	}
	umask(077);
	base.arena = arena_new();
	base.companies = mem_zero((size_t)base.contacts, sizeof *base.companies);
	base.domains = mem_zero((size_t)base.contacts, sizeof *base.domains);
	base.store = store_open(words[1], STORE_WRITER, &base.err);
	need(&base, base.store == NULL ? -1 : 0, words[1]);
	need(&base, store_migrate(base.store, words[1], &base.err), "migrate");
	add_contacts(&base);
	add_interactions(&base, interactions);
	store_close(base.store);
	free(base.companies);
	free(base.domains);
	arena_free(base.arena);
	return 0;
}
