/* SPDX-License-Identifier: Apache-2.0 */
/* The surroundings of pam_hcauth in its tests, but for the daemon. What must hold: whatever goes wrong
 * here ends the test program, so that no case passes because something was not there. */
#include "rig.h"

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char rig_no_text[] = "no text";
const char rig_no_response[] = "no response";
const char rig_fails[] = "fails";

__attribute__((constructor)) static void need_root(void)
{
	if (geteuid() == 0)
		return;
	printf("1..0 # SKIP the daemon's listener must be root's\n");
	exit(77);
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	if (!f || fputs(text, f) == EOF || fclose(f) == EOF)
		err(1, "%s", path);
}

void rig_world(int directory_errno)
{
	char text[1024];

	snprintf(text, sizeof text,
		"%d\n"
		"jdoe jdoe 20001 0\n"
		"jane@clinic.example jdoe 20001 0\n"
		"other other 20002 0\n"
		"anna anna 1001 1\n"
		"shared@clinic.example - 4294967295 2\n"
		"root root 20009 1\n"
		"bob bob 20003 0\n"
		"carl carl 1003 1\n"
		"ghost ghost 20004 0\n",
		directory_errno);
	write_file("directory", text);
	write_file("nss",
		"jdoe jdoe 20001\n"
		"jane@clinic.example jdoe 20001\n"
		"other other 20002\n"
		"anna anna 1001\n"
		"root root 0\n"
		"bin bin 2\n"
		"admin admin 1000\n"
		"ldap-user ldap-user 30001\n"
		"bob bob 1002\n"
		"carl carl 1004\n");
	write_file("passwd",
		"root:x:0:0:root:/root:/bin/bash\n"
		"bin:x:2:2:bin:/bin:/usr/sbin/nologin\n"
		"admin:x:1000:1000::/home/admin:/bin/bash\n"
		"anna:x:1001:1001::/home/anna:/bin/bash\n"
		"bob:x:1002:1002::/home/bob:/bin/bash\n"
		"carl:x:1004:1004::/home/carl:/bin/bash\n");
	write_file("shadow",
		"root:!:19000:0:99999:7:::\n"
		"admin:$y$j9T$abc$def:19000:0:99999:7:::\n"
		"anna:!$y$j9T$abc$def:19000:0:99999:7:::\n"
		"carl:*:19000:0:99999:7:::\n");
}

static int converse(int n, const struct pam_message **m, struct pam_response **resp, void *arg)
{
	struct person *p = arg;

	if (n != 1)
		errx(1, "%d messages in a call", n);
	if (p->messages < 64) {
		p->style[p->messages] = m[0]->msg_style;
		snprintf(p->text[p->messages], sizeof p->text[0], "%s", m[0]->msg);
	}
	p->messages++;
	*resp = NULL;
	if (m[0]->msg_style == PAM_TEXT_INFO || m[0]->msg_style == PAM_ERROR_MSG)
		return PAM_SUCCESS;

	const char *answer = p->said < p->n ? p->answers[p->said] : rig_fails;
	if (answer ==
		rig_fails) { /* as some programs do: what is left in place is no longer theirs */
		*resp = calloc(1, sizeof **resp);
		free(*resp);
		return PAM_CONV_ERR;
	}
	p->said++;
	if (answer == rig_no_response)
		return PAM_SUCCESS;
	*resp = calloc(1, sizeof **resp);
	if (*resp && answer != rig_no_text)
		(*resp)->resp = strdup(answer);
	return *resp ? PAM_SUCCESS : PAM_BUF_ERR;
}

pam_handle_t *rig_start(const char *user, const char *arguments, struct person *p)
{
	static const char *const stack = "auth required " TEST_PROBE " set\n"
					 "auth required %1$s %2$s\n"
					 "auth required " TEST_PROBE " note\n"
					 "account required %1$s %2$s\n"
					 "session required %1$s %2$s\n"
					 "password required " TEST_PROBE " set\n"
					 "password required %1$s %2$s\n"
					 "password required " TEST_PROBE " note\n";
	const struct pam_conv conv = { p ? converse : NULL, p };
	pam_handle_t *pamh = NULL;
	char text[8192];

	if (mkdir("pam.d", 0755) < 0 && errno != EEXIST)
		err(1, "pam.d");
	snprintf(text, sizeof text, stack, TEST_MODULE, arguments);
	write_file("pam.d/hc", text);
	if (pam_start_confdir("hc", user, &conv, "pam.d", &pamh) != PAM_SUCCESS)
		errx(1, "pam_start_confdir");
	return pamh;
}

const char *rig_code(int pam_code)
{
	static const struct {
		int code;
		const char *name;
	} names[] = {
		{ PAM_SUCCESS, "SUCCESS" },
		{ PAM_AUTH_ERR, "AUTH_ERR" },
		{ PAM_PERM_DENIED, "PERM_DENIED" },
		{ PAM_SESSION_ERR, "SESSION_ERR" },
		{ PAM_AUTHTOK_ERR, "AUTHTOK_ERR" },
		{ PAM_USER_UNKNOWN, "USER_UNKNOWN" },
		{ PAM_ACCT_EXPIRED, "ACCT_EXPIRED" },
		{ PAM_AUTHINFO_UNAVAIL, "AUTHINFO_UNAVAIL" },
		{ PAM_CONV_ERR, "CONV_ERR" },
		{ PAM_SERVICE_ERR, "SERVICE_ERR" },
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].code == pam_code)
			return names[i].name;
	static char text[16];

	snprintf(text, sizeof text, "%d", pam_code);
	return text;
}
