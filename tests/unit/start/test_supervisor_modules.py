"""The modules of the supervisor: each costs memory for months, so what only a start needs is not among them."""

from __future__ import annotations

import subprocess
import sys

import pytest

NEEDLESS = (
    "click",
    "dotenv",
    "hashlib",
    "html",
    "secrets",
    "enuf.plan.loading",
    "enuf.settings.load",
    "enuf.tls.pair",
)
IMPORTED = {
    "enuf up": "enuf.run.supervisor, enuf.start.background, enuf.start.handed_start, enuf.start.supervisor_program",
    "enuf up --quiet": "enuf.run.supervisor, enuf.start.handed_start, enuf.cli.silent_program",
    "enuf serve": "enuf.run.process.acl_listeners, enuf.start.service_run, enuf.cli.service_program",
}


@pytest.fixture(scope="module", params=IMPORTED)
def modules(request: pytest.FixtureRequest) -> list[str]:
    program = f"import sys, enuf.start.supervisor_image, {IMPORTED[request.param]}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.parametrize("name", NEEDLESS)
def test_the_supervisor_does_not_load_what_others_do_for_it(modules: list[str], name: str) -> None:
    assert name not in modules
