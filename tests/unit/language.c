/* SPDX-License-Identifier: Apache-2.0 */
/* What people are told in Welsh, and catalogues. What must hold: a damaged one changes nothing but the
 * language; a translation never asks for other arguments; nobody learns from the words who exists; what
 * programs match on stays. */
#include "language.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "letter_line.h"
#include "recover_world.h"
#include "text.h"
#include "when.h"
#include "world.h"

#define CATALOGUE "po/cy.mo"

static void in_welsh(void)
{
	CHECK(language_load(CATALOGUE));
}

/* --- people --- */

TEST(welsh_a_first_sign_in_and_the_next)
{
	struct world w = world_at("2026-05-04 09:00:00");
	const char *code = add_ada(&w);

	in_welsh();
	struct talk *t = SIGN_IN(&w, "login", ADA, code, ADA_PASSWORD, ADA_PASSWORD, "@totp",
		"iawn", ADA_PIN, ADA_PIN);
	CHECK_VERDICT(GRANTED, t);
	CHECK_HAS(t->seen, "Cyfrinair: \nCroeso, Ada Example. ");
	CHECK_HAS(t->seen, "\nCyfrinair newydd: \nCyfrinair newydd eto: \n");
	CHECK_HAS(t->seen, "\nCyfrif: " ADA "\nCyfrinach: ");
	CHECK_HAS(t->seen, "\nTeipiwch \"iawn\" pan fyddwch wedi eu hysgrifennu: \n");
	CHECK_HAS(t->seen, "\nDewiswch PIN o 5 digid ar gyfer y weithfan hon.\n");
	CHECK_HAS(t->seen, "\nPopeth yn barod. O hyn ymlaen, mewngofnodwch fel " ADA);
	clock_add(&w, 60);
	const char *recovery = shown_code(t->seen, 1);
	t = SIGN_IN(&w, "login", ADA, "", ADA_PASSWORD, recovery, "");
	CHECK_VERDICT(GRANTED, t);
	CHECK_TEXT(t->seen,
		"Cyfrinair: \nTeipiwch eich cyfrinair. Newydd yma, neu wedi'i anghofio? Teipiwch y cod actifadu a gawsoch gan eich practis.\n"
		"Cyfrinair: \nCod: \nMae gennych 11 o godau adfer ar ôl.\nYdych chi wedi colli eich ffôn? Teipiwch iawn i osod yr ap ar un arall, neu pwyswch Enter: \n");
}

/* "yes" is what a person types who has read it elsewhere, or has always typed it. */
TEST(welsh_yes_is_iawn_and_yes)
{
	static const char *const good[] = { "iawn", "IAWN", "i", "yes", "y", "Yes" };
	static const char *const bad[] = { "na", "n", "no", "oes", "", "iawnn" };
	struct secret answer = { .len = 0 };

	in_welsh();
	for (unsigned i = 0; i < 6; i++) {
		answer.len = (size_t)snprintf(answer.text, sizeof answer.text, "%s", good[i]);
		CHECK(answer_yes(&answer));
		CHECK(!answer_no(&answer));
		answer.len = (size_t)snprintf(answer.text, sizeof answer.text, "%s", bad[i]);
		CHECK(!answer_yes(&answer));
		CHECK_INT(answer_no(&answer), i < 3);
	}
	language_load("/nonexistent");
	answer.len = (size_t)snprintf(answer.text, sizeof answer.text, "iawn");
	CHECK(!answer_yes(&answer));
}

TEST(welsh_a_forgotten_pin_and_the_news_of_it)
{
	struct world w = ada_with_channels();

	in_welsh();
	struct talk *t = SIGN_IN(
		&w, "kiosk", ADA, "", "", "iawn", "@mail", "@sms", NEW_PIN, NEW_PIN, NEW_PIN);
	CHECK_VERDICT(GRANTED, t);
	CHECK_HAS(t->seen,
		"\nWedi'i anghofio? Teipiwch iawn i ddod yn ôl i mewn, neu pwyswch Enter: \n");
	CHECK_HAS(t->seen, "\nDiolch. Nawr mae cod ar ei ffordd i'ch ffôn symudol.\n");
	CHECK_TEXT(queued_message(&w, CHANNEL_SMS, 0)->what, "Newidiwyd eich PIN");
}

