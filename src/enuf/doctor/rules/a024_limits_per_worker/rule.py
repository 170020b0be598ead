"""A rate limiter that counts in the memory of each worker: the limit is as many times higher as there are workers."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, PythonFile
from enuf.doctor.facts.loaded_files import loaded_files
from enuf.doctor.facts.module_names import full_name
from enuf.doctor.facts.workers import all_servers, worker_count
from enuf.doctor.rule import Diagnostic, Rule, at_node

_STORAGE = ("storage_uri", "storage_url", "RATELIMIT_STORAGE_URI", "RATELIMIT_STORAGE_URL")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every Flask-Limiter without a storage of its own that several workers run."""
    for server in all_servers(evidence):
        count = worker_count(server)
        if count is None or count < 2:
            continue
        for python_file in loaded_files(evidence, server):
            made = _limiter(python_file)
            if made and not _is_stored(evidence):
                yield at_node(
                    python_file.path,
                    made,
                    f"each of the {count} workers counts for itself, in its memory: a visitor gets {count} times the limit",
                    hint='Limiter(…, storage_uri="redis://localhost:6379")',
                )
                return


def _limiter(python_file: PythonFile) -> ast.Call | None:
    if "flask_limiter" not in python_file.text:
        return None
    for node in ast.walk(python_file.tree) if python_file.tree else ():
        if isinstance(node, ast.Call) and full_name(python_file, node.func) == "flask_limiter.Limiter":
            return node
    return None


def _is_stored(evidence: Evidence) -> bool:
    """Return True if a file names a storage other than memory."""
    return any(
        any(name in line for name in _STORAGE) and "memory://" not in line
        for file in evidence.files
        if any(name in file.text for name in _STORAGE)
        for line in file.text.splitlines()
    )


RULE = Rule("A024", "limits-per-worker", "warning", check)
