"""What `auto` comes to in this project on this machine, as far as that is known without importing the app."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

from enuf.discover.interpreter import choose_interpreter
from enuf.discover.machine import find_machine
from enuf.errors import EnufError
from enuf.plan.build import process_count
from enuf.plan.topologies import SERVERS, find_topology, redirecting_addresses
from enuf.settings.load import Loaded
from enuf.start.invocation import Invocation
from enuf.start.privileges import run_user
from enuf.system.switch_user import keeper_of
from enuf.system.user import name_of_uid

_IN_WORDS = {
    "workers.lazy": "decided by what a trial import finds",
    "static.mode": "decided by what a trial import finds",
    "reload.health": "GET /, which must not answer 5xx",
}


def resolved_autos(invocation: Invocation, loaded: Loaded, environ: Mapping[str, str]) -> dict[str, str]:
    """Return what each setting that is `auto` comes to, by key; a setting that cannot be resolved here is left out."""
    serve, project = loaded.settings.serve, Path(invocation.project)
    found = {key: text for key, text in _IN_WORDS.items() if _is_auto(loaded, key)}
    if serve.processes == "auto":
        most = SERVERS[find_topology(loaded.settings.topology).server].most_processes
        found["serve.processes"] = str(process_count(loaded.settings, find_machine(), most))
    if loaded.settings.python == "auto" and (os.geteuid() != 0 or keeper_of(project) is None):
        path, why = choose_interpreter(project, "auto", environ)
        found["python"] = f"{path} ({why})"
    if loaded.settings.tls.http == "auto":
        found["tls.http"] = _plain_http(loaded)
    if serve.user == "auto" and (user := _user(invocation, loaded, environ)):
        found["serve.user"] = user
    return found


def _is_auto(loaded: Loaded, key: str) -> bool:
    section, _, name = key.partition(".")
    return bool(getattr(getattr(loaded.settings, section), name) == "auto")


def _plain_http(loaded: Loaded) -> str:
    """Return the addresses that redirect to HTTPS, or why there is none."""
    if addresses := redirecting_addresses(loaded.settings):
        return ", ".join(map(str, addresses))
    return "none (serve.listen has no port 443)" if loaded.settings.tls.on else "none (tls.mode is off)"


def _user(invocation: Invocation, loaded: Loaded, environ: Mapping[str, str]) -> str:
    """Return the user of the servers and the app with the reason; empty where only a start decides."""
    if os.geteuid() != 0:
        return f"{name_of_uid(os.geteuid())} (only root has a choice)"
    with contextlib.suppress(EnufError):
        user, warnings = run_user(invocation, loaded, environ)
        if user is None:
            return f"root ({warnings[0].partition(';')[0]})" if warnings else "root"
        keeper = keeper_of(Path(invocation.project))
        why = "the project's owner" if keeper and keeper.uid == user.uid else "the project belongs to root"
        return f"{user.name} ({why})"
    return ""
