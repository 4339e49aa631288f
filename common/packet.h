/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_PACKET_H
#define HCAUTH_PACKET_H

#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "wire.h"

/* Packets over SOCK_SEQPACKET. Deadlines are in milliseconds of the boot clock (which goes on through
 * suspend), as clock_boot_ms() counts them. All functions return 0, a descriptor, or -errno. */

struct packet {
	size_t len;
	uint8_t bytes[WIRE_MAX];
};

int64_t boot_ms(void);

/* Connects to the socket at path. The listener must belong to root, or -EPERM: nobody else may ask for
 * passwords. -EAGAIN or -ETIMEDOUT when its backlog stays full until the deadline. The descriptor is
 * close-on-exec. */
int packet_connect(const char *path, int64_t deadline);

/* Sends one packet. -ETIMEDOUT at the deadline, -EPIPE when the peer has gone. No SIGPIPE. */
int packet_send(int fd, const struct packet *p, int64_t deadline);

/* Receives one packet. -ECONNRESET when the peer has hung up (or sent an empty packet, which is not
 * allowed and reads the same), -EMSGSIZE when it was longer than WIRE_MAX or carried descriptors
 * (which are closed), -ETIMEDOUT at the deadline. */
int packet_recv(int fd, struct packet *p, int64_t deadline);

/* Who connected, as the kernel says. -EPERM for a peer that it can't name: uid -1 or the overflow uid. */
int packet_peer(int fd, struct ucred *out);

#endif
