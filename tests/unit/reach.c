/* SPDX-License-Identifier: Apache-2.0 */
/* How far a manager reaches. What must hold: no further than their practice's own people, and nothing that
 * they do takes from others what is theirs. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "account_new.h"
#include "check.h"
#include "factor.h"
#include "people.h"
#include "staff.h"
#include "store/store.h"

static void is_refused(const struct talk *t)
{
	CHECK_INT(t->outcome.result, REFUSED);
	CHECK_INT(t->outcome.status, STATUS_REFUSED);
}

static struct talk *invite_as_user(struct world *w, const char *user)
{
	return COMMAND(w, "invite", "--practice", "stj", "--name", "Fay New", "--user", user);
}

TEST(a_manager_names_system_users_of_their_practice_alone)
{
	static const char *const no[] = { "docker", "postgres", "wheel", "newcomer", "stj", "-stj",
		"fay-hill", "faystj", "fay-stj2" };
	struct world w = staff(), ada = as_person(&w, ADA_UID);

	for (size_t i = 0; i < sizeof no / sizeof *no; i++)
		is_refused(invite_as_user(&ada, no[i]));
	CHECK_INT(invite_as_user(&ada, "fay-stj")->outcome.result, GRANTED);
	CHECK_INT(invite_as_user(&w, "fay")->outcome.result, GRANTED); /* root's is root's */
}

TEST(nobody_takes_the_names_of_hcauth_s_own_users)
{
	static const char *const no[] = { "newcomer", "hcauthd", "hcauth-courier" };
	struct world w = staff();

	for (size_t i = 0; i < sizeof no / sizeof *no; i++) {
		is_refused(invite_as_user(&w, no[i]));
		is_refused(COMMAND(&w, "account", "add", "HC9", "--practice", "stj", "--user",
			no[i], "--existing"));
		is_refused(COMMAND(
			&w, "account", "add", no[i], "--practice", "stj", "--user", "nine"));
		is_refused(COMMAND(&w, "account", "add", "HC9", "--practice", "stj", "--user",
			"nine", "--groups", no[i]));
	}
	COMMAND(&w, "practice", "add", "courier", "Courier Surgery");
	is_refused(COMMAND(&w, "invite", "--practice", "courier", "--name", "Fay New", "--user",
		"hcauth-courier"));
}

/* --- leavers --- */

struct tries {
	unsigned after;
	struct now now;
};

/* Four wrong passwords of Cat's, from afar. */
static int try_in_vain(struct txn *t, void *arg)
{
	struct tries *f = arg;
	struct attempt a;
	struct person p;
	int r = person_by_name(t, "cat-hill", &p);

	for (int i = 0; r == 0 && i < 4; i++)
		r = lockout_count(t, &p.owner, FACTOR_PASSWORD, SOURCE_NETWORK, 0, &f->now, &a);
	return r;
}

static int look_at_tries(struct txn *t, void *arg)
{
	struct tries *f = arg;
	struct attempt a;
	struct person p;
	int r = person_by_name(t, "cat-hill", &p);

	if (r == 0)
		r = lockout_look(t, &p.owner, FACTOR_PASSWORD, SOURCE_NETWORK, 0, &f->now, &a);
	f->after = a.failures;
	return r;
}

static int move_cat(struct txn *t, void *arg)
{
	struct person p;
	int r = person_by_name(t, "cat-hill", &p);

	(void)arg;
	if (r < 0 || (r = address_release(t, &p.identity)) < 0)
		return r;
	snprintf(p.identity.email, sizeof p.identity.email, "cat@elsewhere.example");
	if ((r = address_claim(t, &p.identity)) < 0)
		return r;
	return identity_save(t, &p.identity);
}

/* Cat goes on at the hill, Dan nowhere. */
static struct world left_stj(void)
{
	struct world w = staff();

	CHECK_INT(COMMAND(&w, "leave", "HC3")->outcome.result, GRANTED);
	CHECK_INT(COMMAND(&w, "leave", "HC4")->outcome.result, GRANTED);
	return w;
}

static void does_not_exist(struct world *w, const char *const *words)
{
	CHECK_INT(command(w, words, (const char *const[]){ NULL })->outcome.status, STATUS_NO_SUCH);
}

