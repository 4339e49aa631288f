/* SPDX-License-Identifier: Apache-2.0 */
/* hcauth audit. What must hold: what is asked for is shown and nothing else; a manager sees their own
 * practice alone, by user ID; records name who did it; old records are read; the first broken place is named. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "audit.h"
#include "audit_chain.h"
#include "check.h"
#include "codec.h"
#include "people.h"
#include "store/store.h"
#include "verbs.h"
#include "world.h"

#define CHECK_STATUS(s, ...) check_status(__LINE__, s, COMMAND(__VA_ARGS__))
#define BEN "ben@example.org"

enum { ADA_UID = 20000, BEN_UID = 20002 };

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

/* Ada at stj and at the hill; Ben manages stj. */
static struct world two_practices(void)
{
	struct world w = world_at("2026-05-04 09:00:00");

	CHECK_INT(setenv("TZ", "UTC", 1), 0);
	tzset();
	enrol_ada(&w);
	CHECK_STATUS(STATUS_DONE, &w, "practice", "add", "hill", "Hill Clinic");
	CHECK_STATUS(STATUS_DONE, &w, "account", "add", "HILL7", "--practice", "hill", "--identity",
		ADA, "--user", "ada-hill");
	CHECK_STATUS(STATUS_DONE, &w, "identity", "add", BEN, "--name", "Ben Sample");
	CHECK_STATUS(STATUS_DONE, &w, "account", "add", "BEN1", "--practice", "stj", "--identity",
		BEN, "--user", "ben");
	CHECK_STATUS(STATUS_DONE, &w, "practice", "set", "stj", "--manager", BEN);
	return w;
}

static unsigned rows(const struct talk *t)
{
	unsigned n = 0;

	for (const char *p = t->seen; (p = strchr(p, '\n')); p++)
		n++;
	return n > 0 ? n - 1 : 0; /* the headings */
}

TEST(by_practice_person_and_time)
{
	struct world w = two_practices();

	clock_add(&w, 7200);
	CHECK_STATUS(STATUS_DONE, &w, "account", "disable", "HILL7");
	struct talk *t = COMMAND(&w, "audit", "--practice", "hill");
	CHECK_HAS(t->seen, "HILL7");
	CHECK(!strstr(t->seen, "HC000001"));
	CHECK_INT(rows(COMMAND(&w, "audit", "--since", "1 hour", "--practice", "HILL")), 1);
	CHECK_INT(
		rows(COMMAND(&w, "audit", "--since", "2026-05-04 11:00", "--practice", "hill")), 1);
	CHECK_INT(rows(COMMAND(&w, "audit", "--since", "2026-05-05")), 0);
	CHECK(rows(COMMAND(&w, "audit", "--since", "2026-05-04")) > 6);
	t = COMMAND(&w, "audit", "--identity", BEN);
	CHECK_HAS(t->seen, "BEN1");
	CHECK(!strstr(t->seen, "HC000001") && !strstr(t->seen, "HILL7"));
	t = COMMAND(&w, "audit", "--identity", ADA);
	CHECK_HAS(t->seen, "HILL7");
	CHECK_HAS(t->seen, "enrolled");
	CHECK(!strstr(t->seen, "BEN1"));
	t = COMMAND(&w, "audit", "--identity", "hill7");
	CHECK_HAS(t->seen, "disabled");
	CHECK(!strstr(t->seen, "enrolled"));
	CHECK_STATUS(STATUS_NO_SUCH, &w, "audit", "--practice", "nowhere");
	CHECK_STATUS(STATUS_NO_SUCH, &w, "audit", "--identity", "nobody@example.org");
	CHECK_STATUS(STATUS_REFUSED, &w, "audit", "--since", "yesterday");
	CHECK_STATUS(STATUS_USAGE, &w, "audit", "everything");
}

/* Set back by a day in between: what was written then is older, and none of it is passed over. */
TEST(ad12_a_clock_that_was_set_back_hides_nothing)
{
	struct world w = two_practices();

	w.now.unix_s -= 86400;
	CHECK_STATUS(STATUS_DONE, &w, "unlock", "BEN1");
	w.now.unix_s += 86400 + 60;
	CHECK_STATUS(STATUS_DONE, &w, "unlock", ADA);
	struct talk *t = COMMAND(&w, "audit", "--since", "2026-05-04");
	CHECK_HAS(t->seen, "unlocked         ada@example.org");
	CHECK_HAS(t->seen, "practice-added");
	CHECK(!strstr(t->seen, "unlocked         " BEN));
	CHECK_HAS(COMMAND(&w, "audit", "--since", "2 days")->seen, "unlocked         " BEN);
}

