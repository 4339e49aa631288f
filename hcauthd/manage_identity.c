/* SPDX-License-Identifier: Apache-2.0 */
/* People. What must hold: nobody but the person ever chooses or sees a secret: an administrator gets an
 * activation code, which opens the way to enrolment and nothing else. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "audit.h"
#include "factor.h"
#include "glass.h"
#include "list.h"
#include "log.h"
#include "manage.h"
#include "reset.h"
#include "scope.h"
#include "shift.h"
#include "store/store.h"
#include "token.h"

struct change {
	struct conv *c;
	const struct words *w;
	struct identity who;
	enum audit_event event;
	enum state state;
	struct now now;
	char code[TOKEN_TEXT];
	char last[PRACTICE_ID_MAX + 1]; /* whose last manager they are */
};

static int audit_identity(
	struct txn *t, struct change *ch, enum audit_event event, const char *detail)
{
	struct person p = {
		.owner = ch->who.id, .known = true, .has_identity = true, .identity = ch->who
	};

	return audit(t, ch->c, &ch->now, event, &p, detail);
}

static int add(struct txn *t, void *arg)
{
	struct change *ch = arg;
	int r;

	if ((r = name_claim(t, ch->who.email, NAME_IDENTITY, &ch->who.id)) < 0 ||
		(r = identity_save(t, &ch->who)) < 0 ||
		(r = activation_make(t, ch->c, &ch->who.id, &ch->now, ACTIVATION_S, ch->code)) < 0)
		return r;
	return audit_identity(t, ch, AUDIT_IDENTITY_ADDED, "");
}

static int set_state(struct txn *t, void *arg)
{
	struct change *ch = arg;
	int r = identity_by_word(t, ch->who.email, &ch->who);

	if (r == 0 && ch->who.state == STATE_LEFT)
		r = -ESHUTDOWN;
	if (r < 0)
		return r;
	ch->last[0] = 0;
	if (ch->state != STATE_ACTIVE && !ch->w->option[OPT_FORCE] &&
		(r = scope_last_of(t, &ch->who.id, ch->last)) < 0)
		return r;
	if (*ch->last)
		return -EACCES;
	ch->who.state = ch->state;
	if ((r = identity_save(t, &ch->who)) < 0 || (r = shift_end(t, &ch->who.id)) < 0 ||
		(r = glass_end(t, &ch->who.id, "")) < 0 || (r = directory_changed(t)) < 0)
		return r;
	return audit_identity(t, ch, ch->event, "identity");
}

/* A reset: the old password, app, codes and PIN stop working when the new ones are set; until then
 * nothing but the activation code does, so that what somebody else may know is worth nothing at once. */
static int reset(struct txn *t, void *arg)
{
	struct change *ch = arg;
	int r = identity_by_word(t, ch->who.email, &ch->who);

	if (r == 0 && ch->who.state == STATE_LEFT)
		r = -ESHUTDOWN;
	if (r == 0 && (r = reset_credentials(t, &ch->who.id)) == 0)
		r = credential_del(t, &ch->who.id, FACTOR_RESET);
	ch->who.resets++;
	if (r < 0 || (r = identity_save(t, &ch->who)) < 0 ||
		(r = activation_make(t, ch->c, &ch->who.id, &ch->now, RESET_S, ch->code)) < 0)
		return r;
	return audit_identity(t, ch, AUDIT_ACTIVATION_MADE, "reset");
}

static enum status add_identity(struct conv *c, const struct words *w, struct change *ch)
{
	char what[300];

	if (!w->option[OPT_NAME])
		return STATUS_USAGE;
	if (!name_is_email(ch->who.email)) {
		tell(c, TELL_ERROR, "%s is not an e-mail address.", ch->who.email);
		return STATUS_REFUSED;
	}
	if (!address_own(c, w->word[0], ch->who.email))
		return STATUS_REFUSED;
	if (!manage_name_good(c, w->option[OPT_NAME], PERSON_NAME_MAX))
		return STATUS_REFUSED;
	memcpy(ch->who.name, w->option[OPT_NAME], strlen(w->option[OPT_NAME]) + 1);
	ch->who.id = id_new();
	ch->who.state = STATE_ACTIVE;
	ch->who.created = ch->now.unix_s;
	snprintf(what, sizeof what, "an identity %s", ch->who.email);
	enum status s = manage_result(c, store_update(c->store, NEED_SPACE, add, ch), what);
	if (s == STATUS_DONE) {
		tell(c, TELL_INFO,
			"%s is added. Give this activation code to the person alone; it is typed in place of "
			"the password at the first sign-in, within 14 days:",
			ch->who.email);
		tell(c, TELL_INFO, "%s", ch->code);
	}
	return s;
}

