"""The command line of `make apps`."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from scripts.apps.catalog import Application, load
from scripts.apps.install import install_enuf
from scripts.apps.places import Place, python_for, user_of_servers
from scripts.apps.report import explaining_headings, in_full, tables, write_into
from scripts.apps.trial import Outcome, save, saved, trial

ROOT = Path(__file__).parents[2]


def main() -> int:
    """Try the applications that are named, or all. Return the exit status."""
    parser = argparse.ArgumentParser(prog="make apps", description=__doc__)
    parser.add_argument("names", nargs="*", help="applications by the names of their files; all without any")
    parser.add_argument("--sources", type=Path, help="folder with git repositories or trees, by their names")
    parser.add_argument(
        "--python", default="", help="Python of the applications; default: one that the servers may run"
    )
    parser.add_argument(
        "--folder", type=Path, default=ROOT / "build" / "apps", help="where everything is kept"
    )
    parser.add_argument(
        "--report", action="store_true", help="try nothing: print what came of the last trials"
    )
    parser.add_argument(
        "--write", action="store_true", help="write the tables into docs/*/explain/differences.md"
    )
    arguments = parser.parse_args()
    try:
        applications = load(arguments.names)
    except KeyError as unknown:
        parser.error(str(unknown.args[0]))
    folder = arguments.folder.resolve()
    if arguments.report:
        outcomes = [found for name in applications if (found := saved(folder / name))]
    else:
        outcomes = _tried(applications, folder, arguments)
    print(tables(outcomes, _headings("en")))
    if arguments.write:
        for language in ("en", "ko"):
            write_into(_page(language), tables(outcomes, _headings(language), language))
    return 0 if len(outcomes) == len(applications) and all(outcome.is_good for outcome in outcomes) else 1


def _tried(
    applications: dict[str, Application], folder: Path, arguments: argparse.Namespace
) -> list[Outcome]:
    """Try the applications in their order. Return what came of them, up to the one where Ctrl-C was pressed."""
    # an end by SIGTERM or SIGHUP stops the servers as Ctrl-C does
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    user = user_of_servers()
    python = arguments.python or python_for(user)
    outcomes: list[Outcome] = []
    try:
        enuf = install_enuf(folder / "enuf", python=python, checkout=ROOT)
        for name, application in applications.items():
            place = Place(folder / name, enuf, user)
            print(f"{name} ...", end=" ", file=sys.stderr, flush=True)
            outcomes.append(trial(name, application, place, python=python, sources=arguments.sources))
            print(outcomes[-1].headline, file=sys.stderr)
            save(outcomes[-1], place.folder)
            (place.folder / "differences.txt").write_text(in_full(outcomes[-1]))
    except KeyboardInterrupt:
        print("interrupted: the servers are stopped", file=sys.stderr)
    return outcomes


def _page(language: str) -> Path:
    return ROOT / "docs" / language / "explain" / "differences.md"


def _headings(language: str) -> list[str]:
    return explaining_headings(_page(language).read_text(encoding="utf-8"))


def _leave(number: int, _frame: object) -> None:
    raise KeyboardInterrupt(number)
