/* SPDX-License-Identifier: Apache-2.0 */
#include "pam.h"

#include <errno.h>
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"

#define FAR "192.0.2.1"

struct answers {
	const char *text[2];
	size_t next;
	double answered;
};

static int converse(int n, const struct pam_message **m, struct pam_response **out, void *arg)
{
	struct answers *a = arg;
	struct pam_response *r = a->text[0] ? calloc((size_t)n, sizeof *r) : NULL;

	if (!r)
		return a->text[0] ? PAM_BUF_ERR : PAM_CONV_ERR;
	for (int i = 0; i < n; i++)
		if ((m[i]->msg_style == PAM_PROMPT_ECHO_OFF ||
			    m[i]->msg_style == PAM_PROMPT_ECHO_ON) &&
			a->next < 2) {
			r[i].resp = strdup(a->text[a->next++]);
			a->answered = client_ms();
		}
	*out = r;
	return PAM_SUCCESS;
}

/* What PAM says after the phases, of which the first that fails is the last. */
static int phases(
	pam_handle_t *h, const struct pam_way *w, const struct answers *a, struct pam_times *t)
{
	double from = client_ms();
	int r = pam_authenticate(h, 0);
	double auth = client_ms();

	if (r == PAM_SUCCESS || !w->password)
		r = pam_acct_mgmt(h, 0);
	double account = client_ms();
	if (r == PAM_SUCCESS && w->session)
		r = pam_open_session(h, 0);
	t->auth = auth - from;
	t->answered = auth - a->answered;
	t->account = account - auth;
	t->session = client_ms() - account;
	if (r == PAM_SUCCESS && w->session)
		pam_close_session(h, 0);
	return r;
}

int pam_go(const struct pam_way *w, struct pam_times *t, const char **text)
{
	struct answers a = { .text = { w->password, w->code } };
	const struct pam_conv conv = { .conv = converse, .appdata_ptr = &a };
	pam_handle_t *h = NULL;
	double from = client_ms();
	int r;

	if ((r = pam_start(w->service, w->name, &conv, &h)) == PAM_SUCCESS &&
		(r = pam_set_item(h, PAM_RHOST, FAR)) == PAM_SUCCESS)
		r = phases(h, w, &a, t);
	*text = pam_strerror(h, r);
	pam_end(h, r);
	t->all = client_ms() - from;
	return r;
}

struct pam_times pam_sign_in(const char *name, const char *password, const char *code)
{
	const struct pam_way w = { .service = "hcauth-bench",
		.name = name,
		.password = password,
		.code = code,
		.session = true };
	struct pam_times t = { 0, 0, 0, 0, 0 };
	const char *text;

	if (pam_go(&w, &t, &text) != PAM_SUCCESS)
		client_fail("PAM: %s: %s", name, text);
	return t;
}

void pam_make_stack(void)
{
	FILE *f = fopen("/etc/pam.d/hcauth-bench", "we");

	if (!f)
		client_fail("/etc/pam.d/hcauth-bench: %s", strerror(errno));
	fputs("auth required pam_hcauth.so\naccount required pam_hcauth.so\n"
	      "session required pam_hcauth.so\n",
		f);
	fclose(f);
}
