# SPDX-License-Identifier: Apache-2.0
# messages: yes
"""The units, on a machine that systemd has booted: the README's own commands enable them, the sockets start the
daemon, people sign in, the courier delivers, and what is to happen by a file or by the clock happens; the README's
last command ends it all."""
import glob
import json
import os
import pwd
import select
import shutil
import subprocess
import tempfile

from booted import TREE, Staff, main, readme, shown, systemctl
from drive import Program
from host import kill, pamtester, until
from people import CODE, hcauth, practice, run
from tap import case, equal, true

NO_PRIVILEGES = TREE + "/conf/hcauth-courier.service.d/no-privileges.conf"
UNITS = sorted(os.path.basename(f) for f in glob.glob(TREE + "/conf/systemd/*"))


def journal(*match):
    run("journalctl", "--sync")
    return [json.loads(line) for line in run("journalctl", "-o", "json", *match)[1].splitlines()]


@case
def every_unit_is_well_formed():
    equal(len(UNITS), 10, "units")
    status, out, err = run("systemd-analyze", "verify", "--man=no", *UNITS)
    equal((status, out + err), (0, ""), "systemd-analyze verify")


@case
def pk09_every_unit_is_closed():
    """systemd-analyze's exposure, in tenths. Why some have more than others stands in the units."""
    bars = {"hcauthd": 10, "hcauthd-purge": 15, "hcauth-metrics": 15, "hcauthd-end-sessions": 16, "hcauth-courier": 63}
    equal({u[:-len(".service")] for u in UNITS if u.endswith(".service")}, set(bars), "units")
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(TREE + "/conf/systemd/hcauth-courier.service", folder + "/no-privileges.service")
        with open(folder + "/no-privileges.service", "a") as to, open(NO_PRIVILEGES) as f:
            to.write(f.read())
        for path, bar in [*((TREE + "/conf/systemd/%s.service" % u, bar) for u, bar in bars.items()),
                          (folder + "/no-privileges.service", 15)]:
            status, out, err = run("systemd-analyze", "security", "--offline=true", "--no-pager",
                                   "--threshold=%d" % bar, path)
            equal(status, 0, "%s: more than %d:\n%s%s" % (path, bar, out, err))


@case
def a_socket_starts_the_daemon():
    sockets = ["hcauthd-root.socket", "hcauthd-user.socket"]
    systemctl("start", *sockets)
    equal(shown("hcauthd.service", "ActiveState"), "inactive", "before anybody came")
    practice()
    equal(shown("hcauthd.service", "ActiveState"), "active", "after somebody did")
    equal([os.stat("/run/hcauthd/%s.sock" % s).st_mode & 0o777 for s in ("root", "user")], [0o600, 0o666], "modes")


@case
def the_readme_enables_all_of_them():
    lines = readme(r"^    systemctl enable --now (.*)$")
    for units in lines:
        systemctl("enable", "--now", *units)
    for unit in (u if "." in u else u + ".service" for units in lines for u in units):
        equal((shown(unit, "ActiveState"), shown(unit, "UnitFileState")), ("active", "enabled"), unit)


ann, ben = [], []   # made where the courier runs


@case
def people_sign_in_and_the_courier_delivers():
    ann.append(Staff("ann", 1).enrol())
    ben.append(Staff("ben", 2).enrol())
    hcauth("practice", "set", "stj", "--manager", ben[0].email)
    status, said = pamtester("login", ann[0].email, answers=[ann[0].password, ann[0].code()])
    equal(status, 0, said)


def sent(channel, to):
    """Queues a message as the daemon does, and waits until it was sent."""
    status, number, err = run(TREE + "/build/queue_message", channel, to, "changed", "Ann Example",
                              "St John's Surgery", "", "Your PIN was changed", "0")
    equal(status, 0, "queue_message: " + err)
    waits = lambda: int(number) in [m["number"] for m in json.loads(hcauth("outbox", "--json"))]
    until("%s to %s is sent: %s" % (channel, to, run("journalctl", "-u", "hcauth-courier", "-n", "5")[1]), lambda: not waits())


def set_sendmail(program):
    run("sed", "-i", "s|^sendmail = .*|sendmail = %s|" % program, "/etc/hcauth/hcauthd.conf")


