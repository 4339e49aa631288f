/* SPDX-License-Identifier: Apache-2.0 */
/* The outbox. What must hold: a message leaves it only when the courier has said "sent"; waits double and
 * end; a code that is of no use any more is gone. */
#include "outbox.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "outbox_text.h"
#include "store/store.h"
#include "unit/sending.h"

TEST(courier_is_told_what_is_due_on_its_channel)
{
	struct world w = sending_world();
	struct queued q;
	struct talk *t;

	queue(&w,
		(struct message){ .channel = CHANNEL_EMAIL,
			.template = "verify",
			.name = "Ada \"A\" E\xc3\xa9",
			.practice = "St John's",
			.code = "123456",
			.what = "x",
			.minutes = 15 });
	queue(&w, (struct message){ .channel = CHANNEL_SMS });
	t = COURIER(&w, "email", "sent");
	CHECK_INT(t->outcome.result, GRANTED);
	CHECK_INT(t->outcome.status, COURIER_NO_MORE);
	CHECK_INT(t->asks, 1);
	q = told(t);
	CHECK_INT(q.number, 1);
	CHECK_INT(q.made, w.now.unix_s);
	CHECK_INT(q.message.channel, CHANNEL_EMAIL);
	CHECK_TEXT(q.message.to, ADA);
	CHECK_TEXT(q.message.template, "verify");
	CHECK_TEXT(q.message.name, "Ada \"A\" E\xc3\xa9");
	CHECK_TEXT(q.message.practice, "St John's");
	CHECK_TEXT(q.message.code, "123456");
	CHECK_TEXT(q.message.what, "x");
	CHECK_INT(q.message.minutes, 15);
	CHECK(!there(&w, 1, &q));
	CHECK(there(&w, 2, &q));
	CHECK_TEXT(told(COURIER(&w, "sms", "sent")).message.to, MOBILE);
	CHECK(!there(&w, 2, &q));
}

TEST(courier_that_finds_nothing_commits_nothing)
{
	struct world w = sending_world();
	uint64_t before = world_serial(&w);

	CHECK_INT(COURIER(&w, "email", "sent")->asks, 0);
	CHECK_INT(world_serial(&w), before);
}

TEST(courier_is_told_whatever_silences_others)
{
	struct world w = sending_world();

	w.conf.service[0].one_prompt = true;
	queue(&w, (struct message){ .channel = CHANNEL_EMAIL });
	CHECK_INT(told(COURIER(&w, "email", "sent")).number, 1);
}

TEST(message_stays_due_when_the_courier_breaks_off)
{
	struct world w = sending_world();
	struct queued q;
	struct talk *t;

	queue(&w, (struct message){ .channel = CHANNEL_EMAIL });
	uint64_t before = world_serial(&w);
	t = COURIER(&w, "email", "@hang-up");
	CHECK(t->hung_up && t->asks == 1);
	CHECK_INT(world_serial(&w), before);
	CHECK_INT(told(COURIER(&w, "email", "sent")).number, 1);
	CHECK(!there(&w, 1, &q));
}

TEST(courier_gets_so_many_and_hears_of_more)
{
	struct world w = sending_world();
	const char *answers[40];

	for (unsigned i = 0; i < 40; i++)
		answers[i] = "sent";
	answers[39] = NULL;
	for (unsigned i = 0; i < COURIER_MESSAGES_MAX + 3; i++)
		queue(&w, (struct message){ .channel = CHANNEL_EMAIL });
	struct talk *t = courier(&w, "email", answers);
	CHECK_INT(t->outcome.status, COURIER_MORE);
	CHECK_INT(t->asks, COURIER_MESSAGES_MAX);
	t = courier(&w, "email", answers);
	CHECK_INT(t->outcome.status, COURIER_NO_MORE);
	CHECK_INT(t->asks, 3);
}

TEST(message_put_off_waits_twice_as_long_each_time)
{
	static const unsigned waits[] = { 60, 120, 240, 480, 960, 1920, 3600, 3600 };
	struct world w = sending_world();
	struct queued q;

	queue(&w, (struct message){ .channel = CHANNEL_EMAIL });
	for (unsigned i = 0; i < sizeof waits / sizeof *waits; i++) {
		CHECK_INT(COURIER(&w, "email", "later no answer from the server")->asks, 1);
		CHECK(there(&w, 1, &q));
		CHECK_INT(q.due, w.now.unix_s + waits[i]);
		CHECK_INT(q.tries, i + 1);
		CHECK(!q.dead);
		CHECK_TEXT(q.error, "no answer from the server");
		clock_add(&w, waits[i] - 1);
		CHECK_INT(COURIER(&w, "email", "sent")->asks, 0);
		clock_add(&w, 1);
	}
	CHECK_INT(COURIER(&w, "email", "sent")->asks, 1);
	CHECK(!there(&w, 1, &q));
}

