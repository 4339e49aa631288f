/* SPDX-License-Identifier: Apache-2.0 */
/* "hcauth doctor". What must hold: it changes nothing; it shows no secret; what it could not look at is said, and is never
 * taken for well. */
#include "doctor.h"

#include <string.h>
#include <unistd.h>

#include "hcauth.h"
#include "verbs.h"

#ifndef HC_ROOT /* the check program has a folder of its own */
#define HC_ROOT ""
#endif

int cmd_doctor(const char *const *words, size_t n)
{
	bool json = n == 2 && strcmp(words[1], "--json") == 0;
	struct doctor d;

	if (n > 2 || (n == 2 && !json)) {
		complain("Usage: hcauth doctor [--json]");
		return STATUS_USAGE;
	}
	if (geteuid() != 0) {
		complain("Only root may do this. Try: sudo hcauth doctor");
		return STATUS_NOT_ALLOWED;
	}
	doctor_begin(&d, HC_ROOT);
	ask_daemon(&d.facts);
	look_at_users(&d);
	look_at_pam(&d);
	look_at_sshd(&d);
	look_at_sudo(&d);
	look_at_names(&d);
	look_at_files(&d);
	look_at_daemon(&d);
	look_at_machine(&d);
	if (json)
		print_json(&d, stdout);
	else
		print_text(&d, stdout);
	int status = doctor_worst(&d) == WRONG ? STATUS_REFUSED : STATUS_DONE;
	doctor_end(&d);
	return status;
}
