/* SPDX-License-Identifier: Apache-2.0 */
/* Signing in by an address of two people. What must hold: the password picks the person, at the workstation
 * and nowhere else; a guess counts against both, a sign-in of one against neither. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "factor.h"
#include "store/store.h"
#include "two_people.h"

#define SHARES                                                                                     \
	"You share ada@example.org with somebody. An address of your own is better: hcauth email\n"

TEST(shared_the_password_picks_the_person)
{
	struct world w = two_people();
	struct talk *t = ada_in(&w);

	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->seen, "Password: \nCode: \n" SHARES);
	CHECK_TEXT(t->outcome.user, "adae");
	t = bob_in(&w);
	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->seen, "Password: \nCode: \n" SHARES);
	CHECK_TEXT(t->outcome.user, "bobe");
	CHECK_INT(t->outcome.uid, 20001);
	clock_add(&w, 60);
	CHECK_VERDICT(
		REFUSED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, bob_secret, 0)));
	t = SIGN_IN(&w, "login", "bobe", BOB_PASSWORD, app_code(&w, bob_secret, 0));
	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->seen, "Password: \nCode: \n");
}

TEST(shared_the_activation_code_picks_the_person)
{
	struct world w = two_people();
	struct talk *t = COMMAND(&w, "identity", "reset", "HC000002");
	char code[64];

	CHECK_VERDICT(GRANTED, t);
	CHECK_HAS(t->seen, "of ada@example.org have stopped");
	snprintf(code, sizeof code, "%s", last_line(t));
	CHECK_VERDICT(GRANTED, ada_in(&w)); /* it was bob's */
	CHECK_INT(failures(&w, "bobe"), 0);
	t = SIGN_IN(&w, "login", ADA, code, "@hang-up");
	CHECK_HAS(t->seen, "Welcome, Bob Example.");
	CHECK_INT(failures(&w, "adae"), 0);
	CHECK_INT(failures(&w, "bobe"), 0);
	t = SIGN_IN(&w, "login", ADA, code, BOB_PASSWORD, BOB_PASSWORD, "@hang-up");
	CHECK_HAS(t->seen, "Secret: ");
	t = SIGN_IN(&w, "login", ADA, code, "not it at all");
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(t->seen, "Password: \nThe password you chose: \n");
	CHECK_INT(failures(&w, "adae"), 1); /* his new password was a guess at hers */
	CHECK_INT(failures(&w, "bobe"), 2); /* the code, and what was not it */
	t = SIGN_IN(&w, "login", ADA, code, BOB_PASSWORD, "@totp", "yes", "40286", "40286");
	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->outcome.user, "bobe");
}

TEST(shared_a_wrong_guess_counts_against_both_and_says_no_more_than_any)
{
	struct world w = two_people();
	struct talk *t = SIGN_IN(&w, "login", ADA, "a guess at somebody");

	CHECK_VERDICT(REFUSED, t);
	CHECK(!t->hung_up);
	CHECK_TEXT(t->seen, "Password: \n");
	CHECK_INT(failures(&w, "adae"), 1);
	CHECK_INT(failures(&w, "bobe"), 1);
	for (unsigned i = 0; i < 4; i++)
		CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ADA, "a guess at somebody"));
	t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD);
	CHECK_VERDICT(REFUSED, t);
	CHECK_HAS(t->seen, "Please wait 15 seconds");
	CHECK_INT(failures(&w, "adae"), 5);
	CHECK_INT(failures(&w, "bobe"), 5);
	t = COMMAND(&w, "audit");
	CHECK_HAS(t->seen,
		"ada@example.org (HC000001)   HC000001   stj        login        tty1 root password wrong\n");
	CHECK_HAS(t->seen,
		"ada@example.org (HC000002)   HC000002   stj        login        tty1 root password wrong\n");
	CHECK(!strstr(t->seen, "unknown-names"));
	t = SIGN_IN(&w, "login", "nobody@example.org", "a guess at somebody");
	CHECK_TEXT(t->seen, "Password: \n");
}

