# SPDX-License-Identifier: Apache-2.0
# messages: yes
"""Joining: invitations and their letters, requests at login(1), and the import of a large practice."""
import csv
import json
import os
import pwd
import re
import shutil
import signal
import stat
import subprocess
import time

from drive import Program
from host import kill, pids, until
from people import NEW_PASSWORD, PASSWORD, SHELL, Person, hcauth, practice, run, wait_mail
from tap import case, equal, main, true

TREE = os.environ["HC_TREE"]
PEOPLE, ACCOUNTS, PRACTICES = 2000, 5000, 20
QUESTION = r"(?:skip for now|press Enter)[^\n]*: $"


def in_shell(p):
    """Past what is asked once, to the shell."""
    while p.expect(SHELL, QUESTION) != 0:
        p.type("")


practice()
practice("spf", "St Paul's Surgery")
ann = Person("ann", 1, groups="clinicians")
at_work = ann.login()   # where she stays
ann.first_sign_in(at_work)
in_shell(at_work)
hcauth("practice", "set", "stj", "--manager", ann.email)
UID = pwd.getpwnam(ann.user).pw_uid


class Invited(Person):
    """Somebody with a user ID and an activation code, as a letter has them."""

    def __init__(self, first, user_id, activation):
        self.email = self.user_id = user_id
        self.activation = activation
        self.password = "%s likes tall green hills" % first
        self.totp, self.step, self.recovery = None, 0, {}

    def begins(self):
        """Signs in with the code, as far as the question for a password of one's own."""
        with self.login() as p:
            p.expect(PASSWORD)
            p.secret(self.activation)
            p.expect(NEW_PASSWORD)


def value(letter, label):
    """What stands behind a label of a letter."""
    return next(line[len(label):].strip() for line in letter.splitlines() if line.startswith(label))


def reader(letter, first):
    return Invited(first, value(letter, "User ID:"), value(letter, "Activation code:"))


def manager(command):
    """ann types a command in her shell, and proves who she is if she is asked; its status and what it said."""
    at_work.type(command + "; echo status=$?")
    said = ""
    while at_work.expect(r"status=(\d+)\r?\n", r"Code: $") != 0:
        said += at_work.before
        at_work.answer(ann.code(), shown="")
    said += at_work.before
    status = int(at_work.match.group(1))
    at_work.expect(SHELL)
    return status, said.replace("\r", "")


@case
def a_manager_prints_a_letter_and_its_person_signs_in():
    status, said = manager("hcauth invite --practice stj --name \"Zoë O'Neill\" --groups clinicians --letter zoe.pdf")
    equal(status, 0, "status (%s)" % said)
    true("The letter is in zoe.pdf." in said, "it says where the letter is: " + said)
    true("Activation" not in said, "and does not show it: " + said)
    status, said = manager("hcauth invite --practice stj --name \"Another\" --letter zoe.pdf")
    equal(status, 1, "a file that is there (%s)" % said)
    path = "/home/%s/zoe.pdf" % ann.user
    st = os.stat(path)
    equal((st.st_uid, oct(stat.S_IMODE(st.st_mode))), (UID, "0o600"), "the letter's owner and mode")
    _, text, _ = run("pdftotext", "-layout", path, "-")
    true(text.startswith("St John's Surgery\n"), "the heading: " + text)
    true("Zoë O'Neill" in text, "the name: " + text)
    _, info, _ = run("pdfinfo", path)
    true("A4" in info and "Pages:           1" in info, "one page of A4: " + info)
    zoe = reader(text, "zoe")
    true(zoe.user_id in [a["userid"] for a in json.loads(hcauth("account", "list", "--json"))], "the user ID")
    with zoe.login() as p:
        zoe.first_sign_in(p)
        in_shell(p)
        p.type("id -un; id -Gn")
        p.expect(r"\nzoneill-stj\r?\n.*clinicians")
    with zoe.login() as p:
        p.expect(PASSWORD)
        p.secret(zoe.activation)
        p.expect(r"Login incorrect")


@case
def a_letter_on_the_screen_and_a_new_one():
    _, said = manager("hcauth invite --practice stj --name 'Ben Sample' --user bens-stj")
    old = reader(said, "ben")
    status, said = manager("hcauth letter %s --letter ben.txt" % old.user_id)
    equal(status, 0, "status (%s)" % said)
    status, _ = manager("hcauth invite --practice spf --name 'Ben Sample'")
    equal(status, 3, "another practice")
    status, _ = manager("hcauth invite --practice stj --name 'Ben Sample' --groups sudo")
    true(status != 0, "a group of the system's")
    with open("/home/%s/ben.txt" % ann.user) as f:
        new = reader(f.read(), "ben")
    equal(new.user_id, old.user_id, "the user ID")
    with old.login() as p:
        p.expect(PASSWORD)
        p.secret(old.activation)
        p.expect(r"Login incorrect")
    new.begins()


