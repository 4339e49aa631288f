/* SPDX-License-Identifier: Apache-2.0 */
/* Administration. What must hold: each command does what it says or says why not, with the exit status
 * that scripts rely on; what is printed as JSON is JSON; only root administers. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "factor.h"
#include "verbs.h"
#include "world.h"

#define CHECK_STATUS(s, ...) check_status(__LINE__, s, COMMAND(__VA_ARGS__))

static void check_status(int line, enum status s, const struct talk *t)
{
	if (t->outcome.status != s || (t->outcome.result == GRANTED) != (s == STATUS_DONE))
		check_fail(__FILE__, line, "status %d (wanted %d), result %d: %s",
			t->outcome.status, s, t->outcome.result, t->seen);
}

/* What was printed, which must be one JSON text. */
static json_t *json_of(const struct talk *t)
{
	json_error_t e;
	json_t *j = json_loads(t->seen, JSON_REJECT_DUPLICATES, &e);

	if (!j)
		check_fail(__FILE__, __LINE__, "not JSON: %s: %s", e.text, t->seen);
	return j;
}

static const char *text(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s ? s : "(none)";
}

TEST(practices_are_added_listed_and_shown)
{
	struct world w = world_at("2026-05-04 09:00:00");
	json_t *j;

	CHECK(json_array_size(j = json_of(COMMAND(&w, "practice", "list", "--json"))) == 0);
	json_decref(j);
	CHECK_STATUS(STATUS_DONE, &w, "practice", "add", "stj", "St John's \"Surgery\"");
	CHECK_STATUS(STATUS_DONE, &w, "practice", "add", "HILL", "Praxis f\xc3\xbcr H\xc3\xbcgel");
	j = json_of(COMMAND(&w, "practice", "list", "--json"));
	CHECK_INT(json_array_size(j), 2);
	CHECK_TEXT(text(json_array_get(j, 0), "id"), "hill");
	CHECK_TEXT(text(json_array_get(j, 0), "name"), "Praxis f\xc3\xbcr H\xc3\xbcgel");
	CHECK_TEXT(text(json_array_get(j, 1), "name"), "St John's \"Surgery\"");
	CHECK_TEXT(text(json_array_get(j, 1), "created"), "2026-05-04T09:00:00Z");
	json_decref(j);
	j = json_of(COMMAND(&w, "practice", "show", "STJ", "--json"));
	CHECK_INT(json_integer_value(json_object_get(j, "accounts")), 0);
	json_decref(j);
	CHECK_HAS(
		COMMAND(&w, "practice", "list")->seen, "stj              St John's \"Surgery\"\n");
	CHECK_STATUS(STATUS_EXISTS, &w, "practice", "add", "stj", "Another");
	CHECK_STATUS(STATUS_EXISTS, &w, "practice", "add", "STJ", "Another");
	CHECK_STATUS(STATUS_NO_SUCH, &w, "practice", "show", "nowhere");
	CHECK_STATUS(STATUS_NO_SUCH, &w, "practice", "show", "no name");
}

TEST(names_that_can_not_be_shown_are_refused)
{
	struct world w = world_at("2026-05-04 09:00:00");
	char longer[140];
	static const char *const bad[] = { "", " St John", "a\nb", "a\x1b[2Jb", "a:b", "a\\b",
		"\x7f", "\xff\xfe", "caf\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
		"a\xe2\x80\xae"
		"b",
		"\xc2\x9b"
		"2J" };

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		CHECK_STATUS(STATUS_REFUSED, &w, "practice", "add", "stj", bad[i]);
		struct talk *t = COMMAND(&w, "identity", "add", ADA, "--name", bad[i]);
		check_status(__LINE__, STATUS_REFUSED, t);
		CHECK(!strpbrk(t->seen, "\x1b\x7f\xff\xc0\xed"));
	}
	memset(longer, 'a', sizeof longer);
	longer[121] = 0;
	CHECK_STATUS(STATUS_REFUSED, &w, "practice", "add", "stj", longer);
	CHECK_STATUS(STATUS_REFUSED, &w, "identity", "add", ADA, "--name", longer);
	longer[120] = 0;
	CHECK_STATUS(STATUS_DONE, &w, "practice", "add", "stj", longer);
	CHECK_STATUS(STATUS_DONE, &w, "identity", "add", ADA, "--name", longer);
	static const char *const id[] = { "", "9lives", "-x", "a b", "a/b", "a@b", "\xc3\xa9",
		"abcdefghijklmnopqrstuvwxyzabcdef" };
	for (size_t i = 0; i < sizeof id / sizeof *id; i++)
		CHECK_STATUS(STATUS_REFUSED, &w, "practice", "add", id[i], "A name");
}

