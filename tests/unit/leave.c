/* SPDX-License-Identifier: Apache-2.0 */
/* Leavers. What must hold: every door says no at once and for good; nothing is left to come in with; other
 * accounts and other people are not touched; a manager learns nothing of what is elsewhere. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "code.h"
#include "factor.h"
#include "people.h"
#include "store/store.h"
#include "verbs.h"
#include "world.h"

#define CHECK_STATUS(s, ...) check_status(__LINE__, s, COMMAND(__VA_ARGS__))
#define BEN "ben@example.org"

static void check_status(int line, enum status s, const struct talk *t)
{
	if (t->outcome.status != s)
		check_fail(
			__FILE__, line, "status %d (wanted %d): %s", t->outcome.status, s, t->seen);
}

static const char *seen(const struct talk *t)
{
	static char text[sizeof t->seen];

	memcpy(text, t->seen, sizeof text);
	return text;
}

static struct talk *phase(struct world *w, enum purpose purpose, const char *service)
{
	return converse(w, purpose, service, "adae", (const char *const[]){ NULL });
}

/* Ada is enrolled and also at the hill; Ben is at stj alone. */
static struct world two_practices(void)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	CHECK_STATUS(STATUS_DONE, &w, "practice", "add", "hill", "Hill Clinic");
	CHECK_STATUS(STATUS_DONE, &w, "account", "add", "HILL7", "--practice", "hill", "--identity",
		ADA, "--user", "ada-hill");
	CHECK_STATUS(STATUS_DONE, &w, "identity", "add", BEN, "--name", "Ben Sample");
	CHECK_STATUS(STATUS_DONE, &w, "account", "add", "BEN1", "--practice", "stj", "--identity",
		BEN, "--user", "ben");
	return w;
}

enum { ADA_UID = 20000, HILL_UID = 20001 };

/* Ada manages stj, where Ben and Dan are; Ben is also at the hill, where Cat is, too. */
static struct world managed(void)
{
	struct world w = world_at("2026-05-04 09:00:00");
	static const char *const people[][5] = { { BEN, "Ben Sample", "BEN1", "stj", "ben" },
		{ BEN, "", "BEN7", "hill", "ben-hill" },
		{ "dan@example.org", "Dan Sample", "DAN1", "stj", "dan" },
		{ "cat@example.org", "Cat Sample", "CAT1", "hill", "cat" } };

	enrol_ada(&w);
	CHECK_STATUS(STATUS_DONE, &w, "practice", "add", "hill", "Hill Clinic");
	for (size_t i = 0; i < sizeof people / sizeof *people; i++) {
		const char *const *p = people[i];

		if (*p[1])
			CHECK_STATUS(STATUS_DONE, &w, "identity", "add", p[0], "--name", p[1]);
		CHECK_STATUS(STATUS_DONE, &w, "account", "add", p[2], "--practice", p[3],
			"--identity", p[0], "--user", p[4]);
	}
	CHECK_STATUS(STATUS_DONE, &w, "practice", "set", "stj", "--manager", ADA);
	return w;
}

/* "hcauth leave" by ada, who gives her second factor where she is asked for it. */
static struct talk *ada_leaves(struct world *w, const char *who, const char *option)
{
	const char *const words[] = { "leave", who, option, NULL };

	clock_add(w, 60);
	w->peer = ADA_UID;
	struct talk *t =
		command(w, words, (const char *const[]){ app_code(w, ada_secret, 0), NULL });
	w->peer = 0;
	return t;
}

/* The last line that is left when the question for the factor is taken away. */
static const char *told(const struct talk *t)
{
	const char *asked = strstr(t->seen, "Code");

	return asked ? strchr(asked, '\n') + 1 : t->seen;
}

