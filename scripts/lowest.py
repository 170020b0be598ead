"""Print the lowest versions that pyproject.toml allows, as constraints for pip: `scripts/lowest.py > build/lowest.txt`.

Only direct dependencies are held down: what they need themselves is pip's choice, as it is for users.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import Requirement

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"


def constraints(lines: Iterable[str]) -> list[str]:
    """Return `name==lowest` for every requirement that applies to this platform and Python.

    Raises ValueError for a requirement without a `>=` bound: its lowest version is not stated.
    """
    environment = {key: str(value) for key, value in default_environment().items()}
    requirements = [Requirement(line) for line in lines]
    return [
        f"{requirement.name}=={_lowest(requirement)}"
        for requirement in requirements
        if requirement.marker is None or requirement.marker.evaluate(environment)
    ]


def _lowest(requirement: Requirement) -> str:
    """Return the version of the only `>=` of a requirement."""
    bounds = [part.version for part in requirement.specifier if part.operator == ">="]
    if len(bounds) != 1:
        raise ValueError(f"{requirement}: one lower bound (>=) is needed")
    return bounds[0]


def main() -> None:
    """Print the constraints of the project's own dependencies."""
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    sys.stdout.write("\n".join(constraints(project["dependencies"])) + "\n")


if __name__ == "__main__":
    main()
