"""Frames in Python tracebacks and in the stacks of faulthandler and uWSGI's tracebacker."""

from __future__ import annotations

import re
from collections.abc import Iterable

LONGEST = 120
_FRAME = re.compile(
    r'^\s*File "(?P<file>[^"\n]{1,1024})", line (?P<line>\d{1,9}),? in (?P<function>[^\n]{1,200})',
    re.MULTILINE,
)
_NOT_OWN = re.compile(r"/(?:site-packages|dist-packages|\.enuf|lib/python3[^/]*)/")


def innermost_below(stack: str, folders: Iterable[str]) -> str:
    """Return the innermost line of code below one of the folders, `shop/views.py:28 in hang`; empty where there is none.

    Packages in a virtual environment inside the folder do not count.
    """
    roots = [folder.rstrip("/") + "/" for folder in dict.fromkeys(folders)]
    frames = [
        (match["file"][len(root) :], match["line"], match["function"])
        for match in _FRAME.finditer(stack)
        for root in roots
        if match["file"].startswith(root) and not _NOT_OWN.search(match["file"])
    ]
    if not frames:
        return ""
    file, line, function = frames[0 if "most recent call first" in stack else -1]
    return "".join(char if char.isprintable() else "?" for char in f"{file}:{line} in {function}"[:LONGEST])
