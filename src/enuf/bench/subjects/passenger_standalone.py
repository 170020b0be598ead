"""Phusion Passenger in its standalone mode: a server of HTTP with a spawner of processes inside."""

from __future__ import annotations

from enuf.bench.subjects.base import ENTRY, HowToReload, Need, Setup, SubjectPlace


class PassengerStandalone:
    """Passenger's free edition: processes with one request each, so `processes` x `threads` of them."""

    name = "passenger"
    needs: tuple[Need, ...] = (Need(program="passenger", install="apt-get install passenger"),)

    def setup(self, place: SubjectPlace) -> Setup:
        """Return the app's folder as Passenger wants it, and the command."""
        entry = f"import os, sys\nos.chdir({place.app.project!r})\nsys.path.insert(0, {place.folder!r})\n"
        count = str(place.processes * place.threads)
        words = ("--app-type", "wsgi", "--startup-file", f"{place.folder}/passenger_wsgi.py")
        program = ("--python", place.app.python, "--environment", "production")
        size = ("--max-pool-size", count, "--min-instances", count)
        where = (
            "--address",
            "127.0.0.1",
            "--port",
            str(place.port),
            "--log-file",
            f"{place.folder}/passenger.log",
        )
        files = ("--pid-file", f"{place.folder}/passenger.pid", "--instance-registry-dir", place.folder)
        return Setup(
            commands=(
                ("passenger", "start", place.folder, *_ALONE, *words, *program, *size, *where, *files),
            ),
            files={"passenger_wsgi.py": f"{entry}from {ENTRY} import application\n"},
            reload=HowToReload(command=("passenger-config", "restart-app", place.folder)),
        )


_ALONE = (
    *("--engine", "builtin"),  # the other one, nginx, is downloaded and compiled at the first start
    "--disable-security-update-check",
    "--disable-anonymous-telemetry",
)
"""Options that keep Passenger from talking to other machines."""