@case
def no_letter_without_groff_and_nothing_is_made():
    before = hcauth("account", "list")
    subprocess.run(["mount", "--bind", "/dev/null", "/usr/bin/gropdf"], check=True)
    try:
        status, _, err = run("hcauth", "invite", "--practice", "stj", "--name", "Cat", "--letter", "/run/host/cat.pdf")
    finally:
        subprocess.run(["umount", "/usr/bin/gropdf"], check=True)
    equal(status, 1, "status")
    true("gropdf" in err, "it says what is missing: " + err)
    equal(hcauth("account", "list"), before, "the accounts")
    equal([f for f in os.listdir("/run/host") if "cat" in f or "letter" in f], [], "files")


@case
def a_letter_is_sent():
    status, said = manager("hcauth invite --practice stj --name 'Dee Sent' --email dee@example.org --send")
    equal(status, 0, "status (%s)" % said)
    mail = wait_mail("dee@example.org")
    true("St John's Surgery" in mail.subject, "the subject: " + mail.subject)
    code = next(line.split(": ")[-1] for line in mail.text.splitlines() if "activation code: " in line)
    true(code not in said, "the code is not shown: " + said)
    user_id = next(line.split(": ")[-1] for line in mail.text.splitlines() if line.startswith("1. "))
    Invited("dee", user_id, code).begins()


def newcomer_asks(practice, name, email):
    with Program(["login"]) as p:
        p.expect(r"login: $")
        p.type("newcomer")
        p.expect(r"Which practice\? Its number: $")
        p.type(re.search(r"(?m)^ *(\d+)  %s" % practice, p.before).group(1))
        p.expect(r"Your full name: $")
        p.type(name)
        p.expect(r"Your e-mail address: $")
        p.type(email)
        p.expect(r"Enter to skip: $")
        p.type("")
        p.expect(r"Thank you\. The managers of (.*) will see it\.")
        asked = p.match.group(1)
        p.expect(r"Press Enter to finish\. $")
        p.type("")
        p.end()
    return asked


@case
def a_newcomer_asks_and_a_manager_approves():
    shutil.copy(TREE + "/conf/pam.d/login", "/etc/pam.d/login")
    subprocess.run(["sed", "-i", "s/^#auth\\(.*user = newcomer\\)$/auth\\1/", "/etc/pam.d/login"], check=True)
    subprocess.run(["useradd", "--system", "--home-dir", "/", "--no-create-home", "--shell",
                    "/usr/libexec/hcauth/newcomer", "newcomer"], check=True)
    with open("/run/host/hcauthd.pid") as f:
        os.kill(int(f.read()), signal.SIGHUP)   # there is somebody new who comes on an errand
    uid = str(pwd.getpwnam("newcomer").pw_uid)
    until("hcauthd knows newcomer", lambda: "Which practice" in run(
        "setpriv", "--reuid", uid, "--clear-groups", "hcauth", "request", given="")[2])
    equal(newcomer_asks("St Paul's Surgery", "Eve Asking", "eve@example.org"), "St Paul's Surgery", "the practice")
    equal(newcomer_asks("St John's Surgery", "Fay Asking", "fay@example.org"), "St John's Surgery", "the practice")
    _, said = manager("hcauth requests")
    true("Fay Asking" in said and "Eve" not in said, "her practice's own: " + said)
    number = next(line.split()[0] for line in said.splitlines() if "Fay" in line)
    status, said = manager("hcauth approve %s" % number)
    equal(status, 0, "status (%s)" % said)
    status, _ = manager("hcauth approve %s" % number)
    equal(status, 3, "a second time")
    reader(said, "fay").begins()


@case
def a_manager_refuses():
    newcomer_asks("St John's Surgery", "Gus Asking", "gus@example.org")
    _, said = manager("hcauth requests")
    number = next(line.split()[0] for line in said.splitlines() if "Gus" in line)
    equal(manager("hcauth refuse %s" % number)[0], 0, "status")
    true("Gus" not in manager("hcauth requests")[1], "it is closed")


@case
def newcomer_can_do_nothing_else():
    uid = str(pwd.getpwnam("newcomer").pw_uid)

    def newcomer(*words):
        return run("setpriv", "--reuid", uid, "--clear-groups", *words, given="")

    for words in (("requests",), ("accounts",), ("password",), ("status",), ("practice", "list"), ("request", "--json")):
        true(newcomer("hcauth", *words)[0] != 0, " ".join(words))
    _, out, _ = newcomer("/usr/libexec/hcauth/newcomer", "-c", "echo a shell")
    true("a shell" not in out, "no command: " + out)
    with Program(["login"]) as p:
        p.expect(r"login: $")
        p.type("newcomer")
        p.expect(r"number: $")
        p.type("\x1a", end="")      # Ctrl-Z
        p.type("\x03", end="")      # Ctrl-C
        p.expect(r"Press Enter to finish\. $")
        p.type("\x03", end="")
        p.end()
    with Program(["ssh", "-p", os.environ["SSH_PORT"], "-o", "NumberOfPasswordPrompts=1", "newcomer@testhost"]) as p:
        p.expect(PASSWORD)
        p.secret("")
        true(p.end() != 0, "not over ssh")


# --- the import ---

def counts():
    status = json.loads(hcauth("status", "--json"))
    return status["identities"], status["accounts"]


