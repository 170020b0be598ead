"""Excerpts of configurations: the chosen lines and the blocks around them."""

from __future__ import annotations

import re
from collections.abc import Collection

_FIRST_WORD = re.compile(r"[\w.-]+")


def excerpt(text: str, names: Collection[str], *, without: Collection[str] = ()) -> tuple[str, ...]:
    """Return the lines whose first word is one of the names, inside the blocks that hold them.

    Lines that contain a piece of `without` are left out, and so is a block without chosen lines. Reads
    nginx's language, uWSGI's inis and plain assignments of Python.
    """
    chosen: list[str] = []
    open_blocks: list[tuple[str, bool]] = []  # the opening line of each block, and whether it was written
    for line in text.splitlines():
        bare = line.strip()
        if bare.startswith("#"):
            continue
        if bare.endswith("{"):
            open_blocks.append((line, False))
        elif bare == "}" and open_blocks:
            if open_blocks.pop()[1]:
                chosen.append(line)
        elif _is_chosen(bare, names) and not any(piece in bare for piece in without):
            chosen += [opening for opening, is_written in open_blocks if not is_written]
            open_blocks = [(opening, True) for opening, _ in open_blocks]
            chosen.append(line)
    return tuple(chosen)


def _is_chosen(bare: str, names: Collection[str]) -> bool:
    match = _FIRST_WORD.match(bare)
    return match is not None and match[0] in names
