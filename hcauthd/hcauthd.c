/* SPDX-License-Identifier: Apache-2.0 */
/* hcauthd, the listener: it accepts, counts, starts hcauth-talk, and reaps. What must hold: it reads not
 * one byte that a peer sends, so that there is nothing in it to attack and no secret ever in it; whatever
 * people do on the user socket, the root socket is served first; nothing that fails makes it spin, wait
 * or end, but SIGTERM. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "confine.h"
#include "dir_read.h"
#include "errand.h"
#include "log.h"
#include "packet.h"
#include "paths.h"
#include "places.h"
#include "process.h"
#include "settings.h"
#include "sockets.h"
#include "spawn.h"

enum {
	EXIT_SETTINGS = 1,
	EXIT_USAGE = 2,
	AT_ONCE = 16, /* accepts on the root socket before anything else gets its turn */
	PAUSE_MS = 250, /* after accept() failed for want of something: no spinning */
	LOG_MS = 1000, /* one line about refusals in this time, however many there are */
	TERM_MS = 300, /* from SIGTERM to SIGKILL for conversations */
	KILL_MS = 300, /* and from there to giving up on reaping them */
};

struct daemon {
	const char *file; /* of settings */
	int settings; /* what new conversations are given */
	int candidate; /* what is being checked, by process checker */
	pid_t checker;
	bool reload_again; /* asked for while checking */
	int listener[SOCKETS], signals;
	struct errands errands;
	struct limits limits;
	int64_t paused_until, log_from, stop_at; /* stop_at: 0 when not stopping */
	unsigned not_logged;
	bool killed;
};

static const char *const socket_name[SOCKETS] = { "root.sock", "user.sock" };

static void log_refusal(struct daemon *d, enum which w, uid_t uid, const char *why)
{
	int64_t now = boot_ms();

	if (now < d->log_from) {
		d->not_logged++;
		return;
	}
	if (d->not_logged > 0)
		log_warn("refused: %u more since", d->not_logged);
	log_warn("%s: uid %u: refused: %s", socket_name[w], (unsigned)uid, why);
	d->not_logged = 0;
	d->log_from = now + LOG_MS;
}

/* Whether uid is somebody's of ours; NULL, or why not. */
static const char *object_to_stranger(uid_t uid)
{
	uint8_t row[4096];
	char key[16];
	size_t len;

	if (uid == 0)
		return NULL;
	snprintf(key, sizeof key, "%u", (unsigned)uid);
	return dir_find(HC_PUBLIC_FILE, DIR_UID, key, row, sizeof row, &len) == 0
		? NULL
		: "not in the directory";
}

static void serve(struct daemon *d, enum which w, int fd)
{
	struct ucred peer = { .uid = (uid_t)-1 };
	enum which door = w;
	const char *why = NULL;

	if (packet_peer(fd, &peer) < 0)
		why = "the kernel can't say who this is";
	else if (w == ROOT_SOCKET && peer.uid != 0)
		why = "not root";
	if (!why && errand_of(&d->errands, peer.uid) != ERRAND_NONE)
		door = ON_ERRAND;
	if (!why)
		why = limits_object(&d->limits, door, peer.uid, boot_ms());
	if (!why && door == USER_SOCKET)
		why = object_to_stranger(peer.uid);
	if (why) {
		log_refusal(d, w, peer.uid, why);
		return;
	}

	pid_t pid = spawn_talk(fd, d->settings);
	if (pid < 0)
		log_refusal(d, w, peer.uid, strerrordesc_np(-pid));
	else
		limits_begin(&d->limits, door, peer.uid, pid);
}

/* Takes up to n waiting peers. */
static void accept_some(struct daemon *d, enum which w, int n)
{
	while (n-- > 0) {
		int fd = accept4(d->listener[w], NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0 && (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED))
			return;
		if (fd < 0) {
			log_refusal(d, w, (uid_t)-1, strerrordesc_np(errno));
			d->paused_until = boot_ms() + PAUSE_MS;
			return;
		}
		serve(d, w, fd);
		close(fd);
	}
}

static void take_errands(struct daemon *d)
{
	if (!errands_load(&d->errands))
		log_warn("%s: can't be read: who comes on an errand is as before: %m",
			HC_PASSWD_FILE);
}

static void reload(struct daemon *d)
{
	take_errands(d);
	if (d->checker > 0) {
		d->reload_again = true;
		return;
	}

	char state[64];
	struct timespec t;
	clock_gettime(
		CLOCK_MONOTONIC, &t); /* can't fail on Linux, and is for systemd to read only */
	snprintf(state, sizeof state, "RELOADING=1\nMONOTONIC_USEC=%lld",
		(long long)t.tv_sec * 1000000 + t.tv_nsec / 1000);
	notify(state);
	d->candidate = settings_load(d->file);
	d->checker = d->candidate < 0 ? -1 : spawn_check(d->candidate, d->file);
	if (d->checker < 0) {
		if (d->candidate >= 0)
			close(d->candidate);
		log_err("%s: not taken; the settings from before stay in force", d->file);
		notify("READY=1");
	}
}

