# SPDX-License-Identifier: Apache-2.0
"""What an AppArmor profile lets a program do with files, and what a traced one has done (strace -ff -y). The kernel that
the tests run on need not know AppArmor; and a profile that is loaded holds for the whole machine, beyond a private
host: so profiles are compiled here, and compared, and never loaded."""
import collections
import glob
import os
import re
import subprocess

Access = collections.namedtuple("Access", "path perms call")
CALLS = "%file,%desc,%process,connect,bind,sendto,mmap"


# --- profiles ---

def braces(text, at):
    """The alternatives of the brace at that place, and where it ends."""
    depth, parts, begin = 0, [], at + 1
    for i in range(at, len(text)):
        depth += {"{": 1, "}": -1}.get(text[i], 0)
        if depth == 0 or (depth == 1 and text[i] == ","):
            parts.append(text[begin:i])
            begin = i + 1
        if depth == 0:
            return parts, i + 1
    raise ValueError(text)


def pattern(text):
    """A path of a rule as a regular expression (apparmor.d(5))."""
    out, i = "", 0
    while i < len(text):
        if text.startswith("**", i):
            out, i = out + (".+" if text[i - 1] == "/" and i + 2 == len(text) else ".*"), i + 2
        elif text[i] == "*":
            alone = text[i - 1] == "/" and text[i + 1:i + 2] in ("", "/")
            out, i = out + ("[^/]+" if alone else "[^/]*"), i + 1
        elif text[i] == "{":
            parts, i = braces(text, i)
            out += "(?:%s)" % "|".join(pattern(p) for p in parts)
        elif text[i] == "[":
            end = text.index("]", i) + 1
            out, i = out + text[i:end], end
        else:
            out, i = out + re.escape(text[i]), i + 1
    return out


def expand(text, variables):
    m = re.search(r"@\{(\w+)\}", text)
    if not m:
        yield re.sub("//+", "/", text)
        return
    for value in variables[m.group(1)]:
        yield from expand(text[:m.start()] + value + text[m.end():], variables)


class Profile:
    """A file of /etc/apparmor.d, with all that it includes."""

    def __init__(self, path):
        flat = subprocess.run(["apparmor_parser", "--preprocess", path], check=True, capture_output=True, text=True).stdout
        variables = {"profile_name": [""]}
        self.rules = []
        for line in flat.splitlines():
            m = re.match(r"@\{(\w+)\}\s*=\s*(.*)", line)
            if m:
                variables[m.group(1)] = [v.strip('"') for v in re.findall(r'"[^"]*"|(?:\{[^{}]*\}|@\{\w+\}|\S)+', m.group(2))]
            m = re.match(r"\s*(?:owner\s+)?([/@]\S*)\s+([rwaxmklPUCipuc]+),$", line)
            if m:
                for one in expand(m.group(1), variables):
                    self.rules.append((re.compile(pattern(one) + r"\Z"), set(m.group(2))))

    def allows(self, path, perms):
        given = set().union(*(p for regex, p in self.rules if regex.match(path)))
        return set(perms) <= given


# --- what was done ---

FD = r"(?:\d+|AT_FDCWD)<(?P<%s>[^>]*)>"
CLONE = re.compile(r"(?:clone3?|v?fork)\(.*\) = (\d+)$")
OPEN = re.compile(r"openat\(.*, (?P<flags>O_[A-Z_|]+).*\) = \d+<(?P<path>/[^>]*)>$")
EXEC = re.compile(r'execve\("(?P<path>[^"]+)".*\) = 0\n?$')
MAP = re.compile(r"mmap\(.*PROT_EXEC.*, \d+<(?P<path>/[^>]*)>, \w+\) = 0x")
LOCK = re.compile(r"(?:flock\(\d+<(?P<a>/[^>]*)>|fcntl\(\d+<(?P<b>/[^>]*)>, F_(?:OFD_)?SETLKW?,)")
SOCKET = re.compile(r'(?P<call>connect|bind|sendto)\(.*sun_path="(?P<path>/[^"]+)".*\) = (?!-1)')
CHANGE = re.compile(r'(?:unlink|rename|mkdir|rmdir|chmod|link)(?:at2?)?\((?:%s, )?"(?P<path>[^"]+)"'
                    r'(?:, (?:%s, )?"(?P<to>[^"]+)")?.*\) = 0$' % (FD % "d", FD % "e"))


def accesses(folder, name, own):
    """What a program traced to that folder's files of that name has done, once each, with all processes that it has
    started; in those that have become another program than its own, up to that."""
    pids = {file.rsplit(".", 1)[1] for file in glob.glob("%s/%s.*" % (folder, name))}
    born = {pid: set(children("%s/%s.%s" % (folder, name, pid), None)) for pid in pids}
    found, todo = set(), pids - set().union(*born.values())
    while todo:
        file = "%s/%s.%s" % (folder, name, todo.pop())
        todo.update(pid for pid in children(file, own) if pid in pids)
        for line in until_foreign(file, own):
            found.update(access(line))
    return found


def until_foreign(file, own):
    with open(file, errors="replace") as f:
        for line in f:
            yield line.rstrip("\n")
            m = EXEC.match(line)
            if m and own and m.group("path") not in own:
                return


def children(file, own):
    return (m.group(1) for m in map(CLONE.match, until_foreign(file, own)) if m)


def access(line):
    call = line.split("(")[0]
    m = OPEN.match(line)
    if m:
        flags = m.group("flags").split("|")
        if "O_PATH" not in flags:
            write = {"O_CREAT", "O_TRUNC"} & set(flags) or {"O_WRONLY", "O_RDWR"} & set(flags)
            folder = "/" if "O_DIRECTORY" in flags and not m.group("path").endswith("/") else ""
            yield Access(m.group("path") + folder, ("w" if write else "") + ("" if "O_WRONLY" in flags else "r"), call)
    m = EXEC.match(line)
    if m:
        yield Access(os.path.realpath(m.group("path")), "x", call)
    m = MAP.match(line)
    if m:
        yield Access(m.group("path"), "m", call)
    m = LOCK.match(line)
    if m:
        path = m.group("a") or m.group("b")
        yield Access(path + "/" * os.path.isdir(path), "k", call)
    m = SOCKET.match(line)
    if m:
        yield Access(m.group("path"), "w" if call == "sendto" else "rw", call)
    m = CHANGE.match(line)
    if m:
        yield Access(os.path.join(m.group("d") or "/", m.group("path")), "w", call)
        if m.group("to"):
            yield Access(os.path.join(m.group("e") or "/", m.group("to")), "w", call)


def unmatched(profile, done):
    return sorted(a for a in done if not a.path.startswith("/memfd:") and not profile.allows(a.path, a.perms))
