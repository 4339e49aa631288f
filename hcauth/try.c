/* SPDX-License-Identifier: Apache-2.0 */
/* hcauth-try: asks libpam what hcauth's lines in a service do, for "hcauth enable", which links libc alone. What must
 * hold: it changes nothing; nobody's password is needed for the first of its two forms, and none is ever shown; and it
 * only says that all is well when root is asked exactly what root was asked before.
 *
 *	hcauth-try check BEFORE AFTER SERVICE	root, whoever is signed in here, and a stranger
 *	hcauth-try person FOLDER SERVICE	signs somebody in, at this terminal
 *
 * BEFORE, AFTER and FOLDER are folders like /etc/pam.d. BEFORE has a service "hcauth-probe" of the module alone. */
#include <errno.h>
#include <inttypes.h>
#include <pwd.h>
#include <security/pam_appl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <unistd.h>

#include "hcauth.h"
#include "name.h"
#include "packet.h"
#include "paths.h"
#include "tty.h"
#include "wipe.h"

enum { PROMPTS_MAX = 8, DAEMON_MS = 5000, OTHER = 1 /* "daemon", on every machine */ };

void complain(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	fprintf(stderr, "hcauth: ");
	vfprintf(stderr, format, ap);
	fprintf(stderr, "\n");
	va_end(ap);
}

/* A refusal is slow on purpose; here nobody guesses. */
static void no_delay(int status, unsigned usec, void *data)
{
	(void)status;
	(void)usec;
	(void)data;
}

/* --- what somebody is asked --- */

struct asked {
	bool answers; /* with something that nobody has; else the first question ends it */
	unsigned prompts;
	char text[400];
	int auth, account;
};

static char *junk(unsigned which)
{
	uint64_t r = 0;
	char *answer = calloc(1, 24);

	if (answer && getrandom(&r, sizeof r, 0) == (ssize_t)sizeof r)
		snprintf(answer, 24, which == 0 ? "%020" PRIu64 : "%06" PRIu64,
			which == 0 ? r : r % 1000000);
	return answer;
}

static int hear(const struct pam_message *m, struct pam_response *r, struct asked *a)
{
	size_t at = strlen(a->text);

	if (m->msg_style != PAM_PROMPT_ECHO_OFF && m->msg_style != PAM_PROMPT_ECHO_ON)
		return PAM_SUCCESS;
	snprintf(a->text + at, sizeof a->text - at, "%s\"%s\"", at ? ", " : "", m->msg);
	if (!a->answers || a->prompts++ >= PROMPTS_MAX)
		return PAM_CONV_ERR;
	r->resp = junk(a->prompts - 1);
	return r->resp ? PAM_SUCCESS : PAM_BUF_ERR;
}

static int hear_all(int n, const struct pam_message **m, struct pam_response **out, void *arg)
{
	struct pam_response *r = n > 0 ? calloc((size_t)n, sizeof *r) : NULL;

	if (!r)
		return PAM_BUF_ERR;
	for (int i = 0; i < n; i++) {
		int result = hear(m[i], &r[i], arg);

		if (result == PAM_SUCCESS)
			continue;
		for (int k = 0; k <= i; k++)
			free(r[k].resp);
		free(r);
		return result;
	}
	*out = r;
	return PAM_SUCCESS;
}

static void say_where(pam_handle_t *h, const char *service)
{
	const char *tty = isatty(STDIN_FILENO) ? ttyname(STDIN_FILENO) : NULL;

	(void)pam_set_item(h, PAM_FAIL_DELAY, (const void *)no_delay);
	if (strcmp(service, "sshd") == 0) {
		(void)pam_set_item(h, PAM_TTY, "ssh");
		(void)pam_set_item(h, PAM_RHOST, "127.0.0.1");
	} else if (tty) {
		(void)pam_set_item(h, PAM_TTY, strncmp(tty, "/dev/", 5) == 0 ? tty + 5 : tty);
	}
}

