# SPDX-License-Identifier: Apache-2.0
"""The manual pages: as mandoc wants them, and every command and file in an EXAMPLES section tried here, as it
stands on the rendered page. What a person types in answer is in ANSWERS; what takes systemd, which does not
run here (real-systemd boots it), in INSTEAD. An example that is in neither must work by itself."""
import glob
import os
import pwd
import re
import shutil
import subprocess

from drive import Program
from host import daemon_down, daemon_up, local_password, local_user, pamtester, take_settings
from people import CODE, LOST_PHONE, NEW_PASSWORD, NEW_PASSWORD_AGAIN, PASSWORD, SHELL, USERID, Person, run
from tap import case, equal, main, true

TREE = os.environ["HC_TREE"]
PAGES = sorted(glob.glob(TREE + "/doc/*.[1-8]"))
NAMES = [os.path.basename(p) for p in PAGES]
jane = Person.__new__(Person)


def rendered(name):
    page = subprocess.run(["mandoc", "-Tascii", "-Owidth=190", "%s/doc/%s" % (TREE, name)], check=True, capture_output=True,
                          text=True).stdout
    return re.sub(r".\x08", "", page)


def examples(name):
    """The indented blocks of EXAMPLES, each a list of lines."""
    found = re.search(r"(?ms)^EXAMPLES\n(.*?)^\S", rendered(name))
    true(found, "%s has EXAMPLES" % name)
    blocks = []
    for paragraph in re.split(r"\n\s*\n", found.group(1)):
        lines = paragraph.rstrip().split("\n")
        indent = len(lines[0]) - len(lines[0].lstrip())
        if indent > 5:      # the text's own
            blocks.append([line[indent:] for line in lines])
    true(blocks, "%s has something in its EXAMPLES" % name)
    return blocks


def commands(name):
    """(prompt, command) of each."""
    for block in examples(name):
        if block[0][:2] in ("# ", "$ "):
            text = "\n".join(block).replace("\\\n", " ")
            for line in text.split("\n"):
                yield line[0], re.sub(r"\s+", " ", line[2:])


def file_block(name, has):
    block = next(b for b in examples(name) if any(has in line for line in b))
    return "\n".join(block) + "\n"


# --- what the commands find here, and what is typed ---

def first_sign_in(out):
    jane.activation = out.split("\n")[-2].strip()
    jane.name, jane.email, jane.password = "Jane Doe", "jane.doe@example.org", "nine green bottles singing"
    jane.user, jane.step, jane.recovery, jane.totp = "jdoe-stj", 0, {}, None


def prove(p):
    p.expect(PASSWORD)
    p.secret(jane.password)
    p.expect(CODE)
    p.answer(jane.recovery_code(), shown="")


def link(p):
    prove(p)
    p.expect(USERID)
    p.answer("HC000042")
    p.expect(r"Its password, or activation code: $")
    p.secret(older_code)
    p.expect("is yours now")


def switch(p):
    if p.expect(SHELL, PASSWORD) == 1:
        p.secret(jane.password)
        p.expect(CODE)
        p.answer(jane.recovery_code(), shown="")
        if p.expect(LOST_PHONE, SHELL) == 0:
            p.answer("", shown="")
            p.expect(SHELL)
    p.type("id -un")
    p.expect(r"(?m)^older-stj\r?$")
    p.type("exit")


def password(p):
    prove(p)
    jane.password = "eight tall ships at anchor"
    for prompt in (NEW_PASSWORD, NEW_PASSWORD_AGAIN):
        p.expect(prompt)
        p.secret(jane.password)


def invite(p):
    p.expect(CODE)
    p.answer(jane.recovery_code(), shown="")


def sign_in(p):
    prove(p)
    jane.has_phone(p)


ANSWERS = {
    "hcauth link": link,
    "hcauth switch HC000042": switch,
    "hcauth password": password,
    'hcauth invite --practice stjohns --name "Ali Khan" --letter ali.pdf': invite,
    "pamtester login jane.doe@example.org authenticate acct_mgmt": sign_in,
}


INSTEAD = {
    "systemctl start hcauthd": daemon_up,
    "systemctl reload hcauthd": take_settings,
}


def does(prompt, command):
    """Runs an example as root, or as Jane Doe in her home; returns what it printed."""
    command, _, then = command.partition(" && systemctl ")
    if command in INSTEAD:
        INSTEAD[command]()
        return ""
    uid = pwd.getpwnam(jane.user).pw_uid if prompt == "$" else None
    folder = pwd.getpwnam(jane.user).pw_dir if prompt == "$" else "/root"
    with Program(["bash", "-c", command], uid=uid, cwd=folder, columns=200) as p:
        if command in ANSWERS:
            ANSWERS[command](p)
        equal(p.end(), 0, "status of %s\n%s" % (command, p.screen))
    if then:
        INSTEAD["systemctl " + then]()
    return p.screen.replace("\r", "")


def new_machine():
    daemon_down()
    for path in ("/var/lib/hcauthd", "/etc/hcauth/machine.key", "/run/hcauthd"):
        shutil.rmtree(path, ignore_errors=True) if os.path.isdir(path) else os.remove(path)


