/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>

#include "race/race.h"

static unsigned cases;

void case_of(const char *name, const char *format, ...)
{
	va_list ap;

	printf("ok %u - %s", ++cases, name);
	va_start(ap, format);
	printf(": ");
	vprintf(format, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
}

void cases_end(void)
{
	printf("1..%u\n", cases);
}
