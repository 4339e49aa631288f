/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments, the user, the ticket, sessions, changed passwords, and a daemon that grants everything. */
#include "cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TEST(pc16_a_second_sign_in_on_one_handle_stands_alone)
{
	static const char *const scripts[] = { "P Password: \nv granted jdoe 20001 tick1",
		"P Password: \nV refused right" };
	const char *const answers[] = { PASSWORD, "wrong" };
	struct person p = with(answers, 2);

	begin("");
	seen = rig_daemon(LISTEN_ROOT, scripts, 2);
	pam_handle_t *pamh = rig_start("jdoe", "", &p);
	CHECK_CODE(pam_authenticate(pamh, 0), "SUCCESS");
	CHECK_TEXT(pam_getenv(pamh, "HCAUTH_TICKET"), "tick1");
	CHECK_TEXT(left("authtok"), PASSWORD);
	CHECK_CODE(pam_authenticate(pamh, 0), "AUTH_ERR");
	CHECK(pam_getenv(pamh, "HCAUTH_TICKET") == NULL);
	CHECK_TEXT(left("authtok"), "(none)");
	pam_end(pamh, 0);
}

TEST(pc18_account_decides_for_the_user_of_the_moment)
{
	static const char *const scripts[] = { "v granted jdoe 20001 -", "v granted jdoe 20001 -" };
	struct person p = with(NULL, 0);

	begin("");
	seen = rig_daemon(LISTEN_ROOT, scripts, 2);
	pam_handle_t *pamh = rig_start("jdoe", "", &p);
	CHECK_CODE(pam_authenticate(pamh, 0), "SUCCESS");
	CHECK(pam_set_item(pamh, PAM_USER, "other") == PAM_SUCCESS);
	CHECK_CODE(pam_acct_mgmt(pamh, 0), "PERM_DENIED");
	CHECK_TEXT((const char *)seen->name, "other");
	pam_end(pamh, 0);
}

static int change_user(int n, const struct pam_message **m, struct pam_response **resp, void *arg)
{
	(void)n;
	(void)m;
	*resp = calloc(1, sizeof **resp);
	if (!*resp)
		return PAM_BUF_ERR;
	(*resp)->resp = strdup(PASSWORD);
	return pam_set_item(*(pam_handle_t **)arg, PAM_USER, "other");
}

TEST(a_handle_without_a_name_is_refused_in_every_phase)
{
	struct person p = with(right, 2);

	begin("v granted jdoe 20001 -");
	pam_handle_t *pamh = rig_start(NULL, "", &p);
	CHECK_CODE(pam_acct_mgmt(pamh, 0), "PERM_DENIED");
	CHECK_CODE(pam_open_session(pamh, 0), "SESSION_ERR");
	CHECK_CODE(pam_close_session(pamh, 0), "SESSION_ERR");
	CHECK_CODE(pam_chauthtok(pamh, 0), "AUTHTOK_ERR");
	CHECK_INT(seen->hellos, 0);
	pam_end(pamh, 0);
	CHECK_CODE(sign_in("", "", &p), "AUTH_ERR");
}

TEST(pc18_a_user_changed_in_mid_dialogue)
{
	static pam_handle_t *pamh;
	const struct pam_conv changing = { change_user, &pamh };

	begin("P Password: \nv granted jdoe 20001 -");
	pamh = rig_start("jdoe", "", NULL);
	CHECK(pam_set_item(pamh, PAM_CONV, &changing) == PAM_SUCCESS);
	CHECK_CODE(pam_authenticate(pamh, 0), "AUTH_ERR");
	pam_end(pamh, 0);
}

TEST(fo11_a_daemon_that_grants_everybody_admits_no_system_user)
{
	static const char *const names[] = { "root", "bin", "admin", "ldap-user", "zaphod" };
	static const char *const arguments[] = { "", "chooser", "canonical", "chooser canonical" };
	static const char *const scripts[] = { "v granted root 0 t", "v granted admin 1000 t",
		"v granted bin 2 t", "v granted ldap-user 30001 t", "v granted zaphod 30002 t" };

	begin("");
	for (size_t s = 0; s < 5; s++) {
		rig_daemon(LISTEN_ROOT, &scripts[s], 1);
		for (size_t n = 0; n < 5; n++)
			for (size_t a = 0; a < 4; a++) {
				struct person p = with(right, 2);
				int r = sign_in(names[n], arguments[a], &p);
				CHECK_CODE(r, n == 4 ? "AUTH_ERR" : "USER_UNKNOWN");
			}
	}
}

