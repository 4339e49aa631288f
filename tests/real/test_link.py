# SPDX-License-Identifier: Apache-2.0
"""One person, several accounts: linking them, choosing one, and switching from one to another."""
import contextlib
import json
import os
import pwd
import re
import shutil
import subprocess
import tempfile

from drive import Program
from host import local_user, pids
from people import CODE, KEPT, PASSWORD, RECOVERY, SHELL, USERID, Person, audit, hcauth, practice, run
from tap import case, equal, main, true

OFFER = r"Do you have another user ID\? Type it to bring it under \S+, or press Enter: $"
CHOOSE = r"Where do you work today\? Number, or Enter for 1: $"
ITS_PASSWORD = r"Its password, or activation code: $"
ITS_CODE = r"Code from the app of that account( \(if it has none, press Enter\))?: $"
PIN = r"PIN: $"
PIN_OF_ANN = "70413"
TREE = os.environ["HC_TREE"]

for example in ("login", "su", "sshd"):
    shutil.copy("%s/conf/pam.d/%s" % (TREE, example), "/etc/pam.d/")
practice()
practice("elm", "Elm Road Clinic")
local_user("plain", 3000, "a word of plain's")


class Legacy(Person):
    """An account that signs in by its user ID, and is nobody's yet."""

    def __init__(self, user_id, user, practice="elm"):
        out = hcauth("account", "add", user_id, "--practice", practice, "--user", user)
        self.activation = out.split("\n")[-2].strip()
        self.email = self.user_id = user_id     # what it signs in with
        self.user = user
        self.password = "four blue kettles of %s" % user
        self.totp, self.step, self.recovery = None, 0, {}


ann = Person("ann", 1).enrol()


def leave(p):
    p.type("exit")
    equal(p.end(), 0, "exit status")


def does(p, command, says):
    p.type(command)
    p.expect(says)
    p.expect(SHELL)


def new_codes(person):
    with Program(["hcauth", "codes"], uid=pwd.getpwnam(person.user).pw_uid) as p:
        person.sign_in(p)
        p.expect(KEPT)
        person.recovery = {int(slot): code for code, slot in re.findall(RECOVERY, p.before.replace("\r", ""))}
        p.answer("yes")
        equal(p.end(), 0, "hcauth codes")


def code_of(person):
    """A recovery code: one from the app is there only twice a minute."""
    if not person.recovery:
        new_codes(person)
    return person.recovery_code()


def prove(p, person):
    person.sign_in(p, code=code_of(person))


@contextlib.contextmanager
def at_work(person, *answers, name=None):
    """A session at login(1): answers are pairs of a prompt and what is typed there."""
    with person.login(name) as p:
        prove(p, person)
        person.has_phone(p)
        for prompt, answer in answers:
            p.expect(prompt)
            p.answer(answer, shown="")
        p.expect(SHELL)
        yield p
        leave(p)


def owner_of(user_id):
    return json.loads(hcauth("account", "show", user_id, "--json"))["identity"]


def refused_everywhere(account):
    """Its own user ID and password: at login, over ssh, by su, and in the directory."""
    with account.login() as p:
        p.expect(PASSWORD)
        p.secret(account.password)
        p.expect("Login incorrect")
    for name in (account.user_id, account.user):
        with account.ssh("true", name=name) as p:
            account.sign_in(p, code=account.recovery_code())
            p.expect("Permission denied")
    with Program(["su", account.user_id.lower(), "-c", "true"], uid=3000) as p:
        p.expect("does not exist")
    with Program(["su", account.user, "-c", "true"], uid=3000) as p:
        account.sign_in(p, code=account.recovery_code())
        p.expect("Authentication failure")
    equal(run("getent", "passwd", account.user_id)[0], 2, "getent passwd " + account.user_id)
    equal(run("getent", "passwd", account.user)[0], 0, "its user is there")


@case
def chooses_a_pin():
    with at_work(ann) as p:
        p.type("hcauth pin")
        prove(p, ann)
        for prompt in (r"New PIN: $", r"New PIN again: $"):
            p.expect(prompt)
            p.secret(PIN_OF_ANN)
        p.expect("Your PIN is changed")
        p.expect(SHELL)


@case
def one_account_is_nothing_to_choose_or_switch():
    with at_work(ann) as p:
        does(p, "hcauth switch", "You have one account only")
        does(p, "hcauth default", "You have one account only")


@case
def links_an_account_by_its_password_and_code():
    global elm
    elm = Legacy("HC000002", "ann-elm").enrol()
    with open("/home/ann-elm/letter", "w") as f:
        f.write("private\n")
    with at_work(ann, (OFFER, "")) as p:        # asked once, and not now, thank you
        p.type("hcauth link")
        prove(p, ann)
        p.expect(USERID)
        p.answer("hc000002")
        p.expect(ITS_PASSWORD)
        p.secret(elm.password + "?")
        p.expect("That user ID and password do not match.")
        p.expect(SHELL)
        equal(owner_of(elm.user_id), None, "the owner, after a wrong password")
        p.type("hcauth link")
        prove(p, ann)
        p.expect(USERID)
        p.answer("hc000002")
        p.expect(ITS_PASSWORD)
        p.secret(elm.password)
        p.expect(ITS_CODE)
        p.secret(elm.recovery_code())
        p.expect("HC000002 at Elm Road Clinic is yours now: from now on, sign in as ann@example.org")
        p.expect(SHELL)
    equal(owner_of(elm.user_id), ann.email, "the owner")
    true("linked" in [r["event"] for r in audit(ann)], "in the audit")


