#include "liaison/base/clock.h"

#include "desk.h"

/* Worked out by hand from Business Central's rules for number series. */

enum { DAY = 86400 };

static void
make_series(struct desk *desk, const char *code, bool manual, bool date_order)
{
	int64_t id;

	assert_ok(series_add(desk->store, code, NULL, true, manual, date_order, &id, &desk->err));
}

static void
make_line(struct desk *desk, const char *code, struct series_line line)
{
	if (line.increment == 0)
		line.increment = 1;
	if (line.from == 0)
		line.from = TIME_MIN;
	assert_ok(series_line_add(desk->store, code, &line, &desk->err));
}

static const char *
draw(struct desk *desk, const char *code)
{
	const char *no;

	assert_ok(series_next(desk->store, desk->arena, code, NOW, false, &no, NULL, &desk->err));
	return no;
}

static int
try_draw(struct desk *desk, const char *code, int64_t at)
{
	const char *no;

	return series_next(desk->store, desk->arena, code, at, false, &no, NULL, &desk->err);
}

static void
increases_the_last_digit_group(void **state)
{
	static const struct {
		const char *no;
		int64_t by;
		const char *next;
	} rows[] = {
		{ "CT000009", 1, "CT000010" },
		{ "AB9X", 1, "AB10X" },
		{ "A1B2", 1, "A1B3" },
		{ "A9-09Z", 1, "A9-10Z" },
		{ "C00001", 10, "C00011" },
		{ "99", 1, "100" },
		{ "0", 1, "1" },
		{ "X0999", 1, "X1000" },
		{ "X0999", 9001, "X10000" },
		{ "12345678901234567890", 1, "12345678901234567891" },
		{ "99999999999999999999", 1, NULL },
		{ "ABCDEFGHIJKLMNOPQRS9", 1, NULL },
		{ "NO DIGIT", 1, NULL },
		{ "", 1, NULL },
	};
	struct desk *desk = *state;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *next = series_increment(desk->arena, rows[i].no, rows[i].by);

		if (rows[i].next == NULL)
			assert_null(next);
		else
			assert_string_equal(next, rows[i].next);
	}
}

static void
a_new_database_has_the_five_series(void **state)
{
	static const struct {
		const char *key, *first;
	} rows[] = {
		{ "contact-series", "C00001" },
		{ "segment-series", "S00001" },
		{ "campaign-series", "K00001" },
		{ "opportunity-series", "O00001" },
		{ "task-series", "T00001" },
	};
	struct desk *desk = *state;

	for (size_t i = 0; i < 5; i++) {
		const char *no;

		assert_ok(series_draw(desk->store, desk->arena, rows[i].key, NOW, &no, &desk->err));
		assert_string_equal(no, rows[i].first);
	}
	assert_string_equal(draw(desk, "CONTACT"), "C00002");
}

static void
the_first_number_is_the_start_itself(void **state)
{
	struct desk *desk = *state;

	make_series(desk, "X", true, false);
	make_line(desk, "X", (struct series_line){ .start = "X0001", .increment = 10 });
	assert_string_equal(draw(desk, "X"), "X0001");
	assert_string_equal(draw(desk, "X"), "X0011");
	assert_string_equal(draw(desk, "X"), "X0021");
}

static void
a_peek_takes_nothing(void **state)
{
	struct desk *desk = *state;
	const char *no;

	for (int i = 0; i < 3; i++) {
		assert_ok(series_next(
			desk->store, desk->arena, "CONTACT", NOW, true, &no, NULL, &desk->err));
		assert_string_equal(no, "C00001");
	}
	assert_string_equal(draw(desk, "CONTACT"), "C00001");
}

static void
ends_at_the_ending_number(void **state)
{
	struct desk *desk = *state;

	make_series(desk, "E", true, false);
	make_line(desk, "E", (struct series_line){ .start = "E1", .end = "E3" });
	draw(desk, "E");
	draw(desk, "E");
	assert_string_equal(draw(desk, "E"), "E3");
	assert_fails(try_draw(desk, "E", NOW), ERR_REFUSED);
	assert_non_null(strstr(desk->err.message, "cannot assign new numbers from series 'E'"));
}

