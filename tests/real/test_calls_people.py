# SPDX-License-Identifier: Apache-2.0
# messages: yes
"""Kill -9 while somebody's names, codes or links change: all of it is done, or nothing.

Covered: an account made live by the code from the e-mail, a PIN set anew by the code from the text message,
a link, a change of the e-mail address, a leaver. Each is driven as far as its last prompt once; then, from a
copy of the store each time, it is killed before every call that it makes after the last answer and that
changes anything outside of it (writes, syncs, renames, what it sends): between two of those nothing differs.
What root can see of everybody has to be what it was before, or what it is when nobody kills; then what
people have is tried: their names, their old and new secrets, and the code once more."""
import collections
import contextlib
import json
import pwd
import re
import signal
import subprocess
import time

import wire
from drive import PATIENCE, Program
from host import daemon_down, daemon_up, kill, kiosk, pid_of, pids, start, until
from people import (CODE, FORGOTTEN, MAIL_CODE, MOBILE, NEW_PASSWORD, NEW_PASSWORD_AGAIN, PASSWORD, PIN_AGAIN, PIN_NEW,
                    PIN_PROMPT, SMS_CODE, USERID, YOUR_ADDRESS, Person, hcauth, practice, run, wait_mail, wait_sms)
from tap import case, equal, main, true

STATE = "/var/lib/hcauthd"
COPY = "/run/host/copy"
CHANGES = re.compile(r"p?writev?(64)?|f(data)?sync|msync|rename|unlink|link|f(truncate|allocate|chmod|chown)|send")
PIN, NEW_PIN = "73915", "82604"

ADDRESS = r"Your own e-mail address[^:]*: $"
ITS_PASSWORD = r"Its password, or activation code: $"
NO_MATCH = "not match"

kiosk()
practice()


# --- people ---

def first_sign_in(p, who):
    who.first_sign_in(p)
    for prompt in (PIN_NEW, PIN_AGAIN):
        p.expect(prompt)
        p.secret(PIN)


def somebody(first, number):
    """With a PIN, and an e-mail address and a mobile number that are verified."""
    who = Person(first, number)
    who.mobile = "+4416329600%02d" % number
    with wire.Talk(wire.AUTH, "login", who.email) as p:
        first_sign_in(p, who)
        p.expect(YOUR_ADDRESS)
        p.answer("yes")
        p.expect(MAIL_CODE)
        p.answer(wait_mail(who.email).code)
        p.expect(MOBILE)
        p.answer(who.mobile)
        p.expect(SMS_CODE)
        p.answer(wait_sms(who.mobile).code)
        equal(p.end(), "granted", "the first sign-in of " + first)
    true("Your mobile number was changed just now" in wait_mail(who.email).text, "that there is a number now is told")
    return who


class Legacy(Person):
    """An account that is nobody's yet: it signs in by its user ID."""

    def __init__(self, first, number):
        self.email, self.user_id, self.user = first + "@example.org", "HC%06d" % number, first + "e"
        self.password = "%s likes tall green hills" % first
        self.step = 0
        self.activation = hcauth("account", "add", self.user_id, "--practice", "stj", "--user",
                                 self.user).split("\n")[-2].strip()


def sign_in(who, name=None, code=None):
    """By the password and a recovery code; how it ended."""
    with wire.Talk(wire.AUTH, "sshd", name or who.email, rhost="192.0.2.1") as p:
        who.sign_in(p, code=code or who.recovery_code())
        while p.result is None:
            asked = p.asked
            read_on(p)
            if p.asked > asked:
                p.answer("")
        return p.result


def with_pin(who, pin):
    return wire.sign_in(who, pin, "", "", service="kiosk", rhost="") == "granted"


def forgotten(who, service, prompt, rhost=""):
    """Enter, Enter, yes."""
    p = wire.Talk(wire.AUTH, service, who.email, rhost=rhost)
    for _ in range(2):
        p.expect(prompt)
        p.answer("")
    p.expect(FORGOTTEN)
    p.answer("yes")
    return p