TEST(shared_daily_sign_ins_of_one_never_throttle_the_other)
{
	struct world w = two_people();

	for (unsigned i = 0; i < 12; i++) {
		CHECK_VERDICT(GRANTED, ada_in(&w));
		CHECK_INT(failures(&w, "bobe"), 0);
	}
	clock_add(&w, 60);
	for (unsigned i = 0; i < 12; i++) { /* also not those that end before the code */
		CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "@hang-up"));
		clock_add(&w, 900);
	}
	CHECK_INT(failures(&w, "bobe"), 0);
	CHECK_INT(failures(&w, "adae"), 12);
	CHECK_VERDICT(GRANTED, bob_in(&w));
	CHECK_INT(failures(&w, "adae"), 12);
}

/* What one has failed stands when the other signs in; their waits neither end nor begin anew by it. */
TEST(shared_a_sign_in_leaves_the_other_where_they_were)
{
	struct world w = two_people();

	for (unsigned i = 0; i < 5; i++)
		CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", "bobe", "not his"));
	CHECK_VERDICT(
		GRANTED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0)));
	CHECK_INT(failures(&w, "bobe"), 5);
	CHECK_HAS(SIGN_IN(&w, "login", "bobe", BOB_PASSWORD)->seen, "Please wait 15 seconds");
	CHECK_VERDICT(GRANTED, ada_in(&w));
	CHECK_INT(failures(&w, "bobe"), 5);
	CHECK_VERDICT(
		GRANTED, SIGN_IN(&w, "login", "bobe", BOB_PASSWORD, app_code(&w, bob_secret, 0)));
}

TEST(shared_over_the_network_it_is_nobodys_name)
{
	struct world w = two_people();
	struct talk *t;

	clock_add(&w, 60);
	t = SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0));
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(t->seen, "Password: \nCode: \n");
	CHECK_INT(failures_at(&w, "adae", SOURCE_NETWORK), 0);
	t = SIGN_IN(&w, "sshd", "adae", ADA_PASSWORD, app_code(&w, ada_secret, 0));
	CHECK_VERDICT(GRANTED, t);
	clock_add(&w, 60);
	w.rhost = "elsewhere"; /* a service that is local, but not this time */
	t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0));
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(t->seen, "Password: \nCode: \n");
}

TEST(shared_without_a_chooser_and_for_lockers_it_is_nobodys_name)
{
	struct world w = two_people();
	struct talk *t;

	clock_add(&w, 60);
	w.flags = 0;
	t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0));
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(t->seen, "Password: \n");
	CHECK_INT(failures(&w, "adae"), 0);
	w.flags = HELLO_CHOOSER;
	w.peer = 20000; /* ada's own locker */
	t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0));
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(t->seen, "Password: \n");
	t = SIGN_IN(&w, "login", "adae", ADA_PASSWORD, app_code(&w, ada_secret, 0));
	CHECK_VERDICT(GRANTED, t);
}

TEST(shared_a_pin_picks_nobody)
{
	struct world w = two_people();
	struct talk *t = SIGN_IN(&w, "kiosk", ADA, ADA_PIN);

	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(t->seen, "PIN: \n");
	CHECK_VERDICT(GRANTED, SIGN_IN(&w, "kiosk", "adae", ADA_PIN));
}

TEST(shared_the_account_phase_and_the_directory_pick_nobody)
{
	struct world w = two_people();
	struct dir_user u;

	CHECK_INT(published_user(&w, "private.cdb", DIR_NAME, ADA, &u), 0);
	CHECK_INT(u.flags, DIR_SHARED);
	CHECK_TEXT(u.name, "");
	CHECK_INT(u.uid, UINT32_MAX);
	CHECK_INT(published_user(&w, "public.cdb", DIR_USER, "bobe", &u), 0);
	CHECK_VERDICT(UNKNOWN,
		converse(&w, PURPOSE_ACCOUNT, "login", ADA, (const char *const[]){ NULL }));
	CHECK_VERDICT(GRANTED,
		converse(&w, PURPOSE_ACCOUNT, "login", "bobe", (const char *const[]){ NULL }));
}

struct counting {
	struct id owner;
	struct now now;
	unsigned counts, taken;
	struct attempt left;
};

