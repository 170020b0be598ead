"""The module by which servers load an app that take `module:object`."""

from __future__ import annotations

from pathlib import Path

from enuf.bench.subjects.base import ENTRY
from enuf.model.app import AppRef
from enuf.servers.shim import loading


def write_entry(folder: Path, ref: AppRef) -> None:
    """Write the module that loads an app as `application`, for servers that take `module:object`."""
    lines = ["import sys", f"sys.path.insert(0, {ref.directory!r})", *loading(ref)]
    (folder / f"{ENTRY}.py").write_text("\n".join([*lines, ""]), encoding="utf-8")
