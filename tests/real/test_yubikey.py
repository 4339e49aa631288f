# SPDX-License-Identifier: Apache-2.0
"""YubiKeys, whose OTPs libyubikey's own ykgenerate(1) makes: at the stock ssh and sshd, at login(1), and in the
hcauth command."""
import collections
import json
import os
import pwd

import talktrace
import wire
from drive import Program
from host import daemon_down, daemon_up, pids, until
from people import CODE, PASSWORD, SHELL, Person, audit, hcauth, practice, run
from tap import case, equal, main, true

CONF = "/etc/hcauth/hcauthd.conf"
TOUCH = r"Touch your YubiKey[^:]*: $"
AGAIN = r"And once more: $"
MODHEX = str.maketrans("0123456789abcdef", "cbdefghijklnrtuv")

typed = []      # every OTP there was, without its public identity
secrets = []


class YubiKey:
    def __init__(self, public, private, aes):
        self.public, self.private, self.aes = public, private, aes
        self.plugged, self.touched = 1, 0
        secrets.append(aes)
        secrets.append(private)

    def touch(self):
        self.touched += 1
        status, out, err = run("ykgenerate", self.aes, self.private, "%04x" % self.plugged, "c0a8", "00", "%02x" % self.touched)
        equal(status, 0, "ykgenerate: " + err)
        typed.append(out.strip())
        return self.public + out.strip()


def key(n):
    return YubiKey(("%012x" % n).translate(MODHEX), "%012x" % (0x414243440000 + n), "%032x" % (0xa1b2c3d4 << 64 | n))


with open(CONF) as f:
    settings = f.read()
with open(CONF, "w") as f:
    f.write(settings.replace("require = password, totp\n", "require = password, totp | yubikey\n"))
talktrace.install()
daemon_down()
daemon_up()
practice()
ann = Person("ann", 1).enrol()
blue = key(1)


def command(person, *args):
    return Program(["hcauth", *args], uid=pwd.getpwnam(person.user).pw_uid)


def prove(p, person, code=None):
    p.expect(PASSWORD)
    p.secret(person.password)
    p.expect(CODE)
    p.secret(code or person.recovery_code())


def add(person, yubikey, name):
    with command(person, "yubikey", "add", name) as p:
        prove(p, person)
        p.expect(TOUCH)
        p.secret(yubikey.touch())
        p.expect(AGAIN)
        p.secret(yubikey.touch())
        p.expect(r"private ID [^:]*: $")
        p.secret(yubikey.private)
        p.expect(r"secret key [^:]*: $")
        p.secret(yubikey.aes)
        p.expect("is yours now")
        equal(p.end(), 0, "status")
        true(yubikey.aes not in p.screen and yubikey.private not in p.screen, "no secret is shown")


add(ann, blue, "Ann's")


def lets_in(person, code, **how):
    with person.ssh("id", "-un") as p:
        person.sign_in(p, code=code, **how)
        if p.expect(r"(?m)^%s\r?$" % person.user, "Permission denied") == 0:
            return p.end() == 0
        return False


@case
def signs_in_over_ssh_once():
    otp = blue.touch()
    true(lets_in(ann, otp), "the first time")
    true(not lets_in(ann, otp), "the second time")
    earlier = blue.touch()
    true(lets_in(ann, blue.touch()), "the next one")
    true(not lets_in(ann, earlier), "one of before")
    true(not lets_in(ann, blue.touch().upper()), "with Caps Lock")
    true(not lets_in(ann, key(2).touch()), "another key's")
    blue.plugged, blue.touched = blue.plugged + 1, 0
    true(lets_in(ann, blue.touch()), "in another computer")


@case
def signs_in_at_login_and_is_no_password():
    with ann.login() as p:
        p.expect(PASSWORD)
        p.secret(blue.touch())
        p.expect(r"That was your YubiKey\.[^\n]*\n")
        ann.sign_in(p, code=blue.touch())
        p.expect(SHELL)
        p.type("exit")
        p.end()
    said = audit(ann)[-3:]
    true(not any(r["event"] == "refused" for r in said), "it was no attempt: %s" % said)
    with ann.login() as p:
        otp = blue.touch()
        p.expect(PASSWORD)
        p.secret(otp)
        p.expect(r"That was your YubiKey\.")
        ann.sign_in(p, code=otp)
        p.expect("incorrect")


@case
def is_a_wrong_password_over_ssh():
    otp = blue.touch()
    true(not lets_in(ann, blue.touch(), password=otp), "an OTP for the password")
    equal([audit(ann)[-1][k] for k in ("event", "detail")], ["refused", "password wrong, yubikey not looked at"], "the record")


@case
def one_otp_from_eight_clients_signs_one_in():
    otp = blue.touch()
    clients = [ann.ssh("true") for _ in range(8)]
    try:
        for p in clients:
            p.expect(PASSWORD)
        for p in clients:
            p.secret(ann.password)
        for p in clients:
            p.expect(CODE)
        for p in clients:
            p.answer(otp, shown="")
        equal(sum(p.end() == 0 for p in clients), 1, "let in")
    finally:
        for p in clients:
            p.close()
    hcauth("unlock", ann.email)