/* sudo and doas compare the prompt; su and sshd are driven by scripts. */
TEST(welsh_programs_that_match_on_the_prompt_find_it)
{
	static const char *const plain[] = { "sudo", "sudo-i", "su", "su-l", "doas", "sshd" };
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	in_welsh();
	for (unsigned i = 0; i < sizeof plain / sizeof *plain; i++)
		CHECK_HAS(SIGN_IN(&w, plain[i], ADA, "no", "no")->seen, TEXT_PASSWORD);
	CHECK_HAS(SIGN_IN(&w, "login", ADA, "no", "no")->seen, "Cyfrinair: ");
	w.rhost = "192.0.2.7"; /* login -h, and whatever else comes from elsewhere */
	CHECK_HAS(SIGN_IN(&w, "login", ADA, "no", "no")->seen, TEXT_PASSWORD);
}

TEST(welsh_tells_nobody_who_exists)
{
	static const char *const services[] = { "sshd", "login", "su" };
	struct world w = world_at("2026-05-04 09:00:00");
	static char known[24000];

	enrol_ada(&w);
	in_welsh();
	for (unsigned i = 0; i < 3; i++) {
		snprintf(known, sizeof known, "%s",
			SIGN_IN(&w, services[i], ADA, "", "not it", "000000")->seen);
		CHECK_HAS(known, i == 1 ? "Cyfrinair: " : "Password: \nCod: ");
		CHECK_TEXT(SIGN_IN(&w, services[i], "nobody@example.org", "", "not it", "000000")
				   ->seen,
			known);
	}
}

/* sshd hands on as many other bytes as were typed for a name that it does not know: by its length, yes must be
 * yes for both, and no be no. */
TEST(welsh_yes_over_ssh_tells_nobody_who_exists)
{
	struct world w = ada_with_channels();
	static char known[24000];

	in_welsh();
	CHECK(strlen(language_text("yes")) >= 3 && strlen(language_text("no")) < 3);
	w.rhost = "192.0.2.7";
	snprintf(known, sizeof known, "%s",
		SIGN_IN(&w, "sshd", ADA, "", "", "iawn", "000000")->seen);
	CHECK_HAS(known, "cod ar ei ffordd drwy e-bost");
	CHECK_TEXT(SIGN_IN(&w, "sshd", "nobody@example.org", "", "", "\b\n\r\177", "\b\n\r\177IN")
			   ->seen,
		known);
	snprintf(known, sizeof known, "%s", SIGN_IN(&w, "sshd", ADA, "", "", "na", "000000")->seen);
	CHECK(!strstr(known, "drwy e-bost"));
	CHECK_TEXT(SIGN_IN(&w, "sshd", "nobody@example.org", "", "", "\b\n", "\b\n\r\177IN")->seen,
		known);
}

TEST(welsh_greeters_show_all_that_is_told)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	clock_add(&w, 60);
	for (size_t i = 0; i < w.conf.nservices; i++)
		w.conf.service[i].tell_prompts = true;
	in_welsh();
	struct talk *t = SIGN_IN(&w, "login", ADA, ADA_PASSWORD, "000000", "");
	CHECK_VERDICT(REFUSED, t);
	CHECK_HAS(t->seen, "Nid yw'r cod hwnnw'n gywir.\nPwyswch Enter i fynd ymlaen. \n");
}

/* The command knows a letter, and its labels, in every language. */
TEST(welsh_letter_is_a_letter)
{
	struct world w = world_at("2026-05-04 09:00:00");

	add_ada(&w);
	in_welsh();
	struct talk *t = COMMAND(&w, "invite", "--practice", "stj", "--name", "Siân Wŷn");
	CHECK_VERDICT(GRANTED, t);
	CHECK(is_letter(t->seen));
	CHECK_HAS(t->seen, "\nSiân Wŷn\n");
	CHECK_HAS(t->seen, "\n" LETTER_USERID_CY " ");
	CHECK_HAS(t->seen, "\n" LETTER_CODE_CY);
	CHECK_HAS(t->seen, "\n" LETTER_UNTIL_CY);
	CHECK_HAS(t->seen, "dydd Llun 18 Mai 2026, ");
	CHECK_HAS(t->seen, "\n" LETTER_STEPS_CY "\n\n1. Yn un o weithfannau'r practis");
	CHECK_TEXT(language_text(LETTER_EMAIL), LETTER_EMAIL_CY);
}

