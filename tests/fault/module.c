/* SPDX-License-Identifier: Apache-2.0 */
/* pam_hcauth and nss_hcauth, while each of their calls of the kernel and each allocation fails: FO-01, DL-09. What must
 * hold: whoever is ours and gives the wrong factors gets in nowhere, and is never left to the next module; a name that
 * is ours is never said to be unknown, and never somebody else's. */
#include <errno.h>
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../nss_hcauth/nss_hcauth.h"
#include "check.h"
#include "fault/each.h"
#include "pam/rig.h"
#include "unit/dir_people.h"

/* --- names --- */

static struct passwd pw;
static struct group gr;
static char space[4096];

static int user(void)
{
	int err = 0;

	each_begins();
	int r = _nss_hcauth_getpwnam_r("jdoe-stj", &pw, space, sizeof space, &err);
	return r == NSS_STATUS_SUCCESS &&
			(pw.pw_uid != 20000 || strcmp(pw.pw_name, "jdoe-stj") != 0)
		? 100
		: r;
}

static int user_by_uid(void)
{
	int err = 0;

	each_begins();
	int r = _nss_hcauth_getpwuid_r(20001, &pw, space, sizeof space, &err);
	return r == NSS_STATUS_SUCCESS && strcmp(pw.pw_name, "ben") != 0 ? 100 : r;
}

static int group(void)
{
	int err = 0;

	each_begins();
	int r = _nss_hcauth_getgrnam_r("staff", &gr, space, sizeof space, &err);
	return r == NSS_STATUS_SUCCESS && (gr.gr_gid != 20010 || !gr.gr_mem[0] || !gr.gr_mem[1])
		? 100
		: r;
}

/* Whoever is ours is found, or it can't be told just now. */
static void judge_ours(int r, bool fired)
{
	CHECK(r == NSS_STATUS_SUCCESS ||
		(fired && (r == NSS_STATUS_UNAVAIL || r == NSS_STATUS_TRYAGAIN)));
}

static int groups(void)
{
	long int start = 1, size = 1;
	gid_t *list = malloc(sizeof *list);
	int err = 0;

	list[0] = 20000;
	each_begins();
	int r = _nss_hcauth_initgroups_dyn("jdoe-stj", 20000, &start, &size, &list, -1, &err);
	for (long int i = 1; i < start; i++)
		if (list[i] != 20010 && list[i] != 20011)
			return 100;
	return r == NSS_STATUS_SUCCESS && start != 3 ? 101 : r;
}

static int nobody(void)
{
	int err = 0;

	each_begins();
	return _nss_hcauth_getpwnam_r("nobody-of-ours", &pw, space, sizeof space, &err);
}

static void judge_nobody(int r, bool fired)
{
	CHECK(r == NSS_STATUS_NOTFOUND ||
		(fired && (r == NSS_STATUS_UNAVAIL || r == NSS_STATUS_TRYAGAIN)));
}

TEST(fo01_dl09_faults_of_looking_names_up)
{
	people_folder();
	people_publish(false, 1);
	each("getpwnam", user, judge_ours);
	each("getpwuid", user_by_uid, judge_ours);
	each("getgrnam", group, judge_ours);
	each("initgroups", groups, judge_ours);
	each("getpwnam of nobody", nobody, judge_nobody);
}

/* --- signing in --- */

static pam_handle_t *pamh;
static int (*phase)(pam_handle_t *pamh, int flags);
static int refusal; /* what it says where nothing goes wrong */

static int converse(int n, const struct pam_message **m, struct pam_response **resp, void *arg)
{
	(void)arg;
	*resp = calloc((size_t)n, sizeof **resp);
	if (!*resp)
		return PAM_BUF_ERR;
	if (m[0]->msg_style == PAM_PROMPT_ECHO_OFF || m[0]->msg_style == PAM_PROMPT_ECHO_ON)
		(*resp)->resp = strdup("not this one");
	return PAM_SUCCESS;
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	CHECK(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

/* A module that says PAM_IGNORE leaves it to pam_permit. */
static void write_stack(void)
{
	static const char *const types[] = { "auth", "account", "session", "password" };
	FILE *f;

	CHECK_INT(mkdir("pam.d", 0755), 0);
	CHECK((f = fopen("pam.d/hc", "w")) != NULL);
	for (size_t i = 0; i < 4; i++)
		fprintf(f, "%s required %s\n%s required pam_permit.so\n", types[i], TEST_MODULE,
			types[i]);
	CHECK_INT(fclose(f), 0);
}

static void start(void)
{
	static const struct pam_conv conv = { converse, NULL };

	CHECK_INT(pam_start_confdir("hc", "jdoe-stj", &conv, "pam.d", &pamh), PAM_SUCCESS);
}

static int enter(void)
{
	each_begins();
	return phase(pamh, 0);
}

static void judge_refused(int r, bool fired)
{
	CHECK(r != PAM_SUCCESS && r != PAM_IGNORE && r != EACH_UNTOLD);
	CHECK(fired || r == refusal); /* else it is libpam that refuses, as there is no module */
}

static void refused(
	const char *name, int (*f)(pam_handle_t *, int), const char *script, int undisturbed)
{
	CHECK_INT(chmod(test_folder(), 0711), 0);
	people_folder();
	people_publish(false, 1);
	write_file("nss", "jdoe-stj jdoe-stj 20000\n");
	write_file("passwd", "root:x:0:0:root:/root:/bin/bash\n");
	write_file("shadow", "root:!:19000:0:99999:7:::\n");
	write_stack();
	rig_daemon(LISTEN_ROOT, &script, 1);
	each_prepare = start;
	phase = f;
	refusal = undisturbed;
	each(name, enter, judge_refused);
	rig_daemon_stop();
}

TEST(fo01_dl09_faults_of_a_wrong_password)
{
	refused("pam_authenticate", pam_authenticate,
		"P Password: \nC Code: \nv refused jdoe-stj 20000 -", PAM_AUTH_ERR);
}

TEST(fo01_dl09_faults_of_a_password_that_waits)
{
	refused("pam_authenticate", pam_authenticate,
		"w\ni Welcome\nP Password: \ne Too many tries. Please wait.\nv refused - 4294967295 -",
		PAM_AUTH_ERR);
}

TEST(fo01_dl09_faults_of_who_may_not_be_in)
{
	refused("pam_acct_mgmt", pam_acct_mgmt, "v disabled jdoe-stj 20000 -", PAM_ACCT_EXPIRED);
}

TEST(fo01_dl09_faults_of_a_session_that_is_refused)
{
	refused("pam_open_session", pam_open_session, "v refused jdoe-stj 20000 -",
		PAM_SESSION_ERR);
}

TEST(fo01_dl09_faults_of_a_change_of_password_that_is_refused)
{
	refused("pam_chauthtok", pam_chauthtok,
		"P Password: \nN New password: \nv refused jdoe-stj 20000 -", PAM_AUTHTOK_ERR);
}