@case
def its_own_user_id_and_password_are_refused_at_once():
    refused_everywhere(elm)


@case
def links_an_account_by_its_activation_code_over_ssh():
    oak = Legacy("HC000003", "ann-oak", "stj")
    with ann.ssh(options=("-tt",)) as p:
        prove(p, ann)
        ann.has_phone(p)
        p.expect(SHELL)         # no question here: a connection has little time
        p.type("hcauth link")
        prove(p, ann)
        p.expect(USERID)
        p.answer("HC000003")
        p.expect(ITS_PASSWORD)
        p.secret(oak.activation)
        p.expect("HC000003 at St John's Surgery is yours now")
        p.expect(SHELL)
        leave(p)
    equal(owner_of(oak.user_id), ann.email, "the owner")
    with oak.login() as p:
        p.expect(PASSWORD)
        p.secret(oak.activation)
        p.expect("Login incorrect")


@case
def chooses_where_to_work_at_login():
    for number, user in (("2", "ann-elm"), ("", "ann-elm"), ("2", ann.user)):
        with at_work(ann, (CHOOSE, number)) as p:
            does(p, "id -un", r"\n%s\r?\n" % user)
    hcauth("unlock", ann.email)


@case
def chooses_the_default():
    with at_work(ann, name=ann.user) as p:
        does(p, "hcauth accounts", r"HC000001 .*\(you are here\)  \(default\)")
        does(p, "hcauth default HC000099", "You have no such account")
        does(p, "hcauth default hc000002", "HC000002 at Elm Road Clinic is your default account now")
        equal(pwd.getpwnam(ann.email).pw_name, "ann-elm", "whom the address stands for")
        p.type("hcauth default")
        p.expect(r"1  Elm Road Clinic \(HC000002\)")
        p.expect(r"Which account shall be your default\? Number, or Enter for 1: $")
        p.answer("")
        p.expect("HC000002 at Elm Road Clinic is your default")
        p.expect(SHELL)
    with ann.ssh("id", "-un") as p:
        prove(p, ann)
        ann.has_phone(p)
        p.expect(r"(?m)^ann-elm\r?$")


# --- switching ---

@case
def switches_by_her_pin_and_comes_back():
    with at_work(ann, name=ann.user) as p:
        p.type("hcauth switch HC000002")
        p.expect(r"Elm Road Clinic \(HC000002\). To come back, type: exit")
        p.expect(PIN)
        p.secret(PIN_OF_ANN)
        p.expect(SHELL)
        does(p, "id -un; pwd; tty", r"\nann-elm\r?\n/home/ann-elm\r?\n")
        does(p, "echo $HCAUTH_ACCOUNT $HCAUTH_PRACTICE", r"\nHC000002 elm\r?\n")
        does(p, "cat letter", r"\nprivate\r?\n")
        does(p, "ls /home/%s" % ann.user, "Permission denied")
        p.type("hcauth switch ann-oak")     # and on from there
        p.expect(PIN)
        p.secret(PIN_OF_ANN)
        p.expect(SHELL)
        does(p, "id -un", r"\nann-oak\r?\n")
        does(p, "cat /home/ann-elm/letter", "Permission denied")
        for user in ("ann-elm", ann.user):
            p.type("exit")
            p.expect(SHELL)
            does(p, "id -un", r"\n%s\r?\n" % user)


@case
def is_asked_which():
    with at_work(ann, name=ann.user) as p:
        p.type("hcauth switch")
        p.expect(r"Switch to which account\? Number, or Enter for 1: $")
        true("HC000001" not in p.before, "the one that she is in is not offered")
        number = next(x.split()[0] for x in p.before.splitlines() if "HC000002" in x)
        p.answer(number)
        p.expect(PIN)
        p.secret(PIN_OF_ANN)
        p.expect(SHELL)
        does(p, "id -un", r"\nann-elm\r?\n")
        p.type("exit")
        p.expect(SHELL)


@case
def a_wrong_pin_is_refused_and_counted():
    def wrong():
        return [r["detail"] for r in audit(ann) if r["event"] == "refused" and r["service"] == "su-l"].count("pin wrong")

    before = wrong()
    with at_work(ann, name=ann.user) as p:
        p.type("hcauth switch HC000002")
        p.expect(PIN)
        p.secret("00000")
        p.expect("Authentication failure")
        p.expect(SHELL)
        does(p, "id -un", r"\n%s\r?\n" % ann.user)
        p.type("")      # leave() expects the status of the last command
        p.expect(SHELL)
        p.type("true")
        p.expect(SHELL)
    equal(wrong(), before + 1, "wrong PINs in the audit")


