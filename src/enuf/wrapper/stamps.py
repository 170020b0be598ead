"""The time of every line that the app prints, written before the line; each line in one piece.

Python writes a line in pieces: `print` sends the text and the line end one after the other, a traceback comes line by
line. Several workers and threads share the log, so their lines would be joined and mixed. Here the pieces of a thread
are collected, and a whole line, or a whole traceback, is one write to a file that is opened for appending. No other
process is between the app and its log: none can block the app, or be lost with its lines.
"""

from __future__ import annotations

import io
import os
import sys
from _thread import get_ident
from contextlib import suppress
from time import localtime, monotonic, strftime, time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

LONGEST_PIECE = 64 * 1024
"""Bytes of an unfinished line, or traceback, that are kept back."""
OLDEST_PIECE_S = 1.0
"""So long, in seconds, they are kept back."""
_TRACEBACK = b"Traceback (most recent call last):"

_second, _day, _zone = -1, b"", b""


def stamp() -> bytes:
    """Return the time: `2026-11-27T20:10:00.123+0000`."""
    global _second, _day, _zone  # noqa: PLW0603 - made once a second
    now = time()
    second = int(now)
    if second != _second:
        local = localtime(second)
        _day, _zone = strftime("%Y-%m-%dT%H:%M:%S", local).encode(), strftime("%z", local).encode()
        _second = second
    return b"%b.%03d%b" % (_day, (now - second) * 1000, _zone)


def as_text(lines: list[bytes]) -> bytes:
    """Return the lines, each after its time. A JSON object stays as the app wrote it: its time is the line before."""
    head = b"[%b]" % stamp()
    written = [
        line if not line.strip()
        else b"%b\n%b" % (head, line) if line[:1] == b"{" and line.rstrip()[-1:] == b"}"
        else b"%b %b" % (head, line)
        for line in lines
    ]  # fmt: skip
    return b"\n".join(written) + b"\n"


def as_json(lines: list[bytes]) -> bytes:
    """Return a JSON object for each line that is not empty: a JSON object of the app is in its `record`."""
    import json

    head = '{"time":"%s","layer":"app",' % stamp().decode()  # noqa: UP031
    written = []
    for line in lines:
        text = line.decode("utf-8", "backslashreplace").rstrip("\r")
        if text.strip():
            member = "record" if text[0] == "{" and _is_object(text, json.loads) else "message"
            written.append(f'{head}"{member}":{text if member == "record" else json.dumps(text)}}}\n')
    return "".join(written).encode("utf-8", "backslashreplace")


def _is_object(text: str, loads: Callable[..., Any]) -> bool:
    try:
        return isinstance(loads(text, parse_constant=int), dict)  # int("NaN") raises: JSON does not know it
    except (ValueError, RecursionError):
        return False


class StampedFile(io.RawIOBase):
    """What is below sys.stdout and sys.stderr: a descriptor of the log, to which whole lines are written."""

    mode = "wb"

    def __init__(self, fd: int, name: str, write_lines: Callable[[list[bytes]], bytes]) -> None:
        self._fd = fd
        self.name = name
        self._lines = write_lines
        self.pieces: dict[int, tuple[float, bytes]] = {}
        """By thread: what is kept back, and since when."""
        os.register_at_fork(after_in_child=self.pieces.clear)  # the parent writes its own pieces

    def writable(self) -> bool:
        """Return True."""
        return True

    def fileno(self) -> int:
        """Return the descriptor, as programs that the app starts get it."""
        return self._fd

    def isatty(self) -> bool:
        """Return False, save for a terminal."""
        return os.isatty(self._fd)

    def write(self, data: Any) -> int:
        """Write the whole lines, and keep back what follows the last of them."""
        if self.closed:
            raise ValueError("I/O operation on closed file.")
        added = bytes(data)
        thread = get_ident()
        since, before = self.pieces.pop(thread, (0.0, b""))
        whole = before + added if before else added
        end = _end_of_lines(whole)
        if len(whole) - end > LONGEST_PIECE:
            end = len(whole)
        if end < len(whole):
            self.pieces[thread] = since if since and not end else monotonic(), whole[end:]
        if end:
            self._emit(whole[:end])
        return len(added)

    def flush(self) -> None:
        """Write what was kept back for this thread, as a line of its own."""
        _, piece = self.pieces.pop(get_ident(), (0.0, b""))
        if piece:
            self._emit(piece)

    def release(self, older_than_s: float = 0.0) -> None:
        """Write what was kept back for so long, in seconds, for any thread."""
        if not self.pieces:
            return
        before = monotonic() - older_than_s
        for thread, (since, _) in list(self.pieces.items()):
            if since <= before:
                _, piece = self.pieces.pop(thread, (0.0, b""))
                if piece:
                    self._emit(piece)

    def _emit(self, data: bytes) -> None:
        append_all(self._fd, self._lines((data[:-1] if data.endswith(b"\n") else data).split(b"\n")))


def _end_of_lines(data: bytes) -> int:
    """Return how many bytes can be written: whole lines, without a traceback whose last line is not there yet."""
    end = data.rfind(b"\n") + 1
    begun = data.rfind(_TRACEBACK, 0, end)
    if begun < 0:
        return end
    begun = data.rfind(b"\n", 0, begun) + 1  # the frames are below the line on which the traceback begins
    below = data.index(b"\n", begun) + 1
    while below < end:
        if data[below : below + 1] not in (b" ", b"\t", b"\n"):
            return end
        below = data.index(b"\n", below) + 1
    return begun


def append_all(fd: int, data: bytes) -> None:
    """Write all of it. A log that cannot be written, on a full disk, is no reason for an app to fail."""
    with suppress(OSError):
        while data:
            data = data[os.write(fd, data) :]


class Output:
    """The output of this process: stamped after `begin`."""

    def __init__(self) -> None:
        self.files: list[StampedFile] = []
        self._lines: Callable[[list[bytes]], bytes] | None = None
        self.errors: Any = None
        """The stamped stream for errors, whatever the app does to sys.stderr; None without stamps."""
        self._replaced: list[Any] = []
        """The streams before: their end would close what is below them."""

    def begin(self, lines: Callable[[list[bytes]], bytes]) -> None:
        """Put stamps before all that is printed from now on. No-op without enuf, whose `logs` read the stamps."""
        if self._lines or "ENUF_GENERATION" not in os.environ:
            return
        self._lines = lines
        for name, fd in (("stdout", 1), ("stderr", 2)):
            before = getattr(sys, name)
            if not isinstance(before, io.TextIOWrapper):
                continue  # something has replaced it already
            with suppress(OSError, ValueError):
                before.flush()
            file = StampedFile(fd, f"<{name}>", lines)
            # Like Python's own with -u: no buffer, and every text is passed on at once.
            stream = io.TextIOWrapper(
                file,
                encoding=before.encoding, errors=before.errors, newline="\n", write_through=True,
            )  # fmt: skip
            self.files.append(file)
            self._replaced.append(before)
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)
            if name == "stderr":
                self.errors = stream

    def release(self, older_than_s: float = 0.0) -> None:
        """Write what was kept back for so long, in seconds."""
        for file in self.files:
            file.release(older_than_s)

    def write(self, fd: int, text: str) -> None:
        """Write lines of the wrapper in one piece, whatever the app has done to sys.stderr."""
        data = text.encode("utf-8", "backslashreplace")
        append_all(fd, self._lines(data.rstrip(b"\n").split(b"\n")) if self._lines else data)


output = Output()
"""The one of this process."""
