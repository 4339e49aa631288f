/* SPDX-License-Identifier: Apache-2.0 */
/* Codes at many places, and over a day. What must hold: nobody elsewhere ends a code or uses up those of
 * this place; a mailbox is not filled from however many places; few rows are kept; a withdrawn code is good
 * nowhere, and counts. */
#include <stdio.h>
#include <string.h>

#include "code.h"
#include "recover_world.h"
#include "store/store.h"
#include "text.h"

#define THEIRS "192.0.2.7"
#define ANOTHER "198.51.100.9"

struct code_rows {
	unsigned n, messages;
	enum code_purpose withdraw;
};

static unsigned rows_in(struct txn *t, enum table table)
{
	struct key at = { .len = 0 };
	struct bytes row;
	unsigned n = 0;

	while (txn_next(t, table, "", 0, &at, &row) == 0)
		n++;
	return n;
}

static int look_rows(struct txn *t, void *arg)
{
	struct code_rows *k = arg;
	struct person ada;
	int r = person_by_name(t, ADA, &ada);

	if (r == 0 && k->withdraw)
		r = code_withdraw(t, &ada.owner, k->withdraw);
	k->n = rows_in(t, TABLE_CODE);
	k->messages = rows_in(t, TABLE_OUTBOX);
	return r;
}

static struct code_rows rows(struct world *w, enum code_purpose withdraw)
{
	struct code_rows k = { .withdraw = withdraw };

	CHECK_INT(in_store(w, look_rows, &k, sizeof k), 0);
	return k;
}

/* Somebody there has a code sent to ada; n times another one instead. */
static void send_from(struct world *w, const char *rhost, const char *name, unsigned n)
{
	static const char *const again[] = { FORGOTTEN, "", "@hang-up", NULL };
	static const char *const once[] = { FORGOTTEN, "@hang-up", NULL };

	w->rhost = rhost;
	CHECK(converse(w, PURPOSE_AUTH, "sshd", name, once)->hung_up);
	for (unsigned i = 0; i < n; i++)
		CHECK(converse(w, PURPOSE_AUTH, "sshd", name, again)->hung_up);
}

TEST(nobody_elsewhere_ends_a_code)
{
	struct world w = ada_with_channels();
	char code[32];

	send_from(&w, THEIRS, ADA, 0);
	snprintf(code, sizeof code, "%s", queued_message(&w, CHANNEL_EMAIL, 0)->code);
	send_from(&w, ANOTHER, ADA, 5);
	CHECK(SIGN_IN(&w, "sshd", ADA, FORGOTTEN, "12345x", "12345x", "12345x", "@hang-up")
			->hung_up);
	CHECK_INT(messages(&w, CHANNEL_EMAIL), 4); /* three of them from there */
	w.rhost = THEIRS;
	struct talk *t = SIGN_IN(&w, "sshd", ADA, FORGOTTEN, code, "@hang-up");
	CHECK_HAS(t->seen, TEXT_RECOVER_MOBILE_NEXT);
}

TEST(a_mailbox_gets_ten_codes_a_day_from_all_places)
{
	struct world w = ada_with_channels();
	char host[32];

	for (unsigned i = 0; i < 40; i++, clock_add(&w, 1800)) {
		snprintf(host, sizeof host, "198.51.100.%u", i);
		send_from(&w, host, i % 2 ? "nobody@example.org" : ADA, 2);
	}
	CHECK_INT(rows(&w, 0).messages, CODE_SENDS_DAY);
	send_from(&w, THEIRS, ADA, 0);
	CHECK_INT(rows(&w, 0).messages, CODE_SENDS_DAY);
	clock_add(&w, 4 * 3600);
	send_from(&w, THEIRS, ADA, 0);
	CHECK_INT(rows(&w, 0).messages, CODE_SENDS_DAY + 1);
}

/* Side by side: whoever has read the clock first may be the last to get to the store. */
TEST(requests_in_disorder_send_no_more_codes_and_end_none)
{
	struct world w = ada_with_channels();
	char host[32];

	for (unsigned i = 0; i < 20; i++, w.now.boot_ms -= 20)
		send_from(&w, THEIRS, ADA, 1);
	CHECK_INT(rows(&w, 0).messages, CODE_SENDS);
	for (unsigned i = 0; i < 20; i++, w.now.boot_ms -= 20) {
		snprintf(host, sizeof host, "198.51.100.%u", i);
		send_from(&w, host, ADA, 2);
	}
	CHECK_INT(rows(&w, 0).messages, CODE_SENDS_DAY);
}

TEST(the_workstation_has_a_day_of_its_own)
{
	struct world w = ada_with_channels();

	for (unsigned i = 0; i < 4; i++, clock_add(&w, CODE_WINDOW_S))
		send_from(&w, ANOTHER, ADA, 2);
	CHECK_INT(rows(&w, 0).messages, CODE_SENDS_DAY);
	w.rhost = "";
	struct talk *t = SIGN_IN(&w, "login", ADA, FORGOTTEN, "@mail", "@hang-up");
	CHECK_HAS(t->seen, TEXT_RECOVER_MOBILE_NEXT);
}

TEST(eight_places_have_a_code_at_a_time)
{
	struct world w = ada_with_channels();
	char host[32];

	for (unsigned i = 0; i < CODE_PLACES + 1; i++) {
		snprintf(host, sizeof host, "198.51.100.%u", i);
		send_from(&w, host, ADA, 0);
	}
	CHECK_INT(rows(&w, 0).messages, CODE_PLACES);
	CHECK_INT(rows(&w, 0).n, CODE_PLACES + 1); /* and that of all */
	clock_add(&w, 3600);
	send_from(&w, THEIRS, ADA, 0);
	CHECK_INT(rows(&w, 0).messages, CODE_PLACES + 1);
	CHECK_INT(rows(&w, 0).n, 2);
}

TEST(guesses_where_nothing_was_sent_leave_no_code)
{
	struct world w = ada_with_channels();

	for (unsigned i = 0; i < 5; i++, clock_add(&w, 3600))
		send_from(&w, ANOTHER, ADA, 2);
	w.rhost = THEIRS;
	CHECK(SIGN_IN(&w, "sshd", ADA, FORGOTTEN, "12345x", "12345x", "@hang-up")->hung_up);
	CHECK_INT(rows(&w, 0).messages, CODE_SENDS_DAY);
	CHECK_INT(rows(&w, 0).n, 1); /* that of all */
}

TEST(a_withdrawn_code_is_good_nowhere_and_counts)
{
	struct world w = ada_with_channels();
	char code[32];

	send_from(&w, ANOTHER, ADA, 2);
	send_from(&w, "198.51.100.10", ADA, 2);
	send_from(&w, THEIRS, ADA, 0);
	snprintf(code, sizeof code, "%s", queued_message(&w, CHANNEL_EMAIL, 0)->code);
	CHECK_INT(rows(&w, CODE_RECOVER_EMAIL).n, 1);
	struct talk *t = SIGN_IN(&w, "sshd", ADA, FORGOTTEN, code, "@hang-up");
	CHECK_HAS(t->seen, TEXT_CODE_WRONG);
	send_from(&w, "198.51.100.11", ADA, 2);
	CHECK_INT(rows(&w, 0).messages, CODE_SENDS_DAY);
}
