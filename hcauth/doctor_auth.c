/* SPDX-License-Identifier: Apache-2.0 */
/* What a service's auth phase asks of whom. What must hold: each way in that hcauth has not agreed to is named, with the
 * line that opens it; and root and local users get in as before. */
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "pam_walk.h"

/* What hcauth answers when it has been asked and does not agree. */
#define REFUSALS                                                                                   \
	(CODE(AUTH_ERR) | CODE(CONV_ERR) | CODE(SERVICE_ERR) | CODE(SYSTEM_ERR) |                  \
		CODE(PERM_DENIED) | CODE(ACCT_EXPIRED) | CODE(MAXTRIES) | CODE(ABORT))

struct look {
	struct doctor *d;
	const struct pam_stack *s;
	const struct pam_list *list;
	const struct pam_line *hcauth; /* its first line; NULL: it is not asked */
	struct door *door;
	char bypass[512];
};

static struct pam_ways ways(struct look *l, uint32_t hcauth, bool has_unix, bool known)
{
	const struct caller c = { .doctor = l->d,
		.phase = PHASE_AUTH,
		.hcauth = hcauth,
		.has_unix = has_unix,
		.known = known };
	struct pam_ways w;

	if (!pam_walk(l->list, module_answer, &c, &w))
		l->d->memory_out = true;
	if (w.given_up)
		found(l->d,
			(struct found){ WRONG, "too-much", l->s->service, MEND_NOT, NULL, NULL },
			"The auth lines leap to and fro too much to be followed: there may be any way in. Take those of conf/pam.d.");
	return w;
}

static bool has_way(const struct pam_ways *w, unsigned with, unsigned without)
{
	for (size_t i = 0; i < w->n; i++)
		if ((w->way[i].shown & with) == with && !(w->way[i].shown & without))
			return true;
	return false;
}

/* "a Unix password", "a finger", ... */
static const char *shown_words(const struct pam_way *w)
{
	if (w->shown & SHOWN_OTHER)
		return "what another module asks for";
	if (w->shown & SHOWN_FINGER && w->shown & SHOWN_UNIX)
		return "a finger and a Unix password";
	if (w->shown & SHOWN_FINGER)
		return "a finger";
	return w->shown & SHOWN_UNIX ? "a Unix password" : "nothing at all";
}

static void add_bypass(struct look *l, const char *how, const struct pam_way *w)
{
	size_t used = strlen(l->bypass);
	char one[128];

	snprintf(one, sizeof one, "%s %s", shown_words(w), how);
	if (!strstr(l->bypass, one))
		snprintf(l->bypass + used, sizeof l->bypass - used, "%s%s", used ? "; " : "", one);
}

/* The line of hcauth's that lets the stack go on after one of these answers. */
static const struct pam_line *goes_on(const struct look *l, uint32_t codes)
{
	for (size_t i = 0; i < l->list->n; i++) {
		const struct pam_line *line = &l->list->line[i];

		for (int c = 0; c < PAM_CODES && pam_line_is(line, "pam_hcauth.so"); c++)
			if (codes >> c & 1 && line->action[c] != ACTION_DIE)
				return line;
	}
	return l->hcauth;
}

static void hcauth_line(struct look *l, enum severity severity, const char *id,
	const struct pam_line *old, const char *means)
{
	char *where = line_place(l->d, old), *line = line_right(l->d, PHASE_AUTH, old);

	found(l->d, (struct found){ severity, id, l->s->service, MEND_REPLACE, where, line }, "%s",
		means);
	free(where);
	free(line);
}

/* --- after hcauth's no --- */

static void look_after(struct look *l, uint32_t codes, const char *id, const char *when)
{
	struct pam_ways w = ways(l, codes, true, true);
	char means[256];

	for (size_t i = 0; i < w.n; i++) {
		const struct pam_way *way = &w.way[i];

		if (!(way->shown & SHOWN_ASKED) || way->shown & (SHOWN_HCAUTH | SHOWN_ROOT))
			continue;
		add_bypass(l, when, way);
		snprintf(means, sizeof means, "%s, %s lets people in: the stack goes on.", when,
			shown_words(way));
		means[0] = (char)(means[0] - 'a' + 'A');
		hcauth_line(l, WRONG, id, goes_on(l, codes), means);
	}
}

/* --- before hcauth --- */