static void
ends_when_a_step_would_pass_the_end(void **state)
{
	struct desk *desk = *state;

	make_series(desk, "E", true, false);
	make_line(desk, "E", (struct series_line){ .start = "E01", .end = "E15", .increment = 10 });
	draw(desk, "E");
	assert_string_equal(draw(desk, "E"), "E11");
	assert_fails(try_draw(desk, "E", NOW), ERR_REFUSED);
}

static void
ends_when_a_number_would_grow_past_the_end(void **state)
{
	struct desk *desk = *state;

	make_series(desk, "E", true, false);
	make_line(desk, "E", (struct series_line){ .start = "E8", .end = "E9" });
	draw(desk, "E");
	assert_string_equal(draw(desk, "E"), "E9");
	assert_fails(try_draw(desk, "E", NOW), ERR_REFUSED);
	make_line(desk, "E", (struct series_line){ .start = "E08", .end = "E10", .from = NOW });
	draw(desk, "E");
	draw(desk, "E");
	assert_string_equal(draw(desk, "E"), "E10");
}

static void
warns_from_the_warning_number_on(void **state)
{
	struct desk *desk = *state;
	bool warning;
	const char *no;

	make_series(desk, "W", true, false);
	make_line(desk, "W", (struct series_line){ .start = "W1", .end = "W4", .warn = "W3" });
	for (int i = 1; i <= 4; i++) {
		assert_ok(series_next(
			desk->store, desk->arena, "W", NOW, false, &no, &warning, &desk->err));
		assert_int_equal(warning, i >= 3);
	}
}

static void
whose_number_is_near_the_end_is_told(void **state)
{
	struct desk *desk = *state;
	const char *warning;

	make_series(desk, "W", true, false);
	make_line(desk, "W", (struct series_line){ .start = "W1", .end = "W4", .warn = "W2" });
	draw(desk, "W");
	assert_ok(series_warning(desk->store, desk->arena, "W", "W1", &warning, &desk->err));
	assert_null(warning);
	draw(desk, "W");
	assert_ok(series_warning(desk->store, desk->arena, "W", "W2", &warning, &desk->err));
	assert_string_equal(
		warning, "series 'W' is near its end: it gave 'W2', and ends with 'W4'");
}

/* The line of the day is changed, but never so that it leaves out what it gave. */
static void
a_line_is_changed_by_one_of_the_same_day(void **state)
{
	static const struct {
		struct series_line line;
		enum err_code code; /* ERR_NONE: it is taken */
		const char *next; /* NULL: there is none */
	} rows[] = {
		{ { .start = "A001", .end = "A009" }, 0, "A003" },
		{ { .start = "A001", .end = "A002" }, 0, NULL }, /* closed by its new end, */
		{ { .start = "A001", .end = "A011", .increment = 10 }, 0, NULL },
		{ { .start = "A001", .end = "A012", .increment = 10 }, 0, "A012" },
		{ { .start = "A001" }, 0, "A003" }, /* and open again */
		{ { .start = "A002", .end = "A005", .warn = "A004" }, 0, "A003" },
		{ { .start = "A003" }, ERR_REFUSED, "A003" },
		{ { .start = "B001" }, ERR_REFUSED, "A003" },
		{ { .start = "A001", .end = "A001" }, ERR_REFUSED, "A003" },
	};
	struct desk *desk = *state;

	make_series(desk, "L", true, false);
	make_line(desk, "L", (struct series_line){ .start = "A001" });
	draw(desk, "L");
	draw(desk, "L");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct series_line line = rows[i].line;
		const char *no = NULL;
		int result;

		line.from = TIME_MIN;
		line.increment = line.increment == 0 ? 1 : line.increment;
		result = series_line_add(desk->store, "L", &line, &desk->err);
		if ((result < 0) != (rows[i].code != 0) ||
			(result < 0 && desk->err.code != rows[i].code))
			fail_msg("row %zu: %d, %s", i, result, desk->err.message);
		result = series_next(
			desk->store, desk->arena, "L", NOW, true, &no, NULL, &desk->err);
		if ((result < 0) != (rows[i].next == NULL))
			fail_msg("row %zu: next is %s", i, no);
		if (result == 0)
			assert_string_equal(no, rows[i].next);
	}
	assert_int_equal(ask(desk, "SELECT count(*) FROM series_line l JOIN series s"
				   " ON s.id = l.series_id WHERE s.code = 'L'"),
		1);
}

