/* SPDX-License-Identifier: Apache-2.0 */
/* What the command says may come next, to a shell that completes a line. */
#include "check.h"
#include "run.h"
#include "verbs.h"

#include <stdio.h>
#include <string.h>

#define COMMAND "hcauth/hcauth-check"

/* What is offered behind these words, the last of which is being typed. Each with its line end. */
#define OFFERED(...) offered((const char *const[]){ "complete", "--", __VA_ARGS__, NULL })

static const char *offered(const char *const *words)
{
	static struct outcome o;
	static char text[8192];
	size_t n = 0;

	in_folder_as_root();
	o = run_as(0, "", COMMAND, words);
	CHECK_INT(o.status, STATUS_DONE);
	CHECK_TEXT(o.err, "");
	for (const char *p = o.out; *p; p += strcspn(p, "\n") + 1)
		n += (size_t)snprintf(
			text + n, sizeof text - n, "%.*s\n", (int)strcspn(p, "\t\n"), p);
	text[n] = 0;
	return text;
}

TEST(complete_offers_every_verb)
{
	const struct verb *v;
	char line[64], name[64];

	for (size_t i = 0; (v = verb_at(i)); i++) {
		char *rest = name;

		snprintf(name, sizeof name, "%s", v->name);
		const char *first = strsep(&rest, " ");

		snprintf(line, sizeof line, "%s\n", first);
		CHECK_HAS(OFFERED(first), line);
		if (!rest)
			continue;
		snprintf(line, sizeof line, "%s\n", rest);
		CHECK_HAS(OFFERED(first, ""), line);
	}
	CHECK_TEXT(OFFERED("pra"), "practice\n");
	CHECK_TEXT(OFFERED("yubikey", "re"), "remove\nrename\n");
	CHECK_TEXT(OFFERED("nothing", ""), "");
	CHECK_TEXT(OFFERED("help", "account", "kee"), "keep\n");
}

TEST(complete_offers_options_and_their_values)
{
	CHECK_TEXT(OFFERED("account", "add", "HC1", "--"),
		"--practice\n--identity\n--name\n--user\n--groups\n--existing\n");
	CHECK_TEXT(OFFERED("account", "add", "HC1", "--existing", "--user", "jdoe", "--n"),
		"--name\n");
	CHECK_TEXT(OFFERED("account", "add", "HC1", "--existing", "--ex"), "");
	CHECK_TEXT(OFFERED("account", "add", "--practice", ""), "");
	CHECK_TEXT(OFFERED("practice", "set", "stj", "--network", ""), "yes\nno\n");
	CHECK_TEXT(OFFERED("practice", "set", "--network", "y"), "yes\n");
	CHECK_TEXT(OFFERED("who", "--names", ""), "full\ninitials\nfirst\n");
	CHECK_TEXT(OFFERED("who", "--names", "full", ""), "--json\n");
	CHECK_TEXT(OFFERED("second", ""), "app\nsms\nremove\n--help\n");
	CHECK_TEXT(OFFERED("second", "remove", ""), "app\nsms\n");
	CHECK_TEXT(OFFERED("second", "app", ""), "");
	CHECK_TEXT(OFFERED("unlock", "--h"), "--help\n");
}

TEST(complete_leaves_files_to_the_shell)
{
	CHECK_TEXT(OFFERED("import", "st"), ":files\n");
	CHECK_TEXT(OFFERED("import", "staff.csv", "--letter", ""), ":files\n");
	CHECK_TEXT(OFFERED("ssh-keys", "add", ""), ":files\n--help\n");
	CHECK_TEXT(OFFERED("letter", "st"), "");
}

/* Whatever a person has on their line. */
TEST(complete_takes_any_words)
{
	static const char *const none[] = { "complete", NULL };
	static const char *const bare[] = { "complete", "--", NULL };
	const char *many[200];

	for (size_t i = 0; i < 199; i++)
		many[i] = i < 1 ? "complete" : i < 2 ? "--" : i < 3 ? "attest" : "HC1";
	many[199] = NULL;
	CHECK_TEXT(offered(many), "");
	CHECK_TEXT(OFFERED("second", "remove", "remove", "remove", ""), "");
	CHECK_TEXT(OFFERED("help", "help", "help", ""), "");
	CHECK_TEXT(OFFERED("account", "add", "--identity"), "--identity\n");
	in_folder_as_root();
	CHECK_INT(run_as(0, "", COMMAND, none).status, STATUS_USAGE);
	CHECK_INT(run_as(0, "", COMMAND, bare).status, STATUS_USAGE);
}