TEST(every_door_says_no_at_once)
{
	struct world w = world_at("2026-05-04 09:00:00");
	static const char *const services[] = { "login", "sshd", "cron", "su", "sudo", "kiosk" };
	struct dir_user u;

	enrol_ada(&w);
	CHECK_INT(phase(&w, PURPOSE_ACCOUNT, "cron")->outcome.result, GRANTED);
	CHECK_STATUS(STATUS_DONE, &w, "leave", ADA);
	const char *code = app_code(&w, ada_secret, 0);
	CHECK_INT(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, code)->outcome.result, REFUSED);
	CHECK_INT(SIGN_IN(&w, "login", "adae", ADA_PASSWORD, code)->outcome.result, REFUSED);
	CHECK_INT(SIGN_IN(&w, "login", "hc000001", ADA_PASSWORD, code)->outcome.result, REFUSED);
	CHECK_INT(SIGN_IN(&w, "sshd", "adae", ADA_PASSWORD, code)->outcome.result, REFUSED);
	CHECK_INT(SIGN_IN(&w, "kiosk", ADA, ADA_PIN)->outcome.result, REFUSED);
	for (size_t i = 0; i < sizeof services / sizeof *services; i++) {
		CHECK_INT(phase(&w, PURPOSE_ACCOUNT, services[i])->outcome.result, DISABLED);
		CHECK_INT(phase(&w, PURPOSE_OPEN, services[i])->outcome.result, DISABLED);
	}
	w.peer = w.ruid = ADA_UID; /* a locker in a session that is still open, and the command */
	CHECK_INT(SIGN_IN(&w, "kiosk", "adae", ADA_PIN)->outcome.result, REFUSED);
	CHECK_INT(SIGN_IN(&w, "login", "adae", ADA_PASSWORD, code)->outcome.result, REFUSED);
	struct talk *t = command(&w, (const char *const[]){ "pin", NULL },
		(const char *const[]){ ADA_PASSWORD, code, NULL });
	CHECK_INT(t->outcome.result, REFUSED);
	w.peer = w.ruid = 0;
	/* it is we who say so: the rows stay */
	CHECK_INT(published_user(&w, "public.cdb", DIR_USER, "adae", &u), 0);
	CHECK_INT(published_user(&w, "private.cdb", DIR_NAME, ADA, &u), 0);
}

TEST(it_is_for_good)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	CHECK_STATUS(STATUS_DONE, &w, "leave", ADA);
	struct talk *t = COMMAND(&w, "account", "enable", "HC000001");
	check_status(__LINE__, STATUS_REFUSED, t);
	CHECK_HAS(t->seen,
		"account HC000001 has left, for good. To have them back, invite them anew.");
	CHECK_STATUS(STATUS_REFUSED, &w, "account", "disable", "HC000001");
	CHECK_STATUS(STATUS_REFUSED, &w, "identity", "enable", ADA);
	CHECK_STATUS(STATUS_REFUSED, &w, "identity", "disable", ADA);
	CHECK_STATUS(STATUS_REFUSED, &w, "identity", "reset", ADA);
	CHECK_STATUS(STATUS_REFUSED, &w, "letter", "HC000001");
	CHECK_HAS(COMMAND(&w, "account", "show", "HC000001")->seen, "state                left");
	CHECK_HAS(COMMAND(&w, "identity", "show", ADA)->seen, "state                left");
	t = COMMAND(&w, "account", "add", "HC9", "--practice", "stj", "--identity", ADA, "--user",
		"nine");
	check_status(__LINE__, STATUS_REFUSED, t);
	CHECK_HAS(t->seen, "has left");
	CHECK_STATUS(STATUS_EXISTS, &w, "account", "add", "hc000001", "--practice", "stj", "--user",
		"nine");
	CHECK_STATUS(
		STATUS_EXISTS, &w, "account", "add", "HC9", "--practice", "stj", "--user", "adae");
	t = COMMAND(&w, "leave", ADA); /* again */
	check_status(__LINE__, STATUS_DONE, t);
	CHECK_HAS(t->seen, "HC000001 (adae) has left stj already");
}

struct left {
	struct conv *c;
	unsigned rows[256], codes;
	struct identity ada;
};

