"""git, run as a program with the rights of the user who keeps the folder.

The configuration and the hooks of a repository are programs of its owner: root never runs git in a folder that
somebody else can change.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from enuf.system.subprocesses import answer_of
from enuf.system.switch_user import ask_as, keeper_of

LOOK_WITHIN_S = 10
CHECKOUT_WITHIN_S = 300
_QUIETLY = ("-c", "core.fsmonitor=false", "-c", "gc.auto=0")
"""Start no process that stays."""
_OF_THE_CALLER = ("GIT_", "SUDO_")
"""Variables that would lead git to another repository, or let root trust the folder of the user of sudo."""


class GitAnswer(msgspec.Struct, frozen=True):
    """What git printed, and whether it succeeded."""

    ok: bool
    out: str
    problem: str
    """The lines on stderr."""


def run_git(
    folder: Path, words: Sequence[str], environ: Mapping[str, str], *, within_s: float = LOOK_WITHIN_S
) -> GitAnswer:
    """Run git in a folder and return its answer, also where git is missing or takes too long."""
    given = {name: value for name, value in environ.items() if not name.startswith(_OF_THE_CALLER)}
    given |= {"LC_ALL": "C.UTF-8", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}
    try:
        done = answer_of(("git", *_QUIETLY, *words), within_s=within_s, directory=folder, environ=given)
    except FileNotFoundError:
        return GitAnswer(False, "", "git is not installed")
    except (OSError, ValueError, TimeoutError) as error:
        return GitAnswer(False, "", f"git: {error}")
    return GitAnswer(done.returncode == 0, done.stdout, done.stderr.strip())


def run_git_as_keeper(folder: Path, words: Sequence[str], *, within_s: float = LOOK_WITHIN_S) -> GitAnswer:
    """Run git in a folder, as root in a process of the user who keeps the folder, and return its answer."""
    keeper = keeper_of(folder)
    if keeper is None:
        return run_git(folder, words, os.environ, within_s=within_s)
    return ask_as(keeper, lambda: run_git(folder, words, os.environ, within_s=within_s), GitAnswer)


def revision_of(folder: Path, environ: Mapping[str, str]) -> tuple[str, bool]:
    """Return the commit of which the folder is a checkout, and whether tracked files differ from that commit.

    Return an empty text where git does not track the folder: a repository around it may hold something else. For a
    process that runs the folder's own code anyway: whoever owns the repository is trusted.
    """
    if not any(os.path.lexists(each / ".git") for each in (folder, *folder.parents)):
        return "", False
    trusting = ("-c", "safe.directory=*")
    found = run_git(
        folder, (*trusting, "rev-parse", "HEAD", "HEAD:./"), environ
    )  # fails unless both are there
    if not found.ok:
        return "", False
    words = (*trusting, "status", "--porcelain", "--untracked-files=no", "--", ".")
    return found.out.split()[0], bool(run_git(folder, words, environ).out.strip())
