"""A new version that cannot be loaded, while visitors ask."""

from __future__ import annotations

from pathlib import Path

import msgspec

from enuf.bench.scenarios.base import Turn, TurnResult, WhichApp
from enuf.bench.scenarios.under_load import result_under_load
from enuf.bench.workspace import write_version


class BadDeploy(msgspec.Struct, frozen=True):
    """What visitors see when the new code raises an error as it is imported."""

    name: str = "bad-deploy"
    app: WhichApp = "scenario"
    address: str = "/"
    needs_rate: bool = False
    needs_fresh_server: bool = True

    def measure(self, turn: Turn) -> TurnResult:
        """Write a broken version, and reload."""
        folder = Path(turn.running.place.app.project)

        def happening() -> str:
            write_version(folder, "broken")
            turn.running.reload()
            return ""

        try:
            return result_under_load(turn, happening)
        finally:
            write_version(folder, "1")


BAD_DEPLOY = BadDeploy()
