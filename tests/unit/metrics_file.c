/* SPDX-License-Identifier: Apache-2.0 */
/* "hcauth metrics --textfile". What must hold: the file is a whole scrape, also while another is made; where its
 * folder is led elsewhere by whoever owns it, root does not follow. */
#include "check.h"
#include "packet.h"
#include "run.h"
#include "verbs.h"
#include "wire.h"

#include <dirent.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { A_WHILE = 60000 };

static int listener(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX, .sun_path = "run/root.sock" };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	in_folder_as_root();
	CHECK_INT(mkdir("run", 0755) + mkdir("prom", 0755), 0);
	CHECK_INT(bind(fd, (struct sockaddr *)&at, sizeof at) + listen(fd, 4), 0);
	return fd;
}

static pid_t begin(const char *file)
{
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid == 0)
		_exit(run_as(0, "", "hcauth/hcauth-check",
			(const char *const[]){ "metrics", "--textfile", file, NULL })
				.status);
	return pid;
}

/* Keeps conn, if it is one, patient for a moment. */
static void busy(int conn)
{
	struct packet p;

	p.len = wait_put(p.bytes);
	if (conn >= 0)
		CHECK_INT(packet_send(conn, &p, boot_ms() + A_WHILE), 0);
	usleep(20000);
}

static int ends(pid_t pid, int other)
{
	int status;
	pid_t r;

	while ((r = waitpid(pid, &status, WNOHANG)) == 0)
		busy(other);
	CHECK_INT(r, pid);
	CHECK(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* Its conversation, when it has asked. */
static int asked(int fd, int other)
{
	struct pollfd in = { .fd = fd, .events = POLLIN };
	struct packet p;

	while (poll(&in, 1, 0) == 0)
		busy(other);
	int conn = accept(fd, NULL, NULL);
	CHECK_INT(packet_recv(conn, &p, boot_ms() + A_WHILE), 0);
	return conn;
}

static void answer(int conn, const char *text)
{
	const struct verdict_msg v = {
		.result = GRANTED, .user = "", .uid = UINT32_MAX, .ticket = ""
	};
	struct packet p;

	p.len = tell_put(p.bytes, &(struct tell){ .level = TELL_INFO, .text = text });
	CHECK_INT(packet_send(conn, &p, boot_ms() + A_WHILE), 0);
	p.len = verdict_put(p.bytes, &v, NULL, 0);
	CHECK_INT(packet_send(conn, &p, boot_ms() + A_WHILE), 0);
	close(conn);
}

static void has(const char *file, const char *text)
{
	char got[200] = "";
	struct stat st;
	FILE *f = fopen(file, "r");

	CHECK(f && fstat(fileno(f), &st) == 0);
	CHECK_INT(st.st_mode & 07777, 0644);
	(void)!fread(got, 1, sizeof got - 1, f);
	fclose(f);
	CHECK_TEXT(got, text);
}

static unsigned files_in(const char *folder)
{
	DIR *d = opendir(folder);
	unsigned n = 0;

	CHECK(d != NULL);
	for (const struct dirent *e; (e = readdir(d));)
		n += *e->d_name != '.';
	closedir(d);
	return n;
}

TEST(metrics_file_is_whole_while_another_is_made)
{
	int fd = listener();
	pid_t a = begin("prom/hcauth.prom");
	int to_a = asked(fd, -1);
	pid_t b = begin("prom/hcauth.prom");
	int to_b = asked(fd, to_a);

	answer(to_a, "a 1");
	CHECK_INT(ends(a, to_b), STATUS_DONE);
	has("prom/hcauth.prom", "a 1\n");
	answer(to_b, "b 1");
	CHECK_INT(ends(b, -1), STATUS_DONE);
	has("prom/hcauth.prom", "b 1\n");
	CHECK_INT(files_in("prom"), 1);
}

TEST(metrics_file_s_folder_is_not_led_elsewhere)
{
	int fd = listener();
	FILE *f = fopen("prom/hcauth.prom", "w");

	CHECK(f && fputs("root's own\n", f) >= 0 && fchmod(fileno(f), 0644) == 0 && fclose(f) == 0);
	CHECK_INT(symlink("prom", "theirs"), 0);
	CHECK_INT(ends(begin("theirs/hcauth.prom"), -1), STATUS_REFUSED);
	CHECK_INT(mkdir("folder", 0755), 0);
	pid_t a = begin("folder/hcauth.prom");
	int to_a = asked(fd, -1);

	CHECK_INT(rename("folder", "moved") + symlink("prom", "folder"), 0);
	answer(to_a, "a 1");
	CHECK_INT(ends(a, -1), STATUS_DONE);
	has("prom/hcauth.prom", "root's own\n");
	has("moved/hcauth.prom", "a 1\n");
}