def staff(path, people, accounts, mark):
    """A file of so many people, who work at several practices each."""
    with open(path, "w", newline="") as f:
        rows = csv.writer(f)
        rows.writerow(["practice", "userid", "user", "name", "email", "mobile", "groups", "manager"])
        for n in range(accounts):
            who, where = n % people, n % PRACTICES
            rows.writerow(["p%02d" % where, "%s%06d" % (mark, n), "", "Jane-%04d Doe, of %s" % (who, mark),
                           "%s%04d@example.org" % (mark.lower(), who), "", "staff%02d,all%02d" % (where, where), ""])


def timed(*args):
    begin = time.monotonic()
    status, out, err = run("hcauth", *args, timeout=120)
    return time.monotonic() - begin, status, out, err


@case
def an_import_names_every_wrong_line():
    with open("/run/host/wrong.csv", "w") as f:
        f.write("practice,name,email\nstj,Jane Doe,jane\nnowhere,Ben,\nstj,Good Person,\n")
    before = counts()
    status, out, err = run("hcauth", "import", "/run/host/wrong.csv")
    equal(status, 1, "status")
    true("line 2: " in err and "line 3: there is no practice " in err, err)
    true("line 4" not in out + err, out + err)
    equal(counts(), before, "people and accounts")
    letters = "/run/host/wrong.txt"
    status, out, err = run("hcauth", "import", "/run/host/wrong.csv", "--letter", letters, "--dry-run")
    equal(status, 1, "with all that its usage has (%s)" % err)
    true("line 2: " in err and not os.path.exists(letters), err)


@case
def a_killed_import_leaves_nothing():
    for n in range(PRACTICES):
        practice("p%02d" % n, "Practice %d" % n)
    staff("/run/host/kill.csv", PEOPLE, ACCOUNTS, "KIL")
    before = counts()
    killed = 0
    for ticks in (2, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50):
        others = set(pids("hcauth-talk"))
        importing = subprocess.Popen(["hcauth", "import", "/run/host/kill.csv"], stdout=subprocess.DEVNULL,
                                     stderr=subprocess.DEVNULL)
        talk = until("a conversation", lambda: list(set(pids("hcauth-talk")) - others) or importing.poll() is not None)
        if talk is True:
            break

        def busy():
            """It has computed for so long."""
            try:
                with open("/proc/%d/stat" % talk[0]) as f:
                    return sum(map(int, f.read().rsplit(")", 1)[1].split()[11:13])) >= ticks
            except OSError:
                return True
        until("it works, or has ended", busy)
        try:
            kill(talk[0])
        except ProcessLookupError:
            pass
        status = importing.wait(20)
        if counts() != before:
            equal(counts(), (before[0] + PEOPLE, before[1] + ACCOUNTS), "all, then")
            break
        true(status != 0, "it says that it has failed")
        killed += 1
    true(killed >= 2, "killed %d times" % killed)


@case
def two_thousand_people_are_imported_in_seconds():
    staff("/run/host/staff.csv", PEOPLE, ACCOUNTS, "HCX")
    before = counts()
    dry, status, out, err = timed("import", "/run/host/staff.csv", "--dry-run")
    equal(status, 0, "dry run (%s)" % err)
    equal(counts(), before, "after a dry run")
    seconds, status, out, err = timed("import", "/run/host/staff.csv", "--letter", "/run/host/letters.txt")
    equal(status, 0, "status (%s)" % err)
    equal(counts(), (before[0] + PEOPLE, before[1] + ACCOUNTS), "people and accounts")
    true("line 5001: HCX004999 " in out, "the last line is in the report")
    with open("/run/host/letters.txt") as f:
        letters = f.read().split("\f\n")
    equal(len(letters), PEOPLE, "letters")
    print("# imported %d people and %d accounts in %.2f s; dry run %.2f s" % (PEOPLE, ACCOUNTS, seconds, dry))
    true(seconds < 100, "%.1f s" % seconds)
    jane = reader(letters[-1].replace("E-mail address:", "User ID:"), "jane")
    jane.begins()
    true("staff07" in run("id", "-Gn", pwd.getpwuid(pwd.getpwnam(out.split("line 9: ")[1].split()[1]).pw_uid).pw_name)[1],
         "a group of theirs")


def quickest(*args):
    """Of some tries: what is slow is so each time, and a machine may be busy for a while."""
    for _ in range(20):
        seconds, status, _, err = timed(*args)
        equal(status, 0, "%s (%s)" % (" ".join(args), err))
        if seconds < 1:
            break
    return seconds


@case
def everything_answers_at_once_at_that_size():
    slow = []
    for args in (["identity", "list"], ["account", "list"], ["account", "list", "--practice", "p03"], ["practice", "list"],
                 ["practice", "show", "p03"], ["account", "show", "HCX001234"], ["audit"], ["status"], ["requests"],
                 ["identity", "show", "hcx0123@example.org"], ["identity", "list", "--json"]):
        seconds = quickest(*args)
        print("# %-40s %.3f s" % (" ".join(args), seconds))
        if seconds > 1:
            slow.append((args, seconds))
    equal(slow, [], "slow ones")


main()
