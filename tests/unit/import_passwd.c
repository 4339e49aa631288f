/* SPDX-License-Identifier: Apache-2.0 */
/* Users of the machine become people's accounts. What must hold: the password that they have lets them in,
 * and is an Argon2id from then on; a locked, expired or weak one does not come; who exists can't be told
 * from prompts, words or work; nothing of a hash is shown or kept in the clear. The one user that any
 * machine has with a uid that hcauth takes is nobody. */
#include <crypt.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "check.h"
#include "factor.h"
#include "import_help.h"
#include "import_second.h"
#include "joining.h"
#include "people.h"
#include "staff.h"
#include "store/store.h"
#include "text.h"

#define WORD "old and trusted one"
#define ADDRESS "user,email\nnobody, no.body@example.org\n"
#define PIN "73915"

static const char *made(const char *word)
{
	static struct crypt_data data;
	static char hash[CRYPT_OUTPUT_SIZE];

	data = (struct crypt_data){ .initialized = 0 };
	snprintf(hash, sizeof hash, "%s", crypt_r(word, "$5$rounds=1000$abcdefghijklmnop", &data));
	return hash;
}

/* A line as the command makes it; rest: from the day of the last change on. */
static const char *line_of(const char *hash, const char *rest)
{
	static char line[600];

	snprintf(line, sizeof line, "18:nobody:No Body,room 3:%s:%s:%s\n", "", hash, rest);
	return line;
}
#define LINE(hash) line_of(hash, "20000:0:99999:7:::")

static struct talk *import(
	struct world *w, const char *users, const char *addresses, const char *how)
{
	no_parts();
	add_part("-", users);
	if (addresses)
		add_part("-", addresses);
	import_parts(w, "passwd", NULL); /* no practice: how it is handed over, and refused */
	return how ? COMMAND(w, "import", "passwd", "--practice", "stj", how)
		   : COMMAND(w, "import", "passwd", "--practice", "stj");
}

static struct world at_stj(void)
{
	struct world w = world_at("2026-05-04 09:00:00");

	CHECK_STATUS(STATUS_DONE, COMMAND(&w, "practice", "add", "stj", "St John's Surgery"));
	return w;
}

/* --- what is stored --- */

struct looking {
	const struct seal *seal;
	uint8_t version;
	size_t len;
};

static int look(struct txn *t, void *arg)
{
	struct looking *l = arg;
	struct person p;
	CREDENTIAL(cred);
	int r = person_by_name(t, "nobody", &p);

	if (r == 0 && (r = credential_get(t, l->seal, &p.owner, FACTOR_PASSWORD, &cred)) == 0) {
		l->version = cred.plain[0];
		l->len = cred.len;
	}
	return r;
}

/* 2: imported, 1: Argon2id, 0: none. */
static unsigned stored(struct world *w)
{
	struct looking l = { .seal = world_seal(w) };
	int r = in_store(w, look, &l, sizeof l);

	CHECK(r == 0 || r == -ENOENT);
	return l.version;
}

static const char *code_in(const struct talk *t)
{
	static char code[64];
	const char *at = strstr(t->seen, "then an activation code ");

	CHECK(at != NULL);
	at += strlen("then an activation code ");
	snprintf(code, sizeof code, "%.*s", (int)strcspn(at, "\n"), at);
	return code;
}