TEST(fo11_a_chooser_that_names_somebody_who_is_not_ours)
{
	static const char *const scripts[] = { "v granted root 0 t", "v granted admin 1000 t",
		"v granted root 20009 t", "v granted bob 20003 t", "v granted bob 1002 t",
		"v granted carl 1003 t", "v granted carl 1004 t", "v granted ghost 20004 t",
		"v granted jane@clinic.example 20001 t" };

	begin("");
	for (size_t s = 0; s < sizeof scripts / sizeof *scripts; s++) {
		struct person p = with(right, 2);
		rig_daemon(LISTEN_ROOT, &scripts[s], 1);
		pam_handle_t *pamh = rig_start("jane@clinic.example", "chooser", &p);
		CHECK_CODE(pam_authenticate(pamh, 0), "AUTH_ERR");
		CHECK_TEXT(user_of(pamh), "jane@clinic.example");
		CHECK(pam_getenv(pamh, "HCAUTH_TICKET") == NULL);
		pam_end(pamh, 0);
	}
}

TEST(an_argument_that_is_not_known_is_refused_in_every_phase)
{
	static const char *const arguments[] = { "choser", "nullok", "chooser=1", "have=", "have",
		"use_first_pass debug", "have=a have=b", "CHOOSER" };
	struct person p = with(right, 2);

	begin("v granted jdoe 20001 -");
	for (size_t i = 0; i < sizeof arguments / sizeof *arguments; i++) {
		pam_handle_t *pamh = rig_start("jdoe", arguments[i], &p);
		CHECK_CODE(pam_authenticate(pamh, 0), "SERVICE_ERR");
		CHECK_CODE(pam_setcred(pamh, 0), "SERVICE_ERR");
		CHECK_CODE(pam_acct_mgmt(pamh, 0), "SERVICE_ERR");
		CHECK_CODE(pam_open_session(pamh, 0), "SERVICE_ERR");
		CHECK_CODE(pam_close_session(pamh, 0), "SERVICE_ERR");
		CHECK_CODE(pam_chauthtok(pamh, 0), "SERVICE_ERR");
		pam_end(pamh, 0);
	}
	CHECK_INT(seen->connections, 0);
}

TEST(no_argument_turns_a_refusal_into_success)
{
	static const char *const words[] = { "chooser", "canonical", "use_first_pass",
		"try_first_pass", "have=everything" };
	char arguments[128];

	begin("P Password: \nV refused right");
	preset(PASSWORD);
	for (unsigned set = 0; set < 32; set++) {
		struct person p = with(right, 2);

		arguments[0] = 0;
		for (unsigned i = 0; i < 5; i++)
			if (set & 1U << i) {
				size_t at = strlen(arguments);
				snprintf(arguments + at, sizeof arguments - at, "%s ", words[i]);
			}
		CHECK_CODE(sign_in("jdoe", arguments, &p), "AUTH_ERR");
		CHECK_CODE(sign_in("zaphod", arguments, &p), "AUTH_ERR");
	}
}

TEST(the_chooser_changes_the_user)
{
	struct person p = with(right, 2);

	begin("P Password: \nv granted other 20002 -");
	pam_handle_t *pamh = rig_start("shared@clinic.example", "chooser", &p);
	CHECK_CODE(pam_authenticate(pamh, 0), "SUCCESS");
	CHECK_TEXT(user_of(pamh), "other");
	CHECK_INT(seen->flags, HELLO_CHOOSER);
	pam_end(pamh, 0);

	p = with(right, 2);
	CHECK_CODE(sign_in("shared@clinic.example", "", &p), "AUTH_ERR");
	p = with(right, 2);
	CHECK_CODE(sign_in("jdoe", "canonical", &p), "AUTH_ERR");
}