TEST(a_manager_sees_their_own_practice_by_user_id)
{
	struct world w = two_practices();

	CHECK_STATUS(STATUS_DONE, &w, "account", "disable", "HC000001");
	CHECK_STATUS(STATUS_DONE, &w, "identity", "disable", ADA);
	w.peer = BEN_UID;
	struct talk *t = COMMAND(&w, "audit");
	check_status(__LINE__, STATUS_DONE, t);
	CHECK_HAS(t->seen, "HC000001");
	CHECK_HAS(t->seen, "BEN1");
	CHECK(!strstr(t->seen, "@") && !strstr(t->seen, "hill") && !strstr(t->seen, "HILL7"));
	t = COMMAND(&w, "audit", "--json", "--since", "2000-01-01", "--practice", "stj");
	check_status(__LINE__, STATUS_DONE, t);
	json_error_t e;
	json_t *j = json_loads(t->seen, JSON_REJECT_DUPLICATES, &e);
	CHECK(json_array_size(j) > 3);
	CHECK(!strstr(t->seen, "@") && !strstr(t->seen, "hill"));
	json_decref(j);
	char there[300];
	(void)snprintf(
		there, sizeof there, "%.299s", seen(COMMAND(&w, "audit", "--practice", "hill")));
	CHECK_TEXT(there, "There is no practice hill.\n");
	CHECK_TEXT(COMMAND(&w, "audit", "--practice", "nowhere")->seen,
		"There is no practice nowhere.\n");
	(void)snprintf(
		there, sizeof there, "%.299s", seen(COMMAND(&w, "audit", "--identity", "HILL7")));
	CHECK_TEXT(there, COMMAND(&w, "audit", "--identity", "nobody@example.org")->seen);
	CHECK_HAS(COMMAND(&w, "audit", "--identity", ADA)->seen, "HC000001");
	w.peer = ADA_UID; /* who manages nothing */
	CHECK_STATUS(STATUS_NOT_ALLOWED, &w, "audit");
}

TEST(a_record_names_who_did_it)
{
	struct world w = two_practices();
	struct talk *t = COMMAND(&w, "audit", "--practice", "stj");

	CHECK_HAS(t->seen, " root ");
	CHECK(strncmp(t->seen, "NUMBER TIME ", 12) == 0);
	CHECK_HAS(t->seen, "tty1 themselves ");
	CHECK(!strstr(
		t->seen, "login        tty1 root ")); /* what is chosen at a first sign-in, too */
	CHECK_STATUS(STATUS_DONE, &w, "practice", "set", "stj", "--manager", ADA);
	w.peer = ADA_UID;
	t = command(&w, (const char *const[]){ "attest", "BEN1", NULL },
		(const char *const[]){ app_code(&w, ada_secret, 0), NULL });
	check_status(__LINE__, STATUS_DONE, t);
	CHECK(!strstr(COMMAND(&w, "audit")->seen, "uid"));
	w.peer = 0;
	CHECK_HAS(COMMAND(&w, "audit")->seen, "HC000001 (uid 20000)");
	w.ruid = ADA_UID; /* root by sudo */
	CHECK_STATUS(STATUS_DONE, &w, "account", "disable", "HILL7");
	w.ruid = 1234;
	CHECK_STATUS(STATUS_DONE, &w, "account", "disable", "BEN1");
	w.ruid = 0;
	t = COMMAND(&w, "audit");
	CHECK_HAS(t->seen, "HILL7 (uid 20000)"); /* the one that she has there */
	CHECK_HAS(t->seen, "uid 1234");
}

/* What ada did from the hill is told to stj, but not who of the hill it was. */
TEST(somebody_of_another_practice_is_not_named)
{
	struct world w = two_practices();

	CHECK_STATUS(STATUS_DONE, &w, "leave", "HC000001");
	CHECK_STATUS(STATUS_DONE, &w, "identity", "add", "cat@example.org", "--name", "Cat");
	CHECK_STATUS(STATUS_DONE, &w, "account", "add", "CAT1", "--practice", "hill", "--identity",
		"cat@example.org", "--user", "cat");
	w.ruid = 20003;
	CHECK_STATUS(STATUS_DONE, &w, "unlock", "BEN1");
	w.ruid = 0;
	CHECK_HAS(COMMAND(&w, "audit")->seen, "CAT1 (uid 20003)");
	w.peer = BEN_UID;
	struct talk *t = COMMAND(&w, "audit");
	CHECK_HAS(t->seen, "somebody of another practice");
	CHECK(!strstr(t->seen, "CAT1") && !strstr(t->seen, "20003"));
}

