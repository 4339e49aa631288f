# SPDX-License-Identifier: Apache-2.0
"""Lockers under X: i3lock, which has one field for everything, and xscreensaver, which asks as often as it is
told to. They run as the person, through the socket that is everybody's."""
import os
import shutil
import signal

from host import MODULE, daemon_down, daemon_pid, daemon_up, kill, pids, stopped_daemon, until, without_daemon
from lockers import PIN, Desk, I3lock, Screen, Xscreensaver, use_pam_files
from people import Person, hcauth, practice
from tap import case, equal, main, true

TRIES = 3
WRONG = "a password that is not hers"

use_pam_files()
with open("/etc/hcauth/hcauthd.conf") as f:
    settings = f.read()
with open("/etc/hcauth/hcauthd.conf", "w") as f:
    f.write(settings.replace("\ntries = 10\n", "\ntries = %d\n" % TRIES))
os.kill(daemon_pid(), signal.SIGHUP)
practice()
ann = Person("ann", 1).enrol()
desk = Desk(ann)
desk.choose_pin()
screen = Screen(desk)
saver = Xscreensaver(screen)


def zombies():
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/status" % pid) as f:
                status = dict(line.split(":", 1) for line in f if ":" in line)
        except OSError:
            continue
        if "Z" in status["State"] and str(desk.uid) in status["Uid"].split():
            found.append(status["Name"].strip())
    return found


@case
def i3lock_takes_the_pin_within_a_shift():
    print("# %.2f s from Return to an open screen" % I3lock(screen).unlocks(PIN))
    I3lock(screen).unlocks(ann.password)    # from habit, or as the PIN is forgotten
    equal(desk.refused("i3lock"), [], "refusals")


@case
def xscreensaver_takes_the_pin_within_a_shift():
    saver.lock()
    saver.unlocks(PIN)
    equal(saver.shown(), [("ECHO_OFF", "PIN: ")], "all that it was asked to show")


@case
def xscreensaver_takes_the_password_and_a_code_within_a_shift_as_well():
    before = len(saver.shown())
    saver.lock()
    saver.unlocks(ann.password, ann.recovery_code().lower())
    equal(saver.shown()[before:], [("ECHO_OFF", "PIN: "), ("ECHO_OFF", "Code: ")], "what it was asked to show")


@case
def a_wrong_answer_counts_once():
    locker = I3lock(screen)
    for _ in range(TRIES - 1):
        locker.fails("00000")
    equal(desk.refused("i3lock"), ["pin wrong"] * (TRIES - 1), "records")
    locker.fails(WRONG)
    equal(desk.status()["locked"], [], "what cannot be a PIN is not counted as one")
    locker.unlocks(PIN)
    saver.lock()
    saver.fails("00000")
    equal(desk.refused("xscreensaver"), ["pin wrong"], "records")
    locker = I3lock(screen) if not saver.locked() else None
    true(locker is None, "xscreensaver is locked")
    equal(desk.status()["locked"], [], "one of %d" % TRIES)
    saver.unlocks(PIN)
    equal(len(desk.refused("xscreensaver")), 1, "records")


@case
def dk02_what_was_not_answered_counts_nothing():
    """Escape at each prompt of both."""
    before = len(desk.refused("i3lock")), len(desk.refused("xscreensaver"))
    locker = I3lock(screen)
    for _ in range(2 * TRIES):
        screen.type("00000")
        screen.keys("Escape")
    locker.unlocks(PIN)
    saver.lock()
    for _ in range(2):
        saver.wake()
        screen.keys("Escape")
        saver.rests()
        true(saver.locked(), "xscreensaver after Escape at the PIN")
    saver.answer(ann.password)
    until("it asks for a code", lambda: saver.prompts()[-1] == "Code: ")
    saver.hears()
    screen.keys("Escape")
    saver.rests()
    true(saver.locked(), "xscreensaver after Escape at the code")
    saver.unlocks(PIN)
    equal((len(desk.refused("i3lock")), len(desk.refused("xscreensaver"))), before, "records")
    equal(desk.status()["locked"], [], "locked")
    equal({kind for kind, _ in saver.shown()}, {"ECHO_OFF"}, "what xscreensaver was asked to show: no message")