TEST(message_is_given_up_after_a_day)
{
	struct world w = sending_world();
	struct queued q;

	queue(&w, (struct message){ .channel = CHANNEL_EMAIL });
	clock_add(&w, OUTBOX_WHOLE_S - 1);
	COURIER(&w, "email", "later down");
	CHECK(there(&w, 1, &q) && !q.dead);
	clock_add(&w, 60);
	COURIER(&w, "email", "later down");
	CHECK(there(&w, 1, &q) && q.dead);
	clock_add(&w, 4000);
	CHECK_INT(COURIER(&w, "email", "sent")->asks, 0);
}

TEST(message_given_up_is_dropped_after_a_month)
{
	struct world w = sending_world();
	struct queued q;

	queue(&w, (struct message){ .channel = CHANNEL_EMAIL });
	queue(&w, (struct message){ .channel = CHANNEL_SMS });
	COURIER(&w, "email", "never down");
	clock_add(&w, OUTBOX_DEAD_S - 1);
	COURIER(&w, "email", "later");
	CHECK(there(&w, 1, &q) && q.dead);
	clock_add(&w, 1);
	COURIER(&w, "sms", "later");
	CHECK(!there(&w, 1, &q));
	CHECK(there(&w, 2, &q)); /* it was tried just now for the first time */
}

TEST(what_the_courier_says_else_is_later)
{
	static const char *const odd[] = { "", "yes", "sent ", "SENT", "never", "neverending" };
	struct world w = sending_world();
	struct queued q;

	queue(&w, (struct message){ .channel = CHANNEL_EMAIL });
	for (unsigned i = 0; i < sizeof odd / sizeof *odd; i++) {
		COURIER(&w, "email", odd[i]);
		CHECK(there(&w, 1, &q));
		CHECK(!q.dead);
		CHECK_INT(q.tries, i + 1);
		clock_add(&w, 4000);
	}
}

TEST(reason_is_cut_and_made_visible)
{
	struct world w = sending_world();
	char answer[400] = "never ab\tc\x1b]0;\xff";
	struct queued q;

	memset(answer + strlen(answer), 'x', 300);
	queue(&w, (struct message){ .channel = CHANNEL_EMAIL });
	COURIER(&w, "email", answer);
	CHECK(there(&w, 1, &q) && q.dead);
	CHECK_HAS(q.error, "ab\\x09c\\x1b]0;\\xffxxx");
	CHECK(strlen(q.error) < sizeof q.error);
}

TEST(code_goes_with_its_time)
{
	struct world w = sending_world();
	struct queued q;

	queue(&w, (struct message){ .channel = CHANNEL_SMS, .code = "123456", .minutes = 5 });
	COURIER(&w, "sms", "later down");
	clock_add(&w, 299);
	CHECK(there(&w, 1, &q));
	CHECK_TEXT(q.message.code, "123456");
	CHECK_TEXT(told(COURIER(&w, "sms", "later down")).message.code, "123456");
	clock_add(&w, 1);
	CHECK_INT(COURIER(&w, "sms", "sent")->asks, 0); /* not due, but it is over */
	CHECK(there(&w, 1, &q) && q.dead);
	CHECK_TEXT(q.message.code, "");
	CHECK_HAS(q.error, "not good any more");
}

TEST(code_without_minutes_is_sent_for_a_day)
{
	struct world w = sending_world();
	struct queued q;

	queue(&w, (struct message){ .channel = CHANNEL_EMAIL, .code = "ABCD-EFGH" });
	COURIER(&w, "email", "later down");
	clock_add(&w, OUTBOX_WHOLE_S - 1);
	CHECK_TEXT(told(COURIER(&w, "email", "later down")).message.code, "ABCD-EFGH");
	clock_add(&w, 3600);
	COURIER(&w, "email", "later down");
	CHECK(there(&w, 1, &q) && q.dead);
	CHECK_TEXT(q.message.code, "");
	queue(&w, (struct message){ .channel = CHANNEL_SMS, .code = "123456" });
	CHECK_HAS(COMMAND(&w, "status")->seen,
		"E-mail: can be sent. Text messages: can be sent. In the outbox: 1 waiting, 1 given up. "
		"To see why: hcauth outbox\n");
	CHECK_HAS(COMMAND(&w, "status", "--json")->seen, "\"outbox_waiting\":1,\"outbox_dead\":1");
	CHECK_INT(COMMAND(&w, "outbox", "retry", "1")->outcome.status, STATUS_REFUSED);
}

