/* SPDX-License-Identifier: Apache-2.0 */
/* Prompts, answers, passwords of earlier modules, and a daemon that asks too much. */
#include "cases.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "packet.h"

TEST(a_sign_in_as_a_person_sees_it)
{
	struct person p = with(right, 2);

	begin("i Welcome to St John's 100%s %n\n"
	      "P Password: \nw\nC Code: \ne Two codes left\nO Where? \nv granted jdoe 20001 -");
	const char *const three[] = { PASSWORD, "123456", "ward 4" };
	p = with(three, 3);
	CHECK_CODE(sign_in("jane@clinic.example", "have=sshkey,fingerprint", &p), "SUCCESS");
	CHECK_INT(p.messages, 5);
	CHECK_INT(p.style[0], PAM_TEXT_INFO);
	CHECK_TEXT(p.text[0], "Welcome to St John's 100%s %n");
	CHECK_INT(p.style[1], PAM_PROMPT_ECHO_OFF);
	CHECK_TEXT(p.text[1], "Password: ");
	CHECK_INT(p.style[2], PAM_PROMPT_ECHO_OFF);
	CHECK_INT(p.style[3], PAM_ERROR_MSG);
	CHECK_INT(p.style[4], PAM_PROMPT_ECHO_ON);
	CHECK_TEXT((const char *)seen->answer[0], PASSWORD);
	CHECK_TEXT((const char *)seen->answer[1], "123456");
	CHECK_TEXT((const char *)seen->answer[2], "ward 4");
	CHECK_TEXT((const char *)seen->name, "jane@clinic.example");
	CHECK_TEXT((const char *)seen->have, "sshkey,fingerprint");
	CHECK_TEXT((const char *)seen->service, "hc");
	CHECK_INT(seen->purpose, PURPOSE_AUTH);
	CHECK_INT(seen->flags, 0);
}

/* sshd's own word, in its PAM environment: whole or not at all, and in no other phase. */
TEST(what_sshd_has_proved_is_handed_on)
{
	char text[sizeof "SSH_AUTH_INFO_0=" + WIRE_SSH_AUTH_MAX + 1] = "SSH_AUTH_INFO_0=";
	const size_t head = sizeof "SSH_AUTH_INFO_0=" - 1;
	struct person p = { .n = 0 };

	begin("v granted jdoe 20001 -");
	pam_handle_t *pamh = rig_start("jane@clinic.example", "", &p);
	CHECK_INT(pam_putenv(pamh, "SSH_AUTH_INFO_0=publickey ssh-ed25519 AAAA\n"), PAM_SUCCESS);
	CHECK_CODE(pam_authenticate(pamh, 0), "SUCCESS");
	CHECK_TEXT((const char *)seen->ssh_auth, "publickey ssh-ed25519 AAAA\n");
	memset(text + head, 'a', WIRE_SSH_AUTH_MAX);
	CHECK_INT(pam_putenv(pamh, text), PAM_SUCCESS);
	CHECK_CODE(pam_authenticate(pamh, 0), "SUCCESS");
	CHECK_TEXT((const char *)seen->ssh_auth, text + head);
	text[head + WIRE_SSH_AUTH_MAX] = 'a';
	CHECK_INT(pam_putenv(pamh, text), PAM_SUCCESS);
	CHECK_CODE(pam_authenticate(pamh, 0), "SUCCESS");
	CHECK_TEXT((const char *)seen->ssh_auth, "");
	CHECK_INT(pam_putenv(pamh, "SSH_AUTH_INFO_0=publickey"), PAM_SUCCESS);
	CHECK_CODE(pam_acct_mgmt(pamh, 0), "SUCCESS");
	CHECK_TEXT((const char *)seen->ssh_auth, "");
	pam_end(pamh, 0);
}

TEST(pc01_no_conversation_function)
{
	begin(SIGN_IN);
	pam_handle_t *pamh = rig_start("jdoe", "", NULL);
	CHECK_CODE(pam_authenticate(pamh, 0), "CONV_ERR");
	pam_end(pamh, 0);
	CHECK_INT(seen->answers, 0);
}

TEST(pc03_a_reply_without_a_text_is_no_empty_password)
{
	const char *const answers[] = { rig_no_text };
	struct person p = with(answers, 1);

	begin(SIGN_IN);
	CHECK_CODE(sign_in("jdoe", "", &p), "CONV_ERR");
	CHECK_INT(seen->answers, 0);
}