TEST(a_practice_has_no_power_over_who_has_left_it)
{
	static const char *const say[][4] = { { "unlock", "HC3" }, { "unlock", "cat-stj" },
		{ "unlock", "cat@example.org" }, { "account", "reset", "HC3" },
		{ "account", "unlink", "HC3" }, { "audit", "--identity", "cat@example.org" },
		{ "leave", "cat@example.org" } };
	struct world w = left_stj(), ada = as_person(&w, ADA_UID);
	struct tries f = { .now = w.now };

	CHECK_INT(in_store(&w, try_in_vain, &f, sizeof f), 0);
	for (size_t i = 0; i < sizeof say / sizeof *say; i++)
		does_not_exist(&ada, say[i]);
	CHECK(queued_message(&w, CHANNEL_EMAIL, 0) == NULL);
	CHECK_INT(in_store(&w, look_at_tries, &f, sizeof f), 0);
	CHECK_INT(f.after, 4);
	struct world ben = as_person(&w, BEN_UID); /* the hill still has it, and root */
	CHECK_INT(COMMAND(&ben, "unlock", "cat@example.org")->outcome.result, GRANTED);
	CHECK_INT(COMMAND(&w, "unlock", "HC3")->outcome.result, GRANTED);
	CHECK_INT(COMMAND(&w, "audit", "--identity", "dan@example.org")->outcome.result, GRANTED);
}

TEST(a_practice_does_not_see_whether_a_leaver_goes_on_elsewhere)
{
	static const char *const say[][4] = { { "unlock", "" }, { "leave", "" },
		{ "audit", "--identity", "" } };
	struct world w = left_stj(), ada = as_person(&w, ADA_UID);
	char none = 0;

	CHECK_INT(in_store(&w, move_cat, &none, sizeof none), 0);
	for (size_t i = 0; i < sizeof say / sizeof *say; i++) {
		const char *words[4] = { say[i][0], say[i][1], say[i][2], NULL };
		size_t last = words[2] ? 2 : 1;

		words[last] = "dan@example.org";
		does_not_exist(&ada, words);
		words[last] = "cat@example.org";
		struct talk *t = command(&ada, words, (const char *const[]){ NULL });
		CHECK_INT(t->outcome.status, STATUS_NO_SUCH);
	}
}

/* --- what is under way to others --- */

static unsigned under_way(struct world *w, const char *to)
{
	const struct message *m;
	unsigned n = 0;

	for (unsigned i = 0; (m = queued_message(w, CHANNEL_EMAIL, i)); i++)
		n += *m->code && strcmp(m->to, to) == 0;
	return n;
}

TEST(who_leaves_takes_nobody_else_s_messages_along)
{
	struct world w = staff(), ada = as_person(&w, ADA_UID), ben = as_person(&w, BEN_UID);

	CHECK_INT(COMMAND(&ben, "account", "reset", "BEN")->outcome.result, GRANTED);
	CHECK_INT(under_way(&w, "ben@example.org"), 1);
	/* stj's manager types Ben's very name and address */
	CHECK_INT(COMMAND(&ada, "invite", "--practice", "stj", "--name", "Ben Sample", "--email",
			  "ben@example.org", "--userid", "STJ77", "--send")
			  ->outcome.result,
		GRANTED);
	CHECK_INT(under_way(&w, "ben@example.org"), 2);
	CHECK_INT(COMMAND(&ada, "leave", "STJ77")->outcome.result, GRANTED);
	CHECK_INT(under_way(&w, "ben@example.org"), 1);
	CHECK_TEXT(queued_message(&w, CHANNEL_EMAIL, 0)->template, "reset");
	clock_add(&w, 1000 * 86400);
	CHECK_INT(COMMAND(&w, "purge")->outcome.result, GRANTED);
	CHECK_INT(under_way(&w, "ben@example.org"), 1);
	CHECK_INT(COMMAND(&w, "leave", "BEN", "--force")->outcome.result, GRANTED);
	CHECK_INT(under_way(&w, "ben@example.org"), 0);
}

/* --- resets --- */

static int ask_often(struct txn *t, void *arg)
{
	struct tries *f = arg;
	struct attempt a = { .off = false };
	struct person p;
	int r = person_by_name(t, "cat-hill", &p);

	for (int i = 0; r == 0 && i < 60; i++, f->now.boot_ms += 901 * 1000)
		r = lockout_count(t, &p.owner, FACTOR_RESET, SOURCE_LOCAL, NEVER_OFF, &f->now, &a);
	return r;
}

static unsigned messages(struct world *w)
{
	unsigned n = 0;

	while (queued_message(w, CHANNEL_EMAIL, n))
		n++;
	return n;
}

