# SPDX-License-Identifier: Apache-2.0
"""hcauth doctor: what it claims of a stack is what pamtester sees, and the lines that it names mend what it found; with
Debian's own files, sshd's own word, and each mistake of AD-14."""
import glob
import json
import os
import re
import shutil

from host import daemon_down, daemon_up, local_password, local_user, pamtester, without_daemon
from people import Person, hcauth, practice, run
from tap import case, equal, main, true

UNIX = "a Unix word of hers"
BOSS = "a word of the boss"

practice()
hcauth("practice", "set", "stj", "--force", "--require", "none")
ann = Person("ann", 1).enrol()
local_user("bene", 1200, UNIX)
ben = Person("ben", 2, existing=True).enrol()
local_user("boss", 1201, BOSS)
local_password("root", "a word of root's")
local_password("bene", UNIX)
with open("/etc/hcauth/hcauthd.conf", "a") as f:
    f.write("\n[service door]\nrequire = password\n")
daemon_down()
daemon_up()


def doctor():
    status, out, err = run("hcauth", "doctor", "--json")
    report = json.loads(out)
    equal(status, 1 if report["verdict"] == "wrong" else 0, "status; " + err)
    equal(report["wrong"], sum(f["severity"] == "wrong" for f in report["findings"]), "number of what is wrong")
    return report


def found(report, key, subject=None, severity=None):
    return [f for f in report["findings"] if f["id"] == key and (not subject or subject in f["subject"].split(", "))
            and (not severity or f["severity"] == severity)]


def read(path):
    with open(path) as f:
        return f.read()


def write(path, text):
    with open(path, "w") as f:
        f.write(text)


def mend(finding):
    """Does what the finding says, and nothing else."""
    if finding["mend"] == "run":
        status, out, err = run("sh", "-c", finding["line"])
        equal(status, 0, "%s: %s%s" % (finding["line"], out, err))
        return
    path, number = finding["where"].rsplit(":", 1)
    lines = read(path).split("\n")
    at = int(number) - 1
    how = {"replace": (at, at + 1, [finding["line"]]), "before": (at, at, [finding["line"]]), "after": (at + 1, at + 1, [finding["line"]]), "remove": (at, at + 1, []),
           "set": (at + 1, at + 1, [finding["line"]])}[finding["mend"]]
    lines[how[0]:how[1]] = how[2]
    write(path, "\n".join(lines))


def door(report, service="door"):
    return next(s for s in report["services"] if s["service"] == service)


def gets_in(name, *answers, what=("authenticate",), service="door"):
    return pamtester(service, name, *what, answers=answers)[0] == 0


HCAUTH = "[success=%s user_unknown=ignore module_unknown=ignore default=die] pam_hcauth.so\n"
AUTH = "auth " + HCAUTH % "done"
UNIX_LINE = "auth required pam_unix.so nodelay\n"
ACCOUNT = "account " + HCAUTH % "ok" + "account required pam_unix.so\n"
SESSION = "session " + HCAUTH % "ok" + "session required pam_unix.so\n"
REST = ACCOUNT + SESSION
STACKS = {
    "right": AUTH + UNIX_LINE + REST,
    "sufficient": "auth sufficient pam_hcauth.so\n" + UNIX_LINE + REST,
    "optional": "auth optional pam_hcauth.so\n" + UNIX_LINE + REST,
    "default=ignore": "auth [success=done default=ignore] pam_hcauth.so\n" + UNIX_LINE + REST,
    "jumps": "auth [success=2 default=ignore] pam_hcauth.so\nauth [success=1 default=ignore] pam_unix.so nodelay\n"
             "auth requisite pam_deny.so\nauth required pam_permit.so\n" + REST,
    "unavailable ignored": "auth [success=done user_unknown=ignore module_unknown=ignore authinfo_unavail=ignore "
                           "default=die] pam_hcauth.so\n" + UNIX_LINE + REST,
    "pam_unix first": "auth sufficient pam_unix.so nodelay\n" + AUTH + "auth required pam_deny.so\n" + REST,
    "a leap to permit": "auth [success=done user_unknown=ignore module_unknown=ignore default=1] pam_hcauth.so\n"
                        "auth requisite pam_unix.so nodelay\nauth required pam_permit.so\n" + REST,
    "permit first": "auth sufficient pam_permit.so\n" + AUTH + UNIX_LINE + REST,
    "required": "auth required pam_hcauth.so\n" + UNIX_LINE + REST,
    "user_unknown dies": "auth [success=done module_unknown=ignore default=die] pam_hcauth.so\n" + UNIX_LINE + REST,
    "substack": "auth substack door-inner\nauth required pam_permit.so\n" + REST,
    "a check, then sufficient": "auth required pam_succeed_if.so quiet uid >= 1000\nauth sufficient pam_hcauth.so\n" + REST,
    "no hcauth": UNIX_LINE + "account required pam_unix.so\n",
    "broken control": "auth [success=donee default=ignore] pam_hcauth.so\n" + UNIX_LINE + REST,
    "nothing": "",
}
write("/etc/pam.d/door-inner", AUTH + UNIX_LINE)


