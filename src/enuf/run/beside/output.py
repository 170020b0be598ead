"""The output of a process beside the app: read from a pipe, and written to its log with the time of each line.

The process is any program, so no code of ours is inside to stamp its lines. A log that cannot be written, or a line
without an end, never blocks the process: the pipe is emptied in any case.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from pathlib import Path

import msgspec

from enuf.system import files
from enuf.wrapper.stamps import append_all, as_text, stamp

CHUNK_BYTES = 64 * 1024
LONGEST_LINE_BYTES = 64 * 1024
UNFINISHED_S = 1.0
"""So long the beginning of a line is kept back."""


class LineLog:
    """A log that takes pieces of output, and holds whole lines, each with its time."""

    def __init__(self, log: Path, layer: str, *, json: bool) -> None:
        self._log = log
        self._layer = layer
        self._json = json
        self._rest = b""

    def feed(self, data: bytes) -> None:
        """Write the whole lines, and keep back what follows the last of them."""
        whole, end, rest = (self._rest + data).rpartition(b"\n")
        if end:
            self._write(whole)
        self._rest = rest
        if len(rest) > LONGEST_LINE_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what was kept back, as a line of its own."""
        rest, self._rest = self._rest, b""
        if rest:
            self._write(rest)

    @property
    def is_waiting(self) -> bool:
        """True while the beginning of a line is kept back."""
        return bool(self._rest)

    def _write(self, data: bytes) -> None:
        lines = data.split(b"\n")
        text = json_lines(lines, self._layer) if self._json else as_text(lines)
        with contextlib.suppress(OSError):  # opened anew each time: the log may have been rotated
            log = files.open_log(self._log)
            try:
                append_all(log, text)
            finally:
                os.close(log)


class StampedOutput:
    """A pipe for the output of one process, and the log that its lines go to."""

    def __init__(self, log: Path, layer: str, *, json: bool) -> None:
        """Open the pipe and read from it until `close`."""
        self._lines = LineLog(log, layer, json=json)
        self._read_end, self.write_end = os.pipe()
        os.set_blocking(self._read_end, False)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._read_end, self._take)
        self._timer: asyncio.TimerHandle | None = None

    def started(self) -> None:
        """Close our own copy of the end that the process has inherited."""
        if self.write_end >= 0:
            os.close(self.write_end)
        self.write_end = -1

    def close(self) -> None:
        """Write what the pipe still holds, and close it."""
        while self._take():
            pass
        self._end()
        self.started()

    def _end(self) -> None:
        self._flush()
        if self._read_end >= 0:
            self._loop.remove_reader(self._read_end)
            os.close(self._read_end)
            self._read_end = -1

    def _take(self) -> bool:
        """Take what is in the pipe. Return False when there was nothing more."""
        if self._read_end < 0:
            return False
        try:
            data = os.read(self._read_end, CHUNK_BYTES)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        if not data:
            self._end()
            return False
        self._lines.feed(data)
        if self._lines.is_waiting and self._timer is None:
            self._timer = self._loop.call_later(UNFINISHED_S, self._flush)
        return True

    def _flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._lines.flush()


def json_lines(lines: list[bytes], layer: str) -> bytes:
    """Return a JSON object for each line that is not empty: a JSON object of the process is in its `record`."""
    time = stamp().decode()
    written = []
    for line in lines:
        text = line.decode("utf-8", "backslashreplace").rstrip("\r")
        if text.strip():
            member = {"record": msgspec.Raw(line)} if _is_object(line) else {"message": text}
            written.append(msgspec.json.encode({"time": time, "layer": layer, **member}) + b"\n")
    return b"".join(written)


def _is_object(line: bytes) -> bool:
    try:
        return line[:1] == b"{" and isinstance(msgspec.json.decode(line), dict)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
