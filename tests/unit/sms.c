/* SPDX-License-Identifier: Apache-2.0 */
/* Codes by text message at a sign-in. What must hold: one is sent behind a right password only, and over the
 * network nobody can tell; it is good for one person and place, once, for five minutes and three tries; the
 * app's code and the recovery codes are taken all the while. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "code.h"
#include "sms_world.h"
#include "staff.h"

#define NOBODY "nobody@example.org"
#define JUNK_6                                                                                     \
	"\b\n\r\177IN" /* sshd's stand-in for what was typed for a name that it does not know */

static bool audit_has(struct world *w, const char *detail)
{
	return strstr(COMMAND(w, "audit", "--json")->seen, detail) != NULL;
}

/* --- at the workstation --- */

TEST(whoever_wants_a_text_message_first_gets_one_at_once)
{
	struct world w = ada_with_texts(FACTOR_SMS);
	struct talk *t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "@sms");

	CHECK_GRANTED(t);
	CHECK_TEXT(t->seen, "Password: \n" SENT "Code: \n");
	const struct message *m = queued_message(&w, CHANNEL_SMS, 0);
	CHECK_TEXT(m->to, ADA_MOBILE);
	CHECK_TEXT(m->template, "sign-in");
	CHECK_TEXT(m->practice, "St John's Surgery");
	CHECK_INT(m->minutes, 5);
	CHECK(audit_has(&w, "password right, sms right"));
	CHECK_INT(ada_failures(&w, FACTOR_TOTP, SOURCE_LOCAL), 0);
	CHECK_INT(ada_failures(&w, FACTOR_SMS, SOURCE_LOCAL), 0);
	CHECK_HAS(COMMAND(&w, "status", "--json")->seen, "\"audit_chain\":\"good\"");
}

TEST(the_app_s_code_is_taken_all_the_while)
{
	struct world w = ada_with_texts(FACTOR_SMS);

	CHECK_GRANTED(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0)));
	CHECK(audit_has(&w, "password right, totp right"));
	CHECK_INT(ada_failures(&w, FACTOR_SMS, SOURCE_LOCAL), 0);
	CHECK_GRANTED(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, shown_code(ada_seen, 1), ""));
}

TEST(whoever_wants_the_app_first_gets_a_text_message_by_an_empty_answer)
{
	struct world w = ada_with_texts(FACTOR_TOTP);
	struct talk *t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0));

	CHECK_GRANTED(t);
	CHECK_TEXT(t->seen, "Password: \nCode: \n");
	CHECK_INT(messages(&w, CHANNEL_SMS), 0);
	t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "", "@sms");
	CHECK_GRANTED(t);
	CHECK_TEXT(t->seen, "Password: \nCode: \n" SENT "Code: \n");
	t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "", app_code(&w, ada_secret, 1));
	CHECK_GRANTED(t);
}

TEST(without_an_app_a_text_message_comes_at_once)
{
	struct world w = ada_with_texts_alone();

	ask_first(&w, 0);
	CHECK_GRANTED(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "@sms"));
	CHECK_GRANTED(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, shown_code(ada_seen, 1), ""));
}

/* Where a YubiKey will do as well, a message is sent by an empty answer. */
static int give_key(struct txn *t, void *arg)
{
	const struct seal *const *seal = arg;
	const struct credential key = { .len = 1 };
	struct person ada;
	int r = person_by_name(t, ADA, &ada);

	return r < 0 ? r : credential_put(t, *seal, &ada.owner, FACTOR_YUBIKEY, &key);
}

TEST(whoever_has_a_key_and_no_app_asks_for_a_text_message)
{
	struct world w = ada_with_texts_alone();
	const struct seal *seal = world_seal(&w);

	ask_first(&w, 0);
	CHECK_INT(in_store(&w, give_key, &seal, sizeof seal), 0);
	CHECK_GRANTED(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "@sms")); /* no rule takes a key */
	second_step(&w, APP_OR_SMS | 1u << FACTOR_YUBIKEY);
	CHECK(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "@hang-up")->hung_up);
	CHECK_INT(messages(&w, CHANNEL_SMS), 1);
	CHECK_GRANTED(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "", "@sms"));
	ask_first(&w, FACTOR_SMS);
	CHECK_GRANTED(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "@sms"));
}

