# SPDX-License-Identifier: Apache-2.0
# messages: yes
"""Taking over: users, passwords and second factors that mkpasswd, google-authenticator, pam_oath and a YubiKey's
log have made, and that their own PAM modules have let in; then they sign in with hcauth by the same."""
import math
import os
import pwd
import re
import subprocess
import time

from host import daemon_down, daemon_up, pamtester
from people import (APP_CODE, CODE, KEPT, MAIL_CODE, NEW_PASSWORD, PASSWORD, RECOVERY, SECRET, SHELL, STEP, Person, hcauth,
                    practice, run, wait_mail)
from tap import case, equal, main, true

UNPACKED = os.environ["HC_TREE"] + "/build/unpacked"
ARCH = subprocess.run(["sh", "-c", "ls -d %s/libpam-oath/lib/*/security" % UNPACKED], check=True, capture_output=True,
                      text=True).stdout.strip().split("/")[-2]
GOOGLE = UNPACKED + "/libpam-google-authenticator"
QUESTION = r"(?:skip for now|press Enter|Enter if not)[^\n]*: $"
MODHEX = str.maketrans("0123456789abcdef", "cbdefghijklnrtuv")
METHODS = {"jane": "yescrypt", "kim": "sha512crypt", "lee": "bcrypt", "max": "sha256crypt", "old": "md5crypt",
           "gus": "gost-yescrypt"}
secrets = []    # what is in no log, list or argument


class Local(Person):
    """A user of this machine's, with a password that mkpasswd has hashed."""

    def __init__(self, name, uid, method, groups=None):
        self.user = self.email = name       # what they sign in with
        self.password = "%s walks the old harbour" % name
        self.totp, self.step, self.recovery = None, 0, {}
        status, out, err = run("mkpasswd", "-m", method, "-s", given=self.password + "\n")
        equal(status, 0, "mkpasswd: " + err)
        self.hash = out.strip()
        secrets.append(self.hash.rsplit("$", 1)[-1])
        subprocess.run(["useradd", "--create-home", "--shell", "/bin/bash", "--uid", str(uid), "--comment",
                        name.capitalize() + " Sample,,,", "--password", self.hash, name], check=True)
        for group in groups or []:
            subprocess.run(["groupadd", "--force", group], check=True)
            subprocess.run(["usermod", "--append", "--groups", group, name], check=True)

    def home(self, name, text=None, mode=0o600):
        path = os.path.join(pwd.getpwnam(self.user).pw_dir, name)
        if text is not None:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as f:
                f.write(text)
            for p in (path, os.path.dirname(path)):
                os.chown(p, pwd.getpwnam(self.user).pw_uid, -1)
            os.chmod(path, mode)
        return path

    def lets_in(self, code=None, password=None):
        with self.ssh("id", "-un") as p:
            self.sign_in(p, code=code, password=password)
            while True:
                found = p.expect(r"(?m)^%s\r?$" % self.user, "Permission denied", KEPT, QUESTION)
                if found < 2:
                    return found == 0 and p.end() == 0
                if found == 2:
                    self.recovery = {int(s): c for c, s in re.findall(RECOVERY, p.before.replace("\r", ""))}
                p.type("yes" if found == 2 else "")

    def in_shell(self, p):
        while p.expect(SHELL, QUESTION) != 0:
            p.type("")
        p.type("exit")
        p.end()


def imports(*args):
    """Runs hcauth import as root; returns status and all that it said."""
    status, out, err = run("hcauth", "import", *args)
    return status, out + err


def write(path, text, mode=0o600):
    with open(path, "w") as f:
        f.write(text)
    os.chmod(path, mode)
    return path


practice()
people = {name: Local(name, 2000 + n, method) for n, (name, method) in enumerate(METHODS.items())}
jane, kim, lee, max_, old, gus = people.values()
boss = Local("boss", 2100, "yescrypt", ["sudo"])
held = Local("held", 2101, "yescrypt", ["wardround"])
subprocess.run(["usermod", "--lock", "held"], check=True)
subprocess.run(["useradd", "--uid", "2102", "--no-create-home", "--shell", "/usr/sbin/nologin", "robot"], check=True)
subprocess.run(["useradd", "--badname", "--uid", "2103", "--no-create-home", "jo.dot"], check=True)
with open("/etc/shadow") as f:
    shadow_before = f.read()

