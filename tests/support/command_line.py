"""The command line in this process, for what needs no server: quick, and counted by coverage."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pytest

from enuf.cli.errors import run
from enuf.cli.root import root


class Printed(NamedTuple):
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on stdout."""
        return json.loads(self.out)


def enuf(capsys: pytest.CaptureFixture[str], *words: str) -> Printed:
    """Run `enuf` with these words in this process and in its current folder."""
    capsys.readouterr()
    code = run(root, words)
    return Printed(code, *capsys.readouterr())
