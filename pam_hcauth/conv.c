/* SPDX-License-Identifier: Apache-2.0 */
/* Prompts and answers over pam_conv. What must hold: one message a call, its text untouched; each reply
 * checked, wiped and freed; an answer passed on whole or not at all; no second try of anything. What an
 * earlier module left as a password is given once, for a password, never for a code. */
#include "conv.h"

#include <errno.h>
#include <security/pam_appl.h>
#include <stdlib.h>
#include <string.h>

/* Says one message; *reply is the caller's to free, or NULL. */
static int say(struct conv *c, int style, const char *text, char **reply)
{
	const struct pam_conv *conv = NULL;
	const struct pam_message m = { .msg_style = style, .msg = text };
	const struct pam_message *list = &m;
	struct pam_response *resp = NULL;
	const void *item = NULL;

	*reply = NULL;
	if (pam_get_item(c->pamh, PAM_CONV, &item) != PAM_SUCCESS)
		return -ECANCELED;
	conv = item;
	if (!conv || !conv->conv)
		return -ECANCELED;
	/* After a failure resp is the program's: some have freed it, and left it in place. */
	if (conv->conv(1, &list, &resp, conv->appdata_ptr) != PAM_SUCCESS)
		return -ECANCELED;
	if (resp)
		*reply = resp->resp;
	free(resp);
	return 0;
}

static void drop(char *reply)
{
	if (reply)
		wipe(reply, strlen(reply));
	free(reply);
}

static int take_over(const char *text, struct secret *out)
{
	size_t len = strnlen(text, ANSWER_MAX + 1);

	if (len > ANSWER_MAX)
		return -E2BIG;
	memcpy(out->text, text, len + 1);
	out->len = len;
	return 0;
}

static int ask_person(struct conv *c, const struct ask *a, struct secret *out)
{
	bool echo = a->echo && a->use != USE_PASSWORD && a->use != USE_NEW_PASSWORD;
	char *reply;
	int r = say(c, echo ? PAM_PROMPT_ECHO_ON : PAM_PROMPT_ECHO_OFF, a->text, &reply);

	if (r == 0)
		r = reply ? take_over(reply, out) : -ECANCELED;
	drop(reply);
	return r;
}

/* True when an earlier module's password became the answer: tried at most once. */
static bool reuse(struct conv *c, struct secret *out)
{
	const void *item = NULL;

	if (!c->reuse)
		return false;
	c->reuse = false;
	return pam_get_item(c->pamh, c->reuse_item, &item) == PAM_SUCCESS && item &&
		*(const char *)item && take_over(item, out) == 0;
}

int conv_ask(void *arg, const struct ask *a, struct secret *out)
{
	struct conv *c = arg;
	int r = 0;

	if (c->mute)
		return -EPROTO;
	if (a->use != USE_PASSWORD || !reuse(c, out)) {
		if (a->use == USE_PASSWORD && c->reuse_only)
			return -ENOKEY;
		r = ask_person(c, a, out);
	}
	if (r == 0 && a->use == USE_PASSWORD)
		c->password = *out;
	if (r == 0 && a->use == USE_NEW_PASSWORD)
		c->fresh = *out;
	return r;
}

int conv_tell(void *arg, const struct tell *t)
{
	struct conv *c = arg;
	char *reply;

	if (c->silent)
		return 0;

	int r = say(c, t->level == TELL_ERROR ? PAM_ERROR_MSG : PAM_TEXT_INFO, t->text, &reply);
	drop(reply);
	return c->mute ? 0 : r; /* cron has no way to show anything, and needs none */
}
