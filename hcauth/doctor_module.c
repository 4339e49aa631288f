/* SPDX-License-Identifier: Apache-2.0 */
/* What modules of PAM may answer. What must hold: in doubt a module may answer anything, so that no way in is overlooked
 * that there is. */
#include <stdio.h>
#include <string.h>

#include "doctor.h"
#include "pam_walk.h"

enum kind {
	KIND_UNKNOWN, /* nobody here knows it: it may ask for something of its own */
	KIND_HCAUTH,
	KIND_UNIX,
	KIND_PERMIT,
	KIND_DENY,
	KIND_ROOT,
	KIND_FINGER,
	KIND_CHECK, /* looks at who, where or when; nothing is proved to it */
	KIND_STEP, /* says yes or nothing: keyrings */
	KIND_SILENT, /* has no say */
};

static const struct module {
	const char *name;
	enum kind kind;
} modules[] = {
	{ "pam_hcauth.so", KIND_HCAUTH },
	{ "pam_unix.so", KIND_UNIX },
	{ "pam_unix_auth.so", KIND_UNIX },
	{ "pam_unix_acct.so", KIND_UNIX },
	{ "pam_unix_session.so", KIND_UNIX },
	{ "pam_unix_passwd.so", KIND_UNIX },
	{ "pam_unix2.so", KIND_UNIX },
	{ "pam_pwdfile.so", KIND_UNKNOWN },
	{ "pam_permit.so", KIND_PERMIT },
	{ "pam_deny.so", KIND_DENY },
	{ "pam_rootok.so", KIND_ROOT },
	{ "pam_fprintd.so", KIND_FINGER },
	{ "pam_fprint.so", KIND_FINGER },
	{ "pam_succeed_if.so", KIND_CHECK },
	{ "pam_localuser.so", KIND_CHECK },
	{ "pam_listfile.so", KIND_CHECK },
	{ "pam_access.so", KIND_CHECK },
	{ "pam_wheel.so", KIND_CHECK },
	{ "pam_time.so", KIND_CHECK },
	{ "pam_shells.so", KIND_CHECK },
	{ "pam_securetty.so", KIND_CHECK },
	{ "pam_usertype.so", KIND_CHECK },
	{ "pam_rhosts.so", KIND_CHECK },
	{ "pam_exec.so", KIND_CHECK },
	{ "pam_warn.so", KIND_SILENT },
	{ "pam_nologin.so", KIND_SILENT },
	{ "pam_faildelay.so", KIND_SILENT },
	{ "pam_env.so", KIND_SILENT },
	{ "pam_group.so", KIND_SILENT },
	{ "pam_echo.so", KIND_STEP },
	{ "pam_issue.so", KIND_SILENT },
	{ "pam_faillock.so", KIND_CHECK },
	{ "pam_tally2.so", KIND_CHECK },
	{ "pam_gnome_keyring.so", KIND_STEP },
	{ "pam_kwallet5.so", KIND_STEP },
	{ "pam_cap.so", KIND_STEP },
	{ "pam_mount.so", KIND_STEP },
	{ "pam_ecryptfs.so", KIND_STEP },
	{ "pam_selinux.so", KIND_STEP },
	{ "pam_systemd.so", KIND_STEP },
	{ "pam_loginuid.so", KIND_STEP },
	{ "pam_keyinit.so", KIND_STEP },
	{ "pam_limits.so", KIND_STEP },
	{ "pam_motd.so", KIND_STEP },
	{ "pam_mail.so", KIND_STEP },
	{ "pam_lastlog.so", KIND_STEP },
	{ "pam_mkhomedir.so", KIND_STEP },
	{ "pam_umask.so", KIND_STEP },
	{ "pam_pwquality.so", KIND_STEP },
	{ "pam_cracklib.so", KIND_STEP },
	{ "pam_passwdqc.so", KIND_STEP },
	{ "pam_pwhistory.so", KIND_STEP },
};

static enum kind kind_of(const struct pam_line *l)
{
	for (size_t i = 0; i < sizeof modules / sizeof *modules; i++)
		if (pam_line_is(l, modules[i].name))
			return modules[i].kind;
	return KIND_UNKNOWN;
}

/* Folders that libpam has on one system or another. Its own build says which; a module stands in one of them. */
static const char *const folders[] = {
	HC_PAM_DIR,
	"/lib/security",
	"/lib64/security",
	"/usr/lib/security",
	"/usr/lib64/security",
	"/lib/x86_64-linux-gnu/security",
	"/usr/lib/x86_64-linux-gnu/security",
	"/lib/aarch64-linux-gnu/security",
	"/usr/lib/aarch64-linux-gnu/security",
};

bool module_is_there(const struct doctor *d, const struct pam_line *l)
{
	char path[1024];

	if (l->module[0] == '/')
		return doctor_file(d, l->module);
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
		if (snprintf(path, sizeof path, "%s/%s", folders[i], l->module) <
				(int)sizeof path &&
			doctor_file(d, path))
			return true;
	return false;
}

#define FAILURES                                                                                   \
	(CODE(AUTH_ERR) | CODE(PERM_DENIED) | CODE(USER_UNKNOWN) | CODE(AUTHINFO_UNAVAIL) |        \
		CODE(ACCT_EXPIRED) | CODE(SERVICE_ERR) | CODE(MAXTRIES))

static struct pam_answer unix_answer(const struct caller *c)
{
	struct pam_answer a = { .codes = CODE(AUTH_ERR) | CODE(AUTHINFO_UNAVAIL) };