static int count(struct txn *t, void *arg)
{
	static const enum table tables[] = { TABLE_CREDENTIAL, TABLE_CODE, TABLE_TICKET,
		TABLE_RECOVERY, TABLE_FRESH, TABLE_OUTBOX, TABLE_ENDING, TABLE_SESSION };
	struct left *l = arg;
	struct person p;
	int r = person_by_name(t, "adae", &p);

	for (size_t i = 0; r == 0 && i < sizeof tables / sizeof *tables; i++) {
		struct key at = { .len = 0 };
		struct bytes row;

		while (txn_next(t, tables[i], "", 0, &at, &row) == 0)
			l->rows[(unsigned char)tables[i]]++;
	}
	l->ada = p.identity;
	return r;
}

/* As if she were in the middle of things: a code under way, a recovery, a second factor just given. */
static int begin_things(struct txn *t, void *arg)
{
	struct left *l = arg;
	struct person p;
	int r = person_by_name(t, "adae", &p);
	uint8_t key[ID_BYTES + 1] = { 0 };
	struct message m;
	struct now now;

	l->c->now(&now);
	memcpy(key, &p.owner, ID_BYTES);
	if (r < 0 || (r = txn_put(t, TABLE_RECOVERY, key, sizeof key, "x", 1)) < 0 ||
		(r = txn_put(t, TABLE_FRESH, key, sizeof key, "x", 1)) < 0 ||
		(r = message_for(t, &p, CHANNEL_EMAIL, ADA, "shared", &m)) < 0)
		return r;
	snprintf(m.code, sizeof m.code, "123456");
	return message_queue(t, l->c, &now, &m);
}

static void with_things(struct conv *c, void *arg)
{
	struct left *l = arg;
	struct person p;

	l->c = c;
	CHECK(self_of(c, ADA_UID, &p));
	const struct code_for f = {
		.p = &p, .purpose = CODE_EMAIL, .to = "ada.new@example.org", .template = "shared"
	};
	CHECK(code_send(c, &f, false));
	CHECK_INT(store_update(c->store, NEED_ALWAYS, begin_things, l), 0);
}

TEST(nothing_is_left_to_come_in_with)
{
	struct world w = world_at("2026-05-04 09:00:00");
	struct left before = { .codes = 0 }, after = { .codes = 0 };

	enrol_ada(&w);
	CHECK_INT(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0))
			  ->outcome.result,
		GRANTED);
	with_messages(&w);
	in_conversation(&w, with_things, &before, sizeof before);
	CHECK_INT(in_store(&w, count, &before, sizeof before), 0);
	CHECK(before.rows[TABLE_CREDENTIAL] >= 4 && before.rows[TABLE_TICKET] >= 1);
	CHECK_INT(before.rows[TABLE_CODE], 2); /* and how many were sent */
	CHECK_INT(before.rows[TABLE_RECOVERY] + before.rows[TABLE_FRESH], 2);
	CHECK_INT(before.rows[TABLE_OUTBOX], 2);
	CHECK_STATUS(STATUS_DONE, &w, "leave", "HC000001");
	CHECK_INT(in_store(&w, count, &after, sizeof after), 0);
	for (unsigned i = 0; i < 256; i++)
		CHECK_INT(after.rows[i], 0);
	CHECK_INT(after.ada.state, STATE_LEFT);
	CHECK_INT(after.ada.left, w.now.unix_s);
	CHECK(after.ada.resets > before.ada.resets);
	/* the ticket of that last sign-in opens nothing */
	CHECK_INT(phase(&w, PURPOSE_OPEN, "login")->outcome.result, DISABLED);
}

TEST(an_invited_person_who_never_came_leaves_too)
{
	struct world w = world_at("2026-05-04 09:00:00");
	char code[64];

	add_ada(&w);
	struct talk *t =
		COMMAND(&w, "account", "add", "BEN1", "--practice", "stj", "--user", "ben");
	check_status(__LINE__, STATUS_DONE, t);
	snprintf(code, sizeof code, "%s", last_line(t));
	CHECK_STATUS(STATUS_DONE, &w, "leave", "ben");
	t = SIGN_IN(&w, "login", "BEN1", code, ADA_PASSWORD);
	CHECK_INT(t->outcome.result, REFUSED);
	CHECK(!strstr(t->seen, "New password"));
}

