#include <string.h>

#include "imap_machine.h"

/* BODYSTRUCTURE (RFC 3501 7.4.2) token by token, with a stack of our own: leaves in order, nothing
 * kept of what is not needed. Beyond the limits it is refused, and only parentheses are counted. */

/* Places of a single part's elements. */
enum {
	AT_TYPE,
	AT_SUBTYPE,
	AT_PARAMETERS,
	AT_ID,
	AT_DESCRIPTION,
	AT_ENCODING,
	AT_OCTETS,
	AT_FIRST
};

bool
structure_open(const struct structure *structure)
{
	return structure->depth > 0 || structure->ignored_depth > 0;
}

void
structure_clear(struct structure *structure)
{
	structure->depth = structure->ignored_depth = 0;
	structure->bytes = 0;
	structure->refused = false;
	structure->part_count = 0;
	structure->parameter = NULL;
}

void
structure_begin(struct imap *imap, struct structure *structure)
{
	structure_clear(structure);
	structure->arena = imap_arena(imap);
	if (!structure->frames)
		structure->frames = mem_zero(IMAP_DEPTH_MAX, sizeof(*structure->frames));
	if (!structure->parts)
		structure->parts = mem_zero(IMAP_PARTS_MAX, sizeof(*structure->parts));
}

static void
refuse(struct structure *structure)
{
	structure->refused = true;
}

static struct structure_frame *
top(struct structure *structure)
{
	return &structure->frames[structure->depth - 1];
}

static struct imap_part *
part_of(struct structure *structure, const struct structure_frame *frame)
{
	return frame->part < 0 ? NULL : &structure->parts[frame->part];
}

/* The child of a multipart "2" is "2.1"; the one of a message "2" is "2" itself if it is a
 * multipart and "2.1" if it is single (RFC 3501 6.4.5): so a single part adds the ".1". */
static void
number_child(
	struct structure *structure, struct structure_frame *parent, struct structure_frame *child)
{
	if (!parent)
		return;
	if (parent->message)
		child->number = parent->number;
	else
		child->number = arena_printf(structure->arena, "%s%s%u", parent->number,
			parent->number[0] ? "." : "", ++parent->children);
}

static void
push(struct structure *structure, enum frame_kind kind)
{
	struct structure_frame *frame;

	if (structure->depth == IMAP_DEPTH_MAX) {
		refuse(structure);
		return;
	}
	frame = &structure->frames[structure->depth++];
	memset(frame, 0, sizeof(*frame));
	frame->number = "";
	frame->kind = kind;
	frame->part = -1;
}

static void
open_body(struct structure *structure)
{
	struct structure_frame *parent = structure->depth > 0 ? top(structure) : NULL;

	push(structure, IN_BODY);
	if (!structure->refused)
		number_child(structure, parent, top(structure));
}

static void
open_parameters(struct structure *structure, int part)
{
	push(structure, IN_PARAMETERS);
	if (!structure->refused)
		top(structure)->part = part;
	structure->parameter = NULL;
}

/* After the fixed elements come lines, envelope and body by type, then MD5, disposition, … */
static void
open_extension(struct structure *structure, struct structure_frame *frame)
{
	if (frame->message && frame->index == AT_FIRST) {
		push(structure, IN_SKIPPED);
		return;
	}
	if (frame->message && frame->index == AT_FIRST + 1) {
		open_body(structure);
		return;
	}
	push(structure, IN_DISPOSITION);
	if (!structure->refused)
		top(structure)->part = frame->part;
}

static void
open_in_body(struct structure *structure, struct structure_frame *frame)
{
	if (frame->multi ? frame->index == 0 : frame->index == AT_TYPE) {
		frame->multi = true;
		open_body(structure);
		return; /* index stays: children come before the subtype */
	}
	if (frame->multi)
		push(structure, IN_SKIPPED);
	else if (frame->index == AT_PARAMETERS)
		open_parameters(structure, frame->part);
	else if (frame->index >= AT_FIRST)
		open_extension(structure, frame);
	else
		push(structure, IN_SKIPPED);
	frame->index++;
}

static void
open_any(struct structure *structure)
{
	struct structure_frame *frame;

	if (structure->depth == 0) {
		open_body(structure);
		return;
	}
	frame = top(structure);
	switch (frame->kind) {
	case IN_BODY:
		open_in_body(structure, frame);
		return;
	case IN_DISPOSITION:
		if (frame->index == 1)
			open_parameters(structure, frame->part);
		else
			push(structure, IN_SKIPPED);
		frame->index++;
		return;
	case IN_PARAMETERS:
	case IN_SKIPPED:
		push(structure, IN_SKIPPED);
		return;
	}
}

static const char *
value_of(struct imap *imap, const struct token *token, size_t max)
{
	if (token->kind == TOKEN_ATOM && word_is(token->bytes, "NIL"))
		return NULL;
	return arena_text_n(
		imap_arena(imap), token->bytes, text_cut(token->bytes, token->size, max));
}

/* A type as the first element makes a single part of the body. */
static void
begin_part(struct imap *imap, struct structure *structure, struct structure_frame *frame,
	const struct token *token)
{
	struct imap_part *part;
	const struct structure_frame *parent = structure->depth > 1
						       ? &structure->frames[structure->depth - 2]
						       : NULL;

	if (!parent || parent->message)
		frame->number = frame->number[0]
					? arena_printf(imap_arena(imap), "%s.1", frame->number)
					: "1";
	if (structure->part_count == IMAP_PARTS_MAX)
		return;
	frame->part = (int)structure->part_count++;
	part = part_of(structure, frame);
	memset(part, 0, sizeof(*part));
	part->number = frame->number;
	part->type = value_of(imap, token, 100);
	part->subtype = "";
	if (!part->type)
		part->type = "";
}

