"""The process of a server that is written for Python and installed beside the app: a main process with workers."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from enuf.model.paths import GENERATION
from enuf.model.process import Lend, ProcessSpec, ReadyFile, Signal
from enuf.servers.base import ServerRequest
from enuf.servers.shim import CUT, HUNG, OVERDUE, REFUSED
from enuf.syntax.worker_ends import GUNICORN_ENDS


def python_process(
    request: ServerRequest,
    name: str,
    *,
    options: Sequence[str],
    config: str,
    forget: tuple[str, ...],
    lends: tuple[Lend, ...],
) -> ProcessSpec:
    """Return how the program of that name is run for one generation, with the wrapper around the app.

    Its workers write a file when they are ready, finish what is in flight at a TERM (F72), and outlive a main process that
    is killed. Its log has gunicorn's lines about workers that end.
    """
    settings, paths = request.settings, request.paths
    stops_within_s = settings.serve.timeout.seconds + 5
    return ProcessSpec(
        name=name,
        argv=(*request.toolchain.tools[name].argv, *options),
        directory=paths.project,
        environment={
            "ENUF_GENERATION": GENERATION,
            "PYTHONUNBUFFERED": "1",
            "PYTHONFAULTHANDLER": "1",
        },
        forget=(*forget, "SCRIPT_NAME", "LISTEN_"),  # SCRIPT_NAME would move the whole app
        reads_env_files=True,
        log=f"{paths.log}/server.log",
        config=config,
        lends=lends,
        readiness=ReadyFile(f"{paths.generation_folder}/ready"),
        ready_within_s=settings.reload.wait.seconds,
        stop=(Signal("TERM", stops_within_s),),
        hung=HUNG,
        cut=CUT,
        refused=REFUSED,
        worker_ends=replace(GUNICORN_ENDS, unresponsive=OVERDUE),
        orphans_signal="TERM",
        orphans_wait_s=stops_within_s,
    )
