#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The module needs libc and libpam alone, and shows the six functions of PAM and nothing else.
set -eu
module=${1:-.libs/pam_hcauth.so}

fail() {
	echo "not ok 1 - $1"
	exit 1
}

needed=$(readelf -d "$module" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -v -e '^libasan' -e '^libubsan' | sort | tr '\n' ' ')
[ "$needed" = "libc.so.6 libpam.so.0 " ] || fail "it needs $needed"

shown=$(nm -D --defined-only "$module" | awk '{ print $3 }' | sort | tr '\n' ' ')
[ "$shown" = "pam_sm_acct_mgmt pam_sm_authenticate pam_sm_chauthtok pam_sm_close_session pam_sm_open_session pam_sm_setcred " ] ||
	fail "it shows $shown"

# Nothing can move its sockets or files: no environment is read, and no writable data is its own.
nm -D --undefined-only "$module" | grep -q -e ' getenv@' -e secure_getenv && fail "it reads the environment"
writable=$(readelf -SW "$module" | sed -n 's/^ *\[[ 0-9]*\] \.\(data\|bss\) .* \([0-9a-f]*\) 00 .*/\2/p' | sort -u | tr '\n' ' ')
case $(nm -D "$module") in
*__asan_*) ;; # whose own state it is
*) [ "$writable" = "000008 " ] || [ "$writable" = "000001 000008 " ] || fail "it has static state: $writable" ;;
esac
echo "ok 1 - pam_hcauth.so: libc and libpam, six functions, no environment, no static state"
echo "1..1"