TEST(one_practice_does_not_use_up_another_s_resets)
{
	struct world w = staff();
	struct tries f = { .now = w.now };

	CHECK_INT(in_store(&w, ask_often, &f, sizeof f), 0);
	clock_add(&w, 61 * 901);
	struct world ben = as_person(&w, BEN_UID);
	CHECK_INT(COMMAND(&ben, "account", "reset", "CAT")->outcome.result, GRANTED);
	CHECK_INT(messages(&w), 1);
	CHECK_INT(COMMAND(&ben, "account", "reset", "CAT")->outcome.result, GRANTED);
	CHECK_INT(messages(&w), 1); /* it waits */
	CHECK_INT(COMMAND(&ben, "unlock", "CAT")->outcome.result, GRANTED);
	CHECK_INT(COMMAND(&ben, "account", "reset", "CAT")->outcome.result, GRANTED);
	CHECK_INT(messages(&w), 2);
}

/* --- user IDs --- */

static int look_at_pick(struct txn *t, void *arg)
{
	return meta_u64(t, "pick.stj", 0, arg);
}

TEST(the_count_of_user_ids_outlives_sign_ins)
{
	struct world w = staff(), ada = as_person(&w, ADA_UID);
	uint64_t n = 0;

	CHECK_INT(COMMAND(&ada, "invite", "--practice", "stj", "--name", "Fay New")->outcome.result,
		GRANTED);
	for (int i = 0; i < 3; i++) {
		clock_add(&w, 400);
		COMMAND(&w, "status");
		SIGN_IN(&w, "login", "HC5", "x");
	}
	CHECK_INT(in_store(&w, look_at_pick, &n, sizeof n), 0);
	CHECK_INT(n, 1);
}

TEST(user_ids_have_a_length_that_records_hold)
{
	struct world w = staff();
	char id[USERID_MAX + 2];

	memset(id, 'A', sizeof id - 1);
	id[sizeof id - 1] = 0;
	is_refused(COMMAND(&w, "invite", "--practice", "stj", "--name", "Fay", "--userid", id));
	is_refused(COMMAND(&w, "account", "add", id, "--practice", "stj", "--user", "fay"));
	id[USERID_MAX] = 0;
	CHECK_INT(COMMAND(&w, "account", "add", id, "--practice", "stj", "--user", "fay")
			  ->outcome.result,
		GRANTED);
	CHECK_HAS(COMMAND(&w, "audit")->seen, id);
}

struct detail {
	char text[300];
	int r;
	struct conv *c;
};

static int write_detail(struct txn *t, void *arg)
{
	struct detail *d = arg;
	struct now now;

	d->c->now(&now);
	return audit(t, d->c, &now, AUDIT_LINKED, NULL, d->text);
}

static void say_detail(struct conv *c, void *arg)
{
	struct detail *d = arg;

	d->c = c;
	d->r = store_update(c->store, NEED_SPACE, write_detail, d);
}

TEST(no_record_is_written_that_nobody_can_read)
{
	struct world w = staff();
	struct detail d = { .r = 1 };

	memset(d.text, 'x', 199);
	in_conversation(&w, say_detail, &d, sizeof d);
	CHECK_INT(d.r, 0);
	CHECK_HAS(COMMAND(&w, "audit")->seen, d.text);
	d.text[199] = 'x';
	in_conversation(&w, say_detail, &d, sizeof d);
	CHECK_INT(d.r, -EMSGSIZE);
	CHECK_INT(COMMAND(&w, "audit", "verify")->outcome.result, GRANTED);
}

/* --- requests --- */

static enum status ask_hill(struct world *w)
{
	static const char *const answers[] = { "1", "Fay New", "fay@example.org", "", NULL };

	return command(w, (const char *const[]){ "request", NULL }, answers)->outcome.status;
}

TEST(one_colleague_leaves_room_for_everybody_else_s_requests)
{
	struct world w = staff(), dan = as_person(&w, DAN_UID), cat = as_person(&w, CAT_UID);

	CHECK_INT(ask_hill(&dan), STATUS_DONE);
	CHECK_INT(ask_hill(&dan), STATUS_DONE);
	CHECK_INT(ask_hill(&dan), STATUS_REFUSED);
	CHECK_INT(ask_hill(&cat), STATUS_DONE);
	CHECK_INT(COMMAND(&w, "refuse", "hill/1")->outcome.result, GRANTED);
	CHECK_INT(ask_hill(&dan), STATUS_DONE); /* room again */
	CHECK_INT(ask_hill(&dan), STATUS_REFUSED);
	w.errand = ERRAND_NEWCOMER;
	w.peer = 999;
	for (int i = 0; i < 3; i++)
		CHECK_INT(ask_hill(&w), STATUS_DONE);
}
