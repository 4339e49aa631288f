/* SPDX-License-Identifier: Apache-2.0 */
/* "hcauth enable": one service of PAM, by root's hands. What must hold, wherever it is cut short: each file is the old
 * one or the new one, whole; root is asked what root was asked before, by a stack that was tried before it was put in
 * place; and running it again goes on from there. */
#include "enable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "enable_part.h"
#include "hcauth.h"
#include "making.h"
#include "pam_stack.h"
#include "paths.h"
#include "setup.h"
#include "sshd_part.h"
#include "trial.h"
#include "verbs.h"

struct plan {
	const char *service;
	char path[300];
	char common[300]; /* a file that it includes, by which hcauth is in it; "": none */
	struct part nss, sshd, pam;
};

/* --- what there is --- */

static bool has_file(struct plan *p)
{
	char vendor[300];

	if (is_there(p->path))
		return true;
	snprintf(vendor, sizeof vendor, "%s/%s", pam_folders[1], p->service);
	if (is_there(vendor))
		complain("The file of %s is its package's, %s. Copy it to %s first.", p->service,
			vendor, p->path);
	else
		complain(
			"There is no %s: libpam goes by %s/other for it. Is that what the service is "
			"called?",
			p->path, pam_folders[0]);
	return false;
}

/* Whether hcauth is in the service already, by a file that others share. */
static bool look_common(struct plan *p)
{
	struct pam_stack s;

	if (!pam_stack_read("", p->service, &s)) {
		complain("There is not enough memory.");
		return false;
	}
	for (int phase = 0; phase < PHASES; phase++)
		for (size_t i = 0; i < s.phase[phase].n; i++) {
			const struct pam_line *l = &s.phase[phase].line[i];

			if (pam_line_is(l, "pam_hcauth.so") && !s.phase[phase].other &&
				strcmp(l->file, p->path) != 0)
				snprintf(p->common, sizeof p->common, "%s", l->file);
		}
	pam_stack_free(&s);
	return true;
}

static bool look(struct plan *p)
{
	if (strncmp(p->service, "common-", 7) == 0 || strcmp(p->service, "other") == 0) {
		complain(
			"%s is many services at once. For all of them: pam-auth-update --enable hcauth",
			p->service);
		return false;
	}
	if (!has_file(p) || !look_common(p))
		return false;
	if (!*p->common && !part_pam(&p->pam, p->path, p->service))
		return false;
	return part_nss(&p->nss) && (strcmp(p->service, "sshd") != 0 || part_sshd(&p->sshd));
}

static bool is_done(const struct plan *p)
{
	return (!p->pam.with || part_is_with(&p->pam)) && part_is_with(&p->nss) &&
		(!p->sshd.with || part_is_with(&p->sshd));
}

/* --- showing and trying --- */

static bool show(const struct plan *p)
{
	const struct part *const parts[] = { &p->nss, &p->sshd, &p->pam };

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if (parts[i]->with && !part_is_with(parts[i]) && !part_show(parts[i], true))
			return false;
	return true;
}

static bool try(const struct plan *p)
{
	const struct part *m = &p->pam;

	if (*p->common)
		return true;
	printf("Tried in a copy of %s:\n", pam_folders[0]);
	return trial_make(p->service, m->without, m->without_len, m->with, m->with_len) &&
		trial_check(p->service);
}

/* Whether the directory has anybody in it: a cdb's table of tables has the lengths of all, twice their rows. */
static bool has_people(void)
{
	uint8_t head[2048];
	int fd = open(HC_PRIVATE_FILE, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, head, sizeof head);
	unsigned slots = 0;

	if (fd >= 0)
		close(fd);
	for (ssize_t i = 4; n == (ssize_t)sizeof head && i < n; i += 8)
		slots += head[i] | (unsigned)head[i + 1] << 8;
	return slots > 2; /* one row says the directory's generation */
}

static bool try_person(const struct plan *p)
{
	if (*p->common || !isatty(STDIN_FILENO) || !has_people())
		return true;
	return trial_person(p->service);
}

/* --- doing --- */

static bool do_sshd(struct plan *p)
{
	bool right = false;

	if (!p->sshd.with || part_is_with(&p->sshd))
		return true;
	if (!part_enable(&p->sshd) || !sshd_look(&right))
		return false;
	if (!right)
		complain(
			"sshd does not say \"%s\": a file in " SSHD_FOLDER
			" that comes before " SSHD_FILE
			" says otherwise, or sshd_config says so before it includes that folder. Mend that first.",
			sshd_wrong());
	return right && sshd_reload();
}

static bool apply(struct plan *p)
{
	if (!part_enable(&p->nss) || !try_person(p) || !do_sshd(p))
		return false;
	if (*p->common)
		return true;
	return part_enable(&p->pam) && trial_check_real(p->service);
}

static void undo(struct plan *p)
{
	bool any = p->pam.changed || p->sshd.changed || p->nss.changed;
	bool done = true;

	if (p->pam.changed)
		done = part_disable(&p->pam);
	if (p->sshd.changed)
		done = part_disable(&p->sshd) && sshd_reload() && done;
	if (p->nss.changed)
		done = part_disable(&p->nss) && done;
	if (!done)
		complain("Not all could be put back. Run: hcauth disable %s --yes", p->service);
	else if (any)
		complain("All files are as they were before.");
	else
		complain("Nothing has been changed.");
}

static int carry_out(struct plan *p, bool yes)
{
	if (!show(p) || !try(p)) {
		complain("Nothing has been changed.");
		return STATUS_REFUSED;
	}
	if (is_done(p)) {
		printf("hcauth is on in %s%s%s. Nothing has been changed.\n", p->service,
			*p->common ? ", by " : "", p->common);
		return STATUS_DONE;
	}
	if (!yes) {
		printf("hcauth's people are asked what hcauthd.conf says: \"hcauth explain\" shows it.\n"
		       "Nothing has been changed. To do it: hcauth enable %s --yes\n",
			p->service);
		return STATUS_DONE;
	}
	if (!apply(p)) {
		undo(p);
		return STATUS_REFUSED;
	}
	printf("hcauth is on in %s. To take it out: hcauth disable %s --yes\n", p->service,
		p->service);
	return STATUS_DONE;
}

/* --- the command --- */

bool is_service(const char *name)
{
	static const char good[] =
		"abcdefghijklmnopqrstuvwxyz0123456789-_.ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	return *name && *name != '.' && *name != '-' && strlen(name) < 64 &&
		name[strspn(name, good)] == 0;
}

int cmd_enable(const char *const *words, size_t n)
{
	bool yes = n == 3 && strcmp(words[2], "--yes") == 0;

	if ((n != 2 && !yes) || !is_service(words[1])) {
		complain("Usage: hcauth enable SERVICE [--yes]. SERVICE is a file in %s.",
			pam_folders[0]);
		return STATUS_USAGE;
	}
	if (am_root() != STATUS_DONE)
		return STATUS_NOT_ALLOWED;
	int lock = enable_lock();
	if (lock < 0)
		return STATUS_REFUSED;

	struct plan p = { .service = words[1] };
	snprintf(p.path, sizeof p.path, "%s/%s", pam_folders[0], p.service);
	int status = look(&p) ? carry_out(&p, yes) : STATUS_REFUSED;
	trial_drop();
	part_drop(&p.pam);
	part_drop(&p.sshd);
	part_drop(&p.nss);
	close(lock);
	return status;
}