def command(who, *args):
    return Program(["hcauth", *args], uid=pwd.getpwnam(who.user).pw_uid)


# --- killed ---

def read_on(p):
    """Up to the next prompt, or to the end."""
    if isinstance(p, Program):
        p.end()
        return
    asked, deadline = p.asked, time.monotonic() + PATIENCE
    while p.asked == asked and p.take(deadline):
        pass


def quiet():
    until("conversations have ended", lambda: not pids("hcauth-talk"))


@contextlib.contextmanager
def courier_stopped():
    until("all messages have gone", lambda: hcauth("outbox", "--json").strip() == "[]")
    kill(pid_of("hcauth-courier"), signal.SIGTERM)
    try:
        yield
    finally:
        start("hcauth-courier")


def copy(source, target):
    """With the guard, which would notice else that the store is an older one."""
    quiet()
    subprocess.run(["cp", "-a", "--remove-destination", source + "/.", target], check=True)


def put_back():
    """With another daemon: this one makes those wait whose conversations have failed."""
    daemon_down()
    copy(COPY, STATE)
    daemon_up()


def seen(names):
    """What root can see, without its times."""
    def rows(*args):
        found = json.loads(hcauth(*args, "--json"))
        for row in found if isinstance(found, list) else [found]:
            for key in ("time", "made", "due", "created", "last_sign_in", "number"):
                row.pop(key, None)
        return found

    def by(key, found):
        return sorted(found, key=lambda row: row[key])

    return {
        "people": [rows("identity", "show", i["email"]) for i in by("email", rows("identity", "list"))],
        "accounts": [rows("account", "show", a["userid"]) for a in by("userid", rows("account", "list"))],
        "managers": rows("practice", "show", "stj")["managers"],
        "messages": rows("outbox"),
        "audit": [r for r in rows("audit") if r["who"] != gus.email],  # a manager's proof is a commit of its own
        "names": {n: run("getent", "passwd", n)[1] for n in names},
    }


def traced(p, give, *how):
    """Gives the last answer while strace watches the conversation, until it asks more or has ended; returns
    strace's lines."""
    log = "/run/host/calls"
    pid, = pids("hcauth-talk")
    with subprocess.Popen(["strace", "-o", log, *how, "-p", str(pid)], stderr=subprocess.PIPE, text=True) as strace:
        line = strace.stderr.readline()
        true("attached" in line, "strace: " + line)
        give(p)
        read_on(p)
        p.__exit__()
        strace.communicate()
    with open(log, errors="replace") as f:
        return f.read().splitlines()


def points(lines):
    """Each call that changes something, as strace's injection counts them. A commit is one of them (the store's
    pwrite64), and so is a rename."""
    count = collections.Counter()
    found = []
    for name in (line.split("(")[0] for line in lines if "(" in line):
        count[name] += 1
        if CHANGES.match(name):
            found.append((name, count[name]))
    return found


