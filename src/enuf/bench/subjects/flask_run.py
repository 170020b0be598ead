"""Flask's development server, as `flask run` starts it."""

from __future__ import annotations

from enuf.bench.subjects.base import ENTRY, Need, Setup, SubjectPlace


class FlaskRun:
    """`flask run`: one process, a thread per request."""

    name = "flask-run"
    needs: tuple[Need, ...] = (Need(package="flask", install="pip install flask"),)

    def setup(self, place: SubjectPlace) -> Setup:
        """Return the command of the development server."""
        words = ("--app", f"{ENTRY}:application", "run", "--no-reload")
        where = ("--host", "127.0.0.1", "--port", str(place.port))
        return Setup(commands=((place.app.python, "-m", "flask", *words, *where),))
