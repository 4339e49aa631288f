/* SPDX-License-Identifier: Apache-2.0 */
/* Signs of a login that several people use. What must hold: two places at once, and a right PIN after five
 * wrong ones, are marked and block nobody; two terminals of one workstation are no sign. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "factor.h"
#include "verbs.h"
#include "world.h"

static void sign_in(struct world *w, const char *service, const char *rhost, const char *tty)
{
	w->rhost = rhost;
	w->tty = tty;
	clock_add(w, 60);
	struct talk *t = SIGN_IN(w, service, ADA, ADA_PASSWORD, app_code(w, ada_secret, 0));
	CHECK_TEXT(t->outcome.result == GRANTED ? "granted" : t->seen, "granted");
	t = converse(w, PURPOSE_OPEN, service, "adae", (const char *const[]){ NULL });
	CHECK_INT(t->outcome.result, GRANTED);
}

/* Lines of "hcauth audit --signs", which also says "there are none" by none. */
static unsigned signs(struct world *w, const char *with)
{
	struct world root = *w;
	unsigned n = 0;

	root.peer = 0;
	root.rhost = "";
	struct talk *t = COMMAND(&root, "audit", "--signs");
	CHECK_INT(t->outcome.status, STATUS_DONE);
	CHECK_HAS(t->seen, with);
	for (const char *p = t->seen; (p = strchr(p, '\n')); p++)
		n++;
	return n > 0 ? n - 1 : 0; /* the headings */
}

TEST(two_terminals_of_one_workstation_are_no_sign)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	sign_in(&w, "login", "", "tty1");
	sign_in(&w, "login", "", "tty2");
	CHECK_INT(signs(&w, ""), 0);
	CHECK_HAS(COMMAND(&w, "status")->seen, "shared_login_signs   0");
}

TEST(here_and_from_afar_at_once_is_a_sign)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	sign_in(&w, "login", "", "tty1");
	sign_in(&w, "sshd", "192.0.2.7", "ssh");
	CHECK_INT(signs(&w, "two places at once: 192.0.2.7 and this workstation"), 1);
	w.rhost = "";
	CHECK_HAS(COMMAND(&w, "status")->seen, "shared_login_signs   1");
}

TEST(from_two_hosts_at_once_is_a_sign_and_from_one_twice_is_none)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	sign_in(&w, "sshd", "192.0.2.7", "pts/1");
	sign_in(&w, "sshd", "192.0.2.7", "pts/2");
	CHECK_INT(signs(&w, ""), 0);
	sign_in(&w, "sshd", "198.51.100.1", "pts/3");
	CHECK_INT(signs(&w, "198.51.100.1 and 192.0.2.7"), 1);
}

TEST(a_session_that_is_over_is_no_other_place)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	sign_in(&w, "login", "", "tty1");
	w.now.boot[0]++; /* the machine was started anew */
	sign_in(&w, "sshd", "192.0.2.7", "pts/1");
	CHECK_INT(signs(&w, ""), 0);
}

/* Nothing says where a session without a ticket is. */
TEST(a_session_of_nowhere_is_no_sign)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	w.ticket[0] = 0;
	struct talk *t = converse(&w, PURPOSE_OPEN, "cron", "adae", (const char *const[]){ NULL });
	CHECK_INT(t->outcome.result, GRANTED);
	sign_in(&w, "sshd", "192.0.2.7", "pts/1");
	CHECK_INT(signs(&w, ""), 0);
}

/* At the other account of the same person; where else they are is the other practice's business. */
TEST(another_account_of_the_same_person_counts_but_its_place_is_not_named)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	COMMAND(&w, "practice", "add", "hill", "Hill Clinic");
	struct talk *t = COMMAND(&w, "account", "add", "HILL7", "--practice", "hill", "--identity",
		ADA, "--user", "ada-hill");
	CHECK_INT(t->outcome.status, STATUS_DONE);
	sign_in(&w, "sshd", "192.0.2.7", "pts/1");
	w.rhost = "198.51.100.1";
	t = converse(&w, PURPOSE_OPEN, "sshd", "ada-hill", (const char *const[]){ NULL });
	CHECK_INT(t->outcome.result, GRANTED);
	CHECK_INT(signs(&w, "two places at once: 198.51.100.1 and elsewhere"), 1);
	for (int i = 0; i < 2; i++) { /* root's alone to see */
		t = COMMAND(&w, "audit", "--signs", "--practice", i ? "hill" : "stj");
		CHECK_INT(t->outcome.status, STATUS_DONE);
		CHECK_TEXT(t->seen, "");
	}
}

static void pins(struct world *w, int wrong)
{
	for (int i = 0; i < wrong; i++)
		CHECK_INT(SIGN_IN(w, "kiosk", ADA, "00000")->outcome.result, REFUSED);
	struct talk *t = SIGN_IN(w, "kiosk", ADA, ADA_PIN);
	CHECK_TEXT(t->outcome.result == GRANTED ? "granted" : t->seen, "granted");
}

TEST(five_wrong_pins_and_a_right_one_are_a_sign)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	pins(&w, 4);
	CHECK_INT(signs(&w, ""), 0);
	pins(&w, 5);
	CHECK_INT(signs(&w, "5 wrong PINs, then a right one"), 1);
	pins(&w, 0); /* the count began anew */
	CHECK_INT(signs(&w, ""), 1);
}