TEST(welsh_lists_and_status)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	in_welsh();
	struct talk *t = ada_says(&w, (const char *const[]){ "status", NULL }, NULL);
	CHECK_HAS(t->seen, "Cyfrinair: yn gweithio\n");
	CHECK_HAS(t->seen, "Codau adfer: 12 ar ôl\n");
	CHECK_HAS(ada_says(&w, (const char *const[]){ "accounts", NULL }, NULL)->seen,
		"(rydych chi yma)");
	CHECK_HAS(ada_says(&w, (const char *const[]){ "status", "--json", NULL }, NULL)->seen,
		"\"password\""); /* what other programs read */
	CHECK_HAS(ada_says(&w, (const char *const[]){ "practice", "list", NULL }, NULL)->seen,
		"Dim ond rheolwyr practis a root gaiff wneud hyn.");
}

/* What has changed stands in text messages, too: 160 characters if all are ASCII, 70 if one is not. */
TEST(welsh_news_fits_into_a_text_message)
{
	static const char *const news[] = { TEXT_TOLD_PASSWORD, TEXT_TOLD_TOTP, TEXT_TOLD_RECOVERY,
		TEXT_TOLD_PIN, TEXT_TOLD_SMS, TEXT_TOLD_SIGN_IN, TEXT_TOLD_MOBILE,
		TEXT_TOLD_MOBILE_BACK, TEXT_TOLD_EMAIL, TEXT_TOLD_KEYS, TEXT_TOLD_YUBIKEYS,
		TEXT_TOLD_FIRST, TEXT_TOLD_SMS_REMOVED, TEXT_TOLD_TOTP_REMOVED,
		TEXT_TOLD_TAKEN_OVER, TEXT_TOLD_RESET, TEXT_TOLD_GLASS, TEXT_TOLD_AT,
		TEXT_TOLD_LOST, TEXT_WORD_PASSWORD, TEXT_WORD_PIN, TEXT_WORD_CODE };

	in_welsh();
	for (unsigned i = 0; i < sizeof news / sizeof *news; i++) {
		const char *told = language_text(news[i]);

		for (const char *p = told; *p; p++)
			if ((unsigned char)*p > 0x7e)
				check_fail(__FILE__, __LINE__, "not ASCII: %s", told);
		CHECK(strlen(told) <= 80);
	}
}

/* Where a prompt has an address in it, there is room for 240 bytes besides. */
TEST(welsh_prompts_fit)
{
	static const char *const prompts[] = { TEXT_MOBILE_YOURS, TEXT_MOBILE_SKIP, TEXT_MOBILE,
		TEXT_SMS_KNOWN, TEXT_SMS_YOURS, TEXT_ADDRESS_YOURS, TEXT_BARE_SEND, TEXT_LINK_OFFER,
		TEXT_ADDRESS, TEXT_ADDRESS_SKIP, TEXT_ADDRESS_HINT, TEXT_ADDRESS_HINT_SKIP,
		TEXT_PASSWORD_SHORT, TEXT_PIN_LENGTH };

	in_welsh();
	for (unsigned i = 0; i < sizeof prompts / sizeof *prompts; i++)
		CHECK(strlen(language_text(prompts[i])) < 200);
}

/* --- catalogues --- */

static size_t slurp(const char *file, char *out, size_t size)
{
	FILE *f = fopen(file, "r");

	CHECK(f != NULL);
	size_t n = fread(out, 1, size, f);
	fclose(f);
	CHECK(n > 0 && n < size);
	return n;
}

static const char *written(const char *bytes, size_t n)
{
	static char path[512];

	snprintf(path, sizeof path, "%s/c.mo", test_folder());
	FILE *f = fopen(path, "w");
	CHECK(f && fwrite(bytes, 1, n, f) == n && fclose(f) == 0);
	return path;
}

static char bytes[256 * 1024];

TEST(catalogue_that_is_cut_is_english)
{
	size_t n = slurp(CATALOGUE, bytes, sizeof bytes);

	for (size_t cut = 0; cut < n; cut += cut < 64 || n - cut < 64 ? 1 : 101) {
		CHECK(!language_load(written(bytes, cut)));
		CHECK_TEXT(language_text("Code: "), "Code: ");
	}
	CHECK(language_load(written(bytes, n)));
	CHECK_TEXT(language_text("Code: "), "Cod: ");
}

static unsigned percents(const char *text)
{
	unsigned n = 0;

	for (; *text; text++)
		n += *text == '%';
	return n;
}