TEST(a_wrong_password_at_the_workstation_sends_nothing)
{
	struct world w = ada_with_texts(FACTOR_SMS);

	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ADA, "not this one", "", ""));
	CHECK_INT(messages(&w, CHANNEL_SMS), 0);
}

TEST(ot11_a_wrong_password_over_the_network_sends_nothing)
{
	struct world w = ada_with_texts(FACTOR_SMS);

	w.rhost = "192.0.2.7";
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "sshd", ADA, "not this one", "", "000000"));
	CHECK_INT(messages(&w, CHANNEL_SMS), 0);
	CHECK(SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, "@hang-up")->hung_up);
	CHECK_INT(messages(&w, CHANNEL_SMS), 1);
}

TEST(a_text_message_code_is_good_once)
{
	struct world w = ada_with_texts(FACTOR_SMS);
	char first[32];

	CHECK_GRANTED(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "@sms"));
	snprintf(first, sizeof first, "%s", texted(&w));
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, first));
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ADA, "not this one", texted(&w)));
	CHECK_GRANTED(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, texted(&w)));
}

TEST(a_text_message_code_has_three_tries)
{
	struct world w = ada_with_texts(FACTOR_SMS);

	CHECK(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "@hang-up")->hung_up);
	for (unsigned i = 0; i < 3; i++)
		CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, not_texted(&w)));
	char code[32];
	snprintf(code, sizeof code, "%s", texted(&w));
	CHECK_INT(messages(&w, CHANNEL_SMS), 1);
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, code));
	CHECK_INT(ada_failures(&w, FACTOR_SMS, SOURCE_LOCAL), 4);
	CHECK_INT(ada_failures(&w, FACTOR_TOTP, SOURCE_LOCAL), 4); /* they might have been hers */
	CHECK_GRANTED(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, texted(&w)));
	CHECK_INT(ada_failures(&w, FACTOR_SMS, SOURCE_LOCAL), 0);
	CHECK_INT(ada_failures(&w, FACTOR_TOTP, SOURCE_LOCAL), 4);
}

TEST(wrong_text_message_codes_lead_to_waits_of_their_own)
{
	struct world w = ada_with_texts_alone();

	for (unsigned i = 0; i < 5; i++)
		CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, not_texted(&w)));
	CHECK_INT(ada_failures(&w, FACTOR_TOTP, SOURCE_LOCAL), 0);
	struct talk *t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "@hang-up");
	t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, texted(&w)); /* right, but not looked at */
	CHECK_VERDICT(REFUSED, t);
	CHECK_HAS(t->seen, "Please wait 15 seconds");
	CHECK_GRANTED(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, shown_code(ada_seen, 1), ""));
	clock_add(&w, 16);
	CHECK_GRANTED(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, texted(&w)));
}

TEST(while_the_app_waits_a_text_message_code_goes_on)
{
	struct world w = ada_with_texts(FACTOR_SMS);

	take_away(&w, FACTOR_SMS);
	for (unsigned i = 0; i < 5; i++)
		CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "123456"));
	CHECK_VERDICT(
		REFUSED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0)));
	CHECK_GRANTED(COMMAND(&w, "unlock", ADA));
	CHECK_GRANTED(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 1)));
}

/* OT-18: the gateway says "sent", and nothing comes. */
TEST(ot18_a_code_that_was_lost_expires)
{
	struct world w = ada_with_texts(FACTOR_SMS);
	char lost[32];

	CHECK(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "@hang-up")->hung_up);
	snprintf(lost, sizeof lost, "%s", texted(&w));
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "", "", "", ""));
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, lost));
	clock_add(&w, 301);
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, texted(&w)));
	CHECK_GRANTED(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0)));
}

/* --- OT-12: places --- */

