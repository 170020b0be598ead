"""The topologies of enuf, each started as `enuf up` starts it."""

from __future__ import annotations

import sys

from enuf.bench.subjects.base import HowToReload, Need, Setup, SubjectPlace
from enuf.model.topology import Topology


class EnufTopology:
    """A row of enuf's table."""

    def __init__(self, row: Topology) -> None:
        self._row = row
        self.name = row.id
        gunicorn = Need(package="gunicorn", install="pip install gunicorn")
        self.needs: tuple[Need, ...] = (gunicorn,) if row.server == "gunicorn" else ()

    def setup(self, place: SubjectPlace) -> Setup:
        """Return the command `enuf up`, quiet: it costs what `up -d` and an installed service cost."""
        enuf = (sys.executable, "-P", "-m", "enuf")
        here = ("--project", place.app.project)
        flags = ["--listen", f"127.0.0.1:{place.port}", "--topology", self.name]
        flags += ["--processes", str(place.processes), "--threads", str(place.threads)]
        chosen = {"dashboard.listen": "127.0.0.1:0", "python": place.app.python, **PRIVATE}
        if self._row.link.transport == "tcp" and self._row.front == "nginx":
            chosen["serve.link"] = f"127.0.0.1:{place.link_port}"
        if place.is_root:
            chosen["serve.user"] = "root"
        flags += [word for key, value in chosen.items() for word in ("--set", f"{key}={value}")]
        return Setup(
            commands=((*enuf, "up", "--quiet", place.app.target, *here, *flags),),
            reload=HowToReload(command=(*enuf, "reload", *here)),
            stop_within_s=40,
        )


PRIVATE = {"tls.mode": "off", "processes": "{}", "schedule": "{}"}
"""Settings of the project that a comparison leaves out: peers have no HTTPS, and jobs must not run twice."""
