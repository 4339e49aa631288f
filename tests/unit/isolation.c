/* SPDX-License-Identifier: Apache-2.0 */
/* Who may say what, for every command there is. What must hold: a command of the table has a row here; the
 * manager of another practice gets, byte for byte, what they would get if the thing did not exist; whoever
 * is refused changes nothing in the store. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "check.h"
#include "request.h"
#include "staff.h"
#include "store/store.h"

enum { ROOT, MANAGER, OTHER_MANAGER, PERSON, OTHER_PERSON, STRANGER, CALLERS };

static const unsigned uids[CALLERS] = { 0, ADA_UID, BEN_UID, CAT_UID, DAN_UID, 31999 };

enum { WORDS = 10 };

enum { ASKS = 100 /* not refused: a question comes, and is not answered */ };

/* Commands about HC4 (Dan's account at stj), Dan, stj, and HC5 there, which is nobody's yet. */
static const struct row {
	const char *word[WORDS];
	const char *
		nothing; /* in place of the last word: what does not exist; NULL: it names nothing */
	int status[CALLERS];
} rows[] = {
	{ { "practice", "add", "sea", "Seaside" }, NULL, { 0, 4, 4, 4, 4, 4 } },
	{ { "practice", "set", "--name", "New", "stj" }, "nosuch", { 0, 0, 3, 4, 4, 4 } },
	{ { "practice", "list" }, NULL, { 0, 0, 0, 4, 4, 4 } },
	{ { "practice", "show", "stj" }, "nosuch", { 0, 0, 3, 4, 4, 4 } },
	{ { "identity", "add", "--name", "Fay", "fay@example.org" }, NULL, { 0, 4, 4, 4, 4, 4 } },
	{ { "identity", "share", "--name", "Fay", "dan@example.org" }, NULL, { 1, 4, 4, 4, 4, 4 } },
	{ { "identity", "list" }, NULL, { 0, 4, 4, 4, 4, 4 } },
	{ { "identity", "show", "dan@example.org" }, "nosuch@example.org", { 0, 4, 4, 4, 4, 4 } },
	{ { "identity", "disable", "dan@example.org" }, "nosuch@example.org",
		{ 0, 4, 4, 4, 4, 4 } },
	{ { "identity", "enable", "dan@example.org" }, "nosuch@example.org", { 0, 4, 4, 4, 4, 4 } },
	{ { "identity", "reset", "dan@example.org" }, "nosuch@example.org", { 0, 4, 4, 4, 4, 4 } },
	{ { "account", "add", "--practice", "stj", "--user", "nine", "HC9" }, NULL,
		{ 0, 4, 4, 4, 4, 4 } },
	{ { "account", "list" }, NULL, { 0, 0, 0, 4, 4, 4 } },
	{ { "account", "list", "--practice", "stj" }, "nosuch", { 0, 0, 3, 4, 4, 4 } },
	{ { "account", "show", "HC4" }, "NOSUCH", { 0, 0, 3, 4, 4, 4 } },
	{ { "account", "show", "dan" }, "nosuch", { 0, 0, 3, 4, 4, 4 } },
	{ { "account", "disable", "HC4" }, "NOSUCH", { 0, 0, 3, 4, 4, 4 } },
	{ { "account", "disable", "--force", "HC4" }, "NOSUCH", { 0, 0, 3, 4, 4, 4 } },
	{ { "account", "enable", "HC4" }, "NOSUCH", { 0, 0, 3, 4, 4, 4 } },
	{ { "account", "reset", "HC4" }, "NOSUCH", { 1, 0, 3, 4, 4, 4 } },
	{ { "account", "unlink", "HC4" }, "NOSUCH", { 0, 0, 3, 4, 4, 4 } },
	{ { "account", "keep", "HC4" }, "NOSUCH", { 1, 1, 3, 4, 4, 4 } },
	{ { "unlock", "HC4" }, "NOSUCH", { 0, 0, 3, 4, 4, 4 } },
	{ { "unlock", "dan@example.org" }, "nosuch@example.org", { 0, 0, 3, 4, 4, 4 } },
	{ { "invite", "--name", "Fay", "--practice", "stj" }, "nosuch", { 0, 0, 3, 4, 4, 4 } },
	{ { "letter", "HC5" }, "NOSUCH", { 0, 0, 3, 4, 4, 4 } },
	{ { "requests" }, NULL, { 0, 0, 0, 4, 4, 4 } },
	{ { "approve", "stj/1" }, "stj/2", { 0, 0, 3, 4, 4, 4 } },
	{ { "refuse", "stj/1" }, "stj/2", { 0, 0, 3, 4, 4, 4 } },
	{ { "request" }, NULL, { ASKS, ASKS, ASKS, ASKS, ASKS, 4 } },
	{ { "import" }, NULL, { 1, 4, 4, 4, 4, 4 } },
	{ { "status" }, NULL, { 0, 0, 0, 0, 0, 4 } },
	{ { "rollout" }, NULL, { 0, 0, 0, 4, 4, 4 } },
	{ { "rollout", "--practice", "stj" }, "nosuch", { 0, 0, 3, 4, 4, 4 } },
	{ { "lock" }, NULL, { 4, 0, 0, 0, 0, 4 } },
	{ { "lock", "HC4" }, "NOSUCH", { 0, 0, 3, 4, 4, 4 } },
	{ { "audit" }, NULL, { 0, 0, 0, 4, 4, 4 } },
	{ { "audit", "--practice", "stj" }, "nosuch", { 0, 0, 3, 4, 4, 4 } },
	{ { "audit", "--identity", "dan@example.org" }, "nosuch@example.org",
		{ 0, 0, 3, 4, 4, 4 } },
	{ { "audit", "verify" }, NULL, { 0, 4, 4, 4, 4, 4 } },
	{ { "leave", "HC4" }, "NOSUCH", { 0, 0, 3, 4, 4, 4 } },
	{ { "review" }, NULL, { 0, 0, 0, 4, 4, 4 } },
	{ { "attest", "HC4" }, "NOSUCH", { 0, 0, 3, 4, 4, 4 } },
	{ { "purge", "--dry-run" }, NULL, { 0, 4, 4, 4, 4, 4 } },
	{ { "outbox" }, NULL, { 0, 4, 4, 4, 4, 4 } },
	{ { "metrics" }, NULL, { 0, 4, 4, 4, 4, 4 } },
	{ { "trace", "dan@example.org" }, "nosuch@example.org", { 0, 4, 4, 4, 4, 4 } },
	{ { "outbox", "retry", "1" }, "99", { 0, 4, 4, 4, 4, 4 } },
	{ { "outbox", "drop", "1" }, "99", { 0, 4, 4, 4, 4, 4 } },
	{ { "password" }, NULL, { 4, ASKS, ASKS, ASKS, ASKS, 4 } },
	{ { "pin" }, NULL, { 4, ASKS, ASKS, ASKS, ASKS, 4 } },
	{ { "totp" }, NULL, { 4, ASKS, ASKS, ASKS, ASKS, 4 } },
	{ { "codes" }, NULL, { 4, ASKS, ASKS, ASKS, ASKS, 4 } },
	{ { "accounts" }, NULL, { 4, 0, 0, 0, 0, 4 } },
	{ { "unlink", "HC4" }, "NOSUCH", { 4, 3, 3, 3, 0, 4 } },
	{ { "link" }, NULL, { 4, ASKS, ASKS, ASKS, ASKS, 4 } },
	{ { "default", "HC4" }, "NOSUCH", { 4, 3, 3, 3, 0, 4 } },
	{ { "switch", "HC4" }, "NOSUCH", { 4, 3, 3, 3, 1 /* there already */, 4 } },
	{ { "email" }, NULL, { 4, ASKS, ASKS, ASKS, ASKS, 4 } },
	{ { "mobile" }, NULL, { 4, ASKS, ASKS, ASKS, ASKS, 4 } },
	{ { "second" }, NULL, { 4, 0, 0, 0, 0, 4 } },
	{ { "second", "app" }, NULL, { 4, ASKS, ASKS, ASKS, ASKS, 4 } },
	{ { "ssh-keys" }, NULL, { 4, 0, 0, 0, 0, 4 } },
	{ { "ssh-keys", "add" }, NULL, { 4, ASKS, ASKS, ASKS, ASKS, 4 } },
	{ { "ssh-keys", "remove", "1" }, NULL, { 4, 3, 3, 3, 3, 4 } },
	{ { "who" }, NULL, { 0, 0, 0, 0, 0, 4 } },
	{ { "break-glass" }, NULL, { 0, 0, 0, 4, 4, 4 } },
	{ { "break-glass", "new", "stj" }, "nosuch", { 0, 0, 3, 4, 4, 4 } },
	{ { "break-glass", "drop", "stj" }, "nosuch", { 0, 0, 3, 4, 4, 4 } },
	{ { "yubikey" }, NULL, { 4, 0, 0, 0, 0, 4 } },
	{ { "yubikey", "add" }, NULL, { 4, ASKS, ASKS, ASKS, ASKS, 4 } },
	{ { "yubikey", "new" }, NULL, { 4, ASKS, ASKS, ASKS, ASKS, 4 } },
	{ { "yubikey", "remove", "Blue" }, NULL, { 4, ASKS, ASKS, ASKS, ASKS, 4 } },
	{ { "yubikey", "rename", "Blue", "Red" }, NULL, { 4, ASKS, ASKS, ASKS, ASKS, 4 } },
	{ { "yubikey", "import" }, NULL, { 1, 4, 4, 4, 4, 4 } },
	{ { "import", "google-authenticator" }, NULL, { 1, 4, 4, 4, 4, 4 } },
	{ { "import", "oath" }, NULL, { 1, 4, 4, 4, 4, 4 } },
	{ { "import", "yubico" }, NULL, { 1, 4, 4, 4, 4, 4 } },
	{ { "import", "passwd", "--practice", "stj" }, NULL, { 1, 4, 4, 4, 4, 4 } },
	{ { "yubikey", "pool" }, NULL, { 0, 4, 4, 4, 4, 4 } },
	{ { "yubikey", "drop", "cccc" }, "dddd", { 3, 4, 4, 4, 4, 4 } },
	{ { "explain", "--service", "login", "HC4" }, "NOSUCH", { 0, 0, 3, 4, 4, 4 } },
	{ { "explain", "--service", "login", "dan@example.org" }, "nosuch@example.org",
		{ 0, 0, 3, 4, 4, 4 } },
	{ { "doctor" }, NULL, { 0, 4, 4, 4, 4, 4 } },
};

