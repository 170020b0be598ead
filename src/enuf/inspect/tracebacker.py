"""A reader of uWSGI's tracebacker: the current Python stack of each thread of a worker."""

from __future__ import annotations

import re

from enuf.model.address import UnixAddress
from enuf.system.sockets import read_all

MOST_LINES = 40
LONGEST_LINE = 4096
ANSWER_LIMIT_BYTES = 256 * 1024
WITHIN_S = 0.5
_LINE = re.compile(
    r"^thread_id = uWSGIWorker[0-9]+Core(?P<core>[0-9]{1,9}) filename = (?P<file>.*?) lineno = (?P<line>[0-9]{1,9}) "
    r"function = (?P<function>.*?)(?: line = (?P<code>.*))?$"
)


def read_stacks(socket_path: str) -> dict[int, str]:
    """Return the stack of each thread by the number of its core.

    Return {} if the tracebacker does not answer.
    """
    raw = read_all(UnixAddress(socket_path), within_s=WITHIN_S, limit_bytes=ANSWER_LIMIT_BYTES)
    return parse_stacks(raw.decode("utf-8", "replace"))


def parse_stacks(text: str) -> dict[int, str]:
    """Return the stacks in a tracebacker's output by core, in the format of a Python traceback.

    uWSGI's own frame is left out.
    """
    stacks: dict[int, list[str]] = {}
    for line in text.splitlines():
        match = _LINE.match(line[:LONGEST_LINE])
        if not match or (match["function"] == "<module>" and "run()" in (match["code"] or "")):
            continue
        frame = f'  File "{match["file"]}", line {match["line"]}, in {match["function"]}'
        code = (match["code"] or "").strip()
        stacks.setdefault(int(match["core"]), []).append(frame + (f"\n    {code}" if code else ""))
    return {core: "\n".join(frames[-MOST_LINES:]) for core, frames in stacks.items()}
