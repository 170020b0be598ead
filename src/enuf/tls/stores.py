"""The stores of certificates that programs trust: the system's, and those of browsers (NSS)."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from enuf.errors import SettingsInvalid
from enuf.system import files
from enuf.system.user import User
from enuf.tls.local import is_limited
from enuf.tls.pair import parse_chain

WITHIN_S = 60
SYSTEM_FOLDER = Path("/usr/local/share/ca-certificates")
"""Debian's folder for authorities of the host's own."""
UPDATE = "update-ca-certificates"
CERTUTIL = "certutil"
Outcome = Literal["done", "nothing to do", "not done"]


class StoreResult(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one store."""

    store: str
    outcome: Outcome
    why: str = ""
    """Why it was not done, or what is missing, in words."""
    needs_root: bool = False


def change_stores(ca: Path, user: User, *, trust: bool) -> list[StoreResult]:
    """Put the authority into every store that is here, or take it out. Return what became of each.

    `user` is the one whose browsers are meant; as root the browsers' stores are changed as that user.
    """
    name = f"enuf-{ca.parent.name}-{user.name}"
    results = [_system_store(ca, name, trust=trust)]
    folders = list(browser_stores(Path(user.home)))
    if not folders:
        return [*results, StoreResult(store="browsers", outcome="nothing to do", why=_NO_BROWSER)]
    if shutil.which(CERTUTIL) is None:
        why = "there is no certutil: apt-get install libnss3-tools, then run it again"
        return [*results, *(StoreResult(store=str(each), outcome="not done", why=why) for each in folders)]
    return [*results, *(_browser_store(each, ca, name, user, trust=trust) for each in folders)]


_NO_BROWSER = "this user has no profile of Firefox or Chromium yet: start the browser once, then run it again"


def is_trusted(ca: Path) -> bool:
    """Return True if the system's store has the authority."""
    try:
        wanted = _authority(ca)
        return any(_holds(each, wanted) for each in SYSTEM_FOLDER.glob("enuf-*.crt"))
    except (OSError, SettingsInvalid):
        return False


def _system_store(ca: Path, name: str, *, trust: bool) -> StoreResult:
    target, store = SYSTEM_FOLDER / f"{name}.crt", "the system's store"
    if shutil.which(UPDATE, path=_SBIN) is None:
        why = f"this system has no {UPDATE}: add {ca} by the system's own means"
        return StoreResult(store=store, outcome="not done", why=why)
    text = _authority(ca) if trust else ""
    if trust and _holds(target, text):
        return StoreResult(store=store, outcome="nothing to do", why=f"{target} is there already")
    if not trust and not target.is_file():
        return StoreResult(store=store, outcome="nothing to do", why=f"{target} is not there")
    if os.geteuid() != 0:
        return StoreResult(
            store=store, outcome="not done", why=f"only root may change {SYSTEM_FOLDER}", needs_root=True
        )
    if trust:
        files.write_whole(target, text, 0o644)
    else:
        target.unlink()
    problem = _problem_of([UPDATE, *([] if trust else ["--fresh"])])
    return StoreResult(store=store, outcome="not done" if problem else "done", why=problem or str(target))


_SBIN = "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"


def _authority(ca: Path) -> str:
    """Return the certificate of the authority in PEM: that alone of a file which another user may have written."""
    from cryptography.hazmat.primitives.serialization import Encoding

    try:
        certificate = parse_chain(files.read_regular(ca, follow=False))[0]
    except (OSError, ValueError):
        raise SettingsInvalid(
            f"{ca} holds no certificate in PEM form", "enuf cert renew", slug="certificate-unusable"
        ) from None
    if not is_limited(certificate):
        raise SettingsInvalid(
            f"{ca} is no authority of enuf's: it could vouch for any site",
            "find out what wrote it; enuf up --tls local makes another where there is none",
            slug="certificate-unusable",
        )
    return certificate.public_bytes(Encoding.PEM).decode("ascii")


def _holds(path: Path, text: str) -> bool:
    try:
        return files.read_regular(path) == text.encode()
    except OSError:
        return False


def browser_stores(home: Path) -> Iterator[Path]:
    """Yield the folders in which this user's browsers keep what they trust."""
    patterns = (
        ".pki/nssdb",
        ".mozilla/firefox/*",
        "snap/firefox/common/.mozilla/firefox/*",
        "snap/chromium/current/.pki/nssdb",
    )
    for pattern in patterns:
        for folder in sorted(home.glob(pattern)):
            if (folder / "cert9.db").is_file():
                yield folder


def _browser_store(folder: Path, ca: Path, name: str, user: User, *, trust: bool) -> StoreResult:
    at = ("-d", f"sql:{folder}", "-n", name)
    known = not _problem_of([CERTUTIL, "-L", *at], user)
    if not trust and not known:
        return StoreResult(store=str(folder), outcome="nothing to do", why="it does not know the authority")
    if known:  # an older one of this name, or one to be taken out
        problem = _problem_of([CERTUTIL, "-D", *at], user)
        if problem or not trust:
            return StoreResult(store=str(folder), outcome="not done" if problem else "done", why=problem)
    problem = _problem_of([CERTUTIL, "-A", *at, "-t", "C,,", "-i", str(ca)], user)
    return StoreResult(store=str(folder), outcome="not done" if problem else "done", why=problem)


def _problem_of(words: list[str], user: User | None = None) -> str:
    """Run a program, as this user if we are root. Return why it failed, in words; empty when it did not."""
    program = shutil.which(words[0], path=_SBIN)
    if program is None:
        return f"there is no {words[0]}"
    other = user if user is not None and os.geteuid() == 0 and user.uid != 0 else None
    try:
        done = subprocess.run(
            [program, *words[1:]],
            capture_output=True,
            text=True,
            errors="replace",
            cwd="/",
            umask=0o077,
            start_new_session=True,  # the modules of that user's profile must not reach root's terminal
            stdin=subprocess.DEVNULL,
            timeout=WITHIN_S,
            check=False,
            env={"PATH": _SBIN, "HOME": other.home if other else os.environ.get("HOME", "/"), "LC_ALL": "C"},
            user=other.uid if other else None,
            group=other.gid if other else None,
            extra_groups=[other.gid] if other else None,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{words[0]}: {error}"
    if done.returncode == 0:
        return ""
    said = (done.stderr or done.stdout).strip().splitlines()
    return f"{words[0]}: {said[-1] if said else f'exit status {done.returncode}'}"
