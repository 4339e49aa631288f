/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "account_new.h"
#include "manage.h"
#include "store/store.h"

static int add(struct txn *t, void *arg)
{
	return account_new_add(t, arg);
}

static void tell_added(struct conv *c, const struct account_new *a)
{
	tell(c, TELL_INFO, "Account %s is system user %s, uid %u.", a->account.userid,
		a->account.user, a->account.uid);
	if (*a->email)
		return;
	tell(c, TELL_INFO,
		"Give this activation code to the person alone; it is typed in place of the "
		"password at the first sign-in, within 14 days:");
	tell(c, TELL_INFO, "%s", a->code);
}

enum status account_add(struct conv *c, const struct words *w)
{
	struct account_new a = {
		.c = c, .email = "", .event = AUDIT_ACCOUNT_ADDED, .detail = "", .problem = ""
	};
	const struct account_words words = { .userid = w->word[0],
		.user = w->option[OPT_USER],
		.groups = w->option[OPT_GROUPS],
		.existing = w->option[OPT_EXISTING] != NULL };
	char email[SIGN_IN_NAME_MAX + 1] = "", practice[SIGN_IN_NAME_MAX + 1], why[WHY_MAX];
	char what[300];

	if (!w->option[OPT_PRACTICE] || !w->option[OPT_USER] ||
		(w->option[OPT_NAME] && !w->option[OPT_IDENTITY]))
		return STATUS_USAGE;
	if (!account_new_take(&a, &words, why)) {
		tell(c, TELL_ERROR, "%s", why);
		return STATUS_REFUSED;
	}
	if (!name_normal(w->option[OPT_PRACTICE], practice) || strlen(practice) > PRACTICE_ID_MAX)
		return manage_result(
			c, -ENOENT, manage_practice_word(w->option[OPT_PRACTICE], what));
	if (w->option[OPT_IDENTITY] && !name_normal(w->option[OPT_IDENTITY], email))
		return manage_result(c, -ENOENT, "identity of that address");
	memcpy(a.account.practice, practice, strlen(practice) + 1);
	a.email = email;
	a.shared_name = w->option[OPT_NAME];
	if (a.account.existing)
		a.detail = "existing";
	c->now(&a.now);
	int r = store_update(c->store, NEED_SPACE, add, &a);
	if (r == -ERANGE || r == -ENOTUNIQ || r == -EPERM) {
		account_new_why(&a, r, why);
		tell(c, TELL_ERROR, "%s", why);
		return STATUS_REFUSED;
	}
	enum status s = manage_result(c, r, a.problem);
	if (s == STATUS_DONE)
		tell_added(c, &a);
	wipe(a.code, sizeof a.code);
	return s;
}