enum { ROWS = sizeof rows / sizeof *rows };

static int add_request(struct txn *t, void *arg)
{
	struct conv *c = arg;
	struct request q = { .practice = "stj", .name = "Fay Newcomer" };
	struct now now;

	c->now(&now);
	q.made = now.unix_s;
	return request_add(t, c, &now, false, &q);
}

static void ask_for_login(struct conv *c, void *arg)
{
	(void)arg;
	CHECK_INT(store_update(c->store, NEED_SPACE, add_request, c), 0);
}

/* Staff, a request at stj, and a message to Cat under way. */
static struct world crowd(void)
{
	struct world w = staff(), ada = as_person(&w, ADA_UID);
	char none = 0;

	w.conf.break_glass = ada.conf.break_glass = true;
	CHECK_INT(COMMAND(&w, "practice", "set", "stj", "--break-glass", "yes")->outcome.result,
		GRANTED);
	in_conversation(&w, ask_for_login, &none, sizeof none);
	CHECK_INT(COMMAND(&ada, "account", "reset", "HC3")->outcome.result, GRANTED);
	return w;
}

static size_t words_of(const struct row *row)
{
	size_t n = 0;

	while (n < WORDS && row->word[n])
		n++;
	return n;
}

/* The same world in a folder of its own: what one caller changes, the next does not find. */
static struct world another(const struct world *w)
{
	static unsigned copies;
	struct world copy = *w;
	char command[400];

