/* SPDX-License-Identifier: Apache-2.0 */
/* hcauth-talk: one conversation, from top to bottom, then exit. fd 3 is the peer, fd 4 the settings.
 * What must hold: it narrows itself before it reads a byte; who the peer is comes from the kernel; it
 * ends by itself in time; whatever goes wrong is a hang-up, which is a refusal. */
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "banner.h"
#include "calls.h"
#include "clock.h"
#include "flow.h"
#include "guard.h"
#include "hands.h"
#include "init.h"
#include "journal.h"
#include "language.h"
#include "log.h"
#include "message.h"
#include "packet.h"
#include "paths.h"
#include "publish.h"
#include "seal.h"
#include "session.h"

#include "store/store.h"
#include "text.h"
#include "trace.h"
#include "userid.h"

enum {
	PEER = 3,
	SETTINGS = 4,
	EXIT_TIME = 112, /* the listener slows a uid whose conversations end so */
	HELLO_MS = 5000, /* a terminal has it ready when it connects */
	SEND_MS = 5000, /* a terminal that doesn't read is no terminal */
	STEP_MS =
		55000, /* for an answer: login's whole patience is 60 s, if nobody has changed it */
	WHOLE_S = 115, /* for a sign-in: sshd's is 120 s */
	BEFOREHAND_MS = 24 * 3600 * 1000, /* for the first answer, where nobody may be there yet */
	STEP_PROVED_MS =
		300000, /* of who has proved who they are: an app to install, 12 codes to write down */
	WHOLE_PROVED_S = 900,
	WHOLE_COMMAND_S = 600,
	NETWORK_PLACES = 96, /* of the root socket's 128: a flood on sshd leaves the console open */
	PLACE_AT = 4096, /* where in the slots file their locks stand */
	GREETER_PLACES = 16, /* for those whose first prompt may stand for hours */
	GREETER_AT = 6144,
	CALLER_PLACES = 8, /* of one person's calls of su and the like */
	CALLER_AT = 8192, /* and where theirs stand: as many for each uid */
};

static int step_ms = STEP_MS;

static void out_of_time(int sig)
{
	(void)sig;
	_exit(EXIT_TIME);
}

/* Not dumped, not traced, no more privileges, no system calls but a conversation's. */
static void narrow(void)
{
	const struct rlimit none = { 0, 0 };
	struct sigaction a = { .sa_handler = out_of_time };

	if (prctl(PR_SET_DUMPABLE, 0) < 0 || setrlimit(RLIMIT_CORE, &none) < 0 ||
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		die("start: can not narrow itself: %m");
	if (sigaction(SIGALRM, &a, NULL) < 0)
		die("start: %m");
	umask(077);
	calls_limit();
}

/* Answers and verifiers stay out of the swap: what (mlockall(2)) is locked. The store's map is among it, whose size alone
 * needs a limit that hcauthd or its unit has lifted. */
static void lock_memory(int what)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) < 0 || limit.rlim_cur != RLIM_INFINITY)
		return; /* hcauthd has said so when it started */
	if (mlockall(what) < 0)
		log_warn("start: memory may be swapped: %m");
}

/* --- the peer --- */

static void leave(int r)
{
	if (r == -ETIMEDOUT)
		_exit(EXIT_TIME);
	if (r != -ECONNRESET && r != -EPIPE)
		log_warn("peer: %s", strerror(-r));
	_exit(0); /* the peer has gone, or is no terminal of ours */
}

static void send_or_leave(struct packet *p)
{
	int r = p->len ? packet_send(PEER, p, boot_ms() + SEND_MS) : -EMSGSIZE;

	wipe(p, sizeof *p);
	if (r < 0)
		leave(r);
}