TEST(dead_letter_keeps_no_code)
{
	struct world w = sending_world();
	struct queued q;

	queue(&w, (struct message){ .channel = CHANNEL_EMAIL, .code = "123456", .minutes = 15 });
	COURIER(&w, "email", "never no such mailbox");
	CHECK(there(&w, 1, &q) && q.dead);
	CHECK_TEXT(q.message.code, "");
	struct talk *t = COMMAND(&w, "outbox", "retry", "1");
	CHECK_INT(t->outcome.status, STATUS_REFUSED);
	CHECK_HAS(t->seen, "not good any more");
	t = COMMAND(&w, "outbox", "drop", "1");
	CHECK_INT(t->outcome.status, STATUS_DONE);
	CHECK_TEXT(t->seen, "Message 1 is out of the list. It was not sent.\n");
	CHECK(!there(&w, 1, &q));
}

TEST(dead_letter_is_tried_again_at_roots_word)
{
	struct world w = sending_world();
	struct queued q;

	queue(&w, (struct message){ .channel = CHANNEL_EMAIL });
	COURIER(&w, "email", "never no such mailbox");
	clock_add(&w, 2 * OUTBOX_WHOLE_S);
	CHECK_INT(COURIER(&w, "email", "sent")->asks, 0);
	struct talk *t = COMMAND(&w, "outbox", "retry", "1");
	CHECK_INT(t->outcome.status, STATUS_DONE);
	CHECK_HAS(t->seen, "Message 1 is tried again now.");
	COURIER(&w, "email", "later down");
	CHECK(there(&w, 1, &q) && !q.dead && q.tries == 1);
	CHECK_INT(COMMAND(&w, "outbox", "retry", "1")->outcome.status, STATUS_DONE);
	CHECK_INT(COURIER(&w, "email", "sent")->asks, 1);
	CHECK(!there(&w, 1, &q));
	CHECK_INT(COMMAND(&w, "outbox", "retry", "1")->outcome.status, STATUS_NO_SUCH);
	CHECK_INT(COMMAND(&w, "outbox", "drop", "one")->outcome.status, STATUS_NO_SUCH);
}

TEST(retry_makes_no_code_good_for_longer)
{
	struct world w = sending_world();

	queue(&w, (struct message){ .channel = CHANNEL_EMAIL, .code = "123456", .minutes = 15 });
	COURIER(&w, "email", "later down");
	clock_add(&w, 899);
	CHECK_INT(COMMAND(&w, "outbox", "retry", "1")->outcome.status, STATUS_DONE);
	clock_add(&w, 1);
	CHECK_INT(COURIER(&w, "email", "sent")->asks, 0);
}

TEST(outbox_lists_what_there_is_and_no_code)
{
	struct world w = sending_world();
	struct talk *t;

	CHECK_TEXT(COMMAND(&w, "outbox", "--json")->seen, "[]\n");
	queue(&w,
		(struct message){ .channel = CHANNEL_EMAIL,
			.template = "verify",
			.code = "123456",
			.minutes = 15 });
	queue(&w, (struct message){ .channel = CHANNEL_SMS, .what = "your PIN" });
	COURIER(&w, "sms", "never no network");
	t = COMMAND(&w, "outbox");
	CHECK_INT(t->outcome.status, STATUS_DONE);
	CHECK_HAS(t->seen, ADA);
	CHECK_HAS(t->seen, "verify");
	CHECK_HAS(t->seen, "waiting");
	CHECK_HAS(t->seen, "given up: no network");
	CHECK(!strstr(t->seen, "123456"));
	t = COMMAND(&w, "outbox", "--json");
	CHECK(!strstr(t->seen, "123456"));

	json_t *all = json_loads(t->seen, JSON_REJECT_DUPLICATES, NULL);
	CHECK_INT(json_array_size(all), 2);
	const json_t *dead = json_array_get(all, 1);
	CHECK_INT(json_integer_value(json_object_get(dead, "number")), 2);
	CHECK(json_is_true(json_object_get(dead, "dead")));
	CHECK_TEXT(json_string_value(json_object_get(dead, "channel")), "sms");
	CHECK_TEXT(json_string_value(json_object_get(dead, "to")), MOBILE);
	CHECK_TEXT(json_string_value(json_object_get(dead, "error")), "no network");
	CHECK(json_is_null(json_object_get(dead, "due")));
	json_decref(all);
}

