/* SPDX-License-Identifier: Apache-2.0 */
/* Reading pam.d. What must hold: the lists are libpam's (tests/unit/pam_walk.c asks libpam itself), each line knows where it
 * stands, and whatever a file has in it ends, within bounds, in a stack or in the reason why there is none. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../hcauth/pam_stack.h"
#include "check.h"
#include "pam_files.h"

static const char *root;

static void enter(void)
{
	root = test_folder();
	plant(root, "/etc/pam.d/other", "auth required pam_deny.so\n");
}

/* The lines of a phase as text: "file:number control module words", with one ">" for each substack. */
static const char *shown(const struct pam_stack *s, enum pam_phase p)
{
	static char text[8192];
	size_t used = 0;

	text[0] = 0;
	for (size_t i = 0; i < s->phase[p].n; i++) {
		const struct pam_line *l = &s->phase[p].line[i];

		used += (size_t)snprintf(text + used, sizeof text - used, "%s%.*s%s:%u %s%s%s%s",
			i ? "; " : "", (int)l->depth, ">>>>", strrchr(l->file, '/') + 1, l->number,
			l->silent ? "-" : "", l->substack ? "" : l->control,
			l->substack          ? "substack"
				: *l->module ? " "
					     : "",
			l->module);
		for (size_t w = 0; w < l->words; w++)
			used += (size_t)snprintf(
				text + used, sizeof text - used, " %s", l->word[w]);
		if (l->broken)
			used += (size_t)snprintf(text + used, sizeof text - used, " BROKEN");
		CHECK(used < sizeof text);
	}
	return text;
}

static struct pam_stack stack(const char *service)
{
	struct pam_stack s;

	CHECK(pam_stack_read(root, service, &s));
	return s;
}

TEST(pam_stack_reads_comments_continuations_and_words)
{
	enter();
	plant(root, "/etc/pam.d/login",
		"# a comment that \\\n"
		"auth required a.so one [two three] four # five\n"
		"\n"
		"AUTH\t[success=2 \\\n"
		"  # not even the end\n"
		"  default=ignore]  b.so \\\n"
		"\tx=[y]\n"
		"-session optional /lib/security/c.so\n"
		"auth [success=1 a\\]b=2] d.so\n"
		"account sufficient e.so");
	struct pam_stack s = stack("login");
	CHECK(!s.unusable);
	CHECK_TEXT(s.file, "/etc/pam.d/login");
	CHECK_TEXT(shown(&s, PHASE_AUTH),
		"login:2 required a.so one two three four; "
		"login:4 success=2  default=ignore b.so x=[y]; "
		"login:9 success=1 a]b=2 d.so BROKEN");
	CHECK_TEXT(shown(&s, PHASE_SESSION), "login:8 -optional /lib/security/c.so");
	CHECK_TEXT(shown(&s, PHASE_ACCOUNT), "login:10 sufficient e.so");
	CHECK(pam_line_is(&s.phase[PHASE_SESSION].line[0], "c.so"));
	CHECK(pam_line_has(&s.phase[PHASE_AUTH].line[0], "two three"));
	CHECK_INT(pam_list_find(&s.phase[PHASE_AUTH], "b.so"), 1);
	CHECK_INT(pam_list_find(&s.phase[PHASE_AUTH], "e.so"), -1);
	pam_stack_free(&s);
}

TEST(pam_stack_follows_includes_and_substacks)
{
	enter();
	plant(root, "/etc/pam.d/sshd",
		"@include common-auth\n"
		"auth include more\n"
		"auth substack inner\n"
		"account include more\n"
		"session required s.so\n");
	plant(root, "/etc/pam.d/common-auth", "auth required a.so\nsession optional c.so\n");
	plant(root, "/etc/pam.d/more",
		"account required b.so\nauth requisite d.so\n@include tail\n");
	plant(root, "/etc/pam.d/tail", "auth optional t.so\naccount optional u.so\n");
	plant(root, "/usr/lib/pam.d/inner", "auth sufficient i.so\nauth substack tail\n");
	struct pam_stack s = stack("sshd");
	CHECK_TEXT(shown(&s, PHASE_AUTH),
		"common-auth:1 required a.so; more:2 requisite d.so; tail:1 optional t.so; "
		"sshd:3 substack; >inner:1 sufficient i.so; >inner:2 substack; >>tail:1 optional "
		"t.so");
	CHECK_TEXT(shown(&s, PHASE_ACCOUNT), "more:1 required b.so; tail:2 optional u.so");
	CHECK_TEXT(shown(&s, PHASE_SESSION), "common-auth:2 optional c.so; sshd:5 required s.so");
	pam_stack_free(&s);
}

TEST(pam_stack_takes_other_phase_by_phase)
{
	enter();
	plant(root, "/etc/pam.d/other", "auth required deny.so\naccount required deny.so\n");
	plant(root, "/usr/lib/pam.d/half", "auth required a.so\n");
	struct pam_stack s = stack("half");
	CHECK_TEXT(shown(&s, PHASE_AUTH), "half:1 required a.so");
	CHECK(!s.phase[PHASE_AUTH].other);
	CHECK_TEXT(shown(&s, PHASE_ACCOUNT), "other:2 required deny.so");
	CHECK(s.phase[PHASE_ACCOUNT].other);
	CHECK_INT(s.phase[PHASE_SESSION].n, 0);
	pam_stack_free(&s);

	s = stack("nowhere");
	CHECK(!s.file && !s.unusable);
	CHECK_TEXT(shown(&s, PHASE_AUTH), "other:1 required deny.so");
	pam_stack_free(&s);
}

