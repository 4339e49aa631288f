/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: every code that can be printed is read back, in every spelling that people use, and
 * nothing else is. */
#include "token.h"

#include <ctype.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "check.h"

TEST(every_token_is_read_back)
{
	CHECK(sodium_init() >= 0);
	for (unsigned i = 0; i < 2000; i++) {
		uint8_t token[TOKEN_BYTES], back[TOKEN_BYTES] = { 0 };
		char text[TOKEN_TEXT];
		unsigned slot = 0;

		randombytes_buf(token, sizeof token);
		token_text(token, text);
		CHECK_INT(strlen(text), 19);
		CHECK(token_parse(text, back));
		CHECK_BYTES(back, token, sizeof token);
		recovery_code_text(i % RECOVERY_SLOTS + 1, token, text);
		CHECK_INT(strlen(text), 22);
		CHECK(recovery_code_parse(text, &slot, back));
		CHECK_BYTES(back, token, sizeof token);
		CHECK_INT(slot, i % RECOVERY_SLOTS + 1);
	}
}

/* Each bit has its place in the text: no two tokens are the same text. */
TEST(each_bit_of_a_token_shows)
{
	for (unsigned bit = 0; bit < TOKEN_BYTES * 8; bit++) {
		uint8_t token[TOKEN_BYTES] = { 0 }, back[TOKEN_BYTES];
		char text[TOKEN_TEXT];

		token[bit / 8] = (uint8_t)(1 << bit % 8);
		token_text(token, text);
		CHECK(strcmp(text, "0000-0000-0000-0000") != 0);
		CHECK(token_parse(text, back));
		CHECK_BYTES(back, token, sizeof token);
	}
}

TEST(a_token_is_read_in_the_spellings_that_people_use)
{
	static const char *const same[] = { "K7Q0-9FJM-311T-WAB0", "k7q0-9fjm-311t-wab0",
		"K7Q09FJM311TWAB0", "K7Qo-9FJM-3IlT-WABO", " k7q0 9fjm 3Li1t wab0",
		"K-7-Q-0-9FJM-311T--WAB0 " };
	uint8_t first[TOKEN_BYTES], token[TOKEN_BYTES];

	CHECK(token_parse(same[0], first));
	for (size_t i = 1; i < sizeof same / sizeof *same; i++) {
		if (i == 4)
			continue; /* 17 digits */
		CHECK(token_parse(same[i], token));
		CHECK_BYTES(token, first, sizeof token);
	}
	CHECK(!token_parse(same[4], token));
}

TEST(what_has_another_form_is_no_token)
{
	static const char *const bad[] = { "", "-", "123456", "K7Q0-9FJM-311T-WAB",
		"K7Q0-9FJM-311T-WAB00", "K7U0-9FJM-311T-WAB0", "K7Q0-9FJM-311T-WA_0",
		"K7Q0\t9FJM-311T-WAB0", "K7Q0-9FJM-311T-WAB\xc3\xa9", "seven quiet herons",
		"07-K7Q0-9FJM-311T-WAB0", "K7Q0.9FJM.311T.WAB0" };
	uint8_t token[TOKEN_BYTES];

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		CHECK_TEXT(token_parse(bad[i], token) ? bad[i] : "refused", "refused");
}

TEST(a_recovery_code_has_a_slot_from_1_to_12)
{
	uint8_t token[TOKEN_BYTES];

	for (unsigned slot = 0; slot < 100; slot++) {
		char text[40];
		unsigned got = 0;

		snprintf(text, sizeof text, "%02u-K7Q0-9FJM-311T-WAB0", slot);
		CHECK_INT(recovery_code_parse(text, &got, token),
			slot >= 1 && slot <= RECOVERY_SLOTS);
		CHECK_INT(got, slot >= 1 && slot <= RECOVERY_SLOTS ? slot : 0);
	}
	static const char *const bad[] = { "", "7-K7Q0-9FJM-311T-WAB0", "0A-K7Q0-9FJM-311T-WAB0",
		"K7Q0-9FJM-311T-WAB0", "007-K7Q0-9FJM-311T-WAB0", "07-K7Q0-9FJM-311T-WAB",
		"-7-K7Q0-9FJM-311T-WAB0", "123456" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		unsigned slot;

		CHECK_TEXT(
			recovery_code_parse(bad[i], &slot, token) ? bad[i] : "refused", "refused");
	}
	unsigned slot = 0;
	CHECK(recovery_code_parse(" o7 k7qo 9fjm 3i1t wabo ", &slot, token));
	CHECK_INT(slot, 7);
	CHECK(recovery_code_parse("L2-K7Q0-9FJM-311T-WAB0", &slot, token));
	CHECK_INT(slot, 12);
}
