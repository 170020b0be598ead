"""The errors of enuf: one class per exit code, each error with a slug, a summary and a hint."""

from __future__ import annotations

INTERRUPTED = 130
"""The exit code of a command that a signal ended."""


class EnufError(Exception):
    """An error for people: one `error:` line, one `hint:` line, and the exit code of its class.

    `detail` is longer evidence (a traceback of the app, the end of a log); it is shown above the two lines,
    which are read last.
    """

    exit_code = 70
    slug = "bug"

    def __init__(self, summary: str, hint: str = "", *, detail: str = "", slug: str = "") -> None:
        super().__init__(summary)
        self.summary = summary
        self.hint = hint
        self.detail = detail
        self.slug = slug or type(self).slug


class AnswerIsNo(EnufError):
    """The question was answered, and the answer is no."""

    exit_code, slug = 1, "answer-is-no"


class NotRunning(EnufError):
    """There is no running stack to talk to."""

    exit_code, slug = 3, "not-running"


class SettingsInvalid(EnufError):
    """A setting has a bad value, or two settings contradict each other."""

    exit_code, slug = 4, "settings-invalid"


class AppNotFound(EnufError):
    """No application where one was named or expected."""

    exit_code, slug = 5, "app-not-found"


class AppImportFailed(EnufError):
    """The application was found, and importing it raised, exited or hung."""

    exit_code, slug = 5, "app-import-failed"


class PythonEnded(AppImportFailed):
    """The trial import ended without a report, as by os._exit, or with a Python in which enuf's probe does not work."""


class ToolUnusable(EnufError):
    """nginx, uWSGI or Python is missing, or cannot do what is asked."""

    exit_code, slug = 6, "tool-unusable"


class NotReady(EnufError):
    """A server did not become ready, or a reload was refused; the previous version still serves."""

    exit_code, slug = 7, "not-ready"


class Conflict(EnufError):
    """A port, lock or socket is in use; the holder is named."""

    exit_code, slug = 8, "conflict"


class PrivilegeNeeded(EnufError):
    """The operating system would only let another user do this; the command is shown."""

    exit_code, slug = 9, "privilege-needed"


class RolledBack(EnufError):
    """A change of the host failed, and the host is as it was before."""

    exit_code, slug = 10, "rolled-back"


_BY_EXIT_CODE: dict[int, type[EnufError]] = {
    1: AnswerIsNo,
    3: NotRunning,
    4: SettingsInvalid,
    5: AppImportFailed,
    6: ToolUnusable,
    7: NotReady,
    8: Conflict,
    9: PrivilegeNeeded,
    10: RolledBack,
}


def revive(exit_code: int, slug: str, summary: str, hint: str, detail: str) -> EnufError:
    """Return the error that another enuf process reported, as an instance of its own class."""
    kind = _BY_EXIT_CODE.get(exit_code, EnufError)
    return kind(summary, hint, detail=detail, slug=slug)
