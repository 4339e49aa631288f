/* SPDX-License-Identifier: Apache-2.0 */
/* Apps and YubiKeys from other programs' files. What must hold: all or nothing; what somebody has stays; a
 * code that was good before the import is not after it; no line of a file makes the reader leave its bounds,
 * and no secret is in what is told, kept or logged in the clear. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "import_help.h"
#include "import_second.h"
#include "joining.h"
#include "people.h"
#include "staff.h"
#include "store/store.h"
#include "yubikey_help.h"

/* RFC 6238's secret, and one of 16 bytes as google-authenticator makes them. */
#define RFC_HEX "3132333435363738393031323334353637383930"
#define RFC_BASE32 "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
#define SHORT_BASE32 "MFRGGZDFMZTWQ2LKNNWG23TPOA" /* abcdefghijklmnop */
#define GOOGLE(secret)                                                                             \
	secret "\n\" RATE_LIMIT 3 30\n\" WINDOW_SIZE 17\n\" DISALLOW_REUSE\n\" TOTP_AUTH\n"        \
	       "15061234\n65432109\n"
#define PUBLIC "cccccccccccb"
#define LOG "1," PUBLIC ",414141414141,a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1,,,\n"

/* Ada with a password alone, and Ann, who has nothing yet. */
struct taking {
	unsigned factor;
};

static int take_away(struct txn *t, void *arg)
{
	const struct taking *w = arg;
	struct person p;
	int r = person_by_name(t, ADA, &p);

	return r < 0 ? r : credential_del(t, &p.owner, w->factor);
}

static void without_app(struct world *w)
{
	struct taking no = { .factor = FACTOR_TOTP };

	CHECK_INT(in_store(w, take_away, &no, sizeof no), 0);
}

static struct world ada_without_app(void)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	without_app(&w);
	return w;
}

static bool lets_in(struct world *w, const char *code)
{
	return SIGN_IN(w, "sshd", ADA, ADA_PASSWORD, code)->outcome.result == GRANTED;
}

TEST(an_app_comes_over_from_google_authenticator)
{
	struct world w = ada_without_app();
	char last[8];

	clock_add(&w, 3);
	snprintf(last, sizeof last, "%s", app_code(&w, SHORT_BASE32, 1));
	no_parts();
	add_part("adae", GOOGLE(SHORT_BASE32));
	struct talk *t = import_parts(&w, "google-authenticator", "--dry-run");
	CHECK_STATUS(STATUS_DONE, t);
	CHECK_TEXT(t->seen,
		"adae, line 1: adae: app; its 2 codes of 8 digits are not taken over\n"
		"1 would be imported. Nothing was changed.\n");
	CHECK(!lets_in(&w, last));
	clock_add(&w, 60);
	snprintf(last, sizeof last, "%s", app_code(&w, SHORT_BASE32, 1));
	t = import_parts(&w, "google-authenticator", NULL);
	CHECK_STATUS(STATUS_DONE, t);
	CHECK_HAS(t->seen, "1 app is imported.\n");
	CHECK(!strstr(t->seen, "MFRGG") && !strstr(t->seen, "15061234"));
	CHECK(!lets_in(&w, last)); /* it may have been used there */
	clock_add(&w, 60);
	CHECK(lets_in(&w, app_code(&w, SHORT_BASE32, 0)));
	CHECK(!lets_in(&w, "15061234"));
	CHECK_HAS(COMMAND(&w, "audit")->seen, "totp, imported");
	CHECK_HAS(COMMAND(&w, "audit")->seen, "totp=1");
	CHECK(!anywhere(&w, "abcdefghijklmnop", 16) && !anywhere(&w, "MFRGGZDFMZ", 10));
	CHECK_HAS(
		import_parts(&w, "google-authenticator", NULL)->seen, "adae: app is there already");
	CHECK(lets_in(&w, app_code(&w, SHORT_BASE32, 1)));
}

TEST(homes_of_people_who_are_not_hcauth_s_are_left_out)
{
	struct world w = ada_without_app();

	no_parts();
	add_part("adae", GOOGLE(RFC_BASE32));
	add_part("stray", GOOGLE(SHORT_BASE32));
	struct talk *t = import_parts(&w, "google-authenticator", NULL);
	CHECK_STATUS(STATUS_DONE, t);
	CHECK_HAS(
		t->seen, "\nstray, line 1: left out: app: nobody signs in with hcauth as stray\n");
	CHECK_HAS(t->seen, "1 app is imported.\n");
	no_parts();
	add_part("stray", GOOGLE(SHORT_BASE32));
	CHECK_STATUS(STATUS_REFUSED, import_parts(&w, "google-authenticator", NULL));
	no_parts();
	add_part("adae", GOOGLE(SHORT_BASE32));
	t = import_parts(&w, "google-authenticator", NULL);
	CHECK_STATUS(STATUS_REFUSED, t);
	CHECK_HAS(t->seen, "left out: app: adae has another app with hcauth: it stays");
}

