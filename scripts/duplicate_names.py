"""List the public names that several modules of src/enuf define: one word for one thing.

scripts/duplicate_names.toml lists the names that may be defined more than once, with the number of modules
and the reason. Exit status 1 for a name that is defined more often than listed, or less often: an entry that
is not needed any more has to go, so that the list shrinks together with the duplicates.
"""

from __future__ import annotations

import ast
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypedDict

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"
LIST = Path(__file__).with_suffix(".toml")
# One of each stands in every rule folder and every verb file: their loader asks for it by this name.
CONVENTIONS = {"enuf.doctor.rules": {"check"}, "enuf.cli": {"command"}}

Names = Mapping[str, set[str]]


class Entry(TypedDict):
    """One line of the list."""

    modules: int
    reason: str


def public_names(source: str) -> set[str]:
    """Return the public classes and functions that a module defines at its top level."""
    kinds = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    return {
        node.name
        for node in ast.parse(source).body
        if isinstance(node, kinds) and not node.name.startswith("_")
    }


def duplicates(source: Path) -> Names:
    """Return the modules of every public name that more than one module below `source` defines."""
    modules = defaultdict(set)
    for path in sorted(source.rglob("*.py")):
        module = ".".join(path.relative_to(source).with_suffix("").parts).removesuffix(".__init__")
        for name in public_names(path.read_text(encoding="utf-8")):
            if not _is_convention(module, name):
                modules[name].add(module)
    return {name: found for name, found in modules.items() if len(found) > 1}


def _is_convention(module: str, name: str) -> bool:
    return any(module.startswith(f"{package}.") and name in names for package, names in CONVENTIONS.items())


def problems(found: Names, listed: Mapping[str, Entry]) -> Iterator[str]:
    """Return one line for each name whose number of modules differs from the list."""
    for name in sorted({*found, *listed}):
        modules = sorted(found.get(name, ()))
        allowed = listed[name]["modules"] if name in listed else 1
        if len(modules) > allowed:
            yield f"{name}: defined in {', '.join(modules)}: rename one, or give the reason in {LIST.name}"
        elif max(len(modules), 1) < allowed:
            yield f"{name}: defined in {len(modules) or 1}, not {allowed}: correct or remove the line in {LIST.name}"


def main() -> int:
    """Print the problems. Return the exit status."""
    listed: dict[str, Entry] = tomllib.loads(LIST.read_text(encoding="utf-8"))  # type: ignore[assignment]
    lines = list(problems(duplicates(SOURCE), listed))
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