def check_truth(name, report):
    """Each claim of the doctor's about the service, tried with pamtester."""
    d, wrong = door(report), "no word of anybody's"
    bypass = d["bypass"]
    plain = found(report, "not-asked", "door") != []
    claims = {
        "Unix password": "a Unix password after hcauth" in bypass or "a Unix password before" in bypass or plain,
        "nothing": "nothing at all after" in bypass or "nothing at all before" in bypass,
    }
    for who in (ben, ann):
        in_by_nothing = gets_in(who.user, *[wrong] * 6)
        equal(in_by_nothing, claims["nothing"], "%s: %s with a wrong word; doctor: %s" % (name, who.user, bypass))
    equal(gets_in(ben.user, *[UNIX] * 6), claims["Unix password"] or claims["nothing"],
          "%s: ben with a Unix password; doctor: %s" % (name, bypass))
    with without_daemon():
        equal(gets_in(ben.user, *[UNIX] * 6),
              claims["Unix password"] or claims["nothing"] or "a Unix password while hcauthd" in bypass,
              "%s: ben with a Unix password, without hcauthd; doctor: %s" % (name, bypass))
    locked = found(report, "person-locked-out", "door") or plain or "refused" in d["person"] or \
        found(report, "broken-line", "door")
    equal(gets_in(ann.email, *[ann.password] * 3), not locked or claims["nothing"], "%s: ann, as she should" % name)
    equal(gets_in("boss", *[BOSS] * 4), "Unix password" in d["root"] or d["root"] == "as before" or claims["nothing"],
          "%s: the boss; doctor: %s" % (name, d["root"]))
    equal(gets_in("boss", *[wrong] * 4), d["root"] == "nothing" or "nothing at all before" in bypass,
          "%s: the boss with a wrong word" % name)
    equal(gets_in("nobody@example.org", *[wrong] * 6), d["stranger"] == "nothing", "%s: a stranger" % name)


def mend_all(service):
    for _ in range(6):
        wrong = [f for f in doctor()["findings"] if f["severity"] == "wrong" and service in f["subject"].split(", ")
                 and f["mend"]]
        if not wrong:
            return
        mend(wrong[0])
    raise AssertionError("still wrong: %r" % wrong)


@case
def what_doctor_says_of_a_stack_is_so_before_and_after_it_is_mended():
    for name, text in STACKS.items():
        write("/etc/pam.d/door", text)
        report = doctor()
        check_truth(name, report)
        if name in ("no hcauth", "broken control", "nothing", "permit first"):
            continue    # no mistake in a line of hcauth's
        mend_all("door")
        report = doctor()
        equal(door(report)["bypass"].replace("a Unix password if pam_hcauth.so goes missing", "none found"), "none found",
              name + ", mended")
        check_truth(name + ", mended", report)


