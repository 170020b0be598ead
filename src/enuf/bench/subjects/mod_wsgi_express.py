"""mod_wsgi-express, Apache with a configuration that its own command writes."""

from __future__ import annotations

from enuf.bench.subjects.base import ENTRY, HowToReload, Need, Setup, SubjectPlace
from enuf.errors import NotReady


class ModWsgiExpress:
    """Apache with mod_wsgi in daemon mode, its access log on."""

    name = "mod_wsgi-express"
    needs: tuple[Need, ...] = (
        Need(
            package="mod_wsgi",
            install="apt-get install apache2-dev && pip install mod_wsgi  (or mod_wsgi-standalone)",
        ),
    )

    def setup(self, place: SubjectPlace) -> Setup:
        """Return the command that starts Apache in the foreground. Raise NotReady for root, as whom Apache serves nothing."""
        if place.is_root:
            raise NotReady("Apache serves nothing as root: run enuf bench as another user")
        words = ("--processes", str(place.processes), "--threads", str(place.threads), "--access-log")
        where = ("--host", "127.0.0.1", "--port", str(place.port), "--server-root", f"{place.folder}/apache")
        paths = ("--working-directory", place.app.project, "--python-path", place.folder)
        static = tuple(
            word for url, folder in place.app.static for word in ("--url-alias", url.rstrip("/"), folder)
        )
        program = (place.app.python, "-c", _MAIN, "start-server")
        return Setup(
            commands=((*program, *words, *where, *paths, *static, "--application-type", "module", ENTRY),),
            reload=HowToReload(command=(f"{place.folder}/apache/apachectl", "graceful")),
        )


_MAIN = """
try:
    from mod_wsgi.express.cli import main
except ImportError:  # before mod_wsgi 6
    from mod_wsgi.server import main
main()
"""
"""What the script mod_wsgi-express runs, for the app's own Python."""