TEST(ot12_a_text_message_code_is_good_where_it_was_asked_for)
{
	static const struct {
		const char *service, *tty, *rhost;
	} other[] = { { "login", "tty2", "" }, { "greeter", "tty1", "" },
		{ "sshd", "ssh", "192.0.2.7" }, { "sshd", "ssh", "192.0.2.8" } };
	struct world w = ada_with_texts(FACTOR_SMS);
	struct service *s = &w.conf.service[w.conf.nservices++];
	char code[32];

	*s = w.conf.service[2];
	snprintf(s->name, sizeof s->name, "greeter");
	CHECK(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "@hang-up")->hung_up);
	snprintf(code, sizeof code, "%s", texted(&w));
	for (size_t i = 0; i < 4; i++) {
		w.tty = other[i].tty;
		w.rhost = other[i].rhost;
		CHECK_VERDICT(REFUSED, SIGN_IN(&w, other[i].service, ADA, ADA_PASSWORD, code));
	}
	w.tty = "tty1";
	w.rhost = "";
	struct talk *t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, code);
	CHECK_GRANTED(t);
	CHECK_HAS(t->seen, "The code that we sent to the number ending 01 still counts.");
}

TEST(ot12_a_text_message_code_is_good_after_a_dropped_connection)
{
	struct world w = ada_with_texts(FACTOR_SMS);

	w.rhost = "192.0.2.7";
	w.tty = "ssh";
	CHECK(SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, "@hang-up")->hung_up);
	clock_add(&w, 299);
	CHECK_GRANTED(SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, texted(&w)));
	CHECK_INT(messages(&w, CHANNEL_SMS), 1);
	CHECK(SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, "@hang-up")->hung_up);
	clock_add(&w, 301);
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, texted(&w)));
}

/* The one that was asked for by an empty answer, too, and what it takes to have another. */
TEST(ot12_whoever_wants_the_app_first_goes_on_with_the_same_code)
{
	struct world w = ada_with_texts(FACTOR_TOTP);
	const char *const services[] = { "login", "sshd" };

	for (unsigned i = 0; i < 2; i++) {
		w.rhost = i ? "192.0.2.7" : "";
		CHECK(SIGN_IN(&w, services[i], ADA, ADA_PASSWORD, "", "@hang-up")->hung_up);
		CHECK_GRANTED(SIGN_IN(&w, services[i], ADA, ADA_PASSWORD, texted(&w)));
		CHECK(SIGN_IN(&w, services[i], ADA, ADA_PASSWORD, "", "@hang-up")->hung_up);
		unsigned before = messages(&w, CHANNEL_SMS);
		CHECK_GRANTED(SIGN_IN(&w, services[i], ADA, ADA_PASSWORD, "", texted(&w)));
		CHECK_INT(messages(&w, CHANNEL_SMS), before);
	}
}

TEST(ot12_a_text_message_code_is_one_person_s_and_one_purpose_s)
{
	struct world w = ada_with_texts(FACTOR_SMS);
	char code[32];

	CHECK(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "@hang-up")->hung_up);
	snprintf(code, sizeof code, "%s", texted(&w));
	CHECK(SIGN_IN(&w, "kiosk", ADA, FORGOTTEN, "@mail", code, "@hang-up")->hung_up);
	struct talk *t = SIGN_IN(&w, "kiosk", ADA, FORGOTTEN, "@hang-up");
	CHECK_TEXT(last_line(t), TEXT_RECOVER_MOBILE); /* it did not get past there */
	snprintf(code, sizeof code, "%s", texted(&w)); /* and the other way round */
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, code));
}

/* --- OT-13: how many --- */

TEST(ot13_three_text_messages_in_fifteen_minutes_and_the_last_one_counts)
{
	struct world w = ada_with_texts(FACTOR_SMS);
	char older[32];
	struct talk *t = NULL;

	CHECK(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "@hang-up")->hung_up);
	snprintf(older, sizeof older, "%s", texted(&w));
	for (unsigned i = 0; i < 25;
		i++) { /* a sign-in that is cut off counts against the password */
		CHECK_GRANTED(COMMAND(&w, "unlock", ADA));
		t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "", "", "@hang-up");
	}
	CHECK_TEXT(t->seen,
		"Password: \nThe code that we sent to the number ending 01 still counts. Press Enter for a new one.\n"
		"Code: \n" TEXT_CODE_ENOUGH "\nCode: \n" TEXT_CODE_ENOUGH "\nCode: \n");
	CHECK_INT(messages(&w, CHANNEL_SMS), 3);
	CHECK(strcmp(older, texted(&w)) == 0 ||
		SIGN_IN(&w, "login", ADA, ADA_PASSWORD, older)->outcome.result == REFUSED);
	CHECK_GRANTED(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, texted(&w)));
}