TEST(pam_stack_says_which_lines_fail_whoever_asks)
{
	enter();
	plant(root, "/etc/pam.d/x",
		"auth\n"
		"auth required\n"
		"nonsense required a.so\n"
		"auth sometimes b.so\n"
		"account include missing\n"
		"session substack missing\n"
		"password include\n");
	struct pam_stack s = stack("x");
	CHECK_TEXT(shown(&s, PHASE_AUTH),
		"x:1  BROKEN; x:2 required BROKEN; x:3 required a.so BROKEN; x:4 sometimes b.so BROKEN");
	CHECK_TEXT(shown(&s, PHASE_ACCOUNT), "x:5 include BROKEN");
	CHECK_TEXT(shown(&s, PHASE_SESSION), "x:6 substack; x:6 substack BROKEN");
	CHECK_TEXT(shown(&s, PHASE_PASSWORD), "x:7 include BROKEN");
	pam_stack_free(&s);
}

static void check_unusable(const char *service, const char *why)
{
	struct pam_stack s = stack(service);

	CHECK(s.unusable != NULL);
	CHECK_HAS(s.unusable, why);
	CHECK(s.unusable_file != NULL);
	pam_stack_free(&s);
}

TEST(pam_stack_bounds_what_is_hostile)
{
	static char big[300 * 1024], many[65536];
	size_t used = 0;

	enter();
	plant(root, "/etc/pam.d/loop", "auth include loop\n");
	struct pam_stack s = stack("loop");
	CHECK(s.phase[PHASE_AUTH].n == 1 && s.phase[PHASE_AUTH].line[0].broken);
	pam_stack_free(&s);
	plant(root, "/etc/pam.d/at-loop", "@include at-loop\n");
	check_unusable("at-loop", "include each other");
	/* two in each of 16: 65,536 files */
	plant(root, "/etc/pam.d/tree", "auth include tree\nauth include tree\n");
	check_unusable("tree", "too many");
	plant(root, "/etc/pam.d/missing", "@include nothing\n");
	check_unusable("missing", "missing");
	plant(root, "/etc/pam.d/cut", "auth required a.so \\\n");
	check_unusable("cut", "backslash");
	memset(big, 'x', sizeof big);
	plant_bytes(root, "/etc/pam.d/long", big, 5000);
	check_unusable("long", "longer");
	plant_bytes(root, "/etc/pam.d/big", big, sizeof big);
	check_unusable("big", "huge");
	while (used < sizeof many - 32)
		used += (size_t)snprintf(many + used, 32, "auth required a.so\n");
	plant_bytes(root, "/etc/pam.d/many", many, used);
	check_unusable("many", "too many lines");
	check_unusable("../sshd", "no name");
	check_unusable("", "no name");
}

TEST(pam_stack_is_not_held_up_by_what_is_no_file)
{
	char path[512];

	enter();
	snprintf(path, sizeof path, "%s/etc/pam.d/fifo", root);
	CHECK_INT(mkfifo(path, 0644), 0);
	check_unusable("fifo", "no plain file");
	snprintf(path, sizeof path, "%s/etc/pam.d/folder", root);
	CHECK_INT(mkdir(path, 0755), 0);
	check_unusable("folder", "no plain file");
	snprintf(path, sizeof path, "%s/etc/pam.d/itself", root);
	CHECK_INT(symlink("itself", path), 0);
	struct pam_stack s = stack("itself"); /* as one that is missing */
	CHECK(s.phase[PHASE_AUTH].other);
	pam_stack_free(&s);
}

TEST(pam_stack_ends_a_line_at_a_nul_as_libpam_does)
{
	static const char text[] = "auth required a.so\0b.so\nauth\0required\nauth optional c.so";

	enter();
	plant_bytes(root, "/etc/pam.d/nul", text, sizeof text - 1);
	struct pam_stack s = stack("nul");
	CHECK_TEXT(
		shown(&s, PHASE_AUTH), "nul:1 required a.so; nul:2  BROKEN; nul:3 optional c.so");
	pam_stack_free(&s);
}

TEST(pam_stack_reads_any_bytes)
{
	uint32_t seed = 1;
	char text[600];

	enter();
	for (int round = 0; round < 3000; round++) {
		static const char *const parts[] = { "auth", "-session", "@include", "include", "a",
			"\n", "\\\n", " ", "[", "]", "=", "success", "default", "die", "9", "#",
			"\\", "\t", "other", "substack", "\xff", "x.so" };
		size_t used = 0;

		while (used < sizeof text - 16) {
			seed = seed * 1103515245 + 12345;
			const char *part = parts[(seed >> 16) % (sizeof parts / sizeof *parts)];
			size_t len = strlen(part);
			memcpy(text + used, part, len);
			used += len;
		}
		plant_bytes(root, "/etc/pam.d/any", text, used);
		struct pam_stack s = stack("any");
		pam_stack_free(&s);
	}
}

TEST(pam_services_are_the_names_of_files)
{
	enter();
	for (const char *const *n = (const char *const[]){ "sshd", "login", "sshd.dpkg-new", ".x",
		     "su~", NULL };
		*n; n++) {
		char path[64];

		snprintf(path, sizeof path, "/etc/pam.d/%s", *n);
		plant(root, path, "auth required a.so\n");
	}
	plant(root, "/usr/lib/pam.d/login", "");
	plant(root, "/usr/lib/pam.d/polkit-1", "");
	char **names = pam_services(root);
	CHECK(names != NULL);
	static const char *const want[] = { "login", "other", "polkit-1", "sshd" };
	for (size_t i = 0; i < 4; i++)
		CHECK_TEXT(names[i], want[i]);
	CHECK(names[4] == NULL);
	pam_services_free(names);
	CHECK(pam_services("/nonexistent") == NULL);
}
