#include <string.h>

#include "contact_row.h"
#include "duplicate_side.h"
#include "find_word.h"
#include "liaison/base/address.h"
#include "liaison/base/text.h"
#include "liaison/base/utf8.h"

/* What a contact is compared by, as text: fields that end with FIELD, items of lists that end with ITEM,
 * which no clean text has in it. */

enum { FIELD = '\x1f', ITEM = '\x1e', OWN = '=', PHONE_DIGITS = 8, PHONE_LEAST = 6 };

/* ---- making it ---- */

static void
add_field(struct text *text, const char *value)
{
	text_add(text, value);
	text_add_char(text, FIELD);
}

static void
add_item(struct text *text, const char *value)
{
	text_add(text, value);
	text_add_char(text, ITEM);
}

/* ITU-T E.164: zones 1 and 7 are whole, these codes have two digits, and the others three. */
static size_t
calling_code_size(const char *digits)
{
	static const char TWO[] = " 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53"
				  " 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94"
				  " 95 98 ";
	const char code[] = { ' ', digits[0], digits[1], ' ', '\0' };

	if (digits[0] == '1' || digits[0] == '7')
		return 1;
	return strstr(TWO, code) != NULL ? 2 : 3;
}

/* The number within its country, without the zero that calls out of town. */
static const char *
national(const char *digits, bool abroad)
{
	if (digits[0] == '0' && digits[1] == '0') {
		abroad = true;
		digits += 2;
	}
	if (abroad && strlen(digits) > 3)
		digits += calling_code_size(digits);
	return digits + strspn(digits, "0");
}

/* Its last digits: who writes the country and who does not are the same. */
static void
add_phone(struct text *text, const char *number)
{
	bool abroad = number != NULL && number[strspn(number, " (")] == '+';
	const char *local;
	char digits[64];
	size_t used = 0;

	for (; number != NULL && *number != '\0' && used + 1 < sizeof digits; number++) {
		if (*number >= '0' && *number <= '9')
			digits[used++] = *number;
	}
	digits[used] = '\0';
	local = national(digits, abroad);
	used = strlen(local);
	if (used >= PHONE_LEAST)
		add_item(text, used > PHONE_DIGITS ? local + used - PHONE_DIGITS : local);
}

/* A post code is compared without its blanks, and streets and cities with one between words. */
static void
add_plain(struct text *text, struct arena *arena, const char *value, bool joined)
{
	for (const char *at = value != NULL ? find_plain(arena, value) : ""; *at != '\0'; at++) {
		if (!joined || *at != ' ')
			text_add_char(text, *at);
	}
	text_add_char(text, FIELD);
}

static const char *
domain_of(const char *address)
{
	const char *domain = address_domain(address);

	return domain != NULL && !domain_is_freemail(domain) ? domain : NULL;
}

static bool
is_earlier_domain(const struct contact_email *emails, unsigned i)
{
	const char *domain = domain_of(emails[i].address);

	for (unsigned j = 0; j < i; j++) {
		if (text_same(domain_of(emails[j].address), domain))
			return true;
	}
	return domain == NULL;
}

static int
add_addresses(struct text *text, struct store *store, struct arena *arena, int64_t id,
	const char **first, struct err *err)
{
	struct contact_email *emails;
	const char **domains;
	unsigned count, own;

	if (contact_emails(store, arena, id, &emails, &count, err) < 0 ||
		contact_domains(store, arena, id, &domains, &own, err) < 0)
		return -1;
	if (count > DUPLICATE_LIST_MAX)
		count = DUPLICATE_LIST_MAX;
	*first = count > 0 && !emails[0].removed ? emails[0].address : NULL;
	for (unsigned i = 0; i < count; i++)
		add_item(text, emails[i].address);
	text_add_char(text, FIELD);
	for (unsigned i = 0; i < count; i++) {
		if (!is_earlier_domain(emails, i))
			add_item(text, domain_of(emails[i].address));
	}
	for (unsigned i = 0; i < own && i < DUPLICATE_LIST_MAX; i++) {
		text_add_char(text, OWN);
		add_item(text, domains[i]);
	}
	text_add_char(text, FIELD);
	return 0;
}

/* ---- Business Central's strings ---- */

/* £ is two bytes, and stands for itself below. */
static bool
is_left_out(const char *at)
{
	return strchr(" +\"&/,.;:-_(){}#!$\\", *at) != NULL ||
	       strncmp(at, "\xc2\xa3", strlen("\xc2\xa3")) == 0;
}

/* Letters are compared in one case; folding gives the same as upper case would. */
static const char *
string_of(struct arena *arena, const struct duplicate_string *row, const char *value)
{
	char *kept = arena_alloc(arena, strlen(value) + 1), *to = kept;
	unsigned letters = 0, seen = 0;

	for (const char *at = value; *at != '\0'; at++) {
		if (is_left_out(at)) {
			at += (unsigned char)*at >= 0x80;
			continue;
		}
		letters += utf8_begins(*at);
		*to++ = *at;
	}
	*to = '\0';
	for (to = kept; *to != '\0'; to++) {
		seen += utf8_begins(*to);
		if (row->last ? seen > letters - row->length : seen > row->length)
			break;
		if (row->last && letters <= row->length)
			break;
	}
	if (row->last)
		return text_fold(arena, to);
	return text_fold(arena, arena_text_n(arena, kept, (size_t)(to - kept)));
}

static void
add_strings(struct text *text, struct arena *arena, struct contact *contact, const char *email,
	const struct duplicate_rows *rows)
{
	for (unsigned i = 0; i < rows->count; i++) {
		const struct duplicate_string *row = &rows->items[i];
		const char *value = row->field != NULL ? *contact_text_field(contact, row->field)
						       : email;

		add_item(text, value != NULL ? string_of(arena, row, value) : "");
	}
	text_add_char(text, FIELD);
}

