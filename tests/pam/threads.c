/* SPDX-License-Identifier: Apache-2.0 */
/* Programs of many threads, each with a handle of its own (tests/analysers runs a few of them under helgrind), and
 * programs that fork, or start others, while somebody types. */
#include "cases.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	MANY = 1000,
	FEW = 24,
	AT_ONCE =
		8, /* the daemon of these tests serves one after the other, and the module's patience is short */
	KINDS = 3,
};

/* The verdict is about whoever asks; NSS does not know the last one. */
static const struct kind {
	const char *name, *code;
} kinds[KINDS] = { { "jdoe", "SUCCESS" }, { "other", "SUCCESS" }, { "ghost", "AUTH_ERR" } };

struct one {
	pthread_t thread;
	const struct kind *kind;
	pam_handle_t *pamh;
	struct person p;
	int code;
};

static pthread_barrier_t all_there;
static sem_t places;

/* Whom a loaded machine kept waiting for too long asks again. */
static void *sign_in_once(void *arg)
{
	struct one *o = arg;

	pthread_barrier_wait(&all_there);
	do {
		o->p.said = o->p.messages = 0;
		sem_wait(&places);
		o->code = pam_authenticate(o->pamh, 0);
		sem_post(&places);
	} while (o->code == PAM_AUTHINFO_UNAVAIL);
	return NULL;
}

static void in_threads(unsigned n)
{
	struct one *all = calloc(n, sizeof *all);

	CHECK(all != NULL);
	begin("P Password: \nV granted right");
	CHECK_INT(pthread_barrier_init(&all_there, NULL, n), 0);
	CHECK_INT(sem_init(&places, 0, AT_ONCE), 0);
	for (unsigned i = 0; i < n; i++) {
		all[i].kind = &kinds[i % KINDS];
		all[i].p = with(right, 1);
		all[i].pamh = rig_start(all[i].kind->name, "", &all[i].p);
	}
	for (unsigned i = 0; i < n; i++)
		CHECK_INT(pthread_create(&all[i].thread, NULL, sign_in_once, &all[i]), 0);
	for (unsigned i = 0; i < n; i++) {
		CHECK_INT(pthread_join(all[i].thread, NULL), 0);
		CHECK_CODE(all[i].code, all[i].kind->code);
		CHECK_TEXT(user_of(all[i].pamh), all[i].kind->name);
		pam_end(all[i].pamh, 0);
	}
	free(all);
}

TEST(pc23_a_thousand_threads_with_handles_of_their_own)
{
	in_threads(MANY);
}

TEST(pc23_a_few_threads_with_handles_of_their_own)
{
	in_threads(FEW);
}

static int answer_of(const char *text, struct pam_response **resp)
{
	*resp = calloc(1, sizeof **resp);
	if (*resp)
		(*resp)->resp = strdup(text);
	return *resp && (*resp)->resp ? PAM_SUCCESS : PAM_BUF_ERR;
}

static pid_t child = -1;

static int fork_at_the_code(
	int n, const struct pam_message **msg, struct pam_response **resp, void *arg)
{
	(void)arg;
	if (n != 1)
		return PAM_CONV_ERR;
	if (strcmp(msg[0]->msg, "Code: ") != 0)
		return answer_of(PASSWORD, resp);
	child = fork();
	return child < 0 ? PAM_CONV_ERR : answer_of("123456", resp);
}

TEST(pc24_of_two_that_go_on_one_at_most_is_let_in)
{
	const struct pam_conv forks = { fork_at_the_code, NULL };
	struct person nobody = { .n = 0 };
	int status = 0;

	begin(SIGN_IN);
	pam_handle_t *pamh = rig_start("jdoe", "", &nobody);
	CHECK_INT(pam_set_item(pamh, PAM_CONV, &forks), PAM_SUCCESS);
	bool in = pam_authenticate(pamh, 0) == PAM_SUCCESS;
	if (child == 0)
		_exit(in);
	CHECK(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status));
	CHECK_INT(in + WEXITSTATUS(status), 1);
	pam_end(pamh, 0);
}

static unsigned sockets, kept_at_exec;

static int look_at_sockets(
	int n, const struct pam_message **msg, struct pam_response **resp, void *arg)
{
	DIR *d = opendir("/proc/self/fd");
	int type;
	socklen_t len = sizeof type;

	(void)n;
	(void)arg;
	for (const struct dirent *e; d && (e = readdir(d));) {
		int fd = (int)strtol(e->d_name, NULL, 10);

		if (e->d_name[0] == '.' || fd == dirfd(d) ||
			getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0 ||
			type != SOCK_SEQPACKET)
			continue;
		sockets++;
		kept_at_exec += (fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0;
	}
	closedir(d);
	return answer_of(strcmp(msg[0]->msg, "Code: ") == 0 ? "123456" : PASSWORD, resp);
}

TEST(wp13_the_conversation_ends_where_another_program_begins)
{
	const struct pam_conv looks = { look_at_sockets, NULL };
	struct person nobody = { .n = 0 };

	begin(SIGN_IN);
	pam_handle_t *pamh = rig_start("jdoe", "", &nobody);
	CHECK_INT(pam_set_item(pamh, PAM_CONV, &looks), PAM_SUCCESS);
	CHECK_CODE(pam_authenticate(pamh, 0), "SUCCESS");
	CHECK_INT(sockets, 2); /* seen at each prompt */
	CHECK_INT(kept_at_exec, 0);
	pam_end(pamh, 0);
}
