/* SPDX-License-Identifier: Apache-2.0 */
/* Codes that are sent. What must hold: one is good for one person, purpose, place and time; three wrong
 * ones end it, and wrong ones lead to waits; no more than three are sent in 15 minutes; for a decoy all is
 * the same but that nothing is sent and nothing matches. */
#include "code.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "factor.h"
#include "seal.h"
#include "store/store.h"
#include "text.h"
#include "world.h"

/* A conversation that asks for one code, in a process of its own. */
struct trial {
	const char *to; /* NULL: to a decoy */
	bool local, again;
	const char *rhost;
	const char *answers[8];
	enum code_purpose purpose;
	bool sent, right, spent, pending;
	unsigned asks;
	char seen[600];
};

struct taking {
	struct conv *c;
	struct trial *x;
	const struct code_for *f;
};

static void trial_ask(void *arg, const struct ask *a, struct secret *out)
{
	struct taking *k = arg;
	const char *text = k->x->answers[k->x->asks];

	(void)a;
	if (!text)
		_exit(0);
	k->x->asks++;
	out->len = strlen(text);
	memcpy(out->text, text, out->len + 1);
}

static void trial_tell(void *arg, const struct tell *t)
{
	struct taking *k = arg;
	size_t at = strlen(k->x->seen);

	snprintf(k->x->seen + at, sizeof k->x->seen - at, "%s\n", t->text);
}

static int find_ada(struct txn *t, void *arg)
{
	return person_by_name(t, ADA, arg);
}

static int spend(struct txn *t, void *arg)
{
	struct taking *k = arg;
	struct now now;

	k->c->now(&now);
	return code_spend(t, k->c, &now, k->f);
}

static void hold_trial(struct conv *c, void *arg)
{
	struct trial *x = arg;
	struct person p;
	struct code_for f = { .p = &p, .purpose = x->purpose, .to = x->to, .template = "verify" };
	struct taking k = { .c = c, .x = x, .f = &f };

	if (x->to)
		CHECK_INT(store_read(c->store, find_ada, &p), 0);
	else
		person_decoy(c->seal, "nobody@example.org", &p);
	if (!x->to)
		f.to = "";
	c->local = x->local;
	c->hello.rhost = x->rhost;
	c->io.ask = trial_ask;
	c->io.tell = trial_tell;
	c->io.arg = &k;
	x->pending = code_pending(c, &f);
	x->sent = code_send(c, &f, x->again);
	x->right = x->answers[0] && code_ask(c, &f, "Code from the e-mail: ");
	x->spent = store_update(c->store, NEED_ALWAYS, spend, &k) == 0;
}

static struct trial try_code(struct world *w, struct trial x)
{
	if (!x.purpose)
		x.purpose = CODE_EMAIL;
	if (!x.rhost)
		x.rhost = "";
	in_conversation(w, hold_trial, &x, sizeof x);
	return x;
}

static const char *mailed(struct world *w)
{
	static char code[32];
	const struct message *m = queued_message(w, CHANNEL_EMAIL, 0);

	CHECK(m != NULL);
	snprintf(code, sizeof code, "%s", m->code);
	return code;
}

static const char *other_than(const char *code)
{
	return strcmp(code, "123456") == 0 ? "654321" : "123456";
}

static struct world start(void)
{
	struct world w = world_at("2026-05-04 09:00:00");

	add_ada(&w);
	with_messages(&w);
	return w;
}

#define HERE .to = ADA, .local = true

TEST(a_code_is_sent_to_its_place_and_good_once)
{
	struct world w = start();
	struct trial x = try_code(&w, (struct trial){ HERE });
	const struct message *m = queued_message(&w, CHANNEL_EMAIL, 0);

	CHECK(x.sent && !x.pending && !x.spent);
	CHECK_TEXT(m->to, ADA);
	CHECK_TEXT(m->template, "verify");
	CHECK_TEXT(m->name, "Ada Example");
	CHECK_INT(strlen(m->code), CODE_DIGITS);
	CHECK_INT(m->minutes, 15);
	x = try_code(&w, (struct trial){ HERE, .answers = { mailed(&w) } });
	CHECK(x.pending && x.right && x.spent);
	CHECK_INT(queued_message(&w, CHANNEL_EMAIL, 1) == NULL, 1); /* the first was still good */
	x = try_code(&w, (struct trial){ HERE, .answers = { mailed(&w), "", "" } });
	CHECK(!x.pending && !x.right && !x.spent);
}

