/* SPDX-License-Identifier: Apache-2.0 */
/* A code that a practice had sent to somebody. What must hold: it goes to no mailbox that nobody has shown to
 * be theirs, and opens nothing once the one that it went to is theirs no more, or not theirs alone. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "factor.h"
#include "people.h"
#include "staff.h"
#include "store/store.h"
#include "two_people.h"

#define DAN "dan@example.org"
#define DAN_NEW "dan.new@example.org"

struct reset_look {
	bool there;
};

static int look_reset(struct txn *t, void *arg)
{
	struct reset_look *l = arg;
	struct person p;
	int r = person_by_uid(t, DAN_UID, &p);

	l->there = r == 0 && credential_exists(t, &p.owner, FACTOR_RESET);
	return r;
}

static bool has_reset_code(struct world *w)
{
	struct reset_look l = { .there = false };

	CHECK_INT(in_store(w, look_reset, &l, sizeof l), 0);
	return l.there;
}

/* Dan's practice has sent him a code. */
static struct world with_reset_code(char code[64])
{
	struct world w = staff();
	struct service *s = &w.conf.service[w.conf.nservices++];

	*s = (struct service){
		.name = "hcauth", .local = true, .nsteps = 1, .step = { 1u << FACTOR_PASSWORD }
	};
	enrol_dan(&w);
	struct world ada = as_person(&w, ADA_UID);
	CHECK_INT(COMMAND(&ada, "account", "reset", "HC4")->outcome.result, GRANTED);
	const struct message *m = queued_message(&w, CHANNEL_EMAIL, 0);
	CHECK(m != NULL);
	CHECK_TEXT(m->to, DAN);
	snprintf(code, 64, "%s", m->code);
	CHECK(has_reset_code(&w));
	return w;
}

TEST(a_reset_code_ends_with_the_address_that_it_went_to)
{
	char code[64];
	struct world w = with_reset_code(code), dan = w;

	dan.peer = dan.ruid = DAN_UID;
	struct talk *t = command(&dan, (const char *const[]){ "email", DAN_NEW, NULL },
		(const char *const[]){ ADA_PASSWORD, "@mail", NULL });
	CHECK_TEXT(t->outcome.result == GRANTED ? "granted" : t->seen, "granted");
	CHECK(!has_reset_code(&w));
	t = SIGN_IN(&w, "login", DAN_NEW, code, "a thief of mailboxes", "a thief of mailboxes");
	CHECK_INT(t->outcome.result, REFUSED);
	CHECK(!strstr(t->seen, "New password"));
}

TEST(a_reset_code_ends_where_two_come_to_share_its_address)
{
	char code[64];
	struct world w = with_reset_code(code);

	allow_shared(&w, "stj", true);
	struct talk *t = COMMAND(&w, "identity", "share", DAN, "--name", "Fay Example");
	CHECK_TEXT(t->outcome.result == GRANTED ? "granted" : t->seen, "granted");
	CHECK(!has_reset_code(&w));
}

static int unprove(struct txn *t, void *arg)
{
	struct person p;
	int r = person_by_uid(t, DAN_UID, &p);

	(void)arg;
	p.identity.email_verified = 0;
	return r < 0 ? r : identity_save(t, &p.identity);
}

/* Whoever typed it in may have mistyped it: a stranger would read the code. */
TEST(a_reset_s_code_goes_to_no_unproved_address)
{
	struct world w = staff(), ada;
	char none = 0;

	CHECK_INT(in_store(&w, unprove, &none, sizeof none), 0);
	ada = as_person(&w, ADA_UID);
	CHECK_INT(COMMAND(&ada, "account", "reset", "HC4")->outcome.result, GRANTED);
	CHECK(!has_reset_code(&w));
	const struct message *m = queued_message(&w, CHANNEL_EMAIL, 0);
	CHECK(!m || strcmp(m->to, DAN) != 0);
	m = queued_message(&w, CHANNEL_SMS, 0); /* the number is surely Dan's */
	CHECK(m != NULL);
	CHECK_TEXT(m->template, "reset-yourself");
	CHECK_TEXT(m->code, "");
}
