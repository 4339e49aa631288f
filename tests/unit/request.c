/* SPDX-License-Identifier: Apache-2.0 */
/* Requests. What must hold: whoever asks is signed in nowhere and learns nothing; a practice's requests are
 * its managers' alone; one is closed once. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "joining.h"
#include "request.h"
#include "store/store.h"

#define REQUEST(w, ...)                                                                            \
	command(w, (const char *const[]){ "request", NULL },                                       \
		(const char *const[]){ __VA_ARGS__, NULL })

static const char *const practices[][2] = { { "stj", "St John's Surgery" },
	{ "spf", "St Paul's" } };

/* ada manages stj; spf is another practice, the first in the list. */
static struct world two_practices(void)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	make_manager(&w, practices[0][0]);
	CHECK_STATUS(STATUS_DONE, COMMAND(&w, "practice", "add", practices[1][0], practices[1][1]));
	return w;
}

TEST(a_request_is_seen_by_the_practice_s_managers)
{
	struct world w = two_practices();

	struct talk *t = REQUEST(&w, "2", "Ben Sample", "Ben@Example.org", "+44 7700 900123");
	CHECK_STATUS(STATUS_DONE, t);
	CHECK_HAS(t->seen, " 1  St Paul's\n 2  St John's Surgery\n");
	CHECK_TEXT(last_line(t), "Thank you. The managers of St John's Surgery will see it.");
	CHECK_STATUS(STATUS_DONE, REQUEST(&w, "1", "Cat Other", "cat@example.org", ""));
	t = COMMAND(&w, "requests", "--json");
	CHECK_HAS(t->seen,
		"\"name\":\"Ben Sample\",\"email\":\"ben@example.org\",\"mobile\":\"+447700900123\"");
	CHECK_HAS(t->seen, "Cat Other");
	as_ada(&w);
	t = AS_ADA(&w, "requests");
	CHECK_STATUS(STATUS_DONE, t);
	CHECK_HAS(t->seen, "stj/1            2026-05-04  Ben Sample");
	CHECK(!strstr(t->seen, "Cat"));
	w.peer = 0;
	t = COMMAND(&w, "audit");
	CHECK_HAS(t->seen, "requested");
}

TEST(a_request_asks_again_for_what_can_not_be)
{
	struct world w = two_practices();

	struct talk *t = REQUEST(&w, "3", "", "2", "", "Ben\x1b[2J", "Ben Sample", "ben", "",
		"ben@example.org", "07700", "");
	CHECK_STATUS(STATUS_DONE, t);
	CHECK_HAS(t->seen, "Please type a number from 1 to 2.");
	CHECK(!strchr(t->seen, 0x1b));
	t = REQUEST(&w, "", "", "");
	CHECK_STATUS(STATUS_REFUSED, t);
	CHECK_INT(t->asks, 3);
	t = REQUEST(&w, "1", "", "", "");
	CHECK_STATUS(STATUS_REFUSED, t);
	t = REQUEST(&w, "1", "Ben", "", "", "");
	CHECK_STATUS(STATUS_REFUSED, t);
	t = REQUEST(&w, "1", "Ben", "ben@example.org");
	CHECK(t->hung_up);
	CHECK_HAS(COMMAND(&w, "requests")->seen, "stj/1  ");
	CHECK(!strstr(COMMAND(&w, "requests")->seen, "/2  "));
}

TEST(an_approved_request_is_an_invitation_and_closed)
{
	struct world w = two_practices();

	CHECK_STATUS(STATUS_DONE, REQUEST(&w, "2", "Ben Sample", "ben@example.org", ""));
	as_ada(&w);
	struct talk *t = AS_ADA(&w, "approve", "1", "--user", "benj-stj");
	CHECK_STATUS(STATUS_DONE, t);
	CHECK_HAS(t->seen, "St John's Surgery\n\nBen Sample\n");
	char code[64];
	snprintf(code, sizeof code, "%s", letter_code(t));
	CHECK_TEXT(AS_ADA(&w, "requests")->seen, "");
	CHECK_STATUS(STATUS_NO_SUCH, AS_ADA(&w, "approve", "1"));
	CHECK_STATUS(STATUS_NO_SUCH, AS_ADA(&w, "refuse", "1"));
	w.peer = 0;
	CHECK_HAS(SIGN_IN(&w, "login", "STJ0001", code)->seen, "New password: ");
	CHECK_HAS(COMMAND(&w, "audit")->seen, "request 1 approved");
}

