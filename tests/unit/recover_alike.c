/* SPDX-License-Identifier: Apache-2.0 */
/* What a stranger can tell from the way back in, and what a program without a terminal does. What must
 * hold: for every name and every state of a person the same words, prompts and commits until a code that
 * was sent is typed; nothing is sent to whom there is no sure way; only an answer's length says yes. */
#include <stdio.h>
#include <string.h>

#include "credential.h"
#include "factor.h"
#include "people.h"
#include "recover_world.h"
#include "text.h"

/* sshd's stand-in for what was typed for a name that it does not know: as long, and always these. */
#define JUNK_3 "\b\n\r"
#define JUNK_6 "\b\n\r\177IN"

struct trace {
	char seen[24000];
	uint64_t commits;
};

static struct trace trace(
	struct world *w, const char *service, const char *name, const char *const *answers)
{
	struct trace x;
	uint64_t before = world_serial(w);
	struct talk *t = converse(w, PURPOSE_AUTH, service, name, answers);

	CHECK_VERDICT(REFUSED, t);
	x.commits = world_serial(w) - before;
	memcpy(x.seen, t->seen, sizeof x.seen);
	return x;
}

static void same(const struct trace *a, const struct trace *b)
{
	CHECK_TEXT(a->seen, b->seen);
	CHECK_INT(a->commits, b->commits);
}

static const char *other_than(const char *code)
{
	return strcmp(code, "123456") == 0 ? "654321" : "123456";
}

static int change_ada(struct txn *t, void *arg)
{
	const char *what = arg;
	struct person ada;
	int r = person_by_name(t, ADA, &ada);

	if (r < 0)
		return r;
	if (strcmp(what, "e-mail") == 0)
		ada.identity.email_verified = 0;
	else if (strcmp(what, "mobile") == 0)
		ada.identity.mobile_verified = 0;
	else if (strcmp(what, "off") == 0)
		ada.account.state = STATE_DISABLED;
	else
		r = credential_del(
			t, &ada.owner, strcmp(what, "pin") == 0 ? FACTOR_PIN : FACTOR_PASSWORD);
	if (r == 0)
		r = identity_save(t, &ada.identity);
	return r < 0 ? r : account_save(t, &ada.account);
}

/* As many wrong codes as there may be. */
static struct trace wrong_codes(struct world *w, const char *service, const char *name)
{
	const char *bad = "123456";

	CHECK(SIGN_IN(w, service, name, FORGOTTEN, "@hang-up")->hung_up);
	const struct message *m = queued_message(w, CHANNEL_EMAIL, 0);
	bad = m ? other_than(m->code) : bad;
	return trace(w, service, name,
		(const char *const[]){ FORGOTTEN, bad, bad, bad, bad, bad, bad, NULL });
}

/* ada as she is, or less what is gone, beside somebody who does not exist. */
static void alike(const char *service, const char *gone)
{
	struct world w = ada_with_channels();
	char arg[16];

	snprintf(arg, sizeof arg, "%s", gone);
	if (*gone)
		CHECK_INT(in_store(&w, change_ada, arg, sizeof arg), 0);
	w.rhost = strcmp(service, "sshd") == 0 ? "192.0.2.7" : "";
	struct trace ada = wrong_codes(&w, service, ADA);
	struct trace nobody = wrong_codes(&w, service, "nobody@example.org");
	same(&ada, &nobody);
	CHECK_INT(ada.commits, 7); /* one that sends, and one for each answer */
	CHECK_HAS(ada.seen, TEXT_RECOVER_FAILED);
	CHECK_INT(messages(&w, CHANNEL_EMAIL), *gone ? 0 : 1);
	CHECK_INT(messages(&w, CHANNEL_SMS), 0);
}

