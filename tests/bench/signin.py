# SPDX-License-Identifier: Apache-2.0
"""A sign-in with a password and an app's code, from pam_start to pam_end (authentication and account), by one process
and by many at a time: hcauth and its peers in turns. Right codes that are refused, and used codes that are accepted, are
counted for each. signin.py [PEOPLE [ROUNDS]], on a private host with a disk (tests/bench/all)."""
import os
import statistics
import subprocess
import sys

import stacks
from figures import Figures, percentile
from host import daemon_pid, kill

COUNT = {1: 24, 2: 48, 8: 96, 64: 192}      # sign-ins a round, by so many processes
PARALLEL = tuple(COUNT)
AGAIN = 64
TRACED = 8


class Subject:
    def __init__(self, name):
        self.name = name
        self.rate = {p: [] for p in PARALLEL}
        self.refused, self.tried = {p: 0 for p in PARALLEL}, {p: 0 for p in PARALLEL}
        self.reused = self.used = 0
        self.serial = []

    def round(self, parallel):
        count = min(COUNT[parallel], len(stacks.people(self.name)))     # a code each: nobody waits for the clock
        went = stacks.run(self.name, parallel, count)
        self.rate[parallel].append(went.rate)
        self.tried[parallel] += count
        self.refused[parallel] += went.refused
        if parallel == 1:
            self.serial.append(went)
        if self.name in ("hcauth", "oath", "google"):
            twice = stacks.again(self.name, 64, AGAIN)     # side by side: a refused one makes PAM wait for seconds
            self.used += len(twice.granted) + twice.refused
            self.reused += len(twice.granted)


def traced(name):
    """What the sign-ins write: the peers do it in the program that calls PAM, hcauth in its conversations."""
    out = "/run/host/bench-strace"
    strace = ["strace", "-f", "-y", "-e", "signal=none", "-e", "trace=" + stacks.Traced.CALLS, "-o", out]
    if name != "hcauth":
        stacks.run(name, 1, TRACED, before=strace)
        return stacks.Traced(out)
    p = subprocess.Popen(strace + ["-p", str(daemon_pid())], stderr=subprocess.PIPE, text=True)
    try:
        while "attached" not in p.stderr.readline():
            if p.poll() is not None:
                sys.exit("strace can't follow hcauthd")
        stacks.run(name, 1, TRACED)
    finally:
        kill(p.pid, 2)
        p.wait()
    return stacks.Traced(out)


def show_costs(subjects):
    print("%-34s %10s %10s %8s %14s" % ("a sign-in", "syncs", "bytes", "Argon2", "conversations"))
    costs = {}
    for s in subjects:
        costs[s.name] = t = traced(s.name)
        print("%-34s %10.2f %10.0f %8.2f %14.2f" % (stacks.TITLES[s.name], t.syncs / TRACED, t.written / TRACED,
                                                    t.argon2 / TRACED, t.conversations / TRACED), flush=True)
    return costs["hcauth"]


def main():
    people = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    cores = os.cpu_count()
    if not stacks.made():
        stacks.make(people)
    subjects = [Subject(name) for name in stacks.stacks()]
    hcauth = subjects[0]
    one = []    # Argon2id alone: milliseconds of one
    all_cores = {p: [] for p in PARALLEL}   # computations a second on all cores, in the rounds with so many processes
    empty = {p: [] for p in PARALLEL}   # hcauth's that are hung up at the first prompt: what its processes cost
    empty_ms, syncs = [], []
    for n in range(rounds):
        for parallel in PARALLEL:
            print("round %d of %d, %d at a time" % (n + 1, rounds, parallel), flush=True)
            one += stacks.argon2(1, 16).all
            all_cores[parallel].append(stacks.argon2(cores, 32 * cores).rate)
            went = stacks.empty("hcauth", parallel, COUNT[parallel])
            empty[parallel].append(went.rate)
            empty_ms += went.all if parallel == 1 else []
            for s in subjects:
                syncs.append(stacks.sync())
                s.round(parallel)

    f = Figures("signin", "Sign-ins a second, password and code", unit="a second", x="processes")
    for s in subjects:
        for parallel in PARALLEL:
            f.add(stacks.TITLES[s.name], parallel, s.rate[parallel])
    for parallel in PARALLEL:
        f.add("hcauth, hung up at the first prompt", parallel, empty[parallel])
    f.add("Argon2id alone, on %d cores" % cores, cores, sum(all_cores.values(), []))
    print("%-34s %s" % ("right codes refused, of all", "  ".join("%14d" % p for p in PARALLEL)))
    for s in subjects:
        print("%-34s %s   used codes accepted: %d of %d" % (stacks.TITLES[s.name], "  ".join(
            "%4d of %6d" % (s.refused[p], s.tried[p]) for p in PARALLEL), s.reused, s.used), flush=True)
    cost = show_costs(subjects)

    argon2, hung_up, sync = (statistics.median(x) for x in (one, empty_ms, syncs))
    auth, whole = (statistics.median(ms for went in hcauth.serial for ms in kind(went))
                   for kind in (lambda w: w.auth, lambda w: w.all))
    print("one Argon2id: %.2f ms (%.2f to %.2f); pam_authenticate of hcauth: %.2f ms, of which %.0f %%; a sign-in %.2f ms" %
          (argon2, percentile(one, 10), percentile(one, 90), auth, 100 * argon2 / auth, whole))
    print("one that is hung up at the first prompt: %.2f ms; one fdatasync: %.2f ms (%.2f to %.2f)" %
          (hung_up, sync, percentile(syncs, 10), percentile(syncs, 90)))
    limit = statistics.median(sum(all_cores.values(), []))
    print("the limit: %.1f Argon2id a second when all cores compute; cores / time of one alone: %.1f" %
          (limit, 1000 * cores / argon2))
    f.bar("right codes refused, at any number of processes", sum(hcauth.refused.values()), at_most=0)
    f.bar("used codes accepted, of %d" % hcauth.used, hcauth.reused, at_most=0)
    f.bar("Argon2id computations a sign-in", cost.argon2 / TRACED, at_most=1)
    f.bar("durable commits a sign-in", cost.syncs / TRACED, at_most=2)
    # A conversation is a process, which costs what an empty one costs: doc/decisions.md, "Where a sign-in's time goes".
    f.bar("ms beside Argon2id, an empty sign-in and two syncs, to one Argon2id",
          (whole - argon2 - hung_up - 2 * sync) / argon2, at_most=0.15)
    # Each to what was measured beside it: the machine is now faster, now slower, by a third.
    for parallel in PARALLEL:
        peers = zip(hcauth.rate[parallel], *(s.rate[parallel] for s in subjects if s.name in ("oath", "google")))
        f.bar("sign-ins a second at %d, to the better peer's" % parallel,
              statistics.median(rate / max(theirs) for rate, *theirs in peers), at_least=1)
    for parallel in PARALLEL[1:]:
        measured = list(zip(hcauth.rate[parallel], all_cores[parallel], empty[parallel]))
        print("sign-ins a second at %d, to Argon2id alone: %.2f" %
              (parallel, statistics.median(rate / argon2s for rate, argon2s, _ in measured)))
        possible = statistics.median(rate * (1 / argon2s + 1 / empties) for rate, argon2s, empties in measured)
        what = "sign-ins a second at %d, to Argon2id and empty ones in turn" % parallel
        if parallel > cores:
            f.bar(what, possible, at_least=0.75)
        else:   # the kernel leaves a core idle while two wait for the other: doc/decisions.md
            print("%s: %.2f" % (what, possible))
    return 0 if f.end() else 1


sys.exit(main())
