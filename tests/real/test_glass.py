# SPDX-License-Identifier: Apache-2.0
# messages: yes
"""Break-glass: a code in a sealed envelope, at login(1); its messages, its two hours, and a kill -9 in the middle."""
import json
import pwd
import re
import subprocess
import threading

from drive import Program
from host import daemon_down, daemon_up, pids
from people import CODE, PASSWORD, SHELL, Person, hcauth, practice, wait_mail, wait_sms
from tap import case, equal, main, true

CONF = "/etc/hcauth/hcauthd.conf"
PIN = "73915"
ENVELOPE = r"Put into it:\s+([0-9A-Z]{4}(?:-[0-9A-Z]{4}){3})\s"

with open(CONF) as f:
    AS_SHIPPED = f.read()


def settings(text):
    with open(CONF, "w") as out:
        out.write(text)
    daemon_down()
    daemon_up()


settings(AS_SHIPPED.replace("break-glass = no", "break-glass = yes"))
practice()


def somebody(first, number):
    """Signed in once, with an e-mail address and a mobile number that are verified."""
    who = Person(first, number)
    who.mobile = "+4416329600%02d" % number
    with who.login() as p:
        who.first_sign_in(p)
        while True:
            n = p.expect(r"New PIN( again)?: $", r"your own e-mail address\?[^:]*: $", r"Code from the e-mail: $",
                         r"Your mobile number[^:]*: $", r"Code from the text message: $", SHELL)
            if n == 5:
                break
            if n == 0:
                p.secret(PIN)
            else:
                answer = (lambda: "yes", lambda: wait_mail(who.email).code, lambda: who.mobile,
                          lambda: wait_sms(who.mobile).code)[n - 1]
                p.answer(answer(), shown="")
        p.type("exit")
        p.end()
    return who


ann = somebody("ann", 1)     # manages
ben = somebody("ben", 2)
cat = somebody("cat", 3)
hcauth("practice", "set", "stj", "--manager", ann.email, "--break-glass", "yes")


def new_code():
    return re.search(ENVELOPE, hcauth("break-glass", "new", "stj")).group(1)


def in_and_out(p, who):
    p.expect(SHELL)
    p.type("id -un")
    p.expect(r"(?m)^%s\r?$" % who.user)
    p.expect(SHELL)
    p.type("exit")
    p.end()


def broken():
    return [r["detail"] for r in json.loads(hcauth("audit", "--json")) if r["event"] == "BREAK-GLASS"]


def next_message(wait, to, part):
    """The next message of that kind: those of a set-up may stand before it."""
    while True:
        m = wait(to)
        if part in m.text:
            return m


@case
def a_managers_command_prints_the_envelope_after_a_code_of_their_own():
    with Program(["hcauth", "break-glass", "new", "stj"], uid=pwd.getpwnam(ann.user).pw_uid) as p:
        p.expect(CODE)
        p.answer(ann.code(), shown="")
        p.expect("Write on the envelope:")
        p.expect(ENVELOPE)
        code = p.match.group(1)
        equal(p.end(), 0, "status")
    out = hcauth("break-glass")
    true(ann.user_id in out and "not used" in out and code not in out, out)


@case
def it_stands_in_for_the_phone_once_and_everybody_is_told():
    code = new_code()
    with ben.ssh("true") as p:      # over the network it is nothing
        ben.sign_in(p, code=code)
        p.expect("Permission denied")
    with ben.login() as p:
        ben.sign_in(p, code=code)
        p.expect(r"Signed in by break-glass until \d\d:\d\d\. Your managers have been told\.")
        p.expect(SHELL)
        true("BREAK-GLASS" in hcauth("who"), "who")
        p.type("exit")
        p.end()
    what = "Ben Example, in place of the code"
    stop = "hcauth account disable " + ben.user_id
    m = next_message(wait_mail, ann.email, "sealed envelope")
    true(what in m.text.replace("\n", " ") and m.subject == "BREAK-GLASS at St John's Surgery", m.subject + m.text)
    true(stop in m.text.replace("\n", " "), "how to stop it")
    m = next_message(wait_sms, ann.mobile, "BREAK-GLASS")
    true(what in m.text and stop in m.text, "the text message to the manager")
    true("your code" in next_message(wait_mail, ben.email, "sealed envelope").text, "the e-mail to ben")
    true("your code" in next_message(wait_sms, ben.mobile, "sealed envelope").text, "the text message to ben")
    equal(len(broken()), 1, "records")
    with cat.login() as p:
        cat.sign_in(p, code=code)
        p.expect("Login incorrect")
    true(ben.user_id in hcauth("break-glass"), "the list says who used it")


@case
def for_two_hours_the_phone_is_not_asked_for_here():
    with ben.login() as p:
        p.expect(PASSWORD)
        p.secret(ben.password)
        p.expect("You are in by break-glass until")
        in_and_out(p, ben)
    with ben.ssh("true") as p:
        ben.sign_in(p)      # and over the network it is
        equal(p.end(), 0, "status")
    # the phone is there again: the two hours are over
    with ben.login() as p:
        ben.sign_in(p)
        in_and_out(p, ben)


@case
def it_stands_in_for_the_password():
    with cat.login() as p:
        p.expect(PASSWORD)
        p.secret(new_code())
        p.expect(CODE)
        p.answer(cat.code(), shown="")
        p.expect("To choose a new password")
        in_and_out(p, cat)
    hcauth("break-glass", "drop", "stj")
    with cat.login() as p:
        cat.sign_in(p)
        in_and_out(p, cat)


@case
def of_two_at_once_one_is_in():
    code = new_code()
    told = []

    def sign_in(who):
        with who.login() as p:
            who.sign_in(p, code=code)
            told.append(p.expect("Login incorrect", "Signed in by break-glass"))

    both = [threading.Thread(target=sign_in, args=(who,)) for who in (ben, cat)]
    for t in both:
        t.start()
    for t in both:
        t.join()
    equal(sorted(told), [0, 1], "refused, in")
    equal(hcauth("break-glass").count("not used"), 0, "codes left")
    hcauth("break-glass", "drop", "stj")


@case
def a_kill_after_the_commit_leaves_a_way_in():
    """Killed by strace where it first says anything after the answer: the commit's records, to the journal."""
    code = new_code()
    before = len(broken())
    with ben.login() as p:
        p.expect(PASSWORD)
        p.secret(ben.password)
        p.expect(CODE)
        talk, = pids("hcauth-talk")
        with subprocess.Popen(["strace", "-o", "/dev/null", "-e", "trace=sendto", "-e",
                               "inject=sendto:signal=KILL:when=1", "-p", str(talk)], stderr=subprocess.PIPE,
                              text=True) as strace:
            true("attached" in strace.stderr.readline(), "strace")
            p.answer(code, shown="")
            p.expect("Login incorrect|Cannot make|rror|ailure")
            strace.communicate()
    equal(len(broken()), before + 1, "records")
    true("not used" not in hcauth("break-glass"), "it is spent")
    with ben.login() as p:
        p.expect(PASSWORD)
        p.secret(ben.password)
        p.expect("You are in by break-glass until")
        in_and_out(p, ben)


main()
