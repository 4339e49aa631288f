#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""tests/host tests/race/timing.py PAM COMPARE SSH: what the time of a refusal tells, with the parameters that people
have: so many samples of each kind through PAM, of comparisons, and through sshd (0: none).

Through sshd it is the time from an answer to the next thing that sshd says. What must hold: as in timing.c."""
import math
import os
import random
import statistics
import subprocess
import sys
import time

if len(sys.argv) != 4 or "HC_TREE" not in os.environ or any(0 < int(n) < 10 for n in sys.argv[1:]):
    sys.exit("usage: tests/host tests/race/timing.py PAM COMPARISONS SSH: samples of each, 10 or more, or 0 for none")
TREE = os.environ["HC_TREE"]
sys.path.insert(0, TREE + "/tests/real")

import paramiko  # noqa: E402
from host import sshd  # noqa: E402
from people import Person, hcauth, practice  # noqa: E402

PEOPLE = 6
TRIES = 4           # in one connection, and before an unlock
BAR_MS, BAR_PART, BAR_T = 1.0, 0.02, 4.5
PLANTED_MS = 2
# Behind its first prompt sshd sleeps until 5 to 9.2 ms have passed since the request, or twice that, by the name that
# was given (OpenSSH, auth2.c: user_specific_delay). Whoever answers at once measures the rest of it.
SSHD_S = 0.025
ENOUGH = 1000
KINDS = ("unknown name", "switched off", "no password yet", "wrong password", "wrong code")
STEPS = ("to the second prompt", "from the last answer", "both")


def connection(port):
    """From an address of its own."""
    import socket
    s = socket.socket()
    s.bind(("127.%d.%d.%d" % (random.randrange(1, 255), random.randrange(256), random.randrange(1, 255)), 0))
    s.connect(("127.0.0.1", port))
    t = paramiko.Transport(s)
    t.get_security_options().kex = ("curve25519-sha256@libssh.org",)
    t.start_client(timeout=60)
    return t


def refused(transport, name, password, code):
    """Milliseconds to the second prompt, and from the last answer to the refusal."""
    asked, answered = [], []

    def answer(_title, _instructions, prompts):
        if not prompts:
            return []
        asked.append(time.perf_counter())
        if len(asked) == 1:
            time.sleep(SSHD_S)
        text = (password, code)[len(asked) - 1]
        answered.append(time.perf_counter())
        return [text]
    try:
        transport.auth_interactive(name, answer)
        sys.exit("not ok - %s was let in" % name)
    except paramiko.AuthenticationException:
        end = time.perf_counter()
    if len(asked) != 2:
        sys.exit("not ok - %s was asked %d times" % (name, len(asked)))
    first, last = (asked[1] - answered[0]) * 1000, (end - answered[1]) * 1000
    return first, last, first + last


def people():
    who = {kind: [Person(prefix + "abcdefgh"[n], 100 * k + n) for n in range(PEOPLE)]
           for k, (kind, prefix) in enumerate((("switched off", "of"), ("no password yet", "ne"), ("known", "ol")))}
    for p in who["switched off"] + who["known"]:
        p.enrol()
    for p in who["switched off"]:
        hcauth("identity", "disable", p.email)
    who["wrong password"] = who["wrong code"] = who.pop("known")
    return who


def some_tries(port, kind, who, turn):
    """A connection's: of one name."""
    code = "%06d" % random.randrange(1000000)
    if kind == "unknown name":
        name, password = "%s@example.org" % "".join(random.choices("qrstuvwxyz", k=3)), "never the right one"
    else:
        p = who[kind][turn % PEOPLE]
        right = kind in ("switched off", "wrong code")
        name, password = p.email, p.password if right else "never the right one"
        code = p.wrong_code() if right else code
        hcauth("unlock", name)
    transport = connection(port)
    try:
        return [refused(transport, name, password, code) for _ in range(TRIES)]
    finally:
        transport.close()


def kept(samples):
    """All but the tenth that took longest: when something else had the processor."""
    return sorted(samples)[:len(samples) - len(samples) // 10]


def compare(a, b):
    """How far the medians are apart, and Welch's t of the connections' means: the tries of one have its processes and
    their places on the cores in common."""
    by = statistics.median(kept(sum(b, []))) - statistics.median(kept(sum(a, [])))
    a, b = ([statistics.mean(tries) for tries in x] for x in (a, b))
    a, b = kept(a), kept(b)
    error = math.sqrt(statistics.variance(a) / len(a) + statistics.variance(b) / len(b))
    return by, (statistics.mean(b) - statistics.mean(a)) / error


def judge(taken):
    """Of each kind and step, the tries of each connection: the pairs that are not as they must be. The planted one is the
    one that must differ."""
    bad = []
    plain = taken["unknown name"]
    others = {**{k: taken[k] for k in KINDS[1:]}, "unknown name, and 2 ms": [[[ms + PLANTED_MS for ms in tries] for tries in s] for s in plain]}
    for kind, samples in others.items():
        for a, b, step in zip(plain, samples, STEPS):
            by, t = compare(a, b)
            median = statistics.median(kept(sum(a, [])))
            bar = max(BAR_MS, BAR_PART * median)
            # Of few samples the medians alone say nothing; that 2 ms are seen says that there were enough.
            differs = (len(a) * TRIES >= ENOUGH and abs(by) >= bar) or (abs(t) >= BAR_T and abs(by) >= bar / 4)
            wrong = differs != kind.endswith("2 ms")
            print("# unknown name %22s, %-20s %8.3f ms: %+.3f, t %+.1f%s" %
                  (kind, step, median, by, t, ": WRONG" if wrong else ""), flush=True)
            if wrong:
                bad.append("%s, %s: %+.3f ms, t = %.1f" % (kind, step, by, t))
    return bad


def through_sshd(samples):
    who = people()
    with sshd("MaxAuthTries 20", "LoginGraceTime 0", "MaxStartups 100", "LogLevel ERROR") as port:
        for again in (1, 2):
            taken = {kind: ([], [], []) for kind in KINDS}
            for turn in range(max(1, samples // TRIES)):
                for kind in random.sample(KINDS, len(KINDS)):
                    for step, tries in zip(taken[kind], zip(*some_tries(port, kind, who, turn))):
                        step.append(list(tries))
                if turn % max(1, samples // TRIES // 10) == 0:
                    print("# %d of %d" % (turn * TRIES, samples), flush=True)
            bad = judge(taken)
            if not bad:
                break
    print("%sok 1 - why it is refused does not show in the time, through sshd: %d samples of each; measured %d times%s" %
          ("not " if bad else "", samples, again, ": " + "; ".join(bad) if bad else ""))
    print("1..1", flush=True)
    sys.exit(1 if bad else 0)


pam, comparisons, ssh = (int(n) for n in sys.argv[1:])
practice()
failed = False
for part, samples in (("compare", comparisons), ("pam", pam)):
    if samples:
        failed |= subprocess.run([TREE + "/build/timing", part, str(samples)]).returncode != 0
if ssh and not failed:
    through_sshd(ssh)
sys.exit(1 if failed else 0)
