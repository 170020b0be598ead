"""waitress, a server in pure Python with one process."""

from __future__ import annotations

from enuf.bench.subjects.base import ENTRY, Need, Setup, SubjectPlace


class WaitressAlone:
    """waitress has no processes: as many threads as all processes of the others have together."""

    name = "waitress"
    needs: tuple[Need, ...] = (Need(package="waitress", install="pip install waitress"),)

    def setup(self, place: SubjectPlace) -> Setup:
        """Return the command of waitress."""
        words = (f"--threads={place.processes * place.threads}", f"--listen=127.0.0.1:{place.port}")
        limits = ("--max-request-header-size=262144",)
        return Setup(
            commands=((place.app.python, "-m", "waitress", *words, *limits, f"{ENTRY}:application"),)
        )
