/* SPDX-License-Identifier: Apache-2.0 */
/* Whose an address of two people is. What must hold: no practice's policy is gone round; nothing picks one
 * of the two unless it is said which; one can not choose the other's password, and pays for trying; who
 * leaves the address leaves it to the other. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "factor.h"
#include "shared.h"
#include "store/store.h"
#include "two_people.h"
#include "verbs.h"

/* --- whose address it may be --- */

TEST(shared_only_where_every_practice_of_both_allows_it)
{
	struct world w = world_at("2026-05-04 09:00:00");
	struct talk *t;

	enrol_ada(&w);
	t = COMMAND(&w, "identity", "share", ADA, "--name", "Bob Example");
	CHECK_INT(t->outcome.status, STATUS_REFUSED);
	CHECK_HAS(t->seen, "does not allow");
	CHECK_VERDICT(
		GRANTED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0)));
	allow_shared(&w, "stj", true);
	CHECK_VERDICT(GRANTED, COMMAND(&w, "identity", "share", ADA, "--name", "Bob Example"));
	CHECK_VERDICT(GRANTED, COMMAND(&w, "practice", "add", "hill", "Hill Clinic"));
	for (unsigned i = 0; i < 2; i++) {
		t = COMMAND(&w, "account", "add", "AE2", "--practice", "hill", "--identity", ADA,
			"--name", i ? "Ada Example" : "Bob Example", "--user", "hilly");
		CHECK_INT(t->outcome.status, STATUS_REFUSED);
		CHECK_HAS(t->seen, "does not allow");
	}
	CHECK_INT(COMMAND(&w, "account", "show", "AE2")->outcome.status, STATUS_NO_SUCH);
	allow_shared(&w, "hill", true);
	CHECK_VERDICT(GRANTED,
		COMMAND(&w, "account", "add", "AE2", "--practice", "hill", "--identity", ADA,
			"--name", "Bob Example", "--user", "hilly"));
	allow_shared(&w, "hill", false); /* of the other's practices, too */
	t = COMMAND(&w, "account", "add", "AE3", "--practice", "stj", "--identity", ADA, "--name",
		"Ada Example", "--user", "ada-two");
	CHECK_INT(t->outcome.status, STATUS_REFUSED);
}

TEST(shared_by_two_and_no_more_and_of_different_names)
{
	struct world w = world_at("2026-05-04 09:00:00");
	struct talk *t;

	t = COMMAND(&w, "identity", "share", ADA, "--name", "Bob Example");
	CHECK_INT(t->outcome.status, STATUS_NO_SUCH);
	with_messages(&w);
	add_bob(&w);
	t = COMMAND(&w, "identity", "share", ADA, "--name", "Eve Example");
	CHECK_INT(t->outcome.status, STATUS_EXISTS);
	CHECK_INT(COMMAND(&w, "identity", "add", ADA, "--name", "Eve Example")->outcome.status,
		STATUS_EXISTS);
	t = COMMAND(&w, "identity", "share", "HC000001", "--name", "Eve Example");
	CHECK_INT(t->outcome.status, STATUS_NO_SUCH);
	CHECK_VERDICT(GRANTED,
		COMMAND(&w, "identity", "add", "eve@example.org", "--name", "Eve Example"));
	t = COMMAND(&w, "identity", "share", "eve@example.org", "--name", "Eve Example");
	CHECK_INT(t->outcome.status, STATUS_REFUSED);
	CHECK_HAS(t->seen, "has that name, too");
	CHECK_INT(COMMAND(&w, "identity", "show", "eve@example.org")->outcome.status, STATUS_DONE);
}

TEST(shared_the_mailbox_is_told_when_it_begins)
{
	struct world w = world_at("2026-05-04 09:00:00");

	with_messages(&w);
	add_bob(&w);
	const struct message *m = queued_message(&w, CHANNEL_EMAIL, 0);
	CHECK(m != NULL);
	CHECK_TEXT(m->template, "shared");
	CHECK_TEXT(m->to, ADA);
	CHECK_TEXT(m->what, ADA);
	CHECK_TEXT(m->practice, "St John's Surgery");
}

