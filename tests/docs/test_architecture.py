"""The map in ARCHITECTURE.md is the tree of src/enuf."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src/enuf"
INNER = "doctor/rules/"
"""Each rule is a package of its own: the map names the room, not its hundred inhabitants."""


def named_in_the_map() -> list[str]:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    return re.findall(r"(?m)^\| `([\w/.]+)` \|", text.partition("## The map")[2].partition("\n## ")[0])


def packages() -> set[str]:
    files = [path.relative_to(SOURCE) for path in SOURCE.rglob("__init__.py")]
    folders = {f"{path.parent}/" for path in files if path.parent != Path()}
    return {folder for folder in folders if not folder.startswith(INNER) or folder == INNER}


def test_every_package_is_in_the_map_once_and_nothing_else() -> None:
    named = named_in_the_map()
    assert len(named) == len(set(named))
    assert set(named) == packages() | {"errors.py"}
