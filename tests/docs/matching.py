"""Whether a terminal shows what a page says: `…` stands for anything, and what differs from run to run counts as equal."""

from __future__ import annotations

import re

ANYTHING = "…"
VARYING = (
    (re.compile(r"\x1b\[[0-9;?]*[A-Za-z]"), ""),
    (re.compile(r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[(\w+)\] \d+#\d+: \*\d+"), r"DATE [\1] 1#1: *1"),
    (re.compile(r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[(\w+)\] \d+#\d+:"), r"DATE [\1] 1#1:"),
    (re.compile(r"\[\d\d/\w{3}/\d{4}[ :]\d\d:\d\d:\d\d( [+-]\d{4})?\]"), "[DATE]"),
    (re.compile(r"\[\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}\]"), "[DATE]"),
    (re.compile(r"(\bpid:? |^\[\d\] )\d+"), r"\g<1>PID"),
    (re.compile(r"(?<![\d.])\d+\.\d+\.\d+(\.post\d+)?(?!\.?\d)"), "VERSION"),
    (re.compile(r"\b\d+ msecs"), "MSECS"),
)


def normal(text: str) -> str:
    """The text as it is on every run: no colours, pids, dates and versions."""
    lines = [line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n")]
    for index, line in enumerate(lines):
        for pattern, instead in VARYING:
            line = pattern.sub(instead, line)
        lines[index] = line.rstrip()
    return "\n".join(lines)


def shows(expected: list[str], seen: str, *, whole: bool) -> bool:
    """True when the expected lines stand there, all of them and nothing else; with whole=False, more may follow."""
    parts = []
    for line in expected:
        if line == ANYTHING:
            parts.append(r"(?:[^\n]*\n)*?")
        else:
            pieces = [re.escape(piece) for piece in normal(line).split(ANYTHING)]
            parts.append("[^\n]*".join(pieces) + r"\n")
    pattern, text = "".join(parts), normal(seen).strip("\n")
    text = f"{text}\n" if text else ""
    return bool(re.fullmatch(pattern, text) if whole else re.match(pattern, text))
