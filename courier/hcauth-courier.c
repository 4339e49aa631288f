/* SPDX-License-Identifier: Apache-2.0 */
/* hcauth-courier: looks into the outbox when it is woken, and every minute, and sends what is due. What must
 * hold: it has neither a key nor the store; anybody may wake it, and gains no more by that than one look a
 * second; each channel is looked after by a process of its own, so that one that hangs holds up no other;
 * there is one courier at a time. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log.h"
#include "look.h"
#include "packet.h"
#include "paths.h"
#include "process.h"
#include "user.h"

enum {
	EXIT_USAGE = 2,
	LOOK_MS = 60000, /* also when nobody has woken it */
	PAUSE_MS = 1000, /* between two looks, whoever wakes it */
	CHANNELS = CHANNEL_SMS + 1,
	DATAGRAMS = 64, /* at a time: they are only counted as one */
};

struct courier {
	const char *settings;
	int wake, signals;
	bool woken, stopping;
	int64_t looked; /* when it last did */
	pid_t looking[CHANNELS];
	bool again[CHANNELS]; /* woken while looking, perhaps for what that look has passed */
};

static int wake_socket(void)
{
	const struct sockaddr_un at = { .sun_family = AF_UNIX, .sun_path = HC_COURIER_SOCKET };
	int lock =
		open(HC_COURIER_RUN_DIR "/lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (lock < 0 || flock(lock, LOCK_EX | LOCK_NB) < 0)
		die("%s/lock: %s", HC_COURIER_RUN_DIR,
			lock >= 0 && errno == EWOULDBLOCK ? "another hcauth-courier is running"
							  : strerrordesc_np(errno));
	if (unlink(at.sun_path) < 0 && errno != ENOENT)
		die("%s: %m", at.sun_path);

	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	umask(0111);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&at, sizeof at) < 0)
		die("%s: %m", at.sun_path);
	umask(0077);
	/* cppcheck-suppress resourceLeak ; held for as long as this process lives */
	return fd;
}

/* In a process of its own, so that a look that hangs or crashes is one look. */
static void begin_look(struct courier *c, enum channel channel)
{
	pid_t parent = getpid(), pid = fork();

	if (pid < 0)
		log_err("start: %m"); /* the next look is due in a minute */
	if (pid != 0) {
		c->looking[channel] = pid < 0 ? 0 : pid;
		return;
	}

	sigset_t none;
	sigemptyset(&none);
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || getppid() != parent ||
		sigprocmask(SIG_SETMASK, &none, NULL) < 0)
		_exit(LOOK_FAILED);
	_exit(look(c->settings, channel));
}

static void look_round(struct courier *c)
{
	c->looked = boot_ms();
	c->woken = false;
	for (enum channel ch = CHANNEL_EMAIL; ch <= CHANNEL_SMS; ch++) {
		c->again[ch] = c->looking[ch] != 0;
		if (!c->again[ch])
			begin_look(c, ch);
	}
}

static void hear_datagrams(struct courier *c)
{
	char byte;

	for (int i = 0; i < DATAGRAMS && recv(c->wake, &byte, 1, MSG_DONTWAIT) >= 0; i++)
		;
	c->woken = true;
}

static void reap(struct courier *c)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (enum channel ch = CHANNEL_EMAIL; ch <= CHANNEL_SMS; ch++)
			if (c->looking[ch] == pid) {
				c->looking[ch] = 0;
				c->woken |= c->again[ch] ||
					(WIFEXITED(status) && WEXITSTATUS(status) == LOOK_MORE);
				c->again[ch] = false;
			}
}

static void take_signals(struct courier *c)
{
	struct signalfd_siginfo s;

	while (read(c->signals, &s, sizeof s) == sizeof s) {
		if (s.ssi_signo == SIGCHLD) {
			reap(c);
			continue;
		}
		notify("STOPPING=1");
		c->stopping = true;
		for (enum channel ch = CHANNEL_EMAIL; ch <= CHANNEL_SMS; ch++)
			if (c->looking[ch])
				kill(c->looking[ch], SIGTERM); /* it ends with what it is sending */
	}
}

static bool looking(const struct courier *c)
{
	return c->looking[CHANNEL_EMAIL] || c->looking[CHANNEL_SMS];
}

static void run(struct courier *c)
{
	while (!c->stopping || looking(c)) {
		int64_t next = c->looked + (c->woken ? PAUSE_MS : LOOK_MS), left = next - boot_ms();

		if (!c->stopping && left <= 0) {
			look_round(c);
			continue;
		}
		/* Once woken it listens no more until it looks: nobody can keep it busy. */
		struct pollfd p[] = { { .fd = c->signals, .events = POLLIN },
			{ .fd = c->woken || c->stopping ? -1 : c->wake, .events = POLLIN } };

		if (poll(p, 2, c->stopping ? -1 : (int)left) <= 0)
			continue;
		if (p[0].revents)
			take_signals(c);
		if (p[1].revents)
			hear_datagrams(c);
	}
}

static const char usage[] = "Usage: hcauth-courier [--config FILE] [--version] [--help]\n";
static const char options_help[] =
	"Sends hcauth's e-mail and text messages; see hcauth-courier(8).\n\n"
	"  --config FILE  read the settings from FILE, not from " HC_CONF_FILE "\n"
	"  --version      print the version, and exit\n"
	"  --help         print this, and exit\n";

int main(int argc, char **argv)
{
	static const struct option options[] = { { "config", required_argument, NULL, 'f' },
		{ "version", no_argument, NULL, 'v' }, { "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 } };
	struct courier c = { .settings = HC_CONF_FILE, .looked = -LOOK_MS };
	sigset_t ours;

	descriptors_fill();
	for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		switch (o) {
		case 'f': c.settings = optarg; break;
		case 'v': printf("hcauth-courier %s\n", HC_VERSION); return 0;
		case 'h':
			fputs(usage, stdout);
			fputs(options_help, stdout);
			return 0;
		default: fputs(usage, stderr); return EXIT_USAGE;
		}
	}
	if (optind < argc) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}

	user_become();
	if (chdir("/") < 0)
		die("/: %m");
	c.wake = wake_socket();
	sigemptyset(&ours);
	sigaddset(&ours, SIGCHLD);
	sigaddset(&ours, SIGTERM);
	sigaddset(&ours, SIGINT);
	c.signals = signals_take(&ours);
	log_info("ready");
	notify("READY=1");
	run(&c);
	return 0;
}
