/* SPDX-License-Identifier: Apache-2.0 */
/* hcauth lock and hcauth status. What must hold: whoever ends a shift ends it at once, a prompt that is
 * open already included; managers end those of their own people; status tells people their own. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "factor.h"
#include "people.h"
#include "staff.h"
#include "store/store.h"
#include "world.h"

enum { ADAE = 20000, HOUR = 3600 };

#define CHECK_VERDICT(v, talk) CHECK_INT((talk)->outcome.result, v)

static void full_sign_in(struct world *w)
{
	clock_add(w, 60);
	CHECK_VERDICT(GRANTED, SIGN_IN(w, "login", ADA, ADA_PASSWORD, app_code(w, ada_secret, 0)));
	CHECK_VERDICT(
		GRANTED, converse(w, PURPOSE_OPEN, "login", "adae", (const char *const[]){ NULL }));
	w->ticket[0] = 0;
}

/* ada has just signed in at tty1, where a locker runs as her. */
static struct world at_work(void)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	struct service *s = &w.conf.service[w.conf.nservices++];
	*s = w.conf.service[0];
	s->local = s->shift = true;
	snprintf(s->name, sizeof s->name, "%s", "vlock");
	full_sign_in(&w);
	return w;
}

static struct world as_ada(const struct world *root)
{
	struct world w = *root;

	w.peer = w.ruid = ADAE;
	return w;
}

static bool takes_the_pin(const struct world *root)
{
	struct world w = as_ada(root);
	struct talk *t = SIGN_IN(&w, "vlock", "adae", ADA_PIN, "000000");

	return t->outcome.result == GRANTED && t->asks == 1;
}

TEST(lock_ends_one_s_own_shift_without_a_question)
{
	struct world root = at_work(), w = as_ada(&root);

	CHECK(takes_the_pin(&root));
	struct talk *t = COMMAND(&w, "lock");
	CHECK_VERDICT(GRANTED, t);
	CHECK_INT(t->asks, 0);
	CHECK_HAS(t->seen, "Your shift here is over");
	CHECK(!takes_the_pin(&root));
	CHECK_HAS(COMMAND(&root, "audit")->seen, "shift-ended");
	CHECK_VERDICT(GRANTED, COMMAND(&w, "lock")); /* none any more: the same */
}

/* Anybody may say it at any time, and records stay for good. */
TEST(lock_without_a_shift_leaves_no_record)
{
	struct world root = at_work(), w = as_ada(&root);
	static char first[24000];

	CHECK_VERDICT(GRANTED, COMMAND(&w, "lock"));
	snprintf(first, sizeof first, "%s", COMMAND(&root, "audit")->seen);
	for (int i = 0; i < 3; i++)
		CHECK_VERDICT(GRANTED, COMMAND(&w, "lock"));
	CHECK_TEXT(COMMAND(&root, "audit")->seen, first);
}

TEST(root_ends_somebody_s_shift)
{
	struct world root = at_work();

	CHECK_VERDICT(GRANTED, COMMAND(&root, "lock", ADA));
	CHECK(!takes_the_pin(&root));
	CHECK_INT(COMMAND(&root, "lock", "nosuch@example.org")->outcome.status, STATUS_NO_SUCH);
	CHECK_INT(COMMAND(&root, "lock")->outcome.status, STATUS_NOT_ALLOWED);
}

/* Which practice's managers may is in isolation.c. To them there is nothing to see whether there was one. */
TEST(a_manager_is_told_the_same_with_and_without_a_shift)
{
	struct world root = staff(), ada = as_person(&root, ADA_UID);
	static char first[24000];

	struct talk *t = COMMAND(&ada, "lock", "HC4");
	CHECK_VERDICT(GRANTED, t);
	CHECK_INT(t->asks, 0);
	snprintf(first, sizeof first, "%s", t->seen);
	CHECK_TEXT(COMMAND(&ada, "lock", "HC4")->seen, first);
}

static void lock_ada(struct world *root)
{
	CHECK_VERDICT(GRANTED, COMMAND(root, "lock", ADA));
}

/* The prompt was there before: its answer comes too late. */
TEST(a_shift_that_ends_while_the_pin_is_typed_lets_nobody_in)
{
	struct world root = at_work(), w = as_ada(&root);

	w.meanwhile = lock_ada;
	struct talk *t = SIGN_IN(&w, "vlock", "adae", "@meanwhile", ADA_PIN);
	CHECK_VERDICT(REFUSED, t);
	CHECK_HAS(t->seen, "Your shift here is over");
	CHECK_HAS(COMMAND(&root, "audit")->seen, "pin right, the shift was over");
}

