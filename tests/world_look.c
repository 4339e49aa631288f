/* SPDX-License-Identifier: Apache-2.0 */
/* What a case looks at in its world: the terminal, ada's counters, the directory. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "check.h"
#include "people.h"
#include "store/store.h"
#include "world.h"

const char *last_line(const struct talk *t)
{
	static char line[512];
	size_t len = strlen(t->seen);

	if (len > 0 && t->seen[len - 1] == '\n')
		len--;
	size_t from = len;
	while (from > 0 && t->seen[from - 1] != '\n')
		from--;
	snprintf(line, sizeof line, "%.*s", (int)(len - from), t->seen + from);
	return line;
}

const char *shown_code(const char *seen, unsigned n)
{
	static char code[32];
	char mark[16];

	snprintf(mark, sizeof mark, "    %02u-", n);
	const char *at = strstr(seen, mark);
	CHECK(at != NULL);
	snprintf(code, sizeof code, "%.*s", (int)strcspn(at + 4, "\n"), at + 4);
	return code;
}

struct looking {
	unsigned factor;
	enum source source;
	struct now now;
	struct attempt attempt;
};

static int look(struct txn *t, void *arg)
{
	struct looking *l = arg;
	struct person ada;
	int r = person_by_name(t, ADA, &ada);

	return r < 0 ? r
		     : lockout_look(t, &ada.owner, l->factor, l->source, 0, &l->now, &l->attempt);
}

unsigned ada_failures(struct world *w, unsigned factor, enum source source)
{
	struct looking l = { .factor = factor, .source = source, .now = w->now };

	CHECK_INT(in_store(w, look, &l, sizeof l), 0);
	return l.attempt.failures;
}

int published_user(const struct world *w, const char *file, enum dir_kind kind, const char *key,
	struct dir_user *out)
{
	static char row[DIR_ROW_MAX];
	char path[200];
	size_t len;

	snprintf(path, sizeof path, "%s/directory/%s", w->folder, file);
	int r = dir_find(path, kind, key, row, sizeof row, &len);
	return r < 0 ? r : dir_user(row, len, out);
}

pid_t new_session(void)
{
	int ready[2];
	char byte;

	CHECK(pipe(ready) == 0);
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || setsid() < 0 ||
			write(ready[1], "y", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	CHECK(pid > 0);
	close(ready[1]);
	CHECK(read(ready[0], &byte, 1) == 1);
	close(ready[0]);
	return pid;
}
