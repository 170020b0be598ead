"""Threads of the app that stand still between requests (F211)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Server
from enuf.doctor.facts.uwsgi import complete_servers
from enuf.doctor.rule import Diagnostic, Rule, add_options, at_config
from enuf.syntax.uwsgi_options import IMPLY_THREADS

_THREADS = re.compile(
    r"\bThread(PoolExecutor)?\(|\bthreading\.Timer\(|BackgroundScheduler\(|\bAPScheduler\(|sentry_sdk\.init\(|start_new_thread\("
)


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every complete server of an old build without threads.

    A build that is only possibly old counts if the app starts threads.
    """
    for server in complete_servers(evidence):
        if server.config.is_on("enable-threads") is not False or _has_threads(server):
            continue
        starts = any(_THREADS.search(python_file.text) for python_file in server.python_files)
        old = server.build == "distribution"
        if not old and not (starts and server.build == ""):
            continue
        yield at_config(
            server.config,
            "threads that the app starts stand still between requests on an older uWSGI, Debian's 2.0.21 for one",
            severity=None if old and starts else "advice",
            hint="enable-threads = true",
            fix=add_options(server.config, "enable-threads = true"),
        )


def _has_threads(server: Server) -> bool:
    return any(option.key in IMPLY_THREADS for option in server.config.options)


RULE = Rule("U047", "enable-threads-missing", "warning", check)