TEST(a_code_is_of_one_place_purpose_address_and_time)
{
	struct world w = start();

	try_code(&w, (struct trial){ HERE });
	const char *code = mailed(&w);
	struct trial x = try_code(
		&w, (struct trial){ .to = ADA, .rhost = "192.0.2.7", .answers = { code, "", "" } });
	CHECK(!x.pending && !x.right && !x.spent);
	x = try_code(&w,
		(struct trial){ HERE, .purpose = CODE_RECOVER_EMAIL, .answers = { code, "", "" } });
	CHECK(!x.pending && !x.right && !x.spent);
	x = try_code(&w,
		(struct trial){
			.to = "ada@other.example", .local = true, .answers = { code, "", "" } });
	CHECK(!x.pending && !x.right && !x.spent);
}

TEST(tm11_a_code_is_good_for_its_time)
{
	struct world w = start();
	struct trial x;

	try_code(&w, (struct trial){ HERE });
	const char *code = mailed(&w);
	clock_add(&w, CODE_EMAIL_S - 1);
	x = try_code(&w, (struct trial){ HERE });
	CHECK(x.pending);
	clock_add(&w, 1);
	x = try_code(&w, (struct trial){ HERE, .answers = { code, "", "" } });
	CHECK(!x.pending && !x.right && !x.spent);
}

TEST(a_code_of_an_earlier_boot_is_worthless)
{
	struct world w = start();

	try_code(&w, (struct trial){ HERE });
	w.now.boot[0] ^= 1;
	struct trial x = try_code(&w, (struct trial){ HERE, .answers = { mailed(&w), "", "" } });
	CHECK(!x.pending && !x.right && !x.spent);
}

TEST(two_wrong_codes_do_not_end_a_code)
{
	struct world w = start();

	try_code(&w, (struct trial){ HERE });
	char code[32];
	snprintf(code, sizeof code, "%s", mailed(&w));
	const char *wrong = other_than(code);
	struct trial x = try_code(&w, (struct trial){ HERE, .answers = { wrong, wrong, code } });
	CHECK(x.right && x.spent);
}

TEST(a_third_wrong_code_ends_a_code)
{
	struct world w = start();
	char code[32];

	try_code(&w, (struct trial){ HERE });
	snprintf(code, sizeof code, "%s", mailed(&w));
	const char *wrong = other_than(code);
	struct trial x =
		try_code(&w, (struct trial){ HERE, .answers = { wrong, wrong, wrong, code } });
	CHECK(!x.right && !x.spent);
	CHECK_HAS(x.seen, TEXT_CODE_WRONG);
}

TEST(wrong_codes_lead_to_waits_whatever_is_sent_anew)
{
	struct world w = start();
	struct trial x = try_code(
		&w, (struct trial){ HERE, .answers = { "12", "13", "14", "", "15", "16", "17" } });

	CHECK(!x.right);
	CHECK_INT(ada_failures(&w, FACTOR_CODE, SOURCE_LOCAL), 5);
	x = try_code(&w, (struct trial){ HERE, .answers = { mailed(&w), "" } }); /* the right one */
	CHECK(!x.right);
	x = try_code(&w, (struct trial){ HERE, .answers = { "18", "" } });
	CHECK_HAS(x.seen, "Please wait 15 seconds");
	CHECK_INT(x.asks, 1);
	CHECK_INT(ada_failures(&w, FACTOR_CODE, SOURCE_LOCAL), 5);
	CHECK_INT(ada_failures(&w, FACTOR_CODE, SOURCE_NETWORK), 0);
	clock_add(&w, 15);
	x = try_code(&w, (struct trial){ HERE, .answers = { mailed(&w) } });
	CHECK(x.right && x.spent);
	CHECK_INT(ada_failures(&w, FACTOR_CODE, SOURCE_LOCAL), 0);
}

