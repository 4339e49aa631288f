/* SPDX-License-Identifier: Apache-2.0 */
/* The courier hands a message over, while each of its calls fails. What must hold: "sent" is said of a message that the
 * program has taken whole, and of no other; what this machine lacks just now is never a reason to give it up. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../courier/deliver.h"
#include "check.h"
#include "conf.h"
#include "fault/each.h"
#include "fault/saved.h"
#include "message.h"

#define CODE "K7Q2-135790"

enum { SENT, LATER, NEVER, ODD };

static struct conf conf;
static char taken[200];

static int hand_over(void)
{
	char folder[512];
	const char *const folders[] = { folder, NULL };
	struct secret answer = { .len = 0 };
	struct queued q = { .number = 7,
		.made = 1777885200,
		.message = { .channel = CHANNEL_EMAIL,
			.to = "ann@example.org",
			.template = "verify",
			.name = "Ann",
			.practice = "St John's",
			.code = CODE,
			.minutes = 15 } };

	snprintf(folder, sizeof folder, "%s/conf/templates", TOP_SRCDIR);
	(void)unlink(taken);
	each_begins();
	deliver(&conf, folders, &q, &answer);
	return strcmp(answer.text, "sent") == 0          ? SENT
		: strncmp(answer.text, "later ", 6) == 0 ? LATER
		: strncmp(answer.text, "never ", 6) == 0 ? NEVER
							 : ODD;
}

static bool was_taken(void)
{
	char text[8192];
	FILE *f = fopen(taken, "r");

	if (!f)
		return false;
	text[fread(text, 1, sizeof text - 1, f)] = 0;
	fclose(f);
	return strstr(text, CODE) && strstr(text, "the end");
}

static void judge(int r, bool fired)
{
	CHECK(r == SENT || (fired && (r == LATER || r == EACH_UNTOLD)));
	CHECK(r != SENT || was_taken());
}

TEST(dl09_a_message_is_handed_over)
{
	char path[100];

	alarm(0);
	conf_defaults(&conf);
	snprintf(path, sizeof path, "%s/send", test_folder());
	snprintf(taken, sizeof taken, "%s/taken", test_folder());
	FILE *f = fopen(path, "w");
	CHECK(f && fprintf(f, "#!/bin/sh\ncat >%s && echo the end >>%s\n", taken, taken) > 0);
	CHECK(fclose(f) == 0 && chmod(path, 0755) == 0);
	snprintf(conf.sendmail, sizeof conf.sendmail, "%s", path);
	snprintf(conf.from, sizeof conf.from, "a@b.example");
	secret_add_text("a code", CODE);
	each("a message", hand_over, judge);
}
