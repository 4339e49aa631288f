# SPDX-License-Identifier: Apache-2.0
# messages: yes
"""hcauth-courier with a real mail server and gammu-smsd: what arrives, what waits, what is given up."""
import contextlib
import json
import os
import pwd
import re
import shutil
import signal
import socket
import time

import wire
from drive import PATIENCE
from host import kill, pid_of, pids, start, until
from people import hcauth, mails, practice, run, wait_mail, wait_sms
from tap import case, equal, main, true

TREE = os.environ["HC_TREE"]
CONF = "/etc/hcauth/hcauthd.conf"
REFUSED = os.environ["MAIL_DIR"] + ".refused"
LOG = "/run/host/hcauth-courier.log"
WAKE = "/run/hcauthd-courier/wake"
MOBILE = "+441632960001"

practice()


def queue(channel, to, template, name="Ann Example", practice="St John's Surgery", code="", what="Your PIN was changed", minutes=0):
    """Puts a message into the outbox as the daemon does; returns its number."""
    status, out, err = run(TREE + "/build/queue_message", channel, to, template, name, practice, code, what,
                           str(minutes or (15 if code else 0)))
    equal(status, 0, "queue_message (%s)" % err)
    return int(out)


def outbox():
    return {m["number"]: m for m in json.loads(hcauth("outbox", "--json"))}


def tried(number):
    """Waits until a message was tried and is still there."""
    return until("message %d was tried" % number,
                 lambda: next((m for m in outbox().values() if m["number"] == number and m["tries"]), None))


def gone(number):
    until("message %d has gone out" % number, lambda: number not in outbox())


@contextlib.contextmanager
def no_mail_server():
    kill(pid_of("mail-server"), signal.SIGTERM)
    try:
        yield
    finally:
        start(TREE + "/tests/real/mail-server", os.environ["MAIL_DIR"])


@contextlib.contextmanager
def no_courier(how=signal.SIGTERM):
    kill(pid_of("hcauth-courier"), how)
    until("no courier", lambda: not pids("hcauth-courier"))
    try:
        yield
    finally:
        start("hcauth-courier")


@contextlib.contextmanager
def refused(address):
    with open(REFUSED, "w") as f:
        f.write(address)
    try:
        yield
    finally:
        os.unlink(REFUSED)


@contextlib.contextmanager
def sendmail(script):
    """Another program in the place of msmtp."""
    with open("/run/host/sendmail", "w") as f:
        f.write("#!/bin/sh\n" + script)
    os.chmod("/run/host/sendmail", 0o755)
    with open(CONF) as f:
        before = f.read()
    try:
        with open(CONF, "w") as f:
            f.write(before.replace("sendmail = /usr/bin/msmtp", "sendmail = /run/host/sendmail"))
        yield
    finally:
        with open(CONF, "w") as f:
            f.write(before)


# This one is put off at the start, and must have arrived by itself at the end.
with no_mail_server():
    late = queue("email", "late@example.org", "changed")
    put_off = tried(late)


@case
def what_a_command_says_arrives():
    hcauth("practice", "set", "stj", "--shared-addresses", "yes")
    hcauth("identity", "add", "ann@example.org", "--name", "Ann Example")
    hcauth("identity", "share", "ann@example.org", "--name", "Bob Example")
    m = wait_mail("ann@example.org")
    true("Two people" in m.subject, "subject: " + m.subject)
    equal([k for k in m.parsed.keys() if k != "Received"],
          ["Return-Path", "Delivered-To", "From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type",
           "Content-Transfer-Encoding", "Auto-Submitted"], "headers")
    equal(m.parsed["From"], "signin@practice.example", "From")
    equal(m.parsed["Auto-Submitted"], "auto-generated", "Auto-Submitted")
    true("ann@example.org" in m.text, "text: " + m.text)
    until("nothing but the late one is left", lambda: list(outbox()) == [late])


@case
def codes_arrive_on_both_channels():
    queue("email", "ann@example.org", "verify", practice="St Ann\u2019s", code="135790")
    queue("sms", MOBILE, "verify", practice="St Ann\u2019s", code="246801", minutes=5)
    m = wait_mail("ann@example.org")
    equal(m.code, "135790", "code")
    equal(m.subject, "135790 is your code for St Ann\u2019s", "subject")
    true("within 15 minutes" in m.text, "text: " + m.text)
    m = wait_sms(MOBILE)
    equal(m.code, "246801", "code")
    true("St Ann\u2019s" in m.text, "text: " + m.text)


@case
def waits_for_a_server_that_is_down():
    with no_mail_server():
        number = queue("email", "ann@example.org", "changed")
        m = tried(number)
        equal((m["tries"], m["dead"]), (1, False), "tries, dead")
        true("127.0.0.1" in m["error"], "error: " + m["error"])
        queue("sms", MOBILE, "changed")
        true("Your PIN was changed just now" in wait_sms(MOBILE).text, "text messages go out meanwhile")
    hcauth("outbox", "retry", str(number))
    true("Your PIN was changed just now" in wait_mail("ann@example.org").text, "it has arrived")
    gone(number)


