/* SPDX-License-Identifier: Apache-2.0 */
/* hcauth's lines in a pam.d file and in nsswitch.conf, in and out again. */
#include "../../hcauth/pam_edit.h"
#include "../../hcauth/nsswitch.h"
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BEGIN "# hcauth begin: \"hcauth disable x\" takes these lines out\n"
#define END "# hcauth end\n"
#define AUTH                                                                                       \
	"auth\t[success=done user_unknown=ignore module_unknown=ignore default=die]\tpam_hcauth.so\n"
#define ACCOUNT                                                                                    \
	"account\t[success=ok user_unknown=ignore module_unknown=ignore default=die]\tpam_hcauth.so\n"
#define SESSION                                                                                    \
	"session\t[success=ignore default=1]\tpam_succeed_if.so quiet uid >= 1000 uid < 65534\n"   \
	"session\toptional\tpam_mkhomedir.so umask=0077\n"                                         \
	"session\t[success=ok user_unknown=ignore module_unknown=ignore default=die]\tpam_hcauth.so\n"
#define PASSWORD                                                                                   \
	"password\t[success=done user_unknown=ignore module_unknown=ignore default=die]\tpam_hcauth.so\n"

static struct pam_edit on(const char *text)
{
	struct pam_edit e;

	pam_edit_on(text, strlen(text), "x", "", &e);
	return e;
}

static struct pam_edit off(const char *text, size_t len)
{
	struct pam_edit e;

	pam_edit_off(text, len, &e);
	return e;
}

/* In gives the text expected, and out the first again. */
static void in_and_out(const char *text, const char *expected)
{
	struct pam_edit e = on(text);

	CHECK_TEXT(e.why, "");
	CHECK_INT(e.result, PAM_EDIT_CHANGED);
	CHECK_TEXT(e.out, expected);
	struct pam_edit again = on(e.out);
	CHECK_INT(again.result, PAM_EDIT_SAME);
	CHECK_TEXT(again.out, expected);
	struct pam_edit back = off(e.out, e.len);
	CHECK_INT(back.result, PAM_EDIT_CHANGED);
	CHECK_INT(back.len, strlen(text));
	CHECK_TEXT(back.out, text);
	free(e.out);
	free(again.out);
	free(back.out);
}

TEST(pam_edit_goes_in_front_of_each_common_file)
{
	in_and_out(
		"# a comment\n@include common-auth\naccount required pam_nologin.so\n"
		"@include common-account # theirs\n@include\tcommon-session\n@include common-password\n",
		"# a comment\n" BEGIN AUTH END
		"@include common-auth\naccount required pam_nologin.so\n" BEGIN ACCOUNT END
		"@include common-account # theirs\n" BEGIN SESSION END
		"@include\tcommon-session\n" BEGIN PASSWORD END "@include common-password\n");
	in_and_out("@include common-session-noninteractive \n",
		BEGIN SESSION END "@include common-session-noninteractive \n");
	in_and_out("@include common-auth\n@include common-account\n",
		BEGIN AUTH END "@include common-auth\n" BEGIN ACCOUNT END
			       "@include common-account\n");
}

/* What stands behind is reached by hcauth's people too. */
TEST(pam_edit_leaps_over_the_common_file_where_more_follows)
{
#define LEAP                                                                                       \
	BEGIN "auth\t[success=ok user_unknown=1 module_unknown=1 default=die]\tpam_hcauth.so\n"    \
	      "auth\t[default=1]\tpam_permit.so\nauth\tsubstack\tcommon-auth\n"
	in_and_out("@include common-auth\n-auth optional pam_gnome_keyring.so\n",
		LEAP "#@include common-auth\n" END "-auth optional pam_gnome_keyring.so\n");
	in_and_out("  @include common-auth # x\n@include mine\n",
		LEAP "#  @include common-auth # x\n" END "@include mine\n");
}

static void refused(const char *text, const char *why)
{
	struct pam_edit e = on(text);

	CHECK_INT(e.result, PAM_EDIT_REFUSED);
	CHECK(e.out == NULL);
	if (!strstr(e.why, why))
		CHECK_TEXT(e.why, why);
}

TEST(pam_edit_refuses_what_it_cannot_see_through)
{
	refused("", "does not include");
	refused("auth required pam_unix.so\n", "its own");
	refused("auth include login\n", "come from \"login\"");
	refused("auth substack password-auth\n", "come from \"password-auth\"");
	refused("@include common-auth\naccount required pam_permit.so\n",
		"for account are its own");
	refused("@include common-auth\n@include common-auth\n", "more than once");
	refused("@include common-auth\nauth sufficient pam_hcauth.so\n",
		"Line 2 of it has pam_hcauth.so");
	refused("auth [success=1 default=ignore] pam_x.so\n@include common-auth\n",
		"Line 1 of it leaps");
	refused("# \nauth [default=ignore success=2] pam_x.so\nauth required pam_y.so\n@include common-auth\n",
		"Line 2 of it leaps");
	refused("auth [success=1 default=ignore] pam_x.so\n@include mine\n@include common-auth\n",
		"Line 1 of it leaps");
	refused("auth [success=1 default=ignore] pam_x.so\nauth include mine\n@include common-auth\n",
		"Line 1 of it leaps");
	refused("@include common-auth", "no end");
	refused("@include common-auth\nauth required \\\n", "libpam");
}

