/* SPDX-License-Identifier: Apache-2.0 */
/* Imports. What must hold: all or nothing; every wrong line is told with its number; quoting as RFC 4180
 * has it; one e-mail address is one person. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "import.h"
#include "joining.h"

#define HEAD "practice,userid,user,name,email,mobile,groups,manager\n"

static struct talk *import(struct world *w, const char *text, const char *option)
{
	w->file = text;
	w->file_len = 0;
	return option ? COMMAND(w, "import", option) : COMMAND(w, "import");
}

static struct world at_stj(void)
{
	struct world w = world_at("2026-05-04 09:00:00");

	add_ada(&w);
	return w;
}

static const char *code_after(const struct talk *t, const char *text)
{
	static char code[64];
	const char *at = strstr(t->seen, text);

	CHECK(at != NULL);
	snprintf(code, sizeof code, "%.*s", (int)strcspn(at + strlen(text), "\n"),
		at + strlen(text));
	return code;
}

TEST(an_import_makes_people_and_accounts)
{
	struct world w = at_stj();
	char jane[64], ben[64];

	CHECK_STATUS(STATUS_DONE, COMMAND(&w, "practice", "add", "spf", "St Paul's"));
	struct talk *t = import(&w,
		HEAD "stj,HC000123,jdoe-stj,Jane Doe,Jane@Example.org,+44 7700 900123,\"a,b\",yes\n"
		     "spf,HC000124,jdoe-spf,Jane Doe,jane@example.org,+447700900123,a,\n"
		     "spf,,,\"Ben \"\"Bo\"\" Sample\",,,,no\n",
		NULL);
	CHECK_STATUS(STATUS_DONE, t);
	CHECK_HAS(t->seen, "line 2: HC000123 jdoe-stj uid 20001 jane@example.org ");
	CHECK_HAS(t->seen, "\nline 3: HC000124 jdoe-spf uid 20004 jane@example.org\n");
	CHECK_HAS(t->seen, "\nline 4: SPF0001 bsample-spf uid 20005 ");
	CHECK_TEXT(last_line(t), "2 people and 3 accounts are imported.");
	snprintf(jane, sizeof jane, "%s", code_after(t, "uid 20001 jane@example.org "));
	snprintf(ben, sizeof ben, "%s", code_after(t, "uid 20005 "));
	CHECK_HAS(SIGN_IN(&w, "login", "jane@example.org", jane)->seen, "New password: ");
	CHECK_HAS(SIGN_IN(&w, "login", "spf0001", ben)->seen, "New password: ");
	t = COMMAND(&w, "identity", "show", "jane@example.org", "--json");
	CHECK_HAS(t->seen, "\"HC000123\"");
	CHECK_HAS(t->seen, "\"HC000124\"");
	CHECK_HAS(COMMAND(&w, "audit")->seen, "people=2 accounts=3");
	w.peer = 20001; /* a manager from now on */
	CHECK_STATUS(STATUS_DONE, COMMAND(&w, "requests"));
}

TEST(an_import_takes_any_order_of_columns_and_any_line_end)
{
	struct world w = at_stj();
	struct talk *t = import(&w,
		"\xef\xbb\xbf"
		"Name, practice \r\n\"Jane\r\n\",stj\r\n\r\n\"Ben, the Elder\",STJ\r\n\r\nCat,stj",
		NULL);

	/* a name over two lines is no name; what follows it has the right numbers */
	CHECK_STATUS(STATUS_REFUSED, t);
	CHECK_HAS(t->seen, "line 2: not a person's name");
	t = import(&w,
		"\xef\xbb\xbf"
		"Name, practice \r\n\r\n\"Ben, the Elder\",STJ\r\n\r\nCat,stj",
		NULL);
	CHECK_STATUS(STATUS_DONE, t);
	CHECK_HAS(t->seen, "line 3: STJ0001 belder-stj");
	CHECK_HAS(t->seen, "line 5: STJ0002 cat-stj");
}