TEST(a_local_password_comes_over_and_an_activation_code_leads_to_the_rest)
{
	struct world w = at_stj();
	struct talk *t = import(&w, LINE(made(WORD)), NULL, NULL);
	char code[64], secret[64];

	CHECK_STATUS(STATUS_DONE, t);
	CHECK_HAS(
		t->seen, "line 18: nobody uid 65534: the same password, then an activation code ");
	CHECK_HAS(
		t->seen, "\n1 account and 1 password are imported.\nTheir local passwords are as");
	CHECK(!strstr(t->seen, "$5$"));
	snprintf(code, sizeof code, "%s", code_in(t));
	CHECK_INT(stored(&w), 2);
	t = SIGN_IN(&w, "login", "nobody", WORD, code, "@totp", "yes", PIN, PIN);
	CHECK_INT(t->outcome.result, GRANTED);
	CHECK_HAS(t->seen, "Welcome");
	const char *at = strstr(t->seen, "Secret: ");
	CHECK(at != NULL);
	snprintf(secret, sizeof secret, "%.*s", (int)strcspn(at + 8, "\n"), at + 8);
	clock_add(&w, 60);
	CHECK_INT(SIGN_IN(&w, "sshd", "nobody", WORD "x", app_code(&w, secret, 0))->outcome.result,
		REFUSED);
	CHECK_INT(SIGN_IN(&w, "sshd", "nobody", WORD, "000000")->outcome.result, REFUSED);
	CHECK_INT(stored(&w), 2);
	CHECK_INT(SIGN_IN(&w, "sshd", "nobody", WORD, app_code(&w, secret, 0))->outcome.result,
		GRANTED);
	CHECK_INT(stored(&w), 1);
	clock_add(&w, 60);
	CHECK_INT(SIGN_IN(&w, "sshd", "nobody", WORD, app_code(&w, secret, 0))->outcome.result,
		GRANTED);
	t = COMMAND(&w, "audit");
	CHECK_HAS(t->seen, "password, imported");
	CHECK_HAS(t->seen, "accounts=1 passwords=1");
}

TEST(an_address_leads_to_the_rest_where_mail_can_be_sent)
{
	struct world w = at_stj();

	with_messages(&w);
	struct talk *t = import(&w, LINE(made(WORD)), ADDRESS, NULL);
	CHECK_STATUS(STATUS_DONE, t);
	CHECK_HAS(t->seen,
		"line 18: nobody uid 65534: the same password, then a code sent to no.body@example.org\n");
	t = SIGN_IN(&w, "login", "nobody", WORD, "yes", "@mail", "@totp", "yes", PIN, PIN);
	CHECK_HAS(t->seen, TEXT_BARE);
	CHECK_HAS(t->seen, "\nFrom now on, sign in as no.body@example.org.\n");
	CHECK_HAS(t->seen, "All set. From now on, sign in as no.body@example.org");
	const char *at = strstr(t->seen, "Secret: ");
	char secret[64];
	snprintf(secret, sizeof secret, "%.*s", (int)strcspn(at + 8, "\n"), at + 8);
	clock_add(&w, 60);
	t = SIGN_IN(&w, "sshd", "nobody", WORD, app_code(&w, secret, 0), "", "", "");
	CHECK_TEXT(t->outcome.result == GRANTED ? "granted" : t->seen, "granted");
	CHECK_INT(stored(&w), 1);
}

TEST(an_address_without_mail_takes_an_activation_code)
{
	struct world w = at_stj();

	CHECK_HAS(import(&w, LINE(made(WORD)), ADDRESS, NULL)->seen, "then an activation code ");
}

TEST(passwords_that_are_none_are_not_taken_and_told_why)
{
	static const struct {
		const char *hash, *rest, *why;
	} bad[] = {
		{ "", "20000:0:99999:7:::", "there is no password" },
		{ "*", "20000:0:99999:7:::", "the password is locked" },
		{ "!", "20000:0:99999:7:::", "the password is locked" },
		{ "!$5$x$y", "20000:0:99999:7:::", "the password is locked" },
		{ "$1$abcdefgh$0123456789012345678901",
			"20000:0:99999:7:::", "its hash is of a method too weak or too rare" },
		{ "abJnggxhB/yWI", "20000:0:99999:7:::", "its hash is of a method too weak" },
		{ NULL, "0:0:99999:7:::", "the password was to be changed" },
		{ NULL, "20000:0:99999:7::20577:", "the user has expired" },
		{ NULL, "20487:0:90:7:::", "the password has expired" },
	};

	struct world w = at_stj();
	struct talk *t;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		const char *hash = bad[i].hash ? bad[i].hash : made(WORD);

		t = import(&w, line_of(hash, bad[i].rest), NULL, "--dry-run");
		CHECK_STATUS(STATUS_DONE, t);
		CHECK_HAS(t->seen, "password not taken over (");
		CHECK_HAS(t->seen, bad[i].why);
		CHECK_HAS(t->seen, "\n1 account and 0 passwords would be imported.");
	}
	t = import(&w, line_of(made(WORD), "0:0:99999:7:::"), NULL, NULL);
	CHECK_HAS(t->seen, "was to be changed), then an activation code ");
	CHECK_INT(stored(&w), 0);
	CHECK_INT(SIGN_IN(&w, "login", "nobody", WORD)->outcome.result, REFUSED);
}

