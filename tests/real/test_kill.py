# SPDX-License-Identifier: Apache-2.0
"""kill -9 in the middle of a sign-in: refused at once, nothing spent twice, and the next sign-in works."""
import os
import random
import signal
import time

from drive import Program
from host import daemon_pid, daemon_up, kill, pamtester, pids, until
from people import CODE, PASSWORD, Person, hcauth, practice
from tap import case, equal, main, true

AT_ONCE = 30    # seconds, on a loaded machine: hcauthd waits 55 for an answer

practice()
ann = Person("ann", 1).enrol()


def sign_in(person, code=None):
    return pamtester("sshd", person.email, answers=[person.password, code or person.recovery_code(), ""])[0] == 0


def talk():
    """The pid of the one conversation that is on."""
    found = pids("hcauth-talk")
    equal(len(found), 1, "conversations")
    return found[0]


def at_prompt(person, prompt):
    p = Program(["pamtester", "sshd", person.email, "authenticate(PAM_SILENT)"])    # no questions afterwards
    p.expect(PASSWORD)
    if prompt == CODE:
        p.secret(person.password)
        p.expect(CODE)
    return p


def refused_at_once(p):
    begin = time.monotonic()
    p.type("x")     # what it waits for is an answer; a hang-up is noticed when that is sent
    if p.expect(CODE, "pamtester: ") == 0:
        p.type("x")
    true(p.end() != 0, "refused")
    true(time.monotonic() - begin < AT_ONCE, "in time")


@case
def a_conversation_killed_at_a_prompt():
    for prompt in (PASSWORD, CODE):
        with at_prompt(ann, prompt) as p:
            kill(talk())
            refused_at_once(p)
        true(sign_in(ann), "the next sign-in")


@case
def pc11_dl06_a_conversation_stopped_at_a_prompt_is_ended():
    """Nobody continues it: the terminal's deadline ends the sign-in, and a late verdict is nobody's."""
    with at_prompt(ann, CODE) as p:
        pid = talk()
        os.kill(pid, signal.SIGSTOP)
        p.answer(ann.recovery_code(), shown="")
        true(p.end(120) != 0, "refused")
        os.kill(pid, signal.SIGCONT)
    until("the conversation has ended", lambda: not pids("hcauth-talk"))
    true(sign_in(ann), "the next sign-in")


@case
def the_listener_killed_at_a_prompt():
    """Conversations are processes of their own: each ends, in whatever way, and nothing hangs."""
    for prompt in (PASSWORD, CODE):
        with at_prompt(ann, prompt) as p:
            kill(daemon_pid())
            p.type("x")
            if p.expect(CODE, "pamtester: ") == 0:
                p.type("x")
            true(p.end() != 0, "refused")
        until("conversations have ended", lambda: not pids("hcauth-talk"))
        daemon_up()
        true(sign_in(ann), "the next sign-in")


@case
def pc12_the_program_killed_at_a_prompt():
    for prompt in (PASSWORD, CODE):
        with at_prompt(ann, prompt) as p:
            os.kill(p.pid, signal.SIGKILL)
            until("the conversation has ended", lambda: not pids("hcauth-talk"), AT_ONCE)
        true(sign_in(ann), "the next sign-in")


@case
def a_code_is_not_spent_twice_whenever_the_conversation_is_killed():
    """Kills between the last answer and the verdict, at moments that no one can choose. Whoever was let in
    has spent the code; whoever was not may or may not have."""
    seed = random.randrange(1 << 32)
    print("# seed %d" % seed)
    rnd = random.Random(seed)
    let_in = again = killed = 0
    for n in range(5):
        who = Person("k%c" % (97 + n), 50 + n).enrol()
        while who.recovery:
            code = who.recovery_code()
            with at_prompt(who, CODE) as p:
                pid = talk()
                p.answer(code, shown="")
                time.sleep(rnd.uniform(0, 0.04))    # the moment itself: from before the first commit to after the last
                try:
                    os.kill(pid, signal.SIGKILL)
                    killed += 1
                except ProcessLookupError:
                    pass
                first = p.end() == 0
            until("the conversation has ended", lambda: not pids("hcauth-talk"))
            hcauth("unlock", who.email)
            second = sign_in(who, code)
            true(not (first and second), "a recovery code let in twice (%s)" % code[:2])
            let_in += first
            again += second
            hcauth("unlock", who.email)
    print("# %d killed in time, %d let in at first, %d then" % (killed, let_in, again))
    true(killed >= 10, "enough kills were in time")
    true(0 < again, "some kills came before the code was spent")


main()
