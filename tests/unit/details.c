/* SPDX-License-Identifier: Apache-2.0 */
/* What people are asked about themselves, and change. What must hold: what may be skipped keeps nobody
 * out; a place counts by a code that was sent there; the old one is told of the new; nobody learns whose
 * an address is. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "code.h"
#include "details.h"
#include "legacy.h"
#include "text.h"
#include "verbs.h"

#define CHECK_VERDICT(v, talk) CHECK_INT((talk)->outcome.result, v)
#define CHECK_GRANTED(talk)                                                                        \
	CHECK_TEXT((talk)->outcome.result == GRANTED ? "granted" : (talk)->seen, "granted")

#define NUMBER "+441632960001"

static struct world start(void)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	clock_add(&w, DETAILS_AGAIN_S);
	with_messages(&w);
	return w;
}

static const char *code(struct world *w)
{
	clock_add(w, 60);
	return app_code(w, ada_secret, 0);
}

#define SIGNS(w, ...) SIGN_IN(w, "login", ADA, ADA_PASSWORD, code(w), __VA_ARGS__)

/* With nothing more to be asked. */
static struct talk *signs_quietly(struct world *w)
{
	struct talk *t = SIGN_IN(w, "login", ADA, ADA_PASSWORD, code(w));

	CHECK_GRANTED(t);
	CHECK_INT(t->asks, 2);
	return t;
}

TEST(details_are_verified_at_a_sign_in)
{
	struct world w = start();
	struct talk *t = SIGNS(&w, "yes", "@mail", "0044 1632 960001", "@sms");
	struct person p = stored(&w, ADA);

	CHECK_GRANTED(t);
	CHECK_HAS(t->seen, "Is ada@example.org your own e-mail address?");
	CHECK_HAS(t->seen, TEXT_ADDRESS_VERIFIED);
	CHECK_HAS(t->seen, TEXT_MOBILE_VERIFIED);
	CHECK(p.identity.email_verified && p.identity.mobile_verified);
	CHECK_TEXT(p.identity.mobile, NUMBER);
	clock_add(&w, DETAILS_AGAIN_S);
	signs_quietly(&w);
}

TEST(details_are_skipped_and_asked_for_again_after_a_week)
{
	struct world w = start();

	CHECK_GRANTED(SIGNS(&w, "", ""));
	signs_quietly(&w);
	clock_add(&w, DETAILS_AGAIN_S - 300);
	signs_quietly(&w);
	clock_add(&w, 300);
	CHECK_GRANTED(SIGNS(&w, "no", "no"));
	CHECK(!queued_message(&w, CHANNEL_EMAIL, 0) && !queued_message(&w, CHANNEL_SMS, 0));
	CHECK(!stored(&w, ADA).identity.email_verified);
}

TEST(details_wait_for_whoever_is_cut_off)
{
	struct world w = start();

	CHECK(SIGNS(&w, "yes", "@hang-up")->hung_up);
	struct talk *t = SIGNS(&w, "@mail", "01632 960001", NUMBER, "@hang-up");
	CHECK(t->hung_up);
	CHECK_HAS(t->seen, TEXT_MOBILE_FORM);
	CHECK(stored(&w, ADA).identity.email_verified);
	t = SIGNS(&w, "@sms");
	CHECK_GRANTED(t);
	CHECK_INT(t->asks, 3);
	CHECK(stored(&w, ADA).identity.mobile_verified);
	CHECK(!queued_message(&w, CHANNEL_SMS, 1));
}

TEST(details_are_nobody_s_who_is_switched_off_meanwhile)
{
	struct world w = start();

	SIGNS(&w, "yes", "@disable", "@mail", "");
	CHECK(!stored(&w, ADA).identity.email_verified);
}

