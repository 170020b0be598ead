"""granian, an app server in Rust: alone or behind nginx."""

from __future__ import annotations

from enuf.bench.subjects.base import ENTRY, HowToReload, Need, Setup, SubjectPlace
from enuf.bench.subjects.nginx_by_hand import NGINX, PASSED_BY_HTTP, nginx_command, nginx_files

_GRANIAN = Need(package="granian", install="pip install granian")


class GranianByHand:
    """granian for WSGI with its access log on."""

    def __init__(self, *, with_nginx: bool) -> None:
        self._with_nginx = with_nginx
        self.name = "nginx-granian-by-hand" if with_nginx else "granian-alone"
        self.needs: tuple[Need, ...] = (NGINX, _GRANIAN) if with_nginx else (_GRANIAN,)

    def setup(self, place: SubjectPlace) -> Setup:
        """Return granian's command, and nginx with its files where nginx is in front."""
        words = ("--interface", "wsgi", "--workers", str(place.processes))
        more = ("--blocking-threads", str(place.threads), "--access-log", "--respawn-failed-workers")
        bind = (
            ("--uds", f"{place.folder}/app.sock")
            if self._with_nginx
            else ("--host", "127.0.0.1", "--port", str(place.port))
        )
        return Setup(
            commands=(
                (place.app.python, "-m", "granian", *words, *more, *bind, f"{ENTRY}:application"),
                *((nginx_command(place),) if self._with_nginx else ()),
            ),
            files=nginx_files(place, PASSED_BY_HTTP) if self._with_nginx else {},
            reload=HowToReload(signal="HUP", to=0),
            stop_within_s=6,  # it waits for kept connections without an end
        )
