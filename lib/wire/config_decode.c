#include <stdlib.h>
#include <string.h>

#include "config_setting.h"

/* A configuration out of the messages that config_frame.c makes. */

enum { VALUE_MAX = 4096, LIST_MAX = 1000, SOURCES_MAX = 100000 };

struct config_decoder {
	struct config config;
	size_t room;
	const struct section_kind *section;
	const struct setting *setting; /* whose values come */
	void *base;
	bool has_general;
};

struct config_decoder *
config_decoder_new(void)
{
	struct config_decoder *decoder = mem_zero(1, sizeof *decoder);

	decoder->config.arena = arena_new();
	return decoder;
}

static int
open_source(struct config_decoder *decoder, struct err *err)
{
	struct config *config = &decoder->config;

	if (config->source_count == SOURCES_MAX)
		return fail(err, ERR_FORMAT, "a configuration has over %d sources", SOURCES_MAX);
	if (config->source_count == decoder->room) {
		struct config_source *more;

		decoder->room = decoder->room ? 2 * decoder->room : 16;
		more = arena_array(config->arena, decoder->room, sizeof *more);
		if (config->source_count > 0)
			memcpy(more, config->sources, config->source_count * sizeof *more);
		config->sources = more;
	}
	decoder->base = &config->sources[config->source_count++];
	*(struct config_source *)decoder->base = (struct config_source){
		.kind = decoder->section->source
	};
	return 0;
}

static int
read_section(struct config_decoder *decoder, const struct frame_field *field, struct err *err)
{
	const char *name;

	if (field_text(field, decoder->config.arena, VALUE_MAX, &name, err) < 0)
		return -1;
	for (size_t i = 0; i < config_section_count; i++) {
		decoder->section = &config_sections[i];
		if (strcmp(decoder->section->name, name) != 0)
			continue;
		if (decoder->section->source != 0)
			return open_source(decoder, err);
		decoder->base = &decoder->config;
		decoder->has_general = true;
		return 0;
	}
	return fail(err, ERR_FORMAT, "a configuration has a section '%s'", name);
}

static int
read_key(struct config_decoder *decoder, const struct frame_field *field, struct err *err)
{
	const char *key;

	if (field_text(field, decoder->config.arena, VALUE_MAX, &key, err) < 0)
		return -1;
	decoder->setting = config_setting_find(key, decoder->section->bit);
	if (decoder->setting == NULL || !setting_is_sent(decoder->setting, decoder->section->bit))
		return fail(err, ERR_FORMAT, "a configuration has a setting '%s'", key);
	return 0;
}

/* Items come one by one; the array doubles at powers of two. */
static int
add_item(struct arena *arena, struct config_list *list, const char *item, struct err *err)
{
	size_t count = list->count;

	if (count == LIST_MAX)
		return fail(
			err, ERR_FORMAT, "a configuration has a list of over %d items", LIST_MAX);
	if ((count & (count - 1)) == 0) {
		const char **more = arena_array(arena, count ? 2 * count : 1, sizeof *more);

		if (count > 0)
			memcpy(more, list->items, count * sizeof *more);
		list->items = more;
	}
	list->items[list->count++] = item;
	return 0;
}

static int
read_value(struct config_decoder *decoder, const struct frame_field *field, struct err *err)
{
	const struct setting *setting = decoder->setting;
	struct config_source *source = decoder->base;
	void *place = (char *)decoder->base + setting->offset;
	const char *text;

	if (field_text(field, decoder->config.arena, VALUE_MAX, &text, err) < 0)
		return -1;
	switch (setting->type) {
	case SETTING_TEXT:
	case SETTING_PATH:
	case SETTING_HOST:
	case SETTING_URL:
	case SETTING_ZONE:
	case SETTING_FINGERPRINT:
	case SETTING_WORD:
		*(const char **)place = text;
		return 0;
	case SETTING_LIST:
	case SETTING_ADDRESSES:
	case SETTING_DOMAINS:
		return add_item(decoder->config.arena, place, text, err);
	case SETTING_FOLD:
		return add_item(decoder->config.arena, &source->fold_domains, text, err);
	case SETTING_ENUM:
	case SETTING_FLAG:
	case SETTING_NUMBER:
	case SETTING_PORT:
	case SETTING_DURATION:
	case SETTING_SINCE:
	case SETTING_SIZE:
	case SETTING_RATE:
	case SETTING_SECRET:
	case SETTING_CLIENT:
		break;
	}
	return fail(err, ERR_FORMAT, "the setting '%s' is no text", setting->key);
}

static int64_t
word_count(const struct setting *setting)
{
	int64_t count = 0;

	while (setting->words[count] != NULL)
		count++;
	return count;
}