	snprintf(copy.folder, sizeof copy.folder, "%s/copy%u", test_folder(), copies++);
	CHECK_INT(mkdir(copy.folder, 0700), 0);
	snprintf(command, sizeof command, "cd %s && cp -a store slots directory %s", w->folder,
		copy.folder);
	CHECK_INT(system(command), 0);
	return copy;
}

static struct talk *say(struct world *w, const struct row *row, const char *last)
{
	const char *words[WORDS + 1] = { NULL };
	size_t n = words_of(row);

	memcpy(words, row->word, n * sizeof *words);
	if (last)
		words[n - 1] = last;
	return command(w, words, (const char *const[]){ NULL });
}

static int came_to(const struct talk *t)
{
	return t->hung_up && t->asks == 1 ? ASKS : t->outcome.status;
}

static void check_row(struct world *staff_world, const struct row *row, unsigned caller)
{
	struct world w = another(staff_world);
	uint64_t before = world_serial(&w);
	struct talk *t = say(&w, row, NULL);

	if (came_to(t) != row->status[caller])
		check_fail(__FILE__, __LINE__, "%s %s, caller %u: %d instead of %d: %s",
			row->word[0], row->word[1] ? row->word[1] : "", caller, came_to(t),
			row->status[caller], t->seen);
	CHECK_INT(t->outcome.result == GRANTED, came_to(t) == 0);
	if (came_to(t) != 0)
		CHECK_INT(world_serial(&w), before);
}

