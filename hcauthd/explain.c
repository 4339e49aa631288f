/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: it asks nobody, writes nothing, and goes by the code that decides (rule.h, policy.h and what
 * settle() asks), so that it can't say anything else than what happens; a manager learns nothing of a person but what
 * concerns an account at their own practice, and somebody who has none there is a stranger. */
#include "explain.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "choose.h"
#include "details.h"
#include "enrol.h"
#include "factor.h"
#include "glass.h"
#include "link.h"
#include "list.h"
#include "log.h"
#include "manage.h"
#include "policy.h"
#include "rollout.h"
#include "rule.h"
#include "scope.h"
#include "shift.h"
#include "store/store.h"
#include "text.h"
#include "when.h"

struct explaining {
	struct conv *c; /* the command's */
	const struct words *w;
	struct conv in; /* the sign-in that is explained */
	char name[SIGN_IN_NAME_MAX + 1];
	struct person who;
	struct enrolled e;
	struct now now;
	struct policy policy;
	uint32_t given; /* what right answers would give, as bits */
	bool first; /* they would lead to enrolment */
	bool hidden; /* other accounts of the person are not the caller's to know */
	json_t *steps, *then, *why;
	json_t *where; /* a text */
};

/* --- whom it is about --- */

static int find(struct txn *t, void *arg)
{
	struct explaining *x = arg;
	int r;

	if (!x->w->scope->root)
		return scope_person(t, x->w, x->w->word[0], &x->who);
	if (!name_normal(x->w->word[0], x->name))
		return -ENOENT;
	r = person_by_name(t, x->name, &x->who);
	return r == -ENOENT ? scope_person(t, x->w, x->w->word[0], &x->who) : r;
}

/* Whoever is not the caller's to see is asked as somebody whom nobody knows: a name of nobody's stands in for
 * theirs, wherever it would be looked up. */
static int find_person(struct explaining *x)
{
	int r = store_read(x->c->store, find, x);

	x->hidden = !x->w->scope->root;
	if (r == -ENOENT) {
		x->name[0] = 0;
		person_decoy(x->c->seal, x->name, &x->who);
	} else if (r == 0 && (x->hidden || !*x->name)) {
		memcpy(x->name, x->who.account.user, sizeof x->who.account.user);
		x->who.chose = true;
	}
	return r;
}

/* --- where from --- */

/* The service's section in hcauthd.conf, or the one for all that have none. */
static const char *section(const struct explaining *x, char out[80])
{
	const struct service *s = conf_service(x->in.conf, x->in.hello.service);

	if (s == &x->in.conf->service[0])
		return "the rule for services without a section in hcauthd.conf";
	snprintf(out, 80, "[service %s]", s->name);
	return out;
}

static void set_place(struct explaining *x, const char *service, const char *rhost)
{
	struct conv *in = &x->in;
	char text[200], name[80];

	*in = *x->c;
	in->traced = false;
	in->in_shift = false;
	in->peer = 0;
	in->hello = (struct hello){ .purpose = PURPOSE_AUTH,
		.service = service,
		.name = x->name,
		.tty = "",
		.rhost = rhost,
		.ruser = "",
		.have = "",
		.ssh_auth = "" };
	in->service = conf_service(in->conf, service);
	in->local = in->service->local && !*rhost;
	if (x->w->scope->root) /* whether they are at work here may be another practice's business */
		in->service = shift_service(in);
	if (*rhost)
		snprintf(text, sizeof text, "the network, as there is a remote host");
	else
		snprintf(text, sizeof text, "%s, as %s says \"local = %s\"",
			in->local ? "this workstation" : "the network", section(x, name),
			in->local ? "yes" : "no");
	x->where = json_string(text);
}

/* --- the steps --- */

static void reason(const struct explaining *x, const struct rule *r, uint32_t step, char out[400])
{
	char factors[FACTORS_TEXT], name[80];
	uint32_t asked = r->from == RULE_SERVICE ? x->in.service->step[r->at - 1] : step;

	factors_text(asked, " or ", factors);
	if (x->in.in_shift)
		snprintf(out, 400, "the shift at this workstation: the PIN alone is enough");
	else if (r->from == RULE_PRACTICE)
		snprintf(out, 400, "practice %s asks for %s in every sign-in",
			x->who.account.practice, factors);
	else if (r->from == RULE_GLASS)
		snprintf(out, 400, "a break-glass code spares all else, so one thing is asked for");
	else if (step != asked)
		snprintf(out, 400,
			"%s asks for %s, and practice %s for the latter in every sign-in",
			section(x, name), factors, x->who.account.practice);
	else
		snprintf(out, 400, "%s asks for %s", section(x, name), factors);
}

static void add_step(struct explaining *x, const char *prompt, uint32_t accepted, const char *why)
{
	json_t *step = json_pack("{s:s?, s:o, s:s}", "prompt", prompt, "accepted",
		json_factors(accepted), "because", why);

	json_array_append_new(x->steps, step);
}

static void add_why(json_t *list, const char *text)
{
	json_array_append_new(list, json_string(text));
}