/* Whatever she does at stj from her account at the hill: what its manager reads has nothing of the hill. */
TEST(a_manager_learns_nothing_of_an_account_elsewhere)
{
	static const char *const hill[] = { "20001", "uid", "hill", "HILL7", "elsewhere",
		"another practice", "pts/7" };
	struct world w = two_practices();
	struct talk *t =
		COMMAND(&w, "account", "add", "LEG1", "--practice", "stj", "--user", "leg");
	char code[64], app[8];

	snprintf(code, sizeof code, "%s", last_line(t));
	w.ruid = 20001;
	w.ticket[0] = 0;
	t = converse(&w, PURPOSE_OPEN, "su-l", "adae", (const char *const[]){ NULL });
	CHECK_INT(t->outcome.result, GRANTED);
	w.peer = 20001;
	CHECK_STATUS(STATUS_DONE, &w, "unlink", "HC000001");
	CHECK_STATUS(STATUS_DONE, &w, "unlink", "HC000001"); /* asked for already: one record */
	w.tty = "/dev/pts/7";
	t = command(&w, (const char *const[]){ "request", NULL },
		(const char *const[]){ "2", "Ada Example", ADA, "", NULL });
	check_status(__LINE__, STATUS_DONE, t);
	clock_add(&w, 60);
	snprintf(app, sizeof app, "%s", app_code(&w, ada_secret, 0));
	t = command(&w, (const char *const[]){ "link", NULL },
		(const char *const[]){ ADA_PASSWORD, app, "LEG1", code, NULL });
	check_status(__LINE__, STATUS_DONE, t);
	w.tty = "";
	w.peer = w.ruid = 0;
	CHECK_HAS(COMMAND(&w, "audit")->seen, "(uid 20001)");
	const char *asked = strstr(COMMAND(&w, "audit", "--json")->seen, "\"unlink\"");
	CHECK(asked && !strstr(asked + 1, "\"unlink\""));
	w.peer = BEN_UID;
	for (int json = 0; json < 2; json++) {
		t = json ? COMMAND(&w, "audit", "--json") : COMMAND(&w, "audit");
		check_status(__LINE__, STATUS_DONE, t);
		CHECK_HAS(t->seen, "su-l");
		CHECK_HAS(t->seen, "linked");
		CHECK_HAS(t->seen, "request 1");
		for (size_t i = 0; i < sizeof hill / sizeof *hill; i++)
			if (strstr(t->seen, hill[i]))
				check_fail(__FILE__, __LINE__, "%s: %s", hill[i], t->seen);
	}
}

TEST(the_last_hundred_that_were_asked_for)
{
	struct world w = two_practices();

	for (int i = 0; i < 110; i++)
		CHECK_STATUS(STATUS_DONE, &w, "unlock", i % 10 ? ADA : "BEN1");
	CHECK_INT(rows(COMMAND(&w, "audit")), 100);
	CHECK(rows(COMMAND(&w, "audit", "--identity", BEN)) >= 12);
	CHECK(rows(COMMAND(&w, "audit", "--since", "1 day")) > 110);
}

/* --- records of version 1 --- */

struct old {
	const struct seal *seal;
};

static int write_old(struct txn *t, void *arg)
{
	struct old *o = arg;
	uint8_t body[300], row[500], key[8], before[HASH_BYTES], hash[HASH_BYTES],
		chain[HASH_BYTES];
	static const struct id nobody;
	struct writer b = writer_of(body, sizeof body), w = writer_of(row, sizeof row);
	uint64_t n;
	int r = meta_u64(t, "audit", 0, &n);

	put_u64(&b, T_TIME, 1777885200);
	put_u16(&b, T_EVENT, AUDIT_SIGN_IN);
	put_bytes(&b, T_OWNER, &nobody, sizeof nobody);
	put_text(&b, T_WHO, "old@example.org");
	put_text(&b, T_PRACTICE, "stj");
	for (uint8_t tag = T_SERVICE; tag <= T_RHOST; tag++)
		put_text(&b, tag, "x");
	put_text(&b, T_BY, "uid 0");
	put_text(&b, T_DETAIL, "of old");
	seal_hash(o->seal, SEAL_AUDIT, body, b.len, hash);
	if (r < 0 || (r = audit_chain_last(t, before)) < 0)
		return r;
	audit_chain(o->seal, before, hash, ++n, chain);
	put_byte(&w, 1);
	put_bytes(&w, T_BODY, body, b.len);
	put_bytes(&w, T_HASH, hash, sizeof hash);
	put_bytes(&w, T_CHAIN, chain, sizeof chain);
	number_key(n, key);
	CHECK(!b.bad && !w.bad);
	if ((r = txn_put(t, TABLE_AUDIT, key, sizeof key, row, w.len)) < 0 ||
		(r = meta_set_u64(t, "audit", n)) < 0)
		return r;
	return txn_put(t, TABLE_META, "chain", 5, chain, sizeof chain);
}

