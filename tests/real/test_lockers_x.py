# SPDX-License-Identifier: Apache-2.0
"""Lockers under X: i3lock, which has one field for everything, and xscreensaver, which asks as often as it is
told to. They run as the person, through the socket that is everybody's."""
import os
import signal

from host import MODULE, daemon_pid, pids, stopped_daemon, until, without_daemon
from lockers import PIN, Desk, I3lock, Screen, Xscreensaver, use_pam_files
from people import Person, hcauth, practice
from tap import case, equal, main, true

TRIES = 3
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


def log_of(daemon="HCAUTH_LOG"):
    with open(os.environ[daemon]) as f:
        return f.read()


def in_a_shift():
    """A session of hers in which one has begun, and no failures."""
    global desk
    if not desk.status()["shift"]:
        desk.sign_out()
        desk.sign_in()


@case
def i3lock_takes_the_pin_within_a_shift():
    I3lock(screen).unlocks(PIN)
    equal(desk.refused("i3lock"), [], "refusals")


@case
def i3lock_takes_the_password_within_a_shift_as_well():
    I3lock(screen).unlocks(ann.password)


@case
def a_wrong_pin_at_i3lock_counts_once():
    locker = I3lock(screen)
    for _ in range(TRIES - 1):
        locker.fails("00000")
    equal(desk.status()["locked"], [], "not yet")
    equal(desk.refused("i3lock"), ["pin wrong"] * (TRIES - 1), "records")
    locker.fails("a password that is not hers")
    equal(desk.status()["locked"], [], "what cannot be a PIN does not count as one")
    locker.fails("00000")
    equal(desk.status()["locked"], ["pin"], "the last one")
    locker.unlocks(ann.password)
    hcauth("unlock", ann.email)
    I3lock(screen).unlocks(PIN)


@case
def enter_held_at_i3lock_counts_nothing_and_locks_nobody_out():
    locker = I3lock(screen)
    before = len(desk.refused("i3lock"))
    screen.keys(*["Return"] * 50)
    true(locker.unlocks(PIN) < 10, "it unlocks soon after")
    equal(len(desk.refused("i3lock")), before, "records")
    equal(desk.status()["locked"], [], "locked")


main()