/* What nobody can be asked for: an earlier module proves it, or it is missing. False: it ends there. */
static bool earlier(struct explaining *x, struct proof *p, uint32_t step, const char *why)
{
	add_step(x, NULL, step, why);
	p->given[p->n].factor = step & 1u << FACTOR_KEY ? &factor_key : &factor_fingerprint;
	p->n++;
	p->unmet = true;
	add_why(x->why,
		"what an earlier module has to prove (an ssh key, a fingerprint) is missing");
	return !x->in.local;
}

struct tried {
	struct explaining *x;
	enum factor_id id;
	struct attempt attempt;
};

static int look_tried(struct txn *t, void *arg)
{
	struct tried *l = arg;
	unsigned tries = l->id == FACTOR_PIN ? l->x->in.conf->pin_tries : 0;

	return lockout_look(
		t, &l->x->who.owner, l->id, conv_source(&l->x->in), tries, &l->x->now, &l->attempt);
}

/* Whether an answer would be looked at now. */
static bool is_open(struct explaining *x, const struct factor *f)
{
	struct tried l = { .x = x, .id = f->id };
	char text[200];

	if (store_read(x->c->store, look_tried, &l) < 0)
		die("store: how often somebody has failed");
	if (l.attempt.allowed || !x->who.known)
		return true;
	if (l.attempt.off || f->id == FACTOR_PIN)
		snprintf(text, sizeof text, "the %s is locked after too many wrong ones",
			factor_word(f->id));
	else
		snprintf(text, sizeof text,
			"the %s is not looked at for another %u s, after wrong ones",
			factor_word(f->id), (unsigned)l.attempt.wait_s);
	add_why(x->why, text);
	return false;
}

/* Whether p has it, or what stands in for it. */
static bool has(struct explaining *x, const struct factor *f)
{
	char text[200];

	if (x->e.factors & 1u << f->id || !x->who.known)
		return x->who.known;
	x->first = x->e.activation && f == &factor_password;
	snprintf(text, sizeof text,
		x->first ? "no %s is set up: the activation code is typed in its place"
			 : "no %s is set up",
		factor_word(f->id));
	add_why(x->why, text);
	return false;
}

/* One that is asked for. False: it leads to enrolment, or ends there. */
static bool asked(struct explaining *x, struct proof *p, uint32_t step, const char *why)
{
	const struct factor *f = rule_factor(&x->in, step, x->e.factors);
	bool code = f != &factor_password && f != &factor_pin;
	bool before = p->n == 1 && p->given[0].factor == &factor_password;

	if (code && before && step_is_bare(&x->in, p, &x->e) && !x->e.activation) {
		x->first = true;
		add_why(x->why,
			"there is no second factor: a code by e-mail leads to the first sign-in");
		return false;
	}
	add_step(x,
		code                       ? TEXT_CODE
			: f == &factor_pin ? TEXT_PIN
					   : password_prompt(&x->in),
		code && policy_counted(1u << FACTOR_RECOVERY) & step ? step | 1u << FACTOR_RECOVERY
								     : 1u << f->id,
		why);
	p->given[p->n].factor = f;
	p->given[p->n].matched = true;
	p->n++;
	p->unmet |= !rule_meets(p, step, f);
	bool right = has(x, f) && is_open(x, f);
	return !x->first && (right || code || !x->in.local); /* a wrong answer ends it here */
}

static void walk(struct explaining *x, struct proof *p)
{
	struct rule rule = { .c = &x->in, .e = &x->e };
	uint32_t step;
	char why[400];
	bool on = true;

	p->who = x->who;
	proof_look(&x->in, &x->who, &x->e);
	while (on && p->n < STEPS_MAX && rule_next(&rule, p, &step)) {
		if (rule_waived(p, step, &x->e)) {
			p->waived |= x->e.waived;
			add_step(x, NULL, step, "not asked for: a break-glass code stands in");
			continue;
		}
		step &= ~x->e.waived;
		reason(x, &rule, step, why);
		on = step & ~(uint32_t)FACTORS_EARLIER ? asked(x, p, step, why)
						       : earlier(x, p, step, why);
	}
	x->given = proof_factors(p);
	if (p->unmet)
		add_why(x->why, "the rule asks for something that can't be given here");
}

/* --- the verdict --- */

static int look(struct txn *t, void *arg)
{
	struct explaining *x = arg;

	return x->who.has_account
		? policy_look(t, &x->in, &x->now, &x->who.account, x->given, &x->policy)
		: 0;
}

static void judge(struct explaining *x)
{
	const struct person *p = &x->who;

	if (!p->known) {
		add_why(x->why, "nobody has that name");
		return;
	}
	if (p->has_identity && p->identity.state != STATE_ACTIVE)
		add_why(x->why, "the person is switched off");
	if (!p->has_account)
		add_why(x->why, "there is no account");
	else if (p->account.state != STATE_ACTIVE)
		add_why(x->why, "the account is switched off");
	if (store_read(x->c->store, look, x) < 0)
		die("store: what a sign-in would come to");
	if (x->policy.result > POLICY_MET && !(x->first && x->policy.result == POLICY_FACTORS))
		add_why(x->why, policy_why(&x->policy));
}

