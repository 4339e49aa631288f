/* SPDX-License-Identifier: Apache-2.0 */
/* Invitations and letters. What must hold: an invitation makes an account that is nobody's yet, whoever
 * has that e-mail address elsewhere: the practice learns nothing of it, and the person links it later.
 * The code is shown once, or sent and not shown. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "account_new.h"
#include "address.h"
#include "factor.h"
#include "join.h"
#include "letter_tell.h"
#include "log.h"
#include "manage.h"
#include "message.h"
#include "request.h"
#include "reset.h"
#include "scope.h"
#include "store/store.h"

struct inviting {
	struct account_new a;
	const struct words *w;
	const struct request *request;
	bool send;
	struct letter letter;
};

static int send_letter(struct txn *t, struct inviting *v)
{
	const struct person p = account_new_person(&v->a);
	struct message m;
	int r = message_for(t, &p, CHANNEL_EMAIL, v->a.account.email, "invite", &m);

	if (r < 0)
		return r;
	snprintf(m.code, sizeof m.code, "%s", v->a.code);
	snprintf(m.what, sizeof m.what, "%s", v->a.account.userid);
	m.minutes = ACTIVATION_S / 60;
	r = message_queue(t, v->a.c, &v->a.now, &m);
	wipe(&m, sizeof m);
	return r;
}

static int invite_txn(struct txn *t, void *arg)
{
	struct inviting *v = arg;
	struct practice practice;
	int r = practice_load(t, v->a.account.practice, &practice);

	v->a.problem = manage_practice_word(v->a.account.practice, v->a.no_practice);
	if (r < 0)
		return r;
	snprintf(v->letter.practice, sizeof v->letter.practice, "%s", practice.name);
	if (v->request) {
		v->a.problem = "request of that number";
		if ((r = request_close(t, v->a.c, &v->a.now, v->w, v->request, "approved")) < 0)
			return r;
	}
	if ((r = account_new_add(t, &v->a)) < 0)
		return r;
	return v->send ? send_letter(t, v) : 0;
}

static void tell_invited(struct conv *c, struct inviting *v)
{
	const struct account *n = &v->a.account;

	if (v->send) {
		tell(c, TELL_INFO, "Account %s is system user %s. The letter is on its way to %s.",
			n->userid, n->user, n->email);
		return;
	}
	memcpy(v->letter.name, n->name, sizeof v->letter.name);
	memcpy(v->letter.userid, n->userid, sizeof v->letter.userid);
	memcpy(v->letter.code, v->a.code, sizeof v->letter.code);
	v->letter.until = v->a.now.unix_s + ACTIVATION_S;
	letter_tell(c, &v->letter);
	tell(c, TELL_INFO, "Account %s is %s, system user %s.", n->userid, n->name, n->user);
}

static bool may_send(struct conv *c, const char *email)
{
	if (!*email)
		tell(c, TELL_ERROR, "--send needs an e-mail address to send the letter to.");
	else if (!message_can(c->conf, CHANNEL_EMAIL))
		tell(c, TELL_ERROR,
			"This machine has no way to send e-mail: leave out --send and print the letter.");
	else
		return true;
	return false;
}

enum status invite(struct conv *c, const struct words *w, const struct invited *who)
{
	struct inviting v = { .a = { .c = c,
				      .person = who->name,
				      .email = "",
				      .known_groups = !w->scope->root,
				      .event = AUDIT_INVITED,
				      .detail = "",
				      .problem = "" },
		.w = w,
		.request = who->request,
		.send = w->option[OPT_SEND] != NULL };
	const struct account_words words = { .userid = w->option[OPT_USERID],
		.user = w->option[OPT_USER],
		.groups = w->option[OPT_GROUPS] };
	char why[WHY_MAX];

	if (v.send && !may_send(c, who->email))
		return STATUS_REFUSED;
	snprintf(v.a.account.practice, sizeof v.a.account.practice, "%s", who->practice);
	if (!account_new_take(&v.a, &words, why)) {
		tell(c, TELL_ERROR, "%s", why);
		return STATUS_REFUSED;
	}
	memcpy(v.a.account.name, who->name, sizeof v.a.account.name);
	memcpy(v.a.account.email, who->email, sizeof v.a.account.email);
	memcpy(v.a.account.mobile, who->mobile, sizeof v.a.account.mobile);
	c->now(&v.a.now);
	int r = scope_update(c, w, NEED_SPACE, invite_txn, &v);
	enum status s = STATUS_REFUSED;
	if (r == -ERANGE) {
		account_new_why(&v.a, r, why);
		tell(c, TELL_ERROR, "%s", why);
	} else {
		s = manage_result(c, r, v.a.problem);
	}
	if (s == STATUS_DONE)
		tell_invited(c, &v);
	wipe(&v, sizeof v);
	return s;
}

static bool take_places(struct conv *c, const struct words *w, struct invited *who)
{
	const char *email = w->option[OPT_EMAIL], *mobile = w->option[OPT_MOBILE];

	if (email && !address_own(c, email, who->email))
		return false;
	if (mobile && !mobile_normal(mobile, who->mobile))
		tell(c, TELL_ERROR,
			"--mobile takes a number with its country, such as +44 7700 900123.");
	else
		return true;
	return false;
}

enum status manage_invite(struct conv *c, const struct words *w)
{
	struct invited who = { .practice = "" };
	char practice[SIGN_IN_NAME_MAX + 1], what[300];

	if (!w->option[OPT_PRACTICE] || !w->option[OPT_NAME])
		return STATUS_USAGE;
	if (!name_normal(w->option[OPT_PRACTICE], practice) || strlen(practice) > PRACTICE_ID_MAX ||
		!in_scope(w, practice))
		return manage_result(
			c, -ENOENT, manage_practice_word(w->option[OPT_PRACTICE], what));
	if (!manage_name_good(c, w->option[OPT_NAME], PERSON_NAME_MAX) || !take_places(c, w, &who))
		return STATUS_REFUSED;
	snprintf(who.name, sizeof who.name, "%s", w->option[OPT_NAME]);
	who.practice = practice;
	return invite(c, w, &who);
}

/* --- a letter once more --- */

