/* SPDX-License-Identifier: Apache-2.0 */
/* Signing in with a YubiKey. What must hold: an OTP signs in once, behind a right password, its own person
 * alone; what is wrong with one is never told; where a password was asked for it is no attempt, here, and a
 * wrong password elsewhere. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "credential.h"
#include "factor.h"
#include "people.h"
#include "race.h"
#include "recover_world.h"
#include "staff.h"
#include "yubikey_help.h"

/* Ada, with a key. */
static struct world ada_with(struct soft_key *k)
{
	struct world w = world_at("2026-05-04 09:00:00");

	with_yubikeys(&w);
	enrol_ada(&w);
	ada_adds(&w, k, "Blue");
	return w;
}

TEST(yubikey_signs_in_at_the_workstation_and_over_ssh)
{
	struct soft_key k = soft_key(1);
	struct world w = ada_with(&k);

	struct talk *t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, soft_touch(&k));
	CHECK_VERDICT(GRANTED, t);
	CHECK_HAS(t->seen, "Password: \nCode: \n");
	w.rhost = "192.0.2.7";
	t = SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, soft_touch(&k));
	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->seen, "Password: \nCode: \n");
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0)));
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "sshd", ADA, "not this one", soft_touch(&k)));
	CHECK_INT(ada_failures(&w, FACTOR_YUBIKEY, SOURCE_NETWORK), 0);
}

TEST(yubikey_otp_works_once_and_no_earlier_one_after_it)
{
	struct soft_key k = soft_key(1);
	struct world w = ada_with(&k);
	const char *first = soft_touch(&k), *second = soft_touch(&k);

	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, second));
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, second));
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, first));
	CHECK_INT(ada_failures(&w, FACTOR_YUBIKEY, SOURCE_LOCAL), 2);
	w.now.unix_s -= 86400; /* the clock has no say */
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, first));
	const char *old = soft_touch(&k);
	soft_plug(&k);
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, soft_touch(&k)));
	CHECK_INT(ada_failures(&w, FACTOR_YUBIKEY, SOURCE_LOCAL), 0);
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, old));
}

TEST(yubikey_otp_behind_a_wrong_password_is_not_spent)
{
	struct soft_key k = soft_key(1);
	struct world w = ada_with(&k);
	const char *otp = soft_touch(&k);

	w.rhost = "192.0.2.7";
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "sshd", ADA, "not this one", otp));
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, otp));
}

/* OT-05 */
TEST(ot05_yubikey_otp_of_another_form_is_refused_and_counted)
{
	struct soft_key k = soft_key(1), longer = soft_key(1);
	struct world w = ada_with(&k);
	char bad[6][OTP_MAX + 2];

	longer.key.npublic = PUBLIC_MAX;
	public_text(&longer.key, longer.public);
	for (size_t i = 0; i < 4; i++)
		snprintf(bad[i], sizeof bad[i], "%s", soft_touch(&k));
	for (char *p = bad[0]; *p; p++)
		*p = (char)(*p - 32); /* Caps Lock */
	bad[1][43] = 0;
	strcat(bad[2], "c");
	bad[3][20] = bad[3][20] == 'c' ? 'b' : 'c';
	snprintf(
		bad[4], sizeof bad[4], "%s", soft_touch(&k) + 12); /* without its public identity */
	snprintf(bad[5], sizeof bad[5], "%s", soft_touch(&longer));
	for (size_t i = 0; i < 6; i++) {
		struct talk *t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, bad[i]);

		CHECK_VERDICT(REFUSED, t);
		CHECK_INT(t->exit_status, 0);
		CHECK_TEXT(t->seen,
			i >= 3 ? "Password: \nCode: \n"
			       : "Password: \nCode: \n"
				 "That is not what a YubiKey types. Is Caps Lock "
				 "off? Touch the key when you are next asked for a "
				 "code.\n");
		CHECK_INT(ada_failures(&w, FACTOR_YUBIKEY, SOURCE_LOCAL), 1);
		CHECK_VERDICT(GRANTED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, soft_touch(&k)));
	}
	CHECK_INT(ada_failures(&w, FACTOR_TOTP, SOURCE_LOCAL), 0);
}

/* OT-04: Ada's key, which stays good for her. */
TEST(ot04_yubikey_of_somebody_else_is_as_wrong_as_any)
{
	struct soft_key k = soft_key(1);
	struct world w = staff();

	with_yubikeys(&w);
	ada_adds(&w, &k, "Blue");
	enrol_dan(&w);
	const char *otp = soft_touch(&k);
	struct talk *t = SIGN_IN(&w, "login", "dan@example.org", ADA_PASSWORD, otp);
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(t->seen, "Password: \nCode: \n");
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", "dan@example.org", otp, ADA_PASSWORD));
	CHECK_INT(ada_failures(&w, FACTOR_YUBIKEY, SOURCE_LOCAL), 0);
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "login", "adae", ADA_PASSWORD, otp));
}