TEST(ot13_ten_unused_text_messages_a_day)
{
	struct world w = ada_with_texts(FACTOR_SMS);
	struct talk *t;

	for (unsigned i = 0; i < 50; i++) {
		CHECK_GRANTED(COMMAND(&w, "unlock", ADA));
		t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "", "", "@hang-up");
		clock_add(&w, 901);
	}
	CHECK_TEXT(t->seen,
		"Password: \n" TEXT_CODE_ENOUGH "\nCode: \n" TEXT_CODE_ENOUGH
		"\nCode: \n" TEXT_CODE_ENOUGH "\nCode: \n");
	CHECK_INT(queued_message(&w, CHANNEL_SMS, 7) != NULL, 1);
	t = COMMAND(&w, "outbox", "--json");
	unsigned n = 0;
	for (const char *p = t->seen; (p = strstr(p, "sign-in\"")); p++)
		n++;
	CHECK_INT(n, 10);
	clock_add(&w, 86400 - 50 * 901);
	CHECK_GRANTED(COMMAND(&w, "unlock", ADA));
	CHECK_GRANTED(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "@sms"));
}

/* A busy day at a shared workstation: what was used does not count. */
TEST(thirty_sign_ins_a_day_by_text_message)
{
	struct world w = ada_with_texts(FACTOR_SMS);

	for (unsigned i = 0; i < 30; i++) {
		CHECK_GRANTED(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "@sms"));
		clock_add(&w, 60);
	}
}

/* --- OT-11: over the network --- */

struct trace {
	char seen[24000];
	uint64_t commits;
	unsigned texts;
};

static struct trace trace(struct world *w, const char *name, const char *const *answers)
{
	struct trace x = { .texts = messages(w, CHANNEL_SMS) };
	uint64_t before = world_serial(w);
	struct talk *t = converse(w, PURPOSE_AUTH, "sshd", name, answers);

	CHECK_VERDICT(REFUSED, t);
	x.commits = world_serial(w) - before;
	x.texts = messages(w, CHANNEL_SMS) - x.texts;
	memcpy(x.seen, t->seen, sizeof x.seen);
	return x;
}

static void same(const struct trace *a, const struct trace *b)
{
	CHECK_TEXT(a->seen, b->seen);
	CHECK_INT(a->commits, b->commits);
}

/* With so many empty answers before a wrong code, somebody with a right password, with a wrong one, and nobody
 * are alike; so many are sent behind the right one. */
static void alike(struct world w, unsigned empty, unsigned texts)
{
	static const char *const wrong[] = { "not this password", "", "", JUNK_6, NULL };
	static const char *const right[] = { ADA_PASSWORD, "", "", "12345x", NULL };
	const char *bad[5] = { wrong[0] }, *good[5] = { right[0] };

	for (unsigned i = 0; i <= empty; i++) {
		bad[1 + i] = wrong[3 - empty + i];
		good[1 + i] = right[3 - empty + i];
	}
	w.rhost = "192.0.2.7";
	struct trace nobody = trace(&w, NOBODY, bad), known = trace(&w, ADA, bad);
	same(&known, &nobody);
	CHECK_INT(known.texts + nobody.texts, 0);
	CHECK_INT(known.commits, 3 + empty); /* the password, one a message, the end */
	known = trace(&w, ADA, good);
	same(&known, &nobody);
	CHECK_INT(known.texts, texts);
}

static struct world ada_without_texts(void)
{
	struct world w = ada_with_channels();

	second_step(&w, APP_OR_SMS);
	return w;
}

static struct world ada_switched_off(void)
{
	struct world w = ada_with_texts(FACTOR_SMS);

	CHECK_GRANTED(COMMAND(&w, "identity", "disable", ADA));
	return w;
}