TEST(the_user_stays_as_typed)
{
	static const struct {
		const char *arguments, *user;
	} rows[] = { { "", "jane@clinic.example" }, { "canonical", "jdoe" },
		{ "chooser", "jdoe" } };

	begin(SIGN_IN);
	for (size_t i = 0; i < 3; i++) {
		struct person p = with(right, 2);
		pam_handle_t *pamh = rig_start("jane@clinic.example", rows[i].arguments, &p);
		CHECK_CODE(pam_authenticate(pamh, 0), "SUCCESS");
		CHECK_TEXT(user_of(pamh), rows[i].user);
		pam_end(pamh, 0);
	}
}

TEST(a_ticket_goes_from_auth_to_session_and_ends_there)
{
	static const char session[] = "v granted jdoe 20001 - HCAUTH_IDENTITY=jane@clinic.example "
				      "HCAUTH_ACCOUNT=HC1 HCAUTH_PRACTICE=stj";
	static const char *const scripts[] = { "v granted jdoe 20001 c0ffee",
		"v granted jdoe 20001 -", session, "v granted jdoe 20001 -" };
	struct person p = with(NULL, 0);

	begin("");
	seen = rig_daemon(LISTEN_ROOT, scripts, 4);
	pam_handle_t *pamh = rig_start("jane@clinic.example", "", &p);
	CHECK_CODE(pam_authenticate(pamh, 0), "SUCCESS");
	CHECK_TEXT((const char *)seen->ticket, "");
	CHECK_TEXT(pam_getenv(pamh, "HCAUTH_TICKET"), "c0ffee");
	CHECK_CODE(pam_acct_mgmt(pamh, 0), "SUCCESS");
	CHECK_TEXT((const char *)seen->ticket, "");
	CHECK_INT(seen->purpose, PURPOSE_ACCOUNT);
	CHECK_CODE(pam_open_session(pamh, 0), "SUCCESS");
	CHECK_INT(seen->purpose, PURPOSE_OPEN);
	CHECK_TEXT((const char *)seen->name, "jane@clinic.example");
	CHECK_TEXT((const char *)seen->ticket, "c0ffee");
	CHECK(pam_getenv(pamh, "HCAUTH_TICKET") == NULL);
	CHECK_TEXT(pam_getenv(pamh, "HCAUTH_IDENTITY"), "jane@clinic.example");
	CHECK_TEXT(pam_getenv(pamh, "HCAUTH_ACCOUNT"), "HC1");
	CHECK_TEXT(pam_getenv(pamh, "HCAUTH_PRACTICE"), "stj");
	CHECK_TEXT(user_of(pamh), "jdoe");
	CHECK_CODE(pam_close_session(pamh, 0), "SUCCESS");
	CHECK_INT(seen->purpose, PURPOSE_CLOSE);
	CHECK_TEXT((const char *)seen->ticket, "");
	pam_end(pamh, 0);
}

TEST(a_ticket_is_removed_even_when_the_session_is_refused)
{
	struct person p = with(NULL, 0);

	begin("V refused right");
	pam_handle_t *pamh = rig_start("jdoe", "", &p);
	CHECK(pam_putenv(pamh, "HCAUTH_TICKET=left over") == PAM_SUCCESS);
	CHECK_CODE(pam_open_session(pamh, 0), "SESSION_ERR");
	CHECK(pam_getenv(pamh, "HCAUTH_TICKET") == NULL);
	CHECK_TEXT(user_of(pamh), "jdoe");
	pam_end(pamh, 0);
}

TEST(a_session_takes_no_other_names_into_the_environment)
{
	static const char *const names[] = { "LD_PRELOAD=/tmp/x.so", "HCAUTH_TICKET=x", "PATH=/tmp",
		"HCAUTH_IDENTITY", "HCAUTH_IDENTITYX=y", "=x" };
	char script[128];
	const char *list = script;

	begin("");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct person p = with(NULL, 0);
		snprintf(script, sizeof script, "v granted jdoe 20001 - HCAUTH_ACCOUNT=HC1 %s",
			names[i]);
		rig_daemon(LISTEN_ROOT, &list, 1);
		pam_handle_t *pamh = rig_start("jdoe", "", &p);
		CHECK_CODE(pam_open_session(pamh, 0), "SESSION_ERR");
		CHECK(pam_getenv(pamh, "LD_PRELOAD") == NULL && pam_getenv(pamh, "PATH") == NULL);
		CHECK(pam_getenv(pamh, "HCAUTH_TICKET") == NULL);
		pam_end(pamh, 0);
	}
}

