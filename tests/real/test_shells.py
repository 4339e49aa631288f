# SPDX-License-Identifier: Apache-2.0
"""Completion of hcauth's commands, by bash, zsh and fish themselves, as they are installed."""
import os
import subprocess
import tempfile

from drive import Program
from host import without_daemon
from people import run
from tap import case, equal, main

FOLDER = tempfile.mkdtemp(dir="/run")
for name in ("staff.csv", "staff two.csv", "other.txt"):
    open(FOLDER + "/" + name, "w").close()

# What every shell must come to, for a line that ends where the cursor is.
LINES = {
    "hcauth pra": {"practice"},
    "hcauth practice ": {"add", "list", "set", "show"},
    "hcauth yubikey re": {"remove", "rename"},
    "hcauth account add HC1 --e": {"--existing"},
    "hcauth practice set stj --network ": {"yes", "no"},
    "hcauth second remove ": {"app", "sms"},
    "hcauth help identity sh": {"share", "show"},
    "hcauth import sta": {"staff.csv", "staff two.csv"},
    "hcauth invite --letter oth": {"other.txt"},
}

# Readline's part, played by a script: the words of the line, then the function that `complete -p` names.
BASH = r"""
. /usr/share/bash-completion/bash_completion
eval "words=($1)"
[ "${1% }" = "$1" ] || words+=("")
_completion_loader hcauth
[[ $(complete -p hcauth) =~ -F\ ([a-z_]+)\ hcauth ]] || exit 1
COMP_WORDS=("${words[@]}") COMP_CWORD=$((${#words[@]} - 1)) COMP_LINE=$1 COMP_POINT=${#1}
compopt() { :; }    # bash has it within readline only
"${BASH_REMATCH[1]}" hcauth "${words[-1]}" "${words[-2]}"
printf '%s\n' "${COMPREPLY[@]}"
"""


def said(*argv):
    r = subprocess.run(argv, cwd=FOLDER, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    equal(r.stderr, "", "stderr")
    return {line.split("\t")[0].strip() for line in r.stdout.splitlines()}


@case
def bash_words():
    for line, want in LINES.items():
        equal(said("bash", "-c", BASH, "bash", line), want, line)


@case
def fish_words():
    for line, want in LINES.items():
        equal(said("fish", "-c", "complete -C '%s'" % line), want, line)


def typed(shell, prompt, setup, line, shown, enter):
    """Types a line and a tab into a shell on a terminal, and runs what has become of it."""
    with Program(shell, cwd=FOLDER, env={"HOME": FOLDER, "TERM": "xterm"}) as p:
        p.expect(prompt)
        for s in setup:
            p.type(s)
            p.expect(prompt)
        os.write(p.master, (line + "\t").encode())
        p.expect(shown)
        if enter:
            os.write(p.master, b"\n")
            p.expect(enter)


@case
def bash_at_the_keyboard():
    typed(["bash", "--norc", "-i"], r"\$ $|# $", [". /usr/share/bash-completion/bash_completion; PS1='# '"],
          "hcauth help compl", r"complete $", "Usage: hcauth complete")
    typed(["bash", "--norc", "-i"], r"\$ $|# $", [". /usr/share/bash-completion/bash_completion; PS1='# '"],
          "hcauth import 'staff t", r"staff two\.csv' $", None)


ZSH = ["zsh", "-f", "-i"]
ZSH_PROMPT = r"[#%] (\x1b\[\S*|\s)*$"
ZSH_SETUP = ["autoload -Uz compinit; compinit -u; unsetopt automenu; zstyle ':completion:*' list-colors ''; PS1='%# '"]


@case
def zsh_at_the_keyboard():
    for line, added in (("hcauth pra", "ctice"), ("hcauth practice set stj --net", "work"),
                        ("hcauth practice set stj --network y", "es"), ("hcauth account add HC1 --ex", "isting"),
                        ("hcauth import oth", r"er\.txt"), ("hcauth second remove s", "ms")):
        typed(ZSH, ZSH_PROMPT, ZSH_SETUP, line, added, None)
    # several: zsh lists them with what they do
    typed(ZSH, ZSH_PROMPT, ZSH_SETUP, "hcauth practice ",
          r"add\s+-- Add a practice(?s:.*)show\s+-- Show a practice", None)
    typed(ZSH, ZSH_PROMPT, ZSH_SETUP, "hcauth help compl", "complete", "Usage: hcauth complete")


@case
def nobody_else_is_asked():
    """Completion works with the daemon down, and says nothing of its own where the command is not there."""
    gone = BASH.replace("COMP_WORDS=", "PATH=/nonexistent COMP_WORDS=", 1)
    equal(said("bash", "-c", gone, "bash", "hcauth pra"), {""}, "without the command")
    with without_daemon():
        equal(run("hcauth", "complete", "--", "stat"), (0, "status\tShow your shift, and what you sign in with\n", ""),
              "hcauth complete")


main()
