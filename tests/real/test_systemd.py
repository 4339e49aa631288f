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
import subprocess

from booted import TREE, Staff, main, readme, shown, systemctl
from drive import Program
from host import kill, pamtester
from people import CODE, hcauth, practice, run
from tap import case, equal, true

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
