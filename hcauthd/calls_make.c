/* SPDX-License-Identifier: Apache-2.0 */
/* What hcauth-talk may ask of the kernel, made into calls_filter.h when hcauth is built: to make it takes half a
 * millisecond, which is too long for each conversation. What must hold: no program and no process is started, no memory
 * becomes code, no socket is anything but a Unix one, nobody is signalled; whoever tries what no library
 * tries in vain is ended by SIGSYS, which the listener logs. Everything else that is not listed fails as on a
 * kernel that hasn't got it: so libc's next release, which tries a newer call first, goes on to the one it knows. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BINARY_TREE = 2 }; /* SCMP_FLTATR_CTL_OPTIMIZE */

static const char allowed[] =
	/* the peer, the log, the journal, the courier, nscd */
	"recvmsg recvfrom recv sendmsg sendto send connect getsockopt poll ppoll "
	/* files: the store, the directory, the guard, the key */
	"open openat close read readv pread64 preadv write writev pwrite64 pwritev lseek _llseek "
	"flock fsync fdatasync ftruncate ftruncate64 fallocate fchmod umask "
	"access faccessat faccessat2 stat stat64 lstat lstat64 fstat fstat64 newfstatat fstatat64 "
	"statx statfs statfs64 fstatfs fstatfs64 readlink readlinkat getdents64 fadvise64 "
	"rename renameat renameat2 unlink unlinkat "
	/* memory */
	"brk munmap mremap madvise msync mlock mlock2 munlock mlockall futex futex_time64 "
	/* the clock, and the end */
	"clock_gettime clock_gettime64 gettimeofday time clock_nanosleep clock_nanosleep_time64 "
	"nanosleep alarm setitimer timer_create timer_settime timer_settime64 timer_delete rt_sigaction rt_sigprocmask rt_sigreturn sigreturn "
	"restart_syscall exit exit_group "
	/* who and where it is */
	"getpid gettid getppid getuid geteuid getgid getegid getuid32 geteuid32 getgid32 getegid32 "
	"getrandom uname sysinfo sched_yield sched_getaffinity"
#ifdef __SANITIZE_ADDRESS__ /* what it does itself at an end */
	" sigaltstack"
#endif
	;

static const char ends[] =
	"execve execveat fork vfork clone clone3 ptrace process_vm_readv process_vm_writev "
	"pidfd_getfd userfaultfd io_uring_setup bpf perf_event_open keyctl add_key "
	"mount unshare setns init_module finit_module kexec_load";

/* Descriptors, their flags, and locks (of a library that was compiled for 32 bits, too): nothing by which the
 * kernel would signal somebody. */
static int add_fcntl(scmp_filter_ctx f)
{
	static const int commands[] = { F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL,
		F_SETFL, F_OFD_GETLK, F_OFD_SETLK, F_OFD_SETLKW, F_GETLK, F_SETLK, F_SETLKW,
		F_GETLK64, F_SETLK64, F_SETLKW64 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof commands / sizeof *commands; i++) {
		const struct scmp_arg_cmp is = SCMP_A1(SCMP_CMP_EQ, (scmp_datum_t)commands[i], 0);

		if ((r = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1, is)) == 0)
			r = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(fcntl64), 1, is);
	}
	return r;
}

/* What is right with some arguments only. */
static int add_by_argument(scmp_filter_ctx f)
{
	const struct scmp_arg_cmp no_code = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
	int r;

	if ((r = add_fcntl(f)) == 0 &&
		(r = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, no_code)) == 0 &&
		(r = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap2), 1, no_code)) == 0 &&
		(r = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, no_code)) == 0 &&
		(r = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
			 SCMP_A0(SCMP_CMP_EQ, AF_UNIX, 0))) == 0 &&
		(r = seccomp_rule_add(
			 f, SCMP_ACT_ALLOW, SCMP_SYS(kill), 1, SCMP_A1(SCMP_CMP_EQ, 0, 0))) == 0 &&
		(r = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 2,
			 SCMP_A0(SCMP_CMP_EQ, 0, 0), SCMP_A2(SCMP_CMP_EQ, 0, 0))) == 0)
		r = seccomp_rule_add(
			f, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, SCMP_A1(SCMP_CMP_EQ, TCGETS, 0));
	return r;
}

static int add(scmp_filter_ctx f, uint32_t action, const char *names)
{
	int r = 0;

	for (size_t len; r == 0 && *names; names += len + strspn(names + len, " ")) {
		char name[32];

		len = strcspn(names, " ");
		snprintf(name, sizeof name, "%.*s", (int)len, names);
		r = seccomp_rule_add(f, action, seccomp_syscall_resolve_name(name), 0);
	}
	return r;
}

/* Opcodes as the kernel takes them, for an array of struct sock_filter. */
static int print(scmp_filter_ctx f)
{
	struct sock_filter line;
	int two[2], r = pipe(two) < 0 ? -errno : seccomp_export_bpf(f, two[1]);

	if (r < 0)
		return r;
	close(two[1]);
	while (read(two[0], &line, sizeof line) == (ssize_t)sizeof line)
		printf("{ %#x, %u, %u, %#x },\n", line.code, line.jt, line.jf, line.k);
	close(two[0]);
	return fflush(stdout) == 0 ? 0 : -EIO;
}

int main(void)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	int r = f ? seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, BINARY_TREE) : -ENOMEM;

	if (r == 0 && (r = add(f, SCMP_ACT_ALLOW, allowed)) == 0 &&
		(r = add(f, SCMP_ACT_KILL_PROCESS, ends)) == 0 && (r = add_by_argument(f)) == 0)
		r = print(f);
	if (r < 0)
		fprintf(stderr, "calls_make: %s\n", strerror(-r));
	seccomp_release(f);
	return r < 0;
}