TEST(an_identity_is_added_with_an_activation_code_as_the_last_line)
{
	struct world w = world_at("2026-05-04 09:00:00");
	struct talk *t = COMMAND(&w, "identity", "add", "Ada@Example.org", "--name", "Ada Example");

	check_status(__LINE__, STATUS_DONE, t);
	CHECK_INT(strlen(last_line(t)), 19);
	CHECK_HAS(t->seen, "ada@example.org is added.");
	CHECK_STATUS(STATUS_EXISTS, &w, "identity", "add", ADA, "--name", "Another");
	CHECK_STATUS(
		STATUS_DONE, &w, "identity", "add", "--name=Ben Sample", "--", "ben@example.org");
	static const char *const bad[] = { "ada", "a@b@c", "@example.org", "ada@",
		"ad a@example.org", "-ada@example.org", "ada@example.org.", "",
		"ada@exa\xc4\xb1mple.org" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (bad[i][0] != '-')
			CHECK_STATUS(STATUS_REFUSED, &w, "identity", "add", bad[i], "--name", "X");
	CHECK_STATUS(STATUS_USAGE, &w, "identity", "add", "ben@example.org");
	CHECK_STATUS(STATUS_USAGE, &w, "identity", "add", "--name", "Ben");
	CHECK_STATUS(STATUS_USAGE, &w, "identity", "add", "a@b.org", "c@d.org", "--name", "Ben");
}

TEST(identities_are_listed_and_shown)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	json_t *j = json_of(COMMAND(&w, "identity", "list", "--json"));
	CHECK_INT(json_array_size(j), 1);
	CHECK_TEXT(text(json_array_get(j, 0), "email"), ADA);
	CHECK_TEXT(text(json_array_get(j, 0), "state"), "active");
	CHECK_TEXT(text(json_array_get(j, 0), "last_sign_in"), "2026-05-04T09:00:00Z");
	json_decref(j);
	j = json_of(COMMAND(&w, "identity", "show", ADA, "--json"));
	CHECK_INT(json_array_size(json_object_get(j, "factors")), 4);
	CHECK_INT(json_array_size(json_object_get(j, "accounts")), 1);
	CHECK(json_is_false(json_object_get(j, "activation_pending")));
	json_decref(j);
	struct talk *t = COMMAND(&w, "identity", "show", ADA);
	CHECK_HAS(t->seen, "factors              password\n                     totp\n");
	CHECK(!strstr(t->seen, ada_secret) && !strstr(t->seen, ADA_PASSWORD));
	CHECK_STATUS(STATUS_NO_SUCH, &w, "identity", "show", "nobody@example.org");
	CHECK_STATUS(STATUS_NO_SUCH, &w, "identity", "show", "nobody");
	CHECK_STATUS(STATUS_REFUSED, &w, "identity", "show", "no name");
}

TEST(an_identity_is_switched_off_and_on)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	CHECK_STATUS(STATUS_DONE, &w, "identity", "disable", "ADA@example.org");
	CHECK_HAS(COMMAND(&w, "identity", "show", ADA)->seen, "state                disabled");
	CHECK_INT(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0))
			  ->outcome.result,
		REFUSED);
	CHECK_STATUS(STATUS_DONE, &w, "identity", "disable", ADA);
	CHECK_STATUS(STATUS_DONE, &w, "identity", "enable", ADA);
	CHECK_INT(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 1))
			  ->outcome.result,
		GRANTED);
	CHECK_STATUS(STATUS_NO_SUCH, &w, "identity", "disable", "nobody@example.org");
	CHECK_STATUS(STATUS_NO_SUCH, &w, "identity", "enable", "nobody@example.org");
	CHECK_STATUS(STATUS_NO_SUCH, &w, "identity", "reset", "nobody@example.org");
	CHECK_STATUS(STATUS_NO_SUCH, &w, "identity", "reset", "nobody");
	CHECK_INT(strlen(last_line(COMMAND(&w, "identity", "reset", ADA))), 19);
}

