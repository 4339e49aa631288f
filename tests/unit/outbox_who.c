/* SPDX-License-Identifier: Apache-2.0 */
/* Who fetches messages. What must hold: the courier may say nothing else, and nobody else may. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "unit/sending.h"

TEST(outbox_is_roots)
{
	static const char *const words[][4] = { { "outbox" }, { "outbox", "retry", "1" },
		{ "outbox", "drop", "1" }, { "outbox", "--json" } };
	struct world w = sending_world();
	struct queued q;

	enrol_ada(&w);
	queue(&w, (struct message){ .channel = CHANNEL_EMAIL });
	w.peer = 20000;
	for (unsigned i = 0; i < sizeof words / sizeof *words; i++) {
		struct talk *t = command(&w, words[i], (const char *const[]){ NULL });

		CHECK_INT(t->outcome.status, STATUS_NOT_ALLOWED);
		CHECK(!strstr(t->seen, ADA));
	}
	CHECK(there(&w, 1, &q));
}

static void check_refused(const struct talk *t)
{
	CHECK_INT(t->outcome.result, REFUSED);
	CHECK_INT(t->asks, 0);
	CHECK_TEXT(t->seen, "");
}

TEST(courier_may_say_nothing_else)
{
	static const char *const words[][4] = { { "courier" }, { "courier", "fax" },
		{ "courier", "email", "sms" }, { "courier", "email", "--json" }, { "outbox" },
		{ "outbox", "drop", "1" }, { "status" }, { "audit" }, { "accounts" },
		{ "password" }, { "identity", "list" }, { "--", "courier", "email" } };
	struct world w = sending_world();
	struct queued q;

	enrol_ada(&w);
	queue(&w, (struct message){ .channel = CHANNEL_EMAIL });
	w.peer = 990;
	w.errand = ERRAND_COURIER;
	for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
		check_refused(command(&w, words[i], (const char *const[]){ "sent", NULL }));
	check_refused(SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "@totp"));
	for (enum purpose p = PURPOSE_AUTH; p <= PURPOSE_PASSWORD; p++)
		check_refused(converse(&w, p, "login", "adae", (const char *const[]){ "x", NULL }));
	w.peer = 0;
	w.errand = ERRAND_NONE;
	CHECK(there(&w, 1, &q));
}

TEST(nobody_else_fetches_messages)
{
	static const uid_t others[] = { 20000, 4711, 990, 1, UINT32_MAX };
	struct world w = sending_world();
	struct queued q;

	enrol_ada(&w);
	queue(&w, (struct message){ .channel = CHANNEL_EMAIL, .what = "seven birches" });
	for (unsigned i = 0; i < sizeof others / sizeof *others; i++) {
		w.peer = others[i];
		w.ruid = 0; /* what the packet says is nothing */
		struct talk *t = command(&w, (const char *const[]){ "courier", "email", NULL },
			(const char *const[]){ "sent", NULL });
		CHECK_INT(t->outcome.result, REFUSED);
		CHECK_INT(t->asks, 0);
		CHECK(!strstr(t->seen, "birches"));
	}
	w.peer = 0;
	CHECK(there(&w, 1, &q));
	CHECK_INT(told(command(&w, (const char *const[]){ "courier", "email", NULL },
			       (const char *const[]){ "sent", NULL }))
			  .number,
		1);
}

TEST(errand_is_never_roots)
{
	struct errands e = { .uid = { 0 } };

	CHECK_INT(errand_of(&e, 0), ERRAND_NONE);
	CHECK_INT(errand_of(&e, 990), ERRAND_NONE);
	e.uid[ERRAND_COURIER] = 990;
	CHECK_INT(errand_of(&e, 990), ERRAND_COURIER);
	CHECK_INT(errand_of(&e, 991), ERRAND_NONE);
	CHECK_INT(errand_of(&e, 0), ERRAND_NONE);
}