/* Whether a leap of an earlier line lands after the one at place i, so that taking it away would move the landing. */
static bool leapt_over(const struct pam_list *list, size_t i)
{
	for (size_t k = 0; k < i; k++)
		for (int c = 0; c < PAM_CODES; c++)
			if (list->line[k].action[c] > 0 && k + (size_t)list->line[k].action[c] >= i)
				return true;
	return false;
}

static size_t place_of(const struct pam_list *list, const struct pam_line *line)
{
	return (size_t)(line - list->line);
}

static void no_say(struct look *l, struct found f, const struct pam_line *by, const char *means)
{
	char *where = line_place(l->d, by), *line = NULL;

	f.where = where;
	f.mend = MEND_REMOVE;
	if (leapt_over(l->list, place_of(l->list, by))) {
		line = doctor_text(l->d, "auth\t[default=ignore]\t%s", by->module);
		f.mend = MEND_REPLACE;
		f.line = line;
	}
	found(l->d, f, "%s", means);
	free(where);
	free(line);
}

/* "user = newcomer", of whom it is who signs in, and nothing else. */
static bool is_newcomer(const struct pam_line *by)
{
	static const char *const test[] = { "user", "=", "newcomer" };
	size_t at = by->words - 3;

	if (!pam_line_is(by, "pam_succeed_if.so") || by->words < 3)
		return false;
	for (size_t i = 0; i < at; i++)
		if (strncmp(by->word[i], "quiet", 5) != 0)
			return false;
	for (size_t i = 0; i < 3; i++)
		if (strcmp(by->word[at + i], test[i]) != 0)
			return false;
	return true;
}

static void before(struct look *l, const struct pam_way *way)
{
	const struct pam_line *by = way->by;
	struct found f = { .severity = WRONG, .id = "before-hcauth", .subject = l->s->service };
	char means[256];

	if (is_newcomer(by))
		return;
	add_bypass(l, "before hcauth is asked", way);
	if (way->shown & SHOWN_UNIX) {
		char *where = line_place(l->d, by), *line = line_right(l->d, PHASE_AUTH, NULL);

		f.mend = MEND_BEFORE;
		f.where = where;
		f.line = line;
		found(l->d, f,
			"%s is asked before hcauth: whoever has a Unix password needs no code.",
			by->module);
		free(where);
		free(line);
		return;
	}
	if (way->shown & SHOWN_FINGER)
		f.id = "finger-alone";
	if (way->shown & SHOWN_FINGER && strstr(by->file, "/common-")) {
		f.mend = MEND_RUN;
		f.line = "pam-auth-update --disable fprintd";
		found(l->d, f, "A finger alone signs in, and hcauth is never asked.");
		return;
	}
	if (!(way->shown & (SHOWN_FINGER | SHOWN_OTHER)) && !pam_line_is(by, "pam_permit.so"))
		f.severity = MIND; /* it looks at something that cannot be seen from here */
	snprintf(means, sizeof means,
		way->shown & SHOWN_FINGER
			? "A finger alone signs in, and hcauth is never asked (%s)."
			: way->shown & SHOWN_OTHER
			? "Whoever satisfies %s is signed in, and hcauth is never asked."
			: "Whoever %s lets pass proves nothing, and hcauth is never asked.",
		by->module);
	no_say(l, f, by, means);
}

static void look_before(struct look *l)
{
	struct pam_ways w = ways(l, CODE(AUTH_ERR), true, true);

	for (size_t i = 0; i < w.n; i++)
		if (!(w.way[i].shown & (SHOWN_ASKED | SHOWN_HCAUTH | SHOWN_ROOT)))
			before(l, &w.way[i]);
}

/* --- those who are to get in --- */

static void look_at_person(struct look *l)
{
	struct pam_ways w = ways(l, CODE(SUCCESS), false, true);

	if (!has_way(&w, SHOWN_HCAUTH, SHOWN_OTHER | SHOWN_FINGER) &&
		!has_way(&w, SHOWN_HCAUTH, SHOWN_OTHER))
		hcauth_line(l, WRONG, "person-locked-out", l->hcauth,
			"Nobody of hcauth's gets in: after hcauth's yes the stack still wants what they do not have.");
}