/* A leap that ends before hcauth, or begins behind it, or is another phase's, is what it was. */
TEST(pam_edit_leaves_leaps_that_do_not_cross)
{
	static const char *const fine[] = {
		"auth [success=1 default=ignore] pam_x.so\nauth requisite pam_deny.so\n@include common-auth\n",
		"account [success=1 default=ignore] pam_x.so\nauth required pam_y.so\naccount required "
		"pam_deny.so\n@include common-auth\n@include common-account\n",
		"@include common-session\nsession [success=1 default=ignore] pam_x.so\nsession required pam_y.so\n",
		"session [success=ok ignore=ignore module_unknown=ignore default=bad] pam_selinux.so close\n"
		"@include common-session\n",
	};

	for (size_t i = 0; i < sizeof fine / sizeof *fine; i++) {
		struct pam_edit e = on(fine[i]);

		CHECK_TEXT(e.why, "");
		struct pam_edit back = off(e.out, e.len);
		CHECK_TEXT(back.out, fine[i]);
		free(e.out);
		free(back.out);
	}
}

TEST(pam_edit_takes_out_its_own_lines_alone)
{
	struct pam_edit e = on("@include common-auth\n");
	char text[1024];

	snprintf(text, sizeof text, "# new\n%sauth optional pam_new.so\n", e.out);
	struct pam_edit back = off(text, strlen(text));
	CHECK_TEXT(back.out, "# new\n@include common-auth\nauth optional pam_new.so\n");
	free(back.out);
	free(e.out);
	back = off("nothing\n", 8);
	CHECK_INT(back.result, PAM_EDIT_SAME);
	CHECK_TEXT(back.out, "nothing\n");
	free(back.out);
}

TEST(pam_edit_leaves_lines_of_its_own_that_were_changed)
{
	static const char *const texts[] = {
		BEGIN "auth\t[success=done user_unknown=ignore default=die]\tpam_hcauth.so\n" END,
		BEGIN AUTH,
		BEGIN AUTH "# mine\n" END,
		BEGIN BEGIN AUTH END,
		BEGIN AUTH END END,
	};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct pam_edit e = off(texts[i], strlen(texts[i]));

		CHECK_INT(e.result, PAM_EDIT_REFUSED);
		CHECK(e.out == NULL && *e.why);
	}
}

TEST(pam_edit_knows_its_lines_with_their_arguments)
{
	static const char *const arguments[] = { "", " chooser", " canonical" };
	static const char text[] = "@include common-auth\nauth optional pam_group.so\n";

	for (size_t i = 0; i < sizeof arguments / sizeof *arguments; i++) {
		struct pam_edit e, back;

		pam_edit_on(text, sizeof text - 1, "login", arguments[i], &e);
		CHECK_INT(e.result, PAM_EDIT_CHANGED);
		CHECK(!*arguments[i] || strstr(e.out, arguments[i]));
		back = off(e.out, e.len);
		CHECK_TEXT(back.out, text);
		free(e.out);
		free(back.out);
	}
}

static void nss(const char *text, const char *expected)
{
	size_t len;
	char *out = nsswitch_on(text, strlen(text), &len);

	CHECK_TEXT(out ? out : "none", expected);
	if (out)
		CHECK_INT(len, strlen(expected));
	free(out);
}

TEST(nsswitch_has_hcauth_after_files)
{
	nss("# x\npasswd:         files systemd\ngroup:          files systemd\nhosts: files dns\n",
		"# x\npasswd:         files hcauth systemd\ngroup:          files [SUCCESS=merge] hcauth systemd\n"
		"hosts: files dns\n");
	nss("group: files [SUCCESS=merge] systemd\npasswd:\tfiles\n",
		"group: files [SUCCESS=merge] hcauth [SUCCESS=merge] systemd\npasswd:\tfiles hcauth\n");
	nss("passwd: files [NOTFOUND=continue] sss # files\ngroup: files",
		"passwd: files [NOTFOUND=continue] hcauth sss # files\ngroup: files [SUCCESS=merge] hcauth");
	nss("passwd: files hcauth systemd\ngroup: files [SUCCESS=merge] hcauth systemd\n",
		"passwd: files hcauth systemd\ngroup: files [SUCCESS=merge] hcauth systemd\n");
	nss("passwd: files [NOTFOUND=return] sss\ngroup: files [!success=return UNAVAIL=continue] sss\n",
		"passwd: files hcauth [NOTFOUND=return] sss\n"
		"group: files [SUCCESS=merge] hcauth [!success=return UNAVAIL=continue] sss\n");
	nss("passwd: files [ NOTFOUND = return ] sss\ngroup: files [!UNAVAIL=return] sss\n",
		"passwd: files hcauth [ NOTFOUND = return ] sss\n"
		"group: files [SUCCESS=merge] hcauth [!UNAVAIL=return] sss\n");
	nss("passwd: files [!NOTFOUND=return]\ngroup: files [NOTFOUND=return !SUCCESS=continue]\n",
		"passwd: files [!NOTFOUND=return] hcauth\n"
		"group: files [NOTFOUND=return !SUCCESS=continue] hcauth [SUCCESS=merge]\n");
	nss("passwd: compat\ngroup: files\n", "none");
	nss("passwd: sss # files\ngroup: files\n", "none");
	nss("passwd: files\n", "none");
	nss("passwd: files\ngroup: files [SUCCESS=merge\n", "none");
	nss("passwd: files [NOTFOUND=return] sss [\ngroup: files\n", "none");
	nss("", "none");
}