/* counts failures at the second now, takes so many back, and looks. */
static int count_txn(struct txn *t, void *arg)
{
	struct counting *n = arg;
	struct attempt a;
	int r = 0;

	for (unsigned i = 0; r == 0 && i < n->counts; i++)
		r = lockout_count(t, &n->owner, FACTOR_PASSWORD, SOURCE_LOCAL, 0, &n->now, &a);
	for (unsigned i = 0; r == 0 && i < n->taken; i++)
		r = lockout_uncount(t, &n->owner, FACTOR_PASSWORD, SOURCE_LOCAL, &n->now);
	return r < 0
		? r
		: lockout_look(t, &n->owner, FACTOR_PASSWORD, SOURCE_LOCAL, 0, &n->now, &n->left);
}

TEST(shared_what_is_taken_back_is_one_and_never_below_none)
{
	struct world w = world_at("2026-05-04 09:00:00");
	struct counting n = { .owner = { { 1 } }, .now = w.now, .taken = 1 };

	CHECK_INT(in_store(&w, count_txn, &n, sizeof n), 0);
	CHECK_INT(n.left.failures, 0);
	n.counts = 2;
	n.taken = 1;
	CHECK_INT(in_store(&w, count_txn, &n, sizeof n), 0);
	CHECK_INT(n.left.failures, 1);
	n.counts = 0;
	n.taken = 3;
	CHECK_INT(in_store(&w, count_txn, &n, sizeof n), 0);
	CHECK_INT(n.left.failures, 0);
}

/* The wait of an attempt that came in between stands; that of what is taken back does not. */
TEST(shared_what_is_taken_back_ends_no_wait_but_its_own)
{
	struct world w = world_at("2026-05-04 09:00:00");
	struct counting n = { .owner = { { 1 } }, .now = w.now, .counts = 5 };
	struct now first;

	CHECK_INT(in_store(&w, count_txn, &n, sizeof n), 0);
	CHECK_INT(n.left.wait_s, 15);
	n.now.boot_ms += 16000;
	n.counts = n.taken = 1;
	CHECK_INT(in_store(&w, count_txn, &n, sizeof n), 0);
	CHECK_INT(n.left.failures, 5);
	CHECK(n.left.allowed);
	n.taken = 0;
	CHECK_INT(in_store(&w, count_txn, &n, sizeof n), 0);
	CHECK_INT(n.left.failures, 6);
	first = n.now;
	n.now.boot_ms += 31000;
	CHECK_INT(in_store(&w, count_txn, &n, sizeof n), 0);
	CHECK_INT(n.left.failures, 7);
	n.now = first;
	n.counts = 0;
	n.taken = 1;
	CHECK_INT(in_store(&w, count_txn, &n, sizeof n), 0);
	n.now.boot_ms += 31000;
	n.taken = 0;
	CHECK_INT(in_store(&w, count_txn, &n, sizeof n), 0);
	CHECK_INT(n.left.failures, 6);
	CHECK_INT(n.left.wait_s, 30);
}

/* Which can not be, as a new password is tried against the other's: put there behind its back. */
struct copying {
	const struct seal *seal;
};

static int copy_txn(struct txn *t, void *arg)
{
	const struct copying *c = arg;
	struct person ada, bob;
	CREDENTIAL(cred);
	int r;

	if ((r = person_by_name(t, "adae", &ada)) < 0 ||
		(r = person_by_name(t, "bobe", &bob)) < 0 ||
		(r = credential_get(t, c->seal, &ada.owner, FACTOR_PASSWORD, &cred)) < 0)
		return r;
	return credential_put(t, c->seal, &bob.owner, FACTOR_PASSWORD, &cred);
}

TEST(shared_a_password_of_both_picks_neither)
{
	struct world w = two_people();
	struct copying c = { world_seal(&w) };

	CHECK_INT(in_store(&w, copy_txn, &c, sizeof c), 0);
	struct talk *t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD);
	CHECK_VERDICT(REFUSED, t);
	CHECK(!t->hung_up);
	CHECK_TEXT(t->seen, "Password: \n");
	CHECK_INT(failures(&w, "adae"), 1);
	CHECK_INT(failures(&w, "bobe"), 1);
	CHECK_VERDICT(
		GRANTED, SIGN_IN(&w, "login", "adae", ADA_PASSWORD, app_code(&w, ada_secret, 0)));
}