TEST(account_and_session_ask_nothing_and_need_no_conversation)
{
	static const char *const ask[] = { "P Password: \nv granted jdoe 20001 -" };
	static const char *const tell[] = { "i Good morning\nv granted jdoe 20001 -" };
	struct person p = with(right, 2);

	begin("");
	seen = rig_daemon(LISTEN_ROOT, ask, 1);
	pam_handle_t *pamh = rig_start("jdoe", "", &p);
	CHECK_CODE(pam_acct_mgmt(pamh, 0), "AUTHINFO_UNAVAIL");
	CHECK_CODE(pam_open_session(pamh, 0), "AUTHINFO_UNAVAIL");
	CHECK_INT(p.messages, 0);
	pam_end(pamh, 0);

	rig_daemon(LISTEN_ROOT, tell, 1);
	pamh = rig_start("jdoe", "", NULL);
	CHECK_CODE(pam_acct_mgmt(pamh, 0), "SUCCESS");
	CHECK_CODE(pam_open_session(pamh, 0), "SUCCESS");
	pam_end(pamh, 0);
}

TEST(a_new_password_is_handed_on)
{
	const char *const answers[] = { "old one", "brand new", "brand new" };
	struct person p = with(answers, 3);

	begin("P Current password: \nN New password: \nN Again: \nv granted jdoe 20001 -");
	pam_handle_t *pamh = rig_start("jdoe", "", &p);
	CHECK_CODE(pam_chauthtok(pamh, 0), "SUCCESS");
	pam_end(pamh, 0);
	CHECK_INT(seen->purpose, PURPOSE_PASSWORD);
	CHECK_INT(seen->connections, 2); /* the preliminary check, then the change */
	CHECK_INT(seen->hellos, 1);
	CHECK_TEXT(left("authtok"), "brand new");
	CHECK_TEXT(left("oldauthtok"), "old one");
}

TEST(a_refused_change_hands_on_nothing)
{
	const char *const answers[] = { "old one", "brand new" };
	struct person p = with(answers, 2);

	begin("P Current password: \nN New password: \nV refused right");
	pam_handle_t *pamh = rig_start("jdoe", "", &p);
	CHECK_CODE(pam_chauthtok(pamh, 0), "AUTHTOK_ERR");
	pam_end(pamh, 0);
	CHECK_TEXT(left("authtok"), "(none)");
}

TEST(no_module_changes_anything_while_the_daemon_is_down)
{
	struct person p = with(right, 2);

	begin("");
	rig_daemon_stop();
	pam_handle_t *pamh = rig_start("jdoe", "", &p);
	CHECK_CODE(pam_chauthtok(pamh, 0), "AUTHINFO_UNAVAIL");
	pam_end(pamh, 0);
	CHECK_TEXT(left("updated"), "(none)");
}

TEST(a_change_can_take_the_old_password_from_an_earlier_module)
{
	const char *const answers[] = { "brand new" };
	struct person p = with(answers, 1);

	begin("P Current password: \nN New password: \nv granted jdoe 20001 -");
	preset("old one");
	pam_handle_t *pamh = rig_start("jdoe", "use_first_pass", &p);
	CHECK_CODE(pam_chauthtok(pamh, 0), "SUCCESS");
	pam_end(pamh, 0);
	CHECK_TEXT((const char *)seen->answer[0], "old one");
	CHECK_TEXT((const char *)seen->answer[1], "brand new");
}

TEST(the_chooser_chooses_in_auth_only)
{
	struct person p = with(NULL, 0);

	begin("v granted other 20002 -");
	pam_handle_t *pamh = rig_start("jdoe", "chooser", &p);
	CHECK_CODE(pam_acct_mgmt(pamh, 0), "PERM_DENIED");
	CHECK_CODE(pam_open_session(pamh, 0), "SESSION_ERR");
	CHECK_TEXT(user_of(pamh), "jdoe");
	pam_end(pamh, 0);
}