TEST(unlocking_names_anybody_by_any_name)
{
	struct world w = world_at("2026-05-04 09:00:00");
	static const char *const names[] = { ADA, "adae", "ADAE", "HC000001", "hc000002",
		"HC000002", "benj" };

	enrol_ada(&w);
	CHECK_STATUS(STATUS_DONE, &w, "account", "add", "HC000002", "--practice", "stj", "--user",
		"benj");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		CHECK_STATUS(STATUS_DONE, &w, "unlock", names[i]);
	CHECK_STATUS(STATUS_NO_SUCH, &w, "unlock", "nobody");
	CHECK_STATUS(STATUS_NO_SUCH, &w, "unlock", "no name");
	CHECK_STATUS(STATUS_USAGE, &w, "unlock");
	CHECK_STATUS(STATUS_USAGE, &w, "unlock", ADA, "adae");
	CHECK_STATUS(STATUS_USAGE, &w, "unlock", ADA, "--json");
}

TEST(cl09_status_and_audit_are_json_too)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	CHECK(strncmp(COMMAND(&w, "status")->seen,
		      "Sign-in works: the store is open, the directory is current.\n"
		      "E-mail: no way to send any. Text messages: no way to send any. In the outbox: "
		      "0 waiting, 0 given up.\n",
		      140) == 0);
	json_t *j = json_of(COMMAND(&w, "status", "--json"));
	CHECK(json_is_true(json_object_get(j, "sign_in_works")));
	CHECK(json_is_false(json_object_get(j, "email")));
	CHECK_TEXT(text(j, "version"), HC_VERSION);
	CHECK_TEXT(text(j, "audit_chain"), "good");
	CHECK_INT(json_integer_value(json_object_get(j, "identities")), 1);
	CHECK_INT(json_integer_value(json_object_get(j, "accounts")), 1);
	CHECK_INT(json_integer_value(json_object_get(j, "practices")), 1);
	CHECK(json_is_true(json_object_get(j, "directory_published")));
	json_decref(j);
	j = json_of(COMMAND(&w, "audit", "--json"));
	size_t n = json_array_size(j);
	CHECK(n >= 6);
	CHECK_TEXT(text(json_array_get(j, 0), "event"), "practice-added");
	CHECK_TEXT(text(json_array_get(j, 0), "by"), "root");
	CHECK_TEXT(text(json_array_get(j, n - 1), "event"), "enrolled");
	CHECK_TEXT(text(json_array_get(j, n - 1), "who"), ADA);
	json_decref(j);
	w.ruid = 1234; /* by sudo: who they are is kept */
	CHECK_STATUS(STATUS_DONE, &w, "identity", "disable", ADA);
	w.ruid = 0;
	j = json_of(COMMAND(&w, "audit", "--json"));
	CHECK_TEXT(text(json_array_get(j, n), "event"), "disabled");
	CHECK_TEXT(text(json_array_get(j, n), "by"), "uid 1234");
	json_decref(j);
}

TEST(the_audit_shows_the_last_hundred)
{
	struct world w = world_at("2026-05-04 09:00:00");

	add_ada(&w);
	for (int i = 0; i < 110; i++)
		COMMAND(&w, "unlock", ADA);
	json_t *j = json_of(COMMAND(&w, "audit", "--json"));
	CHECK_INT(json_array_size(j), 100);
	CHECK_INT(json_integer_value(json_object_get(json_array_get(j, 99), "number")), 113);
	json_decref(j);
}