static struct world sit_down(const struct world *root, unsigned caller)
{
	struct world w = caller == ROOT ? as_root(root) : as_person(root, uids[caller]);

	w.file = "nothing that could be imported\n";
	return w;
}

static void check_caller(unsigned caller)
{
	struct world root = crowd(), w = sit_down(&root, caller);

	for (size_t i = 0; i < ROWS; i++)
		check_row(&w, &rows[i], caller);
}

TEST(root_says_what_is_root_s)
{
	check_caller(ROOT);
}

TEST(a_manager_says_what_is_a_manager_s)
{
	check_caller(MANAGER);
}

TEST(ad07_another_practice_s_manager_changes_nothing_here)
{
	check_caller(OTHER_MANAGER);
}

TEST(ad08_a_person_says_what_is_their_own)
{
	check_caller(PERSON);
}

TEST(another_person_says_what_is_their_own)
{
	check_caller(OTHER_PERSON);
}

TEST(wp08_a_uid_that_is_nobody_s_says_nothing)
{
	check_caller(STRANGER);
}

TEST(every_command_has_its_row)
{
	const struct verb *v;

	for (size_t i = 0; (v = verb_at(i)); i++) {
		bool found = v->where != VERB_DAEMON;

		for (size_t k = 0; k < ROWS && !found; k++) {
			size_t used = 0;
			const struct verb *of = verb_find(rows[k].word, words_of(&rows[k]), &used);

			found = of && strcmp(of->name, v->name) == 0;
		}
		if (!found)
			check_fail(__FILE__, __LINE__, "%s has no row here", v->name);
	}
}

/* text with each `from` as `to`. */
static const char *replaced(const char *text, const char *from, const char *to)
{
	static char out[4096];
	size_t at = 0;

	for (; *text && at < sizeof out - 64; text++) {
		if (strncmp(text, from, strlen(from)) == 0) {
			at += (size_t)snprintf(out + at, sizeof out - at, "%s", to);
			text += strlen(from) - 1;
		} else
			out[at++] = *text;
	}
	out[at] = 0;
	return out;
}

/* To the other practice's manager, and to whoever is none, what is there is as what is not. */
TEST(what_is_not_yours_is_as_what_does_not_exist)
{
	static char nothing[4096];
	struct world root = crowd();

	for (unsigned caller = OTHER_MANAGER; caller < CALLERS; caller++) {
		struct world mine = sit_down(&root, caller);

		for (size_t i = 0; i < ROWS; i++) {
			const struct row *row = &rows[i];

			if (!row->nothing || row->status[caller] < STATUS_NO_SUCH)
				continue;
			struct talk *t = say(&mine, row, row->nothing);
			unsigned asks = t->asks, status = t->outcome.status;
			snprintf(nothing, sizeof nothing, "%s",
				replaced(t->seen, row->nothing, row->word[words_of(row) - 1]));
			t = say(&mine, row, NULL);
			CHECK_TEXT(t->seen, nothing);
			CHECK_INT(t->asks, asks);
			CHECK_INT(t->outcome.status, status);
		}
	}
}

TEST(a_manager_with_no_account_in_use_there_manages_from_nowhere)
{
	struct world root = staff(), w;

	CHECK_INT(COMMAND(&root, "practice", "set", "stj", "--manager", "cat@example.org")
			  ->outcome.result,
		GRANTED);
	w = as_person(&root, CAT_HILL_UID);
	CHECK_INT(COMMAND(&w, "account", "show", "HC4")->outcome.result, GRANTED);
	CHECK_INT(COMMAND(&root, "account", "disable", "HC3")->outcome.result, GRANTED);
	w = as_person(&root, CAT_HILL_UID);
	CHECK_INT(COMMAND(&w, "account", "show", "HC4")->outcome.status, STATUS_NOT_ALLOWED);
}

TEST(what_a_packet_says_of_its_sender_is_nothing)
{
	struct world root = staff(), w = as_person(&root, CAT_UID);

	w.ruid = 0;
	CHECK_INT(COMMAND(&w, "account", "list")->outcome.status, STATUS_NOT_ALLOWED);
	CHECK_INT(COMMAND(&w, "identity", "list")->outcome.status, STATUS_NOT_ALLOWED);
}
