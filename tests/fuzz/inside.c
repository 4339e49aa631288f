/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: a call fails only where hcauth itself makes it; whatever ends a conversation leaves nothing to
 * the next but what was committed; a commit is one for the peer as soon as it is one for the store. */
#include "inside.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <poll.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inside_step.h"
#include "packet.h"
#include "seal.h"
#include "store/store.h"

enum { PEER = 3, HELD_MAX = 4096, FILES = 8, FDS = 64 };

static struct world world;
static struct store *store;
static struct slots slots;
static const struct seal *seal;
static MDB_txn *whole, *part; /* the input's, and the one that is open in it */
static char *before; /* what is static, as it was made */

/* The conversation. */
static bool inside;
static jmp_buf out_of_it;
static const struct peer *peer;
static struct said *said;
static struct packet next; /* for the daemon; len 0: a hang-up */
static unsigned fails[CALLS]; /* at that call, counted from 1 */
static void *held[HELD_MAX];
static size_t nheld;
static FILE *files[FILES];
static bool others[FDS]; /* descriptors that are not its own: the store's, the fuzzer's */

/* --- ending one, as the kernel would --- */

void __real__exit(int status) __attribute__((noreturn));
void __wrap__exit(int status) __attribute__((noreturn));

void __wrap__exit(int status)
{
	if (!inside)
		__real__exit(status);
	longjmp(out_of_it, 1);
}

/* Copies as the kernel would: what a sanitizer holds between two variables as well. */
__attribute__((no_sanitize("address", "undefined", "coverage"))) static void copy(
	char *to, const char *from, size_t n)
{
	volatile uint64_t *out = (volatile uint64_t *)to;
	const uint64_t *in = (const uint64_t *)from;

	for (size_t i = 0; i < n / sizeof *in; i++)
		if (out[i] != in[i])
			out[i] = in[i];
}

static void keep_statics(void)
{
	size_t data = (size_t)(fuzz_data_last - fuzz_data_first),
	       bss = (size_t)(fuzz_bss_last - fuzz_bss_first);

	HOLDS(fuzz_data_first < fuzz_data_last && fuzz_bss_first < fuzz_bss_last && bss > 100000);
	before = malloc(data + bss);
	HOLDS(before != NULL);
	copy(before, fuzz_data_first, data);
	copy(before + data, fuzz_bss_first, bss);
}

static void restore_statics(void)
{
	size_t data = (size_t)(fuzz_data_last - fuzz_data_first),
	       bss = (size_t)(fuzz_bss_last - fuzz_bss_first);

	copy(fuzz_data_first, before, data);
	copy(fuzz_bss_first, before + data, bss);
}

void __real_free(void *p);
int __real_fcntl(int fd, int what, ...);
int __real_fclose(FILE *f);
void __real_mdb_txn_abort(MDB_txn *t);

static void end_process(void)
{
	if (part)
		__real_mdb_txn_abort(part);
	part = NULL;
	for (size_t i = 0; i < FILES; i++)
		if (files[i])
			__real_fclose(files[i]);
	memset(files, 0, sizeof files);
	for (; nheld > 0; nheld--)
		__real_free(held[nheld - 1]);
	for (int fd = PEER; fd < FDS; fd++)
		if (!others[fd] && __real_fcntl(fd, F_GETFD) >= 0)
			close(fd);
	restore_statics();
	store_mend(store);
}

/* --- calls that fail --- */

static bool fail(enum call call, int e)
{
	if (!inside || fails[call] == 0 || --fails[call] > 0)
		return false;
	said->failed = true;
	errno = e;
	return true;
}

static void *keep(void *p)
{
	if (inside && p) {
		HOLDS(nheld < HELD_MAX);
		held[nheld++] = p;
	}
	return p;
}

static void forget(const void *p)
{
	for (size_t i = nheld; p && i > 0; i--)
		if (held[i - 1] == p) {
			held[i - 1] = held[--nheld];
			return;
		}
}

void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_malloc(size_t n)
{
	return fail(CALL_MEMORY, ENOMEM) ? NULL : keep(__real_malloc(n));
}

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size)
{
	return fail(CALL_MEMORY, ENOMEM) ? NULL : keep(__real_calloc(n, size));
}

