/* SPDX-License-Identifier: Apache-2.0 */
/* Templates. What must hold: each that is shipped can be filled in and says whom it is from; no value makes
 * a line of its own; what is wrong sends nothing. */
#include "template.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "log.h"
#include "message.h"

static const char *folder(void)
{
	static char path[512];
	const char *from = getenv("srcdir"); /* make check; by hand, from the build folder */

	snprintf(path, sizeof path, "%s/conf/templates", from ? from : "..");
	return path;
}

static struct message message_of(enum channel channel, const char *template)
{
	struct message m = { .channel = channel,
		.name = "Ann Example",
		.practice = "St John's",
		.code = "135790",
		.what = "HC000001",
		.minutes = 15 };

	snprintf(m.template, sizeof m.template, "%s", template);
	return m;
}

static void check_lines(const char *file, const char *text, size_t max)
{
	char line[1024], shown[1024];

	while (*text) {
		size_t len = strcspn(text, "\n");

		CHECK(len < sizeof line);
		snprintf(line, sizeof line, "%.*s", (int)len, text);
		if (len > max)
			check_fail(file, 0, "longer than %zu bytes: %s", max, line);
		if (strcmp(visible(line, shown, sizeof shown), line) != 0)
			check_fail(file, 0, "not plain UTF-8: %s", shown);
		text += len + (text[len] == '\n');
	}
}

/* The names in braces, in the order of the alphabet, each once. */
static const char *names_in(const char *template)
{
	static const char *const names[] = { "{code}", "{minutes}", "{name}", "{practice}",
		"{what}" };
	static char out[2][64];
	static unsigned turn;
	char *to = out[turn++ % 2];

	*to = 0;
	for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
		if (strstr(template, names[i]))
			snprintf(to + strlen(to), 64 - strlen(to), "%s", names[i]);
	return to;
}

/* A text message of ASCII alone has 160 characters wherever it is sent; one circumflex makes it 70. */
static void check_alphabet(const char *file, const char *template)
{
	for (const char *p = template; *p; p++)
		if ((unsigned char)*p > 0x7e || strchr("[]\\^~|`", *p))
			check_fail(file, 0, "not in every phone's alphabet: %s", p);
}

static void check_shipped(const char *language, const char *file)
{
	static char english[TEMPLATE_MAX];
	static char template[TEMPLATE_MAX];
	static struct filled f;
	const char *const folders[] = { folder(), NULL };
	const char *ending = strrchr(file, '.'), *wrong;
	char name[64];

	snprintf(name, sizeof name, "%.*s", (int)(ending - file), file);
	bool email = strcmp(ending, ".txt") == 0;
	if (!email && strcmp(ending, ".sms") != 0)
		check_fail(file, 0, "neither .txt nor .sms");
	struct message m = message_of(email ? CHANNEL_EMAIL : CHANNEL_SMS, name);
	wrong = template_load(folders, language, &m, template);
	if (!wrong)
		wrong = template_load(folders, "en_GB", &m, english);
	if (!wrong)
		wrong = template_fill(template, &m, &f);
	if (wrong)
		check_fail(file, 0, "%s", wrong);
	check_lines(file, template, email ? 120 : 160);
	CHECK_TEXT(names_in(template), names_in(english));
	if (!email)
		check_alphabet(file, template);
	if (!strstr(template, "{practice}"))
		check_fail(file, 0, "does not say whom it is from");
	if (strstr(template, "http") || strstr(template, "www."))
		check_fail(file, 0, "has a link");
	if (email && strchr(f.subject, '{'))
		check_fail(file, 0, "subject: %s", f.subject);
	if (!email && strchr(f.text, '\n'))
		check_fail(file, 0, "more than one line");
}

