/* SPDX-License-Identifier: Apache-2.0 */
/* Stands in for hcauth-talk in the listener's tests: says what it was given, or ends as it is told to. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "conf.h"
#include "packet.h"

enum { PEER = 3, SETTINGS = 4, PATIENCE_MS = 60000 };

static void describe(struct packet *p)
{
	char error[CONF_ERROR_MAX];
	struct ucred peer = { .uid = 0 };
	struct conf c;
	sigset_t blocked;
	int open = 0, hold = 0;

	for (int fd = 0; fd < 1024; fd++)
		open += fcntl(fd, F_GETFD) >= 0;
	sigprocmask(SIG_SETMASK, NULL, &blocked);
	for (int i = 1; i < NSIG; i++) {
		struct sigaction a;

		hold += sigismember(&blocked, i) == 1;
		hold += sigaction(i, NULL, &a) == 0 && a.sa_handler == SIG_IGN;
	}
	conf_defaults(&c);
	if (!conf_read(SETTINGS, "settings", &c, error))
		strcpy(c.issuer, "unreadable");
	packet_peer(PEER, &peer);
	p->len = (size_t)snprintf((char *)p->bytes, sizeof p->bytes,
		"pid=%d uid=%u peer=%u open=%d hold=%d nnp=%d sealed=%d issuer=%s env=%s", getpid(),
		getuid(), peer.uid, open, hold, prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0),
		write(SETTINGS, "#", 1) < 0, c.issuer, environ[0] ? environ[0] : "");
	if (environ[0] && environ[1])
		p->len = 0;
}

int main(int argc, char **argv)
{
	struct packet p;

	if (argc == 3 && strcmp(argv[1], "--check-settings") == 0)
		return settings_check(SETTINGS, argv[2]);
	while (packet_recv(PEER, &p, boot_ms() + PATIENCE_MS) == 0) {
		switch (p.bytes[0]) {
		case 'i': describe(&p); break;
		case 's':
			signal(SIGSEGV, SIG_DFL);
			raise(SIGSEGV);
			break;
		case 't': _exit(112);
		default: _exit(1);
		}
		if (packet_send(PEER, &p, boot_ms() + PATIENCE_MS) < 0)
			_exit(1);
	}
	_exit(0);
}
