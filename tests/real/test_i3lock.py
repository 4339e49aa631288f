# SPDX-License-Identifier: Apache-2.0
"""i3lock, which has one field for everything: the PIN within a shift, else the password. It runs as the person,
through the socket that is everybody's, and calls no account phase."""
import os

from host import pids, stopped_daemon, until, without_daemon
from lockers import PIN, Desk, I3lock, Screen, few_tries, replace_module, use_pam_files
from people import Person, hcauth, practice
from tap import case, equal, main, true

TRIES = 3
WRONG = "a password that is not hers"

use_pam_files()
few_tries(TRIES)
practice()
ann = Person("ann", 1).enrol()
desk = Desk(ann)
desk.choose_pin()
screen = Screen(desk)


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
def the_pin_unlocks_within_a_shift():
    print("# %.2f s from the first digit to an open screen" % I3lock(screen).unlocks(PIN))
    I3lock(screen).unlocks(ann.password)    # from habit, or as the PIN is forgotten
    equal(desk.refused("i3lock"), [], "refusals")


@case
def a_wrong_answer_counts_once():
    locker = I3lock(screen)
    for _ in range(TRIES - 1):
        locker.fails("00000")
    equal(desk.refused("i3lock"), ["pin wrong"] * (TRIES - 1), "records")
    locker.fails(WRONG)
    equal(desk.status()["locked"], [], "what cannot be a PIN is not counted as one")
    locker.unlocks(PIN)


@case
def dk02_escape_and_enter_held_count_nothing():
    before = len(desk.refused("i3lock"))
    locker = I3lock(screen)
    for _ in range(2 * TRIES):
        screen.type("00000")
        screen.keys("Escape")
    screen.keys(*["Return"] * 50)
    true(locker.unlocks(PIN) < 10, "it unlocks soon after")
    equal(len(desk.refused("i3lock")), before, "records")
    equal(desk.status()["locked"], [], "locked")


@case
def dk04_an_i3lock_that_is_killed_leaves_nothing_behind():
    locker = I3lock(screen)
    with stopped_daemon():
        locker.answer(PIN)      # it waits for hcauthd now
        locker.end()
    I3lock(screen).unlocks(PIN)
    until("its conversation has ended", lambda: not pids("hcauth-talk"))
    until("every process of hers was waited for", lambda: not zombies())


@case
def without_the_daemon_it_stays_locked_and_unlocks_when_that_is_back():
    locker = I3lock(screen)
    with without_daemon():
        locker.fails(PIN)
        locker.fails(ann.password)
    locker.unlocks(PIN)


@case
def dk05_after_a_daemon_that_does_not_answer_it_works_again():
    locker = I3lock(screen)
    with stopped_daemon():
        locker.fails(PIN)
    locker.unlocks(PIN)
    until("every process of hers was waited for", lambda: not zombies())


@case
def pk05_what_was_locked_before_an_upgrade_unlocks_after_it():
    """It has the old module in memory."""
    locker = I3lock(screen)
    replace_module()
    locker.fails("00000")
    locker.unlocks(PIN)


@case
def a_locked_pin_leaves_the_password():
    locker = I3lock(screen)
    for _ in range(TRIES):
        locker.fails("00000")
    equal(desk.status()["locked"], ["pin"], "each was counted")
    locker.fails(PIN)
    locker.unlocks(ann.password)
    hcauth("unlock", ann.email)


@case
def without_a_shift_the_password_unlocks():
    desk.end_shift()
    before = len(desk.refused("i3lock"))
    locker = I3lock(screen)
    locker.fails(PIN)
    equal(desk.refused("i3lock")[before:], ["password wrong"], "records")
    locker.unlocks(ann.password)
    equal(desk.status()["shift"], None, "a locker begins none")
    desk.again()
    I3lock(screen).unlocks(PIN)


@case
def dk06_who_is_switched_off_or_has_left_unlocks_nothing():
    locker = I3lock(screen)
    hcauth("account", "disable", ann.user_id)
    locker.fails(PIN)
    locker.fails(ann.password)
    hcauth("account", "enable", ann.user_id)
    locker.unlocks(ann.password)
    locker = I3lock(screen)
    hcauth("leave", ann.user_id)
    locker.fails(ann.password)


main()