static void
a_related_series_may_be_chosen_and_no_other(void **state)
{
	struct desk *desk = *state;
	const char *no;

	make_series(desk, "VIP", true, false);
	make_line(desk, "VIP", (struct series_line){ .start = "V1" });
	make_series(desk, "OTHER", true, false);
	make_line(desk, "OTHER", (struct series_line){ .start = "X1" });
	assert_ok(series_relate(desk->store, "CONTACT", "VIP", &desk->err));
	assert_ok(series_relate(desk->store, "contact", "vip", &desk->err)); /* once more */
	assert_ok(series_draw_from(
		desk->store, desk->arena, "contact-series", "vip", NOW, &no, &desk->err));
	assert_string_equal(no, "V1");
	assert_ok(series_draw_from(
		desk->store, desk->arena, "contact-series", "Contact", NOW, &no, &desk->err));
	assert_string_equal(no, "C00001");
	assert_fails(series_draw_from(desk->store, desk->arena, "contact-series", "OTHER", NOW, &no,
			     &desk->err),
		ERR_REFUSED);
	assert_fails(series_draw_from(
			     desk->store, desk->arena, "task-series", "VIP", NOW, &no, &desk->err),
		ERR_REFUSED);
	assert_fails(series_relate(desk->store, "CONTACT", "CONTACT", &desk->err), ERR_USAGE);
	assert_fails(series_relate(desk->store, "CONTACT", "NONE", &desk->err), ERR_NOT_FOUND);
}

static void
a_new_line_takes_over_at_its_date(void **state)
{
	struct desk *desk = *state;
	const char *no;

	make_series(desk, "L", true, false);
	make_line(desk, "L", (struct series_line){ .start = "OLD1" });
	make_line(desk, "L", (struct series_line){ .start = "NEW1", .from = NOW });
	assert_string_equal(draw(desk, "L"), "NEW1");
	assert_ok(series_next(
		desk->store, desk->arena, "L", NOW - DAY, false, &no, NULL, &desk->err));
	assert_string_equal(no, "OLD1");
	assert_string_equal(draw(desk, "L"), "NEW2");
}

static void
there_are_no_numbers_before_the_first_line(void **state)
{
	struct desk *desk = *state;

	make_series(desk, "L", true, false);
	assert_fails(try_draw(desk, "L", NOW), ERR_REFUSED);
	make_line(desk, "L", (struct series_line){ .start = "L1", .from = NOW });
	assert_fails(try_draw(desk, "L", NOW - DAY), ERR_REFUSED);
	assert_non_null(strstr(desk->err.message, "on 2027-01-14"));
}

static void
date_order_refuses_an_earlier_day(void **state)
{
	struct desk *desk = *state;

	make_series(desk, "D", true, true);
	make_line(desk, "D", (struct series_line){ .start = "D1" });
	assert_ok(try_draw(desk, "D", NOW));
	assert_ok(try_draw(desk, "D", NOW - 3600)); /* the same day */
	assert_fails(try_draw(desk, "D", NOW - DAY), ERR_REFUSED);
	assert_string_equal(draw(desk, "D"), "D3");
}

static void
without_date_order_any_day_will_do(void **state)
{
	struct desk *desk = *state;

	assert_ok(try_draw(desk, "CONTACT", NOW));
	assert_ok(try_draw(desk, "CONTACT", NOW - 400 * DAY));
}

static void
a_rolled_back_number_is_given_again(void **state)
{
	struct desk *desk = *state;

	assert_ok(store_begin(desk->store, &desk->err));
	assert_string_equal(draw(desk, "CONTACT"), "C00001");
	store_rollback(desk->store);
	assert_string_equal(draw(desk, "CONTACT"), "C00001");
}