TEST(shared_commands_never_pick_one_of_the_two)
{
	static const char *const verbs[][2] = { { "identity", "show" }, { "identity", "disable" },
		{ "identity", "enable" }, { "identity", "reset" } };
	struct world w = two_people();
	struct talk *t;

	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
		t = COMMAND(&w, verbs[i][0], verbs[i][1], ADA);
		CHECK_INT(t->outcome.status, STATUS_REFUSED);
		CHECK_TEXT(t->seen,
			"Two people share this address. Name the person by one of their user IDs.\n");
	}
	t = COMMAND(&w, "unlock", ADA);
	CHECK_HAS(t->seen, "Name the person by one of their user IDs.");
	t = COMMAND(&w, "account", "add", "HC3", "--practice", "stj", "--identity", ADA, "--user",
		"three");
	CHECK_INT(t->outcome.status, STATUS_REFUSED);
	CHECK_HAS(t->seen, "Say which by --name");
	t = COMMAND(&w, "account", "add", "HC3", "--practice", "stj", "--identity", ADA, "--name",
		"Eve Example", "--user", "three");
	CHECK_INT(t->outcome.status, STATUS_NO_SUCH);
	CHECK_INT(COMMAND(&w, "account", "show", ADA)->outcome.status, STATUS_NO_SUCH);
	CHECK_VERDICT(GRANTED,
		COMMAND(&w, "account", "add", "HC3", "--practice", "stj", "--identity", "hc000002",
			"--user", "three"));
	CHECK_HAS(COMMAND(&w, "identity", "show", "HC000002")->seen, "Bob Example");
	CHECK_HAS(COMMAND(&w, "identity", "show", "hc000001")->seen, "Ada Example");
	CHECK_VERDICT(GRANTED, COMMAND(&w, "identity", "disable", "HC000002"));
	CHECK_HAS(bob_in(&w)->seen, "switched off");
	CHECK_VERDICT(GRANTED, ada_in(&w));
	for (unsigned i = 0; i < 5; i++)
		CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ADA, "a guess at somebody"));
	CHECK_VERDICT(GRANTED, COMMAND(&w, "unlock", "HC000001"));
	CHECK_INT(failures(&w, "adae"), 0);
	CHECK_INT(failures(&w, "bobe"), 5);
}

/* For a manager who sees one of the two there is no other. */
TEST(shared_a_manager_sees_the_one_of_their_own_practice)
{
	struct world w = two_people();
	struct talk *t;

	CHECK_VERDICT(GRANTED, COMMAND(&w, "practice", "add", "hill", "Hill Clinic"));
	allow_shared(&w, "hill", true);
	t = COMMAND(&w, "practice", "set", "hill", "--manager", ADA);
	CHECK_INT(t->outcome.status, STATUS_NO_SUCH);
	CHECK_VERDICT(GRANTED,
		COMMAND(&w, "account", "add", "AE2", "--practice", "hill", "--identity", ADA,
			"--name", "Bob Example", "--user", "bob-hill"));
	CHECK_VERDICT(GRANTED, COMMAND(&w, "practice", "set", "hill", "--manager", ADA));
	t = COMMAND(&w, "practice", "set", "stj", "--manager", ADA);
	CHECK_INT(t->outcome.status, STATUS_REFUSED);
	CHECK_HAS(t->seen, "Name the person by one of their user IDs.");
	CHECK_VERDICT(GRANTED, COMMAND(&w, "practice", "set", "stj", "--manager", "HC000001"));
}

/* --- the one password --- */

static struct talk *bob_chooses(struct world *w, const char *first, const char *second)
{
	static const char *const words[] = { "password", NULL };
	const char *answers[] = { BOB_PASSWORD, app_code(w, bob_secret, 0), first, first, second,
		second, NULL };

	w->peer = 20001;
	struct talk *t = command(w, words, answers);
	w->peer = 0;
	clock_add(w, 60);
	return t;
}

#define NEW "New password: \nNew password again: \n"

TEST(shared_one_can_not_choose_the_others_password)
{
	struct world w = two_people();
	struct talk *t = bob_chooses(&w, ADA_PASSWORD, "nine odd lighthouses");

	CHECK_VERDICT(GRANTED, t);
	CHECK_HAS(t->seen,
		NEW "That password cannot be used. Please choose another.\n" NEW
		    "Your password is changed.\n");
	CHECK_INT(failures_at(&w, "adae", SOURCE_NETWORK), 2);
	t = SIGN_IN(&w, "login", ADA, "nine odd lighthouses", app_code(&w, bob_secret, 0));
	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->outcome.user, "bobe");
}

TEST(shared_choosing_is_a_counted_guess_that_has_to_wait)
{
	struct world w = two_people();
	struct talk *t = bob_chooses(&w, ADA_PASSWORD, ADA_PASSWORD);

	CHECK_VERDICT(REFUSED, t);
	CHECK_HAS(t->seen, "cannot be used");
	CHECK_VERDICT(REFUSED, bob_chooses(&w, ADA_PASSWORD, ADA_PASSWORD));
	CHECK_INT(failures_at(&w, "adae", SOURCE_NETWORK), 4);
	t = bob_chooses(&w, ADA_PASSWORD, "nine odd lighthouses");
	CHECK_VERDICT(REFUSED, t);
	CHECK_HAS(t->seen, "cannot be used");
	CHECK_HAS(t->seen, "Please wait 15 seconds");
	CHECK_INT(failures_at(&w, "adae", SOURCE_NETWORK), 5);
	t = SIGN_IN(&w, "login", ADA, BOB_PASSWORD, app_code(&w, bob_secret, 0));
	CHECK_VERDICT(GRANTED, t);
}