static int rest_object(struct dl_phdr_info *o, size_t size, void *arg)
{
	const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

	(void)size;
	(void)arg;
	for (int i = 0; i < o->dlpi_phnum; i++) {
		const ElfW(Phdr) *h = &o->dlpi_phdr[i];
		uintptr_t from = (o->dlpi_addr + h->p_vaddr) & ~(page - 1);
		uintptr_t to = (o->dlpi_addr + h->p_vaddr + h->p_memsz + page - 1) & ~(page - 1);

		if (h->p_type == PT_LOAD && !(h->p_flags & PF_W))
			(void)madvise(
				(void *)from, to - from, MADV_DONTNEED_LOCKED); /* or they stay */
	}
	return 0;
}

/* While a person thinks: gives back the pages of programs and libraries, which the kernel maps sixteen at
 * a time around each that is touched. They are the files' own and come back when they are needed. */
static void rest(void)
{
	(void)dl_iterate_phdr(rest_object, NULL);
}

static void io_ask(void *arg, const struct ask *a, struct secret *out)
{
	static struct packet p;
	unsigned *asks = arg;
	int r;

	if (++*asks > WIRE_ASKS_MAX)
		die("asks: more than %d in one conversation", WIRE_ASKS_MAX);
	p.len = ask_put(p.bytes, a);
	send_or_leave(&p);
	rest();
	r = packet_recv(PEER, &p, boot_ms() + step_ms);
	if (r == 0 && !answer_get(p.bytes, p.len, out))
		r = -EPROTO;
	wipe(&p, sizeof p);
	if (r < 0)
		leave(r);
	if (step_ms == BEFOREHAND_MS) {
		step_ms = STEP_MS;
		alarm(WHOLE_S);
	}
}

/* Only a command has files. */
static void io_data(void *arg, struct data *out)
{
	const struct ask a = { .use = USE_DATA, .text = "" };
	static struct packet p;
	int r;

	(void)arg;
	p.len = ask_put(p.bytes, &a);
	send_or_leave(&p);
	r = packet_recv(PEER, &p, boot_ms() + STEP_MS);
	if (r == 0 && !data_get(p.bytes, p.len, out))
		r = -EPROTO;
	wipe(&p, sizeof p);
	if (r < 0)
		leave(r);
}

static void io_tell(void *arg, const struct tell *t)
{
	static struct packet p;

	(void)arg;
	p.len = tell_put(p.bytes, t);
	send_or_leave(&p);
}

static void io_busy(void *arg)
{
	static struct packet p;

	(void)arg;
	p.len = wait_put(p.bytes);
	send_or_leave(&p);
}

static void io_proved(void *arg)
{
	(void)arg;
	step_ms = STEP_PROVED_MS;
	alarm(WHOLE_PROVED_S);
}

/* The command that follows somebody has a socket there; nobody else has. */
static void io_trace(void *arg, const char *text)
{
	const struct sockaddr_un to = { .sun_family = AF_UNIX, .sun_path = HC_TRACE_SOCKET };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	(void)arg;
	if (fd < 0)
		return;
	(void)sendto(fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL,
		(const struct sockaddr *)&to, sizeof to);
	close(fd);
}

static void send_verdict(const struct outcome *o)
{
	static struct packet p;
	const struct verdict_msg v = { .result = o->result,
		.user = o->user,
		.uid = o->uid,
		.status = o->status,
		.ticket = o->ticket };
	const char *env[ENV_MAX];

	for (size_t i = 0; i < o->nenv; i++)
		env[i] = o->env[i];
	p.len = verdict_put(p.bytes, &v, env, o->nenv);
	send_or_leave(&p);
}

/* --- what a conversation has --- */

static void hear_hello(struct conv *c, struct packet *p)
{
	struct errands errands;
	struct ucred peer;
	int r = packet_peer(PEER, &peer);

	if (r == 0)
		r = packet_recv(PEER, p, boot_ms() + HELLO_MS);
	if (r == 0 && !hello_get(p->bytes, p->len, &c->hello))
		r = -EPROTO;
	if (r < 0)
		leave(r);
	c->peer = peer.uid;
	c->peer_pid = peer.pid;
	if (c->peer != 0) { /* an errand is never root's */
		if (!errands_load(&errands))
			die("%s: %m", HC_PASSWD_FILE);
		c->errand = errand_of(&errands, c->peer);
	}
	alarm(c->hello.purpose == PURPOSE_COMMAND ? WHOLE_COMMAND_S : WHOLE_S);
}

