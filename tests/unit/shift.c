/* SPDX-License-Identifier: Apache-2.0 */
/* A shift. What must hold: after a full sign-in at the workstation the PIN alone lets a person become
 * another account of their own by su; whatever is missing of that, the whole rule is asked. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "factor.h"
#include "people.h"
#include "store/store.h"
#include "world.h"

#define CHECK_VERDICT(v, talk) CHECK_INT((talk)->outcome.result, v)
#define PIN_ONLY "PIN: \n"
#define WHOLE_RULE "Password: \n"

enum { ADAE = 20000, ADA_HILL = 20001, HOUR = 3600 };

static void add_service(struct world *w, const char *name)
{
	struct service *s = &w->conf.service[w->conf.nservices++];

	*s = w->conf.service[0];
	s->local = true;
	strcpy(s->name, name);
}

static struct talk *phase(
	struct world *w, enum purpose purpose, const char *service, const char *name)
{
	return converse(w, purpose, service, name, (const char *const[]){ NULL });
}

/* ada with a second account at the hill; su is where its caller is. */
static struct world two_accounts(void)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	CHECK_VERDICT(GRANTED, COMMAND(&w, "practice", "add", "hill", "Hill Clinic"));
	CHECK_VERDICT(GRANTED,
		COMMAND(&w, "account", "add", "AE2", "--practice", "hill", "--identity", ADA,
			"--user", "ada-hill"));
	add_service(&w, "su");
	add_service(&w, "su-l");
	return w;
}

static void sign_in(struct world *w, const char *service)
{
	clock_add(w, 60);
	CHECK_VERDICT(GRANTED, SIGN_IN(w, service, ADA, ADA_PASSWORD, app_code(w, ada_secret, 0)));
	CHECK_VERDICT(GRANTED, phase(w, PURPOSE_OPEN, service, "adae"));
}

/* And she has signed in at tty1. */
static struct world at_work(void)
{
	struct world w = two_accounts();

	sign_in(&w, "login");
	return w;
}

/* su -l, called by uid. */
static struct talk *su(struct world *w, uint32_t uid, const char *name, const char *pin)
{
	w->ruid = uid;
	struct talk *t = SIGN_IN(w, "su-l", name, pin, "000000");
	w->ruid = 0;
	return t;
}

static void takes_the_whole_rule(struct world *w, uint32_t uid, const char *name)
{
	struct talk *t = su(w, uid, name, ADA_PIN);

	CHECK_VERDICT(REFUSED, t);
	CHECK(strncmp(t->seen, WHOLE_RULE, strlen(WHOLE_RULE)) == 0);
}

static void takes_the_pin(struct world *w, uint32_t uid, const char *name)
{
	struct talk *t = su(w, uid, name, ADA_PIN);

	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->seen, PIN_ONLY);
	CHECK_TEXT(t->outcome.user, name);
}

TEST(within_a_shift_su_takes_the_pin)
{
	struct world w = at_work();

	takes_the_pin(&w, ADAE, "ada-hill");
	w.ruid = ADAE;
	struct talk *t = SIGN_IN(&w, "su", "ada-hill", ADA_PIN);
	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->seen, PIN_ONLY);
	CHECK_HAS(COMMAND(&w, "audit")->seen, "pin right");
}

TEST(a_wrong_pin_counts_and_ten_end_it)
{
	struct world w = at_work();

	for (unsigned i = 1; i <= 10; i++) {
		struct talk *t = su(&w, ADAE, "ada-hill", "00000");

		CHECK_VERDICT(REFUSED, t);
		CHECK_HAS(t->seen, PIN_ONLY);
		CHECK_INT(ada_failures(&w, FACTOR_PIN, SOURCE_LOCAL), i);
	}
	takes_the_whole_rule(&w, ADAE, "ada-hill");
	CHECK_INT(ada_failures(&w, FACTOR_PIN, SOURCE_LOCAL), 10);
}

TEST(without_a_full_sign_in_there_is_no_shift)
{
	struct world w = two_accounts();

	takes_the_whole_rule(&w, ADAE, "ada-hill");
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "kiosk", ADA, ADA_PIN));
	CHECK_VERDICT(GRANTED, phase(&w, PURPOSE_OPEN, "kiosk", "adae"));
	takes_the_whole_rule(&w, ADAE, "ada-hill");
}

TEST(a_session_that_nobody_signed_in_to_is_no_shift)
{
	struct world w = two_accounts();

	w.ticket[0] = 0; /* an ssh key, su by root */
	CHECK_VERDICT(GRANTED, phase(&w, PURPOSE_OPEN, "login", "adae"));
	takes_the_whole_rule(&w, ADAE, "ada-hill");
}

