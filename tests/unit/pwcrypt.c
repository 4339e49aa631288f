/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes of crypt(5). What must hold: those that libcrypt makes by its strong methods are taken and match
 * their password alone; weak ones, costly ones and what is cut or changed is never computed. */
#include "pwcrypt.h"

#include <crypt.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "check.h"
#include "import_help.h"

#define WORD "correct horse battery"

/* As libcrypt makes it, at that cost (0: its own default). */
static const char *made(const char *prefix, unsigned long cost)
{
	static struct crypt_data data;
	char salt[CRYPT_GENSALT_OUTPUT_SIZE];

	CHECK(crypt_gensalt_rn(prefix, cost, NULL, 0, salt, sizeof salt) != NULL);
	data = (struct crypt_data){ .initialized = 0 };
	const char *hash = crypt_r(WORD, salt, &data);
	CHECK(hash && *hash != '*');
	return hash;
}

TEST(strong_hashes_are_taken_and_match_their_password)
{
	static const struct {
		const char *prefix;
		unsigned long cost;
	} good[] = { { "$y$", 0 }, { "$y$", 1 }, { "$y$", 2 }, { "$y$", 6 }, { "$gy$", 1 },
		{ "$6$", 0 }, { "$6$", 1000 }, { "$6$", 20000 }, { "$5$", 0 }, { "$5$", 7777 },
		{ "$2b$", 4 }, { "$2b$", 6 }, { "$2y$", 4 }, { "$2a$", 4 } };

	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		char hash[CRYPT_OUTPUT_SIZE];

		snprintf(hash, sizeof hash, "%s", made(good[i].prefix, good[i].cost));
		CHECK_TEXT(pwcrypt_problem(hash) ? hash : "taken", "taken");
		CHECK_INT(pwcrypt_matches(hash, WORD), 1);
		CHECK_INT(pwcrypt_matches(hash, WORD "y"), 0);
		CHECK_INT(pwcrypt_matches(hash, ""), 0);
		hash[strlen(hash) - 4] ^=
			hash[strlen(hash) - 4] == 'a' ? 3 : 'a' ^ hash[strlen(hash) - 4];
		CHECK_INT(pwcrypt_matches(hash, WORD), 0);
	}
}

TEST(a_text_that_is_too_long_for_libcrypt_does_not_match)
{
	static char text[2 * CRYPT_MAX_PASSPHRASE_SIZE];

	memset(text, 'x', sizeof text - 1);
	CHECK_INT(pwcrypt_matches(made("$5$", 1000), text), 0);
}

TEST(weak_methods_are_not_taken)
{
	static const char *const prefix[] = { "$1$", "", "_", "$md5", "$sha1", "$3$", "$7$" };

	for (size_t i = 0; i < sizeof prefix / sizeof *prefix; i++) {
		char salt[CRYPT_GENSALT_OUTPUT_SIZE];
		static struct crypt_data data;

		/* not every libcrypt makes all of these */
		if (!crypt_gensalt_rn(prefix[i], 0, NULL, 0, salt, sizeof salt))
			continue;
		const char *hash = crypt_r(WORD, salt, &data);
		CHECK(hash != NULL);
		CHECK_HAS(pwcrypt_problem(hash), "too weak or too rare");
		CHECK(pwcrypt_matches(hash, WORD) < 0);
	}
	CHECK_HAS(pwcrypt_problem("$2x$04$abcdefghijklmnopqrstuv"), "too weak or too rare");
	CHECK_HAS(pwcrypt_problem("x"), "too weak");
	CHECK_HAS(pwcrypt_problem(""), "too weak");
}

/* A hash that would take hours or all memory, whoever wrote it. */
TEST(costly_hashes_are_never_computed)
{
#define SALT "abcdefghijklmnop$"
#define H43 "0123456789012345678901234567890123456789012"
#define H86 H43 H43
	static const char *const bad[] = {
		"$6$rounds=1000001$" SALT H86,
		"$6$rounds=999999999$" SALT H86,
		"$6$rounds=99999999999999999999$" SALT H86,
		"$6$rounds=999$" SALT H86,
		"$6$rounds=-1$" SALT H86,
		"$6$rounds=$" SALT H86,
		"$5$rounds=1000001$" SALT H43,
		"$2b$14$" H43 "0123456789",
		"$2b$31$" H43 "0123456789",
		"$2b$3$" H43 "0123456789",
		"$2b$0x$" H43 "0123456789",
		"$y$jDT$" SALT H43, /* 2^16 blocks of 4 KiB: 256 MiB */
		"$y$jFT$" SALT H43, /* mkpasswd -R 11: 1 GiB */
		"$y$jzT$" SALT H43,
		"$y$j9z$" SALT H43,
		"$y$j9TU./$" SALT H43, /* a t of its own */
		"$y$.9T$" SALT H43, /* another flavour */
		"$y$zzzzzz$" SALT H43,
		"$gy$jFT$" SALT H43,
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		clock_t before = clock();

		CHECK_TEXT(pwcrypt_problem(bad[i]) ? pwcrypt_problem(bad[i]) : bad[i],
			"its hash is not whole, or would take too long to compute");
		CHECK(pwcrypt_matches(bad[i], WORD) < 0);
		CHECK(clock() - before < CLOCKS_PER_SEC / 10);
	}
}

/* What the rounds go over is the text, too: 500 bytes make a million of them take seconds, for whoever asks. */
TEST(long_texts_are_not_computed_where_rounds_are_many)
{
	static struct crypt_data data;
	char text[400];
	clock_t before = clock();

	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = 0;
	CHECK_INT(pwcrypt_matches("$6$rounds=1000000$" SALT H86, text), 0);
	CHECK_INT(pwcrypt_matches("$5$rounds=656000$" SALT H43, text), 0);
	CHECK(clock() - before < CLOCKS_PER_SEC / 10);
	CHECK_INT(pwcrypt_matches(crypt_r(text, "$5$rounds=100000$" SALT, &data), text), 1);
	text[128] = 0;
	CHECK_INT(pwcrypt_matches(crypt_r(text, "$5$rounds=100001$" SALT, &data), text), 1);
}

static void look(char *text, size_t len)
{
	(void)len;
	(void)pwcrypt_problem(text);
}

/* Cut or changed, it is not whole; the few changes that leave it so stay within the cost. */
TEST(mangled_hashes_are_looked_at_within_their_bounds)
{
	static const char *const prefix[] = { "$y$", "$6$", "$5$", "$2b$" };

	for (size_t i = 0; i < sizeof prefix / sizeof *prefix; i++) {
		char hash[CRYPT_OUTPUT_SIZE];

		snprintf(hash, sizeof hash, "%s", made(prefix[i], 0));
		for (size_t len = strlen(hash); len > 0; len--) {
			hash[len - 1] = 0;
			CHECK(pwcrypt_problem(hash) != NULL);
		}
		mangle(made(prefix[i], 0), 20000, look);
	}
}

TEST(what_is_behind_a_hash_makes_it_none)
{
	char hash[CRYPT_OUTPUT_SIZE + 8];

	snprintf(hash, sizeof hash, "%s.", made("$6$", 1000));
	CHECK(pwcrypt_problem(hash) != NULL);
	snprintf(hash, sizeof hash, "!%s", made("$6$", 1000));
	CHECK(pwcrypt_problem(hash) != NULL);
}
