"""The errors that a reload is refused with."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Iterable

from enuf.errors import EnufError, NotReady
from enuf.model.environment import hide_values
from enuf.model.stack_events import BugFound, ReloadRefused
from enuf.system.journal import EventJournal

_REFUSES_HOST = re.compile(r"^GET \S+ answered 400 to a visitor of the host ")
MOST_LINES = 100
"""Lines of evidence in the journal: the last ones, which say what went wrong."""
ERRORS_KEPT = 8
_READS_ARGUMENTS = re.compile(r"^\S+: error: unrecognized arguments: ", re.MULTILINE)
"""What argparse writes about words that it does not know."""


class KnownErrors:
    """The latest errors by their reason: the machine knows the reason alone, as a text."""

    def __init__(self, journal: EventJournal, log: str, hidden: Callable[[], Iterable[str]]) -> None:
        """`log` is the folder that a hint names; `hidden` returns the values that no message may show."""
        self._hidden = hidden
        self._journal = journal
        self._log = log
        self._errors: dict[str, EnufError] = {}

    def reason_of(self, error: Exception) -> str:
        """Keep an error of any kind and return its reason. Record the traceback of a bug."""
        if not isinstance(error, EnufError | OSError):
            self._journal.record(BugFound(traceback.format_exc()))
        return self.remember(as_refusal(error))

    def remember(self, error: EnufError) -> str:
        """Keep the error, in place of the oldest one kept, and return its reason."""
        hide_values(error, self._hidden())
        reason = error.summary + (f"\n{error.detail}" if error.detail else "")
        self._errors.pop(reason, None)
        self._errors[reason] = error
        while len(self._errors) > ERRORS_KEPT:
            del self._errors[next(iter(self._errors))]
        return reason

    def error_of(self, reason: str) -> EnufError:
        """Return the error of a reason, made from the text where none was kept."""
        if reason in self._errors:
            return self._errors[reason]
        summary, _, detail = reason.partition("\n")
        return NotReady(summary, cure_of(summary, detail) or f"the logs are in {self._log}", detail=detail)


def cure_of(summary: str, detail: str) -> str:
    """Return what to do about a refusal where it or the server's last words tell; empty otherwise."""
    if _REFUSES_HOST.search(summary):
        return (
            "the app may check the host (TRUSTED_HOSTS of Flask, ALLOWED_HOSTS of Django): name one of its hosts "
            "in serve.hosts, and enuf asks for that one"
        )
    if _READS_ARGUMENTS.search(detail):
        return (
            "the app reads sys.argv, which holds the server's own words here: parse them under "
            'if __name__ == "__main__", or take topology nginx-uwsgi or gunicorn'
        )
    if "you have to enable the uWSGI spooler" in detail:
        return 'the app uses uWSGI\'s spooler: raw.uwsgi = { spooler = "spool" } names its folder, which must exist'
    return ""


def as_refusal(error: Exception) -> EnufError:
    """Return the exception as an error with a summary and a hint."""
    if isinstance(error, EnufError):
        return error
    if isinstance(error, OSError):
        return NotReady(
            f"the system refuses: {error}", "free disk space, memory or descriptors, then try again"
        )
    return EnufError(f"a bug in enuf: {type(error).__name__}: {error}", "the traceback is in enuf.log")


def reload_refusal(problem: EnufError) -> NotReady:
    """Return the problem as the answer to the client of a reload."""
    hint = problem.hint or "what ran before still serves"
    return NotReady(
        f"reload refused, the old version still serves: {problem.summary}",
        hint,
        detail=problem.detail,
        slug=problem.slug,
    )


def refused_event(error: EnufError) -> ReloadRefused:
    """Return the event of a refused reload, with the last lines of a traceback or a log as its evidence."""
    return ReloadRefused(error.summary, tuple(error.detail.splitlines()[-MOST_LINES:]))
