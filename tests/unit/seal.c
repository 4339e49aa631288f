/* SPDX-License-Identifier: Apache-2.0 */
#include "seal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "check.h"

static const uint8_t key_a[KEY_BYTES] = { 1, 2, 3 }, key_b[KEY_BYTES] = { 1, 2, 4 };

enum { PLAIN = 11, SEALED = PLAIN + SEAL_OVERHEAD };

struct record {
	uint8_t sealed[SEALED];
};

static struct record record(const struct seal *s, enum seal_use use, const char *ad)
{
	struct record r;

	seal_close(s, use, ad, strlen(ad), "some secret", PLAIN, r.sealed);
	return r;
}

static int opens(const struct seal *s, enum seal_use use, const char *ad, const struct record *r)
{
	uint8_t out[PLAIN] = { 0 };
	int e = seal_open(s, use, ad, strlen(ad), r->sealed, SEALED, out);

	if (e == 0)
		CHECK_BYTES(out, "some secret", PLAIN);
	else
		CHECK(memcmp(out, "some secret", PLAIN) != 0);
	return e;
}

TEST(seal_opens_in_its_place_only)
{
	struct seal *a = seal_of(key_a), *b = seal_of(key_b);
	struct record r = record(a, SEAL_CREDENTIAL, "anna/totp/1/1");

	CHECK(a && b);
	CHECK_INT(opens(a, SEAL_CREDENTIAL, "anna/totp/1/1", &r), 0);
	CHECK_INT(opens(a, SEAL_CREDENTIAL, "ben/totp/1/1", &r), -EKEYREJECTED);
	CHECK_INT(opens(a, SEAL_CREDENTIAL, "anna/totp/1/2", &r), -EKEYREJECTED);
	CHECK_INT(opens(a, SEAL_CREDENTIAL, "", &r), -EKEYREJECTED);
	CHECK_INT(opens(a, SEAL_TOKEN, "anna/totp/1/1", &r), -EKEYREJECTED);
	CHECK_INT(opens(b, SEAL_CREDENTIAL, "anna/totp/1/1", &r), -EKEYREJECTED);
	seal_free(a);
	seal_free(b);
}

TEST(seal_notices_every_changed_bit_and_every_length)
{
	struct seal *s = seal_of(key_a);
	struct record r = record(s, SEAL_TOKEN, "ad");
	uint8_t out[SEALED + 1], longer[SEALED + 1] = { 0 };

	for (size_t bit = 0; bit < SEALED * 8; bit++) {
		r.sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
		CHECK_INT(opens(s, SEAL_TOKEN, "ad", &r), -EKEYREJECTED);
		r.sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t n = 0; n < SEALED; n++)
		CHECK_INT(seal_open(s, SEAL_TOKEN, "ad", 2, r.sealed, n, out), -EKEYREJECTED);
	memcpy(longer, r.sealed, SEALED);
	CHECK_INT(seal_open(s, SEAL_TOKEN, "ad", 2, longer, sizeof longer, out), -EKEYREJECTED);
	CHECK_INT(seal_open(s, SEAL_TOKEN, "ad", 2, r.sealed, SEALED, out), 0);
	seal_free(s);
}

TEST(seal_is_never_the_same_twice_and_shows_nothing)
{
	struct seal *s = seal_of(key_a);
	struct record a = record(s, SEAL_TOKEN, "ad"), b = record(s, SEAL_TOKEN, "ad");

	CHECK(memcmp(a.sealed, b.sealed, 24) != 0);
	CHECK(memcmp(a.sealed + 24, b.sealed + 24, SEALED - 24) != 0);
	CHECK(!memmem(a.sealed, SEALED, "secret", 6));
	seal_free(s);
}

TEST(seal_of_nothing_is_sealed_too)
{
	struct seal *s = seal_of(key_a);
	uint8_t sealed[SEAL_OVERHEAD], out[1] = { 9 };

	seal_close(s, SEAL_TOKEN, NULL, 0, NULL, 0, sealed);
	CHECK_INT(seal_open(s, SEAL_TOKEN, NULL, 0, sealed, sizeof sealed, out), 0);
	CHECK_INT(seal_open(s, SEAL_TOKEN, "x", 1, sealed, sizeof sealed, out), -EKEYREJECTED);
	CHECK_INT(out[0], 9);
	seal_free(s);
}

