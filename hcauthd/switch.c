/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: a word stands for one of the caller's own accounts or for nothing: whether somebody
 * else has an account of that name is not told. */
#include "switch.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "audit.h"
#include "choose.h"
#include "log.h"
#include "store/store.h"
#include "text.h"

static bool is_named(const struct account *a, const char *word)
{
	char given[SIGN_IN_NAME_MAX + 1], own[SIGN_IN_NAME_MAX + 1];

	if (strcmp(a->user, word) == 0)
		return true;
	return name_normal(word, given) && name_normal(a->userid, own) && strcmp(given, own) == 0;
}

/* How many the word stands for: by user ID or system user; else by the practice, where there may be more
 * than one. *chosen is the last. */
static size_t find_word(const struct accounts *a, const char *word, size_t *chosen)
{
	size_t there = 0;

	for (size_t i = 0; i < a->n; i++) {
		*chosen = i;
		if (is_named(&a->account[i], word))
			return 1;
	}
	for (size_t i = 0; i < a->n; i++) {
		if (strcasecmp(a->account[i].practice, word) != 0)
			continue;
		*chosen = i;
		there++;
	}
	return there;
}

static bool is_off(struct conv *c, const struct person *who, const char *word)
{
	static struct accounts off; /* large; one conversation a process */
	size_t any;

	accounts_of(c, who, &who->identity.account, ACCOUNTS_OFF, &off);
	return find_word(&off, word, &any) > 0;
}

static enum status take_word(struct conv *c, const struct person *who, const struct accounts *a,
	const char *word, size_t *chosen)
{
	size_t found = find_word(a, word, chosen);

	if (found == 1)
		return STATUS_DONE;
	if (found == 0 && !is_off(c, who, word)) {
		tell(c, TELL_ERROR, "%s", TEXT_NO_SUCH_ACCOUNT);
		return STATUS_NO_SUCH;
	}
	tell(c, TELL_ERROR, "%s", found ? TEXT_ACCOUNTS_THERE : TEXT_ACCOUNT_OFF);
	return STATUS_REFUSED;
}

/* Who calls, and the accounts that they have to choose from. */
static enum status begin(struct conv *c, struct person *who, struct accounts *out)
{
	if (!self_caller(c, who))
		return STATUS_NOT_ALLOWED;
	if (!person_active(who)) {
		tell(c, TELL_ERROR, "%s", TEXT_DISABLED);
		return STATUS_REFUSED;
	}
	accounts_of(c, who, &who->identity.account, ACCOUNTS_ACTIVE, out);
	return STATUS_DONE;
}

/* By the word that was given, or by a question where there is more than one. */
static enum status choose(struct conv *c, const struct words *w, const struct person *who,
	const struct accounts *a, const char *question, size_t *chosen)
{
	*chosen = 0;
	if (w->n > 0)
		return take_word(c, who, a, w->word[0], chosen);
	return a->n == 1 || accounts_ask(c, a, question, chosen) ? STATUS_DONE : STATUS_REFUSED;
}

struct making {
	struct conv *c;
	const struct person *who;
	const struct account *to;
	struct now now;
};

/* Without the practice: its managers may not learn that there is another account elsewhere. */
static int make_txn(struct txn *t, void *arg)
{
	struct making *m = arg;
	struct person who = *m->who;
	int r = identity_load(t, &m->who->identity.id, &who.identity);

	if (r < 0 || id_equal(&who.identity.account, &m->to->id))
		return r; /* as it is: no record, however often it is said */
	r = account_make_default(t, &who.identity.id, &m->to->id);
	who.has_account = false;
	return r < 0 ? r : audit(t, m->c, &m->now, AUDIT_DEFAULT, &who, m->to->userid);
}

static enum status make_default(
	struct conv *c, const struct person *who, const struct accounts *all, size_t chosen)
{
	struct making m = { .c = c, .who = who, .to = &all->account[chosen] };

	c->now(&m.now);
	int r = store_update(c->store, NEED_SPACE, make_txn, &m);
	if (r < 0 && r != -EACCES && r != -ENOENT)
		die("store: a default account could not be written: %s", strerror(-r));
	if (r < 0) {
		tell(c, TELL_ERROR, "%s", TEXT_DISABLED);
		return STATUS_REFUSED;
	}
	tell(c, TELL_INFO, TEXT_DEFAULT_IS, m.to->userid, all->practice[chosen].name);
	return STATUS_DONE;
}

enum status switch_default(struct conv *c, const struct words *w)
{
	static struct accounts all; /* large; one conversation a process */
	struct person who;
	size_t chosen;
	enum status s = begin(c, &who, &all);

	if (s != STATUS_DONE)
		return s;
	if (!who.has_identity || (w->n == 0 && all.n < 2)) {
		tell(c, TELL_ERROR, "%s", TEXT_ONE_ACCOUNT);
		return STATUS_REFUSED;
	}
	s = choose(c, w, &who, &all, TEXT_CHOOSE_DEFAULT, &chosen);
	return s == STATUS_DONE ? make_default(c, &who, &all, chosen) : s;
}

enum status switch_find(struct conv *c, const struct words *w)
{
	static struct accounts all; /* large; one conversation a process */
	struct person who;
	size_t chosen;
	enum status s = begin(c, &who, &all);

	if (s != STATUS_DONE)
		return s;
	accounts_drop(&all, &who.account.id);
	if (w->n > 0 && is_named(&who.account, w->word[0])) {
		tell(c, TELL_ERROR, "%s", TEXT_ALREADY_THERE);
		return STATUS_REFUSED;
	}
	if (w->n == 0 && all.n == 0) {
		tell(c, TELL_ERROR, "%s", TEXT_ONE_ACCOUNT);
		return STATUS_REFUSED;
	}
	s = choose(c, w, &who, &all, TEXT_CHOOSE_SWITCH, &chosen);
	if (s != STATUS_DONE)
		return s;
	memcpy(c->become, all.account[chosen].user, sizeof c->become);
	tell(c, TELL_INFO, TEXT_SWITCHING, all.practice[chosen].name, all.account[chosen].userid);
	return STATUS_DONE;
}
