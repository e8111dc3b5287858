#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "liaison/base/utf8.h"
#include "liaison/mail/html.h"

#include "html_table.h"

enum { NAME_SIZE = 16, QUOTES_MAX = 5 };

struct html {
	const char *at, *end;
	struct text *out;
	size_t start, stop; /* out's size at first, and where to stop */
	unsigned lines; /* line ends due before the next character */
	bool blank; /* a blank is due */
	unsigned pre, quotes; /* open elements */
	bool head; /* within the head */
	bool unclosed[2]; /* no further " or ': saves looking again */
};

/* Line ends and blanks are only written when a character follows. */
static void
write_gap(struct html *html)
{
	bool begun = html->out->size > html->start;

	for (unsigned i = 0; i < html->lines && begun; i++)
		text_add_char(html->out, '\n');
	if (html->lines > 0 || !begun)
		for (unsigned i = 0; i < html->quotes && i < QUOTES_MAX; i++)
			text_add(html->out, "> ");
	else if (html->blank)
		text_add_char(html->out, ' ');
	html->lines = 0;
	html->blank = false;
}

static void
write_bytes(struct html *html, const char *bytes, size_t size)
{
	if (html->head)
		return;
	write_gap(html);
	text_add_n(html->out, bytes, size);
}

static void
end_line(struct html *html, unsigned lines)
{
	if (html->lines < lines)
		html->lines = lines;
	html->blank = false;
}

static bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static void
write_char(struct html *html, char c)
{
	if (!is_space(c))
		write_bytes(html, &c, 1);
	else if (html->pre > 0 && c == '\n')
		end_line(html, html->lines < 2 ? html->lines + 1 : 2);
	else if (html->pre > 0 && c != '\r')
		write_bytes(html, " ", 1);
	else
		html->blank = true;
}

static void
write_code(struct html *html, uint32_t code)
{
	char bytes[UTF8_MAX];

	if (code == 0xa0)
		html->blank = true;
	else if (code < 0x80)
		write_char(html, (char)code);
	else
		write_bytes(html, bytes, utf8_write(code, bytes));
}