struct racing {
	struct now now;
	enum shared_password said;
	int before, after;
};

struct racer {
	struct conv *c;
	struct person ada, bob;
	struct rival rival;
	bool change;
};

static int find_both(struct txn *t, void *arg)
{
	struct racer *r = arg;
	int n = person_by_name(t, "adae", &r->ada);

	return n < 0 ? n : person_by_name(t, "bobe", &r->bob);
}

/* ada's password is written anew, or bob's is about to be. */
static int race_txn(struct txn *t, void *arg)
{
	struct racer *r = arg;
	CREDENTIAL(cred);

	if (!r->change)
		return rival_same(t, r->c, &r->bob, &r->rival);
	int n = credential_get(t, r->c->seal, &r->ada.owner, FACTOR_PASSWORD, &cred);
	return n < 0 ? n : credential_put(t, r->c->seal, &r->ada.owner, FACTOR_PASSWORD, &cred);
}

static void race(struct conv *c, void *arg)
{
	struct racing *out = arg;
	struct racer r = { .c = c };
	SECRET(text);

	text.len = (uint32_t)snprintf(text.text, sizeof text.text, "nine odd lighthouses");
	CHECK_INT(store_read(c->store, find_both, &r), 0);
	out->said = shared_password(c, &r.bob, &text, &r.rival);
	out->before = store_update(c->store, NEED_SPACE, race_txn, &r);
	r.change = true;
	CHECK_INT(store_update(c->store, NEED_SPACE, race_txn, &r), 0);
	r.change = false;
	out->after = store_update(c->store, NEED_SPACE, race_txn, &r);
}

TEST(shared_two_who_choose_at_once_are_told_apart_at_the_commit)
{
	struct world w = two_people();
	struct racing r = { .said = SHARED_UNKNOWN };

	in_conversation(&w, race, &r, sizeof r);
	CHECK_INT(r.said, SHARED_FREE);
	CHECK_INT(r.before, 0);
	CHECK_INT(r.after, -EAGAIN);
}

/* --- leaving it --- */

struct leaving {
	const char *user;
	char new[64];
	bool shared[2]; /* before and after */
	int other;
};

/* As an address of one's own is made: released, then another claimed. */
static int leave_txn(struct txn *t, void *arg)
{
	struct leaving *l = arg;
	struct person p;
	struct identity other;
	int r = person_by_name(t, l->user, &p);

	if (r < 0)
		return r;
	l->shared[0] = address_is_shared(t, &p.identity);
	if ((r = address_release(t, &p.identity)) < 0)
		return r;
	snprintf(p.identity.email, sizeof p.identity.email, "%s", l->new);
	if ((r = address_claim(t, &p.identity)) < 0)
		return r;
	l->shared[1] = address_is_shared(t, &p.identity);
	l->other = address_other(t, &p.identity, &other);
	return identity_save(t, &p.identity);
}

static void leave(struct world *w, const char *user, const char *new)
{
	struct leaving l = { .user = user };

	snprintf(l.new, sizeof l.new, "%s", new);
	CHECK_INT(in_store(w, leave_txn, &l, sizeof l), 0);
	CHECK(l.shared[0] && !l.shared[1]);
	CHECK_INT(l.other, -ENOENT);
}

/* who is "adae" or "bobe". */
static void check_leaving(const char *who, const char *stays, const char *left)
{
	struct world w = two_people();
	struct dir_user u;

	leave(&w, who, "own@example.org");
	struct talk *t = strcmp(stays, "adae") == 0 ? ada_in(&w) : bob_in(&w);
	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->seen, "Password: \nCode: \n");
	CHECK_TEXT(t->outcome.user, stays);
	CHECK_INT(published_user(&w, "private.cdb", DIR_NAME, ADA, &u), 0);
	CHECK_TEXT(u.name, stays);
	CHECK_INT(published_user(&w, "private.cdb", DIR_NAME, "own@example.org", &u), 0);
	CHECK_TEXT(u.name, who);
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ADA, left));
	CHECK_INT(failures(&w, stays), 1);
	CHECK_INT(failures(&w, who), 0);
	CHECK_INT(COMMAND(&w, "identity", "show", ADA)->outcome.status, STATUS_DONE);
	CHECK_VERDICT(GRANTED, /* and may be shared again */
		COMMAND(&w, "identity", "share", ADA, "--name", "Cat Example"));
}

TEST(shared_the_first_leaves_it_to_the_second)
{
	check_leaving("adae", "bobe", ADA_PASSWORD);
}

TEST(shared_the_second_leaves_it_to_the_first)
{
	check_leaving("bobe", "adae", BOB_PASSWORD);
}
