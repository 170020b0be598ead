"""The output of the probe: one JSON object, or the stack of an import that did not finish."""

from __future__ import annotations

import json
import re

import msgspec

from enuf.model.app import AppTrait, StaticFolder

_FRAME = re.compile(r'^  File "(.*)", line ([0-9]{1,9}) in (.*)$')
_ESCAPED = re.compile(r"\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U(00(?:0[0-9a-f]|10)[0-9a-f]{4}))")


class ProbeReport(msgspec.Struct, frozen=True, kw_only=True):
    """The report of the probe; `kind` is the kind of failure, None for a success."""

    kind: str | None = None
    attribute: str | None = None
    call: str | None = None
    python: str = ""
    is_flask: bool = False
    max_content_length: int | None = None
    debug: bool = False
    static: tuple[StaticFolder, ...] = ()
    routes: tuple[str, ...] = ()
    leftovers: tuple[str, ...] = ()
    traits: tuple[AppTrait, ...] = ()
    error: str = ""
    traceback: str = ""
    file: str | None = None
    line: int | None = None
    own: bool = True
    """False when the exception was raised outside of the project's own files."""
    reached: bool = True
    """False if no line of the app ran: the module itself is missing, or the call does not fit the factory."""
    name: str | None = None
    names: tuple[str, ...] = ()
    code: str | None = None
    type: str = ""
    asgi: bool = False
    skipped: str = ""
    """A name that looks like the app and is none, in words."""


class Frame(msgspec.Struct, frozen=True):
    """One line of a stack."""

    file: str
    line: int
    function: str


def read_report(raw: bytes) -> ProbeReport | None:
    """Return the report; None if the probe ended without one."""
    try:
        # Not msgspec's own decoder: it refuses the lone surrogates of a path that is not UTF-8.
        return msgspec.convert(json.loads(raw), ProbeReport)
    except (ValueError, msgspec.ValidationError, RecursionError):
        return None


def read_stack(raw: bytes, program: str) -> tuple[Frame, ...]:
    """Return the app's part of the main thread's stack from faulthandler's output, outermost frame first."""
    for thread in raw.decode("ascii", "replace").split("\n\n"):
        found = [_FRAME.match(line) for line in thread.splitlines()]
        frames = [Frame(_unescape(match[1]), int(match[2]), _unescape(match[3])) for match in found if match]
        files = [frame.file for frame in frames]
        if program in files:  # only the main thread began in the probe
            inner = frames[: files.index(program)]
            return tuple(frame for frame in reversed(inner) if not frame.file.startswith("<frozen"))
    return ()


def without_probe(output: str, program: str) -> str:
    """Return the output without the probe's frames, which faulthandler prints after a native crash."""
    ours = (program, "<string>", "<frozen importlib")
    frames = ((line, _FRAME.match(line)) for line in output.splitlines(keepends=True))
    return "".join(line for line, frame in frames if not (frame and _unescape(frame[1]).startswith(ours)))


def _unescape(text: str) -> str:
    """Return the text with faulthandler's escapes of non-ASCII characters undone."""
    return _ESCAPED.sub(lambda match: chr(int(match[1] or match[2] or match[3], 16)), text)
