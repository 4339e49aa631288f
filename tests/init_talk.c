/* SPDX-License-Identifier: Apache-2.0 */
/* What hcauth-talk does for "hcauth init" and "hcauth accept-database", with its folders in a test's. */
#include "init.h"

#include <string.h>

/* The leak check of AddressSanitizer fails in a process that is traced, as the tests of init do. */
__attribute__((visibility("default"))) const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--init") == 0)
		return init_main();
	if (argc == 2 && strcmp(argv[1], "--accept-database") == 0)
		return accept_main();
	return 100;
}