@case
def gives_up_what_is_refused_until_told_otherwise():
    with refused("nobody@example.org"):
        number = queue("email", "nobody@example.org", "changed")
        m = tried(number)
        true(m["dead"], "it is a dead letter")
        true("not accepted" in m["error"], "error: " + m["error"])
        line = next(x for x in hcauth("outbox").split("\n") if x.startswith("%d " % number))
        true("nobody@example.org" in line and "given up" in line, line)
    hcauth("outbox", "retry", str(number))
    wait_mail("nobody@example.org")
    gone(number)


@case
def a_dead_letter_has_no_code():
    with refused("nobody@example.org"):
        number = queue("email", "nobody@example.org", "verify", code="975310")
        true(tried(number)["dead"], "it is a dead letter")
    status, _, err = run("hcauth", "outbox", "retry", str(number))
    equal(status, 1, "retry: " + err)
    true("have another one sent" in err, err)
    hcauth("outbox", "drop", str(number))
    true(number not in outbox(), "dropped")


# Sends, then says so by a file and waits for a line of a FIFO.
SENDS_AND_WAITS = """msmtp "$@" || exit
>/run/host/hold/sent
read -r line </run/host/hold/go
"""


@contextlib.contextmanager
def held(to):
    """A message that msmtp has sent while the courier does not know it yet; yields its number."""
    folder = "/run/host/hold"
    os.mkdir(folder)
    os.chmod(folder, 0o777)
    os.mkfifo(folder + "/go")
    os.chmod(folder + "/go", 0o644)
    go = os.open(folder + "/go", os.O_RDWR)     # as a writer alone it would wait for a reader
    try:
        with sendmail(SENDS_AND_WAITS):
            number = queue("email", to, "changed")
            until("it is sent", lambda: os.path.exists(folder + "/sent"))
            true(number in outbox(), "it counts as not sent yet")
            yield number
    finally:
        os.write(go, b"\n\n")     # it may have been sent twice
        until("the program has ended", lambda: not pids("sendmail"))
        os.close(go)
        shutil.rmtree(folder)


@case
def sends_again_when_killed_before_it_could_say_so():
    with held("twice@example.org") as number:
        for pid in pids("hcauth-courier"):
            kill(pid)
    true(number in outbox(), "it is as due as before")
    start("hcauth-courier")
    gone(number)
    first, second = wait_mail("twice@example.org"), wait_mail("twice@example.org", again=True)
    equal(second.parsed["Message-ID"], first.parsed["Message-ID"], "Message-ID of both")
    equal(second.text, first.text, "text of both")


@case
def stops_when_what_it_sends_is_sent():
    with held("once@example.org") as number:
        os.kill(pid_of("hcauth-courier"), signal.SIGTERM)
        queue("email", "after@example.org", "changed")
    until("no courier", lambda: not pids("hcauth-courier"))
    equal((number in outbox(), mails()), (False, wait_mail("once@example.org").number), "in the outbox, e-mails")
    start("hcauth-courier")
    wait_mail("after@example.org")


@case
def loses_nothing_that_is_queued_while_it_is_down():
    with no_courier():
        numbers = [queue("email", "many%d@example.org" % n, "changed") for n in range(40)]
    for n in range(40):
        wait_mail("many%d@example.org" % n)
    until("all are out", lambda: not set(numbers) & set(outbox()))


def as_user(uid, args, purpose=wire.COMMAND):
    """What a user hears on the user socket; the answer to whatever is asked is "sent"."""
    r, w = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
            with wire.Talk(purpose, args=args, name="ann@example.org", path="/run/hcauthd/user.sock") as t:
                deadline = time.monotonic() + PATIENCE
                while t.take(deadline):
                    if t.asked:
                        break
                os.write(w, json.dumps([t.result, t.asked, t.screen]).encode())
        except Exception as e:  # whatever it is, the test must hear of it
            os.write(w, json.dumps([repr(e), 0, ""]).encode())
        os._exit(0)
    os.close(w)
    with os.fdopen(r) as f:
        said = json.load(f)
    os.waitpid(pid, 0)
    return said


@case
def nobody_else_can_fetch_messages():
    courier = pwd.getpwnam("hcauth-courier").pw_uid
    run("useradd", "--uid", "4711", "eve")
    hcauth("account", "add", "HC000009", "--practice", "stj", "--user", "cye")
    with no_courier():
        queue("email", "ann@example.org", "changed", what="seven birches")
        for other in (4711, pwd.getpwnam("hcauthd").pw_uid, pwd.getpwnam("cye").pw_uid, pwd.getpwnam("gammu").pw_uid):
            result, asked, screen = as_user(other, ["courier", "email"])
            true(result in ("refused", "hung up"), "uid %d: %s" % (other, result))
            equal((asked, "birches" in screen), (0, False), "uid %d: asked, what was told" % other)
        for words in (["outbox"], ["status"], ["audit"], ["courier"], ["courier", "fax"], ["password"]):
            equal(as_user(courier, words), ["refused", 0, ""], "the courier's own uid: %s" % words)
        for purpose in (wire.AUTH, wire.PASSWORD, wire.ACCOUNT):
            equal(as_user(courier, [], purpose), ["refused", 0, ""], "the courier's own uid: purpose %d" % purpose)
        result, asked, screen = as_user(courier, ["courier", "email"])
        equal((asked, "birches" in screen), (1, True), "the courier's own uid: asked, what was told")
    true("birches" in wait_mail("ann@example.org").text, "it is sent all the same")


