# SPDX-License-Identifier: Apache-2.0
"""Guessing at the workstation, sixty-four at a time, where whoever has to wait is told so: no more guesses
are looked at than one client would have."""
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
    equal(wire.sign_in(ann, ann.password, service="login", rhost=""), "refused", "nor the right one")
    equal(wire.sign_in(ann, ann.password, ann.code()), "granted", "over the network she is not kept out")
    hcauth("unlock", ann.email)
    equal(wire.sign_in(ann, ann.password, ann.code(), service="login", rhost=""), "granted", "unlocked")


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
    code = eve.code()   # first: the wait may be over when the next one comes
    equal(sum(at_once(lambda i: guess_code(eve, i))), FREE, "codes looked at")
    equal(wire.sign_in(eve, eve.password, code, service="login", rhost=""), "refused", "the right one")
    hcauth("unlock", eve.email)
    equal(wire.sign_in(eve, eve.password, eve.code(), service="login", rhost=""), "granted", "unlocked")


main()