TEST(yubikey_needs_a_rule_that_takes_it)
{
	struct soft_key k = soft_key(1);
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	ada_adds(&w, &k, "Blue");
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, soft_touch(&k)));
	CHECK_INT(ada_failures(&w, FACTOR_YUBIKEY, SOURCE_LOCAL), 0);
	for (size_t i = 0; i < w.conf.nservices; i++)
		if (w.conf.service[i].step[1])
			w.conf.service[i].step[1] = 1u << FACTOR_YUBIKEY;
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, soft_touch(&k)));
	CHECK_VERDICT(
		REFUSED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0)));
	CHECK_VERDICT(
		GRANTED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, shown_code(ada_seen, 1), ""));
}

/* Asked for by the practice alone, at the workstation: after the service's own steps. */
TEST(a_practice_can_require_a_yubikey)
{
	struct soft_key k = soft_key(1);
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	ada_adds(&w, &k, "Blue");
	CHECK_VERDICT(GRANTED, COMMAND(&w, "practice", "set", "stj", "--require", "totp,yubikey"));
	CHECK_VERDICT(REFUSED,
		SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0), "000000"));
	clock_add(&w, 60);
	struct talk *t = SIGN_IN(
		&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0), soft_touch(&k));
	CHECK_VERDICT(GRANTED, t);
	CHECK_INT(t->asks, 3);
	CHECK_HAS(COMMAND(&w, "practice", "show", "stj")->seen, "yubikey");
	CHECK_VERDICT(
		GRANTED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, shown_code(ada_seen, 1), ""));
}

TEST(yubikey_failures_lead_to_waits_of_their_own)
{
	struct soft_key k = soft_key(1), other = soft_key(1);
	struct world w = ada_with(&k);

	memset(other.key.aes, 9, sizeof other.key.aes);
	for (int i = 0; i < 5; i++)
		CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, soft_touch(&other)));
	struct talk *t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, soft_touch(&k));
	CHECK_VERDICT(REFUSED, t);
	CHECK_HAS(t->seen, "Too many tries. Please wait");
	CHECK_VERDICT(
		GRANTED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0)));
	clock_add(&w, 16);
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, soft_touch(&k)));
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, soft_touch(&other)));
	CHECK_VERDICT(GRANTED, COMMAND(&w, "unlock", ADA));
	CHECK_INT(ada_failures(&w, FACTOR_YUBIKEY, SOURCE_LOCAL), 0);
}

/* As many commits, prompts and words, whatever sshd puts in place of what was typed. */
TEST(yubikey_otp_tells_nobody_who_exists)
{
	struct soft_key k = soft_key(1), other = soft_key(7);
	struct world w = ada_with(&k);
	static const char junk[] =
		"\b\n\r\177INCORRECT\b\n\r\177INCORRECT\b\n\r\177INCORRECT\b\n\r\177I";
	const struct {
		const char *name, *password, *code;
	} row[] = { { ADA, "not this one", soft_touch(&k) },
		{ ADA, "not this one", soft_touch(&other) },
		{ ADA, ADA_PASSWORD, soft_touch(&other) },
		{ "nobody@example.org", "not this one", soft_touch(&other) },
		{ "nobody@example.org", "\b\n\r\177INCORREC", junk } };

	w.rhost = "192.0.2.7";
	CHECK_INT(sizeof junk - 1, strlen(soft_touch(&k)));
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		uint64_t before = world_serial(&w);
		struct talk *t = SIGN_IN(&w, "sshd", row[i].name, row[i].password, row[i].code);

		CHECK_VERDICT(REFUSED, t);
		CHECK_TEXT(t->seen, "Password: \nCode: \n");
		CHECK_INT(world_serial(&w) - before, 2);
	}
}

TEST(the_hint_for_a_code_speaks_of_yubikeys_where_one_will_do)
{
	struct world w = world_at("2026-05-04 09:00:00");

	w.rhost = "192.0.2.7";
	enrol_ada(&w);
	CHECK(!strstr(SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, "", "", "")->seen, "YubiKey"));
	with_yubikeys(&w);
	static const char *const names[] = { ADA, "nobody@example.org" };
	for (size_t i = 0; i < 2; i++)
		CHECK_HAS(SIGN_IN(&w, "sshd", names[i], ADA_PASSWORD, "", "", "")->seen,
			"Code: \nType your 6 digits, or touch your YubiKey. Neither at hand, or "
			"lost? Type one of your recovery codes.\nCode: \n");
}