#define ALIKE(who, world, texts)                                                                   \
	TEST(ot11_over_the_network_nobody_can_tell_of_##who)                                       \
	{                                                                                          \
		alike(world, 0, texts);                                                            \
	}                                                                                          \
	TEST(ot11_nor_by_an_empty_answer_of_##who)                                                 \
	{                                                                                          \
		alike(world, 1, (texts) + 1);                                                      \
	}                                                                                          \
	TEST(ot11_nor_by_two_of_##who)                                                             \
	{                                                                                          \
		alike(world, 2, (texts) + 2);                                                      \
	}
#define ALIKE_NONE(who, world)                                                                     \
	TEST(ot11_over_the_network_nobody_can_tell_of_##who)                                       \
	{                                                                                          \
		alike(world, 0, 0);                                                                \
	}                                                                                          \
	TEST(ot11_nor_by_two_of_##who)                                                             \
	{                                                                                          \
		alike(world, 2, 0);                                                                \
	}

ALIKE(whoever_wants_texts_first, ada_with_texts(FACTOR_SMS), 1)
ALIKE(whoever_wants_the_app_first, ada_with_texts(FACTOR_TOTP), 0)
ALIKE_NONE(whoever_has_no_number, ada_without_texts())
ALIKE_NONE(whoever_is_switched_off, ada_switched_off())

TEST(ot11_nor_when_no_more_is_sent)
{
	struct world w = ada_with_texts(FACTOR_SMS);
	static const char *const more[] = { ADA_PASSWORD, "", "", "12345x", NULL };

	w.rhost = "192.0.2.7";
	struct trace first = trace(&w, ADA, more);
	for (unsigned i = 0; i < 3; i++) {
		struct trace x = trace(&w, ADA, more);

		same(&x, &first);
	}
	CHECK_INT(messages(&w, CHANNEL_SMS), 3);
}

TEST(the_hint_speaks_of_text_messages_where_the_rule_takes_them)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	with_messages(&w);
	second_step(&w, APP_OR_SMS);
	CHECK_TEXT(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "", "", "")->seen,
		"Password: \nCode: \n" TEXT_HINT_CODE_TEXTED "\nCode: \n" TEXT_HINT_CODE_TEXTED
		"\nCode: \n");
}

TEST(where_the_rule_has_no_text_messages_nothing_is_another)
{
	struct world w = ada_with_texts(FACTOR_SMS);
	static const char *const wrong[] = { "not this one", "123456", NULL };

	second_step(&w, 1u << FACTOR_TOTP);
	w.rhost = "192.0.2.7";
	CHECK_INT(trace(&w, ADA, wrong).commits, 2);
	CHECK_INT(trace(&w, NOBODY, wrong).commits, 2);
	w.rhost = "";
	struct talk *t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "", app_code(&w, ada_secret, 0));
	CHECK_GRANTED(t);
	CHECK_TEXT(t->seen, "Password: \nCode: \n" TEXT_HINT_CODE "\nCode: \n");
	CHECK_INT(messages(&w, CHANNEL_SMS), 0);
}

TEST(without_a_gateway_the_app_and_recovery_codes_go_on)
{
	struct world w = ada_with_texts(FACTOR_SMS);

	w.conf.sms[0] = 0;
	struct talk *t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "", app_code(&w, ada_secret, 0));
	CHECK_GRANTED(t);
	CHECK_TEXT(t->seen, "Password: \nCode: \n" TEXT_HINT_CODE "\nCode: \n");
	take_away(&w, FACTOR_TOTP);
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "123456"));
	CHECK_GRANTED(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, shown_code(ada_seen, 1), ""));
}

TEST(a_program_that_answers_with_nothing_has_nothing_sent)
{
	struct world w = ada_with_texts(FACTOR_TOTP);
	static const char *const services[] = { "login", "sshd", "kiosk" };

	for (unsigned i = 0; i < 3; i++) {
		uint64_t before = world_serial(&w);
		struct talk *t = SIGN_IN(&w, services[i], ADA, "", "", "", "", "", "", "", "");

		CHECK_VERDICT(REFUSED, t);
		CHECK(!t->hung_up);
		CHECK_INT(world_serial(&w), before);
	}
	CHECK_INT(messages(&w, CHANNEL_SMS), 0);
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, ADA_PASSWORD));
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "", "", ""));
	CHECK_INT(ada_failures(&w, FACTOR_SMS, SOURCE_LOCAL), 0);
	CHECK_INT(ada_failures(&w, FACTOR_TOTP, SOURCE_LOCAL), 0);
}

/* --- other rules --- */

TEST(a_rule_of_text_messages_alone)
{
	struct world w = ada_with_texts(FACTOR_TOTP);

	second_step(&w, 1u << FACTOR_SMS);
	CHECK_GRANTED(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "@sms"));
	CHECK_VERDICT(
		REFUSED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0)));
	CHECK_INT(ada_failures(&w, FACTOR_TOTP, SOURCE_LOCAL), 0);
	CHECK_GRANTED(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, shown_code(ada_seen, 1), ""));
}

