/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_HCAUTH_H
#define HCAUTH_HCAUTH_H

#include <stddef.h>

#include "letter_file.h"

/* What the commands run. words are those after "hcauth"; the result is an enum status. */

/* The command as a terminal of the daemon. */
int cmd_daemon(const char *const *words, size_t n);

/* What a conversation has beside its words: files of the caller's own, whose names the daemon never learns. */
struct beside {
	const char *letter; /* where letters go; NULL: they are shown */
	int data; /* the file that is handed over; -1: none */
	char *user; /* where to say whom to become; NULL: nowhere */
};
int talk_daemon(const char *const *words, size_t n, const struct beside *beside);

int cmd_import(const char *const *words, size_t n);
int cmd_yubikey_import(const char *const *words, size_t n);
int cmd_metrics(const char *const *words, size_t n);
int cmd_trace(const char *const *words, size_t n);
/* import google-authenticator, oath and yubico. */
int cmd_import_second(const char *const *words, size_t n);
int cmd_import_passwd(const char *const *words, size_t n);

/* The same for a command that says whom to become: user takes USER_NAME_MAX + 1 bytes; "" unless
 * the status is STATUS_DONE. */
int daemon_says_user(const char *const *words, size_t n, char *user);

int cmd_help(const char *const *words, size_t n);
int cmd_init(const char *const *words, size_t n);
int cmd_accept_database(const char *const *words, size_t n);
int cmd_export(const char *const *words, size_t n);
int cmd_restore(const char *const *words, size_t n);
int cmd_rekey(const char *const *words, size_t n);
int cmd_recover(const char *const *words, size_t n);
int cmd_doctor(const char *const *words, size_t n);
int cmd_switch(const char *const *words, size_t n);
int cmd_ssh_keys_add(const char *const *words, size_t n);
int cmd_authorized_keys(const char *const *words, size_t n);

/* hcauth's lines in one service of PAM, and out of it. */
int cmd_enable(const char *const *words, size_t n);
int cmd_disable(const char *const *words, size_t n);

/* The limits that the command was started with, for a program that takes its place. */
void restore_limits(void);

/* Ends the sessions of people who have left, as root: of all that wait for it. */
int cmd_complete(const char *const *words, size_t n);
int cmd_end_sessions(const char *const *words, size_t n);
/* Somebody leaves; as root with --end-sessions, their sessions end too. */
int cmd_leave(const char *const *words, size_t n);

/* Says why the socket at path can't be reached (r: -errno). STATUS_UNAVAILABLE. */
int complain_unreachable(const char *path, int r);

/* Complains about words that are no command. STATUS_USAGE. */
int no_such_command(const char *const *words, size_t n);

/* A sentence on stderr, "hcauth: " before it. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