# what there was before: each has let its user in, by its own module
subprocess.run([GOOGLE + "/usr/bin/google-authenticator", "-t", "-d", "-f", "-q", "-r", "3", "-R", "30", "-w", "3", "-s",
                kim.home(".google_authenticator")], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
os.chown(kim.home(".google_authenticator"), pwd.getpwnam("kim").pw_uid, -1)
with open(kim.home(".google_authenticator")) as f:
    google_file = f.read()
kim.totp = google_file.splitlines()[0]
scratch = re.findall(r"(?m)^\d{8}$", google_file)
secrets.append(kim.totp)
lee_hex = "3b2f9e1d00c4a7768855aa10ffee0123456789ab"
secrets.append(lee_hex)
lee.totp = subprocess.run(["python3", "-c", "import base64; print(base64.b32encode(bytes.fromhex('%s')).decode())" % lee_hex],
                          check=True, capture_output=True, text=True).stdout.strip()
write("/etc/users.oath", "HOTP/T30/6\tlee\t-\t%s\n" % lee_hex)
write("/etc/pam.d/before-google", "auth required %s/lib/%s/security/pam_google_authenticator.so\n" % (GOOGLE, ARCH))
write("/etc/pam.d/before-oath",
      "auth required %s/libpam-oath/lib/%s/security/pam_oath.so usersfile=/etc/users.oath window=2\n" % (UNPACKED, ARCH))
used = {}
for person, service in ((kim, "before-google"), (lee, "before-oath")):
    used[person] = person.code_at(math.floor(time.time() / STEP))
    status, said = pamtester(service, person.user, answers=[used[person]])
    equal(status, 0, "%s before: %s" % (person.user, said))
key = ("%012x" % 77).translate(MODHEX)
key_private, key_aes = "4a4b4c4d4e4f", "b1b2c3d4e5f60718293a4b5c6d7e8f90"
secrets += [key_aes, key_private]
max_.home(".yubico/authorized_yubikeys", "max:%s:%s\n" % (key, "vvccccdbhtbl"), 0o644)
CONF = "/etc/hcauth/hcauthd.conf"
with open(CONF) as f:
    settings = f.read()
write(CONF, settings.replace("require = password, totp\n", "require = password, totp | yubikey\n"), 0o644)
daemon_down()
daemon_up()
codes = {}      # activation codes, as the report has them


@case
def a_dry_run_says_who_would_come_over_and_changes_nothing():
    status, said = imports("passwd", "--practice", "stj", "--all", "--dry-run")
    equal(status, 0, said)
    true(re.search(r"line \d+: boss is left out: an administrator \(group sudo\)", said), said)
    for name in ("jane", "kim", "lee", "max", "gus"):
        true(re.search(r"line \d+: %s uid \d+: the same password, then an activation code\n" % name, said), said)
    true(re.search(r"line \d+: old uid \d+: password not taken over \(its hash is of a method too weak", said), said)
    true(re.search(r"line \d+: held uid \d+: password not taken over \(the password is locked\)", said), said)
    true(re.search(r"line \d+: jo\.dot is left out: hcauth has no such user names", said), said)
    true("robot" not in said and "root" not in said, said)
    true("7 accounts and 5 passwords would be imported. Nothing was changed." in said, said)
    equal(hcauth("account", "list").count("jane"), 0, "accounts")


@case
def nothing_comes_over_if_a_line_is_wrong():
    addresses = write("/run/host/wrong.csv", "user,email\njane,jane@example.org\nkim,not an address\nroot,root@x.example\n")
    status, said = imports("passwd", "--practice", "stj", "--emails", addresses)
    equal(status, 1, said)
    true("line 1: root is one of the system's own users" in said and "addresses, line 3: " in said, said)
    true("nothing was imported" in said and "jane" not in hcauth("account", "list"), said)
    for bad in ((), ("jane",), ("--practice", "stj"), ("--practice", "stj", "--all", "jane"), ("--practice",)):
        equal(imports("passwd", *bad)[0], 2, "usage: %s" % (bad,))
    equal(imports("passwd", "--practice", "nowhere", "jane")[0], 3, "no such practice")
    equal(imports("passwd", "--practice", "stj", "nobody-here")[0], 1, "no such user")
    equal(imports("passwd", "--practice", "stj", "--emails", "/nonexistent")[0], 1, "no such file")


@case
def users_come_over_with_their_passwords():
    addresses = write("/run/host/addresses.csv", "user,email\njane,jane@example.org\n")
    status, said = imports("passwd", "--practice", "stj", "--emails", addresses)
    equal(status, 0, said)
    true("jane uid 2000: the same password, then a code sent to jane@example.org" in said, said)
    status, said = imports("passwd", "--practice", "stj", "--all")
    equal(status, 0, said)
    true("jane is an account already" in said and "6 accounts and 4 passwords are imported" in said, said)
    codes.update(re.findall(r"line \d+: (\w+) uid [^\n]*activation code (\S+)", said))
    equal(sorted(codes), ["gus", "held", "kim", "lee", "max", "old"], "codes")
    true("boss" not in hcauth("account", "list"), "the administrator stays")
    true("wardround" in hcauth("account", "show", "held"), "groups")
    with open("/etc/shadow") as f:
        equal(f.read(), shadow_before, "/etc/shadow")


@case
def homes_that_others_could_have_written_are_refused():
    path = kim.home(".google_authenticator")
    with open(path) as f:
        text = f.read()
    true("DISALLOW_REUSE 5" in text, "pam_google_authenticator has noted the code: " + text)
    uid = pwd.getpwnam("kim").pw_uid
    os.chmod(path, 0o640)
    status, said = imports("google-authenticator", "--homes")
    true(status == 1 and "can be read or changed by others" in said and "Nothing was imported" in said, said)
    os.chmod(path, 0o600)
    os.chown(path, pwd.getpwnam("lee").pw_uid, -1)
    true("somebody else's" in imports("google-authenticator", "--homes")[1], "another's")
    os.chown(path, uid, -1)
    os.link(path, path + ".2")
    true("second name" in imports("google-authenticator", "--homes")[1], "a hard link")
    os.unlink(path + ".2")
    os.rename(path, path + ".2")
    os.symlink(path + ".2", path)
    true("symbolic link" in imports("google-authenticator", "--homes")[1], "a symbolic link")
    true("symbolic link" in imports("google-authenticator", "--user", "kim", path)[1], "the same, named")
    os.unlink(path)
    os.mkfifo(path)
    true("not a plain file" in imports("google-authenticator", "--homes")[1], "a pipe")
    os.unlink(path)
    os.rename(path + ".2", path)
    with open(path, "a") as f:
        f.write("\0")
    true(path + ": has a zero byte" in imports("google-authenticator", "--homes")[1], "whose is no text")
    with open(path, "r+") as f:
        f.truncate(len(text))
        equal(f.read(), text, "the file")
    equal(imports("google-authenticator", "--homes", "lee")[0], 1, "no file in that home")
    for bad in ((), ("--homes", "--user", "kim"), (path,), ("--user", "kim"), ("--user", "kim", path, path), ("--x",)):
        equal(imports("google-authenticator", *bad)[0], 2, "usage: %s" % (bad,))
    equal(run("setpriv", "--reuid", str(uid), "--clear-groups", "hcauth", "import", "google-authenticator", "--homes")[0], 4,
          "as kim")


@case
def second_factors_come_over():
    status, said = imports("google-authenticator", "--homes", "--dry-run")
    true(status == 0 and "kim, line 1: kim: app; its %d codes of 8 digits are not" % len(scratch) in said, said)
    true("1 would be imported" in said, said)
    status, said = imports("google-authenticator", "--homes")
    true(status == 0 and "1 app is imported" in said, said)
    kim.step = lee.step = math.floor(time.time() / STEP) + 1    # none of these is good any more
    with open("/etc/users.oath") as f:
        true(used[lee] in f.read(), "pam_oath has noted the code")
    status, said = imports("oath", "/etc/users.oath")
    true(status == 0 and "line 1: lee: app\n1 app is imported" in said, said)
    write("/run/host/log.csv", "1,%s,%s,%s,,,\n" % (key, key_private, key_aes))
    hcauth("yubikey", "import", "/run/host/log.csv")
    status, said = imports("yubico", "--homes")
    true(status == 0 and "max, line 1: max: YubiKey " + key in said and "left out: YubiKey vvccccdbhtbl" in said, said)
    equal(hcauth("yubikey", "pool").count(key), 0, "in the pool")
    status, said = imports("google-authenticator", "--user=kim", kim.home(".google_authenticator"))
    true(status == 0 and "app is there already" in said, said)


@case
def codes_that_the_old_modules_took_are_spent():
    true(not kim.lets_in(used[kim]), "kim's")
    true(not lee.lets_in(used[lee]), "lee's")
    true(not kim.lets_in(scratch[0]), "a scratch code")


@case
def a_first_sign_in_goes_by_e_mail():
    with jane.login() as p:
        p.expect(PASSWORD)
        p.secret(jane.password)
        p.expect(r"code sent to jane@example\.org: $")
        p.type("yes")
        p.expect(MAIL_CODE)
        p.type(wait_mail("jane@example.org").code)
        p.expect(r"From now on, sign in as jane@example\.org\.\s")
        p.expect(SECRET)
        jane.totp = p.match.group(1).replace(" ", "")
        p.expect(APP_CODE)
        p.answer(jane.code(), shown="")
        p.expect(KEPT)
        p.type("yes")
        jane.in_shell(p)
    jane.email = "jane@example.org"


@case
def a_first_sign_in_goes_by_an_activation_code():
    with gus.login() as p:
        p.expect(PASSWORD)
        p.secret(gus.password)
        p.expect(CODE)
        p.secret(codes["gus"])
        p.expect(SECRET)
        p.expect(APP_CODE)
    with old.login() as p:      # whose hash was too weak
        p.expect(PASSWORD)
        p.secret(codes["old"])
        p.expect(NEW_PASSWORD)


@case
def a_yubikey_signs_in_whom_the_mapping_named():
    status, out, err = run("ykgenerate", key_aes, key_private, "0007", "c0a8", "00", "01")
    equal(status, 0, err)
    otp = key + out.strip()
    true(max_.lets_in(otp), "with the key")
    true(not max_.lets_in(otp), "the same touch")


@case
def apps_sign_in_with_the_secrets_that_they_had():
    true(not kim.lets_in(password=kim.password + "x"), "a wrong password")
    hcauth("unlock", "kim")
    true(kim.lets_in(), "kim by ssh, from google-authenticator")
    equal(len(kim.recovery), 12, "recovery codes in place of the scratch codes")
    true(lee.lets_in(), "lee by ssh, from pam_oath")
    true(jane.lets_in(), "jane by ssh")
    with kim.login() as p:
        kim.sign_in(p, code=kim.recovery_code())
        kim.has_phone(p)
        kim.in_shell(p)


@case
def the_old_password_is_one_s_own_from_now_on():
    """What hcauth keeps is no more what /etc/shadow has: a new local password changes nothing with hcauth."""
    run("usermod", "--password", boss.hash, "kim")
    with kim.login() as p:
        p.expect(PASSWORD)
        p.secret(boss.password)
        p.expect("incorrect")
    hcauth("unlock", "kim")
    with boss.login() as p:     # nobody of hcauth's
        p.expect(PASSWORD)
        p.secret(boss.password)
        p.expect(SHELL)


@case
def no_log_and_no_file_holds_what_came_over():
    files = [os.environ["HCAUTH_LOG"], os.environ["SSHD_LOG"]]
    for folder, _, names in os.walk("/var/lib/hcauthd"):
        files += [os.path.join(folder, name) for name in names]
    said = hcauth("audit", "--json").encode()
    for path in files:
        with open(path, "rb") as f:
            said += f.read()
    true(b"password, imported" in said and b"totp, imported" in said and b"yubikey %s, imported" % key.encode() in said,
         "the audit")
    for text in secrets + [p.password for p in people.values()]:
        true(text.encode() not in said, "it is kept: " + text)
        if re.fullmatch("[0-9a-f]+", text):
            true(bytes.fromhex(text) not in said, "it is kept: " + text)
    equal(run("hcauth", "audit", "verify")[0], 0, "the chain")


main()
