"""The command line: one verb per file, loaded only when it is used."""

from __future__ import annotations

import sys
from typing import Any

from enuf.errors import INTERRUPTED


def main() -> None:
    """Run `enuf` and leave with its exit code."""
    try:
        from enuf.cli.terminal.streams import ensure_std_streams

        ensure_std_streams()
        from enuf.cli.errors import run
        from enuf.cli.root import root

        code = run(root, sys.argv[1:])
    except KeyboardInterrupt:  # before `run`, while modules are imported
        code = INTERRUPTED
    sys.exit(code)


def __getattr__(name: str) -> Any:
    """Return `flask_command`, the entry point of Flask's command line; import its module only then."""
    if name == "flask_command":
        from enuf.cli.flask_entry import flask_command

        return flask_command
    raise AttributeError(name)
