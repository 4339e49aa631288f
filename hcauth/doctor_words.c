/* SPDX-License-Identifier: Apache-2.0 */
/* The arguments of pam_hcauth. What must hold: an argument that lets nobody in, or that claims for everybody what has not
 * been proved, is found. */
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "pam_walk.h"

static bool is_known(const char *word)
{
	static const char *const words[] = { "chooser", "canonical", "use_first_pass",
		"try_first_pass" };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(word, words[i]) == 0)
			return true;
	return strncmp(word, "have=", 5) == 0 && word[5];
}

/* sshd looks at the name again, and su and sudo go by the one that was typed. */
static bool goes_by_typed_name(const char *service)
{
	static const char *const names[] = { "sshd", "su", "su-l", "sudo", "sudo-i" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(service, names[i]) == 0)
			return true;
	return false;
}

static void without(struct doctor *d, const struct pam_stack *s, enum pam_phase p,
	const struct pam_line *l, const char *word, const char *id, const char *means)
{
	char *where = line_place(d, l), *line = line_without(d, p, l, word);

	found(d, (struct found){ WRONG, id, s->service, MEND_REPLACE, where, line }, "\"%s\": %s",
		word, means);
	free(where);
	free(line);
}

/* Whether hcauth's yes at this very line can be come by without a finger. */
static bool without_finger(struct doctor *d, const struct pam_list *list, const struct pam_line *l)
{
	const struct caller c = {
		.doctor = d, .phase = PHASE_AUTH, .hcauth = CODE(SUCCESS), .known = true, .only = l
	};
	struct pam_ways w;

	if (!pam_walk(list, module_answer, &c, &w))
		d->memory_out = true;
	for (size_t i = 0; i < w.n; i++)
		if (w.way[i].shown & SHOWN_HCAUTH && !(w.way[i].shown & SHOWN_FINGER))
			return true;
	return w.given_up;
}

/* "have=" and a list with a finger in it. */
static bool claims_finger(const char *word)
{
	static const char finger[] = "fingerprint";
	const size_t len = sizeof finger - 1;

	if (strncmp(word, "have=", 5) != 0)
		return false;
	for (const char *p = word + 5; (p = strstr(p, finger)); p += len)
		if (strchr("=,", p[-1]) && (!p[len] || p[len] == ','))
			return true;
	return false;
}

static void look_at_line(
	struct doctor *d, const struct pam_stack *s, enum pam_phase p, const struct pam_line *l)
{
	for (size_t i = 0; i < l->words; i++) {
		const char *word = l->word[i];

		if (!is_known(word))
			without(d, s, p, l, word, "unknown-word",
				"pam_hcauth does not know that word, and lets nobody in.");
		else if (strcmp(word, "chooser") == 0 && p == PHASE_AUTH &&
			goes_by_typed_name(s->service))
			without(d, s, p, l, word, "chooser-here",
				"this program goes by the name that was typed: whoever chooses another account is not let in.");
		else if (claims_finger(word) && p == PHASE_AUTH &&
			without_finger(d, &s->phase[p], l))
			without(d, s, p, l, word, "have-unproved",
				"the line is come to without a finger too, and then says that one was recognised.");
	}
}

void look_at_words(struct doctor *d, const struct pam_stack *s)
{
	for (int p = 0; p < PHASES; p++)
		for (size_t i = 0; i < s->phase[p].n && !s->phase[p].other; i++)
			if (pam_line_is(&s->phase[p].line[i], "pam_hcauth.so"))
				look_at_line(d, s, (enum pam_phase)p, &s->phase[p].line[i]);
}
