/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: whoever is cut off at any prompt of a recovery goes on there when they come back: what
 * was proved is not asked for again but for the text message code, which is still the same one. */
#include <stdio.h>
#include <string.h>

#include "factor.h"
#include "recover_world.h"

/* Prompts: the first, it again, the question, e-mail, text message, (code,) new, again, the first. */
struct dialogue {
	const char *service, *rhost, *secret;
	bool second;
};

static const struct dialogue pin = { "kiosk", "", NEW_PIN, false };
static const struct dialogue password_here = { "login", "", NEW_PASSWORD, true };
static const struct dialogue password_ssh = { "sshd", "192.0.2.7", NEW_PASSWORD, true };

enum { ENTRY = 3 };

/* All answers behind the entry, those before step left out. */
static unsigned fill(const struct dialogue *d, unsigned step, const char **answers)
{
	const char *all[] = { "@mail", "@sms", shown_code(ada_seen, 1), d->secret, d->secret,
		d->secret, shown_code(ada_seen, 2), "" };
	static char kept[2][32];
	unsigned n = 0;

	for (unsigned i = 0; i < 2; i++)
		snprintf(kept[i], sizeof kept[i], "%s", shown_code(ada_seen, i + 1));
	all[2] = kept[0];
	all[6] = kept[1];
	for (unsigned i = step; i < sizeof all / sizeof *all; i++)
		if (d->second || (i != 2 && i < 6))
			answers[n++] = all[i];
	answers[n] = NULL;
	return n;
}

/* Cut off at the prompt-th prompt behind the entry. */
static void cut(const struct dialogue *d, unsigned prompt)
{
	struct world w = ada_with_channels();
	const char *answers[16] = { FORGOTTEN };
	unsigned set = d->second ? 5 : 4, proved = d->second ? 3 : 2;

	w.rhost = d->rhost;
	fill(d, 0, answers + ENTRY);
	answers[ENTRY + prompt] = "@hang-up";
	struct talk *t = converse(&w, PURPOSE_AUTH, d->service, ADA, answers);
	CHECK(t->hung_up);
	CHECK_INT(t->asks, ENTRY + prompt + 1);
	if (prompt >= set) { /* it is chosen: the sign-in alone was cut off */
		fill(d, 5, answers);
	} else {
		unsigned n = ENTRY;
		if (prompt < 1)
			answers[n++] = "@mail";
		answers[n++] = "@sms";
		fill(d, prompt >= proved ? 3 : 2, answers + n);
	}
	t = converse(&w, PURPOSE_AUTH, d->service, ADA, answers);
	CHECK_TEXT(t->outcome.result == GRANTED ? "granted" : t->seen, "granted");
	CHECK_INT(messages(&w, CHANNEL_EMAIL), 2); /* the code, and that it was changed */
	CHECK_INT(messages(&w, CHANNEL_SMS), 2);
}

#define CUT(how, n)                                                                                \
	TEST(cut_off_at_prompt_##n##_of_a_recovery_of_a_##how)                                     \
	{                                                                                          \
		cut(&how, n);                                                                      \
	}
#define CUT_ALL(how) CUT(how, 0) CUT(how, 1) CUT(how, 2) CUT(how, 3) CUT(how, 4)

CUT_ALL(pin)
CUT_ALL(password_here)
CUT(password_here, 5)
CUT_ALL(password_ssh)
CUT(password_ssh, 5)

TEST(cut_off_in_the_entry_counts_and_sends_nothing)
{
	struct world w = ada_with_channels();

	for (unsigned at = 0; at < ENTRY; at++) {
		const char *answers[] = { FORGOTTEN, NULL };
		uint64_t before = world_serial(&w);

		answers[at] = "@hang-up";
		CHECK(converse(&w, PURPOSE_AUTH, "login", ADA, answers)->hung_up);
		CHECK_INT(world_serial(&w), before);
		CHECK_INT(messages(&w, CHANNEL_EMAIL), 0);
	}
}