@case
def who_has_left_comes_in_by_account_where_doctor_says_so():
    cases = {
        "missing": "account required pam_unix.so\n",
        "sufficient": "account sufficient pam_hcauth.so\naccount required pam_unix.so\n",
        "after a sufficient": "account sufficient pam_localuser.so\n" + ACCOUNT,
        "right": ACCOUNT,
    }
    hcauth("account", "disable", ben.user_id)
    for name, text in cases.items():
        write("/etc/pam.d/door", AUTH + UNIX_LINE + text + SESSION)
        for mended in (False, True):
            report = doctor()
            bad = [f for f in report["findings"] if f["id"].startswith("account-") and "door" in f["subject"].split(", ")]
            equal(gets_in(ben.user, what=("acct_mgmt",)), bool(bad), "%s, mended: %s: %r" % (name, mended, bad))
            true(gets_in("boss", what=("acct_mgmt",)), name + ": the boss")
            true(gets_in(ann.user, what=("acct_mgmt",)), name + ": ann")
            mend_all("door")
    hcauth("account", "enable", ben.user_id)


@case
def fo03_a_hash_that_is_not_locked_is_the_hole_if_the_module_goes_missing():
    write("/etc/pam.d/door", AUTH + UNIX_LINE + REST)
    report = doctor()
    equal([f["subject"] for f in found(report, "unix-password")], ["bene"], "those with a Unix password")
    true("a Unix password if pam_hcauth.so goes missing" in door(report)["bypass"], door(report)["bypass"])
    module = glob.glob("/usr/lib/*/security/pam_hcauth.so")[0]
    os.rename(module, module + ".away")
    try:
        true(gets_in(ben.user, UNIX), "ben gets in without the module")
        true(found(doctor(), "module-missing", "door"), "the missing module is found")
    finally:
        os.rename(module + ".away", module)
    true(not gets_in(ben.user, *[UNIX] * 3), "with it, no more")
    mend(found(report, "unix-password")[0])
    report = doctor()
    equal((found(report, "unix-password"), door(report)["bypass"]), ([], "none found"), "mended")
    os.rename(module, module + ".away")
    try:
        true(not gets_in(ben.user, UNIX), "ben is refused without the module")
    finally:
        os.rename(module + ".away", module)


@case
def debians_own_files_with_pam_auth_update_are_well():
    report = doctor()
    for service in ("login", "sshd", "su", "sudo", "cron", "passwd", "lightdm"):
        equal(door(report, service)["bypass"], "an ssh key alone" if service == "sshd" else "none found", service)
        true("password and code" in door(report, service)["person"], door(report, service)["person"])
    pam = [f for f in report["findings"] if f["severity"] == "wrong" and f["where"].startswith("/etc/pam.d")]
    equal(pam, [], "what is wrong in /etc/pam.d")
    run("pam-auth-update", "--disable", "hcauth", env={"DEBIAN_FRONTEND": "noninteractive"})
    report = doctor()
    true(found(report, "not-asked", "login"), "without the profile")
    run("pam-auth-update", "--enable", "hcauth", env={"DEBIAN_FRONTEND": "noninteractive"})
    equal(found(doctor(), "not-asked", "login"), [], "with it")


@case
def pk04_hand_edited_files_are_told():
    equal(found(doctor(), "hand-edited"), [], "as pam-auth-update wrote them")
    text = read("/etc/pam.d/common-auth")
    write("/etc/pam.d/common-auth", text + "auth optional pam_group.so\n")
    equal([f["subject"] for f in found(doctor(), "hand-edited")], ["common-auth"], "edited")
    write("/etc/pam.d/common-auth", text)


@case
def ad14_nullok_is_found_and_its_line_mends_it():
    text = read("/etc/pam.d/common-auth")
    nullok = found(doctor(), "nullok", "login")
    equal(len(nullok), 1, "Debian's own nullok")
    mend(nullok[0])
    equal(found(doctor(), "nullok"), [], "mended")
    true(gets_in("boss", BOSS, service="su"), "the boss still gets in")
    write("/etc/pam.d/common-auth", text)


