# SPDX-License-Identifier: Apache-2.0
"""Five hundred people sign in within a minute, twice: with nobody else about, and while a stranger and a colleague flood
everybody's socket (256 connections held and 1,000 more a second, each) and eight ssh clients at a time try names that
nobody has. Nobody may be lost: all are in, each is in the audit, and no code is good twice. storm.py [PEOPLE [SECONDS]],
on a private host with a disk (tests/bench/all)."""
import contextlib
import json
import os
import statistics
import subprocess
import sys
import threading

import stacks
from clients import Client, sshd_of
from figures import Figures, percentile
from host import daemon_pid, pids
from people import run

STRANGER = 64999        # a uid that hcauth does not know
HELD, A_SECOND, GUESSERS, AGAIN = 256, 1000, 8, 8


def kib(pid, file, field):
    with contextlib.suppress(OSError, StopIteration):
        with open("/proc/%d/%s" % (pid, file)) as f:
            return int(next(line.split()[1] for line in f if line.startswith(field + ":")))
    return 0


def processor(pid):
    """Seconds that a process has used, and those that it has started and that have ended."""
    with open("/proc/%d/stat" % pid) as f:
        used = [int(n) / os.sysconf("SC_CLK_TCK") for n in f.read().rsplit(")", 1)[1].split()[11:15]]
    return used[0] + used[1], used[2] + used[3]


class Daemon:
    """The most memory that the listener has, and all conversations together, until the end of a with; and what of the
    processor they use."""

    def __enter__(self):
        self.listener = self.talks = self.conversations = 0
        self.before = processor(daemon_pid())
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()
        return self

    def watch(self):
        while not self.over.wait(0.5):
            talks = pids("hcauth-talk")
            self.listener = max(self.listener, kib(daemon_pid(), "status", "VmRSS"))
            self.talks = max(self.talks, sum(kib(p, "smaps_rollup", "Pss") for p in talks))
            self.conversations = max(self.conversations, len(talks))

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()
        self.processor = [now - then for now, then in zip(processor(daemon_pid()), self.before)]


class Flood:
    """Of everybody's socket and of sshd, until the end of a with."""

    def __init__(self, colleague):
        self.uids = (STRANGER, colleague)
        self.port = sshd_of("hcauth")

    def __enter__(self):
        self.over = threading.Event()
        self.guesses = self.wrong = 0
        self.floods = [subprocess.Popen([stacks.TREE + "/build/bench_flood", str(uid), str(HELD), str(A_SECOND)],
                                        stdout=subprocess.PIPE, text=True) for uid in self.uids]
        self.guessers = [threading.Thread(target=self.guess, args=(n,)) for n in range(GUESSERS)]
        for t in self.guessers:
            t.start()
        return self

    def guess(self, n):
        while not self.over.is_set():
            self.wrong += Client(self.port, ("nobody%d@example.org" % n, "not this one either", ""), "123456",
                                 elsewhere=True).ms() is not None
            self.guesses += 1

    def __exit__(self, *_):
        self.over.set()
        for t in self.guessers:
            t.join()
        for uid, p in zip(self.uids, self.floods):
            p.terminate()
            print("  uid %d on everybody's socket: %s" % (uid, p.communicate()[0].strip()))
        print("  %d guesses by ssh, %d let in" % (self.guesses, self.wrong), flush=True)


def signed_in():
    """Records of a sign-in at this service."""
    status, out, err = run("hcauth", "audit", "--since", "1 day", "--json", timeout=120)
    if status != 0:
        sys.exit("hcauth audit: " + out + err)
    return sum(r["event"] == "sign-in" and r["service"] == "bench-hcauth" for r in json.loads(out))


def uid_of(name):
    return int(run("id", "-u", name)[1])


class Storm:
    def __init__(self, people, seconds, flood):
        before = signed_in()
        with Daemon() as self.daemon, flood:
            self.went = stacks.storm("hcauth", seconds, people)
        self.audited = signed_in() - before
        self.again = stacks.again("hcauth", AGAIN, people)
        self.tried = len(self.again.granted) + self.again.refused

    def show(self, what, people):
        late = self.went.late
        print("%-28s in: %d of %d; verdict after %.0f ms (half), %.0f (99 of 100), %.0f (all); records: %d" %
              (what, len(self.went.granted), people, statistics.median(late), percentile(late, 99), max(late), self.audited))
        print("%-28s seconds of processor: the listener %.1f, its conversations %.1f" % ("", *self.daemon.processor))
        print("%-28s listener %d KiB, at most %d conversations with %d KiB together; %d of %d used codes accepted" %
              ("", self.daemon.listener, self.daemon.conversations, self.daemon.talks, len(self.again.granted), self.tried),
              flush=True)


def main():
    people = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    seconds = int(sys.argv[2]) if len(sys.argv) > 2 else 60
    if not stacks.made():
        stacks.make(people)
    storms = {"nobody else": Storm(people, seconds, contextlib.nullcontext()),
              "a flood": Storm(people, seconds, Flood(uid_of(stacks.people()[0][0])))}
    f = Figures("storm", "%d people within %d s: who had a verdict by then" % (people, seconds), unit="ms", x="of a hundred",
                log_x=False, log_y=True)
    for what, s in storms.items():
        for part in (1, 10, 25, 50, 75, 90, 95, 99, 100):
            f.add(what, part, [percentile(s.went.late, part)])
    for what, s in storms.items():
        s.show(what, people)
    for what, s in storms.items():
        f.bar("%s: people who are not in" % what, people - len(s.went.granted), at_most=0)
        f.bar("%s: records of sign-ins" % what, s.audited, at_least=people)
        f.bar("%s: used codes accepted" % what, len(s.again.granted), at_most=0)
        f.bar("%s: used codes tried again in time, of all" % what, s.tried / people, at_least=0.9)
        f.bar("%s: ms until 99 of 100 have a verdict" % what, percentile(s.went.late, 99), at_most=1500)
        f.bar("%s: the listener's KiB" % what, s.daemon.listener, at_most=2048)
    return 0 if f.end() else 1


sys.exit(main())
