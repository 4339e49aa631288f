/* SPDX-License-Identifier: Apache-2.0 */
/* A second person with somebody's e-mail address. What must hold: nothing of the first one changes but what
 * the address stands for. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "factor.h"
#include "manage.h"
#include "message.h"
#include "shared.h"
#include "store/store.h"
#include "token.h"

struct sharing {
	struct conv *c;
	struct identity who;
	struct now now;
	char code[TOKEN_TEXT];
};

/* Two of one name could not be told apart by "account add". */
static int share(struct txn *t, void *arg)
{
	struct sharing *s = arg;
	const struct person p = {
		.owner = s->who.id, .known = true, .has_identity = true, .identity = s->who
	};
	struct identity first;
	int r;

	if ((r = identity_save(t, &s->who)) < 0 || (r = address_join(t, &s->who)) < 0 ||
		(r = address_other(t, &s->who, &first)) < 0)
		return r;
	if (strcmp(first.name, s->who.name) == 0)
		return -EINVAL;
	if ((r = activation_make(t, s->c, &s->who.id, &s->now, ACTIVATION_S, s->code)) < 0 ||
		(r = shared_begun(t, s->c, &s->now, &first)) < 0)
		return r;
	return audit(t, s->c, &s->now, AUDIT_IDENTITY_ADDED, &p, "shared");
}

static enum status say(struct conv *c, int r, const struct sharing *s)
{
	char what[320];

	if (r == -EPERM) {
		tell(c, TELL_ERROR,
			"A practice of theirs does not allow two people to share an address. See: hcauth "
			"help practice set");
		return STATUS_REFUSED;
	}
	if (r == -EINVAL) {
		tell(c, TELL_ERROR,
			"The person who has the address has that name, too: add something that tells "
			"them apart.");
		return STATUS_REFUSED;
	}
	snprintf(what, sizeof what, r == -EEXIST ? "a second person with %s" : "identity %s",
		s->who.email);
	return manage_result(c, r, what);
}

enum status manage_share(struct conv *c, const struct words *w)
{
	struct sharing s = { .c = c };

	if (!w->option[OPT_NAME])
		return STATUS_USAGE;
	if (!name_normal(w->word[0], s.who.email) || !name_is_email(s.who.email))
		return manage_result(c, -ENOENT, "identity of that address");
	if (!manage_name_good(c, w->option[OPT_NAME], PERSON_NAME_MAX))
		return STATUS_REFUSED;
	c->now(&s.now);
	memcpy(s.who.name, w->option[OPT_NAME], strlen(w->option[OPT_NAME]) + 1);
	s.who.id = id_new();
	s.who.state = STATE_ACTIVE;
	s.who.created = s.now.unix_s;
	int r = store_update(c->store, NEED_SPACE, share, &s);
	if (r < 0)
		return say(c, r, &s);
	message_wake();
	tell(c, TELL_INFO,
		"%s and somebody else have the address %s now. Give this activation code to %s alone; it is "
		"typed in place of the password at the first sign-in, within 14 days:",
		s.who.name, s.who.email, s.who.name);
	tell(c, TELL_INFO, "%s", s.code);
	return STATUS_DONE;
}