/* Of every byte of its tables one bit is wrong: it is English, or the sentence asks for what it should. */
TEST(catalogue_that_is_damaged_asks_for_nothing_else)
{
	size_t n = slurp(CATALOGUE, bytes, sizeof bytes);
	const char *sentence =
		"%s at %s is yours now: from now on, sign in as %s. Its own user ID and password have stopped working.";

	for (size_t at = 0; at < 6000; at += at < 32 ? 1 : 7) {
		bytes[at] = (char)(bytes[at] ^ 1 << at % 8);
		if (language_load(written(bytes, n)))
			CHECK_INT(percents(language_text(sentence)), 3);
		else
			CHECK_TEXT(language_text(sentence), sentence);
		bytes[at] = (char)(bytes[at] ^ 1 << at % 8);
	}
}

static void put32(char *at, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		at[i] = (char)(v >> 8 * i);
}

/* A catalogue of one sentence. */
static bool takes(const char *english, const char *translated)
{
	char mo[512] = { 0 };
	size_t a = strlen(english), b = strlen(translated);

	put32(mo, 0x950412de);
	put32(mo + 8, 1);
	put32(mo + 12, 28);
	put32(mo + 16, 36);
	put32(mo + 28, (uint32_t)a);
	put32(mo + 32, 44);
	put32(mo + 36, (uint32_t)b);
	put32(mo + 40, (uint32_t)(44 + a + 1));
	memcpy(mo + 44, english, a);
	memcpy(mo + 44 + a + 1, translated, b);
	return language_load(written(mo, 44 + a + 1 + b + 1));
}

TEST(translation_asks_for_the_arguments_of_its_english)
{
	CHECK(takes("%s at %s", "%s yn %s"));
	CHECK(takes("%s at %u", "%2$u: %1$s"));
	CHECK(takes("%zu of 100%%", "o %zu"));
	CHECK(!takes("%s at %u", "%u: %s"));
	CHECK(!takes("%u at %s", "%1$u: %s")); /* to printf, that is the first one, too */
	CHECK(!takes("%u at %s", "%u: %2$s"));
	CHECK(!takes("%s", ""));
	CHECK(!takes("%s", "ie"));
	CHECK(!takes("yes", "%s"));
	CHECK(!takes("yes", "%n"));
	CHECK(!takes("%s", "%n"));
	CHECK(!takes("%s", "%*s"));
	CHECK(!takes("%u", "%lu"));
	CHECK(!takes("%s", "%s%s"));
	CHECK(!takes("%s", "%2$s"));
	CHECK(!takes("%s", "%s %"));
	CHECK(!takes("%s", "%999999999999999999999$s"));
	CHECK(!takes("%s", "%9$s"));
	CHECK(!takes("%s", "%1$u %1$s"));
	CHECK(!takes("%u", "%1$zu %1$u"));
	CHECK(takes("%u", "%-3u") && takes("%u", "%03u"));
	CHECK(!takes("%u", "%3-12u") && !takes("%3-12u", "%u"));
	CHECK(!takes("%u", "%99999999999u")); /* printf would print nothing at all */
	CHECK(takes("%s", "%1$s: %1$s"));
	CHECK(takes("yes", "ie"));
	CHECK_TEXT(language_text("yes"), "ie");
	CHECK_TEXT(language_text("Yes"), "Yes");
}

TEST(catalogue_of_somebody_else_is_english)
{
	size_t n = slurp(CATALOGUE, bytes, sizeof bytes);
	const char *file = written(bytes, n);
	char link[600];

	CHECK(language_load(file));
	CHECK_INT(chmod(file, 0666), 0);
	CHECK(!language_load(file));
	CHECK_INT(chmod(file, 0644), 0);
	snprintf(link, sizeof link, "%s.link", file);
	CHECK_INT(symlink(file, link), 0);
	CHECK(!language_load(link));
	CHECK(!language_load("/nonexistent/hcauth.mo"));
	CHECK_TEXT(language_text("Code: "), "Code: ");
}

TEST(days_are_in_words)
{
	char out[WHEN_TEXT];

	setenv("TZ", "UTC", 1);
	CHECK_TEXT(when_text(1777885200, WHEN_WORDS, out), "4 May 2026");
	CHECK_TEXT(when_text(1777885200, WHEN_WORDS_CLOCK, out), "Monday 4 May 2026, 09:00");
	CHECK_TEXT(when_text(1777885200, WHEN_WEEKDAY, out), "Mon 09:00");
	in_welsh();
	CHECK_TEXT(when_text(1777885200, WHEN_WORDS, out), "4 Mai 2026");
	CHECK_TEXT(when_text(1777885200, WHEN_WORDS_CLOCK, out), "dydd Llun 4 Mai 2026, 09:00");
	CHECK_TEXT(when_text(1777885200, WHEN_WEEKDAY, out), "Llun 09:00");
}
