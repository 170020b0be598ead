"""The folders of one application below build/apps, its user, and its port."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec

USERS = ("www-data", "nobody")


class Place(msgspec.Struct, frozen=True):
    """Where one application is installed and served, and as whom."""

    folder: Path
    enuf: str
    """The path of the program `enuf`."""
    user: str
    """The user of the servers. Empty: the user of this process."""

    @property
    def environment(self) -> Path:
        """The virtualenv."""
        return self.folder / "venv"

    @property
    def project(self) -> Path:
        """The project as the servers see it: every server finds it fresh, at this path."""
        return self.folder / "project"

    @property
    def prepared(self) -> Path:
        """The project after its preparation, to be copied for each server."""
        return self.folder / "prepared"

    def program(self, name: str) -> str:
        """Return the path of a program in the virtualenv."""
        return str(self.environment / "bin" / name)

    @property
    def home(self) -> str:
        """The home folder of the servers' user."""
        return pwd.getpwnam(self.user).pw_dir if self.user else str(Path.home())

    def fresh_project(self) -> None:
        """Put the prepared project, with its times, at its path again; it belongs to the servers' user."""
        shutil.rmtree(self.project, ignore_errors=True)
        shutil.copytree(self.prepared, self.project, symlinks=True)
        if self.user:
            account = pwd.getpwnam(self.user)
            for path in (self.project, *self.project.rglob("*")):
                os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)


def user_of_servers() -> str:
    """Return the user that root gives the servers; empty for everybody else, who keep their own."""
    if os.geteuid() != 0:
        return ""
    known = {account.pw_name for account in pwd.getpwall()}
    return next(name for name in USERS if name in known)


def python_for(user: str) -> str:
    """Return a Python that this user may run: this one if possible, else the system's."""
    for path in (sys.executable, "/usr/bin/python3"):
        own = str(Path(path).resolve())
        try:
            done = subprocess.run(
                [own, "-c", ""], user=user or None, check=False, cwd="/", capture_output=True
            )
        except PermissionError:
            continue
        if done.returncode == 0:
            return own
    raise SystemExit(f"no Python that {user} may run: name one with --python")