TEST(a_google_authenticator_file_that_hcauth_can_t_take_is_told_by_line)
{
	static const struct {
		const char *text, *why;
	} bad[] = {
		{ "", "line 1: the file is empty" },
		{ "\n\" TOTP_AUTH\n", "line 1: there is no secret in it" },
		{ "not base32!\n\" TOTP_AUTH\n", "line 1: there is no secret in it" },
		{ "GEZDGNBV\n\" TOTP_AUTH\n",
			"line 1: the secret has 5 bytes: hcauth takes 10 to 64" },
		{ RFC_BASE32 "\n", "line 1: there is no line TOTP_AUTH" },
		{ RFC_BASE32 "\n\" HOTP_COUNTER 1\n", "line 2: it counts codes (HOTP_COUNTER)" },
		{ RFC_BASE32 "\n\" TOTP_AUTH\n\" STEP_SIZE 60\n",
			"line 3: a code lasts other than 30 seconds" },
		{ RFC_BASE32 "\n\" TOTP_AUTH\n\" STEP_SIZE\n", "line 3: a code lasts other" },
		{ RFC_BASE32 "\n\" TOTP_AUTH\n\" GRACE 3\n", "line 3: \"GRACE\" is no option" },
		{ RFC_BASE32 "\n\" TOTP_AUTH\n1234567\n", "line 3: neither an option nor a code" },
		{ RFC_BASE32 "\n\" TOTP_AUTH\n\" DISALLOW_REUSE x\n", "line 3: DISALLOW_REUSE is" },
		{ RFC_BASE32 "\n\" TOTP_AUTH\n\" DISALLOW_REUSE 99999999\n",
			"line 3: it says that a code of the future" },
	};
	struct world w = ada_without_app();
	uint64_t before = world_serial(&w);

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		no_parts();
		add_part("adae", bad[i].text);
		struct talk *t = import_parts(&w, "google-authenticator", NULL);

		CHECK_STATUS(STATUS_REFUSED, t);
		CHECK_HAS(t->seen, bad[i].why);
		CHECK_HAS(t->seen, ": nothing was imported.");
		CHECK(!strstr(t->seen, "GEZDG"));
	}
	CHECK_INT(world_serial(&w), before);
}

/* By the time: each sentence of the file is told for its own home. */
TEST(what_is_wrong_in_two_homes_is_told_for_each)
{
	struct world w = ada_without_app();

	no_parts();
	add_part("zoe", "x\n");
	add_part("adae", RFC_BASE32 "\n\" TOTP_AUTH\nx\ny\n");
	struct talk *t = import_parts(&w, "google-authenticator", NULL);
	CHECK_TEXT(t->seen,
		"zoe, line 1: there is no secret in it, in base32: A to Z and 2 to 7\n"
		"adae, line 3: neither an option nor a code of 8 digits\n"
		"adae, line 4: neither an option nor a code of 8 digits\n"
		"3 things are wrong: nothing was imported.\n");
}

TEST(a_step_that_google_authenticator_has_seen_is_used)
{
	struct world w = ada_without_app();
	char text[400];

	snprintf(text, sizeof text,
		"%s\n\" TOTP_AUTH\n\" DISALLOW_REUSE %llu %llu\n\" TIME_SKEW 5\n", RFC_BASE32,
		(unsigned long long)w.now.unix_s / 30 + 5,
		(unsigned long long)w.now.unix_s / 30 - 5);
	no_parts();
	add_part("adae", text);
	struct talk *t = import_parts(&w, "google-authenticator", NULL);
	CHECK_STATUS(STATUS_DONE, t);
	CHECK_HAS(t->seen, "that phone's clock was wrong");
	clock_add(&w, 150);
	CHECK(!lets_in(&w, app_code(&w, RFC_BASE32, 0)));
	clock_add(&w, 30);
	CHECK(lets_in(&w, app_code(&w, RFC_BASE32, 0)));
}

