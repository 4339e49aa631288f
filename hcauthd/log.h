/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_LOG_H
#define HCAUTH_LOG_H

#include <stddef.h>

/* For operators: one line on stderr, with the level in front as systemd reads it (sd-daemon(3)), or plain at a terminal. What
 * people did goes to audit.h. Never a secret, never a message's body. Form: "subject: what: reason". */
void log_err(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Each line is also handed to fn, without level and end. NULL: to nobody. */
void log_also(void (*fn)(void *arg, const char *line), void *arg);

/* Logs and exits with status 111. For processes that have one peer, to whom it is a refusal. */
_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Foreign text as it may stand in a log line or on a screen: control characters and broken UTF-8 become \xNN, what does not fit is
 * cut and ends in "...". Returns buf. */
const char *visible(const char *text, char *buf, size_t size);

#endif