TEST(the_other_accounts_of_the_person_stay)
{
	struct world w = two_practices();
	struct left l = { .codes = 0 };
	struct dir_user u;

	CHECK_STATUS(STATUS_DONE, &w, "leave", "HC000001");
	CHECK_INT(in_store(&w, count, &l, sizeof l), 0);
	CHECK_INT(l.ada.state, STATE_ACTIVE);
	CHECK(l.rows[TABLE_CREDENTIAL] >= 4);
	CHECK_INT(published_user(&w, "private.cdb", DIR_NAME, ADA, &u), 0);
	CHECK_TEXT(u.name, "ada-hill");
	w.flags = HELLO_CHOOSER; /* one is left: there is nothing to choose */
	struct talk *t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0));
	CHECK_INT(t->outcome.result, GRANTED);
	CHECK_TEXT(t->outcome.user, "ada-hill");
	CHECK(!strstr(t->seen, "Where do you work"));
	clock_add(&w, 60);
	t = SIGN_IN(&w, "login", "adae", ADA_PASSWORD, app_code(&w, ada_secret, 0));
	CHECK_INT(t->outcome.result, REFUSED);
	w.peer = HILL_UID;
	CHECK_HAS(COMMAND(&w, "accounts")->seen, "St John's Surgery  (left)");
	w.peer = 0;
	CHECK_STATUS(STATUS_DONE, &w, "leave", "ada-hill"); /* and then the last */
	CHECK_HAS(COMMAND(&w, "identity", "show", ADA)->seen, "state                left");
}

/* By an account that is only switched off they may come back. */
TEST(an_account_that_is_switched_off_keeps_the_person)
{
	struct world w = two_practices();

	CHECK_STATUS(STATUS_DONE, &w, "account", "disable", "HILL7");
	CHECK_STATUS(STATUS_DONE, &w, "leave", "HC000001");
	CHECK_HAS(COMMAND(&w, "identity", "show", ADA)->seen, "state                active");
	CHECK_STATUS(STATUS_DONE, &w, "account", "enable", "HILL7");
	CHECK_INT(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0))
			  ->outcome.result,
		GRANTED);
}

TEST(root_closes_all_by_the_address)
{
	struct world w = two_practices();
	struct talk *t = COMMAND(&w, "leave", ADA);

	check_status(__LINE__, STATUS_DONE, t);
	CHECK_HAS(t->seen, "HC000001 (adae) has left stj: nobody signs in with it any more.\n");
	CHECK_HAS(t->seen, "HILL7 (ada-hill) has left hill:");
	CHECK_HAS(COMMAND(&w, "audit")->seen, "left             " ADA);
	CHECK_STATUS(STATUS_DONE, &w, "identity", "show", BEN);
	CHECK_HAS(COMMAND(&w, "identity", "show", BEN)->seen, "state                active");
}

TEST(a_manager_closes_what_is_theirs_and_learns_nothing_of_the_rest)
{
	struct world w = managed();
	static const char *const elsewhere[] = { "BEN7", "ben-hill", "HC999", "nobody@example.org",
		"cat@example.org", "CAT1", "no name" };

	for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++) {
		char want[100];
		struct talk *t = ada_leaves(&w, elsewhere[i], NULL);

		check_status(__LINE__, STATUS_NO_SUCH, t);
		snprintf(want, sizeof want, "There is no person or account %s.\n", elsewhere[i]);
		CHECK_TEXT(told(t), want);
	}
	struct talk *t = ada_leaves(&w, BEN, NULL);
	check_status(__LINE__, STATUS_DONE, t);
	const char *ben = seen(t);
	CHECK(!strstr(ben, "BEN7") && !strstr(ben, "hill"));
	/* of one who had no other account, the same words */
	t = ada_leaves(&w, "dan@example.org", NULL);
	check_status(__LINE__, STATUS_DONE, t);
	CHECK_TEXT(strstr(ben, " has left"), strstr(t->seen, " has left"));
	w.peer = ADA_UID;
	t = COMMAND(&w, "audit");
	check_status(__LINE__, STATUS_DONE, t);
	CHECK(!strstr(t->seen, "identity") && !strstr(t->seen, "hill"));
	w.peer = 0;
	CHECK_HAS(COMMAND(&w, "identity", "show", BEN)->seen, "state                active");
	CHECK_HAS(COMMAND(&w, "identity", "show", "dan@example.org")->seen,
		"state                left");
	CHECK_HAS(COMMAND(&w, "account", "show", "BEN7")->seen, "state                active");
	CHECK_HAS(COMMAND(&w, "account", "show", "BEN1")->seen, "state                left");
}

