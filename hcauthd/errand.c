/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: libc only, since the listener has it; never NSS, which would ask us; uid 0 never has an
 * errand, whatever the file says. */
#include "errand.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "paths.h"

static const char *const users[ERRANDS] = {
	[ERRAND_COURIER] = HC_COURIER_USER, [ERRAND_NEWCOMER] = HC_NEWCOMER_USER
};

bool errands_load(struct errands *out)
{
	FILE *f = fopen(HC_PASSWD_FILE, "re");
	struct errands found = { .uid = { 0 } };

	if (!f)
		return false;
	for (struct passwd *p; (p = fgetpwent(f));)
		for (unsigned i = ERRAND_NONE + 1; i < ERRANDS; i++)
			if (!found.uid[i] && strcmp(p->pw_name, users[i]) == 0)
				found.uid[i] = p->pw_uid;
	fclose(f);
	*out = found;
	return true;
}

enum errand errand_of(const struct errands *e, uid_t uid)
{
	for (unsigned i = ERRAND_NONE + 1; uid != 0 && i < ERRANDS; i++)
		if (e->uid[i] == uid)
			return (enum errand)i;
	return ERRAND_NONE;
}
