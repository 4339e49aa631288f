/* SPDX-License-Identifier: Apache-2.0 */
/* What hcauth-talk does for "hcauth init" and "hcauth accept-database", with its folders in a test's. */
#include "init.h"

#include <string.h>

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--init") == 0)
		return init_main();
	if (argc == 2 && strcmp(argv[1], "--accept-database") == 0)
		return accept_main();
	return 100;
}