@case
def nobody_else_has_her_shift():
    """While she is signed in, another user of the machine who knows her PIN is asked the whole rule."""
    with at_work(ann, name=ann.user):
        with Program(["su", "-l", "ann-elm"], uid=3000) as p:
            equal(p.expect(PASSWORD, PIN), 0, "what is asked")


@case
def over_ssh_the_whole_rule_is_asked():
    with ann.ssh(options=("-tt",), name=ann.user) as p:
        prove(p, ann)
        ann.has_phone(p)
        p.expect(SHELL)
        p.type("hcauth switch HC000002")
        equal(p.expect(PASSWORD, PIN), 0, "what is asked")
        p.secret(ann.password)
        p.expect(CODE)
        p.secret(code_of(ann))
        p.expect(SHELL)
        does(p, "id -un", r"\nann-elm\r?\n")
        p.type("exit")
        p.expect(SHELL)
        leave(p)


@case
def the_whole_rule_is_asked_when_the_pin_is_new():
    with at_work(ann, name=ann.user) as p:
        p.type("hcauth pin")
        prove(p, ann)
        for prompt in (r"New PIN: $", r"New PIN again: $"):
            p.expect(prompt)
            p.secret("80524")
        p.expect("Your PIN is changed")
        p.expect(SHELL)
        p.type("hcauth switch HC000002")
        equal(p.expect(PASSWORD, PIN), 0, "what is asked")
        p.interrupt()
        p.expect(SHELL)
        p.type("true")
        p.expect(SHELL)


@case
def links_at_the_question_and_works_there_at_once():
    bob = Person("bob", 11).enrol()
    Legacy("HC000012", "bob-elm").enrol()
    other = Legacy("HC000013", "bob-oak")
    with at_work(bob, (OFFER, "HC000013"), (ITS_PASSWORD, other.activation), (CHOOSE, "2")) as p:
        does(p, "id -un", r"\nbob-oak\r?\n")
    with at_work(bob, (CHOOSE, "")) as p:       # and is not asked again
        does(p, "id -un", r"\nbob-oak\r?\n")


# --- killed ---

def link(person, account):
    """hcauth link up to the last prompt; its answer is still to be typed."""
    p = Program(["hcauth", "link"], uid=pwd.getpwnam(person.user).pw_uid)
    prove(p, person)
    p.expect(USERID)
    p.answer(account.user_id)
    p.expect(ITS_PASSWORD)
    return p


def calls_of(pid, program, answer, *how):
    """Answers while strace watches the conversation; returns its system calls, by name."""
    log = tempfile.mktemp(dir="/run/host")
    with subprocess.Popen(["strace", "-o", log, *how, "-p", str(pid)], stderr=subprocess.PIPE, text=True) as strace:
        line = strace.stderr.readline()
        true("attached" in line, "strace: " + line)
        program.secret(answer)
        program.end()
        strace.communicate()
    with open(log) as f:
        return [m.group(1) for m in re.finditer(r"(?m)^(\w+)\(", f.read())]


@case
def killed_at_any_point_of_its_commit_it_is_linked_or_not():
    """Before writes of the store and of the directory, from the first to the last. A person each: whose
    conversations fail is made to wait."""
    kit = Person("kit", 20).enrol()
    first = Legacy("K0", "k0-elm")
    with link(kit, first) as p:
        calls = calls_of(pids("hcauth-talk")[0], p, first.activation)
    equal(owner_of("K0"), kit.email, "not killed")
    points = [(name, calls[:n].count(name) + 1) for n, name in enumerate(calls)]
    writes = [x for x in points if re.match("p?write|f(data)?sync|rename|msync", x[0])]
    true(len(writes) > 4, "writes in the trace: %s" % calls)
    linked = tried = 0
    for name, k in writes[::max(1, len(writes) // 10)]:
        tried += 1
        where = "killed before %s %d: " % (name, k)
        who = Person("k%c" % (96 + tried), 20 + tried).enrol()
        account = Legacy("K%d" % tried, "k%d-elm" % tried)
        with link(who, account) as p:
            calls_of(pids("hcauth-talk")[0], p, account.activation, "-e", "inject=%s:signal=KILL:when=%d" % (name, k))
        owner = owner_of(account.user_id)       # as the next conversation has it
        true(owner in (None, who.email), where + "whose it is: %s" % owner)
        theirs = json.loads(hcauth("identity", "show", who.email, "--json"))["accounts"]
        equal(account.user_id in theirs, owner is not None, where + "among theirs")
        with account.login() as p:
            p.expect(PASSWORD)
            p.secret(account.activation)
            equal(p.expect("Login incorrect", "Welcome"), 0 if owner else 1, where + "its activation code")
        linked += owner is not None
    print("# killed before each of %d writes out of %d: linked by %d" % (tried, len(writes), linked))
    true(0 < linked < tried, "both before and after the commit")
    equal(json.loads(hcauth("status", "--json"))["audit_chain"], "good", "the audit's chain")


main()
