/* SPDX-License-Identifier: Apache-2.0 */
/* sshd. What must hold: its own word counts ("sshd -T"), not a reading of its file; and so for each Match, as far as one can
 * be told who it is about. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "doctor.h"
#include "doctor_run.h"
#include "doctor_sshd.h"

#define SSHD "/usr/sbin/sshd"
#define CONFIG "/etc/ssh/sshd_config"

/* The value of a setting in what sshd -T prints, into out; "" if it is not there. */
static void value_of(const char *settings, const char *name, char *out, size_t size)
{
	size_t len = strlen(name);

	out[0] = 0;
	for (const char *p = settings; p && *p; p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL)
		if (strncasecmp(p, name, len) == 0 && p[len] == ' ') {
			snprintf(out, size, "%.*s", (int)strcspn(p + len + 1, "\n"), p + len + 1);
			return;
		}
}

/* sshd takes the first value that it finds, but for a Match, which overrules what stands outside. */
static void wants(struct doctor *d, enum severity severity, const char *match, const char *line,
	const char *means)
{
	if (match)
		found(d, (struct found){ severity, "sshd-setting", "sshd", MEND_SET, match, line },
			"%s This is by the Match there.", means);
	else
		found(d,
			(struct found){
				severity, "sshd-setting", "sshd", MEND_BEFORE, CONFIG ":1", line },
			"%s", means);
}

static void bypassed(struct doctor *d, const char *match, const char *how)
{
	char *text = doctor_text(d, "%s%s", how, match ? ", where a Match says so" : "");

	if (text)
		add_bypass_of(d, "sshd", text);
	free(text);
}

/* Whether each way that AuthenticationMethods gives has PAM's questions in it. */
static bool always_asks(const char *methods)
{
	char list[1024], *save;

	snprintf(list, sizeof list, "%s", methods);
	for (char *w = strtok_r(list, " ", &save); w; w = strtok_r(NULL, " ", &save))
		if (!strstr(w, "keyboard-interactive"))
			return false;
	return *methods != 0;
}

static void judge_methods(struct doctor *d, const char *settings, const char *match)
{
	char methods[1024], keys[64], host[64], gss[64];

	value_of(settings, "authenticationmethods", methods, sizeof methods);
	value_of(settings, "pubkeyauthentication", keys, sizeof keys);
	value_of(settings, "hostbasedauthentication", host, sizeof host);
	value_of(settings, "gssapiauthentication", gss, sizeof gss);
	if (always_asks(methods))
		return;
	if (strcmp(keys, "no") != 0 &&
		(strcmp(methods, "any") == 0 || strstr(methods, "publickey"))) {
		wants(d, MIND, match,
			"AuthenticationMethods publickey,keyboard-interactive:pam keyboard-interactive:pam",
			"An ssh key alone signs in, without password and code. (hcauth's account lines still keep out who has left.)");
		bypassed(d, match, "an ssh key alone");
	}
	if (strcmp(host, "yes") == 0) {
		wants(d, WRONG, match, "HostbasedAuthentication no",
			"Another machine's word alone signs in, without password and code.");
		bypassed(d, match, "another machine's word");
	}
	if (strcmp(gss, "yes") == 0) {
		wants(d, MIND, match, "GSSAPIAuthentication no",
			"A Kerberos ticket alone signs in, without password and code.");
		bypassed(d, match, "a Kerberos ticket alone");
	}
}

