# SPDX-License-Identifier: Apache-2.0
# messages: yes
"""The AppArmor profiles: they compile, and what the daemons really do with files in a day's work, by strace, is in them.
Loaded they are not: tests/real/apparmor.py says why."""
import os
import re
import shutil
import signal

from apparmor import CALLS, Profile, accesses, unmatched
from booted import Staff
from host import daemon_down, kill, pid_of, pids, start, until
from people import CODE, NEW_PASSWORD, NEW_PASSWORD_AGAIN, PASSWORD, hcauth, practice, run
from tap import case, equal, main, true

CONF = os.environ["HC_TREE"] + "/conf/apparmor"
TRACED, REAL = "/run/host/traced", "/usr/sbin/real"
DAEMONS = ("hcauthd", "hcauth-courier")
OWN = [*("%s/%s" % (REAL, d) for d in DAEMONS), "/usr/libexec/hcauth/hcauth-talk"]
LOOKS = "abi <abi/3.0>,\ninclude <tunables/global>\nprofile looks /usr/bin/looks {\n  include <abstractions/nameservice>\n}\n"
ann = []


def trace_daemons():
    """From now on each daemon runs under strace, which is a child of its own."""
    os.mkdir(TRACED)
    os.chmod(TRACED, 0o777)
    os.mkdir(REAL)
    daemon_down()
    kill(pid_of("hcauth-courier"), signal.SIGTERM)
    for name in DAEMONS:
        os.rename("/usr/sbin/" + name, "%s/%s" % (REAL, name))
        with open("/usr/sbin/" + name, "w") as f:
            f.write('#!/bin/sh\nexec strace -D -ff -y -s 300 -e trace=%s -o %s/%s %s/%s "$@"\n' %
                    (CALLS, TRACED, name, REAL, name))
        os.chmod("/usr/sbin/" + name, 0o755)
        start(name)


def looks():
    """A program's profile that has the abstraction nameservice, as the machine has it now."""
    with open("/run/host/looks", "w") as f:
        f.write(LOOKS)
    return Profile("/run/host/looks")


def looked_at(*command, uid):
    """What that user's command has done, but for its own start."""
    prefix = "%s/looks.%s" % (TRACED, uid)
    status, out, err = run("setpriv", "--reuid", str(uid), "--regid", str(uid), "--clear-groups", "strace", "-ff", "-y",
                           "-e", "trace=" + CALLS, "-o", prefix, *command)
    equal(status, 0, " ".join(command) + err)
    done = accesses(TRACED, "looks.%s" % uid, None)
    return {a for a in done if a.path.startswith("/var/lib/hcauthd/")}


@case
def they_compile():
    for name in DAEMONS:
        status, out, err = run("apparmor_parser", "--skip-kernel-load", "--skip-cache", "--debug", CONF + "/" + name)
        true(status == 0 and re.search(r"(?m)^Name:\s+%s$" % name, out), out + err)


@case
def the_matcher_refuses():
    """Each of these would be a hole, or shows that the comparison below can fail."""
    p, c = Profile(CONF + "/hcauthd"), Profile(CONF + "/hcauth-courier")
    for path, perms in (("/etc/shadow", "r"), ("/etc/hcauth/machine.key", "w"), ("/etc/hcauth/hcauthd.conf", "w"),
                        ("/var/lib/hcauthd/x", "w"), ("/var/lib/hcauthd/store/data.mdb", "x"), ("/bin/sh", "x"),
                        ("/usr/bin/sh", "x"), ("/home/anne/.bashrc", "r"), ("/proc/1/mem", "r"), ("/tmp/x", "w")):
        true(not p.allows(path, perms), "hcauthd: %s %s" % (path, perms))
    for path, perms in (("/etc/hcauth/machine.key", "r"), ("/var/lib/hcauthd/store/data.mdb", "r"), ("/etc/shadow", "r"),
                        ("/run/hcauthd/root.sock", "w"), ("/var/lib/hcauthd/directory/private.cdb", "r")):
        true(not c.allows(path, perms), "hcauth-courier: %s %s" % (path, perms))


def a_day_s_work():
    practice()
    ann.append(Staff("ann", 1).enrol())
    with ann[0].ssh("hcauth", "password", options=("-t",)) as p:
        ann[0].sign_in(p, code=ann[0].recovery_code())
        ann[0].has_phone(p)
        p.expect(PASSWORD)
        p.secret(ann[0].password)
        p.expect(CODE)
        p.answer(ann[0].recovery_code(), shown="")
        p.expect(NEW_PASSWORD)
        p.secret("a password1")
        p.expect(NEW_PASSWORD)
        p.secret("one of four odd words")
        p.expect(NEW_PASSWORD_AGAIN)
        p.secret("one of four odd words")
        p.end()
    os.kill(pid_of("hcauthd"), signal.SIGHUP)
    for words in (("status",), ("audit",), ("account", "list"), ("metrics",), ("rekey",), ("accept-database",)):
        hcauth(*words)
    until("no conversation is left", lambda: not pids("hcauth-talk"))


@case
def what_the_daemons_do_is_in_them():
    trace_daemons()
    a_day_s_work()
    for name in reversed(DAEMONS):
        kill(pid_of(name), signal.SIGTERM)
    for name, least in (("hcauthd", 60), ("hcauth-courier", 15)):
        done = {a for a in accesses(TRACED, name, OWN)
                if a.path not in OWN[:2] and not a.path.startswith("/run/host/notify.")}
        true(len(done) > least, "%s: %d accesses are too few" % (name, len(done)))
        print("# %s: %d" % (name, len(done)))
        equal(unmatched(Profile(CONF + "/" + name), done), [], name)


@case
def who_may_look_users_up_may_look_ours_up():
    """As a confined program, and as a manager who is not root: what is opened is in the abstraction, with our file, and
    not without it."""
    start("hcauthd")
    folder = "/etc/apparmor.d/abstractions/nameservice.d"
    manager = int(run("id", "-u", ann[0].user)[1])
    done = looked_at("getent", "passwd", ann[0].user, uid=65534) | looked_at("hcauth", "who", uid=manager)
    equal({a.path for a in done}, {"/var/lib/hcauthd/directory/public.cdb"}, "the directory")
    shutil.rmtree(folder, ignore_errors=True)
    equal(len(unmatched(looks(), done)), len(done), "without it")
    shutil.copytree(CONF + "/nameservice.d", folder)
    equal(unmatched(looks(), done), [], "with it")


main()
