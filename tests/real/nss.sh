#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# nss.sh BUILD: getent, id, sg, ls and setpriv against the built libnss_hcauth.so.2, as root and as a plain
# user, in a mount namespace of its own. Needs root; prints TAP.
set -u
build=$(realpath "${1:-.}")
if [ "${HC_IN_NAMESPACE:-}" = "" ]; then
	if [ "$(id -u)" != 0 ]; then
		echo "1..0 # SKIP needs root, for a mount namespace"
		exit 77
	fi
	HC_IN_NAMESPACE=yes exec unshare --mount --propagation private -- "$0" "$build"
fi

n=0 failed=0
result() { # 0 or other, name
	n=$((n + 1))
	if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; failed=1; fi
}
is() { # name, expected, command…: what it prints
	local name=$1 want=$2 got
	shift 2
	if [ "$(type -t "$1")" = function ]; then got=$("$@" 2>&1); else got=$(timeout 60 "$@" 2>&1); fi
	[ "$got" = "$want" ]
	local r=$?
	result $r "$name"
	[ $r = 0 ] || printf '# %s\n' "wanted: $want" "got:    $got"
}
missing() { # name, database, key: getent says that there is none (2), at once
	timeout 60 getent "$2" "$3" >/dev/null 2>&1
	local r=$?
	[ $r = 2 ]
	result $? "$1"
	[ $r = 2 ] || echo "# getent $2 $3: status $r"
}
plain() { timeout 60 setpriv --reuid 1500 --regid 1500 --clear-groups "$@"; }

set -e
mount -t tmpfs -o mode=755 tmpfs /mnt
mkdir /mnt/up /mnt/work /mnt/lib
cp "$build"/.libs/libnss_hcauth.so.2 "$build"/dir_make /mnt/lib
mount -t overlay -o lowerdir=/etc,upperdir=/mnt/up,workdir=/mnt/work overlay /etc
mount -t tmpfs -o mode=755 tmpfs /var/lib
echo /mnt/lib >/etc/ld.so.conf.d/hcauth-test.conf
ldconfig
sed -i -e '/^initgroups:/d' -e 's/^passwd:.*/passwd: files hcauth/' \
	-e 's/^group:.*/group: files [SUCCESS=merge] hcauth/' /etc/nsswitch.conf
cat >>/etc/passwd <<-EOF
	harriet:x:1500:1500:Harriet,,,:/home/harriet:/bin/sh
	mary:x:1501:1500:Mary:/home/mary:/bin/sh
EOF
echo 'harriet:x:1500:' >>/etc/group
echo 'locals:x:1502:jdoe-stj' >>/etc/group
directory=/var/lib/hcauthd/directory
people="user jdoe-stj 20000 20000 /home/jdoe-stj /bin/bash 20010,20011 Jane Doe
user ben 20001 20000 /home/ben /bin/sh 20010 Ben Brontë
user root 20002 20000 /home/fake /bin/sh 20010 Not root
existing harriet 1500 20010
existing mary 1600 20010
group stj 20000 -
group ward 20010 jdoe-stj,ben,harriet
group lab 20011 jdoe-stj
group harriet 20012 -
name jane@clinic.example jdoe-stj
name hc012345 jdoe-stj
name harriet@clinic.example harriet
name mary@clinic.example mary
name both@clinic.example -"
set +e
jdoe='jdoe-stj:*:20000:20000:Jane Doe:/home/jdoe-stj:/bin/bash'
root=$(grep ^root: /etc/passwd)

without() { # what is wrong: nobody of ours, the machine's own as ever
	missing "$1: no user of ours" passwd jdoe-stj
	missing "$1: no uid of ours" passwd 20000
	missing "$1: no group of ours" group ward
	is "$1: root is there" "$root" getent passwd root
	is "$1: id of root" 'uid=0(root) gid=0(root) groups=0(root)' id root
	is "$1: a local user's groups" '1500' id -G harriet
}
without 'no folder'
mkdir -p $directory
without 'empty folder'

printf '%s\n' "$people" 'user clash 1500 20000 /home/clash /bin/sh - One uid more' |
	/mnt/lib/dir_make $directory 2>/mnt/refused
[ $? = 1 ] && grep -q 'clash.*: File exists$' /mnt/refused
result $? 'two users with one uid are not published'
without 'nothing published'

/mnt/lib/dir_make $directory <<<"$people"
result $? 'the directory is published'
is 'by name' "$jdoe" getent passwd jdoe-stj
is 'by uid' "$jdoe" getent passwd 20000
is 'by name, as a plain user' "$jdoe" plain getent passwd jdoe-stj
is 'by uid, as a plain user' "$jdoe" plain getent passwd 20000
is 'by address, as root' "$jdoe" getent passwd Jane@Clinic.example
is 'by user ID, as root' "$jdoe" getent passwd HC012345
is 'by address, as a plain user: nobody' '' plain getent passwd jane@clinic.example
is 'by user ID, as a plain user: nobody' '' plain getent passwd hc012345
missing 'an address that two share' passwd both@clinic.example
missing 'an address that nobody has' passwd nobody@clinic.example
is "root is the machine's" "$root" getent passwd root
is 'files have owners by name' 'jdoe-stj stj' bash -c \
	'touch /mnt/f && chown 20000:20000 /mnt/f && stat -c "%U %G" /mnt/f'

