/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: a file is changed only when what it was is on the disk elsewhere, and that copy is removed only
 * when the file is what it was. */
#include "enable_part.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "child.h"
#include "hcauth.h"
#include "nsswitch.h"
#include "pam_edit.h"
#include "paths.h"
#include "setup.h"
#include "sshd_part.h"

#define NSSWITCH "/etc/nsswitch.conf"

static bool same(const char *a, size_t a_len, const char *b, size_t b_len)
{
	return a && b && a_len == b_len && memcmp(a, b, a_len) == 0;
}

bool part_is_with(const struct part *p)
{
	return same(p->now.bytes, p->now.len, p->with, p->with_len);
}

bool part_is_without(const struct part *p)
{
	if (!p->without)
		return !p->now.there;
	return same(p->now.bytes, p->now.len, p->without, p->without_len);
}

void part_drop(struct part *p)
{
	etc_drop(&p->now);
	free(p->with);
	free(p->without);
	p->with = p->without = NULL;
}

void part_copy(struct part *p, const char *kind, const char *name)
{
	snprintf(p->copy, sizeof p->copy, "%s/%s%s", HC_BEFORE_DIR, kind, name);
}

static bool keep_bytes(const char *bytes, size_t len, char **out, size_t *out_len)
{
	*out = malloc(len + 1);
	if (!*out) {
		complain("There is not enough memory.");
		return false;
	}
	memcpy(*out, bytes, len);
	*out_len = len;
	return true;
}

/* --- the service's file --- */

/* Programs that go by the name that a module leaves: there somebody with several accounts may choose one. */
static const char *arguments_for(const char *service)
{
	static const char *const choosers[] = { "login", "lightdm", "greetd" };

	for (size_t i = 0; i < sizeof choosers / sizeof *choosers; i++)
		if (strcmp(service, choosers[i]) == 0)
			return " chooser";
	return strcmp(service, "sshd") == 0 ? sshd_argument() : "";
}

static bool edited(struct pam_edit *e, const char *path, char **out, size_t *len)
{
	if (e->result == PAM_EDIT_REFUSED)
		complain("%s: %s", path, e->why);
	*out = e->out;
	*len = e->len;
	return e->result != PAM_EDIT_REFUSED;
}

bool part_pam(struct part *p, const char *path, const char *service)
{
	struct pam_edit e;

	part_copy(p, "pam.d-", service);
	if (!etc_read(path, &p->now))
		return false;
	if (!p->now.there)
		return true;
	pam_edit_off(p->now.bytes, p->now.len, &e);
	if (!edited(&e, path, &p->without, &p->without_len))
		return false;
	pam_edit_on(p->without, p->without_len, service, arguments_for(service), &e);
	if (e.result != PAM_EDIT_REFUSED)
		return edited(&e, path, &p->with, &p->with_len);
	complain("%s: %s", path, e.why);
	complain(
		"Put hcauth's lines in by hand, as pam_hcauth(8) shows them, and see what comes of it "
		"by \"hcauth doctor\".");
	return false;
}

/* --- nsswitch.conf --- */

/* What it was: the copy, if this is what has become of it; else as it stands. */
static bool nss_before(struct part *p)
{
	struct etc_file copy;
	size_t len = 0;

	if (!etc_read(p->copy, &copy))
		return false;
	char *with = copy.there ? nsswitch_on(copy.bytes, copy.len, &len) : NULL;
	bool from = same(with, len, p->now.bytes, p->now.len);

	free(with);
	bool done = from ? keep_bytes(copy.bytes, copy.len, &p->without, &p->without_len)
			 : keep_bytes(p->now.bytes, p->now.len, &p->without, &p->without_len);
	etc_drop(&copy);
	return done;
}

bool part_nss(struct part *p)
{
	part_copy(p, "nsswitch.conf", "");
	if (!etc_read(NSSWITCH, &p->now))
		return false;
	p->with = p->now.there ? nsswitch_on(p->now.bytes, p->now.len, &p->with_len) : NULL;
	if (p->with)
		return nss_before(p);
	complain(NSSWITCH " does not say \"files\" for passwd and group. Put hcauth in by hand:\n"
			  "passwd:  files hcauth\ngroup:   files [SUCCESS=merge] hcauth");
	return false;
}