TEST(a_password_is_good_until_the_day_that_it_expires)
{
	struct world w = at_stj();

	CHECK_HAS(import(&w, line_of(made(WORD), "20488:0:90:7::20578:"), NULL, "--dry-run")->seen,
		"the same password");
	CHECK_HAS(import(&w, line_of(made(WORD), "20488:0:::::"), NULL, "--dry-run")->seen,
		"the same password");
}

TEST(a_dry_run_of_local_users_changes_nothing)
{
	struct world w = at_stj();
	uint64_t before = world_serial(&w);
	struct talk *t = import(&w, LINE(made(WORD)), ADDRESS, "--dry-run");

	CHECK_STATUS(STATUS_DONE, t);
	CHECK_TEXT(t->seen,
		"line 18: nobody uid 65534: the same password, then an activation code\n"
		"1 account and 1 password would be imported. Nothing was changed.\n");
	CHECK_INT(world_serial(&w), before);
}

TEST(the_same_users_again_are_there_already)
{
	struct world w = at_stj();

	CHECK_STATUS(STATUS_DONE, import(&w, LINE(made(WORD)), NULL, NULL));
	struct talk *t = import(&w, LINE(made("another")), NULL, NULL);
	CHECK_STATUS(STATUS_DONE, t);
	CHECK_HAS(t->seen, "line 18: nobody is an account already\n0 accounts and 0 passwords");
	CHECK_INT(stored(&w), 2);
}

TEST(local_users_that_hcauth_does_not_take_are_told_by_line)
{
	struct world w = at_stj();
	uint64_t before = world_serial(&w);
	struct talk *t = import(&w,
		"1:root:root::*:20000:0:99999:7:::\n"
		"18:nobody:No Body::*:20000:0:99999:7:::\n"
		"77:no-such-user:x::*:20000:0:99999:7:::\n"
		"78:Bad:x::*:20000:0:99999:7:::\n",
		"nobody,desk\nnobody,no.body@example.org\nnobody,no@example.org\n\n#x\nelse,e@example.org\n"
		"nobody\n",
		NULL);

	CHECK_STATUS(STATUS_REFUSED, t);
	CHECK_TEXT(t->seen,
		"/etc/passwd, line 1: root is one of the system's own users: hcauth signs nobody in as "
		"that.\n"
		"/etc/passwd, line 77: This machine has no user no-such-user in /etc/passwd. Leave out "
		"--existing to make one.\n"
		"/etc/passwd, line 78: A system user's name is a to z first, then digits, - and _ too, 31 "
		"at most.\n"
		"addresses, line 1: \"desk\": no e-mail address of a person's own\n"
		"addresses, line 3: nobody has an address in an earlier line\n"
		"addresses, line 6: \"else\" is none of the users to be imported\n"
		"addresses, line 7: not USER,E-MAIL ADDRESS\n"
		"7 things are wrong: nothing was imported.\n");
	CHECK_INT(world_serial(&w), before);
	CHECK_STATUS(STATUS_NO_SUCH, COMMAND(&w, "import", "passwd", "--practice", "nowhere"));
	CHECK_STATUS(STATUS_USAGE, COMMAND(&w, "import", "passwd"));
	CHECK_HAS(import(&w, "", NULL, NULL)->seen, "there is nobody to import");
	CHECK_HAS(import(&w, "1:2:3\n", NULL, NULL)->seen, "is damaged");
}

TEST(letters_to_local_users_have_the_codes_in_place_of_the_report)
{
	struct world w = at_stj();

	no_parts();
	add_part("-", LINE(made(WORD)));
	import_parts(&w, "passwd", NULL);
	struct talk *t = COMMAND(&w, "import", "passwd", "--practice", "stj", "--letter", "tell");
	CHECK_STATUS(STATUS_DONE, t);
	CHECK_HAS(t->seen, "then an activation code\n");
	CHECK_HAS(t->seen, "\nNo Body\n");
	CHECK_HAS(t->seen, "\nUser ID:         nobody\n");
	CHECK_HAS(SIGN_IN(&w, "login", "nobody", letter_code(t), WORD)->seen, "Secret: ");
}

