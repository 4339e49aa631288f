/* SPDX-License-Identifier: Apache-2.0 */
/* What hcauth-talk does for "hcauth init" and its like, with its folders in a test's. */
#include "hands.h"

/* The leak check of AddressSanitizer fails in a process that is traced, as the tests of init do. */
__attribute__((visibility("default"))) const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

int main(int argc, char **argv)
{
	int status = argc == 2 ? hands_main(argv[1]) : -1;

	return status >= 0 ? status : 100;
}
