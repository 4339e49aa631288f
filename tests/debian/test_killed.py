# SPDX-License-Identifier: Apache-2.0
"""Each script of the packages, killed with kill -9 before each of its commands, and dpkg with it: at once root comes in, and
no stack asks for a module that is not there; and what dpkg is told to do next time heals the machine.

Each case has a copy of the machine to itself: an overlay, in a process that ends with it."""
import concurrent.futures
import os
import re
import subprocess
import sys

from machine import (NAMES, TREE, debs, differences, etc, installed, later, module, names_module, root_comes_in, run,
                     prepare)
from tap import case, equal, main, true

WHEN = "/run/kill-at"       # in the case's own /run: which script, before which of its commands
KILLER = """#!/bin/bash
if [ -e %s ]; then
	read -r hc_script hc_n <%s
	if [ "$hc_script" = "$DPKG_MAINTSCRIPT_PACKAGE.$DPKG_MAINTSCRIPT_NAME" ]; then
		set -T
		trap '[ $((hc_i += 1)) -lt $hc_n ] || { rm %s; kill -KILL $PPID $$; }' DEBUG
	fi
fi
""" % (WHEN, WHEN, WHEN)


# --- in a case's own machine ---

def dpkg(*args):
    return subprocess.run(["dpkg", *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=120)


def is_installed():
    equal([installed(name) for name in NAMES], ["installed"] * 3, "packages")
    with open("/etc/nsswitch.conf") as f:
        lines = [re.sub(r"\s+", " ", line) for line in re.findall(r"(?m)^(?:passwd|group):.*hcauth.*$", f.read())]
    equal(lines, ["passwd: files hcauth", "group: files [SUCCESS=merge] hcauth"], "nsswitch.conf")
    for user in ("hcauthd", "hcauth-courier", "newcomer"):
        run("id", user)


def is_removed():
    equal([installed(name) for name in NAMES], ["config-files", "", ""], "packages")
    equal((module(), names_module()), ([], []), "modules")
    with open("/etc/nsswitch.conf") as f:
        true("hcauth" not in f.read(), "nsswitch.conf")


def is_purged():
    equal([installed(name) for name in NAMES], ["", "", ""], "packages")
    before = eval(open("/root/etc-before").read())     # what this file wrote
    equal(differences(before, etc()), [], "/etc")


# What is done, to what, and what heals and holds afterwards. The machines are made one from the other, in this order.
STEPS = {
    "configure": (["--configure", "-a"], ["hcauthd.postinst", "libnss-hcauth.postinst", "libpam-hcauth.postinst"],
                  is_installed),
    "upgrade": (["--install", *["/root/9.0/%s_9.0_all.deb" % name for name in NAMES]],
                [name + script for name in NAMES for script in (".prerm", ".postrm", ".postinst")], is_installed),
    "remove": (["--remove", *NAMES], ["hcauthd.prerm", "hcauthd.postrm", "libnss-hcauth.prerm", "libpam-hcauth.prerm"],
               is_removed),
    "purge": (["--purge", *NAMES], ["hcauthd.postrm"], is_purged),
}


def one(step, script, n):
    """Kills one script before its nth command. Returns whether it has so many."""
    todo, _, holds = STEPS[step]
    with open(WHEN, "w") as f:
        f.write("%s %d\n" % (script, n))
    first = dpkg(*todo)
    if os.path.exists(WHEN):
        equal(first.returncode, 0, first.stdout)
        return False
    root_comes_in("login")
    true(module() or not names_module(), "asked for by %s" % names_module())
    if step != "purge":
        dpkg("--configure", "-a")
    again = dpkg(*todo)
    true(again.returncode == 0, again.stdout)
    holds()
    root_comes_in("login", "sshd")
    return True


# --- on the machine from which they are copied ---

OVERLAY = """
mkdir -p $1/up $1/work $1/root
mount -t tmpfs case $1
mkdir $1/up $1/work $1/root
mount -t overlay -o lowerdir=/,upperdir=$1/up,workdir=$1/work overlay $1/root
for d in proc sys dev srv/tree tmp; do mount --rbind /$d $1/root/$d; done
mount -t tmpfs -o mode=755 run $1/root/run
shift_root=$1/root
shift
exec chroot $shift_root python3 "$@"
"""


def at(step, script, n):
    p = subprocess.run(["unshare", "--mount", "--propagation", "private", "sh", "-euc", OVERLAY, "case",
                        "/media", TREE + "/tests/debian/test_killed.py", "--one", step, script, str(n)],
                       stdin=subprocess.DEVNULL, capture_output=True, text=True)
    true(p.returncode in (0, 3), "%s: %s before command %d: %s%s" % (step, script, n, p.stdout, p.stderr))
    return p.returncode == 0


def every_kill_of(step, script):
    n = 1
    while at(step, script, n):
        n += 1
    return n - 1


def kills(step):
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        scripts = STEPS[step][1]
        counts = dict(zip(scripts, pool.map(lambda script: every_kill_of(step, script), scripts)))
    print("# %s: %s" % (step, counts))
    true(sum(counts.values()) > 0, "kills")


@case
def a_machine_whose_packages_can_be_killed():
    prepare()
    run("apt-get", "-q", "-y", "install", *debs())
    run("dpkg", "--purge", *NAMES)
    with open("/root/etc-before", "w") as f:
        f.write(repr(etc()))
    later("9.0", script=KILLER)
    later("8.0", script=KILLER)
    run("dpkg", "--unpack", *debs("8.0"))


@case
def while_they_are_configured():
    kills("configure")
    run("dpkg", "--configure", "-a")


@case
def while_they_are_upgraded_with_the_profile_on():
    run("pam-auth-update", "--enable", "hcauth")
    kills("upgrade")


@case
def while_they_are_removed_with_the_profile_and_a_service_on():
    run("hcauth", "enable", "sshd", "--yes")
    kills("remove")
    run("dpkg", "--remove", *NAMES)


@case
def while_they_are_purged():
    kills("purge")


if sys.argv[1:2] == ["--one"]:
    sys.exit(0 if one(sys.argv[2], sys.argv[3], int(sys.argv[4])) else 3)
main()
