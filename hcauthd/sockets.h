/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_SOCKETS_H
#define HCAUTH_SOCKETS_H

#include "places.h"

/* The two listening sockets, non-blocking, out[ROOT_SOCKET] and out[USER_SOCKET]: those that systemd hands over (sd_listen_fds(3), named "root"
 * and "user"), else made here, by root, in HC_RUN_DIR. Ends the process when neither can be. */
void sockets_get(int out[SOCKETS]);

#endif