# --- the cases, in the order in which a sysadmin goes through them ---

@case
def pages_are_as_mandoc_wants_them():
    true(len(PAGES) >= 6, "pages: %s" % NAMES)
    for p in PAGES:
        said = subprocess.run(["mandoc", "-Tlint", "-Wstyle", p], capture_output=True, text=True).stdout
        wrong = [line for line in said.splitlines()     # what other pages this machine has is not the page's fault
                 if not re.search("referenced manual not found|outdated mandoc.db|input text line longer than 80", line)]
        equal(wrong, [], p)
        with open(p) as f:
            for ours in re.findall(r"(?m)^\.Xr (\S*hcauth\S*) (\d)", f.read()):
                true(".".join(ours) in NAMES, "%s refers to %s(%s)" % (p, *ours))


@case
def pages_are_installed():
    for n in NAMES:
        true(glob.glob("/usr/share/man/man%s/%s*" % (n[-1], n)), n)


@case
def the_command():
    global older_code
    new_machine()
    table = file_block("hcauth.1", "practice,")
    with open("/root/staff.csv", "w") as f:
        f.write(table)
    for prompt, command in commands("hcauth.1"):
        if prompt == "$" and not jane.recovery:
            jane.enrol()
            older_code = run("hcauth", "account", "add", "HC000042", "--practice", "stjohns", "--user", "older-stj")[1].split("\n")[-2]
        out = does(prompt, command)
        if "identity add jane" in command:
            first_sign_in(out)
        elif "invite" in command:
            true(os.path.getsize("/home/jdoe-stj/ali.pdf") > 1000, "the letter")
        elif "--dry-run" in command:
            true("Bea Hill" not in run("hcauth", "identity", "list")[1], "a dry run adds nobody")
        elif "letters.pdf" in command:
            true("Bea Hill" in run("hcauth", "identity", "list")[1], "the import adds her")
        elif "status" in command:
            true("password" in out.lower(), out)
        elif "audit" in command:
            true("HC000042" in out, out)


@case
def names():
    with open("/etc/nsswitch.conf") as f:
        rest = [line for line in f if line.split(":")[0] not in ("passwd", "group")]
    with open("/etc/nsswitch.conf", "w") as f:
        f.write(file_block("nss_hcauth.8", "passwd:") + "".join(rest))
    for prompt, command in commands("nss_hcauth.8"):
        true("jdoe-stj" in does(prompt, command), command)


@case
def the_module():
    local_password("root", "a word of root's")
    local_user("boss", 1000, "a word of the boss")
    with open("/etc/pam.d/example", "w") as f:
        f.write(file_block("pam_hcauth.8", "pam_unix").replace("\\\n", ""))
    for name, right in (("root", "a word of root's"), ("boss", "a word of the boss")):
        equal(pamtester("example", name, answers=[right])[0], 0, name)
        true(pamtester("example", name, answers=[right + "x"])[0] != 0, name + ", wrong")
    equal(pamtester("example", jane.email, answers=[jane.password, jane.code()])[0], 0, "Jane")
    true(pamtester("example", jane.email, answers=[jane.password, jane.wrong_code()])[0] != 0, "Jane, wrong")
    for prompt, command in commands("pam_hcauth.8"):
        true("successfully authenticated" in does(prompt, command), command)


@case
def settings():
    with open("/etc/hcauth/hcauthd.conf") as f:
        shipped = f.read()
    blocks = [b for n in ("hcauthd.conf.5", "hcauth-courier.8") for b in examples(n) if b[0].startswith("[")]
    equal(len(blocks), 3, "blocks of settings")
    for block in blocks:
        with open("/etc/hcauth/hcauthd.conf", "w") as f:
            f.write("\n".join(block) + "\n")
        for prompt, command in commands("hcauthd.conf.5"):
            true("settings are good" in does(prompt, command), command)
        take_settings()
        equal(run("hcauth", "identity", "list")[0], 0, "the daemon, with these")   # and it publishes anew
        equal(run("getent", "passwd")[1].count("\njdoe-stj:"), 0 if "list-users = yes" not in block else 1, "listed")
    with open("/etc/hcauth/hcauthd.conf", "w") as f:
        f.write(shipped)


@case
def the_daemons():
    for name in ("hcauthd.8", "hcauth-courier.8"):
        for prompt, command in commands(name):
            does(prompt, command)
    true(os.path.getsize("/etc/hcauth/templates/en/invite.txt"), "the copy")


@case
def programs_help():
    for program, option in (("hcauthd", "--config FILE"), ("hcauth-courier", "--config FILE"), ("hcauth", "help COMMAND")):
        status, out, err = run(program, "--help")
        equal((status, err), (0, ""), program)
        true(out.startswith("Usage: %s " % program) and option in out, out)
        status, out, err = run(program, "--nonsense")
        equal((status, out), (2, ""), program)
        true(err, program)
    talk = "/usr/libexec/hcauth/hcauth-talk"
    status, out, err = run(talk, "--help")
    equal((status, err), (0, ""), talk)
    true("hcauthd starts it" in out, out)
    status, out, err = run(talk)
    equal((status, out), (111, ""), talk)
    true("hcauthd starts it" in err, err)


main()
