#ifndef LIAISON_CLIENT_FORM_H
#define LIAISON_CLIENT_FORM_H

#include "output.h"
#include "table.h"

/* The forms that records are printed in. Private to output. */

struct table_style form_style(const struct output *output);
/* The style of a record, with the columns that discover names for the tables in it. */
struct table_style form_record_style(const struct output *output);
/* Chooses output's columns: --fields, else what discover names (tables), else first's members. */
void form_columns(struct output *output, const json_t *first);
/* item with the members that --fields names; the caller's to release. */
json_t *form_chosen(struct output *output, const json_t *item);

void form_table(struct output *output, const json_t *items);
void form_lines(struct output *output, const json_t *items, bool csv, bool heading);
void form_pairs(struct output *output, const json_t *record); /* key, tab, value */
void form_ids(const struct output *output, const json_t *items);
void form_jsonl(struct output *output, const json_t *items);
void form_json(struct output *output, const json_t *result);
/* A list is one document however many pages it comes in: printed with the last. */
void form_json_list(struct output *output, const json_t *result, bool last);

#endif
