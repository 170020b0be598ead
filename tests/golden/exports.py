"""The files of `enuf export` for one app with everything that a target may write, on a fixed machine."""

from __future__ import annotations

from pathlib import Path

from enuf.export.deployment import ExportRequest
from enuf.export.registry import TARGETS
from enuf.servers.shim import PARTS
from tests.support.exports import FULL, UPLOADS, exported, facts

HERE = Path(__file__).parent / "exports"
EXPORTS = tuple(TARGETS)
_EVERYTHING = ExportRequest(ingress=True, gateway="main", metrics="/metrics")


def export_of(target: str) -> dict[str, str]:
    """The files of a target, by name; the wrapper's modules are the same in all, and so are the types."""
    request = _EVERYTHING if target == "kubernetes" else ExportRequest()
    files = exported(target, FULL, request=request, facts=facts(UPLOADS))
    return {name: text for name, text in files.items() if not name.endswith(("mime.types", *PARTS))}


def kept_export(target: str, name: str) -> Path:
    """Where a file is kept; one in Python ends in .txt, or checkers would take it for code of this project."""
    return HERE / target / (f"{name}.txt" if name.endswith(".py") else name)