TEST(an_import_tells_every_wrong_line_and_adds_nothing)
{
	struct world w = at_stj();
	static const char text[] = HEAD "stj,HC000001,new-stj,Jane Doe,,,,\n" /* 2: taken */
					"stj,HC2,adae,Jane Doe,,,,\n" /* 3: taken */
					"nowhere,HC3,x3,Jane Doe,,,,\n" /* 4 */
					"stj,HC4,x4,,,,,\n" /* 5: no name */
					"stj,HC5,x5,Jane Doe,jane,,,\n" /* 6 */
					"stj,HC6,x6,Jane Doe,,07700900123,,\n" /* 7 */
					"stj,HC7,x7,Jane Doe,,,root,\n" /* 8 */
					"stj,HC8,X8,Jane Doe,,,,\n" /* 9 */
					"stj,HC9,x9,Jane Doe,,,,maybe\n" /* 10 */
					"stj,HC10,x10,Jane Doe,,,,yes\n" /* 11: no address */
					"stj,HC11,x11,Jane Doe\n" /* 12 */
					"stj,HC12,root,Jane Doe,,,,\n" /* 13 */
					"stj,HC13,x13,Jane Doe,,,,\n" /* good */
					"stj,hc13,x14,Jane Doe,,,,\n" /* 15: twice */
					"stj,HC15,x15,Jane Doe,j@example.org,,,\n" /* good */
					"stj,HC16,x16,John Doe,j@example.org,,,\n" /* 17 */
					"stj,HC17,x17,Jane Doe,reception@example.org,,,\n" /* 18 */;
	static const unsigned wrong[] = { 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 17, 18 };
	const char *at;

	struct talk *t = import(&w, text, NULL);
	CHECK_STATUS(STATUS_REFUSED, t);
	at = t->seen;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		char line[24];

		snprintf(line, sizeof line, "line %u: ", wrong[i]);
		CHECK_HAS(at, line);
		at = strstr(at, line);
	}
	CHECK(!strstr(t->seen, "line 14:") && !strstr(t->seen, "line 16:"));
	CHECK_HAS(t->seen, "15 things are wrong: nothing was imported.");
	CHECK_HAS(COMMAND(&w, "status")->seen, "accounts             1");
	CHECK_HAS(COMMAND(&w, "status")->seen, "identities           1");
}

TEST(an_import_refuses_a_file_that_is_none)
{
	struct world w = at_stj();
	static const char zero[] = "practice,name\nstj,a\0b\n";
	static const struct {
		const char *text, *why;
	} bad[] = {
		{ "", "line 1: the file is empty" },
		{ "\n\n", "line 1: the file is empty" },
		{ "practice,email\nstj,a@b.org\n", "practice and name at least" },
		{ "practice,name,name\nstj,a,b\n", "the column name is there twice" },
		{ "practice,name,salary\nstj,a,b\n", "there is no column \"salary\"" },
		{ "practice,name\nstj,Jane \"Jo\" Doe\n", "line 2: a quotation mark" },
		{ "practice,name\nstj,\"Jane\n\n", "a quotation mark" },
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct talk *t = import(&w, bad[i].text, NULL);

		CHECK_STATUS(STATUS_REFUSED, t);
		CHECK_HAS(t->seen, bad[i].why);
	}
	w.file = zero;
	w.file_len = sizeof zero - 1;
	CHECK_HAS(COMMAND(&w, "import")->seen, "line 2: a zero byte");
	CHECK_STATUS(STATUS_USAGE, COMMAND(&w, "import", "/etc/shadow"));
	CHECK_STATUS(STATUS_USAGE, COMMAND(&w, "import", "--letter", "letter.pdf"));
}

TEST(a_dry_run_changes_nothing)
{
	struct world w = at_stj();
	uint64_t before = world_serial(&w);
	struct talk *t = import(&w, HEAD "stj,HC2,x2,Jane Doe,jane@example.org,,,\n", "--dry-run");

	CHECK_STATUS(STATUS_DONE, t);
	CHECK_HAS(t->seen, "line 2: HC2 x2 uid 20001 jane@example.org\n");
	CHECK_HAS(t->seen, "1 person and 1 account would be imported. Nothing was changed.");
	CHECK_INT(world_serial(&w), before);
	CHECK_HAS(COMMAND(&w, "status")->seen, "accounts             1");
}

