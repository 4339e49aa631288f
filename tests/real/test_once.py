# SPDX-License-Identifier: Apache-2.0
"""Many at once: 64 clients never get more guesses than one would, and no code lets two of them in."""
import subprocess
import threading

import wire
from people import Person, hcauth, practice
from tap import case, equal, main, true

MANY = 64
FREE = 5        # guesses before the first wait (lockout.h)

practice()


def at_once(do):
    """Runs do(0) to do(63), all let go together; returns what they returned."""
    gate = threading.Barrier(MANY)
    results = [None] * MANY

    def one(i):
        gate.wait()
        results[i] = do(i)

    threads = [threading.Thread(target=one, args=(i,)) for i in range(MANY)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(120)
    true(None not in results, "all have an end: %s" % results)
    return results


def guess(person, i):
    """A wrong password at the workstation; whether it was looked at."""
    with wire.Talk(wire.AUTH, "login", person.email) as t:
        t.expect("Password: $")
        t.answer("guess number %d" % i)
        equal(t.end(), "refused", "a guess")
        return "Too many tries" not in t.screen


@case
def of_64_passwords_at_the_workstation_5_are_looked_at():
    ann = wire.enrol(Person("ann", 1))
    equal(sum(at_once(lambda i: guess(ann, i))), FREE, "guesses looked at")
    true(not guess(ann, 99), "and no further one")
    code = ann.code()
    equal(wire.sign_in(ann, ann.password, service="login", rhost=""), "refused", "nor the right one")
    equal(wire.sign_in(ann, ann.password, code), "granted", "over the network she is not kept out")
    hcauth("unlock", ann.email)
    equal(wire.sign_in(ann, ann.password, ann.code(), service="login", rhost=""), "granted", "unlocked")


@case
def after_64_passwords_over_the_network_the_right_one_has_to_wait():
    bob = wire.enrol(Person("bob", 2))
    results = at_once(lambda i: wire.sign_in(bob, "guess number %d" % i, bob.wrong_code()))
    equal(results, ["refused"] * MANY, "guesses")
    code = bob.code()
    equal(wire.sign_in(bob, bob.password, code), "refused", "the right one")
    hcauth("unlock", bob.email)
    equal(wire.sign_in(bob, bob.password, code), "granted", "unlocked")


def guess_code(person, i):
    """The right password and a guessed code; whether both were looked at."""
    with wire.Talk(wire.AUTH, "login", person.email) as t:
        t.expect("Password: $")
        t.answer(person.password)
        if t.expect("Code: $", "Too many tries", timeout=100) == 1:
            return False
        t.answer("%06d" % i)
        equal(t.end(), "refused", "a guess")
        return "Too many tries" not in t.screen


@case
def of_64_codes_behind_the_right_password_5_are_looked_at():
    eve = wire.enrol(Person("eve", 3))
    equal(sum(at_once(lambda i: guess_code(eve, i))), FREE, "codes looked at")
    code = eve.code()
    equal(wire.sign_in(eve, eve.password, code, service="login", rhost=""), "refused", "the right one")
    hcauth("unlock", eve.email)
    equal(wire.sign_in(eve, eve.password, code, service="login", rhost=""), "granted", "unlocked")


@case
def one_code_of_the_app_lets_in_once():
    hal = wire.enrol(Person("hal", 4))
    code = hal.code()
    results = at_once(lambda i: wire.sign_in(hal, hal.password, code))
    equal(sorted(results), ["granted"] + ["refused"] * (MANY - 1), "sign-ins")


@case
def one_recovery_code_lets_in_once():
    ida = wire.enrol(Person("ida", 5))
    code = ida.recovery_code()
    results = at_once(lambda i: wire.sign_in(ida, ida.password, code))
    equal(sorted(results), ["granted"] + ["refused"] * (MANY - 1), "sign-ins")


@case
def one_code_lets_in_once_through_pam():
    jon = wire.enrol(Person("jon", 6))
    code = jon.code()

    def one(_):
        return subprocess.run(["pamtester", "sshd", jon.email, "authenticate"], input="%s\n%s\n" % (jon.password, code),
                              text=True, capture_output=True, timeout=100).returncode

    equal(sorted(at_once(one))[:2], [0, 1], "the two best")


main()