/* With a right line pam_unix decides then: about those alone who have a Unix password. */
static void look_if_missing(struct look *l, const char *when)
{
	struct pam_ways w = ways(l, CODE(MODULE_UNKNOWN), l->d->hashed != NULL, true);

	for (size_t i = 0; i < w.n; i++)
		if (w.way[i].shown & SHOWN_ASKED && !(w.way[i].shown & (SHOWN_ROOT | SHOWN_OTHER)))
			add_bypass(l, when, &w.way[i]);
}

static void local_proves_nothing(struct look *l, const struct pam_line *by)
{
	const struct pam_line *last = l->hcauth;

	for (size_t i = 0; i < l->list->n; i++)
		if (pam_line_is(&l->list->line[i], "pam_hcauth.so"))
			last = &l->list->line[i];
	char *where = line_place(l->d, last);
	found(l->d,
		(struct found){ WRONG, "local-proves-nothing", l->s->service, MEND_AFTER, where,
			"auth\trequired\tpam_unix.so" },
		"Root and local users need prove nothing: hcauth leaves them to the other lines, and %s is enough there.",
		by->module);
	free(where);
}

static void look_at_local(struct look *l)
{
	struct pam_ways known = ways(l, CODE(USER_UNKNOWN), true, true);
	struct pam_ways missing = ways(l, CODE(MODULE_UNKNOWN), true, true);
	bool has_unix = pam_list_find(l->list, "pam_unix.so") >= 0;

	if (!has_way(&known, SHOWN_UNIX, 0) && has_unix)
		hcauth_line(l, WRONG, "root-locked-out", goes_on(l, 0),
			"Root and local users can't get in: what hcauth says of those who are not its own must be ignored.");
	else if (!has_way(&known, SHOWN_UNIX, 0))
		found(l->d,
			(struct found){ MIND, "only-hcauth", l->s->service, MEND_NOT, NULL, NULL },
			"Only hcauth's people sign in here: no Unix password is asked for. Keep another door for root.");
	else if (!has_way(&missing, SHOWN_UNIX, 0))
		hcauth_line(l, MIND, "missing-locks-out", l->hcauth,
			"Should the file of pam_hcauth.so go missing, root could not get in.");

	for (size_t i = 0; i < known.n; i++)
		if (!(known.way[i].shown & ~(unsigned)SHOWN_ASKED) && known.way[i].shown)
			local_proves_nothing(l, known.way[i].by);
	look_if_missing(l, "if pam_hcauth.so goes missing");
}

/* --- the lines themselves --- */

static void look_at_hcauth_line(struct look *l, const struct pam_line *line)
{
	char *where = line_place(l->d, line);

	if (!module_is_there(l->d, line))
		found(l->d,
			(struct found){
				WRONG, "module-missing", l->s->service, MEND_NOT, where, NULL },
			"%s is not where libpam looks for modules: hcauth's people can't sign in, and pam_unix decides about whoever has a Unix password. Install hcauth again.",
			line->module);
	if (line->silent) {
		char *right = line_right(l->d, PHASE_AUTH, line);

		found(l->d,
			(struct found){ MIND, "load-errors-hidden", l->s->service, MEND_REPLACE,
				where, right },
			"\"-auth\" hides it when pam_hcauth.so can't be loaded: nothing would say why nobody gets in.");
		free(right);
	}
	free(where);
}

static void look_at_nullok(struct look *l, const struct pam_line *line)
{
	char *where = line_place(l->d, line);
	char *right = line_without(l->d, PHASE_AUTH, line, "nullok");

	found(l->d,
		(struct found){ l->d->hashed_empty ? WRONG : MIND, "nullok", l->s->service,
			MEND_REPLACE, where, right },
		"\"nullok\": a user with an empty hash in /etc/shadow needs no password%s.",
		l->d->hashed_empty ? ", and there is one" : "; there is none now");
	free(where);
	free(right);
}

static void look_at_lines(struct look *l)
{
	for (size_t i = 0; i < l->list->n; i++) {
		const struct pam_line *line = &l->list->line[i];

		if (pam_line_is(line, "pam_hcauth.so"))
			look_at_hcauth_line(l, line);
		if (pam_line_is(line, "pam_unix.so") &&
			(pam_line_has(line, "nullok") || pam_line_has(line, "nullok_secure")))
			look_at_nullok(l, line);
	}
}

/* --- without hcauth --- */