static bool ask(const char *folder, const char *service, const char *name, struct asked *a)
{
	const struct pam_conv conv = { .conv = hear_all, .appdata_ptr = a };
	pam_handle_t *h = NULL;

	if (pam_start_confdir(service, name, &conv, folder, &h) != PAM_SUCCESS) {
		complain("libpam can't read the service %s in %s.", service, folder);
		return false;
	}
	say_where(h, service);
	a->auth = pam_authenticate(h, 0);
	a->account = pam_acct_mgmt(h, 0);
	(void)pam_end(h, a->auth);
	return true;
}

/* Whether hcauth says that it does not know name, as it must of root. */
static int probe(const char *before, const char *name)
{
	struct asked a = { .answers = false };

	return ask(before, "hcauth-probe", name, &a) ? a.auth : PAM_SYSTEM_ERR;
}

static bool is_loaded(const char *before)
{
	int r = probe(before, "root");

	if (r == PAM_USER_UNKNOWN)
		return true;
	if (r == PAM_MODULE_UNKNOWN || r == PAM_OPEN_ERR || r == PAM_SYMBOL_ERR)
		complain("libpam can't load pam_hcauth.so. Is it where PAM's modules are?");
	else
		complain("pam_hcauth.so does not say of root that it does not know them: %s.",
			pam_strerror(NULL, r));
	return false;
}

static bool same_as_before(
	const char *before, const char *after, const char *service, const char *name)
{
	struct asked was = { .answers = false }, is = { .answers = false };

	if (!ask(before, service, name, &was) || !ask(after, service, name, &is))
		return false;
	if (was.auth != is.auth || was.account != is.account || strcmp(was.text, is.text) != 0) {
		complain("%s would be asked %s (%s, %s), and was asked %s (%s, %s).", name,
			*is.text ? is.text : "nothing", pam_strerror(NULL, is.auth),
			pam_strerror(NULL, is.account), *was.text ? was.text : "nothing",
			pam_strerror(NULL, was.auth), pam_strerror(NULL, was.account));
		return false;
	}
	printf("  %s: as before: %s\n", name,
		*is.text                         ? is.text
			: is.auth == PAM_SUCCESS ? "asked nothing, and let in"
						 : "asked nothing, and refused");
	return true;
}