TEST(apps_come_over_from_pam_oath)
{
	struct world w = ada_without_app();
	struct talk *t = import_file(&w, "oath",
		"# comment\n\nHOTP/T30/6\tadae\t-\t" RFC_HEX "\t0\t123456\t2026-05-04T08:00:00L\n");

	CHECK_STATUS(STATUS_DONE, t);
	CHECK_HAS(t->seen, "line 3: adae: app\n1 app is imported.\n");
	clock_add(&w, 60);
	CHECK(lets_in(&w, app_code(&w, RFC_BASE32, 0)));
}

/* The code that was used last is looked for near its time: here it was four steps ahead of the clock. */
TEST(a_code_that_pam_oath_has_seen_is_used)
{
	struct world w = ada_without_app();
	char text[400];

	setenv("TZ", "UTC", 1);
	snprintf(text, sizeof text, "HOTP/T30 adae - %s 0 %s 2026-05-04T09:00:00L\n", RFC_HEX,
		app_code(&w, RFC_BASE32, 4));
	CHECK_STATUS(STATUS_DONE, import_file(&w, "oath", text));
	clock_add(&w, 120);
	CHECK(!lets_in(&w, app_code(&w, RFC_BASE32, 0)));
	clock_add(&w, 30);
	CHECK(lets_in(&w, app_code(&w, RFC_BASE32, 0)));
}

TEST(every_wrong_line_of_pam_oath_s_file_is_told_and_nothing_imported)
{
	struct world w = ada_without_app();
	uint64_t before = world_serial(&w);
	struct talk *t = import_file(&w, "oath",
		"HOTP/T30/6 adae pin " RFC_HEX "\n"
		"HOTP/T60/6 x2 - " RFC_HEX "\n"
		"HOTP/T30/8 x3 - " RFC_HEX "\n"
		"HOTP/E/6 x4 - " RFC_HEX "\n"
		"HOTP x5 - " RFC_HEX " 17\n"
		"MOTP x6 - " RFC_HEX "\n"
		"HOTP/T30/6 x7 - 00112233\n"
		"HOTP/T30/6 x8 - secretsecretsecretsecret\n"
		"HOTP/T30/6 x9\n"
		"HOTP/T30/6 bad/name - " RFC_HEX "\n"
		"HOTP/T30/6 x11 - " RFC_HEX " 0 123456 yesterday\n"
		"HOTP/T30/6 nobody - " RFC_HEX "\n"
		"HOTP/T30/6 ADAE - " RFC_HEX "\n"
		"HOTP/T30/6 x14 - " RFC_HEX " 0 123456 2026-05-04T09:00:00L more\n");

	CHECK_STATUS(STATUS_REFUSED, t);
	CHECK_TEXT(t->seen,
		"line 2: its codes last other than 30 seconds\n"
		"line 3: its codes have other than 6 digits\n"
		"line 4: it counts codes: hcauth takes codes that go by the time alone (HOTP/T30/6)\n"
		"line 5: it counts codes: hcauth takes codes that go by the time alone (HOTP/T30/6)\n"
		"line 6: it begins with no type of code that hcauth knows: HOTP/T30/6\n"
		"line 7: the secret has 4 bytes: hcauth takes 10 to 64\n"
		"line 8: the secret is not 10 to 64 bytes in hex\n"
		"line 9: 2 fields, where there must be 4: TYPE USER - SECRET\n"
		"line 10: nobody's name with hcauth: \"bad/name\"\n"
		"line 11: the time of the last code is not one: 2026-07-31T09:00:00L\n"
		"line 12: nobody signs in with hcauth as nobody\n"
		"line 13: adae is in line 1 already: a person has one app\n"
		"line 14: more than 7 fields\n"
		"13 things are wrong: nothing was imported.\n");
	CHECK_INT(world_serial(&w), before);
	CHECK_HAS(import_file(&w, "oath", "# none\n")->seen, "there is nothing to import");
	no_parts();
	add_bytes("-", "HOTP\0x\n", 7);
	CHECK_HAS(import_parts(&w, "oath", NULL)->seen, "a zero byte");
}