static void look_without(struct look *l)
{
	struct pam_ways w = ways(l, 0, true, true);
	struct door *door = l->door;
	bool nothing = has_way(&w, 0, SHOWN_UNIX | SHOWN_ROOT | SHOWN_OTHER | SHOWN_FINGER);
	bool by_unix = has_way(&w, SHOWN_UNIX, 0);

	door->person = doctor_text(l->d, "%s",
		nothing            ? "nothing: hcauth is not asked"
			: w.n == 0 ? "refused: nobody signs in here"
			: by_unix  ? "hcauth is not asked; its people have no Unix password to give"
				   : "hcauth is not asked");
	door->root = doctor_text(l->d, "%s",
		nothing                              ? "nothing"
			: has_way(&w, SHOWN_ROOT, 0) ? "nothing, if root calls it"
			: w.n == 0                   ? "refused"
						     : "as before");
	w = ways(l, 0, false, false);
	door->stranger = doctor_text(l->d, "%s",
		has_way(&w, 0, SHOWN_ROOT | SHOWN_OTHER | SHOWN_FINGER) ? "nothing" : "refused");
	door->bypass = doctor_text(l->d, "%s",
		nothing && !is_own(l->s->service) ? "nothing is proved here" : "none by hcauth");
	if (nothing && !is_own(l->s->service))
		found(l->d,
			(struct found){
				MIND, "nothing-proved", l->s->service, MEND_NOT, l->s->file, NULL },
			"Nothing need be proved here, by anybody. Right for an automatic sign-in only.");
	else if (by_unix && !is_own(l->s->service) && l->s->file)
		found(l->d,
			(struct found){ MIND, "not-asked", l->s->service, MEND_NOT, NULL, NULL },
			"hcauth is not asked here. Its people can't come in, unless they have a Unix password: then that alone will do. To ask it: hcauth enable SERVICE, or pam-auth-update --enable hcauth.");
}

/* --- */

static const char *local_words(const struct pam_ways *local)
{
	if (has_way(local, 0, SHOWN_UNIX | SHOWN_ROOT | SHOWN_OTHER | SHOWN_FINGER))
		return "nothing";
	if (has_way(local, SHOWN_ROOT, 0))
		return "nothing, if root calls it; else a Unix password";
	if (has_way(local, SHOWN_UNIX, 0))
		return "as before, a Unix password (pam_unix)";
	return local->n > 0 ? "as before" : "refused";
}

static void describe(struct look *l)
{
	const struct rule *r = rule_for(&l->d->facts, l->s->service);
	struct pam_ways local = ways(l, CODE(USER_UNKNOWN), true, true);
	struct pam_ways stranger = ways(l, REFUSALS | CODE(AUTHINFO_UNAVAIL), false, false);
	char words[256] = "what hcauthd.conf requires (hcauthd does not answer)";
	struct door *door = l->door;

	if (r)
		rule_words(r, words, sizeof words);
	door->person = doctor_text(
		l->d, "%s%s", words, r && r->shift ? "; within a shift the PIN alone" : "");
	door->root = doctor_text(l->d, "%s", local_words(&local));
	door->stranger = doctor_text(l->d, "%s",
		has_way(&stranger, 0, SHOWN_ROOT | SHOWN_OTHER | SHOWN_FINGER | SHOWN_HCAUTH)
			? "nothing"
			: "refused, after the same prompts");
	door->bypass = doctor_text(l->d, "%s", *l->bypass ? l->bypass : NO_BYPASS);
}

void look_at_auth(struct doctor *d, const struct pam_stack *s, struct door *door)
{
	const struct pam_list *list = &s->phase[PHASE_AUTH];
	struct look l = { .d = d, .s = s, .list = list, .door = door };
	int at = pam_list_find(list, "pam_hcauth.so");

	look_at_lines(&l);
	if (at < 0) {
		look_without(&l);
		return;
	}
	l.hcauth = &list->line[at];
	if (!module_is_there(d, l.hcauth)) {
		look_if_missing(&l, "as pam_hcauth.so is missing");
		describe(&l);
		return;
	}
	look_before(&l);
	look_after(&l, REFUSALS, "after-refusal", "after hcauth has refused");
	look_after(&l, CODE(AUTHINFO_UNAVAIL), "after-unavailable", "while hcauthd can't be asked");
	look_at_person(&l);
	look_at_local(&l);
	describe(&l);
}
