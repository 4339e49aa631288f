/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_SPAWN_H
#define HCAUTH_SPAWN_H

#include <sys/types.h>

/* Starts hcauth-talk for the peer on fd conn, with the settings on fd settings. Its pid, or -errno. */
pid_t spawn_talk(int conn, int settings);

/* Starts hcauth-talk --check-settings FILE: exit status 0 when they are good, else it has said why not. */
pid_t spawn_check(int settings, const char *file);

#endif