TEST(ad03_the_last_manager_stays_unless_root_insists)
{
	struct world w = managed();
	struct talk *t = ada_leaves(&w, "HC000001", NULL);

	check_status(__LINE__, STATUS_REFUSED, t);
	CHECK_HAS(t->seen, "They are the only manager of stj. Make somebody else one first.\n");
	check_status(__LINE__, STATUS_USAGE, ada_leaves(&w, "HC000001", "--force"));
	t = COMMAND(&w, "leave", ADA);
	check_status(__LINE__, STATUS_REFUSED, t);
	CHECK_HAS(t->seen, "or say --force");
	CHECK_HAS(COMMAND(&w, "account", "show", "HC000001")->seen, "state                active");
	CHECK_STATUS(STATUS_DONE, &w, "practice", "set", "stj", "--manager", BEN);
	check_status(__LINE__, STATUS_DONE, ada_leaves(&w, "HC000001", NULL));
	t = COMMAND(&w, "practice", "show", "stj", "--json");
	CHECK_HAS(t->seen, BEN);
	CHECK(!strstr(t->seen, ADA));
	CHECK_STATUS(STATUS_REFUSED, &w, "leave", "BEN1");
	CHECK_STATUS(STATUS_DONE, &w, "leave", "BEN1", "--force");
	CHECK(!strstr(COMMAND(&w, "practice", "show", "stj", "--json")->seen, BEN));
	CHECK_HAS(COMMAND(&w, "audit")->seen, "no more, has left");
}

TEST(two_people_with_one_address_are_named_by_a_user_id)
{
	struct world w = two_practices();
	struct dir_user u;

	CHECK_STATUS(STATUS_DONE, &w, "practice", "set", "stj", "--shared-addresses", "yes");
	CHECK_STATUS(STATUS_DONE, &w, "practice", "set", "hill", "--shared-addresses", "yes");
	CHECK_STATUS(STATUS_DONE, &w, "identity", "share", ADA, "--name", "Adam Example");
	CHECK_STATUS(STATUS_DONE, &w, "account", "add", "ADAM1", "--practice", "stj", "--identity",
		ADA, "--name", "Adam Example", "--user", "adam");
	CHECK_STATUS(STATUS_DONE, &w, "practice", "set", "stj", "--manager", "HC000001");
	struct talk *t = COMMAND(&w, "leave", ADA);
	check_status(__LINE__, STATUS_REFUSED, t);
	CHECK_HAS(t->seen, "Two people share this address.");
	check_status(__LINE__, STATUS_REFUSED, ada_leaves(&w, ADA, NULL));
	clock_add(&w, 60);
	CHECK_STATUS(
		STATUS_DONE, &w, "leave", "ADAM1"); /* his only one: the address is hers alone */
	CHECK_INT(published_user(&w, "private.cdb", DIR_NAME, ADA, &u), 0);
	CHECK(strncmp(u.name, "ada", 3) == 0 && strcmp(u.name, "adam") != 0);
	CHECK_INT(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0))
			  ->outcome.result,
		GRANTED);
}

/* --- sessions --- */

static struct talk *end_sessions(struct world *w, const char *answer)
{
	return command(w, (const char *const[]){ "end-sessions", NULL },
		(const char *const[]){ answer, answer, answer, NULL });
}

