"""The command line run in the tests' own process, for verbs that need no server: quick, and measured by coverage."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pytest

from enuf.cli.errors import run
from enuf.cli.root import root


class Printed(NamedTuple):
    """The output and the exit status of a command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The JSON document on stdout."""
        return json.loads(self.out)


def enuf(capsys: pytest.CaptureFixture[str], *words: str) -> Printed:
    """Run `enuf` with these words in this process and in its current folder."""
    capsys.readouterr()
    code = run(root, words)
    return Printed(code, *capsys.readouterr())
