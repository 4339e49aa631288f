/* SPDX-License-Identifier: Apache-2.0 */
/* pam_hcauth, the terminal between PAM and hcauthd. What must hold, because a sign-in hangs on it:
 * - the directory is asked first: root and people who are not ours never depend on the daemon;
 * - refusal is the zero value, and each way out that is not understood is a refusal; PAM codes appear in
 *   pam_code() only; no option and no state of the daemon turns a refusal into success or PAM_IGNORE;
 * - the daemon alone admits nobody: the uid and user of its verdict must be those that getpwnam_r() has
 *   for the name that the program will run as, and that name must be ours by the directory;
 * - no static state: programs load this twice, fork between phases, and call from many threads. */
#include <errno.h>
#include <security/pam_modules.h>
#include <stdio.h>
#include <string.h>

#include "call.h"
#include "who.h"

#define EXPORT __attribute__((visibility("default")))
#define TICKET "HCAUTH_TICKET"

/* For hcauth doctor, which reads it in the file. */
static const char version[] __attribute__((used)) = "hcauth-version " HC_VERSION;

static int pam_code(enum purpose p, enum end e)
{
	switch (e) {
	case END_GRANTED: return PAM_SUCCESS;
	case END_NOT_OURS: return PAM_USER_UNKNOWN;
	case END_DISABLED: return PAM_ACCT_EXPIRED;
	case END_UNAVAILABLE: return PAM_AUTHINFO_UNAVAIL;
	case END_CANCELLED: return PAM_CONV_ERR;
	case END_MISCONFIGURED: return PAM_SERVICE_ERR;
	case END_REFUSED: break;
	}
	switch (p) {
	case PURPOSE_ACCOUNT: return PAM_PERM_DENIED;
	case PURPOSE_OPEN:
	case PURPOSE_CLOSE: return PAM_SESSION_ERR;
	case PURPOSE_PASSWORD: return PAM_AUTHTOK_ERR;
	case PURPOSE_AUTH:
	case PURPOSE_COMMAND: break;
	}
	return PAM_AUTH_ERR;
}

/* The verdict's user, if it is the one that NSS has for name, and ours. */
static bool same_user(const struct call *c, const char *name, struct who *who)
{
	return owner_of(name, who) == OWNER_OURS && who->uid >= UID_FLOOR &&
		who->uid != UINT32_MAX && who->uid == c->said.uid && who->name[0] &&
		strcmp(who->name, c->said.user) == 0;
}

static bool put_env(pam_handle_t *pamh, const char *text)
{
	return pam_putenv(pamh, text) == PAM_SUCCESS;
}

static void forget_ticket(pam_handle_t *pamh)
{
	if (pam_getenv(pamh, TICKET))
		put_env(pamh, TICKET);
}

static bool keep_ticket(const struct call *c)
{
	char text[sizeof TICKET + 1 + ITEM_MAX];
	int n = snprintf(text, sizeof text, TICKET "=%s", c->said.ticket);

	if (!*c->said.ticket)
		return true;
	if (n < 0 || (size_t)n >= sizeof text)
		return false;

	bool kept = put_env(c->pamh, text);
	wipe(text, sizeof text);
	return kept;
}

static bool set_item(pam_handle_t *pamh, int which, const char *text)
{
	return pam_set_item(pamh, which, text && *text ? text : NULL) == PAM_SUCCESS;
}

/* Keyrings and pam_mount get the true password, and nothing else. */
static bool hand_on(struct call *c, bool granted)
{
	const struct conv *v = &c->conv;

	if (!granted)
		return set_item(c->pamh, PAM_AUTHTOK, NULL);
	if (c->purpose == PURPOSE_AUTH)
		return set_item(
			c->pamh, PAM_AUTHTOK, v->fresh.len ? v->fresh.text : v->password.text);
	return set_item(c->pamh, PAM_AUTHTOK, v->fresh.text) &&
		set_item(c->pamh, PAM_OLDAUTHTOK, v->fresh.len ? v->password.text : NULL);
}

/* PAM_USER as it is now: an application may have changed it during the dialogue. */
static bool admit(struct call *c)
{
	char now[ITEM_MAX + 1];
	bool choose = c->purpose == PURPOSE_AUTH && c->opt.chooser;
	struct who who;

	if (!same_user(c, choose ? c->said.user : call_item(c->pamh, PAM_USER, now), &who)) {
		call_complain(c, "the verdict is about another user", -EPERM);
		return false;
	}
	if (c->purpose == PURPOSE_OPEN || choose ||
		(c->purpose == PURPOSE_AUTH && c->opt.canonical))
		return set_item(c->pamh, PAM_USER, who.name);
	return true;
}

static enum end auth(struct call *c)
{
	enum end e = call_talk(c);

	if (!c->ours && e != END_CANCELLED && e != END_UNAVAILABLE)
		e = END_REFUSED; /* there is nobody to let in */
	if (e == END_GRANTED && !(admit(c) && keep_ticket(c)))
		e = END_REFUSED;
	if (!hand_on(c, e == END_GRANTED))
		e = END_REFUSED;
	return e;
}

