/* SPDX-License-Identifier: Apache-2.0 */
/* A machine that "hcauth init" makes its files on, in the test's folder. */
#include "unit/init_machine.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "run.h"

static void copy(const char *from, const char *to)
{
	char buf[65536];
	ssize_t n;
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);

	CHECK(in >= 0 && out >= 0);
	while ((n = read(in, buf, sizeof buf)) > 0)
		CHECK_INT(write(out, buf, (size_t)n), n);
	CHECK_INT(n, 0);
	close(in);
	close(out);
}

void machine_people(void)
{
	FILE *f = fopen("passwd", "w");

	CHECK(f != NULL);
	fprintf(f, "root:x:0:0:root:/root:/bin/sh\nhcauthd:x:%d:%d::/nonexistent:/bin/false\n",
		DAEMON, DAEMON);
	CHECK_INT(fclose(f), 0);
}

void machine(void)
{
	char talk[4096];

	in_folder_as_root();
	built("hcauthd/init-check", talk);
	CHECK_INT(mkdir("libexec", 0755), 0);
	copy(talk, "libexec/hcauth-talk"); /* the build folder may be closed to the daemon's user */
	machine_people();
}

void check_nothing_unfinished(void)
{
	static const char *const names[] = { "etc/machine.key.new", "lib/store.new", "etc.making",
		"lib.making", "lib/guard.making", "lib/directory.making", "lib/store.new.making" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (access(names[i], F_OK) == 0)
			check_fail(__FILE__, __LINE__, "%s is there", names[i]);
}