TEST(pc03_no_reply_at_all)
{
	const char *const answers[] = { rig_no_response };
	struct person p = with(answers, 1);

	begin(SIGN_IN);
	CHECK_CODE(sign_in("jdoe", "", &p), "CONV_ERR");
	CHECK_INT(seen->answers, 0);
}

TEST(pc04_an_empty_answer_is_passed_on_as_empty)
{
	const char *const answers[] = { "", "" };
	struct person p = with(answers, 2);

	begin("P Password: \nC Code: \nV refused right");
	CHECK_CODE(sign_in("jdoe", "", &p), "AUTH_ERR");
	CHECK_INT(seen->answers, 2);
	CHECK_TEXT((const char *)seen->answer[0], "");
	CHECK_TEXT((const char *)seen->answer[1], "");
}

TEST(pc06_an_answer_too_long_is_refused_not_cut)
{
	static const size_t lengths[] = { 513, 65536, 16 << 20 };

	begin(SIGN_IN);
	for (size_t i = 0; i < 3; i++) {
		char *answer = malloc(lengths[i] + 1);
		CHECK(answer != NULL);
		memset(answer, 'x', lengths[i]);
		memcpy(answer, PASSWORD, strlen(PASSWORD));
		answer[lengths[i]] = 0;
		const char *const answers[] = { answer, "123456" };
		struct person p = with(answers, 2);
		CHECK_CODE(sign_in("jdoe", "", &p), "AUTH_ERR");
		CHECK_INT(seen->answers, 0);
		free(answer);
	}
}

TEST(pc07_an_answer_of_512_bytes_arrives_whole)
{
	char answer[513];
	const char *const answers[] = { answer, "123456" };
	struct person p = with(answers, 2);

	memset(answer, 'x', 512);
	answer[512] = 0;
	begin(SIGN_IN);
	CHECK_CODE(sign_in("jdoe", "", &p), "SUCCESS");
	CHECK_TEXT((const char *)seen->answer[0], answer);
}

TEST(pc10_a_conversation_that_fails_at_prompt_k)
{
	static const char *const answers[] = { "a", "b", "c" };

	begin("P Password: \nC Code: \nO Other: \nC Code: \nv granted jdoe 20001 -");
	for (size_t k = 0; k < 4; k++) {
		struct person p = with(answers, k);
		int64_t from = boot_ms();
		CHECK_CODE(sign_in("jdoe", "", &p), "CONV_ERR");
		CHECK(boot_ms() - from < 20000); /* long before its patience ends */
		while (!seen->asked_in_vain) /* the daemon hears of it, or main.c's limit ends this */
			usleep(1000);
		CHECK_INT(seen->answers, k);
	}
}

TEST(pc15_silent_tells_nothing_and_asks_all_the_same)
{
	struct person p = with(right, 2);

	begin("i Welcome\ne Beware\n" SIGN_IN);
	pam_handle_t *pamh = rig_start("jdoe", "", &p);
	CHECK_CODE(pam_authenticate(pamh, PAM_SILENT), "SUCCESS");
	pam_end(pamh, 0);
	CHECK_INT(p.messages, 2);
	CHECK_INT(seen->flags, HELLO_SILENT);
}

TEST(pc27_use_first_pass_answers_the_password_only)
{
	const char *const answers[] = { "123456" };
	struct person p = with(answers, 1);

	begin(SIGN_IN);
	preset(PASSWORD);
	CHECK_CODE(sign_in("jdoe", "use_first_pass", &p), "SUCCESS");
	CHECK_INT(p.messages, 1);
	CHECK_TEXT(p.text[0], "Code: ");
	CHECK_TEXT((const char *)seen->answer[0], PASSWORD);
	CHECK_TEXT((const char *)seen->answer[1], "123456");
	CHECK_TEXT(left("authtok"), PASSWORD);
}

TEST(pc27_use_first_pass_asks_nobody)
{
	struct person p = with(right, 2);
	char longest[10241];

	memset(longest, 'x', 10240);
	longest[10240] = 0;
	begin(SIGN_IN);
	CHECK_CODE(sign_in("jdoe", "use_first_pass", &p), "AUTH_ERR");
	preset("");
	CHECK_CODE(sign_in("jdoe", "use_first_pass", &p), "AUTH_ERR");
	preset(longest);
	CHECK_CODE(sign_in("jdoe", "use_first_pass", &p), "AUTH_ERR");
	CHECK_INT(p.messages, 0);
	CHECK_INT(seen->answers, 0);
}