/* How many there are in a language; each is looked at. */
static int shipped(const char *language)
{
	char path[600];
	int n = 0;

	snprintf(path, sizeof path, "%s/%s", folder(), language);
	DIR *d = opendir(path);
	CHECK(d != NULL);
	for (struct dirent *e; (e = readdir(d));) {
		if (e->d_name[0] == '.')
			continue;
		check_shipped(language, e->d_name);
		n++;
	}
	closedir(d);
	return n;
}

TEST(templates_that_are_shipped_are_good)
{
	CHECK(shipped("en") >= 25);
	CHECK_INT(shipped("cy"), shipped("en"));
}

static const char *filled(const char *template, struct message m, struct filled *f)
{
	const char *wrong = template_fill(template, &m, f);

	return wrong ? wrong : "";
}

TEST(template_is_filled_in)
{
	struct message m = message_of(CHANNEL_EMAIL, "x");
	static struct filled f;

	CHECK_TEXT(
		filled("Subject: {code} for {practice}\n\n{name}: {code},\n{what} {minutes}.\n\n\n",
			m, &f),
		"");
	CHECK_TEXT(f.subject, "135790 for St John's");
	CHECK_TEXT(f.text, "Ann Example: 135790,\nHC000001 15.");
	m.channel = CHANNEL_SMS;
	CHECK_TEXT(filled("{practice}: {code}\n", m, &f), "");
	CHECK_TEXT(f.text, "St John's: 135790");
	CHECK_TEXT(f.subject, "");
	m.name[0] = m.code[0] = 0;
	CHECK_TEXT(filled("a{name}b", m, &f), "");
	CHECK_TEXT(f.text, "ab");
}

TEST(value_makes_no_line_and_hides_nothing)
{
	struct message m = message_of(CHANNEL_EMAIL, "x");
	static struct filled f;

	snprintf(m.practice, sizeof m.practice, "A\r\nBcc: eve@example.org\n\nB");
	snprintf(m.name, sizeof m.name, "x\n.\n\x1b]0;y\x7f\xe2\x80\xae\xff");
	CHECK_TEXT(filled("Subject: {practice}\n\n{name}", m, &f), "");
	CHECK_TEXT(f.subject, "A\\x0d\\x0aBcc: eve@example.org\\x0a\\x0aB");
	CHECK_TEXT(f.text, "x\\x0a.\\x0a\\x1b]0;y\\x7f\\xe2\\x80\\xae\\xff");
	snprintf(m.name, sizeof m.name, "{code}");
	CHECK_TEXT(filled("Subject: x\n\n{name}", m, &f), "");
	CHECK_TEXT(f.text, "{code}"); /* a value is no template */
}

TEST(template_with_a_mistake_is_refused)
{
	static const struct {
		const char *template, *wrong;
	} bad[] = { { "", "subject" }, { "Hello\n\nx", "subject" },
		{ "Subject: x\nx", "empty line" }, { "Subject: x\n\n", "is empty" },
		{ "Subject: x\n\n\n\n", "is empty" }, { "Subject: {name}\n\nx", "subject" },
		{ "Subject: {what}\n\nx", "subject" }, { "Subject: {x}\n\nx", "there is not" },
		{ "Subject: x\n\n{nam}", "there is not" }, { "Subject: x\n\n{}", "there is not" },
		{ "Subject: x\n\n{name", "without" }, { "Subject: {practice\n\n}", "without" },
		{ "Subject: x\r\n\r\nx", "plain" }, { "Subject: x\n\n\xff", "plain" },
		{ "Subject: x\n\n\t", "plain" }, { " Subject: x\n\nx", "subject" } };
	static struct filled f;
	static char big[TEMPLATE_MAX];
	struct message m = message_of(CHANNEL_EMAIL, "x");

	for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++)
		CHECK_HAS(filled(bad[i].template, m, &f), bad[i].wrong);
	m.code[0] = 0;
	CHECK_HAS(filled("Subject: x\n\n{code}", m, &f), "not good any more");
	memset(m.what, 'x', sizeof m.what - 1);
	size_t at = (size_t)snprintf(big, sizeof big, "Subject: x\n\n");
	while (at < sizeof big - 8)
		at += (size_t)snprintf(big + at, sizeof big - at, "{what}\n");
	CHECK_HAS(filled(big, m, &f), "too long");
}

