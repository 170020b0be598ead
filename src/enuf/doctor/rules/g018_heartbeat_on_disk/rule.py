"""gunicorn in a container whose heartbeat files lie on the disk of the container."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.app_servers import at_app_setting, gunicorns, is_sync
from enuf.doctor.rule import Diagnostic, Rule

_MEMORY = ("/dev/shm", "/run")  # noqa: S108 - compared


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every containerised gunicorn of several sync workers without a folder of memory for the heartbeat."""
    for server in gunicorns(evidence):
        count = server.settings.number("workers", 1)
        if not server.in_container or not is_sync(server) or count is None or count < 2:
            continue
        if server.settings.text("worker_tmp_dir").startswith(_MEMORY) or not server.settings.knows(
            "worker_tmp_dir"
        ):
            continue
        tmpfs = server.service.node.at("tmpfs") if server.service else None
        if tmpfs is None:
            yield at_app_setting(
                server,
                "worker_tmp_dir",
                "the workers' heartbeat is a file on the container's disk: when the disk is slow, healthy workers are killed",
                hint="--worker-tmp-dir /dev/shm",
            )


RULE = Rule("G018", "heartbeat-on-disk", "advice", check)
