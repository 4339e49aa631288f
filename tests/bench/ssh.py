# SPDX-License-Identifier: Apache-2.0
"""Whole ssh sign-ins on loopback, from ssh's start to its end, with a password and an app's code: one at a time and eight,
by hcauth and its peers in turns; each one's sshd is the same program with another PAM service. ssh.py [PEOPLE [ROUNDS]],
on a private host with a disk (tests/bench/all)."""
import concurrent.futures
import statistics
import sys
import time

import stacks
from clients import Client, Verifier, sshd_of
from figures import Figures

SERIAL, MANY, PARALLEL = 6, 24, 8       # sign-ins a round: one at a time, and so many of eight
SUBJECTS = ("hcauth", "oath", "google", "permit")


class Subject:
    def __init__(self, name):
        self.name = name
        self.verifier = Verifier(name)
        self.port = sshd_of(name)
        self.ms, self.rate = {1: [], PARALLEL: []}, []
        self.refused = self.tried = 0

    def one(self):
        """Milliseconds, or None: refused."""
        who, code = self.verifier.take()
        return Client(self.port, who, code).ms()

    def keep(self, parallel, took):
        self.tried += len(took)
        self.refused += took.count(None)
        self.ms[parallel] += [ms for ms in took if ms is not None]

    def round(self):
        self.keep(1, [self.one() for _ in range(SERIAL)])
        began = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(PARALLEL) as pool:
            took = list(pool.map(lambda _: self.one(), range(MANY)))
        self.keep(PARALLEL, took)
        self.rate.append((MANY - took.count(None)) / (time.monotonic() - began))


def main():
    people = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 4
    if not stacks.made():
        stacks.make(people)
    subjects = [Subject(name) for name in SUBJECTS]
    argon2, empty = [], []
    for n in range(rounds):
        print("round %d of %d" % (n + 1, rounds), flush=True)
        argon2 += stacks.argon2(1, 16).all
        empty += stacks.empty("hcauth", 1, 16).all
        for s in subjects:
            s.round()
    f = Figures("ssh", "Whole ssh sign-ins, password and code, curve25519", unit="ms", x="at a time")
    for s in subjects:
        for parallel in (1, PARALLEL):
            f.add(stacks.TITLES[s.name], parallel, s.ms[parallel])
    for s in subjects:
        print("%-34s %5.1f a second by %d at a time; right codes refused: %d of %d" %
              (stacks.TITLES[s.name], statistics.median(s.rate), PARALLEL, s.refused, s.tried), flush=True)
    hcauth = subjects[0]
    f.bar("right codes refused", hcauth.refused, at_most=0)
    one, hung_up, beside = statistics.median(argon2), statistics.median(empty), (
        f.median(stacks.TITLES["hcauth"], 1) - f.median(stacks.TITLES["permit"], 1))
    print("beside sshd's own: %.1f ms; one Argon2id: %.1f; hcauth, hung up at the first prompt: %.1f" % (beside, one, hung_up))
    # Password and code, account, the session, its end: four conversations. Of medians of 180 ms, which over four runs
    # left -0.16 to 0.17 of an Argon2id.
    f.bar("ms beside sshd's own, one Argon2id and four empty conversations, to one Argon2id",
          (beside - one - 2 * hung_up) / one, at_most=0.3)
    return 0 if f.end() else 1


sys.exit(main())