TEST(outbox_text_is_taken_whole_or_not_at_all)
{
	static const char *const bad[] = { "", "[]", "{}", "{\"number\":1}",
		"{\"number\":1,\"made\":1,\"channel\":\"fax\",\"to\":\"a\",\"template\":\"b\",\"language\":\"en\","
		"\"name\":\"\",\"practice\":\"\",\"code\":\"\",\"what\":\"\",\"minutes\":1}",
		"{\"number\":1,\"made\":1,\"channel\":\"sms\",\"to\":\"a\",\"template\":\"b\",\"language\":\"de\","
		"\"name\":\"\",\"practice\":\"\",\"code\":\"\",\"what\":\"\",\"minutes\":1}",
		"{\"number\":-1,\"made\":1,\"channel\":\"sms\",\"to\":\"a\",\"template\":\"b\",\"language\":\"en\","
		"\"name\":\"\",\"practice\":\"\",\"code\":\"\",\"what\":\"\",\"minutes\":1}",
		"{\"number\":1,\"made\":1,\"channel\":\"sms\",\"to\":\"a\",\"template\":\"b\",\"language\":\"en\","
		"\"name\":\"\",\"practice\":\"\",\"code\":\"\",\"what\":\"\",\"minutes\":1,\"more\":1}",
		"{\"number\":1,\"made\":1,\"channel\":\"sms\",\"to\":\"a\",\"template\":\"b\",\"language\":\"en\","
		"\"name\":\"\",\"practice\":\"\",\"code\":\"0123456789012345678901234567890123456789\","
		"\"what\":\"\",\"minutes\":1}" };
	struct queued q = { .number = 7,
		.made = 9,
		.message = { .channel = CHANNEL_SMS,
			.to = MOBILE,
			.template = "verify",
			.what = "\"\\/" } };
	struct queued got = { .number = 99 };
	char text[OUTBOX_TEXT_MAX];

	CHECK_INT(outbox_put(&q, text, sizeof text), 0);
	CHECK_INT(outbox_put(&q, text, 40), -EINVAL);
	for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++)
		CHECK(!outbox_get(bad[i], &got));
	CHECK_INT(got.number, 99);
	CHECK_INT(outbox_put(&q, text, sizeof text), 0);
	CHECK(outbox_get(text, &got));
	CHECK_INT(got.number, 7);
	CHECK_TEXT(got.message.what, "\"\\/");

	memset(q.message.what, 1, sizeof q.message.what - 1); /* \u0001: six bytes each */
	memset(q.message.name, 1, sizeof q.message.name - 1);
	memset(q.message.practice, 1, sizeof q.message.practice - 1);
	CHECK_INT(outbox_put(&q, text, sizeof text), 0);
	q.message.what[3] = '\xff';
	CHECK_INT(outbox_put(&q, text, sizeof text), -EINVAL);
}

TEST(message_that_cannot_be_told_holds_up_no_other)
{
	struct world w = sending_world();
	struct queued q;

	queue(&w, (struct message){ .channel = CHANNEL_EMAIL, .what = "\xff" });
	queue(&w, (struct message){ .channel = CHANNEL_EMAIL });
	struct talk *t = COURIER(&w, "email", "sent");
	CHECK_INT(t->asks, 1);
	CHECK_INT(told(t).number, 2);
	CHECK(there(&w, 1, &q) && q.dead);
	CHECK(!there(&w, 2, &q));
}

static int harm(struct txn *t, void *arg)
{
	uint8_t key[NUMBER_KEY];

	(void)arg;
	number_key(1, key);
	return txn_put(t, TABLE_OUTBOX, key, sizeof key, "x", 1);
}

TEST(message_that_does_not_open_holds_up_no_other_and_is_dropped)
{
	struct world w = sending_world();
	struct queued q;
	char nothing = 0;

	queue(&w, (struct message){ .channel = CHANNEL_EMAIL });
	queue(&w, (struct message){ .channel = CHANNEL_EMAIL });
	CHECK_INT(in_store(&w, harm, &nothing, 1), 0);
	struct talk *t = COMMAND(&w, "outbox");
	CHECK_INT(t->outcome.status, STATUS_DONE);
	CHECK_HAS(t->seen, "given up: damaged");
	t = COURIER(&w, "email", "sent");
	CHECK_INT(t->asks, 1);
	CHECK_INT(told(t).number, 2);
	CHECK(!there(&w, 1, &q));
	CHECK(!there(&w, 2, &q));
}