void judge_sshd(struct doctor *d, const char *settings, const char *match)
{
	char value[1024];

	value_of(settings, "usepam", value, sizeof value);
	if (strcmp(value, "yes") != 0)
		wants(d, WRONG, match, "UsePAM yes",
			"sshd does not use PAM: hcauth is never asked, and who has left comes in.");
	if (strcmp(value, "yes") != 0)
		bypassed(d, match, "a Unix password: sshd does not ask PAM");
	value_of(settings, "pamservicename", value, sizeof value);
	if (*value && strcmp(value, "sshd") != 0)
		wants(d, MIND, match, "PAMServiceName sshd",
			"sshd asks PAM as another service: what this says of sshd holds for that one.");
	value_of(settings, "kbdinteractiveauthentication", value, sizeof value);
	if (strcmp(value, "yes") != 0)
		wants(d, WRONG, match, "KbdInteractiveAuthentication yes",
			"sshd can't ask for a code: hcauth's people can't sign in with password and code.");
	value_of(settings, "passwordauthentication", value, sizeof value);
	if (strcmp(value, "no") != 0)
		wants(d, WRONG, match, "PasswordAuthentication no",
			"sshd's \"password\" method asks one thing only: whoever needs a code is refused by it, and their password is counted as tried.");
	value_of(settings, "permitemptypasswords", value, sizeof value);
	if (strcmp(value, "yes") == 0)
		wants(d, WRONG, match, "PermitEmptyPasswords no",
			"sshd lets in users with an empty password.");
	value_of(settings, "logingracetime", value, sizeof value);
	if (*value && strtoul(value, NULL, 10) > 0 && strtoul(value, NULL, 10) < 120)
		wants(d, MIND, match, "LoginGraceTime 600",
			"sshd ends a sign-in after less than two minutes, which is short for password and code.");
	judge_methods(d, settings, match);
}

void judge_sshd_version(struct doctor *d, const char *text, const struct pam_stack *s)
{
	const char *at = strstr(text, "OpenSSH_");
	int hcauth = pam_list_find(&s->phase[PHASE_AUTH], "pam_hcauth.so");
	char *end;

	if (!at || hcauth < 0)
		return;
	unsigned long major = strtoul(at + strlen("OpenSSH_"), &end, 10);
	unsigned long minor = *end == '.' ? strtoul(end + 1, NULL, 10) : 0;
	const struct pam_line *line = &s->phase[PHASE_AUTH].line[hcauth];
	bool has = pam_line_has(line, "canonical");
	bool needs = major == 10 && (minor == 1 || minor == 2);
	if (has == needs)
		return;

	char *where = line_place(d, line), *right = line_right(d, PHASE_AUTH, line), *cut;
	char *whole = needs && right ? doctor_text(d, "%s canonical", right) : right;
	if (!needs && right && (cut = strstr(right, " canonical")))
		memmove(cut, cut + strlen(" canonical"), strlen(cut + strlen(" canonical")) + 1);
	found(d, (struct found){ WRONG, "canonical", "sshd", MEND_REPLACE, where, whole },
		needs ? "sshd %lu.%lu ends the sign-in of whoever types an e-mail address, unless pam_hcauth has the argument \"canonical\"."
		      : "The argument \"canonical\" is for sshd 10.1 and 10.2 alone, and this is %lu.%lu: it ends the sign-in of whoever types an e-mail address.",
		major, minor);
	if (whole != right)
		free(whole);
	free(right);
	free(where);
}

/* --- running it --- */

static char *settings_for(struct doctor *d, const char *spec, int *status)
{
	char path[4096];
	const char *argv[] = { path, "-T", spec ? "-C" : NULL, spec, NULL };

	snprintf(path, sizeof path, "%s%s", d->root, SSHD);
	return run_program(argv, false, status);
}

static void judge_spec(struct doctor *d, const char *spec, const char *match)
{
	int status;
	char *settings = settings_for(d, spec, &status);

	if (settings && status == 0)
		judge_sshd(d, settings, match);
	else
		match_unjudged(d, match);
	free(settings);
}

static void look_at_version(struct doctor *d)
{
	char path[4096];
	const char *const argv[] = { path, "-V", NULL };
	struct pam_stack s;
	int status;

	snprintf(path, sizeof path, "%s%s", d->root, SSHD);
	char *text = run_program(argv, true, &status); /* older ones say it with their usage */
	if (text && pam_stack_read(d->root, "sshd", &s)) {
		judge_sshd_version(d, text, &s);
		pam_stack_free(&s);
	}
	free(text);
}

void look_at_sshd(struct doctor *d)
{
	int status;

	if (!doctor_file(d, SSHD) || !doctor_file(d, CONFIG))
		return;
	char *settings = settings_for(d, NULL, &status);
	if (!settings || status != 0) {
		found(d, (struct found){ MIND, "sshd-unread", "sshd", MEND_RUN, NULL, "sshd -T" },
			"sshd does not say what is in force: its settings were not looked at. To see why:");
		free(settings);
		return;
	}
	judge_sshd(d, settings, NULL);
	free(settings);
	look_at_version(d);
	look_at_matches(d, CONFIG, judge_spec);
}
