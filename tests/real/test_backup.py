# SPDX-License-Identifier: Apache-2.0
"""Backups, taken while people sign in, and put back on a machine that has lost everything; machine keys that
change under them."""
import glob
import json
import math
import os
import shutil
import subprocess
import threading
import time

from drive import Program
from host import daemon_down, daemon_up, local_user, pamtester
from people import STEP, Person, hcauth, practice, run
from tap import case, equal, main, true

RECOVERY_KEY = r"Recovery key: $"
STATE, SETTINGS = "/var/lib/hcauthd", "/etc/hcauth"
KEY = SETTINGS + "/machine.key"
BACKUP = "/root/backup"

with open("/run/host/init") as f:
    recovery_key = next(line.strip() for line in f if line.startswith("    "))

practice()
people = [Person(name, n + 1).enrol() for n, name in enumerate(("ann", "bob", "cat", "dan"))]
ann = people[0]


def sign_in(person, code=None):
    status, said = pamtester("sshd", person.email, answers=[person.password, code or person.recovery_code(), ""])
    return status == 0 or said


def ssh_in(person, **how):
    with person.ssh("id", "-un") as p:
        person.sign_in(p, **how)
        if p.expect(r"(?m)^%s\r?$" % person.user, "Permission denied", "lost your phone") == 2:
            person.has_phone(p)
        return p.end() == 0


def given(*words, key=recovery_key, wrong=None):
    """Runs hcauth on a terminal, with the recovery key typed; a wrong one is asked for three times."""
    with Program(["hcauth", *words]) as p:
        for _ in range(3 if wrong else 1):
            p.expect(RECOVERY_KEY)
            p.type(wrong or key)
        status = p.end()
        return status, p.screen


class Crowd:
    """People who sign in side by side, each again and again, with their recovery codes."""

    def __init__(self, times):
        self.results = []
        self.threads = [threading.Thread(target=self.go, args=(p, times)) for p in people]

    def go(self, person, times):
        for _ in range(times):
            self.results.append(sign_in(person))

    def __enter__(self):
        for t in self.threads:
            t.start()
        return self

    def busy(self):
        return any(t.is_alive() for t in self.threads)

    def __exit__(self, *_):
        for t in self.threads:
            t.join()


@case
def sf15_backups_while_people_sign_in():
    made = 0
    with Crowd(4) as crowd:
        while made < 5 or crowd.busy() and made < 40:
            hcauth("export", "%s.%d" % (BACKUP, made))
            made += 1
    equal(crowd.results, [True] * 16, "sign-ins")
    for n in (0, made // 2, made - 1):
        status, said = given("restore", "%s.%d" % (BACKUP, n), "--dry-run")
        equal(status, 0, said)
        true("4 people, 4 accounts." in said and "It is whole." in said, said)
    st = os.stat(BACKUP + ".0")
    equal((oct(st.st_mode), st.st_uid), ("0o100600", 0), "mode and owner")
    with open(BACKUP + ".0", "rb") as f:
        held = f.read()
    for p in people:
        for text in (p.email, p.user_id, p.name, p.user):
            true(text.encode() not in held, text + " is in it")
    equal(sum(r["event"] == "exported" for r in json.loads(hcauth("audit", "--since", "1 hour", "--json"))), made, "records")


@case
def a_disk_that_is_full_has_no_backup():
    os.mkdir("/run/small")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", "/run/small"], check=True)
    try:
        status, _, err = run("hcauth", "export", "/run/small/backup")
        equal(status, 1, "status")
        true("No space left on device" in err, err)
        equal(os.listdir("/run/small"), [], "files")
    finally:
        subprocess.run(["umount", "/run/small"], check=True)


@case
def sf15_another_machine():
    used = ann.recovery_code()
    equal(sign_in(ann, used), True, "a recovery code")
    hcauth("export", BACKUP)
    daemon_down()
    for path in (KEY, *glob.glob(STATE + "/*")):
        shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
    status, said = given("restore", BACKUP, wrong=recovery_key[:-1] + ("7" if recovery_key[-1] != "7" else "8"))
    true(status != 0 and "there is a mistake in it" in said, said)
    equal(os.path.exists(KEY), False, "a key")

    typed = recovery_key.lower().replace("-", " ")
    status, said = given("restore", BACKUP, key=typed)
    equal(status, 0, said)
    equal(run("getent", "passwd", ann.email)[0], 0, "found by name, before the daemon is there")
    daemon_up()
    for p in people:
        p.step = math.floor(time.time() / STEP) + 1     # what is good now counts as used
    true(ssh_in(ann), "her password and app, through sshd")
    true(sign_in(ann, used) is not True, "the used recovery code is still used")
    equal(sign_in(ann), True, "another one")
    equal(hcauth("audit", "verify").count("as they were written"), 1, "the audit's chain")
    restored = [r for r in hcauth("audit").split("\n") if "restored" in r]
    equal(len(restored), 1, "record of it")
    equal(hcauth("who", "--json").strip(), "[]", "sessions of the machine before")


@case
def people_sign_in_while_the_key_changes():
    with open(KEY, "rb") as f:
        before = f.read()
    prompts = [Program(["pamtester", "sshd", p.email, "authenticate(PAM_SILENT)"]) for p in people for _ in range(5)]
    owners = [p for p in people for _ in range(5)]
    hcauth("rekey")
    for p, who in zip(prompts, owners):
        p.expect(r"Password: $")
        p.secret(who.password)
    hcauth("rekey")
    results = []
    for p in prompts:
        p.expect(r"Code: $")
    for p, who in zip(prompts, owners):
        p.answer(who.recovery_code(), shown="")
        hcauth("rekey")
        results.append(p.end())
        p.close()
    equal(results, [0] * 20, "sign-ins begun with one key and ended with others")
    with open(KEY, "rb") as f:
        true(f.read() != before, "another key")
    st = os.stat(KEY)
    equal(oct(st.st_mode), "0o100400", "mode")


@case
def a_lost_key():
    os.unlink(KEY)
    true(sign_in(ann, "000000") is not True, "nobody gets in")
    local_user("admin", 1000, "local secret")
    equal(pamtester("su", "admin", answers=["local secret"])[0], 0, "but who is the machine's own")
    status, _, err = run("hcauth", "export", "/root/none")
    true(status == 1 and "hcauth help recover" in err, err)
    status, said = given("recover")
    equal(status, 0, said)
    true(ssh_in(people[1]), "at once, without a restart")


main()
