#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "liaison/base/crypt.h"

static struct arena *arena;

static int
set_up(void **state)
{
	(void)state;
	arena = arena_new();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static void
digests_as_fips_180_says(void **state)
{
	uint8_t out[SHA256_SIZE];

	(void)state;
	sha256("abc", 3, out);
	assert_string_equal(hex_encode(arena, out, sizeof out),
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	sha256("", 0, out);
	assert_string_equal(hex_encode(arena, out, sizeof out),
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void
digests_pieces_as_the_whole(void **state)
{
	struct sha256_state *digest = sha256_new();
	uint8_t whole[SHA256_SIZE], pieces[SHA256_SIZE];
	char bytes[1000];

	(void)state;
	memset(bytes, 'q', sizeof bytes);
	sha256(bytes, sizeof bytes, whole);
	for (size_t i = 0; i < sizeof bytes; i += 100)
		sha256_add(digest, bytes + i, 100);
	sha256_end(digest, pieces);
	assert_memory_equal(whole, pieces, sizeof whole);
}

static void
authenticates_as_rfc_4231_says(void **state)
{
	uint8_t out[SHA256_SIZE];

	(void)state;
	hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, out);
	assert_string_equal(hex_encode(arena, out, sizeof out),
		"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	hmac_sha256("", 0, "", 0, out);
	assert_string_equal(hex_encode(arena, out, sizeof out),
		"b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

static void
encodes_base64_as_rfc_4648_says(void **state)
{
	static const struct {
		const char *bytes, *text;
	} CASES[] = { { "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" }, { "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" } };

	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
		size_t size;
		uint8_t *back;

		assert_string_equal(base64_encode(arena, CASES[i].bytes, strlen(CASES[i].bytes)),
			CASES[i].text);
		back = base64_decode(arena, CASES[i].text, strlen(CASES[i].text), &size);
		assert_non_null(back);
		assert_int_equal(size, strlen(CASES[i].bytes));
		assert_memory_equal(back, CASES[i].bytes, size);
	}
}

static void
refuses_base64_that_is_not_strict(void **state)
{
	static const char *const BAD[] = { "Z", "Zg", "Zg=", "Zg===", "Zm9v=", "Zm 9", "Zm9v\n",
		"Zh==", "Zm9=", "====", "Zg==Zg==", "=Zg=", "Z===", "Zm9-" };
	size_t size;

	(void)state;
	for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++)
		if (base64_decode(arena, BAD[i], strlen(BAD[i]), &size) != NULL)
			fail_msg("'%s' is taken", BAD[i]);
}

static void
decodes_what_it_encodes(void **state)
{
	(void)state;
	for (size_t size = 0; size < 300; size++) {
		uint8_t bytes[300], *back;
		size_t got;
		char *text;

		assert_int_equal(random_bytes(bytes, size), 0);
		text = base64_encode(arena, bytes, size);
		back = base64_decode(arena, text, strlen(text), &got);
		assert_non_null(back);
		assert_int_equal(got, size);
		assert_memory_equal(back, bytes, size);
	}
}

static void
wipes_bytes(void **state)
{
	char secret[] = "hunter2";

	(void)state;
	wipe(secret, sizeof secret);
	for (size_t i = 0; i < sizeof secret; i++)
		assert_int_equal(secret[i], 0);
}

static void
hashes_into_all_slots(void **state)
{
	unsigned slots[64] = { 0 };

	(void)state;
	for (uint32_t i = 0; i < 64000; i++)
		slots[hash64(&i, sizeof i) % 64]++;
	for (size_t i = 0; i < 64; i++)
		assert_in_range(slots[i], 800, 1200);
	assert_true(hash64("a", 1) != hash64("b", 1));
	assert_true(hash64("", 0) == hash64("", 0));
}

/* The vectors of the paper's reference implementation: bytes 0, 1, 2, … under the key 0, 1, … 15. */
static void
hashes_with_a_key_as_siphash_does(void **state)
{
	uint8_t key[HASH_KEY_SIZE], bytes[15];

	(void)state;
	for (uint8_t i = 0; i < sizeof key; i++)
		key[i] = i;
	for (uint8_t i = 0; i < sizeof bytes; i++)
		bytes[i] = i;
	assert_true(hash64_keyed(key, bytes, 0) == UINT64_C(0x726fdb47dd0e0e31));
	assert_true(hash64_keyed(key, bytes, 1) == UINT64_C(0x74f839c593dc67fd));
	assert_true(hash64_keyed(key, bytes, 8) == UINT64_C(0x93f5f5799a932462));
	assert_true(hash64_keyed(key, bytes, 15) == UINT64_C(0xa129ca6149be45e5));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digests_as_fips_180_says),
		cmocka_unit_test(digests_pieces_as_the_whole),
		cmocka_unit_test(authenticates_as_rfc_4231_says),
		cmocka_unit_test(encodes_base64_as_rfc_4648_says),
		cmocka_unit_test(refuses_base64_that_is_not_strict),
		cmocka_unit_test(decodes_what_it_encodes),
		cmocka_unit_test(wipes_bytes),
		cmocka_unit_test(hashes_into_all_slots),
		cmocka_unit_test(hashes_with_a_key_as_siphash_does),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