/* --- lists --- */

struct listing {
	struct conv *c;
	struct list *list;
	const char *email;
	bool json;
};

static json_t *factor_names(struct txn *t, const struct id *owner)
{
	json_t *names = json_array();

	for (unsigned id = FACTOR_PASSWORD; id <= FACTOR_LAST; id++)
		if (credential_exists(t, owner, id))
			json_array_append_new(names, json_string(factor_name(id)));
	return names;
}

static json_t *account_names(struct txn *t, const struct id *identity)
{
	static struct account a[IDENTITY_ACCOUNTS_MAX];
	json_t *names = json_array();
	size_t n = 0;

	if (identity_accounts(t, identity, a, IDENTITY_ACCOUNTS_MAX, &n) == 0)
		for (size_t i = 0; i < n; i++)
			json_array_append_new(names, json_string(a[i].userid));
	return names;
}

static int list_all(struct txn *t, void *arg)
{
	struct listing *l = arg;
	struct key at = { .len = 0 };
	struct identity who;
	struct bytes row;
	int r;

	while ((r = txn_next(t, TABLE_IDENTITY, "", 0, &at, &row)) == 0) {
		if ((r = identity_get(row.p, row.len, &who)) < 0)
			return r;
		list_row(l->list,
			json_pack("{s:s,s:s,s:s,s:o}", "email", who.email, "name", who.name,
				"state", state_name(who.state), "last_sign_in",
				json_time(who.last_seen)),
			"%-32s %-8s %s", who.email, state_name(who.state), who.name);
	}
	return r == -ENOENT ? 0 : r;
}

static int show_one(struct txn *t, void *arg)
{
	struct listing *l = arg;
	struct identity who;
	int r = identity_by_word(t, l->email, &who);

	if (r == 0)
		show_object(l->c, l->json,
			json_pack("{s:s,s:s,s:s,s:o,s:o,s:o,s:o,s:b}", "email", who.email, "name",
				who.name, "state", state_name(who.state), "created",
				json_time(who.created), "last_sign_in", json_time(who.last_seen),
				"accounts", account_names(t, &who.id), "factors",
				factor_names(t, &who.id), "activation_pending",
				credential_exists(t, &who.id, FACTOR_ACTIVATION)));
	return r;
}

static enum status list_identities(struct conv *c, const struct words *w)
{
	struct list list;
	struct listing l = { .c = c, .list = &list };

	list_begin(&list, c, w->json);
	enum status s = manage_result(c, store_read(c->store, list_all, &l), "identity list");
	list_end(&list);
	return s;
}

enum status manage_identity(struct conv *c, const struct words *w)
{
	struct change ch = { .c = c, .w = w };
	struct listing l = { .c = c, .email = ch.who.email, .json = w->json };
	char what[300];

	bool adds = strcmp(w->verb, "identity add") == 0;
	bool shows = strcmp(w->verb, "identity show") == 0;
	if (strcmp(w->verb, "identity list") == 0)
		return list_identities(c, w);
	if (!name_normal(w->word[0], ch.who.email)) {
		char shown[300];

		tell(c, TELL_ERROR, "\"%s\" cannot be a sign-in name.",
			visible(w->word[0], shown, sizeof shown));
		return STATUS_REFUSED;
	}
	c->now(&ch.now);
	if (adds)
		return add_identity(c, w, &ch);
	snprintf(what, sizeof what, "identity %s", ch.who.email);
	if (shows)
		return manage_result(c, store_read(c->store, show_one, &l), what);
	if (strcmp(w->verb, "identity reset") == 0) {
		enum status s =
			manage_result(c, store_update(c->store, NEED_SPACE, reset, &ch), what);

		if (s == STATUS_DONE) {
			tell(c, TELL_INFO,
				"The old password, app, recovery codes and PIN of %s have stopped working. "
				"A new activation code, for 24 hours:",
				ch.who.email);
			tell(c, TELL_INFO, "%s", ch.code);
		}
		return s;
	}
	bool on = strcmp(w->verb, "identity enable") == 0;
	ch.state = on ? STATE_ACTIVE : STATE_DISABLED;
	ch.event = on ? AUDIT_ENABLED : AUDIT_DISABLED;
	int r = store_update(c->store, NEED_SPACE, set_state, &ch);
	if (r != -EACCES)
		return manage_result(c, r, what);
	tell(c, TELL_ERROR,
		"They are the only manager of %s. Make somebody else one first, or say --force.",
		ch.last);
	return STATUS_REFUSED;
}
