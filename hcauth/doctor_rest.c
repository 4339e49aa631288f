/* SPDX-License-Identifier: Apache-2.0 */
/* A service's other phases. What must hold: where auth asks hcauth, account does too, which alone keeps those who have
 * left from coming in with an ssh key; and passwd gives hcauth's people no Unix password. */
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "pam_walk.h"

struct look {
	struct doctor *d;
	const struct pam_stack *s;
	enum pam_phase phase;
	const struct pam_list *list;
	const struct pam_line *hcauth;
};

static struct pam_ways ways(struct look *l, uint32_t hcauth)
{
	const struct caller c = {
		.doctor = l->d, .phase = l->phase, .hcauth = hcauth, .has_unix = true, .known = true
	};
	struct pam_ways w;

	if (!pam_walk(l->list, module_answer, &c, &w))
		l->d->memory_out = true;
	if (w.given_up)
		found(l->d,
			(struct found){ WRONG, "too-much", l->s->service, MEND_NOT, NULL, NULL },
			"The %s lines leap to and fro too much to be followed. Take those of conf/pam.d.",
			pam_phase_name(l->phase));
	return w;
}

/* hcauth's right line, above the first of the phase; or somewhere in the file, if there is none. */
static void add_line(struct look *l, enum severity severity, const char *id,
	const struct pam_line *above, const char *means)
{
	char *line = line_right(l->d, l->phase, NULL);
	char *where = above ? line_place(l->d, above)
			    : doctor_text(l->d, "%s", l->s->file ? l->s->file : "/etc/pam.d/other");

	found(l->d,
		(struct found){
			severity, id, l->s->service, above ? MEND_BEFORE : MEND_SET, where, line },
		"%s", means);
	free(line);
	free(where);
}

static void replace_line(struct look *l, enum severity severity, const char *id,
	const struct pam_line *old, const char *means)
{
	char *line = line_right(l->d, l->phase, old), *where = line_place(l->d, old);

	found(l->d, (struct found){ severity, id, l->s->service, MEND_REPLACE, where, line }, "%s",
		means);
	free(line);
	free(where);
}

static struct look look_of(struct doctor *d, const struct pam_stack *s, enum pam_phase p)
{
	const struct pam_list *list = &s->phase[p];
	int at = pam_list_find(list, "pam_hcauth.so");

	return (struct look){
		.d = d, .s = s, .phase = p, .list = list, .hcauth = at < 0 ? NULL : &list->line[at]
	};
}

#define ACCOUNT_REFUSALS (CODE(PERM_DENIED) | CODE(ACCT_EXPIRED) | CODE(SERVICE_ERR))

static void look_at_account(struct look *l)
{
	const struct pam_line *first = l->list->n ? &l->list->line[0] : NULL;
	struct pam_ways w;

	if (is_locker(l->s->service) && l->list->other)
		return; /* lockers call auth alone, and hcauth knows that */
	if (!l->hcauth) {
		w = ways(l, 0);
		if (w.n > 0)
			add_line(l, WRONG, "account-missing", l->list->other ? NULL : first,
				"hcauth is in auth but not in account: who has left or is switched off comes in by an ssh key, and cron goes on for them.");
		return;
	}
	w = ways(l, ACCOUNT_REFUSALS | CODE(AUTHINFO_UNAVAIL));
	for (size_t i = 0; i < w.n; i++) {
		if (w.way[i].shown & SHOWN_HCAUTH)
			continue;
		if (!(w.way[i].shown & SHOWN_ASKED))
			add_line(l, WRONG, "account-before", first,
				"account ends before hcauth is asked: who has left or is switched off comes in by an ssh key.");
		else
			replace_line(l, WRONG, "account-ignored", l->hcauth,
				"account goes on after hcauth's no: who has left or is switched off comes in by an ssh key.");
	}
	if (ways(l, CODE(SUCCESS)).n == 0)
		replace_line(l, WRONG, "account-locked-out", l->hcauth,
			"account lets nobody of hcauth's in, even after hcauth's yes.");
	if (ways(l, CODE(USER_UNKNOWN)).n == 0 && pam_list_find(l->list, "pam_unix.so") >= 0)
		replace_line(l, WRONG, "root-locked-out", l->hcauth,
			"account keeps root and local users out: what hcauth says of those who are not its own must be ignored.");
}

static void look_at_session(struct look *l)
{
	const struct pam_line *above = l->list->n ? &l->list->line[0] : NULL;
	int at = pam_list_find(l->list, "pam_unix.so");

	if (l->hcauth || is_locker(l->s->service) || l->list->other || l->list->n == 0)
		return;
	if (at >= 0)
		above = &l->list->line[at];
	add_line(l, MIND, "session-missing", above,
		"hcauth is in auth but not in session: nobody can tell who is signed in, and within a shift the PIN is not enough.");
}

#define PASSWORD_REFUSALS                                                                          \
	(CODE(AUTHTOK_ERR) | CODE(PERM_DENIED) | CODE(ACCT_EXPIRED) | CODE(CONV_ERR))

/* passwd's lines decide whether a person of hcauth's can get a Unix password. */
static void look_at_password(struct look *l)
{
	const struct pam_line *first = l->list->n ? &l->list->line[0] : NULL;
	struct pam_ways w = ways(l, PASSWORD_REFUSALS | CODE(AUTHINFO_UNAVAIL));

	if (!l->hcauth && w.n > 0) {
		add_line(l, MIND, "passwd-unix", l->list->other ? NULL : first,
			"passwd does not ask hcauth: it changes the Unix password of local users whom hcauth looks after, and nobody's hcauth password.");
		return;
	}
	for (size_t i = 0; i < w.n; i++)
		if (!(w.way[i].shown & SHOWN_HCAUTH)) {
			replace_line(l, WRONG, "passwd-unix", l->hcauth,
				"passwd goes on to a Unix password when hcauth has refused: it would be a second way in.");
			return;
		}
}

void look_at_rest(struct doctor *d, const struct pam_stack *s)
{
	struct look l;

	if (pam_list_find(&s->phase[PHASE_AUTH], "pam_hcauth.so") >= 0) {
		l = look_of(d, s, PHASE_ACCOUNT);
		look_at_account(&l);
		l = look_of(d, s, PHASE_SESSION);
		look_at_session(&l);
	}
	if (strcmp(s->service, "passwd") == 0) {
		l = look_of(d, s, PHASE_PASSWORD);
		look_at_password(&l);
	}
}
