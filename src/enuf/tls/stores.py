"""The stores of certificates that programs trust: the system's, and those of browsers (NSS)."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from enuf.errors import SettingsInvalid
from enuf.system import files
from enuf.system.user import User
from enuf.tls.limits import is_limited
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


def change_stores(ca: Path | None, user: User, *, trust: bool) -> list[StoreResult]:
    """Put the authority into every store that is here, or take out all authorities that this user ever trusted.

    Return what became of each store. `user` is the one whose browsers are meant; as root the browsers' stores are changed
    as that user. Raise SettingsInvalid for a file that holds no authority of enuf's.
    """
    wanted = _Wanted(name_in_stores(_authority(ca), user), _authority(ca)) if trust and ca else None
    results = [_system_store(wanted, ca, user)]
    folders = list(browser_stores(Path(user.home)))
    if not folders:
        why = f"{_NO_BROWSER}{': start the browser once, then run it again' if wanted else ''}"
        return [*results, StoreResult(store="browsers", outcome="nothing to do", why=why)]
    if shutil.which(CERTUTIL, path=_SBIN) is None:
        why = "there is no certutil: apt-get install libnss3-tools, then run it again"
        return [*results, *(StoreResult(store=str(each), outcome="not done", why=why) for each in folders)]
    return [*results, *(_browser_store(each, wanted, user) for each in folders)]


class _Wanted(msgspec.Struct, frozen=True):
    """An authority that is to be trusted."""

    name: str
    text: str
    """The certificate in PEM."""


def name_in_stores(pem: str, user: User) -> str:
    """Return the name of an authority in the stores.

    It begins with the user's number, so that no two users share a name, and ends with the certificate's fingerprint: a user
    may have several authorities, and a new one must not hide the one before from `untrust`.
    """
    der = ssl.PEM_cert_to_DER_cert(pem)
    return f"enuf-{user.uid}-{hashlib.sha256(der).hexdigest()[:16]}"


_NO_BROWSER = "this user has no profile of Firefox or Chromium yet"


def is_trusted(ca: Path) -> bool:
    """Return True if the system's store has the authority."""
    try:
        wanted = _authority(ca)
        return any(_holds(each, wanted) for each in SYSTEM_FOLDER.glob("enuf-*.crt"))
    except (OSError, SettingsInvalid):
        return False


def _system_store(wanted: _Wanted | None, ca: Path | None, user: User) -> StoreResult:
    store, ours = "the system's store", sorted(SYSTEM_FOLDER.glob(f"enuf-{user.uid}-*.crt"))
    if shutil.which(UPDATE, path=_SBIN) is None:
        why = f"this system has no {UPDATE}: add {ca} by the system's own means" if wanted else ""
        return StoreResult(store=store, outcome="not done" if wanted else "nothing to do", why=why)
    target = SYSTEM_FOLDER / f"{wanted.name}.crt" if wanted else None
    if wanted and target and _holds(target, wanted.text):
        return StoreResult(store=store, outcome="nothing to do", why=f"{target} is there already")
    if not wanted and not ours:
        return StoreResult(store=store, outcome="nothing to do", why="it has no authority of this user's")
    if os.geteuid() != 0:
        why = f"only root may change {SYSTEM_FOLDER}"
        return StoreResult(store=store, outcome="not done", why=why, needs_root=True)
    if wanted and target:
        files.write_whole(target, wanted.text, 0o644)
    for each in () if wanted else ours:
        each.unlink(missing_ok=True)
    problem = _problem_of([UPDATE, *([] if wanted else ["--fresh"])])
    changed = str(target) if target else ", ".join(map(str, ours))
    return StoreResult(store=store, outcome="not done" if problem else "done", why=problem or changed)


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


def _browser_store(folder: Path, wanted: _Wanted | None, user: User) -> StoreResult:
    at, store = ("-d", f"sql:{folder}"), str(folder)
    listed = _run([CERTUTIL, "-L", *at], user)
    if listed.problem:
        return StoreResult(store=store, outcome="not done", why=listed.problem)
    ours = [name for name in _names_in(listed.output) if name.startswith(f"enuf-{user.uid}-")]
    if wanted:  # -A also renews the trust of one that is there; its text comes by stdin, from a path that root alone may read
        words = [CERTUTIL, "-A", *at, "-n", wanted.name, "-t", "C,,", "-a"]
        problem = _problem_of(words, user, wanted.text)
        return StoreResult(store=store, outcome="not done" if problem else "done", why=problem)
    if not ours:
        return StoreResult(store=store, outcome="nothing to do", why="it has no authority of this user's")
    problems = [_problem_of([CERTUTIL, "-D", *at, "-n", name], user) for name in ours]
    problem = "; ".join(filter(None, problems))
    return StoreResult(store=store, outcome="not done" if problem else "done", why=problem or ", ".join(ours))


_TRUST_COLUMN = re.compile(r"\s+\S*,\S*,\S*\s*$")


def _names_in(listing: str) -> list[str]:
    """Return the names in the output of `certutil -L`: each stands before a column like `C,,`."""
    rows = [_TRUST_COLUMN.split(row, maxsplit=1) for row in listing.splitlines()]
    return [row[0].strip() for row in rows if len(row) > 1]


class _Ended(msgspec.Struct, frozen=True):
    """The output of a program that has ended, and why it failed, in words; empty when it did not."""

    output: str = ""
    problem: str = ""


def _problem_of(words: list[str], user: User | None = None, given: str = "") -> str:
    return _run(words, user, given).problem


def _run(words: list[str], user: User | None = None, given: str = "") -> _Ended:
    """Run a program with this text on its stdin, as this user if we are root."""
    program = shutil.which(words[0], path=_SBIN)
    if program is None:
        return _Ended(problem=f"there is no {words[0]}")
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
            input=given,
            timeout=WITHIN_S,
            check=False,
            env={"PATH": _SBIN, "HOME": other.home if other else os.environ.get("HOME", "/"), "LC_ALL": "C"},
            user=other.uid if other else None,
            group=other.gid if other else None,
            extra_groups=[other.gid] if other else None,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return _Ended(problem=f"{words[0]}: {error}")
    if done.returncode == 0:
        return _Ended(done.stdout)
    said = (done.stderr or done.stdout).strip().splitlines()
    return _Ended(problem=f"{words[0]}: {said[-1] if said else f'exit status {done.returncode}'}")
