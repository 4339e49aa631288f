# SPDX-License-Identifier: Apache-2.0
"""What a sign-in costs, counted: Argon2 computations, durable commits, and that nobody polls or sleeps."""
import re
import subprocess

import talktrace
import wire
from host import pids, until
from people import Person, practice
from tap import case, equal, main, true

ARGON_KIB = 19 * 1024       # hcauthd.conf's default

practice("cts", "Counts Surgery")
ann = wire.enrol(Person("ann", 1, practice="cts"))
talktrace.install()


class Cost:
    def __init__(self, calls):
        self.calls = calls

    def count(self, *names):
        return sum(c.name in names for c in self.calls)

    def argon2(self):
        """Computations: each maps its memory, and nothing else here maps as much but the store's map."""
        sizes = [int(m.group(1)) for c in self.calls for m in [re.match(r"mmap\(NULL, (\d+), .*MAP_ANONYMOUS", c.line)] if m]
        return sum(ARGON_KIB * 1024 <= n < 2 * ARGON_KIB * 1024 for n in sizes)

    def commits(self):
        """LMDB commits by a sync of the data and one write, itself synced, of the page that makes it count."""
        syncs = self.count("fdatasync", "msync")
        meta = [m.group(1) for c in self.calls for m in [re.match(r"openat.*O_DSYNC.* = (\d+)$", c.line)] if m]
        writes = sum(c.line.startswith("pwrite64(%s," % fd) for c in self.calls for fd in meta)
        equal(writes, syncs, "writes of the store's first pages, one a sync")
        return syncs

    def waits_for_nothing_but_packets(self):
        equal(self.count("nanosleep", "clock_nanosleep", "select", "pselect6", "epoll_wait", "timer_create"), 0, "sleeps")
        # What the calls point at can't be read (the process is not dumpable): polls are told by their timeouts.
        polls = [re.match(r"poll\(0x\w+, 1, (\d+)\) += 1 ", c.line) for c in self.calls if c.name in ("poll", "ppoll")]
        true(None not in polls, "each poll ends with what it waits for")
        timeouts = [int(m.group(1)) for m in polls]
        equal(timeouts.count(0), sum(c.line.startswith("write(2,") for c in self.calls), "looks before a line of the log")
        equal(len(timeouts) - timeouts.count(0), self.count("recvmsg"), "polls, one a packet that is received")


def phase(what, *answers):
    """One phase of PAM, by pamtester, whose conversation is traced."""
    with talktrace.on():
        r = subprocess.run(["pamtester", "sshd", ann.email, what], input="".join(a + "\n" for a in answers), text=True,
                           capture_output=True, timeout=60)
    equal(r.returncode, 0, "%s (%s)" % (what, r.stdout + r.stderr))
    until("the conversation has ended", lambda: not pids("hcauth-talk") and not pids("strace"))
    cost = Cost(talktrace.calls())
    cost.waits_for_nothing_but_packets()
    return cost


def costs(cost, argon2, commits):
    equal((cost.argon2(), cost.commits()), (argon2, commits), "Argon2 computations, durable commits")


@case
def auth_with_password_and_code_is_one_argon2_and_two_commits():
    costs(phase("authenticate", ann.password, ann.code()), 1, 2)


@case
def auth_with_password_and_recovery_code_is_two_argon2_and_three_commits():
    costs(phase("authenticate", ann.password, ann.recovery_code(), ""), 2, 3)


@case
def account_is_no_commit():
    costs(phase("acct_mgmt"), 0, 0)


@case
def session_is_one_commit():
    costs(phase("open_session"), 0, 1)


@case
def a_phase_makes_no_more_system_calls_than_it_did():
    """Counted, not timed: who adds some sees it here. Most of them load libraries. The rest goes to the store."""
    for what, at_most, answers in (("authenticate", 450, (ann.password, ann.code())), ("acct_mgmt", 285, ()),
                                   ("open_session", 330, ())):
        n = len(phase(what, *answers).calls)
        print("# %s: %d system calls, at most %d" % (what, n, at_most), flush=True)
        true(0.6 * at_most <= n <= at_most, "%s: %d system calls; the bar is %d" % (what, n, at_most))


@case
def a_refusal_costs_what_a_sign_in_does():
    """All is asked and computed, whoever it is: the wrong password, and a name that nobody has."""
    for name, password in ((ann.email, "not her password at all"), ("nobody@example.org", ann.password)):
        with talktrace.on():
            r = subprocess.run(["pamtester", "sshd", name, "authenticate"], input="%s\n%s\n" % (password, ann.wrong_code()),
                               text=True, capture_output=True, timeout=60)
        true(r.returncode != 0, "refused")
        until("the conversation has ended", lambda: not pids("hcauth-talk") and not pids("strace"))
        costs(Cost(talktrace.calls()), 1, 2)


def look_up(*command, file):
    subprocess.run(["strace", "-o", "/run/host/lookup", *command], check=True, stdout=subprocess.DEVNULL)
    names, inside = [], False
    with open("/run/host/lookup") as f:
        for line in f:
            m = re.match(r"(\w+)\(", line)
            if not m or m.group(1) == "rt_sigprocmask":
                continue
            inside = inside or file in line
            if inside:
                names.append(m.group(1))
                if m.group(1) == "close":
                    break
    return names


@case
def a_look_up_is_open_preads_close():
    want = ["openat", "pread64", "pread64", "pread64", "close"]
    for kind, name, file in (("passwd", ann.user, "public.cdb"), ("passwd", ann.email, "private.cdb"),
                             ("group", ann.user, "public.cdb")):
        equal(look_up("getent", kind, name, file=file), want, "getent %s %s" % (kind, name))


main()