@case
def no_name_gets_into_a_header():
    evil = "x\r\nBcc: eve@example.org\r\n\r\n.\r\nMAIL FROM:<eve@example.org>"
    before = mails()
    queue("email", "ann@example.org", "verify", name=evil, practice=evil, code="135790")
    m = wait_mail("ann@example.org")
    equal(m.parsed.get_all("Delivered-To"), ["ann@example.org"], "whom it went to")
    equal((m.parsed["Bcc"], m.parsed["To"]), (None, "ann@example.org"), "Bcc, To")
    true("x\\x0d\\x0aBcc: eve@example.org" in m.subject, "subject: " + m.subject)
    true("\\x0aMAIL FROM" in m.text, "text: " + m.text)
    for to in ("ann@example.org\nBcc: eve@example.org", "-oQ/tmp@example.org", "ann@example.org,eve@example.org"):
        number = queue("email", to, "changed")
        equal(tried(number)["error"], "its address is not one", to)
        hcauth("outbox", "drop", str(number))
    for to in ("-c/tmp/x", "+44;reboot", "+441632960001 x"):
        number = queue("sms", to, "changed")
        equal(tried(number)["error"], "its number is not one", to)
        hcauth("outbox", "drop", str(number))
    equal(mails(), before + 1, "e-mails")


@case
def a_template_of_the_machines_own_stands_for_the_shipped_one():
    os.makedirs("/etc/hcauth/templates/en")
    own = "/etc/hcauth/templates/en/changed.txt"
    with open(own, "w") as f:
        f.write("Subject: Ours\n\n{practise}\n")
    number = queue("email", "ann@example.org", "changed")
    true("{name} that there is not" in tried(number)["error"], "it waits")
    with open(own, "w") as f:
        f.write("Subject: Ours\n\n{practice} says hello.\n")
    hcauth("outbox", "retry", str(number))
    m = wait_mail("ann@example.org")
    equal((m.subject, m.text), ("Ours", "St John's Surgery says hello."), "what came")
    os.unlink(own)


def processor_time(pid):
    with open("/proc/%d/stat" % pid) as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return sum(int(x) for x in fields[11:15]) / os.sysconf("SC_CLK_TCK")


@case
def who_wakes_it_all_the_time_gains_nothing():
    pid = pid_of("hcauth-courier")
    before = processor_time(pid)
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    child = os.fork()
    if child == 0:
        os.setresuid(65000, 65000, 65000)
        while True:
            with contextlib.suppress(BlockingIOError):
                s.sendto(b"", WAKE)
    try:
        queue("email", "ann@example.org", "changed")
        begin = time.monotonic()
        wait_mail("ann@example.org")
        queue("sms", MOBILE, "changed")
        wait_sms(MOBILE)
        took = time.monotonic() - begin
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    used = processor_time(pid) - before
    true(used < 0.1 + took / 4, "%.2f s of processor in %.2f s" % (used, took))


@case
def there_is_one_and_it_is_its_own_user():
    status, _, err = run("hcauth-courier")
    equal(status, 111, "a second one's status")
    true("another hcauth-courier is running" in err, err)
    status, _, err = run("setpriv", "--reuid", "65000", "--regid", "65000", "--clear-groups", "hcauth-courier")
    equal(status, 111, "somebody else's status")
    true("only root and hcauth-courier" in err, err)
    with open("/proc/%d/status" % pid_of("hcauth-courier")) as f:
        status = f.read()
    uid = str(pwd.getpwnam("hcauth-courier").pw_uid)
    equal(re.search(r"Uid:\s*(.*)", status).group(1).split(), [uid] * 4, "uids")
    equal(re.search(r"CapEff:\s*(.*)", status).group(1), "0" * 16, "capabilities")
    status, out, err = run("setpriv", "--reuid", uid, "--regid", uid, "--clear-groups", "sh", "-c",
                           "cat /etc/hcauth/machine.key /var/lib/hcauthd/store/*")
    true(status != 0 and not out, "it can read neither key nor store: %s" % err)


@case
def no_code_is_in_a_log_or_a_list():
    number = queue("email", "ann@example.org", "nonesuch", code="864209")
    true("no such template" in tried(number)["error"], "it waits")
    for text in (hcauth("outbox"), hcauth("outbox", "--json"), open(LOG).read(), open(os.environ["HCAUTH_LOG"]).read()):
        for code in ("864209", "135790", "246801", "975310"):
            true(code not in text, "code %s in: %s" % (code, text))
    hcauth("outbox", "drop", str(number))


@case
def what_was_put_off_has_arrived_by_itself():
    equal((put_off["tries"], put_off["dead"]), (1, False), "tries, dead at the start")
    wait_mail("late@example.org", seconds=300)
    gone(late)


main()