TEST(details_come_after_the_whole_proof_only)
{
	struct world w = start();
	struct talk *t = SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, "000000");

	CHECK_VERDICT(REFUSED, t);
	CHECK_INT(t->asks, 2);
	CHECK_GRANTED(SIGN_IN(&w, "sshd", ADA, ADA_PASSWORD, code(&w), "yes", "@mail", ""));
}

TEST(details_are_root_s_programs_to_ask)
{
	struct world w = start();

	w.peer = w.ruid = 20000; /* a locker */
	signs_quietly(&w);
	w.peer = 0; /* su */
	signs_quietly(&w);
	w.ruid = 0;
	w.flags = HELLO_SILENT;
	signs_quietly(&w);
}

TEST(details_are_asked_at_the_end_of_a_first_sign_in)
{
	struct world w = world_at("2026-05-04 09:00:00");
	const char *activation = add_ada(&w);

	with_messages(&w);
	struct talk *t = SIGN_IN(&w, "login", ADA, activation, ADA_PASSWORD, ADA_PASSWORD, "@totp",
		"yes", ADA_PIN, ADA_PIN, "yes", "@mail", NUMBER, "@sms");
	CHECK_GRANTED(t);
	CHECK(stored(&w, ADA).identity.mobile_verified);
}

/* --- hcauth email, hcauth mobile --- */

#define AS_ADA(w, words, ...) as_ada(w, words, (const char *const[]){ __VA_ARGS__, NULL })
#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static struct talk *as_ada(struct world *w, const char *const *words, const char *const *answers)
{
	w->peer = w->ruid = 20000;
	struct talk *t = command(w, words, answers);
	w->peer = w->ruid = 0;
	return t;
}

static struct world verified(void)
{
	struct world w = start();

	CHECK_GRANTED(SIGNS(&w, "yes", "@mail", NUMBER, "@sms"));
	return w;
}

TEST(ad10_an_address_is_changed_and_the_old_one_told)
{
	struct world w = verified();
	struct talk *t =
		AS_ADA(&w, WORDS("email"), ADA_PASSWORD, code(&w), "Ada@Home.example", "@mail");
	struct dir_user u;

	CHECK_GRANTED(t);
	CHECK_TEXT(last_line(t), "From now on, sign in as ada@home.example.");
	struct person p = stored(&w, "ada@home.example");
	CHECK(p.known && p.identity.email_verified && !stored(&w, ADA).known);
	CHECK_INT(published_user(&w, "private.cdb", DIR_NAME, ADA, &u), -2);
	CHECK_INT(published_user(&w, "private.cdb", DIR_NAME, "ada@home.example", &u), 0);
	CHECK_TEXT(queued_message(&w, CHANNEL_EMAIL, 0)->to, ADA);
	CHECK_TEXT(queued_message(&w, CHANNEL_EMAIL, 0)->template, "address-changed");
	CHECK_TEXT(queued_message(&w, CHANNEL_EMAIL, 1)->to, "ada@home.example");
	CHECK_TEXT(queued_message(&w, CHANNEL_SMS, 0)->template, "changed");
	CHECK_TEXT(queued_message(&w, CHANNEL_SMS, 0)->what, "Your e-mail address was changed");
	CHECK_VERDICT(REFUSED, SIGN_IN(&w, "login", ADA, ADA_PASSWORD));
	CHECK_GRANTED(SIGN_IN(&w, "login", "ada@home.example", ADA_PASSWORD, code(&w)));
}

TEST(an_address_takes_a_proof_and_a_code)
{
	struct world w = verified();

	CHECK_VERDICT(REFUSED, AS_ADA(&w, WORDS("email", "a@home.example"), "wrong"));
	CHECK_VERDICT(
		REFUSED, AS_ADA(&w, WORDS("email", "a@home.example"), ADA_PASSWORD, "000000"));
	CHECK_TEXT(queued_message(&w, CHANNEL_EMAIL, 0)->to, ADA);
	CHECK_VERDICT(REFUSED,
		AS_ADA(&w, WORDS("email", "a@home.example"), ADA_PASSWORD, code(&w), "12", "", ""));
	CHECK(stored(&w, ADA).known);
	CHECK_INT(AS_ADA(&w, WORDS("email", ADA), ADA_PASSWORD, code(&w))->outcome.status,
		STATUS_REFUSED);
	CHECK_INT(COMMAND(&w, "email", "a@home.example")->outcome.status, STATUS_NOT_ALLOWED);
}

