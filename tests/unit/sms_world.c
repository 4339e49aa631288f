/* SPDX-License-Identifier: Apache-2.0 */
#include "sms_world.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "store/store.h"

void second_step(struct world *w, uint32_t factors)
{
	for (size_t i = 0; i < w->conf.nservices; i++)
		if (w->conf.service[i].nsteps == 2)
			w->conf.service[i].step[1] = factors;
}

struct about_ada {
	const struct seal *seal;
	unsigned factor;
	struct sms sms;
	bool has;
};

static int find_ada(struct txn *t, struct person *out)
{
	return person_by_name(t, ADA, out);
}

static int give_number(struct txn *t, void *arg)
{
	const struct about_ada *a = arg;
	const struct conv c = { .seal = a->seal };
	struct person ada;
	int r = find_ada(t, &ada);

	return r < 0 ? r : sms_save(t, &c, &ada.owner, &a->sms);
}

static int write_first(struct txn *t, void *arg)
{
	const struct about_ada *a = arg;
	struct person ada;
	int r = find_ada(t, &ada);

	if (r < 0)
		return r;
	ada.identity.second = a->factor;
	return identity_save(t, &ada.identity);
}

void ask_first(struct world *w, enum factor_id first)
{
	struct about_ada a = { .factor = first };

	CHECK_INT(in_store(w, write_first, &a, sizeof a), 0);
}

static int drop_factor(struct txn *t, void *arg)
{
	const struct about_ada *a = arg;
	struct person ada;
	int r = find_ada(t, &ada);

	return r < 0 ? r : credential_del(t, &ada.owner, a->factor);
}

void take_away(struct world *w, enum factor_id factor)
{
	struct about_ada a = { .factor = factor };

	CHECK_INT(in_store(w, drop_factor, &a, sizeof a), 0);
}

struct world ada_with_texts(enum factor_id first)
{
	struct world w = ada_with_channels();
	struct about_ada a = { .seal = world_seal(&w), .sms = { .since = 1 } };

	snprintf(a.sms.number, sizeof a.sms.number, "%s", ADA_MOBILE);
	CHECK_INT(in_store(&w, give_number, &a, sizeof a), 0);
	ask_first(&w, first);
	second_step(&w, APP_OR_SMS);
	return w;
}

struct world ada_with_texts_alone(void)
{
	struct world w = ada_with_texts(FACTOR_SMS);

	take_away(&w, FACTOR_TOTP);
	return w;
}

static int load_number(struct txn *t, void *arg)
{
	struct about_ada *a = arg;
	const struct conv c = { .seal = a->seal };
	struct person ada;
	int r = find_ada(t, &ada);

	if (r < 0)
		return r;
	a->has = credential_exists(t, &ada.owner, a->factor);
	r = sms_load(t, &c, &ada.owner, &a->sms);
	return r == -ENOENT ? 0 : r;
}

struct sms ada_sms(struct world *w)
{
	struct about_ada a = { .seal = world_seal(w), .factor = FACTOR_SMS };

	CHECK_INT(in_store(w, load_number, &a, sizeof a), 0);
	return a.sms;
}

bool ada_has(struct world *w, unsigned factor)
{
	struct about_ada a = { .seal = world_seal(w), .factor = factor };

	CHECK_INT(in_store(w, load_number, &a, sizeof a), 0);
	return a.has;
}

const char *texted(struct world *w)
{
	static char code[32];
	const struct message *m = queued_message(w, CHANNEL_SMS, 0);

	CHECK(m != NULL);
	snprintf(code, sizeof code, "%s", m->code);
	return code;
}

const char *not_texted(struct world *w)
{
	const struct message *m = queued_message(w, CHANNEL_SMS, 0);

	return m && strcmp(m->code, "123456") == 0 ? "654321" : "123456";
}
