/* SPDX-License-Identifier: Apache-2.0 */
/* Greeters that hide prompts and show the last message alone. What must hold: all that is told between two
 * answers is one message with the prompt at its end, of a length that the program can carry, cut between
 * characters; and what is told last is read. */
#include <string.h>

#include "check.h"
#include "enrol.h"
#include "text.h"
#include "world.h"

enum { LOGIN = 2, KIOSK = 3 };

static struct world greeter(void)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	clock_add(&w, 60);
	w.conf.service[LOGIN].tell_prompts = w.conf.service[KIOSK].tell_prompts = true;
	return w;
}

TEST(what_is_told_stands_in_one_message_with_the_prompt)
{
	struct world w = greeter();
	struct talk *t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "", app_code(&w, ada_secret, 0));

	CHECK_INT(t->outcome.result, GRANTED);
	CHECK_TEXT(t->seen,
		"Password: \nCode: \nCode: \n"
		"Type the 6 digits from your app. No phone at hand, or lost it?\n"
		"Type one of your recovery codes.\nCode: \nCode: \n");
}

TEST(a_wrong_code_is_read_before_the_greeter_says_that_it_was_the_password)
{
	struct world w = greeter();
	struct talk *t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "000000", "");

	CHECK_INT(t->outcome.result, REFUSED);
	CHECK(!t->hung_up);
	CHECK_TEXT(t->seen,
		"Password: \nCode: \nCode: \n" TEXT_SECOND_WRONG "\n" TEXT_ENTER "\n" TEXT_ENTER
		"\n");
}

TEST(a_wrong_pin_is_read_before_the_next_prompt_hides_it)
{
	struct world w = greeter();
	struct talk *t = SIGN_IN(&w, "kiosk", ADA, "11112", "");

	CHECK_INT(t->outcome.result, REFUSED);
	CHECK(!t->hung_up);
	CHECK_TEXT(t->seen, "PIN: \nPIN: \n" TEXT_PIN_WRONG "\n" TEXT_ENTER "\n" TEXT_ENTER "\n");
	CHECK_INT(ada_failures(&w, FACTOR_PIN, SOURCE_LOCAL), 1);
}

TEST(nobody_learns_by_it_who_exists)
{
	struct world w = greeter();
	struct talk *known = SIGN_IN(&w, "kiosk", ADA, "11112", "");
	char seen[sizeof known->seen];

	memcpy(seen, known->seen, sizeof seen);
	CHECK_TEXT(SIGN_IN(&w, "kiosk", "nobody@example.org", "11112", "")->seen, seen);
}

TEST(over_the_network_no_answer_is_judged)
{
	struct world w = greeter();

	w.conf.service[LOGIN].local = false;
	struct talk *t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "000000", "");
	CHECK_INT(t->outcome.result, REFUSED);
	CHECK_TEXT(t->seen, "Password: \nCode: \nCode: \n");
}

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), k = strlen(end);

	return n >= k && strcmp(text + n - k, end) == 0;
}

/* The app's secret is typed: a square of blocks needs a terminal. */
#define FIRST(...)                                                                                 \
	SIGN_IN(&w, "login", ADA, code, ADA_PASSWORD, ADA_PASSWORD, "@totp", "yes", ##__VA_ARGS__)

TEST(a_first_sign_in_can_be_done_whole_and_its_last_message_is_read)
{
	struct world w = world_at("2026-05-04 09:00:00");
	const char *code = add_ada(&w);

	w.conf.service[LOGIN].tell_prompts = true;
	struct talk *t = FIRST(ADA_PIN, ADA_PIN, "");
	CHECK_INT(t->outcome.result, GRANTED);
	CHECK(!strstr(t->seen, "\xe2\x96\x80"));
	CHECK(strstr(t->seen, ", and type this:\nAccount: " ADA "\nSecret: "));
	CHECK(ends_with(t->seen,
		" with your\npassword and a code from the app.\n" TEXT_ENTER "\n" TEXT_ENTER "\n"));
}

/* Else the session would count as one over the network, and the locker would not know them. */
TEST(a_last_message_that_is_read_slowly_leaves_the_session_what_it_is)
{
	struct world w = world_at("2026-05-04 09:00:00");
	const char *code = add_ada(&w);

	w.conf.service[LOGIN].tell_prompts = true;
	CHECK_INT(FIRST(ADA_PIN, ADA_PIN, "@later", "")->outcome.result, GRANTED);
	clock_add(&w, LATER_S + 1);
	CHECK_INT(converse(&w, PURPOSE_OPEN, "login", "adae", (const char *const[]){ NULL })
			  ->outcome.result,
		GRANTED);
	CHECK_HAS(COMMAND(&w, "who")->seen, "password, app");
}

static void disable(struct world *root)
{
	COMMAND(root, "account", "disable", "HC000001");
}

TEST(who_is_switched_off_while_the_last_message_is_read_is_not_in)
{
	struct world w = world_at("2026-05-04 09:00:00");
	const char *code = add_ada(&w);

	w.conf.service[LOGIN].tell_prompts = true;
	w.meanwhile = disable;
	CHECK_INT(FIRST(ADA_PIN, ADA_PIN, "@meanwhile", "@later", "")->outcome.result, REFUSED);
}

TEST(who_never_reads_the_last_message_is_not_in)
{
	struct world w = world_at("2026-05-04 09:00:00");
	const char *code = add_ada(&w);

	w.conf.service[LOGIN].tell_prompts = true;
	CHECK(FIRST(ADA_PIN, ADA_PIN)->hung_up);
}

/* --- lengths --- */

static void tell_long(struct conv *c, void *arg)
{
	char text[BANNER_MAX * 2];
	struct secret answer = { .len = 0 };
	size_t pad = *(size_t *)arg;

	memset(text, 'x', pad);
	for (size_t i = pad; i + 3 < sizeof text; i += 2)
		memcpy(text + i, "\xc3\xa9", 3); /* e acute */
	tell(c, TELL_INFO, "%s", text);
	ask(c, USE_OTHER, true, TEXT_CODE, &answer);
}

static size_t longest;

static void see(void *arg, const struct tell *t)
{
	(void)arg;
	longest = strlen(t->text);
	CHECK(longest <= BANNER_MAX);
	CHECK(strcmp(t->text + longest - 7, "\nCode: ") == 0);
	CHECK((t->text[longest - 8] & 0xff) == 0xa9);
	CHECK((t->text[longest - 9] & 0xff) == 0xc3);
}

static void answer_nothing(void *arg, const struct ask *a, struct secret *out)
{
	(void)arg;
	(void)a;
	out->len = 0;
}

static void with_terminal(struct conv *c, void *arg)
{
	static struct service told;

	told = *c->service;
	told.tell_prompts = true;
	c->service = &told;
	c->io.ask = answer_nothing;
	c->io.tell = see;
	tell_long(c, arg);
	CHECK(longest >= BANNER_MAX - 1);
}

TEST(dk08_a_long_message_is_cut_between_characters_and_never_the_prompt)
{
	struct world w = world_at("2026-05-04 09:00:00");

	for (size_t pad = 0; pad < 4; pad++)
		in_conversation(&w, with_terminal, &pad, sizeof pad);
}
