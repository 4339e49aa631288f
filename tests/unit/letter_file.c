/* SPDX-License-Identifier: Apache-2.0 */
/* Letters as files. What must hold: nothing that somebody is called gets to groff as more than text; a file
 * is whole or not there; what is there already stays as it is. */
#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../hcauth/hcauth.h"
#include "../../hcauth/letter_page.h"
#include "check.h"

static char complained[1024];

/* In place of the command's. */
void complain(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(complained, sizeof complained, format, ap);
	va_end(ap);
}

static const char letter[] =
	"St John's Surgery\n\nJane Doe\n\nUser ID:         STJ0042\n"
	"Activation code: K7Q2-9FJM-31XT-WAB0\n\nWhat to do\n\n1. Type it.\n   All.\n";

static unsigned files_here(void)
{
	DIR *d = opendir(".");
	unsigned n = 0;

	CHECK(d != NULL);
	for (struct dirent *e; (e = readdir(d));)
		n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
	closedir(d);
	return n;
}

static void read_file(const char *path, char *out, size_t size)
{
	FILE *f = fopen(path, "r");

	CHECK(f != NULL);
	out[fread(out, 1, size - 1, f)] = 0;
	fclose(f);
}

static void enter(void)
{
	CHECK_INT(chdir(test_folder()), 0);
}

TEST(a_letter_s_option_is_taken_out_of_the_words)
{
	const char *one[] = { "invite", "--letter", "a.pdf", "--name", "X" };
	const char *two[] = { "invite", "--letter=a.pdf", "--letter", "b.pdf" };
	const char *end[] = { "letter", "--letter" };
	const char *empty[] = { "letter", "--letter=" };
	const char *after[] = { "letter", "--", "--letter", "x" };
	const char *path = NULL;
	size_t n = 5;

	CHECK_INT(letter_take(one, &n, &path), 1);
	CHECK_TEXT(path, "a.pdf");
	CHECK_INT(n, 3);
	CHECK_TEXT(one[1], "--name");
	n = 4;
	CHECK_INT(letter_take(two, &n, &path), -1);
	n = 2;
	CHECK_INT(letter_take(end, &n, &path), -1);
	n = 2;
	CHECK_INT(letter_take(empty, &n, &path), -1);
	n = 4;
	CHECK_INT(letter_take(after, &n, &path), 0);
	CHECK_INT(n, 4);
	CHECK_TEXT(after[3], "x");
}

TEST(letters_are_a_text_file_whole_and_one_s_own)
{
	struct letter_file l;
	char text[2048], all[2048];
	struct stat st;

	enter();
	CHECK(letter_begin(&l, "out.txt"));
	CHECK_INT(access("out.txt", F_OK), -1);
	CHECK_INT(letter_add(&l, letter), 0);
	CHECK_INT(letter_add(&l, "Another\n"), 0);
	CHECK(letter_end(&l));
	read_file("out.txt", text, sizeof text);
	snprintf(all, sizeof all, "%s\n\f\nAnother\n\n", letter);
	CHECK_TEXT(text, all);
	CHECK_INT(stat("out.txt", &st), 0);
	CHECK_INT(st.st_mode & 07777, 0600);
	CHECK_INT(st.st_nlink, 1);
	CHECK_INT(files_here(), 1);
}

TEST(without_a_letter_there_is_no_file)
{
	struct letter_file l;

	enter();
	CHECK(letter_begin(&l, "./out.pdf"));
	CHECK(letter_end(&l));
	CHECK_INT(files_here(), 0);
}

TEST(a_file_that_is_there_is_never_touched)
{
	struct letter_file l;
	char text[64];

	enter();
	CHECK_INT(symlink("/nowhere/at/all", "link.txt"), 0);
	int fd = open("there.txt", O_WRONLY | O_CREAT, 0644);
	CHECK_INT(write(fd, "mine", 4), 4);
	CHECK(!letter_begin(&l, "there.txt"));
	CHECK_HAS(complained, "there already");
	CHECK(!letter_begin(&l, "link.txt"));
	CHECK(!letter_begin(&l, "nowhere/x.txt"));
	CHECK(!letter_begin(&l, "x.doc"));
	CHECK(!letter_begin(&l, ".txt"));
	CHECK_INT(files_here(), 2);

	/* and one that comes meanwhile: the letter is shown instead */
	CHECK(letter_begin(&l, "late.txt"));
	CHECK_INT(rename("there.txt", "late.txt"), 0);
	CHECK_INT(letter_add(&l, letter), 0);
	int out = dup(STDOUT_FILENO), shown = open("shown", O_RDWR | O_CREAT, 0600);
	fflush(stdout);
	CHECK_INT(dup2(shown, STDOUT_FILENO), STDOUT_FILENO);
	bool made = letter_end(&l);
	CHECK_INT(dup2(out, STDOUT_FILENO), STDOUT_FILENO);
	CHECK(!made);
	read_file("late.txt", text, sizeof text);
	CHECK_TEXT(text, "mine");
	char said[2048];
	read_file("shown", said, sizeof said);
	CHECK_HAS(said, "K7Q2-9FJM-31XT-WAB0");
	CHECK_INT(files_here(), 3);
}

/* Each is a whole line, or a part of one that ends in the same. */
static const char *const hostile[] = { ".pso touch made", "'pso touch made", ".sy touch made",
	".open x made", "\\X'ps: exec'", "\\V[HOME]", ".so /etc/passwd", "\\&.ex", "\\", ".", "'",
	"1. \\h'9c'.", "User ID: .\\*[x]", "\t.ab", "Activation code: \\nX" };

TEST(nobody_s_name_is_a_request_or_an_escape)
{
	for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
		char text[512], *made = NULL, *none = NULL;
		size_t len;

		snprintf(text, sizeof text, "%s\n\n%s\n", hostile[i], hostile[i]);
		FILE *f = open_memstream(&made, &len);
		letter_page(f, text);
		CHECK_INT(fclose(f), 0);
		f = open_memstream(&none, &len);
		letter_page(f, (char[]){ "" });
		CHECK_INT(fclose(f), 0);
		/* after what is the same for all */
		char *rest = made + strlen(none);
		CHECK(!strstr(rest, "\n.pso") && !strstr(rest, "\n'") && !strstr(rest, "\n.so") &&
			!strstr(rest, "\n.sy") && !strstr(rest, "\n.open") &&
			!strstr(rest, "\n.ab"));
		CHECK(!strstr(rest, "\\X") && !strstr(rest, "\\V") && !strstr(rest, "\\*") &&
			!strstr(rest, "\\h") && !strstr(rest, "\\n"));
		free(made);
		free(none);
	}
}

TEST(a_pdf_is_made_of_hostile_letters_and_nothing_else)
{
	struct letter_file l;
	char begin[8];

	enter();
	if (access("/usr/bin/gropdf", X_OK) < 0) {
		printf("# no gropdf here\n");
		CHECK(!letter_begin(&l, "out.pdf"));
		CHECK_HAS(complained, "groff");
		return;
	}
	CHECK(letter_begin(&l, "out.pdf"));
	for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
		char text[1024];

		snprintf(text, sizeof text, "%s\n\n%s\n%s", hostile[i], hostile[i], letter);
		CHECK_INT(letter_add(&l, text), 0);
	}
	CHECK(letter_end(&l));
	read_file("out.pdf", begin, sizeof begin);
	CHECK(strncmp(begin, "%PDF-", 5) == 0);
	CHECK_INT(files_here(), 1);
}
