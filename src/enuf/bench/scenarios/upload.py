"""Uploads."""

from __future__ import annotations

from enuf.bench.scenarios.requests import RequestScenario

_BYTES = 2**20
UPLOAD = RequestScenario(
    name="upload",
    app="scenario",
    address="/upload",
    method="POST",
    headers=("Content-Type: application/octet-stream",),
    body=b"enuf" * (_BYTES // 4),
    wanted_body=f"took {_BYTES} bytes".encode(),
)