/* Two names of one person. */
TEST(an_app_that_somebody_has_is_not_replaced)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	struct talk *t = import_file(&w, "oath", "HOTP/T30/6 adae - " RFC_HEX "\n");
	CHECK_STATUS(STATUS_REFUSED, t);
	CHECK_HAS(t->seen, "line 1: adae has another app with hcauth: it stays\n");
	CHECK(lets_in(&w, app_code(&w, ada_secret, 0)));
	t = import_file(
		&w, "oath", "HOTP/T30/6 adae - " RFC_HEX "\nHOTP/T30/6 " ADA " - 00" RFC_HEX "\n");
	CHECK_HAS(t->seen, "2 things are wrong");
	COMMAND(&w, "identity", "disable", ADA, "--force");
	CHECK_HAS(import_file(&w, "oath", "HOTP/T30/6 adae - " RFC_HEX "\n")->seen,
		"adae is switched off, or has left");
}

TEST(a_person_is_told_of_the_app_that_came_over)
{
	struct world w = staff();

	without_app(&w);
	CHECK_STATUS(STATUS_DONE, import_file(&w, "oath", "HOTP/T30/6 adae - " RFC_HEX "\n"));
	const struct message *m = queued_message(&w, CHANNEL_EMAIL, 0);
	CHECK(m != NULL);
	CHECK_TEXT(m->to, ADA);
	CHECK_HAS(m->what, "taken over");
}

/* As if the machine's user had come after the account. */
static int call_nobody(struct txn *t, void *arg)
{
	struct person p;
	int r = person_by_name(t, "sam-stone", &p);

	(void)arg;
	return r < 0 ? r : name_claim(t, "nobody", NAME_USERID, &p.account.id);
}

/* Else whoever is that user would choose the second factor of somebody else. */
TEST(an_app_of_a_local_user_is_not_given_to_whom_hcauth_calls_so)
{
	struct world w = staff();
	char none;

	CHECK_STATUS(STATUS_DONE,
		COMMAND(&w, "account", "add", "sam-stone", "--practice", "stj", "--user",
			"sam-stj"));
	CHECK_INT(in_store(&w, call_nobody, &none, sizeof none), 0);
	no_parts();
	add_part("nobody", GOOGLE(SHORT_BASE32));
	struct talk *t = import_parts(&w, "google-authenticator", NULL);
	CHECK_STATUS(STATUS_REFUSED, t);
	CHECK_HAS(
		t->seen, "nobody, line 1: left out: app: the machine's own user nobody is another");
	t = import_file(&w, "oath", "HOTP/T30/6 nobody - " RFC_HEX "\n");
	CHECK_STATUS(STATUS_REFUSED, t);
	CHECK_HAS(t->seen, "line 1: the machine's own user nobody is another");
}

/* --- YubiKeys --- */

static struct world ada_with_pool(void)
{
	struct world w = staff();

	with_yubikeys(&w);
	w.file = LOG "2,cccccccccccd,424242424242,a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2,,,\n";
	w.file_len = 0;
	CHECK_STATUS(STATUS_DONE, COMMAND(&w, "yubikey", "import"));
	return w;
}

TEST(a_yubikey_goes_from_the_pool_to_whom_pam_yubico_knows)
{
	struct world w = ada_with_pool();
	struct soft_key k = soft_key(1);
	static const char text[] = "# mapping\nadae:" PUBLIC ":cccccccccccf\n";

	struct talk *t = import_file(&w, "yubico", text);
	CHECK_STATUS(STATUS_DONE, t);
	CHECK_TEXT(t->seen,
		"line 2: adae: YubiKey " PUBLIC "\n"
		"line 2: left out: YubiKey cccccccccccf: its secrets are not known here: hcauth yubikey "
		"import, or the person adds it\n1 YubiKey is imported.\n");
	CHECK_TEXT(COMMAND(&w, "yubikey", "pool")->seen, "cccccccccccd\n");
	CHECK_HAS(COMMAND(&w, "audit")->seen, "yubikey " PUBLIC ", imported");
	CHECK_HAS(queued_message(&w, CHANNEL_EMAIL, 0)->what, "YubiKeys");
	CHECK(lets_in(&w, soft_touch(&k)));
	t = import_file(&w, "yubico", text);
	CHECK_STATUS(STATUS_DONE, t);
	CHECK_HAS(t->seen, "adae: YubiKey " PUBLIC " is there already\n");
	CHECK(lets_in(&w, soft_touch(&k)));
}

