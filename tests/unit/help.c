/* SPDX-License-Identifier: Apache-2.0 */
/* What the command says by itself. */
#include "check.h"
#include "run.h"
#include "verbs.h"

#include <string.h>

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define COMMAND "hcauth/hcauth-check"

TEST(command_usage)
{
	static char long_word[5000];

	memset(long_word, 'x', sizeof long_word - 1);
	in_folder_as_root();
	struct outcome o = run_as(0, "", COMMAND, WORDS("help"));
	CHECK_INT(o.status, STATUS_DONE);
	CHECK_HAS(o.out, "\n  identity add ");
	CHECK_TEXT(o.err, "");

	o = run_as(0, "", COMMAND, (const char *const[]){ NULL });
	CHECK_INT(o.status, STATUS_USAGE);
	CHECK_TEXT(o.out, "");
	CHECK_HAS(o.err, "Usage: hcauth COMMAND");

	o = run_as(0, "", COMMAND, WORDS("identity"));
	CHECK_INT(o.status, STATUS_USAGE);
	CHECK_HAS(o.err, "hcauth identity add EMAIL");

	o = run_as(0, "", COMMAND, WORDS("identity", "ad\x1b[d"));
	CHECK_INT(o.status, STATUS_USAGE);
	CHECK_HAS(o.err, "There is no command \"identity ad\\x1b[d\"");

	o = run_as(0, "", COMMAND, WORDS("--password", "horse"));
	CHECK_INT(o.status, STATUS_USAGE);
	CHECK_HAS(o.err, "There is no command \"--password\"");

	o = run_as(0, "", COMMAND, WORDS("unlock", long_word));
	CHECK_INT(o.status, STATUS_USAGE);
	CHECK_HAS(o.err, "too long");

	o = run_as(0, "", COMMAND, WORDS("--version"));
	CHECK_INT(o.status, STATUS_DONE);
	CHECK_TEXT(o.out, "hcauth " HC_VERSION "\n");
}

TEST(command_helps_with_each_verb)
{
	const struct verb *v;
	char usage[512];

	in_folder_as_root();
	for (size_t i = 0; (v = verb_at(i)); i++) {
		char name[64];
		char *rest = name;

		snprintf(name, sizeof name, "%s", v->name);
		const char *first = strsep(&rest, " ");
		struct outcome o = run_as(0, "", COMMAND, WORDS("help", first, rest));

		snprintf(usage, sizeof usage, "Usage: hcauth %s\n%s.\n", v->usage, v->summary);
		CHECK_INT(o.status, STATUS_DONE);
		CHECK_HAS(o.out, usage);
		o = run_as(0, "", COMMAND,
			rest ? WORDS(first, rest, "--help") : WORDS(first, "--help"));
		CHECK_INT(o.status, STATUS_DONE);
		CHECK_HAS(o.out, usage);
	}
}

/* A group of commands has help as each of them has, on standard output; and --help is never an argument. */
TEST(command_helps_with_groups)
{
	static const char *const groups[] = { "practice", "identity", "account" };

	in_folder_as_root();
	for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
		struct outcome by_word = run_as(0, "", COMMAND, WORDS("help", groups[i]));
		struct outcome o = run_as(0, "", COMMAND, WORDS(groups[i], "--help"));

		CHECK_INT(o.status, STATUS_DONE);
		CHECK_TEXT(o.err, "");
		CHECK_HAS(o.out, "Usage: hcauth ");
		CHECK_TEXT(o.out, by_word.out);
		o = run_as(0, "", COMMAND, WORDS(groups[i], "-h"));
		CHECK_TEXT(o.out, by_word.out);
	}
	struct outcome o = run_as(0, "", COMMAND, WORDS("help", "yubikey"));
	CHECK_HAS(o.out, "Also:  hcauth yubikey add [NAME]\n       hcauth yubikey new");
	o = run_as(0, "", COMMAND, WORDS("unlock", "ada@example.org", "--help"));
	CHECK_INT(o.status, STATUS_DONE);
	CHECK_HAS(o.out, "Usage: hcauth unlock EMAIL|USERID\n");
	o = run_as(0, "", COMMAND, WORDS("identity", "nothing", "--help"));
	CHECK_INT(o.status, STATUS_DONE);
	CHECK_HAS(o.out, "hcauth identity add EMAIL");
	o = run_as(0, "", COMMAND, WORDS("nothing", "--help"));
	CHECK_INT(o.status, STATUS_USAGE);
	CHECK_TEXT(o.out, "");
	CHECK_HAS(o.err, "There is no command \"nothing\"");
}