TEST(an_invitation_that_fails_leaves_the_request_open)
{
	struct world w = two_practices();

	CHECK_STATUS(STATUS_DONE, REQUEST(&w, "2", "Ben Sample", "ben@example.org", ""));
	CHECK_STATUS(STATUS_EXISTS, COMMAND(&w, "approve", "stj/1", "--user", "adae"));
	CHECK_STATUS(STATUS_REFUSED, COMMAND(&w, "approve", "stj/1", "--send"));
	CHECK_STATUS(STATUS_USAGE, COMMAND(&w, "approve", "stj/1", "--name", "Eve"));
	CHECK_HAS(COMMAND(&w, "requests")->seen, "Ben Sample");
	with_messages(&w);
	CHECK_STATUS(STATUS_DONE, COMMAND(&w, "approve", "stj/1", "--send"));
	CHECK_TEXT(queued_message(&w, CHANNEL_EMAIL, 0)->to, "ben@example.org");
}

TEST(another_practice_s_request_is_as_none)
{
	struct world w = two_practices();
	static const char *const verbs[] = { "approve", "refuse" };
	static const char *const numbers[] = { "1", "2", "0", "x", "-1", "99999999999999999999",
		"spf/1", "SPF/1", "stj/1", "/1", "stj/", "stj/stj/1", "nowhere/1",
		"a-practice-with-a-name-that-no-practice-can-have/1" };

	CHECK_STATUS(STATUS_DONE, REQUEST(&w, "1", "Cat Other", "cat@example.org", ""));
	as_ada(&w);
	for (size_t v = 0; v < 2; v++)
		for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
			struct talk *t = AS_ADA(&w, verbs[v], numbers[i]);

			CHECK_STATUS(STATUS_NO_SUCH, t);
			CHECK_TEXT(last_line(t), "There is no request of that number.");
		}
	w.peer = 0;
	CHECK_STATUS(STATUS_DONE, COMMAND(&w, "refuse", "spf/1"));
	CHECK_TEXT(COMMAND(&w, "requests")->seen, "");
	CHECK_HAS(COMMAND(&w, "audit")->seen, "request 1 refused");
}

/* Each practice counts its own, from 1: a manager can't tell how often the others are asked. */
TEST(a_practice_s_requests_have_numbers_of_their_own)
{
	struct world w = two_practices();

	CHECK_STATUS(STATUS_DONE, REQUEST(&w, "1", "Cat Other", "cat@example.org", ""));
	CHECK_STATUS(STATUS_DONE, REQUEST(&w, "2", "Ben Sample", "ben@example.org", ""));
	CHECK_STATUS(STATUS_DONE, REQUEST(&w, "2", "Eve Sample", "eve@example.org", ""));
	struct talk *t = COMMAND(&w, "requests");
	CHECK_HAS(t->seen, "spf/1 ");
	CHECK_HAS(t->seen, "stj/1 ");
	CHECK_HAS(t->seen, "stj/2 ");
	t = COMMAND(&w, "refuse", "2"); /* whose? */
	CHECK_STATUS(STATUS_REFUSED, t);
	CHECK_TEXT(last_line(t),
		"Please type its practice, too, such as stj/7. To see them: hcauth requests");
	as_ada(&w);
	t = AS_ADA(&w, "refuse", "2");
	CHECK_STATUS(STATUS_DONE, t);
	CHECK_TEXT(last_line(t), "Request stj/2 is refused. The person is not told.");
	CHECK_STATUS(STATUS_DONE, AS_ADA(&w, "refuse", "STJ/1"));
	w.peer = 0; /* a number is given once */
	CHECK_STATUS(STATUS_DONE, REQUEST(&w, "2", "Fay Sample", "fay@example.org", ""));
	CHECK_HAS(COMMAND(&w, "requests")->seen, "stj/3 ");
	CHECK_STATUS(STATUS_NO_SUCH, COMMAND(&w, "refuse", "stj/1"));
	CHECK_STATUS(STATUS_DONE, COMMAND(&w, "refuse", "spf/1"));
}

TEST(one_s_own_open_requests_are_few_whatever_the_hour)
{
	struct world w = two_practices();

	w.peer = 20000;
	CHECK_STATUS(STATUS_DONE, REQUEST(&w, "1", "Ada Example", ADA, ""));
	CHECK_STATUS(STATUS_DONE, REQUEST(&w, "2", "Ada Example", ADA, ""));
	clock_add(&w, 3600);
	struct talk *t = REQUEST(&w, "1", "Ada Example", ADA, "");
	CHECK_STATUS(STATUS_REFUSED, t);
	CHECK_TEXT(last_line(t),
		"You have 2 requests open already. Please wait for an answer, or ask the practice "
		"itself.");
	w.peer = 0;
	CHECK_STATUS(STATUS_DONE, COMMAND(&w, "refuse", "spf/1"));
	w.peer = 20000;
	CHECK_STATUS(STATUS_DONE, REQUEST(&w, "1", "Ada Example", ADA, ""));
}

