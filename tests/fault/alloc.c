/* SPDX-License-Identifier: Apache-2.0 */
/* Takes the place of libc's allocator in a test program, for its libraries and libc itself too; memory comes from
 * libc's own all the same, so that free() and the rest stay libc's. */
#include "alloc.h"

#include <errno.h>
#include <stdlib.h>

#include "inject.h"

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

#pragma GCC visibility push(default)

static struct fault *fault;

void alloc_fault(struct fault *f)
{
	f->calls = 0;
	f->fired = f->more = false;
	fault = f;
}

static bool fails(void)
{
	if (!fault)
		return false;
	fault->calls++;
	if (fault->calls < fault->nth || (fault->calls > fault->nth && fault->kind == FAULT_MEMORY))
		return false;
	fault->fired = true;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return fails() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
	return fails() ? NULL : __libc_realloc(p, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return fails() ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
	void *p = fails() ? NULL : __libc_memalign(alignment, size);

	if (!p)
		return ENOMEM;
	*out = p;
	return 0;
}