static enum end account(struct call *c)
{
	enum end e = call_talk(c);

	return e == END_GRANTED && !admit(c) ? END_REFUSED : e;
}

static bool env_allowed(const char *text)
{
	static const char *const names[] = {
		"HCAUTH_IDENTITY=", "HCAUTH_ACCOUNT=", "HCAUTH_PRACTICE="
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strncmp(text, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

static enum end open_session(struct call *c)
{
	enum end e = account(c);
	struct reader env = c->said.env;
	const char *text;

	while (e == END_GRANTED && (text = next_text(&env)))
		if (!env_allowed(text) || !put_env(c->pamh, text))
			e = END_REFUSED;
	return e;
}

static enum end password(struct call *c)
{
	if (c->flags & PAM_UPDATE_AUTHTOK) {
		enum end e = call_talk(c);

		return hand_on(c, e == END_GRANTED) ? e : END_REFUSED;
	}
	/* Before any other module has changed anything. */
	return c->flags & PAM_PRELIM_CHECK ? call_probe(c) : END_REFUSED;
}

static enum end ours(struct call *c)
{
	switch (c->purpose) {
	case PURPOSE_AUTH: return auth(c);
	case PURPOSE_ACCOUNT: return account(c);
	case PURPOSE_OPEN: return open_session(c);
	case PURPOSE_CLOSE: return call_talk(c);
	case PURPOSE_PASSWORD: return password(c);
	case PURPOSE_COMMAND: break;
	}
	return END_REFUSED;
}

/* The directory can't be asked, and the name is in /etc/passwd: pam_unix decides. It refuses people whom
 * hcauth manages, since their hash is locked, but only where it looks at the hash: not in these phases,
 * which an ssh key reaches without a password, and where passwd(1) would give them a hash. */
static enum end local(struct call *c, const struct who *who)
{
	bool blind = c->purpose == PURPOSE_ACCOUNT || c->purpose == PURPOSE_PASSWORD;

	if (!blind || who->uid < UID_FLOOR || hash_usable(c->name))
		return END_NOT_OURS;
	call_complain(c, "directory", who->error);
	return END_UNAVAILABLE;
}

static enum end decide(struct call *c)
{
	struct who who;

	switch (owner_of(c->name, &who)) {
	case OWNER_OURS: c->ours = true; return ours(c);
	case OWNER_OTHER: return END_NOT_OURS;
	case OWNER_LOCAL: return local(c, &who);
	case OWNER_NOBODY: return c->purpose == PURPOSE_AUTH ? auth(c) : END_NOT_OURS;
	case OWNER_UNSURE: break;
	}
	call_complain(c, "directory", who.error);
	return END_UNAVAILABLE;
}

static enum end begin(struct call *c)
{
	const char *user = NULL; /* only auth may ask for the name */

	if (c->purpose == PURPOSE_AUTH && pam_get_user(c->pamh, &user, NULL) != PAM_SUCCESS)
		return END_CANCELLED;
	if (!*call_item(c->pamh, PAM_USER, c->name))
		return END_REFUSED;
	if (c->purpose == PURPOSE_OPEN && (user = pam_getenv(c->pamh, TICKET)))
		memcpy(c->ticket, user, strnlen(user, ITEM_MAX));
	if (c->purpose == PURPOSE_OPEN || c->purpose == PURPOSE_AUTH)
		forget_ticket(c->pamh);
	return decide(c);
}

static int phase(pam_handle_t *pamh, enum purpose p, int flags, int argc, const char **argv)
{
	struct call c = { .pamh = pamh, .purpose = p, .flags = flags };
	enum end e = END_MISCONFIGURED;

	if (call_options(&c, argc, argv)) {
		c.conv = (struct conv){
			.pamh = pamh,
			.mute = p != PURPOSE_AUTH && p != PURPOSE_PASSWORD,
			.silent = (flags & (int)PAM_SILENT) != 0,
			.reuse = c.opt.use_first_pass || c.opt.try_first_pass,
			.reuse_only = c.opt.use_first_pass,
			.reuse_item = p == PURPOSE_PASSWORD ? PAM_OLDAUTHTOK : PAM_AUTHTOK,
		};
		e = begin(&c);
	}
	wipe(&c, sizeof c);
	return pam_code(p, e);
}

EXPORT int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	return phase(pamh, PURPOSE_AUTH, flags, argc, argv);
}

EXPORT int pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	return phase(pamh, PURPOSE_ACCOUNT, flags, argc, argv);
}

EXPORT int pam_sm_open_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	return phase(pamh, PURPOSE_OPEN, flags, argc, argv);
}

EXPORT int pam_sm_close_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	return phase(pamh, PURPOSE_CLOSE, flags, argc, argv);
}

EXPORT int pam_sm_chauthtok(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	return phase(pamh, PURPOSE_PASSWORD, flags, argc, argv);
}

/* There are no credentials to set: whoever may be in has them from NSS. */
EXPORT int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct call c = { .pamh = pamh };

	(void)flags;
	return pam_code(
		PURPOSE_AUTH, call_options(&c, argc, argv) ? END_GRANTED : END_MISCONFIGURED);
}
