"""The conditions and loops of a uWSGI configuration, decided as far as the host is known."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from enuf.syntax.uwsgi_values import leading_number

ENDS = frozenset(("end", "endfor", "endif", "end-if", "end-for"))
_TIMES_LIMIT = 1000


class HostContext(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the host that uWSGI starts on. Each query may return None for unknown."""

    directory: str
    """Absolute folder in which uWSGI is started."""
    read: Callable[[str], str | None]
    """Returns the text of the file at an absolute path."""
    exists: Callable[[str, str], bool | None] = lambda _path, _kind: None
    """Returns whether anything, a `file` or a `dir` is at an absolute path."""
    environ: Mapping[str, str] | None = None
    variables: Mapping[str, str] = {}
    """The variables that are known for sure, where others may be set besides."""
    letters: Mapping[str, str] = {}
    """The meaning of `%k`, `%h`, … on this machine."""
    glob: Callable[[str], Sequence[str]] | None = None
    locate: Callable[[str], str] = str
    """Returns the real place of a file that a configuration for another host names."""

    def path(self, name: str) -> str:
        """Return the absolute path of a file as uWSGI would open it."""
        return posixpath.normpath(posixpath.join(self.directory, name))


class Verdict(msgspec.Struct, frozen=True):
    """Whether a line below a condition holds (None: unknown), and the meaning of its `%(_)`."""

    holds: bool | None
    item: str | None = None


YES, NO, UNKNOWN = Verdict(True), Verdict(False), Verdict(None)


def evaluate(
    kind: str, argument: str, host: HostContext, option: Callable[[str], str | None]
) -> Iterator[Verdict]:
    """Yield the verdicts for one line below the logic option `kind`.

    A condition yields one verdict, a loop one per round.
    """
    if kind.startswith("for"):
        yield from _rounds(kind, argument, host)
        return
    negated = kind.startswith("if-not-")
    name = kind.removeprefix("if-not-").removeprefix("if-").removeprefix("if")
    verdict = _condition(name, argument, host, option)
    if verdict.holds is None:
        yield verdict
    elif verdict.holds is negated:
        yield NO
    else:
        yield Verdict(True, verdict.item)


def _rounds(kind: str, argument: str, host: HostContext) -> Iterator[Verdict]:
    items: Sequence[str]
    if kind == "for":
        items = [word for word in argument.split(" ") if word][:_TIMES_LIMIT]
    elif kind == "for-times":
        items = [str(number) for number in range(1, min(leading_number(argument), _TIMES_LIMIT) + 1)]
    elif kind == "for-glob":
        items = (host.glob(argument) if host.glob else ()) or [argument]
    else:
        text = host.read(host.path(argument))
        if text is None:
            yield UNKNOWN
            return
        items = text.removesuffix("\n").split("\n")[:_TIMES_LIMIT]
    for item in items:
        yield Verdict(True, item)


def _condition(name: str, argument: str, host: HostContext, option: Callable[[str], str | None]) -> Verdict:
    match name:
        case "env":
            return UNKNOWN if host.environ is None else _compared(argument, host.environ.get)
        case "opt":
            return _compared(argument, option)
        case "exists":
            return Verdict(host.exists(host.path(argument), ""), argument)
        case "file":
            return Verdict(host.exists(host.path(argument), "file"), argument)
        case "dir" | "directory":
            return Verdict(host.exists(host.path(argument), "dir"), argument)
        case "reload":
            return NO
        case _:
            return UNKNOWN


def _compared(argument: str, find: Callable[[str], str | None]) -> Verdict:
    name, equals, wanted = argument.partition("=")
    value = find(name)
    return Verdict(value is not None and (not equals or value == wanted), value)