@case
def the_files_that_hcauth_ships_are_well():
    kept = {}
    for f in glob.glob(os.environ["HC_TREE"] + "/conf/pam.d/*"):
        target = "/etc/pam.d/" + os.path.basename(f)
        kept[target] = read(target) if os.path.exists(target) else None
        shutil.copy(f, target)
    report = doctor()
    for target, text in kept.items():
        service = os.path.basename(target)
        equal(door(report, service)["bypass"], "an ssh key alone" if service == "sshd" else "none found", service)
        equal([f for f in report["findings"] if f["where"].startswith(target + ":")], [], service)
    for target, text in kept.items():
        write(target, text) if text is not None else os.unlink(target)


SSHD = "/etc/ssh/sshd_config"


@case
def ss01_ad14_sshds_own_word_counts_and_the_line_mends_it():
    kept = read(SSHD)
    for setting, line in (("PasswordAuthentication yes", "PasswordAuthentication no"),
                          ("KbdInteractiveAuthentication no", "KbdInteractiveAuthentication yes"),
                          ("UsePAM no", "UsePAM yes"), ("PermitEmptyPasswords yes", "PermitEmptyPasswords no"),
                          ("LoginGraceTime 30", "LoginGraceTime 600"),
                          ("HostbasedAuthentication yes", "HostbasedAuthentication no")):
        write(SSHD, setting + "\nUsePAM yes\nKbdInteractiveAuthentication yes\nPasswordAuthentication no\n")
        bad = [f for f in found(doctor(), "sshd-setting") if f["line"] == line]
        equal(len(bad), 1, setting)
        mend(bad[0])
        equal([f for f in found(doctor(), "sshd-setting") if f["line"] == line], [], setting + ", mended")
    write(SSHD, "UsePAM yes\nKbdInteractiveAuthentication yes\nPasswordAuthentication no\nLoginGraceTime 120\n")
    equal(found(doctor(), "sshd-setting", severity="wrong"), [], "as the README has it")
    bad = found(doctor(), "sshd-setting")
    equal([f["line"].split()[0] for f in bad], ["AuthenticationMethods"], "a key alone")
    mend(bad[0])
    equal(found(doctor(), "sshd-setting"), [], "a key alone, mended")
    write(SSHD, kept)


@case
def a_match_that_an_alias_walks_round_is_found():
    kept = read(SSHD)
    good = "UsePAM yes\nKbdInteractiveAuthentication yes\nPasswordAuthentication no\nAuthenticationMethods " \
           "publickey,keyboard-interactive:pam keyboard-interactive:pam\n"
    write(SSHD, good + "Match User %s\n\tForceCommand /bin/false\nMatch Group boss\n\tForceCommand /bin/false\n" % ann.user)
    bad = found(doctor(), "match-user")
    equal([f["where"] for f in bad], [SSHD + ":5"], "where")
    name = run("sshd", "-T", "-C", "user=%s,host=x,addr=192.0.2.1" % ann.user)[1]
    alias = run("sshd", "-T", "-C", "user=%s,host=x,addr=192.0.2.1" % ann.email)[1]
    true("forcecommand /bin/false" in name and "forcecommand /bin/false" not in alias, "sshd itself lets her walk round it")
    write(SSHD, good + "Match User boss\n\tForceCommand /bin/false\nMatch User git\n\tPasswordAuthentication yes\n"
          "Match Address 192.0.2.0/24\n\tKbdInteractiveAuthentication no\n")
    report = doctor()
    equal(found(report, "match-user"), [], "a local user's")
    equal(sorted((f["where"], f["line"]) for f in found(report, "sshd-setting", severity="wrong")),
          [(SSHD + ":7", "PasswordAuthentication no"), (SSHD + ":9", "KbdInteractiveAuthentication yes")], "in a Match")
    write(SSHD, kept)


