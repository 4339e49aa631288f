# SPDX-License-Identifier: Apache-2.0
"""Guessing, and using a code twice, sixty-four at a time."""
import contextlib
import subprocess
import time

import wire
from drive import PATIENCE
from host import pamtester, pids, until
from people import Person, audit, hcauth, practice
from tap import case, equal, main, true

practice()
CLIENTS = 64
PLACES = 128    # of the root socket, those for the network among them; a conversation that finds none ends
FREE = 5        # failures before the throttle (DESIGN.md 8)


def all_at_once(person, answers, service="sshd", name=None):
    """Starts a pamtester for each list of answers and lets all go at once; returns how many were let in."""
    # Each reads its answers from a pipe, and gets them when all have started.
    clients = [subprocess.Popen(["pamtester", service, name or person.email, "authenticate"], stdin=subprocess.PIPE,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True) for _ in answers]
    for c, a in zip(clients, answers):
        try:
            c.stdin.write("".join(x + "\n" for x in a))
            c.stdin.close()
        except BrokenPipeError:
            pass    # refused before it asked
    return sum(c.wait(120) == 0 for c in clients)


def evaluated(person, factor):
    """How many refused answers for a factor were looked at, and how many records there are of some that were not
    because of the wait (the audit sums those up)."""
    details = [r["detail"] for r in audit(person) if r["event"] == "refused"]
    looked = sum("%s right" % factor in d or "%s wrong" % factor in d for d in details)
    waiting = sum("waiting" in d for d in details)
    return looked, waiting


def at_most_the_limit(person, factor):
    looked, waiting = evaluated(person, factor)
    true(1 <= looked <= FREE and waiting >= 1, "%d looked at, %d not because of the wait" % (looked, waiting))


@case
def parallel_guesses_at_a_code_get_no_more_than_the_limit():
    ann = Person("ann", 1).enrol()
    wrong, right = ann.wrong_code(), ann.code()     # both before the wait: the next code may come when it is over
    equal(all_at_once(ann, [[ann.password, wrong]] * CLIENTS), 0, "let in")
    at_most_the_limit(ann, "password")
    at_most_the_limit(ann, "totp")
    true(pamtester("sshd", ann.email, answers=[ann.password, right])[0] != 0, "the right answers are refused while the wait is on")
    at_most_the_limit(ann, "password")


@case
def parallel_guesses_at_a_password_get_no_more_than_the_limit():
    bob = Person("bob", 2).enrol()
    equal(all_at_once(bob, [["a wrong password %d" % n, "000000"] for n in range(CLIENTS)]), 0, "let in")
    at_most_the_limit(bob, "password")


@case
def parallel_guesses_at_recovery_codes_get_no_more_than_the_limit():
    eve = Person("eve", 3).enrol()
    equal(all_at_once(eve, [[eve.password, "%02d-0000-0000-0000-0000" % (n % 12 + 1)] for n in range(CLIENTS)]), 0, "let in")
    at_most_the_limit(eve, "recovery")
    hcauth("unlock", eve.email)
    equal(pamtester("sshd", eve.email, answers=[eve.password, eve.recovery_code(), ""])[0], 0, "a right one")


@case
def lr04_one_counter_for_all_names_and_services():
    fay = Person("fay", 4).enrol()
    wrong, right = fay.wrong_code(), fay.code()
    for n in range(FREE):
        pamtester(["sshd", "sudo"][n % 2], [fay.email, fay.user, fay.email.upper()][n % 3], answers=[fay.password, wrong])
    equal(evaluated(fay, "totp"), (FREE, 0), "looked at, and not")
    for service, name in (("sshd", fay.email), ("sudo", fay.user)):
        true(pamtester(service, name, answers=[fay.password, right])[0] != 0, "%s for %s in the wait" % (service, name))
    looked, waiting = evaluated(fay, "totp")
    equal(looked, FREE, "looked at after these")
    true(waiting >= 1, "that they were not is in the audit")


@case
def lr08_guesses_over_the_network_leave_the_console_open():
    gil = Person("gil", 5).enrol()
    right = gil.code()
    all_at_once(gil, [[gil.password, gil.wrong_code()]] * 8)
    true(pamtester("sshd", gil.email, answers=[gil.password, right])[0] != 0, "the network is in the wait")
    with gil.login() as p:
        gil.sign_in(p)
        p.expect(r"[$] $")


@case
def the_wait_ends():
    hal = Person("hal", 6).enrol()
    right = hal.code()
    for _ in range(FREE):
        begin = time.monotonic()
        pamtester("sshd", hal.email, answers=[hal.password, hal.wrong_code()])
    true(pamtester("sshd", hal.email, answers=[hal.password, right])[0] != 0, "at once")
    until("a sign-in after the wait", lambda: pamtester("sshd", hal.email, answers=[hal.password, hal.code()])[0] == 0,
          4 * PATIENCE)     # a try takes a code, and there are two a minute
    true(time.monotonic() - begin > 15, "the wait is 15 seconds from the last wrong one on")


@case
def one_code_lets_in_one_of_sixty_four():
    for n in range(4):
        ida = Person("id%c" % (97 + n), 10 + n).enrol()
        code = ida.code()
        equal(all_at_once(ida, [[ida.password, code]] * CLIENTS), 1, "let in with one TOTP")


@case
def one_recovery_code_lets_in_one_of_sixty_four():
    for n in range(4):
        jon = Person("jo%c" % (97 + n), 20 + n).enrol()
        code = jon.recovery_code()
        equal(all_at_once(jon, [[jon.password, code, ""]] * CLIENTS), 1, "let in with one recovery code")


@case
def sixteen_people_sign_in_at_once():
    """None is refused for others' sake: a right code of each lets each in."""
    people = [Person("p%c%c" % (97 + n // 8, 97 + n % 8), 100 + n).enrol() for n in range(16)]
    clients = [subprocess.Popen(["pamtester", "sshd", p.email, "authenticate"], stdin=subprocess.PIPE, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT) for p in people]
    for c, p in zip(clients, people):
        c.stdin.write("%s\n%s\n" % (p.password, p.code()))
        c.stdin.close()
    equal([c.wait(120) for c in clients], [0] * len(people), "status of each")


@case
def dl04_five_hundred_unknown_names_at_once_keep_nobody_out():
    """Each with a password and a code, from the network; the places for it are fewer, so some are turned away."""
    mia = Person("mia", 90).enrol()
    clients = [subprocess.Popen(["pamtester", "-I", "rhost=192.0.2.7", "sshd", "nobody%d@example.org" % n, "authenticate"],
                                stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)
               for n in range(500)]
    for c in clients:
        with contextlib.suppress(BrokenPipeError):      # turned away before it asked
            c.stdin.write("a wrong password\n123456\n")
            c.stdin.flush()
        with contextlib.suppress(BrokenPipeError):
            c.stdin.close()
    true(len(pids("hcauth-talk")) <= PLACES, "conversations")
    equal(wire.sign_in(mia, mia.password, mia.code(), service="login", rhost=""), "granted", "Mia, meanwhile")
    true(0 not in [c.wait(300) for c in clients], "nobody is let in")
    until("no conversation is left", lambda: not pids("hcauth-talk"))
    equal(wire.sign_in(mia, mia.password, mia.code()), "granted", "Mia, from the network, after it")


main()