static void write_file(const char *at, const char *text, mode_t mode)
{
	char path[512];

	snprintf(path, sizeof path, "%s/en/%s", test_folder(), at);
	FILE *f = fopen(path, "w");
	CHECK(f && fputs(text, f) >= 0 && fclose(f) == 0);
	CHECK_INT(chmod(path, mode), 0);
}

static const char *loaded(const char *first, const char *name, char out[TEMPLATE_MAX])
{
	const char *const folders[] = { first, folder(), NULL };
	struct message m = message_of(CHANNEL_SMS, name);
	const char *wrong = template_load(folders, "en_GB", &m, out);

	return wrong ? wrong : "";
}

TEST(template_of_the_administrators_comes_first)
{
	static char text[TEMPLATE_MAX], big[TEMPLATE_MAX + 1];
	char path[512];

	snprintf(path, sizeof path, "%s/en", test_folder());
	CHECK_INT(mkdir(path, 0755), 0);
	CHECK_TEXT(loaded(test_folder(), "verify", text), "");
	CHECK_HAS(text, "{practice}");
	write_file("verify.sms", "ours", 0644);
	CHECK_TEXT(loaded(test_folder(), "verify", text), "");
	CHECK_TEXT(text, "ours");
	CHECK_HAS(loaded(test_folder(), "no-such", text), "no such template");
	write_file("verify.sms", "ours", 0666);
	CHECK_HAS(loaded(test_folder(), "verify", text), "can't be read");
	memset(big, 'x', TEMPLATE_MAX);
	write_file("verify.sms", big, 0644);
	CHECK_HAS(loaded(test_folder(), "verify", text), "can't be read");
	snprintf(path, sizeof path, "%s/en/changed.sms", test_folder());
	CHECK_INT(symlink("verify.sms", path), 0);
	CHECK_HAS(loaded(test_folder(), "changed", text), "can't be read");
}

/* Ours in that language, theirs in it, then the same in English. */
TEST(template_of_the_language_comes_first)
{
	const char *const folders[] = { test_folder(), folder(), NULL };
	struct message m = message_of(CHANNEL_SMS, "verify");
	static char text[TEMPLATE_MAX];
	char path[512];

	snprintf(path, sizeof path, "%s/en", test_folder());
	CHECK_INT(mkdir(path, 0755), 0);
	write_file("verify.sms", "ours", 0644);
	write_file("new.sms", "new", 0644);
	CHECK(template_load(folders, "cy", &m, text) == NULL);
	CHECK_HAS(text, "{code} yw eich cod");
	CHECK(template_load(folders, "en_GB", &m, text) == NULL);
	CHECK_TEXT(text, "ours");
	m = message_of(CHANNEL_SMS, "new");
	CHECK(template_load(folders, "cy", &m, text) == NULL);
	CHECK_TEXT(text, "new");
	snprintf(path, sizeof path, "%s/cy", test_folder());
	CHECK_INT(mkdir(path, 0755), 0);
	write_file("../cy/new.sms", "newydd", 0666);
	CHECK_HAS(template_load(folders, "cy", &m, text), "can't be read");
	write_file("../cy/new.sms", "newydd", 0644);
	CHECK(template_load(folders, "cy", &m, text) == NULL);
	CHECK_TEXT(text, "newydd");
}

TEST(template_name_stays_in_its_folder)
{
	static const char *const names[] = { "", "../en/verify", "/verify", "verify.", "VERIFY",
		"-x", "a b", "en/verify", "verify\n" };
	static char text[TEMPLATE_MAX];

	for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
		CHECK_HAS(loaded(folder(), names[i], text), "no name");
}
