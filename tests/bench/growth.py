# SPDX-License-Identifier: Apache-2.0
"""What a store costs as it grows: growth.py [SIZE...], on a private host with a disk (tests/bench/all). Passwords cost
next to nothing here (tests/fast): what grows must not hide behind their hash. To each size the same is done: hcauthd
started, a sign-in, a change published, all people listed, the last records of the audit and a look at its whole chain.

What must hold: whatever looks at one person costs the same among a hundred and among a million; what looks at all, or
writes the directory, grows as they do and no faster: a copy of the directory's files is the yard for that."""
import os
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.environ["HC_TREE"], "tests/real"))

import wire     # noqa: E402
from figures import Figures     # noqa: E402
from host import daemon_down, daemon_pid, daemon_up, fast, fast_clock, pids, until     # noqa: E402
from people import CODE, PASSWORD, Person, hcauth, practice     # noqa: E402

SIZES = [int(n) for n in sys.argv[1:]] or [100, 10000, 100000, 1000000]
ROUNDS, SIGN_INS = 5, 20
DIRECTORY, STORE = "/var/lib/hcauthd/directory", "/var/lib/hcauthd/store/data.mdb"
TREE = os.environ["HC_TREE"]


class Clock:
    """Each sign-in takes a code of its own; so the clock goes on from code to code."""
    ahead = 0

    def on(self, seconds=30):
        self.ahead += seconds
        fast_clock(self.ahead)

    def code(self, person):
        return person.code_at(int((time.time() + self.ahead) // 30))


def ms(f, *args):
    begin = time.perf_counter()
    f(*args)
    return (time.perf_counter() - begin) * 1000


def start():
    daemon_down()
    return ms(daemon_up)


def sign_in():
    clock.on()
    code = clock.code(ann)
    begin = time.perf_counter()
    if wire.sign_in(ann, ann.password, code, service="login", rhost="") != "granted":
        raise AssertionError("not granted")
    return (time.perf_counter() - begin) * 1000


def change():
    """One that the directory must show."""
    hcauth("account", "disable" if change.on else "enable", "GR0000001")
    change.on = not change.on


change.on = True


def copy():
    for name in ("public.cdb", "private.cdb"):
        shutil.copyfile(DIRECTORY + "/" + name, "/var/lib/hcauthd/copy")
        with open("/var/lib/hcauthd/copy", "rb") as f:
            os.fsync(f.fileno())
    os.unlink("/var/lib/hcauthd/copy")


def kib(pid):
    """In memory: what is its own, and what it sees of the store's file, which is the machine's cache of it."""
    kinds = [0, 0]
    store = False
    with open("/proc/%d/smaps" % pid) as f:
        for line in f:
            if not line[0].isupper():   # a mapping, before what is said of it
                store = line.endswith("/data.mdb\n")
            elif line.startswith("Rss:"):
                kinds[store] += int(line.split()[1])
    return kinds


def sleeps(pid):
    with open("/proc/%d/stat" % pid) as f:
        return f.read().rsplit(")", 1)[1].split()[0] == "S"


def memory():
    """Of the listener, and of a conversation that waits at "Code: "."""
    clock.on()
    with wire.Talk(wire.AUTH, "login", ann.email) as t:
        t.expect(PASSWORD)
        t.answer(ann.password)
        t.expect(CODE)
        until("the conversations of before have ended", lambda: len(pids("hcauth-talk")) == 1)
        pid = pids("hcauth-talk")[0]
        until("it waits", lambda: sleeps(pid))      # a prompt is out before pages are given back
        own, seen = kib(pid)
        t.answer(clock.code(ann))
        t.end()
    until("the conversation has ended", lambda: not pids("hcauth-talk"))
    return kib(daemon_pid())[0], own, seen


fast()
practice("grown", "Grown Surgery")
ann = wire.enrol(Person("gia", 999001, practice="grown"))
clock = Clock()
clock.on(3600)
times = Figures("growth", "What a store costs as it grows", "ms", "identities", log_y=True)
sizes = Figures("growth-size", "Memory and files as a store grows", "MiB", "identities", log_y=True)
there = 0
for size in SIZES:
    daemon_down()
    subprocess.run([TREE + "/build/bench-fill", str(there), str(size)], check=True)
    os.sync()       # what was filled is not written beside what is measured
    there = size
    daemon_up()
    hcauth("status")        # which publishes what the filling has changed
    few = ROUNDS if size < 1000000 else 3
    times.add("start", size, [start() for _ in range(few)])
    times.add("sign-in", size, [sign_in() for _ in range(SIGN_INS)])
    both = [(ms(change), ms(copy)) for _ in range(few)]
    times.add("change, published", size, [a for a, _ in both])
    times.add("copy of the directory", size, [b for _, b in both])
    times.add("list of people", size, [ms(hcauth, "identity", "list") for _ in range(few)])
    times.add("audit, last 100", size, [ms(hcauth, "audit") for _ in range(few)])
    times.add("audit verify", size, [ms(hcauth, "audit", "verify") for _ in range(few)])
    listener, own, seen = memory()
    sizes.add("listener", size, [listener / 1024])
    sizes.add("conversation", size, [own / 1024])
    sizes.add("what it sees of the store", size, [seen / 1024])
    sizes.add("store", size, [os.stat(STORE).st_blocks / 2048])
    sizes.add("directory", size, [sum(e.stat().st_size for e in os.scandir(DIRECTORY)) / 1048576])

first, last = SIZES[0], SIZES[-1]
much = [n for n in SIZES if n >= 10000] or [first]


def grown(what, table=times, begin=first):
    return table.median(what, last) / table.median(what, begin)


for what in ("start", "sign-in", "audit, last 100"):
    times.bar("%s, among %d to among %d" % (what, last, first), grown(what), at_most=2)
for what in ("list of people", "audit verify"):
    times.bar("%s, a person among %d to among %d" % (what, last, much[0]), grown(what, begin=much[0]) * much[0] / last,
              at_most=1.5)
times.bar("a change's growth from %d to %d, to a copy's" % (much[0], last),
          grown("change, published", begin=much[0]) / grown("copy of the directory", begin=much[0]), at_most=1.3)
sizes.bar("MiB that the listener has grown", sizes.median("listener", last) - sizes.median("listener", first), at_most=1)
sizes.bar("MiB that a conversation has grown", sizes.median("conversation", last) - sizes.median("conversation", first),
          at_most=1)
good = times.end()
sys.exit(0 if sizes.end() and good else 1)