struct relettering {
	struct conv *c;
	const struct words *w;
	char name[SIGN_IN_NAME_MAX + 1];
	struct person p;
	struct letter letter;
	struct now now;
};

/* Whether a new code may be made for p: root's word is enough until the first sign-in has come to its end,
 * or after a reset; a manager's for an account with nothing of a person's: nobody ever set it up, or its
 * person took everything along when the two were unlinked. */
static bool may_have_letter(struct txn *t, const struct words *w, const struct person *p)
{
	bool chosen = credential_exists(t, &p->owner, FACTOR_PASSWORD);

	if (w->scope->root)
		return !chosen || credential_exists(t, &p->owner, FACTOR_ACTIVATION);
	for (unsigned id = FACTOR_PASSWORD; id <= FACTOR_LAST; id++)
		if (credential_exists(t, &p->owner, id))
			return false;
	return !p->has_identity;
}

/* What was begun with an older letter goes, and whoever is at it now is told so by the next step. */
static int end_begun(struct txn *t, struct person *p)
{
	int r = reset_credentials(t, &p->owner);

	if (r < 0 || !p->has_identity)
		return r;
	p->identity.resets++;
	return identity_save(t, &p->identity);
}

static int letter_txn(struct txn *t, void *arg)
{
	struct relettering *v = arg;
	struct person *p = &v->p;
	struct practice practice;
	struct name_row row;
	int r;

	*p = (struct person){ .known = true, .has_account = true };
	if ((r = name_find(t, v->name, &row)) < 0)
		return r;
	if (row.kind != NAME_USERID && row.kind != NAME_USER)
		return -ENOENT;
	if ((r = account_load(t, &row.id, &p->account)) < 0 ||
		(r = practice_load(t, p->account.practice, &practice)) < 0)
		return r;
	if (!in_scope(v->w, p->account.practice))
		return -ENOENT;
	p->owner = p->account.id;
	p->has_identity = !id_is_none(&p->account.identity);
	if (p->has_identity) {
		p->owner = p->account.identity;
		if ((r = identity_load(t, &p->owner, &p->identity)) < 0)
			return r;
	}
	if (p->account.state == STATE_LEFT)
		return -ESHUTDOWN;
	if (!may_have_letter(t, v->w, p))
		return -EPERM;
	if (!person_active(p))
		return -EACCES;
	snprintf(v->letter.practice, sizeof v->letter.practice, "%s", practice.name);
	if ((r = end_begun(t, p)) < 0 ||
		(r = activation_make(t, v->c, &p->owner, &v->now, ACTIVATION_S, v->letter.code)) <
			0)
		return r;
	return audit(t, v->c, &v->now, AUDIT_ACTIVATION_MADE, p, "letter");
}

enum status manage_letter(struct conv *c, const struct words *w)
{
	struct relettering v = { .c = c, .w = w };
	char what[300], shown[280];
	enum status s = STATUS_REFUSED;

	snprintf(what, sizeof what, "account %s", w->word[0]);
	if (!name_normal(w->word[0], v.name))
		return manage_result(c, -ENOENT, what);
	c->now(&v.now);
	int r = scope_update(c, w, NEED_SPACE, letter_txn, &v);
	if (r == -EPERM)
		tell(c, TELL_ERROR,
			"%s is in use: its person signs in with what they chose, and needs no letter.",
			visible(w->word[0], shown, sizeof shown));
	else if (r == -EACCES)
		tell(c, TELL_ERROR, "%s is switched off.",
			visible(w->word[0], shown, sizeof shown));
	else
		s = manage_result(c, r, what);
	if (s == STATUS_DONE) {
		const struct person *p = &v.p;

		snprintf(v.letter.name, sizeof v.letter.name, "%.*s", PERSON_NAME_MAX,
			p->has_identity            ? p->identity.name
				: *p->account.name ? p->account.name
						   : p->account.userid);
		memcpy(v.letter.userid, p->account.userid, sizeof v.letter.userid);
		memcpy(v.letter.email, p->identity.email, sizeof v.letter.email);
		v.letter.until = v.now.unix_s + ACTIVATION_S;
		letter_tell(c, &v.letter);
	}
	wipe(&v, sizeof v);
	return s;
}