TEST(somebody_known_gets_an_account_more_and_no_code)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	CHECK_STATUS(STATUS_DONE, COMMAND(&w, "practice", "add", "spf", "St Paul's"));
	struct talk *t = import(&w, HEAD "spf,HC2,x2,Ada Example,ada@example.org,,,\n", NULL);
	CHECK_STATUS(STATUS_DONE, t);
	CHECK_HAS(t->seen, "uid 20001 ada@example.org\n");
	CHECK_HAS(COMMAND(&w, "identity", "show", ADA, "--json")->seen,
		"\"accounts\":[\"HC000001\",\"HC2\"]");
	CHECK_INT(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, app_code(&w, ada_secret, 0))
			  ->outcome.result,
		GRANTED);
}

TEST(an_import_s_letters_have_the_codes_in_place_of_the_report)
{
	struct world w = at_stj();

	w.file = HEAD
		"stj,HC2,x2,Jane Doe,jane@example.org,,,\nstj,HC3,x3,Jane Doe,jane@example.org,,,\n"
		"stj,HC4,x4,Ben Sample,,,,\n";
	struct talk *t = COMMAND(&w, "import", "--letter", "tell");
	CHECK_STATUS(STATUS_DONE, t);
	CHECK_HAS(t->seen, "line 2: HC2 x2 uid 20001 jane@example.org\n");
	CHECK_HAS(t->seen, "St John's Surgery\n\nJane Doe\n");
	CHECK_HAS(t->seen, "\nE-mail address:  jane@example.org\n");
	CHECK_HAS(t->seen, "\nUser ID:         HC4\n");
	unsigned letters = 0;
	for (const char *p = t->seen; (p = strstr(p, "\nActivation code: ")); p++)
		letters++;
	CHECK_INT(letters, 2);
	CHECK_HAS(SIGN_IN(&w, "login", "HC4", letter_code(t))->seen, "New password: ");
}

TEST(wrong_lines_are_kept_up_to_a_thousand)
{
	enum { LINES = 1200 };
	static struct import_wrong wrong[IMPORT_WRONG_MAX];
	static char text[LINES * 8 + 64];
	struct import im = { .wrong = wrong };
	size_t len = (size_t)snprintf(text, sizeof text, "practice,name\n");

	for (unsigned i = 0; i < LINES; i++)
		len += (size_t)snprintf(text + len, sizeof text - len, "stj,\n");
	import_read(&im, text, len);
	CHECK_INT(im.n, LINES);
	CHECK_INT(im.nwrong, IMPORT_WRONG_MAX);
	CHECK_INT(im.wrongs, LINES);
	CHECK_INT(wrong[IMPORT_WRONG_MAX - 1].line, IMPORT_WRONG_MAX + 1);
	free(im.row);
}

TEST(the_same_file_again_adds_nothing_and_says_why)
{
	static const char text[] = HEAD "stj,,,Jane Doe,jane@example.org,,,\n"
					"stj,HC3,,Jane Doe,jane@example.org,,,\n"
					"stj,,,Ben Sample,,,,\n"
					"stj,HC9,cat,Cat Sample,,,,\n";
	struct world w = at_stj();

	CHECK_STATUS(STATUS_DONE, import(&w, text, NULL));
	CHECK_HAS(COMMAND(&w, "status")->seen, "accounts             5");
	struct talk *t = import(&w, text, NULL);
	CHECK_STATUS(STATUS_REFUSED, t);
	CHECK_HAS(t->seen, "line 2: jane@example.org has ");
	CHECK_HAS(t->seen, " at stj already\nline 3: jane@example.org has ");
	CHECK_HAS(t->seen, "line 4: Ben Sample has STJ0002 at stj already\nline 5: ");
	CHECK_HAS(COMMAND(&w, "status")->seen, "accounts             5");
}