#define ALIKE(what, service, secret)                                                               \
	TEST(what##_is_alike_for_all)                                                              \
	{                                                                                          \
		alike(service, "");                                                                \
	}                                                                                          \
	TEST(what##_is_alike_without_a_verified_address)                                           \
	{                                                                                          \
		alike(service, "e-mail");                                                          \
	}                                                                                          \
	TEST(what##_is_alike_without_a_verified_number)                                            \
	{                                                                                          \
		alike(service, "mobile");                                                          \
	}                                                                                          \
	TEST(what##_is_alike_for_whoever_is_switched_off)                                          \
	{                                                                                          \
		alike(service, "off");                                                             \
	}                                                                                          \
	TEST(what##_is_alike_where_there_is_none)                                                  \
	{                                                                                          \
		alike(service, secret);                                                            \
	}

ALIKE(a_forgotten_password_over_ssh, "sshd", "password")
ALIKE(a_forgotten_password_here, "login", "password")
ALIKE(a_forgotten_pin, "kiosk", "pin")

TEST(a_legacy_account_is_as_nobody)
{
	struct world w = ada_with_channels();

	CHECK_VERDICT(GRANTED,
		COMMAND(&w, "account", "add", "HC000002", "--practice", "stj", "--user", "benj"));
	w.rhost = "192.0.2.7";
	struct trace legacy = wrong_codes(&w, "sshd", "HC000002");
	struct trace nobody = wrong_codes(&w, "sshd", "nobody@example.org");
	same(&legacy, &nobody);
	CHECK_INT(messages(&w, CHANNEL_EMAIL), 0);
}

/* For a name that it does not know, sshd gives other bytes; what was empty stays so. */
TEST(only_the_length_says_yes)
{
	struct world w = ada_with_channels();
	static const char *const junk[] = { "", "", JUNK_3, JUNK_6, "", JUNK_6, "", NULL };
	static const char *const typed[] = { "", "", "yes", "12345x", "", "12345x", "", NULL };
	static const char *const no[] = { "", "", "no", "", NULL };

	w.rhost = "192.0.2.7";
	struct trace known = trace(&w, "sshd", ADA, typed);
	struct trace nobody = trace(&w, "sshd", "nobody@example.org", junk);
	same(&nobody, &known);
	CHECK_HAS(known.seen, TEXT_CODE_PERHAPS);
	known = trace(&w, "sshd", ADA, no);
	CHECK_TEXT(known.seen,
		"Password: \n" TEXT_HINT_PASSWORD_FORGOTTEN "\nPassword: \n" TEXT_FORGOTTEN
		"\nPassword: \n");
}

/* The sends that every decoy may have are soon used up: the words are as before. */
TEST(what_was_sent_too_often_is_not_said_over_the_network)
{
	struct world w = ada_with_channels();
	static const char *const more[] = { FORGOTTEN, "12345x", "12345x", "12345x", "", "", NULL };

	w.rhost = "192.0.2.7";
	struct trace first = trace(&w, "sshd", "nobody@example.org", more);
	for (int i = 0; i < 3; i++) {
		struct trace x = trace(&w, "sshd", "nobody@example.org", more);

		same(&x, &first);
	}
}

TEST(a_program_that_answers_with_nothing_ends_soon_and_sends_nothing)
{
	struct world w = ada_with_channels();
	static const char *const services[] = { "login", "sshd", "kiosk" };

	for (size_t i = 0; i < 3; i++) {
		uint64_t before = world_serial(&w);
		struct talk *t = SIGN_IN(&w, services[i], ADA, "", "", "", "", "", "", "", "");

		CHECK_VERDICT(REFUSED, t);
		CHECK(!t->hung_up);
		CHECK_INT(t->asks, 4);
		CHECK_INT(world_serial(&w), before);
	}
	CHECK_INT(messages(&w, CHANNEL_EMAIL), 0);
}

TEST(a_program_that_gives_one_answer_to_everything_sends_nothing)
{
	struct world w = ada_with_channels();
	struct talk *t = SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, ADA_PASSWORD, ADA_PASSWORD);

	CHECK_VERDICT(REFUSED, t);
	CHECK_INT(t->asks, 2);
	CHECK_INT(messages(&w, CHANNEL_EMAIL), 0);
}

TEST(what_cannot_send_both_does_not_offer_it)
{
	struct world w = ada_with_channels();
	struct talk *t;

	w.conf.sms[0] = 0;
	t = SIGN_IN(&w, "login", ADA, "", "", "", "");
	CHECK_TEXT(t->seen,
		"Password: \n" TEXT_HINT_PASSWORD "\nPassword: \n" TEXT_HINT_PASSWORD
		"\nPassword: \n");
	t = SIGN_IN(&w, "kiosk", ADA, "", "", "", "");
	CHECK_HAS(t->seen, "ask your practice");
	CHECK_INT(t->asks, 3);
	for (int i = 0; i < 10; i++)
		CHECK_INT(SIGN_IN(&w, "kiosk", ADA, "40404")->asks, 1);
	t = SIGN_IN(&w, "kiosk", ADA, ADA_PIN);
	CHECK_TEXT(last_line(t), TEXT_PIN_OFF);
}

TEST(what_asks_one_thing_does_not_offer_it)
{
	struct world w = ada_with_channels();

	w.conf.service[3].one_prompt = true;
	struct talk *t = SIGN_IN(&w, "kiosk", ADA, "", "", "yes");
	CHECK_INT(t->asks, 1);
	for (int i = 0; i < 11; i++)
		CHECK_INT(SIGN_IN(&w, "kiosk", ADA, "40404")->asks, 1);
}

TEST(ten_wrong_pins_are_alike_for_all)
{
	struct world w = ada_with_channels();
	struct trace ada, nobody;

	for (int i = 0; i < 12; i++) {
		static const char *const wrong[] = { "40404", "no", NULL };

		ada = trace(&w, "kiosk", ADA, wrong);
		nobody = trace(&w, "kiosk", "nobody@example.org", wrong);
		same(&nobody, &ada);
	}
	CHECK_HAS(ada.seen, TEXT_FORGOTTEN);
}
