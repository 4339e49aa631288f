/* SPDX-License-Identifier: Apache-2.0 */
/* A shift. What must hold: after a full sign-in at the workstation the PIN alone is asked for where the
 * settings say so: by su between a person's own accounts, by their lockers, at a login; whatever is
 * missing of that, the whole rule is asked. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

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
	s->local = s->shift = true;
	snprintf(s->name, sizeof s->name, "%s", name);
}

static struct service *service_of(struct world *w, const char *name)
{
	for (size_t i = 0; i < w->conf.nservices; i++)
		if (strcmp(w->conf.service[i].name, name) == 0)
			return &w->conf.service[i];
	CHECK(false);
	return NULL;
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
	CHECK_VERDICT(GRANTED, COMMAND(&w, "lock", ADA)); /* her first sign-in was a full one */
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

TEST(a_shift_of_a_moment_later_has_begun)
{
	struct world w = at_work();

	w.now.boot_ms -= 20; /* read before the sign-in, which got to the store before us */
	takes_the_pin(&w, ADAE, "ada-hill");
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

TEST(a_password_alone_begins_no_shift)
{
	struct world w = two_accounts();

	add_service(&w, "desk");
	service_of(&w, "desk")->nsteps = 1;
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "desk", ADA, ADA_PASSWORD));
	CHECK_VERDICT(GRANTED, phase(&w, PURPOSE_OPEN, "desk", "adae"));
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

/* A remote desktop names no host. What was signed in to by a service that is not local is not here either. */
TEST(a_session_of_a_service_that_is_not_local_makes_the_others_doubtful)
{
	struct world w = at_work();

	w.ticket[0] = 0; /* cron's, which nobody has signed in to, does not */
	w.tty = "cron";
	CHECK_VERDICT(GRANTED, phase(&w, PURPOSE_OPEN, "cron", "adae"));
	w.tty = "pts/9";
	takes_the_pin(&w, ADAE, "ada-hill");
	w.tty = ":10";
	clock_add(&w, 60);
	CHECK_VERDICT(GRANTED,
		SIGN_IN(&w, "xrdp-sesman", "adae", ADA_PASSWORD, app_code(&w, ada_secret, 0)));
	CHECK_VERDICT(GRANTED, phase(&w, PURPOSE_OPEN, "xrdp-sesman", "adae"));
	w.tty = "pts/9";
	takes_the_whole_rule(&w, ADAE, "ada-hill");
	w.tty = ":10";
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

TEST(a_shift_ends_with_the_boot)
{
	struct world w = at_work();

	takes_the_pin(&w, ADAE, "ada-hill");
	memset(w.now.boot, 8, sizeof w.now.boot);
	takes_the_whole_rule(&w, ADAE, "ada-hill");
	CHECK_VERDICT(GRANTED, phase(&w, PURPOSE_OPEN, "login", "adae"));
	takes_the_whole_rule(&w, ADAE, "ada-hill");
}

/* su takes a session at the workstation besides. */
TEST(su_takes_a_session_that_is_open)
{
	struct world w = at_work();

	CHECK_VERDICT(GRANTED, phase(&w, PURPOSE_CLOSE, "login", "adae"));
	takes_the_whole_rule(&w, ADAE, "ada-hill");
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "kiosk", ADA, ADA_PIN));
	CHECK_VERDICT(GRANTED, phase(&w, PURPOSE_OPEN, "kiosk", "adae"));
	takes_the_pin(&w, ADAE, "ada-hill"); /* back at work: it is the same shift */
}

