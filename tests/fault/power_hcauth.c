/* SPDX-License-Identifier: Apache-2.0 */
/* The command, as root. */
#include "fault/power_run.h"

#include <string.h>

#include "check.h"
#include "run.h"
#include "seal.h"
#include "unit/init_machine.h"
#include "verbs.h"

bool power_hcauth(const char *key, const char *const *words)
{
	const struct outcome o = run_as(0, key, INIT_COMMAND, words);

	if (o.status != STATUS_DONE)
		printf("# hcauth %s: %d: %s\n", words[0], o.status, o.err);
	return o.status == STATUS_DONE;
}

void power_init(char key[RECOVERY_TEXT])
{
	struct outcome o = run_as(0, "", INIT_COMMAND, (const char *const[]){ "init", NULL });
	const char *at = strchr(o.out, '\n');

	CHECK_INT(o.status, STATUS_DONE);
	CHECK(at != NULL);
	at += strspn(at, "\n ");
	snprintf(key, RECOVERY_TEXT, "%.*s", (int)strcspn(at, "\n"), at);
}