bool part_nss_off(struct part *p, struct etc_file *copy)
{
	size_t len;

	*p = (struct part){ .changed = false };
	part_copy(p, "nsswitch.conf", "");
	if (!etc_read(NSSWITCH, &p->now) || !etc_read(p->copy, copy))
		return false;
	if (!copy->there) /* it stays as it is: with a package, it is the package's to change */
		return keep_bytes(
			p->now.there ? p->now.bytes : "", p->now.len, &p->without, &p->without_len);
	char *with = nsswitch_on(copy->bytes, copy->len, &len);
	bool back = same(with, len, p->now.bytes, p->now.len) ||
		same(copy->bytes, copy->len, p->now.bytes, p->now.len);

	free(with);
	return !back || keep_bytes(copy->bytes, copy->len, &p->without, &p->without_len);
}

/* --- sshd's settings --- */

bool part_sshd(struct part *p)
{
	bool right;

	if (!etc_read(SSHD_FILE, &p->now) || !sshd_look(&right))
		return false;
	if (right && !p->now.there)
		return true;
	if (p->now.there && !same(p->now.bytes, p->now.len, sshd_text, strlen(sshd_text))) {
		complain(SSHD_FILE " is there, and is not what hcauth puts there. Move it away.");
		return false;
	}
	return keep_bytes(sshd_text, strlen(sshd_text), &p->with, &p->with_len);
}

/* --- all of them --- */

static bool diff(const char *from, const char *path, int fd)
{
	char other[64];

	snprintf(other, sizeof other, "/proc/self/fd/%d", fd);
	int status = child_run((const char *const[]){
		"/usr/bin/diff", "-u", "--label", path, "--label", path, from, other, NULL });
	return status == 0 || status == 1;
}

bool part_show(const struct part *p, bool with)
{
	const char *bytes = with ? p->with : p->without;
	size_t len = with ? p->with_len : p->without_len;
	int fd = memfd_create("new", 0); /* the child opens it by its number */

	bool done = fd >= 0 && write(fd, bytes ? bytes : "", len) == (ssize_t)len;
	if (!done)
		complain("What would change can't be shown: %s.", strerror(errno));
	if (done)
		done = diff(p->now.there ? p->now.path : "/dev/null", p->now.path, fd);
	if (fd >= 0)
		close(fd);
	return done;
}

static bool keep(struct part *p)
{
	static const struct owner root = { .uid = 0, .gid = 0 };
	struct etc_file copy;
	bool made, done = true;

	if (!*p->copy || !p->without)
		return true;
	if (!folder_make(HC_BEFORE_DIR, &root, 0700, &made) || !etc_read(p->copy, &copy))
		return false;
	copy.uid = p->now.uid;
	copy.gid = p->now.gid;
	copy.mode = p->now.mode;
	if (!same(copy.bytes, copy.len, p->without, p->without_len))
		done = etc_write(&copy, p->without, p->without_len);
	etc_drop(&copy);
	return done;
}

bool part_enable(struct part *p)
{
	if (!p->with || part_is_with(p))
		return true;
	if (!keep(p) || !etc_write(&p->now, p->with, p->with_len))
		return false;
	p->changed = true;
	return true;
}

bool part_disable(struct part *p)
{
	struct etc_file copy = { .there = false };

	etc_clean(p->now.path);
	if (!part_is_without(p)) {
		if (p->without ? !etc_write(&p->now, p->without, p->without_len)
			       : !etc_remove(p->now.path))
			return false;
		p->changed = true;
	}
	if (!*p->copy)
		return true;
	etc_clean(p->copy);
	if (!etc_read(p->copy, &copy))
		return false;
	if (!copy.there)
		return true;
	bool back = same(copy.bytes, copy.len, p->without, p->without_len);
	etc_drop(&copy);
	if (back)
		return etc_remove(p->copy);
	complain("%s has been edited since hcauth was put in. hcauth's lines are out, all else "
		 "is left;\nas it was before, it is in %s.",
		p->now.path, p->copy);
	return true;
}
