/* SPDX-License-Identifier: Apache-2.0 */
/* What changes between the first prompt and the closing transaction. What must hold: it is the state at the
 * close that counts. */
#include <string.h>

#include "check.h"
#include "people.h"
#include "proof.h"
#include "store/store.h"
#include "world.h"

#define CHECK_VERDICT(v, talk) CHECK_INT((talk)->outcome.result, v)

/* Refused by the daemon: a script that was too short leaves no verdict either. */
static void check_refused(const struct talk *t)
{
	CHECK(!t->hung_up);
	CHECK_INT(t->outcome.result, REFUSED);
}

static void changes_password(struct world *w)
{
	const char *const words[] = { "password", NULL };
	const char *const answers[] = { ADA_PASSWORD, app_code(w, ada_secret, 0),
		"another eight words", "another eight words", NULL };

	CHECK_VERDICT(GRANTED, ada_says(w, words, answers));
}

TEST(a_password_changed_before_the_code_is_typed_is_the_old_one)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	clock_add(&w, 60);
	w.meanwhile = changes_password;
	check_refused(SIGN_IN(
		&w, "login", ADA, ADA_PASSWORD, "@meanwhile", app_code(&w, ada_secret, 1), ""));
	clock_add(&w, 60);
	CHECK_VERDICT(GRANTED,
		SIGN_IN(&w, "login", ADA, "another eight words", app_code(&w, ada_secret, 0), ""));
}

static void unlinks(struct world *root)
{
	CHECK_VERDICT(GRANTED, COMMAND(root, "account", "unlink", "HC000001"));
	CHECK_VERDICT(GRANTED, COMMAND(root, "account", "enable", "HC000001"));
}

TEST(an_account_that_is_nobody_s_any_more_is_not_signed_in_to)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	clock_add(&w, 60);
	w.meanwhile = unlinks;
	w.peer = 20000; /* a locker: nothing is asked that would look once more */
	check_refused(SIGN_IN(
		&w, "login", "adae", ADA_PASSWORD, "@meanwhile", app_code(&w, ada_secret, 0)));
}

/* An address stands for the account used last. */
TEST(a_locker_is_not_unlocked_as_another_account_of_one_s_own)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	CHECK_VERDICT(GRANTED, COMMAND(&w, "practice", "add", "hill", "Hill Clinic"));
	CHECK_VERDICT(GRANTED,
		COMMAND(&w, "account", "add", "AE2", "--practice", "hill", "--identity", ADA,
			"--user", "ada-hill"));
	clock_add(&w, 60);
	w.peer = 20001;
	check_refused(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0)));
	clock_add(&w, 60);
	w.peer = 20000;
	CHECK_VERDICT(
		GRANTED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0)));
}

static void uses_the_code(struct world *root)
{
	CHECK_VERDICT(GRANTED,
		SIGN_IN(root, "login", ADA, ADA_PASSWORD, shown_code(ada_seen, 2), ADA_PIN, ""));
}

TEST(a_recovery_code_used_before_the_end_is_used_up)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	CHECK_VERDICT(GRANTED, COMMAND(&w, "practice", "set", "stj", "--require", "pin"));
	w.meanwhile = uses_the_code;
	check_refused(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, shown_code(ada_seen, 2), "@meanwhile",
		ADA_PIN, ""));
}

struct end {
	bool as_it_is, of_another_letter, outdated;
};

static int find_ada(struct txn *t, void *arg)
{
	return person_by_name(t, ADA, arg);
}

static int print_of(struct txn *t, void *arg)
{
	struct proof *p = arg;

	return credential_exists(t, &p->who.owner, FACTOR_ACTIVATION) ? 0 : -1;
}

/* Somebody who has gone to the end of enrolment by a letter. */
static void close_enrolment(struct conv *c, void *arg)
{
	struct end *e = arg;
	PROOF(p);

	CHECK_INT(store_read(c->store, find_ada, &p.who), 0);
	CHECK_INT(store_read(c->store, print_of, &p), 0);
	p.enrolled = true;
	p.print[0] = 1;
	e->of_another_letter = proof_close(c, &p, AUDIT_ENROLLED, false);
	e->outdated = p.outdated;
}

static void nothing_told(void *arg, const struct tell *t)
{
	(void)arg;
	(void)t;
}

static void close_quietly(struct conv *c, void *arg)
{
	c->io.tell = nothing_told;
	close_enrolment(c, arg);
}

TEST(enrolment_by_a_letter_that_was_replaced_ends_in_no_sign_in)
{
	struct world w = world_at("2026-05-04 09:00:00");
	struct end e = { .of_another_letter = true };

	add_ada(&w);
	in_conversation(&w, close_quietly, &e, sizeof e);
	CHECK(!e.of_another_letter);
	CHECK(e.outdated);
}

static int harm_counts(struct txn *t, void *arg)
{
	struct key at = { .len = 0 };
	struct bytes row;
	unsigned *n = arg;

	while (txn_next(t, TABLE_LOCKOUT, "", 0, &at, &row) == 0 && row.len > 1)
		if (txn_put(t, TABLE_LOCKOUT, at.bytes, at.len, "\1", 1) == 0)
			++*n;
	return 0;
}

TEST(a_count_that_does_not_read_is_not_none)
{
	struct world w = world_at("2026-05-04 09:00:00");
	unsigned n = 0;

	enrol_ada(&w);
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ADA, "wrong"));
	CHECK_INT(in_store(&w, harm_counts, &n, sizeof n), 0);
	CHECK(n > 0);
	struct talk *t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0), "");
	CHECK_INT(t->outcome.result, REFUSED);
	CHECK_INT(t->asks, 1); /* it died at the first count */
}