/* Numbers 128 to 159 mean windows-1252 (HTML, "numeric character reference end state"). */
static uint32_t
real_code(uint32_t code)
{
	static const uint16_t windows[32] = { 0x20ac, 0x81, 0x201a, 0x192, 0x201e, 0x2026, 0x2020,
		0x2021, 0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0x8d, 0x17d, 0x8f, 0x90, 0x2018,
		0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x2dc, 0x2122, 0x161, 0x203a, 0x153,
		0x9d, 0x17e, 0x178 };

	if (code >= 0x80 && code < 0xa0)
		return windows[code - 0x80];
	if (code == 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return 0xfffd;
	return code;
}

static uint32_t
digit_value(unsigned char c)
{
	return isdigit(c) ? c - (uint32_t)'0' : (c | 0x20u) - 'a' + 10;
}

/* "&#8364;" and "&#x20ac;"; returns the bytes taken, 0 if it is none. */
static size_t
number_reference(const char *at, const char *end, uint32_t *code)
{
	const char *start = at;
	bool hex = end - at > 3 && (at[2] | 0x20) == 'x';
	size_t digits = 0;

	*code = 0;
	for (at += hex ? 3 : 2; at < end; at++, digits++) {
		unsigned char c = (unsigned char)*at;

		if (!(hex ? isxdigit(c) : isdigit(c)))
			break;
		if (*code <= 0x10ffff)
			*code = *code * (hex ? 16 : 10) + digit_value(c);
	}
	if (digits == 0)
		return 0;
	*code = real_code(*code);
	return (size_t)(at - start) + (at < end && *at == ';');
}

static size_t
named_reference(const char *at, const char *end, uint32_t *code)
{
	char name[NAME_SIZE];
	size_t size = 0;

	while (at + 1 + size < end && size + 1 < sizeof name &&
		isalnum((unsigned char)at[1 + size])) {
		name[size] = at[1 + size];
		size++;
	}
	name[size] = '\0';
	*code = html_entity(name);
	if (*code == 0)
		return 0;
	return 1 + size + (at + 1 + size < end && at[1 + size] == ';');
}

static void
take_reference(struct html *html)
{
	uint32_t code;
	size_t size = html->end - html->at > 2 && html->at[1] == '#'
			      ? number_reference(html->at, html->end, &code)
			      : named_reference(html->at, html->end, &code);

	if (size == 0) {
		write_char(html, *html->at++);
		return;
	}
	html->at += size;
	write_code(html, code);
}

/* The end of a tag's attributes; ">" in quotes does not count. */
static const char *
tag_end(struct html *html, const char *at)
{
	while (at < html->end && *at != '>') {
		bool single = *at == '\'';
		const char *close;

		if ((*at == '"' || single) && !html->unclosed[single]) {
			close = memchr(at + 1, *at, (size_t)(html->end - at - 1));
			html->unclosed[single] = close == NULL;
			at = close == NULL ? at : close;
		}
		at++;
	}
	return at < html->end ? at + 1 : html->end;
}

/* The bytes after "</name", or the end: the text of script and style is not HTML. */
static const char *
after_text(const struct html *html, const char *name)
{
	size_t size = strlen(name);
	const char *at = html->at;

	while ((at = memchr(at, '<', (size_t)(html->end - at))) != NULL) {
		if ((size_t)(html->end - at) > size + 2 && at[1] == '/' &&
			strncasecmp(at + 2, name, size) == 0)
			return at;
		at++;
	}
	return html->end;
}

static void
apply(struct html *html, enum element element, const char *name, bool closing)
{
	switch (element) {
	case ELEMENT_OTHER:
		return;
	case ELEMENT_BREAK:
		end_line(html, html->lines < 2 ? html->lines + 1 : 2);
		return;
	case ELEMENT_BLOCK:
		html->head = false;
		end_line(html, 1);
		return;
	case ELEMENT_PARAGRAPH:
		html->head = false;
		end_line(html, 2);
		return;
	case ELEMENT_ITEM:
		end_line(html, 1);
		if (!closing)
			write_bytes(html, "-", 1);
		html->blank = !closing;
		return;
	case ELEMENT_CELL:
		html->blank = true;
		return;
	case ELEMENT_PRE:
		end_line(html, 1);
		html->pre = closing ? 0 : 1;
		return;
	case ELEMENT_QUOTE:
		end_line(html, 1);
		if (closing && html->quotes > 0)
			html->quotes--;
		else if (!closing)
			html->quotes++;
		return;
	case ELEMENT_HEAD:
		html->head = !closing;
		return;
	case ELEMENT_BODY:
		html->head = false;
		return;
	case ELEMENT_DROPPED:
		if (!closing)
			html->at = after_text(html, name);
		return;
	}
}

/* A comment, a declaration or a processing instruction. */
static void
skip_markup(struct html *html)
{
	const char *close;

	if (html->end - html->at >= 4 && memcmp(html->at, "<!--", 4) == 0) {
		close = memmem(html->at + 2, (size_t)(html->end - html->at - 2), "-->", 3);
		html->at = close == NULL ? html->end : close + 3;
		return;
	}
	close = memchr(html->at, '>', (size_t)(html->end - html->at));
	html->at = close == NULL ? html->end : close + 1;
}

static void
take_tag(struct html *html)
{
	const char *at = html->at + 1;
	bool closing = at < html->end && *at == '/';
	char name[NAME_SIZE];
	size_t size = 0;

	at += closing;
	if (at < html->end && (*at == '!' || *at == '?') && !closing) {
		skip_markup(html);
		return;
	}
	if (at >= html->end || !isalpha((unsigned char)*at)) {
		write_char(html, *html->at++);
		return;
	}
	for (; at < html->end && isalnum((unsigned char)*at); at++)
		if (size + 1 < sizeof name)
			name[size++] = (char)tolower((unsigned char)*at);
	name[size] = '\0';
	html->at = tag_end(html, at);
	apply(html, html_element(name), name, closing);
}

void
html_text(const char *bytes, size_t size, size_t max, struct text *out)
{
	struct html html = { .at = bytes, .end = bytes + size, .out = out };

	html.start = out->size;
	html.stop = out->size + max;
	while (html.at < html.end && out->size < html.stop) {
		if (*html.at == '<')
			take_tag(&html);
		else if (*html.at == '&')
			take_reference(&html);
		else
			write_char(&html, *html.at++);
	}
}