TEST(records_of_version_1_are_read)
{
	struct world w = two_practices();
	struct old o = { .seal = world_seal(&w) };

	CHECK_INT(in_store(&w, write_old, &o, sizeof o), 0);
	CHECK_STATUS(STATUS_DONE, &w, "unlock", ADA);
	CHECK_STATUS(STATUS_DONE, &w, "audit", "verify");
	struct talk *t = COMMAND(&w, "audit");
	CHECK_HAS(t->seen, "old@example.org");
	CHECK_HAS(t->seen, "of old");
	w.peer = BEN_UID;
	t = COMMAND(&w, "audit");
	CHECK_HAS(t->seen, "of old");
	CHECK(!strstr(t->seen, "@"));
}

/* --- the first broken place --- */

struct breaking {
	int how;
};

static int break_it(struct txn *t, void *arg)
{
	const struct breaking *b = arg;
	uint8_t key[8], row[2048];
	struct bytes v;
	uint64_t n;
	int r = meta_u64(t, "audit", 0, &n);

	number_key(b->how < 4 ? 4 : n, key);
	if (r < 0 || (r = txn_get(t, TABLE_AUDIT, key, sizeof key, &v)) < 0)
		return r;
	memcpy(row, v.p, v.len);
	size_t len = v.len;
	switch (b->how) {
	case 0: return txn_del(t, TABLE_AUDIT, key, sizeof key);
	case 1: row[20] ^= 1; break; /* the body */
	case 2: /* another whole record in its place */
		number_key(5, key);
		if ((r = txn_get(t, TABLE_AUDIT, key, sizeof key, &v)) < 0)
			return r;
		memcpy(row, v.p, len = v.len);
		number_key(4, key);
		break;
	case 3: len = 10; break; /* cut */
	case 4: /* the last one taken away, and the count with it */
		r = txn_del(t, TABLE_AUDIT, key, sizeof key);
		return r < 0 ? r : meta_set_u64(t, "audit", n - 1);
	case 5: number_key(n + 1, key); break; /* one put there */
	}
	return txn_put(t, TABLE_AUDIT, key, sizeof key, row, len);
}

static void check_named(int how, const char *said, const char *what)
{
	struct world w = two_practices();
	struct breaking b = { .how = how };
	char want[60];

	CHECK_STATUS(STATUS_DONE, &w, "audit", "verify");
	CHECK_INT(in_store(&w, break_it, &b, sizeof b), 0);
	struct talk *t = COMMAND(&w, "audit", "verify");
	check_status(__LINE__, STATUS_REFUSED, t);
	CHECK_HAS(t->seen, said);
	t = COMMAND(&w, "audit", "verify", "--json");
	check_status(__LINE__, STATUS_REFUSED, t);
	snprintf(want, sizeof want, "\"what\":\"%s\"", what);
	CHECK_HAS(t->seen, want);
	CHECK_STATUS(STATUS_DONE, &w, "audit"); /* the others are shown all the same */
}

TEST(a_missing_record_is_named)
{
	check_named(0, "Record 4 is missing.", "missing");
}

TEST(a_changed_record_is_named)
{
	check_named(1, "Record 4 was changed.", "changed");
}

TEST(another_record_in_its_place_is_named)
{
	check_named(2, "Record 4 is not the one that was written there.", "chain");
}

TEST(a_record_that_was_cut_is_named)
{
	check_named(3, "Record 4 was changed.", "changed");
}

TEST(ad12_a_last_record_that_was_taken_away_is_named)
{
	check_named(4, " and those after it were taken away", "end");
}

TEST(a_record_put_after_the_last_one_is_named)
{
	check_named(5, " and those after it were taken away", "end");
}
