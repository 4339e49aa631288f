/* SPDX-License-Identifier: Apache-2.0 */
/* One look into the outbox, as a terminal of the daemon's. What must hold: a message is sent between being
 * told and being asked for, and at no other time; whatever goes wrong is a hang-up, after which the
 * message is as due as before. */
#include "look.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "conf.h"
#include "deliver.h"
#include "log.h"
#include "outbox.h"
#include "outbox_text.h"
#include "paths.h"
#include "term.h"

enum { PATIENCE_MS = 30000 }; /* a commit, on a slow disk, behind others */

static volatile sig_atomic_t stopping;

struct visit {
	const struct conf *conf;
	struct queued q; /* .number 0: nothing was told */
};

static void stop(int sig)
{
	(void)sig;
	stopping = 1;
}

static int hear(void *arg, const struct tell *t)
{
	struct visit *v = arg;

	return v->q.number == 0 && outbox_get(t->text, &v->q) ? 0 : -EPROTO;
}

static int answer(void *arg, const struct ask *a, struct secret *out)
{
	static const char *const folders[] = { HC_CONF_DIR "/templates", HC_TEMPLATE_DIR, NULL };
	struct visit *v = arg;

	(void)a;
	if (stopping)
		return -ECANCELED;
	if (v->q.number == 0)
		return -EPROTO;
	struct message *m = &v->q.message;
	if (!*m->practice) /* whoever has none yet: every message says who it is from */
		snprintf(m->practice, sizeof m->practice, "%s", v->conf->issuer);
	deliver(v->conf, folders, &v->q, out);
	int word = (int)strcspn(out->text, " ");
	if (strcmp(out->text, "sent") != 0) /* "later: and why" */
		log_warn("message %llu: %s: %.*s:%s", (unsigned long long)v->q.number,
			channel_name(m->channel), word, out->text, out->text + word);
	queued_wipe(&v->q);
	return 0;
}

/* Codes pass through: kept out of the swap where the limits allow it. */
static void lock_memory(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY &&
		mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) < 0)
		log_warn("start: memory may be swapped: %m");
}

static bool read_settings(const char *file, struct conf *out)
{
	char error[CONF_ERROR_MAX];
	int fd = conf_open(file, error);
	bool good = fd >= 0 && conf_read(fd, file, out, error);

	if (!good)
		log_err("%s", error);
	if (fd >= 0)
		close(fd);
	return good;
}

static int converse(int fd, struct visit *v, enum channel channel)
{
	const char *const words[] = { "courier", channel_name(channel) };
	const struct term term = {
		.ask = answer, .tell = hear, .arg = v, .patience_ms = PATIENCE_MS
	};
	const struct hello h = command_hello("");
	struct verdict_msg verdict;
	struct packet p;

	int r = term_run(fd, &h, words, 2, &term, &p, &verdict);
	if (r == -ECANCELED)
		return LOOK_DONE;
	if (r < 0 || verdict.result != GRANTED) {
		log_warn("%s: %s", HC_USER_SOCKET,
			r < 0 ? strerror(-r)
			      : "refused: is this the user that hcauthd takes for the courier?");
		return LOOK_FAILED;
	}
	return verdict.status == COURIER_MORE ? LOOK_MORE : LOOK_DONE;
}

int look(const char *settings, enum channel channel)
{
	static struct conf conf;
	struct sigaction a = { .sa_handler = stop };
	struct visit v = { .conf = &conf };

	lock_memory();
	if (sigaction(SIGTERM, &a, NULL) < 0)
		die("start: %m");
	if (!read_settings(settings, &conf))
		return LOOK_FAILED;
	if (channel == CHANNEL_EMAIL ? !conf.sendmail[0] || !conf.from[0] : !conf.sms[0])
		return LOOK_DONE; /* there is no way to send on this channel */

	int fd = packet_connect(HC_USER_SOCKET, boot_ms() + PATIENCE_MS);
	if (fd < 0) {
		log_warn("%s: %s", HC_USER_SOCKET, strerror(-fd));
		return LOOK_FAILED;
	}
	int status = converse(fd, &v, channel);
	queued_wipe(&v.q);
	close(fd);
	return status;
}
