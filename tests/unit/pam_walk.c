/* SPDX-License-Identifier: Apache-2.0 */
/* Following stacks. What must hold: of any stack, and any answers, libpam itself comes to the same; and no stack keeps the
 * walk from ending. */
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../hcauth/pam_walk.h"
#include "check.h"
#include "pam_files.h"

static const struct {
	const char *name;
	int code;
} answers[] = {
	{ "success", CODE_SUCCESS },
	{ "auth_err", CODE_AUTH_ERR },
	{ "user_unknown", CODE_USER_UNKNOWN },
	{ "ignore", CODE_IGNORE },
	{ "authinfo_unavail", CODE_AUTHINFO_UNAVAIL },
	{ "new_authtok_reqd", CODE_NEW_AUTHTOK },
};

enum { ANSWERS = sizeof answers / sizeof *answers };

static uint32_t seed;

static unsigned below(unsigned n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % n;
}

/* As pam_debug.so does: the answer is its argument. */
static struct pam_answer as_told(const struct pam_line *l, const void *arg)
{
	(void)arg;
	for (size_t i = 0; i < ANSWERS && pam_line_is(l, "pam_debug.so"); i++)
		if (l->words > 0 && strcmp(l->word[0] + 5, answers[i].name) == 0)
			return (struct pam_answer){ .codes = (uint32_t)1 << answers[i].code };
	return (struct pam_answer){ .codes = CODE(MODULE_UNKNOWN) };
}

static int hear(int n, const struct pam_message **m, struct pam_response **out, void *arg)
{
	(void)m;
	(void)arg;
	*out = calloc((size_t)n, sizeof **out);
	return *out ? PAM_SUCCESS : PAM_BUF_ERR;
}

static bool libpam_says_yes(const char *folder)
{
	const struct pam_conv conv = { .conv = hear };
	pam_handle_t *h = NULL;

	CHECK_INT(pam_start_confdir("any", "root", &conv, folder, &h), PAM_SUCCESS);
	int r = pam_authenticate(h, 0);
	pam_end(h, r);
	return r == PAM_SUCCESS;
}

static void add_control(char *out, size_t size)
{
	static const char *const words[] = { "required", "requisite", "sufficient", "optional" };
	static const char *const actions[] = { "ignore", "ok", "done", "bad", "die", "reset", "1",
		"2", "3" };
	size_t used;

	if (below(3) == 0) {
		snprintf(out, size, "%s", words[below(4)]);
		return;
	}
	used = (size_t)snprintf(out, size, "[");
	for (unsigned i = below(4); i > 0; i--)
		used += (size_t)snprintf(out + used, size - used, "%s=%s ",
			answers[below(ANSWERS)].name, actions[below(9)]);
	snprintf(out + used, size - used, "default=%s]%s", actions[below(9)],
		below(40) == 0 ? "x" : "");
}

/* Writes a file of some lines, of which some lead to other files. */
static void plant_random(const char *root, const char *name, int left)
{
	char path[64], text[4096] = "", control[256];
	size_t used = 0;

	for (unsigned i = 0, n = below(5) + (left == 3); i < n; i++) {
		unsigned kind = below(left > 0 ? 8 : 6);
		char inner[32];

		if (kind >= 6) {
			snprintf(inner, sizeof inner, "%s%u", name, i);
			plant_random(root, inner, left - 1);
			used += (size_t)snprintf(text + used, sizeof text - used,
				"auth %s %s/etc/pam.d/%s\n", kind == 6 ? "include" : "substack",
				root, inner);
			continue;
		}
		add_control(control, sizeof control);
		used += (size_t)snprintf(text + used, sizeof text - used, "auth %s %s auth=%s\n",
			control, below(30) == 0 ? "pam_none.so" : "pam_debug.so",
			answers[below(2) * below(ANSWERS)].name);
	}
	snprintf(path, sizeof path, "/etc/pam.d/%s", name);
	plant(root, path, text);
}

/* Debian's libpam includes from /etc/pam.d and by absolute paths alone: root's own, under root as well. */
static void lead_back(const char *root)
{
	char path[256], link[256];

	snprintf(path, sizeof path, "%s.made", root);
	plant(root, path, "");
	snprintf(link, sizeof link, "%s%s", root, root);
	CHECK_INT(symlink(root, link), 0);
}

TEST(pam_walk_comes_to_what_libpam_comes_to)
{
	const char *root = test_folder();
	char folder[256];
	int yes = 0, no = 0;

	snprintf(folder, sizeof folder, "%s/etc/pam.d", root);
	plant(root, "/etc/pam.d/other", "auth required pam_deny.so\n");
	lead_back(root);
	for (seed = 1; yes + no < 2000; seed = (unsigned)(yes + no) * 7919 + 1) {
		struct pam_stack s;
		struct pam_ways ways;

		plant_random(root, "any", 3);
		CHECK(pam_stack_read(root, "any", &s));
		CHECK(!s.unusable);
		CHECK(pam_walk(&s.phase[PHASE_AUTH], as_told, NULL, &ways));
		CHECK(!ways.given_up);
		bool says = libpam_says_yes(folder);
		if (says != (ways.n > 0))
			check_fail(__FILE__, __LINE__, "stack %d: libpam says %d, the walk %d",
				yes + no, says, ways.n > 0);
		yes += says;
		no += !says;
		pam_stack_free(&s);
	}
	printf("# %d stacks let in, %d do not\n", yes, no);
	CHECK(yes > 200 && no > 200);
}

static struct pam_answer anything(const struct pam_line *l, const void *arg)
{
	(void)l;
	(void)arg;
	return (struct pam_answer){ .codes = CODE(SUCCESS) | CODE(AUTH_ERR) | CODE(USER_UNKNOWN) };
}

TEST(pam_walk_ends)
{
	const char *root = test_folder();
	static char text[64 * 2048];
	size_t used = 0;
	struct pam_ways ways;
	struct pam_stack s;

	plant(root, "/etc/pam.d/other", "auth required pam_deny.so\n");
	for (int i = 0; i < 2000; i++)
		used += (size_t)snprintf(text + used, sizeof text - used,
			"auth [success=%d user_unknown=ignore default=%d] a.so\n", i % 7 + 1,
			i % 5 + 1);
	plant(root, "/etc/pam.d/long", text);
	CHECK(pam_stack_read(root, "long", &s));
	CHECK(!s.unusable);
	CHECK(pam_walk(&s.phase[PHASE_AUTH], anything, NULL, &ways));
	pam_stack_free(&s);

	plant(root, "/etc/pam.d/deep", "auth substack deep\nauth optional a.so\n");
	CHECK(pam_stack_read(root, "deep", &s));
	CHECK(pam_walk(&s.phase[PHASE_AUTH], anything, NULL, &ways));
	CHECK(ways.given_up);
	pam_stack_free(&s);
}
