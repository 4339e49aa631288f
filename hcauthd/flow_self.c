/* SPDX-License-Identifier: Apache-2.0 */
/* What people change about themselves. What must hold: whoever changes a credential has just proved, by
 * the service's rule, who they are; nobody chooses anything for somebody else, root included. */
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "enrol.h"
#include "flow.h"
#include "list.h"
#include "log.h"
#include "store/store.h"
#include "text.h"

struct self {
	uid_t uid;
	struct person who;
};

static int find_self(struct txn *t, void *arg)
{
	struct self *s = arg;

	return person_by_uid(t, s->uid, &s->who);
}

bool self_of(struct conv *c, uid_t uid, struct person *out)
{
	struct self s = { .uid = uid };
	int r = store_read(c->store, find_self, &s);

	if (r < 0 && r != -ENOENT)
		die("store: whose uid: %s", strerror(-r));
	if (r == 0)
		*out = s.who;
	return r == 0;
}

bool self_proved(struct conv *c, struct person *who)
{
	PROOF(p);

	proof_take_of(c, who, &p);
	bool ok = p.n > 0 && proof_close(c, &p, AUDIT_SIGN_IN, false);
	if (!ok)
		tell(c, TELL_ERROR, "%s", p.disabled ? TEXT_DISABLED : TEXT_NOT_MATCHED_END);
	*who = p.who;
	return ok;
}

static bool change(struct conv *c, const struct person *who, const char *verb)
{
	bool done = false;

	if (strcmp(verb, "password") == 0)
		done = enrol_password(c, who);
	else if (strcmp(verb, "pin") == 0)
		done = enrol_pin(c, who);
	else if (strcmp(verb, "totp") == 0)
		done = enrol_totp(c, who, true);
	else if (strcmp(verb, "codes") == 0)
		done = enrol_codes(c, who);

	const struct {
		const char *verb, *said;
	} changes[] = { { "password", TEXT_PASSWORD_CHANGED }, { "pin", TEXT_PIN_CHANGED },
		{ "totp", TEXT_TOTP_CHANGED }, { "codes", TEXT_CODES_CHANGED } };
	for (size_t i = 0; done && i < sizeof changes / sizeof *changes; i++)
		if (strcmp(verb, changes[i].verb) == 0)
			tell(c, TELL_INFO, "%s", changes[i].said);
	return done;
}

bool self_caller(struct conv *c, struct person *out)
{
	if (c->peer != 0 && self_of(c, c->peer, out))
		return true;
	tell(c, TELL_ERROR,
		"This command is for whoever runs it, and you do not sign in with hcauth: run it as somebody who does.");
	return false;
}

enum status self_command(struct conv *c, const struct words *w)
{
	struct person who;

	if (!self_caller(c, &who))
		return STATUS_NOT_ALLOWED;
	if (strcmp(w->verb, "accounts") == 0)
		return list_own_accounts(c, &who, w->json);
	if (!self_proved(c, &who))
		return STATUS_REFUSED;
	return change(c, &who, w->verb) ? STATUS_DONE : STATUS_REFUSED;
}

struct has {
	const struct person *p;
	bool pin;
};

static int look_pin(struct txn *t, void *arg)
{
	struct has *h = arg;

	h->pin = credential_exists(t, &h->p->owner, FACTOR_PIN);
	return 0;
}

/* passwd(1) runs as root for whoever called it: hello.ruid says who, and is believed from root. From
 * others neither that is believed nor the service, which may be one that asks for less. */
void flow_password(struct conv *c, struct outcome *out)
{
	uid_t caller = c->peer == 0 ? c->hello.ruid : c->peer;
	struct person who;
	char name[SIGN_IN_NAME_MAX + 1];

	if (c->peer != 0) {
		c->hello.service = "passwd";
		c->service = conf_service(c->conf, c->hello.service);
	}
	if (!self_of(c, caller, &who) || !name_normal(c->hello.name, name) ||
		strcmp(name, who.account.user) != 0) {
		tell(c, TELL_ERROR, "%s", TEXT_ONLY_THEMSELVES);
		return;
	}

	struct has has = { .p = &who };
	const char *verb = "password";
	if (!self_proved(c, &who) || store_read(c->store, look_pin, &has) < 0)
		return;
	if (has.pin) {
		SECRET(answer);

		if (!ask_filled(c, USE_OTHER, true, TEXT_WHICH, TEXT_HINT_ANSWER, &answer))
			return;
		if (strcmp(answer.text, "2") == 0)
			verb = "pin";
		else if (strcmp(answer.text, "1") != 0) {
			tell(c, TELL_ERROR, "%s", TEXT_HINT_ANSWER);
			return;
		}
	}
	if (!change(c, &who, verb))
		return;
	memcpy(out->user, who.account.user, sizeof out->user);
	out->uid = who.account.uid;
	out->result = GRANTED;
}
