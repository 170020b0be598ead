"""A superuser of Django that a start script makes with a password written in it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.production_scripts import production_scripts
from enuf.doctor.rule import Diagnostic, Rule, at_line

_MADE = re.compile(r"create_superuser\((?P<words>[^)\n]{1,300})\)")
_NAMED = re.compile(r"password[ ]*=[ ]*[\\]?[\"'](?P<password>[^\"'\\]{1,80})")
_THIRD = re.compile(r"[\"'\\ ]*[^,]*,[^,]*,[ \\]*[\"'](?P<password>[^\"'\\]{1,80})[\\]?[\"'].*")
_EXPORTED = re.compile(
    r"[ \t]*(?:export[ \t]+)?DJANGO_SUPERUSER_PASSWORD=[\"']?(?P<password>[^\"'\s$]{1,80})[\"']?(?:\s.*)?"
)


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every literal password of a superuser in a script that starts a server for production."""
    for script, starter in production_scripts(evidence):
        for number, line in enumerate(script.text.splitlines(), 1):
            if len(line) < 2000 and not line.lstrip().startswith("#") and _password(line):
                yield at_line(
                    script.path,
                    number,
                    "the start makes a superuser whose password stands here: everybody who can read the repository can log in to "
                    "the admin",
                    hint="createsuperuser --noinput, with DJANGO_SUPERUSER_PASSWORD from a file of variables that is not committed",
                    evidence=(starter,),
                )
                break


def _password(line: str) -> str:
    """Return the password that a line gives to a superuser, empty for one from a variable."""
    made = _MADE.search(line)
    found = (
        (_NAMED.search(made["words"]) or _THIRD.fullmatch(made["words"]))
        if made
        else _EXPORTED.fullmatch(line)
    )
    password = found["password"] if found else ""
    return "" if "$" in password or "environ" in line else password


RULE = Rule("A050", "superuser-with-a-written-password", "warning", check)
