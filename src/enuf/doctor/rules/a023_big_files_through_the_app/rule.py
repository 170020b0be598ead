"""Archives and videos that a worker sends itself: it is busy for the whole download, and a slow one is cut."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, PythonFile
from enuf.doctor.facts.loaded_files import loaded_files
from enuf.doctor.facts.module_names import full_name
from enuf.doctor.rule import Diagnostic, Rule, at_node

_BIG = (
    ".tar",
    ".tar.gz",
    ".tgz",
    ".zip",
    ".iso",
    ".img",
    ".mp4",
    ".mkv",
    ".mov",
    ".avi",
    ".bak",
    ".dump",
    ".sql.gz",
    ".7z",
    ".ova",
    ".qcow2",
)
_CALLS = ("flask.send_file", "flask.send_from_directory")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every big file that an app behind nginx sends by itself."""
    if any("x-accel-redirect" in file.text.lower() for file in evidence.files if file.kind == "python"):
        return
    for server in evidence.servers:
        if not evidence.pairs_of(server):
            continue
        for python_file in loaded_files(evidence, server):
            for node, name in _sent(python_file):
                yield at_node(
                    python_file.path,
                    node,
                    f"a worker sends {name} itself: it answers nobody else meanwhile, and what nginx cannot store is cut at 1 GB",
                    hint='response.headers["X-Accel-Redirect"] = "/private/…", and an internal location in nginx',
                )


def _sent(python_file: PythonFile) -> Iterator[tuple[ast.Call, str]]:
    if "send_f" not in python_file.text:
        return
    for node in ast.walk(python_file.tree) if python_file.tree else ():
        if not isinstance(node, ast.Call) or full_name(python_file, node.func) not in _CALLS:
            continue
        for argument in node.args:
            value = argument.value if isinstance(argument, ast.Constant) else None
            if isinstance(value, str) and value.lower().endswith(_BIG):
                yield node, value.rpartition("/")[2]


RULE = Rule("A023", "big-files-through-the-app", "advice", check)
