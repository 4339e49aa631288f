/* SPDX-License-Identifier: Apache-2.0 */
/* hcauth purge. What must hold: before its time nothing goes; then the person goes and the chain holds; user
 * ID, system user and uid are never another's; nobody else loses a byte. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "people.h"
#include "seal.h"
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

static struct world ada_and_ben(void)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	CHECK_STATUS(STATUS_DONE, &w, "identity", "add", BEN, "--name", "Ben Sample");
	CHECK_STATUS(STATUS_DONE, &w, "account", "add", "BEN1", "--practice", "stj", "--identity",
		BEN, "--user", "ben");
	w.conf.retention_s = 365 * 86400;
	return w;
}

struct looking {
	const char *needle;
	unsigned tables[256], found;
};

/* Whether the bytes stand in any row, key or value, and how many rows the tables have. */
static int look(struct txn *t, void *arg)
{
	static const char letters[] = "miapnxclstukoqfhewybzv"; /* all of store.h */
	struct looking *l = arg;
	const size_t n = strlen(l->needle);

	for (const char *p = letters; *p; p++) {
		struct key at = { .len = 0 };
		struct bytes row;

		while (txn_next(t, (enum table) * p, "", 0, &at, &row) == 0) {
			l->tables[(unsigned char)*p]++;
			l->found += memmem(at.bytes, at.len, l->needle, n) != NULL ||
				memmem(row.p, row.len, l->needle, n) != NULL;
		}
	}
	return 0;
}

static struct looking rows_with(struct world *w, const char *needle)
{
	struct looking l = { .needle = needle };

	CHECK_INT(in_store(w, look, &l, sizeof l), 0);
	return l;
}

TEST(before_its_time_nothing_goes)
{
	struct world w = ada_and_ben();

	CHECK_HAS(COMMAND(&w, "purge")->seen, "about 0 people and 0 accounts");
	CHECK_STATUS(STATUS_DONE, &w, "leave", ADA);
	clock_add(&w, 365 * 86400 - 1);
	uint64_t before = world_serial(&w);
	CHECK_HAS(COMMAND(&w, "purge", "--dry-run")->seen, "Due: 0 people and 0 accounts");
	CHECK_INT(world_serial(&w), before);
	CHECK_HAS(COMMAND(&w, "purge")->seen, "about 0 people and 0 accounts");
	CHECK(rows_with(&w, ADA).found > 2);
}

TEST(then_nothing_is_left_of_the_person_in_any_row)
{
	struct world w = ada_and_ben();

	w.rhost = "192.0.2.7"; /* some tries that are counted and summed */
	for (int i = 0; i < 8; i++)
		SIGN_IN(&w, "sshd", ADA, "not this one", "123456");
	w.rhost = "";
	CHECK_STATUS(STATUS_DONE, &w, "leave", ADA);
	clock_add(&w, 365 * 86400);
	CHECK_HAS(COMMAND(&w, "purge", "--dry-run")->seen, "Due: 1 people and 1 accounts.");
	CHECK(rows_with(&w, "Ada Example").found > 0);
	struct talk *t = COMMAND(&w, "purge");
	check_status(__LINE__, STATUS_DONE, t);
	CHECK_HAS(t->seen, "about 1 people and 1 accounts; ");
	CHECK_INT(rows_with(&w, ADA).found, 0);
	CHECK_INT(rows_with(&w, "Ada Example").found, 0);
	CHECK_INT(rows_with(&w, "192.0.2.7").found, 0);
	struct looking l = rows_with(&w, "HC000001");
	CHECK(l.found > 0); /* the practice's record */
	CHECK_INT(l.tables[TABLE_IDENTITY], 1);
	CHECK_INT(l.tables[TABLE_ACCOUNT], 2);
	CHECK_INT(l.tables[TABLE_MEMBER], 1);
	CHECK_INT(l.tables[TABLE_LOCKOUT], 0);
	CHECK_HAS(COMMAND(&w, "purge")->seen, "about 0 people and 0 accounts");
}

TEST(the_chain_holds_and_says_how_many_were_emptied)
{
	struct world w = ada_and_ben();
	char before[200];

	CHECK_STATUS(STATUS_DONE, &w, "leave", ADA);
	clock_add(&w, 366 * 86400);
	snprintf(before, sizeof before, "%.199s", COMMAND(&w, "audit", "verify")->seen);
	CHECK_HAS(before, "0 of them were emptied");
	CHECK_STATUS(STATUS_DONE, &w, "purge");
	struct talk *t = COMMAND(&w, "audit", "verify");
	check_status(__LINE__, STATUS_DONE, t);
	CHECK(!strstr(t->seen, "; 0 of them"));
	t = COMMAND(&w, "audit");
	CHECK_HAS(t->seen, "(erased)");
	CHECK_HAS(t->seen, "records=");
	CHECK_HAS(t->seen, BEN); /* others' are as they were */
	CHECK(!strstr(t->seen, ADA));
	CHECK_STATUS(STATUS_DONE, &w, "audit", "--json");
}

static int empty_one(struct txn *t, void *arg)
{
	(void)arg;
	return audit_erase(t, 2);
}