static int
check_number(const struct setting *setting, int64_t number, struct err *err)
{
	int64_t low = 0, high = INT64_MAX;

	if (setting->type == SETTING_ENUM || setting->type == SETTING_FLAG) {
		high = word_count(setting) - 1;
	} else if (setting->type == SETTING_NUMBER || setting->type == SETTING_PORT) {
		low = setting->min;
		high = setting->max;
	} else if (setting->type == SETTING_SINCE) {
		low = -1;
	}
	if (number < low || number > high)
		return fail(err, ERR_FORMAT, "the setting '%s' is out of range", setting->key);
	return 0;
}

static int
read_number(struct config_decoder *decoder, const struct frame_field *field, struct err *err)
{
	const struct setting *setting = decoder->setting;
	void *place = (char *)decoder->base + setting->offset;
	unsigned small;
	int64_t number;

	if (field_i64(field, &number, err) < 0 || check_number(setting, number, err) < 0)
		return -1;
	small = (unsigned)number;
	switch (setting->type) {
	case SETTING_ENUM:
	case SETTING_NUMBER:
		memcpy(place, &small, sizeof small);
		return 0;
	case SETTING_FLAG:
		*(bool *)place = number == 1;
		return 0;
	case SETTING_FOLD:
		((struct config_source *)decoder->base)->fold_subaddress = number == 1;
		return 0;
	case SETTING_PORT:
		*(uint16_t *)place = (uint16_t)number;
		return 0;
	case SETTING_DURATION:
	case SETTING_SINCE:
	case SETTING_SIZE:
		*(int64_t *)place = number;
		return 0;
	case SETTING_RATE:
		*(double *)place = (double)number / 1e6;
		return 0;
	case SETTING_TEXT:
	case SETTING_PATH:
	case SETTING_HOST:
	case SETTING_URL:
	case SETTING_ZONE:
	case SETTING_FINGERPRINT:
	case SETTING_LIST:
	case SETTING_ADDRESSES:
	case SETTING_DOMAINS:
	case SETTING_WORD:
	case SETTING_SECRET:
	case SETTING_CLIENT:
		break;
	}
	return fail(err, ERR_FORMAT, "the setting '%s' is no number", setting->key);
}

/* What a source has beside its settings. */
static int
read_source_field(struct config_decoder *decoder, const struct frame_field *field, struct err *err)
{
	struct config_source *source = decoder->base;
	uint64_t value;

	if (decoder->section->source == 0)
		return fail(err, ERR_FORMAT, "a configuration's section has field %u", field->tag);
	if (field->tag == TAG_NAME)
		return field_text(field, decoder->config.arena, VALUE_MAX, &source->name, err);
	if (field_u64(field, UINT32_MAX, &value, err) < 0)
		return -1;
	if (field->tag == TAG_ID)
		source->number = (uint32_t)value;
	else if (value <= SECRET_OAUTH2)
		source->secret = (enum config_secret)value;
	return 0;
}

static int
read_field(struct config_decoder *decoder, const struct frame_field *field, struct err *err)
{
	if (field->tag == TAG_SECTION && decoder->section == NULL)
		return read_section(decoder, field, err);
	if (decoder->section == NULL)
		return fail(err, ERR_FORMAT, "a configuration begins with field %u", field->tag);
	if (field->tag == TAG_KEY)
		return read_key(decoder, field, err);
	if (field->tag == TAG_NAME || field->tag == TAG_ID || field->tag == TAG_STATE)
		return read_source_field(decoder, field, err);
	if (decoder->setting != NULL && field->tag == TAG_VALUE)
		return read_value(decoder, field, err);
	if (decoder->setting != NULL && field->tag == TAG_NUMBER)
		return read_number(decoder, field, err);
	return fail(err, ERR_FORMAT, "a configuration has field %u", field->tag);
}

static int
check_source(const struct config_decoder *decoder, struct err *err)
{
	const struct config *config = &decoder->config;
	const struct config_source *source = decoder->base;

	if (source->name == NULL || source->number == 0)
		return fail(err, ERR_FORMAT, "a configuration's source has no name or number");
	for (size_t i = 0; i + 1 < config->source_count; i++)
		if (config->sources[i].number == source->number)
			return fail(
				err, ERR_FORMAT, "two sources have the number %u", source->number);
	return 0;
}

int
config_decode(struct config_decoder *decoder, const struct frame *frame, struct err *err)
{
	struct frame_field field;
	size_t cursor = 0;
	int more;

	decoder->section = NULL;
	decoder->setting = NULL;
	while ((more = frame_field_next(frame, &cursor, &field, err)) > 0)
		if (read_field(decoder, &field, err) < 0)
			return -1;
	if (more < 0)
		return -1;
	if (decoder->section == NULL)
		return fail(err, ERR_FORMAT, "a configuration's piece is empty");
	return decoder->section->source != 0 ? check_source(decoder, err) : 0;
}

int
config_adopt(struct config_decoder *decoder, struct config *out, struct err *err)
{
	bool complete = decoder->has_general;

	if (complete)
		*out = decoder->config;
	else
		arena_free(decoder->config.arena);
	free(decoder);
	return complete ? 0 : fail(err, ERR_FORMAT, "a configuration has no general section");
}
