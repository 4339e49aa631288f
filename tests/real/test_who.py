# SPDX-License-Identifier: Apache-2.0
"""hcauth who: two people at login(1), one over ssh, one who has become another account of hers by su; and a
program that is killed."""
import contextlib
import json
import os
import pwd
import re

from drive import Program
from host import pids, until
from people import SHELL, Person, hcauth, practice, run
from tap import case, equal, main, true

practice()
practice("hill", "Hill Clinic")
ann = Person("ann", 1).enrol()
ben = Person("ben", 2).enrol()
dan = Person("dan", 4).enrol()
cat = Person("cat", 3, practice="hill").enrol()
hcauth("account", "add", "HILL1", "--practice", "hill", "--identity", ann.email, "--user", "ann-hill")


def who(uid=None):
    """What hcauth who tells root, or a person: (name, practice, terminal, host, factors), sorted."""
    argv = ["hcauth", "who", "--json"]
    if uid is not None:
        argv = ["setpriv", "--reuid", str(uid), "--regid", str(uid), "--clear-groups", *argv]
    status, out, err = run(*argv)
    equal(status, 0, "hcauth who (%s)" % err)
    return sorted(((r["person"], r["practice"], r["terminal"], r["host"], r["factors"]) for r in json.loads(out)), key=str)


def uid_of(user):
    return pwd.getpwnam(user).pw_uid


@contextlib.contextmanager
def at_login(person):
    with person.login() as p:
        person.sign_in(p)
        p.expect(SHELL)
        p.type("tty")
        p.expect(r"/dev/(\S+)\r")
        p.tty = p.match.group(1)
        p.expect(SHELL)
        yield p


@case
def who_sits_where_is_told_to_those_who_work_there():
    with at_login(ann) as a, at_login(ben) as b, cat.ssh() as c:
        cat.sign_in(c)
        c.expect(SHELL)
        in_ann = (ann.name, "stj", a.tty, None, ["password", "totp"])
        in_ben = (ben.name, "stj", b.tty, None, ["password", "totp"])
        in_cat = (cat.name, "hill", "ssh", "127.0.0.1", ["password", "totp"])
        equal(who(), sorted([in_ann, in_ben, in_cat], key=str), "root sees")
        equal(who(uid_of(ben.user)), sorted([in_ann, in_ben], key=str), "a colleague sees")
        equal(who(uid_of(cat.user)), [in_cat], "somebody of another practice sees")
        status, out, _ = run("hcauth", "who")
        true(status == 0 and "password, app" in out and "Hill Clinic" in out, out)
        true("1970" not in out and re.search(r"\b\d\d:\d\d\b", out), out)
        for p in (a, b, c):
            p.type("exit")
            p.end()
    until("nobody is signed in", lambda: who() == [])


@case
def an_account_that_su_leads_to_is_its_own_practices():
    with at_login(ann) as a:
        a.type("su -l ann-hill")
        ann.sign_in(a, code=ann.recovery_code())
        a.expect(SHELL)
        first = (ann.name, "stj", a.tty, None, ["password", "totp"])
        second = (ann.name, "hill", a.tty, None, ["password", "recovery"])
        equal(who(), sorted([first, second], key=str), "root sees")
        equal(who(uid_of(ben.user)), [first], "at her first practice")
        equal(who(uid_of(cat.user)), [second], "at her second")
        a.type("exit")
        until("her second session ends", lambda: who() == [first])
        a.type("exit")
        a.end()
    until("nobody is signed in", lambda: who() == [])


@case
def a_program_that_was_killed_has_nobody_in():
    with at_login(dan) as a, at_login(ben) as b:
        equal(len(who()), 2, "people")
        true(a.pid in pids("login"), "the session is login's own")
        os.kill(a.pid, 9)
        until("dan is gone", lambda: a.ended())
        until("nobody but ben", lambda: [r[0] for r in who()] == [ben.name])
        b.type("exit")
        b.end()


@case
def roots_su_is_nobody_who_is_signed_in():
    with Program(["su", "-l", ann.user]) as p:
        p.expect(SHELL)
        equal(who(), [], "people")
        p.type("exit")
        p.end()


main()
