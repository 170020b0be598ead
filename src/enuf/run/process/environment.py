"""The environment that a server's process gets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from enuf.model.process import ProcessSpec
from enuf.system.env_files import values_of

_NEVER = (
    "ENUF_APP_FD",
    "ENUF_LISTEN_FD",
    "ENUF_GENERATION",
    "ENUF_DASHBOARD_FD",
    "NGINX",
    "LISTEN_FDS",
    "LISTEN_PID",
    "LISTEN_FDNAMES",
    "NOTIFY_SOCKET",
)


def process_environment(
    spec: ProcessSpec, inherited: Mapping[str, str], env_files: Sequence[str], lent: Sequence[int] = ()
) -> dict[str, str]:
    """What is inherited, less what would mislead the server, plus its env files and what its adapter adds.

    A real variable wins over one from a file, as with `flask run`. Files are read at every start, so that
    secrets are in no plan and a new value comes with the next reload.
    """
    given = {**values_of(env_files), **inherited} if spec.reads_env_files else inherited
    environment = {
        name: value
        for name, value in given.items()
        if name not in _NEVER and not name.startswith(spec.forget)
    }
    if not any(environment.get(name) for name in ("LC_ALL", "LC_CTYPE", "LANG")):
        environment["LANG"] = "C.UTF-8"  # without it some builds cannot print beyond ASCII (F214)
    environment.update(spec.environment)
    told: dict[str, str] = {}
    for lend, descriptor in zip(spec.lends, lent, strict=False):
        told[lend.variable] = told.get(lend.variable, "") + lend.each.format(fd=descriptor)
    return {**environment, **told}
