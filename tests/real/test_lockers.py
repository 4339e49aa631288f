# SPDX-License-Identifier: Apache-2.0
"""Lockers without X: vlock at a terminal, swaylock under sway; a program that only says it is a locker; and what
the PAM files of conf/pam.d do for people who are not hcauth's."""
import pwd

from drive import Program
from host import (daemon_down, daemon_up, kill, local_password, local_user, pamtester, pids, stopped_daemon, until,
                  without_daemon)
from lockers import PIN, Desk, Sway, Swaylock, Vlock, hears, use_pam_files
from people import SHELL, Person, hcauth, practice
from tap import case, equal, main, true

WRONG = "a password that is not hers"

use_pam_files()
practice()
ann = Person("ann", 1).enrol()
bob = Person("bob", 2).enrol()
desk = Desk(ann)
desk.choose_pin()
sway = Sway(desk)
local_user("plain", 3000, "a word of plain's")
local_password("root", "a word of root's")


def records():
    return len(desk.refused("vlock")), len(desk.refused("swaylock"))


# --- vlock ---

@case
def vlock_takes_the_pin_within_a_shift():
    with Vlock(desk) as v:
        v.unlocks(PIN)
        true("PIN: " in v.program.screen and "Password" not in v.program.screen, v.program.screen)


@case
def vlock_takes_the_password_and_a_code_within_a_shift_as_well():
    with Vlock(desk) as v:
        v.unlocks(ann.password, ann.recovery_code())


@case
def a_wrong_answer_at_vlock_counts_once():
    with Vlock(desk) as v:
        v.fails("00000")
        v.fails(WRONG)
        v.fails(ann.password, ann.wrong_code())
        equal(desk.refused("vlock"), ["pin wrong", "password wrong", "password right, totp wrong"], "records")
        v.unlocks(PIN)


@case
def enter_held_at_vlock_and_cancelling_count_nothing():
    before = records()
    with Vlock(desk) as v:
        conversations = 0
        while conversations < 2:
            conversations += v.prompt(r"PIN: $", r"root's Password: $")
            v.program.type("", end="\r\r\r")   # one is its answer; those after it are thrown away
        v.prompt(r"PIN: $")
        v.program.type("\x04", end="")      # Ctrl-D
        true(v.locked(), "still locked")
        v.unlocks(PIN)
        true(v.program.screen.count("PIN: ") > 6, "it asked, and got nothing: " + v.program.screen)
    equal(records(), before, "records")
    equal(desk.status()["locked"], [], "locked")


@case
def dk04_a_vlock_that_is_killed_frees_its_place():
    with Vlock(desk) as v:
        v.prompt(r"PIN: $")
        true(pids("hcauth-talk"), "a conversation")
        for pid in v.processes():
            kill(pid)
        until("its conversation has ended", lambda: not pids("hcauth-talk"))
    with Vlock(desk) as v:
        v.unlocks(PIN)


@case
def without_the_daemon_vlock_stays_locked():
    with Vlock(desk) as v:
        with without_daemon():
            v.prompt(r"root's Password: $")
            v.program.type("")
            v.prompt(r"\[ENTER\] to unlock")
            true(v.locked(), "vlock")
        v.program.type("")
        v.unlocks(PIN)


@case
def vlock_opens_by_roots_password_as_it_always_did():
    with Vlock(desk) as v:
        v.answer("00000")
        v.prompt(r"root's Password: $")
        v.program.secret("a word of root's")
        equal(v.program.end(), 0, "status")


# --- swaylock ---

@case
def swaylock_takes_the_pin_within_a_shift():
    for right in (PIN, ann.password):
        with Swaylock(sway) as s:
            s.unlocks(right)


@case
def a_wrong_answer_at_swaylock_counts_once():
    before = len(desk.refused("swaylock"))
    with Swaylock(sway) as s:
        s.fails("00000")
        s.fails(WRONG)
        equal(desk.refused("swaylock")[before:], ["pin wrong", "password wrong"], "records")
        s.unlocks(PIN)


@case
def enter_held_at_swaylock_and_escape_count_nothing():
    before = records()
    with Swaylock(sway) as s:
        desk.run("wtype", "-s", "200", *["-k", "Return"] * 50, "-d", "5", "00000", "-k", "Escape")
        s.unlocks(PIN)
    equal(records(), before, "records")
    equal(desk.status()["locked"], [], "locked")


@case
def without_the_daemon_swaylock_stays_locked():
    with Swaylock(sway) as s:
        with without_daemon():
            s.fails(PIN)
        s.unlocks(PIN)


@case
def dk04_a_swaylock_that_is_killed_frees_its_place():
    with Swaylock(sway) as s, stopped_daemon():
        s.answer(PIN)       # it waits for hcauthd now
        s.end()
    with Swaylock(sway) as s:
        s.unlocks(PIN)
    until("its conversation has ended", lambda: not pids("hcauth-talk"))


# --- a program that says it is a locker ---

def pretends(person, service, *answers, name=None):
    """pamtester as a person's own program; whether it was let in."""
    uid = str(pwd.getpwnam(person.user).pw_uid)
    return pamtester(service, name or person.user, answers=answers, before=(
        "setpriv", "--reuid", uid, "--regid", uid, "--init-groups"))[0] == 0