	if (!c->known)
		return (struct pam_answer){ .codes = CODE(USER_UNKNOWN) | CODE(AUTHINFO_UNAVAIL) };
	if (c->phase == PHASE_ACCOUNT || c->phase == PHASE_SESSION)
		return (struct pam_answer){ .codes = CODE(SUCCESS) };
	if (c->has_unix) {
		a.codes |= CODE(SUCCESS);
		a.shows = SHOWN_UNIX;
	}
	return a;
}

static struct pam_answer silent_answer(const struct pam_line *l, const struct caller *c)
{
	uint32_t codes = CODE(IGNORE);

	if (pam_line_is(l, "pam_nologin.so"))
		codes |= CODE(AUTH_ERR) |
			(pam_line_has(l, "successok") ? CODE(SUCCESS) : (uint32_t)0);
	if (c->phase != PHASE_AUTH)
		codes |= CODE(SUCCESS);
	return (struct pam_answer){ .codes = codes };
}

/* Whether a check never lets pass whose name nobody knows. */
static bool needs_user(const struct pam_line *l)
{
	return pam_line_is(l, "pam_localuser.so") || pam_line_is(l, "pam_shells.so") ||
		pam_line_is(l, "pam_usertype.so") ||
		(pam_line_is(l, "pam_succeed_if.so") &&
			(pam_line_has(l, "uid") || pam_line_has(l, "gid")));
}

struct pam_answer module_answer(const struct pam_line *l, const void *arg)
{
	const struct caller *c = arg;
	enum kind kind = kind_of(l);

	if (kind == KIND_HCAUTH)
		return (struct pam_answer){
			.codes = !module_is_there(c->doctor, l) ? CODE(MODULE_UNKNOWN)
				: c->only && c->only != l       ? CODE(AUTH_ERR)
								: c->hcauth,
			.shows = SHOWN_HCAUTH,
			.seen = SHOWN_ASKED,
		};
	if (!module_is_there(c->doctor, l))
		return (struct pam_answer){ .codes = CODE(MODULE_UNKNOWN) };
	switch (kind) {
	case KIND_UNIX: return unix_answer(c);
	case KIND_PERMIT: return (struct pam_answer){ .codes = CODE(SUCCESS) };
	case KIND_DENY: return (struct pam_answer){ .codes = CODE(AUTH_ERR) | CODE(ACCT_EXPIRED) };
	case KIND_ROOT:
		return (struct pam_answer){ .codes = CODE(SUCCESS) | CODE(AUTH_ERR),
			.shows = SHOWN_ROOT };
	case KIND_FINGER:
		return (struct pam_answer){ .codes = CODE(SUCCESS) | FAILURES,
			.shows = SHOWN_FINGER };
	case KIND_CHECK:
		return (struct pam_answer){ .codes = FAILURES |
				(c->known || !needs_user(l) ? CODE(SUCCESS) | CODE(IGNORE) : 0U) };
	case KIND_STEP: return (struct pam_answer){ .codes = CODE(SUCCESS) | CODE(IGNORE) };
	case KIND_SILENT: return silent_answer(l, c);
	default:
		return (struct pam_answer){ .codes = CODE(SUCCESS) | CODE(IGNORE) | FAILURES,
			.shows = SHOWN_OTHER };
	}
}

char *line_place(struct doctor *d, const struct pam_line *l)
{
	return doctor_text(d, "%s:%u", l->file, l->number);
}

char *line_right(struct doctor *d, enum pam_phase p, const struct pam_line *old)
{
	static const char *const success[PHASES] = { "done", "ok", "ok", "done" };
	char words[256] = "", jump[16];
	const char *good = success[p];
	size_t used = 0;

	/* what comes after a yes stays as it was: a leap past pam_unix, or the rest of the stack */
	if (old && old->action[CODE_SUCCESS] > 0) {
		snprintf(jump, sizeof jump, "%d", old->action[CODE_SUCCESS]);
		good = jump;
	}
	for (size_t i = 0; old && i < old->words && used < sizeof words; i++)
		used += (size_t)snprintf(words + used, sizeof words - used, " %s", old->word[i]);
	return doctor_text(d,
		"%s\t[success=%s user_unknown=ignore module_unknown=ignore default=die]\tpam_hcauth.so%s",
		pam_phase_name(p), good, words);
}

char *line_without(struct doctor *d, enum pam_phase p, const struct pam_line *old, const char *word)
{
	bool brackets = strchr(old->control, '=') != NULL;
	char words[256] = "";
	size_t used = 0;

	for (size_t i = 0; i < old->words && used < sizeof words; i++)
		if (strncmp(old->word[i], word, strlen(word)) != 0)
			used += (size_t)snprintf(
				words + used, sizeof words - used, " %s", old->word[i]);
	return doctor_text(d, "%s%s\t%s%s%s\t%s%s", old->silent ? "-" : "", pam_phase_name(p),
		brackets ? "[" : "", old->control, brackets ? "]" : "", old->module, words);
}

bool is_locker(const char *service)
{
	static const char *const names[] = { "i3lock", "swaylock", "xscreensaver", "vlock", "xlock",
		"xsecurelock", "kscreensaver", "kde", "light-locker", "hyprlock", "waylock",
		"physlock", "gtklock", "mate-screensaver", "cinnamon-screensaver",
		"xfce4-screensaver", "gnome-screensaver", "slock" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(service, names[i]) == 0)
			return true;
	return false;
}

bool is_own(const char *service)
{
	static const char *const names[] = { "runuser", "runuser-l", "systemd-user", "systemd-run0",
		"gdm-launch-environment", "chpasswd", "newusers", "cron", "crond", "atd",
		"groupadd", "groupdel", "groupmod", "useradd", "userdel", "usermod", "chage",
		"cups", "ppp" };
	size_t len = strlen(service);

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(service, names[i]) == 0)
			return true;
	return len > 8 && strcmp(service + len - 8, "-greeter") == 0;
}