/* Its program was killed, so that nobody closed it. */
TEST(a_session_that_has_ended_is_no_place)
{
	struct world w = two_accounts();

	w.peer_pid = new_session();
	sign_in(&w, "login");
	takes_the_pin(&w, ADAE, "ada-hill");
	CHECK_INT(kill(w.peer_pid, SIGKILL), 0);
	CHECK_INT(waitpid(w.peer_pid, NULL, 0), w.peer_pid);
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

TEST(only_services_that_the_settings_name_have_it)
{
	struct world w = at_work();

	w.ruid = ADAE;
	struct talk *t = SIGN_IN(&w, "login", "ada-hill", ADA_PIN, "000000");
	CHECK_VERDICT(REFUSED, t);
	CHECK_HAS(t->seen, WHOLE_RULE);
	service_of(&w, "su")->shift = false;
	t = SIGN_IN(&w, "su", "ada-hill", ADA_PIN, "000000");
	CHECK_VERDICT(REFUSED, t);
	CHECK_HAS(t->seen, WHOLE_RULE);
	takes_the_pin(&w, ADAE, "ada-hill"); /* su -l */
}

/* A locker is the person's own program. */
TEST(a_locker_takes_the_pin_of_whoever_runs_it)
{
	struct world w = at_work();

	add_service(&w, "vlock");
	w.peer = w.ruid = ADAE;
	w.ticket[0] = 0;
	struct talk *t = SIGN_IN(&w, "vlock", "adae", ADA_PIN);
	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->seen, PIN_ONLY);
	CHECK_TEXT(t->outcome.ticket, "");
	t = SIGN_IN(&w, "vlock", ADA, ADA_PIN);
	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->seen, PIN_ONLY);
	t = SIGN_IN(&w, "vlock", "ada-hill", ADA_PIN, "000000"); /* not who it runs as */
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(t->seen, "");
	w.peer = w.ruid = ADA_HILL; /* there she has no session */
	t = SIGN_IN(&w, "vlock", "ada-hill", ADA_PIN, "000000");
	CHECK_VERDICT(REFUSED, t);
	CHECK_HAS(t->seen, WHOLE_RULE);
}

/* Whatever a person's own program was told, it was not at root's hand. */
TEST(a_locker_begins_no_shift)
{
	struct world w = at_work();

	add_service(&w, "vlock");
	w.peer = ADAE;
	CHECK_VERDICT(GRANTED, COMMAND(&w, "lock"));
	clock_add(&w, 60);
	CHECK_VERDICT(
		GRANTED, SIGN_IN(&w, "vlock", "adae", ADA_PASSWORD, app_code(&w, ada_secret, 0)));
	w.peer = 0;
	takes_the_whole_rule(&w, ADAE, "ada-hill");
}

/* Where the administrator says so: the name is typed, here. */
TEST(a_login_has_it_if_the_settings_say_so)
{
	struct world w = at_work();

	service_of(&w, "login")->shift = true;
	struct talk *t = SIGN_IN(&w, "login", ADA, ADA_PIN);
	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->seen, PIN_ONLY);
	w.rhost = "192.0.2.7";
	t = SIGN_IN(&w, "login", ADA, ADA_PIN, "000000");
	CHECK_VERDICT(REFUSED, t);
	CHECK_HAS(t->seen, WHOLE_RULE);
	w.rhost = "";
	t = SIGN_IN(&w, "login", "nobody@example.org", ADA_PIN, "000000");
	CHECK_VERDICT(REFUSED, t);
	CHECK_HAS(t->seen, WHOLE_RULE);
}

/* Where no session stands for it, and the clock of the boot says no more than before. */
TEST(a_login_has_none_of_the_boot_before)
{
	struct world w = at_work();

	service_of(&w, "login")->shift = true;
	CHECK_TEXT(SIGN_IN(&w, "login", ADA, ADA_PIN)->seen, PIN_ONLY);
	memset(w.now.boot, 8, sizeof w.now.boot);
	CHECK_TEXT(SIGN_IN(&w, "login", ADA, "@hang-up")->seen, WHOLE_RULE);
}

/* By su of nobody in particular, where the settings do not call it local. */
TEST(su_of_root_s_own_has_none)
{
	struct world w = at_work();

	service_of(&w, "su")->local = false;
	struct talk *t = SIGN_IN(&w, "su", "ada-hill", ADA_PIN, "000000");
	CHECK_VERDICT(REFUSED, t);
	CHECK_HAS(t->seen, WHOLE_RULE);
}