void *__real_realloc(void *p, size_t n);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_realloc(void *p, size_t n)
{
	if (fail(CALL_MEMORY, ENOMEM))
		return NULL;
	forget(p);
	return keep(__real_realloc(p, n));
}

char *__real_strdup(const char *s);
char *__wrap_strdup(const char *s);
char *__wrap_strdup(const char *s)
{
	return fail(CALL_MEMORY, ENOMEM) ? NULL : keep(__real_strdup(s));
}

void __wrap_free(void *p);
void __wrap_free(void *p)
{
	if (inside)
		forget(p);
	__real_free(p);
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
	va_list ap;

	va_start(ap, flags);
	mode_t mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	return fail(CALL_OPEN, EMFILE) ? -1 : __real_open(path, flags, mode);
}

int __real_openat(int folder, const char *path, int flags, ...);
int __wrap_openat(int folder, const char *path, int flags, ...);
int __wrap_openat(int folder, const char *path, int flags, ...)
{
	va_list ap;

	va_start(ap, flags);
	mode_t mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	return fail(CALL_OPEN, EMFILE) ? -1 : __real_openat(folder, path, flags, mode);
}

FILE *__real_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode)
{
	FILE *f = fail(CALL_OPEN, EMFILE) ? NULL : __real_fopen(path, mode);

	for (size_t i = 0; inside && f && i < FILES; i++)
		if (!files[i]) {
			files[i] = f;
			return f;
		}
	return f;
}

int __wrap_fclose(FILE *f);
int __wrap_fclose(FILE *f)
{
	for (size_t i = 0; i < FILES; i++)
		if (files[i] == f)
			files[i] = NULL;
	return __real_fclose(f);
}

ssize_t __real_read(int fd, void *p, size_t n);
ssize_t __wrap_read(int fd, void *p, size_t n);
ssize_t __wrap_read(int fd, void *p, size_t n)
{
	return fail(CALL_READ, EIO) ? -1 : __real_read(fd, p, n);
}

ssize_t __real_pread(int fd, void *p, size_t n, off_t at);
ssize_t __wrap_pread(int fd, void *p, size_t n, off_t at);
ssize_t __wrap_pread(int fd, void *p, size_t n, off_t at)
{
	return fail(CALL_READ, EIO) ? -1 : __real_pread(fd, p, n, at);
}

int __real_flock(int fd, int how);
int __wrap_flock(int fd, int how);
int __wrap_flock(int fd, int how)
{
	return fail(CALL_LOCK, ENOLCK) ? -1 : __real_flock(fd, how);
}

int __wrap_fcntl(int fd, int what, ...);
int __wrap_fcntl(int fd, int what, ...)
{
	va_list ap;

	va_start(ap, what);
	void *arg = va_arg(ap, void *); /* a number passes as well */
	va_end(ap);
	return fail(CALL_LOCK, ENOLCK) ? -1 : __real_fcntl(fd, what, arg);
}

/* What has no place in a target: its own clock, and the pages that it gives back while it waits. */
unsigned __real_alarm(unsigned seconds);
unsigned __wrap_alarm(unsigned seconds);
unsigned __wrap_alarm(unsigned seconds)
{
	return inside ? 0 : __real_alarm(seconds);
}

int __wrap_madvise(void *p, size_t n, int how);
int __real_madvise(void *p, size_t n, int how);
int __wrap_madvise(void *p, size_t n, int how)
{
	return inside ? 0 : __real_madvise(p, n, how);
}

/* --- the store's library --- */

int __real_mdb_txn_begin(MDB_env *env, MDB_txn *in, unsigned flags, MDB_txn **out);
int __wrap_mdb_txn_begin(MDB_env *env, MDB_txn *in, unsigned flags, MDB_txn **out);
int __wrap_mdb_txn_begin(MDB_env *env, MDB_txn *in, unsigned flags, MDB_txn **out)
{
	if (!whole)
		return __real_mdb_txn_begin(env, in, flags, out);
	if (fail(CALL_BEGIN, ENOMEM))
		return ENOMEM;
	HOLDS(!part && !in); /* one at a time, as everybody's */
	int r = __real_mdb_txn_begin(env, whole, 0, &part);
	*out = part;
	return r;
}