static void say(const struct audit_row *a)
{
	journal_audit(JOURNAL_SOCKET, SYSLOG_SOCKET, a);
}

static void say_committed(void *store)
{
	audit_committed(store, say);
}

static void open_all(struct conv *c)
{
	static struct seal *seal;
	struct now now;
	int r;

	if ((r = slots_open(HC_STORE_DIR "/slots", &c->slots)) < 0)
		die("%s: %s", HC_STORE_DIR "/slots", strerror(-r));
	if ((r = store_open(HC_STORE_DIR, &c->store)) < 0)
		die("%s: %s", HC_STORE_DIR,
			r == -ENOTSUP
				? "of a newer hcauth: install that one again; nothing was changed"
				: r == -EUCLEAN ? "damaged"
						: strerror(-r));
	if ((r = guard_check(HC_GUARD_DIR, c->store)) < 0)
		die("%s: %s", HC_STORE_DIR,
			r == -ESTALE
				? "an older database was put back: refused until root runs hcauth accept-database"
				: strerror(-r));
	if ((r = init_open(c->store, getenv("CREDENTIALS_DIRECTORY"), HC_KEY_FILE, &seal)) < 0)
		die("machine key: %s",
			r == -EKEYREJECTED ? "it is another database's" : strerror(-r));
	c->seal = seal;
	store_on_commit(c->store, say_committed, c->store);
	c->now(&now);
	if ((r = userid_expire(c->store, &now)) < 0)
		log_err("%s: user IDs: %s", HC_STORE_DIR, strerror(-r));
	if ((r = publish_if_behind(c->store, c->conf, c->directory)) < 0)
		log_err("%s: can not be published: %s", c->directory, strerror(-r));
}

/* A caller who is a person is where their own session is (on the terminal that a program of root's names:
 * what another says of its terminal is its own word); root's own programs (login, greeters) are
 * where the settings say that they are. In doubt: network. */
static bool is_local(struct conv *c)
{
	uid_t caller = c->peer == 0 ? c->hello.ruid : c->peer;

	if (*c->hello.rhost)
		return false;
	if (caller == 0)
		return c->peer == 0 && c->service->local;
	return session_is_local(c, caller, c->peer == 0 ? c->hello.tty : "");
}

/* One of the n places from there on. */
static bool take_place(const struct conv *c, off_t from, int n)
{
	for (int i = 0; i < n; i++) {
		struct flock l = { .l_type = F_WRLCK,
			.l_whence = SEEK_SET,
			.l_start = from + (getpid() + i) % n,
			.l_len = 1 };

		if (fcntl(c->slots.fd, F_OFD_SETLK, &l) == 0)
			return true; /* the kernel gives it back when we end */
	}
	return false;
}

/* A greeter asks as soon as a name is chosen, which it does by itself for the first of a list: hours before
 * somebody comes, who would have their first answer refused. It ends its dialogues itself. */
static bool asks_beforehand(const struct conv *c)
{
	return c->hello.purpose == PURPOSE_AUTH && c->peer == 0 && c->hello.ruid == 0 && c->local &&
		c->service->tell_prompts;
}

/* Of root's places, whoever makes prompts wait takes but a share: the network, so that the console stays
 * open; each person who calls su or passwd(1), which are root's, as often at a time as they like; and
 * greeters, as lightdm shows one on any X server of anybody's who asks it to. */
static bool may_wait(const struct conv *c)
{
	bool prompts = c->hello.purpose == PURPOSE_AUTH || c->hello.purpose == PURPOSE_PASSWORD;
	uint32_t caller = c->hello.ruid;

	if (!prompts || c->peer != 0)
		return true;
	if (caller != 0 && !take_place(c, CALLER_AT + (off_t)caller * CALLER_PLACES, CALLER_PLACES))
		return false;
	if (asks_beforehand(c))
		return take_place(c, GREETER_AT, GREETER_PLACES);
	return c->local || take_place(c, PLACE_AT, NETWORK_PLACES);
}

