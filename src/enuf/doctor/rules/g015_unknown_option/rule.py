"""An option that gunicorn does not have: on the command line it refuses to start, in its file it says nothing."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, PythonServer
from enuf.doctor.facts.app_servers import at_start, gunicorns
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.rule import Diagnostic, Rule, at_line
from enuf.syntax.gunicorn_options import GUNICORN_FILE_NAMES, GUNICORN_FLAGS

_CLOSE = 0.8
_NOT_MEANT = ("worker_count", "max_workers", "cores", "cpus", "host", "port", "env", "user_name", "log_dir")
_SAME = {"access_log": "accesslog", "error_log": "errorlog", "log_level": "loglevel", "access_logfile": "accesslog",
    "error_logfile": "errorlog", "keep_alive": "keepalive", "preload": "preload_app", "pid": "pidfile",
    "log_file": "errorlog", "worker": "workers", "thread": "threads", "access_logformat": "access_log_format",
    "env": "raw_env", "name": "proc_name", "wsgi_module": "wsgi_app", "app_module": "wsgi_app"}  # fmt: skip


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report unknown flags, and names in the configuration file that are close to a setting and set nothing."""
    for server in gunicorns(evidence):
        if not is_template(evidence, server.start.file):
            for flag in server.settings.unknown_flags:
                near = difflib.get_close_matches(flag, GUNICORN_FLAGS, 1, _CLOSE)
                yield at_start(
                    server,
                    f"gunicorn has no option {flag}: it does not start (exit code 2)",
                    hint=near[0] if near else "",
                )
        yield from _misspelt(evidence, server)


def _misspelt(evidence: Evidence, server: PythonServer) -> Iterator[Diagnostic]:
    for name, setting in server.settings.values.items():
        file = evidence.file(setting.file)
        if (
            setting.file == server.start.file
            or name in GUNICORN_FILE_NAMES
            or file is None
            or file.kind != "python"
        ):
            continue
        meant = _meant(name)
        used = file.text.count(name) > file.text.count(f"{name} =") + file.text.count(f"{name}=")
        if meant and name not in _NOT_MEANT and meant not in server.settings.values and not used:
            yield at_line(
                setting.file,
                setting.line,
                f"gunicorn has no setting `{name}` and takes the line for a variable: it has no effect",
                severity="warning",
                hint=f"{meant} = {setting.text or '...'}",
            )


def _meant(name: str) -> str:
    """Return the setting that a name was meant to be, empty if it resembles none; gunicorn takes no capitals."""
    if name.isupper():
        return name.lower() if name.lower() in GUNICORN_FILE_NAMES else ""
    return _SAME.get(name) or next(iter(difflib.get_close_matches(name, GUNICORN_FILE_NAMES, 1, 0.88)), "")


RULE = Rule("G015", "unknown-option", "error", check)
