#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""tests/host tests/bench/names.py [quick] [PEOPLE...]: what look-ups cost through the C library, and what they cost of others.

For each number of people, and each peer: a process that asks nothing (libnss_nothing: the C library's own cost), one
that asks hcauth, and one that asks the peer; round after round each is told to ask for some milliseconds, one after
the other, as a plain user. hcauth is held against the C library's cost and the bare system calls of the same round,
and against the peer of the same rounds. For root a name that nobody has costs twice the calls: root may also read the
private file, where it could be somebody's user ID.

What must hold: nothing of the machine's own is changed for longer than this runs (a mount namespace of its own);
everybody's files are in memory (some 3 GB with 1,000,000 people), so that no figure is a disk's."""
import ctypes
import os
import shutil
import statistics
import subprocess
import sys
import time

from figures import FOLDER, Figures
import peers
from peers import TREE

STATE = os.path.join(TREE, "build/bench-names.state")
QUICK = os.environ.get("HC_BENCH") == "quick" or "quick" in sys.argv[1:]
SIZES = [int(a) for a in sys.argv[1:] if a.isdecimal()] or [1000, 10000] + ([] if QUICK else [100000, 1000000])
ROUNDS = 2 if QUICK else 7
COLD = 6 if QUICK else 20   # processes a round
MS = 4 if QUICK else 15     # of each question

KINDS = {"user": "getpwnam, hit", "uid": "getpwuid, hit", "group": "getgrnam, hit", "groups": "getgrouplist, hit",
         "no-user": "getpwnam, miss", "no-uid": "getpwuid, miss", "no-group": "getgrnam, miss",
         "no-groups": "getgrouplist, miss"}
FLOOR, BARE, ROOT = "glibc alone", "bare calls", "hcauth, for root"
TWO_FILES = ("no-user", "no-groups")  # for root
NOBODY = 65534


def mount(*arguments):
    subprocess.run(["mount", *arguments], check=True)


class Asker:
    """bench-names with one service for passwd and group, as a plain user unless told otherwise."""
    def __init__(self, name, service, people, keys, uid=NOBODY):
        conf = os.path.join(STATE, "nsswitch." + name)
        with open(conf, "w") as f:
            f.write("passwd: %s\ngroup: %s\n" % (service, service))
        self.name, self.keys = name, keys
        self.process = subprocess.Popen([os.path.join(TREE, "build/bench-names"), conf, str(people), str(uid)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def tell(self, *words):
        self.process.stdin.write(" ".join(str(w) for w in words) + "\n")
        answer = self.process.stdout.readline().split()
        if not answer:
            raise RuntimeError("bench-names (%s) gave no answer to %s" % (self.name, words))
        return [float(w) for w in answer]

    def warm(self, kind, threads, ms=None):
        """Microseconds: the median of the calls, and the 99th of a hundred; calls a second of all threads."""
        _, median, p99, rate = self.tell("warm", kind, self.keys, threads, ms or MS)
        return median / 1e3, p99 / 1e3, rate

    def cold(self, kind):
        return statistics.median(self.tell("cold", kind, self.keys)[0] / 1e3 for _ in range(COLD))

    def end(self):
        self.process.stdin.close()
        self.process.wait()


class Names:
    def __init__(self):
        self.samples = {}   # (what, kind, threads, people): microseconds, one a round
        self.ratios = {}    # (to what, kind, threads, people): likewise
        self.peers = [p(STATE) for p in peers.PEERS]
        self.good = True

    def note(self, table, *key, value):
        table.setdefault(key, []).append(value)

    def mount_people(self, people):
        """hcauth's directory is that of so many people from now on, for processes that start."""
        folder = os.path.join(STATE, str(people))
        if not os.path.isdir(folder):
            os.makedirs(os.path.join(folder, "directory"))
        subprocess.run(["umount", "-l", "/var/lib/hcauthd"], stderr=subprocess.DEVNULL)
        mount("--bind", folder, "/var/lib/hcauthd")

    def publish(self, people, *ldif):
        started = time.monotonic()
        self.mount_people(people)
        subprocess.run([os.path.join(TREE, "build/bench-people"), str(people), os.path.join(STATE, "etc"), *ldif],
                       check=True)
        print("%d people: published in %.1f s, %.1f MiB" % (
            people, time.monotonic() - started,
            os.path.getsize("/var/lib/hcauthd/directory/public.cdb") / 2**20), flush=True)

    def round(self, people, theirs, floor, hcauth, root, asker):
        for kind in KINDS:
            for threads in (1, 2):
                least = floor.warm(kind, threads)[0]
                bare = hcauth.warm("bare", threads)[0]
                ours = hcauth.warm(kind, threads)[0]
                for what, value in ((FLOOR, least), (BARE, bare), ("hcauth", ours)):
                    self.note(self.samples, what, kind, threads, people, value=value)
                self.note(self.ratios, FLOOR, kind, threads, people, value=ours / (least + bare))
                if kind in TWO_FILES:
                    value = root.warm(kind, threads)[0]
                    self.note(self.samples, ROOT, kind, threads, people, value=value)
                    self.note(self.ratios, ROOT, kind, threads, people, value=value / (least + 2 * bare))
                if threads == 1 or kind not in theirs.single:
                    value = asker.warm(kind, threads)[0]
                    self.note(self.samples, theirs.name, kind, threads, people, value=value)
                    self.note(self.ratios, theirs.name, kind, threads, people, value=value / ours)
        cold = {a.name: a.cold("user") for a in (floor, hcauth, asker)}
        for what, value in cold.items():
            self.note(self.samples, what, "cold", 1, people, value=value)
        self.note(self.ratios, FLOOR, "cold", 1, people, value=cold["hcauth"] / cold[FLOOR])
        self.note(self.ratios, theirs.name, "cold", 1, people, value=cold[theirs.name] / cold["hcauth"])

    def measure(self, people, peer):
        started = time.monotonic()
        askers = []
        try:
            peer.fill(people)
            peer.start()
            askers = [Asker(FLOOR, "nothing", people, people), Asker("hcauth", "hcauth", people, people),
                      Asker(ROOT, "hcauth", people, people, uid=0), Asker(peer.name, peer.service, people, peer.keys(people))]
            for kind in KINDS:
                if peer.keeps(kind):
                    askers[-1].tell("once", kind, peer.keys(people))
            filled = time.monotonic()
            for _ in range(ROUNDS):
                self.round(people, peer, *askers)
            print("%d people: %s, ready after %.1f s, measured in %.1f s" % (
                people, peer.name, filled - started, time.monotonic() - filled), flush=True)
        finally:
            for a in askers:
                a.end()
            peer.stop()

    def size(self, people):
        ldif = os.path.join(STATE, "ldif")
        self.publish(people, *([ldif] if any(p.name == "nslcd" and people <= p.upto for p in self.peers) else []))
        for peer in self.peers:
            if people > peer.upto:
                continue
            try:
                self.measure(people, peer)
            except (RuntimeError, OSError, subprocess.SubprocessError) as e:
                print("FAIL  %s with %d people: %s" % (peer.name, people, e), flush=True)
                self.good = False

    def growth(self):
        """The sizes in turns, in one run: {(kind, people): samples}, each to the bare calls on the same file, since a
        file that the processor's caches can't hold costs every reader more."""
        samples, askers = {}, {}
        for people in SIZES:
            self.mount_people(people)
            askers[people] = Asker("hcauth", "hcauth", people, people)
        for _ in range(2 * ROUNDS):
            for kind in KINDS:
                for people, asker in askers.items():
                    bare = asker.warm("bare", 1)[0]
                    samples.setdefault((kind, people), []).append(asker.warm(kind, 1)[0] / bare)
        for asker in askers.values():
            asker.end()
        return samples

    def many(self):
        """[(microseconds, of a hundred the 99th, a second)] of two threads that ask for 5,000 people."""
        people = 5000
        self.publish(people)
        asker = Asker("hcauth", "hcauth", people, people)
        got = [asker.warm("user", 2, 200) for _ in range(ROUNDS)]
        asker.end()
        return got

    def worst(self, subject, kind, threads, pick):
        return pick((statistics.median(v), people) for (s, k, t, people), v in self.ratios.items()
                    if (s, k, t) == (subject, kind, threads))

    def figures(self, kind, threads, title):
        family = "names-" + kind + ("-2" if threads == 2 else "")
        f = Figures(family, title + (", two threads" if threads == 2 else ""), unit="microseconds", x="people",
                    log_y=True)
        print("-- " + f.title)
        for (what, k, t, people), v in sorted(self.samples.items()):
            if (k, t) == (kind, threads):
                f.add(what, people, v)
        return f

    def bars(self, f, kind, threads):
        for subject, limit in ((FLOOR, "hcauth to glibc alone and the bare calls"),
                               (ROOT, "for root: to glibc alone and the bare calls twice")):
            if subject == FLOOR or kind in TWO_FILES:
                ratio, people = self.worst(subject, kind, threads, max)
                f.bar("%s, at worst (%d people)" % (limit, people), ratio, at_most=1.5)
        for peer in self.peers:
            if (peer.name, kind, threads, SIZES[0]) not in self.ratios:
                continue
            ratio, people = self.worst(peer.name, kind, threads, min)
            what = "%s to hcauth, at best for it (%d people)" % (peer.name, people)
            if peer.keeps(kind):
                print("      %s: %.4g (kept answers: no bar)" % (what, ratio), flush=True)
            else:
                f.bar(what, ratio, at_least=1)

    def kind(self, kind, threads, growth, many):
        f = self.figures(kind, threads, KINDS[kind])
        self.bars(f, kind, threads)
        if threads == 1:
            f.bar("hcauth to the bare calls, %d people to %d" % (SIZES[-1], SIZES[0]),
                  statistics.median(growth[kind, SIZES[-1]]) / statistics.median(growth[kind, SIZES[0]]), at_most=1.3)
        elif kind == "user":
            f.bar("ns16_look_ups_a_second of 5,000 people", statistics.median(m[2] for m in many), at_least=100000)
            f.bar("5,000 people: the 99th of a hundred, microseconds", statistics.median(m[1] for m in many),
                  at_most=50)
        return f.end()

    def cold(self):
        f = self.figures("cold", 1, "A process that starts, asks for one user, and ends")
        ratio, people = self.worst(FLOOR, "cold", 1, max)
        f.bar("hcauth to glibc alone, at worst (%d people)" % people, ratio, at_most=1.15)
        return f.end()

    def table(self):
        """build/bench/names.md: what doc/performance.md shows of one thread, a row each: microseconds by size."""
        columns = dict(KINDS, cold="first call of a process")
        names = list(dict.fromkeys([FLOOR, BARE, "hcauth", ROOT] + [p.name for p in self.peers]))
        with open(os.path.join(FOLDER, "names.md"), "w") as f:
            f.write("| | %s |\n|%s\n" % (" | ".join(columns.values()), "---|" * (len(columns) + 1)))
            for name in names:
                f.write("| %s |%s\n" % (name, "".join(" %s |" % " / ".join(
                    "%.3g" % statistics.median(self.samples[name, kind, 1, people])
                    for people in SIZES if (name, kind, 1, people) in self.samples) for kind in columns)))

    def run(self):
        for people in SIZES:
            self.size(people)
        growth = self.growth()
        many = self.many()
        for kind in KINDS:
            for threads in (1, 2):
                self.good = self.kind(kind, threads, growth, many) and self.good
        self.good = self.cold() and self.good
        self.table()
        return self.good


def set_up():
    if ctypes.CDLL(None, use_errno=True).unshare(0x20000) != 0:  # CLONE_NEWNS
        raise OSError(ctypes.get_errno(), "unshare")
    mount("--make-rprivate", "/")
    os.makedirs(STATE, exist_ok=True)
    mount("-t", "tmpfs", "-o", "mode=755,size=75%", "names", STATE)
    for folder in ("etc", "misc"):
        os.makedirs(os.path.join(STATE, folder))
    with open(os.path.join(STATE, "nsswitch.files"), "w") as f:
        f.write("passwd: files\ngroup: files\n")
    peers.install()
    for f in ("passwd", "group"):
        shutil.copy("/etc/" + f, os.path.join(STATE, "etc", f))
        mount("--bind", os.path.join(STATE, "etc", f), "/etc/" + f)
    mount("--bind", os.path.join(STATE, "misc"), "/var/lib/misc")


def main():
    started = time.monotonic()
    try:
        set_up()
        good = Names().run()
    finally:
        subprocess.run(["umount", "-l", STATE], stderr=subprocess.DEVNULL)
        shutil.rmtree(STATE, ignore_errors=True)
    print("names: %.0f s, %s" % (time.monotonic() - started, "every bar passed" if good else "not every bar passed"))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