TEST(a_body_that_no_purge_emptied_shows)
{
	struct world w = ada_and_ben();
	char nothing = 0;

	CHECK_INT(in_store(&w, empty_one, &nothing, 1), 0);
	struct talk *t = COMMAND(&w, "audit", "verify");
	check_status(__LINE__, STATUS_REFUSED, t);
	CHECK_HAS(t->seen, "The chain holds, but 1 records are empty");
}

TEST(what_was_theirs_is_never_anothers)
{
	struct world w = ada_and_ben();
	struct dir_user u;

	CHECK_STATUS(STATUS_DONE, &w, "leave", ADA);
	CHECK_INT(published_user(&w, "public.cdb", DIR_USER, "adae", &u), 0);
	clock_add(&w, 366 * 86400);
	CHECK_STATUS(STATUS_DONE, &w, "purge");
	CHECK_INT(published_user(&w, "public.cdb", DIR_USER, "adae", &u), -ENOENT);
	CHECK_INT(published_user(&w, "private.cdb", DIR_NAME, ADA, &u), -ENOENT);
	CHECK_INT(published_user(&w, "private.cdb", DIR_NAME, "hc000001", &u), -ENOENT);
	CHECK_STATUS(STATUS_EXISTS, &w, "account", "add", "HC000001", "--practice", "stj", "--user",
		"other");
	CHECK_STATUS(
		STATUS_EXISTS, &w, "account", "add", "HC9", "--practice", "stj", "--user", "adae");
	struct talk *t =
		COMMAND(&w, "account", "add", "HC9", "--practice", "stj", "--user", "nine");
	check_status(__LINE__, STATUS_DONE, t);
	CHECK(!strstr(t->seen, "uid 20000,") && !strstr(t->seen, "uid 20000."));
	/* but the address is its owner's */
	CHECK_STATUS(STATUS_DONE, &w, "identity", "add", ADA, "--name", "Ada Example");
}

static int make_existing(struct txn *t, void *arg)
{
	struct person p;
	int r = person_by_name(t, "adae", &p);

	(void)arg;
	p.account.existing = true;
	return r < 0 ? r : account_save(t, &p.account);
}

/* Else the machine's own door would open for the key in their home. */
TEST(a_user_of_the_machine_s_own_keeps_its_row)
{
	struct world w = ada_and_ben();
	struct dir_user u;
	char nothing = 0;

	CHECK_INT(in_store(&w, make_existing, &nothing, 1), 0);
	CHECK_STATUS(STATUS_DONE, &w, "leave", ADA);
	clock_add(&w, 366 * 86400);
	CHECK_STATUS(STATUS_DONE, &w, "purge");
	CHECK_INT(published_user(&w, "public.cdb", DIR_USER, "adae", &u), 0);
	CHECK_INT(u.uid, 20000);
	struct talk *t =
		converse(&w, PURPOSE_ACCOUNT, "sshd", "adae", (const char *const[]){ NULL });
	CHECK_INT(t->outcome.result, DISABLED);
}

TEST(an_account_goes_without_its_person_who_stays)
{
	struct world w = ada_and_ben();

	CHECK_STATUS(STATUS_DONE, &w, "practice", "add", "hill", "Hill Clinic");
	CHECK_STATUS(STATUS_DONE, &w, "account", "add", "HILL7", "--practice", "hill", "--identity",
		ADA, "--user", "ada-hill");
	CHECK_STATUS(STATUS_DONE, &w, "leave", "HILL7");
	clock_add(&w, 366 * 86400);
	CHECK_HAS(COMMAND(&w, "purge")->seen, "about 0 people and 1 accounts; ");
	CHECK_HAS(COMMAND(&w, "identity", "show", ADA)->seen, "accounts             HC000001\n");
	CHECK_INT(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0))
			  ->outcome.result,
		GRANTED);
	CHECK_STATUS(STATUS_DONE, &w, "audit", "verify");
	CHECK_HAS(COMMAND(&w, "audit")->seen, ADA);
}

TEST(who_came_back_with_their_old_address_keeps_it)
{
	struct world w = ada_and_ben();
	struct dir_user u;

	CHECK_STATUS(STATUS_DONE, &w, "leave", ADA);
	CHECK_STATUS(STATUS_DONE, &w, "identity", "add", ADA, "--name", "Ada Example");
	CHECK_STATUS(STATUS_DONE, &w, "account", "add", "HC9", "--practice", "stj", "--identity",
		ADA, "--user", "ada-two");
	CHECK_INT(published_user(&w, "private.cdb", DIR_NAME, ADA, &u), 0);
	CHECK_TEXT(u.name, "ada-two");
	clock_add(&w, 366 * 86400);
	CHECK_HAS(COMMAND(&w, "purge")->seen, "about 1 people and 1 accounts; ");
	CHECK_INT(published_user(&w, "private.cdb", DIR_NAME, ADA, &u), 0);
	CHECK_TEXT(u.name, "ada-two");
	CHECK_STATUS(STATUS_DONE, &w, "identity", "show", ADA);
}

TEST(only_root_purges)
{
	struct world w = ada_and_ben();

	w.peer = 20000;
	CHECK_STATUS(STATUS_NOT_ALLOWED, &w, "purge");
	CHECK_STATUS(STATUS_NOT_ALLOWED, &w, "audit", "verify");
	CHECK_STATUS(STATUS_NOT_ALLOWED, &w, "end-sessions");
}
