/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: no answer reaches a trace, nor what a person is shown; who is not followed costs one
 * look-up; nobody waits for whoever follows; that somebody is followed stands in the audit. */
#include "trace.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "factor.h"
#include "log.h"
#include "manage.h"
#include "scope.h"
#include "store/store.h"

enum { LINE = 1024 };

static const char row_name[] =
	"trace"; /* in the table of single values: owner, boot, until (on its clock) */

struct row {
	uint8_t owner[ID_BYTES], boot[16];
	uint64_t until_ms;
};

/* --- in the conversations of whoever is followed --- */

void trace(struct conv *c, const char *format, ...)
{
	char text[LINE];
	va_list ap;

	if (!c->traced || !c->io.trace)
		return;
	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	c->io.trace(c->io.arg, text);
}

struct looking {
	struct conv *c;
	struct now now;
	bool is;
};

/* Whom the conversation is about: of a command its caller. */
static int person_of(struct txn *t, const struct conv *c, struct person *out)
{
	char name[SIGN_IN_NAME_MAX + 1];

	if (c->hello.purpose == PURPOSE_COMMAND)
		return c->peer == 0 ? -ENOENT : person_by_uid(t, c->peer, out);
	return name_normal(c->hello.name, name) ? person_by_name(t, name, out) : -ENOENT;
}

static int look(struct txn *t, void *arg)
{
	struct looking *l = arg;
	struct person who;
	struct bytes b;
	struct row row;
	int r = txn_get(t, TABLE_META, row_name, strlen(row_name), &b);

	if (r < 0 || b.len != sizeof row)
		return r == -ENOENT ? 0 : r < 0 ? r : -EUCLEAN;
	memcpy(&row, b.p, sizeof row);
	if (memcmp(row.boot, l->now.boot, sizeof row.boot) != 0 || l->now.boot_ms >= row.until_ms)
		return 0;
	r = person_of(t, l->c, &who);
	l->is = r == 0 && memcmp(who.owner.bytes, row.owner, sizeof row.owner) == 0;
	return r == -ENOENT ? 0 : r;
}

static const char *purpose_of(const struct conv *c)
{
	static const char *const names[] = { [PURPOSE_AUTH] = "asks who it is (auth)",
		[PURPOSE_ACCOUNT] = "asks whether they may be in now (account)",
		[PURPOSE_OPEN] = "begins a session (session)",
		[PURPOSE_CLOSE] = "ends a session (session)",
		[PURPOSE_PASSWORD] = "changes a password (password)",
		[PURPOSE_COMMAND] = "is a command" };

	return c->hello.purpose < sizeof names / sizeof *names && names[c->hello.purpose]
		? names[c->hello.purpose]
		: "?";
}

void trace_begin(struct conv *c)
{
	struct looking l = { .c = c };
	char service[40], where[80];

	c->now(&l.now);
	int r = store_read(c->store, look, &l);
	if (r < 0)
		log_err("store: who is followed: %s", strerror(-r));
	c->traced = r == 0 && l.is;
	if (!c->traced)
		return;
	visible(c->hello.service, service, sizeof service);
	visible(*c->hello.rhost ? c->hello.rhost : c->hello.tty, where, sizeof where);
	trace(c, "%s %s%s%s, which counts as %s", service, purpose_of(c), *where ? ", from " : "",
		where, c->local ? "this workstation" : "the network");
}

void trace_rule(struct conv *c)
{
	char all[STEPS_MAX * (FACTORS_TEXT + 8)] = "", one[FACTORS_TEXT], service[40];
	size_t at = 0;

	for (size_t i = 0; c->traced && i < c->service->nsteps; i++)
		at += (size_t)snprintf(all + at, sizeof all - at, "%s%s", i ? ", then " : "",
			factors_text(c->service->step[i], " or ", one));
	trace(c, "%s asks for: %s%s", visible(c->hello.service, service, sizeof service), all,
		c->in_shift ? " (within the shift)" : "");
}

/* --- root's command --- */

struct following {
	struct conv *c;
	const struct words *w;
	struct now now;
};

static int follow(struct txn *t, void *arg)
{
	struct following *f = arg;
	struct person who;
	struct row row = { .until_ms = f->now.boot_ms + (uint64_t)TRACE_S * 1000 };
	int r = scope_person(t, f->w, f->w->word[0], &who);

	if (r < 0)
		return r;
	memcpy(row.owner, who.owner.bytes, sizeof row.owner);
	memcpy(row.boot, f->now.boot, sizeof row.boot);
	if ((r = txn_put(t, TABLE_META, row_name, strlen(row_name), &row, sizeof row)) < 0)
		return r;
	return audit(t, f->c, &f->now, AUDIT_TRACED, &who, "");
}

enum status trace_command(struct conv *c, const struct words *w)
{
	struct following f = { .c = c, .w = w };
	char what[300];

	snprintf(what, sizeof what, "person %s", w->word[0]);
	c->now(&f.now);
	return manage_result(c, store_update(c->store, NEED_SPACE, follow, &f), what);
}
