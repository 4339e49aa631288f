/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../hcauth/read_file.h"
#include "check.h"
#include "dir_write.h"
#include "doctor_machine.h"
#include "pam_files.h"
#include "paths.h"

static void plant_modules(const char *root)
{
	static const char *const names[] = { "hcauth", "unix", "permit", "deny", "rootok",
		"fprintd", "succeed_if", "localuser", "nologin", "faildelay", "env", "loginuid",
		"keyinit", "mkhomedir", "systemd", "limits", "lastlog", "gnome_keyring", "sss",
		"cap", "echo" };
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "/lib/security/pam_%s.so", names[i]);
		plant(root, path, "");
	}
}

static void plant_directory(const char *root)
{
	const struct dir_user people[] = {
		{ .name = "ada",
			.gecos = "",
			.home = "/home/ada",
			.shell = "/bin/sh",
			.uid = 20001,
			.gid = 20001 },
		{ .name = "ben",
			.gecos = "",
			.home = "",
			.shell = "",
			.uid = 1002,
			.gid = UINT32_MAX,
			.flags = DIR_EXISTING },
	};
	char folder[PATH_MAX], path[PATH_MAX];
	struct dir_writer *w;

	snprintf(path, sizeof path, "%s/.made", HC_DIRECTORY_DIR);
	plant(root, path, "");
	snprintf(folder, sizeof folder, "%s%s", root, HC_DIRECTORY_DIR);
	CHECK_INT(dir_write_begin(folder, false, &w), 0);
	for (size_t i = 0; i < 2; i++)
		CHECK_INT(dir_add_user(w, &people[i], NULL, 0), 0);
	CHECK_INT(dir_write_finish(w, 1), 0);
}

const char *clinic(void)
{
	const char *root = test_folder();

	plant(root, "/etc/pam.d/other",
		"auth required pam_deny.so\naccount required pam_deny.so\n");
	plant(root, "/etc/passwd",
		"root:x:0:0::/root:/bin/sh\nboss:x:1000:1000::/home/boss:/bin/sh\n"
		"ben:x:1002:1002::/home/ben:/bin/sh\n");
	plant(root, "/etc/shadow", "root:$y$x:1::::::\nboss:$y$x:1::::::\nben:!:1::::::\n");
	plant(root, "/etc/group", "adm:x:4:boss\nclinic:x:500:ben,boss\nbens:x:1002:\n");
	plant_modules(root);
	plant_directory(root);
	return root;
}

void hear_all(struct facts *f)
{
	*f = (struct facts){ .heard = true };
	hear_fact(f, "version " HC_VERSION);
	hear_fact(f, "key credential");
	hear_fact(f, "pin-length 6");
	hear_fact(f, "pin-tries 10");
	hear_fact(f, "email yes");
	hear_fact(f, "service * local=no one-prompt=no shift=no require=password, totp | sms");
	hear_fact(f, "service kiosk local=yes one-prompt=no shift=no require=pin");
	hear_fact(f, "service i3lock local=yes one-prompt=yes shift=yes require=password");
	hear_fact(f, "practice stj managers=1");
}

struct doctor examined(const char *root)
{
	struct doctor d;

	doctor_begin(&d, root);
	hear_all(&d.facts);
	look_at_users(&d);
	look_at_pam(&d);
	d.end = NULL; /* it has moved with the structure: nothing is added to it now */
	CHECK(!d.memory_out);
	return d;
}

const struct finding *finding(const struct doctor *d, const char *id)
{
	for (const struct finding *f = d->first; f; f = f->next)
		if (strcmp(f->id, id) == 0)
			return f;
	return NULL;
}

void check_found(const struct doctor *d, const char *id, enum severity s, const char *where)
{
	const struct finding *f = finding(d, id);

	if (!f) {
		print_text(d, stdout);
		check_fail(__FILE__, __LINE__, "%s is not found", id);
	}
	CHECK_INT(f->severity, s);
	CHECK_TEXT(f->where, where);
}

void check_none(const struct doctor *d, const char *id)
{
	if (!finding(d, id))
		return;
	print_text(d, stdout);
	check_fail(__FILE__, __LINE__, "%s is found", id);
}

void check_nothing_wrong(const struct doctor *d)
{
	if (doctor_worst(d) < WRONG)
		return;
	print_text(d, stdout);
	check_fail(__FILE__, __LINE__, "something is wrong");
}

const struct door *door(const struct doctor *d, const char *service)
{
	for (const struct door *o = d->doors; o; o = o->next)
		if (strcmp(o->service, service) == 0)
			return o;
	check_fail(__FILE__, __LINE__, "no service %s", service);
}

void mend(const char *root, const struct finding *f)
{
	char path[512], out[65536] = "";
	const char *colon = strrchr(f->where, ':');
	size_t used = 0, len;

	CHECK(f->mend == MEND_REPLACE || f->mend == MEND_BEFORE || f->mend == MEND_AFTER ||
		f->mend == MEND_REMOVE);
	CHECK(colon != NULL);
	unsigned long at = strtoul(colon + 1, NULL, 10), number = 0;
	snprintf(path, sizeof path, "%.*s", (int)(colon - f->where), f->where);
	char *text = read_file(root, path, 60000, &len);
	CHECK(text != NULL);
	for (char *save, *line = strtok_r(text, "\n", &save); line;
		line = strtok_r(NULL, "\n", &save)) {
		if (++number == at && f->mend != MEND_REMOVE && f->mend != MEND_AFTER)
			used += (size_t)snprintf(out + used, sizeof out - used, "%s\n", f->line);
		if (number != at || f->mend == MEND_BEFORE || f->mend == MEND_AFTER)
			used += (size_t)snprintf(out + used, sizeof out - used, "%s\n", line);
		if (number == at && f->mend == MEND_AFTER)
			used += (size_t)snprintf(out + used, sizeof out - used, "%s\n", f->line);
	}
	CHECK(number >= at);
	free(text);
	plant(root, path, out);
}