TEST(a_desk_s_address_is_no_change)
{
	struct world w = verified();
	struct talk *t = AS_ADA(
		&w, WORDS("email", "info+ada@example.org"), ADA_PASSWORD, code(&w), "", "", "");

	CHECK_VERDICT(REFUSED, t);
	CHECK_HAS(t->seen, "info+ada@example.org belongs to a desk");
}

static const char *scrubbed(const char *seen, const char *address)
{
	static char out[24000];
	size_t n = strlen(address);

	snprintf(out, sizeof out, "%s", seen);
	for (char *p = out; (p = strstr(p, address));)
		memset(p, '.', n);
	return out;
}

TEST(a_taken_address_is_told_to_its_owner_and_looks_like_a_free_one)
{
	struct world w = verified();
	char free[24000];

	CHECK_VERDICT(GRANTED,
		COMMAND(&w, "identity", "add", "ben@example.org", "--name", "Ben Example"));
	uint64_t before = world_serial(&w);
	struct talk *t = AS_ADA(&w, WORDS("email", "cat@example.org"), ADA_PASSWORD, code(&w),
		"123456", "", "123456", "");
	uint64_t commits = world_serial(&w) - before;
	snprintf(free, sizeof free, "%s", scrubbed(t->seen, "cat@example.org"));
	CHECK_VERDICT(REFUSED, t);
	clock_add(&w, CODE_WINDOW_S);
	before = world_serial(&w);
	t = AS_ADA(&w, WORDS("email", "ben@example.org"), ADA_PASSWORD, code(&w), "123456", "",
		"123456", "");
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(scrubbed(t->seen, "ben@example.org"), free);
	CHECK_INT(world_serial(&w) - before, commits);
	const struct message *m = queued_message(&w, CHANNEL_EMAIL, 0);
	CHECK_TEXT(m->to, "ben@example.org");
	CHECK_TEXT(m->template, "address-taken");
	CHECK_TEXT(m->code, "");
	CHECK_TEXT(m->name, "Ben Example");
}

TEST(a_code_to_an_address_that_was_taken_meanwhile_changes_nothing)
{
	struct world w = verified();

	CHECK(AS_ADA(&w, WORDS("email", "ben@example.org"), ADA_PASSWORD, code(&w), "@hang-up")
			->hung_up);
	char sent[32];
	snprintf(sent, sizeof sent, "%s", queued_message(&w, CHANNEL_EMAIL, 0)->code);
	CHECK_VERDICT(GRANTED,
		COMMAND(&w, "identity", "add", "ben@example.org", "--name", "Ben Example"));
	struct talk *t =
		AS_ADA(&w, WORDS("email", "ben@example.org"), ADA_PASSWORD, code(&w), sent, "", "");
	CHECK_VERDICT(REFUSED, t);
	CHECK(stored(&w, ADA).known);
	CHECK_TEXT(stored(&w, "ben@example.org").identity.name, "Ben Example");
}