/* Counted before it is computed, and closed: two commits. */
TEST(a_pin_within_a_shift_is_one_prompt_and_two_commits)
{
	struct world w = at_work();

	add_service(&w, "vlock");
	w.peer = w.ruid = ADAE;
	w.ticket[0] = 0;
	uint64_t before = world_serial(&w);
	struct talk *t = SIGN_IN(&w, "vlock", "adae", ADA_PIN);
	CHECK_VERDICT(GRANTED, t);
	CHECK_INT(t->asks, 1);
	CHECK_INT(world_serial(&w) - before, 2);
	CHECK_INT(ada_failures(&w, FACTOR_PIN, SOURCE_LOCAL), 0);
}

static void changed_by(struct world *w, const char *verb, const char *new)
{
	static const char *words[2];
	char code[8];

	words[0] = verb;
	clock_add(w, 60);
	snprintf(code, sizeof code, "%s", app_code(w, ada_secret, 0));
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

TEST(a_new_app_and_new_codes_end_the_shift)
{
	struct world w = at_work();
	char code[8];

	clock_add(&w, 60);
	snprintf(code, sizeof code, "%s", app_code(&w, ada_secret, 0));
	w.peer = w.ruid = ADAE;
	CHECK_VERDICT(GRANTED,
		command(&w, (const char *const[]){ "codes", NULL },
			(const char *const[]){ ADA_PASSWORD, code, "yes", NULL }));
	w.peer = w.ruid = 0;
	takes_the_whole_rule(&w, ADAE, "ada-hill");
	sign_in(&w, "login");
	takes_the_pin(&w, ADAE, "ada-hill");
	clock_add(&w, 60);
	snprintf(code, sizeof code, "%s", app_code(&w, ada_secret, 0));
	w.peer = w.ruid = ADAE;
	CHECK_VERDICT(GRANTED,
		command(&w, (const char *const[]){ "totp", NULL },
			(const char *const[]){ ADA_PASSWORD, code, "@totp", NULL }));
	w.peer = w.ruid = 0;
	takes_the_whole_rule(&w, ADAE, "ada-hill");
}

TEST(a_new_password_ends_the_shift)
{
	struct world w = at_work();

	changed_by(&w, "password", "nine loud badgers");
	takes_the_whole_rule(&w, ADAE, "ada-hill");
}

/* Setting up anew, with the same PIN and password, begins another. */
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
	takes_the_pin(&w, ADAE, "ada-hill");
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
	sign_in(&w, "login");
	takes_the_whole_rule(&w, ADAE, "ada-hill");
	CHECK_VERDICT(GRANTED, COMMAND(&w, "account", "enable", "AE2"));
	sign_in(&w, "login");
	takes_the_pin(&w, ADAE, "ada-hill");
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

/* At the screen that she signed in at, and by root's own program; she never had to choose a PIN. */
TEST(a_finger_stands_in_for_the_pin_within_a_shift)
{
	struct world w = at_work();

	w.have = "fingerprint";
	w.ruid = ADAE;
	struct talk *t = SIGN_IN(&w, "su-l", "ada-hill", NULL);
	CHECK_VERDICT(GRANTED, t);
	CHECK_INT(t->asks, 0);
	w.ruid = 0;
	CHECK_VERDICT(GRANTED, COMMAND(&w, "lock", ADA));
	takes_the_whole_rule(&w, ADAE, "ada-hill");
}

TEST(a_finger_is_enough_where_there_is_no_pin)
{
	struct world w = world_at("2026-05-04 09:00:00");
	const char *code = add_ada(&w);

	w.conf.nservices--; /* the kiosk: no rule has a PIN */
	CHECK_VERDICT(GRANTED,
		SIGN_IN(&w, "login", ADA, code, ADA_PASSWORD, ADA_PASSWORD, "@totp", "yes"));
	service_of(&w, "login")->shift = true;
	struct talk *t = SIGN_IN(&w, "login", ADA, ADA_PIN, "000000");
	CHECK_VERDICT(REFUSED, t);
	CHECK_HAS(t->seen, WHOLE_RULE);
	w.have = "fingerprint";
	t = SIGN_IN(&w, "login", ADA, NULL);
	CHECK_VERDICT(GRANTED, t);
	CHECK_INT(t->asks, 0);
	w.rhost = "192.0.2.7";
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ADA, ADA_PIN, "000000"));
}
