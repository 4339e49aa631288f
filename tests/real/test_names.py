# SPDX-License-Identifier: Apache-2.0
"""getent, id, newgrp, cron: names, and what goes by them without a password."""
import os
import pwd
import subprocess

from host import kill, local_user, until, without_daemon
from people import SHELL, Person, hcauth, practice, run
from tap import case, equal, main, true

practice()
subprocess.run(["groupadd", "--gid", "2500", "wards"], check=True)
ann = Person("ann", 1, groups="wards")
entry = pwd.getpwnam(ann.user)
UID = str(entry.pw_uid)


def getent(*args, before=()):
    status, out, _ = run(*before, "getent", *args)
    return status, out.strip()


@case
def a_person_has_an_entry():
    want = "%s:*:%s:%s:Ann Example:/home/%s:/bin/bash" % (ann.user, UID, UID, ann.user)
    for key in (ann.user, UID, ann.email, ann.email.upper()):
        equal(getent("passwd", key), (0, want), key)


@case
def only_root_can_ask_by_email_address():
    equal(getent("passwd", ann.email, before=["setpriv", "--reuid", "3000", "--regid", "3000", "--clear-groups"]),
          (2, ""), "a plain user asks for an e-mail address")
    true(getent("passwd", ann.user, before=["setpriv", "--reuid", "3000", "--regid", "3000", "--clear-groups"])[0] == 0,
         "a plain user asks for a system user")


@case
def ns10_nobody_is_listed():
    true(ann.user not in run("getent", "passwd")[1], "getent passwd")


@case
def unknown_names_are_nobodys():
    for key in ("nobody@example.org", "ann@example.org.", "ann@@example.org", "ann@example.org/x", "59999", "x" * 300):
        equal(getent("passwd", key), (2, ""), key)


@case
def ns10_local_files_win():
    local_user("benlocal", 3100, "x")
    status, _, err = run("hcauth", "account", "add", "HC000077", "--practice", "stj", "--user", "benlocal")
    true(status != 0 and "benlocal" in err, "a name that a local user has is refused: " + err)
    equal(getent("passwd", "root")[1].split(":")[2], "0", "root")


@case
def membership_in_a_local_group_is_merged():
    equal(sorted(run("id", "-Gn", ann.user)[1].split()), sorted([ann.user, "wards"]), "id -Gn")
    true(ann.user in getent("group", "wards")[1].split(":")[3].split(","), "getent group wards")
    equal(getent("group", UID)[1].split(":")[0], ann.user, "her own group, by gid")


@case
def newgrp_needs_no_password_of_hers():
    """In a session, which has the group already. (shadow's newgrp takes the members of a group of the machine's
    own from /etc/gshadow alone.)"""
    ann.enrol()
    with ann.login() as p:
        ann.sign_in(p)
        p.expect(SHELL)
        p.type("newgrp wards")
        p.expect(SHELL)
        p.type("id -gn")
        p.expect(r"(?m)^wards\r?$")


@case
def ns08_names_resolve_without_the_daemon():
    with without_daemon():
        equal(getent("passwd", ann.email)[0], 0, "by e-mail address")
        equal(getent("passwd", UID)[0], 0, "by uid")
        equal(getent("passwd", "nobody@example.org")[0], 2, "unknown")


@case
def a_new_person_can_be_looked_up_at_once():
    for n in range(5):
        p = Person("new%c" % (97 + n), 100 + n)
        equal(getent("passwd", p.user)[0], 0, p.user)


@case
def cron_runs_a_persons_job_and_no_disabled_persons():
    """Both jobs are due at the same minute, so that the one tells when the other had its chance."""
    bob = Person("bob", 2)
    run("install", "-d", "-m", "700", "-o", ann.user, "/home/" + ann.user)
    run("install", "-d", "-m", "700", "-o", bob.user, "/home/" + bob.user)
    hcauth("identity", "disable", bob.email)
    for p in (ann, bob):
        run("crontab", "-u", p.user, "-", given="* * * * * id -un >/tmp/cron-%s 2>&1\n" % p.user)
        true(os.path.exists("/var/spool/cron/crontabs/" + p.user), "crontab of " + p.user)
    cron = subprocess.Popen(["cron", "-f"], stdin=subprocess.DEVNULL)
    try:
        until("the job has run", lambda: os.path.exists("/tmp/cron-" + ann.user) and
              os.path.getsize("/tmp/cron-" + ann.user), 75)
        until("cron's children have ended", lambda: not children(cron.pid))
    finally:
        kill(cron.pid)
        cron.wait()
    with open("/tmp/cron-" + ann.user) as f:
        equal(f.read().strip(), ann.user, "who ran it")
    true(not os.path.exists("/tmp/cron-" + bob.user), "a disabled person's job did not run")


def children(pid):
    with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
        return f.read().split()


main()
