/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: a number that was given later counts a day after it was verified, and not sooner in
 * another boot, nor by a clock that was put forward in this one; until then the one before it does. */
#include "sms.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "codec.h"
#include "credential.h"
#include "elapsed.h"
#include "factor.h"
#include "message.h"
#include "shift.h"
#include "text.h"

enum { VERSION = 1 };

int sms_load(struct txn *t, const struct conv *c, const struct id *owner, struct sms *out)
{
	CREDENTIAL(cred);
	int got = credential_get(t, c->seal, owner, FACTOR_SMS, &cred);
	struct sms v = { .since = 0 };
	struct field f = { .tag = 0 };
	unsigned n = 0;

	if (got < 0)
		return got;
	struct reader r = reader_of(cred.plain, cred.len);
	if (take_u8(&r) != VERSION)
		return -EUCLEAN;
	for (; next_field(&r, &f); n++) {
		switch (f.tag) {
		case 1: field_copy(&r, &f, v.number, sizeof v.number); break;
		case 2: v.since = field_u64(&r, &f); break;
		case 3: field_copy(&r, &f, v.next, sizeof v.next); break;
		case 4: v.next_unix = field_u64(&r, &f); break;
		case 5: v.next_ms = field_u64(&r, &f); break;
		case 6: field_bytes(&r, &f, v.next_boot, sizeof v.next_boot); break;
		}
	}
	if (r.bad || n != 6 || f.tag != 6)
		return -EUCLEAN;
	*out = v;
	return 0;
}

int sms_save(struct txn *t, const struct conv *c, const struct id *owner, const struct sms *v)
{
	CREDENTIAL(cred);
	struct writer w = writer_of(cred.plain, sizeof cred.plain);

	put_byte(&w, VERSION);
	put_text(&w, 1, v->number);
	put_u64(&w, 2, v->since);
	put_text(&w, 3, v->next);
	put_u64(&w, 4, v->next_unix);
	put_u64(&w, 5, v->next_ms);
	put_bytes(&w, 6, v->next_boot, sizeof v->next_boot);
	cred.len = w.len;
	return w.bad ? -EMSGSIZE : credential_put(t, c->seal, owner, FACTOR_SMS, &cred);
}

bool sms_is_due(const struct sms *v, const struct now *now)
{
	if (!*v->next || now->unix_s < v->next_unix || now->unix_s - v->next_unix < SMS_WAIT_S)
		return false;
	return elapsed_ms(v->next_boot, v->next_ms, now) >= (uint64_t)SMS_WAIT_S * 1000;
}

const char *sms_number(const struct sms *v, const struct now *now)
{
	return sms_is_due(v, now) ? v->next : v->number;
}

void sms_wait(struct sms *v, const char *number, const struct now *now)
{
	if (sms_is_due(v, now)) {
		memcpy(v->number, v->next, sizeof v->number);
		v->since = v->next_unix;
	}
	snprintf(v->next, sizeof v->next, "%s", number);
	v->next_unix = now->unix_s;
	v->next_ms = now->boot_ms;
	memcpy(v->next_boot, now->boot, sizeof v->next_boot);
}

const char *sms_ending(const char *number)
{
	size_t len = strlen(number);

	return len > 2 ? number + len - 2 : number;
}

int sms_settle(struct txn *t, const struct conv *c, const struct now *now, struct person *p)
{
	struct sms v;
	int r = p->has_identity ? sms_load(t, c, &p->owner, &v) : -ENOENT;

	if (r < 0) /* what does not open changes nothing */
		return r == -ENOENT || r == -EKEYREJECTED || r == -EUCLEAN ? 0 : r;
	const char *number = sms_number(&v, now);
	if (!*number || strcmp(p->identity.mobile, number) == 0)
		return 0;
	snprintf(p->identity.mobile, sizeof p->identity.mobile, "%s", number);
	p->identity.mobile_verified = sms_is_due(&v, now) ? v.next_unix : v.since;
	return 0;
}

int sms_chosen_load(
	struct txn *t, const struct conv *c, const struct id *owner, char out[MOBILE_MAX + 1])
{
	CREDENTIAL(cred);
	int r = credential_get(t, c->seal, owner, FACTOR_SMS_NEW, &cred);

	if (r == 0 && cred.len > MOBILE_MAX)
		r = -EUCLEAN;
	if (r < 0)
		return r;
	memcpy(out, cred.plain, cred.len);
	out[cred.len] = 0;
	return 0;
}

int sms_chosen_save(struct txn *t, const struct conv *c, const struct id *owner, const char *number)
{
	CREDENTIAL(cred);

	cred.len = strlen(number);
	memcpy(cred.plain, number, cred.len);
	return credential_put(t, c->seal, owner, FACTOR_SMS_NEW, &cred);
}

uint32_t sms_named(const struct conf *conf)
{
	uint32_t named = 0;

	for (size_t i = 0; i < conf->nservices; i++)
		for (size_t k = 0; k < conf->service[i].nsteps; k++)
			named |= conf->service[i].step[k];
	named &= FACTORS_PHONE;
	return message_can(conf, CHANNEL_SMS) ? named : named & ~(1u << FACTOR_SMS);
}

bool sms_is_enough(const struct conf *conf)
{
	for (size_t i = 0; i < conf->nservices; i++)
		for (size_t k = 0; k < conf->service[i].nsteps; k++) {
			uint32_t step = conf->service[i].step[k];

			if (step & 1u << FACTOR_TOTP && !(step & 1u << FACTOR_SMS))
				return false;
		}
	return true;
}

/* --- another number --- */

static int tell_change(struct txn *t, const struct conv *c, const struct now *now,
	const struct person *p, const char *number, const char *old)
{
	const struct {
		enum channel channel;
		const char *to;
	} told[] = { { CHANNEL_EMAIL, p->identity.email_verified ? p->identity.email : "" },
		{ CHANNEL_SMS, old }, { CHANNEL_SMS, number } };
	struct message m;
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof told / sizeof *told; i++) {
		r = message_for(t, p, told[i].channel, told[i].to, "number", &m);
		snprintf(m.what, sizeof m.what, "%s", sms_ending(number));
		if (r == 0)
			r = message_queue(t, c, now, &m);
	}
	return r;
}

int sms_change(struct txn *t, const struct conv *c, const struct now *now, const struct person *p,
	const char *number, bool *waits)
{
	char old[MOBILE_MAX + 1];
	struct sms v;
	int r = sms_load(t, c, &p->owner, &v);

	if (r < 0)
		return r;
	snprintf(old, sizeof old, "%s", sms_number(&v, now));
	bool back = strcmp(number, old) == 0;
	*waits = !back;
	if (back && sms_is_due(&v, now))
		return 0;
	if (back)
		v.next[0] = 0;
	else
		sms_wait(&v, number, now);
	if ((r = sms_save(t, c, &p->owner, &v)) < 0 || (r = shift_end(t, &p->owner)) < 0 ||
		(r = audit(t, c, now, AUDIT_ADDRESS_CHANGED, p,
			 back ? "mobile: as before" : "mobile: waits for 24 hours")) < 0)
		return r;
	return back ? message_tell_changed(t, c, now, p, TEXT_TOLD_MOBILE_BACK)
		    : tell_change(t, c, now, p, number, old);
}
