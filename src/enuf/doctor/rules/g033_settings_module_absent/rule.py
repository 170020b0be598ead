"""A settings module of Django that the project does not have."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, PythonServer
from enuf.doctor.rule import Diagnostic, Rule, at_line

_MODULE = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")
_LINE = re.compile(r"DJANGO_SETTINGS_MODULE[\"']?\s*[=:,]\s*[\"']?([\w.]+)")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every settings module of a start that is missing in the one package that can be meant."""
    seen: set[tuple[str, str]] = set()
    for server in evidence.app_servers:
        module = server.start.environ.get("DJANGO_SETTINGS_MODULE", "")
        key = (server.start.file, module)
        if server.dev or key in seen or not _MODULE.fullmatch(module):
            continue
        others = _others(evidence, module)
        if others:
            seen.add(key)
            near = others[0].rpartition("/")[2].removesuffix(".py")
            yield at_line(
                *_place(evidence, server, module),
                f"the project has no module {module}: Django does not start, unless the file is made on the server",
                hint=f"DJANGO_SETTINGS_MODULE={module.rpartition('.')[0]}.{near}",
                evidence=tuple(others[:3]),
            )


def _others(evidence: Evidence, module: str) -> list[str]:
    """Return the other modules of the package of a missing module, none if the module or another package is there."""
    package, _, name = module.rpartition(".")
    tail = package.replace(".", "/")
    paths = [each.path for each in evidence.python_files]
    if any(path.endswith((f"/{tail}/{name}.py", f"/{tail}/{name}/__init__.py")) for path in paths):
        return []
    folders = {posixpath.dirname(path) for path in paths if posixpath.dirname(path).endswith(f"/{tail}")}
    inside = [path for path in paths if posixpath.dirname(path) in folders]
    settings = [path for path in inside if "settings" in path.rpartition("/")[2] or "/settings/" in path]
    kept = [path for path in settings if not path.endswith("/__init__.py")]
    return sorted(kept) if len(folders) == 1 else []


def _place(evidence: Evidence, server: PythonServer, module: str) -> tuple[str, int]:
    """Return the line that names the module, or that of the start."""
    paths = [server.start.file, *([server.service.file] if server.service else [])]
    for path in paths:
        file = evidence.file(path)
        for number, line in enumerate(file.text.splitlines() if file else (), 1):
            found = _LINE.search(line)
            if found and found[1] == module:
                return path, number
    return server.start.file, server.start.line


RULE = Rule("G033", "settings-module-absent", "advice", check)