TEST(a_mapping_that_gives_one_key_to_two_people_is_wrong)
{
	struct world w = ada_with_pool();

	struct talk *t = import_file(&w, "yubico",
		"adae:" PUBLIC "\ncat-stj:" PUBLIC
		"\ncat-stj\ncat-stj:\ncat-stj:xyz\ncat-stj:cccccccccccd:\n"
		"nobody:cccccccccccd\n");
	CHECK_STATUS(STATUS_REFUSED, t);
	CHECK_TEXT(t->seen,
		"line 2: line 1 gives " PUBLIC " to adae already\n"
		"line 3: there is no YubiKey's public ID in it: USER:ID:ID ...\n"
		"line 4: there is no YubiKey's public ID in it: USER:ID:ID ...\n"
		"line 5: \"xyz\" is no YubiKey's public ID\n"
		"line 6: \"\" is no YubiKey's public ID\n"
		"line 7: nobody signs in with hcauth as nobody\n"
		"6 things are wrong: nothing was imported.\n");
	CHECK_TEXT(COMMAND(&w, "yubikey", "pool")->seen, PUBLIC "\ncccccccccccd\n");
}

TEST(a_home_s_mapping_is_of_that_home_s_user)
{
	struct world w = ada_with_pool();

	no_parts();
	add_part("cat-stj", "adae:" PUBLIC "\n");
	struct talk *t = import_parts(&w, "yubico", NULL);
	CHECK_STATUS(STATUS_REFUSED, t);
	CHECK_HAS(t->seen, "cat-stj, line 1: it is not about cat-stj, in whose home it is");
	no_parts();
	add_part("cat-stj", "cat-stj:" PUBLIC "\n");
	CHECK_STATUS(STATUS_DONE, import_parts(&w, "yubico", NULL));
}

/* --- what no file may do --- */

TEST(a_handed_over_thing_that_is_no_parts_is_refused)
{
	static const char *const bad[] = { "x", "- 5\nabc", "- -1\nabc", "- 3 \nabc",
		"root/ 3\nabc", "- 99999999999999999999\nabc", "\n", "-3\nabc",
		"a-name-that-is-longer-than-any-user-of-a-machine-can-have-at-all 3\nabc" };
	struct world w = ada_without_app();

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		w.file = bad[i];
		w.file_len = 0;
		struct talk *t = COMMAND(&w, "import", "oath");

		CHECK_STATUS(STATUS_REFUSED, t);
		CHECK_HAS(t->seen, "not what the command hcauth hands over");
	}
}

static void (*reader)(struct arrivals *, const struct import_part *);
static const char *reader_of_whom;

static void read_mangled(char *text, size_t len)
{
	static struct import_wrong wrong[IMPORT_WRONG_MAX];
	struct arrivals v = { .im = { .wrong = wrong }, .now = { .unix_s = 1777885200 } };
	struct import_part part = { .text = text, .len = len };

	snprintf(part.of, sizeof part.of, "%s", reader_of_whom);
	reader(&v, &part);
	for (size_t i = 0; i < v.n; i++) {
		CHECK(v.a[i].key.npublic > 0 ||
			(v.a[i].totp.len >= TOTP_SECRET_MIN && v.a[i].totp.len <= TOTP_SECRET_MAX));
		CHECK(v.a[i].totp.last_step <= 1777885200 / 30 + 20);
	}
	free(v.a);
}

TEST(mangled_files_of_google_authenticator_are_read_within_their_bounds)
{
	reader = import_google;
	reader_of_whom = "adae";
	mangle(GOOGLE(RFC_BASE32) "\" TIME_SKEW 4\n\" STEP_SIZE 30\n\" LAST0 1 2 x\n", 4000,
		read_mangled);
}

TEST(mangled_files_of_pam_oath_are_read_within_their_bounds)
{
	reader = import_oath;
	reader_of_whom = "";
	mangle("HOTP/T30/6 adae - " RFC_HEX " 0 123456 2026-05-04T09:00:00L\n# x\n\n"
	       "HOTP/T30 ben + 00112233445566778899\n",
		2000, read_mangled);
}

TEST(mangled_files_of_pam_yubico_are_read_within_their_bounds)
{
	reader = import_yubico;
	reader_of_whom = "";
	mangle("# x\nadae:" PUBLIC ":cccccccccccf\n\nben:vvccccdbhtbl\n", 4000, read_mangled);
}

static void read_parts_mangled(char *text, size_t len)
{
	struct import_part part;
	char *at = text;
	size_t left = len;

	while (import_part_next(&at, &left, &part) > 0) {
		CHECK(part.text >= text && part.text + part.len <= text + len);
		CHECK(at + left == text + len);
	}
}

TEST(mangled_parts_are_cut_within_their_bounds)
{
	mangle("- 10\nabcdefghi\nadae 5\nabcd\n- 0\nzoe 3\nabc", 20000, read_parts_mangled);
}