static void checked(struct daemon *d, int status)
{
	bool good = WIFEXITED(status) && WEXITSTATUS(status) == 0;

	d->checker = -1;
	close(good ? d->settings : d->candidate);
	if (good) {
		d->settings = d->candidate;
		log_info("%s: taken", d->file);
	} else {
		log_err("%s: not taken; the settings from before stay in force", d->file);
	}
	notify("READY=1");
	if (d->reload_again) {
		d->reload_again = false;
		reload(d);
	}
}

static void reap(struct daemon *d)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == d->checker) {
			checked(d, status);
			continue;
		}

		struct conversation c = limits_end(&d->limits, pid, status, boot_ms());
		if (WIFSIGNALED(status) && d->stop_at == 0)
			log_err("hcauth-talk[%d]: for uid %u: ended by signal %d", (int)pid,
				(unsigned)c.uid, WTERMSIG(status));
	}
}

static void kill_all(struct daemon *d, int sig)
{
	for (size_t i = 0; i < d->limits.n; i++)
		kill(d->limits.conversation[i].pid, sig);
	if (d->checker > 0)
		kill(d->checker, sig);
}

static void stop(struct daemon *d)
{
	if (d->stop_at != 0)
		return;
	notify("STOPPING=1");
	for (int w = 0; w < SOCKETS; w++) {
		close(d->listener[w]);
		d->listener[w] = -1;
	}
	d->reload_again = false;
	d->stop_at = boot_ms() + TERM_MS;
	kill_all(d, SIGTERM);
}

static void take_signals(struct daemon *d)
{
	struct signalfd_siginfo s;

	while (read(d->signals, &s, sizeof s) == sizeof s) {
		switch (s.ssi_signo) {
		case SIGCHLD: reap(d); break;
		case SIGHUP:
			if (d->stop_at == 0)
				reload(d);
			break;
		default: stop(d);
		}
	}
}

/* How long poll() may sleep; -1 when nothing is due by the clock. */
static int sleep_ms(const struct daemon *d, int64_t now)
{
	int64_t at = d->stop_at ? d->stop_at : d->paused_until;

	if (at == 0)
		return -1;
	return at <= now ? 0 : (int)(at - now);
}

static _Noreturn void run(struct daemon *d)
{
	for (;;) {
		int64_t now = boot_ms();

		if (d->paused_until <= now)
			d->paused_until = 0;
		if (d->stop_at && d->limits.n == 0 && d->checker < 0)
			_exit(0);
		if (d->stop_at && d->stop_at <= now) {
			if (d->killed)
				_exit(0); /* the kernel holds them; their peers have gone */
			kill_all(d, SIGKILL);
			d->killed = true;
			d->stop_at = now + KILL_MS;
		}

		bool open = !d->paused_until;
		struct pollfd p[] = { { .fd = d->signals, .events = POLLIN },
			{ .fd = open ? d->listener[ROOT_SOCKET] : -1, .events = POLLIN },
			{ .fd = open ? d->listener[USER_SOCKET] : -1, .events = POLLIN } };
		if (poll(p, 3, sleep_ms(d, now)) <= 0)
			continue;
		if (p[0].revents)
			take_signals(d); /* first: places come free */
		if (p[1].revents && !d->stop_at)
			accept_some(d, ROOT_SOCKET, AT_ONCE);
		if (p[2].revents && !d->stop_at && !d->paused_until)
			accept_some(d, USER_SOCKET, 1);
	}
}

/* The file's settings, which hcauth-talk found good; or -1, and it is said why. */
static int settings_good(const char *file)
{
	int status, fd = settings_load(file);
	pid_t pid = fd < 0 ? -1 : spawn_check(fd, file);

	if (pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
		WEXITSTATUS(status) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static _Noreturn void check(const char *file)
{
	int fd = settings_good(file);

	if (fd >= 0)
		printf("%s: settings are good\n", file);
	exit(fd >= 0 && fflush(stdout) == 0 ? 0 : EXIT_SETTINGS);
}

static const char usage[] = "Usage: hcauthd [--check] [--config FILE] [--version] [--help]\n";
static const char options_help[] =
	"Decides who signs in; see hcauthd(8). Started by systemd, or by root.\n\n"
	"  --check        look the settings over, and exit\n"
	"  --config FILE  read the settings from FILE, not from " HC_CONF_FILE "\n"
	"  --version      print the version, and exit\n"
	"  --help         print this, and exit\n";

int main(int argc, char **argv)
{
	static const struct option options[] = { { "check", no_argument, NULL, 'c' },
		{ "config", required_argument, NULL, 'f' }, { "version", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 } };
	struct daemon d = { .file = HC_CONF_FILE, .checker = -1 };
	bool only_check = false;
	sigset_t ours;

	descriptors_fill();
	for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		switch (o) {
		case 'c': only_check = true; break;
		case 'f': d.file = optarg; break;
		case 'v': printf("hcauthd %s\n", HC_VERSION); return 0;
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
	if (only_check)
		check(d.file);

	sigemptyset(&ours);
	sigaddset(&ours, SIGCHLD);
	sigaddset(&ours, SIGHUP);
	sigaddset(&ours, SIGTERM);
	sigaddset(&ours, SIGINT);
	d.signals = signals_take(&ours);
	d.settings = settings_good(d.file);
	if (d.settings < 0)
		return EXIT_SETTINGS;
	take_errands(&d);
	confine_limits();
	sockets_get(d.listener);
	confine_drop();
	log_info("ready");
	notify("READY=1");
	run(&d);
}