@case
def enter_held_locks_nobody_out():
    before = len(desk.refused("i3lock")), len(desk.refused("xscreensaver"))
    locker = I3lock(screen)
    screen.keys(*["Return"] * 50)
    true(locker.unlocks(PIN) < 10, "it unlocks soon after")
    saver.lock()
    saver.wake()
    screen.keys(*["Return"] * 50)
    saver.rests()
    true(saver.locked(), "xscreensaver")
    saver.unlocks(PIN)
    equal((len(desk.refused("i3lock")), len(desk.refused("xscreensaver"))), before, "records")
    equal({kind for kind, _ in saver.shown()}, {"ECHO_OFF"}, "what xscreensaver was asked to show: no message")


@case
def dk04_a_dialog_that_is_killed_unlocks_nothing_and_frees_its_place():
    saver.lock()
    for _ in range(12):     # more than one user has places (hcauthd(8))
        saver.wake()
        true(pids("hcauth-talk"), "a conversation")
        for pid in pids(saver.helper):
            kill(pid)
        until("its conversation has ended", lambda: not pids("hcauth-talk"))
        true(saver.locked(), "the screen")
    saver.unlocks(PIN)


@case
def without_the_daemon_both_stay_locked_and_unlock_when_it_is_back():
    saver.lock()
    with without_daemon():
        before = saver.failures() + saver.log().count("Authentication service cannot retrieve")
        saver.rests()
        until("xscreensaver fails", lambda: screen.keys("Shift_L") or
              saver.failures() + saver.log().count("Authentication service cannot retrieve") > before, 20)
        saver.rests()
        true(saver.locked(), "xscreensaver")
    saver.unlocks(PIN)
    locker = I3lock(screen)
    with without_daemon():
        locker.fails(PIN)
        locker.fails(ann.password)
    locker.unlocks(PIN)


@case
def dk05_after_a_daemon_that_does_not_answer_the_locker_works_again():
    locker = I3lock(screen)
    with stopped_daemon():
        locker.fails(PIN)
    locker.unlocks(PIN)
    equal(zombies(), [], "processes of hers that nobody waited for")


@case
def pk05_what_was_locked_before_an_upgrade_unlocks_after_it():
    """i3lock has the old file in memory, xscreensaver starts anew for each dialog."""
    saver.lock()
    daemon_down()
    shutil.copy2(MODULE, MODULE + ".new")
    os.rename(MODULE + ".new", MODULE)
    daemon_up()
    saver.unlocks(PIN)
    locker = I3lock(screen)
    daemon_down()
    shutil.copy2(MODULE, MODULE + ".new")
    os.rename(MODULE + ".new", MODULE)
    daemon_up()
    locker.fails("00000")
    locker.unlocks(PIN)


@case
def a_locked_pin_leaves_the_password():
    locker = I3lock(screen)
    for _ in range(TRIES):
        locker.fails("00000")
    equal(desk.status()["locked"], ["pin"], "locked")
    locker.fails(PIN)
    locker.unlocks(ann.password)
    saver.lock()
    shown = len(saver.shown())
    saver.unlocks(ann.password, ann.recovery_code().lower())
    equal(saver.shown()[shown:], [("ECHO_OFF", "Password: "), ("ECHO_OFF", "Code: ")], "what it was asked to show")
    hcauth("unlock", ann.email)


@case
def without_a_shift_the_password_unlocks():
    desk.end_shift()
    before = len(desk.refused("i3lock"))
    locker = I3lock(screen)
    locker.fails(PIN)
    equal(desk.refused("i3lock")[before:], ["password wrong"], "records")
    locker.unlocks(ann.password)
    saver.lock()
    shown = len(saver.shown())
    saver.unlocks(ann.password, ann.recovery_code().lower())
    equal(saver.shown()[shown:], [("ECHO_OFF", "Password: "), ("ECHO_OFF", "Code: ")], "what it was asked to show")
    I3lock(screen).unlocks(ann.password)    # a locker begins no shift
    desk.again()
    I3lock(screen).unlocks(PIN)


@case
def dk06_who_is_switched_off_or_has_left_unlocks_nothing():
    """i3lock never calls the account phase."""
    locker = I3lock(screen)
    hcauth("account", "disable", ann.user_id)
    locker.fails(PIN)
    locker.fails(ann.password)
    hcauth("account", "enable", ann.user_id)
    locker.unlocks(ann.password)
    saver.lock()
    hcauth("leave", ann.user_id)
    saver.wake()
    saver.rests() if not saver.prompts() else None
    saver.fails(ann.password, ann.code())
    locker = I3lock(screen) if not saver.locked() else None
    true(locker is None, "xscreensaver is locked")


if os.environ.get("LK"):
    import atexit; atexit.register(lambda: print(open(os.environ["HCAUTH_LOG"]).read()[-3000:]))
main()