TEST(one_otp_signs_one_of_8_in)
{
	struct soft_key k = soft_key(1);
	struct world w = ada_with(&k);

	w.rhost = "192.0.2.7";
	for (int i = 0; i < 6; i++) {
		CHECK_INT(race(&w, 8, "sshd", ADA_PASSWORD, soft_touch(&k), NULL).granted, 1);
		clock_add(&w, 86400);
	}
}

/* --- at the prompt for the password (OT-06) --- */

TEST(ot06_an_otp_for_a_password_is_no_attempt_at_the_workstation)
{
	struct soft_key k = soft_key(1);
	struct world w = ada_with(&k);
	const char *otp = soft_touch(&k);

	struct talk *t = SIGN_IN(&w, "login", ADA, otp, ADA_PASSWORD, otp);
	CHECK_VERDICT(REFUSED, t); /* it is used up */
	CHECK_HAS(t->seen,
		"Password: \nThat was your YubiKey. Please type your password here; touch the key when you are asked for a code.\n"
		"Password: \nCode: \n");
	CHECK_INT(ada_failures(&w, FACTOR_PASSWORD, SOURCE_LOCAL), 0);
	CHECK_VERDICT(
		GRANTED, SIGN_IN(&w, "login", ADA, soft_touch(&k), ADA_PASSWORD, soft_touch(&k)));
	CHECK_INT(ada_failures(&w, FACTOR_PASSWORD, SOURCE_LOCAL), 0);
}

TEST(an_otp_for_a_password_is_taken_so_once)
{
	struct soft_key k = soft_key(1), other = soft_key(1);
	struct world w = ada_with(&k);
	const char *otp = soft_touch(&k);

	struct talk *t = SIGN_IN(&w, "login", ADA, otp, soft_touch(&k), ADA_PASSWORD);
	CHECK_VERDICT(REFUSED, t);
	CHECK_INT(t->asks, 2);
	CHECK_INT(ada_failures(&w, FACTOR_PASSWORD, SOURCE_LOCAL), 1);
	t = SIGN_IN(&w, "login", ADA, otp, ADA_PASSWORD); /* an old one, too, is a wrong password */
	CHECK_VERDICT(REFUSED, t);
	CHECK_INT(t->asks, 1);
	memset(other.key.aes, 9, sizeof other.key.aes);
	CHECK_INT(SIGN_IN(&w, "login", ADA, soft_touch(&other), ADA_PASSWORD)->asks, 1);
	CHECK_INT(ada_failures(&w, FACTOR_PASSWORD, SOURCE_LOCAL), 3);
}

TEST(an_otp_for_a_password_over_the_network_is_a_wrong_password)
{
	struct soft_key k = soft_key(1);
	struct world w = ada_with(&k);
	const char *otp = soft_touch(&k);

	w.rhost = "192.0.2.7";
	struct talk *t = SIGN_IN(&w, "sshd", ADA, otp, soft_touch(&k));
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(t->seen, "Password: \nCode: \n");
	CHECK_INT(ada_failures(&w, FACTOR_PASSWORD, SOURCE_NETWORK), 1);
	CHECK_INT(ada_failures(&w, FACTOR_YUBIKEY, SOURCE_NETWORK), 0);
	t = SIGN_IN(&w, "sshd", ADA, otp, otp); /* a program with one answer */
	CHECK_VERDICT(REFUSED, t);
	CHECK_INT(ada_failures(&w, FACTOR_PASSWORD, SOURCE_NETWORK), 2);
	CHECK_INT(ada_failures(&w, FACTOR_YUBIKEY, SOURCE_NETWORK), 0);
}

/* A program that gives one answer to every prompt is asked one thing. */
TEST(an_otp_for_a_password_of_a_locker_is_a_wrong_password)
{
	struct soft_key k = soft_key(1);
	struct world w = ada_with(&k);

	for (size_t i = 0; i < w.conf.nservices; i++)
		if (strcmp(w.conf.service[i].name, "login") == 0) {
			w.conf.service[i].one_prompt = true;
			w.conf.service[i].nsteps = 1;
		}
	struct talk *t = SIGN_IN(&w, "login", ADA, soft_touch(&k), ADA_PASSWORD);
	CHECK_VERDICT(REFUSED, t);
	CHECK_INT(t->asks, 1);
	CHECK_INT(ada_failures(&w, FACTOR_PASSWORD, SOURCE_LOCAL), 1);
}