@case
def dk09_who_says_that_it_is_a_locker_has_a_lockers_limits():
    true(pretends(ann, "i3lock", PIN), "her own, at her desk")
    before = len(desk.refused("i3lock"))
    for n in range(12):
        true(not pretends(ann, "i3lock", "%05d" % n), "guess %d" % n)
    why = desk.refused("i3lock")[before:]
    equal(why, ["pin wrong"] * 10 + ["password wrong"] * 2, "guesses")
    equal(desk.status()["locked"], ["pin"], "locked")
    true(not pretends(ann, "i3lock", PIN), "the right one, too late")
    hcauth("unlock", ann.email)
    desk.again()
    true(pretends(ann, "i3lock", PIN), "and in a new shift")


@case
def dk09_it_speaks_of_itself_alone():
    before = len(desk.refused("i3lock"))
    true(not pretends(bob, "i3lock", PIN, name=ann.user), "ann's, by bob's program")
    true(not pretends(bob, "i3lock", ann.password, name=ann.user), "ann's password")
    uid = "3000"
    true(pamtester("i3lock", ann.user, answers=[PIN], before=("setpriv", "--reuid", uid, "--regid", uid,
                                                              "--clear-groups"))[0] != 0, "by a local user's")
    equal(len(desk.refused("i3lock")), before, "nothing counts against ann")


@case
def dk09_there_is_no_shift_where_there_is_no_session():
    true(pretends(ann, "i3lock", PIN), "while she is signed in here")
    desk.sign_out()
    true(not pretends(ann, "i3lock", PIN), "what she left running")
    desk.sign_in()
    with ann.ssh() as p:    # somebody may be there instead of here
        ann.sign_in(p)
        p.expect(SHELL)
        true(not pretends(ann, "i3lock", PIN), "while she is signed in from afar as well")
    until("ssh's session has ended", lambda: pretends(ann, "i3lock", PIN))


# --- the PAM files ---

@case
def with_and_without_the_account_phase():
    """i3lock and swaylock call none, xscreensaver and vlock do."""
    for service in ("xscreensaver", "vlock"):
        uid = str(desk.uid)
        status, said = pamtester(service, ann.user, "authenticate", "acct_mgmt", answers=[PIN],
                                 before=("setpriv", "--reuid", uid, "--regid", uid, "--init-groups"))
        equal(status, 0, "%s: %s" % (service, said))


@case
def local_people_and_root_unlock_by_pam_unix():
    plain = ("setpriv", "--reuid", "3000", "--regid", "3000", "--init-groups")
    for service, phases in (("i3lock", ["authenticate"]), ("swaylock", ["authenticate"]),
                            ("xscreensaver", ["authenticate", "acct_mgmt"]), ("vlock", ["authenticate", "acct_mgmt"])):
        true(pamtester(service, "plain", answers=["wrong"], before=plain)[0] != 0, "a wrong one at " + service)
        for down in (False, True):
            if down:
                daemon_down()
            try:
                for name, password, before in (("plain", "a word of plain's", plain), ("root", "a word of root's", ())):
                    status, said = pamtester(service, name, *phases, answers=[password], before=before)
                    equal(status, 0, "%s at %s, hcauthd %s: %s" % (name, service, "down" if down else "up", said))
            finally:
                if down:
                    daemon_up()
    with Program(["vlock", "--current"], uid=3000, env={"USER": "plain", "TERM": "linux"}) as p:
        p.expect(r"\[ENTER\] to unlock")
        hears(p)
        p.type("")
        p.expect(r"plain's Password: $")
        hears(p)
        p.secret("a word of plain's")
        equal(p.end(), 0, "vlock of a local user")


# --- at the end: she leaves ---

@case
def without_a_shift_vlock_takes_the_whole_rule_and_swaylock_the_password():
    desk.end_shift()
    with Vlock(desk) as v:
        v.unlocks(ann.password, ann.recovery_code())
        true("Password: " in v.program.screen and "Code: " in v.program.screen and "PIN" not in v.program.screen,
             v.program.screen)
    with Swaylock(sway) as s:
        before = len(desk.refused("swaylock"))
        hcauth("lock", ann.email)       # vlock is root's own program: a full sign-in there begins a shift
        s.fails(PIN)
        equal(desk.refused("swaylock")[before:], ["password wrong"], "records")
        s.unlocks(ann.password)
    desk.again()


@case
def dk06_who_is_switched_off_or_has_left_unlocks_nothing():
    """swaylock never calls the account phase."""
    with Swaylock(sway) as s, Vlock(desk) as v:
        hcauth("account", "disable", ann.user_id)
        s.fails(PIN)
        s.fails(ann.password)
        v.fails(ann.password, ann.recovery_code())
        hcauth("account", "enable", ann.user_id)
        s.unlocks(ann.password)
        hcauth("leave", ann.user_id)
        v.prompt(r"root's Password: $")
        true(v.locked(), "vlock")
    with Swaylock(sway) as s:
        s.fails(ann.password)


main()
