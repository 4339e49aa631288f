# SPDX-License-Identifier: Apache-2.0
"""What authselect(8) makes of hcauth's profile, by the operators that authselect-profiles(5) describes: authselect
itself is in no Debian package."""
import os
import re

PROFILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../conf/authselect/hcauth")
STACKS = ("system-auth", "password-auth")
CLOSED = ("fingerprint-auth", "smartcard-auth", "switchable-auth")
CONTROL = "[success=%s user_unknown=ignore module_unknown=ignore default=die]"

# The services that include the stacks, in Fedora's shape.
SERVICES = {
    "login": ("system-auth", "substack"),
    "sshd": ("password-auth", "substack"),
    "su": ("system-auth", "substack", "auth sufficient pam_rootok.so\n"),
    "sudo": ("system-auth", "include"),
    "passwd": ("system-auth", "include"),
}


def read(name):
    with open(os.path.join(PROFILE, name)) as f:
        return f.read()


def holds(expression, features):
    """Whether an expression ("a" and not ("b" or "c")) is true of some features."""
    if not re.fullmatch(r'(\s|"[a-z0-9-]+"|and|or|not|\(|\))+', expression):
        raise ValueError(expression)
    return eval(re.sub(r'"([a-z0-9-]+)"', lambda m: str(m.group(1) in features), expression))


def render(name, features=()):
    out = []
    for line in read(name).splitlines():
        m = re.search(r"\{(continue|stop|include|exclude) if ([^}]*)\}", line)
        if m:
            true = holds(m.group(2), features)
            if m.group(1) in ("continue", "stop"):
                if true != (m.group(1) == "continue"):
                    break
                continue
            if true != (m.group(1) == "include"):
                continue
            line = line[:m.start()] + line[m.end():]
        line = re.sub(r"\{if ([^:}]*):([^|}]*)(?:\|([^}]*))?\}",
                      lambda m: m.group(2) if holds(m.group(1), features) else m.group(3) or "", line)
        out.append(line.rstrip())
    return "\n".join(out) + "\n"


def features():
    """Those that the files name."""
    return sorted({f for name in os.listdir(PROFILE) if name != "README"
                   for part in re.findall(r"\{[^}]*\}", read(name)) for f in re.findall(r'"([^"]+)"', part)})


def lines(text, phase):
    """The lines of a phase: control, module, arguments."""
    for line in text.splitlines():
        m = re.match(r"-?(auth|account|password|session)\s+(\[[^]]*\]|\S+)\s+(\S+)\s*(.*)", line)
        if m and m.group(1) == phase:
            yield m.group(2), m.group(3), m.group(4)


def install(folder, chosen=(), change=lambda text: text):
    """Writes what "authselect select hcauth FEATURES" would into a folder of PAM files, and the services."""
    for name in STACKS + CLOSED + ("postlogin",):
        with open(os.path.join(folder, name), "w") as f:
            f.write(change(render(name, chosen)))
    for service, (stack, how, *before) in SERVICES.items():
        with open(os.path.join(folder, service), "w") as f:
            f.write("".join(before) + "auth %s %s\nauth include postlogin\naccount include %s\n"
                    "password %s %s\nsession include %s\nsession include postlogin\n" %
                    (how, stack, stack, how, stack, stack))