def at_every_point(people, names, begin, give, check):
    """begin() is a conversation at its last prompt, give(it) the answer, check(done, where) tries the rest."""
    copy(STATE, COPY)
    spent = [(w, dict(w.recovery), w.step) for w in (*people, gus)]

    def one(*how, cut=False):
        put_back()
        for w, codes, step in spent:
            w.recovery, w.step = dict(codes), step
        lines = []
        with begin() as p:
            if cut:
                kill(pids("hcauth-talk")[0])
            else:
                lines = traced(p, give, *how)
        quiet()
        from_then = time.monotonic()
        true(with_pin(gus, PIN), "somebody else's sign-in")
        took = time.monotonic() - from_then
        true(took < 8, "somebody else's sign-in took %.1f s" % took)
        return lines, seen(names)

    before = one(cut=True)[1]
    lines, after = one()
    true(before != after, "there is something to see")
    check(True, "not killed: ")
    todo = points(lines)
    done, was = 0, False
    for i, (name, k) in enumerate(todo):
        where = "killed before %s %d: " % (name, k)
        lines, now = one("-e", "inject=%s:signal=KILL:when=%d" % (name, k))
        true("killed by SIGKILL" in lines[-1], where + "it was not")
        other = {k: now[k] for k in now if now[k] not in (before[k], after[k])}
        true(now in (before, after), where + "half done: %s" % other)
        # What they have is tried where it can have changed: about each commit and rename, and at both ends.
        if i in (0, len(todo) - 1) or {todo[i - 1][0], name} & {"pwrite64", "rename", "renameat"} or (now == after) != was:
            check(now == after, where)
        was = now == after
        done += was
        hcauth("audit", "verify")
        equal(json.loads(hcauth("status", "--json"))["directory_published"], True, where + "published")
    put_back()
    print("# killed before each of %d calls: %d times it was done" % (len(todo), done))
    true(1 < done < len(todo) - 1, "both before and after the commit")


def found(name):
    return run("getent", "passwd", name)[0] == 0


@case
def an_account_is_made_live():
    ann = Legacy("ann", 11)
    with wire.Talk(wire.AUTH, "login", ann.user_id) as p:
        first_sign_in(p, ann)
        p.expect(ADDRESS)
        p.answer(ann.email)
        p.expect(MAIL_CODE)
    code = wait_mail(ann.email).code

    def begin():
        p = wire.Talk(wire.AUTH, "login", ann.user_id)
        ann.sign_in(p)
        p.expect(MAIL_CODE)
        return p

    def check(done, where):
        equal(found(ann.email), done, where + "the address is known")
        true(done or found(ann.user_id), where + "the user ID is known")     # after it, as long as login may ask for it
        if not done:
            equal(sign_in(ann), "refused", where + "the address")
            with begin() as p:
                p.answer(code)
                equal(p.expect(r"From now on, sign in as", NO_MATCH), 0, where + "the code once more")
            return
        equal(sign_in(ann, ann.user_id), "refused", where + "the user ID")
        with wire.Talk(wire.AUTH, "login", ann.email) as p:
            ann.sign_in(p, code=ann.recovery_code())
            ann.has_phone(p)
            equal(p.expect(MOBILE, MAIL_CODE), 0, where + "the code is not asked for")

    with courier_stopped():
        at_every_point([ann], [ann.user_id, ann.email, ann.user], begin, lambda p: p.answer(code), check)


def type_mail_code(p, who):
    p.expect(MAIL_CODE)
    p.answer(wait_mail(who.email).code)
    p.expect(SMS_CODE)


def sms_code_is(good, who, sms, service, prompt, then, where, rhost=""):
    """Once more with the code from the text message: it goes on there, or all begins anew."""
    with forgotten(who, service, prompt, rhost) as p:
        equal(p.expect(SMS_CODE, MAIL_CODE), 0 if good else 1, where + "what is asked for")
        p.answer(sms)
        equal(p.expect(then, NO_MATCH), 0 if good else 1, where + "the code once more")


def is_set_anew(who, service, prompt, chosen, prompts, opens, rhost=""):
    """opens(done): whether the secret does that is to be good."""
    def begin():
        p = forgotten(who, service, prompt, rhost)
        p.expect(SMS_CODE)
        p.answer(sms)
        for n, prompt_new in enumerate(prompts):
            p.expect(prompt_new)
            if n == 0:
                p.answer(chosen)
        return p

    def check(done, where):
        equal((opens(False), opens(True)), (not done, done), where + "the old secret and the new one")
        sms_code_is(not done, who, sms, service, prompt, prompts[0], where, rhost)

    with forgotten(who, service, prompt, rhost) as p:
        type_mail_code(p, who)
        sms = wait_sms(who.mobile).code
        p.answer(sms)
        if p.expect(prompts[0], CODE) == 1:
            p.answer(who.recovery_code())
            p.expect(prompts[0])
    with courier_stopped():
        at_every_point([who], [who.email], begin, lambda p: p.answer(chosen), check)