TEST(a_number_is_changed_and_the_old_one_told)
{
	struct world w = verified();
	struct talk *t =
		AS_ADA(&w, WORDS("mobile"), ADA_PASSWORD, code(&w), "+44 1632 960002", "@sms");

	CHECK_GRANTED(t);
	CHECK_TEXT(stored(&w, ADA).identity.mobile, "+441632960002");
	CHECK_TEXT(queued_message(&w, CHANNEL_SMS, 0)->to, NUMBER);
	CHECK_TEXT(queued_message(&w, CHANNEL_SMS, 0)->template, "changed");
	CHECK_TEXT(queued_message(&w, CHANNEL_EMAIL, 0)->template, "changed");
	CHECK_TEXT(queued_message(&w, CHANNEL_EMAIL, 0)->what, "Your mobile number was changed");
	t = AS_ADA(&w, WORDS("mobile", "+44", "1632", "960004"), ADA_PASSWORD, code(&w), "@sms");
	CHECK_GRANTED(t);
	CHECK_TEXT(stored(&w, ADA).identity.mobile, "+441632960004");
	t = AS_ADA(&w, WORDS("mobile", "12"), ADA_PASSWORD, code(&w), "+441632960003", "", "");
	CHECK_VERDICT(REFUSED, t);
	CHECK_TEXT(stored(&w, ADA).identity.mobile, "+441632960004");
}

TEST(without_a_way_to_send_nothing_is_changed)
{
	struct world w = verified();

	w.conf.sms[0] = 0;
	struct talk *t = AS_ADA(&w, WORDS("mobile"), "@hang-up");
	CHECK_VERDICT(REFUSED, t);
	CHECK_INT(t->asks, 0);
	CHECK_TEXT(last_line(t), TEXT_MESSAGES_NONE);
}

/* --- whose addresses are a desk's --- */

static const char *added(struct world *w, const char *email)
{
	struct talk *t = COMMAND(w, "identity", "add", email, "--name", "Some Body");

	return t->outcome.result == GRANTED               ? "added"
		: strstr(t->seen, "belongs to a desk")    ? "a desk's"
		: strstr(t->seen, TEXT_ADDRESS_UNCHECKED) ? "unchecked"
		: strstr(t->seen, TEXT_ADDRESS_FORM)      ? "no address"
							  : t->seen;
}

TEST(addresses_of_desks_are_told_from_people_s)
{
	static const struct {
		const char *email, *said;
	} cases[] = { { "info@example.org", "a desk's" }, { "INFO@Example.org", "a desk's" },
		{ "info2@example.org", "a desk's" }, { "info+x@example.org", "a desk's" },
		{ "info12+x@example.org", "a desk's" }, { "no-reply@example.org", "a desk's" },
		{ "practice.manager@example.org", "a desk's" }, { "it@example.org", "a desk's" },
		{ "infos@example.org", "added" }, { "info.lee@example.org", "added" },
		{ "leeinfo@example.org", "added" }, { "22@example.org", "added" },
		{ "kit@example.org", "added" }, { "ann+info@example.org", "added" },
		{ "ann@example", "no address" }, { "ann@ex..org", "no address" },
		{ "ann.@example.org", "no address" }, { "ann@-x.example", "\"ann@-x" },
		{ "ann@x_y.example", "no address" }, { "an|n@example.org", "added" },
		{ "ann@example.org-", "no address" } };
	struct world w = world_at("2026-05-04 09:00:00");

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *said = added(&w, cases[i].email);

		CHECK_TEXT(strncmp(said, cases[i].said, strlen(cases[i].said)) == 0 ? cases[i].email
										    : said,
			cases[i].email);
	}
}

TEST(no_address_is_taken_while_the_list_can_not_be_read)
{
	struct world w = world_at("2026-05-04 09:00:00");

	CHECK_INT(unlink(w.roles), 0);
	CHECK_TEXT(added(&w, "ann@example.org"), "unchecked");
}

TEST(an_administrator_adds_to_the_list)
{
	struct world w = world_at("2026-05-04 09:00:00");

	CHECK_TEXT(added(&w, "stjohns@example.org"), "added");
	FILE *f = fopen(w.roles, "a");
	fputs("  StJohns2   # ours\n\n#kit\n", f);
	fclose(f);
	CHECK_TEXT(added(&w, "stjohns2@other.example"), "a desk's");
	CHECK_TEXT(added(&w, "stjohns@other.example"), "added");
	CHECK_TEXT(added(&w, "kit@other.example"), "added");
}