@case
def an_otp_stays_spent_when_the_answer_is_cut_off():
    """Killed before each system call from the last sync of the disk on."""
    with talktrace.on():
        equal(wire.sign_in(ann, ann.password, blue.touch(), tty="first"), "granted", "not killed")
    until("the conversation has ended", lambda: not pids("hcauth-talk") and not pids("strace"))
    seen, calls = collections.Counter(), []
    for call in talktrace.calls():
        seen[call.name] += 1
        if call.name == "fdatasync":
            calls = []
        calls.append((call.name, seen[call.name]))
    true(4 < len(calls) < 100, "a trace: %s" % calls)
    spent = 0
    for n, (name, k) in enumerate(calls):
        otp = blue.touch()
        with talktrace.on("-e", "inject=%s:signal=KILL:when=%d" % (name, k)):
            result = wire.sign_in(ann, ann.password, otp, tty="cut%d" % n)
        events = [r["event"] for r in json.loads(hcauth("audit", "--json")) if r["tty"] == "cut%d" % n]
        true(result == "hung up" or events == ["sign-in"], "%s: %s %s" % (name, result, events))
        hcauth("unlock", ann.email)
        again = wire.sign_in(ann, ann.password, otp)
        equal(again, "refused" if events else "granted", "killed before %s: the same OTP" % name)
        hcauth("unlock", ann.email)
        spent += events == ["sign-in"] and result == "hung up"
    print("# killed before each of %d calls; spent and not answered: %d" % (len(calls), spent))
    true(spent > 0, "some were killed after the commit")


@case
def a_box_of_keys_is_imported_and_handed_out():
    box = [key(n) for n in range(10, 13)]
    with open("/run/host/configuration_log.csv", "w") as f:
        f.write("LOGGING START,5/4/26 9:00 AM\n")
        for k in box:
            f.write("Yubico OTP,5/4/26 9:00 AM,1,%s,%s,%s,,,0,0,0,0,0,0,0,0,0,0\n" % (k.public, k.private, k.aes))
    os.chmod("/run/host/configuration_log.csv", 0o600)
    status, out, err = run("hcauth", "yubikey", "import", "/run/host/configuration_log.csv")
    equal(status, 0, "status: " + err)
    true(out.startswith("3 YubiKeys are imported.\nNow delete the file"), out)
    equal(hcauth("yubikey", "pool").split(), [k.public for k in box], "the pool")
    ben = Person("ben", 2).enrol()
    with command(ben, "yubikey", "add") as p:
        prove(p, ben)
        p.expect(TOUCH)
        p.secret(box[1].touch())
        p.expect(AGAIN)
        p.secret(box[1].touch())
        p.expect("YubiKey is yours now")
        equal(p.end(), 0, "status")
    equal(hcauth("yubikey", "pool").split(), [box[0].public, box[2].public], "the pool")
    true(lets_in(ben, box[1].touch()), "with it")
    true(not lets_in(ann, box[1].touch()), "for somebody else")
    for bad in ([], ["/run/host/configuration_log.csv", "x"], ["/nonexistent"], ["/run"]):
        true(run("hcauth", "yubikey", "import", *bad)[0] in (1, 2), "no such import: %s" % bad)
    status, out, err = run("hcauth", "yubikey", "import", "/etc/passwd")
    equal((status, out), (1, ""), "a file of another kind")


@case
def a_key_is_programmed_with_what_is_shown():
    cat = Person("cat", 3).enrol()
    with command(cat, "yubikey", "new", "Green") as p:
        prove(p, cat)
        p.expect(r"Public ID:  (vv[cbdefghijklnrtuv]{10})\r?\nPrivate ID: (\w{12})\r?\nSecret key: (\w{32})\r?\n")
        green = YubiKey(*p.match.groups())
        p.expect(TOUCH)
        p.secret(green.touch())
        p.expect(AGAIN)
        p.secret(green.touch())
        p.expect("Green is yours now")
        equal(p.end(), 0, "status")
    true(lets_in(cat, green.touch()), "with it")
    with command(cat, "yubikey") as p:
        p.expect(green.public + r" +\d\d\d\d-\d\d-\d\d +Green")
    with command(cat, "yubikey", "remove", "Green") as p:
        prove(p, cat, green.touch())
        p.expect("Green does not sign you in any more")
        equal(p.end(), 0, "status")
    true(not lets_in(cat, green.touch()), "without it")


@case
def no_log_and_no_file_holds_an_otp():
    files = [os.environ["HCAUTH_LOG"], os.environ["SSHD_LOG"]]
    for folder, _, names in os.walk("/var/lib/hcauthd"):
        files += [os.path.join(folder, name) for name in names]
    files += [os.path.join("/var/log", name) for name in os.listdir("/var/log")]
    said = hcauth("audit", "--json").encode()
    for path in files:
        if os.path.isfile(path):
            with open(path, "rb") as f:
                said += f.read()
    true(ann.email.encode() in said and len(typed) > 30, "there is something to find")
    for text in typed:
        hexed = text.translate({ord(b): a for a, b in zip("0123456789abcdef", "cbdefghijklnrtuv")})
        true(text.encode() not in said and bytes.fromhex(hexed) not in said, "an OTP is kept: " + text)
    for text in secrets:
        true(text.encode() not in said and bytes.fromhex(text) not in said, "a secret is kept: " + text)


main()