@case
def a_setgid_sendmail_sends():
    """As Debian's msmtp was: its settings are for its group alone."""
    shutil.copy("/usr/bin/msmtp", "/usr/local/bin/msmtp-setgid")
    for path, mode in (("/usr/local/bin/msmtp-setgid", 0o2755), ("/etc/msmtprc", 0o640)):
        shutil.chown(path, "root", "mail")
        os.chmod(path, mode)
    set_sendmail("/usr/local/bin/msmtp-setgid")
    sent("email", ann[0].email)
    set_sendmail("/usr/bin/msmtp")
    os.chmod("/etc/msmtprc", 0o644)


@case
def without_privileges_msmtp_and_sms_gammu_send():
    folder = "/etc/systemd/system/hcauth-courier.service.d"
    os.mkdir(folder)
    shutil.copy(NO_PRIVILEGES, folder)
    systemctl("daemon-reload")
    systemctl("restart", "hcauth-courier.service")
    equal(shown("hcauth-courier.service", "NoNewPrivileges"), "yes", "the file counts")
    sent("email", ann[0].email)
    sent("sms", "+441632960001")


@case
def the_journal_has_the_audit_with_its_fields():
    status, said = pamtester("login", ann[0].email, answers=[ann[0].password, ann[0].wrong_code()])
    true(status != 0, said)
    last = json.loads(hcauth("audit", "--json"))[-1]
    entry = journal("HCAUTH_WHO=" + ann[0].email)[-1]
    equal([entry["HCAUTH_" + k] for k in ("EVENT", "SERVICE", "NUMBER")], ["refused", "login", str(last["number"])],
          "fields")
    equal((entry["SYSLOG_IDENTIFIER"], entry["_UID"]), ("hcauth-audit", str(pwd.getpwnam("hcauthd").pw_uid)), "from whom")


@case
def a_killed_daemon_is_started_anew():
    before = shown("hcauthd.service", "MainPID")
    kill(int(before))
    hcauth("status")
    true(shown("hcauthd.service", "MainPID") not in ("0", before), "another one")


@case
def a_reload_takes_good_settings_and_refuses_others():
    systemctl("reload", "hcauthd.service")
    with open("/etc/hcauth/hcauthd.conf", "a") as f:
        size = f.tell()
        f.write("\n[machine]\nno-such = setting\n")
    true(run("systemctl", "reload", "hcauthd.service")[0] != 0, "settings with a mistake")
    os.truncate("/etc/hcauth/hcauthd.conf", size)
    hcauth("status")


@case
def sessions_end_by_the_path_unit():
    """The file that hcauthd writes, when a manager says so, starts what ends them."""
    uid = pwd.getpwnam(ann[0].user).pw_uid
    p = subprocess.Popen(["setpriv", "--reuid", str(uid), "--regid", str(uid), "--clear-groups", "sleep", "infinity"])
    ended = os.pidfd_open(p.pid)
    with Program(["hcauth", "leave", ann[0].user_id, "--end-sessions"], uid=pwd.getpwnam(ben[0].user).pw_uid) as m:
        m.expect(CODE)
        m.answer(ben[0].recovery_code(), shown="")
        equal(m.end(), 0, m.screen)
    true(select.select([ended], [], [], 20)[0], "ann's process goes on")
    os.close(ended)
    p.wait()
    equal(shown("hcauthd-end-sessions.service", "Result"), "success", "the unit")


@case
def the_timer_s_unit_purges():
    true(shown("hcauthd-purge.timer", "NextElapseUSecRealtime"), "it is due some day")
    systemctl("start", "hcauthd-purge.service")
    equal(shown("hcauthd-purge.service", "Result"), "success", "the unit")


@case
def the_readme_ends_them_all():
    units, = readme(r"`systemctl disable --now ([^`]+)`")
    systemctl("disable", "--now", *units)
    equal(run("systemctl", "list-units", "--plain", "--no-legend", "--state=active", "hcauth*")[1], "", "active")
    equal(run("systemctl", "list-units", "--plain", "--no-legend", "--state=failed")[1], "", "failed")
    true(not os.path.exists("/run/hcauthd/root.sock"), "the socket is gone")


main()