TEST(over_the_network_there_is_no_shift)
{
	struct world w = two_accounts();

	w.rhost = "192.0.2.7";
	sign_in(&w, "sshd");
	w.rhost = "";
	takes_the_whole_rule(&w, ADAE, "ada-hill");
}

/* Somebody sits at the workstation, and is logged in from afar: a terminal of no session is neither. */
TEST(a_terminal_that_may_be_remote_has_no_shift)
{
	struct world w = at_work();

	w.tty = "pts/9";
	takes_the_pin(&w, ADAE, "ada-hill"); /* a window of that session */
	w.rhost = "192.0.2.7";
	w.tty = "ssh";
	sign_in(&w, "sshd");
	w.rhost = "";
	w.tty = "pts/9";
	takes_the_whole_rule(&w, ADAE, "ada-hill");
	w.tty = "tty1";
	takes_the_pin(&w, ADAE, "ada-hill");
}

TEST(a_shift_ends_after_its_hours_whatever_the_clock_says)
{
	struct world w = at_work();

	w.conf.shift_s = 2 * HOUR;
	w.now.unix_s -= 40 * HOUR;
	w.now.boot_ms += (2 * HOUR - 1) * 1000;
	takes_the_pin(&w, ADAE, "ada-hill");
	w.now.boot_ms += 1000;
	takes_the_whole_rule(&w, ADAE, "ada-hill");
}

TEST(a_shift_of_no_hours_is_none)
{
	struct world w = at_work();

	w.conf.shift_s = 0;
	takes_the_whole_rule(&w, ADAE, "ada-hill");
}

TEST(a_shift_ends_with_its_session_and_with_the_boot)
{
	struct world w = at_work();

	memset(w.now.boot, 8, sizeof w.now.boot);
	takes_the_whole_rule(&w, ADAE, "ada-hill");
	memset(w.now.boot, 7, sizeof w.now.boot);
	takes_the_pin(&w, ADAE, "ada-hill");
	CHECK_VERDICT(GRANTED, phase(&w, PURPOSE_CLOSE, "login", "adae"));
	takes_the_whole_rule(&w, ADAE, "ada-hill");
}

/* From one account to the next, but never longer than the first sign-in allows. */
TEST(a_switch_goes_on_from_a_switch_and_renews_nothing)
{
	struct world w = at_work();

	w.conf.shift_s = HOUR;
	clock_add(&w, HOUR / 2);
	takes_the_pin(&w, ADAE, "ada-hill");
	CHECK_VERDICT(GRANTED, phase(&w, PURPOSE_OPEN, "su-l", "ada-hill"));
	takes_the_pin(&w, ADA_HILL, "adae");
	clock_add(&w, HOUR / 2);
	takes_the_whole_rule(&w, ADA_HILL, "adae");
	takes_the_whole_rule(&w, ADAE, "ada-hill");
}

TEST(a_session_by_pin_is_no_shift_when_the_first_is_over)
{
	struct world w = at_work();

	takes_the_pin(&w, ADAE, "ada-hill");
	CHECK_VERDICT(GRANTED, phase(&w, PURPOSE_OPEN, "su-l", "ada-hill"));
	CHECK_VERDICT(GRANTED, phase(&w, PURPOSE_CLOSE, "login", "adae"));
	takes_the_whole_rule(&w, ADA_HILL, "adae");
}

TEST(a_shift_is_one_person_s)
{
	struct world w = at_work();
	struct talk *t = COMMAND(&w, "identity", "add", "ben@example.org", "--name", "Ben");
	char code[64];

	snprintf(code, sizeof code, "%s", last_line(t));
	CHECK_VERDICT(GRANTED,
		COMMAND(&w, "account", "add", "B1", "--practice", "stj", "--identity",
			"ben@example.org", "--user", "benj"));
	t = SIGN_IN(&w, "login", "ben@example.org", code, ADA_PASSWORD, ADA_PASSWORD, "@totp",
		"yes", ADA_PIN, ADA_PIN);
	CHECK_VERDICT(GRANTED, t);
	w.tty = "tty2";
	CHECK_VERDICT(GRANTED, phase(&w, PURPOSE_OPEN, "login", "benj"));
	takes_the_whole_rule(&w, 20002, "adae"); /* ben becomes ada */
	w.tty = "tty1";
	takes_the_whole_rule(&w, ADAE, "benj"); /* ada becomes ben */
	takes_the_whole_rule(&w, 3000, "ada-hill"); /* somebody who is not ours */
	takes_the_pin(&w, ADAE, "ada-hill");
}