@case
def a_pin_is_set_anew():
    ben = somebody("ben", 12)
    is_set_anew(ben, "kiosk", PIN_PROMPT, NEW_PIN, (PIN_NEW, PIN_AGAIN),
                lambda new: with_pin(ben, NEW_PIN if new else PIN))


@case
def a_password_is_set_anew():
    eve = somebody("eve", 13)
    old, new = eve.password, "nine loud badgers at noon"

    def opens(is_new):
        eve.password = new if is_new else old
        return sign_in(eve) == "granted"

    is_set_anew(eve, "sshd", PASSWORD, new, (NEW_PASSWORD, NEW_PASSWORD_AGAIN), opens, "192.0.2.1")


def proved(who, *args):
    p = command(who, *args)
    who.sign_in(p)
    return p


@case
def an_account_is_linked():
    cat, other = somebody("cat", 14), Legacy("catx", 24)

    def begin():
        p = proved(cat, "link")
        p.expect(USERID)
        p.answer(other.user_id)
        p.expect(ITS_PASSWORD)
        return p

    def check(done, where):
        equal(found(other.user_id), not done, where + "its user ID")
        with wire.Talk(wire.AUTH, "login", other.user_id) as p:
            p.expect(PASSWORD)
            p.answer(other.activation)
            read_on(p)
            equal("New password" in p.screen, not done, where + "its activation code")
        equal(sign_in(cat), "granted", where + "whose it may be")

    with courier_stopped():
        at_every_point([cat], [other.user_id, other.user, cat.email], begin,
                       lambda p: p.secret(other.activation), check)


@case
def an_address_is_changed():
    dan = somebody("dan", 15)
    old, new = dan.email, "dan@home.example"

    def begin(address=new):
        p = proved(dan, "email", address)
        p.expect(MAIL_CODE)
        return p

    def check(done, where):
        equal((found(old), found(new)), (not done, done), where + "who is known")
        equal([sign_in(dan, name) for name in (old, new)], ["refused", "granted"] if done else ["granted", "refused"],
              where + "who signs in")
        daemon_down()       # this one makes dan wait
        daemon_up()
        with begin("dan@third.example" if done else new) as p:
            p.answer(code)
            equal(p.expect(r"From now on, sign in as", NO_MATCH), int(done), where + "the code once more")

    with begin():
        code = wait_mail(new).code
    with courier_stopped():
        at_every_point([dan], [old, new, dan.user], begin, lambda p: p.answer(code), check)


@case
def somebody_leaves():
    """By a manager; with a code on its way, and one that has arrived."""
    fay = somebody("fay", 16)
    hcauth("practice", "set", "stj", "--manager", gus.email)
    uid = pwd.getpwnam(fay.user).pw_uid
    with forgotten(fay, "kiosk", PIN_PROMPT) as p:
        type_mail_code(p, fay)
    sms = wait_sms(fay.mobile).code

    def begin():
        p = command(gus, "leave", fay.user_id, "--end-sessions")
        p.expect(CODE)
        return p

    def check(done, where):
        equal(sign_in(fay), "refused" if done else "granted", where + "the password")
        equal(with_pin(fay, PIN), not done, where + "the PIN")
        sms_code_is(not done, fay, sms, "kiosk", PIN_PROMPT, PIN_NEW, where)
        equal("uid %d " % uid in hcauth("end-sessions"), done, where + "sessions to end")

    with courier_stopped():
        with forgotten(fay, "sshd", PASSWORD, "192.0.2.1") as p:
            p.expect(MAIL_CODE)
        at_every_point([fay], [fay.email, fay.user_id, fay.user], begin, lambda p: p.answer(gus.recovery_code()), check)


gus = somebody("gus", 1)
main()
