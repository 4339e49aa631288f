/* SPDX-License-Identifier: Apache-2.0 */
/* hcauth status, of the person who runs it: the shift, and what they sign in with. What must hold: it says
 * nothing about anybody else, and nothing that a colleague at an unlocked screen could sign in with. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "elapsed.h"
#include "factor.h"
#include "flow.h"
#include "glass.h"
#include "list.h"
#include "log.h"
#include "shift.h"
#include "store/store.h"
#include "text.h"
#include "when.h"
#include "yubikey.h"

struct mine {
	struct conv *c;
	struct person who;
	struct now now;
	bool on; /* there is a shift */
	struct shift shift;
	uint32_t factors, locked, spared; /* as bits; spared by break-glass, */
	uint64_t until; /* until then */
	unsigned codes;
};

static int look_factor(struct txn *t, struct mine *m, enum factor_id id)
{
	struct attempt a;
	unsigned tries = id == FACTOR_PIN ? m->c->conf->pin_tries : 0;

	if (!credential_exists(t, &m->who.owner, id))
		return 0;
	m->factors |= 1u << id;
	int r = lockout_look(t, &m->who.owner, id, SOURCE_LOCAL, tries, &m->now, &a);
	if (r == 0 && !a.allowed)
		m->locked |= 1u << id;
	return r;
}

static int look(struct txn *t, void *arg)
{
	struct mine *m = arg;
	struct recovery codes;
	int r = shift_of(t, m->c, &m->now, &m->who.owner, &m->shift);

	m->on = r == 0;
	if (r == -ENOENT)
		r = 0;
	for (enum factor_id id = FACTOR_PASSWORD; r == 0 && id <= FACTOR_LAST; id++)
		r = look_factor(t, m, id);
	m->spared = glass_spares(t, m->c, &m->who, &m->now, &m->until);
	if (r < 0 || !(m->factors & 1u << FACTOR_RECOVERY))
		return r;
	r = recovery_load(t, m->c, &m->who.owner, &codes);
	m->codes = r == 0 ? recovery_left(&codes) : 0;
	wipe(&codes, sizeof codes);
	return r;
}

/* When the shift ends, if the clock goes on as the boot's does. */
static uint64_t ends_at(const struct mine *m)
{
	return m->now.unix_s + m->c->conf->shift_s -
		elapsed_ms(m->shift.boot, m->shift.since_ms, &m->now) / 1000;
}

static void tell_shift(struct conv *c, const struct mine *m)
{
	uint64_t end = ends_at(m);
	char factors[FACTORS_TEXT], when[WHEN_TEXT], shown[80];

	if (!m->on) {
		tell(c, TELL_INFO, "%s",
			c->conf->shift_s == 0 ? TEXT_SHIFT_NEVER : TEXT_SHIFT_NONE);
		return;
	}
	tell(c, TELL_INFO, m->factors & 1u << FACTOR_PIN ? TEXT_SHIFT_ON : TEXT_SHIFT_NO_PIN,
		when_text(end, end - m->now.unix_s > 12 * 3600 ? WHEN_WEEKDAY : WHEN_CLOCK, when),
		visible(*m->shift.tty ? m->shift.tty : m->shift.service, shown, sizeof shown),
		factors_text(m->shift.factors, TEXT_WORD_AND, factors));
}

static void tell_glass(struct conv *c, const struct mine *m)
{
	char until[WHEN_TEXT];

	if (m->spared)
		tell(c, TELL_INFO, TEXT_GLASS_STATUS, when_text(m->until, WHEN_CLOCK, until),
			glass_told(m->spared));
}

static const char *state_of(const struct mine *m, enum factor_id id)
{
	if (m->spared & 1u << id)
		return TEXT_STATE_SPARED;
	if (id == FACTOR_YUBIKEY && !asks_for_yubikeys(m->c->conf))
		return TEXT_STATE_UNUSED;
	if (!(m->locked & 1u << id))
		return TEXT_STATE_WORKS;
	return id == FACTOR_PIN ? TEXT_STATE_PIN_LOCKED : TEXT_STATE_LOCKED;
}

static void tell_factors(struct conv *c, const struct mine *m)
{
	for (enum factor_id id = FACTOR_PASSWORD; id <= FACTOR_LAST; id++) {
		char name[40];

		if (!(m->factors & 1u << id))
			continue;
		snprintf(name, sizeof name, "%s", factor_word(id));
		if (name[0] >= 'a' && name[0] <= 'z')
			name[0] = (char)(name[0] - 'a' + 'A');
		if (id == FACTOR_RECOVERY)
			tell(c, TELL_INFO, TEXT_STATUS_CODES, m->codes);
		else
			tell(c, TELL_INFO, "%s: %s", name, state_of(m, id));
	}
	if (!(m->factors & 1u << FACTOR_PIN))
		tell(c, TELL_INFO, "%s", TEXT_STATUS_NO_PIN);
	if (!(m->factors & 1u << FACTOR_RECOVERY))
		tell(c, TELL_INFO, "%s", TEXT_STATUS_NO_CODES);
}

static json_t *object_of(const struct mine *m)
{
	json_t *shift = m->on
		? json_pack("{s:o,s:o,s:s,s:s,s:o}", "until", json_time(ends_at(m)), "since",
			  json_time(m->shift.started), "tty", m->shift.tty, "service",
			  m->shift.service, "factors", json_factors(m->shift.factors))
		: json_null();

	json_t *glass = m->spared ? json_pack("{s:o,s:s}", "until", json_time(m->until),
					    "instead_of", glass_word(m->spared))
				  : json_null();

	return json_pack("{s:s,s:o,s:o,s:o,s:i,s:o}", "account", m->who.account.userid, "shift",
		shift, "factors", json_factors(m->factors), "locked", json_factors(m->locked),
		"recovery_codes_left", (int)m->codes, "break_glass", glass);
}

enum status self_status(struct conv *c, const struct words *w)
{
	struct mine m = { .c = c };

	if (w->scope->root)
		return manage_status(c, w);
	if (!self_caller(c, &m.who))
		return STATUS_NOT_ALLOWED;
	c->now(&m.now);
	int r = store_read(c->store, look, &m);
	if (r < 0)
		die("store: somebody's status: %s", strerror(-r));
	if (w->json)
		show_object(c, true, object_of(&m));
	else {
		tell_shift(c, &m);
		tell_glass(c, &m);
		tell_factors(c, &m);
	}
	return STATUS_DONE;
}