TEST(root_is_asked_to_end_the_sessions_of_leavers_and_of_nobody_else)
{
	struct world w = managed();
	struct left l = { .codes = 0 };

	CHECK_INT(phase(&w, PURPOSE_OPEN, "login")->outcome.result, GRANTED);
	CHECK_INT(converse(&w, PURPOSE_OPEN, "login", "ben", (const char *const[]){ NULL })
			  ->outcome.result,
		GRANTED);
	CHECK_INT(end_sessions(&w, "ended")->asks, 0);
	CHECK_STATUS(STATUS_DONE, &w, "leave", "CAT1");
	CHECK_INT(end_sessions(&w, "ended")->asks, 0); /* nobody said so */
	struct talk *t = ada_leaves(&w, "BEN1", "--end-sessions");
	check_status(__LINE__, STATUS_DONE, t);
	CHECK_HAS(t->seen, "Their open sessions are being ended.");
	w.peer = ADA_UID;
	CHECK_STATUS(STATUS_NOT_ALLOWED, &w, "end-sessions");
	w.peer = 0;
	t = end_sessions(&w, "not ended");
	CHECK_INT(t->asks, 1);
	CHECK_TEXT(t->seen, "end 20001\n");
	check_status(__LINE__, STATUS_REFUSED, t);
	CHECK_INT(in_store(&w, count, &l, sizeof l), 0);
	CHECK_INT(l.rows[TABLE_ENDING], 1);
	CHECK_INT(l.rows[TABLE_SESSION], 2);
	t = end_sessions(&w, "ended");
	check_status(__LINE__, STATUS_DONE, t);
	CHECK_TEXT(t->seen, "end 20001\n");
	l = (struct left){ .codes = 0 };
	CHECK_INT(in_store(&w, count, &l, sizeof l), 0);
	CHECK_INT(l.rows[TABLE_ENDING], 0);
	CHECK_INT(l.rows[TABLE_SESSION], 1); /* hers */
	CHECK_HAS(COMMAND(&w, "audit")->seen, "sessions-ended");
	CHECK_INT(end_sessions(&w, "ended")->asks, 0);
}

static int forge(struct txn *t, void *arg)
{
	static const uint8_t uid[][4] = { { 0, 0, 0, 0 }, { 0, 0, 0, 1 }, { 0, 0, 3, 231 },
		{ 0, 0, 78, 34 }, { 0, 1, 134, 159 } }; /* 0, 1, 999, ben's, nobody's */
	int r = 0;

	(void)arg;
	for (size_t i = 0; r == 0 && i < sizeof uid / sizeof *uid; i++)
		r = txn_put(t, TABLE_ENDING, uid[i], 4, "x", 1);
	return r;
}

/* Ben's own record can't be read any more; his account and Dan's can. */
static int harm_ben(struct txn *t, void *arg)
{
	struct name_row row;
	int r = name_find(t, BEN, &row);

	(void)arg;
	return r < 0 ? r : txn_put(t, TABLE_IDENTITY, &row.id, sizeof row.id, "x", 1);
}

TEST(a_damaged_record_drops_no_ending_and_holds_up_no_other)
{
	struct world w = managed();
	struct left l = { .codes = 0 };
	char nothing = 0;

	check_status(__LINE__, STATUS_DONE, ada_leaves(&w, "BEN1", "--end-sessions"));
	check_status(__LINE__, STATUS_DONE, ada_leaves(&w, "DAN1", "--end-sessions"));
	CHECK_INT(in_store(&w, harm_ben, &nothing, 1), 0);
	struct talk *t = end_sessions(&w, "ended");
	check_status(__LINE__, STATUS_REFUSED, t); /* not all is done */
	CHECK_TEXT(t->seen, "end 20003\n");
	CHECK_INT(in_store(&w, count, &l, sizeof l), 0);
	CHECK_INT(l.rows[TABLE_ENDING], 1);
}

TEST(whatever_stands_in_the_store_no_others_sessions_are_ended)
{
	struct world w = two_practices();
	struct left l = { .codes = 0 };
	char nothing = 0;

	CHECK_INT(in_store(&w, forge, &nothing, 1), 0);
	CHECK_INT(end_sessions(&w, "ended")->asks, 0);
	CHECK_INT(in_store(&w, count, &l, sizeof l), 0);
	CHECK_INT(l.rows[TABLE_ENDING], 0);
}
