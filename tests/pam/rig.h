/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_RIG_H
#define HCAUTH_RIG_H

#include <security/pam_appl.h>
#include <stdbool.h>
#include <stdint.h>

#include "wire.h"

/* What pam_hcauth meets in its tests: a daemon that follows a script, a person that follows a list of
 * answers, a directory and local files. All of it stands in the working folder. */

/* The people: jdoe (jane@clinic.example), anna (the machine's own), and those who are nobody's or broken. */
void rig_world(int directory_errno);

/* A script is lines, followed for one connection after HELLO:
 *	P text, N text, C text, O text	ask for a password, a new one, a code, other; wait for the answer
 *	E text		ask for a password with echo: not allowed
 *	M text		ask for other 1000 times
 *	i text, e text	tell (information, error)
 *	w		still working
 *	S		stall until the peer hangs up
 *	H		hang up
 *	Z, G, L, F	an empty packet, garbage, one that is too long, a TELL with a descriptor in it
 *	V result who	the verdict about the name in HELLO; who: right, other-uid, other-user, root, nobody
 *	v result user uid ticket env...	the verdict as it stands; ticket "-" for none
 * The nth connection follows the nth script; the last one is followed for all that come later. */
enum listener { LISTEN_ROOT, LISTEN_STRANGER, LISTEN_FULL, LISTEN_NOBODY };

enum { SEEN_TEXT = 600, SEEN_ANSWERS = 40 };

/* What the daemon saw, last connection. */
struct seen {
	int connections, hellos, answers;
	bool asked_in_vain; /* the peer hung up where an answer was due */
	uint32_t purpose, flags, ruid;
	char service[SEEN_TEXT], name[SEEN_TEXT], tty[SEEN_TEXT], rhost[SEEN_TEXT],
		ruser[SEEN_TEXT];
	char have[SEEN_TEXT], ticket[SEEN_TEXT], ssh_auth[WIRE_SSH_AUTH_MAX + 1];
	char answer[SEEN_ANSWERS][SEEN_TEXT];
	bool user_socket;
};

volatile struct seen *rig_daemon(enum listener who, const char *const *scripts, size_t n);
void rig_daemon_stop(void);

/* Answers that are none. */
extern const char rig_no_text[]; /* a response without a text */
extern const char rig_no_response[]; /* PAM_SUCCESS without a response */
extern const char rig_fails[]; /* PAM_CONV_ERR */

struct person {
	const char *const *answers;
	size_t n;
	size_t said; /* answers given */
	size_t messages;
	int style[64];
	char text[64][128];
};

/* A handle for the service "hc", whose only module is the one under test with these arguments. */
pam_handle_t *rig_start(const char *user, const char *arguments, struct person *p);

const char *rig_code(int pam_code);

#endif
