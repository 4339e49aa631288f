/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_PROCESS_H
#define HCAUTH_PROCESS_H

#include <signal.h>

/* What the two programs that stay share: hcauthd and hcauth-courier. Each call ends the process if it fails,
 * but for notify(). */

/* Opens what is closed of 0, 1 and 2, so that nothing else gets one of those numbers. */
void descriptors_fill(void);

/* A descriptor from which these signals are read (signalfd(2)); they and no others are blocked. Whatever
 * started us may have left signals ignored or blocked: all are as by default, but SIGPIPE, which is ignored. */
int signals_take(const sigset_t *ours);

/* Tells systemd, if it wants to know (sd_notify(3)). */
void notify(const char *state);

#endif
