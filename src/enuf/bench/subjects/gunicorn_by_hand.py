"""gunicorn set up by hand: with one request or with threads in each process, alone or behind nginx."""

from __future__ import annotations

from typing import Literal

from enuf.bench.subjects.base import ENTRY, HowToReload, Need, Setup, SubjectPlace
from enuf.bench.subjects.nginx_by_hand import NGINX, PASSED_BY_HTTP, nginx_command, nginx_files

_GUNICORN = Need(package="gunicorn", install="pip install gunicorn")
_CONFIG = "gunicorn.conf.py"
_QUIET = "control_socket_disable = True  # it would be in the user's home, the same one for all\n"


class GunicornByHand:
    """gunicorn with its access log on; a sync worker answers one request at a time."""

    def __init__(self, worker: Literal["sync", "gthread"], *, with_nginx: bool) -> None:
        self._worker = worker
        self._with_nginx = with_nginx
        plain = f"gunicorn-{worker}"
        self.name = f"nginx-{plain}-by-hand" if with_nginx else plain
        self.needs: tuple[Need, ...] = (NGINX, _GUNICORN) if with_nginx else (_GUNICORN,)

    def setup(self, place: SubjectPlace) -> Setup:
        """Return gunicorn's command, and nginx with its files where nginx is in front."""
        words = ("--worker-class", self._worker, "--workers", str(place.processes))
        threads = ("--threads", str(place.threads)) if self._worker == "gthread" else ()
        bind = f"unix:{place.folder}/app.sock" if self._with_nginx else f"127.0.0.1:{place.port}"
        log = ("--access-logfile", f"{place.folder}/gunicorn.log")
        limits = ("--limit-request-field_size", "32768")
        server = (
            place.app.python,
            "-m",
            "gunicorn",
            "--config",
            f"{place.folder}/{_CONFIG}",
            *words,
            *threads,
            *limits,
            "--bind",
            bind,
            *log,
        )
        return Setup(
            commands=(
                (*server, f"{ENTRY}:application"),
                *((nginx_command(place),) if self._with_nginx else ()),
            ),
            files={_CONFIG: _QUIET, **(nginx_files(place, PASSED_BY_HTTP) if self._with_nginx else {})},
            reload=HowToReload(signal="HUP", to=0),
        )