TEST(sixty_wrong_codes_do_not_end_codes_for_good)
{
	struct world w = start();

	for (unsigned i = 0; i < 60; i++, clock_add(&w, WAIT_MAX_S + 1))
		try_code(&w, (struct trial){ HERE, .answers = { "12345x", NULL } });
	CHECK_INT(ada_failures(&w, FACTOR_CODE, SOURCE_LOCAL), 60);
	clock_add(&w, 2 * 86400);
	try_code(&w, (struct trial){ HERE });
	struct trial x = try_code(&w, (struct trial){ HERE, .answers = { mailed(&w) } });
	CHECK(x.right && x.spent);
}

TEST(no_more_than_three_codes_are_sent_in_fifteen_minutes)
{
	struct world w = start();

	for (unsigned i = 0; i < 5; i++)
		CHECK(try_code(&w, (struct trial){ HERE, .again = true }).sent);
	CHECK(queued_message(&w, CHANNEL_EMAIL, 2) != NULL);
	CHECK(queued_message(&w, CHANNEL_EMAIL, 3) == NULL);
	struct trial x = try_code(&w, (struct trial){ HERE, .answers = { "", mailed(&w) } });
	CHECK_HAS(x.seen, TEXT_CODE_ENOUGH); /* the last is good still */
	CHECK(x.right);
	x = try_code(
		&w, (struct trial){ .to = ADA, .rhost = "192.0.2.7", .answers = { "", "", NULL } });
	CHECK_HAS(x.seen, TEXT_CODE_PERHAPS);
	clock_add(&w, CODE_WINDOW_S);
	CHECK(try_code(&w, (struct trial){ HERE, .again = true }).sent);
	CHECK(queued_message(&w, CHANNEL_EMAIL, 3) != NULL);
}

TEST(a_decoy_gets_the_same_words_and_commits_and_no_message)
{
	struct world w = start();
	uint64_t before = world_serial(&w);
	struct trial x =
		try_code(&w, (struct trial){ HERE, .answers = { "1", "2", "3", "4", "5", "6" } });
	uint64_t known = world_serial(&w) - before;
	struct trial y = try_code(
		&w, (struct trial){ .local = true, .answers = { "1", "2", "3", "4", "5", "6" } });

	CHECK_INT(world_serial(&w) - before - known, known);
	CHECK_TEXT(y.seen, x.seen);
	CHECK_INT(y.asks, x.asks);
	CHECK(y.sent == x.sent && !y.right && !y.spent);
	CHECK(queued_message(&w, CHANNEL_EMAIL, 1) == NULL); /* the one to ada */
}

TEST(mobile_numbers_have_one_form)
{
	static const struct {
		const char *typed, *normal;
	} cases[] = { { "+441632960001", "+441632960001" }, { "+44 1632 960-001", "+441632960001" },
		{ "0044 (1632) 960 001", "+441632960001" }, { "01632960001", NULL },
		{ "+44163", NULL }, { "+4416329600011234", NULL }, { "+0441632960", NULL },
		{ "+44163296000x", NULL }, { "", NULL }, { "+", NULL }, { "00", NULL },
		{ "++441632960001", NULL }, { "+44\n1632960001", NULL } };

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char out[MOBILE_MAX + 1] = "";

		CHECK_INT(mobile_normal(cases[i].typed, out), cases[i].normal != NULL);
		CHECK_TEXT(out, cases[i].normal ? cases[i].normal : "");
	}
}

static int spoil(struct txn *t, void *arg)
{
	struct key at = { .len = 0 };
	struct bytes row;
	uint8_t copy[4096];

	(void)arg;
	CHECK_INT(txn_next(t, TABLE_OUTBOX, "", 0, &at, &row), 0);
	memcpy(copy, row.p, row.len);
	size_t len = row.len;
	at.bytes[7]++; /* another message's place */
	return txn_put(t, TABLE_OUTBOX, at.bytes, at.len, copy, len);
}

static int load_moved(struct txn *t, void *arg)
{
	struct queued q;

	return message_load(t, world_seal(arg), 2, &q);
}

TEST(a_queued_message_is_sealed_and_bound_to_its_number)
{
	struct world w = start();
	char none = 0;

	try_code(&w, (struct trial){ HERE });
	CHECK_INT(in_store(&w, spoil, &none, sizeof none), 0);
	CHECK_INT(in_store(&w, load_moved, &w, sizeof w), -EKEYREJECTED);
}
