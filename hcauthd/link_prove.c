/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: linking is no other way to guess than a sign-in: the same counters, and over the network
 * nothing told before the end; a user ID that does not exist, or is somebody's already, is asked about and
 * answered as one that does; a password alone never carries an account past its second factor, nor an
 * activation code past a password that was chosen. */
#include "link_prove.h"

#include <errno.h>
#include <string.h>

#include "log.h"
#include "store/store.h"
#include "text.h"

void other_wipe(struct other *o)
{
	wipe(o, sizeof *o);
}

struct finding {
	const char *name;
	struct person who;
};

static int find(struct txn *t, void *arg)
{
	struct finding *f = arg;
	int r = person_by_name(t, f->name, &f->who);

	return r == 0 && f->who.has_identity ? -ENOENT : r;
}

static void find_other(struct conv *c, const char *userid, struct person *out)
{
	char name[SIGN_IN_NAME_MAX + 1] = "";
	struct finding f = { .name = name };
	int r = name_normal(userid, name) ? store_read(c->store, find, &f) : -ENOENT;

	if (r < 0 && r != -ENOENT)
		die("store: a user ID: %s", strerror(-r));
	if (r == 0)
		*out = f.who;
	else
		person_decoy(c->seal, name, out);
}

struct looking {
	struct conv *c;
	struct other *o;
	const char *text;
};

/* A row that does not open is an error, and not "none". Of whoever gets codes by text message a recovery
 * code is asked for: nothing is sent in the name of an account that is to be another's. */
static int has_second(struct txn *t, const struct conv *c, const struct id *owner, bool *out)
{
	struct totp totp = { .active = false };
	int r = totp_load(t, c, owner, &totp);

	*out = totp.active || credentials_of(t, owner, FACTORS_SECOND & ~(1u << FACTOR_TOTP));
	wipe(&totp, sizeof totp);
	return r == -ENOENT ? 0 : r;
}

static int look(struct txn *t, void *arg)
{
	struct looking *l = arg;
	struct other *o = l->o;
	struct now now;

	l->c->now(&now);
	o->has_password = credential_exists(t, &o->who.owner, FACTOR_PASSWORD);
	o->is_activation =
		person_active(&o->who) && activation_matches(t, l->c, &o->who.owner, &now, l->text);
	return has_second(t, l->c, &o->who.owner, &o->has_second);
}

static void take_password(struct conv *c, struct other *o, const struct secret *answer)
{
	given_wipe(&o->password);
	o->password.factor = &factor_password;
	o->password.factor->take(c, &o->who, answer, &o->password);
	proof_tell_lock(c, &o->password);
}

/* The password; or the activation code, and then the password if one was chosen. */
static bool ask_password(struct conv *c, struct other *o)
{
	SECRET(answer);
	struct looking l = { .c = c, .o = o };

	if (!ask_filled(c, USE_PASSWORD, false, TEXT_LINK_PASSWORD, TEXT_HINT_LINK, &answer))
		return false;
	take_password(c, o, &answer);
	l.text = answer.text;
	if (store_read(c->store, look, &l) < 0)
		die("store: what an account signs in with");
	if (o->password.matched || !o->password.attempt.allowed || !o->is_activation)
		return true;
	o->activation = answer;
	given_wipe(&o->password);
	if (!o->has_password)
		return true;
	if (!ask_filled(c, USE_PASSWORD, false, TEXT_CHOSEN_PASSWORD, TEXT_HINT_ANSWER, &answer))
		return false;
	take_password(c, o, &answer);
	return true;
}

/* Whether it is known by now that the password is wrong, or that no code is needed, and the person may
 * know it too: at the workstation, or behind the activation code. */
static bool may_tell(const struct conv *c, const struct other *o)
{
	return c->local || o->activation.len > 0;
}

bool other_take(struct conv *c, const char *userid, struct other *o)
{
	SECRET(answer);

	find_other(c, userid, &o->who);
	if (!ask_password(c, o))
		return false;
	if (may_tell(c, o)) {
		if ((o->password.factor && !o->password.matched) || !o->has_second)
			return true;
		if (!ask_filled(c, USE_CODE, false, TEXT_LINK_CODE, TEXT_HINT_CODE, &answer))
			return false;
	} else
		ask(c, USE_CODE, false, TEXT_LINK_CODE_IF_ANY, &answer);
	if (answer.len == 0)
		return true;
	o->code.factor = factor_of_code(&answer);
	o->code.factor->take(c, &o->who, &answer, &o->code);
	return true;
}

int other_close(struct txn *t, const struct conv *c, struct other *o, const struct now *now,
	struct person *who, bool *ok)
{
	bool needs_code;
	int r = 0;

	*who = o->who;
	*ok = who->known && person_refresh(t, who) == 0 && person_active(who) &&
		id_is_none(&who->account.identity) && (o->password.factor || o->activation.len > 0);
	if (*ok && o->activation.len > 0)
		*ok = activation_matches(t, c, &who->owner, now, o->activation.text);
	if (*ok && o->password.factor)
		r = o->password.factor->close(t, c, who, &o->password, now, ok);
	else if (*ok)
		*ok = !credential_exists(t, &who->owner, FACTOR_PASSWORD);
	if (r < 0 || !*ok)
		return r;
	if ((r = has_second(t, c, &who->owner, &needs_code)) < 0)
		return r;
	if (o->code.factor)
		return o->code.factor->close(t, c, who, &o->code, now, ok);
	*ok = !needs_code;
	return 0;
}

bool other_was_held(const struct other *o)
{
	return o->password.factor && !o->password.attempt.allowed;
}
