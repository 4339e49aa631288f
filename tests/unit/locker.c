/* SPDX-License-Identifier: Apache-2.0 */
/* Screen lockers. What must hold: they speak of who runs them; within a shift the PIN alone unlocks, and what
 * cannot be a PIN is looked at as the password, by the service's own rule, without a count against the PIN;
 * without a shift that rule holds. Each answer counts once, against one factor; an empty one counts nothing. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "factor.h"
#include "world.h"
#include "yubikey_help.h"

#define CHECK_VERDICT(v, talk) CHECK_INT((talk)->outcome.result, v)
#define PIN_ONLY "PIN: \n"
#define WRONG "a wrong password of hers"

enum { ADAE = 20000 };

static struct service *add_service(struct world *w, const char *name)
{
	struct service *s = &w->conf.service[w->conf.nservices++];

	*s = w->conf.service[0];
	s->local = s->shift = true; /* as hcauth-talk finds: her session is here */
	snprintf(s->name, sizeof s->name, "%s", name);
	return s;
}

static void add_one_prompt(struct world *w, const char *name)
{
	struct service *s = add_service(w, name);

	s->one_prompt = true;
	s->nsteps = 1;
	s->step[0] = 1u << FACTOR_PASSWORD;
}

/* ada has signed in at tty1, and starts a locker. */
static struct world at_work(void)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	add_one_prompt(&w, "i3lock");
	add_service(&w, "xscreensaver")->quiet = true;
	clock_add(&w, 60);
	CHECK_VERDICT(
		GRANTED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0)));
	CHECK_VERDICT(GRANTED,
		converse(&w, PURPOSE_OPEN, "login", "adae", (const char *const[]){ NULL }));
	w.ticket[0] = 0;
	w.tty = ":0";
	w.peer = w.ruid = ADAE;
	return w;
}

static struct world after_the_shift(void)
{
	struct world w = at_work();

	CHECK_VERDICT(GRANTED, COMMAND(&w, "lock"));
	clock_add(&w, 60);
	return w;
}

static void check_counts(struct world *w, unsigned pin, unsigned password)
{
	CHECK_INT(ada_failures(w, FACTOR_PIN, SOURCE_LOCAL), pin);
	CHECK_INT(ada_failures(w, FACTOR_PASSWORD, SOURCE_LOCAL), password);
	CHECK_INT(ada_failures(w, FACTOR_PIN, SOURCE_NETWORK), 0);
	CHECK_INT(ada_failures(w, FACTOR_PASSWORD, SOURCE_NETWORK), 0);
}

TEST(a_locker_with_one_prompt_takes_pin_or_password_within_a_shift)
{
	struct world w = at_work();
	struct talk *t = SIGN_IN(&w, "i3lock", "adae", ADA_PIN);

	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->seen, PIN_ONLY);
	t = SIGN_IN(&w, "i3lock", "adae", ADA_PASSWORD);
	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->seen, PIN_ONLY);
	check_counts(&w, 0, 0);
	CHECK_HAS(COMMAND(&w, "status")->seen, "hift"); /* it goes on */
}

TEST(what_cannot_be_a_pin_does_not_count_against_it)
{
	static const char *const typed[] = { WRONG, "7391", "73915a", "7391512345678", " 73915" };
	struct world w = at_work();

	for (unsigned i = 0; i < 4; i++) {
		CHECK_VERDICT(REFUSED, SIGN_IN(&w, "i3lock", "adae", typed[i]));
		check_counts(&w, 0, i + 1);
	}
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "i3lock", "adae", "00000"));
	check_counts(&w, 1, 4);
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "i3lock", "adae", "000000")); /* of another length */
	check_counts(&w, 2, 4);
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "i3lock", "adae", ADA_PIN));
	check_counts(&w, 0, 4);
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "i3lock", "adae", ADA_PASSWORD));
	check_counts(&w, 0, 0);
}

/* While the password has to wait, the PIN does not. */
TEST(a_password_that_waits_keeps_nobody_from_the_pin)
{
	struct world w = at_work();

	for (unsigned i = 0; i < 7; i++)
		CHECK_VERDICT(REFUSED, SIGN_IN(&w, "i3lock", "adae", WRONG));
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "i3lock", "adae", ADA_PASSWORD));
	check_counts(&w, 0, 5);
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "i3lock", "adae", ADA_PIN));
}

TEST(a_pin_that_is_locked_leaves_the_password)
{
	struct world w = at_work();

	for (unsigned i = 0; i < 10; i++)
		CHECK_VERDICT(REFUSED, SIGN_IN(&w, "i3lock", "adae", "00000"));
	check_counts(&w, 10, 0);
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "i3lock", "adae", ADA_PIN));
	check_counts(&w, 10, 1);
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "i3lock", "adae", ADA_PASSWORD));
	check_counts(&w, 10, 0);
}

TEST(without_a_shift_one_prompt_is_the_password)
{
	struct world w = after_the_shift();
	struct talk *t = SIGN_IN(&w, "i3lock", "adae", ADA_PIN);

	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(t->seen, "Password: \n");
	check_counts(&w, 0, 1);
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "i3lock", "adae", ADA_PASSWORD));
	CHECK_TEXT(SIGN_IN(&w, "i3lock", "adae", ADA_PIN)->seen, "Password: \n"); /* begins none */
}

