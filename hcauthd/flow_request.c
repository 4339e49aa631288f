/* SPDX-License-Identifier: Apache-2.0 */
/* Somebody without a login asks for one. What must hold: it signs nobody in and looks nobody up; what is
 * typed is a request, and stays one until a manager says otherwise. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "join.h"
#include "log.h"
#include "message.h"
#include "request.h"
#include "store/store.h"
#include "text.h"

enum { TRIES = 3, PRACTICES_MAX = 99 };

struct asking {
	struct conv *c;
	struct practice *practice; /* PRACTICES_MAX of them */
	unsigned practices;
	struct request q;
	bool stranger;
	struct now now;
};

static int list_practices(struct txn *t, void *arg)
{
	struct asking *a = arg;
	struct key at = { .len = 0 };
	struct bytes row;
	int r = 0;

	for (a->practices = 0; a->practices < PRACTICES_MAX; a->practices++)
		if ((r = txn_next(t, TABLE_PRACTICE, "", 0, &at, &row)) < 0 ||
			(r = practice_get(row.p, row.len, &a->practice[a->practices])) < 0)
			break;
	return r == -ENOENT ? 0 : r;
}

static const struct practice *ask_practice(struct asking *a)
{
	SECRET(answer);
	uint64_t n;

	for (unsigned i = 0; i < a->practices; i++)
		tell(a->c, TELL_INFO, "%2u  %s", i + 1, a->practice[i].name);
	for (unsigned i = 0; i < TRIES; i++) {
		ask(a->c, USE_OTHER, true, TEXT_REQUEST_PRACTICE, &answer);
		if (parse_u64(answer.text, 1, a->practices, &n))
			return &a->practice[n - 1];
		tell(a->c, TELL_ERROR, TEXT_REQUEST_NUMBER, a->practices);
	}
	return NULL;
}

static bool take_name(struct asking *a, const char *text)
{
	struct request *q = &a->q;

	if (!people_name_good(text, PERSON_NAME_MAX))
		return false;
	memcpy(q->name, text, strlen(text) + 1);
	return true;
}

/* Says itself why not. */
static bool take_email(struct asking *a, const char *text)
{
	return address_own(a->c, text, a->q.email);
}

static bool take_mobile(struct asking *a, const char *text)
{
	return !*text || mobile_normal(text, a->q.mobile);
}

static bool ask_one(struct asking *a, const char *prompt, const char *wrong,
	bool (*take)(struct asking *a, const char *text))
{
	SECRET(answer);

	for (unsigned i = 0; i < TRIES; i++) {
		ask(a->c, USE_OTHER, true, prompt, &answer);
		if (take(a, answer.text))
			return true;
		if (wrong)
			tell(a->c, TELL_ERROR, "%s", wrong);
	}
	return false;
}

static int keep(struct txn *t, void *arg)
{
	struct asking *a = arg;

	return request_add(t, a->c, &a->now, a->stranger, &a->q);
}

static enum status keep_request(struct asking *a, const struct practice *p)
{
	struct conv *c = a->c;

	memcpy(a->q.practice, p->id, sizeof a->q.practice);
	visible(c->hello.tty, a->q.tty, sizeof a->q.tty);
	c->now(&a->now);
	a->q.made = a->now.unix_s;
	int r = store_update(c->store, NEED_SPACE, keep, a);
	if (r == -EDQUOT)
		tell(c, TELL_ERROR, TEXT_REQUEST_FULL, p->name);
	else if (r == -EALREADY)
		tell(c, TELL_ERROR, TEXT_REQUEST_YOURS, REQUESTS_BY_MAX);
	else if (r == -EBUSY)
		tell(c, TELL_ERROR, "%s", TEXT_REQUEST_ENOUGH);
	else if (r == -ENOSPC)
		tell(c, TELL_ERROR, "%s", TEXT_REQUEST_NOT_HERE);
	else if (r < 0)
		die("store: a request: %s", strerror(-r));
	else
		tell(c, TELL_INFO, TEXT_REQUEST_THANKS, p->name);
	return r == 0 ? STATUS_DONE : STATUS_REFUSED;
}

enum status flow_request(struct conv *c, const struct words *w)
{
	struct asking a = { .c = c,
		.practice = calloc(PRACTICES_MAX, sizeof *a.practice),
		.stranger = !w->scope->who.known };

	if (!a.practice || store_read(c->store, list_practices, &a) < 0)
		die("store: the practices");
	if (a.practices == 0) {
		tell(c, TELL_ERROR, "%s", TEXT_REQUEST_NONE);
		return STATUS_REFUSED;
	}
	tell(c, TELL_INFO, "%s", TEXT_REQUEST_INTRO);
	const struct practice *p = ask_practice(&a);
	if (p && ask_one(&a, TEXT_REQUEST_NAME, TEXT_REQUEST_NAME_BAD, take_name) &&
		ask_one(&a, TEXT_REQUEST_EMAIL, NULL, take_email) &&
		ask_one(&a, TEXT_REQUEST_MOBILE, TEXT_REQUEST_MOBILE_BAD, take_mobile))
		return keep_request(&a, p);
	tell(c, TELL_ERROR, "%s", TEXT_GIVE_UP);
	return STATUS_REFUSED;
}
