/* SPDX-License-Identifier: Apache-2.0 */
/* What "hcauth doctor" asks the daemon: what is in force, a line each, of words that stay. What must hold: nobody's name
 * and nothing secret is among them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "factor.h"
#include "manage.h"
#include "message.h"
#include "policy.h"
#include "scope.h"
#include "seal.h"
#include "store/store.h"

static const char *yes(bool is)
{
	return is ? "yes" : "no";
}

/* As it stands in hcauthd.conf: "password, totp | sms". */
static void rule_text(const struct service *s, char *out, size_t size)
{
	size_t used = 0;

	out[0] = 0;
	for (size_t i = 0; i < s->nsteps; i++) {
		bool first = true;

		for (unsigned f = FACTOR_PASSWORD; f <= FACTOR_LAST && used < size; f++) {
			if (!(s->step[i] >> f & 1))
				continue;
			used += (size_t)snprintf(out + used, size - used, "%s%s",
				!first          ? " | "
					: i > 0 ? ", "
						: "",
				factor_name((enum factor_id)f));
			first = false;
		}
	}
}

static void tell_services(struct conv *c)
{
	char rule[256];

	for (size_t i = 0; i < c->conf->nservices; i++) {
		const struct service *s = &c->conf->service[i];

		rule_text(s, rule, sizeof rule);
		tell(c, TELL_INFO, "service %s local=%s one-prompt=%s shift=%s require=%s",
			i == 0 ? "*" : s->name, yes(s->local), yes(s->one_prompt), yes(s->shift),
			rule);
	}
}

static int tell_practices(struct txn *t, void *arg)
{
	struct conv *c = arg;
	struct key at = { .len = 0 };
	struct practice p;
	struct bytes row;
	int r;

	while ((r = txn_next(t, TABLE_PRACTICE, "", 0, &at, &row)) == 0) {
		if ((r = practice_get(row.p, row.len, &p)) < 0)
			return r;
		tell(c, TELL_INFO, "practice %s managers=%zu", p.id,
			scope_managers_but(t, &p, &(const struct id){ 0 }));
	}
	return r == -ENOENT ? 0 : r;
}

enum status manage_doctor(struct conv *c, const struct words *w)
{
	bool sealed = machine_key_sealed(getenv("CREDENTIALS_DIRECTORY"));

	(void)w;
	tell(c, TELL_INFO, "version %s", HC_VERSION);
	tell(c, TELL_INFO, "key %s", sealed ? "credential" : "file");
	tell(c, TELL_INFO, "pin-length %u", c->conf->pin_length);
	tell(c, TELL_INFO, "pin-tries %u", c->conf->pin_tries);
	tell(c, TELL_INFO, "email %s", yes(message_can(c->conf, CHANNEL_EMAIL)));
	tell(c, TELL_INFO, "sms %s", yes(message_can(c->conf, CHANNEL_SMS)));
	tell(c, TELL_INFO, "break-glass %s", yes(c->conf->break_glass));
	tell_services(c);
	return manage_result(c, store_read(c->store, tell_practices, c), "doctor");
}
