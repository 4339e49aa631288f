/* SPDX-License-Identifier: Apache-2.0 */
/* A practice's name, policy, hours and managers. What must hold: all that one command says is changed in
 * one commit or not at all; only somebody who works at the practice manages it; the last manager goes by
 * root's word alone. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "hours.h"
#include "manage.h"
#include "policy.h"
#include "rollout.h"
#include "scope.h"
#include "store/store.h"

struct setting {
	struct conv *c;
	const struct words *w;
	struct practice to; /* what the words say */
	struct practice made; /* what was stored */
	struct now now;
	const char *problem; /* what -ENOENT or -EEXIST is about */
	bool legacy; /* who is to be a manager has no identity yet */
	bool full, last;
};

/* What the words say of the practice, apart from its managers. False: said why. */
static bool take_policy(struct conv *c, const struct words *w, struct practice *to)
{
	const char *text;
	char error[HOURS_ERROR_MAX];

	if ((text = w->option[OPT_NAME]) && !manage_name_good(c, text, PRACTICE_NAME_MAX))
		return false;
	if (text)
		memcpy(to->name, text, strlen(text) + 1);
	if ((text = w->option[OPT_REQUIRE]) && !policy_parse(text, &to->require)) {
		tell(c, TELL_ERROR,
			"--require takes factors with commas between, out of %s; or none.",
			policy_names(policy_requirable()));
		return false;
	}
	if ((text = w->option[OPT_HOURS]) && !hours_normal(text, to->hours, error)) {
		tell(c, TELL_ERROR, "--hours: %s", error);
		return false;
	}
	if ((text = w->option[OPT_MIGRATE]) && !parse_deadline(text, &to->migrate)) {
		tell(c, TELL_ERROR,
			"--migrate takes optional, now, or \"by 2027-03-31\" (a day of yours).");
		return false;
	}
	return rollout_take(c, w, &to->rollout);
}

static bool yes_or_no(struct conv *c, const char *option, const char *text, bool *yes)
{
	*yes = text && strcmp(text, "yes") == 0;
	if (!text || *yes || strcmp(text, "no") == 0)
		return true;
	tell(c, TELL_ERROR, "%s takes yes or no.", option);
	return false;
}

static bool take_switches(struct conv *c, const struct words *w, struct practice *to)
{
	bool network;

	if (!yes_or_no(c, "--network", w->option[OPT_NETWORK], &network) ||
		!yes_or_no(c, "--shared-addresses", w->option[OPT_SHARED], &to->shared_addresses))
		return false;
	to->no_network = !network;
	if (!yes_or_no(c, "--break-glass", w->option[OPT_BREAK_GLASS], &to->break_glass))
		return false;
	if (to->break_glass && !c->conf->break_glass) {
		tell(c, TELL_ERROR,
			"This machine allows no break-glass codes. Root may: break-glass = yes in hcauthd.conf.");
		return false;
	}
	if (!to->shared_addresses || w->scope->root)
		return true;
	tell(c, TELL_ERROR,
		"Only root may allow shared addresses: that is laxer than the machine.");
	return false;
}

/* Puts what the words say over what is stored; returns what was said, for the audit. */
static void put_over(const struct setting *s, struct practice *p, char said[80])
{
	const char *const *option = s->w->option;

	said[0] = 0;
	if (option[OPT_NAME])
		memcpy(p->name, s->to.name, sizeof p->name);
	if (option[OPT_REQUIRE])
		p->require = s->to.require;
	if (option[OPT_NETWORK])
		p->no_network = s->to.no_network;
	if (option[OPT_HOURS])
		memcpy(p->hours, s->to.hours, sizeof p->hours);
	if (option[OPT_SHARED])
		p->shared_addresses = s->to.shared_addresses;
	if (option[OPT_MIGRATE])
		p->migrate = s->to.migrate;
	if (option[OPT_BREAK_GLASS])
		p->break_glass = s->to.break_glass;
	rollout_put_over(s->w, &s->to.rollout, &p->rollout);
	snprintf(said, 80, "%s%s%s%s%s%s%s%s%s", option[OPT_NAME] ? " name" : "",
		option[OPT_REQUIRE] ? " require" : "", option[OPT_NETWORK] ? " network" : "",
		option[OPT_HOURS] ? " hours" : "", option[OPT_SHARED] ? " shared-addresses" : "",
		option[OPT_MIGRATE] ? " migrate" : "", option[OPT_ROLLOUT] ? " rollout" : "",
		option[OPT_ASK] ? " ask" : "", option[OPT_BREAK_GLASS] ? " break-glass" : "");
}

/* Whoever works at that very practice, whatever else the caller manages. */
static int find_colleague(
	struct txn *t, const struct setting *s, const char *name, struct person *out)
{
	const struct scope here = { .n = 1 };
	struct scope only = here;
	struct words w = { .scope = &only };

	memcpy(only.practice[0], s->made.id, sizeof only.practice[0]);
	return scope_person(t, &w, name, out);
}

