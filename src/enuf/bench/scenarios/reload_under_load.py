"""A new version of the code, while visitors ask."""

from __future__ import annotations

from pathlib import Path

import msgspec

from enuf.bench.running import body_at
from enuf.bench.scenarios.base import Turn, TurnResult, WhichApp
from enuf.bench.scenarios.under_load import comes_true, result_under_load
from enuf.bench.workspace import write_version

_SEEN_WITHIN_S = 40.0


class ReloadUnderLoad(msgspec.Struct, frozen=True):
    """The reload that the server's documentation names, or a restart where there is none."""

    name: str = "reload-under-load"
    app: WhichApp = "scenario"
    address: str = "/"
    needs_rate: bool = False
    needs_fresh_server: bool = True

    def measure(self, turn: Turn) -> TurnResult:
        """Write a new version, reload, and wait until it answers."""
        folder, place = Path(turn.running.place.app.project), turn.running.place

        def happening() -> str:
            write_version(folder, "2")
            turn.running.reload()
            is_seen = comes_true(
                lambda: b"version 2" in body_at(place.port, "/", place.app.host), within_s=_SEEN_WITHIN_S
            )
            how = "restart" if turn.running.restarts else "reload"
            if not is_seen:
                return f"after the {how} the new version did not answer within {_SEEN_WITHIN_S:g} s"
            return f"new code needed a {how}"

        try:
            return result_under_load(turn, happening)
        finally:
            write_version(folder, "1")


RELOAD_UNDER_LOAD = ReloadUnderLoad()