static void
numbers_by_hand_need_leave(void **state)
{
	struct desk *desk = *state;

	assert_ok(series_manual(desk->store, "contact-series", NULL, "K77", &desk->err));
	make_series(desk, "STRICT", false, false);
	make_line(desk, "STRICT", (struct series_line){ .start = "X1" });
	assert_ok(series_relate(desk->store, "CONTACT", "STRICT", &desk->err));
	assert_fails(series_manual(desk->store, "contact-series", "STRICT", "K77", &desk->err),
		ERR_REFUSED);
	assert_ok(setup_set(desk->store, "contact-series", "strict", &desk->err));
	assert_fails(
		series_manual(desk->store, "contact-series", NULL, "K77", &desk->err), ERR_REFUSED);
	assert_fails(series_manual(desk->store, "contact-series", NULL, "123456789012345678901",
			     &desk->err),
		ERR_USAGE);
}

static void
a_series_without_default_draws_nothing_for_records(void **state)
{
	struct desk *desk = *state;
	int64_t id;
	const char *no;

	assert_ok(series_add(desk->store, "HAND", NULL, false, true, false, &id, &desk->err));
	make_line(desk, "HAND", (struct series_line){ .start = "H1" });
	assert_ok(setup_set(desk->store, "contact-series", "HAND", &desk->err));
	assert_fails(series_draw(desk->store, desk->arena, "contact-series", NOW, &no, &desk->err),
		ERR_REFUSED);
	assert_fails(series_add(desk->store, "NONE", NULL, false, false, false, &id, &desk->err),
		ERR_USAGE);
}

static void
refuses_lines_that_contradict_themselves(void **state)
{
	static const struct {
		struct series_line line;
		const char *field;
	} rows[] = {
		{ { .start = "NODIGIT" }, "start" },
		{ { .start = "" }, "start" },
		{ { .start = "123456789012345678901" }, "start" },
		{ { .start = "A1", .end = "B9" }, "end" },
		{ { .start = "A5", .end = "A4" }, "end" },
		{ { .start = "A10", .end = "A9" }, "end" },
		{ { .start = "A1", .warn = "A5" }, "warn" },
		{ { .start = "A1", .end = "A5", .warn = "A6" }, "warn" },
		{ { .start = "A3", .end = "A5", .warn = "A2" }, "warn" },
		{ { .start = "A1", .increment = -1 }, "increment" },
	};
	struct desk *desk = *state;

	make_series(desk, "L", true, false);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct series_line line = rows[i].line;

		line.increment = line.increment == 0 ? 1 : line.increment;
		assert_fails(series_line_add(desk->store, "L", &line, &desk->err), ERR_USAGE);
		assert_string_equal(desk->err.field, rows[i].field);
	}
}

static void
refuses_a_code_twice_and_lines_of_no_series(void **state)
{
	struct desk *desk = *state;
	struct series_line line = { .start = "A1", .increment = 1, .from = NOW };
	int64_t id;

	make_series(desk, "L", true, false);
	assert_fails(series_add(desk->store, "l", NULL, true, true, false, &id, &desk->err),
		ERR_CONFLICT);
	assert_ok(series_line_add(desk->store, "L", &line, &desk->err));
	assert_fails(series_line_add(desk->store, "M", &line, &desk->err), ERR_NOT_FOUND);
	assert_fails(try_draw(desk, "M", NOW), ERR_NOT_FOUND);
}

static void
contacts_skip_numbers_typed_by_hand(void **state)
{
	struct desk *desk = *state;
	struct contact typed = { .type = "person", .name = "Ada", .no = "C00001" };

	assert_ok(contact_add(desk->store, desk->arena, &typed, NOW, &desk->err));
	assert_string_equal(get_contact(desk, add_person(desk, "Bob", 0)).no, "C00002");
	typed.no = "c00002";
	assert_fails(contact_add(desk->store, desk->arena, &typed, NOW, &desk->err), ERR_CONFLICT);
}

static void
the_record_shows_lines_and_what_was_drawn(void **state)
{
	struct desk *desk = *state;
	struct json_out out;

	draw(desk, "CONTACT");
	json_out_init(&out, &desk->text);
	assert_ok(series_write(desk->store, "contact", &out, &desk->err));
	assert_string_equal(desk->text.bytes,
		"{\"id\":1,\"version\":1,\"code\":\"CONTACT\",\"description\":\"contacts\","
		"\"default\":true,\"manual\":true,\"date_order\":false,\"lines\":[{\"from\":null,"
		"\"start\":\"C00001\",\"end\":null,\"warn\":null,\"increment\":1,\"last\":"
		"\"C00001\","
		"\"last_date\":\"2027-01-15\",\"open\":true}],\"related\":[]}");
}