static int add_manager(struct txn *t, struct setting *s)
{
	struct practice *p = &s->made;
	struct person who;
	int r;

	s->problem = s->w->option[OPT_MANAGER];
	if ((r = find_colleague(t, s, s->problem, &who)) < 0)
		return r;
	s->legacy = !who.has_identity;
	if (s->legacy || !person_active(&who))
		return -ENOENT;
	for (size_t i = 0; i < p->nmanagers; i++)
		if (id_equal(&p->manager[i], &who.identity.id))
			return 0;
	s->full = p->nmanagers == PRACTICE_MANAGERS_MAX;
	if (s->full)
		return -EACCES;
	p->manager[p->nmanagers++] = who.identity.id;
	return audit(t, s->c, &s->now, AUDIT_MANAGER, &who, "made a manager");
}

/* For root also somebody who has left the practice, by their e-mail address. */
static int find_manager(
	struct txn *t, const struct setting *s, const char *name, size_t *at, struct person *who)
{
	char normal[SIGN_IN_NAME_MAX + 1];
	int r = find_colleague(t, s, name, who);

	if (r < 0 && r != -ENOENT)
		return r;
	for (*at = 0; *at < s->made.nmanagers; (*at)++) {
		struct person p = { .known = true, .has_identity = true };

		p.owner = s->made.manager[*at];
		if (r == 0 && id_equal(&p.owner, &who->owner))
			return 0;
		if (r == 0 || !s->w->scope->root || !name_normal(name, normal) ||
			identity_load(t, &p.owner, &p.identity) < 0 ||
			strcmp(p.identity.email, normal) != 0)
			continue;
		*who = p;
		return 0;
	}
	return -ENOENT;
}

static int drop_manager(struct txn *t, struct setting *s)
{
	struct practice *p = &s->made;
	struct person who = { .known = false };
	size_t at;
	int r;

	s->problem = s->w->option[OPT_NOT_MANAGER];
	if ((r = find_manager(t, s, s->problem, &at, &who)) < 0)
		return r;
	s->last = scope_managers_but(t, p, &p->manager[at]) == 0 &&
		scope_manages(t, p, &p->manager[at]);
	if (s->last && !(s->w->scope->root && s->w->option[OPT_FORCE]))
		return -EACCES;
	memmove(&p->manager[at], &p->manager[at + 1], (p->nmanagers - at - 1) * sizeof *p->manager);
	p->nmanagers--;
	return audit(t, s->c, &s->now, AUDIT_MANAGER, &who, "no more a manager");
}

static int set(struct txn *t, void *arg)
{
	struct setting *s = arg;
	struct person nobody = { .has_account = true };
	char said[80];
	int r;

	s->legacy = s->full = s->last = false;
	s->problem = NULL;
	if ((r = scope_practice(t, s->w, s->w->word[0], &s->made)) < 0)
		return r;
	memcpy(nobody.account.practice, s->made.id, sizeof nobody.account.practice);
	put_over(s, &s->made, said);
	if (s->w->option[OPT_MANAGER] && (r = add_manager(t, s)) < 0)
		return r;
	if (s->w->option[OPT_NOT_MANAGER] && (r = drop_manager(t, s)) < 0)
		return r;
	if ((r = practice_save(t, &s->made)) < 0 || !*said)
		return r;
	return audit(t, s->c, &s->now, AUDIT_PRACTICE_CHANGED, &nobody, said + 1);
}

/* Who can't come in any more, now that this is required. */
static void warn_services(struct conv *c, const struct practice *p)
{
	for (size_t i = 0; i < c->conf->nservices; i++) {
		const struct service *s = &c->conf->service[i];
		uint32_t missing = policy_missing(s, p);

		if (missing)
			tell(c, TELL_INFO,
				"Note: %s never asks for %s, so nobody of %s signs in there any more.",
				i ? s->name : "a service that the settings do not name",
				policy_names(missing), p->id);
	}
}

static enum status say_result(struct conv *c, const struct setting *s, int r)
{
	char what[400];

	if (r == -EACCES && s->full)
		tell(c, TELL_ERROR, "A practice has %d managers at most.", PRACTICE_MANAGERS_MAX);
	else if (r == -EACCES)
		tell(c, TELL_ERROR, MANAGER_LAST);
	else if (r == -ENOENT && s->legacy)
		tell(c, TELL_ERROR,
			"%s has no e-mail address of their own yet: a manager is somebody who signs in with one.",
			s->problem);
	else {
		snprintf(what, sizeof what,
			s->problem ? "person %.300s at that practice" : "practice %.300s",
			s->problem ? s->problem : s->w->word[0]);
		return manage_result(c, r, what);
	}
	return STATUS_REFUSED;
}

enum status practice_set(struct conv *c, const struct words *w)
{
	static struct setting s; /* large; one conversation a process */
	bool any = false;

	s = (struct setting){ .c = c, .w = w };
	for (unsigned i = 0; i < OPT_JSON; i++)
		any |= w->option[i] != NULL;
	if (!any)
		return STATUS_USAGE;
	if (!take_policy(c, w, &s.to) || !take_switches(c, w, &s.to))
		return STATUS_REFUSED;
	c->now(&s.now);
	enum status r = say_result(c, &s, scope_update(c, w, NEED_SPACE, set, &s));
	if (r == STATUS_DONE) {
		tell(c, TELL_INFO, "%s is changed.", s.made.id);
		if (w->option[OPT_REQUIRE])
			warn_services(c, &s.made);
		rollout_note(c, w, &s.made);
	}
	return r;
}