/* So many requests, each in a commit. */
struct many {
	char practice[PRACTICE_ID_MAX + 1];
	bool stranger;
	struct now now;
	unsigned n;
	int last; /* what the last came to */
	struct conv *c;
};

static int add_one(struct txn *t, void *arg)
{
	const struct many *m = arg;
	struct request q = {
		.name = "Somebody", .email = "some@example.org", .made = m->now.unix_s
	};

	memcpy(q.practice, m->practice, sizeof q.practice);
	return request_add(t, m->c, &m->now, m->stranger, &q);
}

static void add_many(struct conv *c, void *arg)
{
	struct many *m = arg;

	m->c = c;
	for (unsigned i = 0; i < m->n; i++)
		m->last = store_update(c->store, NEED_SPACE, add_one, m);
}

TEST(requests_have_bounds)
{
	struct world w = two_practices();
	struct many m = {
		.practice = "stj", .stranger = true, .now = w.now, .n = REQUESTS_HOUR_MAX
	};

	in_conversation(&w, add_many, &m, sizeof m);
	CHECK_INT(m.last, 0);
	m.n = 1;
	in_conversation(&w, add_many, &m, sizeof m);
	CHECK_INT(m.last, -EBUSY);
	m.stranger = false; /* who is known is not held up by those who are not */
	in_conversation(&w, add_many, &m, sizeof m);
	CHECK_INT(m.last, 0);
	clock_add(&w, 3600);
	m.stranger = true;
	m.now = w.now;
	in_conversation(&w, add_many, &m, sizeof m);
	CHECK_INT(m.last, 0);
	m.stranger = false;
	m.n = REQUESTS_OPEN_MAX - REQUESTS_HOUR_MAX - 2;
	in_conversation(&w, add_many, &m, sizeof m);
	CHECK_INT(m.last, 0);
	m.n = 1;
	in_conversation(&w, add_many, &m, sizeof m);
	CHECK_INT(m.last, -EDQUOT);
	CHECK_STATUS(STATUS_REFUSED, REQUEST(&w, "2", "Ben", "ben@example.org", ""));
	CHECK_STATUS(STATUS_DONE, REQUEST(&w, "1", "Ben", "ben@example.org", ""));
}

TEST(requests_end_after_30_days)
{
	struct world w = two_practices();

	CHECK_STATUS(STATUS_DONE, REQUEST(&w, "2", "Ben Sample", "ben@example.org", ""));
	clock_add(&w, REQUEST_S - 1);
	CHECK_HAS(COMMAND(&w, "requests")->seen, "Ben Sample");
	clock_add(&w, 1);
	CHECK_TEXT(COMMAND(&w, "requests")->seen, "");
	CHECK_STATUS(STATUS_NO_SUCH, COMMAND(&w, "approve", "stj/1"));
	struct many m = { .practice = "stj", .now = w.now, .n = REQUESTS_OPEN_MAX };
	in_conversation(&w, add_many, &m, sizeof m);
	CHECK_INT(m.last, 0);
}

TEST(who_is_nobody_asks_nothing)
{
	struct world w = two_practices();

	w.peer = 65000;
	CHECK_STATUS(STATUS_NOT_ALLOWED, REQUEST(&w, "1"));
	w.errand = ERRAND_NEWCOMER;
	CHECK_STATUS(STATUS_DONE, REQUEST(&w, "1", "Ben Sample", "ben@example.org", ""));
	static const char *const others[][3] = { { "requests" }, { "accounts" }, { "password" },
		{ "request", "--json" }, { "request", "x" }, { "status" }, { "approve", "1" } };
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		struct talk *t =
			command(&w, (const char *const[]){ others[i][0], others[i][1], NULL },
				(const char *const[]){ NULL });

		CHECK(t->outcome.result != GRANTED && !t->hung_up);
		CHECK_TEXT(t->seen, "");
	}
	CHECK(SIGN_IN(&w, "login", ADA, ADA_PASSWORD)->outcome.result != GRANTED);
	w.errand = ERRAND_NONE;
	w.peer = 20000; /* one of ours may ask another practice */
	CHECK_STATUS(STATUS_DONE, REQUEST(&w, "1", "Ada Example", ADA, ""));
}

TEST(a_request_takes_no_desk_s_address)
{
	struct world w = two_practices();
	struct talk *t = REQUEST(&w, "2", "Ben Sample", "reception@example.org", "ben@example",
		"ben@example.org", "");

	CHECK_STATUS(STATUS_DONE, t);
	CHECK_HAS(t->seen, "reception@example.org belongs to a desk");
	CHECK_HAS(t->seen, "That is not an e-mail address.");
	CHECK_HAS(COMMAND(&w, "requests")->seen, "ben@example.org");
}