/* ---- many in one transaction ---- */

static const char *
roll(struct desk *desk, struct series_roll *numbers)
{
	const char *no;

	assert_ok(series_roll_draw(desk->store, numbers, "contact-series", NOW, &no, &desk->err));
	return no;
}

static void
make_rolled(struct desk *desk)
{
	make_series(desk, "ROLL", true, false);
	make_line(desk, "ROLL", (struct series_line){ .start = "A1" });
	make_line(desk, "ROLL",
		(struct series_line){ .start = "R1", .end = "R3", .from = NOW - DAY });
	assert_ok(setup_set(desk->store, "contact-series", "ROLL", &desk->err));
}

static void
gives_many_numbers_in_a_row_and_goes_on_from_the_last(void **state)
{
	struct desk *desk = *state;
	struct series_roll numbers = { .arena = desk->arena };

	make_rolled(desk);
	assert_string_equal(roll(desk, &numbers), "R1");
	assert_string_equal(roll(desk, &numbers), "R2");
	assert_ok(series_roll_end(desk->store, &numbers, &desk->err));
	assert_string_equal(draw(desk, "ROLL"), "R3");
	assert_string_equal(roll(desk, &numbers), "A1");
	assert_ok(series_roll_end(desk->store, &numbers, &desk->err));
	assert_string_equal(draw(desk, "ROLL"), "A2");
}

static void
goes_back_with_the_savepoint_of_many_numbers(void **state)
{
	struct desk *desk = *state;
	struct series_roll numbers = { .arena = desk->arena }, before;

	make_rolled(desk);
	assert_ok(store_begin(desk->store, &desk->err));
	assert_string_equal(roll(desk, &numbers), "R1");
	before = numbers;
	assert_ok(store_savepoint(desk->store, &desk->err));
	assert_string_equal(roll(desk, &numbers), "R2");
	assert_string_equal(roll(desk, &numbers), "R3");
	assert_string_equal(roll(desk, &numbers), "A1");
	store_rollback_to(desk->store);
	numbers = before;
	assert_string_equal(roll(desk, &numbers), "R2");
	assert_ok(series_roll_end(desk->store, &numbers, &desk->err));
	assert_ok(store_commit(desk->store, &desk->err));
	assert_string_equal(draw(desk, "ROLL"), "R3");
	assert_string_equal(draw(desk, "ROLL"), "A1");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, desk_open, desk_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(increases_the_last_digit_group),
		CASE(a_new_database_has_the_five_series),
		CASE(the_first_number_is_the_start_itself),
		CASE(a_peek_takes_nothing),
		CASE(ends_at_the_ending_number),
		CASE(ends_when_a_step_would_pass_the_end),
		CASE(ends_when_a_number_would_grow_past_the_end),
		CASE(warns_from_the_warning_number_on),
		CASE(whose_number_is_near_the_end_is_told),
		CASE(a_line_is_changed_by_one_of_the_same_day),
		CASE(a_related_series_may_be_chosen_and_no_other),
		CASE(a_new_line_takes_over_at_its_date),
		CASE(there_are_no_numbers_before_the_first_line),
		CASE(date_order_refuses_an_earlier_day),
		CASE(without_date_order_any_day_will_do),
		CASE(a_rolled_back_number_is_given_again),
		CASE(numbers_by_hand_need_leave),
		CASE(a_series_without_default_draws_nothing_for_records),
		CASE(refuses_lines_that_contradict_themselves),
		CASE(refuses_a_code_twice_and_lines_of_no_series),
		CASE(contacts_skip_numbers_typed_by_hand),
		CASE(the_record_shows_lines_and_what_was_drawn),
		CASE(gives_many_numbers_in_a_row_and_goes_on_from_the_last),
		CASE(goes_back_with_the_savepoint_of_many_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
