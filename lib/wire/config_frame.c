/* The configuration as FRAME_CONFIG messages, one a section, which config_decode.c reads. A message
 * is TAG_SECTION, of a source also TAG_NAME, TAG_ID (its number) and TAG_STATE (its kind of secret),
 * and then for each setting TAG_KEY and what it is: TAG_VALUE once or for each item, or TAG_NUMBER. */
#include <math.h>
#include <string.h>

#include "config_setting.h"

static void
put_list(struct frame_writer *writer, const struct config_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		frame_put_text(writer, TAG_VALUE, list->items[i]);
}

static void
put_value(struct frame_writer *writer, const struct setting *setting, const void *field,
	const void *base)
{
	const struct config_source *source = base;
	unsigned place;

	switch (setting->type) {
	case SETTING_TEXT:
	case SETTING_PATH:
	case SETTING_HOST:
	case SETTING_URL:
	case SETTING_ZONE:
	case SETTING_FINGERPRINT:
	case SETTING_WORD:
		frame_put_text(writer, TAG_VALUE, *(const char *const *)field);
		break;
	case SETTING_LIST:
	case SETTING_ADDRESSES:
	case SETTING_DOMAINS:
		put_list(writer, field);
		break;
	case SETTING_FOLD:
		frame_put_i64(writer, TAG_NUMBER, source->fold_subaddress);
		put_list(writer, &source->fold_domains);
		break;
	case SETTING_ENUM:
	case SETTING_NUMBER:
		memcpy(&place, field, sizeof place);
		frame_put_i64(writer, TAG_NUMBER, place);
		break;
	case SETTING_FLAG:
		frame_put_i64(writer, TAG_NUMBER, *(const bool *)field);
		break;
	case SETTING_PORT:
		frame_put_i64(writer, TAG_NUMBER, *(const uint16_t *)field);
		break;
	case SETTING_DURATION:
	case SETTING_SINCE:
	case SETTING_SIZE:
		frame_put_i64(writer, TAG_NUMBER, *(const int64_t *)field);
		break;
	case SETTING_RATE: /* in millionths */
		frame_put_i64(writer, TAG_NUMBER, llround(*(const double *)field * 1e6));
		break;
	case SETTING_SECRET:
	case SETTING_CLIENT:
		break;
	}
}

bool
setting_is_sent(const struct setting *setting, unsigned section)
{
	return (setting->sections & section) != 0 && setting->type != SETTING_SECRET &&
	       setting->type != SETTING_CLIENT && strcmp(setting->key, "client-id") != 0;
}

static void
put_settings(struct frame_writer *writer, unsigned section, const void *base, bool with_urls)
{
	for (size_t i = 0; i < config_setting_count; i++) {
		const struct setting *setting = &config_settings[i];

		if (!setting_is_sent(setting, section) ||
			(setting->type == SETTING_URL && !with_urls))
			continue;
		frame_put_text(writer, TAG_KEY, setting->key);
		put_value(writer, setting, (const char *)base + setting->offset, base);
	}
}

static void
put_source(struct text *out, const struct section_kind *kind, const struct config_source *source,
	bool with_urls)
{
	struct frame_writer writer;

	frame_begin(&writer, out, FRAME_CONFIG, source->number, 0);
	frame_put_text(&writer, TAG_SECTION, kind->name);
	frame_put_text(&writer, TAG_NAME, source->name);
	frame_put_u64(&writer, TAG_ID, source->number);
	frame_put_u64(&writer, TAG_STATE, source->secret);
	put_settings(&writer, kind->bit, source, with_urls);
	frame_end(&writer);
}

static bool
is_wanted(uint32_t number, const uint32_t *only, size_t count)
{
	for (size_t i = 0; only != NULL && i < count; i++)
		if (only[i] == number)
			return true;
	return only == NULL;
}

static void
encode(const struct config *config, const uint32_t *only, size_t only_count, bool with_urls,
	struct text *out)
{
	struct frame_writer writer;

	for (size_t k = 0; k < config_section_count; k++) {
		const struct section_kind *kind = &config_sections[k];

		if (kind->source == 0) {
			frame_begin(&writer, out, FRAME_CONFIG, 0, 0);
			frame_put_text(&writer, TAG_SECTION, kind->name);
			put_settings(&writer, kind->bit, config, with_urls);
			frame_end(&writer);
			continue;
		}
		for (size_t i = 0; i < config->source_count; i++)
			if (config->sources[i].kind == kind->source &&
				is_wanted(config->sources[i].number, only, only_count))
				put_source(out, kind, &config->sources[i], with_urls);
	}
	frame_begin(&writer, out, FRAME_CONFIG_END, 0, 0);
	frame_end(&writer);
}

void
config_encode(
	const struct config *config, const uint32_t *only, size_t only_count, struct text *out)
{
	encode(config, only, only_count, true, out);
}

void
config_encode_bare(const struct config *config, struct text *out)
{
	encode(config, NULL, 0, false, out);
}
