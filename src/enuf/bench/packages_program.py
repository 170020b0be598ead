"""Print the versions of installed packages as JSON. The app's own Python runs this file: `packages_program.py NAME…`."""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import sys
from collections.abc import Iterable


def versions(names: Iterable[str]) -> dict[str, str]:
    """Return the versions of the packages that are installed, by name."""
    found = {}
    for name in names:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(versions(sys.argv[1:])))
