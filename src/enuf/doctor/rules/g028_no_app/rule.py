"""gunicorn without an app: neither its command line nor its configuration names one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.app_servers import at_start, gunicorns
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.rule import Diagnostic, Rule

_ENDS = frozenset(("--version", "-v", "--help", "-h", "--paste", "--paster"))


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every unit, container and supervisor program whose gunicorn has no app, as far as all words are plain."""
    for server in gunicorns(evidence):
        start = server.start
        if server.module or start.kind not in ("unit", "compose", "docker", "supervisor"):
            continue
        words = " ".join(start.argv[1:])
        is_plain = server.settings.complete and not any(sign in words for sign in ("$", "`", "{{", "%"))
        if _has_a_word_of_its_own(start.argv):
            continue  # the app, in a form that is no name of a module
        if not is_plain or not words or _ENDS.intersection(start.argv) or is_template(evidence, start.file):
            continue
        if server.setting("wsgi_app") is None and server.setting("paste") is None:
            swallowed = next((word for word in start.argv[1:] if " " in word.strip() and ":" in word), "")
            yield at_start(
                server,
                "gunicorn gets no app: `No application module specified`, exit code 1",
                hint="the app as a word of its own, such as wsgi:app",
                evidence=(f"one word for gunicorn: {swallowed!r}",) if swallowed else (),
            )


def _has_a_word_of_its_own(argv: tuple[str, ...]) -> bool:
    """Return True for a word that neither is a flag nor follows one."""
    return any(
        not word.startswith("-") and " " not in word.strip() and (not before.startswith("-") or "=" in before)
        for before, word in pairwise(argv)
    )


RULE = Rule("G028", "no-app", "error", check)