/* The verifier that was imported in place of the Argon2id is one credential like any: bound, and spent. */
TEST(an_imported_password_that_is_changed_meanwhile_lets_nobody_in)
{
	struct world w = at_stj();
	char code[64];

	snprintf(code, sizeof code, "%s", code_in(import(&w, LINE(made(WORD)), NULL, NULL)));
	for (unsigned i = 0; i < 6; i++)
		CHECK_INT(
			SIGN_IN(&w, "sshd", "nobody", "wrong", "000000")->outcome.result, REFUSED);
	/* the wait of DESIGN 8 holds for it, right or wrong */
	struct talk *t = SIGN_IN(&w, "sshd", "nobody", WORD, code);
	CHECK_INT(t->outcome.result, REFUSED);
	CHECK_HAS(COMMAND(&w, "audit")->seen, "password waiting");
}

static void read_mangled_hash(char *text, size_t len)
{
	(void)len;
	char line[600];
	CREDENTIAL(cred);

	snprintf(line, sizeof line, "%s", text);
	if (strlen(line) < 200)
		crypt_put(line, &cred);
	CHECK(cred.len <= 204);
}

TEST(any_text_of_a_hash_fits_its_row)
{
	mangle("$y$j9T$abcdefghijklmnop$0123456789012345678901234567890123456789012", 200,
		read_mangled_hash);
}

/* --- what an imported hash costs, and tells --- */

/* 128 MiB: the work of it is far above that of a sign-in besides. */
static const char *costly(void)
{
	static struct crypt_data data;
	static char hash[CRYPT_OUTPUT_SIZE];

	data = (struct crypt_data){ .initialized = 0 };
	snprintf(hash, sizeof hash, "%s", crypt_r(WORD, "$y$jCT$abcdefghijklmnop", &data));
	return hash;
}

static long millis(const struct timeval *t)
{
	return t->tv_sec * 1000 + t->tv_usec / 1000;
}

static bool is_like(long a, long b)
{
	return a > b / 3 && a < 3 * b;
}

/* The processor's milliseconds that a conversation takes. */
static long work_of(struct world *w, const char *name, const char *password)
{
	struct rusage before, after;

	CHECK_INT(getrusage(RUSAGE_CHILDREN, &before), 0);
	CHECK_INT(SIGN_IN(w, "sshd", name, password, "000000")->outcome.result, REFUSED);
	CHECK_INT(getrusage(RUSAGE_CHILDREN, &after), 0);
	return millis(&after.ru_utime) + millis(&after.ru_stime) - millis(&before.ru_utime) -
		millis(&before.ru_stime);
}

TEST(who_has_an_imported_password_can_t_be_told_by_the_work_from_who_does_not_exist)
{
	struct world w = at_stj();

	CHECK_STATUS(STATUS_DONE, import(&w, LINE(costly()), NULL, NULL));
	long wrong = work_of(&w, "nobody", "wrong"), right = work_of(&w, "nobody", WORD);
	long unknown = work_of(&w, "nobody-else", "wrong"), again = work_of(&w, "nobody", "wrong");

	CHECK(wrong > 60);
	CHECK(is_like(right, wrong) && is_like(unknown, wrong));
	CHECK(is_like(
		again, wrong)); /* that it was right, with a wrong code, has changed nothing */
	CHECK_INT(stored(&w), 2);
}

static int spoil(struct txn *t, void *arg)
{
	struct looking *l = arg;
	struct person p;
	CREDENTIAL(cred);
	int r = person_by_name(t, "nobody", &p);

	crypt_put("$6$rounds=999999999$abcdefghijklmnop$x", &cred);
	return r < 0 ? r : credential_put(t, l->seal, &p.owner, FACTOR_PASSWORD, &cred);
}

/* However it came into the store. */
TEST(a_hash_that_would_take_hours_is_not_computed_at_a_sign_in)
{
	struct world w = at_stj();
	struct looking l = { .seal = world_seal(&w) };

	CHECK_STATUS(STATUS_DONE, import(&w, LINE(made(WORD)), NULL, NULL));
	CHECK_INT(in_store(&w, spoil, &l, sizeof l), 0);
	struct talk *t = SIGN_IN(&w, "login", "nobody", WORD);
	CHECK(t->hung_up && t->outcome.result == REFUSED);
}
