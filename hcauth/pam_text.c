/* SPDX-License-Identifier: Apache-2.0 */
/* Lines, words and controls of pam.d. What must hold: it takes a text apart as libpam does (pam_handlers.c and
 * pam_misc.c of Linux-PAM), mistakes included, and nothing in the text makes it read or write beyond a line. */
#include "pam_text.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "pam_stack.h"

enum { NONE = -1000, JUMP_MAX = 10000 };

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* One line of the file, up to a NUL that may stand in it. */
static const char *physical(struct pam_text *t, size_t *len)
{
	const char *p = t->text + t->at;
	const char *end = memchr(p, '\n', t->len - t->at);

	*len = end ? (size_t)(end - p) : t->len - t->at;
	t->at += *len + (end != NULL);
	t->number++;
	*len = strnlen(p, *len);
	while (*len > 0 && blank(*p)) {
		p++;
		--*len;
	}
	return p;
}

/* Takes the comment off a line, or the backslash that lets it go on. */
static bool goes_on(const char *p, size_t *len)
{
	const char *hash = memchr(p, '#', *len);
	size_t end = *len;

	if (hash) {
		*len = (size_t)(hash - p);
		return false;
	}
	while (end > 0 && blank(p[end - 1]))
		end--;
	if (end == 0 || p[end - 1] != '\\')
		return false;
	*len = end - 1;
	return true;
}

enum pam_next pam_text_next(struct pam_text *t, char out[PAM_LINE_ROOM], unsigned *number)
{
	size_t used = 0, len;
	bool begun = false, fits = true, more;

	while (t->at < t->len) {
		const char *p = physical(t, &len);

		if (len == 0 || *p == '#')
			continue; /* not even the end of a line that goes on */
		if (!begun)
			*number = t->number;
		begun = true;
		more = goes_on(p, &len);
		if (used + len + 2 > PAM_LINE_ROOM - 16) {
			fits = false;
			len = 0;
		}
		memcpy(out + used, p, len);
		used += len;
		out[used++] = ' ';
		out[used] = 0;
		if (!more)
			return fits ? PAM_TEXT_LINE : PAM_TEXT_LONG;
		if (!fits)
			used = 0;
	}
	return begun ? PAM_TEXT_CUT : PAM_TEXT_END;
}

char *pam_word(char **next)
{
	char *p = *next, *to, *word;

	while (*p && blank(*p))
		p++;
	*next = p;
	if (!*p)
		return NULL;
	if (*p != '[') {
		for (word = p; *p && !blank(*p); p++)
			;
	} else {
		for (to = word = ++p; *p && *p != ']'; p++) {
			if (p[0] == '\\' && p[1] == ']')
				p++;
			*to++ = *p;
		}
		if (to != p)
			*to = 0;
	}
	if (*p)
		*p++ = 0;
	*next = p;
	return word;
}

/* --- controls --- */

static const char *const codes[PAM_CODES] = {
	"success",
	"open_err",
	"symbol_err",
	"service_err",
	"system_err",
	"buf_err",
	"perm_denied",
	"auth_err",
	"cred_insufficient",
	"authinfo_unavail",
	"user_unknown",
	"maxtries",
	"new_authtok_reqd",
	"acct_expired",
	"session_err",
	"cred_unavail",
	"cred_expired",
	"cred_err",
	"no_module_data",
	"conv_err",
	"authtok_err",
	"authtok_recover_err",
	"authtok_lock_busy",
	"authtok_disable_aging",
	"try_again",
	"ignore",
	"abort",
	"authtok_expired",
	"module_unknown",
	"bad_item",
	"conv_again",
	"incomplete",
};

enum { CODE_SUCCESS = 0, CODE_NEW_AUTHTOK = 12, CODE_IGNORE = 25 };

static const char *const actions[] = { "ignore", "ok", "done", "bad", "die", "reset" };

static void set_rest(int *action, int to)
{
	for (size_t i = 0; i < PAM_CODES; i++)
		if (action[i] == NONE)
			action[i] = to;
}

/* libpam compares the beginning alone. The place of the word that text begins with; n: none. */
static size_t begins(const char **text, const char *const *word, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(word[i]);

		if (strncmp(word[i], *text, len) == 0) {
			*text += len;
			return i;
		}
	}
	return n;
}

static void skip(const char **p)
{
	while (**p && isspace((unsigned char)**p))
		++*p;
}

static bool read_action(const char **p, int *out)
{
	enum { N = sizeof actions / sizeof *actions };
	size_t a = begins(p, actions, N);
	int jump = 0;

	if (a < N) {
		*out = -(int)a;
		return true;
	}
	for (; isdigit((unsigned char)**p); ++*p)
		jump = jump < JUMP_MAX ? jump * 10 + (**p - '0') : jump;
	*out = jump;
	return jump > 0;
}

static bool read_pair(const char **p, int *action)
{
	static const char *const otherwise[] = { "default" };
	size_t code = begins(p, codes, PAM_CODES);
	int a;

	if (code == PAM_CODES && begins(p, otherwise, 1) == 1)
		return false;
	skip(p);
	if (*(*p)++ != '=')
		return false;
	skip(p);
	if (!**p || !read_action(p, &a))
		return false;
	if (code < PAM_CODES)
		action[code] = a;
	else
		set_rest(action, a);
	return true;
}

static bool read_pairs(const char *p, int *action)
{
	for (skip(&p); *p; skip(&p))
		if (!read_pair(&p, action))
			return false;
	set_rest(action, ACTION_BAD);
	return true;
}

bool pam_control(const char *text, int *action)
{
	static const struct {
		const char *word;
		int success, ignore, rest;
	} words[] = {
		{ "required", ACTION_OK, ACTION_IGNORE, ACTION_BAD },
		{ "requisite", ACTION_OK, ACTION_IGNORE, ACTION_DIE },
		{ "optional", ACTION_OK, ACTION_IGNORE, ACTION_IGNORE },
		{ "sufficient", ACTION_DONE, ACTION_IGNORE, ACTION_IGNORE },
	};

	for (size_t i = 0; i < PAM_CODES; i++)
		action[i] = NONE;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (strcasecmp(text, words[i].word) != 0)
			continue;
		action[CODE_SUCCESS] = action[CODE_NEW_AUTHTOK] = words[i].success;
		action[CODE_IGNORE] = words[i].ignore;
		set_rest(action, words[i].rest);
		return true;
	}
	if (read_pairs(text, action))
		return true;
	for (size_t i = 0; i < PAM_CODES; i++)
		action[i] = ACTION_BAD;
	return false;
}
