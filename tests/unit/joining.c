/* SPDX-License-Identifier: Apache-2.0 */
#include "joining.h"

#include <stdio.h>
#include <string.h>

#include "check.h"
#include "people.h"

void joining_status(const char *file, int line, enum status s, const struct talk *t)
{
	if (t->outcome.status != s || (t->outcome.result == GRANTED) != (s == STATUS_DONE))
		check_fail(file, line, "status %d (wanted %d), result %d: %s", t->outcome.status, s,
			t->outcome.result, t->seen);
}

struct managing {
	char practice[PRACTICE_ID_MAX + 1];
};

static int add_manager(struct txn *t, void *arg)
{
	const struct managing *m = arg;
	struct practice p;
	struct person ada;
	int r;

	if ((r = practice_load(t, m->practice, &p)) < 0 || (r = person_by_name(t, ADA, &ada)) < 0)
		return r;
	p.manager[p.nmanagers++] = ada.identity.id;
	return practice_save(t, &p);
}

void make_manager(struct world *w, const char *practice)
{
	struct managing m = { .practice = "" };

	snprintf(m.practice, sizeof m.practice, "%s", practice);
	CHECK_INT(in_store(w, add_manager, &m, sizeof m), 0);
}

void as_ada(struct world *w)
{
	w->peer = 20000;
	if (w->peer_pid)
		return;
	w->peer_pid = new_session();
	struct talk *t = command(w, (const char *const[]){ "refuse", "999", NULL },
		(const char *const[]){ app_code(w, ada_secret, 0), NULL });
	CHECK_STATUS(STATUS_NO_SUCH, t);
}

const char *letter_code(const struct talk *t)
{
	static char code[64];
	const char *at = NULL;

	for (const char *p = t->seen; (p = strstr(p, "\nActivation code: ")); p++)
		at = p + 18;
	CHECK(at != NULL);
	snprintf(code, sizeof code, "%.*s", (int)strcspn(at, "\n"), at);
	return code;
}