TEST(all_that_is_wrong_is_told_in_one_run)
{
	struct world w = at_stj();
	struct talk *t = import(&w,
		HEAD "nowhere,,,,jane,,,\nnowhere,,,Jane Doe,,,,\n"
		     "stj,,,Jane Doe,Reception@Example.org,,,\n",
		NULL);

	CHECK_STATUS(STATUS_REFUSED, t);
	CHECK_HAS(t->seen, "line 2: not an e-mail address: \"jane\"\n");
	CHECK_HAS(t->seen, "line 2: there is no practice nowhere\n");
	CHECK_HAS(t->seen, "line 3: there is no practice nowhere\n");
	CHECK_HAS(t->seen, "line 4: Reception@Example.org belongs to a desk, not to a person\n");
	CHECK(!strstr(t->seen, ".:"));
	CHECK_HAS(t->seen, "5 things are wrong");
}

/* As many as a large practice has, among them every kind of bad line. (Good ones: tests/real/test_join.py.) */
TEST(ad09_of_five_thousand_people_all_bad_lines_are_told_and_nobody_imported)
{
	enum { PEOPLE = 5000 };
	static char text[PEOPLE * 80 + sizeof HEAD];
	size_t len = (size_t)snprintf(text, sizeof text, "%s", HEAD);
	struct world w = at_stj();

	for (unsigned i = 0; i < PEOPLE; i++)
		len += (size_t)snprintf(text + len, sizeof text - len,
			"%s,P%u,p%u,%s,%s%u@example.org,,%s,\n", i == 0 ? "nowhere" : "stj",
			i == 1000 ? 999 : i, i, i == 2000 ? "=HYPERLINK(1)" : "Jane Doe",
			i == 3000 ? "@SUM" : "jane", i, i == 4000 ? "-x" : "");
	struct talk *t = import(&w, text, NULL);
	CHECK_STATUS(STATUS_REFUSED, t);
	CHECK_HAS(t->seen, "line 2: there is no practice nowhere\n");
	CHECK_HAS(t->seen, "\nline 1002: There is a user ID of that name already.\n");
	CHECK_HAS(t->seen, "\nline 2002: not a person's name: \"=HYPERLINK(1)\"\n");
	CHECK_HAS(t->seen, "\nline 3002: not an e-mail address: \"@SUM3000@example.org\"\n");
	CHECK_HAS(t->seen, "\nline 4002: ");
	CHECK_HAS(t->seen, "5 things are wrong: nothing was imported.");
	CHECK_HAS(COMMAND(&w, "status")->seen, "accounts             1");
}

TEST(ad09_nothing_that_a_spreadsheet_would_compute_is_imported)
{
	static const char *const bad[] = { "stj,=1,x,Jane Doe,,,,", "stj,+1,x,Jane Doe,,,,",
		"stj,-1,x,Jane Doe,,,,", "stj,@1,x,Jane Doe,,,,", "stj,HC2,=x,Jane Doe,,,,",
		"stj,HC2,x,=1+1,,,,", "stj,HC2,x,+1,,,,", "stj,HC2,x,-1,,,,", "stj,HC2,x,@A1,,,,",
		"stj,HC2,x,\"\t=1\",,,,", "stj,HC2,x,Jane Doe,=a@example.org,,,",
		"stj,HC2,x,Jane Doe,-a@example.org,,,", "stj,HC2,x,Jane Doe,+a@example.org,,,",
		"stj,HC2,x,Jane Doe,,,=x,", "=1,HC2,x,Jane Doe,,,," };
	struct world w = at_stj();

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char text[200];

		snprintf(text, sizeof text, HEAD "%s\n", bad[i]);
		CHECK_TEXT(import(&w, text, NULL)->outcome.status == STATUS_REFUSED ? "refused"
										    : bad[i],
			"refused");
	}
	CHECK_HAS(COMMAND(&w, "status")->seen, "accounts             1");
}