static void
take_octets(struct imap_part *part, const struct token *token)
{
	if (parse_number(token->bytes, token->size, INT64_MAX, &part->size) < 0)
		part->size = 0;
}

static void
value_in_part(struct imap *imap, struct structure *structure, struct structure_frame *frame,
	const struct token *token)
{
	struct imap_part *part;

	if (frame->index == AT_TYPE) {
		begin_part(imap, structure, frame, token);
		frame->message = word_is(token->bytes, "message");
		return;
	}
	part = part_of(structure, frame);
	if (frame->index == AT_SUBTYPE)
		frame->message = frame->message && (word_is(token->bytes, "rfc822") ||
							   word_is(token->bytes, "global"));
	if (!part)
		return;
	if (frame->index == AT_SUBTYPE) {
		part->subtype = value_of(imap, token, 100);
		if (!part->subtype)
			part->subtype = "";
	} else if (frame->index == AT_ENCODING)
		part->encoding = value_of(imap, token, 100);
	else if (frame->index == AT_OCTETS)
		take_octets(part, token);
}

/* "name", "filename", "name*", "filename*0*", "filename*1" … (RFC 2231). */
static bool
is_name_parameter(const char *parameter)
{
	const char *base = strncasecmp(parameter, "file", 4) == 0 ? parameter + 4 : parameter;

	return strncasecmp(base, "name", 4) == 0 && (base[4] == '\0' || base[4] == '*');
}

static bool
is_piece(const char *parameter)
{
	const char *star = strchr(parameter, '*');

	return star && star[1] >= '0' && star[1] <= '9';
}

/* Pieces are kept as `filename*0*="…";filename*1="…"`, in the order they came. */
static void
take_piece(struct imap *imap, struct imap_part *part, const char *parameter, const char *value)
{
	bool more = part->name && strchr(part->name, '*') && strchr(part->name, '=');
	size_t old = more ? strlen(part->name) : 0;

	if (strpbrk(parameter, "\"=; ") || strchr(value, '"') ||
		old + strlen(value) + strlen(parameter) + 4 > VALUE_MAX)
		return;
	part->name = more ? arena_printf(
				    imap_arena(imap), "%s;%s=\"%s\"", part->name, parameter, value)
			  : arena_printf(imap_arena(imap), "%s=\"%s\"", parameter, value);
}

static void
take_parameter(struct imap *imap, struct structure *structure, struct imap_part *part,
	const struct token *token)
{
	const char *parameter = structure->parameter;
	const char *value = value_of(imap, token, VALUE_MAX);

	if (!value)
		return;
	if (word_is(parameter, "charset")) {
		if (!part->charset)
			part->charset = value;
	} else if (is_name_parameter(parameter)) {
		if (is_piece(parameter))
			take_piece(imap, part, parameter, value);
		else
			part->name = value; /* filename comes later than name and is preferred */
	}
}

static void
value_in_parameters(struct imap *imap, struct structure *structure, struct structure_frame *frame,
	const struct token *token)
{
	struct imap_part *part = part_of(structure, frame);

	if (!structure->parameter) {
		structure->parameter = arena_text_n(
			imap_arena(imap), token->bytes, token->size < 100 ? token->size : 100);
		return;
	}
	if (part)
		take_parameter(imap, structure, part, token);
	structure->parameter = NULL;
}

static void
value_any(struct imap *imap, struct structure *structure, const struct token *token)
{
	struct structure_frame *frame = top(structure);
	struct imap_part *part = part_of(structure, frame);

	switch (frame->kind) {
	case IN_BODY:
		if (!frame->multi)
			value_in_part(imap, structure, frame, token);
		frame->index++;
		return;
	case IN_PARAMETERS:
		value_in_parameters(imap, structure, frame, token);
		return;
	case IN_DISPOSITION:
		if (frame->index++ == 0 && part && !part->disposition &&
			(word_is(token->bytes, "attachment") || word_is(token->bytes, "inline")))
			part->disposition = value_of(imap, token, 100);
		return;
	case IN_SKIPPED:
		return;
	}
}

static void
count_only(struct structure *structure, const struct token *token)
{
	structure->ignored_depth += structure->depth;
	structure->depth = 0;
	if (token->kind == TOKEN_OPEN)
		structure->ignored_depth++;
	else if (token->kind == TOKEN_CLOSE && structure->ignored_depth > 0)
		structure->ignored_depth--;
}

void
structure_token(struct imap *imap, struct structure *structure, const struct token *token)
{
	structure->bytes += token->size + 1;
	if (structure->bytes > IMAP_STRUCTURE_MAX)
		refuse(structure);
	if (structure->refused) {
		count_only(structure, token);
		return;
	}
	imap->line_used = 0;
	if (token->kind == TOKEN_OPEN)
		open_any(structure);
	else if (token->kind == TOKEN_CLOSE)
		structure->depth--;
	else
		value_any(imap, structure, token);
	if (structure->refused && token->kind == TOKEN_OPEN)
		count_only(structure, token); /* the one that was too deep */
}
