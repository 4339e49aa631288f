/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_TEST_LISTENER_H
#define HCAUTH_TEST_LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The listener, built for folders of its own and started in a private mount namespace with a private
 * /run and an /etc/passwd that has the daemon's user. Every helper ends the case when it fails. */

#define BASE "/run/hcauth-test"
#define TEST_LOG BASE "/log"

enum {
	AT_ONCE_MS = 20000, /* on a loaded machine; what would hang does so for ever */
	DAEMON_UID = 3999,
	DAEMON_GID = 3998,
	ADA = 4001,
	BOB = 4002,
	COURIER = 3990,
	STRANGER = 5000,
	CRASH = 's',
	TIME_OUT = 't'
};

struct listener {
	pid_t pid;
	int notify;
};

/* The namespace, the folders, fake_talk, and the settings "issuer = first". */
void world_make(void);
void settings_write(const char *text);
/* The daemon's user, and the courier's with that uid. */
void users_write(uid_t courier);

/* Starts hcauthd and waits for READY=1. */
struct listener listener_start(void);
/* Starts it where it can't run; its exit status. The log says why. */
int listener_fails(void);
/* Has SIGKILL sent to the listener pid when this process ends. */
void end_with_us(pid_t pid);
/* In a child about to exec: where its log and its notifications go, then hcauthd itself. */
_Noreturn void listener_exec(void);
/* Waits for a notification that has this in it. */
void notified(const struct listener *l, const char *what);
/* SIGTERM, and the exit status, within a second. */
int listener_stop(const struct listener *l);

const char *log_text(void);
/* Waits until the log has this in it. */
void log_waits_for(const char *what);

/* Connects as uid; -errno. Receiving has a deadline of ten seconds. */
int join(uid_t uid, const char *socket_name);
/* One byte to hcauth-talk, and what it says of itself in return. */
const char *ask(int fd);
void say(int fd, char what);
/* Whether the peer hangs up. */
bool hung_up(int fd);
/* The number behind NAME= in what hcauth-talk says. */
long number_in(const char *text, const char *name);
/* Waits until process pid is gone, reaped and all. */
void gone(pid_t pid);

/* A line of /proc/PID/status, without its name and white space in front. */
const char *status_line(pid_t pid, const char *name);
/* Hundredths of a second of the processor that pid has used. */
long processor_time(pid_t pid);
/* How many descriptors pid has open when it sleeps, that is when all is done that it was asked for. */
int descriptors(pid_t pid);

#endif
