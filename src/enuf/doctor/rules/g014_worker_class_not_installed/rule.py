"""A worker class whose package is not among those that are installed."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.app_servers import at_app_setting, gunicorns
from enuf.doctor.rule import Diagnostic, Rule

_NEEDS = {"gevent": ("gevent",), "eventlet": ("eventlet",), "tornado": ("tornado",)}
_UVICORN = ("uvicorn", "uvicorn-worker", "fastapi-cli")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every worker class of another package, if requirements name gunicorn and not that package."""
    packages = evidence.packages
    if "gunicorn" not in packages:
        return
    extras = "\n".join(file.text.lower() for file in evidence.of_kind("packages"))
    for server in gunicorns(evidence):
        kind = server.settings.worker_class
        needed = _UVICORN if "uvicorn" in kind else _NEEDS.get(kind, ())
        if not needed or packages.intersection(needed) or any(name in extras for name in needed):
            continue
        if any(f"python3-{name}" in file.text for file in evidence.of_kind("dockerfile") for name in needed):
            continue  # Debian's package
        if "uvicorn" in kind and any(f"fastapi[{extra}" in extras for extra in ("standard", "all")):
            continue
        yield at_app_setting(
            server,
            "worker_class",
            f"the worker class {server.settings.text('worker_class')} needs {needed[0]}, which none of the requirements names: "
            "gunicorn does not start",
            hint=f"{needed[0]} in requirements.txt",
        )


RULE = Rule("G014", "worker-class-not-installed", "warning", check)