TEST(seal_unwraps_under_its_own_key_and_name_only)
{
	struct seal *s = seal_of(key_a), *back = NULL;
	struct record r = record(s, SEAL_CREDENTIAL, "ad");
	uint8_t wrapped[WRAP_BYTES], other[KEY_BYTES] = { 7 };

	seal_wrap(s, "machine", key_b, wrapped);
	CHECK_INT(seal_unwrap(wrapped, "recovery", key_b, &back), -EKEYREJECTED);
	CHECK_INT(seal_unwrap(wrapped, "machin", key_b, &back), -EKEYREJECTED);
	CHECK_INT(seal_unwrap(wrapped, "machine", other, &back), -EKEYREJECTED);
	CHECK_INT(seal_unwrap(wrapped, "machine", key_a, &back), -EKEYREJECTED);
	for (size_t i = 0; i < WRAP_BYTES; i++) {
		wrapped[i] ^= 1;
		CHECK_INT(seal_unwrap(wrapped, "machine", key_b, &back), -EKEYREJECTED);
		wrapped[i] ^= 1;
	}
	CHECK(!back);
	CHECK_INT(seal_unwrap(wrapped, "machine", key_b, &back), 0);
	CHECK_INT(opens(back, SEAL_CREDENTIAL, "ad", &r), 0);
	CHECK(!memmem(wrapped, sizeof wrapped, key_a, 3));
	seal_free(back);
	seal_free(s);
	seal_free(NULL);
}

TEST(seal_hash_depends_on_key_use_and_text)
{
	struct seal *a = seal_of(key_a), *b = seal_of(key_b);
	uint8_t h[5][HASH_BYTES];

	seal_hash(a, SEAL_NAME, "anna", 4, h[0]);
	seal_hash(a, SEAL_NAME, "anna", 4, h[1]);
	CHECK_BYTES(h[0], h[1], HASH_BYTES);
	seal_hash(b, SEAL_NAME, "anna", 4, h[1]);
	seal_hash(a, SEAL_TOKEN, "anna", 4, h[2]);
	seal_hash(a, SEAL_NAME, "annb", 4, h[3]);
	seal_hash(a, SEAL_NAME, "ann", 3, h[4]);
	for (size_t i = 1; i < 5; i++)
		CHECK(memcmp(h[0], h[i], HASH_BYTES) != 0);
	seal_free(a);
	seal_free(b);
}

/* The field's size in kB from /proc/self/status. */
static long status_kb(const char *field)
{
	char line[256];
	long kb = -1;
	FILE *f = fopen("/proc/self/status", "re");

	CHECK(f);
	while (fgets(line, sizeof line, f))
		if (strncmp(line, field, strlen(field)) == 0)
			kb = strtol(line + strlen(field), NULL, 10);
	fclose(f);
	return kb;
}

TEST(sh05_seal_stands_in_locked_memory_or_not_at_all)
{
	static char page[8192];
	struct rlimit none = { 0, 0 };
	long before = status_kb("VmLck:");

	CHECK_INT(mlock(page, sizeof page), 0);
	bool locks = status_kb("VmLck:") > before; /* under a sanitizer, mlock does nothing */
	CHECK_INT(munlock(page, sizeof page), 0);
	struct seal *s = seal_of(key_a);
	CHECK(s);
	CHECK(!locks || status_kb("VmLck:") > before);
	seal_free(s);
	CHECK_INT(status_kb("VmLck:"), before);
	CHECK_INT(setrlimit(RLIMIT_MEMLOCK, &none), 0);
	if (geteuid() == 0)
		CHECK_INT(setresuid(12345, 12345, 12345), 0);
	s = seal_of(key_a);
	CHECK(!locks || !s);
	seal_free(s);
}
