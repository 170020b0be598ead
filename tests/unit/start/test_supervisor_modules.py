"""The modules of the supervisor: each costs memory for months, so what only a start needs is not among them."""

from __future__ import annotations

import subprocess
import sys

import pytest

NEEDLESS = (
    "dotenv",
    "hashlib",
    "html",
    "secrets",
    "enuf.plan.loading",
    "enuf.settings.load",
    "enuf.tls.pair",
)
PROGRAM = """
import sys
import enuf.run.supervisor, enuf.start.background, enuf.start.handover, enuf.start.signals, enuf.start.supervise
print(*sys.modules)
"""


@pytest.fixture(scope="module")
def modules() -> list[str]:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.parametrize("name", NEEDLESS)
def test_the_supervisor_does_not_load_what_others_do_for_it(modules: list[str], name: str) -> None:
    assert name not in modules