void __wrap_mdb_txn_abort(MDB_txn *t);
void __wrap_mdb_txn_abort(MDB_txn *t)
{
	if (t == part)
		part = NULL;
	__real_mdb_txn_abort(t);
}

int __real_mdb_txn_commit(MDB_txn *t);
int __wrap_mdb_txn_commit(MDB_txn *t);
int __wrap_mdb_txn_commit(MDB_txn *t)
{
	if (!whole)
		return __real_mdb_txn_commit(t);
	part = NULL;
	if (fail(CALL_COMMIT, ENOSPC)) {
		__real_mdb_txn_abort(t);
		return ENOSPC;
	}
	int r = __real_mdb_txn_commit(t);
	HOLDS(r == 0);
	if (inside)
		said->commits++;
	if (fail(CALL_KILLED, 0))
		_exit(137);
	return fail(CALL_SYNC, EIO) ? EIO : 0;
}

int __real_mdb_get(MDB_txn *t, MDB_dbi d, MDB_val *k, MDB_val *v);
int __wrap_mdb_get(MDB_txn *t, MDB_dbi d, MDB_val *k, MDB_val *v);
int __wrap_mdb_get(MDB_txn *t, MDB_dbi d, MDB_val *k, MDB_val *v)
{
	return fail(CALL_GET, EIO) ? EIO : __real_mdb_get(t, d, k, v);
}

int __real_mdb_put(MDB_txn *t, MDB_dbi d, MDB_val *k, MDB_val *v, unsigned flags);
int __wrap_mdb_put(MDB_txn *t, MDB_dbi d, MDB_val *k, MDB_val *v, unsigned flags);
int __wrap_mdb_put(MDB_txn *t, MDB_dbi d, MDB_val *k, MDB_val *v, unsigned flags)
{
	return fail(CALL_PUT, ENOMEM) ? ENOMEM : __real_mdb_put(t, d, k, v, flags);
}

int __real_mdb_del(MDB_txn *t, MDB_dbi d, MDB_val *k, MDB_val *v);
int __wrap_mdb_del(MDB_txn *t, MDB_dbi d, MDB_val *k, MDB_val *v);
int __wrap_mdb_del(MDB_txn *t, MDB_dbi d, MDB_val *k, MDB_val *v)
{
	return fail(CALL_DEL, ENOMEM) ? ENOMEM : __real_mdb_del(t, d, k, v);
}

int __real_mdb_cursor_get(MDB_cursor *c, MDB_val *k, MDB_val *v, MDB_cursor_op op);
int __wrap_mdb_cursor_get(MDB_cursor *c, MDB_val *k, MDB_val *v, MDB_cursor_op op);
int __wrap_mdb_cursor_get(MDB_cursor *c, MDB_val *k, MDB_val *v, MDB_cursor_op op)
{
	return fail(CALL_CURSOR, EIO) ? EIO : __real_mdb_cursor_get(c, k, v, op);
}

/* It reads what only a transaction without a parent may. */
int __wrap_reserve_keep(MDB_env *env, MDB_dbi rows, int folder);
int __wrap_reserve_keep(MDB_env *env, MDB_dbi rows, int folder)
{
	(void)env;
	(void)rows;
	(void)folder;
	return fail(CALL_RESERVE, ENOSPC) ? -ENOSPC : 0;
}

/* --- the peer --- */

int __real_getsockopt(int fd, int level, int name, void *p, socklen_t *len);
int __wrap_getsockopt(int fd, int level, int name, void *p, socklen_t *len);
int __wrap_getsockopt(int fd, int level, int name, void *p, socklen_t *len)
{
	if (!inside)
		return __real_getsockopt(fd, level, name, p, len);
	HOLDS(fd == PEER && *len == sizeof(struct ucred));
	*(struct ucred *)p = (struct ucred){ .uid = peer->uid, .pid = getpid() };
	return 0;
}

int __real_poll(struct pollfd *p, unsigned long n, int timeout);
int __wrap_poll(struct pollfd *p, unsigned long n, int timeout);
int __wrap_poll(struct pollfd *p, unsigned long n, int timeout)
{
	if (!inside)
		return __real_poll(p, n, timeout);
	return fail(CALL_POLL, ENOMEM) ? -1 : 1;
}

