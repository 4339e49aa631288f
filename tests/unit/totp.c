/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: the codes are those of RFC 4226 and RFC 6238; six ASCII digits and nothing else is a
 * code; steps only ever rise, whatever the clock does. */
#include <string.h>

#include "check.h"
#include "codec.h"
#include "factor.h"
#include "store/store.h"
#include "world.h"

static struct totp of_the_rfc(void)
{
	struct totp v = { .active = true, .len = TOTP_NEW };

	memcpy(v.secret, "12345678901234567890", TOTP_NEW);
	return v;
}

/* RFC 6238, appendix B: the SHA-1 column, its last six digits. */
TEST(ot01_codes_of_rfc_6238)
{
	static const struct {
		uint64_t time;
		const char *code;
	} vector[] = { { 59, "287082" }, { 1111111109, "081804" }, { 1111111111, "050471" },
		{ 1234567890, "005924" }, { 2000000000, "279037" }, { 20000000000, "353130" } };
	const struct totp v = of_the_rfc();

	for (size_t i = 0; i < sizeof vector / sizeof *vector; i++) {
		uint64_t step = vector[i].time / 30;

		CHECK_INT(totp_step(&v, vector[i].code, vector[i].time), step);
		if (step > 1)
			CHECK_INT(totp_step(&v, vector[i].code, (step - 1) * 30), step);
		CHECK_INT(totp_step(&v, vector[i].code, (step + 1) * 30 + 29), step);
		CHECK_INT(totp_step(&v, vector[i].code, (step + 2) * 30), 0);
		if (step >= 3)
			CHECK_INT(totp_step(&v, vector[i].code, (step - 1) * 30 - 1), 0);
	}
}

/* RFC 4226, appendix D. Step 0 is the January of 1970: never a code. */
TEST(ot01_codes_of_rfc_4226)
{
	static const char *const code[] = { "755224", "287082", "359152", "969429", "338314",
		"254676", "287922", "162583", "399871", "520489" };
	const struct totp v = of_the_rfc();

	CHECK_INT(totp_step(&v, code[0], 30), 0);
	for (size_t i = 1; i < sizeof code / sizeof *code; i++)
		CHECK_INT(totp_step(&v, code[i], i * 30), i);
}

TEST(ot02_only_six_ascii_digits_are_a_code)
{
	static const char *const bad[] = { "", "28708", "2870821", "287 082", " 287082", "287082 ",
		"287-082", "+287082", "-287082", "+28708", "0x4616", "287082\n", "28708a",
		"\xd9\xa2\xd9\xa8\xd9\xa7\xd9\xa0\xd9\xa8\xd9\xa2", /* Arabic-Indic */
		"\xd9\xa2\xd9\xa8\xd9\xa7",
		"\xef\xbc\x92"
		"87082",
		"\xb2"
		"87082" };
	const struct totp v = of_the_rfc();

	CHECK_INT(totp_step(&v, "287082", 59), 1);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		CHECK_TEXT(totp_step(&v, bad[i], 59) ? bad[i] : "refused", "refused");
}

TEST(steps_only_rise)
{
	struct totp v = of_the_rfc();

	for (v.last_step = 0; v.last_step < 1; v.last_step++)
		CHECK_INT(totp_step(&v, "287082", 59), 1);
	for (; v.last_step < 4; v.last_step++)
		CHECK_INT(totp_step(&v, "287082", 59), 0);
	v.last_step = UINT64_MAX;
	CHECK_INT(totp_step(&v, "287082", 59), 0);
}

TEST(tm06_times_at_the_ends_of_the_scale_match_nothing_by_accident)
{
	const struct totp v = of_the_rfc();

	for (uint64_t t = 0; t < 30; t++)
		CHECK_INT(totp_step(&v, "755224", t), 0);
	CHECK_INT(totp_step(&v, "353130", 20000000000), 666666666); /* the year 2603 */
	CHECK_INT(totp_step(&v, "755224", UINT64_MAX), 0);
}

TEST(tm03_a_clock_set_back_makes_no_code_good_again)
{
	struct world w = world_at("2026-05-04 09:00:00");
	char code[7];

	enrol_ada(&w);
	strcpy(code, app_code(&w, ada_secret, 0));
	CHECK_INT(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, code)->outcome.result, GRANTED);
	w.now.unix_s -= 3600;
	CHECK_INT(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, code)->outcome.result, REFUSED);
	CHECK_INT(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0))
			  ->outcome.result,
		REFUSED);
	w.now.unix_s += 3600;
	CHECK_INT(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, code)->outcome.result, REFUSED);
	CHECK_INT(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 1))
			  ->outcome.result,
		GRANTED);
}

/* TM-03: a clock that was a year ahead for a while locks nobody out unless a code was used meanwhile. */
TEST(tm03_a_wrong_code_in_the_future_poisons_nothing)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	w.now.unix_s += 365 * 86400;
	CHECK_INT(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "000000")->outcome.result, REFUSED);
	w.now.unix_s -= 365 * 86400;
	CHECK_INT(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0))
			  ->outcome.result,
		GRANTED);
}

TEST(a_code_typed_with_a_space_is_a_wrong_one)
{
	struct world w = world_at("2026-05-04 09:00:00");
	char spaced[9];

	enrol_ada(&w);
	const char *code = app_code(&w, ada_secret, 0);
	memcpy(spaced, code, 3);
	spaced[3] = ' ';
	memcpy(spaced + 4, code + 3, 4);
	CHECK_INT(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, spaced)->outcome.result, REFUSED);
	CHECK_INT(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0))
			  ->outcome.result,
		GRANTED);
}

/* What the first version wrote: 20 bytes, no other number of them. */
struct old {
	const struct seal *seal;
	size_t len;
};

static int write_old(struct txn *t, void *arg)
{
	const struct old *old = arg;
	struct person p;
	CREDENTIAL(cred);
	struct writer w = writer_of(cred.plain, sizeof cred.plain);
	int r = person_by_name(t, ADA, &p);

	put_byte(&w, 1);
	put_bytes(&w, 1, "12345678901234567890", old->len);
	put_u64(&w, 2, 0);
	put_u8(&w, 3, 1);
	cred.len = w.len;
	return r < 0 ? r : credential_put(t, old->seal, &p.owner, FACTOR_TOTP, &cred);
}

static bool lets_in_with(struct world *w, size_t len)
{
	struct old old = { .seal = world_seal(w), .len = len };

	CHECK_INT(in_store(w, write_old, &old, sizeof old), 0);
	const char *code = app_code(w, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", 0);
	return SIGN_IN(w, "login", ADA, ADA_PASSWORD, code)->outcome.result == GRANTED;
}

TEST(an_app_s_record_of_the_first_version_is_read)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	CHECK(lets_in_with(&w, 20));
	clock_add(&w, 60); /* now it is of the latest version */
	CHECK_INT(SIGN_IN(&w, "login", ADA, ADA_PASSWORD,
			  app_code(&w, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", 0))
			  ->outcome.result,
		GRANTED);
	clock_add(&w, 60);
	CHECK(!lets_in_with(&w, 19));
}
