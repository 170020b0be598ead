"""What systemd says about the units of the stack. Every user may ask."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from enuf.discover.uwsgi_files import read_text
from enuf.doctor.collect.live.context import Collection
from enuf.doctor.live.evidence import LiveUnit
from enuf.system.subprocesses import answer_of

MOST_UNITS, MOST_FILES = 8, 100
FOLDERS = ("/etc/systemd/system", "/run/systemd/system")
_WITHIN_S = 0.5
PROPERTIES = (
    "Id", "LoadState", "ActiveState", "SubState", "Result", "NRestarts", "ExecMainCode", "ExecMainStatus", "MainPID",
    "PrivateTmp", "ProtectHome", "ProtectSystem", "User", "Group", "RuntimeDirectory", "RuntimeDirectoryMode", "UMask",
    "LimitNOFILE", "MemoryMax", "FragmentPath", "KillSignal", "KillMode", "TimeoutStopUSec",
)  # fmt: skip


def service_files() -> Iterator[Path]:
    """Yield the units of this host that start an app server."""
    for folder in FOLDERS:
        for path in sorted(Path(folder).glob("*.service"))[:MOST_FILES]:
            if any(word in read_text(path) for word in ("uwsgi", "gunicorn")):
                yield path


def unit_states(names: Iterable[str], collection: Collection) -> tuple[LiveUnit, ...]:
    """Return the state of each unit that systemd knows; none where no systemd answers."""
    asked = [name for name in dict.fromkeys(names) if name][:MOST_UNITS]
    if not asked or not os.path.isdir("/run/systemd/system"):  # noqa: PTH112
        return ()
    within_s = collection.left_s(_WITHIN_S, "what systemd says about the units")
    if not within_s:
        return ()
    words = ["systemctl", "show", f"--property={','.join(PROPERTIES)}", "--", *asked]
    try:
        done = answer_of(words, within_s=within_s, environ={**os.environ, "LC_ALL": "C.UTF-8"})
    except OSError:
        return ()
    states = []
    for block in done.stdout.split("\n\n"):
        said = {name: value for name, _, value in (line.partition("=") for line in block.splitlines())}
        if said.get("LoadState") not in (None, "", "not-found"):
            states.append(LiveUnit(name=said.get("Id", ""), properties=said))
    return tuple(states)
