# SPDX-License-Identifier: Apache-2.0
"""The scripts of the packages, killed with kill -9 before each command of ours and each kind of debhelper's sections, with
dpkg and all that it runs: at once root comes in, and no stack asks for a module that is not there; and what dpkg is told to
do next time heals the machine.

Each case has a copy of the machine to itself: an overlay, in a process that ends with it."""
import collections
import concurrent.futures
import os
import re
import subprocess
import sys

from machine import (NAMES, TREE, debs, differences, etc, installed, later, module, names_module, root_comes_in, run,
                     prepare)
from host import daemon_down, start
from tap import case, equal, main, true

# In the case's own /run: before which command to kill (0: none), and those that have begun. The process group is dpkg's.
KILL_AT, BEGUN = "/run/kill-at", "/run/begun"
KILLER = """#!/bin/bash
hc_begins()
{
	echo "$DPKG_MAINTSCRIPT_PACKAGE.$DPKG_MAINTSCRIPT_NAME" >>%s
	[ "$(wc -l <%s)" != "$(cat %s)" ] || kill -KILL 0
}
hc_theirs=
[ ! -e %s ] || trap '[ "$hc_theirs" ] || hc_begins' DEBUG
""" % (BEGUN, BEGUN, KILL_AT, KILL_AT)
SECTION = r"(?:# Automatically added by %s/(?s:.*?)\n# End automatically added section\n)"
SECTIONS = "%s(?:%s)*" % (SECTION % r"(?P<by>\w+)", SECTION % "(?P=by)")


def with_killer(script):
    return KILLER + re.sub(SECTIONS, r"hc_theirs=yes\n\g<0>hc_theirs=\n", script) + ":\n"


# --- in a case's own machine ---

def dpkg(*args):
    p = subprocess.run(["dpkg", *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       text=True, timeout=240, start_new_session=True)
    return p.returncode, p.stdout


def is_installed():
    equal([installed(name) for name in NAMES], ["installed"] * 3, "packages")
    with open("/etc/nsswitch.conf") as f:
        lines = [re.sub(r"\s+", " ", line) for line in re.findall(r"(?m)^(?:passwd|group):.*hcauth.*$", f.read())]
    equal(lines, ["passwd: files hcauth", "group: files [SUCCESS=merge] hcauth"], "nsswitch.conf")
    run("id", "hcauthd", "hcauth-courier", "newcomer")


def is_removed():
    equal([installed(name) for name in NAMES], ["config-files", "", ""], "packages")
    equal((module(), names_module()), ([], []), "modules")
    with open("/etc/nsswitch.conf") as f:
        true("hcauth" not in f.read(), "nsswitch.conf")
    true(os.path.exists("/var/lib/hcauthd/store/data.mdb"), "the store is kept")


def is_purged():
    equal([installed(name) for name in NAMES], ["", "", ""], "packages")
    true(not os.path.exists("/var/lib/hcauthd"), "the store is gone")
    with open("/root/etc-before") as f:
        before = eval(f.read())     # what this file wrote
    equal(differences(before, etc()), [], "/etc")


Step = collections.namedtuple("Step", "todo holds")
STEPS = {
    "configure": Step(["--configure", "-a"], is_installed),
    "upgrade": Step(["--install", *["/root/9.0/%s_9.0_all.deb" % name for name in NAMES]], is_installed),
    "remove": Step(["--remove", *NAMES], is_removed),
    "purge": Step(["--purge", *NAMES], is_purged),
}


def one(step, n):
    """Kills one step before its nth command; or does it, and prints the script of each command."""
    todo, holds = STEPS[step]
    with open(KILL_AT, "w") as f:
        f.write("%d\n" % n)
    status, said = dpkg(*todo)
    os.unlink(KILL_AT)
    equal(status, -9 if n else 0, said)
    if n:
        root_comes_in("login")
        true(module() or not names_module(), "asked for by %s" % names_module())
        if step != "purge":
            dpkg("--configure", "-a")
        status, said = dpkg(*todo)
        equal(status, 0, said)
    holds()
    root_comes_in("login", "sshd")
    if not n:
        with open(BEGUN) as f:
            print(f.read(), end="")


# --- on the machine from which they are copied ---

OVERLAY = """
mount -t tmpfs case /media
mkdir /media/up /media/work /media/root
mount -t overlay -o lowerdir=/,upperdir=/media/up,workdir=/media/work overlay /media/root
for d in proc sys dev srv/tree tmp; do mount --rbind /$d /media/root/$d; done
mount -t tmpfs -o mode=755 run /media/root/run
exec chroot /media/root python3 "$@"
"""


def at(step, n):
    p = subprocess.run(["unshare", "--mount", "--propagation", "private", "sh", "-euc", OVERLAY, "case",
                        TREE + "/tests/debian/test_killed.py", "--one", step, str(n)],
                       stdin=subprocess.DEVNULL, capture_output=True, text=True)
    true(p.returncode == 0, "%s, killed before command %d: %s%s" % (step, n, p.stdout, p.stderr))
    return p.stdout.split()


def kills(step):
    begun = at(step, 0)
    print("# %s: %s" % (step, dict(collections.Counter(begun))))
    true(begun, "commands")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda n: at(step, n), range(1, len(begun) + 1)))


@case
def a_machine_whose_packages_can_be_killed():
    prepare()
    run("apt-get", "-q", "-y", "install", *debs())
    run("dpkg", "--purge", *NAMES)
    with open("/root/etc-before", "w") as f:
        f.write(repr(etc()))
    later("9.0", with_killer)
    later("8.0", with_killer)
    run("dpkg", "--unpack", *debs("8.0"))


@case
def pk06_while_they_are_configured():
    kills("configure")
    run("dpkg", "--configure", "-a")


@case
def pk06_while_they_are_upgraded_with_a_service_and_the_profile_on():
    run("hcauth", "init")
    start("hcauthd")
    run("hcauth", "enable", "sshd", "--yes")
    daemon_down()
    run("pam-auth-update", "--enable", "hcauth")
    kills("upgrade")


@case
def pk02_while_they_are_removed_with_both_on():
    true({"/etc/pam.d/sshd", "/etc/pam.d/common-auth"} <= set(names_module()), "on: %s" % names_module())
    kills("remove")
    run("dpkg", "--remove", *NAMES)


@case
def while_they_are_purged_with_a_store():
    run("debconf-set-selections", given="hcauthd hcauthd/delete-store boolean true\n")
    kills("purge")


if sys.argv[1:2] == ["--one"]:
    one(sys.argv[2], int(sys.argv[3]))
else:
    main()
