/* SPDX-License-Identifier: Apache-2.0 */
#include "recover_world.h"

#include <stdio.h>

#include "people.h"

static int verify(struct txn *t, void *arg)
{
	struct person ada;
	int r = person_by_name(t, ADA, &ada);

	if (r < 0)
		return r;
	ada.identity.email_verified = ada.identity.mobile_verified = *(const uint64_t *)arg;
	snprintf(ada.identity.mobile, sizeof ada.identity.mobile, "%s", ADA_MOBILE);
	return identity_save(t, &ada.identity);
}

struct world ada_with_channels(void)
{
	struct world w = world_at("2026-05-04 09:00:00");
	uint64_t when = w.now.unix_s;

	enrol_ada(&w);
	with_messages(&w);
	CHECK_INT(in_store(&w, verify, &when, sizeof when), 0);
	return w;
}

unsigned messages(struct world *w, enum channel channel)
{
	unsigned n = 0;

	while (n < 8 && queued_message(w, channel, n))
		n++;
	return n;
}

void told_by_both(struct world *w, const char *what)
{
	static const char *const to[] = { ADA, ADA_MOBILE };

	for (enum channel ch = CHANNEL_EMAIL; ch <= CHANNEL_SMS; ch++) {
		const struct message *m = queued_message(w, ch, 0);

		CHECK(m != NULL);
		CHECK_TEXT(m->template, "changed");
		CHECK_TEXT(m->what, what);
		CHECK_TEXT(m->to, to[ch - CHANNEL_EMAIL]);
		CHECK_TEXT(m->practice, "St John's Surgery");
	}
}
