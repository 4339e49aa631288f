# SPDX-License-Identifier: Apache-2.0
"""xscreensaver, which asks as often as it is told to, and stops at every message: the PIN within a shift, else the
service's whole rule, and never a message. It runs as the person, through the socket that is everybody's."""
from host import kill, pids, until, without_daemon
from lockers import PIN, Desk, Screen, Xscreensaver, replace_module, use_pam_files
from people import Person, hcauth, practice
from tap import case, equal, main, true

use_pam_files()
practice()
ann = Person("ann", 1).enrol()
desk = Desk(ann)
desk.choose_pin()
screen = Screen(desk)
saver = Xscreensaver(screen)
IN_A_SHIFT, WITHOUT = ["PIN: ", "Code: "], ["Password: ", "Code: "]


def code():
    """In small letters: xdotool loses the shift key at times."""
    return ann.recovery_code().lower()


@case
def the_pin_unlocks_within_a_shift():
    saver.lock()
    saver.unlocks(PIN)
    equal(saver.prompts(), ["PIN: "], "prompts")


@case
def the_password_and_a_code_unlock_within_a_shift_as_well():
    before = len(saver.prompts())
    saver.lock()
    saver.unlocks(ann.password, code())
    equal(saver.prompts()[before:], IN_A_SHIFT, "prompts")


@case
def a_wrong_answer_counts_once():
    saver.lock()
    saver.fails("00000")
    saver.fails(ann.password, ann.wrong_code())
    equal(desk.refused("xscreensaver"), ["pin wrong", "password right, totp wrong"], "records")
    saver.unlocks(PIN)


@case
def dk02_escape_at_each_prompt_and_enter_held_count_nothing():
    before = len(desk.refused("xscreensaver"))
    saver.lock()
    for _ in range(2):
        saver.wake()
        screen.keys("Escape")
        saver.rests()
        true(saver.locked(), "after Escape at the PIN")
    saver.wake()
    screen.type(ann.password)
    screen.keys("Return")
    until("it asks for a code", lambda: saver.prompts()[-1] == "Code: ")
    saver.hears()
    screen.keys("Escape")
    saver.rests()
    true(saver.locked(), "after Escape at the code")
    saver.wake()
    screen.keys(*["Return"] * 50)
    saver.rests()
    true(saver.locked(), "after Enter")
    saver.unlocks(PIN)
    equal(len(desk.refused("xscreensaver")), before, "records")
    equal(desk.status()["locked"], [], "locked")


@case
def dk04_a_dialog_that_is_killed_unlocks_nothing_and_frees_its_place():
    saver.lock()
    for _ in range(3):
        saver.wake()
        true(pids("hcauth-talk"), "a conversation")
        for pid in pids(saver.helper):
            kill(pid)
        until("its conversation has ended", lambda: not pids("hcauth-talk"))
        true(saver.locked(), "the screen")
    saver.unlocks(PIN)


@case
def without_the_daemon_it_stays_locked_and_unlocks_when_that_is_back():
    saver.lock()
    with without_daemon():
        saver.gives_up()
    saver.unlocks(PIN)


@case
def pk05_what_was_locked_before_an_upgrade_unlocks_after_it():
    saver.lock()
    replace_module()
    saver.unlocks(PIN)


@case
def without_a_shift_the_whole_rule_unlocks():
    desk.end_shift()
    before = len(saver.prompts())
    saver.lock()
    saver.unlocks(ann.password, code())
    equal(saver.prompts()[before:], WITHOUT, "prompts")
    equal(desk.status()["shift"], None, "a locker begins none")
    desk.again()
    saver.lock()
    saver.unlocks(PIN)


@case
def dk06_who_is_switched_off_or_has_left_unlocks_nothing():
    saver.lock()
    hcauth("account", "disable", ann.user_id)
    saver.fails(ann.password, code())
    hcauth("account", "enable", ann.user_id)
    saver.unlocks(ann.password, code())
    saver.lock()
    hcauth("leave", ann.user_id)
    saver.fails(ann.password)


@case
def it_was_never_sent_a_message():
    equal({kind for kind, _ in saver.shown()}, {"ECHO_OFF"}, "what it was asked to show")


main()
