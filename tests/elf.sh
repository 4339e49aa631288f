#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# elf.sh [BUILD]: what each built file links, exports and is hardened with. A file in the table that isn't
# there is a failure. Prints TAP.
set -u
build=${1:-.}
n=0 failed=0

result() { # 0 or other, name, wanted, got
	n=$((n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		printf '# %s\n' "wanted: $3" "got:    $4"
		failed=1
	fi
}
same() { # name, wanted, got
	[ "$2" = "$3" ]
	result $? "$1" "$2" "$3"
}

check() { # file, libraries besides the loader, exported symbols (- for a program)
	local file=$build/$1 name=${1##*/} dynamic
	if [ ! -f "$file" ]; then
		result 1 "$name is built" "$file" 'no such file'
		return
	fi
	dynamic=$(readelf -dW "$file")
	same "$name links nothing else" "$2" "$(sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' <<<"$dynamic" |
		grep -v '^ld-linux' | sort | xargs)"
	[ "$3" = - ] || same "$name exports nothing else" "$(xargs -n1 <<<"$3" | sort | xargs)" \
		"$(nm -D --defined-only --format=posix "$file" | awk '$2 != "A" { sub(/@.*/, "", $1); print $1 }' |
			sort | xargs)"
	same "$name has no RPATH" '' "$(grep -E 'RPATH|RUNPATH' <<<"$dynamic")"
	same "$name has no relocations in its code" '' "$(grep TEXTREL <<<"$dynamic")"
	same "$name is bound before it runs" 'NOW' "$(grep -qE 'BIND_NOW|FLAGS.* NOW' <<<"$dynamic" && echo NOW)"
	same "$name has RELRO" 'GNU_RELRO' "$(readelf -lW "$file" | grep -o GNU_RELRO)"
	same "$name has no stack that can be run" 'RW' \
		"$(readelf -lW "$file" | awk '$1 == "GNU_STACK" { print $(NF - 1) }')"
}

nss='getpwnam_r getpwuid_r setpwent getpwent_r endpwent
	getgrnam_r getgrgid_r setgrent getgrent_r endgrent initgroups_dyn'
# file                            links          exports
check .libs/libnss_hcauth.so.2    'libc.so.6'    "$(printf '_nss_hcauth_%s ' $nss)"
check .libs/pam_hcauth.so 'libc.so.6 libpam.so.0' \
	'pam_sm_authenticate pam_sm_setcred pam_sm_acct_mgmt pam_sm_open_session pam_sm_close_session pam_sm_chauthtok'
check hcauthd/hcauthd               libc.so.6      -
check hcauth/hcauth-try             'libc.so.6 libpam.so.0' -
check courier/hcauth-courier        'libc.so.6 libinih.so.1 libjansson.so.4' -

same 'libnss_hcauth.so.2 is its own name' 'libnss_hcauth.so.2' \
	"$(readelf -dW "$build/.libs/libnss_hcauth.so.2" | sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p')"

built='.libs/libnss_hcauth.so.2 .libs/pam_hcauth.so hcauthd/hcauthd hcauthd/hcauth-talk hcauth/hcauth courier/hcauth-courier'
uses() # symbols that one of them takes from a library, of those named
{
	for f in $built; do
		nm -D --undefined-only --format=posix "$build/$f"
	done | sed 's/[@ ].*//' | grep -xE "$1" | sort -u | xargs
}
same sh09_randomness_is_the_kernels '' "$(uses 'rand|rand_r|random|srand|srandom|[delmnj]rand48|srand48|arc4random.*')"
same ns07_no_locale_in_the_modules '' "$(build=$build built='.libs/libnss_hcauth.so.2 .libs/pam_hcauth.so' uses \
	'setlocale|newlocale|uselocale|tolower|toupper|str(n)?casecmp|isw.*|tow.*|mb.*|wc.*|__ctype_.*|strcoll|getenv')"
same sh10_no_key_or_password_of_a_test '' "$(cd "$build" && strings -a $built |
	grep -E 'PRIVATE KEY|seven quiet herons|ecde18dbe76fbd0c33330f1c354871db|hidden but not lost|[A-Z2-7]{32}')"

# what tests/fast makes of hcauth-talk is in no other program
same fo14_the_clock_is_the_machines '' "$(strings "$build/hcauthd/hcauth-talk" | grep -x /run/host/clock)"

echo "1..$n"
exit $failed
