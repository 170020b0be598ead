"""The commands to type next where no cause is proven. Pure."""

from __future__ import annotations

from enuf.doctor.live.case import LiveCase
from enuf.model.address import UnixAddress


def next_steps(case: LiveCase) -> tuple[str, ...]:
    """Return the commands that would show more, the one that shows most first."""
    found = [each.cure for each in case.evidence.hindrances if each.cure]
    if case.fails and not case.evidence.log("front"):
        found += [f"tail -n 20 {log.path}" for log in case.evidence.logs if log.role == "front"]
    found += [f"tail -n 50 {log.path}" for log in case.evidence.logs if log.role == "server"]
    unit = case.server.unit if case.server else ""
    if unit:
        found.append(f"journalctl -u {unit} -n 50")
    backend = case.backend
    if backend and isinstance(backend.address, UnixAddress) and not found:
        found.append(f"ls -l {backend.address.path}; ss -lxp | grep {backend.address.path}")
    return tuple(dict.fromkeys(found))[:3]