/* AD-08. */
TEST(only_root_administers)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	w.peer = 20000;
	w.ruid = 0; /* whatever the packet says */
	CHECK_STATUS(STATUS_NOT_ALLOWED, &w, "practice", "add", "hill", "Hill Clinic");
	CHECK_STATUS(STATUS_NOT_ALLOWED, &w, "practice", "list");
	CHECK_STATUS(STATUS_NOT_ALLOWED, &w, "identity", "add", "b@example.org", "--name", "B");
	CHECK_STATUS(STATUS_NOT_ALLOWED, &w, "identity", "list");
	CHECK_STATUS(STATUS_NOT_ALLOWED, &w, "identity", "show", ADA);
	CHECK_STATUS(STATUS_NOT_ALLOWED, &w, "identity", "enable", ADA);
	CHECK_STATUS(STATUS_NOT_ALLOWED, &w, "identity", "reset", ADA);
	CHECK_STATUS(
		STATUS_NOT_ALLOWED, &w, "account", "add", "X", "--practice", "stj", "--user", "x");
	CHECK_STATUS(STATUS_NOT_ALLOWED, &w, "account", "list");
	CHECK_STATUS(STATUS_NOT_ALLOWED, &w, "account", "disable", "adae");
	CHECK_STATUS(STATUS_NOT_ALLOWED, &w, "unlock", ADA);
	CHECK_STATUS(STATUS_NOT_ALLOWED, &w, "lock", ADA);
	CHECK_STATUS(STATUS_NOT_ALLOWED, &w, "audit");
	w.peer = UINT32_MAX;
	CHECK_STATUS(STATUS_NOT_ALLOWED, &w, "unlock", ADA);
}

/* What a verb does not take is never passed over. */
TEST(words_and_options_that_a_verb_does_not_take_are_refused)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	CHECK_STATUS(STATUS_USAGE, &w, "nothing");
	CHECK_STATUS(STATUS_USAGE, &w, "practice");
	CHECK_STATUS(STATUS_USAGE, &w, "practice", "add", "hill", "Hill", "--json");
	CHECK_STATUS(STATUS_USAGE, &w, "practice", "add", "hill");
	CHECK_STATUS(STATUS_USAGE, &w, "practice", "list", "--name", "x");
	CHECK_STATUS(STATUS_USAGE, &w, "practice", "list", "stj");
	CHECK_STATUS(STATUS_USAGE, &w, "practice", "show", "stj", "--name", "x");
	CHECK_STATUS(STATUS_USAGE, &w, "practice", "list", "--colour");
	CHECK_STATUS(STATUS_USAGE, &w, "practice", "list", "--json", "--json");
	CHECK_STATUS(STATUS_USAGE, &w, "practice", "list", "--jsonx");
	CHECK_STATUS(STATUS_USAGE, &w, "identity", "list", "--name", "x");
	CHECK_STATUS(STATUS_USAGE, &w, "identity", "show", ADA, "--name", "x");
	CHECK_STATUS(STATUS_USAGE, &w, "identity", "disable", ADA, "--json");
	CHECK_STATUS(STATUS_USAGE, &w, "identity", "reset", ADA, "--json");
	CHECK_STATUS(STATUS_USAGE, &w, "identity", "disable", ADA, "--name", "x");
	CHECK_STATUS(STATUS_USAGE, &w, "identity", "disable");
	CHECK_STATUS(STATUS_USAGE, &w, "account", "disable", "adae", "--json");
	CHECK_STATUS(STATUS_USAGE, &w, "account", "show", "adae", "--practice", "stj");
	CHECK_STATUS(STATUS_USAGE, &w, "account", "list", "adae");
	CHECK_STATUS(STATUS_USAGE, &w, "status", "now");
	CHECK_STATUS(STATUS_USAGE, &w, "audit", "--user", "adae");
	CHECK_STATUS(STATUS_USAGE, &w, "identity", "add", "x@example.org", "--name");
	CHECK_STATUS(
		STATUS_USAGE, &w, "identity", "add", "x@example.org", "--name", "X", "--name", "Y");
	CHECK_HAS(COMMAND(&w, "identity", "show")->seen,
		"Usage: hcauth identity show EMAIL|USERID [--json]");
	CHECK_HAS(COMMAND(&w, "identity", "show", ADA)->seen, "active");
}
