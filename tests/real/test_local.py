# SPDX-License-Identifier: Apache-2.0
"""A way in: root and a local administrator sign in through pam_unix whatever has become of hcauth, in the
stacks that pam-auth-update makes; hcauth's people are then refused at once, and their names still resolve."""
import contextlib
import time

from drive import Program
from host import DIRECTORY, MODULE, local_password, local_user, moved_away, stopped_daemon, without_daemon
from people import PASSWORD, SHELL, Person, practice, run
from tap import case, equal, main, true

practice()
ann = Person("ann", 1).enrol()
local_password("root", "a word of root's")
local_user("boss", 1000, "a word of the boss")
local_user("plain", 3000, "a word of nobody's")
LOCAL = {"root": (0, "a word of root's"), "boss": (1000, "a word of the boss")}
DEADLINE = 60       # login's own; sshd's is twice that


def login(name, password):
    """Signs in at login with one password; returns whether that was enough, and the seconds it took."""
    with Program(["login"]) as p:
        p.expect(r"login: $")
        p.type(name)
        p.expect(PASSWORD)
        p.secret(password)
        begin = time.monotonic()
        if p.expect(SHELL, "Login incorrect", "Login timed out", timeout=DEADLINE + 10) != 0:
            return False, time.monotonic() - begin
        p.type("id -u")
        p.expect(r"(?m)^%d\r?$" % LOCAL[name][0])
        p.expect(SHELL)
        p.type("exit")
        p.end()
        return True, time.monotonic() - begin


def su(name, password):
    """Becomes somebody by su, from a plain user."""
    with Program(["su", name, "-c", "id -u"], uid=3000) as p:
        if p.expect(PASSWORD, "su: ") != 0:
            return False
        p.secret(password)
        return p.expect(r"(?m)^%d\r?$" % LOCAL[name][0], "su: ", timeout=DEADLINE + 10) == 0


def local_people_get_in():
    for name, (_, password) in LOCAL.items():
        true(login(name, password)[0], "%s at login" % name)
        true(su(name, password), "%s by su" % name)
        true(not login(name, password + "x")[0], "%s with a wrong password at login" % name)
        true(not su(name, password + "x"), "%s with a wrong password by su" % name)


def pam_says(name, seconds):
    begin = time.monotonic()
    status, out, err = run("pamtester", "sshd", name, "authenticate", given=ann.password + "\n000000\n")
    took = time.monotonic() - begin
    true(status != 0, "%s is refused" % name)
    true(took < seconds, "%s: %.2f seconds: %s" % (name, took, out + err))


def names_resolve():
    for name in (ann.email, ann.user):
        equal(run("getent", "passwd", name)[1].split(":")[0], ann.user, name)


@contextlib.contextmanager
def all_is_well():
    yield


def state(how, seconds, resolve=True):
    with how:
        local_people_get_in()
        for name in (ann.email, ann.user):
            pam_says(name, seconds)
        if resolve:
            names_resolve()


@case
def with_everything_up():
    with all_is_well():
        local_people_get_in()


@case
def with_the_daemon_down():
    state(without_daemon(), 8)


@case
def dl02_with_the_daemon_stopped():
    state(stopped_daemon(), DEADLINE)


@case
def with_the_module_missing():
    state(moved_away(MODULE), 20)    # pam_unix asks, and refuses with its delay


@case
def fo05_with_the_directory_missing():
    state(moved_away(DIRECTORY), 20, resolve=False)


@case
def with_module_and_directory_missing_and_the_daemon_down():
    with contextlib.ExitStack() as stack:
        stack.enter_context(without_daemon())
        stack.enter_context(moved_away(MODULE))
        state(moved_away(DIRECTORY), 20, resolve=False)


@case
def a_managed_person_has_no_way_round_by_pam_unix():
    """With the module missing, pam_unix alone decides: she has no hash there, and no empty password."""
    with moved_away(MODULE):
        for password in ("", ann.password, "*", "!"):
            status, _, _ = run("pamtester", "sshd", ann.user, "authenticate", given=password + "\n")
            true(status != 0, "refused with %r" % password)


@case
def and_when_all_is_back_ann_gets_in():
    with ann.ssh("true") as p:
        ann.sign_in(p)
        equal(p.end(), 0, "status")


main()