TEST(an_unlocked_pin_goes_on_with_no_shift)
{
	struct world root = at_work(), w = as_ada(&root);

	for (unsigned i = 0; i < 10; i++)
		CHECK_VERDICT(REFUSED, SIGN_IN(&w, "vlock", "adae", "00000"));
	CHECK(!takes_the_pin(&root));
	CHECK_VERDICT(GRANTED, COMMAND(&root, "unlock", ADA));
	CHECK(!takes_the_pin(&root));
}

TEST(who_is_switched_off_or_leaves_has_no_shift)
{
	struct world root = at_work();

	CHECK_VERDICT(GRANTED, COMMAND(&root, "identity", "disable", ADA));
	CHECK(!takes_the_pin(&root));
	CHECK_VERDICT(GRANTED, COMMAND(&root, "identity", "enable", ADA));
	CHECK(!takes_the_pin(&root)); /* it does not come back */
	full_sign_in(&root);
	CHECK(takes_the_pin(&root));
	CHECK_VERDICT(GRANTED, COMMAND(&root, "account", "disable", "HC000001"));
	CHECK_VERDICT(GRANTED, COMMAND(&root, "account", "enable", "HC000001"));
	CHECK(!takes_the_pin(&root));
	full_sign_in(&root);
	CHECK_VERDICT(GRANTED, COMMAND(&root, "leave", ADA));
	CHECK(!takes_the_pin(&root));
}

/* A hash that is made costlier by the PIN's own use: nobody chose anything. */
TEST(a_costlier_hash_leaves_the_shift_as_it_is)
{
	struct world root = at_work();

	root.conf.argon_passes++;
	CHECK(takes_the_pin(&root));
	CHECK(takes_the_pin(&root));
}

TEST(status_tells_the_shift_and_what_one_signs_in_with)
{
	struct world root = at_work(), w = as_ada(&root);

	struct talk *t = COMMAND(&w, "status");
	CHECK_VERDICT(GRANTED, t);
	CHECK_INT(t->asks, 0);
	CHECK_HAS(t->seen,
		"Shift: until 19:02, begun at tty1 with password and app. To end it: hcauth lock\n");
	CHECK_HAS(t->seen, "Password: works\nApp: works\nRecovery codes: 12 left\nPIN: works\n");
	t = COMMAND(&w, "status", "--json");
	CHECK_HAS(t->seen, "\"until\":\"2026-05-04T19:02:00Z\"");
	CHECK_HAS(t->seen, "\"factors\":[\"password\",\"totp\",\"recovery\",\"pin\"]");
	CHECK_HAS(t->seen, "\"locked\":[]");
	CHECK(!strstr(t->seen, "directory")); /* the machine's is root's */
	CHECK_HAS(COMMAND(&root, "status")->seen, "directory_published");
}

TEST(status_tells_that_there_is_no_shift_and_that_the_pin_is_locked)
{
	struct world root = at_work(), w = as_ada(&root);

	for (unsigned i = 0; i < 10; i++)
		CHECK_VERDICT(REFUSED, SIGN_IN(&w, "vlock", "adae", "00000"));
	clock_add(&w, 10 * HOUR);
	struct talk *t = COMMAND(&w, "status");
	CHECK_HAS(t->seen, "Shift: none now.");
	CHECK_HAS(t->seen, "PIN: locked after too many tries");
	CHECK_HAS(COMMAND(&w, "status", "--json")->seen, "\"shift\":null");
	CHECK_HAS(COMMAND(&w, "status", "--json")->seen, "\"locked\":[\"pin\"]");
	w.conf.shift_s = 0;
	CHECK_HAS(COMMAND(&w, "status")->seen, "Shift: this machine has none.");
}

static int drop_pin(struct txn *t, void *arg)
{
	struct person ada;
	int r = person_by_name(t, ADA, &ada);

	(void)arg;
	return r < 0 ? r : credential_del(t, &ada.owner, FACTOR_PIN);
}

TEST(status_tells_whoever_has_no_pin_that_it_would_be_enough)
{
	struct world root = at_work();

	int none = 0;

	CHECK_INT(in_store(&root, drop_pin, &none, sizeof none), 0);
	full_sign_in(&root);
	struct world w = as_ada(&root);
	struct talk *t = COMMAND(&w, "status");
	CHECK_HAS(t->seen, "Your PIN would be enough, but you have none: hcauth pin\n");
	CHECK(!strstr(t->seen, "Shift: until 19:02, begun at tty1 with password and app. To end"));
}