TEST(a_practice_that_requires_the_app_is_asked_for_it)
{
	struct world w = ada_with_texts(FACTOR_SMS);

	CHECK_GRANTED(COMMAND(&w, "practice", "set", "stj", "--require", "totp"));
	struct talk *t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0));
	CHECK_GRANTED(t);
	CHECK_TEXT(t->seen, "Password: \nCode: \n");
	w.rhost = "192.0.2.7";
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, "@sms"));
	CHECK(audit_has(&w, "password right, sms right, practice stj requires totp"));
	CHECK_GRANTED(SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 1)));
}

TEST(a_practice_that_requires_text_messages_gets_one)
{
	struct world w = ada_with_texts(FACTOR_TOTP);

	CHECK_GRANTED(COMMAND(&w, "practice", "set", "stj", "--require", "sms"));
	CHECK_HAS(COMMAND(&w, "practice", "show", "stj")->seen, "sms");
	struct talk *t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "@sms");
	CHECK_GRANTED(t);
	CHECK_TEXT(t->seen, "Password: \n" SENT "Code: \n");
	second_step(&w, 1u << FACTOR_TOTP); /* and as a step of its own */
	t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0), "@sms");
	CHECK_GRANTED(t);
	CHECK_TEXT(t->seen, "Password: \nCode: \n" SENT "Code: \n");
	CHECK_GRANTED(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, shown_code(ada_seen, 1), ""));
}

TEST(a_kiosk_and_whoever_gives_one_answer_have_nothing_sent)
{
	struct world w = ada_with_texts(FACTOR_SMS);

	CHECK_GRANTED(SIGN_IN(&w, "kiosk", ADA, ADA_PIN));
	w.conf.service[3].step[0] = 1u << FACTOR_SMS;
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "kiosk", ADA, "", "", ""));
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "kiosk", ADA, "123456"));
	CHECK_INT(messages(&w, CHANNEL_SMS), 0);
}

TEST(a_manager_confirms_by_a_text_message_that_was_asked_for)
{
	struct world w = ada_with_texts_alone();
	struct talk *t;

	CHECK_GRANTED(COMMAND(&w, "practice", "set", "stj", "--manager", ADA));
	w.peer_pid = new_session();
	static const char *const words[] = { "practice", "set", "stj", "--name", "St J", NULL };
	t = ada_says(&w, words, (const char *const[]){ "@hang-up", NULL });
	CHECK_INT(messages(&w, CHANNEL_SMS), 0);
	CHECK_TEXT(t->seen, TEXT_FRESH "\n" TEXT_SMS_ENTER "\nCode: \n");
	CHECK_GRANTED(ada_says(&w, words, (const char *const[]){ "", "@sms", NULL }));
	CHECK_GRANTED(ada_says(&w, words, NULL)); /* once in five minutes */
}

TEST(whoever_is_reset_or_switched_off_gets_no_further_by_the_code)
{
	struct world w = ada_with_texts(FACTOR_SMS);

	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "@disable", "@sms"));
	CHECK_GRANTED(COMMAND(&w, "identity", "enable", ADA));
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "@reset", "123456"));
	CHECK(!ada_has(&w, FACTOR_SMS));
	CHECK_GRANTED(COMMAND(&w, "leave", ADA));
	CHECK_INT(ada_sms(&w).since, 0);
}

/* Whichever comes first, six digits might be either: so the app's are asked for, and then a message is sent. */
TEST(a_practice_that_requires_both_asks_for_one_after_the_other)
{
	struct world w = ada_with_texts(FACTOR_SMS);

	CHECK_GRANTED(COMMAND(&w, "practice", "set", "stj", "--require", "totp,sms"));
	struct talk *t =
		SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0), "@sms");
	CHECK_GRANTED(t);
	CHECK_TEXT(t->seen, "Password: \nCode: \n" SENT "Code: \n");
	clock_add(&w, 60);
	CHECK_VERDICT(REFUSED,
		SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0), "123456"));
	CHECK_INT(ada_failures(&w, FACTOR_TOTP, SOURCE_LOCAL), 0);
	CHECK_INT(ada_failures(&w, FACTOR_SMS, SOURCE_LOCAL), 1);
}