/* The whole rule of a locker that can ask twice, and nothing told. */
TEST(a_password_at_the_pin_prompt_goes_on_to_the_code)
{
	struct world w = at_work();
	struct talk *t;

	clock_add(&w, 60);
	t = SIGN_IN(&w, "xscreensaver", "adae", ADA_PASSWORD, app_code(&w, ada_secret, 0));
	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->seen, "PIN: \nCode: \n");
	clock_add(&w, 60);
	t = SIGN_IN(&w, "xscreensaver", "adae", ADA_PASSWORD, "000000");
	CHECK_VERDICT(REFUSED, t);
	CHECK_INT(ada_failures(&w, FACTOR_TOTP, SOURCE_LOCAL), 1);
	t = SIGN_IN(&w, "xscreensaver", "adae", ADA_PASSWORD);
	CHECK(t->hung_up);
	t = SIGN_IN(&w, "xscreensaver", "adae", WRONG, "000000");
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(t->seen, PIN_ONLY);
	t = SIGN_IN(&w, "xscreensaver", "adae", ADA_PASSWORD, ADA_PASSWORD); /* no parrots */
	CHECK_VERDICT(REFUSED, t);
	CHECK_INT(ada_failures(&w, FACTOR_PIN, SOURCE_LOCAL), 0);
	CHECK_INT(ada_failures(&w, FACTOR_TOTP, SOURCE_LOCAL), 1);
}

/* A finger on the key while the PIN is asked for. */
TEST(a_yubikey_at_the_pin_prompt_is_no_attempt)
{
	struct soft_key k = soft_key(1);
	struct world w = at_work();

	with_yubikeys(&w);
	w.peer = w.ruid = 0;
	clock_add(&w, 60);
	ada_adds(&w, &k, "Blue");
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, soft_touch(&k)));
	w.peer = w.ruid = ADAE;
	struct talk *t =
		SIGN_IN(&w, "xscreensaver", "adae", soft_touch(&k), ADA_PASSWORD, soft_touch(&k));
	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->seen, "PIN: \nPassword: \nCode: \n");
	check_counts(&w, 0, 0);
}

/* Where the rule begins with something else, a password is no answer. */
TEST(a_rule_that_begins_without_a_password_stays_with_the_pin)
{
	struct world w = at_work();
	struct service *s = add_service(&w, "odd");

	s->step[0] = 1u << FACTOR_TOTP;
	s->nsteps = 1;
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "odd", "adae", ADA_PASSWORD));
	check_counts(&w, 1, 0);
}

TEST(an_empty_answer_counts_nothing)
{
	struct world w = at_work();
	uint64_t serial = world_serial(&w);

	for (unsigned i = 0; i < 50; i++) {
		struct talk *t = SIGN_IN(&w, "i3lock", "adae", "");

		CHECK_VERDICT(REFUSED, t);
		CHECK_TEXT(t->seen, PIN_ONLY);
		CHECK_VERDICT(REFUSED, SIGN_IN(&w, "xscreensaver", "adae", "", "", "", "", ""));
	}
	CHECK_INT(world_serial(&w) - serial, 0);
	check_counts(&w, 0, 0);
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "i3lock", "adae", ADA_PIN));
}

/* By the peer's uid: what a process says that it is does not matter (HOSTILE DK-09). */
TEST(a_locker_speaks_of_nobody_else_and_from_nowhere_else)
{
	struct world w = at_work();
	struct talk *t;

	w.peer = 3000; /* somebody who is not ours */
	t = SIGN_IN(&w, "i3lock", "adae", ADA_PIN);
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(t->seen, "");
	w.peer = ADAE;
	w.rhost = "192.0.2.7"; /* what it says of itself only makes it poorer */
	t = SIGN_IN(&w, "i3lock", "adae", ADA_PIN);
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(t->seen, "Password: \n");
	CHECK_INT(ada_failures(&w, FACTOR_PASSWORD, SOURCE_NETWORK), 1);
	CHECK_INT(ada_failures(&w, FACTOR_PASSWORD, SOURCE_LOCAL), 0);
	w.rhost = "";
	t = SIGN_IN(&w, "i3lock", "adae", ADA_PIN);
	CHECK_VERDICT(GRANTED, t);
	w.peer =
		0; /* root's own programs end the session: a process that is left over has no shift */
	w.tty = "tty1";
	w.ruid = 0;
	CHECK_VERDICT(GRANTED,
		converse(&w, PURPOSE_CLOSE, "login", "adae", (const char *const[]){ NULL }));
	w.peer = w.ruid = ADAE;
	t = SIGN_IN(&w, "i3lock", "adae", ADA_PIN);
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(t->seen, "Password: \n");
}

/* Counted, then closed. */
TEST(an_unlock_by_pin_is_two_commits)
{
	struct world w = at_work();
	uint64_t serial = world_serial(&w);

	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "i3lock", "adae", ADA_PIN));
	CHECK_INT(world_serial(&w) - serial, 2);
}

static void leave(struct world *root)
{
	CHECK_VERDICT(GRANTED, COMMAND(root, "account", "disable", "HC000001"));
}

TEST(who_is_switched_off_unlocks_nothing)
{
	struct world w = at_work();

	w.meanwhile = leave;
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "i3lock", "adae", "@meanwhile", ADA_PIN));
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "i3lock", "adae", ADA_PIN));
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "i3lock", "adae", ADA_PASSWORD));
}