/* Before anybody was added there is no directory, and the module does not ask the daemon about anybody. */
static bool knows_nobody_yet(void)
{
	if (access(HC_PUBLIC_FILE, F_OK) == 0 || errno != ENOENT)
		return false;
	int fd = packet_connect(HC_ROOT_SOCKET, boot_ms() + DAEMON_MS);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* su and its like let root become anybody: what they ask of others is seen by a real uid that is not root's. */
static bool become_other(void)
{
	if (setresuid(OTHER, (uid_t)-1, (uid_t)-1) == 0)
		return true;
	complain("What others than root are asked can't be tried.");
	return false;
}

static bool stranger_is_refused(const char *before, const char *after, const char *service)
{
	struct asked was = { .answers = true }, a = { .answers = true };
	uint32_t r = 0;
	char name[40];

	if (getrandom(&r, sizeof r, 0) != (ssize_t)sizeof r)
		return false;
	snprintf(name, sizeof name, "nobody-%08" PRIx32, r);
	if (!ask(before, service, name, &was) || (was.auth == PAM_SUCCESS && !become_other()) ||
		!ask(after, service, name, &a))
		return false;
	if (a.auth == PAM_SUCCESS) {
		complain("Somebody whom nobody knows would be let in.");
		return false;
	}
	if (a.auth != PAM_AUTHINFO_UNAVAIL) {
		printf("  somebody whom nobody knows: %s, and refused\n",
			*a.text ? a.text : "asked nothing");
		return true;
	}
	if (knows_nobody_yet()) {
		printf("  somebody whom nobody knows: refused. hcauth has no people yet.\n");
		return true;
	}
	complain("hcauthd does not answer, so its people would not be let in. See: hcauth status");
	return false;
}

/* Who has signed in here and then become root, if a user of the machine's own. */
static bool caller(const char *before, char *name, size_t size)
{
	char text[16] = "";
	uint64_t uid = 0;
	FILE *f = fopen("/proc/self/loginuid", "re");
	bool known = f && fgets(text, sizeof text, f) && parse_u64(text, 1, UINT32_MAX - 1, &uid);
	const struct passwd *pw = NULL;

	if (f)
		fclose(f);
	f = known ? fopen(HC_PASSWD_FILE, "re") : NULL;
	while (f && (pw = fgetpwent(f)) && pw->pw_uid != uid)
		;
	if (pw)
		snprintf(name, size, "%s", pw->pw_name);
	if (f)
		fclose(f);
	return pw && probe(before, name) == PAM_USER_UNKNOWN;
}

static bool check(const char *before, const char *after, const char *service)
{
	char name[SIGN_IN_NAME_MAX + 1];

	return is_loaded(before) && same_as_before(before, after, service, "root") &&
		(!caller(before, name, sizeof name) ||
			same_as_before(before, after, service, name)) &&
		stranger_is_refused(before, after, service);
}

/* --- a person --- */

static int pass_on(struct tty *t, const struct pam_message *m, struct pam_response *r)
{
	const bool asks = m->msg_style == PAM_PROMPT_ECHO_OFF || m->msg_style == PAM_PROMPT_ECHO_ON;
	SECRET(answer);

	if (!asks) {
		const struct tell said = { .level = m->msg_style == PAM_ERROR_MSG ? TELL_ERROR
										  : TELL_INFO,
			.text = m->msg };

		return tty_tell(t, &said) < 0 ? PAM_CONV_ERR : PAM_SUCCESS;
	}
	const struct ask a = { .echo = m->msg_style == PAM_PROMPT_ECHO_ON, .text = m->msg };
	if (tty_ask(t, &a, &answer) < 0)
		return PAM_CONV_ERR;
	r->resp = strndup(answer.text, answer.len);
	return r->resp ? PAM_SUCCESS : PAM_BUF_ERR;
}

static int converse(int n, const struct pam_message **m, struct pam_response **out, void *arg)
{
	struct pam_response *r = n > 0 ? calloc((size_t)n, sizeof *r) : NULL;
	int result = r ? PAM_SUCCESS : PAM_BUF_ERR;

	for (int i = 0; i < n && result == PAM_SUCCESS; i++)
		result = pass_on(arg, m[i], &r[i]);
	if (result == PAM_SUCCESS) {
		*out = r;
		return result;
	}
	for (int i = 0; r && i < n; i++)
		if (r[i].resp) {
			wipe(r[i].resp, strlen(r[i].resp));
			free(r[i].resp);
		}
	free(r);
	return result;
}

static bool sign_in(struct tty *t, const char *folder, const char *service, const char *name)
{
	const struct pam_conv conv = { .conv = converse, .appdata_ptr = t };
	pam_handle_t *h = NULL;

	if (pam_start_confdir(service, name, &conv, folder, &h) != PAM_SUCCESS)
		return false;
	say_where(h, service);
	int r = pam_authenticate(h, 0);
	if (r == PAM_SUCCESS)
		r = pam_acct_mgmt(h, 0);
	if (r == PAM_SUCCESS)
		printf("That would have let %s in.\n", name);
	else
		complain("That would not have let %s in: %s.", name, pam_strerror(h, r));
	(void)pam_end(h, r);
	return r == PAM_SUCCESS;
}

static bool person(const char *folder, const char *service)
{
	static const struct ask who = { .echo = true,
		.text = "Now sign in as one of hcauth's people, to try it, before anything is changed.\n"
			"E-mail address (press Enter to do without): " };
	struct tty t;
	SECRET(name);
	bool done = false;

	tty_open(&t);
	if (tty_ask(&t, &who, &name) == 0)
		done = name.len == 0 || sign_in(&t, folder, service, name.text);
	tty_close(&t);
	return done;
}

int main(int argc, char **argv)
{
	bool done = false;

	(void)prctl(PR_SET_DUMPABLE, 0);
	if (argc == 5 && strcmp(argv[1], "check") == 0)
		done = check(argv[2], argv[3], argv[4]);
	else if (argc == 4 && strcmp(argv[1], "person") == 0)
		done = person(argv[2], argv[3]);
	else
		complain("hcauth-try is run by \"hcauth enable\".");
	return fflush(stdout) == 0 && done ? EXIT_SUCCESS : EXIT_FAILURE;
}