TEST(pc27_a_first_pass_is_tried_once)
{
	const char *const answers[] = { PASSWORD };
	struct person p = with(answers, 1);

	begin("P Password: \nP Password: \nv granted jdoe 20001 -");
	preset("stale");
	CHECK_CODE(sign_in("jdoe", "use_first_pass", &p), "AUTH_ERR");
	CHECK_INT(p.messages, 0);
	CHECK_CODE(sign_in("jdoe", "try_first_pass", &p), "SUCCESS");
	CHECK_TEXT((const char *)seen->answer[0], "stale");
	CHECK_TEXT((const char *)seen->answer[1], PASSWORD);
	CHECK_TEXT(left("authtok"), PASSWORD);
}

TEST(pc27_try_first_pass_asks_when_there_is_none)
{
	static const char *const presets[] = { NULL, "" };

	begin(SIGN_IN);
	for (size_t i = 0; i < 2; i++) {
		struct person p = with(right, 2);
		if (presets[i])
			preset(presets[i]);
		CHECK_CODE(sign_in("jdoe", "try_first_pass", &p), "SUCCESS");
		CHECK_INT(p.messages, 2);
	}
}

TEST(pc27_a_first_pass_is_never_a_code)
{
	const char *const answers[] = { "123456" };
	struct person p = with(answers, 1);

	begin("C Code: \nv granted jdoe 20001 -");
	preset(PASSWORD);
	CHECK_CODE(sign_in("jdoe", "use_first_pass", &p), "SUCCESS");
	CHECK_TEXT((const char *)seen->answer[0], "123456");
	CHECK_TEXT(left("authtok"), "(none)");
}

TEST(pc27_without_the_argument_a_first_pass_is_not_used)
{
	struct person p = with(right, 2);

	begin(SIGN_IN);
	preset("stale");
	CHECK_CODE(sign_in("jdoe", "", &p), "SUCCESS");
	CHECK_INT(p.messages, 2);
	CHECK_TEXT(left("authtok"), PASSWORD);
}

TEST(dk11_pc28_only_a_password_that_was_granted_is_handed_on)
{
	static const struct {
		const char *script, *authtok;
	} rows[] = {
		{ SIGN_IN, PASSWORD },
		{ "P Password: \nC Code: \nV refused right", "(none)" },
		{ "P Password: \nC Code: \nV granted other-uid", "(none)" },
		{ "P Password: \nH", "(none)" },
		{ "C PIN: \nv granted jdoe 20001 -", "(none)" },
		{ "O Other: \nv granted jdoe 20001 -", "(none)" },
		{ "P Password: \nN New password: \nv granted jdoe 20001 -", "123456" },
	};

	begin("");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct person p = with(right, 2);
		rig_daemon(LISTEN_ROOT, &rows[i].script, 1);
		sign_in("jdoe", "", &p);
		CHECK_TEXT(left("authtok"), rows[i].authtok);
	}
}

TEST(pc28_an_empty_password_unsets_the_one_before)
{
	const char *const answers[] = { "wrong", "", "recovery" };
	struct person p = with(answers, 3);

	begin("P Password: \nP Password: \nC Recovery code: \nv granted jdoe 20001 -");
	CHECK_CODE(sign_in("jdoe", "", &p), "SUCCESS");
	CHECK_TEXT(left("authtok"), "(none)");
}

TEST(fo12_a_daemon_that_never_stops_asking)
{
	static const char *answers[64];
	struct person p = with(answers, 64);

	for (size_t i = 0; i < 64; i++)
		answers[i] = "again";
	begin("M Again: \nv granted jdoe 20001 -");
	CHECK_CODE(sign_in("jdoe", "", &p), "AUTHINFO_UNAVAIL");
	CHECK_INT(p.messages, WIRE_ASKS_MAX);
}

TEST(fo12_nobody_signs_in_with_a_file)
{
	struct person p = with(right, 2);

	begin("D\nv granted jdoe 20001 -");
	CHECK_CODE(sign_in("jdoe", "", &p), "AUTHINFO_UNAVAIL");
	CHECK_INT(p.messages, 0);
}

TEST(fo12_a_password_is_never_shown)
{
	struct person p = with(right, 2);

	begin("E Password: \nv granted jdoe 20001 -");
	CHECK_CODE(sign_in("jdoe", "", &p), "AUTHINFO_UNAVAIL");
	CHECK_INT(p.messages, 0);
}

TEST(fo12_a_descriptor_sent_along_is_closed)
{
	struct person p = with(right, 2);

	begin("F\nv granted jdoe 20001 -");
	size_t before = open_files();
	CHECK_CODE(sign_in("jdoe", "", &p), "AUTHINFO_UNAVAIL");
	CHECK_INT(open_files(), before);
}
