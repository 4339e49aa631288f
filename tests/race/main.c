/* SPDX-License-Identifier: Apache-2.0 */
/* races codes|guesses|orders ROUNDS, races soak SIGN_INS: tests/race/races.py runs it. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "race/look.h"
#include "race/race.h"

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(unsigned rounds);
	} parts[] = { { "codes", race_codes }, { "guesses", race_guesses },
		{ "orders", race_orders }, { "soak", race_soak } };
	unsigned rounds = argc == 3 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
	size_t part = 0;

	while (part < sizeof parts / sizeof *parts && argc > 1 &&
		strcmp(argv[1], parts[part].name) != 0)
		part++;
	if (rounds == 0 || part == sizeof parts / sizeof *parts)
		client_fail("races codes|guesses|orders|soak HOW_MANY");
	signal(SIGPIPE, SIG_IGN);
	race_start();
	look_start();
	client_sms = look_sms;
	(void)client_command((const char *const[]){ "practice", "add", "stj", "St John", NULL });
	(void)client_command(
		(const char *const[]){ "practice", "set", "stj", "--break-glass", "yes", NULL });
	parts[part].run(rounds);
	cases_end();
	return 0;
}