/* --- what comes then --- */

static void settle(struct explaining *x, const struct proof *p)
{
	static struct accounts all; /* large; one conversation a process */
	struct details_due due;
	bool must = false;

	if (!conv_is_open(&x->in) || p->waived)
		return;
	if (flow_rest_due(&x->in, &x->who))
		add_why(x->then, "the rest of the first sign-in");
	if (!x->who.has_identity && message_can(x->in.conf, CHANNEL_EMAIL))
		add_why(x->then, "an e-mail address of their own");
	due = x->who.has_identity ? details_due(&x->in, &x->who)
				  : (struct details_due){ .asked = false };
	if (due.email)
		add_why(x->then, "whether the e-mail address is theirs");
	if (due.mobile)
		add_why(x->then, "the mobile number");
	if (link_due(&x->in, &x->who))
		add_why(x->then, "another user ID, to link");
	if (rollout_due_now(&x->in, &x->who, &must))
		add_why(x->then,
			must ? "a new PIN, which is due"
			     : "a new PIN, which is due and may be skipped");
	if (x->hidden || !x->who.has_identity || x->who.chose)
		return;
	accounts_of(&x->in, &x->who, &x->who.account.id, ACCOUNTS_OPEN, &all);
	if (all.n > 1)
		add_why(x->then, "where they work today, if the service has \"chooser\" in pam.d");
}

/* --- saying it --- */

static void say_step(struct conv *c, const json_t *step)
{
	const char *prompt = json_string_value(json_object_get(step, "prompt"));
	json_t *accepted = json_object_get(step, "accepted");
	char factors[200] = "";
	size_t i, at = 0;
	json_t *name;

	json_array_foreach(accepted, i, name) at += (size_t)snprintf(factors + at,
		sizeof factors - at, "%s%s", i ? " or " : "", json_string_value(name));
	tell(c, TELL_INFO, "  %-12s%s, because %s", prompt ? prompt : "(nothing)", factors,
		json_string_value(json_object_get(step, "because")));
}

static void say_list(struct conv *c, const json_t *list, const char *before)
{
	size_t i;
	json_t *text;

	json_array_foreach(list, i, text)
		tell(c, TELL_INFO, "%s%s", before, json_string_value(text));
}

static void say(struct explaining *x, const char *verdict)
{
	struct conv *c = x->c;
	char shown[80];
	size_t i;
	json_t *step;

	tell(c, TELL_INFO,
		"%s counts as %s. It would ask:", visible(x->in.hello.service, shown, sizeof shown),
		json_string_value(x->where));
	json_array_foreach(x->steps, i, step) say_step(c, step);
	if (json_array_size(x->why) == 0)
		tell(c, TELL_INFO, "With right answers: %s, as %s at %s.", verdict,
			x->who.account.user, x->who.account.practice);
	else
		tell(c, TELL_INFO, "With right answers: %s:", verdict);
	say_list(c, x->why, "  ");
	if (json_array_size(x->then) > 0)
		tell(c, TELL_INFO, "Then, behind the sign-in, it would ask for:");
	say_list(c, x->then, "  ");
	tell(c, TELL_INFO, "Whether this service asks hcauth at all, \"hcauth doctor\" says.");
}

static const char *explain(struct explaining *x)
{
	PROOF(p);

	walk(x, &p);
	judge(x);
	if (x->first && x->who.known && person_active(&x->who))
		return "first sign-in";
	if (json_array_size(x->why) > 0)
		return "refused";
	settle(x, &p);
	return "let in";
}

enum status explain_command(struct conv *c, const struct words *w)
{
	struct explaining x = {
		.c = c, .w = w, .steps = json_array(), .then = json_array(), .why = json_array()
	};
	const char *service = w->option[OPT_SERVICE], *rhost = w->option[OPT_RHOST];
	char what[300], from[300];

	if (!service || !*service) {
		tell(c, TELL_ERROR, "Say which service: hcauth explain PERSON --service sshd");
		return STATUS_USAGE;
	}
	c->now(&x.now);
	int r = find_person(&x);
	if (r < 0 && r != -ENOENT) {
		snprintf(what, sizeof what, "person %s", w->word[0]);
		return manage_result(c, r, what);
	}
	set_place(&x, service, rhost ? rhost : "");
	const char *verdict = explain(&x);
	if (w->json)
		show_object(c, true,
			json_pack("{s:s, s:s, s:O, s:O, s:s, s:O, s:O}", "service",
				visible(service, what, sizeof what), "rhost",
				visible(rhost ? rhost : "", from, sizeof from), "place", x.where,
				"steps", x.steps, "verdict", verdict, "because", x.why, "then",
				x.then));
	else
		say(&x, verdict);
	json_decref(x.steps);
	json_decref(x.then);
	json_decref(x.why);
	json_decref(x.where);
	return r == -ENOENT ? STATUS_NO_SUCH : STATUS_DONE;
}