ssize_t __real_recvmsg(int fd, struct msghdr *m, int flags);
ssize_t __wrap_recvmsg(int fd, struct msghdr *m, int flags);
ssize_t __wrap_recvmsg(int fd, struct msghdr *m, int flags)
{
	if (!inside)
		return __real_recvmsg(fd, m, flags);
	if (fail(CALL_RECV, ECONNRESET))
		return -1;
	HOLDS(fd == PEER && m->msg_iov->iov_len >= next.len);
	size_t len = next.len;
	memcpy(m->msg_iov->iov_base, next.bytes, len);
	m->msg_flags = 0;
	next.len = 0; /* whoever is not asked says nothing */
	return (ssize_t)len;
}

/* One packet of the daemon's. */
static void hear(const uint8_t *p, size_t len)
{
	struct verdict_msg v;
	struct tell t;
	struct ask a;

	HOLDS(!said->verdict); /* nothing comes behind it */
	if (ask_get(p, len, &a)) {
		next.len = peer->answer(peer->arg, &a, next.bytes);
	} else if (tell_get(p, len, &t)) {
		peer->tell(peer->arg, &t);
	} else if (verdict_get(p, len, &v)) {
		said->verdict = true;
		said->result = v.result;
		said->status = v.status;
	} else {
		HOLDS(len == 1 && *p == MSG_WAIT);
	}
}

ssize_t __real_send(int fd, const void *p, size_t len, int flags);
ssize_t __wrap_send(int fd, const void *p, size_t len, int flags);
ssize_t __wrap_send(int fd, const void *p, size_t len, int flags)
{
	if (!inside)
		return __real_send(fd, p, len, flags);
	if (fail(CALL_SEND, EPIPE))
		return -1;
	HOLDS(fd == PEER);
	inside = false; /* the peer's calls are not the daemon's */
	hear(p, len);
	inside = true;
	return (ssize_t)len;
}

/* --- the same for every input --- */

static uint64_t chance;

static uint32_t some(void)
{
	chance += 0x9e3779b97f4a7c15u; /* splitmix64: an input means the same each time */
	uint64_t z = chance;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (uint32_t)(z >> 32);
}

static void some_bytes(void *const p, const size_t n)
{
	uint8_t *to = p;

	for (size_t i = 0; i < n; i++)
		to[i] = (uint8_t)some();
}

static const char *some_name(void)
{
	return "fuzz";
}

static struct randombytes_implementation chances = {
	.implementation_name = some_name, .random = some, .buf = some_bytes
};

/* --- */

struct world *inside_world(void)
{
	return &world;
}

void inside_make(struct world (*make)(void))
{
	fuzz_folder();
	world = make();
	HOLDS(store_open("store", &store) == 0 && slots_open("slots", &slots) == 0);
	seal = seal_of(world.key);
	HOLDS(seal != NULL && randombytes_set_implementation(&chances) == 0);
	keep_statics();
}

void inside_begin(void)
{
	chance = 1;
	HOLDS(store_begin_whole(store, &whole) == 0);
}

void inside_end(void)
{
	__real_mdb_txn_abort(whole);
	whole = NULL;
}

void inside_fail(enum call call, unsigned n)
{
	fails[call] = n + 1;
}

int inside_read(int (*fn)(struct txn *, void *), void *arg)
{
	return store_read(store, fn, arg);
}

void inside_talk(const struct peer *who, struct said *out)
{
	struct conv c = { .conf = &world.conf,
		.store = store,
		.slots = slots,
		.seal = seal,
		.directory = "directory",
		.roles = world.roles };

	*out = (struct said){ .verdict = false };
	peer = who;
	said = out;
	for (int fd = PEER; fd < FDS; fd++)
		others[fd] = __real_fcntl(fd, F_GETFD) >= 0;
	next.len = hello_put(next.bytes, &who->hello, who->args, who->nargs);
	HOLDS(next.len > 0);
	if (setjmp(out_of_it) == 0) {
		inside = true;
		talk_hold(&c, &world.now);
	}
	inside = false;
	memset(fails, 0, sizeof fails);
	end_process();
}