is 'group by name' 'ward:*:20010:jdoe-stj,ben,harriet' getent group ward
is 'group by gid' 'ward:*:20010:jdoe-stj,ben,harriet' plain getent group 20010
is "a local group's gid is the machine's" '1500' bash -c 'getent group 1500 | cut -d: -f3'
is 'groups of a user' '20000 1502 20010 20011' id -G jdoe-stj
is 'groups of a user, as a plain user' '20000 1502 20010 20011' plain id -G jdoe-stj
# id(1) asks for the groups of the name that was typed, which /etc/group does not know
is 'groups by address' '20000 20010 20011' id -G jane@clinic.example
is 'groups of a local user: ours too' '1500 20010' id -G harriet
is 'id' 'uid=20001(ben) gid=20000(stj) groups=20000(stj),20010(ward)' id ben
is 'getent initgroups' 'jdoe-stj 1502 20010 20011' bash -c \
	'getent initgroups jdoe-stj | tr -s " "'
is 'initgroups(3) by setpriv' '20000 1502 20010 20011' \
	setpriv --reuid jdoe-stj --regid 20000 --init-groups id -G
is 'sg (newgrp) finds the member' 'lab' \
	setpriv --reuid 20000 --regid 20000 --clear-groups sg lab -c 'id -gn'
is 'sg refuses who is none' '' bash -c \
	"setpriv --reuid 20001 --regid 20000 --clear-groups setsid sg lab -c 'id -gn' </dev/null 2>&-"

is "the machine's own user by address: the rest from /etc/passwd" \
	'harriet:*:1500:1500:Harriet,,,:/home/harriet:/bin/sh' getent passwd harriet@clinic.example
missing 'but not with another uid' passwd mary@clinic.example
sed -i /^harriet/d /etc/passwd
missing 'nor when it is gone' passwd harriet@clinic.example
echo 'harriet:x:1500:1500:Harriet,,,:/home/harriet:/bin/sh' >>/etc/passwd

is 'nobody is listed' '0' bash -c 'getent passwd | grep -c :2000'
is 'no group is listed' '0' bash -c 'getent group | grep -c ":\*:200"'
printf '%s\n' list "$people" | /mnt/lib/dir_make $directory
is 'users are listed when asked for, once each' 'ben harriet jdoe-stj mary root root ' bash -c \
	"getent passwd | cut -d: -f1 | grep -xE 'ben|harriet|jdoe-stj|mary|root' | sort | tr '\n' ' '"
is 'groups are listed when asked for' '4' bash -c 'getent group | grep -c ":\*:200"'
/mnt/lib/dir_make $directory <<<"$people"

calls() { # name, file, command…: what it does between opening and closing the directory's file
	local name=$1 file=$2
	shift 2
	strace -qq -o /mnt/trace "$@" >/dev/null 2>&1
	is "$name" 'openat pread64 pread64 pread64 close ' awk -v file="$file" '
		/^rt_sigprocmask/ { next }
		index($0, file) { on = 1 }
		on { sub(/\(.*/, ""); printf "%s ", $0 }
		on && /^close/ { exit }' /mnt/trace
}
if command -v strace >/dev/null; then
	calls 'a hit by name: open, three preads, close' public.cdb getent passwd jdoe-stj
	calls 'a hit by uid: the same' public.cdb getent passwd 20000
	calls 'a hit by address: the same' private.cdb getent passwd jane@clinic.example
	calls 'a group: the same' public.cdb getent group ward
else
	n=$((n + 1))
	echo "ok $n - # SKIP no strace"
fi

chmod 600 $directory/public.cdb
is 'a public file that a plain user may not read: nobody of ours' '' plain getent passwd jdoe-stj
is 'and root as ever' "$root" plain getent passwd root

damage() { # what, command…: to a sound file
	rm -rf $directory/public.cdb
	/mnt/lib/dir_make $directory <<<"$people"
	"${@:2}"
	without "$1"
}
file=$directory/public.cdb
damage 'cut to 100 bytes' truncate -s 100 $file
damage 'cut before its tables' truncate -s 2500 $file
damage 'zeros' bash -c "truncate -s 0 $file; truncate -s 5000 $file"
damage 'a FIFO' bash -c "rm $file; mkfifo -m 644 $file"
damage 'a folder' bash -c "rm $file; mkdir $file"
damage 'a link to a sound file' bash -c "mv $file /mnt/sound; ln -s /mnt/sound $file"
damage 'a device' bash -c "rm $file; mknod $file c 1 5"
damage 'noise' dd if=/dev/urandom of=$file bs=8192 count=1 status=none

echo "1..$n"
exit $failed
