/* SPDX-License-Identifier: Apache-2.0 */
/* Every service of PAM. What must hold: a service that libpam would serve is looked at, also those in /usr/lib/pam.d;
 * what libpam can't use is said, and not judged. */
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "read_file.h"

static void look_at_unusable(struct doctor *d, const struct pam_stack *s)
{
	char *where = s->unusable_number
		? doctor_text(d, "%s:%u", s->unusable_file, s->unusable_number)
		: doctor_text(d, "%s", s->unusable_file);

	found(d, (struct found){ WRONG, "unusable", s->service, MEND_NOT, where, NULL },
		"libpam can't use this service, and nobody comes in by it: %s.", s->unusable);
	free(where);
}

static void look_at_broken(struct doctor *d, const struct pam_stack *s)
{
	for (int p = 0; p < PHASES; p++)
		for (size_t i = 0; i < s->phase[p].n; i++) {
			const struct pam_line *l = &s->phase[p].line[i];
			char *where;

			if (!l->broken || s->phase[p].other)
				continue;
			where = line_place(d, l);
			found(d,
				(struct found){
					WRONG, "broken-line", s->service, MEND_NOT, where, NULL },
				"libpam lets this line fail, whoever asks: %s.", l->broken);
			free(where);
		}
}

static void add_door(struct doctor *d, struct door *door)
{
	if (!door->service || !door->file || !door->person || !door->root || !door->stranger ||
		!door->bypass) {
		free(door->service);
		free(door->file);
		free(door->person);
		free(door->root);
		free(door->stranger);
		free(door->bypass);
		free(door);
		d->memory_out = true;
		return;
	}
	*d->doors_end = door;
	d->doors_end = &door->next;
}

static void look_at_service(struct doctor *d, const struct pam_stack *s)
{
	struct door *door = calloc(1, sizeof *door);

	if (!door) {
		d->memory_out = true;
		return;
	}
	door->service = doctor_text(d, "%s", s->service);
	door->file = doctor_text(d, "%s", s->file ? s->file : "");
	look_at_broken(d, s);
	if (s->unusable) {
		look_at_unusable(d, s);
		door->person = doctor_text(d, "refused");
		door->root = doctor_text(d, "refused: libpam can't use the file");
		door->stranger = doctor_text(d, "refused");
		door->bypass = doctor_text(d, "none: nobody comes in");
	} else {
		look_at_auth(d, s, door);
		look_at_rest(d, s);
		look_at_words(d, s);
	}
	add_door(d, door);
}

/* What others include. Services among them are served by that name as well (Debian's su-l includes su). */
static bool is_fragment(const char *name)
{
	static const char *const begins[] = { "common-", "system-", "password-auth", "postlogin",
		"fingerprint-auth", "smartcard-auth" };

	for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
		if (strncmp(name, begins[i], strlen(begins[i])) == 0)
			return true;
	return false;
}

/* --- pam-auth-update --- */

/* A profile's module lines stand in /var/lib/pam/auth as it last wrote them; each has its place in common-auth, with leaps
 * counted anew. Whether every module in the one is in the other, and the other way round. */
static bool as_written(struct doctor *d, const char *phase, const char *state)
{
	struct pam_stack s;
	char name[32], *text = doctor_text(d, "%s", state);
	bool same = true;
	size_t modules = 0;

	snprintf(name, sizeof name, "common-%s", phase);
	if (!text || !pam_stack_read(d->root, name, &s)) {
		free(text);
		d->memory_out = true;
		return true;
	}
	const struct pam_list *l = NULL;
	for (int p = 0; p < PHASES; p++)
		if (strcmp(pam_phase_name((enum pam_phase)p), phase) == 0)
			l = &s.phase[p];
	for (char *save, *line = strtok_r(text, "\n", &save); line && l;
		line = strtok_r(NULL, "\n", &save)) {
		char *at = strstr(line, ".so");

		if (!at || strncmp(line, "Module:", 7) == 0)
			continue;
		char *begin = at;
		while (begin > line && begin[-1] != ' ' && begin[-1] != '\t')
			begin--;
		at[3] = 0;
		same &= pam_list_find(l, begin) >= 0;
		modules++;
	}
	/* pam_deny and pam_permit are pam-auth-update's own */
	for (size_t i = 0; l && i < l->n; i++)
		if (pam_line_is(&l->line[i], "pam_deny.so") ||
			pam_line_is(&l->line[i], "pam_permit.so"))
			modules++;
	same = same && l && modules >= l->n;
	pam_stack_free(&s);
	free(text);
	return same;
}

static void look_at_profiles(struct doctor *d)
{
	static const char *const phases[] = { "auth", "account", "session", "password" };
	char path[64], file[64];

	for (size_t i = 0; i < sizeof phases / sizeof *phases; i++) {
		snprintf(path, sizeof path, "/var/lib/pam/%s", phases[i]);
		snprintf(file, sizeof file, "/etc/pam.d/common-%s", phases[i]);
		char *state = doctor_read(d, path, 65536);
		if (state && doctor_file(d, file) && !as_written(d, phases[i], state))
			found(d,
				(struct found){ MIND, "hand-edited", file + strlen("/etc/pam.d/"),
					MEND_NOT, file, NULL },
				"Edited by hand: pam-auth-update leaves it alone from now on, so packages neither add nor remove hcauth there. That is yours to do.");
		free(state);
	}
}

void look_at_pam(struct doctor *d)
{
	char **names = pam_services(d->root);

	if (!names) {
		found(d, (struct found){ WRONG, "no-pam", "PAM", MEND_NOT, "/etc/pam.d", NULL },
			"The folder of PAM's services can't be read.");
		return;
	}
	for (size_t i = 0; names[i]; i++) {
		struct pam_stack s;

		if (is_fragment(names[i]))
			continue;
		if (!pam_stack_read(d->root, names[i], &s)) {
			d->memory_out = true;
			break;
		}
		look_at_service(d, &s);
		pam_stack_free(&s);
	}
	pam_services_free(names);
	look_at_profiles(d);
}