@case
def ad14_nsswitch_is_judged_and_its_line_mends_it():
    kept = read("/etc/nsswitch.conf")
    equal(found(doctor(), "nsswitch"), [], "as the README has it")
    for line in ("passwd: hcauth files", "passwd: files systemd", "group: files hcauth", "group: hcauth [SUCCESS=merge] files"):
        database = line.split(":")[0]
        write("/etc/nsswitch.conf", re.sub(r"(?m)^%s:.*$" % database, line, kept))
        bad = found(doctor(), "nsswitch", database)
        equal(len(bad), 1, line)
        mend(bad[0])
        equal(found(doctor(), "nsswitch"), [], line + ", mended")
        true(run("getent", "passwd", ann.email)[0] == 0, "names resolve")
    write("/etc/nsswitch.conf", kept)


@case
def ad14_modes_are_found_and_the_line_mends_them():
    equal(found(doctor(), "file-mode"), [], "as installed")
    for path, mode, owner in (("/etc/hcauth/machine.key", 0o644, "hcauthd"), ("/var/lib/hcauthd/store", 0o755, "hcauthd"),
                              ("/etc/hcauth", 0o777, "root"), ("/etc/hcauth/hcauthd.conf", 0o666, "root"),
                              ("/var/lib/hcauthd/directory/private.cdb", 0o644, "hcauthd"),
                              ("/run/hcauthd/root.sock", 0o666, "root")):
        was = os.stat(path).st_mode & 0o7777
        os.chmod(path, mode)
        bad = found(doctor(), "file-mode", path)
        equal(len(bad), 1, path)
        mend(bad[0])
        equal(found(doctor(), "file-mode"), [], path + ", mended")
        os.chmod(path, was)
    shutil.chown("/etc/hcauth/machine.key", "boss")
    mend(found(doctor(), "file-mode", "/etc/hcauth/machine.key")[0])
    equal(found(doctor(), "file-mode"), [], "another owner, mended")


@case
def sudo_without_a_question_is_found():
    os.makedirs("/etc/sudoers.d", exist_ok=True)
    path = "/etc/sudoers.d/test"
    for line, severity in (("%s ALL=(ALL) NOPASSWD: ALL" % ann.user, "wrong"), ("boss ALL=(ALL) NOPASSWD: ALL", None),
                           ("ALL ALL=(root) NOPASSWD: /bin/true", "mind"), ("Defaults !authenticate", "wrong"),
                           ("Defaults targetpw", "mind")):
        write(path, line + "\n")
        os.chmod(path, 0o440)
        bad = [f for f in doctor()["findings"] if f["id"].startswith("sudo-")]
        equal([(f["severity"], f["where"]) for f in bad], [(severity, path + ":1")] if severity else [], line)
        if bad:
            mend(bad[0])
            equal([f for f in doctor()["findings"] if f["id"].startswith("sudo-")], [], line + ", mended")
            equal(run("visudo", "-c", "-f", path)[0], 0, "sudo still reads " + read(path))
    os.unlink(path)


@case
def without_the_daemon_it_says_so_and_goes_on():
    with without_daemon():
        report = doctor()
        true(found(report, "daemon-away"), "found")
        true("does not answer" in door(report, "login")["person"], door(report, "login")["person"])
    equal(found(doctor(), "daemon-away"), [], "and with it")


@case
def it_shows_no_secret_and_is_roots_alone():
    out = run("hcauth", "doctor")[1] + run("hcauth", "doctor", "--json")[1]
    for line in read("/etc/shadow").splitlines():
        h = line.split(":")[1]
        true(len(h) < 5 or h not in out, "a hash is shown")
    status, out, err = run("setpriv", "--reuid=1201", "--regid=1201", "--clear-groups", "hcauth", "doctor")
    equal((status, out, err), (4, "", "hcauth: Only root may do this. Try: sudo hcauth doctor\n"), "anybody else")
    equal(run("hcauth", "doctor", "--all")[0], 2, "an unknown word")


main()