static void hold(struct conv *c, struct outcome *out)
{
	if (flow_errand(c, out))
		return;
	c->local = is_local(c);
	trace_begin(c);
	if (c->traced)
		log_also(io_trace, NULL);
	if (asks_beforehand(c)) {
		step_ms = BEFOREHAND_MS;
		alarm(0);
	}
	if (!may_wait(c)) {
		tell(c, TELL_ERROR, "%s", TEXT_BUSY);
		out->result = UNAVAILABLE;
		return;
	}
	switch (c->hello.purpose) {
	case PURPOSE_AUTH: flow_sign_in(c, out); break;
	case PURPOSE_ACCOUNT: flow_account(c, out); break;
	case PURPOSE_OPEN: flow_open(c, out); break;
	case PURPOSE_CLOSE: flow_close(c, out); break;
	case PURPOSE_PASSWORD: flow_password(c, out); break;
	case PURPOSE_COMMAND: flow_command(c, out); break;
	default: die("hello: unknown purpose %d", c->hello.purpose);
	}
}

static void converse(void)
{
	static struct conf conf;
	static struct packet hello;
	static unsigned asks;
	struct outcome out = { .result = REFUSED, .uid = UINT32_MAX };
	struct conv c = { .io = { .ask = io_ask,
				  .tell = io_tell,
				  .data = io_data,
				  .busy = io_busy,
				  .proved = io_proved,
				  .trace = io_trace,
				  .arg = &asks },
		.conf = &conf,
		.now = clock_read,
		.directory = HC_DIRECTORY_DIR,
		.roles = HC_ROLES_FILE };
	char error[CONF_ERROR_MAX], path[256];
	const char *catalogue;

	if (!conf_read(SETTINGS, HC_CONF_FILE, &conf, error))
		die("%s", error);
	if ((catalogue = language_file(conf.language, path)))
		(void)language_load(catalogue); /* or it is English */
	hear_hello(&c, &hello);
	c.service = conf_service(&conf, c.hello.service);
	open_all(&c);
	/* The store's map stands. What comes, above all Argon2id's memory, is used whole: fetched page by page, it
	 * made a computation a tenth longer. */
	lock_memory(MCL_FUTURE);
	uint64_t before = store_serial(c.store);
	hold(&c, &out);
	if (store_serial(c.store) != before) {
		if (c.errand != ERRAND_COURIER) /* it knows: the verdict says so */
			message_wake();
		int r = publish_if_behind(c.store, &conf, c.directory);

		if (r < 0)
			log_err("%s: can not be published: %s", c.directory, strerror(-r));
		(void)guard_note(HC_GUARD_DIR,
			store_serial(c.store)); /* an older guard is only less strict */
	}
	banner_end(&c);
	trace(&c, "verdict: %s%s%s",
		out.result == GRANTED           ? "granted"
			: out.result == REFUSED ? "refused"
						: "can not be decided",
		*out.user ? ", as " : "", out.user);
	send_verdict(&out);
}

static const char what_i_am[] =
	"hcauth-talk holds one conversation, and hcauthd starts it; see hcauthd(8)";

int main(int argc, char **argv)
{
	struct stat s;

	narrow();
	if (sodium_init() < 0)
		die("libsodium: can not start");
	if (argc == 3 && strcmp(argv[1], "--check-settings") == 0)
		return settings_check(SETTINGS, argv[2]);
	int status = argc == 2 ? hands_main(argv[1]) : -1;
	if (status >= 0)
		return status;
	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return puts(what_i_am) < 0;
	if (argc != 1 || fstat(PEER, &s) < 0 || !S_ISSOCK(s.st_mode))
		die("start: %s", what_i_am);
	lock_memory(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
	converse();
	return 0;
}