TEST(only_su_has_it_and_only_from_root_s_hand)
{
	struct world w = at_work();

	w.ruid = ADAE;
	struct talk *t = SIGN_IN(&w, "login", "ada-hill", ADA_PIN, "000000");
	CHECK_HAS(t->seen, WHOLE_RULE);
	CHECK_VERDICT(REFUSED, t);
	w.peer = ADAE; /* her own program says that it is su */
	t = SIGN_IN(&w, "su", "adae", ADA_PIN, "000000");
	CHECK_VERDICT(REFUSED, t);
	CHECK_HAS(t->seen, WHOLE_RULE);
	w.peer = 0;
	w.ruid = 0;
	t = SIGN_IN(&w, "su", "ada-hill", ADA_PIN, "000000");
	CHECK_VERDICT(REFUSED, t);
	CHECK_HAS(t->seen, WHOLE_RULE);
}

static void changed_by(struct world *w, const char *verb, const char *new)
{
	static const char *words[2];
	char code[8];

	words[0] = verb;
	clock_add(w, 60);
	strcpy(code, app_code(w, ada_secret, 0));
	w->peer = w->ruid = ADAE;
	CHECK_VERDICT(GRANTED,
		command(w, words, (const char *const[]){ ADA_PASSWORD, code, new, new, NULL }));
	w->peer = w->ruid = 0;
}

TEST(a_new_pin_ends_the_shift)
{
	struct world w = at_work();

	changed_by(&w, "pin", ADA_PIN);
	takes_the_whole_rule(&w, ADAE, "ada-hill");
	sign_in(&w, "login");
	takes_the_pin(&w, ADAE, "ada-hill");
}

TEST(a_new_password_ends_the_shift)
{
	struct world w = at_work();

	changed_by(&w, "password", "nine loud badgers");
	takes_the_whole_rule(&w, ADAE, "ada-hill");
}

/* The same PIN and password chosen anew are not those with which the shift began. */
TEST(a_reset_ends_the_shift)
{
	struct world w = at_work();
	char code[64];

	snprintf(code, sizeof code, "%s", last_line(COMMAND(&w, "identity", "reset", ADA)));
	takes_the_whole_rule(&w, ADAE, "ada-hill");
	clock_add(&w, 60);
	struct talk *t = SIGN_IN(&w, "login", ADA, code, ADA_PASSWORD, ADA_PASSWORD, "@totp", "yes",
		ADA_PIN, ADA_PIN);
	CHECK_VERDICT(GRANTED, t);
	takes_the_whole_rule(&w, ADAE, "ada-hill");
}

TEST(who_has_no_pin_is_asked_the_whole_rule)
{
	struct world w = world_at("2026-05-04 09:00:00");
	const char *code = add_ada(&w);

	w.conf.nservices--; /* the kiosk: no rule has a PIN */
	CHECK_VERDICT(GRANTED,
		SIGN_IN(&w, "login", ADA, code, ADA_PASSWORD, ADA_PASSWORD, "@totp", "yes"));
	CHECK_VERDICT(GRANTED, phase(&w, PURPOSE_OPEN, "login", "adae"));
	CHECK_VERDICT(GRANTED,
		COMMAND(&w, "account", "add", "AE2", "--practice", "stj", "--identity", ADA,
			"--user", "ada-hill"));
	add_service(&w, "su-l");
	takes_the_whole_rule(&w, ADAE, "ada-hill");
}

TEST(an_account_that_is_switched_off_has_no_part_in_it)
{
	struct world w = at_work();

	CHECK_VERDICT(GRANTED, COMMAND(&w, "account", "disable", "AE2"));
	takes_the_whole_rule(&w, ADAE, "ada-hill");
	CHECK_VERDICT(GRANTED, COMMAND(&w, "account", "enable", "AE2"));
	CHECK_VERDICT(GRANTED, COMMAND(&w, "account", "disable", "HC000001"));
	takes_the_whole_rule(&w, ADAE, "ada-hill");
}

static int stricter(struct txn *t, void *arg)
{
	struct practice p;
	int r = practice_load(t, "hill", &p);

	p.require = *(uint32_t *)arg;
	return r < 0 ? r : practice_save(t, &p);
}

TEST(a_practice_that_wants_more_gets_it)
{
	struct world w = at_work();
	uint32_t require = 1u << FACTOR_TOTP;

	CHECK_INT(in_store(&w, stricter, &require, sizeof require), 0);
	takes_the_whole_rule(&w, ADAE, "ada-hill");
	require = 1u << FACTOR_PIN;
	CHECK_INT(in_store(&w, stricter, &require, sizeof require), 0);
	takes_the_pin(&w, ADAE, "ada-hill");
}