static int
add_contact(struct text *text, struct store *store, struct arena *arena, struct contact *contact,
	const struct duplicate_rows *rows, struct err *err)
{
	const char *email;

	add_field(text, contact->type);
	add_plain(text, arena, contact->name, false);
	add_phone(text, contact->phone);
	add_phone(text, contact->mobile);
	text_add_char(text, FIELD);
	if (add_addresses(text, store, arena, contact->id, &email, err) < 0)
		return -1;
	add_plain(text, arena, contact->street, false);
	add_plain(text, arena, contact->post_code, true);
	add_plain(text, arena, contact->city, false);
	if (contact->company_id != 0)
		text_printf(text, "%lld", (long long)contact->company_id);
	text_add_char(text, FIELD);
	add_strings(text, arena, contact, email, rows);
	text_printf(text, "%u", rows->hit); /* the keys of the strings depend on it */
	return 0;
}

int
duplicate_content(struct store *store, struct arena *arena, int64_t id,
	const struct duplicate_rows *rows, const char **out, struct err *err)
{
	struct text text = { 0 };
	struct contact contact;
	int result;

	*out = NULL;
	if (contact_get(store, arena, id, &contact, err) < 0)
		return err->code == ERR_NOT_FOUND ? 0 : -1;
	result = add_contact(&text, store, arena, &contact, rows, err);
	if (result == 0)
		*out = arena_text_n(arena, text.bytes, text.size);
	text_clear(&text);
	return result;
}

/* ---- reading it ---- */

/* The next text, which ends with end or all of it; *at moves behind. */
static char *
next_text(char **at, char end)
{
	char *found = *at, *to = strchr(found, end);

	*at = to != NULL ? to + 1 : found + strlen(found);
	if (to != NULL)
		*to = '\0';
	return found;
}

static void
read_list(char *field, char end, unsigned max, struct duplicate_list *out)
{
	out->count = 0;
	while (*field != '\0' && out->count < max)
		out->items[out->count++] = next_text(&field, end);
}

/* A domain that is the contact's own, not only that of its mail, is marked. */
static void
read_domains(char *field, struct duplicate_side *out)
{
	read_list(field, ITEM, DUPLICATE_LIST_MAX * 2, &out->domains);
	out->own.count = 0;
	for (unsigned i = 0; i < out->domains.count; i++) {
		if (out->domains.items[i][0] != OWN)
			continue;
		out->domains.items[i]++;
		out->own.items[out->own.count++] = out->domains.items[i];
	}
}

/* Of all countries that we met; alike in many. */
static bool
is_legal_form(const char *word)
{
	static const char FORMS[] =
		" ab ag as asa aps bv bvba co corp corporation company the doo dd ev eood ek eg "
		"gbr gesmbh"
		" gmbh incorporated inc kft kg kgaa lda limited llc llp lp ltd ltda mbh nv ohg oo "
		"ood"
		" oy oyj plc pte pty pvt rt sa sarl sas sca sagl scrl se sia sl slu snc sp spa spol"
		" srl sro srls ug uab vof zoo zrt as kk bt kd ks is ehf hf and und et y i a ";
	size_t size = strlen(word);

	for (const char *at = FORMS; size > 0 && (at = strstr(at, word)) != NULL; at++) {
		if (at[-1] == ' ' && at[size] == ' ')
			return true;
	}
	return false;
}

/* "s r o" and "a s", from "s.r.o." and "a.s.", become one word. */
static char *
join_letters(struct arena *arena, char *name)
{
	char *joined = arena_alloc(arena, strlen(name) + 1), *to = joined;
	bool single = false;

	while (*name != '\0') {
		size_t size = strcspn(name, " ");
		bool now = size == 1;

		if (to != joined && !(single && now))
			*to++ = ' ';
		memcpy(to, name, size);
		to += size;
		single = now;
		name += size + (name[size] == ' ');
	}
	*to = '\0';
	return joined;
}

static void
read_company_name(struct arena *arena, char *name, struct duplicate_list *out)
{
	struct duplicate_list all;

	read_list(join_letters(arena, name), ' ', DUPLICATE_WORDS_MAX * 2, &all);
	out->count = 0;
	for (unsigned i = 0; i < all.count && out->count < DUPLICATE_WORDS_MAX; i++) {
		if (!is_legal_form(all.items[i]))
			out->items[out->count++] = all.items[i];
	}
	/* Named like a form, and nothing else. */
	if (out->count == 0 && all.count > 0)
		out->items[out->count++] = all.items[0];
}

void
duplicate_read_words(char *name, struct duplicate_list *out)
{
	read_list(name, ' ', DUPLICATE_WORDS_MAX, out);
}

void
duplicate_read(struct arena *arena, const char *content, struct duplicate_side *out)
{
	char *at = arena_text(arena, content), *name;

	out->company = strcmp(next_text(&at, FIELD), "company") == 0;
	name = next_text(&at, FIELD);
	if (out->company)
		read_company_name(arena, name, &out->words);
	else
		duplicate_read_words(name, &out->words);
	read_list(next_text(&at, FIELD), ITEM, DUPLICATE_LIST_MAX, &out->phones);
	read_list(next_text(&at, FIELD), ITEM, DUPLICATE_LIST_MAX, &out->emails);
	read_domains(next_text(&at, FIELD), out);
	out->street = next_text(&at, FIELD);
	out->post_code = next_text(&at, FIELD);
	out->city = next_text(&at, FIELD);
	out->employer = next_text(&at, FIELD);
	read_list(next_text(&at, FIELD), ITEM, DUPLICATE_STRINGS_MAX, &out->strings);
}
