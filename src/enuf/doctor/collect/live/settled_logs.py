"""The logs of app servers once they tell of a worker that ended in the request: the main process notices that a second later."""

from __future__ import annotations

import time
from collections.abc import Sequence

from enuf.doctor.collect.live.context import Collection
from enuf.doctor.collect.live.logs import server_logs
from enuf.doctor.evidence import Evidence
from enuf.doctor.live.evidence import Backend, LiveFront, LiveReply, LogText
from enuf.doctor.live.server_said import said_since_start, worker_ends
from enuf.system.process import start_mark

_BAD_GATEWAY = 502
_TOLD_WITHIN_S, _ENDED_WITHIN_S, _PAUSE_S = 1.2, 0.2, 0.05
"""nginx hears of the end before the process is gone."""


def settled_logs(
    backends: Sequence[Backend], static: Evidence, front: LiveFront, collection: Collection, reply: LiveReply
) -> list[LogText]:
    """Return the logs of the servers at the backends, of workers that ended in the request with the line about it."""
    logs = server_logs(backends, static, front, collection)
    if reply.status != _BAD_GATEWAY and reply.failure != "closed":
        return logs
    workers = {each.pid for backend in backends for each in backend.holders}
    begun, most_s = time.monotonic(), collection.left_s(_TOLD_WITHIN_S)
    while (took_s := time.monotonic() - begun) < most_s:
        gone = {pid for pid in workers if start_mark(pid) is None}
        if gone & _told(logs) or (not gone and took_s > _ENDED_WITHIN_S):
            break
        time.sleep(_PAUSE_S)
        logs = server_logs(backends, static, front, collection)
    return logs


def _told(logs: Sequence[LogText]) -> set[int]:
    """Return the workers of whose end the logs tell."""
    found = (said_since_start(each.path, each.lines, is_whole=each.is_whole) for each in logs)
    return {end.pid for said in found for end in worker_ends(said)}