TEST(no_file_holds_an_otp_or_a_secret_of_a_key)
{
	struct soft_key k = soft_key(1);
	struct world w = ada_with(&k);
	char one[OTP_MAX + 1], two[OTP_MAX + 1];
	struct otp o;

	snprintf(one, sizeof one, "%s", soft_touch(&k));
	snprintf(two, sizeof two, "%s", soft_touch(&k));
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "login", ADA, one, ADA_PASSWORD, two));
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ADA, one));
	w.rhost = "192.0.2.7";
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "sshd", ADA, one, two));
	CHECK(anywhere(&w, ADA, strlen(ADA))); /* it does look into the store */
	for (const char *otp = one; otp; otp = otp == one ? two : NULL) {
		CHECK(otp_read(otp, &o));
		CHECK(!anywhere(&w, otp + 12, OTP_MIN));
		CHECK(!anywhere(&w, o.block, sizeof o.block));
	}
	CHECK(!anywhere(&w, k.key.aes, sizeof k.key.aes));
	CHECK(!anywhere(&w, k.aes, strlen(k.aes)));
	CHECK(!anywhere(&w, k.key.private, sizeof k.key.private));
	const char *said = COMMAND(&w, "audit", "--json")->seen;
	CHECK_HAS(said, "yubikey cccccccccccb");
	CHECK(!strstr(said, one + 12) && !strstr(said, two + 12));
}

/* --- where a second factor is asked for --- */

TEST(a_manager_confirms_a_change_by_a_touch)
{
	struct soft_key k = soft_key(1);
	struct world w = ada_with(&k);
	static const char *const words[] = { "practice", "set", "stj", "--name", "St J", NULL };

	CHECK_VERDICT(GRANTED, COMMAND(&w, "practice", "set", "stj", "--manager", ADA));
	w.peer = ADA_UID_HERE;
	w.peer_pid = new_session();
	struct talk *t = command(&w, words, (const char *const[]){ soft_touch(&k), NULL });
	CHECK_VERDICT(GRANTED, t);
	CHECK_HAS(t->seen, "Code: \nstj is changed.");
}

static int only_a_yubikey(struct txn *t, void *arg)
{
	struct person ada;
	int r = person_by_name(t, ADA, &ada);

	(void)arg;
	if (r < 0 || (r = credential_del(t, &ada.owner, FACTOR_TOTP)) < 0)
		return r;
	return credential_del(t, &ada.owner, FACTOR_RECOVERY);
}

/* With a second factor nobody gets to enrolment by e-mail, which would replace it. */
TEST(a_yubikey_alone_is_a_second_factor)
{
	struct soft_key k = soft_key(1);
	struct world w = ada_with(&k);
	char none = 0;

	CHECK_INT(in_store(&w, only_a_yubikey, &none, sizeof none), 0);
	with_messages(&w);
	struct talk *t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "", "", "");
	CHECK_VERDICT(REFUSED, t);
	CHECK(!strstr(t->seen, "e-mail"));
	CHECK_INT(t->asks, 4);
	CHECK(!queued_message(&w, CHANNEL_EMAIL, 0));
	t = ADA_SAYS(&w, WORDS("yubikey", "remove", "blue"), ADA_PASSWORD, soft_touch(&k));
	CHECK_VERDICT(REFUSED, t);
	CHECK_HAS(t->seen, "Without that key you could not sign in everywhere here.");
}

/* Forgotten password: e-mail, text message, and a touch in place of a code from the app. */
TEST(a_yubikey_is_the_second_factor_of_a_recovery)
{
	struct soft_key k = soft_key(1);
	struct world w = ada_with_channels();
	char otp[OTP_MAX + 1];

	with_yubikeys(&w);
	ada_adds(&w, &k, "Blue");
	snprintf(otp, sizeof otp, "%s", soft_touch(&k));
	struct talk *t = SIGN_IN(&w, "login", ADA, FORGOTTEN, "@mail", "@sms", otp, NEW_PASSWORD,
		NEW_PASSWORD, NEW_PASSWORD, soft_touch(&k));
	CHECK_TEXT(t->outcome.result == GRANTED ? "granted" : t->seen, "granted");
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ADA, NEW_PASSWORD, otp));
}

TEST(a_reset_takes_yubikeys_away)
{
	struct soft_key k = soft_key(1);
	struct world w = ada_with(&k);

	CHECK_HAS(COMMAND(&w, "identity", "show", ADA)->seen, "yubikey");
	CHECK_VERDICT(GRANTED, COMMAND(&w, "identity", "reset", ADA));
	CHECK(!strstr(COMMAND(&w, "identity", "show", ADA)->seen, "yubikey"));
}
