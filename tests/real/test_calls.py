# SPDX-License-Identifier: Apache-2.0
"""Kill -9 before each system call of a conversation, and at each prompt: the sign-in is refused, what was
counted and spent stays so, what was not is not, and the next conversation works and mends what was left."""
import collections
import json
import signal
import time

import talktrace
import wire
from host import daemon_down, daemon_up, kill, pids, until
from people import CODE, PASSWORD, Person, hcauth, practice, run
from tap import case, equal, main, true

practice()
ann = wire.enrol(Person("ann", 1))


def kill_at(person, prompt):
    with wire.Talk(wire.AUTH, "sshd", person.email, rhost="192.0.2.1") as t:
        t.expect(PASSWORD)
        if prompt == CODE:
            t.answer(person.password)
            t.expect(CODE)
        for pid in pids("hcauth-talk"):
            kill(pid)
        equal(t.end(), "hung up", "the conversation")


@case
def dl10_an_answer_given_stays_counted():
    """Five passwords given, and each time killed before a verdict, even right ones: the sixth has to wait."""
    bob = wire.enrol(Person("bob", 2))
    for _ in range(5):
        kill_at(bob, CODE)
    code = bob.code()
    equal(wire.sign_in(bob, bob.password, code), "refused", "the sixth")
    daemon_down(signal.SIGKILL)
    daemon_up()
    equal(wire.sign_in(bob, bob.password, code), "refused", "with another daemon")
    hcauth("unlock", bob.email)
    equal(wire.sign_in(bob, bob.password, code), "granted", "unlocked, and the code was never spent")


@case
def a_prompt_not_answered_counts_nothing():
    eve = wire.enrol(Person("eve", 3))
    for _ in range(8):
        kill_at(eve, PASSWORD)
    equal(wire.sign_in(eve, eve.password, eve.code()), "granted", "a sign-in after these")


# --- killed before each system call ---

def each_call(do):
    """Traces do(0, ()) once; then calls do(n, how) for each system call that its conversation made from the
    one on that read what its peer wants, with strace's arguments to kill it before that call."""
    do(0, ())
    seen = collections.Counter()
    calls = []
    last = heard = None
    for call in talktrace.calls():
        seen[call.name] += 1
        heard = heard or call.line.startswith("recvmsg(3")
        if heard and not (call.name == last == "pread64"):     # between two reads nothing is different
            calls.append((call.name, seen[call.name]))
        last = call.name
    true(len(calls) > 30, "a trace: %s" % calls)
    for n, (name, k) in enumerate(calls, 1):
        do(n, ("-e", "inject=%s:signal=KILL:when=%d" % (name, k)))
    return len(calls)


def records(tty):
    return [r["event"] for r in json.loads(hcauth("audit", "--json")) if r["tty"] == tty]


def state():
    return json.loads(hcauth("status", "--json"))


class Pool:
    """People with codes to use up, without waiting for the clock where that can be helped."""

    def __init__(self, first):
        self.number = first
        self.person = None

    def fresh(self):
        """Somebody who has a code that will be good for a while, and it."""
        for _ in range(2):
            if self.person and self.person.step < time.time() // 30:
                return self.person, self.person.code()
            self.number += 1
            self.person = Person("pool%d" % self.number, self.number)
            self.person.password = "seven quiet herons fly"
            wire.enrol(self.person)
        return self.person, self.person.code()


@case
def killed_before_every_call_of_a_sign_in():
    """The client is refused. If the code was spent, it is not accepted again; if not, it still is."""
    pool = Pool(100)
    person, code = pool.fresh()
    spent = cut = 0

    def one(n, how):
        nonlocal person, code, spent, cut
        tty = "call%d" % n
        with talktrace.on(*how):
            result = wire.sign_in(person, person.password, code, tty=tty)
        true(result in ("hung up", "granted"), "killed before call %d (%s): %s" % (n, how, result))
        events = records(tty)
        true(events == ["sign-in"] or (events == [] and result != "granted"),
             "killed before call %d (%s): %s, records %s" % (n, how, result, events))
        hcauth("unlock", person.email)
        # Each code is tried again only where that decides something: the spent, and now and then one that is not.
        if events or n % 8 == 0 or time.time() // 30 > person.step:
            again = wire.sign_in(person, person.password, code)
            equal(again, "refused" if events else "granted", "killed before call %d (%s): the same code" % (n, how))
            person, code = pool.fresh()
        spent += bool(events)
        cut += bool(events) and result != "granted"

    n = each_call(one)
    print("# killed before each of %d calls: the code was spent by %d, %d of them before the verdict" % (n, spent, cut))
    true(cut > 5 and spent < n, "both before and after")
    equal(state()["audit_chain"], "good", "the audit's chain")


@case
def sf19_killed_before_every_call_of_adding_an_account():
    """The directory is never damaged, and after the next conversation it is the store's again."""
    behind = added = 0

    def one(n, how):
        nonlocal behind, added
        user = "call%d" % n
        with talktrace.on(*how):
            with wire.Talk(wire.COMMAND, args=("account", "add", "CL%d" % n, "--practice", "stj", "--user", user)) as t:
                result = t.end()
        true(result in ("hung up", "granted"), "killed before call %d (%s): %s" % (n, how, result))
        equal(run("getent", "passwd", ann.user)[0], 0, "killed before call %d (%s): others are there" % (n, how))
        there = run("getent", "passwd", user)[0] == 0
        true(there or result != "granted", "whoever added a user can look it up at once")
        stored = user in [a["user"] for a in json.loads(hcauth("account", "list", "--json"))]
        equal(run("getent", "passwd", user)[0] == 0, stored, "killed before call %d (%s): mended" % (n, how))
        true(stored or not there, "no user who is not in the store")
        equal(state()["directory_published"], True, "killed before call %d (%s): published" % (n, how))
        behind += stored and not there
        added += stored

    n = each_call(one)
    print("# killed before each of %d calls: %d users were added, %d of them not yet published" % (n, added, behind))
    true(behind > 5 and added < n, "both before and after the commit")
    equal(state()["audit_chain"], "good", "the audit's chain")


@case
def and_then_all_is_well():
    with ann.ssh("id", "-un") as p:
        ann.sign_in(p)
        p.expect(r"(?m)^%s\r?$" % ann.user)
        equal(p.end(), 0, "status")
    until("no conversation is left over", lambda: not pids("hcauth-talk"))


talktrace.install()
main()
